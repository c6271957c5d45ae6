//! Cell `inspect`.

use octet_protocol::{InspectReport, InspectRequest, Request};

use super::{CellId, Spec};
use crate::{prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "inspect",
    title: "The graph, taken apart",
    needs: |_| &[CellId::Baseline],
    controls: &[],
    prose: prose::INSPECT,
    request: |_| Ok(Request::Inspect(InspectRequest {})),
};

/// Draws the report.
pub fn draw(_report: &InspectReport, view: &CellView) {
    view.print("");
}
