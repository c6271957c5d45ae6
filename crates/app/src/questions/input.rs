//! What the reader does with questions: checks, types, moves, asks to be shown.

use std::rc::Rc;

use web_sys::{Event, HtmlElement};

use super::{Item, grade};
use crate::{app::App, cells::CellId, dom};

const QUESTION: &str = "form[data-question]";

/// Listens to everything that the reader can do with a question.
pub fn listen(app: &Rc<App>) {
    let listener = app.clone();
    dom::on(&dom::document(), "submit", move |event: Event| {
        if let Some(item) = item_of(&listener, &event) {
            event.prevent_default();
            item.check();
            listener.questions.show_review();
        }
    });
    let listener = app.clone();
    dom::on(&dom::document(), "click", move |event: Event| {
        let button = dom::origin(&event, "button[data-action]");
        if let (Some(button), Some(item)) = (button, item_of(&listener, &event)) {
            act(&listener, item, &button);
        }
    });
    let listener = app.clone();
    dom::on(&dom::document(), "input", move |event: Event| {
        let control = dom::origin(&event, "input, textarea");
        if let (Some(control), Some(item)) = (control, item_of(&listener, &event)) {
            let property = |name: &str| js_sys::Reflect::get(&control, &name.into()).ok();
            let value = property("value").and_then(|value| value.as_string());
            let is_on = property("checked").is_some_and(|checked| checked.is_truthy());
            item.edit(&value.unwrap_or_default(), is_on);
            listener.questions.show_review();
        }
    });
}

fn item_of<'a>(app: &'a App, event: &Event) -> Option<&'a Item> {
    let form = dom::origin(event, QUESTION)?;
    app.questions.item(&form.get_attribute("data-question")?)
}

fn act(app: &App, item: &Item, button: &HtmlElement) {
    let action = button.get_attribute("data-action").unwrap_or_default();
    match action.as_str() {
        "try-again" => {
            item.try_again();
            app.questions.show_review();
        }
        "show-me" => show(app, item),
        "move-up" | "move-down" => {
            let step = button.get_attribute("data-moves");
            let step = step.and_then(|step| step.parse().ok());
            if let Some((place, of)) = step.and_then(|step| item.move_step(step, &action)) {
                app.page.announce(&format!("Now step {place} of {of}."));
            }
        }
        _ => {}
    }
}

/// Opens the cell that shows what the answer is about, with its parameters set.
fn show(app: &App, item: &Item) {
    let answer = item.answer.borrow().clone();
    let link = grade::grade(item.question, &answer).map_or(&item.question.link, |grade| grade.link);
    let Some(cell) = CellId::by_name(link.cell) else {
        return;
    };
    let values: Vec<_> = link
        .set
        .iter()
        .map(|(name, value)| (*name, value.plain(answer.draw())))
        .collect();
    let set: Vec<_> = values
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    app.open_cell(cell, &set);
}
