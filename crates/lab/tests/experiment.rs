//! The eight cells in order, on real weights and photos.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::FileHost;
use octet_lab::{Outcome, Session};
use octet_protocol::{Backend, ErrorKind, ModelName, Precision, Report, Request};

/// Runs cells that must succeed.
fn run(host: &FileHost, session: &mut Session, request: Request) -> Outcome {
    host.run(session, request).unwrap()
}

/// A session on flex whose model has been loaded and quantized.
fn quantized(host: &FileHost) -> Session {
    let mut session = Session::default();
    run(
        host,
        &mut session,
        Request::Setup {
            backend: Backend::Flex,
        },
    );
    run(host, &mut session, Request::Data);
    run(
        host,
        &mut session,
        Request::Baseline {
            model: ModelName::MobileNetV2,
        },
    );
    run(host, &mut session, Request::Quantize);
    session
}

#[test]
fn the_experiment_runs_end_to_end() {
    let host = FileHost::new();
    let mut session = Session::default();
    run(
        &host,
        &mut session,
        Request::Setup {
            backend: Backend::Flex,
        },
    );

    let data = run(&host, &mut session, Request::Data);
    let Report::Data(photos) = data.report else {
        panic!()
    };
    assert_eq!(photos.batch_shape, [4, 224, 224, 3]);
    let sizes: Vec<_> = data
        .attachments
        .iter()
        .map(|pixels| pixels.bytes.len())
        .collect();
    assert_eq!(sizes, [224 * 224 * 4; 4]);

    // The table of `www/models/mobilenet_v2_head.md`, computed with PyTorch.
    let expected = [(285, 0.353), (422, 0.069), (967, 0.799), (540, 0.190)];
    let baseline = run(
        &host,
        &mut session,
        Request::Baseline {
            model: ModelName::MobileNetV2,
        },
    );
    let Report::Baseline(baseline) = baseline.report else {
        panic!()
    };
    assert_eq!(baseline.parameters, 3_487_816);
    assert_eq!(baseline.sanity.top5, baseline.predictions[1].top5);
    for (prediction, (index, probability)) in baseline.predictions.iter().zip(expected) {
        let top = &prediction.top5[0];
        assert_eq!(top.index, index);
        // A JPEG decoder may differ in its last bit, which the rocket shows.
        assert!((top.probability - probability).abs() < 0.005, "{top:?}");
    }
    assert_eq!(baseline.predictions[0].top5[0].label, "Egyptian cat");

    let quantize = run(&host, &mut session, Request::Quantize);
    let Report::Quantize(quantize) = quantize.report else {
        panic!()
    };
    assert_eq!(quantize.layers.len(), 53);
    for layer in &quantize.layers {
        let half_step = layer.scale_max / 2.0;
        assert!(layer.max_abs_error <= half_step * 1.000_1, "{layer:?}");
        assert!(layer.sqnr_db.unwrap() > 30.0, "{layer:?}");
    }

    let size = run(&host, &mut session, Request::Size);
    let Report::Size(size) = size.report else {
        panic!()
    };
    for (file, precision) in size
        .files
        .iter()
        .zip([Precision::Float32, Precision::DynamicRange])
    {
        let handed_over = run(&host, &mut session, Request::ModelFile { precision });
        assert_eq!(handed_over.attachments[0].bytes.len() as u64, file.bytes);
        assert_eq!(handed_over.attachments[0].name, file.file_name);
    }
    assert!(size.ratio > 3.8 && size.ratio < 4.0, "{}", size.ratio);

    let inference = run(&host, &mut session, Request::Inference { runs: 1 });
    let Report::Inference(inference) = inference.report else {
        panic!()
    };
    assert!(
        inference
            .photos
            .iter()
            .all(|p| p.float32_ms > 0.0 && p.dynamic_range_ms > 0.0)
    );
    assert!(inference.dequantize_ms > 0.0 && inference.dequantize_ms < inference.dynamic_range_ms);

    let layers: Vec<_> = inference.kinds.iter().map(|kind| kind.layers).collect();
    assert_eq!(layers, [35, 17, 1]);
    assert!(
        inference
            .kinds
            .iter()
            .all(|kind| kind.float32_ms > 0.0 && kind.dynamic_range_ms > 0.0)
    );

    let accuracy = run(&host, &mut session, Request::Accuracy);
    let Report::Accuracy(accuracy) = accuracy.report else {
        panic!()
    };
    assert_eq!(accuracy.rows.len(), 4);
    for (row, prediction) in accuracy.rows.iter().zip(&baseline.predictions) {
        assert_eq!(row.float32, prediction.top5);
        assert!(row.mse > 0.0 && row.mse < 1e-3, "{row:?}");
        let drift = row.float32[0].probability - row.dynamic_range[0].probability;
        assert!((row.confidence_drift - f64::from(drift)).abs() < 1e-6);
    }

    let visualize = run(&host, &mut session, Request::Visualize);
    let Report::Visualize(visualize) = visualize.report else {
        panic!()
    };
    for (loss, row) in visualize.losses.iter().zip(&accuracy.rows) {
        assert_eq!(loss.percent, 100.0 * row.confidence_drift);
    }
}

#[test]
fn cancel_stops_at_the_next_layer_and_the_lab_goes_on() {
    let host = FileHost::new();
    let mut session = quantized(&host);
    host.progress.borrow_mut().clear();
    host.cancel_after.set(Some(60));
    let error = host
        .run(&mut session, Request::Inference { runs: 100 })
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert_eq!(host.progress.borrow().len(), 61);
    host.cancel_after.set(None);
    run(&host, &mut session, Request::Inference { runs: 1 });
}

#[test]
fn progress_counts_every_step_up_to_the_last() {
    let host = FileHost::new();
    let mut session = quantized(&host);
    host.progress.borrow_mut().clear();
    run(&host, &mut session, Request::Inference { runs: 2 });
    let progress = host.progress.borrow();
    for (position, step) in progress.iter().enumerate() {
        assert_eq!(step.done as usize, position);
        assert_eq!(step.total as usize, progress.len());
    }
    assert_eq!(
        progress.last().unwrap().label,
        "dynamic_range, photo 4 of 4, run 2 of 2, layer 53 of 53"
    );
}

#[test]
fn a_model_that_is_missing_or_cut_short_is_named_and_leaves_the_old_one() {
    let mut host = FileHost::new();
    let mut session = quantized(&host);
    let other = Request::Baseline {
        model: ModelName::EfficientNetLite0,
    };
    let path = "models/efficientnet_lite0.safetensors";

    host.instead.insert(path, None);
    let error = host.run(&mut session, other.clone()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Missing);

    host.instead.insert(path, Some(vec![0; 100]));
    let error = host.run(&mut session, other).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadInput);
    assert!(error.message.contains(path), "{error}");

    run(&host, &mut session, Request::Inference { runs: 1 });
}

#[test]
fn out_of_order_or_out_of_range_requests_are_refused() {
    let host = FileHost::new();
    let mut session = Session::default();
    for request in [
        Request::Quantize,
        Request::Size,
        Request::Accuracy,
        Request::Visualize,
    ] {
        let error = host.run(&mut session, request).unwrap_err();
        assert!(error.remedy.starts_with("Run “"), "{error}");
    }
    for runs in [0, 101] {
        let error = host
            .run(&mut session, Request::Inference { runs })
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
    }
}
