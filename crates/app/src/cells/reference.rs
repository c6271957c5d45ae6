//! Cell `reference`: the formulas, and what has been measured of each type.

use octet_protocol::{ReferenceReport, Request};

use super::Spec;
use crate::{prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "reference",
    title: "Formulas, and which type to choose",
    needs: |_| &[],
    controls: &[],
    prose: prose::REFERENCE,
    request: |_| Ok(Request::Reference),
};

/// Draws the report.
pub fn draw(report: &ReferenceReport, view: &CellView) {
    view.print(report.model_title.as_deref().unwrap_or(""));
}
