//! Training on the real digits: what the page is shown meanwhile, stopping, going on, and weights that were kept.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{FileHost, training};
use octet_lab::{Outcome, Session};
use octet_protocol::{
    ErrorKind, LabError, Report, Request, TrainBegin, TrainReport, TrainRequest, TrainState,
};

const FILE: &str = "digits.safetensors";
/// Steps in an epoch.
const BATCHES: usize = 40;

fn request(begin: TrainBegin, epochs: u32) -> TrainRequest {
    TrainRequest {
        begin,
        ..training(epochs, 100)
    }
}

fn train(
    host: &FileHost,
    session: &mut Session,
    request: TrainRequest,
) -> Result<(TrainReport, Vec<u8>), LabError> {
    host.run(session, Request::Train(request)).map(split)
}

/// The report, and the file of weights.
fn split(outcome: Outcome) -> (TrainReport, Vec<u8>) {
    let file = outcome.attachments.iter().find(|part| part.name == FILE);
    let file = file.map(|part| part.bytes.clone()).unwrap_or_default();
    match outcome.report {
        Report::Train(report) => (*report, file),
        other => panic!("{other:?}"),
    }
}

/// Whoever stops and goes on gets what they would have got without; the page is shown how it goes; the weights can be
/// saved, and taken up again.
#[test]
fn stopping_loses_nothing() {
    let host = FileHost::new();
    let mut whole = host.fast();
    let (through, file) = train(&host, &mut whole, request(TrainBegin::Anew, 2)).unwrap();
    assert_eq!(through.state, TrainState::Done);
    assert_eq!((through.epochs.len(), through.shown), (2, 8000));
    assert_eq!(through.losses.len(), 2 * BATCHES / 25);
    let test = through.test.as_ref().unwrap();
    assert!(test.correct > 420 && test.digits == 500, "{test:?}");
    let hits: u32 = (0..10).map(|digit| test.confusion[digit][digit]).sum();
    assert_eq!(hits, test.correct);
    let told: Vec<_> = host.told.take().into_iter().map(split).collect();
    let (last, last_file) = told.last().unwrap();
    assert!(
        told.iter()
            .all(|(report, _)| report.state == TrainState::Running)
    );
    assert_eq!(
        (last.epochs.as_slice(), last_file),
        (through.epochs.as_slice(), &file)
    );

    // In the middle of the second epoch.
    let mut halves = host.fast();
    host.cancel_after.set(Some(BATCHES + 10));
    let (stopped, first) = train(&host, &mut halves, request(TrainBegin::Anew, 2)).unwrap();
    host.cancel_after.set(None);
    assert_eq!(stopped.state, TrainState::Stopped);
    assert_eq!((stopped.epochs.len(), stopped.best_epoch), (1, 1));
    assert_eq!(stopped.epochs[..], through.epochs[..1]);
    let (resumed, second) = train(&host, &mut halves, request(TrainBegin::GoOn, 1)).unwrap();
    assert_eq!(resumed.epochs, through.epochs);
    assert_eq!(resumed.losses, through.losses);
    assert_eq!(second, file);
    assert_ne!(first, second);

    // As after a reload.
    let mut later = host.fast();
    let mut kept = request(TrainBegin::Kept, 1);
    kept.bytes.clone_from(&file);
    let (report, same) = train(&host, &mut later, kept.clone()).unwrap();
    assert_eq!((report.state, report.best_epoch), (TrainState::Kept, 0));
    assert_eq!((&report.test, &same), (&through.test, &file));
    kept.begin = TrainBegin::GoOn;
    let (further, _) = train(&host, &mut later, kept).unwrap();
    assert!(further.epochs[0].loss < through.epochs[1].loss);
    let saved = Request::File {
        file_name: FILE.to_owned(),
    };
    assert!(host.run(&mut later, saved).is_ok());
}

#[test]
fn stopping_before_the_first_epoch_is_a_cancel() {
    let host = FileHost::new();
    let mut session = host.fast();
    host.cancel_after.set(Some(3));
    let error = train(&host, &mut session, request(TrainBegin::Anew, 1)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    host.cancel_after.set(None);
    // What was done is not lost.
    let (report, _) = train(&host, &mut session, request(TrainBegin::GoOn, 1)).unwrap();
    assert_eq!(report.shown, 4000 - 300);
}

#[test]
fn bad_input_is_named() {
    let host = FileHost::new();
    let mut session = host.fast();
    let mut refused = |change: fn(&mut TrainRequest), words: &str| {
        let mut request = request(TrainBegin::Anew, 1);
        change(&mut request);
        let error = train(&host, &mut session, request).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
        assert!(error.message.contains(words), "{}", error.message);
        assert!(!error.remedy.is_empty());
    };
    refused(|r| r.learning_rate = 0.0, "learning rate is 0");
    refused(|r| r.learning_rate = f64::NAN, "learning rate is NaN");
    refused(|r| r.learning_rate = 10.0, "learning rate is 10");
    refused(|r| r.batch = 4001, "batch size is 4001");
    refused(|r| r.epochs = 0, "epochs is 0");
    refused(|r| r.learning_rate = 1.0, "diverged");
    refused(|r| r.begin = TrainBegin::Kept, "kept no weights");
    refused(
        |r| {
            r.begin = TrainBegin::Kept;
            r.bytes = b"nonsense".to_vec();
        },
        "kept cannot be used",
    );
}

#[test]
fn a_damaged_file_of_digits_is_named() {
    let mut host = FileHost::new();
    host.instead
        .insert("models/digits.safetensors", Some(vec![0; 100]));
    let mut session = host.fast();
    let error = train(&host, &mut session, request(TrainBegin::Anew, 1)).unwrap_err();
    assert!(error.message.contains("models/digits.safetensors"));
}
