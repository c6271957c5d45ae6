//! From a drawing to a digit as MNIST's were made: the ink fitted into 20 × 20, and its centre of mass put into the
//! middle of 28 × 28 (LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III.A).

use octet_models::digits::{PIXELS, SIDE};
use octet_protocol::{ErrorKind, LabError};

/// The longer side of the ink.
const BOX: f64 = 20.0;
/// A drawing has at most this side.
const MOST: usize = 1024;
/// Fainter is paper.
const INK: u8 = 16;

/// The digit in a square drawing; blank where there is no ink.
pub(super) fn digit(drawing: &[u8]) -> Result<[u8; PIXELS], LabError> {
    let side = (drawing.len() as f64).sqrt() as usize;
    if side * side != drawing.len() || !(1..=MOST).contains(&side) {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!("A drawing of {} pixels is no square.", drawing.len()),
            "Reload the page.",
        ));
    }
    let blank = [0; PIXELS];
    let Some(Extent { left, top, length }) = extent(drawing, side) else {
        return Ok(blank);
    };
    // How many pixels of the drawing one of the digit covers.
    let scale = length / BOX;
    let fitted = |x: f64, y: f64| mean(drawing, side, [left + x * scale, top + y * scale], scale);
    let middle = (SIDE as f64 - BOX) / 2.0;
    let place = |shift: [f64; 2]| -> [u8; PIXELS] {
        std::array::from_fn(|at| {
            let (x, y) = ((at % SIDE) as f64, (at / SIDE) as f64);
            fitted(x - middle - shift[0], y - middle - shift[1])
        })
    };
    let first = place([0.0, 0.0]);
    let [across, down] = centre(&first);
    let half = (SIDE as f64 - 1.0) / 2.0;
    // Whole pixels, as with MNIST.
    Ok(place([(half - across).round(), (half - down).round()]))
}

/// Where the ink is: the square whose middle is that of the ink.
struct Extent {
    left: f64,
    top: f64,
    length: f64,
}

fn extent(drawing: &[u8], side: usize) -> Option<Extent> {
    let inked = || (0..).zip(drawing).filter(|(_, ink)| **ink >= INK);
    let ends = |of: fn(usize, usize) -> usize| {
        let places = inked().map(|(at, _)| of(at, side));
        let (low, high) = (places.clone().min()?, places.max()?);
        Some((low as f64, (high + 1) as f64))
    };
    let (left, right) = ends(|at, side| at % side)?;
    let (top, bottom) = ends(|at, side| at / side)?;
    let length = (right - left).max(bottom - top);
    Some(Extent {
        left: (left + right - length) / 2.0,
        top: (top + bottom - length) / 2.0,
        length,
    })
}

/// The mean of a square of the drawing; beyond its edges there is paper.
fn mean(drawing: &[u8], side: usize, [left, top]: [f64; 2], length: f64) -> u8 {
    // Every pixel counts by how much of it lies within.
    let cover = |from: f64, to: f64, at: usize| {
        (to.min(at as f64 + 1.0) - from.max(at as f64)).clamp(0.0, 1.0)
    };
    let span = |from: f64| {
        let first = from.max(0.0) as usize;
        let last = ((from + length).max(0.0).ceil() as usize).min(side);
        first.min(last)..last
    };
    let mut sum = 0.0;
    for y in span(top) {
        let rows = cover(top, top + length, y);
        for x in span(left) {
            let ink = drawing.get(y * side + x).copied().unwrap_or(0);
            sum += f64::from(ink) * rows * cover(left, left + length, x);
        }
    }
    (sum / (length * length)).round() as u8
}

/// The centre of mass; the middle where there is no ink.
fn centre(digit: &[u8; PIXELS]) -> [f64; 2] {
    let (mut sum, mut across, mut down) = (0.0, 0.0, 0.0);
    for (at, &ink) in digit.iter().enumerate() {
        let ink = f64::from(ink);
        sum += ink;
        across += ink * (at % SIDE) as f64;
        down += ink * (at / SIDE) as f64;
    }
    match sum > 0.0 {
        true => [across / sum, down / sum],
        false => [(SIDE as f64 - 1.0) / 2.0; 2],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// A drawing of 112 × 112 with ink in a rectangle.
    fn rectangle(x: std::ops::Range<usize>, y: std::ops::Range<usize>) -> Vec<u8> {
        let inked = |at: usize| x.contains(&(at % 112)) && y.contains(&(at / 112));
        (0..112 * 112)
            .map(|at| if inked(at) { 255 } else { 0 })
            .collect()
    }

    #[test]
    fn ink_is_fitted_and_centred_wherever_it_is() {
        // A stroke of 8 × 40 becomes 4 × 20.
        let middle = digit(&rectangle(50..58, 30..70)).unwrap();
        let corner = digit(&rectangle(0..8, 0..40)).unwrap();
        assert_eq!(middle, corner);
        let twice = digit(&rectangle(0..16, 20..100)).unwrap();
        assert_eq!(middle, twice);
        let inked: Vec<_> = (0..PIXELS).filter(|&at| middle[at] > 0).collect();
        assert_eq!(inked.len(), 80);
        assert!(inked.iter().all(|&at| middle[at] == 255));
        assert_eq!((inked[0] / SIDE, inked[0] % SIDE), (4, 12));
    }

    #[test]
    fn the_centre_of_mass_is_in_the_middle() {
        // An L is heavier at its left and at its foot.
        let mut drawing = rectangle(20..28, 20..100);
        for (a, b) in drawing.iter_mut().zip(rectangle(20..60, 92..100)) {
            *a = (*a).max(b);
        }
        let [across, down] = centre(&digit(&drawing).unwrap());
        assert!((across - 13.5).abs() <= 0.5 && (down - 13.5).abs() <= 0.5);
    }

    #[test]
    fn paper_and_nonsense() {
        assert_eq!(digit(&[0; 64]).unwrap(), [0; PIXELS]);
        assert_eq!(digit(&[INK - 1; 64]).unwrap(), [0; PIXELS]);
        assert!(digit(&[255; 4]).unwrap().contains(&255));
        for len in [0, 2, 785, 1025 * 1025] {
            assert!(digit(&vec![0; len]).is_err(), "{len}");
        }
    }
}
