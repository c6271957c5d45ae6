//! Cell `sweep`: bits and scales against float32.

use std::{cell::Cell, rc::Rc};

use octet_protocol::{Request, SweepPoint, SweepReport, SweepRequest, WeightScales};

use super::{
    CellId, Control, ControlKind, Spec, always,
    breaks::{self, agreement, decibels},
    integers::{used_in_words, weight_scales_in_words},
    scheme::whole,
};
use crate::{
    charts::{
        agreement::{self as bars, Bits},
        figure::Figure,
        notation,
        pareto::{self, Point},
    },
    format, prose,
    table::{self, Column},
    view::CellView,
};

const CROPS: Control = breaks::crops("60");

/// Only moves a line.
const ACCEPTABLE_LOSS: Control = Control {
    name: "acceptable_loss",
    label: "acceptable loss, points",
    is_shown: always,
    kind: ControlKind::Slider {
        min: 0,
        max: 50,
        default: "30",
    },
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "sweep",
    title: "How few bits?",
    needs: |_| &[CellId::Baseline],
    controls: &[CROPS, ACCEPTABLE_LOSS],
    prose: prose::SWEEP,
    request: |values| {
        Ok(Request::Sweep(SweepRequest {
            crops: whole(values, &CROPS)?,
        }))
    },
};

const COLUMNS: [Column; 7] = [
    Column::text("weights"),
    Column::figure("file, bytes"),
    Column::figure("times smaller"),
    Column::figure("same class"),
    Column::figure("same class, %"),
    Column::figure("drift, points"),
    Column::figure("SQNR, dB"),
];
const PARETO_COLUMNS: [Column; 4] = [
    Column::text("weights"),
    Column::figure("file, MB"),
    Column::figure("SQNR, dB"),
    Column::text("beaten by"),
];
const AGREEMENT_COLUMNS: [Column; 3] = [
    Column::text("bits"),
    Column::int8("per channel, %"),
    Column::int8("per tensor, %"),
];

/// The printed text.
pub fn print(report: &SweepReport) -> String {
    let mut out = format!(
        "{}, weights rounded, activations float32\n{}\nfloat32 is {} sure of its class, on average; its file has {}\n{}\n\n",
        report.model.title(),
        breaks::images(report.photos, report.crops),
        format::percent(report.float32_confidence as f32),
        format::megabytes(report.float32_bytes),
        used_in_words(&report.kernels),
    );
    out.push_str("         per channel          per tensor\n");
    out.push_str("bits  same class    SQNR   same class    SQNR\n");
    for (bits, pair) in by_bits(report) {
        out.push_str(&format!("{bits:>4}"));
        for (point, gap) in pair.into_iter().zip([2, 3]) {
            let share = point.map_or("–".to_owned(), |point| share(report, &point));
            let db = point.map_or("–".to_owned(), |point| decibels(point.distance.sqnr_db));
            out.push_str(&format!("{:gap$}{share:>10}{db:>8}", ""));
        }
        out.push('\n');
    }
    out
}

/// Each number of bits with its points: per channel, per tensor.
fn by_bits(report: &SweepReport) -> Vec<(u32, [Option<SweepPoint>; 2])> {
    let find = |bits: u32, scales: WeightScales| {
        let mut points = report.points.iter();
        let found = points.find(|point| point.bits == bits && point.weight_scales == scales);
        found.copied()
    };
    let mut all: Vec<u32> = report.points.iter().map(|point| point.bits).collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    all.dedup();
    let pair = |bits| {
        let scales = [WeightScales::PerChannel, WeightScales::PerTensor];
        (bits, scales.map(|scales| find(bits, scales)))
    };
    all.into_iter().map(pair).collect()
}

fn images(report: &SweepReport) -> u32 {
    report.photos + report.crops
}

fn share(report: &SweepReport, point: &SweepPoint) -> String {
    let share = agreement(&point.distance, images(report));
    format!("{} %", notation::plain(share, 1))
}

/// `7 bits, per channel`.
fn name(point: &SweepPoint) -> String {
    let scales = weight_scales_in_words(point.weight_scales);
    format!("{} bits, {scales}", point.bits)
}

fn times(report: &SweepReport, point: &SweepPoint) -> String {
    let times = report.float32_bytes as f64 / point.file_bytes.max(1) as f64;
    notation::plain(times, 2)
}

fn line(report: &SweepReport, point: &SweepPoint) -> Vec<String> {
    let distance = &point.distance;
    vec![
        name(point),
        format::grouped(point.file_bytes),
        times(report, point),
        format!("{} of {}", distance.agreements, images(report)),
        notation::plain(agreement(distance, images(report)), 1),
        notation::plain(distance.mean_abs_drift * 100.0, 2),
        decibels(distance.sqnr_db),
    ]
}

/// What the reader accepts to lose, in points.
fn acceptable(values: &[(&'static str, String)]) -> u32 {
    let mut values = values.iter();
    let value = values.find(|(name, _)| *name == ACCEPTABLE_LOSS.name);
    let value = value.and_then(|(_, value)| value.trim().parse().ok());
    value.unwrap_or_default()
}

/// The smallest file with a loss that is accepted.
fn verdict(report: &SweepReport, loss: u32) -> String {
    let least = 100.0 - f64::from(loss);
    let mut good: Vec<_> = report
        .points
        .iter()
        .filter(|point| agreement(&point.distance, images(report)) >= least)
        .collect();
    good.sort_by_key(|point| point.file_bytes);
    let accepted = match loss {
        0 => "Where every image must keep its class".to_owned(),
        1 => "Where 1 point may be lost".to_owned(),
        _ => format!("Where {loss} points may be lost"),
    };
    match good.first() {
        Some(point) => format!(
            "{accepted}, the smallest file has {}: {}; float32 takes {} times as much.",
            name(point),
            format::megabytes(point.file_bytes),
            times(report, point),
        ),
        None => format!("{accepted}, none of these files will do."),
    }
}

/// Draws the report.
pub fn draw(report: &SweepReport, view: &CellView) {
    view.print(&print(report));
    let rows: Vec<_> = report
        .points
        .iter()
        .map(|point| line(report, point))
        .collect();
    view.show_results(&[&table::scrolling(
        "Each form against float32: images with the same class, mean drift of the confidence, noise of the outputs",
        &COLUMNS,
        &rows,
    )]);
    let loss = Rc::new(Cell::new(acceptable(&view.read_values())));
    let figures = view.add_figures(vec![
        pareto_figure(report),
        agreement_figure(report, loss.clone()),
    ]);
    if let Some(figure) = figures.last().cloned() {
        let report = report.clone();
        view.when_moved(move |values| {
            let now = acceptable(values);
            if loss.replace(now) != now {
                figure.say(&agreement_in_words(&report, now), &verdict(&report, now));
                figure.paint();
            }
        });
    }
}

fn points(report: &SweepReport) -> Vec<Point> {
    let point = |point: &SweepPoint| Point {
        label: point.bits.to_string(),
        is_first: point.weight_scales == WeightScales::PerChannel,
        size: point.file_bytes as f64 / 1e6,
        quality: point.distance.sqnr_db.unwrap_or(f64::INFINITY),
    };
    report.points.iter().map(point).collect()
}

fn pareto_figure(report: &SweepReport) -> Figure {
    let points = points(report);
    let on_front = pareto::front(&points);
    let rows: Vec<_> = report
        .points
        .iter()
        .enumerate()
        .map(|(place, point)| {
            let winner = pareto::beaten_by(&points, place).and_then(|by| report.points.get(by));
            vec![
                name(point),
                notation::plain(point.file_bytes as f64 / 1e6, 3),
                decibels(point.distance.sqnr_db),
                winner.map_or("none".to_owned(), name),
            ]
        })
        .collect();
    let front: Vec<_> = on_front
        .iter()
        .filter_map(|&place| report.points.get(place))
        .map(name)
        .collect();
    let words = format!(
        "Dots: the file’s size across, the signal-to-noise ratio of the outputs upwards, one dot for each form. \
         No other is both smaller and better than: {}.",
        front.join("; ")
    );
    let subtitle = subtitle(report);
    Figure::new(
        "pareto",
        &words,
        "The number beside a dot is its bits. The dashed line joins the forms that no other beats in both size and noise: the Pareto front. A dot off the line is a bad bargain.",
        &table::scrolling("Size and noise", &PARETO_COLUMNS, &rows),
        move |canvas| pareto::paint(canvas, &subtitle, &points),
    )
}

fn subtitle(report: &SweepReport) -> String {
    format!(
        "{}, weights only, {}",
        report.model.title(),
        breaks::images(report.photos, report.crops)
    )
}

fn agreement_in_words(report: &SweepReport, loss: u32) -> String {
    let all: Vec<_> = by_bits(report)
        .into_iter()
        .map(|(bits, pair)| {
            let [channel, tensor] =
                pair.map(|point| point.map_or("–".to_owned(), |point| share(report, &point)));
            format!("{bits} bits {channel} per channel, {tensor} per tensor")
        })
        .collect();
    format!(
        "Bars: the share of the images that keep float32’s class, with a line at {} %. {}.",
        100 - loss.min(100),
        all.join("; ")
    )
}

fn agreement_figure(report: &SweepReport, loss: Rc<Cell<u32>>) -> Figure {
    let rows: Vec<_> = by_bits(report)
        .into_iter()
        .map(|(bits, pair)| {
            let shares = pair.map(|point| {
                point.map_or("–".to_owned(), |point| {
                    notation::plain(agreement(&point.distance, images(report)), 1)
                })
            });
            [vec![bits.to_string()], shares.to_vec()].concat()
        })
        .collect();
    let bits: Vec<_> = by_bits(report)
        .into_iter()
        .map(|(bits, pair)| Bits {
            name: format!("{bits} bits"),
            shares: pair.map(|point| point.map(|point| agreement(&point.distance, images(report)))),
        })
        .collect();
    let subtitle = subtitle(report);
    Figure::new(
        "agreement",
        &agreement_in_words(report, loss.get()),
        &verdict(report, loss.get()),
        &table::scrolling(
            "Share of the images that keep float32’s class",
            &AGREEMENT_COLUMNS,
            &rows,
        ),
        move |canvas| bars::paint(canvas, &subtitle, loss.get(), &bits),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{Distance, KernelName, KernelsUsed, ModelName};

    fn point(bits: u32, scales: WeightScales, agreements: u32, bytes: u64, db: f64) -> SweepPoint {
        SweepPoint {
            bits,
            weight_scales: scales,
            file_bytes: bytes,
            distance: Distance {
                agreements,
                mean_abs_drift: 0.012,
                sqnr_db: Some(db),
            },
        }
    }

    fn report() -> SweepReport {
        use WeightScales::{PerChannel, PerTensor};
        SweepReport {
            model: ModelName::MobileNetV2,
            photos: 4,
            crops: 36,
            kernels: KernelsUsed {
                name: KernelName::Simd128,
                dot: None,
            },
            float32_confidence: 0.5,
            float32_bytes: 14_000_000,
            points: vec![
                point(8, PerChannel, 40, 3_600_000, 24.0),
                point(7, PerChannel, 38, 3_200_000, 18.0),
                point(8, PerTensor, 0, 3_500_000, -3.0),
                point(7, PerTensor, 1, 3_100_000, -4.0),
            ],
        }
    }

    #[test]
    fn prints_both_kinds_of_scales_side_by_side() {
        let text = print(&report());
        for part in [
            "40 images: 4 photos and 36 crops of them\nfloat32 is 50.0 % sure of its class, on average; its file has 14.00 MB\nSIMD kernels\n",
            "\n   8     100.0 %    24.0        0.0 %    \u{2212}3.0\n",
            "\n   7      95.0 %    18.0        2.5 %    \u{2212}4.0\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert_eq!(
            line(&report(), &report().points[1]),
            [
                "7 bits, per channel",
                "3,200,000",
                "4.38",
                "38 of 40",
                "95.0",
                "1.20",
                "18.0"
            ]
        );
    }

    #[test]
    fn the_smallest_file_within_the_accepted_loss() {
        let report = report();
        assert_eq!(
            verdict(&report, 5),
            "Where 5 points may be lost, the smallest file has 7 bits, per channel: 3.20 MB; float32 takes 4.38 times as much."
        );
        assert!(verdict(&report, 0).contains("8 bits, per channel"));
        let mut none = report.clone();
        none.points.remove(0);
        assert_eq!(
            verdict(&none, 1),
            "Where 1 point may be lost, none of these files will do."
        );
    }

    #[test]
    fn the_line_is_where_the_slider_is() {
        let values = [
            ("crops", "12".to_owned()),
            ("acceptable_loss", "7".to_owned()),
        ];
        assert_eq!(acceptable(&values), 7);
        assert_eq!(acceptable(&[]), 0);
        assert!(agreement_in_words(&report(), 7).contains("a line at 93 %"));
    }
}
