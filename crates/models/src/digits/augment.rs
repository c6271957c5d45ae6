//! Digits as somebody else might have written them: shifted and turned a little.

use octet_quant::RandomState;

use super::data::{PIXELS, SIDE};

/// How far digits are moved at random each time they are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Augmentation {
    /// At most so many pixels to each side and up and down.
    pub shift: f32,
    /// At most so many degrees around the middle, either way.
    pub degrees: f32,
}

impl Augmentation {
    /// What the lab turns on: two pixels and ten degrees.
    pub const USUAL: Self = Self {
        shift: 2.0,
        degrees: 10.0,
    };

    /// Whether digits stay as they are.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// A digit moved at random: three numbers are drawn.
    pub(super) fn apply(&self, image: &[f32; PIXELS], random: &mut RandomState) -> [f32; PIXELS] {
        let mut draw = |most: f32| random.uniform(-f64::from(most), f64::from(most)) as f32;
        let (right, down, degrees) = (draw(self.shift), draw(self.shift), draw(self.degrees));
        moved(image, right, down, degrees)
    }
}

/// A digit turned around its middle, then shifted; what is between pixels is interpolated, what comes from outside
/// is paper.
fn moved(image: &[f32; PIXELS], right: f32, down: f32, degrees: f32) -> [f32; PIXELS] {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let middle = (SIDE - 1) as f32 / 2.0;
    let mut out = [0.0; PIXELS];
    for (index, out) in out.iter_mut().enumerate() {
        let y = (index / SIDE) as f32 - middle - down;
        let x = (index % SIDE) as f32 - middle - right;
        let (from_x, from_y) = (cos * x + sin * y + middle, cos * y - sin * x + middle);
        let (left, top) = (from_x.floor(), from_y.floor());
        let (part_x, part_y) = (from_x - left, from_y - top);
        let pixel = |x: f32, y: f32| {
            let side = 0.0..SIDE as f32;
            if side.contains(&x) && side.contains(&y) {
                image.get(y as usize * SIDE + x as usize).copied()
            } else {
                None
            }
            .unwrap_or(0.0)
        };
        let upper = pixel(left, top) * (1.0 - part_x) + pixel(left + 1.0, top) * part_x;
        let lower = pixel(left, top + 1.0) * (1.0 - part_x) + pixel(left + 1.0, top + 1.0) * part_x;
        *out = upper * (1.0 - part_y) + lower * part_y;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(x: usize, y: usize) -> [f32; PIXELS] {
        let mut image = [0.0; PIXELS];
        image[y * SIDE + x] = 1.0;
        image
    }

    #[test]
    fn a_dot_goes_where_it_is_sent() {
        assert_eq!(moved(&dot(5, 9), 0.0, 0.0, 0.0), dot(5, 9));
        assert_eq!(moved(&dot(5, 9), 2.0, -1.0, 0.0), dot(7, 8));
        // Half a pixel is half there.
        let half = moved(&dot(5, 9), 0.5, 0.0, 0.0);
        assert_eq!((half[9 * SIDE + 5], half[9 * SIDE + 6]), (0.5, 0.5));
        // Out of the picture.
        assert_eq!(moved(&dot(0, 0), -1.0, 0.0, 0.0), [0.0; PIXELS]);
        // A quarter turn takes the middle of the right to the middle of the bottom.
        let turned = moved(&dot(27, 13), 0.0, 0.0, 90.0);
        let brightest = (0..PIXELS).max_by(|&a, &b| turned[a].total_cmp(&turned[b]));
        assert_eq!(brightest.map(|at| (at % SIDE, at / SIDE)), Some((14, 27)));
    }
}
