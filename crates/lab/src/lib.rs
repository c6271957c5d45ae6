//! The experiments: a request comes in, a typed report goes out. No DOM and no JavaScript: what the lab
//! needs of the outside world is the [`Host`] that it is given.

mod accuracy;
mod baseline;
mod classes;
mod data;
mod host;
mod inference;
mod models;
mod photo;
mod predict;
mod quantize;
mod resize;
mod session;
mod setup;
mod size;
mod visualize;

pub use host::{Host, Image};
pub use resize::resize;
pub use session::{Outcome, Session};
