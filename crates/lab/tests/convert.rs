//! Cell `convert` on real weights and photos.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::FileHost;
use octet_lab::Session;
use octet_protocol::{
    Backend, ConvertReport, ConvertRequest, EdgeType, ErrorKind, FileAnatomy, FileKind, Hardware,
    LabError, ModelName, Optimizations, Report, Request, SupportedOps, Verdict, WeightScales,
};

/// A session whose model has been loaded.
fn loaded(host: &FileHost) -> Session {
    let mut session = Session::default();
    for request in [
        Request::Setup {
            backend: Backend::Flex,
        },
        Request::Data,
        Request::Baseline {
            model: ModelName::MobileNetV2,
        },
    ] {
        host.run(&mut session, request).unwrap();
    }
    session
}

fn convert(
    host: &FileHost,
    session: &mut Session,
    request: ConvertRequest,
) -> Result<ConvertReport, LabError> {
    let outcome = host.run(session, Request::Convert(request))?;
    let Report::Convert(report) = outcome.report else {
        panic!()
    };
    Ok(*report)
}

fn saved(host: &FileHost, session: &mut Session, file_name: &str) -> Vec<u8> {
    let file_name = file_name.to_owned();
    let outcome = host.run(session, Request::File { file_name }).unwrap();
    outcome.attachments.into_iter().next().unwrap().bytes
}

/// What runs on a microcontroller.
fn integers() -> ConvertRequest {
    ConvertRequest {
        optimizations: Optimizations::Default,
        representative_dataset: Some(4),
        supported_ops: SupportedOps::BuiltinsInt8,
        inference_input_type: EdgeType::Int8,
        inference_output_type: EdgeType::Int8,
        ..ConvertRequest::default()
    }
}

fn verdict(report: &ConvertReport, hardware: Hardware) -> Verdict {
    let fit = report.hardware.iter().find(|fit| fit.hardware == hardware);
    fit.unwrap().verdict
}

#[test]
fn each_option_changes_what_it_should() {
    let host = FileHost::new();
    let mut session = loaded(&host);
    let request = ConvertRequest {
        inference_output_type: EdgeType::Uint8,
        weight_scales: WeightScales::PerTensor,
        ..integers()
    };
    host.progress.borrow_mut().clear();
    let report = convert(&host, &mut session, request).unwrap();
    let progress = host.progress.borrow();
    assert_eq!(progress.len(), progress[0].total as usize);

    let kinds: Vec<_> = report.steps.iter().map(|step| step.file.kind).collect();
    let [float32, dynamic, full] = [
        FileKind::Float32,
        FileKind::DynamicRange,
        FileKind::FullInteger,
    ];
    assert_eq!(kinds, [float32, dynamic, full, full, full, full, full]);
    let files: Vec<_> = report.steps.iter().map(|step| &step.file).collect();
    let &[plain, hybrid, edges, ops, input, output, per_tensor] = &files[..] else {
        panic!()
    };
    assert!(
        plain.bytes > 13_900_000 && plain.bytes < 14_100_000,
        "{}",
        plain.bytes
    );
    assert!(hybrid.bytes < plain.bytes / 3);
    // float32 at the edges is a QUANTIZE and a DEQUANTIZE.
    let count = |file: &FileAnatomy, name: &str| {
        let operators = file.operators.iter().filter(|kind| kind.name == name);
        operators.map(|kind| kind.count).sum::<u32>()
    };
    assert_eq!(
        (count(edges, "QUANTIZE"), count(edges, "DEQUANTIZE")),
        (1, 1)
    );
    assert_eq!(ops, edges, "this network has int8 kernels for all");
    assert_eq!(
        (count(input, "QUANTIZE"), count(input, "DEQUANTIZE")),
        (0, 1)
    );
    assert_eq!(input.inputs[0].dtype, "int8");
    assert_eq!(
        (count(output, "QUANTIZE"), count(output, "DEQUANTIZE")),
        (1, 0)
    );
    assert_eq!(output.outputs[0].dtype, "uint8");
    // 17,056 scales less, of which 53 stay, with zero points.
    assert!(per_tensor.bytes < output.bytes - 8 * 17_000);
    // The first layer has 864 weights: too few to be worth a scale, so it stays as it was.
    let version = |file: &FileAnatomy| {
        let named = file.operators.iter().filter(|kind| kind.name == "CONV_2D");
        named.map(|kind| kind.version).max()
    };
    assert_eq!([plain, hybrid, edges].map(version), [1, 5, 3].map(Some));
    // A quarter, but for the bytes at the edges.
    assert!(input.arena_bytes * 4 <= plain.arena_bytes + 4 * 1024);
}

#[test]
fn the_files_are_what_the_report_says() {
    let host = FileHost::new();
    let mut session = loaded(&host);
    let report = convert(&host, &mut session, integers()).unwrap();
    let file = saved(&host, &mut session, &report.file.file_name);
    assert_eq!(file.len() as u64, report.file.bytes);
    let graph = octet_tflite::read(&file).unwrap();
    assert_eq!(graph.labels.len(), 1000);
    assert_eq!(graph.labels[285], "Egyptian cat");

    let header = String::from_utf8(saved(&host, &mut session, "model_data.h")).unwrap();
    let arena = report.steps.last().unwrap().file.arena_bytes + report.micro_bookkeeping;
    assert!(header.contains(&format!("model_data_arena_size = {arena};")));
    let source = saved(&host, &mut session, "model_data.cc");
    let commas = source.iter().filter(|&&byte| byte == b',').count();
    assert_eq!(commas, file.len());

    let [inputs, outputs] = [0, 1].map(|index: usize| {
        let name = report.arrays[index].file_name.clone();
        saved(&host, &mut session, &name)
    });
    assert_eq!(inputs.len(), 128 + 4 * 224 * 224 * 3);
    assert_eq!(outputs.len(), 128 + 4 * 1000);

    assert_eq!(verdict(&report, Hardware::Microcontroller), Verdict::Yes);
    assert_eq!(verdict(&report, Hardware::EdgeTpu), Verdict::Yes);
    assert_eq!(verdict(&report, Hardware::Gpu), Verdict::Partly);
    for photo in &report.photos {
        let drift = photo.float32_probability - photo.converted_probability;
        assert!(drift.abs() < 0.25, "{photo:?}");
    }
}

#[test]
fn float16_and_dynamic_range_need_no_dataset_and_fit_no_microcontroller() {
    let host = FileHost::new();
    let mut session = loaded(&host);
    let dynamic_range = ConvertRequest {
        optimizations: Optimizations::OptimizeForLatency,
        ..ConvertRequest::default()
    };
    let float16 = ConvertRequest {
        float16: true,
        ..dynamic_range.clone()
    };
    for (request, kind) in [
        (dynamic_range, FileKind::DynamicRange),
        (float16, FileKind::Float16),
    ] {
        let report = convert(&host, &mut session, request).unwrap();
        assert_eq!(report.steps.last().unwrap().file.kind, kind);
        assert!(report.notes[0].contains("deprecated"));
        assert_eq!(verdict(&report, Hardware::Microcontroller), Verdict::No);
        assert_eq!(verdict(&report, Hardware::EdgeTpu), Verdict::No);
        assert!(report.c_files.is_empty());
        assert_eq!(report.samples, 0);
        for photo in &report.photos {
            assert_eq!(photo.float32, photo.converted, "{photo:?}");
        }
    }
}

#[test]
fn what_tensorflow_refuses_is_refused_and_leaves_the_last_file() {
    let host = FileHost::new();
    let mut session = loaded(&host);
    let report = convert(&host, &mut session, ConvertRequest::default()).unwrap();
    let refused = ConvertRequest {
        representative_dataset: None,
        ..integers()
    };
    let error = convert(&host, &mut session, refused).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadInput);
    assert!(
        error
            .message
            .contains("`representative_dataset` must be specified")
    );
    assert!(!error.remedy.is_empty());
    let too_many = ConvertRequest {
        representative_dataset: Some(100_000),
        ..integers()
    };
    assert!(convert(&host, &mut session, too_many).is_err());
    saved(&host, &mut session, &report.file.file_name);
}

#[test]
fn cancel_stops_a_calibration() {
    let host = FileHost::new();
    let mut session = loaded(&host);
    host.cancel_after.set(Some(2));
    let error = convert(&host, &mut session, integers()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    host.cancel_after.set(None);
    convert(&host, &mut session, integers()).unwrap();
}
