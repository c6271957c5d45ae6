//! Cell `rescue`: lost accuracy brought back, rung by rung.

mod ranges;

use octet_protocol::{
    ErrorKind, LabError, Measured, ModelName, Repair, RepairStep, Request, RescueReport,
    RescueRequest, Rung, RungForm,
};
use web_sys::HtmlElement;

use super::{CellId, Control, ControlKind, Spec, always, on_or_off, scheme::whole};
use crate::{
    charts::{
        figure::Figure,
        ladder::{self, Step},
        notation::plain,
    },
    dom, prose,
    table::{self, Column},
    values::Values,
    view::CellView,
};

const fn check(name: &'static str, label: &'static str, is_on: bool) -> Control {
    Control {
        name,
        label,
        is_shown: always,
        kind: ControlKind::Check(is_on),
    }
}

const NAIVE: Control = check("naive", "per tensor, naive", true);
const EQUALIZE: Control = check("equalize", "+ equalization", true);
const ABSORB: Control = check("absorb", "+ absorption", true);
const CORRECT: Control = check("correct", "+ correction", true);
const ROUND: Control = check("round", "+ AdaRound", true);
const PER_CHANNEL: Control = check("per_channel", "per channel", true);
const REPAIRED: Control = check("repaired", "per channel + repairs", false);
const MIXED: Control = check("mixed", "mixed precision", true);
const MIXED_REPAIRED: Control = check("mixed_repaired", "mixed + repairs", false);

const BUDGET: Control = Control {
    name: "budget",
    label: "budget of mixed precision, % of 8-bit weights",
    is_shown: |values| is_on(values, &MIXED) || is_on(values, &MIXED_REPAIRED),
    kind: ControlKind::Number {
        min: 1,
        max: 100,
        default: "60",
    },
};

const CROPS: Control = Control {
    name: "crops",
    label: "crops to test with",
    is_shown: always,
    kind: ControlKind::Number {
        min: 0,
        max: 500,
        default: "96",
    },
};

const LAYER: Control = Control {
    name: "layer",
    label: "layer in the chart",
    is_shown: always,
    kind: ControlKind::Layer("the most uneven"),
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "rescue",
    title: "The rescue",
    needs: |_| &[CellId::Baseline],
    controls: &[
        NAIVE,
        EQUALIZE,
        ABSORB,
        CORRECT,
        ROUND,
        PER_CHANNEL,
        REPAIRED,
        MIXED,
        MIXED_REPAIRED,
        BUDGET,
        CROPS,
        LAYER,
    ],
    prose: prose::RESCUE,
    request: |values| {
        Ok(Request::Rescue(RescueRequest {
            rungs: rungs(values)?,
            crops: whole(values, &CROPS)?,
            layer: values.get(LAYER.name),
        }))
    },
};

/// The repairs and where they are ticked; each is a rung on top of those before.
const REPAIRS: [(Repair, Control); Repair::ALL.len()] = [
    (Repair::Equalize, EQUALIZE),
    (Repair::Absorb, ABSORB),
    (Repair::Correct, CORRECT),
    (Repair::Round, ROUND),
];

fn is_on(values: &Values, control: &Control) -> bool {
    values.get(control.name) == on_or_off(true)
}

/// The ladder that the reader has ticked.
fn rungs(values: &Values) -> Result<Vec<RungForm>, LabError> {
    let is_on = |control| is_on(values, control);
    let mut rungs = Vec::new();
    let mut add = |per_channel, repairs: &[Repair], budget_percent| {
        rungs.push(RungForm {
            per_channel,
            repairs: repairs.to_vec(),
            budget_percent,
        });
    };
    if is_on(&NAIVE) {
        add(false, &[], None);
    }
    let mut repairs = Vec::new();
    for (repair, control) in &REPAIRS {
        if is_on(control) {
            repairs.push(*repair);
            add(false, &repairs, None);
        }
    }
    for control in [&REPAIRED, &MIXED_REPAIRED] {
        if is_on(control) && repairs.is_empty() {
            return wrong(
                &format!("“{}” has nothing to repair with.", control.label),
                "Tick at least one of equalization, absorption, correction and AdaRound, or untick it.",
            );
        }
    }
    if is_on(&PER_CHANNEL) {
        add(true, &[], None);
    }
    if is_on(&REPAIRED) {
        add(true, &repairs, None);
    }
    if is_on(&MIXED) || is_on(&MIXED_REPAIRED) {
        let budget = Some(whole(values, &BUDGET)?);
        if is_on(&MIXED) {
            add(true, &[], budget);
        }
        if is_on(&MIXED_REPAIRED) {
            add(true, &repairs, budget);
        }
    }
    if rungs.is_empty() {
        return wrong(
            "A ladder without rungs cannot be climbed.",
            "Tick at least one of its rungs.",
        );
    }
    Ok(rungs)
}

fn wrong<T>(message: &str, remedy: &str) -> Result<T, LabError> {
    Err(LabError::new(ErrorKind::BadInput, message, remedy))
}

/// A rung's name; of those with one scale a tensor, what it adds to the rung below.
pub fn name(form: &RungForm) -> &'static str {
    let last = form.repairs.last();
    match (form.budget_percent, form.per_channel, last) {
        (None, false, None) => "naive",
        (None, false, Some(Repair::Equalize)) => "+ equalization",
        (None, false, Some(Repair::Absorb)) => "+ absorption",
        (None, false, Some(Repair::Correct)) => "+ correction",
        (None, false, Some(Repair::Round)) => "+ AdaRound",
        (None, true, None) => "per channel",
        (None, true, Some(_)) => "channel + repair",
        (Some(_), _, None) => "mixed",
        (Some(_), _, Some(_)) => "mixed + repair",
    }
}

/// Top-1 accuracy in Nagel et al. 2019 (arXiv 1906.04721) on ImageNet’s 50,000 validation images, in percent.
struct Paper;

impl Paper {
    const FLOAT32: f64 = 71.72;
    const NAIVE: f64 = 0.12;
    const RESCUED: f64 = 71.19;

    /// What the paper has for a rung of a model.
    fn of(model: ModelName, form: &RungForm) -> Option<f64> {
        let is_theirs = form.budget_percent.is_none() && !form.per_channel;
        if model != ModelName::MobileNetV2 || !is_theirs {
            return None;
        }
        match &form.repairs[..] {
            [] => Some(Self::NAIVE),
            [Repair::Equalize, Repair::Absorb, Repair::Correct] => Some(Self::RESCUED),
            _ => None,
        }
    }

    fn float32(model: ModelName) -> Option<f64> {
        (model == ModelName::MobileNetV2).then_some(Self::FLOAT32)
    }
}

const COLUMNS: [Column; 10] = [
    Column::text("rung"),
    Column::figure("same class, photos"),
    Column::figure("same class, crops"),
    Column::figure("drift, points"),
    Column::figure("SQNR, dB"),
    Column::figure("file, MB"),
    Column::figure("made in, s"),
    Column::figure("one run, ms"),
    Column::figure("paper’s top-1, %"),
    Column::sentences("what was done, and what could not be"),
];

const LADDER_COLUMNS: [Column; 3] = [
    Column::text("rung"),
    Column::figure("same class as float32, %"),
    Column::figure("top-1 in the paper, %"),
];

/// The part of the images that have float32's class, in percent.
fn agreement(report: &RescueReport, measured: &Measured) -> f64 {
    let images = (report.photos + report.crops).max(1);
    f64::from(measured.same_photos + measured.same_crops) / f64::from(images) * 100.0
}

/// The printed text.
pub fn print(report: &RescueReport) -> String {
    let mut lines = vec![
        report.model.title().to_owned(),
        format!(
            "tested with {} photos and {} crops of them; ranges without data",
            report.photos, report.crops
        ),
        String::new(),
        format!("{:<22}{:>12}{:>11}", "", "same class", "SQNR"),
    ];
    for rung in &report.rungs {
        let line = match &rung.measured {
            None => format!("{:<22}{:>12}", name(&rung.form), "not made"),
            Some(measured) => format!(
                "{:<22}{:>10} %{:>11}",
                name(&rung.form),
                plain(agreement(report, measured), 1),
                decibels(measured)
            ),
        };
        lines.push(line);
    }
    lines.join("\n")
}

fn decibels(measured: &Measured) -> String {
    match measured.sqnr_db {
        Some(db) => format!("{} dB", plain(db, 1)),
        None => "exact".to_owned(),
    }
}

fn line(report: &RescueReport, rung: &Rung) -> Vec<String> {
    let none = || "–".to_owned();
    let figures = match &rung.measured {
        None => std::array::from_fn(|_| none()),
        Some(measured) => [
            format!("{} of {}", measured.same_photos, report.photos),
            format!("{} of {}", measured.same_crops, report.crops),
            plain(measured.mean_abs_drift * 100.0, 2),
            measured
                .sqnr_db
                .map_or("exact".to_owned(), |db| plain(db, 1)),
            format!("{:.2}", measured.file_bytes as f64 / 1e6),
            plain(rung.made_ms / 1000.0, 2),
            plain(measured.run_ms, 2),
        ],
    };
    let told = news(&report.rungs, rung).iter();
    let told: Vec<_> = told.map(|step| step.summary.as_str()).collect();
    let paper = Paper::of(report.model, &rung.form);
    let mut line = vec![name(&rung.form).to_owned()];
    line.extend(figures);
    line.push(paper.map_or_else(none, |percent| plain(percent, 2)));
    line.push(match told.is_empty() {
        true => "Rounded as it is.".to_owned(),
        false => told.join(" "),
    });
    line
}

/// What was done for a rung that was not done for the one that it stands on.
fn news<'a>(rungs: &[Rung], rung: &'a Rung) -> &'a [RepairStep] {
    let below = rungs.iter().filter(|below| {
        let (below, own) = (&below.form, &rung.form);
        below.per_channel == own.per_channel
            && below.budget_percent == own.budget_percent
            && below.repairs.len() < own.repairs.len()
    });
    let known = below
        .filter(|below| rung.steps.starts_with(&below.steps))
        .map(|below| below.steps.len());
    rung.steps
        .get(known.max().unwrap_or(0)..)
        .unwrap_or_default()
}

fn float32_line(report: &RescueReport) -> Vec<String> {
    let none = || "–".to_owned();
    vec![
        "float32".to_owned(),
        format!("{0} of {0}", report.photos),
        format!("{0} of {0}", report.crops),
        plain(0.0, 2),
        none(),
        format!("{:.2}", report.float32_bytes as f64 / 1e6),
        none(),
        plain(report.float32_ms, 2),
        Paper::float32(report.model).map_or_else(none, |percent| plain(percent, 2)),
        "What the others are held against.".to_owned(),
    ]
}

/// Draws the report.
pub fn draw(report: &RescueReport, view: &CellView) {
    view.print(&print(report));
    let mut rows = vec![float32_line(report)];
    rows.extend(report.rungs.iter().map(|rung| line(report, rung)));
    let caption = match Paper::float32(report.model) {
        Some(_) => {
            "Against float32 on the engine. The paper’s accuracy is that of Nagel et al. 2019 on ImageNet’s 50,000 validation images, of another training of the network"
        }
        None => "Against float32 on the engine. The paper has no figures of this network",
    };
    view.show_results(&[
        &table::scrolling(caption, &COLUMNS, &rows),
        &records(report),
    ]);
    view.add_figures(vec![ladder_figure(report), ranges::figure(report)]);
}

/// What each pass did, layer by layer.
fn records(report: &RescueReport) -> HtmlElement {
    let summary = dom::text("summary", &[], "What each pass did, layer by layer");
    let details = dom::el("details", &[("class", "records")], &[&summary]);
    for rung in &report.rungs {
        for step in news(&report.rungs, rung) {
            let words = format!("{}: {}", name(&rung.form), step.summary);
            let attributes = [
                ("tabindex", "0"),
                ("role", "region"),
                ("aria-label", &words),
            ];
            let record = dom::text("pre", &attributes, step.record.trim_end());
            dom::append(&details, &dom::text("h4", &[], &words));
            dom::append(&details, &record);
        }
    }
    details
}

fn ladder_figure(report: &RescueReport) -> Figure {
    let mut steps = vec![Step {
        name: "float32".to_owned(),
        is_float32: true,
        agreement: Some(100.0),
        paper: Paper::float32(report.model),
    }];
    steps.extend(report.rungs.iter().map(|rung| {
        Step {
            name: name(&rung.form).to_owned(),
            is_float32: false,
            agreement: rung
                .measured
                .as_ref()
                .map(|measured| agreement(report, measured)),
            paper: Paper::of(report.model, &rung.form),
        }
    }));
    let percent = |value: Option<f64>, decimals| {
        value.map_or("–".to_owned(), |value| plain(value, decimals))
    };
    let rows: Vec<_> = steps
        .iter()
        .map(|step| {
            vec![
                step.name.clone(),
                percent(step.agreement, 1),
                percent(step.paper, 2),
            ]
        })
        .collect();
    let words: Vec<_> = steps
        .iter()
        .map(|step| match (step.agreement, step.paper) {
            (None, _) => format!("{} could not be made", step.name),
            (Some(own), None) => format!("{} {own:.1} %", step.name),
            (Some(own), Some(paper)) => {
                format!("{} {own:.1} %, in the paper {paper:.2} %", step.name)
            }
        })
        .collect();
    let words = format!(
        "Bars of the images that have the class which float32 gives them: {}.",
        words.join("; ")
    );
    let subtitle = format!(
        "{}, {} photos and {} crops",
        report.model.title(),
        report.photos,
        report.crops
    );
    Figure::new(
        "ladder",
        &words,
        "The bars are ours: the same class as float32, right or not. The strokes are the paper’s: how often its network was right.",
        &table::scrolling("Each rung", &LADDER_COLUMNS, &rows),
        move |canvas| ladder::paint(canvas, &subtitle, &steps),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use octet_protocol::{ChannelRanges, LayerChannels};

    fn form(per_channel: bool, repairs: &[Repair]) -> RungForm {
        RungForm {
            per_channel,
            repairs: repairs.to_vec(),
            budget_percent: None,
        }
    }

    fn mixed(percent: u32, repairs: &[Repair]) -> RungForm {
        RungForm {
            budget_percent: Some(percent),
            ..form(true, repairs)
        }
    }

    pub(super) fn report() -> RescueReport {
        let before = ChannelRanges {
            ranges: vec![[-1.0, 0.5], [-0.01, 0.02], [0.0, 0.0]],
            largest: 1.0,
            range_used: 0.34,
        };
        let step = |summary: &str| RepairStep {
            summary: summary.to_owned(),
            record: String::new(),
        };
        RescueReport {
            model: ModelName::MobileNetV2,
            photos: 4,
            crops: 36,
            float32_bytes: 14_000_000,
            float32_ms: 11.0,
            rungs: vec![
                Rung {
                    form: form(false, &[]),
                    steps: Vec::new(),
                    made_ms: 120.0,
                    measured: Some(Measured {
                        same_photos: 1,
                        same_crops: 9,
                        mean_abs_drift: 0.25,
                        sqnr_db: Some(-1.26),
                        file_bytes: 3_500_000,
                        run_ms: 4.0,
                    }),
                },
                Rung {
                    form: form(false, &Repair::ALL[..3]),
                    steps: vec![step("Equalized: nothing."), step("Not done.")],
                    made_ms: 1.0,
                    measured: None,
                },
            ],
            channels: LayerChannels {
                layer: "features.1.conv.0.0".to_owned(),
                is_widest: true,
                before,
                after: None,
                why_not: "two layers read its output".to_owned(),
            },
        }
    }

    #[test]
    fn ticked_rungs_make_the_ladder() {
        use Repair::{Absorb, Correct, Equalize, Round};
        let mut values = Values::new(CellId::Rescue);
        assert_eq!(
            rungs(&values).unwrap(),
            [
                form(false, &[]),
                form(false, &[Equalize]),
                form(false, &[Equalize, Absorb]),
                form(false, &[Equalize, Absorb, Correct]),
                form(false, &[Equalize, Absorb, Correct, Round]),
                form(true, &[]),
                mixed(60, &[]),
            ]
        );
        for name in ["naive", "equalize", "round", "per_channel", "mixed"] {
            values.set(name, "off");
        }
        values.set("repaired", "on");
        values.set("mixed_repaired", "on");
        values.set("budget", "45");
        assert_eq!(
            rungs(&values).unwrap(),
            [
                form(false, &[Absorb]),
                form(false, &[Absorb, Correct]),
                form(true, &[Absorb, Correct]),
                mixed(45, &[Absorb, Correct]),
            ]
        );
        for name in ["absorb", "correct"] {
            values.set(name, "off");
        }
        for name in ["repaired", "mixed_repaired"] {
            assert!(rungs(&values).unwrap_err().message.contains("repairs"));
            values.set(name, "off");
        }
        assert!(rungs(&values).unwrap_err().remedy.contains("at least one"));
    }

    #[test]
    fn prints_the_ladder() {
        assert_eq!(
            print(&report()),
            "MobileNetV2 1.0/224
tested with 4 photos and 36 crops of them; ranges without data

                        same class       SQNR
naive                       25.0 %    \u{2212}1.3 dB
+ correction              not made"
        );
    }

    #[test]
    fn a_row_says_what_could_not_be_done() {
        let report = report();
        assert_eq!(
            line(&report, &report.rungs[0]),
            [
                "naive",
                "1 of 4",
                "9 of 36",
                "25.00",
                "\u{2212}1.3",
                "3.50",
                "0.12",
                "4.00",
                "0.12",
                "Rounded as it is."
            ]
        );
        let failed = line(&report, &report.rungs[1]);
        assert_eq!((failed[1].as_str(), failed[8].as_str()), ("–", "71.19"));
        assert_eq!(failed[9], "Equalized: nothing. Not done.");
        assert_eq!(float32_line(&report).len(), COLUMNS.len());
    }

    #[test]
    fn a_rung_on_top_of_another_tells_what_is_new() {
        let mut report = report();
        let step = |summary: &str| RepairStep {
            summary: summary.to_owned(),
            record: String::new(),
        };
        report.rungs[0].form.repairs = vec![Repair::Equalize];
        report.rungs[0].steps = vec![step("Equalized: nothing.")];
        let told = news(&report.rungs, &report.rungs[1]);
        assert_eq!(told, [step("Not done.")]);
        assert_eq!(news(&report.rungs, &report.rungs[0]).len(), 1);
        // Elsewhere the same pass has found something else.
        report.rungs[0].steps = vec![step("Equalized: 2 layers.")];
        assert_eq!(news(&report.rungs, &report.rungs[1]).len(), 2);
    }

    #[test]
    fn the_papers_figures_are_those_of_its_own_network() {
        let all = form(false, &Repair::ALL[..3]);
        assert_eq!(Paper::of(ModelName::MobileNetV2, &all), Some(71.19));
        assert_eq!(Paper::of(ModelName::EfficientNetLite0, &all), None);
        assert_eq!(Paper::of(ModelName::MobileNetV2, &form(true, &[])), None);
        let more = form(false, &Repair::ALL);
        assert_eq!(Paper::of(ModelName::MobileNetV2, &more), None);
        assert_eq!(Paper::of(ModelName::MobileNetV2, &mixed(60, &[])), None);
        let part = form(false, &[Repair::Equalize]);
        assert_eq!(Paper::of(ModelName::MobileNetV2, &part), None);
    }
}
