//! Cell `accuracy`: the degradation report.

use octet_protocol::{AccuracyReport, Class, Degradation, Request};
use web_sys::HtmlElement;

use super::{CellId, Spec};
use crate::{dom, format, prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "accuracy",
    title: "Did we break it?",
    needs: |_| &[CellId::Inference],
    controls: &[],
    prose: prose::ACCURACY,
    request: |_| Ok(Request::Accuracy),
};

/// One line of the report in three parts, the middle one the verdict.
pub fn line(index: usize, row: &Degradation) -> (String, &'static str, String) {
    let verdict = if row.is_match { "MATCH" } else { "FLIP " };
    let rest = format!(
        "  | Conf Drift: {:.4} | MSE: {:.6}",
        row.confidence_drift, row.mse
    );
    (format!("Img {index}:  "), verdict, rest)
}

/// Draws the report.
pub fn draw(report: &AccuracyReport, view: &CellView) {
    let output = view.clear_output();
    for (index, row) in report.rows.iter().enumerate() {
        let (start, verdict, rest) = line(index, row);
        let class = if row.is_match { "match" } else { "flip" };
        let ending = if index + 1 < report.rows.len() {
            "\n"
        } else {
            ""
        };
        output.append_with_str_1(&start).ok();
        dom::append(output, &dom::text("span", &[("class", class)], verdict));
        output.append_with_str_1(&format!("{rest}{ending}")).ok();
    }
    let grid = dom::el("div", &[("class", "versus")], &[]);
    for (index, row) in report.rows.iter().enumerate() {
        dom::append(&grid, &versus(index, row));
    }
    view.show_results(&[&grid]);
}

/// Both top-5 lists of a photo side by side.
fn versus(index: usize, row: &Degradation) -> HtmlElement {
    let title = dom::text("h3", &[], &format!("Img {index}: {}", row.title));
    let lists = dom::el(
        "div",
        &[("class", "pair")],
        &[
            &list("float32", "fp32", &row.float32),
            &list("int8", "int8", &row.dynamic_range),
        ],
    );
    dom::el("div", &[("class", "photo-versus")], &[&title, &lists])
}

/// A top-5 list under a heading; `class` colours both.
pub fn list(words: &str, class: &str, classes: &[Class]) -> HtmlElement {
    let caption = dom::text("h4", &[("class", class)], words);
    let list = dom::el("ol", &[("class", class)], &[]);
    for class in classes {
        let item = dom::text("li", &[], "");
        let width = format!("--p: {:.4}", class.probability.clamp(0.0, 1.0));
        dom::set(&item, "style", &width);
        dom::append(
            &item,
            &dom::text("span", &[("class", "label")], &class.label),
        );
        let percent = format::percent(class.probability);
        dom::append(&item, &dom::text("span", &[("class", "figures")], &percent));
        dom::append(&list, &item);
    }
    dom::el("div", &[], &[&caption, &list])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(is_match: bool, confidence_drift: f64, mse: f64) -> Degradation {
        Degradation {
            photo: 0,
            title: "chelsea".into(),
            is_match,
            confidence_drift,
            mse,
            float32: Vec::new(),
            dynamic_range: Vec::new(),
        }
    }

    fn whole(index: usize, row: &Degradation) -> String {
        let (start, verdict, rest) = line(index, row);
        [start.as_str(), verdict, &rest].concat()
    }

    #[test]
    fn prints_the_lines_of_the_original_experiment() {
        assert_eq!(
            whole(0, &row(true, 0.012_34, 0.000_001_2)),
            "Img 0:  MATCH  | Conf Drift: 0.0123 | MSE: 0.000001"
        );
        assert_eq!(
            whole(1, &row(false, -0.5, 0.25)),
            "Img 1:  FLIP   | Conf Drift: -0.5000 | MSE: 0.250000"
        );
    }
}
