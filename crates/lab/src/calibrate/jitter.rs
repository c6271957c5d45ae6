//! Photos as training sees them: with colours changed at random.

use octet_quant::RandomState;

/// Brightness, contrast and saturation change by at most this share, each on its own.
const SHARE: f64 = 0.4;
/// What each channel counts for in a pixel's brightness (ITU-R BT.601).
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// Changes brightness, then contrast, then saturation of pixels from 0 to 255, and keeps them there.
pub(super) fn jitter(pixels: &mut [f32], random: &mut RandomState) {
    let mut factor = || random.uniform(1.0 - SHARE, 1.0 + SHARE) as f32;
    let [brightness, contrast, saturation] = [factor(), factor(), factor()];
    let (pixels, _) = pixels.as_chunks_mut::<3>();
    for value in pixels.iter_mut().flatten() {
        *value = (*value * brightness).clamp(0.0, 255.0);
    }
    let sum: f64 = pixels.iter().map(|pixel| f64::from(luma(pixel))).sum();
    let mean = (sum / pixels.len().max(1) as f64) as f32;
    for value in pixels.iter_mut().flatten() {
        *value = blend(*value, mean, contrast);
    }
    for pixel in pixels {
        let grey = luma(pixel);
        for value in pixel {
            *value = blend(*value, grey, saturation);
        }
    }
}

fn luma(pixel: &[f32; 3]) -> f32 {
    pixel
        .iter()
        .zip(LUMA)
        .map(|(value, part)| value * part)
        .sum()
}

fn blend(value: f32, base: f32, factor: f32) -> f32 {
    (base + (value - base) * factor).clamp(0.0, 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_within_bounds_and_grey_stays_grey() {
        let mut random = RandomState::new(1);
        let before: Vec<f32> = (0..300).map(|i| i as f32 % 256.0).collect();
        for _ in 0..20 {
            let mut after = before.clone();
            jitter(&mut after, &mut random);
            assert_ne!(after, before);
            assert!(after.iter().all(|value| (0.0..=255.0).contains(value)));
        }
        let mut grey = vec![100.0; 30];
        jitter(&mut grey, &mut random);
        assert!((60.0..=140.0).contains(&grey[0]));
        assert!(grey.iter().all(|value| (value - grey[0]).abs() < 1e-3));
    }
}
