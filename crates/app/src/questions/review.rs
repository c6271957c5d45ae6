//! The review at the end of the notebook: the score, and where every question stands.

use web_sys::HtmlElement;

use super::{
    Score,
    answer::Answer,
    data::{QUESTIONS, Question},
    figures, grade, score, view,
};
use crate::{cells::CellId, dom};

/// The elements of the review.
pub struct Review {
    score: HtmlElement,
    bodies: Vec<Body>,
}

/// The rows of a cell's questions.
struct Body {
    cell: CellId,
    points: HtmlElement,
    rows: Vec<Row>,
}

/// The row of a question.
struct Row {
    question: &'static Question,
    row: HtmlElement,
    state: HtmlElement,
    points: HtmlElement,
}

impl Review {
    /// Fills the review's section.
    pub fn mount(section: &HtmlElement) -> Self {
        dom::set(section, "aria-labelledby", "review-title");
        let intro = format!(
            "All {} questions of the notebook. A question is worth one point, free text the share \
             of its points that your answer makes. What counts is your latest answer, and only \
             this browser knows it.",
            QUESTIONS.len()
        );
        let score = dom::text("p", &[("class", "score"), ("data-score", "")], "");
        let head = dom::el("tr", &[], &[]);
        for heading in ["question", "state", "points"] {
            let attributes = [("scope", "col"), ("class", class(heading))];
            dom::append(&head, &dom::text("th", &attributes, heading));
        }
        let table = dom::el("table", &[], &[&dom::el("thead", &[], &[&head])]);
        let bodies: Vec<_> = CellId::ALL
            .into_iter()
            .filter(|&cell| super::after(cell).next().is_some())
            .map(|cell| Body::mount(cell, &table))
            .collect();
        let print = dom::text(
            "a",
            &[
                ("class", "button"),
                ("data-action", "print"),
                ("href", "?review"),
            ],
            "Print the answers",
        );
        let tools = dom::el("div", &[("class", "tools")], &[&print]);
        for part in [
            &dom::text("h2", &[("id", "review-title")], "Review"),
            &dom::text("p", &[], &intro),
            &score,
            &table,
            &tools,
        ] {
            dom::append(section, part);
        }
        Self { score, bodies }
    }

    /// Shows how the answers stand.
    pub fn show(&self, answers: &[(&'static Question, Answer)]) {
        dom::set_text(&self.score, &in_words(score(answers)));
        for body in &self.bodies {
            let of_cell = score(
                answers
                    .iter()
                    .filter(|(question, _)| question.after == body.cell.name()),
            );
            let points = format!("{} of {}", figures::points(of_cell.points), of_cell.of);
            dom::set_text(&body.points, &points);
            for row in &body.rows {
                let is_its = |(question, _): &&(&'static Question, Answer)| {
                    question.name == row.question.name
                };
                if let Some((_, answer)) = answers.iter().find(is_its) {
                    row.show(answer);
                }
            }
        }
    }
}

impl Body {
    fn mount(cell: CellId, table: &HtmlElement) -> Self {
        let body = dom::el("tbody", &[], &[]);
        let title = dom::text(
            "th",
            &[("scope", "rowgroup"), ("colspan", "2")],
            cell.spec().title,
        );
        let points = dom::text("td", &[("class", "figures")], "");
        dom::append(
            &body,
            &dom::el("tr", &[("class", "cell")], &[&title, &points]),
        );
        let rows = super::after(cell).map(|question| Row::mount(question, &body));
        let rows = rows.collect();
        dom::append(table, &body);
        Self { cell, points, rows }
    }
}

impl Row {
    fn mount(question: &'static Question, body: &HtmlElement) -> Self {
        let href = format!("#{}", view::id(question));
        let link = dom::text("a", &[("href", &href)], question.title);
        let name = dom::el("th", &[("scope", "row")], &[&link]);
        let state = dom::text("td", &[("class", "state")], "");
        let points = dom::text("td", &[("class", "figures")], "");
        let row = dom::el(
            "tr",
            &[("data-review", question.name)],
            &[&name, &state, &points],
        );
        dom::append(body, &row);
        Self {
            question,
            row,
            state,
            points,
        }
    }

    fn show(&self, answer: &Answer) {
        let (state, words, points) = standing(self.question, answer);
        dom::set(&self.row, "data-state", state);
        dom::set_text(&self.state, &words);
        dom::set_text(&self.points, &points);
    }
}

/// The value of `data-state`, the state in words, and the points.
pub fn standing(question: &'static Question, answer: &Answer) -> (&'static str, String, String) {
    let grade = grade::grade(question, answer)
        .ok()
        .filter(|_| answer.is_checked);
    let Some(grade) = grade else {
        let words = match (answer.tries, answer.is_touched()) {
            (0, false) => "not answered",
            (0, true) => "begun",
            _ => "open again",
        };
        return ("open", words.to_owned(), "–".to_owned());
    };
    let (state, word) = match grade.points {
        _ if grade.is_right() => ("right", "right"),
        points if points > 0.0 => ("wrong", "in part"),
        _ => ("wrong", "not yet"),
    };
    let words = match answer.tries {
        0 | 1 => word.to_owned(),
        tries => format!("{word}, try {tries}"),
    };
    (state, words, figures::points(grade.points))
}

/// A score as a sentence.
pub fn in_words(score: Score) -> String {
    format!(
        "{} of {} points; {} of {} questions answered.",
        figures::points(score.points),
        score.of,
        score.answered,
        score.of
    )
}

fn class(heading: &str) -> &'static str {
    if heading == "points" {
        "figures"
    } else {
        "words"
    }
}
