//! The two handles on the histogram: dragged with a pointer, or moved with the arrow keys.

use std::{cell::Cell, rc::Rc};

use web_sys::{Element, HtmlCanvasElement, HtmlElement, KeyboardEvent, PointerEvent};

use crate::{charts::clip::Place, charts::figure::Figure, dom, format};

/// Which end of the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The lower one.
    Lo,
    /// The upper one.
    Hi,
}

/// Where the reader wants it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Move {
    /// At this value.
    To(f32),
    /// So far from where it is.
    By(f32),
}

/// The handles.
pub struct Handles {
    lo: HtmlElement,
    hi: HtmlElement,
    place: Rc<Cell<Place>>,
}

/// An arrow key moves by this share of the axis.
const STEP: f32 = 0.01;

impl Handles {
    /// Two handles. `moved` is told where the reader wants an end of the range.
    pub fn new(moved: impl Fn(End, Move) + Clone + 'static) -> Self {
        let place = Rc::new(Cell::new(Place::default()));
        let make = |end: End, name: &str| {
            let handle = dom::el(
                "div",
                &[
                    ("class", "handle"),
                    ("role", "slider"),
                    ("tabindex", "0"),
                    ("aria-label", name),
                    ("aria-orientation", "horizontal"),
                ],
                &[],
            );
            listen(&handle, end, &place, moved.clone());
            handle
        };
        Self {
            lo: make(End::Lo, "lower end of the range"),
            hi: make(End::Hi, "upper end of the range"),
            place,
        }
    }

    /// Puts the handles on a chart.
    pub fn sit_on(&self, figure: &Figure) {
        dom::set(&figure.element, "class", "handled");
        for handle in [&self.lo, &self.hi] {
            dom::append(&figure.element, handle);
        }
    }

    /// Fits the handles to the plot that is on the canvas now.
    pub fn fit(&self, canvas: &HtmlCanvasElement, place: Place, reach: f32) {
        // The chart does not begin where its figure does.
        let (left, top) = (canvas.offset_left(), canvas.offset_top());
        let place = Place {
            left: place.left + f64::from(left),
            top: place.top + f64::from(top),
            ..place
        };
        self.place.set(place);
        for handle in [&self.lo, &self.hi] {
            let style = format!("top: {:.1}px; height: {:.1}px", place.top, place.height);
            dom::set(handle, "style", &style);
            dom::set(handle, "aria-valuemin", &(-reach).to_string());
            dom::set(handle, "aria-valuemax", &reach.to_string());
        }
    }

    /// Moves the handles to where the range is now.
    pub fn follow(&self, (lo, hi): (f32, f32)) {
        let place = self.place.get();
        for (handle, value) in [(&self.lo, lo), (&self.hi, hi)] {
            let left = format!("{:.1}px", place.x(value));
            // Only what is no property is refused.
            handle.style().set_property("left", &left).ok();
            dom::set(handle, "aria-valuenow", &value.to_string());
            dom::set(handle, "aria-valuetext", &format::small(value.into()));
        }
    }
}

fn listen(
    handle: &HtmlElement,
    end: End,
    place: &Rc<Cell<Place>>,
    moved: impl Fn(End, Move) + Clone + 'static,
) {
    let element = handle.clone();
    dom::on(handle, "pointerdown", move |event: PointerEvent| {
        event.prevent_default();
        element.focus().ok();
        element.set_pointer_capture(event.pointer_id()).ok();
    });
    let (element, of, tell) = (handle.clone(), place.clone(), moved.clone());
    dom::on(handle, "pointermove", move |event: PointerEvent| {
        if element.has_pointer_capture(event.pointer_id())
            && let Some(figure) = element.parent_element()
        {
            let x = f64::from(event.client_x()) - Element::get_bounding_client_rect(&figure).left();
            tell(end, Move::To(of.get().value(x)));
        }
    });
    let of = place.clone();
    dom::on(handle, "keydown", move |event: KeyboardEvent| {
        let reach = of.get().reach;
        let times = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => -1.0,
            "ArrowRight" | "ArrowUp" => 1.0,
            "PageDown" => -10.0,
            "PageUp" => 10.0,
            "Home" => -200.0,
            "End" => 200.0,
            _ => return,
        };
        event.prevent_default();
        moved(end, Move::By(times * STEP * reach));
    });
}
