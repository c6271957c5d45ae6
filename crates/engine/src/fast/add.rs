//! Sums and differences of int8 tensors of the same shape.
//!
//! What TFLite makes of an input before it adds depends on nothing but the byte, so it is looked up. Where float32 gives
//! the same for all 65,536 pairs of bytes, which is tried out, that is used instead.

use octet_quant::{Multiplier, MultiplierRounding};

use super::isa::Isa;
use super::machine::{Machine, kernel};
use crate::reference::arithmetic::{ADD_SHIFT, AddQuantized};

/// int8 in, int8 out.
#[derive(Clone, Debug)]
pub(crate) struct AddInt8 {
    machine: Machine,
    /// For each input, what each byte (as uint8) becomes.
    tables: [Box<[i32; 256]>; 2],
    multiplier: Multiplier,
    zero_point: i32,
    clamp: (i32, i32),
    by_float: Option<Reals>,
}

/// With `first · a + second · b + start`, cut off after `offset` has been added with the same sign, bytes a and b come to
/// what TFLite makes of them, but for the output's zero point.
#[derive(Clone, Copy, Debug)]
struct Reals {
    first: f32,
    second: f32,
    start: f32,
    offset: f32,
}

impl AddInt8 {
    /// None where an input is repeated, or where 32 bits could overflow.
    pub(crate) fn new(machine: Machine, add: &AddQuantized) -> Option<Self> {
        if !add.broadcast.is_plain() {
            return None;
        }
        let tables = [0, 1].map(|input| {
            let negate = input == 1 && add.subtract;
            Box::new(std::array::from_fn(|byte| {
                let value = i32::from(byte as u8 as i8) - add.zero_points[input];
                let scaled = add.multipliers[input].apply(value << ADD_SHIFT);
                if negate {
                    scaled.wrapping_neg()
                } else {
                    scaled
                }
            }))
        });
        let multiplier = add.output_multiplier;
        let far: i64 = tables
            .iter()
            .filter_map(|table| table.iter().map(|value| i64::from(*value).abs()).max())
            .sum();
        let fits = multiplier.rounding() == MultiplierRounding::Double
            && multiplier.multiplier() >= 1 << 30
            && (-30..=-1).contains(&multiplier.shift())
            && far < 1 << 29;
        let looked_up = Self {
            machine,
            tables,
            multiplier,
            zero_point: add.output_zero_point,
            clamp: add.clamp,
            by_float: None,
        };
        fits.then(|| looked_up.through_float(add))
    }

    /// Through float32 where that gives the same.
    fn through_float(self, add: &AddQuantized) -> Self {
        let [a, b] = [0, 1].map(|shift| {
            let bytes = (0..1_u32 << 16).map(|pair| (pair >> (8 * shift)) as u8 as i8);
            bytes.collect::<Vec<_>>()
        });
        let mut expected = vec![0; a.len()];
        let mut found = expected.clone();
        if self.run(&a, &b, &mut expected).is_none() {
            return self;
        }
        let output = add.output_multiplier.real() * f64::from(1 << ADD_SHIFT);
        let [first, second] = add.multipliers.map(|multiplier| multiplier.real() * output);
        let second = if add.subtract { -second } else { second };
        let [zero, one] = add.zero_points.map(f64::from);
        let mut trial = self;
        // The halves of what is rounded before, and what float32 loses, lie within some last bits.
        for step in [0, 1, -1, 2, -2, 4, -4, 8, -8] {
            trial.by_float = Some(Reals {
                first: first as f32,
                second: second as f32,
                start: -(zero * first + one * second) as f32,
                offset: 0.5 + step as f32 / (1 << 20) as f32,
            });
            if trial.run(&a, &b, &mut found).is_some() && found == expected {
                return trial;
            }
        }
        trial.by_float = None;
        trial
    }

    /// The same by looking up.
    #[cfg(test)]
    pub(crate) fn looked_up(mut self) -> Self {
        self.by_float = None;
        self
    }

    /// Bytes that it holds.
    pub(crate) fn weights_bytes(&self) -> usize {
        self.tables.iter().map(|table| size_of_val(&**table)).sum()
    }

    /// None where a length is wrong.
    pub(crate) fn run(&self, a: &[i8], b: &[i8], output: &mut [i8]) -> Option<()> {
        if a.len() != output.len() || b.len() != output.len() {
            return None;
        }
        // SAFETY: the lengths are equal.
        unsafe {
            match &self.by_float {
                Some(reals) => add_reals(self.machine, self, reals, a, b, output),
                None => add_int8(self.machine, self, a, b, output),
            }
        }
        let rest = output.len() / 16 * 16;
        let inputs = a[rest..].iter().zip(&b[rest..]);
        for (y, (&a, &b)) in output[rest..].iter_mut().zip(inputs) {
            let scaled = [(0, a), (1, b)]
                .map(|(input, x): (usize, i8)| self.tables[input][x as u8 as usize]);
            let value = self.multiplier.apply(scaled[0].wrapping_add(scaled[1]));
            let (least, largest) = self.clamp;
            *y = value.wrapping_add(self.zero_point).clamp(least, largest) as i8;
        }
        Some(())
    }
}

kernel!(
    unsafe fn add_int8(add: &AddInt8, a: &[i8], b: &[i8], output: &mut [i8]) = add_int8_on
);

kernel!(
    unsafe fn add_reals(add: &AddInt8, reals: &Reals, a: &[i8], b: &[i8], output: &mut [i8]) = add_reals_on
);

/// All but the last few that make no 16.
///
/// # Safety
/// All must have the same length.
#[inline(always)]
unsafe fn add_reals_on<I: Isa>(
    add: &AddInt8,
    reals: &Reals,
    a: &[i8],
    b: &[i8],
    output: &mut [i8],
) {
    // Bytes are shifted up by 24 bits instead of being widened.
    let scale = |real: f32| I::splat_f32(real / (1 << 24) as f32);
    let (first, second) = (scale(reals.first), scale(reals.second));
    let (start, offset) = (I::splat_f32(reals.start), I::splat_f32(reals.offset));
    let (zero, sign) = (I::splat_i32(0), I::splat_i32(i32::MIN));
    let zero_point = I::splat_i16(add.zero_point as i16);
    let least = I::splat_i8(add.clamp.0 as i8);
    let largest = I::splat_i8(add.clamp.1 as i8);
    let (a, b): (*const u8, *const u8) = (a.as_ptr().cast(), b.as_ptr().cast());
    let count = output.len() / 16;
    let output = output.as_mut_ptr().cast::<u8>();
    for index in 0..count {
        // SAFETY: 16 · `count` is at most the length of each.
        let (a, b) = unsafe { (I::load(a.add(index * 16)), I::load(b.add(index * 16))) };
        let halves = |v: I::V| [I::zip_low_8(zero, v), I::zip_high_8(zero, v)];
        let (a, b) = (halves(a), halves(b));
        let mut narrow = [zero_point; 2];
        for half in 0..2 {
            let quarters = |v: I::V| [I::zip_low_16(zero, v), I::zip_high_16(zero, v)];
            let (a, b) = (quarters(a[half]), quarters(b[half]));
            let mut wide = [zero; 2];
            for quarter in 0..2 {
                let (a, b) = (I::f32_from_i32(a[quarter]), I::f32_from_i32(b[quarter]));
                let real = I::mul_add_f32(a, first, I::mul_add_f32(b, second, start));
                let signed = I::or(I::and(real, sign), offset);
                wide[quarter] = I::i32_from_f32(I::add_f32(real, signed));
            }
            narrow[half] = I::add_sat_i16(I::narrow_i32(wide[0], wide[1]), zero_point);
        }
        let bytes = I::narrow_i16(narrow[0], narrow[1]);
        let bytes = I::min_i8(I::max_i8(bytes, least), largest);
        // SAFETY: 16 · `count` is at most the length.
        unsafe { I::store(output.add(index * 16), bytes) };
    }
}

/// All but the last few that make no 16. For the arithmetic see [`super::finish::ByInteger`]; everything is shifted by
/// 2 bits to the left, so that all but the product is a multiple of 2^32.
///
/// # Safety
/// All must have the same length.
#[inline(always)]
unsafe fn add_int8_on<I: Isa>(add: &AddInt8, a: &[i8], b: &[i8], output: &mut [i8]) {
    let right = -add.multiplier.shift() as u32;
    let four = I::splat_i32(4);
    let multiplier = I::splat_i32(add.multiplier.multiplier());
    let halves = I::splat_i32((1 << right) + 1);
    let two = I::splat_i32(2);
    let zero_point = I::splat_i16(add.zero_point as i16);
    let least = I::splat_i8(add.clamp.0 as i8);
    let largest = I::splat_i8(add.clamp.1 as i8);
    let [first, second] = [&add.tables[0], &add.tables[1]];
    let count = output.len() / 16;
    let (a, b): (*const u8, *const u8) = (a.as_ptr().cast(), b.as_ptr().cast());
    let output = output.as_mut_ptr().cast::<u8>();
    for index in 0..count {
        let mut values = [zero_point; 4];
        for part in 0..4 {
            let at = index * 16 + part * 4;
            // SAFETY: 16 · `count` is at most the length of each.
            let sum = unsafe {
                I::add_i32(
                    I::look_up_4(first, a.add(at)),
                    I::look_up_4(second, b.add(at)),
                )
            };
            let product = I::mul_high_i32(I::mul_i32(sum, four), multiplier);
            let rounded = I::sub_i32(
                I::add_i32(product, halves),
                I::and(I::shr_i32(sum, 31), two),
            );
            values[part] = I::shr_i32(rounded, right + 1);
        }
        let low = I::add_sat_i16(I::narrow_i32(values[0], values[1]), zero_point);
        let high = I::add_sat_i16(I::narrow_i32(values[2], values[3]), zero_point);
        let bytes = I::min_i8(I::max_i8(I::narrow_i16(low, high), least), largest);
        // SAFETY: 16 · `count` is at most the length.
        unsafe { I::store(output.add(index * 16), bytes) };
    }
}
