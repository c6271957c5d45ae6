//! NumPy's legacy random numbers, so that a seed of a Python listing gives the listing's digits.

use alloc::vec::Vec;

use crate::{ln::ln, sqrt::sqrt};

/// Words of state.
const LEN: usize = 624;
/// The word that a new word is mixed from, counted from its own place.
const OFFSET: usize = 397;

/// `np.random.RandomState(seed)`, or `np.random.seed(seed)`: the Mersenne Twister MT19937 (Matsumoto and
/// Nishimura 1998), and NumPy's legacy ways to make other numbers of its bits. The same calls in the same
/// order give the same bits as NumPy.
///
/// Not for secrets: 624 outputs give the state away.
#[derive(Clone, Debug)]
pub struct RandomState {
    words: [u32; LEN],
    /// What they hand out.
    tempered: [u32; LEN],
    /// The next word to hand out; `LEN` where new ones have to be made first.
    next: usize,
    /// [`RandomState::randn`] makes two numbers at once; this is the second.
    gauss: Option<f64>,
}

impl RandomState {
    /// The state that follows from a seed (`init_genrand` of the 2002 reference code).
    pub fn new(seed: u32) -> Self {
        let mut words = [0; LEN];
        let mut word = seed;
        for (position, place) in (1..).zip(&mut words) {
            *place = word;
            word = (word ^ (word >> 30))
                .wrapping_mul(1_812_433_253)
                .wrapping_add(position);
        }
        Self {
            words,
            tempered: [0; LEN],
            next: LEN,
            gauss: None,
        }
    }

    /// A number in [0, 1) of 53 random bits, as `rand()` and `random_sample()`.
    pub fn rand(&mut self) -> f64 {
        let high = f64::from(self.bits() >> 5);
        let low = f64::from(self.bits() >> 6);
        // (high · 2^26 + low) / 2^53
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    /// A number of the normal distribution with mean 0 and standard deviation 1, as `randn()`:
    /// Marsaglia's polar method.
    pub fn randn(&mut self) -> f64 {
        if let Some(second) = self.gauss.take() {
            return second;
        }
        loop {
            let x = 2.0 * self.rand() - 1.0;
            let y = 2.0 * self.rand() - 1.0;
            let square = x * x + y * y;
            if square < 1.0 && square != 0.0 {
                let factor = sqrt(-2.0 * ln(square) / square);
                self.gauss = Some(factor * x);
                return factor * y;
            }
        }
    }

    /// A number in [`low`, `high`), as `uniform(low, high)`.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.rand()
    }

    /// A number of the Laplace distribution with mean `loc` and standard deviation √2 · `scale`, as
    /// `laplace(loc, scale)`.
    pub fn laplace(&mut self, loc: f64, scale: f64) -> f64 {
        loop {
            let u = self.rand();
            if u >= 0.5 {
                return loc - scale * ln(2.0 - u - u);
            }
            if u > 0.0 {
                return loc + scale * ln(u + u);
            }
        }
    }

    /// The numbers from 0 to `n` − 1 in random order, as `permutation(n)`.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for last in (1..n).rev() {
            let other = self.up_to(last);
            order.swap(last, other);
        }
        order
    }

    /// An integer in 0 to `max`, both included: random bits, drawn again while they are too many
    /// (`random_interval`).
    fn up_to(&mut self, max: usize) -> usize {
        let mask = usize::MAX.checked_shr(max.leading_zeros()).unwrap_or(0);
        loop {
            let mut value = u64::from(self.bits());
            if u32::try_from(max).is_err() {
                value = (value << 32) | u64::from(self.bits());
            }
            let value = value as usize & mask;
            if value <= max {
                return value;
            }
        }
    }

    /// 32 random bits.
    #[inline]
    fn bits(&mut self) -> u32 {
        if self.next >= LEN {
            self.renew();
            self.next = 0;
        }
        let word = self.tempered[self.next];
        self.next += 1;
        word
    }

    /// Makes the next 624 words of the last.
    fn renew(&mut self) {
        let words = &mut self.words;
        // Two loops for `(i + OFFSET) % LEN`.
        for i in 0..LEN - OFFSET {
            words[i] = words[i + OFFSET] ^ twist(words[i], words[i + 1]);
        }
        for i in LEN - OFFSET..LEN - 1 {
            words[i] = words[i + OFFSET - LEN] ^ twist(words[i], words[i + 1]);
        }
        words[LEN - 1] = words[OFFSET - 1] ^ twist(words[LEN - 1], words[0]);
        // All at once: the compiler makes SIMD of this.
        for (tempered, &word) in self.tempered.iter_mut().zip(words.iter()) {
            *tempered = temper(word);
        }
    }
}

/// What is handed out for a word of state.
fn temper(mut word: u32) -> u32 {
    word ^= word >> 11;
    word ^= (word << 7) & 0x9d2c_5680;
    word ^= (word << 15) & 0xefc6_0000;
    word ^ (word >> 18)
}

/// The first bit of one word and the others of the next, times the generator's matrix.
fn twist(word: u32, next: u32) -> u32 {
    let joined = (word & 0x8000_0000) | (next & 0x7fff_ffff);
    (joined >> 1) ^ ((joined & 1) * 0x9908_b0df)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_digits_that_everybody_knows() {
        let mut state = RandomState::new(42);
        assert_eq!(state.rand(), 0.374_540_118_847_362_5);
        let mut state = RandomState::new(42);
        assert_eq!(state.randn(), 0.496_714_153_011_232_7);
        assert_eq!(state.randn(), -0.138_264_301_171_184_66);
    }

    #[test]
    fn permutations_of_next_to_nothing() {
        let mut state = RandomState::new(1);
        assert_eq!(state.permutation(0), []);
        assert_eq!(state.permutation(1), [0]);
        // Neither has drawn anything.
        assert_eq!(state.rand(), RandomState::new(1).rand());
    }
}
