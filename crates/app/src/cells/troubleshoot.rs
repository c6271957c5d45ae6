//! Cell `troubleshoot`: from a drop in accuracy to a remedy, question by question.

mod facts;
mod tree;

use std::{cell::RefCell, rc::Rc};

use octet_protocol::{ErrorKind, LabError, Request, TroubleshootReport, TroubleshootRequest};
use web_sys::{Event, HtmlElement};

use super::{CellId, Control, ControlKind, Spec, always};
use crate::{
    app::Asker, charts::notation::plain, dom, format, prose, values::Values, view::CellView,
};
use tree::{End, Node, TREE};

const BEFORE: Control = percent("before", "accuracy before, %", "95");
const AFTER: Control = percent("after", "accuracy after, %", "87");

const fn percent(name: &'static str, label: &'static str, default: &'static str) -> Control {
    Control {
        name,
        label,
        is_shown: always,
        kind: ControlKind::Decimal {
            min: 0.0,
            max: 100.0,
            default,
        },
    }
}

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "troubleshoot",
    title: "Accuracy dropped",
    needs: |_| &[],
    controls: &[BEFORE, AFTER],
    prose: prose::TROUBLESHOOT,
    request: |values| {
        Ok(Request::Troubleshoot(TroubleshootRequest {
            before: read(values, &BEFORE)?,
            after: read(values, &AFTER)?,
        }))
    },
};

/// A percentage as people write it: `87`, `87.4`, `87,4`, `87 %`.
fn read(values: &Values, control: &Control) -> Result<f64, LabError> {
    let text = values.get(control.name);
    let number = text
        .trim()
        .trim_end_matches('%')
        .trim_end()
        .replace(',', ".");
    // Not that it would be below or above something: that is for the lab to say.
    number
        .parse()
        .ok()
        .filter(|x: &f64| x.is_finite())
        .ok_or_else(|| {
            LabError::new(
                ErrorKind::BadInput,
                format!(
                    "“{}” is no number (“{}”).",
                    format::shortened(text.trim(), 40),
                    control.name
                ),
                "Enter an accuracy in percent, from 0 to 100.",
            )
        })
}

/// The printed text.
pub fn print(report: &TroubleshootReport) -> String {
    let number = |x: f64| {
        let text = plain(x, 2);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        text.to_owned()
    };
    let mut lines = vec![
        format!("{} % → {} %", number(report.before), number(report.after)),
        format!(
            "{} percentage points lost, {} % of what was right",
            number(report.points),
            plain(report.share * 100.0, 1)
        ),
    ];
    lines.extend(
        report
            .errors_times
            .map(|times| format!("{} times as many errors", plain(times, 1))),
    );
    lines.join("\n")
}

/// Draws the report.
pub fn draw(report: &TroubleshootReport, view: &CellView, asker: &Asker) {
    view.print(&print(report));
    let place = dom::el("div", &[("class", "tree"), ("data-tree", "")], &[]);
    view.show_results(&[&place]);
    let walk = Rc::new(Walk {
        place: place.clone(),
        start: TREE.start(report.loss),
        way: RefCell::default(),
    });
    walk.show();
    let (walking, asker) = (walk.clone(), asker.clone());
    dom::on(&place, "click", move |event: Event| {
        if let Some(button) = dom::origin(&event, "button[data-go]") {
            walking.act(&button, &asker);
        }
    });
    // Cells may have run since the node was shown.
    for kind in ["focusin", "pointerenter"] {
        let walk = walk.clone();
        dom::on(&place, kind, move |_: Event| walk.show_measured());
    }
}

/// A reader's way through the tree.
struct Walk {
    place: HtmlElement,
    start: usize,
    /// The number of each answer that was given.
    way: RefCell<Vec<usize>>,
}

impl Walk {
    /// The nodes that were answered, each with the answer, and the one to be shown.
    fn nodes(&self) -> (Vec<(&'static Node, &'static str)>, Option<&'static Node>) {
        let mut at = TREE.nodes.get(self.start);
        let mut passed = Vec::new();
        for &number in self.way.borrow().iter() {
            if let Some(node) = at
                && let End::Answers(answers) = node.end
                && let Some((words, to)) = answers.get(number)
            {
                passed.push((node, *words));
                at = TREE.nodes.get(*to);
            }
        }
        (passed, at)
    }

    fn act(&self, button: &HtmlElement, asker: &Asker) {
        let number = button.get_attribute("data-number");
        let number: Option<usize> = number.and_then(|number| number.parse().ok());
        match button.get_attribute("data-go").as_deref() {
            Some("answer") => self.way.borrow_mut().extend(number),
            Some("back") => {
                self.way.borrow_mut().pop();
            }
            Some("again") => self.way.borrow_mut().clear(),
            Some("open") => {
                let (_, node) = self.nodes();
                if let Some(End::Links(links)) = node.map(|node| &node.end)
                    && let Some(link) = number.and_then(|number| links.get(number))
                    && let Some(cell) = CellId::by_name(link.cell)
                {
                    asker.open_cell(cell, link.set);
                }
                return;
            }
            _ => return,
        }
        self.show();
        // The button that had the focus is gone; what is new is read out.
        if let Some(heading) = dom::find(&self.place, "h3") {
            heading.focus().ok();
        }
    }

    fn show(&self) {
        let (passed, node) = self.nodes();
        let Some(node) = node else { return };
        dom::clear(&self.place);
        dom::set(&self.place, "data-node", node.name);
        if !passed.is_empty() {
            let trail = dom::el(
                "ol",
                &[("class", "trail"), ("aria-label", "Answers so far")],
                &[],
            );
            for (node, words) in &passed {
                let title = dom::text("span", &[], node.title);
                let words = dom::text("b", &[], words);
                dom::append(&trail, &dom::el("li", &[], &[&title, &words]));
            }
            dom::append(&self.place, &trail);
        }
        dom::append(
            &self.place,
            &dom::text("h3", &[("tabindex", "-1")], node.title),
        );
        let text = dom::el("div", &[("class", "advice")], &[]);
        text.set_inner_html(node.text);
        dom::append(&self.place, &text);
        dom::append(&self.place, &dom::el("div", &[("class", "measured")], &[]));
        self.show_measured();
        let choices = dom::el("div", &[("class", "choices")], &[]);
        match node.end {
            End::Answers(answers) => {
                for (number, (words, _)) in answers.iter().enumerate() {
                    dom::append(&choices, &go("answer", number, words));
                }
            }
            End::Links(links) => {
                for (number, link) in links.iter().enumerate() {
                    if CellId::by_name(link.cell).is_some() {
                        dom::append(&choices, &go("open", number, link.label));
                    }
                }
            }
        }
        dom::append(&self.place, &choices);
        if !passed.is_empty() {
            let tools = dom::el("div", &[("class", "tools")], &[]);
            dom::append(&tools, &go("back", 0, "Back"));
            dom::append(&tools, &go("again", 0, "Start again"));
            dom::append(&self.place, &tools);
        }
    }

    /// What this notebook has measured, or which cell would measure it.
    fn show_measured(&self) {
        let (_, node) = self.nodes();
        let (Some(node), Some(place)) = (node, dom::find(&self.place, ".measured")) else {
            return;
        };
        let cells = node
            .measured
            .iter()
            .filter_map(|name| CellId::by_name(name));
        let lines: Vec<_> = cells.map(|cell| (cell, facts::measured(cell))).collect();
        let told: Vec<_> = lines
            .iter()
            .map(|(cell, fact)| format!("{}{}", cell.name(), fact.as_deref().unwrap_or_default()))
            .collect();
        let told = told.join("\n");
        // A link with the focus must not be taken away for the same one.
        if place.get_attribute("data-told").as_deref() == Some(&told) {
            return;
        }
        dom::clear(&place);
        dom::set(&place, "data-told", &told);
        for (cell, fact) in lines {
            let name = dom::text("a", &[("href", &format!("#{}", cell.name()))], cell.name());
            let words = match &fact {
                Some(fact) => format!(": {fact}"),
                None => " has not run yet. Run it, and what it measures stands here.".to_owned(),
            };
            let state = if fact.is_some() { "known" } else { "unknown" };
            let line = dom::el(
                "p",
                &[("data-measured", cell.name()), ("data-state", state)],
                &[&name],
            );
            dom::append(&line, &dom::text("span", &[], &words));
            dom::append(&place, &line);
        }
    }
}

fn go(what: &str, number: usize, words: &str) -> HtmlElement {
    let number = number.to_string();
    let attributes = [
        ("type", "button"),
        ("data-go", what),
        ("data-number", &number),
    ];
    dom::text("button", &attributes, words)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use octet_protocol::Loss;

    #[test]
    fn prints_the_drop() {
        let report = TroubleshootReport {
            before: 95.0,
            after: 87.25,
            points: 7.75,
            share: 7.75 / 95.0,
            errors_times: Some(2.55),
            loss: Loss::Large,
        };
        assert_eq!(
            print(&report),
            "95 % → 87.25 %\n7.75 percentage points lost, 8.2 % of what was right\n2.5 times as many errors"
        );
        let perfect = TroubleshootReport {
            before: 100.0,
            errors_times: None,
            ..report
        };
        assert!(print(&perfect).ends_with("of what was right"));
        assert!(print(&perfect).starts_with("100 % →"));
    }

    #[test]
    fn percentages_are_read_as_people_write_them() {
        let mut values = Values::new(CellId::Troubleshoot);
        for (text, expected) in [
            ("95", 95.0),
            (" 87,4 % ", 87.4),
            ("1e1", 10.0),
            ("-3", -3.0),
        ] {
            values.set("before", text);
            assert_eq!(read(&values, &BEFORE), Ok(expected));
        }
        for text in ["", "%", "many", "1.2.3", "inf", "NaN"] {
            values.set("before", text);
            let error = read(&values, &BEFORE).unwrap_err();
            assert!(error.message.contains("“before”"), "{error}");
        }
    }
}
