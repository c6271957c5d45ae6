//! Cell `setup`: versions, the chosen backend, and what this browser offers.

use octet_protocol::{Backend, Request, SetupReport};

use super::{Control, ControlKind, Spec, always};
use crate::{format, prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "setup",
    title: "What this runs on",
    needs: |_| &[],
    controls: &[Control {
        name: "backend",
        label: "backend",
        is_shown: always,
        kind: ControlKind::Select(&[
            ("ndarray", "ndarray — the default"),
            ("flex", "flex — its faster successor"),
        ]),
    }],
    prose: prose::SETUP,
    request: |values| {
        let name = values.get("backend");
        let backend = Backend::ALL
            .into_iter()
            .find(|backend| backend.name() == name);
        Ok(Request::Setup {
            backend: backend.unwrap_or_default(),
        })
    },
};

/// The printed text.
pub fn print(report: &SetupReport) -> String {
    let machine = &report.machine;
    let yes = |is: bool| if is { "yes" } else { "no" };
    let said = |text: Option<String>| text.unwrap_or_else(|| "the browser does not say".to_owned());
    let rows = [
        ("Octet", report.octet_version.clone()),
        ("Burn", report.burn_version.clone()),
        ("backend", report.backend.name().to_owned()),
        ("wasm SIMD", yes(machine.wasm_simd).to_owned()),
        ("relaxed SIMD", yes(machine.relaxed_simd).to_owned()),
        ("cores", said(machine.cores.map(|cores| cores.to_string()))),
        (
            "memory",
            said(
                machine
                    .memory_gib
                    .map(|gib| format!("{gib} GiB, as the browser rounds it")),
            ),
        ),
        ("worker holds", format::megabytes(machine.wasm_memory_bytes)),
    ];
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, value)| format!("{name:<14}{value}"))
        .collect();
    lines.join("\n")
}

/// Draws the report.
pub fn draw(report: &SetupReport, view: &CellView) {
    view.print(&print(report));
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::Machine;

    #[test]
    fn prints_what_the_browser_says_and_what_it_does_not() {
        let report = SetupReport {
            octet_version: "0.1.0".into(),
            burn_version: "0.22.1".into(),
            backend: Backend::Flex,
            machine: Machine {
                wasm_simd: true,
                relaxed_simd: false,
                cores: Some(8),
                memory_gib: None,
                wasm_memory_bytes: 12_300_000,
            },
        };
        let text = print(&report);
        assert!(text.contains("backend       flex"));
        assert!(text.contains("relaxed SIMD  no"));
        assert!(text.contains("memory        the browser does not say"));
        assert!(text.ends_with("worker holds  12.30 MB"));
    }
}
