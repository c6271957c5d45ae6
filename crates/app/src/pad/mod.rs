//! A pad to draw a digit on, and what each form of the reader's network reads in it.

mod ink;
pub mod picture;

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use js_sys::Uint8Array;
use octet_protocol::{
    DigitAnswer, DigitMaps, DrawnReport, DrawnRequest, FileKind, LabError, Report, Request,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, Event, HtmlCanvasElement, HtmlElement, KeyboardEvent, PointerEvent};

use crate::{
    app::{App, Asker},
    cells::anatomy::kind_in_words,
    charts::notation::plain,
    dom, format,
    table::{self, Column},
};
use ink::{Ink, SIDE};

/// While a cell runs, the pad looks this often whether it has ended.
const PATIENCE_MS: i32 = 200;
/// Where the pen is on an empty pad.
const START: (f64, f64) = (SIDE as f64 / 2.0, SIDE as f64 / 4.0);
/// How far an arrow key moves the pen, in pixels of the pad.
const STEP: f64 = 4.0;
/// Digits of each answer that are shown, besides the figures.
const COLUMNS: [Column; 5] = [
    Column::text("digit"),
    Column::float32("float32, %"),
    Column::float32("float16, %"),
    Column::int8("dynamic range, %"),
    Column::int8("full integer, %"),
];

/// A pad on the page.
pub struct Pad {
    /// Everything, to be put on the page.
    pub element: HtmlElement,
    me: Weak<Pad>,
    asker: Asker,
    test: u32,
    canvas: HtmlCanvasElement,
    seen: HtmlCanvasElement,
    maps: HtmlCanvasElement,
    details: HtmlElement,
    summary: HtmlElement,
    verdict: HtmlElement,
    answers: HtmlElement,
    error: HtmlElement,
    pen: HtmlElement,
    ink: RefCell<Ink>,
    /// Where the pen is, in pixels of the pad, and whether it is on the paper.
    at: Cell<(f64, f64)>,
    is_down: Cell<bool>,
    /// The next digit of the test set.
    next: Cell<u32>,
    /// What is to be asked next, while an answer is awaited or a cell runs.
    waiting: RefCell<Option<DrawnRequest>>,
    is_asking: Cell<bool>,
}

impl Pad {
    /// An empty pad; so many test digits can be looked at.
    pub fn new(test: u32, asker: Asker) -> Rc<Self> {
        let canvas = |attributes: &[(&str, &str)], side: usize| {
            let canvas: HtmlCanvasElement = dom::create("canvas", attributes);
            canvas.set_width(side as u32);
            canvas.set_height(side as u32);
            canvas
        };
        let keys =
            "Drawing pad. Arrow keys move the pen, Space puts it down or lifts it, Delete clears.";
        let pad = canvas(
            &[
                ("class", "paper"),
                ("tabindex", "0"),
                ("role", "application"),
                ("aria-label", keys),
                ("data-pad", ""),
            ],
            SIDE,
        );
        let seen = canvas(&[("class", "paper"), ("role", "img")], 28);
        let maps = canvas(&[("role", "img"), ("data-maps", "")], 1);
        let button = |name: &str, words: &str| {
            let attributes = [("type", "button"), ("data-pad-action", name)];
            dom::text("button", &attributes, words)
        };
        let clear = button("clear", "Clear");
        let take = button("test", "Show a test digit");
        let tools = dom::el("div", &[("class", "tools")], &[&clear, &take]);
        let pen = dom::text("p", &[("role", "status"), ("class", "pen")], "");
        let seen_words = dom::text("figcaption", &[], "What the networks see");
        let seen_figure = dom::el("figure", &[("class", "seen")], &[&seen, &seen_words]);
        let left = dom::el("div", &[], &[&pad, &tools, &pen, &seen_figure]);
        let verdict = dom::text(
            "p",
            &[("role", "status"), ("data-verdict", "")],
            "Draw a digit.",
        );
        let answers = dom::el("div", &[], &[&answers_table(&[])]);
        let right = dom::el("div", &[], &[&verdict, &answers]);
        let error = dom::el(
            "p",
            &[("class", "error"), ("role", "alert"), ("hidden", "")],
            &[],
        );
        let summary = dom::text("summary", &[], "Behind the first layer");
        let note = dom::text(
            "p",
            &[],
            "The 16 maps of the first convolution after its pool: float32 above, what the integers stand for below.",
        );
        let details = dom::el("details", &[("hidden", "")], &[&summary, &note, &maps]);
        let views = dom::el("div", &[("class", "views")], &[&left, &right]);
        let element = dom::el("div", &[("class", "pad")], &[&views, &error, &details]);
        let pad = Rc::new_cyclic(|me| Self {
            element,
            me: me.clone(),
            asker,
            test,
            canvas: pad,
            seen,
            maps,
            details,
            summary,
            verdict,
            answers,
            error,
            pen,
            ink: RefCell::default(),
            at: Cell::new(START),
            is_down: Cell::new(false),
            next: Cell::new(0),
            waiting: RefCell::new(None),
            is_asking: Cell::new(false),
        });
        pad.listen(&clear, &take);
        pad.paint();
        picture::grey(&pad.seen, 28, &[0; 28 * 28]);
        dom::set(&pad.seen, "aria-label", "Nothing yet.");
        pad
    }

    fn listen(&self, clear: &HtmlElement, take: &HtmlElement) {
        let on = |element: &HtmlElement, kind: &str, act: fn(&Self, Event)| {
            let me = self.me.clone();
            dom::on(element, kind, move |event: Event| {
                if let Some(me) = me.upgrade() {
                    act(&me, event);
                }
            });
        };
        on(clear, "click", |me, _| me.clear());
        on(take, "click", |me, _| me.take());
        on(&self.canvas, "pointerdown", |me, event| {
            me.point(event.unchecked_ref(), true);
        });
        on(&self.canvas, "pointermove", |me, event| {
            let event: &PointerEvent = event.unchecked_ref();
            if me.canvas.has_pointer_capture(event.pointer_id()) {
                me.point(event, false);
            }
        });
        on(&self.canvas, "keydown", |me, event| {
            me.key(event.unchecked_ref());
        });
        on(&self.canvas, "focus", |me, _| me.paint());
        on(&self.canvas, "blur", |me, _| me.lift());
    }

    /// The pointer touches the paper, or moves on it.
    fn point(&self, event: &PointerEvent, begins: bool) {
        event.prevent_default();
        let rect = Element::get_bounding_client_rect(&self.canvas);
        let scale = SIDE as f64 / rect.width().max(1.0);
        let to = (
            (f64::from(event.client_x()) - rect.left()) * scale,
            (f64::from(event.client_y()) - rect.top()) * scale,
        );
        if begins {
            self.canvas.focus().ok();
            self.canvas.set_pointer_capture(event.pointer_id()).ok();
            self.is_down.set(false);
            self.at.set(to);
        }
        self.draw_to(to);
    }

    fn draw_to(&self, to: (f64, f64)) {
        let from = self.at.replace(to);
        self.ink.borrow_mut().stroke(from, to);
        self.paint();
        self.ask(DrawnRequest {
            test: None,
            bytes: Vec::new(),
        });
    }

    fn key(&self, event: &KeyboardEvent) {
        let (x, y) = self.at.get();
        let edge = SIDE as f64;
        let to = match event.key().as_str() {
            "ArrowLeft" => ((x - STEP).max(0.0), y),
            "ArrowRight" => ((x + STEP).min(edge), y),
            "ArrowUp" => (x, (y - STEP).max(0.0)),
            "ArrowDown" => (x, (y + STEP).min(edge)),
            " " => {
                event.prevent_default();
                event.stop_propagation();
                let is_down = !self.is_down.get();
                self.is_down.set(is_down);
                let words = if is_down { "Pen down." } else { "Pen up." };
                dom::set_text(&self.pen, words);
                if is_down {
                    self.draw_to((x, y));
                }
                return;
            }
            "Delete" | "Backspace" => {
                event.prevent_default();
                return self.clear();
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        if self.is_down.get() {
            self.draw_to(to);
        } else {
            self.at.set(to);
            self.paint();
        }
    }

    fn lift(&self) {
        self.is_down.set(false);
        dom::set_text(&self.pen, "");
        self.paint();
    }

    fn clear(&self) {
        *self.ink.borrow_mut() = Ink::default();
        self.at.set(START);
        self.is_down.set(false);
        dom::set_text(&self.pen, "");
        self.paint();
        self.ask(DrawnRequest {
            test: None,
            bytes: Vec::new(),
        });
    }

    /// Shows a digit of the test set; all of them in turn.
    fn take(&self) {
        let index = self.next.get();
        // A step that has no factor in common with 500, so that digits of all classes follow each other.
        self.next.set((index + 7) % self.test.max(1));
        self.ask(DrawnRequest {
            test: Some(index),
            bytes: Vec::new(),
        });
    }

    fn paint(&self) {
        picture::grey(&self.canvas, SIDE, self.ink.borrow().pixels());
        let has_focus = dom::document().active_element().as_ref() == Some(self.canvas.as_ref());
        if has_focus {
            picture::cross(&self.canvas, self.at.get(), self.is_down.get());
        }
    }

    /// Asks once the last answer is there; of all that is drawn in between, only the last is asked about.
    fn ask(&self, request: DrawnRequest) {
        *self.waiting.borrow_mut() = Some(request);
        self.go_on();
    }

    fn go_on(&self) {
        if self.is_asking.get() || self.waiting.borrow().is_none() || !self.element.is_connected() {
            return;
        }
        if !self.asker.is_quiet() {
            self.is_asking.set(true);
            let me = self.me.clone();
            let again = Closure::once_into_js(move || {
                if let Some(me) = me.upgrade() {
                    me.is_asking.set(false);
                    me.go_on();
                }
            });
            return dom::later(again.unchecked_ref(), PATIENCE_MS);
        }
        let Some(request) = self.waiting.borrow_mut().take() else {
            return;
        };
        self.is_asking.set(true);
        let drawing = match request.test {
            None => Uint8Array::from(self.ink.borrow().pixels()),
            Some(_) => Uint8Array::new_with_length(0),
        };
        let me = self.me.clone();
        let request = Request::Drawn(request);
        self.asker
            .ask(request, Some(&drawing), move |_: &App, answer| {
                if let Some(me) = me.upgrade() {
                    me.hear(answer);
                }
            });
    }

    fn hear(&self, answer: Result<Report, LabError>) {
        self.is_asking.set(false);
        match answer {
            Ok(Report::Drawn(report)) => {
                dom::flag(&self.error, "hidden", true);
                self.show(&report);
            }
            Ok(_) => {}
            Err(error) => {
                dom::set_text(&self.error, &error.to_string());
                dom::flag(&self.error, "hidden", false);
            }
        }
        let me = self.me.clone();
        dom::next_frame(move || {
            if let Some(me) = me.upgrade() {
                me.go_on();
            }
        });
    }

    fn show(&self, report: &DrawnReport) {
        if report.label.is_some() {
            self.ink.borrow_mut().show(&report.pixels);
            self.paint();
        }
        picture::grey(&self.seen, 28, &report.pixels);
        let is_blank = report.maps.is_none();
        let words = if is_blank {
            "Nothing.".to_owned()
        } else {
            "The drawing in 28 × 28 pixels.".to_owned()
        };
        dom::set(&self.seen, "aria-label", &words);
        dom::clear(&self.answers);
        let answers: &[DigitAnswer] = if is_blank { &[] } else { &report.answers };
        dom::append(&self.answers, &answers_table(answers));
        dom::set_text(&self.verdict, &verdict(report));
        dom::flag(&self.details, "hidden", is_blank);
        if let Some(maps) = &report.maps {
            self.show_maps(maps, agree(&report.answers));
        }
        dom::set(
            &self.element,
            "data-agree",
            if agree(&report.answers) { "yes" } else { "no" },
        );
    }

    /// Opens by itself where the forms disagree.
    fn show_maps(&self, maps: &DigitMaps, agree: bool) {
        picture::maps(&self.maps, maps);
        let noise = match maps.sqnr_db {
            Some(db) => format!("signal to noise {} dB", plain(db, 1)),
            None => "no difference".to_owned(),
        };
        dom::set(
            &self.maps,
            "aria-label",
            &format!(
                "{} maps, float32 above and int8 below: {noise}.",
                maps.channels
            ),
        );
        let words = format!("Behind the first layer, float32 and int8: {noise}");
        dom::set_text(&self.summary, &words);
        if !agree {
            dom::flag(&self.details, "open", true);
        }
    }
}

/// The likeliest digit and its probability.
fn likeliest(answer: &DigitAnswer) -> (usize, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (digit, &probability) in answer.probabilities.iter().enumerate() {
        if probability > best.1 {
            best = (digit, probability);
        }
    }
    best
}

fn agree(answers: &[DigitAnswer]) -> bool {
    let mut digits = answers.iter().map(|answer| likeliest(answer).0);
    let first = digits.next();
    digits.all(|digit| Some(digit) == first)
}

/// What the forms read, in a sentence.
fn verdict(report: &DrawnReport) -> String {
    if report.maps.is_none() {
        return "Draw a digit.".to_owned();
    }
    let label = report.label.map_or(String::new(), |label| {
        format!(" In the test set it is labelled {label}.")
    });
    let answers = &report.answers;
    match answers.first().filter(|_| agree(answers)) {
        Some(answer) => format!("All read {}.{label}", likeliest(answer).0),
        None => {
            let said: Vec<_> = answers
                .iter()
                .map(|answer| {
                    let (digit, probability) = likeliest(answer);
                    let sure = format::percent(probability);
                    format!("{} {digit} ({sure})", kind_in_words(answer.kind))
                })
                .collect();
            format!("They disagree: {}.{label}", said.join(", "))
        }
    }
}

fn answers_table(answers: &[DigitAnswer]) -> HtmlElement {
    let of = |kind: FileKind, digit: usize| {
        let mut all = answers.iter();
        let answer = all.find(|answer| answer.kind == kind);
        let probability = answer.and_then(|answer| answer.probabilities.get(digit));
        probability.map_or("–".to_owned(), |p| plain(f64::from(*p) * 100.0, 1))
    };
    let kinds = [
        FileKind::Float32,
        FileKind::Float16,
        FileKind::DynamicRange,
        FileKind::FullInteger,
    ];
    let rows: Vec<Vec<String>> = (0..10)
        .map(|digit| {
            let figures = kinds.iter().map(|&kind| of(kind, digit));
            [digit.to_string()].into_iter().chain(figures).collect()
        })
        .collect();
    table::scrolling("Probability of each digit", &COLUMNS, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: FileKind, digit: usize) -> DigitAnswer {
        let mut probabilities = vec![0.02; 10];
        probabilities[digit] = 0.82;
        DigitAnswer {
            kind,
            probabilities,
        }
    }

    fn report(answers: Vec<DigitAnswer>, label: Option<u32>) -> DrawnReport {
        DrawnReport {
            label,
            pixels: vec![1; 784],
            answers,
            maps: Some(DigitMaps {
                side: 1,
                channels: 1,
                float32: vec![1.0],
                full_integer: vec![1.0],
                sqnr_db: None,
            }),
        }
    }

    #[test]
    fn forms_agree_or_say_what_each_reads() {
        use FileKind::{Float32, FullInteger};
        let same = report(vec![answer(Float32, 3), answer(FullInteger, 3)], Some(5));
        assert_eq!(
            verdict(&same),
            "All read 3. In the test set it is labelled 5."
        );
        let other = report(vec![answer(Float32, 3), answer(FullInteger, 8)], None);
        assert!(!agree(&other.answers));
        assert_eq!(
            verdict(&other),
            "They disagree: float32 3 (82.0 %), full integer 8 (82.0 %)."
        );
        let mut blank = other;
        blank.maps = None;
        assert_eq!(verdict(&blank), "Draw a digit.");
    }
}
