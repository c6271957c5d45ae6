//! Functions of reals in 32-bit fixed point, after gemmlowp's: a Q`n` number is an i32 that stands for
//! `raw / 2^(31 − n)`.

/// The product of a Q`a` and a Q`b` number, a Q`a + b` one (`SaturatingRoundingDoublingHighMul`).
fn mul(a: i32, b: i32) -> i32 {
    let product = i64::from(a) * i64::from(b);
    // Half up. −1 · −1, which is all that does not fit, becomes the largest number.
    ((product + (1 << 30)) >> 31).min(i64::from(i32::MAX)) as i32
}

/// `x / 2^exponent`, half away from zero; the exponent is 0 to 62.
pub(super) fn divide_by_power_of_two(x: i32, exponent: u32) -> i32 {
    let x = i64::from(x);
    let half = (1_i64 << exponent) >> 1;
    ((x + half - i64::from(x < 0 && exponent > 0)) >> exponent) as i32
}

/// The same for 16 bits, with gemmlowp's mask of 16 bits: from an exponent of 16 on, what is left is 1 for
/// numbers of at least 0, and −1 for others.
pub(super) fn divide_by_power_of_two_i16(x: i16, exponent: u32) -> i16 {
    let mask = ((1_i64 << exponent) - 1) as i16;
    let threshold = (mask >> 1) + i16::from(x < 0);
    let quotient = (i32::from(x) >> exponent.min(31)) as i16;
    quotient + i16::from(x & mask > threshold)
}

/// `x · 2^exponent`, saturating.
fn shift_left(x: i32, exponent: u32) -> i32 {
    let shifted = i64::from(x) << exponent;
    shifted.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// exp(a) for a Q5 number of at most 0, as a Q0 number (`exp_on_negative_values`).
pub(super) fn exp_of_negative(a: i32) -> i32 {
    if a == 0 {
        return i32::MAX;
    }
    const QUARTER: i32 = 1 << 24;
    // a is a multiple of 1/4 and a rest within [−1/4, 0).
    let rest = (a & (QUARTER - 1)) - QUARTER;
    let multiple = rest.wrapping_sub(a);
    // exp of each power of two that may be in the multiple, from 1/4 to 16.
    const POWERS: [i32; 7] = [
        1_672_461_947,
        1_302_514_674,
        790_015_084,
        290_630_308,
        39_332_535,
        720_401,
        242,
    ];
    let mut result = exp_of_rest(shift_left(rest, 5));
    for (bit, power) in POWERS.into_iter().enumerate() {
        if multiple & (QUARTER << bit) != 0 {
            result = mul(result, power);
        }
    }
    result
}

/// exp(a) for a Q0 number within [−1/4, 0): Taylor's series around −1/8 up to the fourth power.
fn exp_of_rest(a: i32) -> i32 {
    const EXP_OF_MINUS_EIGHTH: i32 = 1_895_147_668;
    const THIRD: i32 = 715_827_883;
    let x = a + (1 << 28);
    let square = mul(x, x);
    let cube = mul(square, x);
    let fourth = divide_by_power_of_two(mul(square, square), 2);
    let higher = divide_by_power_of_two(mul(fourth + cube, THIRD) + square, 1);
    EXP_OF_MINUS_EIGHTH + mul(EXP_OF_MINUS_EIGHTH, x + higher)
}

/// 1 / (1 + a) for a Q0 number within [0, 1), as a Q0 number: three steps of Newton's method
/// (`one_over_one_plus_x_for_x_in_0_1`).
pub(super) fn one_over_one_plus(a: i32) -> i32 {
    const ONE: i32 = 1 << 29;
    const START: i32 = 1_515_870_810; // 48/17
    const SLOPE: i32 = -1_010_580_540; // −32/17
    let half_denominator = ((i64::from(a) + i64::from(i32::MAX) + 1) / 2) as i32;
    let mut x = START.wrapping_add(mul(half_denominator, SLOPE));
    for _ in 0..3 {
        let error = ONE.wrapping_sub(mul(half_denominator, x));
        x = x.wrapping_add(shift_left(mul(x, error), 2));
    }
    // x is a Q2 number and the reciprocal of half the denominator; as a Q1 number it is that of the whole.
    shift_left(x, 1)
}

/// 1 / x for a Q12 number above 0, as a Q0 number of at least 1/2 and the power of two by which it is too
/// large (`GetReciprocal`).
pub(super) fn reciprocal(x: i32) -> (i32, i32) {
    let headroom = x.leading_zeros();
    let above_one = (x as u32).wrapping_shl(headroom).wrapping_sub(1 << 31);
    (one_over_one_plus(above_one as i32), 12 - headroom as i32)
}

/// The product of Q0 numbers, divided by `2^exponent`.
pub(super) fn mul_and_divide(a: i32, b: i32, exponent: u32) -> i32 {
    divide_by_power_of_two(mul(a, b), exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_near_exp() {
        for real in [-0.001, -0.2, -0.25, -1.0, -3.7, -12.0, -31.0] {
            let a = (real * f64::from(1 << 26)) as i32;
            let exp = f64::from(exp_of_negative(a)) / f64::from(1_u32 << 31);
            assert!((exp - libm::exp(real)).abs() < 1e-6, "exp({real}) = {exp}");
        }
        assert_eq!(exp_of_negative(0), i32::MAX);
    }

    #[test]
    fn reciprocal_is_near_reciprocal() {
        for real in [0.5, 1.0, 1.7, 3.0, 1001.0] {
            let (raw, over) = reciprocal((real * f64::from(1 << 19)) as i32);
            let inverse = f64::from(raw) / f64::from(1_u32 << 31) / libm::exp2(f64::from(over));
            assert!((inverse * real - 1.0).abs() < 1e-6, "1/{real} = {inverse}");
        }
    }
}
