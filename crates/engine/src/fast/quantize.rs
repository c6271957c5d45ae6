//! Reals to int8: at the edge of a network, and on the fly for int8 weights.

use super::isa::Isa;
use super::machine::{Machine, kernel};
use crate::reference::hybrid::Steps;
use crate::reference::quantize::Quantize;

/// float32 in, int8 out.
#[derive(Clone, Debug)]
pub(crate) struct QuantizeInt8 {
    machine: Machine,
    quantize: Quantize,
}

impl QuantizeInt8 {
    pub(crate) fn new(machine: Machine, quantize: &Quantize) -> Self {
        Self {
            machine,
            quantize: quantize.clone(),
        }
    }

    /// None where a length is wrong.
    pub(crate) fn run(&self, input: &[f32], output: &mut [i8]) -> Option<()> {
        if input.len() != output.len() {
            return None;
        }
        let by = By {
            factor: self.quantize.scale,
            divides: true,
            zero_point: self.quantize.zero_point as i16,
            least: i8::MIN,
        };
        // SAFETY: the lengths are equal.
        unsafe { quantize(self.machine, input, by, output) };
        let rest = input.len() / 16 * 16;
        self.quantize.run(&input[rest..], &mut output[rest..]);
        Some(())
    }
}

/// Quantizes to int8 over the values' own range, as the reference does; returns scale and zero point.
///
/// # Panics
/// Where there are not as many places as values.
pub(crate) fn on_the_fly(
    machine: Machine,
    values: &[f32],
    quantized: &mut [i8],
    asymmetric: bool,
) -> (f32, i32) {
    assert!(values.len() == quantized.len());
    let mut range = (0.0, 0.0);
    // SAFETY: any slice will do.
    unsafe { find_range(machine, values, &mut range) };
    let Some(steps) = Steps::over(range, asymmetric) else {
        quantized.fill(0);
        return (1.0, 0);
    };
    let by = By {
        factor: steps.inverse,
        divides: false,
        zero_point: steps.zero_point as i16,
        least: steps.least,
    };
    // SAFETY: the lengths are equal.
    unsafe { quantize(machine, values, by, quantized) };
    let rest = values.len() / 16 * 16;
    for (q, &x) in quantized[rest..].iter_mut().zip(&values[rest..]) {
        *q = steps.quantize(x);
    }
    (steps.scale, steps.zero_point)
}

kernel!(
    unsafe fn find_range(values: &[f32], range: &mut (f32, f32)) = find_range_on
);

/// The least and the largest value, and 0 with them. NaN does not count.
///
/// # Safety
/// None is needed: unsafe for the sake of what it is compiled to.
#[inline(always)]
unsafe fn find_range_on<I: Isa>(values: &[f32], range: &mut (f32, f32)) {
    let zero = I::splat_f32(0.0);
    let (mut least, mut most) = ([zero; 4], [zero; 4]);
    let chunks = values.chunks_exact(16);
    let rest = chunks.remainder();
    for chunk in chunks {
        for part in 0..4 {
            // SAFETY: 4 numbers of 16.
            let reals = unsafe { I::load(chunk.as_ptr().add(part * 4).cast()) };
            // NaN becomes 0. Which of two is less where one is NaN differs between machines: with relaxed SIMD,
            // LLVM makes relaxed instructions of plain ones.
            let reals = I::and(reals, I::equal_f32(reals, reals));
            least[part] = I::min_f32(least[part], reals);
            most[part] = I::max_f32(most[part], reals);
        }
    }
    let mut ends = [[0.0_f32; 4]; 2];
    let least = I::min_f32(
        I::min_f32(least[0], least[1]),
        I::min_f32(least[2], least[3]),
    );
    let most = I::max_f32(I::max_f32(most[0], most[1]), I::max_f32(most[2], most[3]));
    // SAFETY: 16 bytes each.
    unsafe {
        I::store(ends[0].as_mut_ptr().cast(), least);
        I::store(ends[1].as_mut_ptr().cast(), most);
    }
    range.0 = ends[0]
        .iter()
        .chain(rest)
        .fold(0.0, |least, x| x.min(least));
    range.1 = ends[1].iter().chain(rest).fold(0.0, |most, x| x.max(most));
}

/// How reals become int8: multiplied by `factor` or divided, rounded half away from zero, moved.
#[derive(Clone, Copy)]
struct By {
    factor: f32,
    divides: bool,
    zero_point: i16,
    least: i8,
}

kernel!(
    unsafe fn quantize(values: &[f32], by: By, quantized: &mut [i8]) = quantize_on
);

/// All but the last few that make no 16.
///
/// # Safety
/// There must be as many places as values.
#[inline(always)]
unsafe fn quantize_on<I: Isa>(values: &[f32], by: By, quantized: &mut [i8]) {
    // SAFETY: the caller's promise.
    unsafe {
        match by.divides {
            true => quantize_by::<I, true>(values, by, quantized),
            false => quantize_by::<I, false>(values, by, quantized),
        }
    }
}

/// # Safety
/// As [`quantize_on`].
#[inline(always)]
unsafe fn quantize_by<I: Isa, const DIVIDES: bool>(values: &[f32], by: By, quantized: &mut [i8]) {
    // More than any number of steps that fits an int8.
    const FAR: f32 = 1000.0;
    // The largest float32 below 1/2: added before cutting off, it rounds halves away from zero, and nothing else.
    const ALMOST_HALF: f32 = 0.499_999_97;
    let factor = I::splat_f32(by.factor);
    let (far, near) = (I::splat_f32(FAR), I::splat_f32(-FAR));
    let (sign, half) = (I::splat_i32(i32::MIN), I::splat_f32(ALMOST_HALF));
    let zero_point = I::splat_i16(by.zero_point);
    let least = I::splat_i8(by.least);
    for index in 0..values.len() / 16 {
        let mut steps = [zero_point; 4];
        for part in 0..4 {
            // SAFETY: the caller's promise.
            let real = unsafe { I::load(values.as_ptr().add(index * 16 + part * 4).cast()) };
            let step = match DIVIDES {
                true => I::div_f32(real, factor),
                false => I::mul_f32(real, factor),
            };
            // NaN becomes 0.
            let step = I::and(step, I::equal_f32(step, step));
            let step = I::min_f32(I::max_f32(step, near), far);
            let half = I::or(I::and(step, sign), half);
            steps[part] = I::i32_from_f32(I::add_f32(step, half));
        }
        let low = I::add_sat_i16(I::narrow_i32(steps[0], steps[1]), zero_point);
        let high = I::add_sat_i16(I::narrow_i32(steps[2], steps[3]), zero_point);
        let bytes = I::max_i8(I::narrow_i16(low, high), least);
        // SAFETY: the caller's promise.
        unsafe { I::store(quantized.as_mut_ptr().add(index * 16).cast(), bytes) };
    }
}
