//! Constants with which [`ByFloat`] gives TFLite's outputs.
//!
//! What goes through float32 and what TFLite computes are both non-decreasing in the sum. So they are equal for all sums
//! that can come up if they are equal on both sides of each of TFLite's steps, of which there are at most 255. That is
//! tried out here, with the very instructions that the kernels use, and scale and offset are varied until it holds,
//! but perhaps for one sum that comes out one too high, and one that comes out one too low: float32 has too few bits to
//! avoid those where steps are wide.
//!
//! [`ByFloat`]: super::finish::ByFloat

use super::finish::through_float;
use super::isa::Isa;
use super::machine::{Machine, kernel};
use super::requantize::{Channel, Exact};

/// As bits they are what [`super::finish::ByFloat`] wants of a channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FloatConstants {
    scale: f32,
    offset: f32,
    /// The sum that comes out one too high, and that one too low.
    wrong: [Option<i32>; 2],
}

impl FloatConstants {
    /// What has to be put right.
    pub(crate) fn fix(&self) -> Fix {
        match self.wrong {
            [None, None] => Fix::Nothing,
            [_, None] => Fix::High,
            _ => Fix::Both,
        }
    }

    pub(crate) fn bits(&self) -> [i32; 4] {
        let [scale, offset] = [self.scale, self.offset].map(|real| real.to_bits() as i32);
        let [high, low] = self.wrong.map(|sum| sum.unwrap_or(NO_SUM));
        [scale, offset, high, low]
    }
}

/// What has to be put right after float32: more and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fix {
    Nothing,
    /// One sum that comes out too high.
    High,
    /// That, and one that comes out too low.
    Both,
}

/// No sum that goes through float32 is so far from 0.
const NO_SUM: i32 = i32::MIN;

/// Looks for constants of one channel after the other.
pub(crate) struct Search {
    machine: Machine,
    zero_point: i32,
    clamp: (i32, i32),
    is_signed: bool,
    after: i32,
    points: Points,
}

/// Sums, and what must come out of them, clamped.
#[derive(Default)]
struct Points {
    sums: Vec<i32>,
    expected: Vec<i32>,
    /// What came out of float32 in the last trial.
    found: Vec<i32>,
}

/// How far the search for a step may lead.
const MOST_TRIES: usize = 16;

impl Search {
    pub(crate) fn new(machine: Machine, zero_point: i32, clamp: (i32, i32)) -> Self {
        let is_signed = clamp.0 < zero_point;
        Self {
            machine,
            zero_point,
            clamp,
            is_signed,
            after: if is_signed { zero_point } else { -128 },
            points: Points::default(),
        }
    }

    /// Whether outputs may be less than the zero point.
    pub(crate) fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// What is added after float32: the zero point, or, if no output is less than that, what makes int8 of uint8.
    pub(crate) fn after(&self) -> i32 {
        self.after
    }

    /// None where there are none.
    pub(crate) fn find(&mut self, channel: &Channel) -> Option<FloatConstants> {
        let real = channel.exact.real();
        let least = i32::try_from(channel.sums.0).ok()?;
        let largest = i32::try_from(channel.sums.1).ok()?;
        // Beyond this, float32 has no room for what is behind the point, and the conversion to int32 may overflow.
        let far = f64::from(least).abs().max(f64::from(largest).abs()) * real;
        if !(0.0..=f64::from(1 << 22)).contains(&far) || least == NO_SUM {
            return None;
        }
        self.find_points(channel.exact, (least, largest))?;
        let nearest = (real as f32).to_bits();
        let mut best: Option<FloatConstants> = None;
        for bits in [0, 1, -1, 2, -2, 3, -3] {
            let scale = f32::from_bits(nearest.saturating_add_signed(bits));
            let (from, to) = self.offsets(scale);
            // In the middle most rounding errors do no harm; near the ends they are all of one kind.
            for part in [0.5, 0.0625, 0.9375] {
                let offset = (from + (to - from) * part) as f32;
                let Some(wrong) = self.wrong(channel.exact, (least, largest), scale, offset) else {
                    continue;
                };
                let constants = FloatConstants {
                    scale,
                    offset,
                    wrong,
                };
                if constants.fix() == Fix::Nothing {
                    return Some(constants);
                }
                if best.is_none_or(|best| constants.fix() < best.fix()) {
                    best = Some(constants);
                }
            }
        }
        best
    }

    /// The sums on both sides of each step of a channel.
    #[cfg(test)]
    pub(crate) fn points(&mut self, channel: &Channel) -> &[i32] {
        let sums = [channel.sums.0, channel.sums.1].map(|sum| sum as i32);
        self.find_points(channel.exact, (sums[0], sums[1])).unwrap();
        &self.points.sums
    }

    fn output(&self, exact: Exact, sum: i32) -> i32 {
        exact.output(sum, self.zero_point, self.clamp)
    }

    /// Finds the least and the largest sum of each output. None where a step could not be found.
    fn find_points(&mut self, exact: Exact, sums: (i32, i32)) -> Option<()> {
        let mut found = vec![sums.0];
        let inverse = 1.0 / exact.real();
        for step in self.output(exact, sums.0) + 1..=self.output(exact, sums.1) {
            // About there; the least sum with this output is then looked for nearby.
            let near = (f64::from(step - self.zero_point) - 0.5) * inverse;
            let mut at = (libm::ceil(near) as i32).clamp(sums.0.saturating_add(1), sums.1);
            let mut tries = 0;
            while self.output(exact, at) < step {
                at += 1;
                tries += 1;
                if tries > MOST_TRIES {
                    return None;
                }
            }
            while self.output(exact, at - 1) >= step {
                at -= 1;
                tries += 1;
                if tries > MOST_TRIES {
                    return None;
                }
            }
            found.extend([at - 1, at]);
        }
        found.push(sums.1);
        found.dedup();
        self.points.expected.clear();
        for &sum in &found {
            let expected = self.output(exact, sum);
            self.points.expected.push(expected);
        }
        self.points.sums = found;
        Some(())
    }

    /// Between which offsets all outputs would be as they should with this scale, if nothing were rounded; the first is
    /// more than the second if there are none.
    fn offsets(&self, scale: f32) -> (f64, f64) {
        let scale = f64::from(scale);
        let (mut from, mut to) = (0.0_f64, 1.0e9_f64);
        for (&sum, &expected) in self.points.sums.iter().zip(&self.points.expected) {
            let (mut sum, mut value) = (f64::from(sum), f64::from(expected - self.after));
            let (mut may_be_less, mut may_be_more) =
                (expected <= self.clamp.0, expected >= self.clamp.1);
            if self.is_signed && sum < 0.0 {
                (sum, value) = (-sum, -value);
                (may_be_less, may_be_more) = (may_be_more, may_be_less);
            }
            if !may_be_less {
                from = from.max(value - sum * scale);
            }
            if !may_be_more {
                to = to.min(value + 1.0 - sum * scale);
            }
        }
        (from, to)
    }

    /// The sum that comes out one too high, and that one too low; None where anything else is wrong.
    fn wrong(
        &mut self,
        exact: Exact,
        sums: (i32, i32),
        scale: f32,
        offset: f32,
    ) -> Option<[Option<i32>; 2]> {
        let count = self.points.sums.len();
        let mut wrong = [None; 2];
        self.try_out(scale, offset);
        for index in 0..count {
            let (wide, expected) = (self.points.found[index], self.points.expected[index]);
            let kind = if self.finished(wide) == expected {
                continue;
            } else if self.finished(wide.saturating_sub(1)) == expected {
                0
            } else if self.finished(wide.saturating_add(1)) == expected {
                1
            } else {
                return None;
            };
            if wrong[kind].replace(self.points.sums[index]).is_some() {
                return None;
            }
        }
        // Where the end of a step is wrong, what lies beside it has to be right.
        for sum in wrong.into_iter().flatten() {
            for beside in [
                sum.saturating_sub(1).max(sums.0),
                sum.saturating_add(1).min(sums.1),
            ] {
                if !wrong.contains(&Some(beside)) {
                    let expected = self.output(exact, beside);
                    self.points.sums.push(beside);
                    self.points.expected.push(expected);
                }
            }
        }
        if self.points.sums.len() > count {
            self.try_out(scale, offset);
        }
        let Points {
            found, expected, ..
        } = &self.points;
        let mut beside = found.iter().zip(expected).skip(count);
        let is_right = beside.all(|(&wide, &expected)| self.finished(wide) == expected);
        self.points.sums.truncate(count);
        self.points.expected.truncate(count);
        is_right.then_some(wrong)
    }

    /// What comes out of all points.
    fn try_out(&mut self, scale: f32, offset: f32) {
        let trial = Trial {
            scale,
            offset,
            is_signed: self.is_signed,
        };
        let Points { sums, found, .. } = &mut self.points;
        let count = sums.len();
        // In fours.
        sums.resize(count.next_multiple_of(4), 0);
        found.resize(sums.len(), 0);
        // SAFETY: there are as many results as sums, a multiple of 4.
        unsafe { apply(self.machine, &trial, sums, found) };
        sums.truncate(count);
        found.truncate(count);
    }

    /// The output that becomes of what comes out of float32, as the kernel does it.
    fn finished(&self, wide: i32) -> i32 {
        let narrow = wide.clamp(i16::MIN.into(), i16::MAX.into());
        (narrow + self.after).clamp(self.clamp.0, self.clamp.1)
    }
}

/// Constants to try.
struct Trial {
    scale: f32,
    offset: f32,
    is_signed: bool,
}

kernel!(
    unsafe fn apply(trial: &Trial, sums: &[i32], found: &mut [i32]) = apply_on
);

/// What comes out of float32.
///
/// # Safety
/// There must be as many results as sums, a multiple of 4.
#[inline(always)]
unsafe fn apply_on<I: Isa>(trial: &Trial, sums: &[i32], found: &mut [i32]) {
    let (scale, offset) = (I::splat_f32(trial.scale), I::splat_f32(trial.offset));
    for (sums, found) in sums.chunks_exact(4).zip(found.chunks_exact_mut(4)) {
        // SAFETY: chunks of 4.
        unsafe {
            let sums = I::load(sums.as_ptr().cast());
            let wide = if trial.is_signed {
                through_float::<I, true>(sums, scale, offset)
            } else {
                through_float::<I, false>(sums, scale, offset)
            };
            I::store(found.as_mut_ptr().cast(), wide);
        }
    }
}
