//! Cells `calibrate` and `arena`, on real weights.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::FileHost;
use octet_lab::Session;
use octet_protocol::{
    ArenaNetwork, ArenaReport, ArenaRequest, CalibrateReport, CalibrateRequest, CalibrationImages,
    ErrorKind, FullIntegerRequest, LabError, ModelName, ObserverName, Precision, RangeFrom,
    RangeOutcome, Report, Request, Verdict, WeightScales,
};

fn calibrate(
    host: &FileHost,
    session: &mut Session,
    layer: &str,
    samples: u32,
    guess: f64,
) -> Result<CalibrateReport, LabError> {
    let request = CalibrateRequest {
        layer: layer.to_owned(),
        samples,
        guess,
    };
    match host.run(session, Request::Calibrate(request))?.report {
        Report::Calibrate(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

fn arena(host: &FileHost, session: &mut Session, network: ArenaNetwork) -> ArenaReport {
    let request = Request::Arena(ArenaRequest { network });
    match host.run(session, request).unwrap().report {
        Report::Arena(report) => *report,
        other => panic!("{other:?}"),
    }
}

fn of(report: &CalibrateReport, from: RangeFrom) -> &RangeOutcome {
    let mut choices = report.choices.iter();
    &choices.find(|choice| choice.from == from).unwrap().outcome
}

const MIN_MAX: RangeFrom = RangeFrom::Observer {
    observer: ObserverName::MinMax,
};

#[test]
fn ranges_grow_and_what_is_assumed_clips() {
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::MobileNetV2);
    let report = calibrate(&host, &mut session, "", 6, 1.0).unwrap();
    // The first layer behind which no ReLU6 stands.
    assert_eq!(report.layer, "features.1.conv.3");
    assert_eq!(report.shape, [1, 112, 112, 16]);
    assert_eq!(report.counts, [1, 2, 4, 6]);
    assert_eq!(report.observed.len(), ObserverName::ALL.len());
    for observed in &report.observed {
        assert_eq!(observed.ranges.len(), report.counts.len());
        assert!(observed.ranges.iter().all(|[low, high]| low < high));
    }
    let min_max = &report.observed[0];
    assert_eq!(min_max.observer, ObserverName::MinMax);
    for pair in min_max.ranges.windows(2) {
        assert!(pair[1][0] <= pair[0][0] && pair[1][1] >= pair[0][1]);
    }
    // Nobody sees more than min–max.
    let [low, high] = *min_max.ranges.last().unwrap();
    for observed in &report.observed {
        let [l, h] = *observed.ranges.last().unwrap();
        assert!(l >= low - 1e-3 && h <= high + 1e-3, "{observed:?}");
    }

    assert_eq!(report.choices.len(), 2 + ObserverName::ALL.len());
    let guess = of(&report, RangeFrom::Guess);
    let calibrated = of(&report, MIN_MAX);
    assert!((guess.scale - 2.0 / 255.0).abs() < 1e-6);
    assert!(guess.clipped > 0.1 && calibrated.clipped < 0.001);
    assert!(guess.layer_db.unwrap() + 10.0 < calibrated.layer_db.unwrap());
    assert!(guess.logits_db.unwrap() + 5.0 < calibrated.logits_db.unwrap());
    assert!(calibrated.agreements > guess.agreements);
    for choice in &report.choices {
        let outcome = &choice.outcome;
        let scale = f64::from(outcome.scale);
        let [low, high] = outcome.range.map(f64::from);
        assert!((high - low - 255.0 * scale).abs() < scale, "{choice:?}");
        assert!((-128..=127).contains(&outcome.zero_point));
        assert!(outcome.agreements <= report.unseen);
    }

    let counts: Vec<_> = report.by_samples.iter().map(|of| of.samples).collect();
    assert_eq!(counts, [1, 4, 6]);
    assert_eq!(report.by_samples.last().unwrap().outcome, *calibrated);
    let images: Vec<_> = report.datasets.iter().map(|of| of.images).collect();
    assert_eq!(
        images,
        [
            CalibrationImages::AllPhotos,
            CalibrationImages::OnePhoto,
            CalibrationImages::Augmented
        ]
    );
    assert!(report.datasets.iter().all(|of| of.samples == 6));
    assert_eq!(report.datasets[0].outcome, *calibrated);
    let counted: u64 = report.histogram.counts.iter().sum();
    assert_eq!(counted, report.values);
}

#[test]
fn the_layer_and_the_assumed_range_are_the_readers() {
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::EfficientNetLite0);
    let names: Vec<String> = match host
        .run(
            &mut session,
            Request::Baseline {
                model: ModelName::EfficientNetLite0,
            },
        )
        .unwrap()
        .report
    {
        Report::Baseline(report) => report.layer_names,
        other => panic!("{other:?}"),
    };
    // Behind the first stands a ReLU6: nothing can be above 6.
    let report = calibrate(&host, &mut session, &names[0], 2, 6.0).unwrap();
    assert_eq!(report.layer, names[0]);
    let [low, high] = report.observed[0].ranges[1];
    assert!(low >= 0.0 && high <= 6.0);
    assert_eq!(of(&report, RangeFrom::Guess).clipped, 0.0);
    let last = names.last().unwrap();
    let report = calibrate(&host, &mut session, last, 1, 1.0).unwrap();
    assert_eq!(
        (report.layer.as_str(), &report.counts[..]),
        (last.as_str(), &[1][..])
    );
    assert_eq!(report.shape, [1, 1000]);
}

#[test]
fn calibrate_refuses_nonsense_and_stops_on_cancel() {
    let host = FileHost::new();
    let error = calibrate(&host, &mut Session::default(), "", 4, 1.0).unwrap_err();
    assert!(error.message.contains("no photos"), "{error}");
    let mut session = host.loaded(ModelName::MobileNetV2);
    for (layer, samples, guess, part) in [
        ("", 0, 1.0, "0 images"),
        ("", 501, 1.0, "501 images"),
        ("features.99", 4, 1.0, "no layer “features.99”"),
        ("", 4, 0.0, "from −0 to 0"),
        ("", 4, f64::NAN, "NaN"),
    ] {
        let error = calibrate(&host, &mut session, layer, samples, guess).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
        assert!(error.message.contains(part), "{error}");
        assert!(!error.remedy.is_empty());
    }
    host.cancel_after.set(Some(2));
    let error = calibrate(&host, &mut session, "", 4, 1.0).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    host.cancel_after.set(None);
    host.progress.borrow_mut().clear();
    calibrate(&host, &mut session, "", 1, 1.0).unwrap();
    let progress = host.progress.borrow();
    let last = progress.last().unwrap();
    assert_eq!(last.done + 1, last.total, "{last:?}");
}

#[test]
fn the_plan_is_that_of_the_files() {
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::MobileNetV2);
    let report = arena(&host, &mut session, ArenaNetwork::Loaded);
    let [float32, int8] = &report.plans[..] else {
        panic!("{} plans", report.plans.len())
    };
    let times = float32.bytes as f64 / int8.bytes as f64;
    assert!((3.9..4.1).contains(&times), "{times}");
    for plan in &report.plans {
        assert!(plan.least_bytes <= plan.bytes && plan.bytes < plan.unshared_bytes);
        assert_eq!(plan.live_bytes.len(), plan.operators.len());
        assert_eq!(plan.live_bytes[plan.peak as usize], plan.least_bytes);
        for (place, a) in plan.tensors.iter().enumerate() {
            assert!(a.offset + a.bytes <= plan.bytes);
            for b in &plan.tensors[..place] {
                let together = a.first <= b.last && b.first <= a.last;
                let apart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
                assert!(!together || apart, "{} and {}", a.name, b.name);
            }
        }
    }
    // With calibrated ranges the file is as long.
    let request = FullIntegerRequest {
        weight_scales: WeightScales::PerChannel,
        observer: ObserverName::MinMax,
        samples: 1,
        runs: 1,
        burn_runs: 0,
    };
    let Report::FullInteger(measured) = host
        .run(&mut session, Request::FullInteger(request))
        .unwrap()
        .report
    else {
        panic!("another report")
    };
    let files = [Precision::Float32, Precision::FullInteger].map(|precision| {
        let mut rows = measured.rows.iter();
        rows.find(|row| row.precision == precision)
            .unwrap()
            .file_bytes
    });
    let loaded = report.needs.iter();
    let loaded = loaded.filter(|need| need.network == ArenaNetwork::Loaded);
    let planned: Vec<_> = loaded.map(|need| need.file_bytes).collect();
    assert_eq!(planned, files);
}

#[test]
fn small_networks_fit_where_large_ones_do_not() {
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::MobileNetV2);
    for network in ArenaNetwork::ALL {
        let report = arena(&host, &mut session, network);
        assert_eq!((report.network, report.plans.len()), (network, 2));
        assert_eq!(report.needs.len(), 2 * ArenaNetwork::ALL.len());
    }
    let report = arena(&host, &mut session, ArenaNetwork::SmallMnist);
    // conv 26×26×16, pool 13×13×16, conv 11×11×32, pool 5×5×32, dense, softmax.
    let int8 = &report.plans[1];
    let names = int8.operators.join(" ");
    assert_eq!(
        names,
        "CONV_2D MAX_POOL_2D CONV_2D MAX_POOL_2D RESHAPE FULLY_CONNECTED SOFTMAX"
    );
    assert_eq!(int8.least_bytes, 26 * 26 * 16 + 13 * 13 * 16);
    let place = |network, precision| {
        let mut needs = report.needs.iter();
        needs
            .position(|need| need.network == network && need.precision == precision)
            .unwrap()
    };
    let verdicts = |place: usize| -> Vec<Verdict> {
        report
            .boards
            .iter()
            .map(|board| board.fits[place].verdict)
            .collect()
    };
    let tiny = verdicts(place(ArenaNetwork::TinyKws, Precision::FullInteger));
    assert_eq!(tiny, vec![Verdict::Yes; report.boards.len()]);
    let large = verdicts(place(ArenaNetwork::Loaded, Precision::Float32));
    assert!(large[..5].iter().all(|verdict| *verdict == Verdict::No));
    assert_eq!(large[5], Verdict::Yes);
    for board in &report.boards {
        assert!(!board.source.is_empty());
        assert!(board.fits.iter().all(|fit| !fit.reason.is_empty()));
    }
}

#[test]
fn arena_needs_the_model() {
    let host = FileHost::new();
    let request = Request::Arena(ArenaRequest {
        network: ArenaNetwork::TinyKws,
    });
    let error = host.run(&mut Session::default(), request).unwrap_err();
    assert!(error.message.contains("baseline"), "{error}");
}
