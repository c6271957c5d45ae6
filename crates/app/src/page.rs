//! What is around the cells: header, contents, theme, dialog, and the line that screen readers hear.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue, UnwrapThrowExt, closure::Closure};
use web_sys::{
    HtmlDialogElement, HtmlElement, HtmlSelectElement, IntersectionObserver,
    IntersectionObserverEntry, IntersectionObserverInit,
};

use crate::{
    board::{Board, State},
    cells::CellId,
    dom,
    prose::{self, Prose},
    storage,
    view::CellView,
};

/// A text between two cells.
struct Between {
    below: CellId,
    id: &'static str,
    title: &'static str,
    text: &'static Prose,
}

/// The ends and beginnings of chapters.
const BETWEEN: [Between; 5] = [
    Between {
        below: CellId::Visualize,
        id: "takeaways",
        title: "What to take away",
        text: &prose::TAKEAWAYS,
    },
    Between {
        below: CellId::Visualize,
        id: "laboratory",
        title: "The quantization laboratory",
        text: &prose::LABORATORY,
    },
    Between {
        below: CellId::Reference,
        id: "integers",
        title: "Integers all the way",
        text: &prose::INTEGERS,
    },
    Between {
        below: CellId::Camera,
        id: "breaks",
        title: "What breaks, and the rescue",
        text: &prose::BREAKS,
    },
    Between {
        below: CellId::Rescue,
        id: "training",
        title: "Learn by training",
        text: &prose::TRAINING,
    },
];

/// The texts right below a cell.
fn below(cell: CellId) -> impl Iterator<Item = &'static Between> {
    BETWEEN.iter().filter(move |between| between.below == cell)
}

/// The elements around the cells; `index.html` has them.
pub struct Page {
    /// Where the cells are.
    pub main: HtmlElement,
    /// Where the review of the questions is.
    pub review: HtmlElement,
    run_all: HtmlElement,
    reset: HtmlElement,
    theme: HtmlSelectElement,
    dialog: HtmlDialogElement,
    live: HtmlElement,
    ticks: Vec<HtmlElement>,
}

impl Page {
    /// Fills the page that `index.html` has begun.
    pub fn mount(views: &[CellView]) -> Option<Self> {
        let main = dom::by_id("main")?;
        let root = dom::document().document_element()?;
        if let Some(loading) = dom::by_id("loading") {
            loading.remove();
        }
        append_text(&main, "introduction", &prose::INTRO);
        for (cell, view) in CellId::ALL.into_iter().zip(views) {
            dom::append(&main, &view.section);
            for between in below(cell) {
                append_text(&main, between.id, between.text);
            }
        }
        let review = dom::el("section", &[("id", "review")], &[]);
        dom::append(&main, &review);
        let page = Self {
            run_all: dom::find(&root, "[data-action=\"run-all\"]")?,
            reset: dom::find(&root, "[data-action=\"reset\"]")?,
            theme: dom::by_id("theme")?.unchecked_into(),
            dialog: dom::by_id("confirm-reset")?.unchecked_into(),
            live: dom::by_id("live")?,
            ticks: contents(&dom::by_id("contents")?),
            main,
            review,
        };
        dom::flag(&page.run_all, "disabled", false);
        dom::flag(&page.reset, "disabled", false);
        page.theme
            .set_value(&storage::get("theme").unwrap_or_default());
        if page.theme.selected_index() < 0 {
            page.theme.set_value("");
        }
        follow_scrolling();
        Some(page)
    }

    /// Shows which cells are done, and what the Run all button would do.
    pub fn show(&self, board: &Board, runs_all: bool) {
        for (cell, tick) in CellId::ALL.into_iter().zip(&self.ticks) {
            let slot = board.slot(cell);
            let (sign, words) = match slot.state {
                State::Done if slot.stale => ("✓", "done, out of date"),
                State::Done => ("✓", "done"),
                State::Error => ("!", "failed"),
                State::Running => ("…", "running"),
                State::Queued | State::Idle => ("", ""),
            };
            dom::flag(tick, "hidden", sign.is_empty());
            dom::set_text(tick, sign);
            dom::set(tick, "aria-label", words);
            dom::set(
                tick,
                "class",
                if slot.stale { "tick stale" } else { "tick" },
            );
            dom::set(tick, "data-state", slot.state.name());
        }
        dom::set_text(
            &self.run_all,
            if runs_all { "Cancel all" } else { "Run all" },
        );
    }

    /// Has screen readers say something when they are done with what they are saying.
    pub fn announce(&self, text: &str) {
        self.live.set_text_content(Some(text));
    }

    /// Asks whether to reset.
    pub fn ask_reset(&self) {
        self.dialog.show_modal().ok();
    }

    /// Shows and remembers the theme that the reader has chosen.
    pub fn apply_theme(&self) {
        let theme = self.theme.value();
        if let Some(root) = dom::document().document_element() {
            if theme.is_empty() {
                root.remove_attribute("data-theme").ok();
                storage::remove("theme");
            } else {
                dom::set(&root, "data-theme", &theme);
                storage::set("theme", &theme);
            }
        }
    }

    /// Calls back when the reader chooses a theme, or the system changes its own.
    pub fn on_theme(&self, f: impl Fn() + Clone + 'static) {
        let changed = f.clone();
        dom::on(&self.theme, "change", move |_: web_sys::Event| changed());
        if let Ok(Some(query)) = dom::window().match_media("(prefers-color-scheme: dark)") {
            dom::on(&query, "change", move |_: web_sys::Event| f());
        }
    }
}

fn append_text(main: &HtmlElement, id: &str, text: &Prose) {
    let section = dom::el("section", &[("id", id), ("class", "prose")], &[]);
    section.set_inner_html(text.before);
    dom::append(main, &section);
}

/// Fills the contents. Returns the place of each cell's tick.
fn contents(list: &HtmlElement) -> Vec<HtmlElement> {
    let entry = |id: &str, title: &str| {
        let link = dom::text("a", &[("href", &format!("#{id}"))], title);
        let tick = dom::text(
            "span",
            &[("class", "tick"), ("role", "img"), ("hidden", "")],
            "",
        );
        dom::append(list, &dom::el("li", &[("data-entry", id)], &[&link, &tick]));
        tick
    };
    let mut ticks = Vec::new();
    for cell in CellId::ALL {
        ticks.push(entry(cell.name(), cell.spec().title));
        for between in below(cell) {
            entry(between.id, between.title).remove();
        }
    }
    entry("review", "Review").remove();
    ticks
}

/// Marks the entry of the contents whose section is being read.
fn follow_scrolling() {
    let mark = Closure::<dyn FnMut(Array)>::new(|entries: Array| {
        for entry in entries.iter() {
            let entry: IntersectionObserverEntry = entry.unchecked_into();
            let selector = format!("[data-entry=\"{}\"]", entry.target().id());
            let Some(item) = dom::document().query_selector(&selector).ok().flatten() else {
                continue;
            };
            if entry.is_intersecting() {
                dom::set(&item, "aria-current", "true");
            } else {
                item.remove_attribute("aria-current").ok();
            }
        }
    });
    // A section is being read while it crosses a line below the header.
    let options = IntersectionObserverInit::new();
    options.set_root_margin("-25% 0px -75% 0px");
    let observer = IntersectionObserver::new_with_options(mark.as_ref().unchecked_ref(), &options);
    mark.forget();
    if let Ok(observer) = observer {
        let texts = BETWEEN.iter().map(|between| between.id);
        for id in CellId::ALL
            .into_iter()
            .map(CellId::name)
            .chain(texts)
            .chain(["review"])
        {
            if let Some(section) = dom::by_id(id) {
                observer.observe(&section);
            }
        }
    }
}

/// Has the reader save bytes as a file.
pub fn save(bytes: &JsValue, kind: &str, name: &str) -> Result<(), JsValue> {
    let properties = web_sys::BlobPropertyBag::new();
    properties.set_type(kind);
    let blob = web_sys::Blob::new_with_blob_sequence_and_options(&Array::of1(bytes), &properties)?;
    let url = web_sys::Url::create_object_url_with_blob(&blob)?;
    let link = dom::el("a", &[("href", &url), ("download", name)], &[]);
    link.click();
    // The browser reads the blob after the click returns; a minute later it surely has.
    let revoke = Closure::once_into_js(move || {
        web_sys::Url::revoke_object_url(&url).unwrap_throw();
    });
    dom::later(revoke.unchecked_ref(), 60_000);
    Ok(())
}

/// Tells the reader that the page's own code has failed; nothing on it works any more.
pub fn show_crash(message: &str) {
    let words = format!("This page has failed and must be reloaded. ({message})");
    if let Some(main) = dom::by_id("main") {
        main.prepend_with_node_1(&dom::text(
            "p",
            &[("class", "error"), ("role", "alert")],
            &words,
        ))
        .ok();
    }
}
