//! What the lab needs of the outside world.

use octet_protocol::{LabError, Machine, Progress};

use crate::session::Outcome;

/// The outside world: in the browser the Web Worker, on a developer's machine the file system.
#[expect(
    async_fn_in_trait,
    reason = "a worker has one thread; nothing needs to be Send"
)]
pub trait Host {
    /// A clock in milliseconds, for differences.
    fn now_ms(&self) -> f64;

    /// What there is to know of the machine.
    fn machine(&self) -> Machine;

    /// A file that belongs to the page, for example `models/mobilenet_v2.safetensors`.
    ///
    /// # Errors
    /// The file is not there or did not arrive whole.
    async fn fetch(&self, path: &str) -> Result<Vec<u8>, LabError>;

    /// The pixels of an image file, turned upright where the file says so.
    ///
    /// # Errors
    /// Nothing here can decode the file.
    async fn decode(&self, name: &str, bytes: Vec<u8>) -> Result<Image, LabError>;

    /// Called between any two steps that take a while: shows progress, and lets a Cancel arrive.
    ///
    /// # Errors
    /// [`LabError::cancelled`].
    async fn step(&self, progress: Progress) -> Result<(), LabError>;

    /// Shows what has been found so far, in place of what was shown before.
    fn tell(&self, outcome: Outcome);
}

/// A decoded image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Red, green, blue, alpha (not premultiplied); row by row, `width · height · 4` bytes.
    pub rgba: Vec<u8>,
}
