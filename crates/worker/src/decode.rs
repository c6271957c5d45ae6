//! Decoding photos with the browser's own decoders.

use js_sys::{Array, Uint8Array};
use octet_lab::Image;
use octet_protocol::{ErrorKind, LabError};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, ColorSpaceConversion, DedicatedWorkerGlobalScope, ImageBitmap, ImageBitmapOptions,
    OffscreenCanvas, OffscreenCanvasRenderingContext2d,
};

/// The pixels of an image file in any format that this browser knows.
pub(crate) async fn decode(
    scope: &DedicatedWorkerGlobalScope,
    name: &str,
    bytes: &[u8],
) -> Result<Image, LabError> {
    let bitmap = bitmap(scope, bytes).await.map_err(|_| not_an_image(name))?;
    let image = pixels(&bitmap).map_err(|_| too_large(name, &bitmap));
    bitmap.close();
    image
}

async fn bitmap(scope: &DedicatedWorkerGlobalScope, bytes: &[u8]) -> Result<ImageBitmap, JsValue> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence(&parts)?;
    // The numbers as they stand in the file, as Python's image libraries read them: an embedded colour
    // profile would change them, and with them every figure on the page.
    let options = ImageBitmapOptions::new();
    options.set_color_space_conversion(ColorSpaceConversion::None);
    let decoding = scope.create_image_bitmap_with_blob_and_image_bitmap_options(&blob, &options)?;
    Ok(JsFuture::from(decoding).await?.unchecked_into())
}

fn pixels(bitmap: &ImageBitmap) -> Result<Image, JsValue> {
    let (width, height) = (bitmap.width(), bitmap.height());
    let canvas = OffscreenCanvas::new(width, height)?;
    let context: OffscreenCanvasRenderingContext2d = canvas
        .get_context("2d")?
        .ok_or(JsValue::NULL)?
        .unchecked_into();
    context.draw_image_with_image_bitmap(bitmap, 0.0, 0.0)?;
    let data = context.get_image_data(0.0, 0.0, width.into(), height.into())?;
    Ok(Image {
        width,
        height,
        rgba: data.data().0,
    })
}

fn not_an_image(name: &str) -> LabError {
    LabError::new(
        ErrorKind::BadInput,
        format!("“{name}” is not an image that this browser can read."),
        "Choose a PNG, JPEG or WebP file.",
    )
}

fn too_large(name: &str, bitmap: &ImageBitmap) -> LabError {
    LabError::new(
        ErrorKind::BadInput,
        format!(
            "“{name}” ({} × {} pixels) does not fit into this tab's memory.",
            bitmap.width(),
            bitmap.height()
        ),
        "Scale it down and add it again.",
    )
}
