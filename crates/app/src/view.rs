//! A cell on the page: its elements, and what can be shown in them.

use std::{any::Any, cell::RefCell, rc::Rc};

use js_sys::JsString;
use octet_protocol::LabError;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlCanvasElement, HtmlElement, HtmlProgressElement};

use crate::{
    board::{Slot, State},
    cells::{CellId, Control, ControlKind, MAX_TEXT, on_or_off},
    charts::figure::Figure,
    dom,
    values::Values,
};

/// More parameters than this stand in lines of their own.
const FEW_CONTROLS: usize = 3;

/// A cell's elements.
pub struct CellView {
    cell: CellId,
    /// The whole cell.
    pub section: HtmlElement,
    run: HtmlElement,
    cancel: HtmlElement,
    count: HtmlElement,
    note: HtmlElement,
    label: HtmlElement,
    time: HtmlElement,
    progress: HtmlProgressElement,
    error: HtmlElement,
    output: HtmlElement,
    results: HtmlElement,
    extra: HtmlElement,
    report: HtmlElement,
    figures: RefCell<Vec<Rc<Figure>>>,
    moved: RefCell<Option<Moved>>,
    kept: RefCell<Vec<Rc<dyn Any>>>,
}

/// What follows the sliders while they move.
type Moved = Rc<dyn Fn(&[(&'static str, String)])>;

impl CellView {
    /// Builds a cell.
    pub fn new(cell: CellId, values: &Values) -> Self {
        let spec = cell.spec();
        let heading_id = format!("{}-title", spec.name);
        let error_id = format!("{}-error", spec.name);

        let run = dom::text(
            "button",
            &[
                ("type", "button"),
                ("data-action", "run"),
                ("aria-label", &format!("Run {}", spec.name)),
            ],
            "Run",
        );
        let cancel = dom::text(
            "button",
            &[
                ("type", "button"),
                ("data-action", "cancel"),
                ("aria-label", &format!("Cancel {}", spec.name)),
                ("hidden", ""),
            ],
            "Cancel",
        );
        let count = dom::text("span", &[("class", "count"), ("data-count", "")], "[ ]");
        let name = dom::text("code", &[("class", "name")], spec.name);
        let note = dom::text("span", &[("class", "note")], "");
        let label = dom::text("span", &[("class", "label"), ("data-label", "")], "");
        let time = dom::text("span", &[("class", "time"), ("data-time", "")], "");
        let clock = dom::el("span", &[("class", "clock")], &[&note, &time]);
        let status = dom::el("span", &[("class", "status")], &[&clock, &label]);
        let head = dom::el(
            "div",
            &[("class", "cell-head")],
            &[&count, &run, &cancel, &name],
        );
        // Few parameters fit beside the buttons; many have lines of their own.
        let many = dom::el("div", &[("class", "controls")], &[]);
        let has_many = spec.controls.len() > FEW_CONTROLS;
        for control in spec.controls {
            let label = form_control(control, &values.get(control.name), &error_id);
            dom::flag(&label, "hidden", !(control.is_shown)(values));
            dom::append(if has_many { &many } else { &head }, &label);
        }
        dom::append(&head, &status);

        let progress: HtmlProgressElement = dom::create(
            "progress",
            &[
                ("max", "1"),
                ("value", "0"),
                ("aria-label", &format!("Progress of {}", spec.name)),
            ],
        );
        let error = dom::el(
            "div",
            &[
                ("id", &error_id),
                ("class", "error"),
                ("data-error", ""),
                ("role", "alert"),
                ("hidden", ""),
            ],
            &[],
        );
        // An output is a live region by itself; it would be read out whole.
        let output = dom::el("output", &[("data-output", ""), ("aria-live", "off")], &[]);
        let results = dom::el("div", &[("class", "results")], &[]);
        let extra = dom::el("div", &[("class", "extra")], &[]);
        let report = dom::el(
            "script",
            &[("type", "application/json"), ("data-report", "")],
            &[],
        );
        let panel = dom::el(
            "div",
            &[("class", "panel")],
            &[&head, &progress, &error, &output, &results, &extra, &report],
        );
        if has_many {
            head.after_with_node_1(&many).ok();
        }

        let section = dom::el(
            "section",
            &[
                ("id", spec.name),
                ("data-cell", spec.name),
                ("data-state", "idle"),
                ("aria-labelledby", &heading_id),
                ("tabindex", "-1"),
            ],
            &[&dom::text("h2", &[("id", &heading_id)], spec.title)],
        );
        append_prose(&section, spec.prose.before);
        dom::append(&section, &panel);
        append_prose(&section, spec.prose.after);
        Self {
            cell,
            section,
            run,
            cancel,
            count,
            note,
            label,
            time,
            progress,
            error,
            output,
            results,
            extra,
            report,
            figures: RefCell::default(),
            moved: RefCell::default(),
            kept: RefCell::default(),
        }
    }

    /// Shows where the cell stands.
    pub fn show(&self, slot: &Slot) {
        dom::set(&self.section, "data-state", slot.state.name());
        let busy = matches!(slot.state, State::Queued | State::Running);
        // A cell that has failed says more than that it is out of date.
        let stale =
            slot.stale && slot.count.is_some() && matches!(slot.state, State::Idle | State::Done);
        dom::flag(&self.section, "data-stale", stale);
        dom::set_text(&self.note, if stale { "out of date" } else { "" });
        dom::set(
            &self.run,
            "aria-disabled",
            if busy { "true" } else { "false" },
        );
        dom::set(
            &self.section,
            "aria-busy",
            if busy { "true" } else { "false" },
        );
        if !busy && dom::document().active_element().as_ref() == Some(&self.cancel) {
            self.focus();
        }
        dom::flag(&self.cancel, "hidden", !busy);
        let count = match (slot.state, slot.count) {
            (State::Running, _) => "[*]".to_owned(),
            (State::Queued, _) => "[…]".to_owned(),
            (_, Some(count)) => format!("[{count}]"),
            (_, None) => "[ ]".to_owned(),
        };
        dom::set_text(&self.count, &count);
        if slot.state == State::Queued {
            self.show_progress(0.0);
            self.show_status("waiting", "");
        } else if slot.state != State::Running && self.label.text_content().as_deref() != Some("") {
            dom::set_text(&self.label, "");
        }
    }

    /// Shows what is being done, and for how long.
    pub fn show_status(&self, label: &str, time: &str) {
        dom::set_text(&self.label, label);
        dom::set_text(&self.time, time);
    }

    /// Shows how much is done, from 0 to 1.
    pub fn show_progress(&self, part: f64) {
        self.progress.set_value(part);
    }

    /// Shows what was wrong. No errors hide the area.
    pub fn show_errors(&self, errors: &[LabError]) {
        dom::clear(&self.error);
        for error in errors {
            let message = dom::text("p", &[], "");
            dom::append(&message, &dom::text("b", &[], &error.message));
            if !error.remedy.is_empty() {
                message
                    .append_with_str_1(&format!(" {}", error.remedy))
                    .ok();
            }
            dom::append(&self.error, &message);
        }
        dom::flag(&self.error, "hidden", errors.is_empty());
    }

    /// Prints text in place of what was printed before.
    pub fn print(&self, text: &str) {
        dom::set_text(&self.output, text);
    }

    /// Empties the output and returns it, for text with parts that mean something.
    pub fn clear_output(&self) -> &Element {
        dom::clear(&self.output);
        &self.output
    }

    /// Shows tables and the like in place of what was there before.
    pub fn show_results(&self, results: &[&HtmlElement]) {
        dom::clear(&self.results);
        self.figures.borrow_mut().clear();
        self.moved.borrow_mut().take();
        self.kept.borrow_mut().clear();
        for result in results {
            dom::append(&self.results, result);
        }
    }

    /// Shows charts in place of what was there before.
    pub fn show_figures(&self, figures: Vec<Figure>) {
        self.show_results(&[]);
        self.add_figures(figures);
    }

    /// Shows charts below what is there, and returns them.
    pub fn add_figures(&self, figures: Vec<Figure>) -> Vec<Rc<Figure>> {
        let figures: Vec<_> = figures.into_iter().map(Rc::new).collect();
        for figure in &figures {
            dom::append(&self.results, &figure.element);
        }
        self.figures.borrow_mut().extend(figures.iter().cloned());
        self.paint();
        figures
    }

    /// Shows one more table or the like below what is there.
    pub fn append_result(&self, result: &HtmlElement) {
        dom::append(&self.results, result);
    }

    /// Shows a chart in a place of its own, instead of the one of the same name.
    pub fn put_figure(&self, place: &HtmlElement, figure: Figure) {
        dom::clear(place);
        dom::append(place, &figure.element);
        let figure = Rc::new(figure);
        {
            let mut figures = self.figures.borrow_mut();
            figures.retain(|other| other.name() != figure.name());
            figures.push(figure.clone());
        }
        figure.paint();
    }

    /// Keeps something alive until the cell shows something else.
    pub fn keep(&self, thing: Rc<dyn Any>) {
        self.kept.borrow_mut().push(thing);
    }

    /// Has `follow` called with the values whenever a slider moves, until the cell shows something else.
    pub fn when_moved(&self, follow: impl Fn(&[(&'static str, String)]) + 'static) {
        *self.moved.borrow_mut() = Some(Rc::new(follow));
    }

    /// A slider has moved.
    pub fn follow(&self, values: &[(&'static str, String)]) {
        let moved = self.moved.borrow().clone();
        if let Some(moved) = moved {
            moved(values);
        }
    }

    /// Paints every chart, at the present width and in the present colours; each in a turn of its own, so that
    /// the page goes on in between.
    pub fn paint(&self) {
        for figure in self.figures.borrow().iter() {
            let figure = figure.clone();
            dom::later(
                Closure::once_into_js(move || figure.paint()).unchecked_ref(),
                0,
            );
        }
    }

    /// What a chart of this name is painted on.
    pub fn canvas(&self, chart: &str) -> Option<HtmlCanvasElement> {
        let figures = self.figures.borrow();
        let figure = figures.iter().find(|figure| figure.name() == chart)?;
        Some(figure.canvas().clone())
    }

    /// Adds something that stays, whatever the cell prints.
    pub fn append_extra(&self, element: &HtmlElement) {
        dom::append(&self.extra, element);
    }

    /// Keeps the report, as JSON, for people's scripts.
    pub fn keep_report(&self, json: &str) {
        self.report.set_text_content(Some(json));
    }

    /// Whether the cell shows anything that a reset would take away.
    pub fn has_output(&self) -> bool {
        self.report.has_child_nodes() || self.error.has_child_nodes()
    }

    /// Empties the cell and sets its form controls to the given values.
    pub fn reset(&self, values: &Values) {
        dom::clear(&self.output);
        self.show_results(&[]);
        dom::clear(&self.report);
        self.show_errors(&[]);
        self.show_progress(0.0);
        self.show_status("", "");
        self.set_values(values);
    }

    /// Sets the form controls.
    pub fn set_values(&self, values: &Values) {
        for (control, element) in self.controls() {
            let value = values.get(control.name);
            match control.kind {
                ControlKind::Check(_) => check(&element, &value),
                ControlKind::Layer(_) => {
                    offer_layer(&element, &value);
                    js_sys::Reflect::set(&element, &"value".into(), &value.into()).ok();
                }
                _ => {
                    js_sys::Reflect::set(&element, &"value".into(), &value.into()).ok();
                }
            }
        }
        self.show_controls(values);
    }

    /// Shows the form controls that mean something with these values.
    pub fn show_controls(&self, values: &Values) {
        for (control, element) in self.controls() {
            if let Ok(Some(label)) = element.closest("label") {
                dom::flag(&label, "hidden", !(control.is_shown)(values));
            }
            if let (ControlKind::Slider { .. }, Some(shown)) =
                (&control.kind, element.next_element_sibling())
            {
                dom::set_text(&shown, &values.get(control.name));
            }
        }
    }

    /// Offers the layers of a network wherever the cell lets the reader choose one.
    pub fn offer_layers(&self, names: &[String]) {
        for (control, element) in self.controls() {
            if let ControlKind::Layer(none) = control.kind {
                let chosen = js_sys::Reflect::get(&element, &"value".into()).unwrap_or_default();
                dom::clear(&element);
                dom::append(&element, &dom::text("option", &[("value", "")], none));
                for name in names {
                    dom::append(&element, &dom::text("option", &[("value", name)], name));
                }
                offer_layer(&element, &chosen.as_string().unwrap_or_default());
                js_sys::Reflect::set(&element, &"value".into(), &chosen).ok();
            }
        }
    }

    /// What the form controls say now.
    pub fn read_values(&self) -> Vec<(&'static str, String)> {
        self.controls()
            .filter_map(|(control, element)| {
                let value = match control.kind {
                    ControlKind::Check(_) => on_or_off(is_checked(&element)).into(),
                    _ => js_sys::Reflect::get(&element, &"value".into()).ok()?,
                };
                let text: JsString = value.dyn_into().ok()?;
                // More is refused anyway, and copying it here could take all memory.
                Some((control.name, text.slice(0, MAX_TEXT + 1).into()))
            })
            .collect()
    }

    fn controls(&self) -> impl Iterator<Item = (&'static Control, HtmlElement)> {
        self.cell.spec().controls.iter().filter_map(|control| {
            Some((control, self.find(&format!("[name=\"{}\"]", control.name))?))
        })
    }

    /// An element in the cell.
    pub fn find(&self, selector: &str) -> Option<HtmlElement> {
        dom::find(&self.section, selector)
    }

    /// Moves the keyboard's focus to the cell's Run button.
    pub fn focus(&self) {
        self.run.focus().ok();
    }
}

fn append_prose(section: &Element, html: &str) {
    if !html.is_empty() {
        let prose = dom::el("div", &[("class", "prose")], &[]);
        prose.set_inner_html(html);
        dom::append(section, &prose);
    }
}

fn form_control(control: &Control, value: &str, error_id: &str) -> HtmlElement {
    let element = match control.kind {
        ControlKind::Select(options) => {
            let select = dom::el("select", &[], &[]);
            for (option, words) in options {
                let item = dom::text("option", &[("value", option)], words);
                dom::flag(&item, "selected", *option == value);
                dom::append(&select, &item);
            }
            select
        }
        ControlKind::Layer(none) => {
            let none = dom::text("option", &[("value", "")], none);
            let select = dom::el("select", &[], &[&none]);
            offer_layer(&select, value);
            select
        }
        ControlKind::Check(_) => {
            let element = dom::el("input", &[("type", "checkbox")], &[]);
            check(&element, value);
            element
        }
        ControlKind::Text { .. } => {
            let area = dom::el("textarea", &[("rows", "6"), ("spellcheck", "false")], &[]);
            js_sys::Reflect::set(&area, &"value".into(), &value.into()).ok();
            area
        }
        ControlKind::Slider { min, max, .. } => dom::el(
            "input",
            &[
                ("type", "range"),
                ("min", &min.to_string()),
                ("max", &max.to_string()),
                ("step", "1"),
                ("value", value),
            ],
            &[],
        ),
        ControlKind::Decimal { .. } => dom::el(
            "input",
            &[
                ("type", "text"),
                ("inputmode", "decimal"),
                ("size", "8"),
                ("value", value),
            ],
            &[],
        ),
        ControlKind::Number { min, max, .. } => dom::el(
            "input",
            &[
                ("type", "number"),
                ("min", &min.to_string()),
                ("max", &max.to_string()),
                ("step", "1"),
                ("inputmode", "numeric"),
                ("value", value),
            ],
            &[],
        ),
    };
    dom::set(&element, "name", control.name);
    dom::set(&element, "aria-describedby", error_id);
    // Otherwise some browsers bring back an old value after a reload, behind our back.
    dom::set(&element, "autocomplete", "off");
    let words = dom::text("span", &[], control.label);
    let label = dom::el("label", &[], &[&words, &element]);
    match control.kind {
        ControlKind::Text { .. } => dom::set(&label, "class", "wide"),
        // A box stands before its words.
        ControlKind::Check(_) => dom::append(&label, &words),
        ControlKind::Slider { .. } => {
            let shown = dom::text("span", &[("class", "slider")], value);
            dom::append(&label, &shown);
        }
        _ => {}
    }
    label
}

fn is_checked(element: &HtmlElement) -> bool {
    js_sys::Reflect::get(element, &"checked".into()).is_ok_and(|checked| checked.is_truthy())
}

fn check(element: &HtmlElement, value: &str) {
    let is_on = value == on_or_off(true);
    js_sys::Reflect::set(element, &"checked".into(), &is_on.into()).ok();
}

/// A remembered layer is offered even while no network is loaded.
fn offer_layer(select: &Element, name: &str) {
    let selector = format!("option[value=\"{}\"]", name.replace(['\\', '"'], ""));
    if dom::find(select, &selector).is_none() {
        let option = dom::text("option", &[("value", name), ("selected", "")], name);
        dom::append(select, &option);
    } else if let Some(option) = dom::find(select, &selector) {
        dom::flag(&option, "selected", true);
    }
}
