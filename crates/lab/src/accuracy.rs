//! Cell `accuracy`: what int8 weights did to each prediction.

use octet_protocol::{AccuracyReport, Degradation, LabError};

use crate::classes::{top1, top5};
use crate::session::Session;

/// Compares both models' probabilities, photo by photo.
pub(crate) fn run(session: &Session) -> Result<AccuracyReport, LabError> {
    let inference = session.inference()?;
    let rows: Vec<Degradation> = session
        .photos
        .iter()
        .zip(inference.float32.iter().zip(&inference.dynamic_range))
        .map(|(photo, (float32, int8))| {
            let (is_match, confidence_drift) = compare(float32, int8);
            Degradation {
                photo: photo.info.id,
                title: photo.info.title.clone(),
                is_match,
                confidence_drift,
                mse: mean_squared_error(float32, int8),
                float32: top5(session, float32),
                dynamic_range: top5(session, int8),
            }
        })
        .collect();
    let flips = rows.iter().filter(|row| !row.is_match).count() as u32;
    Ok(AccuracyReport {
        model: session.baseline()?.model,
        rows,
        flips,
    })
}

/// Whether the top classes agree, and how much surer of its own float32 is than int8.
pub(crate) fn compare(float32: &[f32], int8: &[f32]) -> (bool, f64) {
    match (top1(float32), top1(int8)) {
        (Some((class, confidence)), Some((other_class, other))) => (
            class == other_class,
            f64::from(confidence) - f64::from(other),
        ),
        _ => (false, 0.0),
    }
}

/// Over all classes.
pub(crate) fn mean_squared_error(a: &[f32], b: &[f32]) -> f64 {
    let squared = |(a, b): (&f32, &f32)| (f64::from(*a) - f64::from(*b)).powi(2);
    a.iter().zip(b).map(squared).sum::<f64>() / a.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_signed_and_compares_each_models_own_top_class() {
        let (is_match, drift) = compare(&[0.1, 0.6, 0.3], &[0.2, 0.3, 0.5]);
        assert!(!is_match);
        assert!((drift - 0.1).abs() < 1e-7);
        let (is_match, drift) = compare(&[0.25, 0.75], &[0.125, 0.875]);
        assert!(is_match);
        assert_eq!(drift, -0.125);
    }

    #[test]
    fn mse_is_over_all_classes() {
        assert_eq!(
            mean_squared_error(&[0.5, 0.5, 0.0, 0.0], &[0.0, 0.5, 0.5, 0.0]),
            0.125
        );
    }
}
