//! What is put into ResNet-18.

use octet_quant::RandomState;

use crate::photo::SIZE;

/// Whole parts of the photos' size.
pub(super) const SIZES: [u32; 3] = [56, 112, 224];
/// torchvision's, for pixels from 0 to 255.
const MEAN: [f32; 3] = [123.675, 116.28, 103.53];
const STD: [f32; 3] = [58.395, 57.12, 57.375];

/// A photo made smaller, each pixel the mean of those in its place, and normalized.
pub(super) fn prepared(pixels: &[f32], side: usize) -> Vec<f32> {
    let (pixels, _) = pixels.as_chunks::<3>();
    let times = (SIZE / side.max(1)).max(1);
    let mut image = Vec::with_capacity(side * side * 3);
    for at in 0..side * side {
        let (left, top) = (at % side * times, at / side * times);
        let mut sums = [0.0_f32; 3];
        for row in pixels.chunks(SIZE).skip(top).take(times) {
            for pixel in row.iter().skip(left).take(times) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += value;
                }
            }
        }
        let count = (times * times) as f32;
        let channels = sums.iter().zip(MEAN).zip(STD);
        image.extend(channels.map(|((sum, mean), std)| (sum / count - mean) / std));
    }
    image
}

/// `torch.randn(1, 3, side, side)` of the listings, from NumPy's numbers.
pub(super) struct Noise {
    random: RandomState,
    count: usize,
}

impl Noise {
    pub(super) fn new(seed: u32, side: usize) -> Self {
        Self {
            random: RandomState::new(seed),
            count: side * side * 3,
        }
    }
}

impl Iterator for Noise {
    type Item = Vec<f32>;

    fn next(&mut self) -> Option<Vec<f32>> {
        let numbers = 0..self.count;
        Some(numbers.map(|_| self.random.randn() as f32).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_become_smaller_and_normal() {
        let pixels: Vec<f32> = (0..SIZE * SIZE)
            .flat_map(|at| [MEAN[0], (at % SIZE) as f32, (at / SIZE) as f32])
            .collect();
        for side in SIZES.map(|side| side as usize) {
            let image = prepared(&pixels, side);
            assert_eq!(image.len(), side * side * 3);
            let times = (SIZE / side) as f32;
            // The second pixel of the first row.
            let x = times + (times - 1.0) / 2.0;
            let expected = [
                0.0,
                (x - MEAN[1]) / STD[1],
                ((times - 1.0) / 2.0 - MEAN[2]) / STD[2],
            ];
            for (value, expected) in image[3..6].iter().zip(expected) {
                assert!((value - expected).abs() < 1e-4, "{side}");
            }
        }
    }
}
