//! Cell `troubleshoot`: how bad a drop is.

use octet_protocol::{ErrorKind, LabError, Loss, TroubleshootReport, TroubleshootRequest};

/// What careful quantization to int8 may cost, in percentage points.
const USUAL: f64 = 1.0;
/// What is left of a network that has collapsed.
const COLLAPSED: f64 = 0.1;
/// Below this, a network is not right often enough to lose anything; shares instead of percentages are.
const LEAST: f64 = 1.0;

/// The drop in figures.
pub(crate) fn run(request: TroubleshootRequest) -> Result<TroubleshootReport, LabError> {
    let TroubleshootRequest { before, after } = request;
    let wrong = |message, remedy: &str| Err(LabError::new(ErrorKind::BadInput, message, remedy));
    for (name, percent) in [("before", before), ("after", after)] {
        if !(0.0..=100.0).contains(&percent) {
            let message = format!("{percent} % is no accuracy (“{name}”).");
            return wrong(message, "Enter a number from 0 to 100.");
        }
    }
    if after > before {
        let message = format!("{after} % after quantization is more than {before} % before.");
        return wrong(
            message,
            "Nothing was lost; if the two are mixed up, exchange them.",
        );
    }
    if before <= LEAST {
        let message =
            format!("A network that is right {before} % of the time has nothing to lose.");
        return wrong(message, "Enter percent, not shares: 95 rather than 0.95.");
    }
    // Two decimals of the reader's own are all that there is.
    let points = ((before - after) * 1e9).round() / 1e9;
    let loss = if after < before * COLLAPSED {
        Loss::Collapse
    } else if points > USUAL {
        Loss::Large
    } else {
        Loss::Usual
    };
    let errors = 100.0 - before;
    Ok(TroubleshootReport {
        before,
        after,
        points,
        share: points / before,
        errors_times: (errors > 0.0).then(|| (100.0 - after) / errors),
        loss,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn judged(before: f64, after: f64) -> Result<TroubleshootReport, LabError> {
        run(TroubleshootRequest { before, after })
    }

    #[test]
    fn a_drop_in_figures() {
        let report = judged(95.0, 87.0).unwrap();
        assert_eq!((report.points, report.loss), (8.0, Loss::Large));
        assert!((report.share - 8.0 / 95.0).abs() < 1e-12);
        assert_eq!(report.errors_times, Some(2.6));
        assert_eq!(judged(100.0, 99.5).unwrap().errors_times, None);
    }

    #[test]
    fn how_bad_it_is() {
        let loss = |before, after| judged(before, after).unwrap().loss;
        assert_eq!(loss(95.0, 95.0), Loss::Usual);
        // Not a rounding error more than one point.
        assert_eq!(loss(71.9, 70.9), Loss::Usual);
        assert_eq!(loss(71.72, 70.5), Loss::Large);
        assert_eq!(loss(71.72, 0.12), Loss::Collapse);
        assert_eq!(loss(50.0, 5.0), Loss::Large);
    }

    #[test]
    fn what_is_no_drop_is_refused() {
        for (before, after, word) in [
            (95.0, 101.0, "101 %"),
            (-1.0, -2.0, "before"),
            (f64::NAN, 50.0, "before"),
            (95.0, f64::INFINITY, "after"),
            (87.0, 95.0, "more than"),
            (0.95, 0.87, "nothing to lose"),
            (0.0, 0.0, "nothing to lose"),
        ] {
            let error = judged(before, after).unwrap_err();
            assert_eq!(error.kind, ErrorKind::BadInput);
            assert!(error.message.contains(word), "{error}");
            assert!(!error.remedy.is_empty());
        }
    }
}
