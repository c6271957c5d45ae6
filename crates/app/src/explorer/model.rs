//! What the reader plays with: weights, bits and a range, and what follows from them.

use octet_quant::{
    ErrorFigures, ErrorSum, Granularity, IntRange, QuantError, QuantParams, Quantized, Rounding,
    Symmetry, counts, max_abs,
};

/// Bars of the histogram.
pub const BINS: usize = 121;

/// Weights, and how they are quantized at the moment.
pub struct Model {
    weights: Vec<f32>,
    /// The largest |w|, and no less than the smallest normal float32.
    reach: f32,
    /// The weights counted from −reach to reach.
    counts: Vec<u64>,
    bits: u32,
    /// What the slider for the range says.
    clip: Option<u32>,
    lo: f32,
    hi: f32,
}

/// What the weights become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Scale and zero point.
    pub params: QuantParams,
    /// What is lost in all.
    pub error: ErrorFigures,
    /// How many weights lie outside of what the integers stand for.
    pub clipped: usize,
    /// Share of the squared error that comes from clipped weights, from 0 to 1.
    pub clipping_share: f64,
    /// Different integers that occur.
    pub levels_used: usize,
}

impl Model {
    /// Eight bits over all weights. None without weights, or where one of them is no number.
    pub fn new(weights: Vec<f32>) -> Option<Self> {
        if weights.is_empty() || weights.iter().any(|w| !w.is_finite()) {
            return None;
        }
        let reach = max_abs(&weights).max(f32::MIN_POSITIVE);
        let counts = counts(&weights, f64::from(-reach), f64::from(reach), BINS).ok()?;
        Some(Self {
            weights,
            reach,
            counts,
            bits: 8,
            clip: None,
            lo: -reach,
            hi: reach,
        })
    }

    /// The largest |w|.
    pub fn reach(&self) -> f32 {
        self.reach
    }

    /// How many weights there are.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// The weights counted in [`BINS`] bins from −reach to reach.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The chosen range; 0 lies in it.
    pub fn range(&self) -> (f32, f32) {
        (self.lo, self.hi)
    }

    /// The chosen width.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// Takes over what the sliders `bits` and `clip` (in percent) say.
    pub fn obey(&mut self, sliders: &[(&'static str, String)]) {
        for (name, value) in sliders {
            let Ok(value) = value.parse() else {
                continue;
            };
            match *name {
                "bits" => self.set_bits(value),
                // The handles may have moved since: only a slider that has moved itself counts.
                "clip" if self.clip.replace(value) != Some(value) => {
                    self.set_clip(value as f32 / 100.0);
                }
                _ => {}
            }
        }
    }

    /// Chooses the width, 2 to 16.
    pub fn set_bits(&mut self, bits: u32) {
        self.bits = bits.clamp(2, 16);
    }

    /// Chooses a range around 0, as a share of the largest |w|.
    pub fn set_clip(&mut self, share: f32) {
        let end = self.reach * share.clamp(0.01, 1.0);
        (self.lo, self.hi) = (-end, end);
    }

    /// Moves the lower end; it stays at or below 0, and the range keeps some width.
    pub fn set_lo(&mut self, lo: f32) {
        self.lo = lo.clamp(-self.reach, 0.0);
        if self.hi - self.lo < self.reach * 0.01 {
            self.lo = (self.hi - self.reach * 0.01).min(0.0);
        }
    }

    /// Moves the upper end; it stays at or above 0, and the range keeps some width.
    pub fn set_hi(&mut self, hi: f32) {
        self.hi = hi.clamp(0.0, self.reach);
        if self.hi - self.lo < self.reach * 0.01 {
            self.hi = (self.lo + self.reach * 0.01).max(0.0);
        }
    }

    /// Scale and zero point for the chosen width and range.
    pub fn params(&self) -> Result<QuantParams, QuantError> {
        let integers = IntRange::new(self.bits, true, false)?;
        QuantParams::from_range(
            self.lo,
            self.hi,
            Symmetry::Affine,
            integers,
            Rounding::HalfToEven,
        )
    }

    /// Quantizes every weight.
    pub fn outcome(&self) -> Result<Outcome, QuantError> {
        let params = self.params()?;
        let quantized = Quantized::with_params(
            &self.weights,
            &[self.weights.len()],
            Granularity::PerTensor,
            vec![params],
            Rounding::HalfToEven,
        )?;
        let restored = quantized.dequantize();
        let mut sum = ErrorSum::default();
        sum.add(&self.weights, &restored);
        let error = sum.figures();
        let (mut clipped, mut squared) = (0, 0.0);
        for (&w, &back) in self.weights.iter().zip(&restored) {
            if params.clips(w) {
                clipped += 1;
                squared += (f64::from(w) - f64::from(back)).powi(2);
            }
        }
        let all = error.mse * self.weights.len() as f64;
        Ok(Outcome {
            params,
            error,
            clipped,
            clipping_share: if all > 0.0 { squared / all } else { 0.0 },
            levels_used: quantized.levels_used(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_quant::RandomState;

    fn normal(count: usize) -> Model {
        let mut random = RandomState::new(42);
        Model::new((0..count).map(|_| random.randn() as f32).collect()).unwrap()
    }

    #[test]
    fn a_narrower_range_trades_rounding_for_clipping() {
        let mut model = normal(10_000);
        model.set_bits(3);
        let wide = model.outcome().unwrap();
        assert_eq!(wide.clipped, 0);
        assert_eq!(wide.clipping_share, 0.0);
        model.set_clip(0.5);
        let half = model.outcome().unwrap();
        assert!(half.clipped > 0 && half.clipping_share > 0.0);
        assert!(half.error.mse < wide.error.mse);
        model.set_clip(0.1);
        let tenth = model.outcome().unwrap();
        assert!(tenth.clipping_share > 0.9);
        assert!(tenth.error.mse > wide.error.mse);
    }

    #[test]
    fn the_range_always_holds_zero_and_has_a_width() {
        let mut model = normal(100);
        model.set_lo(5.0);
        model.set_hi(-5.0);
        let (lo, hi) = model.range();
        assert!(lo <= 0.0 && hi >= 0.0 && hi > lo, "{lo} {hi}");
        model.set_hi(0.0);
        model.set_lo(0.0);
        let (lo, hi) = model.range();
        assert!(hi > lo);
        assert!(model.outcome().is_ok());
    }

    #[test]
    fn weights_of_any_size_have_an_outcome() {
        for weight in [0.0, 1e-44, 1e-30, 1.0, 1e30, f32::MAX] {
            let model = Model::new(vec![weight, -weight / 2.0]).unwrap();
            let outcome = model.outcome().unwrap();
            assert!(outcome.error.max_abs.is_finite(), "{weight}");
        }
        assert!(Model::new(vec![]).is_none());
        assert!(Model::new(vec![f32::NAN]).is_none());
    }

    #[test]
    fn a_slider_counts_when_it_has_moved() {
        let mut model = normal(100);
        let sliders = |bits: &str, clip: &str| {
            [
                ("bits", bits.to_owned()),
                ("clip", clip.to_owned()),
                ("seed", "7".to_owned()),
            ]
        };
        model.obey(&sliders("5", "50"));
        let half = model.reach() / 2.0;
        assert_eq!((model.bits(), model.range()), (5, (-half, half)));
        model.set_hi(half / 2.0);
        model.obey(&sliders("6", "50"));
        assert_eq!((model.bits(), model.range()), (6, (-half, half / 2.0)));
        model.obey(&sliders("none", "50.5"));
        assert_eq!((model.bits(), model.range()), (6, (-half, half / 2.0)));
        model.obey(&sliders("6", "100"));
        assert_eq!(model.range(), (-model.reach(), model.reach()));
    }

    #[test]
    fn more_bits_use_more_levels() {
        let mut model = normal(10_000);
        model.set_bits(2);
        assert_eq!(model.outcome().unwrap().levels_used, 3);
        model.set_bits(8);
        assert!(model.outcome().unwrap().levels_used > 150);
    }
}
