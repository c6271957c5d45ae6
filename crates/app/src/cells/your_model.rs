//! Cell `your-model`.

use octet_protocol::{Request, YourModelReport, YourModelRequest};

use super::{CellId, Spec};
use crate::{prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "your-model",
    title: "A model of your own",
    needs: |_| &[CellId::Baseline],
    controls: &[],
    prose: prose::YOUR_MODEL,
    request: |_| Ok(Request::YourModel(YourModelRequest {})),
};

/// Draws the report.
pub fn draw(_report: &YourModelReport, view: &CellView) {
    view.print("");
}
