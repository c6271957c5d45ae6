//! The experiments: a request comes in, a typed report goes out. No DOM and no JavaScript: what the lab
//! needs of the outside world is the [`Host`] that it is given.

mod accuracy;
mod anatomy;
mod baseline;
mod camera;
mod classes;
mod convert;
mod crops;
mod data;
mod explorer;
mod full_integer;
mod hardware;
mod host;
mod inference;
mod inspect;
mod integers;
mod interpreter;
mod layer_lines;
mod measure;
mod micro;
mod models;
mod pasted;
mod photo;
mod predict;
mod quantize;
mod reference;
mod rescue;
mod resize;
mod session;
mod setup;
mod simulate;
mod size;
mod sizes;
mod source;
mod troubleshoot;
mod visualize;
mod weights;
mod your_model;

pub use host::{Host, Image};
pub use resize::resize;
pub use session::{Outcome, Session};
