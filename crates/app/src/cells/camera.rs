//! Cell `camera`: live pictures, in float32 and in full integer.

use octet_protocol::{CameraReport, CameraRequest, Request};

use super::{CellId, Spec, integers};
use crate::{app::Asker, camera::Live, format, prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "camera",
    title: "Live, from the camera",
    needs: |_| &[CellId::Baseline],
    controls: &[],
    prose: prose::CAMERA,
    request: |_| Ok(Request::Camera(CameraRequest {})),
};

/// The printed text.
pub fn print(report: &CameraReport) -> String {
    format!(
        "{}, {}\nfloat32       {:>10} a photo\nfull integer  {:>10} a photo, calibrated with {} images\n\nBoth are ready for frames of {side} × {side} pixels. Start the camera, or choose a video.",
        report.model.title(),
        integers::used_in_words(&report.kernels),
        format::milliseconds(report.float32_ms),
        format::milliseconds(report.full_integer_ms),
        report.samples,
        side = report.side,
    )
}

/// Draws the report.
pub fn draw(report: &CameraReport, view: &CellView, asker: &Asker) {
    view.print(&print(report));
    let live = Live::new(report.side, asker.clone());
    view.show_results(&[&live.element]);
    view.keep(live);
}
