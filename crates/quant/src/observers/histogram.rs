//! PyTorch's choice of a range by a histogram: `HistogramObserver._non_linear_param_search` (2.15), which
//! goes back to `NormMinimization::NonlinearQuantizationParamsSearch` of Caffe2.

use super::values::{BINS, Values};

/// How much of the values each step leaves out.
const STEP: f64 = 1e-5;

/// Drops bins from both ends, whichever holds fewer values, for as long as the expected squared error of
/// quantizing the rest to `levels` steps does not rise. All float32 where PyTorch's tensors are.
pub(super) fn range(values: &Values, levels: u32) -> Option<(f32, f32)> {
    let (min, _) = values.range()?;
    let below = cumulated(values.counts());
    let total = f64::from(values.counts().iter().map(|&c| f64::from(c)).sum::<f64>() as f32);
    // The bins in use: `start` is the first, `end` the last.
    let (mut start, mut end) = (0, BINS - 1);
    // The shares of the values that lie below and not above the range.
    let (mut alpha, mut beta) = (0.0, 1.0);
    let mut smallest = f32::INFINITY;
    while alpha < beta {
        let (next_alpha, next_beta) = (alpha + STEP, beta - STEP);
        let (low, high) = ((next_alpha * total) as f32, (next_beta * total) as f32);
        let from_start = below.iter().skip(start).take(end - start);
        let left = start + from_start.take_while(|&&sum| sum < low).count();
        let from_end = below.iter().take(end + 1).skip(start + 1).rev();
        let right = end - from_end.take_while(|&&sum| sum > high).count();
        let (mut next_start, mut next_end) = (start, end);
        if left - start > end - right {
            next_start = left;
            alpha = next_alpha;
        } else {
            next_end = right;
            beta = next_beta;
        }
        if (next_start, next_end) == (start, end) {
            continue;
        }
        let error = error(values, next_start, next_end, levels);
        if error > smallest {
            break;
        }
        smallest = error;
        (start, end) = (next_start, next_end);
    }
    let bins_up = |bins: usize| min_plus(min, values.width(), bins as f32);
    Some((bins_up(start), bins_up(end + 1)))
}

/// `min + width · bins`, rounded twice as PyTorch does where float32 holds the product.
fn min_plus(min: f32, width: f32, bins: f32) -> f32 {
    let sum = min + width * bins;
    if sum.is_finite() {
        return sum;
    }
    let sum = f64::from(min) + f64::from(width) * f64::from(bins);
    (sum as f32).clamp(f32::MIN, f32::MAX)
}

/// For each bin, how many values lie in it and below.
fn cumulated(counts: &[f32]) -> alloc::vec::Vec<f32> {
    let mut sum = 0.0_f64;
    counts
        .iter()
        .map(|&count| {
            sum += f64::from(count);
            sum as f32
        })
        .collect()
}

/// Expected squared error, summed over all values and up to a constant factor, of quantizing to `levels` steps that share the bins
/// `start` to `end` evenly, where the values of a bin are spread evenly over it. Values outside go to the
/// first or last step.
fn error(values: &Values, start: usize, end: usize, levels: u32) -> f32 {
    let Some((min, max)) = values.range() else {
        return 0.0;
    };
    // In units of a power of two near the bin's width. That changes no digit, but keeps the cubes within
    // float32: PyTorch's leave it for values below 1e-13 or above 1e13, and its range then shrinks to nothing.
    let (bin, _) = libm::frexp((f64::from(max) - f64::from(min)) / BINS as f64);
    let step = bin * (end - start + 1) as f64 / f64::from(levels);
    if step == 0.0 {
        return 0.0;
    }
    let (bin, half, step) = (bin as f32, (step / 2.0) as f32, step as f32);
    let last = (levels - 1) as f32;
    // The quotient of two float32 is exact enough in float64 for its integer part to be right.
    let level = |x: f32| (libm::floor(f64::from(x) / f64::from(step)) as f32).clamp(0.0, last);
    let whole_step = between(-half, half);
    let mut sum = 0.0_f64;
    for (i, &count) in values.counts().iter().enumerate() {
        if count == 0.0 {
            continue;
        }
        let density = count / bin;
        let begin = (i as f32 - start as f32) * bin;
        let end = begin + bin;
        let (first, final_) = (level(begin), level(end));
        // From the bin's beginning to the end of that step, the whole steps between, and from the beginning
        // of the last step to the bin's end. Where both are one step, the whole steps count as −1.
        let head = density * between(begin - (first + 0.5) * step, half);
        let whole = (final_ - first - 1.0) * (density * whole_step);
        let tail = density * between(-half, end - (final_ * step + half));
        sum += f64::from(head + whole + tail);
    }
    sum as f32
}

/// The integral of x² from `a` to `b`.
fn between(a: f32, b: f32) -> f32 {
    (b * b * b - a * a * a) / 3.0
}
