//! The preprocessing against `skimage.transform.resize` (see `tests/fixtures/photos.py`).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use octet_lab::{Image, resize};

/// In units of 1/255 of the range. The fixture is rounded: half a unit lies in that alone.
const TOLERANCE: f32 = 0.51;

/// The rocket is a JPEG, on which decoders differ by more than this; the end-to-end tests compare what a
/// browser makes of all four.
#[test]
fn photos_are_resized_as_skimage_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for name in ["chelsea", "astronaut", "coffee"] {
        let path = root.join(format!("www/photos/{name}.png"));
        let photo = image::open(path).unwrap().into_rgba8();
        let photo = Image {
            width: photo.width(),
            height: photo.height(),
            rgba: photo.into_raw(),
        };
        let resized = resize(&photo, 224);
        let path = root.join(format!("tests/fixtures/photos/{name}.png"));
        let expected = image::open(path).unwrap().into_rgb8();
        assert_eq!(resized.len(), expected.len());
        for (position, (value, expected)) in resized.iter().zip(expected.iter()).enumerate() {
            let difference = (value - f32::from(*expected)).abs();
            assert!(
                difference <= TOLERANCE,
                "{name}, value {position}: {difference}"
            );
        }
    }
}
