//! Whether a number question can be answered, whatever it draws.

use super::question::{Form, Number, Question};

/// How many draws are tried; where there are fewer, all of them.
const MOST_DRAWS: usize = 20_000;

/// Tries many draws of a number question.
pub fn check(question: &Question) -> Result<(), String> {
    let Form::Number(number) = &question.form else {
        return Ok(());
    };
    let mut tells = vec![false; number.mistakes.len()];
    for draw in draws(number) {
        let answer = number.answer.value(&draw);
        let wrong = |problem: &str| {
            let values: Vec<_> = number
                .names
                .iter()
                .zip(&draw)
                .map(|(name, value)| format!("{name} = {value}"))
                .collect();
            Err(format!(
                "field `answer`: for {} {problem}",
                values.join(", ")
            ))
        };
        if !answer.is_finite() {
            return wrong("it is no finite number; draw other numbers");
        }
        if number.is_relative && answer == 0.0 {
            return wrong("it is 0, of which no part can be a tolerance; use `tolerance`");
        }
        if !number.answer.calls("round_even") && has_tie(number, &draw) {
            return wrong(
                "it stands on the edge between two values, where the way of rounding decides; \
                 choose another `from` or `step` (or `round_even`, if that is what the question \
                 is about)",
            );
        }
        for (mistake, tells) in number.mistakes.iter().zip(&mut tells) {
            let value = mistake.answer.value(&draw);
            *tells |= value.is_finite() && (value - answer).abs() > slack(number, answer);
        }
    }
    match tells.iter().position(|tells| !tells) {
        None => Ok(()),
        Some(i) => Err(format!(
            "mistakes {}, field `answer`: is within the tolerance of the right answer for every \
             draw, so nobody can make this mistake",
            i + 1
        )),
    }
}

/// Whether a change far below any tolerance makes a right answer wrong.
fn has_tie(number: &Number, draw: &[f64]) -> bool {
    let answer = number.answer.value(draw);
    let mut moved = draw.to_vec();
    (0..draw.len()).any(|i| {
        let jumps = [1.0 - 1e-9, 1.0 + 1e-9].into_iter().any(|factor| {
            moved[i] = draw[i] * factor;
            let change = (number.answer.value(&moved) - answer).abs();
            change > slack(number, answer).max(1e-6 * answer.abs()) + 1e-6
        });
        moved[i] = draw[i];
        jumps
    })
}

fn slack(number: &Number, answer: f64) -> f64 {
    match number.is_relative {
        true => number.tolerance * answer.abs(),
        false => number.tolerance,
    }
}

/// The first try, and every draw or an even selection of them.
fn draws(number: &Number) -> Vec<Vec<f64>> {
    let count = number
        .values
        .iter()
        .fold(1_usize, |count, values| count.saturating_mul(values.len()));
    let tried = count.min(MOST_DRAWS);
    let nth = |i: usize| {
        let mut rest = (i as f64 / tried as f64 * count as f64) as usize;
        let pick = |values: &Vec<f64>| {
            let value = values[rest % values.len()];
            rest /= values.len();
            value
        };
        number.values.iter().map(pick).collect()
    };
    number
        .first
        .iter()
        .cloned()
        .chain((0..tried).map(nth))
        .collect()
}
