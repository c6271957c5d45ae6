//! The questions below the cells, what the reader answers, and the review of it all.

mod answer;
#[cfg(test)]
#[path = "../../build/questions/mod.rs"]
mod build;
mod data;
mod figures;
mod grade;
mod input;
pub mod printout;
mod review;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
mod view;

pub use input::listen;

use std::cell::RefCell;

use web_sys::HtmlElement;

use crate::{cells::CellId, dom, storage, view::CellView};
use answer::{Answer, Given};
use data::{QUESTIONS, Question};
use grade::Score;
use review::Review;
use view::QuestionView;

/// Every question of the notebook.
pub struct Questions {
    items: Vec<Item>,
    review: Review,
}

/// A question on the page.
struct Item {
    question: &'static Question,
    view: QuestionView,
    answer: RefCell<Answer>,
}

/// The questions after a cell.
fn after(cell: CellId) -> impl Iterator<Item = &'static Question> {
    QUESTIONS
        .iter()
        .filter(move |question| question.after == cell.name())
}

impl Questions {
    /// Puts the questions below the cells that teach them, and their review into its section.
    pub fn mount(cells: &[CellView], review: &HtmlElement) -> Self {
        let mut items = Vec::new();
        for (cell, place) in CellId::ALL.into_iter().zip(cells) {
            let heading_id = format!("{}-questions", cell.name());
            let heading = dom::text("h3", &[("id", &heading_id)], "Check yourself");
            let block = dom::el(
                "div",
                &[
                    ("class", "questions"),
                    ("role", "group"),
                    ("aria-labelledby", &heading_id),
                ],
                &[&heading],
            );
            for question in after(cell) {
                let answer = remembered(question).unwrap_or_else(|| begin(question));
                let view = QuestionView::new(question, &answer);
                dom::append(&block, &view.form);
                items.push(Item {
                    question,
                    view,
                    answer: RefCell::new(answer),
                });
            }
            if after(cell).next().is_some() {
                dom::append(&place.section, &block);
            }
        }
        let questions = Self {
            items,
            review: Review::mount(review),
        };
        questions.show_review();
        questions
    }

    /// Whether the reader has answered or begun to answer anything.
    pub fn has_answers(&self) -> bool {
        let mut items = self.items.iter();
        items.any(|item| item.answer.borrow().is_touched())
    }

    /// Takes every answer away.
    pub fn reset(&self) {
        for item in &self.items {
            *item.answer.borrow_mut() = begin(item.question);
            item.view.ask(&item.answer.borrow());
        }
        self.show_review();
    }

    fn item(&self, name: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.question.name == name)
    }

    fn show_review(&self) {
        let answers = self
            .items
            .iter()
            .map(|item| (item.question, item.answer.borrow().clone()));
        self.review.show(&answers.collect::<Vec<_>>());
    }
}

impl Item {
    /// Checks the answer, or says what is missing.
    fn check(&self) {
        let mut answer = self.answer.borrow_mut();
        if answer.is_checked {
            return;
        }
        match grade::grade(self.question, &answer) {
            Ok(_) => {
                answer.is_checked = true;
                answer.tries += 1;
                self.view.judge(&answer);
                remember(self.question, &answer);
            }
            Err(missing) => {
                self.view.tell(missing);
                self.view.focus();
            }
        }
    }

    fn try_again(&self) {
        let mut answer = self.answer.borrow_mut();
        answer.try_again(self.question, js_sys::Math::random);
        self.view.ask(&answer);
        self.view.focus();
        remember(self.question, &answer);
    }

    /// The reader has typed, chosen or ticked something.
    fn edit(&self, value: &str, is_on: bool) {
        let mut answer = self.answer.borrow_mut();
        let is_checked = answer.is_checked;
        if !is_checked {
            // What was missing may be there now.
            self.view.tell("");
        }
        match &mut answer.given {
            Given::Number { said, .. } if !is_checked => value.clone_into(said),
            Given::Choice { chosen, .. } if !is_checked => *chosen = value.parse().ok(),
            Given::Text { said, .. } if !is_checked => value.clone_into(said),
            Given::Text { ticked, .. } => {
                let Ok(point) = value.parse() else { return };
                ticked.retain(|&other| other != point);
                if is_on {
                    ticked.push(point);
                }
                self.view.tick(point, is_on, &answer);
            }
            _ => return,
        }
        remember(self.question, &answer);
    }

    /// Moves a step up or down. Gives its new place, from 1, and how many steps there are.
    fn move_step(&self, step: usize, action: &str) -> Option<(usize, usize)> {
        let mut answer = self.answer.borrow_mut();
        let is_checked = answer.is_checked;
        let Given::Order(order) = &mut answer.given else {
            return None;
        };
        let from = order.iter().position(|&other| other == step)?;
        let to = match action {
            "move-up" => from.checked_sub(1)?,
            _ => from + 1,
        };
        if is_checked || to >= order.len() {
            return None;
        }
        order.swap(from, to);
        self.view.reorder(order, step, action);
        let place = (to + 1, order.len());
        remember(self.question, &answer);
        Some(place)
    }
}

fn key(question: &Question) -> String {
    format!("answer.{}", question.name)
}

/// A first try, remembered so that its numbers survive a reload.
fn begin(question: &'static Question) -> Answer {
    let answer = Answer::first(question, js_sys::Math::random);
    remember(question, &answer);
    answer
}

fn remember(question: &Question, answer: &Answer) {
    storage::set(&key(question), &answer.encode(question));
}

fn remembered(question: &Question) -> Option<Answer> {
    Answer::decode(question, &storage::get(&key(question))?)
}

/// The score over some questions and their answers.
fn score<'a>(answers: impl IntoIterator<Item = &'a (&'static Question, Answer)>) -> Score {
    let mut score = Score::default();
    for (question, answer) in answers {
        score.add(question, answer);
    }
    score
}
