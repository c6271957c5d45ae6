//! Cell `train`: a network learns to read digits.

use octet_protocol::{Request, TrainBegin, TrainReport, TrainRequest, TrainState, TrainTest};
use web_sys::{HtmlCanvasElement, HtmlElement};

use super::{
    CellId, Control, ControlKind, Spec, always,
    convert::save_button,
    scheme::{decimal, whole},
};
use crate::{
    app::Asker,
    charts::{
        axis::Kind,
        curves::{self, Curves},
        figure::Figure,
        notation::plain,
    },
    dom, format,
    link::Attachment,
    pad::picture,
    prose,
    table::{self, Column},
    values::Values,
    view::CellView,
};

/// The file of weights, which this browser keeps.
pub const FILE_NAME: &str = "digits.safetensors";
/// The pixels of some digits.
const SAMPLES: &str = "samples";
/// Height and width of a digit.
const SIDE: u32 = 28;
/// Digits in a row.
const COLUMNS: u32 = 10;

fn trains(values: &Values) -> bool {
    values.get(BEGIN.name) != "kept"
}

fn is_anew(values: &Values) -> bool {
    values.get(BEGIN.name) == "anew"
}

const BEGIN: Control = Control {
    name: "begin",
    label: "begin",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("anew", "at random weights"),
        ("go_on", "where it stopped"),
        ("kept", "not: take the kept weights"),
    ]),
};
const EPOCHS: Control = Control {
    name: "epochs",
    label: "epochs",
    is_shown: trains,
    kind: ControlKind::Number {
        min: 1,
        max: 500,
        default: "10",
    },
};
const BATCH: Control = Control {
    name: "batch",
    label: "batch",
    is_shown: trains,
    kind: ControlKind::Number {
        min: 1,
        max: 4000,
        default: "32",
    },
};
const LEARNING_RATE: Control = Control {
    name: "learning_rate",
    label: "learning rate",
    is_shown: trains,
    kind: ControlKind::Decimal {
        min: 1e-9,
        max: 1.0,
        default: "0.001",
    },
};
const SEED: Control = Control {
    name: "seed",
    label: "seed",
    is_shown: is_anew,
    kind: ControlKind::Number {
        min: 0,
        max: u32::MAX,
        default: "42",
    },
};
const AUGMENT: Control = Control {
    name: "augment",
    label: "shift and turn the digits",
    is_shown: trains,
    kind: ControlKind::Check(false),
};
const PATIENCE: Control = Control {
    name: "patience",
    label: "patience, epochs (0: none)",
    is_shown: trains,
    kind: ControlKind::Number {
        min: 0,
        max: 500,
        default: "0",
    },
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "train",
    title: "Train a network to read digits",
    needs: |_| &[],
    controls: &[BEGIN, EPOCHS, BATCH, LEARNING_RATE, SEED, AUGMENT, PATIENCE],
    prose: prose::TRAIN,
    request: |values| {
        Ok(Request::Train(TrainRequest {
            begin: match values.get(BEGIN.name).as_str() {
                "go_on" => TrainBegin::GoOn,
                "kept" => TrainBegin::Kept,
                _ => TrainBegin::Anew,
            },
            epochs: whole(values, &EPOCHS)?,
            batch: whole(values, &BATCH)?,
            learning_rate: decimal(values, &LEARNING_RATE)?,
            seed: whole(values, &SEED)?,
            augment: values.get(AUGMENT.name) == "on",
            patience: whole(values, &PATIENCE)?,
            // They join on the JavaScript side.
            bytes: Vec::new(),
        }))
    },
};

const EPOCH_COLUMNS: [Column; 5] = [
    Column::text("epoch"),
    Column::figure("loss"),
    Column::figure("accuracy, %"),
    Column::figure("validation loss"),
    Column::figure("validation accuracy, %"),
];
const LOSS_COLUMNS: [Column; 2] = [Column::text("epochs"), Column::figure("loss")];
/// A table of a chart has at most so many rows.
const MOST_ROWS: usize = 60;

/// Says whether the browser keeps weights.
pub fn show_kept(view: &CellView, words: &str) {
    if let Some(kept) = view.find("[data-kept]") {
        dom::set_text(&kept, words);
    }
}

/// Adds the line about kept weights below the cell's results.
pub fn mount(view: &CellView) {
    view.append_extra(&dom::text("p", &[("data-kept", ""), ("class", "kept")], ""));
}

/// The printed text.
pub fn print(report: &TrainReport) -> String {
    let [train, validation, test] = report.digits;
    let mut lines = vec![format!(
        "{} parameters; {} digits to train with, {validation} to validate with, {test} to test with",
        format::grouped(report.parameters.into()),
        format::grouped(train.into()),
    )];
    if report.shown > 0 {
        let speed = f64::from(report.shown) / report.seconds.max(1e-9);
        lines.push(format!(
            "{} digits shown in {} s: {} a second, on Burn's {}",
            format::grouped(report.shown.into()),
            plain(report.seconds, 1),
            format::grouped(speed.round() as u64),
            report.backend.name(),
        ));
    }
    lines.push(state_in_words(report));
    if let Some(test) = &report.test {
        lines.push(format!(
            "test accuracy {} % ({} of {}), loss {}",
            percent(test_accuracy(test)),
            test.correct,
            test.digits,
            plain(test.loss.into(), 4),
        ));
    }
    lines.join("\n")
}

fn state_in_words(report: &TrainReport) -> String {
    let epochs = match report.epochs.len() {
        1 => "1 epoch".to_owned(),
        count => format!("{count} epochs"),
    };
    let best = match report.best_epoch {
        0 => "no weights yet".to_owned(),
        epoch => format!("the best weights are those of epoch {epoch}"),
    };
    match report.state {
        TrainState::Running => format!("{epochs} so far, {best}"),
        TrainState::Done => format!("{epochs}, {best}"),
        TrainState::OutOfPatience => {
            format!("stopped after {epochs}, since nothing got better; {best}")
        }
        TrainState::Stopped => format!("stopped by you after {epochs}; {best}"),
        TrainState::Kept => "the weights of an earlier run, kept by this browser".to_owned(),
    }
}

fn test_accuracy(test: &TrainTest) -> f64 {
    f64::from(test.correct) / f64::from(test.digits.max(1))
}

fn percent(share: f64) -> String {
    plain(share * 100.0, 1)
}

/// Draws the report.
pub fn draw(report: &TrainReport, attachments: &[Attachment], view: &CellView, asker: &Asker) {
    view.print(&print(report));
    let samples = attachments.iter().find(|part| part.name == SAMPLES);
    let samples = samples.map(|part| samples_canvas(&part.bytes.to_vec()));
    match &samples {
        Some(canvas) => view.show_results(&[canvas]),
        None => view.show_results(&[]),
    }
    if !report.epochs.is_empty() || !report.losses.is_empty() {
        view.add_figures(vec![loss_figure(report), accuracy_figure(report)]);
    }
    if report.state == TrainState::Running {
        return;
    }
    if let Some(test) = &report.test {
        view.append_result(&confusion(test));
    }
    let tools = dom::el("div", &[("class", "tools")], &[]);
    for file in &report.files {
        let words = format!(
            "Download the weights, {} bytes",
            format::grouped(file.bytes)
        );
        dom::append(&tools, &save_button(&file.file_name, &words));
    }
    dom::append(&tools, &go_on_button(asker));
    view.append_result(&tools);
}

fn go_on_button(asker: &Asker) -> HtmlElement {
    let button = dom::text(
        "button",
        &[("type", "button"), ("data-action", "go-on")],
        "Continue training",
    );
    let asker = asker.clone();
    dom::on(&button, "click", move |_: web_sys::Event| {
        asker.open_cell(CellId::Train, &[(BEGIN.name, "go_on")]);
    });
    button
}

/// Some digits, ink on paper.
fn samples_canvas(pixels: &[u8]) -> HtmlElement {
    let digit = (SIDE * SIDE) as usize;
    let rows = (pixels.len() / digit) as u32 / COLUMNS;
    let (width, height) = (SIDE * COLUMNS, SIDE * rows);
    let mut rgba = vec![255; (width * height * 4) as usize];
    for (number, image) in (0..rows * COLUMNS).zip(pixels.chunks(digit)) {
        let (left, top) = (number % COLUMNS * SIDE, number / COLUMNS * SIDE);
        for (at, &ink) in (0..).zip(image) {
            let place = (top + at / SIDE) * width + left + at % SIDE;
            if let Some(pixel) = rgba.get_mut(place as usize * 4..place as usize * 4 + 3) {
                pixel.fill(255 - ink);
            }
        }
    }
    let canvas: HtmlCanvasElement = dom::create(
        "canvas",
        &[
            ("class", "digits"),
            ("role", "img"),
            (
                "aria-label",
                "Digits to train with, two of each class from 0 to 9",
            ),
        ],
    );
    canvas.set_width(width);
    canvas.set_height(height);
    picture::put(&canvas, width as usize, &rgba);
    canvas.into()
}

fn best(report: &TrainReport) -> Option<f64> {
    (report.best_epoch > 0).then_some(report.best_epoch.into())
}

fn subtitle(report: &TrainReport) -> String {
    let [train, validation, _] = report.digits;
    format!(
        "{} digits to train with, {validation} to validate with",
        format::grouped(train.into())
    )
}

/// A value of each epoch, over the epochs that are over when it is known.
fn by_epoch(
    report: &TrainReport,
    value: impl Fn(&octet_protocol::TrainEpoch) -> f32,
) -> Vec<(f64, f64)> {
    let epochs = (1..).zip(&report.epochs);
    let point = |(number, epoch): (u32, _)| (f64::from(number), f64::from(value(epoch)));
    epochs.map(point).collect()
}

fn loss_figure(report: &TrainReport) -> Figure {
    let curve = report
        .losses
        .iter()
        .map(|&[epochs, loss]| (f64::from(epochs), f64::from(loss)));
    let curves = Curves {
        title: "Loss",
        subtitle: subtitle(report),
        y_words: "cross-entropy",
        kind: Kind::Real,
        train: curve.collect(),
        validation: by_epoch(report, |epoch| epoch.validation_loss),
        best: best(report),
    };
    let step = curves.train.len().div_ceil(MOST_ROWS).max(1);
    let rows: Vec<_> = curves
        .train
        .iter()
        .step_by(step)
        .map(|(epochs, loss)| vec![plain(*epochs, 2), plain(*loss, 4)])
        .collect();
    let last = curves.train.last().map_or(0.0, |(_, loss)| *loss);
    let words = format!(
        "Line: the loss on the digits that are trained with, over {} epochs, now {}.",
        report.epochs.len(),
        plain(last, 4)
    );
    let caption = format!(
        "Each point of the line is the mean of {} batches, before their steps.",
        report.batches_a_point
    );
    let table = table::scrolling("Loss while training", &LOSS_COLUMNS, &rows);
    Figure::new("loss", &words, &caption, &table, move |canvas| {
        curves::paint(canvas, &curves)
    })
}

fn accuracy_figure(report: &TrainReport) -> Figure {
    let curves = Curves {
        title: "Accuracy",
        subtitle: subtitle(report),
        y_words: "told right, %",
        kind: Kind::Real,
        train: by_epoch(report, |epoch| epoch.accuracy * 100.0),
        validation: by_epoch(report, |epoch| epoch.validation_accuracy * 100.0),
        best: best(report),
    };
    let rows: Vec<_> = (1..)
        .zip(&report.epochs)
        .map(|(number, epoch): (u32, _)| {
            vec![
                number.to_string(),
                plain(epoch.loss.into(), 4),
                percent(epoch.accuracy.into()),
                plain(epoch.validation_loss.into(), 4),
                percent(epoch.validation_accuracy.into()),
            ]
        })
        .collect();
    let last = report.epochs.last();
    let words = match last {
        Some(epoch) => format!(
            "Accuracy after {} epochs: {} % while training, {} % of the validation set.",
            report.epochs.len(),
            percent(epoch.accuracy.into()),
            percent(epoch.validation_accuracy.into())
        ),
        None => "No epoch is over yet.".to_owned(),
    };
    let table = table::scrolling("Each epoch", &EPOCH_COLUMNS, &rows);
    let caption = "While training, a digit is judged before the step that it is for.";
    Figure::new("accuracy", &words, caption, &table, move |canvas| {
        curves::paint(canvas, &curves)
    })
}

/// Which digit was taken for which.
fn confusion(test: &TrainTest) -> HtmlElement {
    const COLUMNS: [Column; 11] = [
        Column::text("digit"),
        Column::figure("0"),
        Column::figure("1"),
        Column::figure("2"),
        Column::figure("3"),
        Column::figure("4"),
        Column::figure("5"),
        Column::figure("6"),
        Column::figure("7"),
        Column::figure("8"),
        Column::figure("9"),
    ];
    let rows: Vec<Vec<String>> = (0..)
        .zip(&test.confusion)
        .map(|(digit, row): (u32, _)| {
            let counts = row.iter().map(u32::to_string);
            [digit.to_string()].into_iter().chain(counts).collect()
        })
        .collect();
    table::scrolling(
        "The test set: what each digit was taken for",
        &COLUMNS,
        &rows,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{Backend, TrainEpoch};

    fn report(state: TrainState) -> TrainReport {
        TrainReport {
            backend: Backend::Flex,
            digits: [4000, 500, 500],
            parameters: 12_810,
            state,
            epochs: vec![TrainEpoch {
                loss: 1.0,
                accuracy: 0.7,
                validation_loss: 0.3,
                validation_accuracy: 0.9,
            }],
            batches_a_point: 25,
            losses: vec![[0.2, 2.0], [0.4, 1.5]],
            best_epoch: 1,
            shown: 4000,
            seconds: 2.0,
            test: Some(TrainTest {
                correct: 480,
                digits: 500,
                loss: 0.12345,
                confusion: Vec::new(),
            }),
            files: Vec::new(),
        }
    }

    #[test]
    fn prints_how_it_went() {
        let text = print(&report(TrainState::Stopped));
        for part in [
            "12,810 parameters; 4,000 digits",
            "4,000 digits shown in 2.0 s: 2,000 a second, on Burn's flex",
            "stopped by you after 1 epoch; the best weights are those of epoch 1",
            "test accuracy 96.0 % (480 of 500), loss 0.1235",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn kept_weights_have_shown_nothing() {
        let mut report = report(TrainState::Kept);
        report.shown = 0;
        let text = print(&report);
        assert!(!text.contains("a second"), "{text}");
        assert!(text.contains("kept by this browser"));
    }
}
