//! Cell `convert`.

use octet_protocol::{ConvertReport, ConvertRequest, Request};

use super::{CellId, Spec};
use crate::{prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "convert",
    title: "The converter and its options",
    needs: |_| &[CellId::Baseline],
    controls: &[],
    prose: prose::CONVERT,
    request: |_| Ok(Request::Convert(ConvertRequest {})),
};

/// Draws the report.
pub fn draw(_report: &ConvertReport, view: &CellView) {
    view.print("");
}
