//! The 5,000 digits, and which of them are for what.

use std::fmt;

use octet_quant::RandomState;

use crate::ModelError;
use crate::tensors::TensorFile;

/// Height and width of a digit.
pub const SIDE: usize = 28;
/// Pixels of a digit.
pub const PIXELS: usize = SIDE * SIDE;
/// 0 to 9.
pub const CLASSES: usize = 10;

/// Digits of each class in the file.
const EACH: usize = 500;
/// Of these, for training and for validation; the rest is for the test.
const TRAIN: usize = 400;
const VALIDATION: usize = 50;
/// Of the random numbers that divide them.
const SEED: u32 = 0;

/// Digits with their classes.
#[derive(Clone, PartialEq, Eq)]
pub struct DigitSet {
    images: Vec<[u8; PIXELS]>,
    labels: Vec<u8>,
}

/// The digits, divided once for all: 4,000 to train with, 500 to validate and calibrate with, 500 to test with, as
/// many of each class. In each part the classes take turns, so that any beginning of it holds about as many of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digits {
    /// What weights are fitted to.
    pub train: DigitSet,
    /// What is looked at while training and calibrating.
    pub validation: DigitSet,
    /// What nothing was fitted to.
    pub test: DigitSet,
}

impl DigitSet {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// The pixels of each, row by row, 0 (paper) to 255 (ink).
    pub fn images(&self) -> &[[u8; PIXELS]] {
        &self.images
    }

    /// What each stands for, 0 to 9.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The pixels and the class of each.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = (&[u8; PIXELS], u8)> {
        self.images.iter().zip(self.labels.iter().copied())
    }

    fn push(&mut self, image: &[u8; PIXELS], label: u8) {
        self.images.push(*image);
        self.labels.push(label);
    }
}

impl fmt::Debug for DigitSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigitSet")
            .field("digits", &self.len())
            .finish_non_exhaustive()
    }
}

impl Digits {
    /// Reads `www/models/digits.safetensors` and divides it: each class in the order of NumPy's
    /// `RandomState(0).permutation(500)`, drawn class by class.
    ///
    /// # Errors
    /// Any [`ModelError`] that a file can cause; [`ModelError::Digits`] where the classes are not 500 each.
    pub fn from_file(bytes: &[u8]) -> Result<Self, ModelError> {
        let file = TensorFile::parse(bytes)?;
        let count = EACH * CLASSES;
        let images = file.u8("images", &[count, SIDE, SIDE])?;
        let labels = file.u8("labels", &[count])?;
        let (images, _) = images.as_chunks::<PIXELS>();
        let mut classes: Vec<Vec<&[u8; PIXELS]>> = vec![Vec::new(); CLASSES];
        for (image, &label) in images.iter().zip(labels) {
            let class = classes.get_mut(usize::from(label));
            class.ok_or(ModelError::Label(label))?.push(image);
        }
        let mut random = RandomState::new(SEED);
        for (digit, class) in classes.iter_mut().enumerate() {
            if class.len() != EACH {
                return Err(ModelError::Digits {
                    digit,
                    expected: EACH,
                    found: class.len(),
                });
            }
            let order = random.permutation(EACH);
            *class = order
                .iter()
                .filter_map(|&at| class.get(at).copied())
                .collect();
        }
        let part = |from: usize, to: usize| {
            let mut set = DigitSet {
                images: Vec::new(),
                labels: Vec::new(),
            };
            for place in from..to {
                for (label, class) in (0..).zip(&classes) {
                    if let Some(image) = class.get(place) {
                        set.push(image, label);
                    }
                }
            }
            set
        };
        Ok(Self {
            train: part(0, TRAIN),
            validation: part(TRAIN, TRAIN + VALIDATION),
            test: part(TRAIN + VALIDATION, EACH),
        })
    }
}

/// Pixels as the network takes them: 0 to 1.
pub fn reals(image: &[u8; PIXELS]) -> [f32; PIXELS] {
    image.map(|pixel| f32::from(pixel) / 255.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::tensors::{OutTensor, write};

    /// A file whose digits are told apart by their first two pixels.
    fn file(labels: impl Fn(usize) -> u8) -> Vec<u8> {
        let mut images = vec![0; EACH * CLASSES * PIXELS];
        for (index, image) in images.chunks_mut(PIXELS).enumerate() {
            image[0] = (index / 256) as u8;
            image[1] = (index % 256) as u8;
        }
        let labels: Vec<u8> = (0..EACH * CLASSES).map(labels).collect();
        let tensors = vec![
            (
                "images".to_owned(),
                OutTensor::u8(vec![EACH * CLASSES, SIDE, SIDE], images),
            ),
            (
                "labels".to_owned(),
                OutTensor::u8(vec![EACH * CLASSES], labels),
            ),
        ];
        write(tensors, "a test".to_owned()).unwrap()
    }

    #[test]
    fn each_digit_is_in_one_part_and_each_class_in_all() {
        let digits = Digits::from_file(&file(|index| (index / EACH) as u8)).unwrap();
        let parts = [&digits.train, &digits.validation, &digits.test];
        assert_eq!(parts.map(DigitSet::len), [4000, 500, 500]);
        let mut seen = vec![0; EACH * CLASSES];
        for part in parts {
            for (image, label) in part.pairs() {
                let index = usize::from(image[0]) * 256 + usize::from(image[1]);
                seen[index] += 1;
                assert_eq!(index / EACH, usize::from(label));
            }
            let in_turn = part.labels().iter().enumerate();
            assert!(
                in_turn
                    .into_iter()
                    .all(|(at, &l)| at % 10 == usize::from(l))
            );
        }
        assert!(seen.iter().all(|&count| count == 1));
        // np.random.RandomState(0).permutation(500)[:3] is [90, 254, 283]; the pixel holds what is left of 256.
        let first: Vec<u8> = digits
            .train
            .images()
            .iter()
            .step_by(10)
            .take(3)
            .map(|i| i[1])
            .collect();
        assert_eq!(first, [90, 254, 27]);
    }

    #[test]
    fn other_files_are_named() {
        assert!(matches!(
            Digits::from_file(&[1, 2, 3]),
            Err(ModelError::NotSafetensors(_))
        ));
        let all_the_same = Digits::from_file(&file(|_| 3));
        assert_eq!(
            all_the_same,
            Err(ModelError::Digits {
                digit: 0,
                expected: 500,
                found: 0
            })
        );
        let eleven = Digits::from_file(&file(|_| 10));
        assert_eq!(eleven, Err(ModelError::Label(10)));
    }
}
