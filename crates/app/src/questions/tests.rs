//! What must hold for every question that is there.

use crate::cells::CellId;

use super::{
    answer::{Answer, Given},
    data::{Form, Link, QUESTIONS, Question},
    figures, grade,
};

/// Cells that later chapters bring; `build/questions/mod.rs` has the same.
use super::build::LATER_CELLS;

fn links(question: &'static Question) -> Vec<&'static Link> {
    let more: Vec<_> = match &question.form {
        Form::Number(number) => number
            .mistakes
            .iter()
            .map(|mistake| &mistake.link)
            .collect(),
        Form::Choice(options) => options.iter().map(|option| &option.link).collect(),
        Form::Order(_) | Form::Text { .. } => Vec::new(),
    };
    let more = more.into_iter().filter_map(Option::as_ref);
    std::iter::once(&question.link).chain(more).collect()
}

#[test]
fn there_are_enough_of_each_form() {
    let count = |form| QUESTIONS.iter().filter(|q| q.form.name() == form).count();
    assert!(QUESTIONS.len() >= 24, "{}", QUESTIONS.len());
    assert!(count("number") >= 8 && count("choice") >= 8);
    assert!(count("order") >= 4 && count("text") >= 4);
}

#[test]
fn they_stand_after_cells_that_are_there() {
    for question in QUESTIONS {
        assert!(
            CellId::by_name(question.after).is_some(),
            "{}",
            question.name
        );
    }
}

#[test]
fn links_set_what_their_cells_accept() {
    for question in QUESTIONS {
        let answer = Answer::first(question, || 0.5);
        for link in links(question) {
            let Some(cell) = CellId::by_name(link.cell) else {
                let is_later = LATER_CELLS.contains(&link.cell);
                assert!(is_later, "{}: no cell “{}”", question.name, link.cell);
                continue;
            };
            for (name, value) in link.set {
                let value = value.plain(answer.draw());
                let mut controls = cell.spec().controls.iter();
                let accepts = controls
                    .any(|control| control.name == *name && control.accepts(&value))
                    || cell == CellId::Reference && crate::formulas::has_field(name);
                assert!(
                    accepts,
                    "{}: {} has no {name} = {value}",
                    question.name, link.cell
                );
            }
        }
    }
}

/// What the explanation shows, rounded as it is shown, must pass for right.
#[test]
fn the_right_number_as_people_write_it_is_right() {
    for question in QUESTIONS {
        let Form::Number(number) = &question.form else {
            continue;
        };
        let mut answer = Answer::first(question, || 0.37);
        for seed in 0..200 {
            let right = figures::computed((number.answer)(answer.draw()));
            if let Given::Number { said, .. } = &mut answer.given {
                *said = format!("{right} {}", number.unit);
            }
            let grade = grade::grade(question, &answer).unwrap();
            assert!(
                grade.is_right(),
                "{}: {right} for {:?}",
                question.name,
                answer.draw()
            );
            answer.try_again(question, || f64::from(seed) / 200.0);
        }
    }
}

#[test]
fn right_answers_are_right() {
    for question in QUESTIONS {
        let mut answer = Answer::first(question, || 0.5);
        match (&question.form, &mut answer.given) {
            (Form::Choice(options), Given::Choice { chosen, .. }) => {
                *chosen = options.iter().position(|option| option.why.is_none());
            }
            (Form::Order(_), Given::Order(order)) => order.sort_unstable(),
            (Form::Text { points, .. }, Given::Text { said, ticked }) => {
                "because".clone_into(said);
                *ticked = (0..points.len()).collect();
            }
            _ => continue,
        }
        let grade = grade::grade(question, &answer).unwrap();
        assert!(grade.is_right(), "{}", question.name);
    }
}
