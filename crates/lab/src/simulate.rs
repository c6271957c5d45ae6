//! Cell `simulate`: some weights, quantized and measured.

use octet_protocol::{
    FormatRow, Granularity, GroupParams, Histogram, LabError, LossFigures, ObserverName, Progress,
    RoundingMode, Scheme, SimulateReport, WeightSource,
};
use octet_quant::{
    Format, Groups, IntRange, Observer, ObserverKind, QuantError, QuantParams, Quantized, Rounding,
    Symmetry, ends, min_max_params, packed_bytes,
};

use crate::host::Host;
use crate::measure::{self, unfit};
use crate::predict::Steps;
use crate::session::Session;
use crate::source::{self, Tensor};

const BINS: usize = 61;
/// A chart has no room for more bars.
const MAX_INTEGER_BINS: usize = 256;
const MAX_POINTS: usize = 2000;
const MAX_GROUPS: usize = 64;
/// The formats are compared on no more weights than this, so that a million take no longer than they must.
const MAX_COMPARED: usize = 100_000;
/// A moving average wants batches; so many are made of the weights.
const BATCHES: usize = 10;
/// After so long a Cancel is looked for.
const PAUSE_MS: f64 = 30.0;

/// Quantizes the weights and measures what is lost.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    source: &WeightSource,
    scheme: Scheme,
) -> Result<SimulateReport, LabError> {
    let mut steps = Steps::new(host, 3);
    let start = host.now_ms();
    steps.next("preparing the weights".into()).await?;
    let range =
        IntRange::new(scheme.bits, scheme.signed, scheme.narrow).map_err(|error| unfit(&error))?;
    let tensor = source::weights(session, source)?;
    steps.next("quantizing".into()).await?;
    let begin = host.now_ms();
    let quantized = quantize(host, &tensor, scheme, range).await?;
    let restored = quantized.dequantize();
    let error = measure::loss(&tensor.values, &restored);
    let compute_ms = host.now_ms() - begin;
    steps.next("comparing formats".into()).await?;
    let mut report = report(&tensor, scheme, &quantized, &restored, error, compute_ms)?;
    report.worker_ms = host.now_ms() - start;
    Ok(report)
}

async fn quantize(
    host: &impl Host,
    tensor: &Tensor,
    scheme: Scheme,
    range: IntRange,
) -> Result<Quantized, LabError> {
    let granularity = match scheme.granularity {
        Granularity::Tensor => octet_quant::Granularity::PerTensor,
        Granularity::Channel { axis } => octet_quant::Granularity::PerChannel {
            axis: axis as usize,
        },
        Granularity::Block { size } => octet_quant::Granularity::PerBlock {
            size: size as usize,
        },
    };
    let symmetry = if scheme.symmetric {
        Symmetry::Symmetric
    } else {
        Symmetry::Affine
    };
    let rounding = match scheme.rounding {
        RoundingMode::HalfToEven => Rounding::HalfToEven,
        RoundingMode::HalfAwayFromZero => Rounding::HalfAwayFromZero,
        RoundingMode::Stochastic { seed } => Rounding::Stochastic { seed },
    };
    let (values, shape) = (&tensor.values, &tensor.shape);
    let params = match kind(scheme.observer) {
        // What an observer would find, all groups in one pass.
        None => min_max_params(values, shape, granularity, symmetry, range, rounding)
            .map_err(|error| unfit(&error))?,
        Some(kind) => {
            let groups = granularity
                .groups(values.len(), shape)
                .map_err(|error| unfit(&error))?;
            observed(host, values, &groups, kind, symmetry, range).await?
        }
    };
    Quantized::with_params(values, shape, granularity, params, rounding)
        .map_err(|error| unfit(&error))
}

/// None where the range is simply that of the values.
fn kind(observer: ObserverName) -> Option<ObserverKind> {
    match observer {
        ObserverName::MinMax => None,
        ObserverName::MovingAverage => Some(ObserverKind::MovingAverage { constant: 0.1 }),
        ObserverName::Percentile => Some(ObserverKind::Percentile { percent: 99.99 }),
        ObserverName::Mse => Some(ObserverKind::Mse),
        ObserverName::Entropy => Some(ObserverKind::Entropy),
        ObserverName::Histogram => Some(ObserverKind::Histogram),
    }
}

/// The parameters that an observer of each group settles on. There may be many groups, so this gives way
/// now and then.
async fn observed(
    host: &impl Host,
    values: &[f32],
    groups: &Groups,
    kind: ObserverKind,
    symmetry: Symmetry,
    range: IntRange,
) -> Result<Vec<QuantParams>, LabError> {
    let mut members = vec![Vec::new(); groups.count()];
    for (group, run) in groups.runs(values) {
        if let Some(members) = members.get_mut(group) {
            members.extend_from_slice(run);
        }
    }
    let mut params = Vec::with_capacity(members.len());
    let mut last = host.now_ms();
    for (group, members) in members.iter().enumerate() {
        if host.now_ms() - last > PAUSE_MS {
            host.step(Progress {
                done: group as u32,
                total: groups.count() as u32,
                label: format!("observing group {} of {}", group + 1, groups.count()),
            })
            .await?;
            last = host.now_ms();
        }
        params.push(settle(members, kind, symmetry, range).map_err(|error| unfit(&error))?);
    }
    Ok(params)
}

fn settle(
    members: &[f32],
    kind: ObserverKind,
    symmetry: Symmetry,
    range: IntRange,
) -> Result<QuantParams, QuantError> {
    let mut observer = Observer::new(kind)?;
    let batch = match kind {
        ObserverKind::MovingAverage { .. } => members.len().div_ceil(BATCHES),
        _ => members.len(),
    };
    for part in members.chunks(batch.max(1)) {
        observer.observe(part)?;
    }
    observer.params(symmetry, range)
}

fn report(
    tensor: &Tensor,
    scheme: Scheme,
    quantized: &Quantized,
    restored: &[f32],
    error: LossFigures,
    compute_ms: f64,
) -> Result<SimulateReport, LabError> {
    let params = quantized.params();
    let range = params
        .first()
        .map_or(IntRange::INT8, |params| params.range());
    let scales = params.iter().map(|params| f64::from(params.scale()));
    let scale_max = scales.clone().fold(0.0, f64::max);
    let statistics = measure::statistics(&tensor.values)?;
    let integers = quantized.values();
    let (qmin, qmax) = (range.qmin(), range.qmax());
    let levels = range.steps() as usize + 1;
    let occupancy = quantized.occupancy();
    let wide = levels.div_ceil(MAX_INTEGER_BINS);
    let bins: Vec<u64> = occupancy.chunks(wide).map(|bin| bin.iter().sum()).collect();
    let errors: Vec<f32> = restored
        .iter()
        .zip(&tensor.values)
        .map(|(after, before)| after - before)
        .collect();
    let reach = (scale_max / 2.0).max(error.max_abs) * 1.02;
    let compared = &tensor.values[..tensor.values.len().min(MAX_COMPARED)];
    Ok(SimulateReport {
        title: tensor.title.clone(),
        shape: tensor.shape.clone(),
        statistics,
        scheme,
        qmin,
        qmax,
        groups: group_rows(&tensor.values, quantized),
        group_count: params.len() as u64,
        scale_min: scales.fold(f64::INFINITY, f64::min),
        scale_max,
        clipped: quantized.clipped(&tensor.values) as u64,
        levels_used: occupancy.iter().filter(|&&count| count > 0).count() as u64,
        levels: levels as u64,
        error,
        bound: scale_max / 2.0,
        float_bytes: tensor.values.len() as u64 * 4,
        integer_bytes: packed_bytes(integers.len(), scheme.bits),
        parameter_bytes: params.len() as u64 * 8,
        histogram: measure::histogram(&tensor.values, statistics.min, statistics.max, BINS)?,
        // Integer ranges of more than 2^8 divide evenly into so many bins, give or take the one of a narrow
        // range.
        integers: Histogram {
            lo: f64::from(qmin) - 0.5,
            hi: f64::from(qmin) - 0.5 + (wide * bins.len()) as f64,
            counts: bins,
        },
        errors: measure::histogram(&errors, -reach, reach, BINS)?,
        points: measure::places(tensor.values.len(), MAX_POINTS)
            .filter_map(|place| Some([*tensor.values.get(place)?, *restored.get(place)?]))
            .collect(),
        formats: formats(compared)?,
        formats_count: compared.len() as u64,
        compute_ms,
        worker_ms: 0.0,
    })
}

/// The first groups with their ends.
fn group_rows(values: &[f32], quantized: &Quantized) -> Vec<GroupParams> {
    let mut rows: Vec<GroupParams> = quantized
        .params()
        .iter()
        .take(MAX_GROUPS)
        .map(|params| {
            let (real_min, real_max) = params.real_range();
            GroupParams {
                scale: params.scale().into(),
                zero_point: params.zero_point(),
                real_min: real_min.into(),
                real_max: real_max.into(),
                min: f64::INFINITY,
                max: f64::NEG_INFINITY,
            }
        })
        .collect();
    for (group, run) in quantized.groups().runs(values) {
        if let (Some(row), Some((min, max))) = (rows.get_mut(group), ends(run)) {
            row.min = row.min.min(min.into());
            row.max = row.max.max(max.into());
        }
    }
    rows
}

/// The same weights in the formats that int8 is compared with. FP8 has a scale for the whole tensor, as it
/// is used.
fn formats(values: &[f32]) -> Result<Vec<FormatRow>, LabError> {
    Format::ALL
        .into_iter()
        .map(|format| {
            let (restored, scale_bytes) = match format {
                Format::Fp8E4M3 | Format::Fp8E5M2 => (format.fake_quantize_scaled(values), 4),
                _ => (format.fake_quantize(values), 0),
            };
            let restored = restored.map_err(|error| unfit(&error))?;
            let bytes = format.bytes(values.len()) as u64 + scale_bytes;
            Ok(FormatRow {
                name: format.name().into(),
                bytes,
                bits: bytes as f64 * 8.0 / values.len().max(1) as f64,
                error: measure::loss(values, &restored),
            })
        })
        .collect()
}
