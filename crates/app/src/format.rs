//! Figures for people.

pub use octet_protocol::grouped;

/// Megabytes of 10⁶ bytes with two decimals: `14.02 MB`.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}

/// Milliseconds with as many decimals as they deserve: `0.42 ms`, `12.3 ms`, `1,234 ms`.
pub fn milliseconds(ms: f64) -> String {
    if ms < 1.0 {
        format!("{ms:.2} ms")
    } else if ms < 100.0 {
        format!("{ms:.1} ms")
    } else {
        format!("{} ms", grouped(ms.round() as u64))
    }
}

/// A duration as a clock for people: `0.31 s`, `12.3 s`, `2 min 05 s`.
pub fn duration(ms: f64) -> String {
    let seconds = ms / 1000.0;
    if seconds < 9.995 {
        format!("{seconds:.2} s")
    } else if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else {
        let seconds = seconds.round() as u64;
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// An estimate of the time left, once a run has taken a second and one step is done.
pub fn time_left(elapsed_ms: f64, done: u32, total: u32) -> Option<String> {
    if elapsed_ms < 1000.0 || done == 0 || done >= total {
        return None;
    }
    let left = elapsed_ms / f64::from(done) * f64::from(total - done) / 1000.0;
    Some(if left < 1.0 {
        "under 1 s left".to_owned()
    } else if left < 60.0 {
        format!("about {left:.0} s left")
    } else {
        format!("about {:.0} min left", (left / 60.0).max(1.0))
    })
}

/// A small positive figure with three significant digits: `0.0123`, `4.56e-7`, `0`.
pub fn small(x: f64) -> String {
    if x == 0.0 {
        "0".to_owned()
    } else if x.abs() < 1e-4 {
        format!("{x:.2e}").replace('-', "\u{2212}")
    } else {
        let decimals = (2 - x.abs().log10().floor() as i32).clamp(0, 6) as usize;
        format!("{x:.decimals$}").replace('-', "\u{2212}")
    }
}

/// A probability as a percentage: `61.2 %`.
pub fn percent(p: f32) -> String {
    format!("{:.1} %", f64::from(p) * 100.0)
}

/// A signed figure with a true minus sign: `+0.12`, `−3.40`, `0.00`.
pub fn signed(x: f64, decimals: usize) -> String {
    let text = format!("{x:+.decimals$}");
    let is_zero = !text.contains(|c: char| ('1'..='9').contains(&c));
    if is_zero {
        text.trim_start_matches(['+', '-']).to_owned()
    } else {
        text.replace('-', "\u{2212}")
    }
}

/// A whole number with a true minus sign: `−14`.
pub fn minus(n: i64) -> String {
    n.to_string().replace('-', "\u{2212}")
}

/// `text` in at most `max` characters, with an ellipsis where the middle was cut: file names differ at their ends.
pub fn shortened(text: &str, max: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= max {
        return text.to_owned();
    }
    let tail = max.saturating_sub(1) / 2;
    let head = max.saturating_sub(1) - tail;
    let (head, tail) = (&chars[..head], &chars[chars.len() - tail..]);
    head.iter().chain(&['…']).chain(tail).collect()
}

/// `(4, 224, 224, 3)`, as Python writes a shape.
pub fn shape(dims: &[usize]) -> String {
    let dims: Vec<String> = dims.iter().map(usize::to_string).collect();
    format!("({})", dims.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_sizes_and_times() {
        assert_eq!(megabytes(14_019_488), "14.02 MB");
        assert_eq!(milliseconds(0.419), "0.42 ms");
        assert_eq!(milliseconds(12.34), "12.3 ms");
        assert_eq!(milliseconds(1234.4), "1,234 ms");
        assert_eq!(duration(310.0), "0.31 s");
        assert_eq!(duration(12_345.0), "12.3 s");
        assert_eq!(duration(59_990.0), "1 min 00 s");
        assert_eq!(duration(125_000.0), "2 min 05 s");
    }

    #[test]
    fn estimates_only_when_it_can() {
        assert_eq!(time_left(900.0, 5, 10), None);
        assert_eq!(time_left(2000.0, 0, 10), None);
        assert_eq!(time_left(2000.0, 10, 10), None);
        assert_eq!(time_left(2000.0, 5, 10).as_deref(), Some("about 2 s left"));
        assert_eq!(time_left(2000.0, 9, 10).as_deref(), Some("under 1 s left"));
        assert_eq!(
            time_left(60_000.0, 1, 4).as_deref(),
            Some("about 3 min left")
        );
    }

    #[test]
    fn keeps_small_figures_readable() {
        assert_eq!(small(0.0), "0");
        assert_eq!(small(0.012_345), "0.0123");
        assert_eq!(small(0.000_012_3), "1.23e\u{2212}5");
        assert_eq!(small(1.5), "1.50");
        assert_eq!(small(123.4), "123");
    }

    #[test]
    fn signs_are_honest_about_zero() {
        assert_eq!(signed(0.123, 2), "+0.12");
        assert_eq!(signed(-3.4, 2), "\u{2212}3.40");
        assert_eq!(signed(-0.0001, 2), "0.00");
        assert_eq!(signed(0.0, 1), "0.0");
    }

    #[test]
    fn cuts_long_names_at_characters() {
        assert_eq!(shortened("rocket", 6), "rocket");
        assert_eq!(shortened("Äpfel und Birnen", 7), "Äpf…nen");
        assert_eq!(shortened("photo-12.jpeg", 1), "…");
    }

    #[test]
    fn writes_shapes_as_python_does() {
        assert_eq!(shape(&[4, 224, 224, 3]), "(4, 224, 224, 3)");
    }
}
