//! A question on the page: its elements, and what can be shown in them.

use web_sys::{Element, HtmlElement};

use super::{
    answer::{Answer, Given},
    data::{Choice, Form, Question, Reasoned},
    grade::{self, Fault, Grade},
};
use crate::{cells::CellId, dom};

/// A question's elements.
pub struct QuestionView {
    question: &'static Question,
    /// The whole question.
    pub form: HtmlElement,
    words: HtmlElement,
    inputs: HtmlElement,
    check: HtmlElement,
    again: HtmlElement,
    verdict: HtmlElement,
    show_me: HtmlElement,
}

/// The id of a question's element.
pub fn id(question: &Question) -> String {
    format!("question-{}", question.name)
}

impl QuestionView {
    /// Builds a question as it was answered.
    pub fn new(question: &'static Question, answer: &Answer) -> Self {
        let id = id(question);
        let (title_id, words_id) = (format!("{id}-title"), format!("{id}-words"));
        let words = dom::el("div", &[("class", "words"), ("id", &words_id)], &[]);
        let inputs = dom::el("div", &[("class", "inputs")], &[]);
        let check = dom::text(
            "button",
            &[("type", "submit"), ("data-action", "check")],
            match question.form {
                Form::Text { .. } => "Compare with a model answer",
                _ => "Check",
            },
        );
        let again = button("try-again", "Try again");
        let show_me = button("show-me", question.link.label);
        let tools = dom::el("div", &[("class", "tools")], &[&check, &again, &show_me]);
        let verdict = dom::el("div", &[("class", "verdict"), ("role", "status")], &[]);
        let group = dom::el(
            "div",
            &[
                ("role", "group"),
                ("aria-labelledby", &title_id),
                ("aria-describedby", &words_id),
            ],
            &[
                &dom::text("h4", &[("id", &title_id)], question.title),
                &words,
                &inputs,
                &verdict,
                &tools,
            ],
        );
        let form = dom::el(
            "form",
            &[
                ("class", "question"),
                ("id", &id),
                ("data-question", question.name),
                ("data-form", question.form.name()),
                ("tabindex", "-1"),
                ("novalidate", ""),
                ("autocomplete", "off"),
            ],
            &[&group],
        );
        let view = Self {
            question,
            form,
            words,
            inputs,
            check,
            again,
            verdict,
            show_me,
        };
        view.ask(answer);
        view
    }

    /// Shows the question and what has been answered so far.
    pub fn ask(&self, answer: &Answer) {
        self.words
            .set_inner_html(&self.question.words.html(answer.draw()));
        dom::clear(&self.inputs);
        match (&self.question.form, &answer.given) {
            (Form::Number(number), Given::Number { said, .. }) => {
                let label = dom::el("label", &[], &[&dom::text("span", &[], "Your answer")]);
                let attributes = [
                    ("type", "text"),
                    ("value", said),
                    ("size", "10"),
                    ("autocomplete", "off"),
                    ("spellcheck", "false"),
                ];
                dom::append(&label, &dom::el("input", &attributes, &[]));
                dom::append(
                    &label,
                    &dom::text("span", &[("class", "unit")], number.unit),
                );
                dom::append(&self.inputs, &label);
            }
            (Form::Choice(options), Given::Choice { shown, chosen }) => {
                for &i in shown {
                    if let Some(option) = options.get(i) {
                        dom::append(&self.inputs, &self.radio(i, option, *chosen == Some(i)));
                    }
                }
            }
            (Form::Order(steps), Given::Order(order)) => self.show_steps(steps, order),
            (Form::Text { .. }, Given::Text { said, .. }) => {
                let area = dom::text("textarea", &[("rows", "5")], said);
                let words = dom::text("span", &[], "Your answer");
                let label = dom::el("label", &[("class", "wide")], &[&words, &area]);
                dom::append(&self.inputs, &label);
            }
            // An answer is always made for its question.
            _ => {}
        }
        self.judge(answer);
    }

    fn radio(&self, i: usize, option: &Choice, is_chosen: bool) -> HtmlElement {
        let radio = dom::el(
            "input",
            &[
                ("type", "radio"),
                ("name", &id(self.question)),
                ("value", &i.to_string()),
                ("autocomplete", "off"),
            ],
            &[],
        );
        dom::flag(&radio, "checked", is_chosen);
        let words = dom::el("span", &[], &[]);
        words.set_inner_html(&option.text.html(&[]));
        dom::el("label", &[("class", "option")], &[&radio, &words])
    }

    fn show_steps(&self, steps: &[Reasoned], order: &[usize]) {
        let list = dom::el("ol", &[("class", "steps")], &[]);
        for (place, &i) in order.iter().enumerate() {
            let Some(step) = steps.get(i) else { continue };
            let words = dom::el("span", &[], &[]);
            words.set_inner_html(&step.text.html(&[]));
            let name = words.text_content().unwrap_or_default();
            let up = mover("move-up", "↑", i, &format!("Move up: {name}"));
            let down = mover("move-down", "↓", i, &format!("Move down: {name}"));
            // Not `disabled`: that would take the keyboard's focus away.
            dom::set(&up, "aria-disabled", bool_word(place == 0));
            dom::set(&down, "aria-disabled", bool_word(place + 1 == order.len()));
            let moves = dom::el("span", &[("class", "moves")], &[&up, &down]);
            let item = [("data-step", i.to_string())];
            let item = item.each_ref().map(|(name, value)| (*name, value.as_str()));
            dom::append(&list, &dom::el("li", &item, &[&words, &moves]));
        }
        dom::clear(&self.inputs);
        dom::append(&self.inputs, &list);
    }

    /// Shows the steps in a new order and gives the focus back to the button that moved one.
    pub fn reorder(&self, order: &[usize], step: usize, action: &str) {
        if let Form::Order(steps) = &self.question.form {
            self.show_steps(steps, order);
        }
        let button = format!("[data-step=\"{step}\"] [data-action=\"{action}\"]");
        if let Some(button) = dom::find(&self.inputs, &button) {
            button.focus().ok();
        }
    }

    /// Shows whether the answer is right.
    pub fn judge(&self, answer: &Answer) {
        let grade = grade::grade(self.question, answer)
            .ok()
            .filter(|_| answer.is_checked);
        let state = match &grade {
            None => "open",
            Some(grade) if grade.is_right() => "right",
            Some(_) => "wrong",
        };
        dom::set(&self.form, "data-state", state);
        self.lock(grade.is_some());
        if let (Form::Text { .. }, Some(old)) =
            (&self.question.form, dom::find(&self.inputs, ".model"))
        {
            old.remove();
        }
        let cell = grade
            .as_ref()
            .and_then(|grade| CellId::by_name(grade.link.cell));
        dom::flag(&self.show_me, "hidden", cell.is_none());
        let Some(grade) = grade else {
            self.tell("");
            return;
        };
        dom::set_text(&self.show_me, grade.link.label);
        if let (Form::Text { points, .. }, Given::Text { ticked, .. }) =
            (&self.question.form, &answer.given)
        {
            self.show_model(points, ticked);
        }
        self.tell_html(&verdict(self.question, answer, &grade));
    }

    /// Says in words what is missing, or nothing.
    pub fn tell(&self, words: &str) {
        dom::set_text(&self.verdict, words);
    }

    fn tell_html(&self, html: &str) {
        self.verdict.set_inner_html(html);
    }

    /// What is checked stays as it is until it is tried again.
    fn lock(&self, is_locked: bool) {
        dom::set(&self.check, "aria-disabled", bool_word(is_locked));
        dom::flag(&self.again, "hidden", !is_locked);
        let Ok(controls) = self
            .inputs
            .query_selector_all("input, textarea, .moves button")
        else {
            return;
        };
        for i in 0..controls.length() {
            let Some(control) = controls
                .get(i)
                .map(wasm_bindgen::JsCast::unchecked_into::<Element>)
            else {
                continue;
            };
            match control.tag_name().as_str() {
                "BUTTON" if is_locked => dom::set(&control, "aria-disabled", "true"),
                "BUTTON" => {}
                _ if control.get_attribute("type").as_deref() == Some("radio") => {
                    dom::flag(&control, "disabled", is_locked);
                }
                _ => dom::flag(&control, "readonly", is_locked),
            }
        }
    }

    /// The model answer, and the points for the reader to tick.
    fn show_model(&self, points: &[Reasoned], ticked: &[usize]) {
        let Form::Text { model, .. } = &self.question.form else {
            return;
        };
        let heading = dom::text("h5", &[], "A model answer");
        let words = dom::el("div", &[], &[]);
        words.set_inner_html(&model.html(&[]));
        let legend = dom::text("legend", &[], "Tick each point that your answer makes.");
        let list = dom::el("fieldset", &[], &[&legend]);
        for (i, point) in points.iter().enumerate() {
            let is_ticked = ticked.contains(&i);
            let value = i.to_string();
            let attributes = [
                ("type", "checkbox"),
                ("value", value.as_str()),
                ("autocomplete", "off"),
            ];
            let tick = dom::el("input", &attributes, &[]);
            dom::flag(&tick, "checked", is_ticked);
            let words = dom::el("span", &[], &[]);
            words.set_inner_html(&point.text.html(&[]));
            let label = dom::el("label", &[("class", "option")], &[&tick, &words]);
            let why = dom::el("div", &[("class", "why")], &[]);
            why.set_inner_html(&point.why.html(&[]));
            dom::flag(&why, "hidden", is_ticked);
            dom::append(&list, &label);
            dom::append(&list, &why);
        }
        let model = dom::el("div", &[("class", "model")], &[&heading, &words, &list]);
        dom::append(&self.inputs, &model);
    }

    /// A point was ticked or not: shows its explanation where it was not, and what the answer is worth now.
    pub fn tick(&self, point: usize, is_ticked: bool, answer: &Answer) {
        let selector = format!(".model input[value=\"{point}\"]");
        let label = dom::find(&self.inputs, &selector)
            .and_then(|tick| tick.closest("label").ok().flatten());
        if let Some(why) = label.and_then(|label| label.next_element_sibling()) {
            dom::flag(&why, "hidden", is_ticked);
        }
        if let Ok(grade) = grade::grade(self.question, answer) {
            let state = if grade.is_right() { "right" } else { "wrong" };
            dom::set(&self.form, "data-state", state);
            self.tell_html(&verdict(self.question, answer, &grade));
        }
    }

    /// Gives the keyboard's focus to the first thing that can be answered.
    pub fn focus(&self) {
        if let Some(control) = dom::find(&self.inputs, "input, textarea, button") {
            control.focus().ok();
        }
    }
}

/// What is said about a checked answer, as HTML.
pub fn verdict(question: &Question, answer: &Answer, grade: &Grade) -> String {
    let draw = answer.draw();
    let not_yet = |rest: &str| format!("<p><b>Not yet.</b> {rest}</p>");
    let explanation = question.explanation.html(draw);
    match (&grade.fault, &question.form) {
        (Fault::None, _) => format!("<p><b>Right.</b></p>{explanation}"),
        (Fault::Known(why), Form::Number(_)) => {
            format!("{}{}{explanation}", not_yet(""), why.html(draw))
        }
        (Fault::Known(why), _) => format!("{}{}", not_yet(""), why.html(draw)),
        (Fault::Misplaced(place, step), _) => {
            let words = format!("Step {} should be: {}", place + 1, step.text.html(&[]));
            format!("{}{}", not_yet(&words), step.why.html(&[]))
        }
        (Fault::Partial(ticked), Form::Text { points, .. }) => {
            format!("<p><b>{ticked} of {} points.</b></p>", points.len())
        }
        (Fault::Partial(_) | Fault::Unknown, _) => format!("{}{explanation}", not_yet("")),
    }
}

fn button(action: &str, words: &str) -> HtmlElement {
    let attributes = [("type", "button"), ("data-action", action), ("hidden", "")];
    dom::text("button", &attributes, words)
}

fn mover(action: &str, sign: &str, step: usize, label: &str) -> HtmlElement {
    let step = step.to_string();
    let attributes = [
        ("type", "button"),
        ("data-action", action),
        ("data-moves", step.as_str()),
        ("aria-label", label),
    ];
    dom::text("button", &attributes, sign)
}

fn bool_word(is: bool) -> &'static str {
    if is { "true" } else { "false" }
}
