//! The line to the worker.

use std::rc::Rc;

use js_sys::{Array, Reflect, Uint8Array};
use octet_protocol::{FromWorker, Report, ToWorker};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{ErrorEvent, Event, MessageEvent, Worker};

use crate::dom;

/// Relative to the page, so that the site works from any folder.
const URL: &str = "./octet-worker_loader.js";

/// Bytes that came with a report, left on the JavaScript side: wasm memory never shrinks.
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Uint8Array,
}

/// What the worker has said.
pub enum Heard {
    /// A message. `report` is its report as it came, to be kept as JSON.
    Message {
        /// The message, without its attachments.
        message: FromWorker,
        /// The report as a JavaScript value; undefined where there is none.
        report: JsValue,
        /// The attachments.
        attachments: Vec<Attachment>,
    },
    /// The worker cannot go on: it did not load, or died, or talks nonsense.
    Broken(String),
}

/// A worker. Dropping it ends it.
pub struct Link {
    worker: Worker,
    // The worker calls these for as long as it lives.
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl Link {
    /// Starts a worker. `tell` is called with everything that it says, never before this returns.
    pub fn open(tell: Rc<dyn Fn(Heard)>) -> Result<Self, String> {
        // The loader reads there which worker is asked for.
        let search = dom::window().location().search().unwrap_or_default();
        let worker = Worker::new(&format!("{URL}{search}")).map_err(|error| words(&error))?;
        let on_message = {
            let tell = tell.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                tell(hear(&event.data()).unwrap_or_else(Heard::Broken));
            })
        };
        let on_error = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            event.prevent_default();
            let said = match event.dyn_ref::<ErrorEvent>() {
                Some(error) if !error.message().is_empty() => error.message(),
                // A script that is not there gives an event without words.
                _ => "its script could not be loaded".to_owned(),
            };
            tell(Heard::Broken(said));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        worker
            .add_event_listener_with_callback("messageerror", on_error.as_ref().unchecked_ref())
            .map_err(|error| words(&error))?;
        Ok(Self {
            worker,
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    /// Posts a message. `bytes` take the place of the request's own, and are copied.
    pub fn post(&self, message: &ToWorker, bytes: Option<&Uint8Array>) -> Result<(), String> {
        let value = value(message, bytes)?;
        self.worker
            .post_message(&value)
            .map_err(|error| words(&error))
    }

    /// The same, but the bytes are the worker's afterwards, and no longer here.
    pub fn hand_over(&self, message: &ToWorker, bytes: Option<&Uint8Array>) -> Result<(), String> {
        let value = value(message, bytes)?;
        let buffers: Array = bytes.iter().map(|bytes| bytes.buffer()).collect();
        self.worker
            .post_message_with_transfer(&value, &buffers)
            .map_err(|error| words(&error))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// A message for JavaScript.
fn value(message: &ToWorker, bytes: Option<&Uint8Array>) -> Result<JsValue, String> {
    let value = message
        .serialize(&serde_wasm_bindgen::Serializer::new())
        .map_err(|error| error.to_string())?;
    if let Some(bytes) = bytes {
        Reflect::get(&value, &"request".into())
            .and_then(|request| Reflect::set(&request, &"bytes".into(), bytes))
            .map_err(|error| words(&error))?;
    }
    Ok(value)
}

fn hear(data: &JsValue) -> Result<Heard, String> {
    let attachments = take_attachments(data).map_err(|error| words(&error))?;
    let report = Reflect::get(data, &"report".into()).map_err(|error| words(&error))?;
    Ok(Heard::Message {
        message: decode(data)?,
        report,
        attachments,
    })
}

/// Reads a message.
///
/// The derived code would do this in one call, but both enums carry their tag inside, and for that
/// serde copies everything once more: that alone was a quarter of this program.
fn decode(data: &JsValue) -> Result<FromWorker, String> {
    Ok(match field::<String>(data, "type")?.as_str() {
        "ready" => FromWorker::Ready,
        "progress" => FromWorker::Progress {
            id: field(data, "id")?,
            progress: field(data, "progress")?,
        },
        "partial" => {
            let report = Reflect::get(data, &"report".into()).map_err(|error| words(&error))?;
            FromWorker::Partial {
                id: field(data, "id")?,
                report: Box::new(decode_report(report)?),
                attachments: Vec::new(),
            }
        }
        "done" => {
            let report = Reflect::get(data, &"report".into()).map_err(|error| words(&error))?;
            FromWorker::Done {
                id: field(data, "id")?,
                report: Box::new(decode_report(report)?),
                attachments: Vec::new(),
            }
        }
        "failed" => FromWorker::Failed {
            id: field(data, "id")?,
            error: field(data, "error")?,
        },
        "crashed" => FromWorker::Crashed {
            message: field(data, "message")?,
        },
        other => return Err(format!("it sent a message of the unknown type “{other}”")),
    })
}

/// Reads a report.
pub fn decode_report(report: JsValue) -> Result<Report, String> {
    Ok(match field::<String>(&report, "cell")?.as_str() {
        "setup" => Report::Setup(typed(report)?),
        "data" => Report::Data(typed(report)?),
        "baseline" => Report::Baseline(typed(report)?),
        "quantize" => Report::Quantize(typed(report)?),
        "size" => Report::Size(typed(report)?),
        "inference" => Report::Inference(typed(report)?),
        "accuracy" => Report::Accuracy(typed(report)?),
        "visualize" => Report::Visualize(typed(report)?),
        "simulate" => Report::Simulate(Box::new(typed(report)?)),
        "explorer" => Report::Explorer(typed(report)?),
        "weights" => Report::Weights(typed(report)?),
        "sizes" => Report::Sizes(typed(report)?),
        "reference" => Report::Reference(typed(report)?),
        "full_integer" => Report::FullInteger(Box::new(typed(report)?)),
        "interpreter" => Report::Interpreter(Box::new(typed(report)?)),
        "inspect" => Report::Inspect(Box::new(typed(report)?)),
        "tensor" => Report::Tensor(Box::new(typed(report)?)),
        "convert" => Report::Convert(Box::new(typed(report)?)),
        "your_model" => Report::YourModel(Box::new(typed(report)?)),
        "camera" => Report::Camera(Box::new(typed(report)?)),
        "sweep" => Report::Sweep(Box::new(typed(report)?)),
        "sensitivity" => Report::Sensitivity(Box::new(typed(report)?)),
        "calibrate" => Report::Calibrate(Box::new(typed(report)?)),
        "arena" => Report::Arena(Box::new(typed(report)?)),
        "frame" => Report::Frame(typed(report)?),
        "troubleshoot" => Report::Troubleshoot(typed(report)?),
        "rescue" => Report::Rescue(Box::new(typed(report)?)),
        "train" => Report::Train(Box::new(typed(report)?)),
        "tradeoff" => Report::Tradeoff(Box::new(typed(report)?)),
        "qat" => Report::Qat(Box::new(typed(report)?)),
        "draw" => Report::Draw(typed(report)?),
        "drawn" => Report::Drawn(Box::new(typed(report)?)),
        "ptq" => Report::Ptq(Box::new(typed(report)?)),
        "regression" => Report::Regression(Box::new(typed(report)?)),
        "pytorch" => Report::Pytorch(Box::new(typed(report)?)),
        "file" => Report::File(typed(report)?),
        "model_file" => Report::ModelFile(typed(report)?),
        other => return Err(format!("it sent a report of the unknown cell “{other}”")),
    })
}

fn field<T: DeserializeOwned>(object: &JsValue, name: &str) -> Result<T, String> {
    typed(Reflect::get(object, &name.into()).map_err(|error| words(&error))?)
}

fn typed<T: DeserializeOwned>(value: JsValue) -> Result<T, String> {
    serde_wasm_bindgen::from_value(value)
        .map_err(|error| format!("the page did not understand it ({error})"))
}

/// Takes the attachments out of a message before serde would copy them into wasm memory.
fn take_attachments(data: &JsValue) -> Result<Vec<Attachment>, JsValue> {
    let key = JsValue::from_str("attachments");
    let Ok(list) = Reflect::get(data, &key)?.dyn_into::<Array>() else {
        return Ok(Vec::new());
    };
    Reflect::set(data, &key, &Array::new())?;
    let mut attachments = Vec::new();
    for item in list.iter() {
        let name = Reflect::get(&item, &"name".into())?
            .as_string()
            .unwrap_or_default();
        let bytes = Reflect::get(&item, &"bytes".into())?.dyn_into()?;
        attachments.push(Attachment { name, bytes });
    }
    Ok(attachments)
}

/// A JavaScript error in words.
pub fn words(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => error
            .as_string()
            .unwrap_or_else(|| "no reason was given".to_owned()),
    }
}
