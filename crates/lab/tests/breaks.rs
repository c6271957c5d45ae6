//! Cells `sweep` and `sensitivity`, on real weights and the real engine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::FileHost;
use octet_lab::Session;
use octet_protocol::{
    ErrorKind, LabError, LayerKind, LayerPart, LayerSensitivity, ModelName, Report, Request,
    SensitivityReport, SensitivityRequest, SweepPoint, SweepReport, SweepRequest, WeightScales,
};

const FEW: SweepRequest = SweepRequest { crops: 4 };
const ONE_SCALE: SensitivityRequest = SensitivityRequest {
    bits: 8,
    weight_scales: WeightScales::PerTensor,
    quantized: LayerPart::Weights,
    crops: 0,
};

fn sweep(
    host: &FileHost,
    session: &mut Session,
    request: SweepRequest,
) -> Result<SweepReport, LabError> {
    match host.run(session, Request::Sweep(request))?.report {
        Report::Sweep(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

fn sensitivity(
    host: &FileHost,
    session: &mut Session,
    request: SensitivityRequest,
) -> Result<SensitivityReport, LabError> {
    match host.run(session, Request::Sensitivity(request))?.report {
        Report::Sensitivity(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

fn at(report: &SweepReport, bits: u32, scales: WeightScales) -> SweepPoint {
    let mut points = report.points.iter();
    let found = points.find(|point| point.bits == bits && point.weight_scales == scales);
    *found.unwrap()
}

#[test]
fn mobilenet_collapses_per_tensor_and_not_per_channel() {
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::MobileNetV2);
    let report = sweep(&host, &mut session, FEW).unwrap();
    assert_eq!((report.photos, report.crops), (4, 4));
    assert_eq!(report.points.len(), 14);
    let channel = at(&report, 8, WeightScales::PerChannel);
    let tensor = at(&report, 8, WeightScales::PerTensor);
    assert!(channel.distance.agreements >= 6, "{channel:?}");
    assert!(channel.distance.sqnr_db.unwrap() > 9.0, "{channel:?}");
    assert!(channel.distance.mean_abs_drift < 0.1, "{channel:?}");
    assert!(tensor.distance.agreements <= 1, "{tensor:?}");
    assert!(tensor.distance.sqnr_db.unwrap() < 3.0, "{tensor:?}");
    let two = at(&report, 2, WeightScales::PerChannel);
    assert!(two.distance.agreements <= 1, "{two:?}");
    // Each bit less is nearly 3.5 million bits less.
    for scales in [WeightScales::PerChannel, WeightScales::PerTensor] {
        for bits in 3..=8 {
            let saved = at(&report, bits, scales).file_bytes;
            let saved = saved - at(&report, bits - 1, scales).file_bytes;
            assert!((430_000..440_000).contains(&saved), "{bits} bits: {saved}");
        }
    }
    let scales = channel.file_bytes - tensor.file_bytes;
    assert!((60_000..75_000).contains(&scales), "{scales}");
    let times = report.float32_bytes as f64 / channel.file_bytes as f64;
    assert!((3.7..4.0).contains(&times), "{times}");

    // A seed decides on the crops.
    assert_eq!(
        sweep(&host, &mut session, FEW).unwrap().points,
        report.points
    );
    one_layer_at_a_time(&host, &mut session);
}

/// Loading takes longer than measuring, so this shares the lab.
fn one_layer_at_a_time(host: &FileHost, session: &mut Session) {
    let report = sensitivity(host, session, ONE_SCALE).unwrap();
    let db = |layer: &LayerSensitivity| layer.distance.sqnr_db.unwrap_or(f64::INFINITY);
    assert_eq!(report.layers.len(), 53);
    let names: Vec<_> = report.layers.iter().map(|layer| &layer.name).collect();
    assert_eq!(
        (names[0].as_str(), names[52].as_str()),
        ("features.0.0", "classifier")
    );
    let weights: u64 = report.layers.iter().map(|layer| layer.weights).sum();
    assert_eq!(weights, 3_469_760);
    // The first depthwise convolution, and the one that widens 16 channels to 96.
    let broken = report.layers.iter().filter(|layer| db(layer) < 10.0);
    let broken: Vec<_> = broken.map(|layer| layer.name.as_str()).collect();
    assert_eq!(broken, ["features.1.conv.0", "features.2.conv.0"]);
    assert_eq!(report.layers[1].kind, LayerKind::Depthwise);
    assert!(db(&report.layers[52]) > 25.0);
    assert!(report.together.sqnr_db.unwrap() < 3.0);

    // With a scale a channel all are better, and their noises add up to what all together do.
    let per_channel = SensitivityRequest {
        weight_scales: WeightScales::PerChannel,
        ..ONE_SCALE
    };
    let fine = sensitivity(host, session, per_channel).unwrap();
    assert!(fine.layers.iter().all(|layer| db(layer) > 10.0));
    let noise: f64 = fine
        .layers
        .iter()
        .map(|layer| 10_f64.powf(-db(layer) / 10.0))
        .sum();
    let (expected, measured) = (-10.0 * noise.log10(), fine.together.sqnr_db.unwrap());
    assert!((expected - measured).abs() < 6.0, "{expected} {measured}");

    // Rounded outputs come on top.
    let both = SensitivityRequest {
        quantized: LayerPart::WeightsAndOutput,
        ..per_channel
    };
    let both = sensitivity(host, session, both).unwrap();
    let worse = both
        .layers
        .iter()
        .zip(&fine.layers)
        .filter(|(a, b)| db(a) < db(b));
    assert!(worse.count() > 40);
    assert!(both.together.sqnr_db < fine.together.sqnr_db);

    // Fewer bits, more noise.
    let coarse = SensitivityRequest {
        bits: 4,
        ..per_channel
    };
    let coarse = sensitivity(host, session, coarse).unwrap();
    let worse = coarse
        .layers
        .iter()
        .zip(&fine.layers)
        .filter(|(a, b)| db(a) < db(b));
    assert!(worse.count() > 50);
}

#[test]
fn efficientnet_survives_one_scale_and_other_photos_count() {
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::EfficientNetLite0);
    let report = sweep(&host, &mut session, SweepRequest { crops: 0 }).unwrap();
    assert_eq!((report.photos, report.crops), (4, 0));
    let tensor = at(&report, 8, WeightScales::PerTensor);
    assert!(tensor.distance.agreements >= 3, "{tensor:?}");
    assert!(tensor.distance.sqnr_db.unwrap() > 4.0, "{tensor:?}");
}

#[test]
fn out_of_bounds_out_of_order_and_cancelled() {
    let host = FileHost::new();
    let error = sweep(&host, &mut Session::default(), FEW).unwrap_err();
    assert!(error.message.contains("baseline"), "{error}");
    let error = sensitivity(&host, &mut Session::default(), ONE_SCALE).unwrap_err();
    assert!(error.message.contains("baseline"), "{error}");

    let mut session = host.loaded(ModelName::MobileNetV2);
    let error = sweep(&host, &mut session, SweepRequest { crops: 1000 }).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadInput);
    assert!(error.message.contains("1000 crops"), "{error}");
    for bits in [0, 1, 9, 32] {
        let request = SensitivityRequest { bits, ..ONE_SCALE };
        let error = sensitivity(&host, &mut session, request).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
        assert!(error.message.contains(&format!("{bits} bits")), "{error}");
    }
    for steps in [0, 3, 10] {
        host.cancel_after.set(Some(steps));
        let error = sweep(&host, &mut session, FEW).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled);
        host.cancel_after.set(Some(steps));
        let error = sensitivity(&host, &mut session, ONE_SCALE).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled);
    }
    host.cancel_after.set(None);
    host.progress.borrow_mut().clear();
    sensitivity(&host, &mut session, ONE_SCALE).unwrap();
    let progress = host.progress.borrow();
    let last = progress.last().unwrap();
    assert_eq!(last.done + 1, last.total, "{last:?}");
}
