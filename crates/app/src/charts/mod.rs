//! The charts, drawn by plotters on a canvas at the device's pixel ratio.

pub mod agreement;
pub mod amounts;
pub mod answers;
pub mod axis;
pub mod bins;
pub mod boxes;
pub mod bundle;
pub mod channels;
pub mod clip;
pub mod confidence;
pub mod curves;
pub mod descent;
pub mod figure;
pub mod head;
pub mod histogram;
pub mod ladder;
pub mod layers;
pub mod lines;
pub mod noise;
pub mod notation;
pub mod occupancy;
pub mod pareto;
pub mod placement;
pub mod plot;
pub mod ranges;
pub mod rows;
pub mod scatter;
pub mod sensitivity;
pub mod sizes;
pub mod spread;
pub mod staircase;
pub mod still;
pub mod tradeoff;

use js_sys::Array;
use plotters::{
    coord::Shift,
    drawing::{DrawingArea, IntoDrawingArea},
    element::Rectangle,
    style::{
        Color, FontFamily, FontStyle, IntoFont, RGBColor, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};
use plotters_canvas::CanvasBackend;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::dom;

/// Browsers refuse canvases much longer than this.
const MAX_CANVAS_SIDE: f64 = 16_000.0;

const FONT: &str = "Inter, system-ui, -apple-system, \"Segoe UI\", sans-serif";

/// What a part of a chart stands for, which decides on its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hue {
    /// Float values.
    Fp32,
    /// Quantized values.
    Int8,
    /// What the data is held against.
    Ink,
    /// What is neither.
    Soft,
}

/// How a line is broken: lengths of strokes and gaps in turn, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dash(pub &'static [f64]);

impl Dash {
    /// Not at all.
    pub const NONE: Self = Self(&[]);
    /// Into short strokes.
    pub const SHORT: Self = Self(&[4.0, 3.0]);
}

/// The page's colours, read from its style, so that the theme is decided in one place.
pub struct Palette {
    /// Background.
    pub paper: RGBColor,
    /// Text and the zero line.
    pub ink: RGBColor,
    /// Labels.
    pub soft: RGBColor,
    /// Grid.
    pub line: RGBColor,
    /// The float32 model.
    pub fp32: RGBColor,
    /// The int8 model.
    pub int8: RGBColor,
    /// No loss.
    pub good: RGBColor,
}

impl Palette {
    fn read(canvas: &HtmlCanvasElement) -> Self {
        // A custom property holds its text as written; `color` computes it.
        let probe = dom::el("span", &[("hidden", "")], &[]);
        let parent = canvas.parent_element();
        if let Some(parent) = &parent {
            dom::append(parent, &probe);
        }
        let style = dom::window().get_computed_style(&probe).ok().flatten();
        let read = |name: &str| {
            dom::set(&probe, "style", &format!("color: var(--{name})"));
            let color = style
                .as_ref()
                .and_then(|style| style.get_property_value("color").ok());
            parse_rgb(&color.unwrap_or_default())
        };
        let palette = Self {
            paper: read("paper"),
            ink: read("ink"),
            soft: read("soft"),
            line: read("line"),
            fp32: read("fp32"),
            int8: read("int8"),
            good: read("good"),
        };
        probe.remove();
        palette
    }

    /// The colour of what a part stands for.
    pub fn of(&self, hue: Hue) -> RGBColor {
        match hue {
            Hue::Fp32 => self.fp32,
            Hue::Int8 => self.int8,
            Hue::Ink => self.ink,
            Hue::Soft => self.soft,
        }
    }
}

/// `rgb(47, 111, 179)` as the browser writes it; mid-grey where it writes something else.
fn parse_rgb(text: &str) -> RGBColor {
    let mut channels = text
        .strip_prefix("rgb(")
        .and_then(|rest| rest.strip_suffix(')'))
        .unwrap_or_default()
        .split(',')
        .map(|channel| channel.trim().parse().unwrap_or(128));
    let mut next = || channels.next().unwrap_or(128);
    RGBColor(next(), next(), next())
}

/// The width of a chart, in CSS pixels.
pub fn width(canvas: &HtmlCanvasElement) -> f64 {
    f64::from(canvas.client_width()).max(1.0)
}

/// A canvas made ready to be drawn on.
pub struct Sheet {
    /// The whole canvas, in device pixels.
    pub area: DrawingArea<CanvasBackend, Shift>,
    /// The page's colours.
    pub palette: Palette,
    /// The width in CSS pixels.
    pub width: f64,
    /// The canvas, for what plotters cannot draw.
    pub context: CanvasRenderingContext2d,
    scale: f64,
}

impl Sheet {
    /// Sizes the canvas to its column's width and the given height (in CSS pixels), and clears it.
    pub fn new(canvas: &HtmlCanvasElement, height: f64) -> Result<Self, String> {
        let width = width(canvas);
        let scale = dom::window()
            .device_pixel_ratio()
            .min(MAX_CANVAS_SIDE / height);
        canvas.set_width((width * scale).round() as u32);
        canvas.set_height((height * scale).round() as u32);
        dom::set(canvas, "style", &format!("height: {height}px"));
        let backend = CanvasBackend::with_canvas_object(canvas.clone())
            .ok_or("this browser gives no 2D canvas")?;
        let context = canvas
            .get_context("2d")
            .ok()
            .flatten()
            .and_then(|context| context.dyn_into().ok())
            .ok_or("this browser gives no 2D canvas")?;
        let palette = Palette::read(canvas);
        let area = backend.into_drawing_area();
        area.fill(&palette.paper)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            area,
            palette,
            width,
            context,
            scale,
        })
    }

    /// CSS pixels in device pixels.
    pub fn px(&self, css: f64) -> i32 {
        (css * self.scale).round() as i32
    }

    /// Draws with broken lines.
    pub fn dashed<T>(&self, dash: Dash, draw: impl FnOnce() -> T) -> T {
        let lengths: Array = dash
            .0
            .iter()
            .map(|length| JsValue::from_f64(length * self.scale))
            .collect();
        // Only what is no number is refused.
        self.context.set_line_dash(&lengths).ok();
        let drawn = draw();
        self.context.set_line_dash(&Array::new()).ok();
        drawn
    }

    /// Text of a size in CSS pixels, anchored at the given side of its middle.
    pub fn text(&self, size: f64, color: RGBColor, anchor: HPos) -> TextStyle<'static> {
        self.styled(FontStyle::Normal, size, color, anchor)
    }

    fn styled(
        &self,
        style: FontStyle,
        size: f64,
        color: RGBColor,
        anchor: HPos,
    ) -> TextStyle<'static> {
        (FontFamily::Name(FONT), size * self.scale, style)
            .into_font()
            .color(&color.to_rgba())
            .pos(Pos::new(anchor, VPos::Center))
    }

    /// Clears the grid behind a text that is centred on a point.
    pub fn blank(&self, text: &str, style: &TextStyle<'_>, at: (i32, i32)) -> Result<(), String> {
        let (width, height) = self
            .area
            .estimate_text_size(text, style)
            .map_err(|error| error.to_string())?;
        let (dx, dy) = (width as i32 / 2 + self.px(4.0), height as i32 / 2);
        let corners = [(at.0 - dx, at.1 - dy), (at.0 + dx, at.1 + dy)];
        self.area
            .draw(&Rectangle::new(corners, self.palette.paper.filled()))
            .map_err(|error| error.to_string())
    }

    /// Writes the chart's title and what its figures are.
    pub fn title(&self, title: &str, subtitle: &str) -> Result<(), String> {
        let bold = self.styled(FontStyle::Bold, 15.0, self.palette.ink, HPos::Left);
        let soft = self.text(12.0, self.palette.soft, HPos::Left);
        let x = self.px(2.0);
        self.area
            .draw_text(title, &bold, (x, self.px(12.0)))
            .and_then(|()| self.area.draw_text(subtitle, &soft, (x, self.px(32.0))))
            .map_err(|error| error.to_string())
    }
}

/// Decimals that tell the ticks of an axis of this span apart.
pub fn decimals(span: f64) -> usize {
    (1 - span.abs().max(1e-9).log10().floor() as i32).clamp(0, 9) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_colours_as_browsers_write_them() {
        assert_eq!(parse_rgb("rgb(47, 111, 179)"), RGBColor(47, 111, 179));
        assert_eq!(parse_rgb("color(srgb 1 0 0)"), RGBColor(128, 128, 128));
        assert_eq!(parse_rgb(""), RGBColor(128, 128, 128));
    }

    #[test]
    fn ticks_have_as_many_decimals_as_they_need() {
        assert_eq!(decimals(40.0), 0);
        assert_eq!(decimals(2.3), 1);
        assert_eq!(decimals(0.02), 3);
        assert_eq!(decimals(0.0), 9);
    }
}
