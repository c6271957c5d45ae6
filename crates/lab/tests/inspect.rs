//! Cells `inspect` and `camera`, on real weights and the real engine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::path::Path;

use common::{FileHost, own_file};
use octet_lab::Session;
use octet_protocol::{
    Attachment, Backend, CameraRequest, EdgeType, ErrorKind, FrameReport, FrameRequest,
    InspectReport, InspectRequest, InspectTensorRequest, InspectedGraph, InspectedModel,
    InspectedOperator, LabError, ModelName, OwnSource, Precision, Report, Request, TensorReport,
    YourModelRequest,
};

/// A lab that has loaded the model, and the photos’ pixels.
fn loaded(host: &FileHost, model: ModelName) -> (Session, Vec<Attachment>) {
    let mut session = Session::default();
    let backend = Backend::Flex;
    host.run(&mut session, Request::Setup { backend }).unwrap();
    let photos = host.run(&mut session, Request::Data).unwrap();
    host.run(&mut session, Request::Baseline { model }).unwrap();
    (session, photos.attachments)
}

fn inspect(
    host: &FileHost,
    session: &mut Session,
    graph: InspectedModel,
) -> Result<InspectReport, LabError> {
    let request = Request::Inspect(InspectRequest { graph });
    match host.run(session, request)?.report {
        Report::Inspect(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

fn tensor(
    host: &FileHost,
    session: &mut Session,
    graph: u32,
    tensor: u32,
) -> Result<TensorReport, LabError> {
    let request = Request::InspectTensor(InspectTensorRequest { graph, tensor });
    match host.run(session, request)?.report {
        Report::Tensor(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

#[test]
fn both_graphs_lie_side_by_side_and_see_frames() {
    let host = FileHost::new();
    let (mut session, photos) = loaded(&host, ModelName::MobileNetV2);
    let report = inspect(&host, &mut session, InspectedModel::Both).unwrap();
    check_both(&report);
    frames(&host, &mut session, &photos);
}

fn check_both(report: &InspectReport) {
    let [float32, full_integer] = report.graphs.as_slice() else {
        panic!("{} graphs", report.graphs.len());
    };
    assert_eq!(float32.precision, Some(Precision::Float32));
    assert_eq!(full_integer.precision, Some(Precision::FullInteger));
    assert_eq!(float32.operators.len(), full_integer.operators.len());
    assert_eq!(report.layout.places.len(), full_integer.operators.len());
    assert!(full_integer.file_bytes * 3 < float32.file_bytes);
    assert_eq!(report.photos, 4);
    for (number, (float, integer)) in float32
        .operators
        .iter()
        .zip(&full_integer.operators)
        .enumerate()
    {
        assert_eq!(float.name, integer.name);
        assert_eq!((float.place, integer.place), (number as u32, number as u32));
        assert_eq!(float.macs, integer.macs);
        assert_eq!(float.sqnr_db, None);
        let db = integer.sqnr_db.unwrap();
        assert!((3.0..80.0).contains(&db), "operator {number}: {db} dB");
        let output = &full_integer.tensors[integer.output as usize];
        assert_eq!((output.dtype.as_str(), output.scales), ("int8", 1));
        assert!(output.least_scale > 0.0 && output.zero_point.is_some());
    }
    // 300 million multiply-adds, as everybody counts them.
    let macs: u64 = float32.operators.iter().map(|operator| operator.macs).sum();
    assert!((290_000_000..320_000_000).contains(&macs), "{macs}");
    assert_eq!(
        float32.dump.lines().count(),
        1 + 1 + float32.operators.len() + 1
    );
    // Residuals go around.
    assert!(
        report
            .layout
            .edges
            .iter()
            .any(|edge| !edge.bends.is_empty())
    );
}

#[test]
fn weights_are_counted_on_request() {
    let host = FileHost::new();
    let (mut session, _) = loaded(&host, ModelName::MobileNetV2);
    let error = tensor(&host, &mut session, 0, 0).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadInput);
    assert!(error.remedy.contains("“inspect”"), "{error}");

    let report = inspect(&host, &mut session, InspectedModel::DynamicRange).unwrap();
    let graph = &report.graphs[0];
    let convolution = |operator: &&InspectedOperator| operator.name == "CONV_2D";
    let operator = graph.operators.iter().find(convolution).unwrap();
    let (input, weights) = (operator.inputs[0].unwrap(), operator.inputs[1].unwrap());
    // 864 weights are too few to be worth it; the next layers have more.
    assert_eq!(graph.tensors[weights as usize].dtype, "float32");
    let counted = tensor(&host, &mut session, 0, weights).unwrap();
    assert!(!counted.is_whole);
    assert_eq!(counted.statistics.count, 32 * 3 * 3 * 3);
    assert_eq!(counted.histogram.counts.iter().sum::<u64>(), 32 * 3 * 3 * 3);

    let (_, dense) = graph
        .operators
        .iter()
        .enumerate()
        .rfind(|(_, operator)| operator.constant_bytes > 1_000_000)
        .unwrap();
    let counted = tensor(&host, &mut session, 0, dense.inputs[1].unwrap()).unwrap();
    assert!(counted.is_whole);
    assert_eq!(counted.details.dtype, "int8");
    assert_eq!(counted.histogram.counts.len(), 256);
    assert!(counted.histogram.lo == -128.5 && counted.histogram.counts[0] == 0);
    assert_eq!(
        counted.histogram.counts.iter().sum::<u64>(),
        counted.statistics.count
    );
    assert_eq!(counted.statistics.max, 127.0);

    let error = tensor(&host, &mut session, 0, input).unwrap_err();
    assert!(error.message.contains("is computed"), "{error}");
    assert!(tensor(&host, &mut session, 1, weights).is_err());
    assert!(tensor(&host, &mut session, 0, 99_999).is_err());
}

#[test]
fn other_graphs_and_their_faults() {
    let host = FileHost::new();
    let mut session = Session::default();
    let error = inspect(&host, &mut session, InspectedModel::Both).unwrap_err();
    assert!(error.remedy.contains("baseline"), "{error}");
    let error = inspect(&host, &mut session, InspectedModel::Yours).unwrap_err();
    assert!(error.remedy.contains("“your-model”"), "{error}");
    let (mut session, _) = loaded(&host, ModelName::EfficientNetLite0);
    let float32 = inspect(&host, &mut session, InspectedModel::Float32).unwrap();
    assert_eq!((float32.graphs.len(), float32.photos), (1, 0));
    assert!(
        float32.graphs[0]
            .operators
            .iter()
            .all(|operator| operator.sqnr_db.is_none())
    );
    let dynamic = inspect(&host, &mut session, InspectedModel::DynamicRange).unwrap();
    assert_eq!(dynamic.photos, 4);
    assert!(
        dynamic.graphs[0]
            .operators
            .iter()
            .any(|operator| operator.sqnr_db.is_some())
    );
    // Cancelled in the middle, it can be run again.
    host.cancel_after.set(Some(5));
    let error = inspect(&host, &mut session, InspectedModel::Both).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    host.cancel_after.set(None);
    inspect(&host, &mut session, InspectedModel::DynamicRange).unwrap();
}

#[test]
fn the_reader_s_own_model_is_held_against_its_full_integer_form() {
    let host = FileHost::new();
    let mut session = Session::default();
    host.run(&mut session, Request::Data).unwrap();
    let example = YourModelRequest {
        source: OwnSource::Example,
        edges: EdgeType::Uint8,
        ..own_file("", Vec::new())
    };
    host.run(&mut session, Request::YourModel(example)).unwrap();
    let report = inspect(&host, &mut session, InspectedModel::Yours).unwrap();
    let precisions: Vec<_> = report.graphs.iter().map(|graph| graph.precision).collect();
    assert_eq!(
        precisions,
        [Some(Precision::Float32), Some(Precision::FullInteger)]
    );
    let sqnr = |graph: &InspectedGraph| {
        let operators = graph.operators.iter();
        operators.filter_map(|operator| operator.sqnr_db).collect()
    };
    let (float32, integers): (Vec<f64>, Vec<f64>) =
        (sqnr(&report.graphs[0]), sqnr(&report.graphs[1]));
    assert!(float32.is_empty() && integers.len() > 60, "{integers:?}");
    assert!(
        integers.iter().all(|db| (3.0..80.0).contains(db)),
        "{integers:?}"
    );
    assert_eq!(report.photos, 4);
    let mut operators = report.graphs[1].operators.iter();
    let convolution = operators.find(|operator| operator.name == "CONV_2D");
    let weights = convolution.unwrap().inputs[1].unwrap();
    let counted = tensor(&host, &mut session, 1, weights).unwrap();
    assert_eq!(counted.details.dtype, "int8");

    // One that is quantized already stands alone.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/tflite");
    let bytes = std::fs::read(folder.join("converted_int8.tflite")).unwrap();
    let file = Request::YourModel(own_file("net.tflite", bytes));
    host.run(&mut session, file).unwrap();
    let report = inspect(&host, &mut session, InspectedModel::Yours).unwrap();
    assert_eq!((report.graphs.len(), report.photos), (1, 0));
}

/// What cell `camera` does, where the calibration is there already.
fn frames(host: &FileHost, session: &mut Session, photos: &[Attachment]) {
    let frame = |session: &mut Session, bytes: Vec<u8>| -> Result<FrameReport, LabError> {
        match host
            .run(session, Request::Frame(FrameRequest { bytes }))?
            .report
        {
            Report::Frame(report) => Ok(report),
            other => panic!("{other:?}"),
        }
    };
    let error = frame(session, vec![0; 224 * 224 * 4]).unwrap_err();
    assert!(error.remedy.contains("“camera”"), "{error}");
    let ready = host
        .run(session, Request::Camera(CameraRequest {}))
        .unwrap();
    let Report::Camera(report) = ready.report else {
        panic!("{:?}", ready.report);
    };
    assert_eq!(report.side, 224);
    assert!(report.float32_ms > 0.0 && report.full_integer_ms > 0.0);
    for photo in photos {
        let seen = frame(session, photo.bytes.clone()).unwrap();
        assert_eq!(seen.float32.classes.len(), 5);
        let [float32, integer] = [&seen.float32, &seen.full_integer].map(|seen| &seen.classes[0]);
        assert_eq!(float32.label, integer.label, "{}", photo.name);
        assert!(seen.float32.run_ms <= seen.float32.frame_ms);
    }
    let error = frame(session, vec![0; 12]).unwrap_err();
    assert!(error.message.contains("12 bytes"), "{error}");
}
