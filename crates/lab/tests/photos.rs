//! Photos that the reader adds.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::io::Cursor;

use common::FileHost;
use image::{ImageFormat, Rgb, RgbImage};
use octet_lab::Session;
use octet_protocol::{ErrorKind, LabError, Report, Request};

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(width, height, Rgb([10, 20, 30]))
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

fn add(session: &mut Session, name: &str, bytes: Vec<u8>) -> Result<Report, LabError> {
    FileHost::new()
        .run(
            session,
            Request::AddPhoto {
                name: name.into(),
                bytes,
            },
        )
        .map(|outcome| outcome.report)
}

#[test]
fn added_photos_come_after_the_four_and_can_be_removed() {
    let host = FileHost::new();
    let mut session = Session::default();
    add(&mut session, "mine.png", png(300, 40)).unwrap();
    host.run(&mut session, Request::Data).unwrap();
    let Report::Data(data) = add(&mut session, "second.png", png(16, 16)).unwrap() else {
        panic!()
    };
    assert_eq!(data.batch_shape, [6, 224, 224, 3]);
    let titles: Vec<_> = data
        .photos
        .iter()
        .map(|photo| photo.title.as_str())
        .collect();
    assert_eq!(
        titles,
        [
            "chelsea",
            "astronaut",
            "coffee",
            "rocket",
            "mine.png",
            "second.png"
        ]
    );

    let remove = |session: &mut Session, id| host.run(session, Request::RemovePhoto { id });
    assert!(
        remove(&mut session, data.photos[0].id).is_err(),
        "chelsea stays"
    );
    let Report::Data(data) = remove(&mut session, data.photos[4].id).unwrap().report else {
        panic!()
    };
    assert_eq!(data.photos.last().unwrap().title, "second.png");
}

#[test]
fn what_is_not_a_usable_photo_is_refused_by_name() {
    let mut session = Session::default();
    let refused = |session: &mut Session, name, bytes| {
        let error = add(session, name, bytes).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
        assert!(error.message.contains(name), "{error}");
        error.message
    };
    refused(&mut session, "notes.txt", b"no pixels here".to_vec());
    refused(&mut session, "empty.png", Vec::new());
    refused(&mut session, "half.png", png(64, 64)[..60].to_vec());
    assert!(refused(&mut session, "dot.png", png(1, 1)).contains("1 × 1"));

    // Only the header claims to be huge: it must be refused before anything is decoded.
    let mut huge = png(64, 64);
    huge[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
    assert!(refused(&mut session, "huge.png", huge).contains("100 megapixels"));
}
