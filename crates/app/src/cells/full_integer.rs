//! Cell `full-integer`: three precisions side by side.

use octet_protocol::{
    Class, FullIntegerPhoto, FullIntegerReport, FullIntegerRequest, FullIntegerRow, OperatorTimes,
    Precision, Request, TensorDetails,
};

use super::{
    CellId, Control, ControlKind, Spec, always,
    integers::{
        self, SAMPLES, WEIGHT_SCALES, hue, mean_and_spread, precision_in_words,
        weight_scales_in_words,
    },
    scheme::{OBSERVER, observer, observer_in_words, whole},
};
use crate::{
    charts::{
        amounts::{self, Amounts},
        boxes::{self, Timed},
        figure::Figure,
        notation,
    },
    format, prose,
    table::{self, Column},
    view::CellView,
};

const RUNS: Control = Control {
    name: "runs",
    label: "timed runs",
    is_shown: always,
    kind: ControlKind::Number {
        min: 1,
        max: 1000,
        default: "100",
    },
};

const BURN_RUNS: Control = Control {
    name: "burn_runs",
    label: "timed runs on Burn",
    is_shown: always,
    kind: ControlKind::Number {
        min: 0,
        max: 20,
        default: "3",
    },
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "full-integer",
    title: "Integers all the way",
    needs: |_| &[CellId::Baseline],
    controls: &[WEIGHT_SCALES, OBSERVER, SAMPLES, RUNS, BURN_RUNS],
    prose: prose::FULL_INTEGER,
    request: |values| {
        Ok(Request::FullInteger(FullIntegerRequest {
            weight_scales: integers::weight_scales(values),
            observer: observer(values),
            samples: whole(values, &SAMPLES)?,
            runs: whole(values, &RUNS)?,
            burn_runs: whole(values, &BURN_RUNS)?,
        }))
    },
};

const COLUMNS: [Column; 8] = [
    Column::text("model"),
    Column::figure("file, MB"),
    Column::figure("arena, MB"),
    Column::figure("same class"),
    Column::figure("drift, points"),
    Column::figure("MSE"),
    Column::figure("mean ± s, ms"),
    Column::figure("runs"),
];

const PHOTO_COLUMNS: [Column; 4] = [
    Column::text("photo"),
    Column::float32("float32"),
    Column::int8("dynamic range"),
    Column::int8("full integer"),
];

const OPERATOR_COLUMNS: [Column; 4] = [
    Column::text("operators"),
    Column::float32("float32, ms"),
    Column::int8("dynamic range, ms"),
    Column::int8("full integer, ms"),
];

const TIME_COLUMNS: [Column; 8] = [
    Column::text("model"),
    Column::figure("shortest"),
    Column::figure("lower quartile"),
    Column::figure("median"),
    Column::figure("upper quartile"),
    Column::figure("longest"),
    Column::figure("mean"),
    Column::figure("s"),
];

const SIZE_COLUMNS: [Column; 3] = [
    Column::text("model"),
    Column::figure("file, bytes"),
    Column::figure("arena, bytes"),
];

/// The printed text.
pub fn print(report: &FullIntegerReport) -> String {
    let mut out = format!(
        "{}\ncalibrated on {}\nobserver {}, weight scales {}\n{}\n\n",
        report.model.title(),
        images(report),
        observer_in_words(report.observer),
        weight_scales_in_words(report.weight_scales),
        integers::used_in_words(&report.kernels),
    );
    out.push_str(&edge("input", &report.input));
    out.push_str(&edge("output", &report.output));
    let calibrated = if report.calibrate_ms > 0.0 {
        format!("in {}", format::duration(report.calibrate_ms))
    } else {
        "by an earlier run".to_owned()
    };
    out.push_str(&format!(
        "\n{} ranges observed {calibrated}\nquantized and written in {}\n",
        report.observed,
        format::duration(report.convert_ms)
    ));
    let engine = |precision: Precision| {
        let mut rows = report.rows.iter();
        rows.find(move |row| row.precision == precision && row.backend.is_none())
    };
    let (Some(float), Some(integer)) = (engine(Precision::Float32), engine(Precision::FullInteger))
    else {
        return out;
    };
    let megabytes = |bytes: u64| format!("{:.2}", bytes as f64 / 1e6);
    let mut ratio = |name: &str, unit: &str, before: f64, after: f64, texts: [String; 2]| {
        let times = if after > 0.0 { before / after } else { 0.0 };
        let [from, to] = texts;
        out.push_str(&format!(
            "\n{name:<8}{from:>8} → {to:>6} {unit}  ({times:.1}×)"
        ));
    };
    ratio(
        "file",
        "MB",
        float.file_bytes as f64,
        integer.file_bytes as f64,
        [float, integer].map(|row| megabytes(row.file_bytes)),
    );
    let arena = |row: &FullIntegerRow| row.arena_bytes.unwrap_or(0);
    ratio(
        "arena",
        "MB",
        arena(float) as f64,
        arena(integer) as f64,
        [float, integer].map(|row| megabytes(arena(row))),
    );
    ratio(
        "latency",
        "ms",
        float.latency.median_ms,
        integer.latency.median_ms,
        [float, integer].map(|row| notation::plain(row.latency.median_ms, 2)),
    );
    out
}

/// `32 images: 4 photos and 28 crops of them`.
fn images(report: &FullIntegerReport) -> String {
    let count = |n: u32, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let photos = report.photos.min(report.samples);
    let of_all = match report.photos - photos {
        0 => String::new(),
        _ => format!(" of {}", report.photos),
    };
    match report.samples - photos {
        0 => format!("{}{of_all}", count(photos, "photo")),
        crops => format!(
            "{}: {} and {} of {}",
            count(report.samples, "image"),
            count(photos, "photo"),
            count(crops, "crop"),
            if photos == 1 { "it" } else { "them" }
        ),
    }
}

/// `input   int8, scale 0.018658, zero point −14`.
fn edge(name: &str, details: &TensorDetails) -> String {
    let quantization = match (details.scales.first(), details.zero_points.first()) {
        (Some(scale), Some(zero_point)) => format!(
            ", scale {}, zero point {}",
            notation::figure(f64::from(*scale), 6),
            notation::whole(i64::from(*zero_point))
        ),
        _ => String::new(),
    };
    let shape = format::shape(&details.shape);
    format!("{name:<7} {shape} {}{quantization}\n", details.dtype)
}

/// `full integer, engine`.
fn name(row: &FullIntegerRow) -> String {
    let precision = precision_in_words(row.precision);
    match row.backend {
        Some(backend) => format!("{precision}, Burn {}", backend.name()),
        None => precision.to_owned(),
    }
}

fn line(row: &FullIntegerRow, photos: u32) -> Vec<String> {
    let megabytes = |bytes: u64| format!("{:.2}", bytes as f64 / 1e6);
    vec![
        name(row),
        megabytes(row.file_bytes),
        row.arena_bytes.map_or("–".to_owned(), megabytes),
        format!("{} of {photos}", row.agreements),
        notation::plain(row.mean_abs_drift * 100.0, 2),
        notation::figure(row.mse, 9),
        mean_and_spread(&row.latency),
        row.latency.runs.to_string(),
    ]
}

fn photo_line(photo: &FullIntegerPhoto) -> Vec<String> {
    let seen = |class: &Class| format!("{} {}", class.label, format::percent(class.probability));
    vec![
        photo.title.clone(),
        seen(&photo.float32),
        seen(&photo.dynamic_range),
        seen(&photo.full_integer),
    ]
}

fn operator_line(times: &OperatorTimes) -> Vec<String> {
    let figures = [
        times.float32_ms,
        times.dynamic_range_ms,
        times.full_integer_ms,
    ];
    // Not every model has every operator.
    let figure = |ms: f64| match ms {
        0.0 => "–".to_owned(),
        ms => notation::plain(ms, 2),
    };
    let figures = figures.map(figure);
    [vec![times.operator.clone()], figures.to_vec()].concat()
}

/// Draws the report.
pub fn draw(report: &FullIntegerReport, view: &CellView) {
    view.print(&print(report));
    let rows: Vec<_> = report
        .rows
        .iter()
        .map(|row| line(row, report.photos))
        .collect();
    let photos: Vec<_> = report.predictions.iter().map(photo_line).collect();
    let operators: Vec<_> = report.operators.iter().map(operator_line).collect();
    view.show_results(&[
        &table::scrolling(
            "Against float32 on the engine; s is the standard deviation",
            &COLUMNS,
            &rows,
        ),
        &table::scrolling(
            "Each photo’s likeliest class and its confidence",
            &PHOTO_COLUMNS,
            &photos,
        ),
        &table::scrolling(
            "Where the time of one run on the engine goes, median; each operator timed on its own",
            &OPERATOR_COLUMNS,
            &operators,
        ),
    ]);
    view.add_figures(vec![latency_figure(report), size_figure(report)]);
}

fn latency_figure(report: &FullIntegerReport) -> Figure {
    let engine: Vec<_> = report
        .rows
        .iter()
        .filter(|row| row.backend.is_none())
        .collect();
    let words: Vec<_> = engine
        .iter()
        .map(|row| {
            let latency = &row.latency;
            format!(
                "{}: half of the runs between {:.2} and {:.2} ms, median {:.2} ms",
                name(row),
                latency.q1_ms,
                latency.q3_ms,
                latency.median_ms
            )
        })
        .collect();
    let words = format!("A box plot of latencies. {}.", words.join("; "));
    let lines: Vec<_> = engine
        .iter()
        .map(|row| {
            let latency = &row.latency;
            let figures = [
                latency.min_ms,
                latency.q1_ms,
                latency.median_ms,
                latency.q3_ms,
                latency.max_ms,
                latency.mean_ms,
                latency.std_ms,
            ];
            let figures = figures.map(|ms| notation::plain(ms, 2));
            [vec![name(row)], figures.to_vec()].concat()
        })
        .collect();
    let timed: Vec<_> = engine
        .iter()
        .map(|row| Timed {
            name: name(row),
            hue: hue(row.precision),
            latency: row.latency,
        })
        .collect();
    let first = engine.first().map(|row| row.latency);
    let subtitle = format!(
        "{}, {} runs each, after {} that do not count",
        report.model.title(),
        first.map_or(0, |latency| latency.runs),
        first.map_or(0, |latency| latency.warm_ups)
    );
    Figure::new(
        "latency",
        &words,
        "The box holds the middle half of the runs, the line reaches from the shortest to the longest. The models ran in turn, so that a processor which changes its pace does so to all.",
        &table::scrolling("Milliseconds of one run", &TIME_COLUMNS, &lines),
        move |canvas| boxes::paint(canvas, "Latency on the engine", &subtitle, &timed),
    )
}

fn size_figure(report: &FullIntegerReport) -> Figure {
    let engine: Vec<_> = report
        .rows
        .iter()
        .filter_map(|row| Some((row, row.arena_bytes?)))
        .collect();
    let words: Vec<_> = engine
        .iter()
        .map(|(row, arena)| {
            format!(
                "{}: file {}, arena {}",
                name(row),
                format::megabytes(row.file_bytes),
                format::megabytes(*arena)
            )
        })
        .collect();
    let words = format!("Bars of file and arena. {}.", words.join("; "));
    let lines: Vec<_> = engine
        .iter()
        .map(|(row, arena)| {
            vec![
                name(row),
                format::grouped(row.file_bytes),
                format::grouped(*arena),
            ]
        })
        .collect();
    let bars: Vec<_> = engine
        .iter()
        .map(|(row, arena)| Amounts {
            name: name(row),
            hue: hue(row.precision),
            bars: [row.file_bytes, *arena]
                .map(|bytes| (bytes as f64 / 1e6, format::megabytes(bytes))),
        })
        .collect();
    let subtitle = report.model.title().to_owned();
    Figure::new(
        "memory",
        &words,
        "Weights are in the file; the arena holds what is computed on the way and is used over and over.",
        &table::scrolling("Bytes of file and arena", &SIZE_COLUMNS, &lines),
        move |canvas| {
            let bars_are = ["file", "arena"];
            amounts::paint(canvas, "File and arena", &subtitle, ("MB", bars_are), &bars)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{
        Backend, KernelName, KernelsUsed, Latency, ModelName, ObserverName, WeightScales,
    };

    fn row(precision: Precision, backend: Option<Backend>, ms: f64, bytes: u64) -> FullIntegerRow {
        FullIntegerRow {
            precision,
            backend,
            file_bytes: bytes,
            arena_bytes: backend.is_none().then_some(bytes / 2),
            agreements: 3,
            mean_abs_drift: 0.0123,
            mse: 4.5e-7,
            latency: Latency {
                runs: 100,
                warm_ups: 10,
                mean_ms: ms,
                std_ms: 0.5,
                min_ms: ms - 1.0,
                q1_ms: ms - 0.5,
                median_ms: ms,
                q3_ms: ms + 0.5,
                max_ms: ms + 2.0,
            },
        }
    }

    fn details(dtype: &str) -> TensorDetails {
        TensorDetails {
            name: "input".to_owned(),
            index: 0,
            shape: vec![1, 224, 224, 3],
            dtype: dtype.to_owned(),
            scales: vec![0.018_658],
            zero_points: vec![-14],
            axis: 0,
        }
    }

    fn report() -> FullIntegerReport {
        FullIntegerReport {
            model: ModelName::MobileNetV2,
            weight_scales: WeightScales::PerChannel,
            observer: ObserverName::MinMax,
            samples: 32,
            photos: 4,
            observed: 66,
            calibrate_ms: 2410.0,
            convert_ms: 310.0,
            kernels: KernelsUsed {
                name: KernelName::Simd128,
                dot: None,
            },
            input: details("int8"),
            output: details("int8"),
            rows: vec![
                row(Precision::Float32, None, 20.0, 14_000_000),
                row(Precision::FullInteger, None, 5.0, 3_500_000),
                row(Precision::Float32, Some(Backend::Flex), 150.0, 14_000_000),
            ],
            predictions: Vec::new(),
            operators: Vec::new(),
        }
    }

    #[test]
    fn prints_what_was_done_and_gained() {
        let text = print(&report());
        for part in [
            "calibrated on 32 images: 4 photos and 28 crops of them\nobserver min–max, weight scales per channel\nSIMD kernels\n",
            "input   (1, 224, 224, 3) int8, scale 0.018658, zero point \u{2212}14\n",
            "66 ranges observed in 2.41 s\nquantized and written in 0.31 s\n",
            "\nfile       14.00 →   3.50 MB  (4.0×)",
            "\narena       7.00 →   1.75 MB  (4.0×)",
            "\nlatency    20.00 →   5.00 ms  (4.0×)",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn says_which_images_were_used() {
        let mut report = report();
        report.samples = 1;
        assert_eq!(images(&report), "1 photo of 4");
        report.samples = 4;
        assert_eq!(images(&report), "4 photos");
        (report.samples, report.photos) = (2, 1);
        assert_eq!(images(&report), "2 images: 1 photo and 1 crop of it");
        report.calibrate_ms = 0.0;
        assert!(print(&report).contains("observed by an earlier run"));
    }

    #[test]
    fn a_row_says_what_ran_where() {
        let report = report();
        assert_eq!(
            line(&report.rows[1], 4),
            [
                "full integer",
                "3.50",
                "1.75",
                "3 of 4",
                "1.23",
                "4.500e\u{2212}7",
                "5.00 ± 0.50",
                "100"
            ]
        );
        let burn = line(&report.rows[2], 4);
        assert_eq!(
            (burn[0].as_str(), burn[2].as_str()),
            ("float32, Burn flex", "–")
        );
        assert_eq!(burn[6], "150.0 ± 0.5");
    }
}
