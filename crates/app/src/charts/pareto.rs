//! Size against quality: which forms are beaten by none in both.

use plotters::{
    element::Circle,
    style::{Color, text_anchor::HPos},
};
use web_sys::HtmlCanvasElement;

use super::{
    Dash, Hue, Sheet,
    axis::{self, Axis, Kind},
    head::{Head, Look},
    plot::{self, Axes, Plot},
};

// CSS pixels.
const PLOT: f64 = 260.0;
const RADIUS: f64 = 4.0;
const BESIDE: f64 = 8.0;
const DASH: Dash = Dash::SHORT;

/// One form of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// What is written beside it.
    pub label: String,
    /// Of the first kind, with a scale a channel, or of the second, with one a tensor.
    pub is_first: bool,
    /// In megabytes.
    pub size: f64,
    /// In decibels; infinite where nothing is lost.
    pub quality: f64,
}

impl Point {
    /// Whether this is at least as small and as good, and better in one.
    fn beats(&self, other: &Self) -> bool {
        let is_no_worse = self.size <= other.size && self.quality >= other.quality;
        is_no_worse && (self.size < other.size || self.quality > other.quality)
    }
}

/// The best of those that are both smaller and better than a point, or as small or as good.
pub fn beaten_by(points: &[Point], place: usize) -> Option<usize> {
    let point = points.get(place)?;
    let winners = points.iter().enumerate();
    let winners = winners.filter(|(_, other)| other.beats(point));
    let best = winners.max_by(|(_, a), (_, b)| a.quality.total_cmp(&b.quality));
    best.map(|(place, _)| place)
}

/// The places of those that none beats, smallest first.
pub fn front(points: &[Point]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..points.len())
        .filter(|&place| beaten_by(points, place).is_none())
        .collect();
    let size = |place: &usize| points.get(*place).map_or(0.0, |point| point.size);
    places.sort_by(|a, b| size(a).total_cmp(&size(b)));
    places
}

/// Paints the chart. What has lost nothing has no place on it.
pub fn paint(canvas: &HtmlCanvasElement, subtitle: &str, points: &[Point]) -> Result<(), String> {
    let width = super::width(canvas);
    let head = Head {
        title: "Size against noise",
        subtitle: subtitle.to_owned(),
        legend: vec![
            (Look::Dots(Hue::Int8), "a scale a channel".to_owned()),
            (Look::Dots(Hue::Ink), "one scale a tensor".to_owned()),
            (
                Look::Line(Hue::Soft, DASH),
                "beaten by none in both".to_owned(),
            ),
        ],
    };
    let top = head.height(width);
    let bottom = top + plot::TOP + PLOT + plot::FOOT;
    let sheet = Sheet::new(canvas, bottom)?;
    head.draw(&sheet)?;
    let [across, up] = ranges(points);
    let y = Axis::up(Kind::Real, up, PLOT);
    let left = plot::left(&y);
    let x = Axis::across(Kind::Real, across, plot::across(width, left));
    let axes = Axes {
        x,
        y,
        x_words: "file, MB",
        y_words: "SQNR of the outputs, dB",
    };
    let plot = Plot::new(&sheet, &axes, (top, bottom), left)?;
    let line: Vec<_> = front(points)
        .into_iter()
        .filter_map(|place| points.get(place))
        .filter(|point| point.quality.is_finite())
        .map(|point| (point.size, point.quality))
        .collect();
    plot.line(&line, sheet.palette.soft.to_rgba(), 1.5, DASH)?;
    for point in points.iter().filter(|point| point.quality.is_finite()) {
        draw(&sheet, &plot, point)?;
    }
    Ok(())
}

/// Full dots with their label on the right, or rings with it on the left: both kinds often lie side by side.
fn draw(sheet: &Sheet, plot: &Plot<'_>, point: &Point) -> Result<(), String> {
    let (x, y) = plot.at(point.size, point.quality);
    let (hue, anchor, side) = match point.is_first {
        true => (Hue::Int8, HPos::Left, 1.0),
        false => (Hue::Ink, HPos::Right, -1.0),
    };
    let color = sheet.palette.of(hue);
    let label = sheet.text(12.0, sheet.palette.ink, anchor);
    let dot = Circle::new((x, y), sheet.px(RADIUS), color.filled());
    let draw = || {
        sheet.area.draw(&dot)?;
        if !point.is_first {
            let hole = Circle::new((x, y), sheet.px(RADIUS - 2.0), sheet.palette.paper.filled());
            sheet.area.draw(&hole)?;
        }
        let at = (x + sheet.px(side * BESIDE), y);
        sheet.area.draw_text(&point.label, &label, at)
    };
    draw().map_err(|error| error.to_string())
}

/// The ranges of both axes, with room for the labels.
fn ranges(points: &[Point]) -> [(f64, f64); 2] {
    let ends = |of: fn(&Point) -> f64| {
        let values = points.iter().map(of).filter(|value| value.is_finite());
        axis::padded(axis::ends(values), 0.08)
    };
    [ends(|point| point.size), ends(|point| point.quality)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(size: f64, quality: f64) -> Point {
        Point {
            label: String::new(),
            is_first: true,
            size,
            quality,
        }
    }

    #[test]
    fn the_front_is_what_none_beats() {
        let points = [
            point(4.0, 30.0),
            point(3.0, 20.0),
            point(3.5, 10.0),
            point(2.0, -5.0),
            point(2.5, -5.0),
        ];
        assert_eq!(front(&points), [3, 1, 0]);
        assert_eq!(beaten_by(&points, 2), Some(1));
        assert_eq!(beaten_by(&points, 4), Some(3));
        assert_eq!(beaten_by(&points, 0), None);
        assert_eq!(beaten_by(&points, 9), None);
        assert!(front(&[]).is_empty());
    }

    #[test]
    fn equals_beat_each_other_not() {
        let points = [point(1.0, 1.0), point(1.0, 1.0)];
        assert_eq!(front(&points), [0, 1]);
    }

    #[test]
    fn axes_have_a_span_whatever_the_points() {
        for points in [
            &[][..],
            &[point(1.0, f64::INFINITY)],
            &[point(2.0, 3.0), point(2.0, 3.0)],
        ] {
            for (lo, hi) in ranges(points) {
                assert!(lo < hi && lo.is_finite() && hi.is_finite());
            }
        }
    }
}
