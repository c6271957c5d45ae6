//! Cell `qat`: few bits, with and without training for them.

use octet_protocol::{QatGrid, QatReport, QatRequest, QatTest, QatWidth, Request};

use super::{
    CellId, Control, ControlKind, Spec, always,
    scheme::{decimal, whole},
};
use crate::{
    charts::{
        bundle::{self, Bundle},
        figure::Figure,
        notation::plain,
    },
    prose,
    table::{self, Column},
    view::CellView,
};

const EPOCHS: Control = Control {
    name: "epochs",
    label: "epochs a width",
    is_shown: always,
    kind: ControlKind::Number {
        min: 1,
        max: 50,
        default: "3",
    },
};
const BATCH: Control = Control {
    name: "batch",
    label: "batch",
    is_shown: always,
    kind: ControlKind::Number {
        min: 1,
        max: 4000,
        default: "32",
    },
};
const LEARNING_RATE: Control = Control {
    name: "learning_rate",
    label: "learning rate",
    is_shown: always,
    kind: ControlKind::Decimal {
        min: 1e-9,
        max: 1.0,
        default: "0.0005",
    },
};
const SEED: Control = Control {
    name: "seed",
    label: "seed",
    is_shown: always,
    kind: ControlKind::Number {
        min: 0,
        max: u32::MAX,
        default: "42",
    },
};
const ACTIVATIONS: Control = Control {
    name: "activations",
    label: "activations",
    is_shown: always,
    kind: ControlKind::Select(&[("same", "as few bits as weights"), ("eight", "8 bits")]),
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "qat",
    title: "Train it for few bits",
    needs: |_| &[CellId::Train],
    controls: &[EPOCHS, BATCH, LEARNING_RATE, SEED, ACTIVATIONS],
    prose: prose::QAT,
    request: |values| {
        Ok(Request::Qat(QatRequest {
            epochs: whole(values, &EPOCHS)?,
            batch: whole(values, &BATCH)?,
            learning_rate: decimal(values, &LEARNING_RATE)?,
            seed: whole(values, &SEED)?,
            few_activation_bits: values.get(ACTIVATIONS.name) == "same",
        }))
    },
};

const COLUMNS: [Column; 8] = [
    Column::text("weights, activations"),
    Column::figure("rounded afterwards, %"),
    Column::text("95 % interval"),
    Column::figure("trained for it, %"),
    Column::text("95 % interval"),
    Column::figure("gained, points"),
    Column::figure("best epoch"),
    Column::figure("training, s"),
];
const CURVE_COLUMNS: [Column; 3] = [
    Column::text("bits"),
    Column::figure("epochs"),
    Column::figure("loss"),
];
const GRID_COLUMNS: [Column; 3] = [
    Column::text("weight, in steps"),
    Column::figure("before"),
    Column::figure("after"),
];
const ESTIMATOR_COLUMNS: [Column; 3] = [
    Column::text("value"),
    Column::figure("rounded"),
    Column::figure("gradient"),
];

fn accuracy(report: &QatReport, test: &QatTest) -> f64 {
    100.0 * f64::from(test.correct) / f64::from(report.test.max(1))
}

fn float32(report: &QatReport) -> f64 {
    100.0 * f64::from(report.float32_correct) / f64::from(report.test.max(1))
}

fn interval(test: &QatTest) -> String {
    let [low, high] = test.interval.map(|end| plain(end * 100.0, 1));
    format!("{low} to {high}")
}

fn bits(width: &QatWidth) -> String {
    format!("{} and {} bits", width.bits, width.activation_bits)
}

/// The printed text.
pub fn print(report: &QatReport) -> String {
    let mut lines = vec![
        format!(
            "float32 {} % of {} test digits; training on Burn's {}",
            plain(float32(report), 1),
            report.test,
            report.backend.name()
        ),
        "bits   afterwards   trained for it".to_owned(),
    ];
    for width in &report.widths {
        let trained = width.qat.as_ref().map_or("…".to_owned(), |test| {
            format!("{} %", plain(accuracy(report, test), 1))
        });
        let afterwards = plain(accuracy(report, &width.ptq), 1);
        lines.push(format!(
            "{:>4}   {:>8} %   {trained:>14}",
            width.bits, afterwards
        ));
    }
    for width in &report.widths {
        if let Some(agree) = width.integers_agree {
            lines.push(format!(
                "8 bits: engine and fake-quantized network agree on {agree} of {} digits",
                report.test
            ));
        }
    }
    lines.join("\n")
}

fn row(report: &QatReport, width: &QatWidth) -> Vec<String> {
    let none = || "–".to_owned();
    let (afterwards, qat) = (accuracy(report, &width.ptq), width.qat.as_ref());
    vec![
        bits(width),
        plain(afterwards, 1),
        interval(&width.ptq),
        qat.map_or_else(none, |test| plain(accuracy(report, test), 1)),
        qat.map_or_else(none, interval),
        qat.map_or_else(none, |test| plain(accuracy(report, test) - afterwards, 1)),
        qat.map_or_else(none, |_| width.best_epoch.to_string()),
        plain(width.seconds, 1),
    ]
}

/// Draws the report.
pub fn draw(report: &QatReport, view: &CellView) {
    view.print(&print(report));
    let rows: Vec<_> = report.widths.iter().map(|w| row(report, w)).collect();
    view.show_results(&[&table::scrolling(
        "Accuracy on the test set, rounded after training and trained with the rounding in view",
        &COLUMNS,
        &rows,
    )]);
    let mut figures = vec![accuracy_figure(report, &rows)];
    if report.widths.iter().any(|width| !width.losses.is_empty()) {
        figures.push(loss_figure(report));
    }
    // Drawn once, when all is there.
    if !report.is_running {
        let grids = report.widths.iter();
        figures.extend(grids.filter_map(|width| grid_figure(width.bits, width.grid.as_ref()?)));
        figures.push(estimator_figure(report));
    }
    view.add_figures(figures);
}

fn accuracy_figure(report: &QatReport, rows: &[Vec<String>]) -> Figure {
    let at = |width: &QatWidth, y: f64| (f64::from(width.bits), y);
    let afterwards = report.widths.iter();
    let afterwards = afterwards.map(|width| at(width, accuracy(report, &width.ptq)));
    let trained = report.widths.iter();
    let trained =
        trained.filter_map(|width| Some(at(width, accuracy(report, width.qat.as_ref()?))));
    let all = report.widths.iter();
    let bundle = Bundle {
        title: "Accuracy over bits",
        subtitle: format!("{} test digits", report.test),
        x_words: "bits of a weight",
        y_words: "told right, %",
        lines: vec![
            ("trained for it (QAT)".to_owned(), trained.collect()),
            ("rounded afterwards (PTQ)".to_owned(), afterwards.collect()),
            (
                "float32".to_owned(),
                all.map(|width| at(width, float32(report))).collect(),
            ),
        ],
        has_dots: true,
    };
    let words = print(report);
    let caption = "Both begin with the same weights. Dots that lie within each other’s intervals (in the table) may \
                   differ by luck.";
    let table = table::scrolling("Accuracy over bits", &COLUMNS, rows);
    Figure::new("bits", &words, caption, &table, move |canvas| {
        bundle::paint(canvas, &bundle)
    })
}

fn loss_figure(report: &QatReport) -> Figure {
    let points = |width: &QatWidth| -> Vec<(f64, f64)> {
        let losses = width.losses.iter();
        losses.map(|&[x, y]| (x.into(), y.into())).collect()
    };
    let trained = || report.widths.iter().filter(|w| !w.losses.is_empty());
    let bundle = Bundle {
        title: "Loss while training for few bits",
        subtitle: format!("means of {} batches", report.batches_a_point),
        x_words: "epochs",
        y_words: "cross-entropy",
        lines: trained()
            .map(|width| (format!("{} bits", width.bits), points(width)))
            .collect(),
        has_dots: false,
    };
    let rows: Vec<_> = trained()
        .flat_map(|width| {
            let each = width.losses.iter();
            each.map(|[epochs, loss]| {
                vec![
                    width.bits.to_string(),
                    plain((*epochs).into(), 2),
                    plain((*loss).into(), 4),
                ]
            })
        })
        .collect();
    let last = trained().map(|width| {
        let loss = width.losses.last().map_or(0.0, |[_, loss]| *loss);
        format!("{} bits end at {}", width.bits, plain(loss.into(), 3))
    });
    let words = format!(
        "Lines: the loss at each width. {}.",
        last.collect::<Vec<_>>().join("; ")
    );
    let caption = "The fewer bits, the higher the loss begins: that is what rounding has broken.";
    let table = table::scrolling("Loss while training", &CURVE_COLUMNS, &rows);
    Figure::new("losses", &words, caption, &table, move |canvas| {
        bundle::paint(canvas, &bundle)
    })
}

fn grid_figure(bits: u32, grid: &QatGrid) -> Option<Figure> {
    let name = match bits {
        4 => "grid-4",
        3 => "grid-3",
        2 => "grid-2",
        _ => return None,
    };
    let place = |bin: usize| {
        (bin as f64 + 0.5) / f64::from(grid.bins_a_step.max(1)) - f64::from(grid.largest) - 0.5
    };
    let line = |counts: &[u32]| -> Vec<(f64, f64)> {
        let counts = counts.iter().enumerate();
        counts
            .map(|(bin, &count)| (place(bin), count.into()))
            .collect()
    };
    let title = match bits {
        4 => "Weights on the steps of 4 bits",
        3 => "Weights on the steps of 3 bits",
        _ => "Weights on the steps of 2 bits",
    };
    let bundle = Bundle {
        title,
        subtitle: "second convolution, each weight in steps of its channel’s scale".to_owned(),
        x_words: "steps; whole numbers are what can be stored",
        y_words: "weights",
        lines: vec![
            ("after training for it".to_owned(), line(&grid.after)),
            ("before".to_owned(), line(&grid.before)),
        ],
        has_dots: false,
    };
    let pairs = grid.before.iter().zip(&grid.after).enumerate();
    let rows: Vec<_> = pairs
        .map(|(bin, (before, after))| {
            vec![plain(place(bin), 2), before.to_string(), after.to_string()]
        })
        .collect();
    let [before, after] = grid.distance.map(|distance| plain(distance.into(), 3));
    let words = format!(
        "Mean distance from the nearest step: {before} steps before, {after} after; 0.25 where weights know nothing of \
         the steps."
    );
    let table = table::scrolling(title, &GRID_COLUMNS, &rows);
    Some(Figure::new(name, &words, &words, &table, move |canvas| {
        bundle::paint(canvas, &bundle)
    }))
}

fn estimator_figure(report: &QatReport) -> Figure {
    let line = |at: usize| -> Vec<(f64, f64)> {
        let points = report.estimator.iter();
        points
            .filter_map(|point| Some((f64::from(point[0]), f64::from(*point.get(at)?))))
            .collect()
    };
    let bundle = Bundle {
        title: "The straight-through estimator",
        subtitle: "2 bits, from −1 to 1".to_owned(),
        x_words: "value",
        y_words: "rounded value, gradient",
        lines: vec![
            ("what goes on".to_owned(), line(1)),
            ("the gradient that comes back".to_owned(), line(2)),
        ],
        has_dots: false,
    };
    let rows: Vec<_> = report
        .estimator
        .iter()
        .step_by(4)
        .map(|point| point.map(|x| plain(x.into(), 2)).to_vec())
        .collect();
    let words = "A staircase goes forth; its true gradient would be 0 nearly everywhere. Backward, rounding is taken \
                 for the identity: the gradient is 1 within the range, and 0 where values are cut off.";
    let table = table::scrolling("The estimator", &ESTIMATOR_COLUMNS, &rows);
    Figure::new("estimator", words, words, &table, move |canvas| {
        bundle::paint(canvas, &bundle)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::Backend;

    #[test]
    fn prints_both_ways_side_by_side() {
        let test = |correct| QatTest {
            correct,
            interval: [0.9, 0.95],
            loss: 0.2,
        };
        let width = |bits, qat| QatWidth {
            bits,
            activation_bits: bits,
            ptq: test(320),
            qat,
            epochs: Vec::new(),
            losses: Vec::new(),
            best_epoch: 2,
            seconds: 1.0,
            integers_agree: (bits == 8).then_some(499),
            grid: None,
        };
        let report = QatReport {
            backend: Backend::Flex,
            test: 500,
            float32_correct: 480,
            batches_a_point: 25,
            widths: vec![width(8, Some(test(473))), width(2, None)],
            is_running: true,
            estimator: Vec::new(),
        };
        let text = print(&report);
        for part in [
            "float32 96.0 % of 500 test digits",
            "\n   8       64.0 %           94.6 %\n",
            "\n   2       64.0 %                …\n",
            "agree on 499 of 500 digits",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let row = row(&report, &report.widths[0]);
        assert_eq!(row[..3], ["8 and 8 bits", "64.0", "90.0 to 95.0"]);
        assert_eq!(row[5], "30.6");
    }
}
