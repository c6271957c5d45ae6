//! Cell `simulate`: quantize some weights and see what is lost.

use octet_protocol::{Request, SimulateReport};

use super::{Spec, scheme};
use crate::{prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "simulate",
    title: "Quantize some weights",
    needs: scheme::needs,
    controls: &[
        scheme::SOURCE,
        scheme::COUNT,
        scheme::SIGMA,
        scheme::SEED,
        scheme::LAYER,
        scheme::PASTED,
        scheme::BITS,
        scheme::SYMMETRY,
        scheme::SIGNED,
        scheme::NARROW,
        scheme::GRANULARITY,
        scheme::AXIS,
        scheme::BLOCK,
        scheme::OBSERVER,
        scheme::ROUNDING,
        scheme::ROUNDING_SEED,
    ],
    prose: prose::SIMULATE,
    request: |values| {
        Ok(Request::Simulate {
            source: scheme::source(values)?,
            scheme: scheme::scheme(values)?,
        })
    },
};

/// Draws the report.
pub fn draw(report: &SimulateReport, view: &CellView) {
    view.print(&report.title);
}
