//! What has been drawn: plain numbers, no DOM.

/// Height and width of the pad in pixels: four for each of the digit's.
pub const SIDE: usize = 112;
/// Half the width of the pen, so that strokes are as thick as MNIST's once they are scaled.
const PEN: f64 = 4.5;

/// Ink on paper: rows of pixels, 0 (paper) to 255 (ink).
pub struct Ink {
    pixels: Vec<u8>,
}

impl Default for Ink {
    fn default() -> Self {
        Self {
            pixels: vec![0; SIDE * SIDE],
        }
    }
}

impl Ink {
    /// The pixels, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Takes over a digit of 28 × 28.
    pub fn show(&mut self, digit: &[u8]) {
        let small = SIDE / 4;
        for (at, ink) in self.pixels.iter_mut().enumerate() {
            let (x, y) = (at % SIDE / 4, at / SIDE / 4);
            *ink = digit.get(y * small + x).copied().unwrap_or(0);
        }
    }

    /// A stroke of the pen from one point to another, in pixels; from a point to itself, a dot.
    pub fn stroke(&mut self, from: (f64, f64), to: (f64, f64)) {
        let reach = PEN + 1.0;
        let span = |a: f64, b: f64| {
            let first = (a.min(b) - reach).clamp(0.0, SIDE as f64) as usize;
            let last = (a.max(b) + reach).clamp(0.0, SIDE as f64).ceil() as usize;
            first..last
        };
        for y in span(from.1, to.1) {
            for x in span(from.0, to.0) {
                let distance = distance((x as f64 + 0.5, y as f64 + 0.5), from, to);
                // Half a pixel on either side of the edge is grey.
                let ink = ((PEN + 0.5 - distance).clamp(0.0, 1.0) * 255.0).round() as u8;
                if let Some(pixel) = self.pixels.get_mut(y * SIDE + x) {
                    *pixel = (*pixel).max(ink);
                }
            }
        }
    }
}

/// From a point to the nearest one of a line from here to there.
fn distance(point: (f64, f64), from: (f64, f64), to: (f64, f64)) -> f64 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (px, py) = (point.0 - from.0, point.1 - from.1);
    let length = dx * dx + dy * dy;
    let along = match length > 0.0 {
        true => ((px * dx + py * dy) / length).clamp(0.0, 1.0),
        false => 0.0,
    };
    (px - along * dx).hypot(py - along * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ink: &Ink, x: usize, y: usize) -> u8 {
        ink.pixels()[y * SIDE + x]
    }

    #[test]
    fn a_stroke_is_as_wide_as_the_pen() {
        let mut ink = Ink::default();
        ink.stroke((20.0, 50.0), (90.0, 50.0));
        assert_eq!(at(&ink, 50, 50), 255);
        let column: Vec<u8> = (0..SIDE).map(|y| at(&ink, 55, y)).collect();
        let thick: f64 = column.iter().map(|&ink| f64::from(ink) / 255.0).sum();
        assert!((thick - 2.0 * PEN).abs() < 0.1, "{thick}");
        assert_eq!((at(&ink, 10, 50), at(&ink, 100, 50)), (0, 0));
        // Drawn twice is as black as once.
        let once = ink.pixels().to_vec();
        ink.stroke((20.0, 50.0), (90.0, 50.0));
        assert_eq!(ink.pixels(), once);
    }

    #[test]
    fn strokes_end_at_the_edge() {
        let mut ink = Ink::default();
        ink.stroke((-1e9, -1e9), (-500.0, 40.0));
        ink.stroke((1e9, 1e9), (f64::NAN, 3.0));
        assert!(ink.pixels().iter().all(|&ink| ink == 0));
        ink.stroke((0.0, 0.0), (0.0, 0.0));
        assert_eq!(at(&ink, 0, 0), 255);
    }

    #[test]
    fn a_digit_is_shown_four_times_as_large() {
        let mut ink = Ink::default();
        let mut digit = vec![0; 784];
        digit[28 + 2] = 200;
        ink.show(&digit);
        assert_eq!(ink.pixels().iter().filter(|&&ink| ink == 200).count(), 16);
        assert_eq!(
            (at(&ink, 8, 4), at(&ink, 11, 7), at(&ink, 12, 7)),
            (200, 200, 0)
        );
    }
}
