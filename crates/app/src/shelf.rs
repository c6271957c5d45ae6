//! The photos: what the model sees of each, and the files that the reader has added.

use js_sys::{Uint8Array, Uint8ClampedArray};
use octet_protocol::DataReport;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use crate::{dom, link::Attachment};

/// A photo of the reader's own. The bytes stay outside of wasm memory, which never shrinks.
pub struct Added {
    /// The file's name.
    pub name: String,
    /// The whole file.
    pub bytes: Uint8Array,
    /// The worker's id for it, once it has it.
    pub id: Option<u32>,
}

/// A change that the worker has yet to be told of.
pub enum Change {
    /// Remove the photo with this id.
    Remove(u32),
    /// Add the photo at this place of [`Shelf::added`].
    Add(usize),
}

/// The photos' pixels as the model sees them.
#[derive(Clone, Default)]
pub struct Photos(Vec<(u32, HtmlCanvasElement)>);

impl Photos {
    /// One photo's.
    pub fn canvas(&self, id: u32) -> Option<&HtmlCanvasElement> {
        self.0
            .iter()
            .find(|(of, _)| *of == id)
            .map(|(_, canvas)| canvas)
    }
}

/// The photos.
#[derive(Default)]
pub struct Shelf {
    photos: Photos,
    added: Vec<Added>,
    removed: Vec<u32>,
}

impl Shelf {
    /// Takes the pixels that came with a data report.
    pub fn receive(&mut self, attachments: &[Attachment]) {
        let canvases = attachments
            .iter()
            .filter_map(|attachment| {
                let id = attachment.name.strip_prefix("photo/")?.parse().ok()?;
                Some((id, canvas_of(&attachment.bytes)?))
            })
            .collect();
        self.photos = Photos(canvases);
    }

    /// The photos' pixels as the model sees them.
    pub fn photos(&self) -> &Photos {
        &self.photos
    }

    /// Whether the reader has added any.
    pub fn has_added(&self) -> bool {
        !self.added.is_empty()
    }

    /// A file of the reader's own, to be sent with the next run of `data`.
    pub fn add(&mut self, name: String, bytes: Uint8Array) {
        self.added.push(Added {
            name,
            bytes,
            id: None,
        });
    }

    /// The reader wants an added photo gone.
    pub fn remove(&mut self, id: u32) {
        self.added.retain(|added| added.id != Some(id));
        self.removed.push(id);
    }

    /// What the worker has yet to be told of.
    pub fn next_change(&self) -> Option<Change> {
        match self.removed.first() {
            Some(&id) => Some(Change::Remove(id)),
            None => self
                .added
                .iter()
                .position(|added| added.id.is_none())
                .map(Change::Add),
        }
    }

    /// The added photo at this place.
    pub fn added(&self, index: usize) -> Option<&Added> {
        self.added.get(index)
    }

    /// The worker has made a change; its report tells the new photo's id.
    pub fn settle(&mut self, change: &Change, report: &DataReport) {
        match *change {
            Change::Remove(id) => self.removed.retain(|&removed| removed != id),
            Change::Add(index) => {
                if let Some(added) = self.added.get_mut(index) {
                    // The reader's own come last, in the order in which they were added.
                    added.id = report.photos.last().map(|photo| photo.id);
                }
            }
        }
    }

    /// The worker could not make a change: it is not asked again. Returns the file's name.
    pub fn give_up(&mut self, change: &Change) -> Option<String> {
        match *change {
            Change::Remove(id) => {
                self.removed.retain(|&removed| removed != id);
                None
            }
            Change::Add(index) if index < self.added.len() => Some(self.added.remove(index).name),
            Change::Add(_) => None,
        }
    }

    /// A new worker has none of the reader's photos yet.
    pub fn forget_ids(&mut self) {
        self.removed.clear();
        for added in &mut self.added {
            added.id = None;
        }
    }
}

fn canvas_of(rgba: &Uint8Array) -> Option<HtmlCanvasElement> {
    let side = (f64::from(rgba.length()) / 4.0).sqrt() as u32;
    let canvas: HtmlCanvasElement = dom::create("canvas", &[]);
    canvas.set_width(side);
    canvas.set_height(side);
    let pixels = Uint8ClampedArray::new_with_byte_offset_and_length(
        &rgba.buffer(),
        rgba.byte_offset(),
        rgba.length(),
    );
    let image = ImageData::new_with_js_u8_clamped_array(&pixels, side).ok()?;
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context.put_image_data(&image, 0.0, 0.0).ok()?;
    Some(canvas)
}
