//! Writes questions as Rust: the types are those of `src/questions/data.rs`.

use super::{
    expression::Expression,
    question::{Choice, Form, Link, Mistake, Number, Question, Reasoned},
    template::{Piece, Words},
};

/// All questions as a slice.
pub fn all(questions: &[Question]) -> String {
    list(questions, question)
}

fn question(question: &Question) -> String {
    // Every formula is a function of all variables.
    let of = match &question.form {
        Form::Number(number) => number.names.len(),
        _ => 0,
    };
    format!(
        "Question {{ name: {:?}, fingerprint: {}, title: {:?}, after: {:?}, words: {}, \
         explanation: {}, link: {}, form: {} }}\n",
        question.name,
        question.fingerprint,
        question.title,
        question.after,
        words(&question.words, of),
        words(&question.explanation, of),
        link(&question.link, of),
        form(&question.form, of),
    )
}

fn form(form: &Form, of: usize) -> String {
    match form {
        Form::Number(it) => format!("Form::Number({})", number(it, of)),
        Form::Choice(choices) => format!("Form::Choice({})", list(choices, choice)),
        Form::Order(steps) => format!("Form::Order({})", list(steps, reasoned)),
        Form::Text { model, points } => format!(
            "Form::Text {{ model: {}, points: {} }}",
            words(model, of),
            list(points, reasoned)
        ),
    }
}

fn number(number: &Number, of: usize) -> String {
    format!(
        "Number {{ values: {}, first: {}, answer: {}, tolerance: {:?}, is_relative: {}, \
         unit: {:?}, mistakes: {} }}",
        list(&number.values, |values| list(values, |value| format!(
            "{value:?}"
        ))),
        option(number.first.as_ref(), |first| list(first, |value| format!(
            "{value:?}"
        ))),
        formula(&number.answer, of),
        number.tolerance,
        number.is_relative,
        number.unit,
        list(&number.mistakes, |it| mistake(it, of)),
    )
}

fn mistake(mistake: &Mistake, of: usize) -> String {
    format!(
        "Mistake {{ answer: {}, why: {}, link: {} }}",
        formula(&mistake.answer, of),
        words(&mistake.why, of),
        option(mistake.link.as_ref(), |it| link(it, of)),
    )
}

fn choice(choice: &Choice) -> String {
    format!(
        "Choice {{ text: {}, why: {}, link: {} }}",
        words(&choice.text, 0),
        option(choice.why.as_ref(), |why| words(why, 0)),
        option(choice.link.as_ref(), |it| link(it, 0)),
    )
}

fn reasoned(it: &Reasoned) -> String {
    format!(
        "Reasoned {{ text: {}, why: {} }}",
        words(&it.text, 0),
        words(&it.why, 0)
    )
}

fn link(link: &Link, of: usize) -> String {
    format!(
        "Link {{ cell: {:?}, label: {:?}, set: {} }}",
        link.cell,
        link.label,
        list(&link.set, |(name, value)| format!(
            "({name:?}, {})",
            words(value, of)
        )),
    )
}

fn words(pieces: &Words, of: usize) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => format!("Piece::Text({text:?})"),
        Piece::Value(Expression::Variable(place)) => format!("Piece::Drawn({place})"),
        Piece::Value(expression) => format!("Piece::Value({})", formula(expression, of)),
    };
    format!("Words({})", list(pieces, piece))
}

fn formula(expression: &Expression, of: usize) -> String {
    expression.closure(of)
}

fn list<T>(items: &[T], write: impl Fn(&T) -> String) -> String {
    let items: Vec<_> = items.iter().map(write).collect();
    format!("&[{}]", items.join(", "))
}

fn option<T>(item: Option<&T>, write: impl Fn(&T) -> String) -> String {
    item.map_or_else(
        || "None".to_owned(),
        |item| format!("Some({})", write(item)),
    )
}
