//! Cells about integer networks, on real weights and the real engine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::FileHost;
use octet_lab::Session;
use octet_protocol::{
    Backend, EdgeType, ErrorKind, FullIntegerReport, FullIntegerRequest, InterpreterReport,
    InterpreterRequest, KernelName, LabError, ModelName, ObserverName, Precision, Preparation,
    Report, Request, WeightScales,
};

const QUICK: FullIntegerRequest = FullIntegerRequest {
    weight_scales: WeightScales::PerChannel,
    observer: ObserverName::MinMax,
    samples: 2,
    runs: 1,
    burn_runs: 0,
};

const RIGHT: InterpreterRequest = InterpreterRequest {
    precision: Precision::FullInteger,
    edges: EdgeType::Int8,
    preparation: Preparation::Right,
    allocates: true,
    kernels: None,
    photo: 1,
    runs: 1,
};

/// A lab that has calibrated as well, with little.
fn calibrated(host: &FileHost, model: ModelName) -> Session {
    let mut session = host.loaded(model);
    full_integer(host, &mut session, QUICK).unwrap();
    session
}

fn full_integer(
    host: &FileHost,
    session: &mut Session,
    request: FullIntegerRequest,
) -> Result<FullIntegerReport, LabError> {
    match host.run(session, Request::FullInteger(request))?.report {
        Report::FullInteger(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

fn interpreter(
    host: &FileHost,
    session: &mut Session,
    request: InterpreterRequest,
) -> Result<InterpreterReport, LabError> {
    match host.run(session, Request::Interpreter(request))?.report {
        Report::Interpreter(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

#[test]
fn full_integer_is_smaller_and_sees_the_same() {
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::EfficientNetLite0);
    let request = FullIntegerRequest {
        burn_runs: 1,
        ..QUICK
    };
    let report = full_integer(&host, &mut session, request).unwrap();
    assert_eq!((report.samples, report.photos), (2, 4));
    assert!(report.calibrate_ms > 0.0 && report.observed > 50);
    let of = |row: &octet_protocol::FullIntegerRow| (row.precision, row.backend);
    let rows: Vec<_> = report.rows.iter().map(of).collect();
    assert_eq!(
        rows,
        [
            (Precision::Float32, None),
            (Precision::DynamicRange, None),
            (Precision::FullInteger, None),
            (Precision::Float32, Some(Backend::Ndarray)),
            (Precision::Float32, Some(Backend::Flex)),
        ]
    );
    let [float32, dynamic_range, full_integer, ndarray, flex] = &report.rows[..] else {
        panic!("{rows:?}")
    };
    let times = float32.file_bytes as f64 / full_integer.file_bytes as f64;
    assert!((3.5..4.0).contains(&times), "{times}");
    assert!(dynamic_range.file_bytes < float32.file_bytes / 3);
    let arena = |row: &octet_protocol::FullIntegerRow| row.arena_bytes.unwrap() as f64;
    let times = arena(float32) / arena(full_integer);
    assert!((3.5..4.5).contains(&times), "{times}");
    assert_eq!((float32.agreements, float32.mse), (4, 0.0));
    assert_eq!(float32.mean_abs_drift, 0.0);
    for row in [dynamic_range, full_integer] {
        assert!(
            row.agreements >= 3 && row.mse > 0.0 && row.mse < 1e-4,
            "{row:?}"
        );
    }
    // The same numbers, added up in another order.
    for row in [ndarray, flex] {
        assert!(row.agreements == 4 && row.mse < 1e-10, "{row:?}");
        assert_eq!(row.latency.runs, 1);
    }
    assert_eq!((float32.latency.runs, float32.latency.warm_ups), (1, 1));
    assert!(
        report.operators[0].operator.contains("CONV_2D")
            && report.operators[0].full_integer_ms > 0.0
    );
    assert_eq!(report.input.dtype, "int8");
    // (x − 127) / 128 of a photo that has black and white.
    let scale = f64::from(report.input.scales[0]);
    assert!((scale - 1.0 / 128.0).abs() < 1e-4, "{scale}");
    assert_eq!(report.predictions.len(), 4);
}

#[test]
fn per_tensor_loses_more_and_a_calibration_is_used_again() {
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::MobileNetV2);
    let per_channel = full_integer(&host, &mut session, QUICK).unwrap();
    let request = FullIntegerRequest {
        weight_scales: WeightScales::PerTensor,
        ..QUICK
    };
    let per_tensor = full_integer(&host, &mut session, request).unwrap();
    assert!(per_channel.calibrate_ms > 0.0);
    assert_eq!(per_tensor.calibrate_ms, 0.0);
    assert!(per_tensor.rows[2].mse > per_channel.rows[2].mse);
    assert!(per_tensor.rows[2].file_bytes < per_channel.rows[2].file_bytes);
}

#[test]
fn observers_settle_on_other_ranges() {
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::MobileNetV2);
    let mut scales = Vec::new();
    for observer in ObserverName::ALL {
        let request = FullIntegerRequest {
            observer,
            samples: 1,
            ..QUICK
        };
        let report = full_integer(&host, &mut session, request).unwrap();
        assert_eq!(report.observer, observer);
        assert!(
            report.rows[2].mse < 1e-3,
            "{observer:?} {:?}",
            report.rows[2]
        );
        scales.push(report.output.scales[0]);
    }
    let min_max = scales[0];
    assert!(
        scales
            .iter()
            .all(|&scale| scale > 0.0 && scale <= min_max * 1.0001)
    );
    assert!(
        scales.iter().any(|&scale| scale < min_max * 0.95),
        "{scales:?}"
    );
}

#[test]
fn what_cannot_be_run_is_named() {
    let host = FileHost::new();
    let error = full_integer(&host, &mut Session::default(), QUICK).unwrap_err();
    assert!(error.message.contains("baseline"), "{error}");
    let mut session = calibrated(&host, ModelName::MobileNetV2);
    for (request, part) in [
        (
            FullIntegerRequest {
                samples: 0,
                ..QUICK
            },
            "with 0 images",
        ),
        (
            FullIntegerRequest {
                samples: 257,
                ..QUICK
            },
            "with 257 images",
        ),
        (FullIntegerRequest { runs: 0, ..QUICK }, "0 runs"),
        (
            FullIntegerRequest {
                burn_runs: 21,
                ..QUICK
            },
            "21 runs",
        ),
    ] {
        let error = full_integer(&host, &mut session, request).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
        assert!(error.message.contains(part), "{error}");
    }
    for (request, part) in [
        (
            InterpreterRequest { photo: 5, ..RIGHT },
            "no photo number 5",
        ),
        (
            InterpreterRequest { photo: 0, ..RIGHT },
            "no photo number 0",
        ),
        (InterpreterRequest { runs: 0, ..RIGHT }, "0 runs"),
        (
            InterpreterRequest {
                kernels: Some(KernelName::RelaxedSimd),
                ..RIGHT
            },
            "no relaxed SIMD kernels",
        ),
    ] {
        let error = interpreter(&host, &mut session, request).unwrap_err();
        assert!(error.message.contains(part), "{error}");
    }
}

#[test]
fn a_cancelled_run_leaves_the_lab_as_it_was() {
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::MobileNetV2);
    for steps in [0, 2, 5, 9] {
        host.cancel_after.set(Some(steps));
        let error = full_integer(&host, &mut session, QUICK).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled, "after {steps}");
    }
    host.cancel_after.set(None);
    host.progress.borrow_mut().clear();
    let report = full_integer(&host, &mut session, QUICK).unwrap();
    assert_eq!(report.rows.len(), 3);
    let progress = host.progress.borrow();
    let last = progress.last().unwrap();
    assert!(last.done < last.total, "{last:?}");
}

#[test]
fn an_interpreter_is_walked_through() {
    let host = FileHost::new();
    let mut session = calibrated(&host, ModelName::EfficientNetLite0);
    let report = interpreter(&host, &mut session, RIGHT).unwrap();
    let calls: Vec<&str> = report.steps.iter().map(|step| step.call.as_str()).collect();
    for (call, part) in calls.iter().zip([
        "Interpreter(model_path=\"efficientnet_lite0_full_integer.tflite\")",
        "allocate_tensors()",
        "get_input_details()",
        "get_output_details()",
        "(pixels - mean) / std",
        "set_tensor(0, x[np.newaxis])",
        "invoke()",
        "get_tensor(",
        "softmax(",
    ]) {
        assert!(call.contains(part), "{part}: {call}");
    }
    assert!(report.steps.iter().all(|step| !step.is_error));
    assert_eq!(report.calibrated_with, Some((ObserverName::MinMax, 2)));
    assert!(report.steps[2].printed.contains("'dtype': int8"));
    let preparations: Vec<_> = report.outcomes.iter().map(|o| o.preparation).collect();
    assert_eq!(preparations, Preparation::ALL);
    let [right, not_normalized, cast, bytes] = &report.outcomes[..] else {
        panic!("{preparations:?}")
    };
    assert!(
        right.top5[0].label.to_lowercase().contains("cat"),
        "{:?}",
        right.top5
    );
    for wrong in [not_normalized, cast, bytes] {
        assert!(
            wrong.top5[0].probability < right.top5[0].probability
                || wrong.top5[0].index != right.top5[0].index
        );
    }
    // What is cast has lost nearly everything; what was not normalized is white.
    assert!(cast.levels <= 3, "{cast:?}");
    assert!(not_normalized.min > 0.0 && not_normalized.max == 127.0);
    assert_eq!((bytes.min, bytes.max), (-128.0, 127.0));
    let reference = &report.kernels[0];
    assert_eq!(
        (reference.name, reference.equal_photos),
        (KernelName::Reference, 4)
    );
    for row in &report.kernels {
        assert_eq!(
            (row.equal_photos, row.largest_difference),
            (4, 0.0),
            "{row:?}"
        );
    }
}

#[test]
fn bytes_fit_a_uint8_input_and_are_refused_elsewhere() {
    let host = FileHost::new();
    let mut session = calibrated(&host, ModelName::EfficientNetLite0);
    let bytes = InterpreterRequest {
        preparation: Preparation::Bytes,
        ..RIGHT
    };
    let uint8 = InterpreterRequest {
        edges: EdgeType::Uint8,
        ..bytes
    };
    let report = interpreter(&host, &mut session, uint8).unwrap();
    assert!(report.steps.iter().all(|step| !step.is_error));
    // This model's normalization, (x − 127) / 128, is nearly undone by its scale and zero point: 1/128 and 127
    // where the photos reach from 0 to 255.
    let [right, .., bytes_in] = &report.outcomes[..] else {
        panic!("{:?}", report.outcomes)
    };
    assert_eq!(right.top5[0].index, bytes_in.top5[0].index);
    assert!((right.top5[0].probability - bytes_in.top5[0].probability).abs() < 0.05);
    for (request, forced) in [
        (bytes, "x.view(np.int8)"),
        (
            InterpreterRequest {
                precision: Precision::Float32,
                ..bytes
            },
            "x.astype(np.float32)",
        ),
    ] {
        let report = interpreter(&host, &mut session, request).unwrap();
        let refused = report.steps.iter().position(|step| step.is_error).unwrap();
        assert!(report.steps[refused].printed.contains("uint8 was given"));
        assert!(report.steps[refused + 1].call.contains(forced));
        assert!(!report.outcomes.is_empty());
    }
}

#[test]
fn nothing_works_before_memory_is_allocated() {
    let host = FileHost::new();
    let mut session = calibrated(&host, ModelName::MobileNetV2);
    let request = InterpreterRequest {
        precision: Precision::DynamicRange,
        allocates: false,
        ..RIGHT
    };
    let report = interpreter(&host, &mut session, request).unwrap();
    let refused: Vec<_> = report.steps.iter().filter(|step| step.is_error).collect();
    let calls: Vec<_> = refused.iter().map(|step| step.call.as_str()).collect();
    assert_eq!(
        calls,
        [
            "interpreter.set_tensor(0, x[np.newaxis])",
            "interpreter.invoke()"
        ]
    );
    assert!(
        refused
            .iter()
            .all(|step| step.printed.starts_with("NotAllocated: "))
    );
    assert!(report.outcomes.is_empty() && report.kernels.is_empty());
    // The lab goes on.
    let report = interpreter(&host, &mut session, RIGHT).unwrap();
    assert_eq!(report.outcomes.len(), 4);
}
