//! A diagram that can be moved about and enlarged: by pointer, by touch, by keyboard, by buttons.

pub mod drawing;
mod viewport;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use octet_protocol::InspectReport;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, PointerEvent, WheelEvent};

use crate::dom;
use drawing::{Drawing, Frame};
use viewport::{Size, Viewport};

/// A button or a key enlarges by this much.
const ZOOM: f64 = 1.3;
/// A pointer that moves less is a click.
const CLICK: f64 = 4.0;
/// An arrow key with Shift moves the drawing by this many CSS pixels.
const PAN: f64 = 60.0;

/// The diagram.
pub struct Diagram {
    /// Everything, to be put on the page.
    pub element: HtmlElement,
    window: Element,
    drawing: Drawing,
    viewport: Cell<Option<Viewport>>,
    /// The pointers that are down, and where they were last.
    pointers: RefCell<Vec<(i32, f64, f64)>>,
    /// How far the pointer has gone since it went down.
    travelled: Cell<f64>,
    /// The operator that the Tab key goes to: graph and number.
    current: Cell<(usize, usize)>,
    open: Box<dyn Fn(usize, usize)>,
}

impl Diagram {
    /// Draws; `open` is told the graph and number of the operator that the reader wants to know more of.
    pub fn new(
        report: &InspectReport,
        words: &str,
        open: impl Fn(usize, usize) + 'static,
    ) -> Rc<Self> {
        let drawing = drawing::draw(report);
        let window = dom::svg(
            "svg",
            &[
                ("role", "group"),
                ("aria-label", words),
                ("data-diagram", ""),
            ],
            &[&drawing.sheet],
        );
        let tools = dom::el("div", &[("class", "tools")], &[]);
        let element = dom::el(
            "div",
            &[("class", "diagram")],
            &[&tools, window.unchecked_ref()],
        );
        let diagram = Rc::new(Self {
            element,
            window,
            drawing,
            viewport: Cell::new(None),
            pointers: RefCell::default(),
            travelled: Cell::new(0.0),
            current: Cell::new((0, 0)),
            open: Box::new(open),
        });
        for (words, act) in [
            ("Larger", Act::Zoom(ZOOM)),
            ("Smaller", Act::Zoom(1.0 / ZOOM)),
            ("Whole graph", Act::Whole),
            ("From the top", Act::Top),
        ] {
            let button = dom::text("button", &[("type", "button")], words);
            dom::append(&tools, &button);
            diagram.on(&button, "click", move |me, _: Event| me.act(act));
        }
        diagram.listen();
        if let Some(first) = diagram.frame((0, 0)) {
            dom::set(&first.element, "tabindex", "0");
        }
        diagram
    }

    /// Places the drawing once the window has a size.
    pub fn place(&self) {
        if self.viewport.get().is_none() {
            self.act(Act::Top);
        }
    }

    fn frame(&self, (graph, operator): (usize, usize)) -> Option<&Frame> {
        self.drawing.boxes.get(graph)?.get(operator)
    }

    fn size(&self) -> Size {
        let bounds = self.window.get_bounding_client_rect();
        (bounds.width().max(1.0), bounds.height().max(1.0))
    }

    fn viewport(&self) -> Viewport {
        let top = || Viewport::top(self.drawing.size, self.size());
        self.viewport.get().unwrap_or_else(top)
    }

    fn look(&self, viewport: Viewport) {
        self.viewport.set(Some(viewport));
        let Viewport { scale, x, y } = viewport;
        let transform = format!("translate({x:.2} {y:.2}) scale({scale:.4})");
        dom::set(&self.drawing.sheet, "transform", &transform);
    }

    fn act(&self, act: Act) {
        let (drawing, window) = (self.drawing.size, self.size());
        let now = self.viewport();
        self.look(match act {
            Act::Zoom(factor) => {
                let middle = (window.0 / 2.0, window.1 / 2.0);
                now.zoomed(factor, middle, drawing, window)
            }
            Act::Whole => Viewport::whole(drawing, window),
            Act::Top => Viewport::top(drawing, window),
            Act::Pan(x, y) => now.panned((x, y), drawing, window),
        });
    }

    fn zoom_at(&self, factor: f64, (x, y): (f64, f64)) {
        let at = self.inside(x, y);
        self.look(
            self.viewport()
                .zoomed(factor, at, self.drawing.size, self.size()),
        );
    }

    /// A place on the screen as one of the window.
    fn inside(&self, x: f64, y: f64) -> (f64, f64) {
        let bounds = self.window.get_bounding_client_rect();
        (x - bounds.left(), y - bounds.top())
    }

    /// Moves the keyboard's focus to an operator, and it into view.
    fn go_to(&self, to: (usize, usize)) {
        let (Some(from), Some(frame)) = (self.frame(self.current.get()), self.frame(to)) else {
            return;
        };
        dom::set(&from.element, "tabindex", "-1");
        dom::set(&frame.element, "tabindex", "0");
        self.current.set(to);
        self.show(frame);
        // The browser would scroll the page to it; the diagram has moved already.
        let focus = web_sys::FocusOptions::new();
        focus.set_prevent_scroll(true);
        let element: &HtmlElement = frame.element.unchecked_ref();
        element.focus_with_options(&focus).ok();
    }

    fn show(&self, frame: &Frame) {
        let viewport = self.viewport();
        let seen = viewport.showing(frame.rectangle, self.drawing.size, self.size());
        if seen != viewport {
            self.look(seen);
        }
    }

    /// Listens for as long as the diagram lives.
    fn on<E: JsCast + 'static>(
        self: &Rc<Self>,
        target: &Element,
        kind: &str,
        handle: impl Fn(&Self, E) + 'static,
    ) {
        let me = Rc::downgrade(self);
        dom::on(target, kind, move |event: E| {
            if let Some(me) = me.upgrade() {
                handle(&me, event);
            }
        });
    }

    fn listen(self: &Rc<Self>) {
        let window = &self.window;
        self.on(window, "keydown", |me, event: KeyboardEvent| {
            if me.key(&event) {
                event.prevent_default();
                event.stop_propagation();
            }
        });
        self.on(window, "focusin", |me, event: Event| {
            if let Some(to) = chosen(&event) {
                me.current_is(to);
            }
        });
        self.on(window, "click", |me, event: Event| {
            if let Some((graph, operator)) = chosen(&event)
                && me.travelled.get() < CLICK
            {
                me.go_to((graph, operator));
                (me.open)(graph, operator);
            }
        });
        self.on(window, "wheel", |me, event: WheelEvent| me.wheel(&event));
        self.on(window, "pointerdown", |me, event: PointerEvent| {
            if me.pointers.borrow().is_empty() {
                me.travelled.set(0.0);
            }
            me.pointers.borrow_mut().push(at(&event));
        });
        self.on(window, "pointermove", |me, event: PointerEvent| {
            me.moved(&event);
        });
        for kind in ["pointerup", "pointercancel", "pointerleave"] {
            self.on(window, kind, |me, event: PointerEvent| {
                let id = event.pointer_id();
                me.pointers.borrow_mut().retain(|(of, _, _)| *of != id);
            });
        }
    }

    /// With Ctrl (which a pinch on a touchpad claims too) the wheel enlarges. Without, it is the page's, unless the
    /// reader is in the diagram and there is more of it to see.
    fn wheel(&self, event: &WheelEvent) {
        if event.ctrl_key() || event.meta_key() {
            event.prevent_default();
            let at = (f64::from(event.client_x()), f64::from(event.client_y()));
            self.zoom_at((-event.delta_y() * 0.0025).exp().clamp(0.5, 2.0), at);
        } else if self.has_focus() {
            let before = self.viewport();
            self.act(Act::Pan(-event.delta_x(), -event.delta_y()));
            if before != self.viewport() {
                event.prevent_default();
            }
        }
    }

    /// Tab has led here, or a click.
    fn current_is(&self, to: (usize, usize)) {
        let before = self.current.replace(to);
        if let (Some(from), Some(frame)) = (self.frame(before), self.frame(to)) {
            dom::set(&from.element, "tabindex", "-1");
            dom::set(&frame.element, "tabindex", "0");
            self.show(frame);
        }
    }

    fn has_focus(&self) -> bool {
        let active = dom::document().active_element();
        self.window.contains(active.as_ref().map(AsRef::as_ref))
    }

    fn moved(&self, event: &PointerEvent) {
        let (id, x, y) = at(event);
        let before = self.pointers.borrow().clone();
        let Some(&(_, last_x, last_y)) = before.iter().find(|(of, _, _)| *of == id) else {
            return;
        };
        for pointer in self.pointers.borrow_mut().iter_mut() {
            if pointer.0 == id {
                *pointer = (id, x, y);
            }
        }
        let by = (x - last_x, y - last_y);
        self.travelled.set(self.travelled.get() + by.0.hypot(by.1));
        if self.travelled.get() >= CLICK && !self.window.has_pointer_capture(id) {
            self.window.set_pointer_capture(id).ok();
        }
        match before.iter().find(|(of, _, _)| *of != id) {
            // Two fingers: their distance enlarges, each of them moves by half.
            Some(&(_, other_x, other_y)) => {
                let apart = |x: f64, y: f64| (x - other_x).hypot(y - other_y).max(1.0);
                let middle = ((x + other_x) / 2.0, (y + other_y) / 2.0);
                self.act(Act::Pan(by.0 / 2.0, by.1 / 2.0));
                self.zoom_at(apart(x, y) / apart(last_x, last_y), middle);
            }
            None => self.act(Act::Pan(by.0, by.1)),
        }
    }

    /// Does what a key is for; false if it is for nothing here.
    fn key(&self, event: &KeyboardEvent) -> bool {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return false;
        }
        let (graph, operator) = self.current.get();
        let last = self
            .drawing
            .boxes
            .get(graph)
            .map_or(0, |boxes| boxes.len().saturating_sub(1));
        match (event.key().as_str(), event.shift_key()) {
            ("ArrowDown", true) => self.act(Act::Pan(0.0, -PAN)),
            ("ArrowUp", true) => self.act(Act::Pan(0.0, PAN)),
            ("ArrowLeft", true) => self.act(Act::Pan(PAN, 0.0)),
            ("ArrowRight", true) => self.act(Act::Pan(-PAN, 0.0)),
            ("ArrowDown", false) => self.go_to((graph, (operator + 1).min(last))),
            ("ArrowUp", false) => self.go_to((graph, operator.saturating_sub(1))),
            ("ArrowLeft", false) => self.cross(graph.checked_sub(1)),
            ("ArrowRight", false) => self.cross(graph.checked_add(1)),
            ("Home", _) => self.go_to((graph, 0)),
            ("End", _) => self.go_to((graph, last)),
            ("+" | "=", _) => self.act(Act::Zoom(ZOOM)),
            ("-", _) => self.act(Act::Zoom(1.0 / ZOOM)),
            ("0", _) => self.act(Act::Whole),
            ("Enter" | " ", false) => (self.open)(graph, operator),
            _ => return false,
        }
        true
    }

    /// Goes to the same operator of the graph beside.
    fn cross(&self, to: Option<usize>) {
        let place = self.frame(self.current.get()).map(|frame| frame.place);
        let boxes = to.and_then(|graph| Some((graph, self.drawing.boxes.get(graph)?)));
        if let (Some(place), Some((graph, boxes))) = (place, boxes)
            && let Some(operator) = boxes.iter().position(|frame| frame.place == place)
        {
            self.go_to((graph, operator));
        }
    }
}

#[derive(Clone, Copy)]
enum Act {
    Zoom(f64),
    Pan(f64, f64),
    Whole,
    Top,
}

fn at(event: &PointerEvent) -> (i32, f64, f64) {
    (
        event.pointer_id(),
        f64::from(event.client_x()),
        f64::from(event.client_y()),
    )
}

/// The operator that an event came from: graph and number.
fn chosen(event: &Event) -> Option<(usize, usize)> {
    let operator = dom::origin(event, "[data-operator]")?;
    let number = |name| operator.get_attribute(name)?.parse().ok();
    Some((number("data-graph")?, number("data-operator")?))
}
