//! What a reader has answered so far, and how the browser remembers it: plain state, no DOM.

use std::fmt::Write;

use super::data::{Form, Question};

/// The first word of what is remembered; another one means that it is not ours to read.
const VERSION: &str = "1";

/// A reader's answer to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What was drawn or shuffled, and what the reader made of it.
    pub given: Given,
    /// How often an answer was checked.
    pub tries: u32,
    /// Whether this one was.
    pub is_checked: bool,
}

/// What is particular to a form.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// A number.
    Number {
        /// The variables of this try.
        draw: Vec<f64>,
        /// What was typed.
        said: String,
    },
    /// One of many.
    Choice {
        /// The options in the order in which they are shown.
        shown: Vec<usize>,
        /// The one that was chosen.
        chosen: Option<usize>,
    },
    /// Steps in the order in which they stand.
    Order(Vec<usize>),
    /// Free text.
    Text {
        /// What was written.
        said: String,
        /// The points that the reader finds in it.
        ticked: Vec<usize>,
    },
}

impl Answer {
    /// No answer yet. `random` gives numbers from 0 to 1, 1 excluded.
    pub fn first(question: &Question, mut random: impl FnMut() -> f64) -> Self {
        let given = match &question.form {
            Form::Number(number) => match number.first {
                Some(first) => Given::Number {
                    draw: first.to_vec(),
                    said: String::new(),
                },
                None => Given::fresh(&question.form, &mut random),
            },
            form => Given::fresh(form, &mut random),
        };
        Self {
            given,
            tries: 0,
            is_checked: false,
        }
    }

    /// Takes the answer back: fresh numbers, shuffled anew. Text stays, to be improved.
    pub fn try_again(&mut self, question: &Question, mut random: impl FnMut() -> f64) {
        self.is_checked = false;
        match &mut self.given {
            Given::Text { ticked, .. } => ticked.clear(),
            given => {
                let before = given.clone();
                // The same once more would be a surprise; where there is nothing else, so be it.
                for _ in 0..8 {
                    *given = Given::fresh(&question.form, &mut random);
                    if !given.looks_like(&before) {
                        break;
                    }
                }
            }
        }
    }

    /// Whether the reader has done anything.
    pub fn is_touched(&self) -> bool {
        self.tries > 0
            || match &self.given {
                Given::Number { said, .. } | Given::Text { said, .. } => !said.is_empty(),
                Given::Choice { chosen, .. } => chosen.is_some(),
                Given::Order(_) => false,
            }
    }

    /// The variables of this try; none where the form draws none.
    pub fn draw(&self) -> &[f64] {
        match &self.given {
            Given::Number { draw, .. } => draw,
            _ => &[],
        }
    }

    /// One line to remember: version, fingerprint, tries, whether checked, a list, and what was said.
    pub fn encode(&self, question: &Question) -> String {
        let (list, said) = match &self.given {
            Given::Number { draw, said } => (join(draw), said.clone()),
            Given::Choice { shown, chosen } => {
                let chosen = chosen.map(|chosen| chosen.to_string());
                (join(shown), chosen.unwrap_or_default())
            }
            Given::Order(steps) => (join(steps), String::new()),
            Given::Text { said, ticked } => (join(ticked), said.clone()),
        };
        format!(
            "{VERSION} {:08x} {} {} {list} {said}",
            question.fingerprint,
            self.tries,
            u8::from(self.is_checked),
        )
    }

    /// Reads what [`Answer::encode`] has written; nothing where it does not fit the question.
    pub fn decode(question: &Question, text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ' ');
        let mut next = || parts.next();
        let (version, fingerprint) = (next()?, next()?);
        if version != VERSION || fingerprint != format!("{:08x}", question.fingerprint) {
            return None;
        }
        let tries = next()?.parse().ok()?;
        let is_checked = next()? == "1";
        let (list, said) = (next()?, next()?.to_owned());
        let given = match &question.form {
            Form::Number(number) => {
                let draw: Vec<f64> = split(list)?;
                let fits =
                    draw.len() == number.values.len() && draw.iter().all(|value| value.is_finite());
                fits.then_some(Given::Number { draw, said })?
            }
            Form::Choice(options) => {
                let chosen = match said.as_str() {
                    "" => None,
                    chosen => Some(chosen.parse().ok().filter(|&i| i < options.len())?),
                };
                Given::Choice {
                    shown: permutation(list, options.len())?,
                    chosen,
                }
            }
            Form::Order(steps) => Given::Order(permutation(list, steps.len())?),
            Form::Text { points, .. } => {
                let ticked: Vec<usize> = split(list)?;
                let fits = ticked.iter().all(|&i| i < points.len());
                fits.then_some(Given::Text { said, ticked })?
            }
        };
        Some(Self {
            given,
            tries,
            is_checked,
        })
    }
}

impl Given {
    fn fresh(form: &Form, random: &mut impl FnMut() -> f64) -> Self {
        match form {
            Form::Number(number) => Self::Number {
                draw: number
                    .values
                    .iter()
                    .map(|values| values[below(values.len(), random)])
                    .collect(),
                said: String::new(),
            },
            Form::Choice(options) => Self::Choice {
                shown: shuffled(options.len(), random),
                chosen: None,
            },
            Form::Order(steps) => {
                let mut order = shuffled(steps.len(), random);
                if order.is_sorted() {
                    // It must not be solved from the start.
                    order.rotate_left(1);
                }
                Self::Order(order)
            }
            Form::Text { .. } => Self::Text {
                said: String::new(),
                ticked: Vec::new(),
            },
        }
    }

    /// Whether the same is asked in the same way.
    fn looks_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number { draw, .. }, Self::Number { draw: other, .. }) => draw == other,
            (Self::Choice { shown, .. }, Self::Choice { shown: other, .. }) => shown == other,
            (Self::Order(order), Self::Order(other)) => order == other,
            _ => false,
        }
    }
}

/// A whole number from 0 to `n`, `n` excluded.
fn below(n: usize, random: &mut impl FnMut() -> f64) -> usize {
    ((random() * n as f64) as usize).min(n.saturating_sub(1))
}

/// Fisher and Yates's shuffle.
fn shuffled(n: usize, random: &mut impl FnMut() -> f64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, below(i + 1, random));
    }
    order
}

fn join<T: std::fmt::Display>(items: &[T]) -> String {
    let mut out = String::new();
    for item in items {
        let comma = if out.is_empty() { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(out, "{comma}{item}");
    }
    out
}

fn split<T: std::str::FromStr>(list: &str) -> Option<Vec<T>> {
    if list.is_empty() {
        return Some(Vec::new());
    }
    list.split(',').map(|item| item.parse().ok()).collect()
}

/// Each of the numbers below `n` once, in any order.
fn permutation(list: &str, n: usize) -> Option<Vec<usize>> {
    let order: Vec<usize> = split(list)?;
    let has_all = (0..n).all(|i| order.contains(&i));
    (order.len() == n && has_all).then_some(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::samples;

    /// Numbers that look random and are the same each time.
    fn random() -> impl FnMut() -> f64 {
        let mut state = 1_u32;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1 << 24)
        }
    }

    #[test]
    fn every_answer_survives_being_remembered() {
        for question in crate::questions::data::QUESTIONS {
            let mut answer = Answer::first(question, random());
            answer.tries = 3;
            answer.is_checked = true;
            match &mut answer.given {
                Given::Number { said, .. } => *said = "about 17, I think".into(),
                Given::Choice { chosen, .. } => *chosen = Some(1),
                Given::Order(order) => order.reverse(),
                Given::Text { said, ticked } => {
                    *said = "One line,\nand  another – with spaces ".into();
                    *ticked = vec![0, 1];
                }
            }
            let kept = Answer::decode(question, &answer.encode(question));
            assert_eq!(kept, Some(answer), "{}", question.name);
        }
    }

    #[test]
    fn what_does_not_fit_is_forgotten() {
        let question = &samples::CHOICE;
        let kept = Answer::first(question, random()).encode(question);
        assert!(Answer::decode(question, &kept).is_some());
        let of =
            |list: &str, said: &str| format!("1 {:08x} 1 1 {list} {said}", question.fingerprint);
        assert!(Answer::decode(question, &of("2,0,1", "2")).is_some());
        for text in [
            "",
            "nonsense",
            "1 00000000 1 1 2,0,1 2",
            &kept.replacen('1', "2", 1),
            &of("2,0", "1"),
            &of("2,0,0", "1"),
            &of("2,0,3", "1"),
            &of("2,0,1", "3"),
            &of("2,0,1", "x"),
        ] {
            assert_eq!(Answer::decode(question, text), None, "{text}");
        }
        let number = &samples::NUMBER;
        let of = |list: &str| format!("1 {:08x} 0 0 {list} ", number.fingerprint);
        assert!(Answer::decode(number, &of("0.4,0.1")).is_some());
        for list in ["0.4", "0.4,0.1,0.2", "0.4,NaN", "0.4,x", ""] {
            assert_eq!(Answer::decode(number, &of(list)), None, "{list}");
        }
    }

    #[test]
    fn the_first_try_may_be_given_and_later_ones_are_fresh() {
        let question = &samples::NUMBER;
        let mut random = random();
        let mut answer = Answer::first(question, &mut random);
        assert_eq!(answer.draw(), [0.42, 0.025]);
        for _ in 0..20 {
            let before = answer.draw().to_vec();
            answer.try_again(question, &mut random);
            assert_ne!(answer.draw(), before);
        }
    }

    #[test]
    fn steps_never_stand_in_order_from_the_start() {
        let mut random = random();
        for _ in 0..100 {
            let answer = Answer::first(&samples::ORDER, &mut random);
            assert!(matches!(answer.given, Given::Order(order) if !order.is_sorted()));
        }
    }

    #[test]
    fn text_stays_when_it_is_tried_again() {
        let mut answer = Answer::first(&samples::TEXT, random());
        answer.given = Given::Text {
            said: "because".into(),
            ticked: vec![1],
        };
        answer.is_checked = true;
        answer.try_again(&samples::TEXT, random());
        let kept = Given::Text {
            said: "because".into(),
            ticked: Vec::new(),
        };
        assert_eq!((answer.given, answer.is_checked), (kept, false));
    }
}
