//! Cell `regression`: one neuron, and one temperature on its way through the integers.

use octet_protocol::{
    LinePoints, LineScale, RegressionReport, RegressionRequest, Representative, Request,
};

use super::{
    Control, ControlKind, Spec, always,
    convert::save_button,
    scheme::{decimal, whole},
};
use crate::{
    charts::{
        answers, descent,
        figure::Figure,
        notation::{figure, interval, plain, whole as integer},
    },
    dom, format, prose,
    table::{self, Column},
    values::Values,
    view::CellView,
};

/// A table of a chart has at most so many rows.
const MOST_ROWS: usize = 60;

fn is_drawn(values: &Values) -> bool {
    values.get(POINTS.name) == "drawn"
}

const POINTS: Control = Control {
    name: "points",
    label: "points",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("classic", "the classic seven"),
        ("drawn", "drawn, −40 to 40 °C"),
    ]),
};
const COUNT: Control = Control {
    name: "count",
    label: "how many",
    is_shown: is_drawn,
    kind: ControlKind::Number {
        min: 2,
        max: 1000,
        default: "50",
    },
};
const NOISE: Control = Control {
    name: "noise",
    label: "σ of their noise, °F",
    is_shown: is_drawn,
    kind: ControlKind::Decimal {
        min: 0.0,
        max: 100.0,
        default: "2",
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
const EPOCHS: Control = Control {
    name: "epochs",
    label: "epochs",
    is_shown: always,
    kind: ControlKind::Number {
        min: 1,
        max: 100_000,
        default: "5000",
    },
};
const LEARNING_RATE: Control = Control {
    name: "learning_rate",
    label: "learning rate",
    is_shown: always,
    kind: ControlKind::Decimal {
        min: 1e-30,
        max: 1e30,
        default: "0.001",
    },
};
const REPRESENTATIVE: Control = Control {
    name: "representative",
    label: "calibrate with",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("training", "the training points"),
        ("wide", "−100 to 100 °C"),
    ]),
};
const CELSIUS: Control = Control {
    name: "celsius",
    label: "follow, °C",
    is_shown: always,
    kind: ControlKind::Decimal {
        min: -1e6,
        max: 1e6,
        default: "20",
    },
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "regression",
    title: "One neuron",
    needs: |_| &[],
    controls: &[
        POINTS,
        COUNT,
        NOISE,
        EPOCHS,
        LEARNING_RATE,
        SEED,
        REPRESENTATIVE,
        CELSIUS,
    ],
    prose: prose::REGRESSION,
    request: |values| {
        let points = match is_drawn(values) {
            true => LinePoints::Drawn {
                count: whole(values, &COUNT)?,
                noise: decimal(values, &NOISE)?,
            },
            false => LinePoints::Classic,
        };
        let representative = match values.get(REPRESENTATIVE.name).as_str() {
            "wide" => Representative::Wide,
            _ => Representative::Training,
        };
        Ok(Request::Regression(RegressionRequest {
            points,
            seed: whole(values, &SEED)?,
            epochs: whole(values, &EPOCHS)?,
            learning_rate: decimal(values, &LEARNING_RATE)?,
            representative,
            celsius: decimal(values, &CELSIUS)?,
        }))
    },
};

const STEP_COLUMNS: [Column; 3] = [
    Column::text("step"),
    Column::figure("gives"),
    Column::sentences("by hand"),
];
const SCALE_COLUMNS: [Column; 5] = [
    Column::text("what"),
    Column::figure("float32"),
    Column::figure("scale"),
    Column::figure("zero point"),
    Column::int8("integer"),
];
const LOSS_COLUMNS: [Column; 4] = [
    Column::text("epoch"),
    Column::figure("mean squared error, °F²"),
    Column::figure("weight"),
    Column::figure("bias"),
];
const ANSWER_COLUMNS: [Column; 4] = [
    Column::text("°C"),
    Column::float32("float32, °F"),
    Column::int8("int8, °F"),
    Column::figure("difference"),
];

/// The printed text.
pub fn print(report: &RegressionReport) -> String {
    let steps = &report.steps;
    let loss = |epoch: Option<&octet_protocol::Epoch>| {
        epoch.map_or("–".to_owned(), |epoch| figure(epoch.loss, 4))
    };
    let mut lines = vec![
        format!(
            "{} points, {} epochs of gradient descent",
            format::grouped(report.points.len() as u64),
            format::grouped(report.epochs.into()),
        ),
        format!(
            "learning rate {}, which diverges from {} on",
            report.learning_rate,
            figure(report.largest_rate, 6),
        ),
        format!(
            "mean squared error {} → {} °F²",
            loss(report.history.first()),
            loss(report.history.last())
        ),
        format!("learned   {}", line(report)),
        "the law   °F = 1.8 · °C + 32".to_owned(),
        String::new(),
        format!(
            "{} °C: float32 {} °F, int8 {} °F, difference {}",
            degrees(steps.celsius, 2),
            degrees(steps.float32, 3),
            degrees(steps.fahrenheit, 3),
            plain(f64::from(steps.fahrenheit - steps.float32), 3),
        ),
    ];
    if steps.is_clipped {
        lines.push(clipped(report));
    }
    lines.push(match steps.output == steps.engine {
        true => format!(
            "by hand {}, by the engine {}: the same integer",
            integer(steps.output.into()),
            integer(steps.engine.into())
        ),
        false => format!(
            "by hand {}, by the engine {}: it multiplies in float64",
            integer(steps.output.into()),
            integer(steps.engine.into())
        ),
    });
    lines.push(format!(
        "the same by hand and by the engine: {} of 256 inputs",
        report.same_of_256
    ));
    lines.join("\n")
}

/// `°F = 1.7982 · °C + 31.9517`.
fn line(report: &RegressionReport) -> String {
    let sign = if report.bias < 0.0 { "\u{2212}" } else { "+" };
    format!(
        "°F = {} · °C {sign} {}",
        degrees(report.weight, 4),
        degrees(report.bias.abs(), 4)
    )
}

fn degrees(x: f32, decimals: usize) -> String {
    plain(x.into(), decimals)
}

fn clipped(report: &RegressionReport) -> String {
    let [low, high] = report.input.range;
    format!(
        "clipped: the integers reach from {} to {} °C\n{} °C goes in as {} °C",
        degrees(low, 2),
        degrees(high, 2),
        degrees(report.steps.celsius, 2),
        degrees(report.steps.input_real, 2)
    )
}

/// A number that may be added: `+ 3`, `− 55`.
fn plus(x: i32) -> String {
    let sign = if x < 0 { "\u{2212}" } else { "+" };
    format!("{sign} {}", format::grouped(x.unsigned_abs().into()))
}

/// The same taken away.
fn minus(x: i32) -> String {
    plus(x.saturating_neg())
}

/// Every step: what it is, how it is computed, and what comes of it.
fn steps(report: &RegressionReport) -> Vec<Vec<String>> {
    let steps = &report.steps;
    let (input, output) = (&report.input, &report.output);
    let int = |x: i32| integer(x.into());
    let row = |name: &str, by_hand: String, gives: String| vec![name.to_owned(), gives, by_hand];
    vec![
        row(
            "1. In steps of the input",
            format!(
                "{} / {}",
                degrees(steps.celsius, 2),
                figure(input.scale.into(), 6),
            ),
            degrees(steps.input_steps, 3),
        ),
        row(
            "2. Rounded, zero point on",
            match steps.is_clipped {
                true => "beyond the end: clipped".to_owned(),
                false => format!(
                    "{} {}, which stands for {} °C",
                    int(steps.centered),
                    plus(input.zero_point),
                    degrees(steps.input_real, 3)
                ),
            },
            int(steps.input),
        ),
        row(
            "3. Zero point off",
            format!("{} {}", int(steps.input), minus(input.zero_point)),
            int(steps.centered),
        ),
        row(
            "4. Times the weight",
            format!("{} · {}", int(steps.centered), int(report.weight_integer)),
            int(steps.product),
        ),
        row(
            "5. Plus the bias",
            format!("{} {}", int(steps.product), plus(report.bias_integer)),
            int(steps.accumulator),
        ),
        row(
            "6. What it stands for",
            format!(
                "{} · {}",
                int(steps.accumulator),
                figure(report.bias_scale.into(), 6)
            ),
            format!("{} °F", plain(steps.accumulator_real, 3)),
        ),
        row(
            "7. To steps of the output",
            format!(
                "{} · {}, and that is {} · {} / {}",
                int(steps.accumulator),
                figure(steps.ratio, 6),
                figure(input.scale.into(), 6),
                figure(report.weight_scale.into(), 6),
                figure(output.scale.into(), 6)
            ),
            plain(f64::from(steps.accumulator) * steps.ratio, 3),
        ),
        row(
            "8. The same without fractions",
            format!(
                "{} · {} / 2³¹, then {}",
                int(steps.accumulator),
                int(steps.multiplier),
                shift(steps.shift)
            ),
            int(steps.scaled),
        ),
        row(
            "9. Zero point on",
            format!("{} {}", int(steps.scaled), plus(output.zero_point)),
            int(steps.shifted),
        ),
        row(
            "10. Clamped to int8",
            format!("the engine gives {}", int(steps.engine)),
            int(steps.output),
        ),
        row(
            "11. What it stands for",
            format!(
                "({} {}) · {}",
                int(steps.engine),
                minus(output.zero_point),
                figure(output.scale.into(), 6)
            ),
            format!("{} °F", degrees(steps.fahrenheit, 3)),
        ),
        row(
            "12. Beside float32",
            format!("float32 gives {} °F", degrees(steps.float32, 3)),
            format!(
                "{} °F",
                plain(f64::from(steps.fahrenheit - steps.float32), 3)
            ),
        ),
        row(
            "13. Beside the law",
            format!("{} °F", plain(steps.exact, 3)),
            format!("{} °F", plain(f64::from(steps.fahrenheit) - steps.exact, 3)),
        ),
    ]
}

/// A power of two as what a processor does.
fn shift(shift: i32) -> String {
    let bits = |n: u32| format!("{n} bit{}", if n == 1 { "" } else { "s" });
    match shift {
        0 => "no shift".to_owned(),
        shift if shift < 0 => format!("{} to the right", bits(shift.unsigned_abs())),
        shift => format!("{} to the left (before)", bits(shift.unsigned_abs())),
    }
}

fn scales(report: &RegressionReport) -> Vec<Vec<String>> {
    let activation = |name: &str, scale: &LineScale| {
        vec![
            name.to_owned(),
            interval(scale.range[0].into(), scale.range[1].into(), 2),
            figure(scale.scale.into(), 6),
            integer(scale.zero_point.into()),
            "−128 to 127".to_owned(),
        ]
    };
    let constant = |name: &str, value: f32, scale: f32, number: i32| {
        vec![
            name.to_owned(),
            figure(value.into(), 6),
            figure(scale.into(), 6),
            "0".to_owned(),
            integer(number.into()),
        ]
    };
    vec![
        activation("input, °C", &report.input),
        constant(
            "weight",
            report.weight,
            report.weight_scale,
            report.weight_integer,
        ),
        constant("bias", report.bias, report.bias_scale, report.bias_integer),
        activation("output, °F", &report.output),
    ]
}

/// Draws the report.
pub fn draw(report: &RegressionReport, view: &CellView) {
    view.print(&print(report));
    // Not in a box that scrolls: every step is to be seen.
    let by_hand = table::plain(
        &format!("{} °C by hand", degrees(report.steps.celsius, 2)),
        &STEP_COLUMNS,
        &steps(report),
    );
    let scales = table::scrolling(
        &format!(
            "Scales and zero points, from {} temperatures between {} and {} °C",
            report.representative,
            degrees(report.seen[0], 1),
            degrees(report.seen[1], 1)
        ),
        &SCALE_COLUMNS,
        &scales(report),
    );
    let tools = dom::el("div", &[("class", "tools")], &[]);
    for (file, precision) in report.files.iter().zip(["float32", "int8"]) {
        let words = format!(
            "Download {precision}, {} bytes",
            format::grouped(file.bytes)
        );
        dom::append(&tools, &save_button(&file.file_name, &words));
    }
    view.show_results(&[&by_hand, &scales, &tools]);
    view.add_figures(vec![answers_figure(report), descent_figure(report)]);
}

fn answers_figure(report: &RegressionReport) -> Figure {
    let [low, high] = report.input.range;
    let words = format!(
        "Lines of the answer in °F over °C. float32: {}. int8 climbs in steps of {} °F from {} to {} °C, and is level beyond. Within, it is at most {} °F off.",
        line(report),
        figure(report.output.scale.into(), 3),
        degrees(low, 1),
        degrees(high, 1),
        plain(report.largest_error, 3),
    );
    let caption = format!(
        "Between {} and {} °C int8 is at most {} °F from float32. Beyond that range its input is clipped, and the answer stays as it is.",
        degrees(low, 1),
        degrees(high, 1),
        plain(report.largest_error, 3)
    );
    let every = report.answers.len().div_ceil(MOST_ROWS).max(1);
    let rows: Vec<_> = report
        .answers
        .iter()
        .step_by(every)
        .map(|&[celsius, exact, rough]| {
            vec![
                degrees(celsius, 2),
                degrees(exact, 3),
                degrees(rough, 3),
                degrees(rough - exact, 3),
            ]
        })
        .collect();
    let pairs = |of: fn(&[f32; 3]) -> f32| -> Vec<(f64, f64)> {
        let answers = report.answers.iter();
        answers
            .map(|answer| (answer[0].into(), of(answer).into()))
            .collect()
    };
    let points = report.points.iter();
    let chart = answers::Chart {
        subtitle: line(report),
        float32: pairs(|answer| answer[1]),
        int8: pairs(|answer| answer[2]),
        points: points.map(|&[x, y]| (x.into(), y.into())).collect(),
        followed: (report.steps.celsius.into(), report.steps.fahrenheit.into()),
        range: (low.into(), high.into()),
    };
    Figure::new(
        "answers",
        &words,
        &caption,
        &table::scrolling("Answers of both networks", &ANSWER_COLUMNS, &rows),
        move |canvas| answers::paint(canvas, &chart),
    )
}

fn descent_figure(report: &RegressionReport) -> Figure {
    let losses: Vec<(f64, f64)> = report
        .history
        .iter()
        .map(|epoch| (f64::from(epoch.epoch), epoch.loss))
        .collect();
    let ends = [losses.first(), losses.last()];
    let [first, last] = ends.map(|end| end.map_or(f64::NAN, |(_, loss)| *loss));
    let words = format!(
        "Line of the mean squared error over {} epochs: from {} to {} °F².",
        format::grouped(report.epochs.into()),
        figure(first, 4),
        figure(last, 4)
    );
    let caption = "The axis counts powers of ten. The weight is found within a few epochs, which is the drop at the left; the bias takes the rest of the time.";
    let every = report.history.len().div_ceil(MOST_ROWS).max(1);
    let rows: Vec<_> = report
        .history
        .iter()
        .enumerate()
        .filter(|(place, _)| place % every == 0 || place + 1 == report.history.len())
        .map(|(_, epoch)| {
            vec![
                format::grouped(epoch.epoch.into()),
                figure(epoch.loss, 4),
                degrees(epoch.weight, 4),
                degrees(epoch.bias, 4),
            ]
        })
        .collect();
    let subtitle = format!("learning rate {}", report.learning_rate);
    Figure::new(
        "descent",
        &words,
        caption,
        &table::scrolling("Some of the epochs", &LOSS_COLUMNS, &rows),
        move |canvas| descent::paint(canvas, &subtitle, &losses),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{Epoch, LineSteps, SavedFile};

    fn report() -> RegressionReport {
        let scale = |scale: f32, zero_point: i32| LineScale {
            scale,
            zero_point,
            range: [-128, 127].map(|q| (q - zero_point) as f32 * scale),
        };
        RegressionReport {
            points: vec![[0.0, 32.0], [38.0, 100.0]],
            epochs: 1000,
            learning_rate: 0.001,
            largest_rate: 0.001_786,
            start: [0.5, -0.1],
            history: vec![Epoch {
                epoch: 0,
                loss: 3000.0,
                weight: 0.5,
                bias: -0.1,
            }],
            weight: 1.8,
            bias: 32.0,
            representative: 2,
            seen: [-40.0, 38.0],
            input: scale(0.305_882, 3),
            output: scale(0.550_588, -55),
            weight_scale: 0.014_173,
            weight_integer: 127,
            bias_scale: 0.004_335_3,
            bias_integer: 7381,
            steps: LineSteps {
                celsius: 20.0,
                input_steps: 65.385,
                input: 68,
                is_clipped: false,
                input_real: 19.882,
                centered: 65,
                product: 8255,
                accumulator: 15_636,
                accumulator_real: 67.787,
                ratio: 0.007_874,
                multiplier: 1_082_196_484,
                shift: -6,
                scaled: 123,
                shifted: 68,
                output: 68,
                engine: 68,
                fahrenheit: 67.722,
                float32: 68.0,
                exact: 68.0,
            },
            same_of_256: 256,
            answers: vec![[0.0, 32.0, 31.93]],
            largest_error: 0.5,
            files: vec![SavedFile {
                file_name: "celsius_int8.tflite".to_owned(),
                bytes: 900,
            }],
        }
    }

    #[test]
    fn prints_both_answers() {
        let text = print(&report());
        for part in [
            "2 points, 1,000 epochs",
            "learned   °F = 1.8000 · °C + 32.0000",
            "20.00 °C: float32 68.000 °F, int8 67.722 °F, difference \u{2212}0.278",
            "by hand 68, by the engine 68: the same integer",
            "engine: 256 of 256 inputs",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains("clipped"));
    }

    #[test]
    fn says_where_it_clips_and_where_the_engine_differs() {
        let mut report = report();
        report.steps.celsius = 100.0;
        report.steps.is_clipped = true;
        report.steps.engine = 67;
        let text = print(&report);
        assert!(text.contains("clipped: the integers reach from \u{2212}40.07 to 37.93 °C"));
        assert!(text.contains("by hand 68, by the engine 67: it multiplies"));
    }

    #[test]
    fn each_step_is_written_as_it_is_computed() {
        let rows = steps(&report());
        let by_hand: Vec<&str> = rows.iter().map(|row| row[2].as_str()).collect();
        for expected in [
            "20.00 / 0.305882",
            "65 + 3, which stands for 19.882 °C",
            "68 \u{2212} 3",
            "65 · 127",
            "8,255 + 7,381",
            "15,636 · 1,082,196,484 / 2³¹, then 6 bits to the right",
            "123 \u{2212} 55",
            "(68 + 55) · 0.550588",
        ] {
            assert!(by_hand.contains(&expected), "{expected}\n{by_hand:?}");
        }
    }

    #[test]
    fn shifts_in_words() {
        assert_eq!(shift(0), "no shift");
        assert_eq!(shift(-1), "1 bit to the right");
        assert_eq!(shift(2), "2 bits to the left (before)");
    }
}
