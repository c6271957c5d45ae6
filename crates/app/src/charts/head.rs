//! What stands above a plot: title, subtitle and legend.

use plotters::{
    element::{Circle, PathElement, Rectangle},
    style::{Color, text_anchor::HPos},
};

use super::{Dash, Hue, Sheet};
use crate::format;

// CSS pixels.
const TITLE_LINES: f64 = 44.0;
const LEGEND_LINE: f64 = 20.0;
const SWATCH: f64 = 22.0;
const SPACE: f64 = 18.0;
/// Text of 12 pixels has at most this width a character, as a rule.
const CHARACTER: f64 = 6.4;
/// How much of its colour a paler tone keeps.
pub const PALE: f64 = 0.45;

/// How something is drawn, for the legend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look {
    /// An area.
    Area(Hue),
    /// An area in a paler tone.
    Pale(Hue),
    /// Dots.
    Dots(Hue),
    /// A line.
    Line(Hue, Dash),
    /// A short upright stroke.
    Stroke(Hue),
}

/// Title, subtitle and legend of a chart.
pub struct Head {
    /// What the chart shows.
    pub title: &'static str,
    /// Of what, and its unit.
    pub subtitle: String,
    /// What is drawn how.
    pub legend: Vec<(Look, String)>,
}

impl Head {
    /// Its height on a chart so wide, in CSS pixels.
    pub fn height(&self, width: f64) -> f64 {
        let lines = self.places(width).last().map_or(0, |(line, _)| line + 1);
        TITLE_LINES + lines as f64 * LEGEND_LINE
    }

    /// Draws it.
    pub fn draw(&self, sheet: &Sheet) -> Result<(), String> {
        let room = (sheet.width / CHARACTER) as usize;
        sheet.title(self.title, &format::shortened(&self.subtitle, room))?;
        for ((look, words), (line, x)) in self.legend.iter().zip(self.places(sheet.width)) {
            let y = TITLE_LINES + (line as f64 + 0.5) * LEGEND_LINE;
            draw_look(sheet, *look, x, y)?;
            let style = sheet.text(12.0, sheet.palette.ink, HPos::Left);
            let at = (sheet.px(x + SWATCH), sheet.px(y));
            let room = ((sheet.width - x - SWATCH) / CHARACTER) as usize;
            sheet
                .area
                .draw_text(&format::shortened(words, room), &style, at)
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn places(&self, width: f64) -> Vec<(usize, f64)> {
        let widths: Vec<f64> = self
            .legend
            .iter()
            .map(|(_, words)| SWATCH + words.chars().count() as f64 * CHARACTER)
            .collect();
        places(&widths, width)
    }
}

/// Line and left end of each of some boxes that are set like words.
fn places(widths: &[f64], room: f64) -> Vec<(usize, f64)> {
    let (mut line, mut x) = (0, 2.0);
    widths
        .iter()
        .map(|width| {
            if x > 2.0 && x + width > room {
                line += 1;
                x = 2.0;
            }
            let place = (line, x);
            x += width + SPACE;
            place
        })
        .collect()
}

fn draw_look(sheet: &Sheet, look: Look, x: f64, y: f64) -> Result<(), String> {
    let at = |dx: f64, dy: f64| (sheet.px(x + dx), sheet.px(y + dy));
    let color = |hue: Hue| sheet.palette.of(hue);
    match look {
        Look::Area(hue) | Look::Pale(hue) => {
            let tone = if look == Look::Area(hue) { 1.0 } else { PALE };
            let corners = [at(1.0, -5.0), at(14.0, 5.0)];
            sheet
                .area
                .draw(&Rectangle::new(corners, color(hue).mix(tone).filled()))
        }
        Look::Dots(hue) => sheet.area.draw(&Circle::new(
            at(7.0, 0.0),
            sheet.px(3.0),
            color(hue).filled(),
        )),
        Look::Line(hue, dash) => {
            let style = color(hue).stroke_width(sheet.px(2.0) as u32);
            sheet.dashed(dash, || {
                let ends = [at(0.0, 0.0), at(17.0, 0.0)];
                sheet.area.draw(&PathElement::new(ends, style))
            })
        }
        Look::Stroke(hue) => {
            let corners = [at(6.0, -6.0), at(8.0, 6.0)];
            sheet
                .area
                .draw(&Rectangle::new(corners, color(hue).filled()))
        }
    }
    .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legend_breaks_like_words() {
        assert_eq!(
            places(&[100.0, 100.0, 100.0], 250.0),
            [(0, 2.0), (0, 120.0), (1, 2.0)]
        );
        assert_eq!(places(&[400.0, 10.0], 100.0), [(0, 2.0), (1, 2.0)]);
        assert!(places(&[], 100.0).is_empty());
    }

    #[test]
    fn the_head_grows_with_its_legend() {
        let mut head = Head {
            title: "Weights",
            subtitle: String::new(),
            legend: Vec::new(),
        };
        assert_eq!(head.height(300.0), TITLE_LINES);
        head.legend = vec![(Look::Area(Hue::Fp32), "weights".to_owned()); 6];
        assert!(head.height(300.0) > head.height(900.0));
    }
}
