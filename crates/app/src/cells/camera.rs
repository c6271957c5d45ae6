//! Cell `camera`.

use octet_protocol::{CameraReport, CameraRequest, Request};

use super::{CellId, Spec};
use crate::{prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "camera",
    title: "Live, from the camera",
    needs: |_| &[CellId::Baseline],
    controls: &[],
    prose: prose::CAMERA,
    request: |_| Ok(Request::Camera(CameraRequest {})),
};

/// Draws the report.
pub fn draw(_report: &CameraReport, view: &CellView) {
    view.print("");
}
