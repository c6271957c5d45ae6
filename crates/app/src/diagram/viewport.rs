//! Which part of a drawing is seen, and how large: plain figures, no DOM.

/// Boxes are never drawn larger than this.
const LARGEST: f64 = 3.0;
/// Nor smaller than this, unless the whole drawing needs it.
const SMALLEST: f64 = 0.2;
/// So much of the window's side stays free around a box that is brought into view.
const ROOM: f64 = 12.0;

/// A point of the drawing lies at `point · scale + offset` of the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// CSS pixels for a unit of the drawing.
    pub scale: f64,
    /// In CSS pixels.
    pub x: f64,
    /// In CSS pixels.
    pub y: f64,
}

/// A width and a height.
pub type Size = (f64, f64);

impl Viewport {
    /// The drawing's upper end, as wide as the window, but not larger than it was made.
    pub fn top(drawing: Size, window: Size) -> Self {
        let scale = (window.0 / drawing.0.max(1.0)).clamp(SMALLEST, 1.0);
        let mut viewport = Self {
            scale,
            x: 0.0,
            y: 0.0,
        };
        viewport.x = ((window.0 - drawing.0 * scale) / 2.0).max(0.0);
        viewport
    }

    /// All of the drawing, in the middle of the window.
    pub fn whole(drawing: Size, window: Size) -> Self {
        let scale = (window.0 / drawing.0.max(1.0))
            .min(window.1 / drawing.1.max(1.0))
            .min(1.0);
        Self {
            scale,
            x: (window.0 - drawing.0 * scale) / 2.0,
            y: (window.1 - drawing.1 * scale) / 2.0,
        }
    }

    /// Larger or smaller, around a point of the window that stays where it is.
    pub fn zoomed(self, factor: f64, at: (f64, f64), drawing: Size, window: Size) -> Self {
        let least = Self::whole(drawing, window).scale.min(SMALLEST);
        let scale = (self.scale * factor).clamp(least, LARGEST);
        let grown = scale / self.scale;
        Self {
            scale,
            x: at.0 - (at.0 - self.x) * grown,
            y: at.1 - (at.1 - self.y) * grown,
        }
        .within(drawing, window)
    }

    /// Moved by so many CSS pixels.
    pub fn panned(self, by: (f64, f64), drawing: Size, window: Size) -> Self {
        Self {
            x: self.x + by.0,
            y: self.y + by.1,
            ..self
        }
        .within(drawing, window)
    }

    /// Moved as little as brings a rectangle of the drawing (left, top, width, height) into view.
    pub fn showing(self, rectangle: [f64; 4], drawing: Size, window: Size) -> Self {
        let [left, top, width, height] = rectangle;
        let step = |offset: f64, start: f64, length: f64, window: f64| {
            let (start, end) = (
                start * self.scale + offset - ROOM,
                (start + length) * self.scale + offset + ROOM,
            );
            if start < 0.0 {
                -start
            } else if end > window {
                // Where it does not fit, its beginning is seen.
                (window - end).max(-start)
            } else {
                0.0
            }
        };
        let by = (
            step(self.x, left, width, window.0),
            step(self.y, top, height, window.1),
        );
        self.panned(by, drawing, window)
    }

    /// No further away than that the drawing fills half of the window, or all of it is seen.
    fn within(mut self, drawing: Size, window: Size) -> Self {
        let clamp = |offset: f64, length: f64, window: f64| {
            let length = length * self.scale;
            let seen = (window / 2.0).min(length);
            offset.clamp(seen - length, (window - seen).max(seen - length))
        };
        self.x = clamp(self.x, drawing.0, window.0);
        self.y = clamp(self.y, drawing.1, window.1);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWING: Size = (500.0, 7000.0);
    const WINDOW: Size = (700.0, 500.0);

    #[test]
    fn begins_at_the_top_and_can_show_all() {
        let top = Viewport::top(DRAWING, WINDOW);
        assert_eq!((top.scale, top.x, top.y), (1.0, 100.0, 0.0));
        assert_eq!(Viewport::top(DRAWING, (250.0, 500.0)).scale, 0.5);
        let whole = Viewport::whole(DRAWING, WINDOW);
        assert!((whole.scale - 500.0 / 7000.0).abs() < 1e-12);
        assert!((whole.y).abs() < 1e-9);
    }

    #[test]
    fn zooms_around_a_point() {
        let top = Viewport::top(DRAWING, WINDOW);
        let at = (300.0, 200.0);
        let zoomed = top.zoomed(2.0, at, DRAWING, WINDOW);
        let under = |viewport: Viewport| {
            (
                (at.0 - viewport.x) / viewport.scale,
                (at.1 - viewport.y) / viewport.scale,
            )
        };
        assert_eq!(under(top), under(zoomed));
        assert_eq!(top.zoomed(100.0, at, DRAWING, WINDOW).scale, 3.0);
        let least = top.zoomed(1e-9, at, DRAWING, WINDOW).scale;
        assert_eq!(least, Viewport::whole(DRAWING, WINDOW).scale);
    }

    #[test]
    fn never_leaves_the_drawing_behind() {
        let top = Viewport::top(DRAWING, WINDOW);
        for by in [(1e6, 1e6), (-1e6, -1e6)] {
            let far = top.panned(by, DRAWING, WINDOW);
            let (left, right) = (far.x, far.x + DRAWING.0 * far.scale);
            let (upper, lower) = (far.y, far.y + DRAWING.1 * far.scale);
            assert!(left < WINDOW.0 && right > 0.0 && upper < WINDOW.1 && lower > 0.0);
        }
        // One that fits stays whole.
        let small =
            Viewport::whole((100.0, 100.0), WINDOW).panned((1e6, 0.0), (100.0, 100.0), WINDOW);
        assert!(small.x + 100.0 <= WINDOW.0 + 1e-9);
    }

    #[test]
    fn brings_boxes_into_view() {
        let top = Viewport::top(DRAWING, WINDOW);
        assert_eq!(top.showing([0.0, 20.0, 176.0, 62.0], DRAWING, WINDOW), top);
        let below = top.showing([0.0, 3000.0, 176.0, 62.0], DRAWING, WINDOW);
        assert_eq!(below.y, 500.0 - 12.0 - 3062.0);
        let back = below.showing([0.0, 104.0, 176.0, 62.0], DRAWING, WINDOW);
        assert_eq!(back.y, 12.0 - 104.0);
    }
}
