//! The words that the page and the worker share.
//!
//! One conversation: the page posts a [`ToWorker`], the worker answers with any number of
//! [`FromWorker::Progress`] and then exactly one of `Done` or `Failed` with the same `id`.
//! Everything here is plain data: no DOM, no Burn, no JavaScript.

mod error;
mod laboratory;
mod message;
mod report;
mod request;

pub use error::{ErrorKind, LabError};
pub use laboratory::*;
pub use message::{Attachment, FromWorker, Progress, ToWorker};
pub use report::*;
pub use request::{Backend, ModelName, Precision, Request};
