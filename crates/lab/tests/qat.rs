//! Few bits on the real digits: rounded after training, and trained with the rounding in view.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{FileHost, training};
use octet_lab::Session;
use octet_protocol::{ErrorKind, LabError, QatReport, QatRequest, Report, Request};

fn request() -> QatRequest {
    QatRequest {
        epochs: 1,
        batch: 50,
        learning_rate: 0.001,
        seed: 1,
        few_activation_bits: false,
    }
}

fn qat(host: &FileHost, session: &mut Session, request: QatRequest) -> Result<QatReport, LabError> {
    match host.run(session, Request::Qat(request))?.report {
        Report::Qat(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

#[test]
fn training_for_few_bits_rescues_them() {
    let host = FileHost::new();
    let mut session = host.trained(training(2, 50));
    let report = qat(&host, &mut session, request()).unwrap();
    assert!(!report.is_running);
    let bits: Vec<_> = report
        .widths
        .iter()
        .map(|w| (w.bits, w.activation_bits))
        .collect();
    assert_eq!(bits, [(8, 8), (4, 8), (3, 8), (2, 8)]);
    assert!(report.widths[0].integers_agree.unwrap() >= 498);
    let two = &report.widths[3];
    assert!(two.qat.unwrap().correct > two.ptq.correct + 25, "{two:?}");
    for width in &report.widths {
        assert_eq!((width.epochs.len(), width.best_epoch), (1, 1));
        assert_eq!(width.losses.len(), 80 / 25);
        let Some(grid) = &width.grid else {
            assert_eq!(width.bits, 8);
            continue;
        };
        for counts in [&grid.before, &grid.after] {
            assert_eq!(counts.iter().sum::<u32>(), 4608);
        }
        assert!(grid.distance.iter().all(|d| (0.0..0.5).contains(d)));
    }
    // The page has seen it grow, and the last of it is what came out.
    let told = host.told.take();
    assert!(told.len() >= 8);
    let Report::Qat(last) = &told.last().unwrap().report else {
        panic!("{told:?}")
    };
    assert!(last.is_running);
    assert_eq!(last.widths, report.widths);
}

#[test]
fn the_estimator_is_the_identity_within_and_nothing_outside() {
    let host = FileHost::new();
    let mut session = host.trained(training(2, 50));
    let mut fast = request();
    fast.batch = 4000;
    fast.few_activation_bits = true;
    let report = qat(&host, &mut session, fast).unwrap();
    assert!(report.widths.iter().all(|w| w.bits == w.activation_bits));
    for [x, y, gradient] in report.estimator {
        assert!([-1.0, 0.0, 1.0].contains(&y), "{x} {y}");
        if x.abs() <= 1.0 {
            assert_eq!(gradient, 1.0, "{x}");
        } else if x.abs() > 1.51 {
            assert_eq!(gradient, 0.0, "{x}");
        }
    }
}

#[test]
fn it_needs_weights_and_sense() {
    let host = FileHost::new();
    let error = qat(&host, &mut Session::default(), request()).unwrap_err();
    assert!(error.remedy.contains("train"), "{error:?}");
    let mut session = host.trained(training(2, 50));
    for rate in [0.0, f64::NAN, 10.0] {
        let mut odd = request();
        odd.learning_rate = rate;
        let error = qat(&host, &mut session, odd).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
    }
    host.cancel_after.set(Some(30));
    let error = qat(&host, &mut session, request()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
}
