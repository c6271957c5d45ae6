//! The weights that the reader has trained: they stay on the page, and the browser keeps them for the next visit.

use js_sys::Uint8Array;
use octet_protocol::{Request, TrainBegin};

/// The weights, and where they are.
#[derive(Default)]
pub struct KeptWeights {
    // They stay outside of wasm memory.
    bytes: Option<Uint8Array>,
    from: Place,
}

/// Where they are.
#[derive(Default)]
enum Place {
    /// There are none.
    #[default]
    Nowhere,
    /// In the browser, from an earlier visit.
    Earlier,
    /// On the page, and on their way to the browser.
    Page,
    /// In the browser.
    Browser,
    /// On the page alone; the browser has said why.
    Refused(String),
}

impl KeptWeights {
    /// What the browser had kept. Weights that were trained meanwhile are newer.
    pub fn found(&mut self, bytes: Option<Uint8Array>) {
        if self.bytes.is_none() && bytes.is_some() {
            self.bytes = bytes;
            self.from = Place::Earlier;
        }
    }

    /// Takes weights, and returns them where they are to be kept: the same are not kept twice.
    pub fn take(&mut self, bytes: &Uint8Array) -> Option<Uint8Array> {
        let same = |kept: &Uint8Array| kept.to_vec() == bytes.to_vec();
        if self.bytes.as_ref().is_some_and(same) {
            return None;
        }
        self.bytes = Some(bytes.clone());
        self.from = Place::Page;
        Some(bytes.clone())
    }

    /// What the browser has said to keeping them.
    pub fn told(&mut self, kept: Result<(), String>) {
        if self.bytes.is_some() {
            self.from = match kept {
                Ok(()) => Place::Browser,
                Err(why) => Place::Refused(why),
            };
        }
    }

    /// Whether there are any.
    pub fn are_there(&self) -> bool {
        self.bytes.is_some()
    }

    /// The bytes that a request needs; they join on the JavaScript side.
    pub fn bytes_for(&self, request: &Request) -> Option<&Uint8Array> {
        match request {
            Request::Train(request) if request.begin != TrainBegin::Anew => self.bytes.as_ref(),
            _ => None,
        }
    }

    /// Where they are, for the reader.
    pub fn words(&self) -> String {
        match &self.from {
            Place::Nowhere => "This browser has kept no weights yet.".to_owned(),
            Place::Earlier => "This browser has kept the weights of an earlier visit: begin with them, or where they \
                               stopped, and nothing has to be trained again."
                .to_owned(),
            Place::Page => "The browser is keeping the weights…".to_owned(),
            Place::Browser => {
                "This browser has kept the best weights; they are there when you come back.".to_owned()
            }
            Place::Refused(why) => format!(
                "This browser does not keep the weights ({}). Download them to have them later.",
                why.trim_end_matches('.')
            ),
        }
    }
}
