//! The rectified sigmoid that stands for a rounding while it is learned, and what drives it to 0 or 1.
//!
//! All by float32 sums and products alone, so that loops over them become SIMD and give the same bits everywhere.

/// How far the sigmoid is stretched (Nagel et al. 2020, equation 23): ζ − γ, and γ.
const STRETCH: f32 = 1.2;
const LOW: f32 = -0.1;

/// The exponent at the beginning and at the end, as in the paper's own experiments.
const FIRST_BETA: f32 = 20.0;
const LAST_BETA: f32 = 2.0;

/// `e^x`, to a few units in the last place; x is kept to [−80, 80].
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding and subtracting 1.5 · 2^23 rounds to a whole number, which the sum's lowest bits hold too.
    const ROUND: f32 = 12_582_912.0;
    let x = if x > 80.0 { 80.0 } else { x };
    let x = if x < -80.0 { -80.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    // ln 2 in two parts, so that the difference loses nothing.
    let rest = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    // e^rest by Taylor's series, |rest| ≤ ln 2 / 2.
    let series = 1.0 / 720.0;
    let series = series * rest + 1.0 / 120.0;
    let series = series * rest + 1.0 / 24.0;
    let series = series * rest + 1.0 / 6.0;
    let series = series * rest + 0.5;
    let series = series * rest + 1.0;
    let series = series * rest + 1.0;
    let power = (shifted.to_bits() << 23).wrapping_add(127 << 23);
    series * f32::from_bits(power)
}

/// `1 / (1 + e^−v)`.
#[inline(always)]
pub(super) fn sigmoid(v: f32) -> f32 {
    1.0 / (1.0 + exp(-v))
}

/// h(V), from V's sigmoid: how far up a weight is rounded, 0 to 1.
#[inline(always)]
pub(super) fn rounding(sigmoid: f32) -> f32 {
    let stretched = sigmoid * STRETCH + LOW;
    let stretched = if stretched > 1.0 { 1.0 } else { stretched };
    if stretched < 0.0 { 0.0 } else { stretched }
}

/// h′(V), from V's sigmoid.
#[inline(always)]
pub(super) fn slope(sigmoid: f32) -> f32 {
    let stretched = sigmoid * STRETCH + LOW;
    let inside = if stretched > 0.0 { STRETCH } else { 0.0 };
    let inside = if stretched < 1.0 { inside } else { 0.0 };
    inside * sigmoid * (1.0 - sigmoid)
}

/// The V at which h is `part`, from 0 to 1.
pub(super) fn inverse(part: f32) -> f32 {
    let sigmoid = f64::from((part - LOW) / STRETCH);
    libm::log(sigmoid / (1.0 - sigmoid)) as f32
}

/// The regularizer `1 − |2h − 1|^β` (equation 24). β is a whole number here, so that the power is a product.
#[derive(Clone, Copy, Debug)]
pub(super) struct Regularizer {
    /// λ.
    weight: f32,
    beta: u32,
}

impl Regularizer {
    pub(super) const NONE: Self = Self {
        weight: 0.0,
        beta: 2,
    };

    /// That of a moment in training, 0 to 1: none at first, then one whose β falls.
    pub(super) fn at(moment: f32, warm_up: f32, weight: f32) -> Self {
        if moment < warm_up {
            return Self::NONE;
        }
        let since = (moment - warm_up) / (1.0 - warm_up).max(f32::EPSILON);
        let beta = FIRST_BETA + (LAST_BETA - FIRST_BETA) * since;
        Self {
            weight,
            beta: beta.round() as u32,
        }
    }

    /// Its value for one weight.
    #[cfg(test)]
    pub(super) fn value(self, rounding: f32) -> f64 {
        let distance = f64::from((2.0 * rounding - 1.0).abs());
        f64::from(self.weight) * (1.0 - distance.powi(self.beta as i32))
    }

    /// What its gradient at many weights has in common.
    pub(super) fn gradient(self) -> RegularizerGradient {
        let exponent = self.beta.saturating_sub(1);
        let bit = |place: u32| ((exponent >> place) & 1) as f32;
        RegularizerGradient {
            factor: -2.0 * self.weight * self.beta as f32,
            bits: [bit(0), bit(1), bit(2), bit(3), bit(4)],
        }
    }
}

/// Its derivative by h: `−2 λ β |2h − 1|^(β − 1) sign(2h − 1)`.
#[derive(Clone, Copy)]
pub(super) struct RegularizerGradient {
    factor: f32,
    /// Those of β − 1, 0 or 1: the power without a branch.
    bits: [f32; 5],
}

impl RegularizerGradient {
    #[inline(always)]
    pub(super) fn at(self, rounding: f32) -> f32 {
        let signed = 2.0 * rounding - 1.0;
        let mut square = signed.abs();
        let mut power = 1.0;
        for bit in self.bits {
            power *= bit * square + (1.0 - bit);
            square *= square;
        }
        self.factor * power * 1.0_f32.copysign(signed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials() {
        for step in -800..=800 {
            let x = step as f32 / 10.0;
            let expected = f64::from(x).exp();
            assert!((f64::from(exp(x)) / expected - 1.0).abs() < 1e-6, "{x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NEG_INFINITY) > 0.0 && exp(f32::INFINITY).is_finite());
    }

    #[test]
    fn the_inverse_leads_back() {
        for step in 0..=100 {
            let part = step as f32 / 100.0;
            assert!((rounding(sigmoid(inverse(part))) - part).abs() < 1e-6);
        }
        assert_eq!(rounding(sigmoid(40.0)), 1.0);
        assert_eq!(rounding(sigmoid(-40.0)), 0.0);
        assert_eq!(slope(sigmoid(40.0)), 0.0);
    }

    #[test]
    fn slopes_are_those_of_finite_differences() {
        for (v, beta) in [(-1.5, 20), (-0.3, 7), (0.2, 2), (1.1, 3)] {
            let h = |v: f32| rounding(sigmoid(v));
            let by_h = f64::from(h(v + 1e-2) - h(v - 1e-2)) / 2e-2;
            assert!((by_h - f64::from(slope(sigmoid(v)))).abs() < 1e-4, "{v}");
            let term = Regularizer { weight: 0.7, beta };
            let at = h(v);
            let difference = (term.value(at + 1e-3) - term.value(at - 1e-3)) / 2e-3;
            let found = f64::from(term.gradient().at(at));
            assert!(
                (difference - found).abs() < 1e-2 * found.abs().max(0.1),
                "{v}: {difference} {found}"
            );
        }
    }

    #[test]
    fn the_exponent_falls_after_the_warm_up() {
        let at = |moment| Regularizer::at(moment, 0.2, 1.0);
        assert_eq!(at(0.1).weight, 0.0);
        assert_eq!((at(0.2).beta, at(0.6).beta, at(1.0).beta), (20, 11, 2));
    }
}
