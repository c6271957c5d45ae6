//! What stays of a chart while the rest of it moves: painted once, and put back for each frame.

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::{
    Sheet,
    plot::{Axes, Plot},
};
use crate::dom;

/// A plot, and a picture of what stays in it.
pub struct Still {
    sheet: Sheet,
    axes: Axes,
    room: (f64, f64),
    left: f64,
    picture: HtmlCanvasElement,
}

impl Still {
    /// Draws the axes (as [`Plot::new`]), has `paint` add what else stays, and keeps all that is on the sheet.
    pub fn new(
        sheet: Sheet,
        axes: Axes,
        room: (f64, f64),
        left: f64,
        paint: impl FnOnce(&Plot<'_>) -> Result<(), String>,
    ) -> Result<Self, String> {
        paint(&Plot::new(&sheet, &axes, room, left)?)?;
        let canvas = sheet.context.canvas().ok_or("the canvas is gone")?;
        let picture: HtmlCanvasElement = dom::create("canvas", &[]);
        picture.set_width(canvas.width());
        picture.set_height(canvas.height());
        let context: CanvasRenderingContext2d = picture
            .get_context("2d")
            .ok()
            .flatten()
            .and_then(|context| context.dyn_into().ok())
            .ok_or("this browser gives no 2D canvas")?;
        copy(&canvas, &context)?;
        Ok(Self {
            sheet,
            axes,
            room,
            left,
            picture,
        })
    }

    /// What is painted on. Its size and colours are those of the time when it was made.
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// Puts back what stays, and gives the plot for what moves.
    pub fn restore(&self) -> Result<Plot<'_>, String> {
        copy(&self.picture, &self.sheet.context)?;
        Plot::without_axes(&self.sheet, &self.axes, self.room, self.left)
    }
}

fn copy(from: &HtmlCanvasElement, to: &CanvasRenderingContext2d) -> Result<(), String> {
    to.draw_image_with_html_canvas_element(from, 0.0, 0.0)
        .map_err(|error| format!("{error:?}"))
}
