//! The words that the page and the worker share.
//!
//! One conversation: the page posts a [`ToWorker`], the worker answers with any number of
//! [`FromWorker::Progress`] and [`FromWorker::Partial`], and then exactly one of `Done` or `Failed` with the same `id`.
//! Everything here is plain data: no DOM, no Burn, no JavaScript.

mod anatomy;
mod arena;
mod calibrate;
mod camera;
mod convert;
mod draw;
mod error;
mod figures;
mod full_integer;
mod inspect;
mod integers;
mod interpreter;
mod laboratory;
mod message;
mod ptq;
mod pytorch;
mod qat;
mod regression;
mod report;
mod request;
mod rescue;
mod sensitivity;
mod sweep;
mod tradeoff;
mod train;
mod troubleshoot;
mod your_model;

pub use anatomy::*;
pub use arena::*;
pub use calibrate::*;
pub use camera::*;
pub use convert::*;
pub use draw::*;
pub use error::{ErrorKind, LabError};
pub use figures::grouped;
pub use full_integer::*;
pub use inspect::*;
pub use integers::*;
pub use interpreter::*;
pub use laboratory::*;
pub use message::{Attachment, FromWorker, Progress, ToWorker};
pub use ptq::*;
pub use pytorch::*;
pub use qat::*;
pub use regression::*;
pub use report::*;
pub use request::{Backend, ModelName, Precision, Request};
pub use rescue::*;
pub use sensitivity::*;
pub use sweep::*;
pub use tradeoff::*;
pub use train::*;
pub use troubleshoot::*;
pub use your_model::*;
