//! Cell `your-model` on real and on spoilt files.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::path::Path;
use std::sync::OnceLock;

use common::{FileHost, own_file};
use octet_lab::Session;
use octet_protocol::{
    EdgeType, ErrorKind, FileKind, LabError, LabelChoice, ModelName, OwnModel, OwnSource, Report,
    Request, YourModelReport, YourModelRequest,
};
use octet_quant::RandomState;

/// A session with photos.
fn with_photos(host: &FileHost) -> Session {
    let mut session = Session::default();
    host.run(&mut session, Request::Data).unwrap();
    session
}

fn ask(
    host: &FileHost,
    session: &mut Session,
    request: YourModelRequest,
) -> Result<YourModelReport, LabError> {
    let outcome = host.run(session, Request::YourModel(request))?;
    match outcome.report {
        Report::YourModel(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

fn model(host: &FileHost, session: &mut Session, request: YourModelRequest) -> OwnModel {
    *ask(host, session, request).unwrap().model.unwrap()
}

fn saved(host: &FileHost, session: &mut Session, file_name: &str) -> Vec<u8> {
    let file_name = file_name.to_owned();
    let outcome = host.run(session, Request::File { file_name }).unwrap();
    outcome.attachments.into_iter().next().unwrap().bytes
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/tflite");
    std::fs::read(folder.join(name)).unwrap()
}

/// The likeliest class of each of the four photos.
fn best(model: &OwnModel) -> Vec<usize> {
    let photos = model.predictions.iter();
    photos.map(|photo| photo.top5[0].index).collect()
}

/// What the float32 network says of the four photos.
const FLOAT32: [usize; 4] = [285, 422, 967, 540];

#[test]
fn without_a_file_there_is_a_note_and_no_error() {
    let host = FileHost::new();
    let report = ask(&host, &mut with_photos(&host), own_file("", Vec::new())).unwrap();
    assert!(report.model.is_none());
    assert!(report.notes[0].contains("example"));
}

#[test]
fn the_example_is_quantized_three_ways_and_each_way_can_be_read_again() {
    let host = FileHost::new();
    let mut session = with_photos(&host);
    let request = YourModelRequest {
        source: OwnSource::Example,
        ..own_file("", Vec::new())
    };
    host.progress.borrow_mut().clear();
    let example = model(&host, &mut session, request);
    let progress = host.progress.borrow().clone();
    assert_eq!(progress.len(), progress[0].total as usize);

    assert_eq!(example.name, "mobilenet_v2.safetensors");
    assert_eq!(example.anatomy.kind, FileKind::Float32);
    assert_eq!(example.anatomy.parameters, 3_487_816);
    assert_eq!(best(&example), FLOAT32);
    assert_eq!(example.predictions[0].top5[0].label, "Egyptian cat");
    assert!(example.refusals.is_empty());
    let kinds: Vec<_> = example
        .variants
        .iter()
        .map(|variant| variant.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            FileKind::DynamicRange,
            FileKind::Float16,
            FileKind::FullInteger
        ]
    );
    for variant in &example.variants {
        assert!(variant.agreement.unwrap() >= 3, "{variant:?}");
        assert!(variant.drift.unwrap().abs() < 0.2, "{variant:?}");
        let bytes = saved(&host, &mut session, &variant.file.file_name);
        assert_eq!(bytes.len() as u64, variant.file.bytes);
        assert!(variant.file.bytes * 18 < example.anatomy.bytes * 10);
    }

    // Each of them, given back as a file of the reader's own.
    let names: Vec<_> = example
        .variants
        .iter()
        .map(|variant| variant.file.file_name.clone())
        .collect();
    let files: Vec<_> = names
        .iter()
        .map(|name| saved(&host, &mut session, name))
        .collect();
    for ((name, bytes), variant) in names.iter().zip(files).zip(&example.variants) {
        let request = YourModelRequest {
            labels: LabelChoice::Imagenet,
            ..own_file(name, bytes)
        };
        let report = ask(&host, &mut session, request).unwrap();
        let again = report.model.unwrap();
        assert_eq!(again.anatomy.kind, variant.kind);
        let words = again.normalization.as_deref().unwrap();
        assert!(words.ends_with("as the file says"), "{words}");
        let same = best(&again)
            .iter()
            .zip(FLOAT32)
            .filter(|(a, b)| **a == *b)
            .count();
        assert_eq!(Some(same as u32), variant.agreement, "{name}");
        // float16 weights are weights of a float32 network still.
        let forms = if variant.kind == FileKind::Float16 {
            3
        } else {
            0
        };
        assert_eq!(again.variants.len(), forms, "{name}");
        assert_eq!(
            report
                .notes
                .iter()
                .any(|note| note.contains("quantized already")),
            forms == 0
        );
    }
}

/// The full-integer form of the example, with uint8 at its edges.
fn full_integer(host: &FileHost, session: &mut Session) -> Vec<u8> {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    let make = || {
        let request = YourModelRequest {
            source: OwnSource::Example,
            edges: EdgeType::Uint8,
            ..own_file("", Vec::new())
        };
        let example = model(host, session, request);
        let last = example.variants.last().unwrap();
        saved(host, session, &last.file.file_name)
    };
    MADE.get_or_init(make).clone()
}

#[test]
fn a_file_brings_its_names_along_and_other_names_can_be_chosen() {
    let host = FileHost::new();
    let mut session = with_photos(&host);
    let bytes = full_integer(&host, &mut session);
    let report = model(&host, &mut session, own_file("net.tflite", bytes.clone()));
    assert_eq!(report.labels, "1000 names, from the file’s metadata");
    assert_eq!(report.predictions[0].top5[0].label, "Egyptian cat");
    assert_eq!(report.anatomy.inputs[0].dtype, "uint8");

    let mut own = own_file("net.tflite", bytes.clone());
    own.labels_text = (0..1000).map(|i| format!("number {i}\n")).collect();
    let report = model(&host, &mut session, own);
    assert_eq!(report.predictions[0].top5[0].label, "number 285");

    let mut few = own_file("net.tflite", bytes);
    few.labels_text = "a\nb\n".into();
    let report = ask(&host, &mut session, few).unwrap();
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.contains("2 names for 1000 classes"))
    );
    let top = &report.model.unwrap().predictions[0].top5[0];
    assert_eq!(top.label, "class 285");
}

/// The error for a file; it must name the file, say something, and leave the session as it was.
fn refused(host: &FileHost, session: &mut Session, name: &str, bytes: Vec<u8>) -> LabError {
    let error = match ask(host, session, own_file(name, bytes)) {
        Err(error) => error,
        Ok(report) => panic!("{name} was taken: {report:?}"),
    };
    assert_eq!(error.kind, ErrorKind::BadInput, "{error}");
    assert!(error.message.contains(&format!("“{name}”")), "{error}");
    assert!(!error.remedy.is_empty(), "{error}");
    error
}

/// Replaces the first occurrence of four numbers as a file holds a shape.
fn reshaped(bytes: &[u8], from: [i32; 4], to: [i32; 4]) -> Vec<u8> {
    let pattern: Vec<u8> = from
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    let at = bytes
        .windows(16)
        .position(|window| window == pattern)
        .unwrap();
    let mut changed = bytes.to_vec();
    let numbers = to.iter().flat_map(|number| number.to_le_bytes());
    for (place, byte) in changed.iter_mut().skip(at).zip(numbers) {
        *place = byte;
    }
    changed
}

#[test]
fn spoilt_files_are_named_errors_and_nothing_else_changes() {
    let host = FileHost::new();
    let mut session = with_photos(&host);
    let baseline = ModelName::MobileNetV2;
    host.run(&mut session, Request::Baseline { model: baseline })
        .unwrap();
    let bytes = full_integer(&host, &mut session);

    // The archive with the labels lies behind the model: without it the file is whole but has no names.
    for share in [1, 10, 50, 90] {
        let cut = bytes[..bytes.len() * share / 100].to_vec();
        refused(&host, &mut session, "cut.tflite", cut);
    }
    let error = refused(&host, &mut session, "short.tflite", bytes[..7].to_vec());
    assert!(error.message.contains("TFL3"), "{error}");

    let input = [1, 224, 224, 3];
    let channels = reshaped(&bytes, input, [1, 224, 224, 4]);
    refused(&host, &mut session, "channels.tflite", channels);
    let huge = reshaped(&bytes, input, [1, 1 << 16, 1 << 15, 3]);
    let error = refused(&host, &mut session, "huge.tflite", huge);
    assert!(error.message.contains("2 GiB"), "{error}");
    let overflowing = reshaped(&bytes, input, [i32::MAX; 4]);
    refused(&host, &mut session, "overflow.tflite", overflowing);
    let negative = reshaped(&bytes, input, [1, -5, 224, 3]);
    refused(&host, &mut session, "negative.tflite", negative);

    let error = refused(
        &host,
        &mut session,
        "other.tflite",
        fixture("unsupported.tflite"),
    );
    assert!(error.message.contains("operator "), "{error}");
    refused(
        &host,
        &mut session,
        "cat.png",
        b"\x89PNG\r\n\x1a\n".to_vec(),
    );

    // The loaded model and everything else stay.
    host.run(&mut session, Request::Quantize).unwrap();
    model(&host, &mut session, own_file("net.tflite", bytes));
}

#[test]
fn flipped_bits_are_refused_or_give_another_network() {
    let host = FileHost::new();
    let mut session = with_photos(&host);
    let mut random = RandomState::new(7);
    let mut at = |below: usize| random.uniform(0.0, below as f64) as usize;
    for name in ["converted_int8.tflite", "converted_float32.tflite"] {
        let whole = fixture(name);
        for _ in 0..150 {
            let mut bytes = whole.clone();
            for _ in 0..3 {
                let place = at(bytes.len());
                bytes[place] ^= 1 << at(8);
            }
            match ask(&host, &mut session, own_file("flipped.tflite", bytes)) {
                Ok(_) => {}
                Err(error) => assert_eq!(error.kind, ErrorKind::BadInput, "{error}"),
            }
        }
    }
}

#[test]
fn cancel_stops_between_two_runs() {
    let host = FileHost::new();
    let mut session = with_photos(&host);
    let request = YourModelRequest {
        source: OwnSource::Example,
        ..own_file("", Vec::new())
    };
    for after in [2, 9, 14] {
        host.cancel_after.set(Some(after));
        let error = ask(&host, &mut session, request.clone()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled);
    }
}
