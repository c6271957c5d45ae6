//! What a question is. The questions themselves are written by `build.rs`, from `www/questions/*.toml`.

use super::figures;

/// Every question, in the order of the files.
// Written by a program, for a program: with more parentheses than people would need.
#[allow(unused_parens, clippy::all)]
pub static QUESTIONS: &[Question] = include!(concat!(env!("OUT_DIR"), "/questions.rs"));

/// A number, computed from what was drawn.
pub type Formula = fn(&[f64]) -> f64;

/// A question.
pub struct Question {
    /// Its name, in the page's contract and in what is remembered.
    pub name: &'static str,
    /// A hash of its file: answers to another version of it are not kept.
    pub fingerprint: u32,
    /// A few words.
    pub title: &'static str,
    /// The cell that teaches it.
    pub after: &'static str,
    /// What is asked.
    pub words: Words,
    /// Why the right answer is right.
    pub explanation: Words,
    /// Where to see it.
    pub link: Link,
    /// What is particular to its form.
    pub form: Form,
}

/// A cell that shows something, and how its parameters must stand.
pub struct Link {
    /// The cell's name; a later chapter may have to bring it.
    pub cell: &'static str,
    /// What the button says.
    pub label: &'static str,
    /// Parameters and their values.
    pub set: &'static [(&'static str, Words)],
}

/// The four forms.
pub enum Form {
    /// A number.
    Number(Number),
    /// One of many.
    Choice(&'static [Choice]),
    /// Steps to be put in order; here they are.
    Order(&'static [Reasoned]),
    /// Free text with a model answer.
    Text {
        /// The model answer.
        model: Words,
        /// What a good answer says.
        points: &'static [Reasoned],
    },
}

impl Form {
    /// Its name in the page's contract.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Choice(_) => "choice",
            Self::Order(_) => "order",
            Self::Text { .. } => "text",
        }
    }
}

/// What is particular to a number question.
pub struct Number {
    /// The values that each variable may take.
    pub values: &'static [&'static [f64]],
    /// The variables of the first try, where they are given.
    pub first: Option<&'static [f64]>,
    /// The right answer.
    pub answer: Formula,
    /// How far from it is still right.
    pub tolerance: f64,
    /// Whether the tolerance is a part of the answer.
    pub is_relative: bool,
    /// What the number counts; empty where it is a pure number.
    pub unit: &'static str,
    /// Known mistakes.
    pub mistakes: &'static [Mistake],
}

/// A wrong number that people arrive at.
pub struct Mistake {
    /// The number.
    pub answer: Formula,
    /// What went wrong.
    pub why: Words,
    /// Where to see it, if not where the question's link leads.
    pub link: Option<Link>,
}

/// An answer to choose.
pub struct Choice {
    /// The answer.
    pub text: Words,
    /// What is wrong with it; nothing where it is right.
    pub why: Option<Words>,
    /// Where to see it, if not where the question's link leads.
    pub link: Option<Link>,
}

/// A step or a point, and why.
pub struct Reasoned {
    /// What it says.
    pub text: Words,
    /// Why it belongs there.
    pub why: Words,
}

/// Words with numbers in them.
pub struct Words(pub &'static [Piece]);

/// A piece of [`Words`].
pub enum Piece {
    /// HTML, or text where it is meant for a form control.
    Text(&'static str),
    /// A number that was drawn, by its place.
    Drawn(usize),
    /// A number, computed from what was drawn.
    Value(Formula),
}

impl Words {
    /// With numbers as people read them.
    pub fn html(&self, draw: &[f64]) -> String {
        self.fill(draw, figures::shown, figures::computed)
    }

    /// With numbers as form controls take them.
    pub fn plain(&self, draw: &[f64]) -> String {
        self.fill(draw, figures::plain, figures::plain)
    }

    fn fill(&self, draw: &[f64], drawn: fn(f64) -> String, computed: fn(f64) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Drawn(place) => draw.get(*place).copied().map(drawn).unwrap_or_default(),
            Piece::Value(value) => computed(value(draw)),
        };
        self.0.iter().map(piece).collect()
    }
}
