//! From int32 sums to int8 outputs: for each 8 channels the fastest way that gives TFLite's bits.
//!
//! The fastest goes through float32, where [`super::float_constants`] has found constants that give all outputs; else
//! 64-bit products are used; where they could overflow, the arithmetic of octet-quant.

use octet_quant::{Multiplier, MultiplierRounding};

use super::finish::{ByFloat, ByInteger, Finish, Finishes, Job};
use super::float_constants::{Fix, FloatConstants, Search};
use super::isa::Isa;
use super::machine::Machine;

/// From int32 sums to int8 outputs, by channel.
#[derive(Clone, Debug)]
pub(crate) struct Requantizer {
    /// What sums start with.
    bias: Vec<i32>,
    ways: Vec<Kind>,
    /// What the ways need, one after the other.
    constants: Vec<[i32; 8]>,
    /// Whether outputs may be less than the zero point.
    is_signed: bool,
    /// 8 int16, for the way through float32.
    after: [i16; 8],
    /// For each channel where any block is slow, else none.
    exact: Vec<Exact>,
    /// 8 int16.
    zero_point: [i16; 8],
    /// 16 int8 each.
    clamp: [[i8; 16]; 2],
}

/// The way of a block of 8 channels; where its constants begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// With what is put right.
    Float(usize, Fix),
    /// With how far everything is shifted.
    Integer(usize, u32),
    Slow,
}

/// How a block's sums are finished.
enum Way<'a> {
    Float(ByFloat<false, 0>),
    FloatHigh(ByFloat<false, 1>),
    FloatBoth(ByFloat<false, 2>),
    SignedFloat(ByFloat<true, 0>),
    SignedFloatHigh(ByFloat<true, 1>),
    SignedFloatBoth(ByFloat<true, 2>),
    Integer(ByInteger),
    Slow(Slow<'a>),
}

/// What TFLite computes of a sum, before the zero point is added.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Exact {
    /// In integers, rounded twice.
    Fixed(Multiplier),
    /// In double precision, rounded half away from zero.
    Real(f64),
}

impl Exact {
    /// The output for a sum, clamped.
    #[inline]
    pub(crate) fn output(self, sum: i32, zero_point: i32, clamp: (i32, i32)) -> i32 {
        let value = match self {
            Self::Fixed(multiplier) => multiplier.apply(sum).wrapping_add(zero_point),
            // What does not fit an i32 saturates.
            Self::Real(ratio) => {
                let value = libm::round(f64::from(sum) * ratio) as i32;
                value.saturating_add(zero_point)
            }
        };
        value.clamp(clamp.0, clamp.1)
    }

    /// The real that sums are multiplied by.
    pub(crate) fn real(self) -> f64 {
        match self {
            Self::Fixed(multiplier) => multiplier.real(),
            Self::Real(ratio) => ratio,
        }
    }
}

/// What is known of a channel when the network is loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Channel {
    pub(crate) exact: Exact,
    /// What the kernel's sum starts with: the bias and what the zero points take off.
    pub(crate) bias: i32,
    /// The least and the largest sum that can come up, bias included.
    pub(crate) sums: (i64, i64),
}

impl Channel {
    /// `bias` is the network's; `weights` are those of the channel, `input_zero_point` of what they are multiplied by.
    pub(crate) fn new(
        machine: Machine,
        exact: Exact,
        weights: impl Iterator<Item = i8>,
        bias: i32,
        input_zero_point: i32,
    ) -> Self {
        let reach = [-128 - input_zero_point, 127 - input_zero_point].map(i64::from);
        let (mut sum, mut sums) = (0_i32, (i64::from(bias), i64::from(bias)));
        for weight in weights {
            sum = sum.wrapping_add(weight.into());
            let [a, b] = reach.map(|value| value * i64::from(weight));
            sums = (sums.0 + a.min(b), sums.1 + a.max(b));
        }
        let excess = input_zero_point + machine.dot().excess();
        Self {
            exact,
            bias: bias.wrapping_sub(sum.wrapping_mul(excess)),
            sums,
        }
    }
}

impl Requantizer {
    /// `clamp` holds for outputs, the zero point included.
    pub(crate) fn new(
        machine: Machine,
        channels: &[Channel],
        zero_point: i32,
        clamp: (i32, i32),
    ) -> Self {
        let mut bias: Vec<i32> = channels.iter().map(|channel| channel.bias).collect();
        bias.resize(channels.len().next_multiple_of(8), 0);
        let mut search = Search::new(machine, zero_point, clamp);
        let mut requantizer = Self {
            bias,
            ways: Vec::new(),
            constants: Vec::new(),
            is_signed: search.is_signed(),
            after: [search.after() as i16; 8],
            exact: Vec::new(),
            zero_point: [zero_point as i16; 8],
            clamp: [[clamp.0 as i8; 16], [clamp.1 as i8; 16]],
        };
        for block in channels.chunks(8) {
            let kind = requantizer.constants.len();
            let by_float = block.iter().map(|channel| search.find(channel));
            let kind = if let Some(found) = by_float.collect::<Option<Vec<_>>>() {
                let fix = found.iter().map(FloatConstants::fix).max();
                let constants: Vec<_> = found.iter().map(FloatConstants::bits).collect();
                requantizer.constants.extend(columns(&constants));
                Kind::Float(kind, fix.unwrap_or(Fix::Nothing))
            } else if let Some((constants, shift)) = integer_constants_of(block) {
                requantizer.constants.extend(columns(&constants));
                Kind::Integer(kind, shift)
            } else {
                Kind::Slow
            };
            requantizer.ways.push(kind);
        }
        if requantizer.ways.contains(&Kind::Slow) {
            requantizer.exact = channels.iter().map(|channel| channel.exact).collect();
        }
        requantizer
    }

    /// What the sums start with, for all channels; how many there are is a multiple of 8.
    pub(crate) fn bias(&self) -> &[i32] {
        &self.bias
    }

    /// How the sums of the 8 channels from `channel` on are finished; `channel` is a multiple of 8.
    #[inline(always)]
    fn way(&self, channel: usize) -> Way<'_> {
        let [least, largest] = [0, 1].map(|bound: usize| self.clamp[bound].as_ptr().cast::<u8>());
        match self.ways[channel / 8] {
            Kind::Float(at, fix) => {
                let constants = self.constants[at..at + 4].as_ptr().cast();
                let after = self.after.as_ptr().cast();
                macro_rules! by_float {
                    ($way:ident) => {
                        Way::$way(ByFloat {
                            constants,
                            after,
                            least,
                            largest,
                        })
                    };
                }
                match (self.is_signed, fix) {
                    (false, Fix::Nothing) => by_float!(Float),
                    (false, Fix::High) => by_float!(FloatHigh),
                    (false, Fix::Both) => by_float!(FloatBoth),
                    (true, Fix::Nothing) => by_float!(SignedFloat),
                    (true, Fix::High) => by_float!(SignedFloatHigh),
                    (true, Fix::Both) => by_float!(SignedFloatBoth),
                }
            }
            Kind::Integer(at, shift) => Way::Integer(ByInteger {
                shift,
                constants: self.constants[at..at + 4].as_ptr().cast(),
                zero_point: self.zero_point.as_ptr().cast(),
                least,
                largest,
            }),
            Kind::Slow => Way::Slow(Slow {
                requantizer: self,
                channel,
            }),
        }
    }

    /// How many blocks go which way: through floats, through 64-bit products, slowly.
    #[cfg(test)]
    pub(crate) fn ways(&self) -> [usize; 3] {
        let count = |is: fn(&Kind) -> bool| self.ways.iter().filter(|kind| is(kind)).count();
        [
            count(|kind| matches!(kind, Kind::Float(..))),
            count(|kind| matches!(kind, Kind::Integer(..))),
            count(|kind| matches!(kind, Kind::Slow)),
        ]
    }

    /// Bytes that it holds.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.bias.as_slice())
            + size_of_val(self.constants.as_slice())
            + size_of_val(self.exact.as_slice())
    }
}

impl Finishes for Requantizer {
    const BYTES: usize = 1;

    #[inline(always)]
    unsafe fn end<I: Isa, J: Job>(&self, channel: usize, job: J) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.way(channel) {
                Way::Float(finish) => job.end::<I, _>(finish),
                Way::FloatHigh(finish) => job.end::<I, _>(finish),
                Way::FloatBoth(finish) => job.end::<I, _>(finish),
                Way::SignedFloat(finish) => job.end::<I, _>(finish),
                Way::SignedFloatHigh(finish) => job.end::<I, _>(finish),
                Way::SignedFloatBoth(finish) => job.end::<I, _>(finish),
                Way::Integer(finish) => job.end::<I, _>(finish),
                Way::Slow(finish) => job.end::<I, _>(finish),
            }
        }
    }
}

/// Up to 8 channels' constants, as a vector of each constant; 0 for channels that there are not.
fn columns<const N: usize>(channels: &[[i32; N]]) -> [[i32; 8]; N] {
    std::array::from_fn(|constant| {
        std::array::from_fn(|channel| channels.get(channel).map_or(0, |own| own[constant]))
    })
}

/// The constants of a block's channels, and how far everything is shifted; None where 32 bits could overflow anyhow.
fn integer_constants_of(block: &[Channel]) -> Option<(Vec<[i32; 4]>, u32)> {
    let right = |channel: &Channel| match channel.exact {
        Exact::Fixed(multiplier) => -multiplier.shift(),
        Exact::Real(_) => i32::MAX,
    };
    // With less than this, something is no multiple of 2^32.
    let shift = block.iter().map(right).max()?.checked_add(1)?.max(1) as u32;
    let constants = block
        .iter()
        .map(|channel| integer_constants(channel, shift));
    let constants: Option<Vec<_>> = constants.collect();
    Some((constants.filter(|_| shift <= 31)?, shift))
}

/// Power of two, multiplier, halves, and what is taken off for negative sums, as [`ByInteger`] uses them with this
/// shift, which is more than the multiplier's; None where its 32 bits could overflow.
fn integer_constants(channel: &Channel, shift: u32) -> Option<[i32; 4]> {
    let Exact::Fixed(multiplier) = channel.exact else {
        return None;
    };
    let right = -multiplier.shift();
    let exponent = u32::try_from(shift as i32 + 1 - right).ok()?;
    if multiplier.rounding() != MultiplierRounding::Double
        || multiplier.multiplier() < 0
        || exponent > 30
        || (right > 0 && (multiplier.multiplier() < 1 << 30 || exponent < 2))
    {
        return None;
    }
    let power = 1_i64 << exponent;
    if !fits(channel.sums.0, power) || !fits(channel.sums.1, power) {
        return None;
    }
    let second = if right > 0 { 1 << (exponent - 2) } else { 0 };
    let halves = (1 << (shift - 1)) + second;
    Some([power as i32, multiplier.multiplier(), halves, 2 * second])
}

fn fits(sum: i64, power: i64) -> bool {
    sum.checked_mul(power)
        .is_some_and(|product| i32::try_from(product).is_ok())
}

/// As octet-quant has it, number by number.
#[derive(Clone, Copy)]
pub(crate) struct Slow<'a> {
    requantizer: &'a Requantizer,
    channel: usize,
}

impl Finish for Slow<'_> {
    const BYTES: usize = 8;

    #[inline(always)]
    unsafe fn store<I: Isa, const R: usize>(
        self,
        sums: [[I::V; 2]; R],
        out: *mut u8,
        stride: usize,
    ) {
        for row in 0..R {
            let mut own = [0_i32; 8];
            // SAFETY: 8 int32 have 32 bytes; the caller's promise.
            unsafe {
                I::store(own.as_mut_ptr().cast(), sums[row][0]);
                I::store(own.as_mut_ptr().add(4).cast(), sums[row][1]);
                let bytes = self.apply(&own);
                out.add(row * stride)
                    .cast::<[u8; 8]>()
                    .write_unaligned(bytes);
            }
        }
    }
}

impl Slow<'_> {
    #[inline(never)]
    fn apply(&self, sums: &[i32; 8]) -> [u8; 8] {
        let Requantizer {
            exact,
            zero_point,
            clamp: [[least, ..], [largest, ..]],
            ..
        } = self.requantizer;
        std::array::from_fn(|lane| {
            let Some(exact) = exact.get(self.channel + lane) else {
                return 0;
            };
            let clamp = ((*least).into(), (*largest).into());
            exact.output(sums[lane], zero_point[0].into(), clamp) as u8
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::machine::kernel;
    #[cfg(target_arch = "wasm32")]
    use crate::fast::tests::test;
    use crate::fast::tests::{machines, random::Random};

    /// Channels as networks have them, with sums of some hundred products.
    fn channels(random: &mut Random) -> Vec<Channel> {
        let one = |_| {
            let real = libm::exp2(-f64::from(random.within(4, 9)) - random.real());
            let multiplier = Multiplier::from_real(real, MultiplierRounding::Double).unwrap();
            Channel {
                exact: Exact::Fixed(multiplier),
                bias: 0,
                sums: (-2_000_000, 2_000_000),
            }
        };
        (0..800).map(one).collect()
    }

    #[test]
    fn nearly_all_go_through_floats() {
        let channels = channels(&mut Random::new(21));
        for machine in machines() {
            // Negative sums clamped, and not.
            for (zero_point, clamp) in [(-128, (-128, 127)), (3, (-128, 127))] {
                let [float, integer, slow] =
                    Requantizer::new(machine, &channels, zero_point, clamp).ways();
                assert!(float > 80 && slow == 0, "{float}, {integer}, {slow}");
            }
        }
    }

    /// Finishes rows of 8 sums.
    struct Rows<'a>(&'a [[i32; 8]], *mut u8);

    impl Job for Rows<'_> {
        unsafe fn end<I: Isa, F: Finish>(self, finish: F) {
            for (index, row) in self.0.iter().enumerate() {
                // SAFETY: 8 sums a row, and room for 8 outputs.
                unsafe {
                    let sums = row.as_ptr().cast::<u8>();
                    let sums = [I::load(sums), I::load(sums.add(16))];
                    finish.store::<I, 1>([sums], self.1.add(index * 8), 8);
                }
            }
        }
    }

    kernel!(
        unsafe fn finish(requantizer: &Requantizer, channel: usize, rows: &[[i32; 8]], outputs: &mut [i8]) = finish_on
    );

    unsafe fn finish_on<I: Isa>(
        requantizer: &Requantizer,
        channel: usize,
        rows: &[[i32; 8]],
        outputs: &mut [i8],
    ) {
        // SAFETY: there is room for 8 outputs a row.
        unsafe {
            requantizer.end::<I, _>(channel, Rows(rows, outputs.as_mut_ptr().cast()));
        }
    }

    #[test]
    fn sums_beside_every_step_come_out_right() {
        let channels = channels(&mut Random::new(23));
        for (machine, (zero_point, clamp)) in machines().into_iter().flat_map(|machine| {
            let kinds = [(-128, (-128, 127)), (3, (-128, 127)), (-5, (-5, 90))];
            kinds.map(|kind| (machine, kind))
        }) {
            let requantizer = Requantizer::new(machine, &channels, zero_point, clamp);
            let mut search = Search::new(machine, zero_point, clamp);
            for (block, channels) in channels.chunks_exact(8).enumerate() {
                // The n-th row has the n-th sum of each channel, or 0.
                let mut rows = Vec::new();
                for (lane, channel) in channels.iter().enumerate() {
                    for (row, &sum) in search.points(channel).iter().enumerate() {
                        if rows.len() == row {
                            rows.push([0; 8]);
                        }
                        rows[row][lane] = sum;
                    }
                }
                let mut outputs = vec![0; rows.len() * 8];
                // SAFETY: there is room for 8 outputs a row.
                unsafe { finish(machine, &requantizer, block * 8, &rows, &mut outputs) };
                for (row, outputs) in rows.iter().zip(outputs.chunks_exact(8)) {
                    for ((&sum, channel), &output) in row.iter().zip(channels).zip(outputs) {
                        let expected = channel.exact.output(sum, zero_point, clamp);
                        assert_eq!(i32::from(output), expected, "{sum} on {machine:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_could_overflow_goes_slowly() {
        let wide = |channel: &Channel| Channel {
            sums: (i32::MIN.into(), i32::MAX.into()),
            ..*channel
        };
        let channels: Vec<_> = channels(&mut Random::new(22)).iter().map(wide).collect();
        for machine in machines() {
            assert_eq!(
                Requantizer::new(machine, &channels, 3, (-128, 127)).ways()[2],
                100
            );
        }
    }
}
