//! Cell `draw`: a digit of the reader's own, read by every form of the network.

use octet_protocol::{DrawReport, DrawRequest, Request};

use super::{CellId, Spec, integers::used_in_words, ptq::SAMPLES, scheme::whole};
use crate::{app::Asker, pad::Pad, prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "draw",
    title: "Draw a digit",
    needs: |_| &[CellId::Train],
    controls: &[SAMPLES],
    prose: prose::DRAW,
    request: |values| {
        Ok(Request::Draw(DrawRequest {
            samples: whole(values, &SAMPLES)?,
        }))
    },
};

/// The printed text.
pub fn print(report: &DrawReport) -> String {
    format!(
        "{} forms of your network are ready, {}\nfull integer is calibrated with {} digits",
        report.forms.len(),
        used_in_words(&report.kernels),
        report.samples
    )
}

/// Draws the report.
pub fn draw(report: &DrawReport, view: &CellView, asker: &Asker) {
    view.print(&print(report));
    let pad = Pad::new(report.test, asker.clone());
    view.show_results(&[&pad.element]);
    view.keep(pad);
}
