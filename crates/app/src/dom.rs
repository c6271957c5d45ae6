//! The few DOM words that the page is built with.

use wasm_bindgen::{JsCast, UnwrapThrowExt, closure::Closure};
use web_sys::{Document, Element, Event, EventTarget, HtmlElement, Window};

/// The window. There always is one where this crate runs.
pub fn window() -> Window {
    web_sys::window().unwrap_throw()
}

/// The document.
pub fn document() -> Document {
    window().document().unwrap_throw()
}

/// Milliseconds since the page was opened.
pub fn now() -> f64 {
    window()
        .performance()
        .map_or(0.0, |performance| performance.now())
}

/// A new element with attributes, of the type that the tag implies.
pub fn create<T: JsCast>(tag: &str, attributes: &[(&str, &str)]) -> T {
    let element = document().create_element(tag).unwrap_throw();
    for (name, value) in attributes {
        set(&element, name, value);
    }
    element.unchecked_into()
}

/// A new element with attributes and children.
pub fn el(tag: &str, attributes: &[(&str, &str)], children: &[&Element]) -> HtmlElement {
    let element: HtmlElement = create(tag, attributes);
    for child in children {
        append(&element, child);
    }
    element
}

/// A new element with attributes and text.
pub fn text(tag: &str, attributes: &[(&str, &str)], text: &str) -> HtmlElement {
    let element: HtmlElement = create(tag, attributes);
    element.set_text_content(Some(text));
    element
}

/// A new element of a drawing, with attributes and children.
pub fn svg(tag: &str, attributes: &[(&str, &str)], children: &[&Element]) -> Element {
    let namespace = Some("http://www.w3.org/2000/svg");
    let element = document().create_element_ns(namespace, tag).unwrap_throw();
    for (name, value) in attributes {
        set(&element, name, value);
    }
    for child in children {
        append(&element, child);
    }
    element
}

/// The same with text in it.
pub fn svg_text(tag: &str, attributes: &[(&str, &str)], text: &str) -> Element {
    let element = svg(tag, attributes, &[]);
    element.set_text_content(Some(text));
    element
}

/// Adds `child` at the end of `parent`.
pub fn append(parent: &Element, child: &Element) {
    parent.append_child(child).unwrap_throw();
}

/// Sets an attribute, unless it has that value already.
pub fn set(element: &Element, name: &str, value: &str) {
    if element.get_attribute(name).as_deref() != Some(value) {
        element.set_attribute(name, value).unwrap_throw();
    }
}

/// Sets or removes an attribute that means something by being there.
pub fn flag(element: &Element, name: &str, on: bool) {
    element.toggle_attribute_with_force(name, on).unwrap_throw();
}

/// Sets the text, unless it is the same already (a live region would speak again).
pub fn set_text(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

/// Empties an element.
pub fn clear(element: &Element) {
    element.set_text_content(None);
}

/// The first element below `root` that the selector finds.
pub fn find(root: &Element, selector: &str) -> Option<HtmlElement> {
    root.query_selector(selector)
        .ok()?
        .map(JsCast::unchecked_into)
}

/// The element with this id in the document.
pub fn by_id(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id).map(JsCast::unchecked_into)
}

/// Where an event came from: the nearest element around its target that the selector finds.
pub fn origin(event: &Event, selector: &str) -> Option<HtmlElement> {
    let target: Element = event.target()?.dyn_into().ok()?;
    target.closest(selector).ok()?.map(JsCast::unchecked_into)
}

/// Listens for the life of the page.
pub fn on<E: JsCast + 'static>(
    target: &EventTarget,
    kind: &str,
    mut handler: impl FnMut(E) + 'static,
) {
    let closure =
        Closure::<dyn FnMut(Event)>::new(move |event: Event| handler(event.unchecked_into()));
    target
        .add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref())
        .unwrap_throw();
    closure.forget();
}

/// Runs `f` once the browser has painted what is there now.
pub fn after_paint(f: impl FnOnce() + 'static) {
    // A frame callback runs before its paint; a timer set in it runs after.
    let timer = Closure::once_into_js(f);
    let frame = Closure::once_into_js(move |_: f64| {
        later(timer.unchecked_ref(), 0);
    });
    window()
        .request_animation_frame(frame.unchecked_ref())
        .unwrap_throw();
}

/// Runs `f` just before the browser paints next.
pub fn next_frame(f: impl FnOnce() + 'static) {
    let frame = Closure::once_into_js(move |_: f64| f());
    window()
        .request_animation_frame(frame.unchecked_ref())
        .unwrap_throw();
}

/// Calls a JavaScript function in `ms` milliseconds.
pub fn later(f: &js_sys::Function, ms: i32) {
    window()
        .set_timeout_with_callback_and_timeout_and_arguments_0(f, ms)
        .unwrap_throw();
}
