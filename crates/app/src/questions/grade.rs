//! Whether an answer is right, and what went wrong: plain functions, no DOM.

use super::{
    answer::{Answer, Given},
    data::{Form, Link, Number, Question, Reasoned, Words},
    figures,
};

/// Binary fractions make 0.1 + 0.2 differ from 0.3; that is nobody's mistake.
const EPSILON: f64 = 1e-9;

/// What an answer is worth.
pub struct Grade {
    /// From 0 to 1.
    pub points: f64,
    /// What is wrong with it.
    pub fault: Fault,
    /// Where to see it.
    pub link: &'static Link,
}

/// What is wrong with an answer.
pub enum Fault {
    /// Nothing.
    None,
    /// A mistake that the question knows.
    Known(&'static Words),
    /// Something else.
    Unknown,
    /// The first step that does not stand in this place, counted from 0, where it belongs.
    Misplaced(usize, &'static Reasoned),
    /// Not all points were made: this many.
    Partial(usize),
}

impl Grade {
    /// Whether all is right.
    pub fn is_right(&self) -> bool {
        matches!(self.fault, Fault::None)
    }
}

/// Grades an answer; where there is nothing to grade yet, the words say what is missing.
pub fn grade(question: &'static Question, answer: &Answer) -> Result<Grade, &'static str> {
    let mut link = &question.link;
    let fault = match (&question.form, &answer.given) {
        (Form::Number(number), Given::Number { draw, said }) => {
            if said.trim().is_empty() {
                return Err("Type a number first.");
            }
            let said = figures::read(said, number.unit)
                .ok_or("This cannot be read as a number. Write it like 0.025 or −17.")?;
            let right = (number.answer)(draw);
            let mistake = || {
                let mut mistakes = number.mistakes.iter();
                mistakes.find(|mistake| is_near(number, (mistake.answer)(draw), said))
            };
            if is_near(number, right, said) {
                Fault::None
            } else if let Some(mistake) = mistake() {
                link = mistake.link.as_ref().unwrap_or(link);
                Fault::Known(&mistake.why)
            } else {
                Fault::Unknown
            }
        }
        (Form::Choice(options), Given::Choice { chosen, .. }) => {
            let chosen = chosen.and_then(|chosen| options.get(chosen));
            let chosen = chosen.ok_or("Choose an answer first.")?;
            link = chosen.link.as_ref().unwrap_or(link);
            match &chosen.why {
                None => Fault::None,
                Some(why) => Fault::Known(why),
            }
        }
        (Form::Order(steps), Given::Order(order)) => {
            let misplaced = order
                .iter()
                .enumerate()
                .find(|(place, step)| place != *step);
            match misplaced.and_then(|(place, _)| Some((place, steps.get(place)?))) {
                None => Fault::None,
                Some((place, step)) => Fault::Misplaced(place, step),
            }
        }
        (Form::Text { points, .. }, Given::Text { said, ticked }) => {
            if said.trim().is_empty() {
                return Err("Write an answer first.");
            }
            match ticked.len() == points.len() {
                true => Fault::None,
                false => Fault::Partial(ticked.len()),
            }
        }
        // An answer is always made for its question.
        _ => Fault::Unknown,
    };
    let points = match (&fault, &question.form) {
        (Fault::None, _) => 1.0,
        (Fault::Partial(ticked), Form::Text { points, .. }) => {
            *ticked as f64 / points.len().max(1) as f64
        }
        _ => 0.0,
    };
    Ok(Grade {
        points,
        fault,
        link,
    })
}

/// Whether a number is another one, up to what the question tolerates.
fn is_near(number: &Number, right: f64, said: f64) -> bool {
    let tolerance = match number.is_relative {
        true => number.tolerance * right.abs(),
        false => number.tolerance,
    };
    (said - right).abs() <= tolerance + EPSILON * right.abs().max(1e-6)
}

/// Points of many questions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// The points.
    pub points: f64,
    /// How many questions have a checked answer.
    pub answered: usize,
    /// How many questions there are, a point each.
    pub of: usize,
}

impl Score {
    /// Counts a question in. An answer counts once it is checked.
    pub fn add(&mut self, question: &'static Question, answer: &Answer) {
        self.of += 1;
        if let (true, Ok(grade)) = (answer.is_checked, grade(question, answer)) {
            self.answered += 1;
            self.points += grade.points;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::samples;

    fn answer(given: Given) -> Answer {
        Answer {
            given,
            tries: 1,
            is_checked: true,
        }
    }

    fn number(said: &str) -> Answer {
        answer(Given::Number {
            draw: vec![0.42, 0.025],
            said: said.into(),
        })
    }

    #[test]
    fn numbers_are_right_within_their_tolerance() {
        for said in ["17", "17.0", " +17 ", "17 steps"] {
            let grade = grade(&samples::NUMBER, &number(said)).unwrap();
            assert!(grade.is_right() && grade.points == 1.0, "{said}");
        }
        for said in ["", "  ", "seventeen"] {
            assert!(grade(&samples::NUMBER, &number(said)).is_err(), "{said}");
        }
    }

    #[test]
    fn known_mistakes_are_told_from_others() {
        let known = grade(&samples::NUMBER, &number("16.8")).unwrap();
        assert!(matches!(known.fault, Fault::Known(_)) && known.points == 0.0);
        assert_eq!(known.link.cell, "reference");
        let unknown = grade(&samples::NUMBER, &number("99")).unwrap();
        assert!(matches!(unknown.fault, Fault::Unknown) && unknown.points == 0.0);
        assert_eq!(unknown.link.cell, "quantize");
    }

    #[test]
    fn one_option_is_right() {
        let choose = |chosen| {
            answer(Given::Choice {
                shown: vec![2, 1, 0],
                chosen,
            })
        };
        assert!(
            grade(&samples::CHOICE, &choose(Some(1)))
                .unwrap()
                .is_right()
        );
        let wrong = grade(&samples::CHOICE, &choose(Some(0))).unwrap();
        assert!(matches!(wrong.fault, Fault::Known(why) if why.html(&[]) == "not zero"));
        assert!(grade(&samples::CHOICE, &choose(None)).is_err());
    }

    #[test]
    fn the_first_misplaced_step_is_named() {
        let order = |order: &[usize]| answer(Given::Order(order.to_vec()));
        assert!(
            grade(&samples::ORDER, &order(&[0, 1, 2]))
                .unwrap()
                .is_right()
        );
        let wrong = grade(&samples::ORDER, &order(&[0, 2, 1])).unwrap();
        assert!(
            matches!(wrong.fault, Fault::Misplaced(1, step) if step.text.html(&[]) == "second")
        );
        assert_eq!(wrong.points, 0.0);
    }

    #[test]
    fn text_is_worth_the_share_of_its_points() {
        let text = |ticked: &[usize]| {
            answer(Given::Text {
                said: "because".into(),
                ticked: ticked.to_vec(),
            })
        };
        assert_eq!(grade(&samples::TEXT, &text(&[])).unwrap().points, 0.0);
        assert_eq!(grade(&samples::TEXT, &text(&[1])).unwrap().points, 0.5);
        assert!(grade(&samples::TEXT, &text(&[1, 0])).unwrap().is_right());
    }

    #[test]
    fn only_checked_answers_count() {
        let mut score = Score::default();
        score.add(&samples::NUMBER, &number("17"));
        score.add(&samples::NUMBER, &number("16.8"));
        let mut draft = number("17");
        draft.is_checked = false;
        score.add(&samples::NUMBER, &draft);
        let sum = Score {
            points: 1.0,
            answered: 2,
            of: 3,
        };
        assert_eq!(score, sum);
    }
}
