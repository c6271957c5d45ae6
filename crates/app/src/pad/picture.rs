//! Ink on canvases.

use octet_protocol::DigitMaps;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// A gap between two maps, in pixels.
const GAP: usize = 1;

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

/// Paints a square of ink, black on white. What this browser cannot paint is left out: answers are given in words too.
pub fn grey(canvas: &HtmlCanvasElement, side: usize, ink: &[u8]) {
    let rgba: Vec<u8> = ink
        .iter()
        .flat_map(|&ink| [255 - ink, 255 - ink, 255 - ink, 255])
        .collect();
    put(canvas, side, &rgba);
}

/// Paints maps side by side, float32 above, int8 below: the darker, the larger, all on one scale.
pub fn maps(canvas: &HtmlCanvasElement, maps: &DigitMaps) {
    let (side, channels) = (maps.side as usize, maps.channels as usize);
    let largest = maps.float32.iter().copied().fold(0.0, f32::max);
    let width = channels * (side + GAP);
    let height = 2 * side + GAP;
    let mut rgba = vec![0; width * height * 4];
    for (row, values) in [&maps.float32, &maps.full_integer].into_iter().enumerate() {
        for (at, &value) in values.iter().enumerate() {
            let (channel, pixel) = (at % channels.max(1), at / channels.max(1));
            let x = channel * (side + GAP) + pixel % side.max(1);
            let y = row * (side + GAP) + pixel / side.max(1);
            let share = if largest > 0.0 { value / largest } else { 0.0 };
            let grey = 255 - (share.clamp(0.0, 1.0) * 255.0) as u8;
            let begin = (y * width + x) * 4;
            if let Some(pixel) = rgba.get_mut(begin..begin + 4) {
                pixel.copy_from_slice(&[grey, grey, grey, 255]);
            }
        }
    }
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    put(canvas, width, &rgba);
}

/// A small cross where the pen is.
pub fn cross(canvas: &HtmlCanvasElement, (x, y): (f64, f64), is_down: bool) {
    let Some(context) = context(canvas) else {
        return;
    };
    context.set_fill_style_str(if is_down { "#d00" } else { "#06c" });
    context.fill_rect(x - 4.0, y - 0.5, 8.0, 1.0);
    context.fill_rect(x - 0.5, y - 4.0, 1.0, 8.0);
}

/// Red, green, blue and opacity, row by row.
pub fn put(canvas: &HtmlCanvasElement, width: usize, rgba: &[u8]) {
    let image = ImageData::new_with_u8_clamped_array(Clamped(rgba), width as u32);
    if let (Some(context), Ok(image)) = (context(canvas), image) {
        context.put_image_data(&image, 0.0, 0.0).ok();
    }
}
