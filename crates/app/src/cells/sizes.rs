//! Cell `sizes`: a network's parameters, counted in two ways.

use octet_protocol::{Request, SizesReport};

use super::{Control, ControlKind, Spec, always};
use crate::{prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "sizes",
    title: "Counting parameters",
    needs: |_| &[],
    controls: &[Control {
        name: "network",
        label: "network",
        is_shown: always,
        kind: ControlKind::Select(&[
            ("tiny_kws", "Tiny KWS"),
            ("mobilenet_like", "MobileNet-like"),
            ("small_mnist", "Small MNIST"),
            ("own", "your own"),
        ]),
    }],
    prose: prose::SIZES,
    request: |values| {
        Ok(Request::Sizes {
            title: values.get("network"),
            layers: String::new(),
        })
    },
};

/// Draws the report.
pub fn draw(report: &SizesReport, view: &CellView) {
    view.print(&report.title);
}
