//! Cell `interpreter`.

use octet_protocol::{InterpreterReport, InterpreterRequest, Request};

use super::{CellId, Spec};
use crate::{prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "interpreter",
    title: "An interpreter, step by step",
    needs: |_| &[CellId::Baseline],
    controls: &[],
    prose: prose::INTERPRETER,
    request: |_| Ok(Request::Interpreter(InterpreterRequest {})),
};

/// Draws the report.
pub fn draw(_report: &InterpreterReport, view: &CellView) {
    view.print("");
}
