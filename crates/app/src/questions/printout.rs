//! `?review`: every question and answer in full on a page to be printed, and nothing else.

use web_sys::{Event, HtmlElement};

use super::{
    answer::{Answer, Given},
    data::{Form, Question},
    figures, grade, remembered, review, score, view,
};
use crate::{cells::CellId, dom};

/// Whether the address asks for it.
pub fn is_wanted() -> bool {
    let search = dom::window().location().search().unwrap_or_default();
    let mut parameters = search.trim_start_matches('?').split('&');
    parameters.any(|parameter| parameter.split('=').next() == Some("review"))
}

/// Shows it in place of the notebook.
pub fn show() {
    let Some(main) = dom::by_id("main") else {
        return;
    };
    if let Some(body) = dom::document().body() {
        dom::set(&body, "class", "printout");
    }
    dom::clear(&main);
    dom::append(&main, &dom::text("h1", &[], "Review"));
    dom::append(&main, &head());

    let mut answers = Vec::new();
    let mut sections = Vec::new();
    for cell in CellId::ALL {
        let heading = dom::text("h2", &[], cell.spec().title);
        let section = dom::el("section", &[("data-cell-review", cell.name())], &[&heading]);
        for question in super::after(cell) {
            // Numbers that nobody has seen yet need not be remembered.
            let answer = remembered(question)
                .unwrap_or_else(|| Answer::first(question, js_sys::Math::random));
            dom::append(&section, &entry(question, &answer));
            answers.push((question, answer));
        }
        if super::after(cell).next().is_some() {
            sections.push(section);
        }
    }
    let words = review::in_words(score(&answers));
    let sum = dom::text("p", &[("class", "score"), ("data-score", "")], &words);
    dom::append(&main, &sum);
    for section in &sections {
        dom::append(&main, section);
    }
}

/// Whose answers these are, when, and what to do with them.
fn head() -> HtmlElement {
    let name = dom::text("span", &[], "Name");
    let attributes = [("type", "text"), ("autocomplete", "name")];
    let name = dom::el("label", &[], &[&name, &dom::el("input", &attributes, &[])]);
    let options = wasm_bindgen::JsValue::UNDEFINED;
    let date: String = js_sys::Date::new_0()
        .to_locale_date_string("en-GB", &options)
        .into();
    let date = dom::text("span", &[("class", "date")], &date);
    let print = dom::text(
        "button",
        &[
            ("type", "button"),
            ("class", "primary"),
            ("data-action", "print"),
        ],
        "Print",
    );
    dom::on(&print, "click", |_: Event| {
        dom::window().print().ok();
    });
    let home = dom::window().location().pathname().unwrap_or_default();
    let back = dom::text(
        "a",
        &[("class", "button"), ("href", &format!("{home}#review"))],
        "Back to the notebook",
    );
    let tools = dom::el("div", &[("class", "tools")], &[&print, &back]);
    dom::el(
        "div",
        &[("class", "printout-head")],
        &[&name, &date, &tools],
    )
}

fn entry(question: &'static Question, answer: &Answer) -> HtmlElement {
    let (state, words, points) = review::standing(question, answer);
    let heading = dom::text("h3", &[], question.title);
    let standing = match points.as_str() {
        "–" => words,
        points => format!("{words}: {points} of 1 point"),
    };
    let standing = dom::text("p", &[("class", "standing")], &standing);
    let entry = dom::el(
        "article",
        &[
            ("class", "answered"),
            ("data-question", question.name),
            ("data-form", question.form.name()),
            ("data-state", state),
        ],
        &[&heading, &standing],
    );
    let draw = answer.draw();
    dom::append(&entry, &html(&question.words.html(draw)));
    for part in answers(question, answer) {
        dom::append(&entry, &part);
    }
    let fault = grade::grade(question, answer)
        .ok()
        .filter(|_| answer.is_checked)
        .filter(|grade| !grade.is_right());
    match (&question.form, fault) {
        // A number's verdict has the explanation in it.
        (Form::Number(_), Some(grade)) => {
            dom::append(&entry, &html(&view::verdict(question, answer, &grade)));
        }
        (Form::Choice(_) | Form::Order(_), Some(grade)) => {
            dom::append(&entry, &html(&view::verdict(question, answer, &grade)));
            dom::append(&entry, &html(&question.explanation.html(draw)));
        }
        _ => dom::append(&entry, &html(&question.explanation.html(draw))),
    }
    entry
}

/// The reader's answer and the right one.
fn answers(question: &Question, answer: &Answer) -> Vec<HtmlElement> {
    match (&question.form, &answer.given) {
        (Form::Number(number), Given::Number { draw, said }) => {
            let right = figures::computed((number.answer)(draw));
            vec![
                named("Your answer", &text(said)),
                named(
                    "Right answer",
                    &dom::text("span", &[], &format!("{right} {}", number.unit)),
                ),
            ]
        }
        (Form::Choice(options), Given::Choice { shown, chosen }) => {
            let list = dom::el("ul", &[], &[]);
            for &i in shown {
                let Some(option) = options.get(i) else {
                    continue;
                };
                let item = dom::el("li", &[], &[]);
                let mark = match (*chosen == Some(i), option.why.is_none()) {
                    (true, true) => " <b>(your answer, right)</b>",
                    (true, false) => " <b>(your answer)</b>",
                    (false, true) => " <b>(right)</b>",
                    (false, false) => "",
                };
                item.set_inner_html(&format!("{}{mark}", option.text.html(&[])));
                dom::append(&list, &item);
            }
            vec![list]
        }
        (Form::Order(steps), Given::Order(order)) => {
            let list = |order: &mut dyn Iterator<Item = usize>| {
                let list = dom::el("ol", &[], &[]);
                for step in order.filter_map(|i| steps.get(i)) {
                    let item = dom::el("li", &[], &[]);
                    item.set_inner_html(&step.text.html(&[]));
                    dom::append(&list, &item);
                }
                list
            };
            let given = match answer.tries {
                0 => text(""),
                _ => list(&mut order.iter().copied()),
            };
            vec![
                named("Your order", &given),
                named("Right order", &list(&mut (0..steps.len()))),
            ]
        }
        (Form::Text { model, points }, Given::Text { said, ticked }) => {
            let list = dom::el("ul", &[("class", "points")], &[]);
            for (i, point) in points.iter().enumerate() {
                let item = dom::el("li", &[], &[]);
                let (sign, why) = match ticked.contains(&i) {
                    true => ("☑ ", String::new()),
                    false => ("☐ ", point.why.html(&[])),
                };
                item.set_inner_html(&format!("{sign}{}{why}", point.text.html(&[])));
                dom::append(&list, &item);
            }
            vec![
                named("Your answer", &text(said)),
                named("A model answer", &html(&model.html(&[]))),
                named("Its points", &list),
            ]
        }
        // An answer is always made for its question.
        _ => Vec::new(),
    }
}

fn named(name: &str, what: &HtmlElement) -> HtmlElement {
    let name = dom::text("h4", &[], name);
    dom::el("div", &[("class", "given")], &[&name, what])
}

/// What the reader has written; a dash for nothing.
fn text(said: &str) -> HtmlElement {
    let said = if said.trim().is_empty() { "–" } else { said };
    dom::text("p", &[("class", "said")], said)
}

fn html(html: &str) -> HtmlElement {
    let element = dom::el("div", &[], &[]);
    element.set_inner_html(html);
    element
}
