//! Cell `weights`: how weights are distributed, and how well eight bits fit them.

use octet_protocol::{LabError, LayerKind, LayerWeights, Statistics, WeightsOf, WeightsReport};
use octet_quant::{
    ErrorSum, Granularity, IntRange, Quantized, RandomState, Rounding, Symmetry, levels_used,
    max_abs, percentiles, share_within,
};

use crate::host::Host;
use crate::measure::{self, unfit};
use crate::models;
use crate::predict::Steps;
use crate::session::Session;
use crate::source;

const BINS: usize = 120;
const CURVE_POINTS: usize = 201;
/// LAB03's three layers: (weights, standard deviation), drawn one after the other with seed 42.
const LAB03: [(usize, f64); 3] = [(5000, 0.3), (5000, 0.5), (500, 0.1)];
/// −127 to 127.
const LEVELS: usize = 255;

/// A layer before it is looked at.
struct Subject {
    name: String,
    kind: Option<LayerKind>,
    channels: usize,
    // float64 where they are drawn, as in the listing.
    values: Vec<f64>,
}

/// Counts and quantizes.
pub(crate) async fn run(
    session: &Session,
    host: &impl Host,
    of: &WeightsOf,
) -> Result<WeightsReport, LabError> {
    let (title, subjects) = subjects(session, of)?;
    let mut steps = Steps::new(host, 2 + subjects.len());
    steps.next("counting".into()).await?;
    let all: Vec<f64> = subjects
        .iter()
        .flat_map(|subject| subject.values.iter().copied())
        .collect();
    let statistics = measure::statistics(&all)?;
    steps.next("sorting".into()).await?;
    let curve: Vec<f64> = (0..CURVE_POINTS)
        .map(|i| i as f64 * 100.0 / (CURVE_POINTS - 1) as f64)
        .collect();
    let wanted: Vec<f64> = [1.0, 25.0, 50.0, 75.0, 99.0, 0.1, 99.9]
        .into_iter()
        .chain(curve.iter().copied())
        .collect();
    let found = percentiles(&all, &wanted)
        .map_err(|error| unfit(&error))?
        .unwrap_or_default();
    let (Some(&five), Some(&[low, high])) = (
        found.first_chunk::<5>(),
        found.get(5..).and_then(|rest| rest.first_chunk::<2>()),
    ) else {
        return Err(unfit(&octet_quant::QuantError::NothingObserved));
    };
    let (lo, hi) = ends(&statistics, low, high);
    let histogram = measure::histogram(&all, lo, hi, BINS)?;
    let outside = statistics.count - histogram.counts.iter().sum::<u64>();

    let mut layers = Vec::with_capacity(subjects.len());
    let mut per_tensor = vec![0; LEVELS];
    let mut per_channel = vec![0; LEVELS];
    for subject in subjects {
        steps.next(format!("quantizing {}", subject.name)).await?;
        layers.push(look(
            subject,
            (histogram.lo, histogram.hi),
            &mut per_tensor,
            &mut per_channel,
        )?);
    }
    Ok(WeightsReport {
        title,
        statistics,
        percentiles: five,
        within_0_1: share_within(&all, 0.1).unwrap_or_default(),
        within_0_5: share_within(&all, 0.5).unwrap_or_default(),
        histogram,
        outside,
        cumulative: found
            .iter()
            .skip(7)
            .zip(&curve)
            .map(|(&value, percent)| [value, percent / 100.0])
            .collect(),
        occupancy_per_tensor: per_tensor,
        occupancy_per_channel: per_channel,
        layers,
    })
}

fn subjects(session: &Session, of: &WeightsOf) -> Result<(String, Vec<Subject>), LabError> {
    let widen = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect();
    Ok(match of {
        WeightsOf::Lab03 => {
            let mut random = RandomState::new(42);
            let draw = |(i, (count, std)): (usize, (usize, f64))| Subject {
                name: format!("layer {} (σ {std})", i + 1),
                kind: None,
                channels: 1,
                values: (0..count).map(|_| random.randn() * std).collect(),
            };
            let subjects = LAB03.into_iter().enumerate().map(draw).collect();
            ("three synthetic layers, as in LAB03".into(), subjects)
        }
        WeightsOf::Layer { name } => {
            let tensor = source::layer(session, name)?;
            let kind = source::layers(session)?
                .find(|(spec, _)| spec.name == *name)
                .or(source::layers(session)?.next())
                .map(|(spec, _)| models::kind(spec));
            let subject = Subject {
                name: if name.is_empty() {
                    "the first".into()
                } else {
                    name.clone()
                },
                kind,
                channels: tensor.shape.first().copied().unwrap_or(1),
                values: widen(&tensor.values),
            };
            (tensor.title, vec![subject])
        }
        WeightsOf::All => {
            let title = session.baseline()?.model.title();
            let subjects: Vec<Subject> = source::layers(session)?
                .map(|(spec, values)| Subject {
                    name: spec.name.clone(),
                    kind: Some(models::kind(spec)),
                    channels: spec.outputs,
                    values: widen(values),
                })
                .collect();
            (
                format!("all {} layers of {title}", subjects.len()),
                subjects,
            )
        }
    })
}

/// Where the histogram ends: at the values' own ends, unless a few far out would make the rest a spike.
fn ends(statistics: &Statistics, low: f64, high: f64) -> (f64, f64) {
    let room = (high - low) * 0.5;
    (
        statistics.min.max(low - room),
        statistics.max.min(high + room),
    )
}

/// Quantizes a layer with one scale and with one for each channel, and adds the integers to the counts.
fn look(
    subject: Subject,
    (lo, hi): (f64, f64),
    all_per_tensor: &mut [u64],
    all_per_channel: &mut [u64],
) -> Result<LayerWeights, LabError> {
    let values: Vec<f32> = subject.values.iter().map(|&value| value as f32).collect();
    let channels = subject.channels.max(1);
    let shape = [channels, values.len() / channels];
    let quantize = |granularity| {
        Quantized::quantize(
            &values,
            &shape,
            granularity,
            Symmetry::Symmetric,
            IntRange::INT8_NARROW,
            Rounding::HalfAwayFromZero,
        )
        .map_err(|error| unfit(&error))
    };
    let per_tensor = quantize(Granularity::PerTensor)?;
    let per_channel = quantize(Granularity::PerChannel { axis: 0 })?;
    count(per_tensor.values(), all_per_tensor);
    count(per_channel.values(), all_per_channel);

    let all = max_abs(&values);
    let (mut levels, mut used, mut rows) = (0.0, 0.0, 0.0);
    let integers = per_channel.groups().runs(per_channel.values());
    for ((_, run), (_, integers)) in per_channel.groups().runs(&values).zip(integers) {
        levels += levels_used(integers) as f64;
        used += f64::from(max_abs(run)) / f64::from(all).max(f64::MIN_POSITIVE);
        rows += 1.0;
    }
    let sqnr = |quantized: &Quantized| {
        let mut sum = ErrorSum::default();
        sum.add(&values, &quantized.dequantize());
        sum.figures().sqnr_db
    };
    let histogram = measure::histogram(&subject.values, lo, hi, BINS)?;
    let unit = (hi - lo) / BINS as f64 * values.len().max(1) as f64;
    Ok(LayerWeights {
        name: subject.name,
        kind: subject.kind,
        statistics: measure::statistics(&subject.values)?,
        channels: channels as u32,
        density: histogram
            .counts
            .iter()
            .map(|&count| count as f64 / unit)
            .collect(),
        levels_per_tensor: per_tensor.levels_used() as u64,
        levels_per_channel: levels / f64::max(rows, 1.0),
        range_used: used / f64::max(rows, 1.0),
        sqnr_per_tensor: sqnr(&per_tensor),
        sqnr_per_channel: sqnr(&per_channel),
    })
}

fn count(integers: &[i32], counts: &mut [u64]) {
    for q in integers {
        if let Some(count) = counts.get_mut((q + 127) as usize) {
            *count += 1;
        }
    }
}
