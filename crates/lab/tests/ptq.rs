//! A trained digit network in its four forms, and what they read, on the real digits.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{FileHost, training};
use octet_lab::Session;
use octet_protocol::{
    DrawRequest, DrawnReport, DrawnRequest, ErrorKind, FileKind, LabError, PtqReport, PtqRequest,
    Report, Request, TradeoffKind, TradeoffRequest,
};

fn ptq(
    host: &FileHost,
    session: &mut Session,
    samples: u32,
    seeds: u32,
) -> Result<PtqReport, LabError> {
    let request = PtqRequest { samples, seeds };
    match host.run(session, Request::Ptq(request))?.report {
        Report::Ptq(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

#[test]
fn four_forms_of_one_network() {
    let host = FileHost::new();
    let mut session = host.trained(training(2, 100));
    let report = ptq(&host, &mut session, 100, 3).unwrap();
    let kinds: Vec<_> = report.forms.iter().map(|form| form.kind).collect();
    use FileKind::{DynamicRange, Float16, Float32, FullInteger};
    assert_eq!(kinds, [Float32, Float16, DynamicRange, FullInteger]);
    let bytes: Vec<_> = report.forms.iter().map(|form| form.file.bytes).collect();
    // 12,810 numbers of 4, of 2 and of 1 byte.
    assert!((51_240..56_000).contains(&bytes[0]), "{bytes:?}");
    assert!((25_620..31_000).contains(&bytes[1]), "{bytes:?}");
    assert!(
        bytes[2..]
            .iter()
            .all(|bytes| (12_810..19_000).contains(bytes)),
        "{bytes:?}"
    );
    for form in &report.forms {
        assert!(form.same >= 490, "{form:?}");
        let share = f64::from(form.correct) / 500.0;
        assert!(form.interval[0] < share && share < form.interval[1]);
        assert_eq!((form.latency.runs, form.latency.warm_ups), (100, 10));
        assert!(form.latency.mean_ms > 0.0);
    }
    assert_eq!(report.forms[0].same, 500);
    println!("{report:?}");
    assert!(report.forms[3].arena_bytes * 2 < report.forms[0].arena_bytes);

    let counts: Vec<_> = report
        .calibrations
        .iter()
        .map(|c| (c.samples, c.correct.len()))
        .collect();
    assert_eq!(counts, [(1, 3), (10, 3), (100, 3), (500, 1)]);
    let worst = |place: usize| *report.calibrations[place].correct.iter().min().unwrap();
    assert!(worst(2) >= worst(0));

    // What the reader saves is what ran.
    let file_name = report.forms[3].file.file_name.clone();
    let saved = host.run(&mut session, Request::File { file_name }).unwrap();
    assert_eq!(saved.attachments[0].bytes.len() as u64, bytes[3]);
}

fn look(
    host: &FileHost,
    session: &mut Session,
    request: DrawnRequest,
) -> Result<DrawnReport, LabError> {
    match host.run(session, Request::Drawn(request))?.report {
        Report::Drawn(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

#[test]
fn drawings_and_test_digits_are_read() {
    let host = FileHost::new();
    let mut session = host.trained(training(2, 100));
    let drawing = |bytes: Vec<u8>| DrawnRequest { test: None, bytes };
    let error = look(&host, &mut session, drawing(vec![255; 64])).unwrap_err();
    assert!(error.remedy.contains("draw"), "{error:?}");
    let request = DrawRequest { samples: 100 };
    host.run(&mut session, Request::Draw(request)).unwrap();
    let mut right = 0;
    for index in 0..50 {
        let request = DrawnRequest {
            test: Some(index),
            bytes: Vec::new(),
        };
        let report = look(&host, &mut session, request).unwrap();
        assert_eq!(report.label, Some(index % 10));
        for answer in &report.answers {
            let sum: f32 = answer.probabilities.iter().sum();
            assert!((sum - 1.0).abs() < 1e-4);
        }
        let best = &report.answers[0].probabilities;
        let most = best.iter().copied().fold(0.0, f32::max);
        right += u32::from(best[index as usize % 10] == most);
        let maps = report.maps.unwrap();
        assert_eq!((maps.side, maps.channels), (13, 16));
        assert_eq!(maps.float32.len(), 13 * 13 * 16);
        assert!(maps.sqnr_db.unwrap() > 25.0, "{:?}", maps.sqnr_db);
    }
    assert!(right >= 40, "{right} of 50");

    // A long stroke from top to bottom.
    let stroke: Vec<u8> = (0..112 * 112)
        .map(|at| {
            if (52..60).contains(&(at % 112)) && (10..100).contains(&(at / 112)) {
                255
            } else {
                0
            }
        })
        .collect();
    let report = look(&host, &mut session, drawing(stroke)).unwrap();
    assert_eq!(report.label, None);
    let one = report
        .answers
        .iter()
        .filter(|answer| answer.probabilities[1] > 0.5);
    assert_eq!(one.count(), 4, "{:?}", report.answers);
    let blank = look(&host, &mut session, drawing(vec![0; 112 * 112])).unwrap();
    assert_eq!(blank.maps, None);
    let missing = DrawnRequest {
        test: Some(500),
        bytes: Vec::new(),
    };
    assert_eq!(
        look(&host, &mut session, missing).unwrap_err().kind,
        ErrorKind::BadInput
    );
}

#[test]
fn nothing_is_quantized_before_it_is_trained() {
    let host = FileHost::new();
    let mut session = Session::default();
    let error = ptq(&host, &mut session, 100, 3).unwrap_err();
    assert!(error.remedy.contains("train"), "{error:?}");
    let mut session = host.trained(training(2, 100));
    for (samples, seeds) in [(0, 1), (501, 1), (1, 0), (1, 21)] {
        let error = ptq(&host, &mut session, samples, seeds).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput, "{samples} {seeds}");
    }
    host.cancel_after.set(Some(4));
    let error = ptq(&host, &mut session, 10, 2).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
}

#[test]
fn seven_forms_by_compression() {
    let host = FileHost::new();
    let mut session = host.trained(training(2, 100));
    let run = |session: &mut Session, seeds, epochs| {
        let request = TradeoffRequest { seeds, epochs };
        match host.run(session, Request::Tradeoff(request))?.report {
            Report::Tradeoff(report) => Ok(*report),
            other => panic!("{other:?}"),
        }
    };
    for (seeds, epochs) in [(0, 1), (11, 1), (1, 0), (1, 21)] {
        let error: LabError = run(&mut session, seeds, epochs).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput, "{seeds} {epochs}");
    }
    let report = run(&mut session, 1, 1).unwrap();
    println!("{report:?}");
    use TradeoffKind::*;
    let kinds: Vec<_> = report.forms.iter().map(|form| form.kind).collect();
    let all = [
        Float32,
        Float16,
        DynamicRange,
        FullInteger,
        Int4,
        FullIntegerQat,
        Int4Qat,
    ];
    assert_eq!(kinds, all);
    let of = |kind| report.forms.iter().find(|form| form.kind == kind).unwrap();
    assert_eq!(of(FullInteger).file_bytes, of(FullIntegerQat).file_bytes);
    assert!(of(Int4).file_bytes < of(DynamicRange).file_bytes);
    // One epoch more, with rounding in view, does no harm to weights that have seen two.
    for kind in [FullIntegerQat, Int4Qat] {
        assert!(
            of(kind).correct[0] + 5 >= of(Float32).correct[0],
            "{kind:?}"
        );
    }
}
