//! A plot: two axes, and what can be drawn between them.

use plotters::{
    chart::{ChartBuilder, ChartContext},
    coord::cartesian::Cartesian2d,
    element::{Circle, PathElement, Rectangle},
    style::{Color, RGBAColor, text_anchor::HPos},
};
use plotters_canvas::CanvasBackend;

use super::{Dash, Sheet, axis::Axis, bins::Bin};

// CSS pixels.
/// From the top of a plot's room to the top of the plot: the y axis's words.
pub const TOP: f64 = 26.0;
/// From the bottom of the plot to the bottom of its room: the x axis's labels and words.
pub const FOOT: f64 = 46.0;
/// Half of the last label of the x axis.
pub const RIGHT: f64 = 18.0;
/// From the left to the plot, besides the labels of the y axis.
const LEFT: f64 = 10.0;
/// Bars of this width have a gap between them.
const WIDE_BAR: i32 = 6;

/// The axes of a plot and their words.
pub struct Axes {
    /// From left to right.
    pub x: Axis,
    /// From the bottom up.
    pub y: Axis,
    /// What the x axis is, with its unit.
    pub x_words: &'static str,
    /// What the y axis is, with its unit.
    pub y_words: &'static str,
}

/// A plot on a sheet.
pub struct Plot<'a> {
    sheet: &'a Sheet,
    axes: &'a Axes,
    chart: ChartContext<'a, CanvasBackend, Cartesian2d<Axis, Axis>>,
}

/// The room that the labels of a y axis take, in CSS pixels.
pub fn left(y: &Axis) -> f64 {
    y.widest_label() + LEFT
}

/// The length of the x axis on a sheet so wide, with that room on the left.
pub fn across(width: f64, left: f64) -> f64 {
    (width - left - RIGHT).max(1.0)
}

impl<'a> Plot<'a> {
    /// Draws the axes into the room between `top` and `bottom`, with so much room for labels on the left (all in
    /// CSS pixels).
    pub fn new(
        sheet: &'a Sheet,
        axes: &'a Axes,
        room: (f64, f64),
        left: f64,
    ) -> Result<Self, String> {
        let mut plot = Self::without_axes(sheet, axes, room, left)?;
        plot.draw_axes()?;
        Ok(plot)
    }

    /// The same where the axes are drawn already.
    pub fn without_axes(
        sheet: &'a Sheet,
        axes: &'a Axes,
        (top, bottom): (f64, f64),
        left: f64,
    ) -> Result<Self, String> {
        let below = f64::from(sheet.area.dim_in_pixel().1) - f64::from(sheet.px(bottom));
        let chart = ChartBuilder::on(&sheet.area)
            .margin_top(sheet.px(top + TOP))
            .margin_bottom(below.max(0.0) as i32)
            .margin_right(sheet.px(RIGHT))
            .x_label_area_size(sheet.px(FOOT))
            .y_label_area_size(sheet.px(left))
            .build_cartesian_2d(axes.x.clone(), axes.y.clone())
            .map_err(|error| error.to_string())?;
        Ok(Self { sheet, axes, chart })
    }

    fn draw_axes(&mut self) -> Result<(), String> {
        let Self { sheet, chart, .. } = self;
        let palette = &sheet.palette;
        let soft = |anchor| sheet.text(12.0, palette.soft, anchor);
        chart
            .configure_mesh()
            .light_line_style(palette.line)
            .bold_line_style(palette.line)
            .axis_style(palette.line)
            .set_all_tick_mark_size(sheet.px(3.0))
            .x_label_style(soft(HPos::Center))
            .y_label_style(soft(HPos::Right))
            .draw()
            .map_err(|error| error.to_string())?;
        let ((from, upper), (to, lower)) = self.corners();
        let Self { sheet, axes, .. } = self;
        sheet
            .area
            .draw_text(
                axes.y_words,
                &soft(HPos::Left),
                (sheet.px(2.0), upper - sheet.px(14.0)),
            )
            .and_then(|()| {
                sheet.area.draw_text(
                    axes.x_words,
                    &soft(HPos::Center),
                    ((from + to) / 2, lower + sheet.px(34.0)),
                )
            })
            .map_err(|error| error.to_string())
    }

    /// Upper left and lower right corner, in device pixels.
    fn corners(&self) -> ((i32, i32), (i32, i32)) {
        let Axes { x, y, .. } = &self.axes;
        (self.at(x.lo, y.hi), self.at(x.hi, y.lo))
    }

    /// A point in device pixels; what lies outside is moved to the edge.
    pub fn at(&self, x: f64, y: f64) -> (i32, i32) {
        self.chart.backend_coord(&(x, y))
    }

    /// Bars from zero up. A bin that is not empty is always seen.
    pub fn bars(&self, bins: &[Bin], color: RGBAColor) -> Result<(), String> {
        for bin in bins.iter().filter(|bin| bin.count > 0) {
            let (left, top) = self.at(bin.from, bin.count as f64);
            let (right, bottom) = self.at(bin.to, 0.0);
            let gap = if right - left >= self.sheet.px(f64::from(WIDE_BAR)) {
                self.sheet.px(1.0)
            } else {
                0
            };
            let corners = [
                (left, top.min(bottom - self.sheet.px(2.0))),
                ((right - gap).max(left + 1), bottom),
            ];
            self.sheet
                .area
                .draw(&Rectangle::new(corners, color.filled()))
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// A rectangle in data coordinates, with a pixel of paper around it. It is always seen.
    pub fn rectangle(
        &self,
        (from, to): (f64, f64),
        (low, high): (f64, f64),
        color: RGBAColor,
    ) -> Result<(), String> {
        let (left, top) = self.at(from, high);
        let (right, bottom) = self.at(to, low);
        let corners = [
            (left + 1, top),
            ((right - 1).max(left + 2), (bottom - 1).max(top + 1)),
        ];
        self.sheet
            .area
            .draw(&Rectangle::new(corners, color.filled()))
            .map_err(|error| error.to_string())
    }

    /// A line through points in data coordinates.
    pub fn line(
        &self,
        points: &[(f64, f64)],
        color: RGBAColor,
        width: f64,
        dash: Dash,
    ) -> Result<(), String> {
        let mut path: Vec<(i32, i32)> = points.iter().map(|&(x, y)| self.at(x, y)).collect();
        path.dedup();
        let style = color.stroke_width(self.sheet.px(width).max(1) as u32);
        self.sheet
            .dashed(dash, || {
                self.sheet.area.draw(&PathElement::new(path, style))
            })
            .map_err(|error| error.to_string())
    }

    /// An upright line over the whole height, where it lies on the axis.
    pub fn rule(&self, x: f64, color: RGBAColor, dash: Dash) -> Result<(), String> {
        let Axes { x: across, y, .. } = &self.axes;
        if !(across.lo..=across.hi).contains(&x) {
            return Ok(());
        }
        self.line(&[(x, y.lo), (x, y.hi)], color, 1.5, dash)
    }

    /// Dots at points in data coordinates, as wide as `radius` says in CSS pixels.
    pub fn dots(&self, points: &[(f64, f64)], color: RGBAColor, radius: f64) -> Result<(), String> {
        for &(x, y) in points {
            let dot = Circle::new(self.at(x, y), self.sheet.px(radius), color.filled());
            self.sheet
                .area
                .draw(&dot)
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}
