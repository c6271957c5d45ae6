//! Cell `simulate`: quantize some weights and see what is lost.

use octet_protocol::{
    FormatRow, Granularity, GroupParams, LossFigures, Request, RoundingMode, Scheme, SimulateReport,
};

use super::{Spec, scheme};
use crate::{
    charts::{
        Hue, bins,
        figure::Figure,
        histogram::{self, Marks},
        lines,
        notation::{figure, interval, plain, whole},
        scatter,
    },
    format, prose,
    table::{self, Column},
    view::CellView,
};

/// A table of a chart has at most so many rows.
const MOST_ROWS: usize = 300;
/// So many weights are listed below the scatter plot.
const LISTED: usize = 50;

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "simulate",
    title: "Quantize some weights",
    needs: scheme::needs,
    controls: &[
        scheme::SOURCE,
        scheme::COUNT,
        scheme::SIGMA,
        scheme::SEED,
        scheme::LAYER,
        scheme::PASTED,
        scheme::BITS,
        scheme::SYMMETRY,
        scheme::SIGNED,
        scheme::NARROW,
        scheme::GRANULARITY,
        scheme::AXIS,
        scheme::BLOCK,
        scheme::OBSERVER,
        scheme::ROUNDING,
        scheme::ROUNDING_SEED,
    ],
    prose: prose::SIMULATE,
    request: |values| {
        Ok(Request::Simulate {
            source: scheme::source(values)?,
            scheme: scheme::scheme(values)?,
        })
    },
};

const GROUP_COLUMNS: [Column; 5] = [
    Column::text("group"),
    Column::figure("scale"),
    Column::figure("zero point"),
    Column::float32("weights"),
    Column::int8("integers stand for"),
];
const FORMAT_COLUMNS: [Column; 6] = [
    Column::text("format"),
    Column::figure("bits a weight"),
    Column::figure("bytes"),
    Column::figure("max error"),
    Column::figure("mean error"),
    Column::figure("SQNR, dB"),
];
const WEIGHT_COLUMNS: [Column; 2] = [Column::text("weight"), Column::figure("how many")];
const INTEGER_COLUMNS: [Column; 2] = [Column::text("integer"), Column::figure("how many")];
const ERROR_COLUMNS: [Column; 2] = [Column::text("error"), Column::figure("how many")];
const POINT_COLUMNS: [Column; 3] = [
    Column::float32("weight w"),
    Column::int8("ŵ"),
    Column::figure("error ŵ − w"),
];

/// The printed text.
pub fn print(report: &SimulateReport) -> String {
    let count = weights(report.statistics.count);
    let mut lines = vec![report.title.clone()];
    if report.shape.len() > 1 {
        lines.push(format!("{count}, shape {}", format::shape(&report.shape)));
    }
    lines.push(String::new());
    lines.extend(scheme_in_words(report));
    lines.push(String::new());

    let mut row = |name: &str, text: String| lines.push(format!("{name:<18}  {text}"));
    let (lo, hi) = stands_for(report);
    let shown = if report.group_count > report.groups.len() as u64 {
        format!(" (first {} scales)", report.groups.len())
    } else {
        String::new()
    };
    if report.group_count > 1 {
        row("scales", format::grouped(report.group_count));
        row("smallest", figure(report.scale_min, 6));
        row("largest", figure(report.scale_max, 6));
    } else {
        row("scale", figure(report.scale_max, 6));
    }
    row("zero point", format!("{}{shown}", zero_points(report)));
    row(
        "weights",
        interval(report.statistics.min, report.statistics.max, 4),
    );
    row(
        "integers stand for",
        format!("{}{shown}", interval(lo, hi, 4)),
    );
    row(
        "clipped",
        format!("{} of {count}", format::grouped(report.clipped)),
    );
    row(
        "levels used",
        format!(
            "{} of {}",
            format::grouped(report.levels_used),
            format::grouped(report.levels)
        ),
    );
    row("", String::new());
    let error = &report.error;
    row("max |error|", figure(error.max_abs, 6));
    row("mean |error|", figure(error.mean_abs, 6));
    row("bound, scale/2", figure(report.bound, 6));
    row("MSE", figure(error.mse, 6));
    row("SQNR", sqnr(error, " dB"));
    let cosine = error.cosine.map(|cosine| plain(cosine, 6));
    row("cosine", cosine.unwrap_or_else(|| "–".to_owned()));
    row("", String::new());
    row(
        "memory",
        format!(
            "{} → {} bytes ({:.1}×),",
            format::grouped(report.float_bytes),
            format::grouped(report.integer_bytes),
            report.float_bytes as f64 / report.integer_bytes.max(1) as f64,
        ),
    );
    row(
        "",
        format!(
            "and {} bytes of scale and zero point",
            format::grouped(report.parameter_bytes)
        ),
    );
    row("time", format::milliseconds(report.compute_ms));
    row("with this report", format::milliseconds(report.worker_ms));
    for note in notes(report) {
        lines.push(String::new());
        lines.push(note.to_owned());
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n")
}

fn weights(count: u64) -> String {
    match count {
        1 => "1 weight".to_owned(),
        _ => format!("{} weights", format::grouped(count)),
    }
}

/// How the weights were quantized, line by line.
fn scheme_in_words(report: &SimulateReport) -> [String; 3] {
    let Scheme {
        bits,
        symmetric,
        signed,
        narrow,
        granularity,
        rounding,
        observer,
    } = report.scheme;
    let sign = if signed { "" } else { "u" };
    let scheme = if symmetric { "symmetric" } else { "affine" };
    let range = if narrow { "narrow" } else { "full" };
    let share = match granularity {
        Granularity::Tensor => "one scale for all".to_owned(),
        Granularity::Channel { axis } => format!("one scale for each index of axis {axis}"),
        Granularity::Block { size } => {
            format!(
                "one scale for each block of {}",
                format::grouped(size.into())
            )
        }
    };
    let observer = scheme::observer_in_words(observer);
    let rounding = match rounding {
        RoundingMode::HalfToEven => "halves to even".to_owned(),
        RoundingMode::HalfAwayFromZero => "halves away from zero".to_owned(),
        RoundingMode::Stochastic { seed } => format!("stochastic rounding, seed {seed}"),
    };
    [
        format!(
            "{sign}int{bits}, {scheme}, {range} range {} to {}",
            whole(report.qmin.into()),
            whole(report.qmax.into())
        ),
        share,
        format!("observer {observer}, {rounding}"),
    ]
}

/// From the smallest to the largest value that any of the shown groups' integers stand for.
fn stands_for(report: &SimulateReport) -> (f64, f64) {
    let groups = &report.groups;
    let lo = groups.iter().map(|group| group.real_min);
    let hi = groups.iter().map(|group| group.real_max);
    match (lo.reduce(f64::min), hi.reduce(f64::max)) {
        (Some(lo), Some(hi)) => (lo, hi),
        _ => (0.0, 0.0),
    }
}

/// The zero point, or from which to which they go.
fn zero_points(report: &SimulateReport) -> String {
    let points = || {
        report
            .groups
            .iter()
            .map(|group| i64::from(group.zero_point))
    };
    match (points().min(), points().max()) {
        (Some(least), Some(most)) if least < most => {
            format!("{} to {}", whole(least), whole(most))
        }
        (Some(only), _) => whole(only),
        _ => "–".to_owned(),
    }
}

fn sqnr(error: &LossFigures, unit: &str) -> String {
    match error.sqnr_db {
        Some(db) => format!("{}{unit}", plain(db, 1)),
        None if error.max_abs == 0.0 => "exact".to_owned(),
        None => "–".to_owned(),
    }
}

/// What has to be said about the figures.
fn notes(report: &SimulateReport) -> Vec<&'static str> {
    let mut notes = Vec::new();
    let largest = report.statistics.min.abs().max(report.statistics.max.abs());
    // Float32 rounds too, when an integer is turned back.
    let exceeds = report.error.max_abs > report.bound + largest * 1e-6;
    if exceeds && report.clipped > 0 {
        notes.push(
            "The largest error exceeds the bound: weights outside\nof what the integers stand for were clipped.",
        );
    }
    if matches!(report.scheme.rounding, RoundingMode::Stochastic { .. }) {
        notes.push(
            "Stochastic rounding may err by a whole step; the\nbound is that of rounding to the nearest.",
        );
    }
    // What was drawn or pasted has one axis, and would be float64 in NumPy.
    if report.shape.len() == 1 && report.scheme.bits == 8 {
        notes.push(
            "The Python listing claims 8.0×: its array was float64,\n8 bytes a value. Networks store float32, 4 bytes.",
        );
    }
    notes
}

/// A group as a row of the table.
fn group_row((i, group): (usize, &GroupParams)) -> Vec<String> {
    vec![
        format::grouped(i as u64),
        figure(group.scale, 6),
        whole(group.zero_point.into()),
        interval(group.min, group.max, 4),
        interval(group.real_min, group.real_max, 4),
    ]
}

/// A format as a row of the table.
fn format_row(row: &FormatRow) -> Vec<String> {
    let bits = format!("{:.2}", row.bits);
    vec![
        row.name.clone(),
        bits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        format::grouped(row.bytes),
        figure(row.error.max_abs, 6),
        figure(row.error.mean_abs, 6),
        sqnr(&row.error, ""),
    ]
}

/// On how many weights the formats were compared.
fn formats_caption(report: &SimulateReport) -> String {
    let all = report.statistics.count;
    let on = if report.formats_count < all {
        format!(
            "the first {} of {}",
            format::grouped(report.formats_count),
            weights(all)
        )
    } else {
        format!("all {}", weights(all))
    };
    format!("The same weights in other formats, computed on {on}")
}

/// The scatter plot in words.
fn points_in_words(report: &SimulateReport) -> String {
    format!(
        "Scatter plot of {} against what their integers stand for. The farthest lies {} from the line on which nothing is lost.",
        weights(report.points.len() as u64),
        figure(report.error.max_abs, 6)
    )
}

fn point_rows(report: &SimulateReport) -> Vec<Vec<String>> {
    lines::evenly(report.points.len(), LISTED)
        .into_iter()
        .filter_map(|i| report.points.get(i))
        .map(|&[before, after]| (f64::from(before), f64::from(after)))
        .map(|(before, after)| {
            [before, after, after - before]
                .map(|x| figure(x, 6))
                .to_vec()
        })
        .collect()
}

/// Draws the report.
pub fn draw(report: &SimulateReport, view: &CellView) {
    view.print(&print(report));
    let formats: Vec<_> = report.formats.iter().map(format_row).collect();
    let formats = table::scrolling(&formats_caption(report), &FORMAT_COLUMNS, &formats);
    if report.group_count > 1 {
        let rows: Vec<_> = report.groups.iter().enumerate().map(group_row).collect();
        let caption = format!(
            "Scales and zero points: {} of {}",
            rows.len(),
            format::grouped(report.group_count)
        );
        let groups = table::scrolling(&caption, &GROUP_COLUMNS, &rows);
        view.show_results(&[&groups, &formats]);
    } else {
        view.show_results(&[&formats]);
    }
    view.add_figures(vec![
        weights_figure(report),
        integers_figure(report),
        reconstruction_figure(report),
        errors_figure(report),
    ]);
}

/// What the integers stand for, in the legend of the weights' histogram.
fn marks_in_words(report: &SimulateReport) -> String {
    if report.group_count > 1 {
        "what any scale’s integers stand for".to_owned()
    } else {
        "what the integers stand for".to_owned()
    }
}

fn weights_figure(report: &SimulateReport) -> Figure {
    let (lo, hi) = stands_for(report);
    let words = format!(
        "{} Their integers stand for {}.",
        bins::in_words("the weights", &report.histogram, false),
        interval(lo, hi, 4)
    );
    let chart = histogram::Chart {
        title: "Weights",
        subtitle: report.title.clone(),
        name: "weights",
        x_words: "weight w",
        y_words: "weights in a bin",
        histogram: report.histogram.clone(),
        whole: false,
        hue: Hue::Fp32,
        marks: Some(Marks {
            at: [lo, hi],
            name: marks_in_words(report),
            hue: Hue::Int8,
        }),
        curve: None,
    };
    Figure::new(
        "weights",
        &words,
        "The float weights. What lies beyond the dashed lines is clipped to them; room between the lines and the weights is wasted.",
        &table::scrolling(
            "Weights in each bin that is not empty",
            &WEIGHT_COLUMNS,
            &bins::rows(&report.histogram, false, MOST_ROWS),
        ),
        move |canvas| histogram::paint(canvas, &chart),
    )
}

fn integers_figure(report: &SimulateReport) -> Figure {
    let chart = histogram::Chart {
        title: "Integers",
        subtitle: report.title.clone(),
        name: "integers",
        x_words: "integer q",
        y_words: if report.levels > report.integers.counts.len() as u64 {
            "weights in a bin"
        } else {
            "weights on an integer"
        },
        histogram: report.integers.clone(),
        whole: true,
        hue: Hue::Int8,
        marks: None,
        curve: None,
    };
    Figure::new(
        "integers",
        &bins::in_words("the integers", &report.integers, true),
        "What is stored. The same shape, on whole numbers; a tall bar at either end holds what was clipped.",
        &table::scrolling(
            "Weights on each integer that occurs",
            &INTEGER_COLUMNS,
            &bins::rows(&report.integers, true, MOST_ROWS),
        ),
        move |canvas| histogram::paint(canvas, &chart),
    )
}

fn reconstruction_figure(report: &SimulateReport) -> Figure {
    let points = report.points.clone();
    let all = weights(report.statistics.count);
    let subtitle = if points.len() as u64 == report.statistics.count {
        all
    } else {
        format!("{} of {all}", format::grouped(points.len() as u64))
    };
    let caption = "On the line nothing is lost. Between two steps of the scale, weights move up or down to the nearer one.";
    let rows = point_rows(report);
    let listed = format!("{} of these weights", rows.len());
    Figure::new(
        "reconstruction",
        &points_in_words(report),
        caption,
        &table::scrolling(&listed, &POINT_COLUMNS, &rows),
        move |canvas| scatter::paint(canvas, &points, &subtitle),
    )
}

fn errors_figure(report: &SimulateReport) -> Figure {
    let words = format!(
        "{} Half of the largest scale is {}.",
        bins::in_words("the errors", &report.errors, false),
        figure(report.bound, 6)
    );
    let chart = histogram::Chart {
        title: "Errors",
        subtitle: "ŵ − w".to_owned(),
        name: "errors",
        x_words: "error ŵ − w",
        y_words: "weights in a bin",
        histogram: report.errors.clone(),
        whole: false,
        hue: Hue::Soft,
        marks: Some(Marks {
            at: [-report.bound, report.bound],
            name: "±scale/2".to_owned(),
            hue: Hue::Ink,
        }),
        curve: None,
    };
    Figure::new(
        "errors",
        &words,
        "What was lost. Rounding to the nearest stays between the dashed lines; clipping does not.",
        &table::scrolling(
            "Errors in each bin that is not empty",
            &ERROR_COLUMNS,
            &bins::rows(&report.errors, false, MOST_ROWS),
        ),
        move |canvas| histogram::paint(canvas, &chart),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{Histogram, ObserverName, Statistics};

    fn listing() -> SimulateReport {
        SimulateReport {
            title: "1,000 weights from a normal distribution, σ 0.5, seed 42".to_owned(),
            shape: vec![1000],
            statistics: Statistics {
                count: 1000,
                mean: 0.009_666,
                std: 0.489_36,
                min: -1.620_634,
                max: 1.926_366,
            },
            scheme: Scheme {
                bits: 8,
                symmetric: false,
                signed: true,
                narrow: false,
                granularity: Granularity::Tensor,
                rounding: RoundingMode::HalfToEven,
                observer: ObserverName::MinMax,
            },
            qmin: -128,
            qmax: 127,
            groups: vec![GroupParams {
                scale: 0.013_909_8,
                zero_point: -11,
                real_min: -1.627_447,
                real_max: 1.919_553,
                min: -1.620_634,
                max: 1.926_366,
            }],
            group_count: 1,
            scale_min: 0.013_909_8,
            scale_max: 0.013_909_8,
            clipped: 0,
            levels_used: 200,
            levels: 256,
            error: LossFigures {
                max_abs: 0.006_953,
                mean_abs: 0.003_493,
                mse: 1.62e-5,
                sqnr_db: Some(41.7),
                cosine: Some(0.999_966),
            },
            bound: 0.006_954_9,
            float_bytes: 4000,
            integer_bytes: 1000,
            parameter_bytes: 8,
            histogram: Histogram {
                lo: -1.620_634,
                hi: 1.926_366,
                counts: vec![100, 700, 200],
            },
            integers: Histogram {
                lo: -128.5,
                hi: 127.5,
                counts: vec![0; 256],
            },
            errors: Histogram {
                lo: -0.007,
                hi: 0.007,
                counts: vec![500, 500],
            },
            points: vec![[0.5, 0.498], [-0.1, -0.097]],
            formats: Vec::new(),
            formats_count: 1000,
            compute_ms: 0.2,
            worker_ms: 0.3,
        }
    }

    #[test]
    fn prints_the_listing() {
        assert_eq!(
            print(&listing()),
            "1,000 weights from a normal distribution, σ 0.5, seed 42

int8, affine, full range \u{2212}128 to 127
one scale for all
observer min–max, halves to even

scale               0.013910
zero point          \u{2212}11
weights             [\u{2212}1.6206, 1.9264]
integers stand for  [\u{2212}1.6274, 1.9196]
clipped             0 of 1,000 weights
levels used         200 of 256

max |error|         0.006953
mean |error|        0.003493
bound, scale/2      0.006955
MSE                 1.620e\u{2212}5
SQNR                41.7 dB
cosine              0.999966

memory              4,000 → 1,000 bytes (4.0×),
                    and 8 bytes of scale and zero point
time                0.20 ms
with this report    0.30 ms

The Python listing claims 8.0×: its array was float64,
8 bytes a value. Networks store float32, 4 bytes."
        );
    }

    #[test]
    fn says_why_the_bound_is_exceeded() {
        let mut report = listing();
        assert!(!print(&report).contains("exceeds"));
        report.error.max_abs = 0.3;
        report.clipped = 12;
        let text = print(&report);
        assert!(
            text.contains("exceeds the bound: weights outside"),
            "{text}"
        );
        assert!(text.contains("12 of 1,000 weights"), "{text}");
    }

    #[test]
    fn several_scales_are_counted() {
        let mut report = listing();
        let mut group = report.groups[0];
        group.zero_point = 3;
        group.real_max = 2.5;
        report.groups.push(group);
        report.group_count = 70;
        report.scale_min = 0.001;
        report.shape = vec![70, 3, 3];
        report.scheme.granularity = Granularity::Channel { axis: 0 };
        let text = print(&report);
        for part in [
            "1,000 weights, shape (70, 3, 3)",
            "one scale for each index of axis 0",
            "scales              70\nsmallest            0.001000\nlargest             0.013910",
            "\u{2212}11 to 3 (first 2 scales)",
            "[\u{2212}1.6274, 2.5000] (first 2 scales)",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        // A layer was float32 before, in Python too.
        assert!(!text.contains("8.0×"), "{text}");
    }

    #[test]
    fn odd_figures_are_printed() {
        let mut report = listing();
        report.groups.clear();
        report.error = LossFigures {
            max_abs: 0.0,
            mean_abs: 0.0,
            mse: 0.0,
            sqnr_db: None,
            cosine: None,
        };
        report.scale_max = 1e30;
        report.integer_bytes = 0;
        let text = print(&report);
        assert!(text.contains("SQNR                exact"), "{text}");
        assert!(text.contains("cosine              –"), "{text}");
        assert!(text.contains("scale               1.000e30"), "{text}");
    }

    #[test]
    fn formats_say_what_they_were_computed_on() {
        let mut report = listing();
        assert!(formats_caption(&report).ends_with("computed on all 1,000 weights"));
        report.statistics.count = 2_000_000;
        report.formats_count = 100_000;
        assert!(
            formats_caption(&report)
                .ends_with("computed on the first 100,000 of 2,000,000 weights")
        );
        let row = format_row(&FormatRow {
            name: "int4".to_owned(),
            bytes: 563,
            bits: 4.5,
            error: LossFigures {
                max_abs: f64::INFINITY,
                mean_abs: f64::NAN,
                mse: 0.1,
                sqnr_db: None,
                cosine: None,
            },
        });
        assert_eq!(row, ["int4", "4.5", "563", "∞", "–", "–"]);
    }

    #[test]
    fn lists_points_with_their_error() {
        let rows = point_rows(&listing());
        assert_eq!(rows[0], ["0.500000", "0.498000", "\u{2212}0.002000"]);
        assert_eq!(rows.len(), 2);
    }
}
