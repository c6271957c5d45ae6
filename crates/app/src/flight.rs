//! The one request that the worker is busy with.

use octet_protocol::{LabError, Progress, Report, Request};
use wasm_bindgen::JsValue;

use crate::{cells::CellId, format, link::Attachment, shelf::Change};

/// Why a request was made.
pub enum Step {
    /// To run a cell.
    Cell,
    /// To tell the worker of a photo that was added or removed, as part of a run of `data`.
    Change(Change),
    /// To save a file.
    Download,
}

/// A request under way.
pub struct Flight {
    /// The worker answers with it.
    pub id: u32,
    /// The cell that shows how it goes.
    pub cell: CellId,
    /// Why it was made.
    pub step: Step,
    /// The request, until it has been posted: a worker that still loads would lose it.
    pub request: Option<Request>,
    /// When the cell was started.
    pub started: f64,
    /// The last that was heard.
    pub progress: Option<Progress>,
    /// The reader has pressed Cancel.
    pub is_cancelled: bool,
    /// The newest report, typed and as it came.
    pub report: Option<(Report, JsValue)>,
    /// What came with it.
    pub attachments: Vec<Attachment>,
    /// Photos that could not be added.
    pub problems: Vec<LabError>,
}

impl Flight {
    /// A run of a cell.
    pub fn run(id: u32, cell: CellId, request: Request, started: f64) -> Self {
        Self {
            id,
            cell,
            step: Step::Cell,
            request: Some(request),
            started,
            progress: None,
            is_cancelled: false,
            report: None,
            attachments: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The saving of a file that a cell has made.
    pub fn download(id: u32, cell: CellId, request: Request, started: f64) -> Self {
        Self {
            step: Step::Download,
            ..Self::run(id, cell, request, started)
        }
    }

    /// What it does now, for the reader.
    pub fn label(&self) -> &str {
        match &self.progress {
            _ if self.is_cancelled => "cancelling…",
            _ if self.request.is_some() => "loading the lab…",
            Some(progress) => &progress.label,
            None => "",
        }
    }

    /// How long it has taken, and may yet take.
    pub fn clock(&self, now: f64) -> String {
        let elapsed = now - self.started;
        let clock = format::duration(elapsed);
        let left = self
            .progress
            .as_ref()
            .filter(|_| !self.is_cancelled)
            .and_then(|progress| format::time_left(elapsed, progress.done, progress.total));
        match left {
            Some(left) => format!("{clock}, {left}"),
            None => clock,
        }
    }

    /// How much is done, from 0 to 1.
    pub fn part(&self) -> f64 {
        self.progress.as_ref().map_or(0.0, |progress| {
            f64::from(progress.done) / f64::from(progress.total.max(1))
        })
    }
}
