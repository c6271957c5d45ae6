//! The cells of the laboratory against figures that NumPy and PyTorch computed (tests/fixtures/laboratory.py).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::FileHost;
use octet_lab::Session;
use octet_protocol::{
    Backend, Distribution, Granularity, LabError, LayerKind, ModelName, ObserverName, Report,
    Request, RoundingMode, Scheme, SimulateReport, WeightSource, WeightsOf, WeightsReport,
};
use serde_json::Value;

const FIXTURE: &str = include_str!("../../../tests/fixtures/laboratory.json");

const DEFAULT: Scheme = Scheme {
    bits: 8,
    symmetric: false,
    signed: true,
    narrow: false,
    granularity: Granularity::Tensor,
    rounding: RoundingMode::HalfToEven,
    observer: ObserverName::MinMax,
};

fn fixture() -> Value {
    serde_json::from_str(FIXTURE).unwrap()
}

fn drawn(distribution: Distribution, count: u32, sigma: f64, seed: u32) -> WeightSource {
    WeightSource::Drawn {
        distribution,
        count,
        sigma,
        seed,
    }
}

fn run(request: Request) -> Result<Report, LabError> {
    let outcome = FileHost::new().run(&mut Session::default(), request)?;
    Ok(outcome.report)
}

fn simulate(source: WeightSource, scheme: Scheme) -> Result<SimulateReport, LabError> {
    match run(Request::Simulate { source, scheme })? {
        Report::Simulate(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

fn near(name: &str, what: &str, got: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    let allowed = tolerance * expected.abs().max(1e-12);
    assert!(
        (got - expected).abs() <= allowed,
        "{name}: {what} is {got}, NumPy says {expected}"
    );
}

/// The settings of the fixture's cases, in its order.
fn cases() -> [(WeightSource, Scheme); 7] {
    let outliers = || drawn(Distribution::Outliers, 1000, 0.5, 42);
    [
        (drawn(Distribution::Normal, 1000, 0.5, 42), DEFAULT),
        (
            drawn(Distribution::Laplace, 5000, 0.02, 7),
            Scheme {
                bits: 4,
                narrow: true,
                symmetric: true,
                rounding: RoundingMode::HalfAwayFromZero,
                ..DEFAULT
            },
        ),
        (
            drawn(Distribution::Uniform, 777, 1.0, 1),
            Scheme {
                bits: 3,
                signed: false,
                ..DEFAULT
            },
        ),
        (
            outliers(),
            Scheme {
                bits: 4,
                symmetric: true,
                granularity: Granularity::Block { size: 32 },
                ..DEFAULT
            },
        ),
        (
            drawn(Distribution::Bimodal, 2000, 3.0, 99),
            Scheme {
                bits: 16,
                ..DEFAULT
            },
        ),
        (
            outliers(),
            Scheme {
                observer: ObserverName::Histogram,
                ..DEFAULT
            },
        ),
        (
            WeightSource::Pasted {
                text: "0.42 -1.30 0.07 0.91 -0.25 0.0 2.10 -0.66".into(),
            },
            DEFAULT,
        ),
    ]
}

#[test]
fn simulate_agrees_with_numpy() {
    let fixture = fixture();
    let expected = fixture["simulate"].as_array().unwrap();
    assert_eq!(expected.len(), cases().len());
    for (expected, (source, scheme)) in expected.iter().zip(cases()) {
        let name = expected["name"].as_str().unwrap();
        let report = simulate(source, scheme).unwrap();
        // Scales are float32, and their bits are the same.
        near(
            name,
            "scale_min",
            report.scale_min,
            &expected["scale_min"],
            0.0,
        );
        near(
            name,
            "scale_max",
            report.scale_max,
            &expected["scale_max"],
            0.0,
        );
        assert_eq!(
            i64::from(report.groups[0].zero_point),
            expected["zero_point"].as_i64().unwrap(),
            "{name}"
        );
        assert_eq!(report.group_count, expected["groups"].as_u64().unwrap());
        assert_eq!(
            report.levels_used,
            expected["levels_used"].as_u64().unwrap(),
            "{name}"
        );
        assert_eq!(
            report.integer_bytes,
            expected["integer_bytes"].as_u64().unwrap()
        );
        for (what, got) in [
            ("max_abs", report.error.max_abs),
            ("mean_abs", report.error.mean_abs),
            ("mse", report.error.mse),
            ("sqnr_db", report.error.sqnr_db.unwrap()),
            ("cosine", report.error.cosine.unwrap()),
            ("min", report.statistics.min),
            ("max", report.statistics.max),
            ("std", report.statistics.std),
        ] {
            near(name, what, got, &expected[what], 1e-9);
        }
    }
}

#[test]
fn the_defaults_print_what_the_listing_prints() {
    let report = simulate(drawn(Distribution::Normal, 1000, 0.5, 42), DEFAULT).unwrap();
    assert_eq!(format!("{:.6}", report.scale_max), "0.013910");
    assert_eq!(report.groups[0].zero_point, -11);
    assert_eq!(format!("{:.4}", report.statistics.min), "-1.6206");
    assert_eq!(format!("{:.4}", report.statistics.max), "1.9264");
    assert_eq!(format!("{:.6}", report.error.max_abs), "0.006953");
    assert_eq!(format!("{:.6}", report.error.mean_abs), "0.003493");
    assert_eq!(format!("{:.6}", report.bound), "0.006955");
    assert_eq!((report.float_bytes, report.integer_bytes), (4000, 1000));
    assert_eq!(report.clipped, 0);
    assert_eq!(report.integers.counts.iter().sum::<u64>(), 1000);
    assert_eq!(report.errors.counts.iter().sum::<u64>(), 1000);
    assert_eq!(report.points.len(), 1000);
    assert_eq!(report.formats.len(), 7);
}

#[test]
fn every_observer_and_rounding_gives_figures() {
    for observer in ObserverName::ALL {
        for rounding in [
            RoundingMode::HalfToEven,
            RoundingMode::HalfAwayFromZero,
            RoundingMode::Stochastic { seed: 1 },
        ] {
            let scheme = Scheme {
                bits: 4,
                observer,
                rounding,
                ..DEFAULT
            };
            let report = simulate(drawn(Distribution::Outliers, 10_000, 0.5, 42), scheme).unwrap();
            assert!(report.error.sqnr_db.unwrap() > 1.0, "{observer:?}");
            if observer == ObserverName::MinMax {
                assert_eq!(report.clipped, 0);
            }
        }
    }
    let clipped = |observer| {
        let scheme = Scheme {
            bits: 4,
            observer,
            ..DEFAULT
        };
        simulate(drawn(Distribution::Outliers, 10_000, 0.5, 42), scheme).unwrap()
    };
    let best = clipped(ObserverName::Mse);
    assert!(best.clipped > 0);
    for observer in ObserverName::ALL {
        assert!(
            best.error.mse <= clipped(observer).error.mse * 1.01,
            "{observer:?}"
        );
    }
}

#[test]
fn degenerate_weights_have_figures_too() {
    for text in [
        "5",
        "0",
        "0 0 0",
        "-2 -2 -2 -2",
        "1e-44",
        "1e38 -1e38",
        "1e-30 1e-31",
    ] {
        for bits in [2, 8, 16] {
            let source = WeightSource::Pasted { text: text.into() };
            let report = simulate(source, Scheme { bits, ..DEFAULT }).unwrap();
            assert!(report.error.max_abs.is_finite(), "{text}");
            assert!(report.histogram.lo < report.histogram.hi, "{text}");
            assert_eq!(report.clipped, 0, "{text}");
        }
    }
}

#[test]
fn what_cannot_be_quantized_is_named() {
    let pasted = |text: &str| WeightSource::Pasted { text: text.into() };
    for (source, scheme, part) in [
        (pasted("1 x"), DEFAULT, "line 1, column 3"),
        (pasted("1 nan"), DEFAULT, "not a finite number"),
        (pasted(""), DEFAULT, "no numbers"),
        (
            pasted("1"),
            Scheme {
                bits: 17,
                ..DEFAULT
            },
            "17 bits",
        ),
        (pasted("1"), Scheme { bits: 1, ..DEFAULT }, "1 bits"),
        (
            pasted("1"),
            Scheme {
                granularity: Granularity::Channel { axis: 1 },
                ..DEFAULT
            },
            "no axis 1",
        ),
        (
            pasted("1"),
            Scheme {
                granularity: Granularity::Block { size: 0 },
                ..DEFAULT
            },
            "block of 0",
        ),
        (
            WeightSource::Layer { name: "x".into() },
            DEFAULT,
            "“baseline”",
        ),
        (
            drawn(Distribution::Normal, 0, 0.5, 42),
            DEFAULT,
            "0 weights",
        ),
        (
            drawn(Distribution::Normal, 1, f64::NAN, 42),
            DEFAULT,
            "NaN is no standard deviation",
        ),
    ] {
        let error = simulate(source, scheme).unwrap_err();
        assert!(error.message.contains(part), "{error}");
        assert!(!error.remedy.is_empty());
    }
}

#[test]
fn lab03_agrees_with_numpy() {
    let report = weights(&mut Session::default(), WeightsOf::Lab03);
    let expected = &fixture()["lab03"];
    let same = |what, got, expected| near("lab03", what, got, expected, 1e-12);
    assert_eq!(report.statistics.count, expected["count"].as_u64().unwrap());
    near(
        "lab03",
        "mean",
        report.statistics.mean,
        &expected["mean"],
        1e-11,
    );
    near(
        "lab03",
        "std",
        report.statistics.std,
        &expected["std"],
        1e-12,
    );
    same("min", report.statistics.min, &expected["min"]);
    same("max", report.statistics.max, &expected["max"]);
    for (i, got) in report.percentiles.into_iter().enumerate() {
        same("percentile", got, &expected["percentiles"][i]);
    }
    same("within ±0.1", report.within_0_1, &expected["within_0_1"]);
    same("within ±0.5", report.within_0_5, &expected["within_0_5"]);
    // As the listing prints them.
    assert_eq!(format!("{:.6}", report.statistics.mean), "-0.001570");
    assert_eq!(format!("{:.6}", report.percentiles[2]), "-0.000886");
    assert_eq!(report.layers.len(), 3);
    for (i, layer) in report.layers.iter().enumerate() {
        let sqnr = layer.sqnr_per_tensor.unwrap();
        near(
            &layer.name,
            "SQNR",
            sqnr,
            &expected["sqnr_per_layer"][i],
            1e-9,
        );
        // One channel: both are the same.
        assert_eq!(layer.sqnr_per_channel, layer.sqnr_per_tensor);
    }
    assert_eq!(report.occupancy_per_tensor.iter().sum::<u64>(), 10_500);
}

fn weights(session: &mut Session, of: WeightsOf) -> WeightsReport {
    let outcome = FileHost::new()
        .run(session, Request::Weights { of })
        .unwrap();
    match outcome.report {
        Report::Weights(report) => report,
        other => panic!("{other:?}"),
    }
}

#[test]
fn sizes_agree_with_pytorch() {
    for expected in fixture()["sizes"].as_array().unwrap() {
        let name = expected["name"].as_str().unwrap();
        let layers = match name {
            "tiny_kws" => include_str!("../../../www/networks/tiny_kws.txt"),
            "mobilenet_like" => include_str!("../../../www/networks/mobilenet_like.txt"),
            "small_mnist" => include_str!("../../../www/networks/small_mnist.txt"),
            other => panic!("{other}"),
        };
        let request = Request::Sizes {
            title: name.into(),
            layers: layers.into(),
        };
        let Report::Sizes(report) = run(request).unwrap() else {
            panic!("not a sizes report");
        };
        assert_eq!(
            report.inferred,
            expected["parameters"].as_u64().unwrap(),
            "{name}"
        );
        assert_eq!(
            report.biases,
            expected["biases"].as_u64().unwrap(),
            "{name}"
        );
    }
}

#[test]
fn layers_of_the_model_are_weights_like_any_others() {
    let host = FileHost::new();
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
    let all = weights(&mut session, WeightsOf::All);
    assert_eq!(all.layers.len(), 53);
    assert_eq!(
        all.statistics.count,
        all.layers
            .iter()
            .map(|layer| layer.statistics.count)
            .sum::<u64>()
    );
    assert!(all.layers.iter().all(|layer| layer.range_used <= 1.0));
    let mut layers = all.layers.iter();
    let depthwise = layers.find(|layer| layer.kind == Some(LayerKind::Depthwise));

    let layer = |name: &str| WeightSource::Layer { name: name.into() };
    let per = |granularity, session: &mut Session| {
        let request = Request::Simulate {
            source: layer(&depthwise.unwrap().name),
            scheme: Scheme {
                symmetric: true,
                narrow: true,
                granularity,
                ..DEFAULT
            },
        };
        match host.run(session, request).unwrap().report {
            Report::Simulate(report) => *report,
            other => panic!("{other:?}"),
        }
    };
    let tensor = per(Granularity::Tensor, &mut session);
    let channel = per(Granularity::Channel { axis: 0 }, &mut session);
    assert_eq!(tensor.shape, [32, 1, 3, 3]);
    assert_eq!((tensor.group_count, channel.group_count), (1, 32));
    // Channels of a depthwise layer differ a lot: this is why MobileNets want a scale a channel.
    assert!(channel.error.sqnr_db > tensor.error.sqnr_db);

    let unknown = Request::Explorer {
        source: layer("no such layer"),
    };
    let error = host.run(&mut session, unknown).unwrap_err();
    assert!(
        error.message.contains("no layer “no such layer”"),
        "{error}"
    );
    // The classifier has 1,280,000 weights.
    let request = Request::Explorer {
        source: layer(&all.layers.last().unwrap().name),
    };
    let outcome = host.run(&mut session, request).unwrap();
    assert_eq!(outcome.attachments[0].bytes.len(), 400_000);

    let outcome = host.run(&mut session, Request::Reference).unwrap();
    let Report::Reference(reference) = outcome.report else {
        panic!("not a reference report");
    };
    assert_eq!(
        reference.model_title.as_deref(),
        Some("MobileNetV2 1.0/224")
    );
    assert!(reference.types.iter().all(|row| row.bytes.is_none()));
}
