//! The envelopes.

use serde::{Deserialize, Serialize};

use crate::{LabError, Report, Request};

/// From the page to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToWorker {
    /// Do this.
    Run {
        /// Chosen by the page; comes back with every answer.
        id: u32,
        /// What to do.
        request: Request,
    },
    /// Stop the request with this id at its next step. Its answer is `Failed` with `cancelled`.
    Cancel {
        /// The id of the request to stop.
        id: u32,
    },
}

/// From the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromWorker {
    /// The worker has loaded and takes requests. Posted once, first.
    Ready,
    /// How far a request has come.
    Progress {
        /// The request's id.
        id: u32,
        /// How far.
        progress: Progress,
    },
    /// What a request has found so far; the next such report, or the result, takes its place.
    Partial {
        /// The request's id.
        id: u32,
        /// The cell's report as it stands.
        report: Box<Report>,
        /// As with the result.
        attachments: Vec<Attachment>,
    },
    /// A request's result.
    Done {
        /// The request's id.
        id: u32,
        /// The typed report; boxed, since it is far larger than the other messages.
        report: Box<Report>,
        /// Bytes too large for a report that is kept on the page as JSON.
        attachments: Vec<Attachment>,
    },
    /// A request's error.
    Failed {
        /// The request's id.
        id: u32,
        /// What was wrong.
        error: LabError,
    },
    /// The worker panicked: it answers nothing more and must be replaced.
    Crashed {
        /// The panic's message.
        message: String,
    },
}

/// How far a request has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps finished.
    pub done: u32,
    /// Steps in all; at least 1.
    pub total: u32,
    /// What is being done now, for example "float32, photo 2 of 4, layer 17 of 53".
    pub label: String,
}

/// A named piece of binary data that goes with a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// What it is: a file name, or `photo/<id>` for a photo's pixels.
    pub name: String,
    /// The bytes. A photo's are RGBA, 8 bits a channel, `224 · 224 · 4` of them, row by row.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}
