//! A question of each form, for tests.

use super::data::{Choice, Form, Link, Mistake, Number, Piece, Question, Reasoned, Words};

const fn words(text: &'static [Piece; 1]) -> Words {
    Words(text)
}

const fn link(cell: &'static str) -> Link {
    Link {
        cell,
        label: "See",
        set: &[],
    }
}

const fn question(name: &'static str, form: Form) -> Question {
    Question {
        name,
        fingerprint: 0xabc,
        title: "A sample",
        after: "quantize",
        words: words(&[Piece::Text("What?")]),
        explanation: words(&[Piece::Text("Because.")]),
        link: link("quantize"),
        form,
    }
}

/// A number: 0.42 at a scale of 0.025.
pub static NUMBER: Question = question(
    "number",
    Form::Number(Number {
        values: &[&[0.1, 0.2, 0.3], &[0.01, 0.02]],
        first: Some(&[0.42, 0.025]),
        answer: |v| (v[0] / v[1]).round(),
        tolerance: 0.0,
        is_relative: false,
        unit: "steps",
        mistakes: &[Mistake {
            answer: |v| v[0] / v[1],
            why: words(&[Piece::Text("not rounded")]),
            link: Some(link("reference")),
        }],
    }),
);

/// One of three; the second is right.
pub static CHOICE: Question = question(
    "choice",
    Form::Choice(&[
        Choice {
            text: words(&[Piece::Text("zero")]),
            why: Some(words(&[Piece::Text("not zero")])),
            link: None,
        },
        Choice {
            text: words(&[Piece::Text("one")]),
            why: None,
            link: None,
        },
        Choice {
            text: words(&[Piece::Text("two")]),
            why: Some(words(&[Piece::Text("not two")])),
            link: None,
        },
    ]),
);

/// Three steps.
pub static ORDER: Question = question(
    "order",
    Form::Order(&[
        Reasoned {
            text: words(&[Piece::Text("first")]),
            why: words(&[Piece::Text("why first")]),
        },
        Reasoned {
            text: words(&[Piece::Text("second")]),
            why: words(&[Piece::Text("why second")]),
        },
        Reasoned {
            text: words(&[Piece::Text("third")]),
            why: words(&[Piece::Text("why third")]),
        },
    ]),
);

/// Two points.
pub static TEXT: Question = question(
    "text",
    Form::Text {
        model: words(&[Piece::Text("A model.")]),
        points: &[
            Reasoned {
                text: words(&[Piece::Text("one")]),
                why: words(&[Piece::Text("why one")]),
            },
            Reasoned {
                text: words(&[Piece::Text("two")]),
                why: words(&[Piece::Text("why two")]),
            },
        ],
    },
);
