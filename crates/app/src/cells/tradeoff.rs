//! Cell `tradeoff`: accuracy against compression, measured.

use std::{cell::Cell, rc::Rc};

use octet_protocol::{Request, TradeoffForm, TradeoffKind, TradeoffReport, TradeoffRequest};

use super::{CellId, Control, ControlKind, Spec, always, scheme::whole};
use crate::{
    charts::{
        Hue,
        figure::Figure,
        notation::plain,
        tradeoff::{self, Form, losses},
    },
    format, prose,
    table::{self, Column},
    view::CellView,
};

const SEEDS: Control = Control {
    name: "seeds",
    label: "seeds",
    is_shown: always,
    kind: ControlKind::Number {
        min: 1,
        max: 10,
        default: "3",
    },
};
const EPOCHS: Control = Control {
    name: "epochs",
    label: "epochs of QAT",
    is_shown: always,
    kind: ControlKind::Number {
        min: 1,
        max: 20,
        default: "2",
    },
};
/// Only moves a line: tenths of a point.
const ACCEPTED: Control = Control {
    name: "acceptable_loss",
    label: "acceptable loss, tenths of a point",
    is_shown: always,
    kind: ControlKind::Slider {
        min: 0,
        max: 50,
        default: "10",
    },
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "tradeoff",
    title: "What is it worth?",
    needs: |_| &[CellId::Train],
    controls: &[SEEDS, EPOCHS, ACCEPTED],
    prose: prose::TRADEOFF,
    request: |values| {
        Ok(Request::Tradeoff(TradeoffRequest {
            seeds: whole(values, &SEEDS)?,
            epochs: whole(values, &EPOCHS)?,
        }))
    },
};

const COLUMNS: [Column; 7] = [
    Column::text("form"),
    Column::figure("file, bytes"),
    Column::figure("times smaller"),
    Column::figure("seeds"),
    Column::figure("accuracy, %"),
    Column::figure("worst to best, %"),
    Column::figure("lost, points"),
];

fn name(kind: TradeoffKind) -> &'static str {
    match kind {
        TradeoffKind::Float32 => "float32",
        TradeoffKind::Float16 => "float16",
        TradeoffKind::DynamicRange => "dynamic range",
        TradeoffKind::FullInteger => "full int8",
        TradeoffKind::FullIntegerQat => "int8 + QAT",
        TradeoffKind::Int4 => "int4",
        TradeoffKind::Int4Qat => "int4 + QAT",
    }
}

fn short(kind: TradeoffKind) -> &'static str {
    match kind {
        TradeoffKind::DynamicRange => "dynamic",
        TradeoffKind::FullInteger => "int8",
        other => name(other),
    }
}

fn hue(kind: TradeoffKind) -> Hue {
    match kind {
        TradeoffKind::Float32 | TradeoffKind::Float16 => Hue::Fp32,
        _ => Hue::Int8,
    }
}

fn form(report: &TradeoffReport, form: &TradeoffForm) -> Form {
    let whole = report.forms.first().map_or(1, |form| form.file_bytes);
    let share = |&correct: &u32| f64::from(correct) / f64::from(report.test.max(1)) * 100.0;
    Form {
        name: name(form.kind).to_owned(),
        short: short(form.kind),
        hue: hue(form.kind),
        compression: whole as f64 / form.file_bytes.max(1) as f64,
        accuracies: form.correct.iter().map(share).collect(),
    }
}

fn forms(report: &TradeoffReport) -> Vec<Form> {
    let all = report.forms.iter();
    all.map(|one| form(report, one)).collect()
}

/// The printed text.
pub fn print(report: &TradeoffReport) -> String {
    let mut lines = vec![
        format!(
            "{} test digits; {} epochs of quantization-aware training a run, {} s in all",
            report.test,
            report.epochs,
            plain(report.training_seconds, 1)
        ),
        String::new(),
        format!("{:<16}{:>8}{:>12}", "", "smaller", "accuracy"),
    ];
    lines.extend(forms(report).iter().map(|form| {
        let times = format!("{}×", plain(form.compression, 1));
        let accuracy = format!("{} %", plain(form.mean(), 2));
        format!("{:<16}{times:>8}{accuracy:>12}", form.name)
    }));
    lines.join("\n")
}

fn rows(report: &TradeoffReport) -> Vec<Vec<String>> {
    let forms = forms(report);
    let lost = losses(&forms);
    let all = report.forms.iter().zip(&forms).zip(lost);
    all.map(|((raw, form), lost)| {
        let worst = form
            .accuracies
            .iter()
            .copied()
            .fold(f64::INFINITY, f64::min);
        let best = form
            .accuracies
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        vec![
            form.name.clone(),
            format::grouped(raw.file_bytes),
            plain(form.compression, 2),
            form.accuracies.len().to_string(),
            plain(form.mean(), 2),
            format!("{} to {}", plain(worst, 1), plain(best, 1)),
            plain(lost, 2),
        ]
    })
    .collect()
}

/// In points.
fn accepted(values: &[(&'static str, String)]) -> f64 {
    let mut values = values.iter();
    let value = values.find(|(name, _)| *name == ACCEPTED.name);
    let tenths: Option<f64> = value.and_then(|(_, value)| value.trim().parse().ok());
    tenths.unwrap_or_default() / 10.0
}

/// The smallest file whose loss is accepted.
fn verdict(report: &TradeoffReport, accepted: f64) -> String {
    let forms = forms(report);
    let lost = losses(&forms);
    let good = forms.iter().zip(lost).filter(|(_, lost)| *lost <= accepted);
    let smallest = good.max_by(|(a, _), (b, _)| a.compression.total_cmp(&b.compression));
    let points = plain(accepted, 1);
    match smallest {
        Some((form, lost)) => format!(
            "Where {points} points may be lost, {} is the smallest: {} times smaller than float32, {} points lost.",
            form.name,
            plain(form.compression, 1),
            plain(lost, 2)
        ),
        None => format!("Where {points} points may be lost, none of these will do."),
    }
}

/// Draws the report.
pub fn draw(report: &TradeoffReport, view: &CellView) {
    view.print(&print(report));
    let caption = "Accuracy against compression, as measured on your network";
    view.show_results(&[&table::scrolling(caption, &COLUMNS, &rows(report))]);
    let line = Rc::new(Cell::new(accepted(&view.read_values())));
    let figures = view.add_figures(vec![
        dots_figure(report, line.clone()),
        bars_figure(report, line.clone()),
    ]);
    let report = report.clone();
    view.when_moved(move |values| {
        let now = accepted(values);
        if line.replace(now) != now {
            for figure in &figures {
                figure.say(&words(&report, now), &verdict(&report, now));
                figure.paint();
            }
        }
    });
}

fn words(report: &TradeoffReport, accepted: f64) -> String {
    let all: Vec<_> = rows(report)
        .into_iter()
        .map(|row| {
            format!(
                "{} {} times smaller, {} %, {} points lost",
                row[0], row[2], row[4], row[6]
            )
        })
        .collect();
    format!(
        "Forms of the network by compression and accuracy, with a line at a loss of {} points. {}.",
        plain(accepted, 1),
        all.join("; ")
    )
}

fn subtitle(report: &TradeoffReport) -> String {
    format!("your digit network, {} test digits", report.test)
}

fn dots_figure(report: &TradeoffReport, line: Rc<Cell<f64>>) -> Figure {
    let (forms, subtitle) = (forms(report), subtitle(report));
    let float32 = forms.first().map_or(0.0, Form::mean);
    Figure::new(
        "tradeoff",
        &words(report, line.get()),
        &verdict(report, line.get()),
        &table::scrolling("Accuracy against compression", &COLUMNS, &rows(report)),
        move |canvas| tradeoff::dots(canvas, &subtitle, &forms, float32 - line.get()),
    )
}

fn bars_figure(report: &TradeoffReport, line: Rc<Cell<f64>>) -> Figure {
    let (forms, subtitle) = (forms(report), subtitle(report));
    Figure::new(
        "losses",
        &words(report, line.get()),
        &verdict(report, line.get()),
        &table::scrolling("What is lost", &COLUMNS, &rows(report)),
        move |canvas| tradeoff::bars(canvas, &subtitle, &forms, line.get()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> TradeoffReport {
        let form = |kind, file_bytes, correct: &[u32]| TradeoffForm {
            kind,
            file_bytes,
            correct: correct.to_vec(),
        };
        TradeoffReport {
            test: 500,
            epochs: 2,
            forms: vec![
                form(TradeoffKind::Float32, 54_000, &[480]),
                form(TradeoffKind::FullInteger, 18_000, &[478, 480]),
                form(TradeoffKind::Int4, 10_000, &[460]),
            ],
            training_seconds: 12.34,
        }
    }

    #[test]
    fn prints_means_over_the_seeds() {
        let text = print(&report());
        for line in [
            "500 test digits; 2 epochs of quantization-aware training a run, 12.3 s in all",
            "full int8           3.0×     95.80 %",
            "int4                5.4×     92.00 %",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert_eq!(
            rows(&report())[1],
            [
                "full int8",
                "18,000",
                "3.00",
                "2",
                "95.80",
                "95.6 to 96.0",
                "0.20"
            ]
        );
    }

    #[test]
    fn the_smallest_form_within_the_accepted_loss() {
        let report = report();
        assert!(verdict(&report, 0.0).contains("float32 is the smallest"));
        assert!(verdict(&report, 1.0).contains("full int8 is the smallest: 3.0 times"));
        assert!(verdict(&report, 4.5).contains("int4 is the smallest"));
        let values = [
            ("seeds", "3".to_owned()),
            ("acceptable_loss", "15".to_owned()),
        ];
        assert_eq!(accepted(&values), 1.5);
    }
}
