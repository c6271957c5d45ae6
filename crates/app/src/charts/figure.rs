//! A chart on the page: its canvas, its words, its table, and how it is painted.

use web_sys::{HtmlCanvasElement, HtmlElement};

use crate::dom;

type Paint = Box<dyn Fn(&HtmlCanvasElement) -> Result<(), String>>;

/// A chart that can be painted again at any time.
pub struct Figure {
    /// Everything, to be put on the page.
    pub element: HtmlElement,
    canvas: HtmlCanvasElement,
    words: HtmlElement,
    name: &'static str,
    paint: Paint,
}

impl Figure {
    /// A chart: its name in the page's contract, itself in words, a caption, a table with the same figures,
    /// and what paints it.
    pub fn new(
        name: &'static str,
        words: &str,
        caption: &str,
        table: &HtmlElement,
        paint: impl Fn(&HtmlCanvasElement) -> Result<(), String> + 'static,
    ) -> Self {
        let canvas: HtmlCanvasElement = dom::create(
            "canvas",
            &[("data-chart", name), ("role", "img"), ("aria-label", words)],
        );
        let summary = dom::text("summary", &[], "Table");
        let details = dom::el("details", &[], &[&summary, table]);
        let save = dom::text(
            "button",
            &[
                ("type", "button"),
                ("data-action", "save-png"),
                ("data-save", name),
            ],
            "Save PNG",
        );
        let words = dom::text("span", &[], caption);
        let caption = dom::el("figcaption", &[], &[&words, &save]);
        let element = dom::el("figure", &[], &[&canvas, &caption, &details]);
        Self {
            element,
            canvas,
            words,
            name,
            paint: Box::new(paint),
        }
    }

    /// Its name in the page's contract.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it is painted on.
    pub fn canvas(&self) -> &HtmlCanvasElement {
        &self.canvas
    }

    /// Says something else in words and caption.
    pub fn say(&self, words: &str, caption: &str) {
        dom::set(&self.canvas, "aria-label", words);
        dom::set_text(&self.words, caption);
    }

    /// Paints it, at the present width and in the present colours, if it is still on the page.
    pub fn paint(&self) {
        self.paint_by(|| (self.paint)(&self.canvas));
    }

    /// Has something else paint on it, if it is still on the page.
    pub fn paint_by(&self, paint: impl FnOnce() -> Result<(), String>) {
        if !self.canvas.is_connected() {
            return;
        }
        if let Err(message) = paint() {
            let words = format!(
                "This chart could not be drawn: {message}. The table below holds the same figures."
            );
            dom::set_text(&self.words, &words);
        }
    }
}
