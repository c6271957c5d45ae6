//! Cell `explorer`: bits and range by hand.

use octet_protocol::{ExplorerReport, Request};

use super::{Spec, scheme};
use crate::{link::Attachment, prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "explorer",
    title: "Bits and range, by hand",
    needs: scheme::needs,
    controls: &[
        scheme::SOURCE,
        scheme::COUNT,
        scheme::SIGMA,
        scheme::SEED,
        scheme::LAYER,
        scheme::PASTED,
    ],
    prose: prose::EXPLORER,
    request: |values| {
        Ok(Request::Explorer {
            source: scheme::source(values)?,
        })
    },
};

/// Draws the report.
pub fn draw(report: &ExplorerReport, _attachments: &[Attachment], view: &CellView) {
    view.print(&report.title);
}
