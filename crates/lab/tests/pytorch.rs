//! Cell `pytorch`: ResNet-18 through all steps, on photos.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::FileHost;
use octet_lab::Session;
use octet_protocol::{
    EagerImages, EagerStep, ErrorKind, LabError, PytorchReport, PytorchRequest, Report, Request,
};

const SMALL: PytorchRequest = PytorchRequest {
    seed: 42,
    size: 56,
    samples: 3,
    calibrate_with: EagerImages::Photos,
};

fn lab(host: &FileHost) -> Session {
    let mut session = Session::default();
    host.run(&mut session, Request::Data).unwrap();
    session
}

fn pytorch(
    host: &FileHost,
    session: &mut Session,
    request: PytorchRequest,
) -> Result<PytorchReport, LabError> {
    match host.run(session, Request::Pytorch(request))?.report {
        Report::Pytorch(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_step_is_shown_and_most_of_the_signal_stays() {
    let host = FileHost::new();
    let mut session = lab(&host);
    let report = pytorch(&host, &mut session, SMALL).unwrap();
    let steps: Vec<_> = report.trees.iter().map(|tree| tree.step).collect();
    assert_eq!(
        steps,
        [
            EagerStep::Float,
            EagerStep::Fused,
            EagerStep::Prepared,
            EagerStep::Converted
        ]
    );
    // One at the input, 20 convolutions, 8 additions, the dense layer.
    assert_eq!(report.observers.len(), 30);
    let prepared = &report.trees[2].text;
    assert_eq!(prepared.matches("HistogramObserver").count(), 30);
    let first = report
        .observers
        .iter()
        .find(|o| o.module == "conv1")
        .unwrap();
    let line = format!(
        "(conv1): QuantizedConvReLU2d(3, 64, kernel_size=(7, 7), stride=(2, 2), scale={}, zero_point={}, padding=(3, 3))",
        f64::from(first.scale),
        first.zero_point
    );
    assert!(report.trees[3].text.contains(&line), "{line}");
    for observer in &report.observers {
        assert!((0..=127).contains(&observer.zero_point));
        let span = observer.high.max(0.0) - observer.low.min(0.0);
        assert!((span / 127.0 / observer.scale - 1.0).abs() < 1e-6);
    }
    let times = report.float32_bytes as f64 / report.int8_bytes as f64;
    assert!((3.9..4.0).contains(&times), "{times}");
    assert!(report.float32_bytes > 4 * report.parameters);
    let [photos, noise] = &report.outcomes[..] else {
        panic!("{:?}", report.outcomes);
    };
    println!("{photos:?} {noise:?}");
    assert_eq!(photos.calibrated_with, EagerImages::Photos);
    assert!(photos.sqnr_db.unwrap() > 15.0, "{photos:?}");
    assert!(
        noise.sqnr_db.unwrap() < photos.sqnr_db.unwrap(),
        "{noise:?}"
    );

    let request = Request::File {
        file_name: report.file.file_name.clone(),
    };
    let file = host.run(&mut session, request).unwrap();
    assert_eq!(file.attachments[0].bytes.len() as u64, report.int8_bytes);
    assert_eq!(pytorch(&host, &mut session, SMALL).unwrap(), report);
    let noisy = PytorchRequest {
        calibrate_with: EagerImages::Noise,
        ..SMALL
    };
    let noisy = pytorch(&host, &mut session, noisy).unwrap();
    assert_eq!(noisy.outcomes, report.outcomes);
    assert_ne!(noisy.observers, report.observers);
}

/// What the page says: with one photo noise is the better dataset, with eight images it is the worse one.
#[test]
fn more_photos_beat_noise_and_one_does_not() {
    let host = FileHost::new();
    let mut session = lab(&host);
    let mut gain = |samples| {
        let request = PytorchRequest {
            size: 112,
            samples,
            ..SMALL
        };
        let outcomes = pytorch(&host, &mut session, request).unwrap().outcomes;
        outcomes[0].sqnr_db.unwrap() - outcomes[1].sqnr_db.unwrap()
    };
    let (one, eight) = (gain(1), gain(8));
    assert!(one < -1.0 && eight > 1.0, "{one} {eight}");
}

#[test]
fn what_cannot_be_used_is_refused() {
    let host = FileHost::new();
    let mut session = lab(&host);
    for (request, word) in [
        (PytorchRequest { size: 57, ..SMALL }, "57 pixels"),
        (
            PytorchRequest {
                samples: 0,
                ..SMALL
            },
            "with 0 images",
        ),
        (
            PytorchRequest {
                samples: 65,
                ..SMALL
            },
            "with 65 images",
        ),
    ] {
        let error = pytorch(&host, &mut session, request).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
        assert!(error.message.contains(word), "{error}");
    }
    let error = pytorch(&host, &mut Session::default(), SMALL).unwrap_err();
    assert!(error.remedy.contains("data"), "{error}");
}

#[test]
fn cancel_stops_it_at_any_step() {
    let host = FileHost::new();
    let mut session = lab(&host);
    for steps in [0, 2, 5, 9] {
        host.cancel_after.set(Some(steps));
        let error = pytorch(&host, &mut session, SMALL).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled);
    }
    host.cancel_after.set(None);
    assert!(pytorch(&host, &mut session, SMALL).is_ok());
}
