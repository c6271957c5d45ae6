//! What the reader does: clicks, keys, files.

use std::{cell::Cell, rc::Rc};

use js_sys::{Function, JsString, Reflect};
use octet_protocol::{Precision, Request};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    ClipboardEvent, DragEvent, Event, File, HtmlElement, HtmlInputElement, KeyboardEvent,
    ResizeObserver,
};

use crate::{
    app::App,
    cells::{CellId, MAX_TEXT, sensitivity},
    dom, intake,
};

const CELL: &str = "[data-cell]";

/// Listens to everything that the reader can do.
pub fn listen(app: &Rc<App>) {
    clicks(app);
    keys(app);
    controls(app);
    drops(app);
    paste(app);
    repaints(app);
}

/// The cell that an event came from.
fn cell_of(event: &Event) -> Option<CellId> {
    CellId::by_name(&dom::origin(event, CELL)?.get_attribute("data-cell")?)
}

/// One listener for every button, since many come and go.
fn clicks(app: &Rc<App>) {
    let app = app.clone();
    dom::on(&dom::document(), "click", move |event: Event| {
        if let Some(button) = dom::origin(&event, "button[data-action]") {
            act(&app, &button, cell_of(&event));
        }
    });
}

fn act(app: &App, button: &HtmlElement, cell: Option<CellId>) {
    let action = button.get_attribute("data-action").unwrap_or_default();
    match (action.as_str(), cell) {
        // The theme and the dialog's other button need no code here.
        ("run-all", _) => app.run_all(),
        ("reset", _) => app.ask_reset(),
        ("confirm-reset", _) => app.reset(),
        ("run", Some(cell)) => app.run(cell),
        ("cancel", Some(cell)) => app.cancel(cell),
        ("remove", _) => {
            let id = button
                .get_attribute("data-photo")
                .and_then(|id| id.parse().ok());
            if let Some(id) = id {
                app.remove_photo(id);
            }
        }
        ("download", Some(cell)) => {
            let named = |name| button.get_attribute(name).unwrap_or_default();
            let file_name = named("data-file");
            let request = if file_name.is_empty() {
                Request::ModelFile {
                    precision: if named("data-precision") == Precision::Float32.name() {
                        Precision::Float32
                    } else {
                        Precision::DynamicRange
                    },
                }
            } else {
                Request::File { file_name }
            };
            app.download(cell, request);
        }
        ("example", Some(cell)) => app.open_cell(cell, &[("model", "example")]),
        ("open-layer", _) => {
            let layer = button.get_attribute("data-layer").unwrap_or_default();
            sensitivity::open_layer(app, &layer);
        }
        ("save-png", Some(cell)) => {
            app.save_png(cell, &button.get_attribute("data-save").unwrap_or_default());
        }
        _ => {}
    }
}

/// Shift+Enter runs a cell and goes to the next; Ctrl+Enter or Cmd+Enter runs it in place.
fn keys(app: &Rc<App>) {
    let app = app.clone();
    dom::on(&dom::document(), "keydown", move |event: KeyboardEvent| {
        let in_place = event.ctrl_key() || event.meta_key();
        if event.key() != "Enter" || !(in_place || event.shift_key()) || event.repeat() {
            return;
        }
        if dom::origin(&event, ".question").is_some() {
            // There Enter belongs to the question, whether it checks it or begins a line.
            return;
        }
        if let Some(cell) = cell_of(&event) {
            // Else a focused button would be pressed as well.
            event.prevent_default();
            app.run(cell);
            if !in_place {
                app.focus_next(cell);
            }
        }
    });
}

fn controls(app: &Rc<App>) {
    for kind in ["input", "change"] {
        let app = app.clone();
        dom::on(&app.page.main.clone(), kind, move |event: Event| {
            let Some(cell) = cell_of(&event) else {
                return;
            };
            let input: Option<HtmlInputElement> =
                event.target().and_then(|target| target.dyn_into().ok());
            match input {
                Some(input) if input.type_() == "file" => {
                    if event.type_() == "change" {
                        take(&app, cell_of(&event), intake::files(input.files()));
                        // So that the same file can be chosen again.
                        input.set_value("");
                    }
                }
                _ => app.read_controls(cell, event.type_() == "change"),
            }
        });
    }
}

/// The cells that take files.
const TAKERS: [CellId; 2] = [CellId::Data, CellId::YourModel];

/// Files for a cell: a model for `your-model`, else photos.
fn take(app: &Rc<App>, cell: Option<CellId>, files: Vec<File>) {
    match cell {
        _ if files.is_empty() => {}
        Some(CellId::YourModel) => app.take_model(files),
        _ => app.add_files(files),
    }
}

/// Files dropped on a cell that takes such are taken; dropped elsewhere they must not replace the page.
fn drops(app: &Rc<App>) {
    let taker = |event: &DragEvent| cell_of(event).filter(|cell| TAKERS.contains(cell));
    let mark = |taker: Option<CellId>| {
        for each in TAKERS {
            if let Some(cell) = dom::by_id(each.name()) {
                dom::flag(&cell, "data-drop", taker == Some(each));
            }
        }
    };
    dom::on(&dom::document(), "dragover", move |event: DragEvent| {
        event.prevent_default();
        let taker = taker(&event);
        mark(taker);
        if let Some(transfer) = event.data_transfer() {
            transfer.set_drop_effect(if taker.is_some() { "copy" } else { "none" });
        }
    });
    dom::on(&dom::document(), "dragleave", move |_: DragEvent| {
        mark(None)
    });
    let app = app.clone();
    dom::on(&dom::document(), "drop", move |event: DragEvent| {
        event.prevent_default();
        mark(None);
        let files = intake::files(event.data_transfer().and_then(|transfer| transfer.files()));
        if let Some(taker) = taker(&event) {
            take(&app, Some(taker), files);
        }
    });
}

fn paste(app: &Rc<App>) {
    let app = app.clone();
    dom::on(&dom::document(), "paste", move |event: ClipboardEvent| {
        let files = intake::files(event.clipboard_data().and_then(|data| data.files()));
        if !files.is_empty() {
            event.prevent_default();
            app.add_files(files);
        } else if let Some(cell) = cell_of(&event)
            && pasted_length(&event) > MAX_TEXT
        {
            // The browser would be busy with it for a long time, or give up.
            event.prevent_default();
            app.refuse_text(cell);
        }
    });
}

/// The length of the text that is pasted. The text itself stays outside of wasm memory, which never shrinks.
fn pasted_length(event: &ClipboardEvent) -> u32 {
    let length = || {
        let data: JsValue = event.clipboard_data()?.into();
        let get: Function = Reflect::get(&data, &"getData".into())
            .ok()?
            .dyn_into()
            .ok()?;
        let text: JsString = get.call1(&data, &"text".into()).ok()?.dyn_into().ok()?;
        Some(text.length())
    };
    length().unwrap_or_default()
}

/// The charts follow the column's width and the theme.
fn repaints(app: &Rc<App>) {
    let themed = app.clone();
    app.page.on_theme(move || {
        themed.page.apply_theme();
        themed.repaint();
    });
    // The first call comes behind the first layout. To ask for the width here would have the browser lay out the whole
    // page in the same task that has built it.
    let width = Cell::new(None);
    let resized = app.clone();
    let closure = Closure::<dyn FnMut()>::new(move || {
        let now = resized.page.main.client_width();
        if width.replace(Some(now)).is_some_and(|before| before != now) {
            resized.repaint();
        }
    });
    if let Ok(observer) = ResizeObserver::new(closure.as_ref().unchecked_ref()) {
        observer.observe(&app.page.main);
    }
    closure.forget();
}
