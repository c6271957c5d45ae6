//! The model of the reader's own that is to be looked at: the file stays on the page and goes along with every run.

use js_sys::Uint8Array;
use octet_protocol::{OwnSource, Request};

use crate::{format, intake::Taken};

/// The file, and the names of its classes if they are in a file of their own.
#[derive(Default)]
pub struct OwnModel {
    // The bytes stay outside of wasm memory, which never shrinks.
    file: Option<Taken>,
    labels: Option<(String, String)>,
}

impl OwnModel {
    /// Takes a model in place of the one before, whose names do not belong to it.
    pub fn take(&mut self, file: Taken) {
        self.file = Some(file);
        self.labels = None;
    }

    /// Takes the names of the classes: a file's name and its text.
    pub fn take_labels(&mut self, name: String, text: String) {
        self.labels = Some((name, text));
    }

    /// Whether there is a file.
    pub fn is_there(&self) -> bool {
        self.file.is_some() || self.labels.is_some()
    }

    /// Adds what the worker has to know, except for the bytes, to a request.
    pub fn join(&self, request: &mut Request) {
        let Request::YourModel(request) = request else {
            return;
        };
        if request.source == OwnSource::Example {
            return;
        }
        if let Some(file) = &self.file {
            request.name.clone_from(&file.name);
        }
        if let Some((_, text)) = &self.labels {
            request.labels_text.clone_from(text);
        }
    }

    /// The bytes that a request needs; they join on the JavaScript side.
    pub fn bytes_for(&self, request: &Request) -> Option<&Uint8Array> {
        match request {
            Request::YourModel(request) if request.source == OwnSource::File => {
                self.file.as_ref().map(|file| &file.bytes)
            }
            _ => None,
        }
    }

    /// What is chosen, for the reader.
    pub fn words(&self) -> String {
        let file = self.file.as_ref().map(|file| {
            let size = format::megabytes(u64::from(file.bytes.length()));
            format!("“{}”, {size}", file.name)
        });
        let labels = self.labels.as_ref();
        let labels = labels.map(|(name, _)| format!("names of classes from “{name}”"));
        let both: Vec<String> = file.into_iter().chain(labels).collect();
        both.join("; ")
    }
}
