//! The representative dataset: what a network is calibrated with.

use octet_quant::RandomState;

use crate::host::Image;
use crate::photo::{SIZE, StoredPhoto};
use crate::resize::resize;

/// So that a run can be repeated, here and in Python.
const SEED: u32 = 42;
/// Of crops that are not among those.
const UNSEEN_SEED: u32 = 4242;
/// A crop keeps at least this share of a photo's side.
const LEAST_SIDE: f64 = 0.6;

/// Images from the reader's photos: first the photos themselves, then square crops of them in turn, at random
/// places, 60 to 100 % of the photo’s side, mirrored or not as a coin decides. Four photos and their
/// crops are no thousand photos; reports say what they are.
pub(crate) struct Dataset<'photos> {
    photos: &'photos [StoredPhoto],
    random: RandomState,
    next: usize,
    count: usize,
}

impl<'photos> Dataset<'photos> {
    /// So many images; none where there are no photos.
    pub(crate) fn new(photos: &'photos [StoredPhoto], count: usize) -> Self {
        Self::seeded(photos, count, SEED)
    }

    /// The same with other crops.
    pub(crate) fn seeded(photos: &'photos [StoredPhoto], count: usize, seed: u32) -> Self {
        Self {
            photos,
            random: RandomState::new(seed),
            next: 0,
            count,
        }
    }

    /// So many crops without the photos themselves, and others than [`new`](Self::new) gives: to measure on what
    /// calibration has not seen.
    pub(crate) fn unseen(photos: &'photos [StoredPhoto], count: usize) -> Self {
        Self {
            photos,
            random: RandomState::new(UNSEEN_SEED),
            next: photos.len(),
            count: photos.len() + count,
        }
    }
}

/// Each image is `SIZE · SIZE · 3` values from 0 to 255.
impl Iterator for Dataset<'_> {
    type Item = Vec<f32>;

    fn next(&mut self) -> Option<Vec<f32>> {
        let place = self.next.checked_rem(self.photos.len())?;
        let photo = self.photos.get(place).filter(|_| self.next < self.count)?;
        self.next += 1;
        if self.next <= self.photos.len() {
            return Some(photo.pixels.clone());
        }
        let side = (self.random.uniform(LEAST_SIDE, 1.0) * SIZE as f64) as usize;
        let room = (SIZE - side + 1) as f64;
        let left = (self.random.rand() * room) as usize;
        let top = (self.random.rand() * room) as usize;
        let mirrored = self.random.rand() < 0.5;
        Some(crop(&photo.pixels, left, top, side, mirrored))
    }
}

/// A square of a photo, brought back to the photo's size.
fn crop(pixels: &[f32], left: usize, top: usize, side: usize, mirrored: bool) -> Vec<f32> {
    let (pixels, _) = pixels.as_chunks::<3>();
    let rows = pixels.chunks_exact(SIZE).skip(top).take(side);
    let mut rgba = Vec::with_capacity(side * side * 4);
    for row in rows {
        let mut push = |[r, g, b]: &[f32; 3]| {
            rgba.extend([r.round() as u8, g.round() as u8, b.round() as u8, 255]);
        };
        let row = row.iter().skip(left).take(side);
        if mirrored {
            row.rev().for_each(&mut push);
        } else {
            row.for_each(&mut push);
        }
    }
    let image = Image {
        width: side as u32,
        height: side as u32,
        rgba,
    };
    resize(&image, SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::Photo;

    fn photo(value: impl Fn(usize, usize) -> f32) -> StoredPhoto {
        let pixels = (0..SIZE * SIZE).flat_map(|at| [value(at % SIZE, at / SIZE); 3]);
        StoredPhoto {
            info: Photo {
                id: 0,
                title: String::new(),
                width: 224,
                height: 224,
                added: false,
            },
            pixels: pixels.collect(),
        }
    }

    #[test]
    fn the_photos_come_first_and_crops_of_each_in_turn() {
        let photos = [photo(|_, _| 10.0), photo(|_, _| 200.0)];
        let images: Vec<_> = Dataset::new(&photos, 7).collect();
        assert_eq!(images.len(), 7);
        assert_eq!(images[0], photos[0].pixels);
        assert_eq!(images[1], photos[1].pixels);
        for (i, image) in images.iter().enumerate() {
            assert_eq!(image.len(), SIZE * SIZE * 3);
            let expected = if i % 2 == 0 { 10.0 } else { 200.0 };
            assert!(image.iter().all(|v| (v - expected).abs() < 1e-3), "{i}");
        }
        assert_eq!(Dataset::new(&photos, 1).count(), 1);
        assert_eq!(Dataset::new(&[], 5).count(), 0);
    }

    #[test]
    fn crops_are_parts_of_the_photo_and_the_same_each_time() {
        let photos = [photo(|x, _| x as f32)];
        let images: Vec<_> = Dataset::new(&photos, 20).collect();
        let rising = |image: &[f32]| image[0] < image[(SIZE - 1) * 3];
        let crops = &images[1..];
        assert!(crops.iter().any(|crop| rising(crop)), "none as it was");
        assert!(crops.iter().any(|crop| !rising(crop)), "none mirrored");
        for crop in crops {
            let (first, last) = (crop[0], crop[(SIZE - 1) * 3]);
            assert!((130.0..=224.0).contains(&(first - last).abs()));
        }
        assert_eq!(images, Dataset::new(&photos, 20).collect::<Vec<_>>());
    }

    #[test]
    fn unseen_crops_are_none_of_the_others() {
        let photos = [photo(|x, _| x as f32), photo(|_, y| y as f32)];
        let seen: Vec<_> = Dataset::new(&photos, 50).collect();
        let unseen: Vec<_> = Dataset::unseen(&photos, 6).collect();
        assert_eq!(unseen.len(), 6);
        assert!(unseen.iter().all(|image| !seen.contains(image)));
        assert_eq!(Dataset::unseen(&[], 6).count(), 0);
    }

    #[test]
    fn a_crop_is_where_it_was_asked_for() {
        let whole = photo(|x, y| (x + y) as f32 / 2.0).pixels;
        assert_eq!(crop(&whole, 0, 0, SIZE, false), {
            let rounded = whole.iter().map(|v| v.round());
            rounded.collect::<Vec<_>>()
        });
        let corner = crop(&whole, 90, 90, 134, false);
        assert!((corner[0] - 90.0).abs() < 1.5);
        assert!((corner[corner.len() - 1] - 223.0).abs() < 1.5);
    }
}
