//! Frames of a video as the networks see them.

use js_sys::{Object, Reflect, Uint8Array, Uint8ClampedArray};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlMediaElement, HtmlVideoElement};

use crate::dom;

/// What frames are drawn on before they are read.
pub struct Picture {
    context: CanvasRenderingContext2d,
    side: u32,
}

impl Picture {
    /// For square frames of this side.
    pub fn new(side: u32) -> Result<Self, JsValue> {
        let canvas: HtmlCanvasElement = dom::create("canvas", &[]);
        canvas.set_width(side);
        canvas.set_height(side);
        // Every frame is read back: it had better stay in the processor's memory.
        let options = Object::new();
        Reflect::set(&options, &"willReadFrequently".into(), &true.into())?;
        let context = canvas.get_context_with_context_options("2d", &options)?;
        Ok(Self {
            context: context.ok_or(JsValue::NULL)?.unchecked_into(),
            side,
        })
    }

    /// The largest square in the middle of the present frame, scaled: red, green, blue, alpha. None where there is no
    /// frame yet.
    pub fn take(&self, video: &HtmlVideoElement) -> Result<Option<Uint8Array>, JsValue> {
        let (width, height) = (video.video_width(), video.video_height());
        if width == 0 || height == 0 || video.ready_state() < HtmlMediaElement::HAVE_CURRENT_DATA {
            return Ok(None);
        }
        let square = f64::from(width.min(height));
        let (left, top) = (
            (f64::from(width) - square) / 2.0,
            (f64::from(height) - square) / 2.0,
        );
        let side = f64::from(self.side);
        self.context
            .draw_image_with_html_video_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
                video, left, top, square, square, 0.0, 0.0, side, side,
            )?;
        let image = self.context.get_image_data(0.0, 0.0, side, side)?;
        // Not `image.data()`, which would copy it through this program's memory.
        let data: Uint8ClampedArray = Reflect::get(&image, &"data".into())?.dyn_into()?;
        Ok(Some(Uint8Array::new(&data.buffer())))
    }
}
