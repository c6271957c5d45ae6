//! Resizing as the original experiment did it: `skimage.transform.resize(image, (size, size),
//! preserve_range=True)`, which smooths with a Gaussian of `σ = (factor − 1) / 2` along each axis that
//! shrinks (`scipy.ndimage.gaussian_filter`, cut off at 4 σ) and then interpolates linearly, mirroring at
//! the edges. Both are linear and separable, so one row of weights for each output pixel does both.

use crate::host::Image;

/// `size · size · 3` values from 0 to 255: red, green, blue, row by row. Transparent pixels lie on white.
/// An image without pixels gives zeros.
pub fn resize(image: &Image, size: usize) -> Vec<f32> {
    resize_to(image, size, size)
}

/// The same for any height and width.
pub(crate) fn resize_to(image: &Image, new_height: usize, new_width: usize) -> Vec<f32> {
    let (width, height) = (image.width as usize, image.height as usize);
    let mut resized = vec![0.0_f32; new_height * new_width * 3];
    if width == 0 || height == 0 {
        return resized;
    }
    let (columns, rows) = (windows(width, new_width), windows(height, new_height));

    // Columns first: what is kept between the two steps is `height · new_width` pixels.
    let mut narrowed = vec![0.0_f32; height * new_width * 3];
    let mut line = vec![[0.0_f32; 3]; width];
    for (row, narrow) in image
        .rgba
        .chunks_exact(width * 4)
        .zip(narrowed.chunks_exact_mut(new_width * 3))
    {
        let (pixels, _) = row.as_chunks::<4>();
        for (rgb, rgba) in line.iter_mut().zip(pixels) {
            *rgb = on_white(*rgba);
        }
        for (window, out) in columns.iter().zip(narrow.chunks_exact_mut(3)) {
            let mut sum = [0.0_f32; 3];
            for (weight, rgb) in window.weights.iter().zip(line.iter().skip(window.start)) {
                for (sum, value) in sum.iter_mut().zip(rgb) {
                    *sum += weight * value;
                }
            }
            out.copy_from_slice(&sum);
        }
    }
    for (window, out) in rows.iter().zip(resized.chunks_exact_mut(new_width * 3)) {
        let source = narrowed.chunks_exact(new_width * 3).skip(window.start);
        for (weight, row) in window.weights.iter().zip(source) {
            for (out, value) in out.iter_mut().zip(row) {
                *out += weight * value;
            }
        }
    }
    resized
}

/// The inputs `start..start + weights.len()` that make one output.
struct Window {
    start: usize,
    weights: Vec<f32>,
}

/// One window for each of `outputs` along an axis of `inputs` (at least 1).
fn windows(inputs: usize, outputs: usize) -> Vec<Window> {
    let factor = inputs as f64 / outputs as f64;
    let gaussian = gaussian((factor - 1.0) / 2.0);
    let radius = (gaussian.len() / 2) as isize;
    (0..outputs)
        .map(|output| {
            let center = (output as f64 + 0.5) * factor - 0.5;
            let left = center.floor();
            let fraction = center - left;
            let neighbours = [
                (left as isize, 1.0 - fraction),
                (left as isize + 1, fraction),
            ];
            let taps: Vec<(usize, f64)> = neighbours
                .iter()
                .flat_map(|&(at, share)| {
                    let at = mirror(at, inputs) as isize;
                    (-radius..=radius)
                        .zip(&gaussian)
                        .map(move |(offset, weight)| (mirror(at + offset, inputs), share * weight))
                })
                .collect();
            let start = taps.iter().map(|tap| tap.0).min().unwrap_or(0);
            let end = taps.iter().map(|tap| tap.0).max().unwrap_or(0);
            let mut weights = vec![0.0_f64; end - start + 1];
            for (at, weight) in taps {
                weights[at - start] += weight;
            }
            Window {
                start,
                weights: weights.into_iter().map(|weight| weight as f32).collect(),
            }
        })
        .collect()
}

/// A Gaussian's weights from −4 σ to 4 σ, adding up to 1; a lone 1 where σ is not positive.
fn gaussian(sigma: f64) -> Vec<f64> {
    if sigma <= 0.0 {
        return vec![1.0];
    }
    let radius = (4.0 * sigma + 0.5) as i64;
    let weight = |x: i64| (-0.5 * (x as f64 / sigma).powi(2)).exp();
    let sum: f64 = (-radius..=radius).map(weight).sum();
    (-radius..=radius).map(|x| weight(x) / sum).collect()
}

/// The index that `index` stands for beyond the edges: d c b | a b c d | c b a.
fn mirror(index: isize, length: usize) -> usize {
    let period = (2 * (length - 1)).max(1);
    let folded = index.rem_euclid(period as isize) as usize;
    folded.min(period - folded).min(length - 1)
}

fn on_white([red, green, blue, alpha]: [u8; 4]) -> [f32; 3] {
    let opacity = f32::from(alpha) / 255.0;
    [red, green, blue].map(|value| f32::from(value) * opacity + 255.0 * (1.0 - opacity))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(width: u32, height: u32, rgba: [u8; 4]) -> Image {
        Image {
            width,
            height,
            rgba: rgba.repeat((width * height) as usize),
        }
    }

    #[test]
    fn a_flat_image_stays_flat_at_any_size() {
        for (width, height) in [(1, 1), (1, 700), (224, 224), (37, 500), (1000, 3)] {
            for value in resize(&flat(width, height, [7, 7, 7, 255]), 224) {
                assert!((value - 7.0).abs() < 1e-3, "{width} × {height}: {value}");
            }
        }
    }

    #[test]
    fn the_same_size_changes_nothing() {
        let rgba: Vec<u8> = (0..5 * 5 * 4)
            .map(|i| if i % 4 == 3 { 255 } else { i * 2 })
            .collect();
        let image = Image {
            width: 5,
            height: 5,
            rgba: rgba.clone(),
        };
        let expected: Vec<f32> = rgba
            .chunks(4)
            .flat_map(|p| [p[0], p[1], p[2]])
            .map(f32::from)
            .collect();
        assert_eq!(resize(&image, 5), expected);
    }

    #[test]
    fn height_and_width_are_not_mixed_up() {
        let rgba: Vec<u8> = (0..6).flat_map(|i| [i * 40, 0, 0, 255]).collect();
        let image = Image {
            width: 3,
            height: 2,
            rgba,
        };
        let red: Vec<f32> = resize_to(&image, 2, 3).chunks(3).map(|p| p[0]).collect();
        assert_eq!(red, [0.0, 40.0, 80.0, 120.0, 160.0, 200.0]);
        assert_eq!(resize_to(&image, 5, 7).len(), 5 * 7 * 3);
    }

    #[test]
    fn transparency_lies_on_white() {
        let half = resize(&flat(2, 2, [0, 100, 255, 51]), 2);
        for (value, expected) in half.iter().zip([204.0, 224.0, 255.0]) {
            assert!((value - expected).abs() < 1e-3);
        }
    }

    #[test]
    fn nothing_gives_zeros() {
        assert_eq!(resize(&flat(0, 9, [1; 4]), 2), [0.0; 12]);
    }

    #[test]
    fn edges_mirror() {
        let indices: Vec<_> = (-4..8).map(|index| mirror(index, 4)).collect();
        assert_eq!(indices, [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1]);
        assert_eq!(mirror(-3, 1), 0);
    }
}
