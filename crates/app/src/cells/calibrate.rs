//! Cell `calibrate`: which ranges activations have, by what is seen of them, and what comes of it.

use octet_protocol::{
    CalibrateReport, CalibrateRequest, CalibrationImages, CountOutcome, ObservedRanges,
    ObserverName, RangeChoice, RangeFrom, RangeOutcome, Request,
};
use web_sys::HtmlElement;

use super::{
    CellId, Control, ControlKind, Spec, always,
    scheme::{decimal, observer_in_words, whole},
};
use crate::{
    charts::{
        Hue,
        amounts::{self, Amounts},
        bins,
        figure::Figure,
        histogram::{self, Marks},
        noise, notation, ranges,
    },
    dom, format, prose,
    table::{self, Column},
    view::CellView,
};

const LAYER: Control = Control {
    name: "layer",
    label: "layer",
    is_shown: always,
    kind: ControlKind::Layer("the first without ReLU6"),
};

const SAMPLES: Control = Control {
    name: "samples",
    label: "calibration images",
    is_shown: always,
    kind: ControlKind::Number {
        min: 1,
        max: 500,
        default: "100",
    },
};

const GUESS: Control = Control {
    name: "guess",
    label: "range without calibration, ±",
    is_shown: always,
    kind: ControlKind::Decimal {
        min: 0.001,
        max: 1000.0,
        default: "1",
    },
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "calibrate",
    title: "What a range is made of",
    needs: |_| &[CellId::Baseline],
    controls: &[LAYER, SAMPLES, GUESS],
    prose: prose::CALIBRATE,
    request: |values| {
        Ok(Request::Calibrate(CalibrateRequest {
            layer: values.get(LAYER.name),
            samples: whole(values, &SAMPLES)?,
            guess: decimal(values, &GUESS)?,
        }))
    },
};

const CHOICE_COLUMNS: [Column; 8] = [
    Column::text("range from"),
    Column::figure("range"),
    Column::figure("scale"),
    Column::figure("zero point"),
    Column::figure("clipped"),
    Column::figure("layer, dB"),
    Column::figure("logits, dB"),
    Column::figure("same class"),
];
const RANGE_COLUMNS: [Column; 7] = [
    Column::figure("images"),
    Column::figure("min–max"),
    Column::figure("moving average"),
    Column::figure("percentile"),
    Column::figure("least squared error"),
    Column::figure("entropy"),
    Column::figure("histogram"),
];
const BIN_COLUMNS: [Column; 2] = [Column::text("value"), Column::figure("how often")];
const COUNT_COLUMNS: [Column; 4] = [
    Column::figure("images"),
    Column::figure("range"),
    Column::figure("logits, dB"),
    Column::figure("same class"),
];

/// Differences of fewer decibels say nothing on so few crops.
const NOTABLE_DB: f64 = 0.5;
/// The advice begins at so many images.
const ADVISED: u32 = 100;
/// A table of a histogram has at most so many rows.
const MOST_ROWS: usize = 200;

fn name(from: RangeFrom) -> &'static str {
    match from {
        RangeFrom::Guess => "assumed",
        RangeFrom::BatchNorm => "batch norm, 6 σ",
        RangeFrom::Observer { observer } => observer_in_words(observer),
    }
}

/// The same where there is little room.
fn short_name(from: RangeFrom) -> &'static str {
    match from {
        RangeFrom::Guess => "assumed",
        RangeFrom::BatchNorm => "batch norm",
        RangeFrom::Observer { observer } => match observer {
            ObserverName::MinMax => "min–max",
            ObserverName::MovingAverage => "moving av.",
            ObserverName::Percentile => "percentile",
            ObserverName::Mse => "least error",
            ObserverName::Entropy => "entropy",
            ObserverName::Histogram => "histogram",
        },
    }
}

fn db(figure: Option<f64>) -> String {
    figure.map_or("∞".to_owned(), |db| notation::plain(db, 1))
}

fn range(ends: [f32; 2]) -> String {
    notation::interval(ends[0].into(), ends[1].into(), 2)
}

/// `0.12 %`, `none`, `< 0.001 %`.
fn share(part: f64) -> String {
    match part * 100.0 {
        0.0 => "none".to_owned(),
        percent if percent < 0.001 => "< 0.001 %".to_owned(),
        percent if percent < 1.0 => format!("{percent:.3} %"),
        percent => format!("{percent:.1} %"),
    }
}

/// The printed text.
pub fn print(report: &CalibrateReport) -> String {
    let mut out = format!(
        "{}, layer {} {}\ncalibrated on {} images: {} photos and crops of them, in {}\nmeasured on {} crops that no observer has seen, {} values of the layer\n",
        report.model.title(),
        report.layer,
        format::shape(&report.shape),
        report.samples,
        report.photos.min(report.samples),
        format::duration(report.observe_ms),
        report.unseen,
        format::grouped(report.values),
    );
    for choice in &report.choices {
        let outcome = &choice.outcome;
        out.push_str(&format!(
            "\n{:<20}{:>18}  clipped {:>9}  logits {:>5} dB",
            name(choice.from),
            range(outcome.range),
            share(outcome.clipped),
            db(outcome.logits_db),
        ));
    }
    if let Some((best, worst)) = best_and_worst(report) {
        out.push_str(&format!(
            "\n\nbest for the logits: {}, {} dB; worst observer: {}, {} dB",
            name(best.from),
            db(best.outcome.logits_db),
            name(worst.from),
            db(worst.outcome.logits_db),
        ));
    }
    out
}

fn logits(outcome: &RangeOutcome) -> f64 {
    outcome.logits_db.unwrap_or(f64::INFINITY)
}

/// Among the observers.
fn best_and_worst(report: &CalibrateReport) -> Option<(&RangeChoice, &RangeChoice)> {
    let observers = || {
        let all = report.choices.iter();
        all.filter(|choice| matches!(choice.from, RangeFrom::Observer { .. }))
    };
    let by = |a: &&RangeChoice, b: &&RangeChoice| logits(&a.outcome).total_cmp(&logits(&b.outcome));
    Some((observers().max_by(by)?, observers().min_by(by)?))
}

/// Whether what was measured speaks for an advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    For,
    Against,
    Neither,
}

impl Speaks {
    fn name(self) -> &'static str {
        match self {
            Self::For => "for",
            Self::Against => "against",
            Self::Neither => "neither",
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::For => "Measured here, this speaks for it.",
            Self::Against => "Measured here, this speaks against it.",
            Self::Neither => "Measured here, this speaks neither for it nor against it.",
        }
    }
}

/// An advice, what was measured, and what that says.
struct Advice {
    name: &'static str,
    advice: &'static str,
    measured: String,
    speaks: Speaks,
}

fn advice(report: &CalibrateReport) -> Vec<Advice> {
    let mut all = vec![how_many(report)];
    all.extend(which_images(
        report,
        CalibrationImages::OnePhoto,
        "cases",
        "Cover all cases that will come.",
        "the first photo and crops of it",
    ));
    all.extend(which_images(
        report,
        CalibrationImages::Augmented,
        "augmented",
        "Take validation data or other representative data, not augmented training data.",
        "the same crops with brightness, contrast and saturation changed by up to 40 %, as in training",
    ));
    all
}

/// 100 to 500 images.
fn how_many(report: &CalibrateReport) -> Advice {
    let best = report.by_samples.iter().map(|count| logits(&count.outcome));
    let best = best.fold(f64::NEG_INFINITY, f64::max);
    let enough = report.by_samples.iter();
    let mut enough = enough.filter(|count| logits(&count.outcome) >= best - NOTABLE_DB);
    let enough = enough.next().map_or(report.samples, |count| count.samples);
    let at = |place: Option<&CountOutcome>| {
        place.map_or(String::new(), |count| db(count.outcome.logits_db))
    };
    let (first, last) = (report.by_samples.first(), report.by_samples.last());
    let gained = match (first, last) {
        (Some(first), Some(last)) => logits(&last.outcome) - logits(&first.outcome),
        _ => 0.0,
    };
    let mut measured = format!(
        "With min–max, the logits have {} dB after one image and {} dB after {}.",
        at(first),
        at(last),
        report.samples,
    );
    let lost = best - last.map_or(best, |count| logits(&count.outcome));
    let speaks = if lost >= NOTABLE_DB {
        measured.push_str(&format!(
            " The best of them comes after {enough}: min–max only ever widens ranges, and past that point more images cost {lost:.1} dB."
        ));
        Speaks::Against
    } else if enough >= ADVISED && gained >= NOTABLE_DB {
        measured.push_str(&format!(" It takes {enough} images to get there."));
        Speaks::For
    } else if report.samples < ADVISED {
        measured.push_str(&format!(
            " {enough} of them get within {NOTABLE_DB} dB of the best, but {ADVISED} and more were not tried."
        ));
        Speaks::Neither
    } else {
        measured.push_str(&format!(
            " {enough} {} within {NOTABLE_DB} dB of the best.",
            if enough == 1 { "gets" } else { "get" }
        ));
        Speaks::Against
    };
    measured.push_str(&format!(
        " But all images come from {} photos, and crops of a photo resemble each other: as many different pictures would go on to show new values for longer.",
        report.photos
    ));
    Advice {
        name: "samples",
        advice: "Calibrate with 100 to 500 images.",
        measured,
        speaks,
    }
}

/// Other images than all photos and their crops.
fn which_images(
    report: &CalibrateReport,
    images: CalibrationImages,
    name: &'static str,
    advice: &'static str,
    words: &str,
) -> Option<Advice> {
    let of = |images: CalibrationImages| {
        let mut all = report.datasets.iter();
        all.find(|dataset| dataset.images == images)
    };
    let (all, other) = (of(CalibrationImages::AllPhotos)?, of(images)?);
    let lost = logits(&all.outcome) - logits(&other.outcome);
    let speaks = if lost >= NOTABLE_DB {
        Speaks::For
    } else if lost <= -NOTABLE_DB {
        Speaks::Against
    } else {
        Speaks::Neither
    };
    let images = if other.samples == 1 {
        "image"
    } else {
        "images"
    };
    let measured = format!(
        "Min–max over {} {images}: with {words}, this layer’s range is {}, {} of its values are clipped, and the logits have {} dB; with all photos and their crops as they are, {}, {} and {} dB.",
        other.samples,
        range(other.outcome.range),
        share(other.outcome.clipped),
        db(other.outcome.logits_db),
        range(all.outcome.range),
        share(all.outcome.clipped),
        db(all.outcome.logits_db),
    );
    Some(Advice {
        name,
        advice,
        measured,
        speaks,
    })
}

/// The advice as a list.
fn advice_list(report: &CalibrateReport) -> HtmlElement {
    let list = dom::el("ul", &[("class", "advice")], &[]);
    for advice in advice(report) {
        let item = dom::el(
            "li",
            &[
                ("data-advice", advice.name),
                ("data-speaks", advice.speaks.name()),
            ],
            &[
                &dom::text("b", &[], advice.advice),
                &dom::text("span", &[], &format!(" {} ", advice.measured)),
                &dom::text("em", &[], advice.speaks.in_words()),
            ],
        );
        dom::append(&list, &item);
    }
    let caption = dom::text(
        "p",
        &[("class", "caption")],
        "What guides advise, and what was measured just now",
    );
    dom::el("div", &[], &[&caption, &list])
}

fn choice_row(report: &CalibrateReport, choice: &RangeChoice) -> Vec<String> {
    let outcome = &choice.outcome;
    vec![
        name(choice.from).to_owned(),
        range(outcome.range),
        notation::figure(outcome.scale.into(), 5),
        format::minus(outcome.zero_point.into()),
        share(outcome.clipped),
        db(outcome.layer_db),
        db(outcome.logits_db),
        format!("{} of {}", outcome.agreements, report.unseen),
    ]
}

/// Draws the report.
pub fn draw(report: &CalibrateReport, view: &CellView) {
    view.print(&print(report));
    let rows: Vec<_> = report
        .choices
        .iter()
        .map(|choice| choice_row(report, choice))
        .collect();
    let choices = table::scrolling(
        "What each range makes of the layer and of the network",
        &CHOICE_COLUMNS,
        &rows,
    );
    view.show_results(&[&choices, &advice_list(report)]);
    view.add_figures(vec![
        range_figure(report),
        activation_figure(report),
        choice_figure(report),
        count_figure(report),
    ]);
}

fn range_figure(report: &CalibrateReport) -> Figure {
    let ends = |observed: &ObservedRanges, place: usize| observed.ranges.get(place).copied();
    let last = report.counts.len().saturating_sub(1);
    let found: Vec<_> = report
        .observed
        .iter()
        .filter_map(|observed| {
            Some(format!(
                "{} {}",
                observer_in_words(observed.observer),
                range(ends(observed, last)?)
            ))
        })
        .collect();
    let words = format!(
        "Range of the output of {} as images come in, for each observer. After {} images: {}.",
        report.layer,
        report.samples,
        found.join("; ")
    );
    let rows: Vec<_> = report
        .counts
        .iter()
        .enumerate()
        .map(|(place, count)| {
            let ranges = report.observed.iter();
            let ranges = ranges.map(|of| ends(of, place).map_or("–".to_owned(), range));
            [vec![count.to_string()], ranges.collect()].concat()
        })
        .collect();
    let chart = ranges::Chart {
        title: "What observers make of more images",
        subtitle: format!("{}, layer {}", report.model.title(), report.layer),
        x_words: "images seen",
        y_words: "low and high end of the range",
        ranges: report
            .observed
            .iter()
            .map(|observed| {
                let points = report.counts.iter().zip(&observed.ranges);
                let points = points.map(|(&count, ends)| (count.into(), ends.map(f64::from)));
                let name = observer_in_words(observed.observer).to_owned();
                (name, points.collect())
            })
            .collect(),
    };
    Figure::new(
        "ranges",
        &words,
        "Each observer has two lines, the low and the high end of its range, noted after 1, 2, 4, 8 … images and at the end.",
        &table::scrolling("Ranges after so many images", &RANGE_COLUMNS, &rows),
        move |canvas| ranges::paint(canvas, &chart),
    )
}

fn activation_figure(report: &CalibrateReport) -> Figure {
    let assumed = report.choices.first().map(|choice| &choice.outcome);
    let clipped = assumed.map_or(String::new(), |outcome| share(outcome.clipped));
    let words = format!(
        "Histogram of the output of {} over {} unseen crops, from {} to {}; a range of ±{}, assumed without calibration, clips {clipped} of it.",
        report.layer,
        report.unseen,
        notation::figure(report.histogram.lo, 2),
        notation::figure(report.histogram.hi, 2),
        notation::figure(report.guess, 2),
    );
    let caption = format!(
        "Without calibration a range must be assumed, the same for every layer: here ±{}. Of this layer’s values {clipped} lie outside and become the nearest end.",
        notation::figure(report.guess, 2)
    );
    let chart = histogram::Chart {
        title: "What is clipped without calibration",
        subtitle: format!("{}, layer {}", report.model.title(), report.layer),
        name: "the layer’s output in float32",
        x_words: "value",
        y_words: "how often",
        histogram: report.histogram.clone(),
        whole: false,
        hue: Hue::Fp32,
        marks: Some(Marks {
            at: [-report.guess, report.guess],
            name: format!("±{}, assumed", notation::figure(report.guess, 2)),
            hue: Hue::Int8,
        }),
        curve: None,
    };
    let table = table::scrolling(
        "Values in each bin that is not empty",
        &BIN_COLUMNS,
        &bins::rows(&report.histogram, false, MOST_ROWS),
    );
    Figure::new("activations", &words, &caption, &table, move |canvas| {
        histogram::paint(canvas, &chart)
    })
}

fn choice_figure(report: &CalibrateReport) -> Figure {
    let figures: Vec<_> = report
        .choices
        .iter()
        .map(|choice| {
            format!(
                "{}: layer {} dB, logits {} dB",
                name(choice.from),
                db(choice.outcome.layer_db),
                db(choice.outcome.logits_db)
            )
        })
        .collect();
    let words = format!("Bars of what is left. {}.", figures.join("; "));
    let rows: Vec<_> = report
        .choices
        .iter()
        .map(|choice| choice_row(report, choice))
        .collect();
    let table = table::scrolling("The same in figures", &CHOICE_COLUMNS, &rows);
    let bars: Vec<_> = report
        .choices
        .iter()
        .map(|choice| Amounts {
            name: short_name(choice.from).to_owned(),
            hue: Hue::Int8,
            bars: [choice.outcome.layer_db, choice.outcome.logits_db]
                // Below zero there is more noise than signal; the figure says how much.
                .map(|figure| (figure.unwrap_or(0.0).max(0.0), format!("{} dB", db(figure)))),
        })
        .collect();
    let subtitle = format!("{}, layer {}", report.model.title(), report.layer);
    Figure::new(
        "choices",
        &words,
        "Signal over quantization noise on the unseen crops: of the layer’s output where nothing else is quantized, and of the logits where the whole network is int8, with ranges found in this way for every tensor.",
        &table,
        move |canvas| {
            let bars_are = ["the layer alone", "logits of the int8 network"];
            amounts::paint(
                canvas,
                "What each range leaves",
                &subtitle,
                ("dB", bars_are),
                &bars,
            )
        },
    )
}

fn count_figure(report: &CalibrateReport) -> Figure {
    let found: Vec<_> = report
        .by_samples
        .iter()
        .map(|count| {
            format!(
                "{} images {} dB",
                count.samples,
                db(count.outcome.logits_db)
            )
        })
        .collect();
    let words = format!(
        "Signal to quantization noise of the logits with min–max, by the number of images: {}.",
        found.join("; ")
    );
    let rows: Vec<_> = report
        .by_samples
        .iter()
        .map(|count| {
            vec![
                count.samples.to_string(),
                range(count.outcome.range),
                db(count.outcome.logits_db),
                format!("{} of {}", count.outcome.agreements, report.unseen),
            ]
        })
        .collect();
    let chart = noise::Chart {
        title: "Whether more images help",
        subtitle: format!("{}, min–max for every tensor", report.model.title()),
        x_words: "images seen",
        y_words: "signal to quantization noise of the logits, dB",
        points: report
            .by_samples
            .iter()
            .filter_map(|count| Some((count.samples.into(), count.outcome.logits_db?)))
            .collect(),
        hue: Hue::Int8,
    };
    Figure::new(
        "counts",
        &words,
        "The whole network is quantized with what min–max has seen after 1, 4, 16 … images, and run on the unseen crops.",
        &table::scrolling("What more images gain", &COUNT_COLUMNS, &rows),
        move |canvas| noise::paint(canvas, &chart),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{DatasetOutcome, Histogram, ModelName};

    fn outcome(logits_db: f64) -> RangeOutcome {
        RangeOutcome {
            range: [-2.5, 3.25],
            scale: 0.022_549,
            zero_point: -17,
            clipped: 0.0123,
            layer_db: Some(33.3),
            logits_db: Some(logits_db),
            agreements: 11,
        }
    }

    fn report(by_samples: &[(u32, f64)], datasets: &[(CalibrationImages, f64)]) -> CalibrateReport {
        let by_samples: Vec<_> = by_samples
            .iter()
            .map(|&(samples, db)| CountOutcome {
                samples,
                outcome: outcome(db),
            })
            .collect();
        CalibrateReport {
            model: ModelName::MobileNetV2,
            layer: "features.1.conv.3".to_owned(),
            shape: vec![1, 112, 112, 16],
            samples: by_samples.last().map_or(1, |count| count.samples),
            photos: 4,
            unseen: 12,
            values: 1_200_000,
            guess: 1.0,
            counts: vec![1],
            observed: Vec::new(),
            choices: vec![
                RangeChoice {
                    from: RangeFrom::Guess,
                    outcome: outcome(-0.4),
                },
                RangeChoice {
                    from: RangeFrom::Observer {
                        observer: ObserverName::MinMax,
                    },
                    outcome: outcome(17.25),
                },
                RangeChoice {
                    from: RangeFrom::Observer {
                        observer: ObserverName::Entropy,
                    },
                    outcome: outcome(9.0),
                },
            ],
            by_samples,
            datasets: datasets
                .iter()
                .map(|&(images, db)| DatasetOutcome {
                    images,
                    samples: 64,
                    outcome: outcome(db),
                })
                .collect(),
            histogram: Histogram {
                lo: -2.0,
                hi: 3.0,
                counts: vec![1, 2],
            },
            observe_ms: 4321.0,
        }
    }

    #[test]
    fn prints_each_way_to_a_range() {
        let text = print(&report(&[(1, 15.0), (100, 17.0)], &[]));
        for part in [
            "MobileNetV2 1.0/224, layer features.1.conv.3 (1, 112, 112, 16)\n",
            "calibrated on 100 images: 4 photos and crops of them, in 4.32 s",
            "assumed ",
            "[\u{2212}2.50, 3.25]",
            "clipped     1.2 %",
            "best for the logits: min–max, 17.2 dB; worst observer: entropy (KL), 9.0 dB",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn advice_follows_what_was_measured() {
        let speaks = |by_samples: &[(u32, f64)]| how_many(&report(by_samples, &[])).speaks;
        assert_eq!(speaks(&[(1, 10.0), (16, 12.0), (256, 15.0)]), Speaks::For);
        assert_eq!(
            speaks(&[(1, 15.0), (16, 15.1), (256, 15.2)]),
            Speaks::Against
        );
        assert_eq!(
            speaks(&[(1, 15.0), (16, 16.0), (256, 14.0)]),
            Speaks::Against
        );
        assert_eq!(speaks(&[(1, 15.0), (4, 16.0)]), Speaks::Neither);

        use CalibrationImages::{AllPhotos, Augmented, OnePhoto};
        let datasets = [(AllPhotos, 15.0), (OnePhoto, 12.0), (Augmented, 15.2)];
        let found = advice(&report(&[(1, 15.0)], &datasets));
        let speaks: Vec<_> = found.iter().map(|advice| advice.speaks).collect();
        assert_eq!(speaks, [Speaks::Neither, Speaks::For, Speaks::Neither]);
        // Of one photo there is no less.
        let datasets = [(AllPhotos, 15.0), (Augmented, 16.0)];
        let found = advice(&report(&[(1, 15.0)], &datasets));
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].speaks, Speaks::Against);
    }

    #[test]
    fn shares_have_as_many_decimals_as_they_need() {
        assert_eq!(share(0.0), "none");
        assert_eq!(share(1e-7), "< 0.001 %");
        assert_eq!(share(0.0004), "0.040 %");
        assert_eq!(share(0.437), "43.7 %");
    }
}
