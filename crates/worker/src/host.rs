//! The lab's outside world, made of what a Web Worker offers.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use octet_lab::{Host, Image, Outcome};
use octet_protocol::{FromWorker, LabError, Machine, Progress};
use web_sys::DedicatedWorkerGlobalScope;

use crate::{decode, fetch, machine, post, turn};

/// The page is told of progress this often; more would be work that nobody sees.
const PROGRESS_INTERVAL_MS: f64 = 50.0;

/// Requests that the reader has cancelled.
#[derive(Default)]
pub(crate) struct Cancelled(RefCell<BTreeSet<u32>>);

impl Cancelled {
    pub(crate) fn insert(&self, id: u32) {
        self.0.borrow_mut().insert(id);
    }

    pub(crate) fn remove(&self, id: u32) {
        self.0.borrow_mut().remove(&id);
    }

    fn contains(&self, id: u32) -> bool {
        self.0.borrow().contains(&id)
    }
}

/// The outside world while one request runs.
pub(crate) struct WorkerHost<'worker> {
    scope: &'worker DedicatedWorkerGlobalScope,
    cancelled: &'worker Cancelled,
    id: u32,
    last_progress: Cell<Option<f64>>,
}

impl<'worker> WorkerHost<'worker> {
    pub(crate) fn new(
        scope: &'worker DedicatedWorkerGlobalScope,
        cancelled: &'worker Cancelled,
        id: u32,
    ) -> Self {
        Self {
            scope,
            cancelled,
            id,
            last_progress: Cell::new(None),
        }
    }
}

impl Host for WorkerHost<'_> {
    fn now_ms(&self) -> f64 {
        self.scope.performance().map_or(0.0, |clock| clock.now())
    }

    fn machine(&self) -> Machine {
        machine::describe(self.scope)
    }

    async fn fetch(&self, path: &str) -> Result<Vec<u8>, LabError> {
        fetch::fetch(self.scope, path).await
    }

    async fn decode(&self, name: &str, bytes: Vec<u8>) -> Result<Image, LabError> {
        decode::decode(self.scope, name, &bytes).await
    }

    fn tell(&self, outcome: Outcome) {
        post::post(
            self.scope,
            &FromWorker::Partial {
                id: self.id,
                report: Box::new(outcome.report),
                attachments: outcome.attachments,
            },
        );
    }

    async fn step(&self, progress: Progress) -> Result<(), LabError> {
        let now = self.now_ms();
        if self
            .last_progress
            .get()
            .is_none_or(|last| now - last >= PROGRESS_INTERVAL_MS)
        {
            self.last_progress.set(Some(now));
            post::post(
                self.scope,
                &FromWorker::Progress {
                    id: self.id,
                    progress,
                },
            );
        }
        turn::next().await;
        if self.cancelled.contains(self.id) {
            Err(LabError::cancelled())
        } else {
            Ok(())
        }
    }
}
