//! Cell `full-integer`.

use octet_protocol::{FullIntegerReport, FullIntegerRequest, Request};

use super::{CellId, Spec};
use crate::{prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "full-integer",
    title: "Integers all the way",
    needs: |_| &[CellId::Baseline],
    controls: &[],
    prose: prose::FULL_INTEGER,
    request: |_| Ok(Request::FullInteger(FullIntegerRequest {})),
};

/// Draws the report.
pub fn draw(_report: &FullIntegerReport, view: &CellView) {
    view.print("");
}
