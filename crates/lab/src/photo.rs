//! A photo, from the bytes of its file to what the models see.

use octet_protocol::{Attachment, ErrorKind, LabError, Photo};

use crate::host::{Host, Image};
use crate::resize::resize;

/// Height and width that both models take.
pub(crate) const SIZE: usize = 224;

/// Below this on either side there is no picture to recognise.
const MIN_SIDE: u32 = 16;

/// Decoded, a photo takes four bytes a pixel, twice for a moment: this keeps it below half a gigabyte.
const MAX_PIXELS: u64 = 50_000_000;

/// A photo of the batch.
#[derive(Clone, Debug)]
pub(crate) struct StoredPhoto {
    pub(crate) info: Photo,
    /// `SIZE · SIZE · 3` values from 0 to 255.
    pub(crate) pixels: Vec<f32>,
}

/// A photo's own size and its pixels as the models see them.
pub(crate) struct Prepared {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<f32>,
}

/// Decodes and resizes. The size is checked on the file's header first, so that a huge image is turned
/// away before anything is allocated for it.
pub(crate) async fn prepare(
    host: &impl Host,
    name: &str,
    bytes: Vec<u8>,
) -> Result<Prepared, LabError> {
    if let Ok(size) = imagesize::blob_size(&bytes) {
        check_size(name, size.width as u64, size.height as u64)?;
    }
    let Image {
        width,
        height,
        rgba,
    } = host.decode(name, bytes).await?;
    check_size(name, width.into(), height.into())?;
    let image = Image {
        width,
        height,
        rgba,
    };
    let expected = width as usize * height as usize * 4;
    if image.rgba.len() != expected {
        return Err(LabError::new(
            ErrorKind::Internal,
            format!(
                "“{name}” was decoded to {} bytes in place of {expected}.",
                image.rgba.len()
            ),
            "Please report this with the photo.",
        ));
    }
    Ok(Prepared {
        width,
        height,
        pixels: resize(&image, SIZE),
    })
}

fn check_size(name: &str, width: u64, height: u64) -> Result<(), LabError> {
    if width < MIN_SIDE.into() || height < MIN_SIDE.into() {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!("“{name}” is {width} × {height} pixels, too small to recognise anything in."),
            format!("Choose a photo of at least {MIN_SIDE} × {MIN_SIDE} pixels."),
        ));
    }
    let pixels = width.saturating_mul(height);
    if pixels > MAX_PIXELS {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!(
                "“{name}” is {width} × {height} pixels ({} megapixels), more than a browser tab can \
                 safely decode.",
                pixels / 1_000_000
            ),
            format!(
                "Scale it down to at most {} megapixels and add it again.",
                MAX_PIXELS / 1_000_000
            ),
        ));
    }
    Ok(())
}

impl StoredPhoto {
    /// What the models see, rounded to bytes, for the page to show.
    pub(crate) fn attachment(&self) -> Attachment {
        let (pixels, _) = self.pixels.as_chunks::<3>();
        let bytes = pixels
            .iter()
            .flat_map(|[r, g, b]| [r.round() as u8, g.round() as u8, b.round() as u8, 255])
            .collect();
        Attachment {
            name: format!("photo/{}", self.info.id),
            bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_out_of_range_are_named() {
        let message = |w, h| check_size("cat.png", w, h).map_err(|error| error.message);
        assert_eq!(message(16, 3_000_000), Ok(()));
        assert!(
            message(1, 1)
                .unwrap_err()
                .contains("“cat.png” is 1 × 1 pixels")
        );
        assert!(
            message(10_000, 10_000)
                .unwrap_err()
                .contains("(100 megapixels)")
        );
        assert!(message(u64::MAX, u64::MAX).is_err());
    }
}
