//! A cell on the page: its elements, and what can be shown in them.

use octet_protocol::LabError;
use web_sys::{Element, HtmlElement, HtmlProgressElement};

use crate::{
    board::{Slot, State},
    cells::{CellId, Control, ControlKind},
    dom,
    values::Values,
};

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
}

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
        for control in spec.controls {
            dom::append(
                &head,
                &form_control(control, &values.get(control.name), &error_id),
            );
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

    /// Shows tables, charts and the like in place of what was there before.
    pub fn show_results(&self, results: &[&HtmlElement]) {
        dom::clear(&self.results);
        for result in results {
            dom::append(&self.results, result);
        }
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
        dom::clear(&self.results);
        dom::clear(&self.report);
        self.show_errors(&[]);
        self.show_progress(0.0);
        self.show_status("", "");
        self.set_values(values);
    }

    fn set_values(&self, values: &Values) {
        for (control, element) in self.controls() {
            let value = values.get(control.name);
            js_sys::Reflect::set(&element, &"value".into(), &value.into()).ok();
        }
    }

    /// What the form controls say now.
    pub fn read_values(&self) -> Vec<(&'static str, String)> {
        self.controls()
            .filter_map(|(control, element)| {
                let value = js_sys::Reflect::get(&element, &"value".into()).ok()?;
                Some((control.name, value.as_string()?))
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
    dom::el("label", &[], &[&words, &element])
}
