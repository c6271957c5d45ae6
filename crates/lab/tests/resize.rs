//! The preprocessing against `skimage.transform.resize` (see `tests/fixtures/photos.py`).

mod common;

use common::root;
use octet_lab::{Image, resize};

/// In units of 1/255 of the range. The fixture is rounded, which is half of it.
const TOLERANCE: f32 = 1.0;

#[test]
fn photos_are_resized_as_skimage_does() {
    for (name, file) in [
        ("chelsea", "chelsea.png"),
        ("astronaut", "astronaut.png"),
        ("coffee", "coffee.png"),
        ("rocket", "rocket.jpg"),
    ] {
        let photo = image::open(root().join("www/photos").join(file)).unwrap().into_rgba8();
        let photo =
            Image { width: photo.width(), height: photo.height(), rgba: photo.into_raw() };
        let resized = resize(&photo, 224);
        let expected = image::open(root().join(format!("tests/fixtures/photos/{name}.png")))
            .unwrap()
            .into_rgb8();
        assert_eq!(resized.len(), expected.len());
        let difference = resized
            .iter()
            .zip(expected.iter())
            .map(|(value, expected)| (value - f32::from(*expected)).abs())
            .fold(0.0, f32::max);
        println!("{name}: largest difference {difference}");
        assert!(difference <= TOLERANCE, "{name}: {difference}");
    }
}
