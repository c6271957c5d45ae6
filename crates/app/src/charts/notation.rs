//! Figures of any magnitude in words: plain where they fit, otherwise with an exponent.

use crate::format;

/// Plain figures are at least this large; below, their first digits would be zeros.
const SMALLEST_PLAIN: f64 = 1e-4;
/// Plain figures are below this.
const LARGEST_PLAIN: f64 = 1e6;

/// `0.013910`, `−1.6206`, `5.412e−7`, `0`; what is not finite, as a sign.
pub fn figure(x: f64, decimals: usize) -> String {
    if x == 0.0 {
        "0".to_owned()
    } else if is_plain(x) {
        plain(x, decimals)
    } else {
        scientific(x, 3)
    }
}

/// `[−1.6206, 1.9264]`. Both ends are written alike, as the larger one asks.
pub fn interval(lo: f64, hi: f64, decimals: usize) -> String {
    let size = lo.abs().max(hi.abs());
    let write = |x: f64| {
        // Four decimals say nothing about 0.0004.
        if x == 0.0 || (is_plain(size) && size >= 10f64.powi(2 - decimals as i32)) {
            plain(x, decimals)
        } else {
            scientific(x, 3)
        }
    };
    format!("[{}, {}]", write(lo), write(hi))
}

/// Fixed decimals with a true minus sign, and none before a zero.
pub fn plain(x: f64, decimals: usize) -> String {
    if !x.is_finite() {
        return not_finite(x);
    }
    let text = format!("{x:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.contains(|c: char| ('1'..='9').contains(&c)) => {
            format!("\u{2212}{digits}")
        }
        Some(zero) => zero.to_owned(),
        None => text,
    }
}

/// `5.412e−7`.
pub fn scientific(x: f64, decimals: usize) -> String {
    if !x.is_finite() {
        return not_finite(x);
    }
    if x == 0.0 {
        return "0".to_owned();
    }
    format!("{x:.decimals$e}").replace('-', "\u{2212}")
}

/// A whole number with a true minus sign: `−32,768`.
pub fn whole(x: i64) -> String {
    let digits = format::grouped(x.unsigned_abs());
    if x < 0 {
        format!("\u{2212}{digits}")
    } else {
        digits
    }
}

fn is_plain(x: f64) -> bool {
    (SMALLEST_PLAIN..LARGEST_PLAIN).contains(&x.abs())
}

fn not_finite(x: f64) -> String {
    if x.is_nan() {
        "–".to_owned()
    } else if x > 0.0 {
        "∞".to_owned()
    } else {
        "\u{2212}∞".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_plain_where_that_is_readable() {
        assert_eq!(figure(0.013_910, 6), "0.013910");
        assert_eq!(figure(-0.001_57, 6), "\u{2212}0.001570");
        assert_eq!(figure(0.0, 6), "0");
        assert_eq!(figure(5.412_3e-7, 6), "5.412e\u{2212}7");
        assert_eq!(figure(1e30, 6), "1.000e30");
        assert_eq!(figure(f64::INFINITY, 6), "∞");
        assert_eq!(figure(f64::NEG_INFINITY, 6), "\u{2212}∞");
        assert_eq!(figure(f64::NAN, 6), "–");
    }

    #[test]
    fn both_ends_of_an_interval_are_written_alike() {
        assert_eq!(interval(-1.620_63, 1.926_37, 4), "[\u{2212}1.6206, 1.9264]");
        assert_eq!(interval(-0.000_01, 1.5, 4), "[0.0000, 1.5000]");
        assert_eq!(
            interval(-1e-30, 2e-30, 4),
            "[\u{2212}1.000e\u{2212}30, 2.000e\u{2212}30]"
        );
        assert_eq!(interval(0.0, 0.002, 4), "[0.0000, 2.000e\u{2212}3]");
        assert_eq!(interval(0.0, 0.0, 4), "[0.0000, 0.0000]");
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(plain(-0.000_01, 3), "0.000");
        assert_eq!(plain(-0.0, 0), "0");
        assert_eq!(plain(-12.0, 0), "\u{2212}12");
        assert_eq!(whole(-11), "\u{2212}11");
        assert_eq!(whole(-32_768), "\u{2212}32,768");
    }
}
