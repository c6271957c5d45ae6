//! Numbers in questions: how they are written, and how they are read.

use crate::format;

/// A number as a form control takes it: `-0.025`, `17`.
pub fn plain(x: f64) -> String {
    // More digits would show what binary fractions add: 0.42 / 0.025 is 16.799999999999997.
    digits(x, 6)
}

/// The same for people: `−0.025`, `1,234,567`.
pub fn shown(x: f64) -> String {
    for_people(&plain(x))
}

/// A result, which nobody wants to more than four significant digits: `2.833`.
pub fn computed(x: f64) -> String {
    for_people(&digits(x, 4))
}

/// At most so many significant digits, but all that a whole number has.
fn digits(x: f64, significant: i32) -> String {
    if x == 0.0 || !x.is_finite() {
        return "0".to_owned();
    }
    let decimals = significant - 1 - x.abs().log10().floor() as i32;
    let decimals = decimals.clamp(0, 15) as usize;
    let text = format!("{x:.decimals$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    if text == "-0" { "0" } else { text }.to_owned()
}

/// Groups of three digits, and a true minus sign.
fn for_people(text: &str) -> String {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("\u{2212}", rest),
        None => ("", text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = whole
        .parse()
        .map_or_else(|_| whole.to_owned(), format::grouped);
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

/// Points, of which there may be a part: `3`, `0.7`.
pub fn points(points: f64) -> String {
    plain((points * 10.0).round() / 10.0)
}

/// Reads a number as people write it: `16.8`, `0,42`, `−17`, `1,234`, `25 KB` where the unit is KB.
pub fn read(text: &str, unit: &str) -> Option<f64> {
    let text = text.trim();
    let text = text.strip_suffix(unit).unwrap_or(text);
    let text: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if c == '\u{2212}' { '-' } else { c })
        .collect();
    let number: f64 = without_commas(&text).parse().ok()?;
    number.is_finite().then_some(number)
}

/// Commas between groups of three digits are left out; a single other one is a decimal point.
fn without_commas(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let groups: Vec<&str> = whole.trim_start_matches(['-', '+']).split(',').collect();
    let are_thousands = !groups[0].is_empty()
        && groups[0] != "0"
        && groups[0].len() <= 3
        && groups[1..].iter().all(|group| group.len() == 3);
    if are_thousands {
        text.replace(',', "")
    } else if fraction.is_empty() && groups.len() == 2 {
        text.replace(',', ".")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_people_would() {
        assert_eq!(plain(0.42 / 0.025), "16.8");
        assert_eq!(plain(-17.0), "-17");
        assert_eq!(plain(0.1 + 0.2), "0.3");
        assert_eq!(plain(-0.0), "0");
        assert_eq!(plain(100.0), "100");
        assert_eq!(plain(1e-5), "0.00001");
        assert_eq!(shown(-0.025), "\u{2212}0.025");
        assert_eq!(shown(1_234_567.0), "1,234,567");
        assert_eq!(shown(1234.5), "1,234.5");
        assert_eq!(computed(-17.0 / 6.0), "\u{2212}2.833");
        assert_eq!(computed(123_456.4), "123,456");
        assert_eq!(computed(-1e-20), "0");
        assert_eq!(points(1.0 / 3.0), "0.3");
    }

    #[test]
    fn reads_what_people_write() {
        for (text, number) in [
            ("17", 17.0),
            (" 16.8 ", 16.8),
            ("\u{2212}17", -17.0),
            ("0,42", 0.42),
            ("0,425", 0.425),
            ("3,5", 3.5),
            ("1,234", 1234.0),
            ("1,234,567.5", 1_234_567.5),
            ("1 234", 1234.0),
            ("25 KB", 25.0),
            ("1e-3", 0.001),
            ("+3", 3.0),
        ] {
            assert_eq!(read(text, "KB"), Some(number), "{text}");
        }
        for text in ["", "seventeen", "1,2,3", "NaN", "inf", "1.2.3", "-", ","] {
            assert_eq!(read(text, "KB"), None, "{text}");
        }
    }
}
