//! What the cells of the fourth chapter have in common.

use octet_protocol::Distance;

use super::{Control, ControlKind, always};
use crate::charts::notation;

/// Random crops of the photos to measure on, so many where nothing else was chosen.
pub const fn crops(default: &'static str) -> Control {
    Control {
        name: "crops",
        label: "random crops",
        is_shown: always,
        kind: ControlKind::Number {
            min: 0,
            max: 128,
            default,
        },
    }
}

/// `64 images: 4 photos and 60 crops of them`.
pub fn images(photos: u32, crops: u32) -> String {
    let count = |n: u32, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match crops {
        0 => count(photos, "photo"),
        _ => format!(
            "{}: {} and {} of {}",
            count(photos + crops, "image"),
            count(photos, "photo"),
            count(crops, "crop"),
            if photos == 1 { "it" } else { "them" }
        ),
    }
}

/// The share of the images on which float32 is agreed with, from 0 to 100.
pub fn agreement(distance: &Distance, images: u32) -> f64 {
    f64::from(distance.agreements) * 100.0 / f64::from(images.max(1))
}

/// A ratio of signal to noise; `exact` where there is no noise.
pub fn decibels(db: Option<f64>) -> String {
    db.map_or_else(|| "exact".to_owned(), |db| notation::plain(db, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_which_images_were_used() {
        assert_eq!(images(4, 60), "64 images: 4 photos and 60 crops of them");
        assert_eq!(images(1, 1), "2 images: 1 photo and 1 crop of it");
        assert_eq!(images(4, 0), "4 photos");
    }

    #[test]
    fn shares_and_decibels() {
        let mut distance = Distance {
            agreements: 3,
            mean_abs_drift: 0.0,
            sqnr_db: Some(-1.26),
        };
        assert_eq!(agreement(&distance, 4), 75.0);
        assert_eq!(decibels(distance.sqnr_db), "\u{2212}1.3");
        distance.agreements = 0;
        assert_eq!(agreement(&distance, 0), 0.0);
        assert_eq!(decibels(None), "exact");
    }
}
