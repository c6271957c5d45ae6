//! Cell `regression`: a neuron learns, becomes int8, and its steps add up.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::FileHost;
use octet_lab::Session;
use octet_protocol::{
    ErrorKind, LabError, LinePoints, RegressionReport, RegressionRequest, Report, Representative,
    Request,
};

const CLASSIC: RegressionRequest = RegressionRequest {
    points: LinePoints::Classic,
    seed: 42,
    epochs: 5000,
    learning_rate: 0.001,
    representative: Representative::Training,
    celsius: 20.0,
};

fn regression(request: RegressionRequest) -> Result<RegressionReport, LabError> {
    run(&FileHost::new(), &mut Session::default(), request)
}

fn run(
    host: &FileHost,
    session: &mut Session,
    request: RegressionRequest,
) -> Result<RegressionReport, LabError> {
    match host.run(session, Request::Regression(request))?.report {
        Report::Regression(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

/// The least-squares line through the points, by the formula.
fn least_squares(points: &[[f32; 2]]) -> (f64, f64) {
    let n = points.len() as f64;
    let mean = |of: fn(&[f32; 2]) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|p| p[0].into()), mean(|p| p[1].into()));
    let xy = mean(|p| f64::from(p[0]) * f64::from(p[1]));
    let xx = mean(|p| f64::from(p[0]).powi(2));
    let weight = (xy - x * y) / (xx - x * x);
    (weight, y - weight * x)
}

#[test]
fn it_learns_the_line_of_least_squares() {
    for points in [
        LinePoints::Classic,
        LinePoints::Drawn {
            count: 100,
            noise: 5.0,
        },
    ] {
        let report = regression(RegressionRequest { points, ..CLASSIC }).unwrap();
        let (weight, bias) = least_squares(&report.points);
        assert!(
            (f64::from(report.weight) - weight).abs() < 1e-3,
            "{report:?}"
        );
        assert!((f64::from(report.bias) - bias).abs() < 0.02, "{report:?}");
        assert!((1.7..1.9).contains(&weight) && (31.0..33.0).contains(&bias));
    }
}

#[test]
fn the_steps_add_up_to_what_the_engine_gives() {
    for representative in [Representative::Training, Representative::Wide] {
        for celsius in [-40.0, -39.9, -17.3, 0.0, 0.1, 20.0, 37.0, 38.0] {
            let request = RegressionRequest {
                celsius,
                representative,
                ..CLASSIC
            };
            let report = regression(request).unwrap();
            let steps = report.steps;
            assert!(!steps.is_clipped);
            let rounded = steps.input_steps.round_ties_even() as i32;
            assert_eq!(steps.input, rounded + report.input.zero_point, "{steps:?}");
            assert_eq!(steps.centered, rounded);
            assert_eq!(steps.product, steps.centered * report.weight_integer);
            assert_eq!(steps.accumulator, steps.product + report.bias_integer);
            let real = f64::from(steps.multiplier) * f64::from(steps.shift - 31).exp2();
            assert!((real / steps.ratio - 1.0).abs() < 1e-9);
            assert!((f64::from(steps.accumulator) * real - f64::from(steps.scaled)).abs() <= 0.5);
            assert_eq!(steps.shifted, steps.scaled + report.output.zero_point);
            assert_eq!(steps.output, steps.shifted.clamp(-128, 127));
            assert_eq!(steps.output, steps.engine);
            let fahrenheit = (steps.engine - report.output.zero_point) as f32 * report.output.scale;
            assert_eq!(steps.fahrenheit, fahrenheit);
            // Half a step of the input, times the weight, and half a step of the output; the weight and the bias are
            // rounded far less.
            let bound = (report.input.scale * report.weight + report.output.scale) / 2.0 + 0.05;
            assert!(
                (steps.fahrenheit - steps.float32).abs() <= bound,
                "{steps:?}"
            );
            assert!(report.largest_error <= f64::from(bound));
        }
    }
}

#[test]
fn every_integer_takes_the_same_way() {
    assert_eq!(regression(CLASSIC).unwrap().same_of_256, 256);
}

#[test]
fn what_lies_outside_is_clipped_and_a_wider_range_is_coarser() {
    let boiling = RegressionRequest {
        celsius: 100.0,
        ..CLASSIC
    };
    let narrow = regression(boiling).unwrap();
    assert!(narrow.steps.is_clipped);
    assert_eq!((narrow.steps.input, narrow.steps.output), (127, 127));
    assert!((narrow.steps.float32 - 212.0).abs() < 1.0);
    assert!((narrow.steps.fahrenheit - 100.0).abs() < 1.0);
    let wide = regression(RegressionRequest {
        representative: Representative::Wide,
        ..boiling
    })
    .unwrap();
    assert!(!wide.steps.is_clipped);
    assert!((wide.steps.fahrenheit - 212.0).abs() < 1.0);
    assert!(wide.input.scale > 2.0 * narrow.input.scale);
    assert!(wide.largest_error > narrow.largest_error);
}

#[test]
fn both_files_can_be_saved() {
    let host = FileHost::new();
    let mut session = Session::default();
    let report = run(&host, &mut session, CLASSIC).unwrap();
    assert_eq!(report.files.len(), 2);
    for file in report.files {
        let request = Request::File {
            file_name: file.file_name,
        };
        let outcome = host.run(&mut session, request).unwrap();
        let bytes = &outcome.attachments[0].bytes;
        assert_eq!(bytes.len() as u64, file.bytes);
        assert_eq!(&bytes[4..8], b"TFL3");
    }
}

#[test]
fn the_same_seed_gives_the_same_neuron() {
    let drawn = RegressionRequest {
        points: LinePoints::Drawn {
            count: 20,
            noise: 2.0,
        },
        ..CLASSIC
    };
    assert_eq!(regression(drawn).unwrap(), regression(drawn).unwrap());
    let other = RegressionRequest { seed: 43, ..drawn };
    assert_ne!(
        regression(drawn).unwrap().points,
        regression(other).unwrap().points
    );
}

#[test]
fn a_diverged_run_is_named_and_says_what_to_change() {
    let largest = regression(CLASSIC).unwrap().largest_rate;
    for learning_rate in [largest * 1.01, 0.002, 10.0, 1e30] {
        let request = RegressionRequest {
            learning_rate,
            ..CLASSIC
        };
        let error = regression(request).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
        assert!(
            error.message.starts_with("Training has diverged"),
            "{error}"
        );
        assert!(error.remedy.contains(&format!("{largest:.6}")), "{error}");
    }
    let request = RegressionRequest {
        learning_rate: largest * 0.99,
        ..CLASSIC
    };
    assert!(regression(request).is_ok());
}

#[test]
fn what_cannot_be_used_is_refused() {
    let rates = [0.0, -0.001, f64::NAN, f64::INFINITY, 1e-60];
    let rates = rates.map(|learning_rate| RegressionRequest {
        learning_rate,
        ..CLASSIC
    });
    let epochs = [0, 100_001].map(|epochs| RegressionRequest { epochs, ..CLASSIC });
    let celsius =
        [f64::NAN, f64::INFINITY, 1e7].map(|celsius| RegressionRequest { celsius, ..CLASSIC });
    let points = [(1, 0.0), (1001, 0.0), (10, -1.0), (10, f64::NAN)];
    let points = points.map(|(count, noise)| RegressionRequest {
        points: LinePoints::Drawn { count, noise },
        ..CLASSIC
    });
    for (requests, word) in [
        (&rates[..], "is no learning rate"),
        (&epochs, "epochs cannot"),
        (&celsius, "is no temperature"),
        (&points, "cannot be learned from "),
    ] {
        for request in requests {
            let error = regression(*request).unwrap_err();
            assert_eq!(error.kind, ErrorKind::BadInput);
            let noise = error.message.contains("is no noise");
            assert!(error.message.contains(word) || noise, "{error}");
            assert!(!error.remedy.is_empty());
        }
    }
}

#[test]
fn cancel_stops_it() {
    let host = FileHost::new();
    host.cancel_after.set(Some(5));
    let error = run(&host, &mut Session::default(), CLASSIC).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert_eq!(host.progress.borrow().len(), 6);
}
