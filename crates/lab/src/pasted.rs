//! Numbers that the reader has pasted.

use octet_protocol::{ErrorKind, LabError};

/// As many as can be drawn, too.
pub(crate) const MAX_NUMBERS: usize = 1_000_000;

/// Reads numbers between spaces, commas, semicolons, brackets and line breaks: a CSV file without a header,
/// or what NumPy prints.
pub(crate) fn parse(text: &str) -> Result<Vec<f32>, LabError> {
    refuse_decimal_commas(text)?;
    let mut values = Vec::new();
    for (line_number, line) in (1..).zip(text.lines()) {
        for (column, token) in tokens(line) {
            if values.len() == MAX_NUMBERS {
                return Err(bad(
                    "The text holds more than 1,000,000 numbers.".into(),
                    "Paste a part of it.",
                ));
            }
            match token.parse::<f32>() {
                Ok(value) if value.is_finite() => values.push(value),
                Ok(value) => return Err(not_finite(value, token, line_number, column)),
                Err(_) if values.is_empty() && is_header(line) => {
                    return Err(bad(
                        format!(
                            "Line {line_number} holds no numbers: it looks like a header (“{}”).",
                            excerpt(line.trim())
                        ),
                        "Delete that line and run again.",
                    ));
                }
                Err(_) => {
                    return Err(bad(
                        format!(
                            "“{}” in line {line_number}, column {column}, is not a number.",
                            excerpt(token)
                        ),
                        "Separate numbers by spaces, commas or lines, and write fractions with a point.",
                    ));
                }
            }
        }
    }
    if values.is_empty() {
        return Err(bad(
            "There are no numbers in the text.".into(),
            "Type or paste at least one.",
        ));
    }
    Ok(values)
}

/// The words of a line with their columns, counted in characters from 1.
fn tokens(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_between = |c: char| c.is_whitespace() || ",;[](){}\u{feff}".contains(c);
    let mut rest = line;
    let mut column = 1;
    std::iter::from_fn(move || {
        let begin = rest.find(|c| !is_between(c))?;
        column += rest[..begin].chars().count();
        rest = &rest[begin..];
        let end = rest.find(is_between).unwrap_or(rest.len());
        let token = &rest[..end];
        let at = column;
        column += token.chars().count();
        rest = &rest[end..];
        Some((at, token))
    })
}

/// Words, and no number among them.
fn is_header(line: &str) -> bool {
    tokens(line).all(|(_, token)| token.parse::<f32>().is_err())
}

/// `0,42 1,30`: taken apart at the commas, these would be four other numbers.
fn refuse_decimal_commas(text: &str) -> Result<(), LabError> {
    let mut words = text
        .split(|c: char| c.is_whitespace() || c == ';')
        .filter(|word| !word.is_empty());
    let is_decimal = |word: &str| {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        word.split_once(',').is_some_and(|(whole, fraction)| {
            digits(whole.trim_start_matches(['+', '-'])) && digits(fraction)
        })
    };
    let Some(first) = words.next() else {
        return Ok(());
    };
    let mut others = words.peekable();
    if is_decimal(first) && others.peek().is_some() && others.all(is_decimal) {
        return Err(bad(
            format!("“{}” can be read as one number or as two.", excerpt(first)),
            "Write fractions with a point, or put a space after each comma that separates numbers.",
        ));
    }
    Ok(())
}

fn not_finite(value: f32, token: &str, line: usize, column: usize) -> LabError {
    let place = format!("“{}” in line {line}, column {column},", excerpt(token));
    let is_written = token.contains(['n', 'N']);
    if value.is_nan() || is_written {
        bad(
            format!("{place} is not a finite number, and has no place among integers."),
            "Find out where it comes from; remove it to go on.",
        )
    } else {
        bad(
            format!("{place} is larger than any float32."),
            "Scale the numbers down: scale and zero point follow.",
        )
    }
}

fn excerpt(text: &str) -> String {
    let mut cut: String = text.chars().take(24).collect();
    if text.chars().nth(24).is_some() {
        cut.push('…');
    }
    cut
}

fn bad(message: String, remedy: &str) -> LabError {
    LabError::new(ErrorKind::BadInput, message, remedy)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test stops where something is missing"
    )]

    use super::*;

    #[test]
    fn reads_what_people_paste() {
        let expected = vec![0.5, -1.0, 2e-3];
        for text in [
            "0.5 -1 0.002",
            "0.5,-1,2e-3",
            "0.5, -1, 2E-3\n",
            "0.5;-1;.002",
            "0.5\n-1\r\n0.002",
            "[ 0.5 -1.\n   0.002]",
            "\u{feff}0.5\t-1\t0.002",
        ] {
            assert_eq!(parse(text), Ok(expected.clone()), "{text:?}");
        }
        assert_eq!(parse("1,2"), Ok(vec![1.0, 2.0]));
        assert_eq!(parse("1,2,3\n4,5,6").unwrap().len(), 6);
    }

    #[test]
    fn says_where_what_is_not_a_number() {
        for (text, part) in [
            ("1 2\n3 abc", "“abc” in line 2, column 3,"),
            ("0.1 0x10", "“0x10” in line 1, column 5,"),
            ("ä 1", "“ä” in line 1, column 1,"),
            ("1 NaN", "“NaN” in line 1, column 3, is not a finite"),
            ("-inf", "“-inf” in line 1, column 1, is not a finite"),
            ("1e39", "“1e39” in line 1, column 1, is larger"),
            ("weight,bias\n1,2", "looks like a header (“weight,bias”)"),
            ("", "no numbers"),
            (" \n , ;", "no numbers"),
            ("0,42 1,30", "“0,42” can be read as one number or as two"),
            ("0,42\n1,30", "can be read"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.message.contains(part), "{text:?}: {error}");
            assert!(!error.remedy.is_empty());
        }
    }

    #[test]
    fn a_million_is_enough() {
        let text = "1 ".repeat(MAX_NUMBERS);
        assert_eq!(parse(&text).unwrap().len(), MAX_NUMBERS);
        let error = parse(&(text + "1")).unwrap_err();
        assert!(error.message.contains("more than 1,000,000"));
    }
}
