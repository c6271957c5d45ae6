//! Cell `sizes`: a network's parameters, counted in two ways.

use octet_protocol::{Request, SizesReport};

use super::{Control, ControlKind, Spec, always};
use crate::{
    format, prose,
    table::{self, Column},
    values::Values,
    view::CellView,
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "sizes",
    title: "Counting parameters",
    needs: |_| &[],
    controls: &[
        Control {
            name: "network",
            label: "network",
            is_shown: always,
            kind: ControlKind::Select(&[
                ("tiny_kws", "Tiny KWS"),
                ("mobilenet_like", "MobileNet-like"),
                ("small_mnist", "Small MNIST"),
                ("own", "your own"),
            ]),
        },
        Control {
            name: "tiny_kws",
            label: LABEL,
            is_shown: |values| values.get("network") == "tiny_kws",
            kind: ControlKind::Text {
                default: include_str!("../../../../www/networks/tiny_kws.txt"),
            },
        },
        Control {
            name: "mobilenet_like",
            label: LABEL,
            is_shown: |values| values.get("network") == "mobilenet_like",
            kind: ControlKind::Text {
                default: include_str!("../../../../www/networks/mobilenet_like.txt"),
            },
        },
        Control {
            name: "small_mnist",
            label: LABEL,
            is_shown: |values| values.get("network") == "small_mnist",
            kind: ControlKind::Text {
                default: include_str!("../../../../www/networks/small_mnist.txt"),
            },
        },
        Control {
            name: "own",
            label: LABEL,
            is_shown: |values| values.get("network") == "own",
            kind: ControlKind::Text {
                default: "input 32x32x3\nconv 3x3 out 8 stride 2\nglobal pool\ndense out 2\n",
            },
        },
    ],
    prose: prose::SIZES,
    request: |values| {
        Ok(Request::Sizes {
            title: title(values).to_owned(),
            layers: values.get(&values.get("network")),
        })
    },
};

const LABEL: &str = "layers, one a line: add, remove or change them";

const COLUMNS: [Column; 5] = [
    Column::text("layer"),
    Column::figure("output"),
    Column::figure("as listed"),
    Column::figure("by shape"),
    Column::text("why"),
];

fn title(values: &Values) -> &'static str {
    match values.get("network").as_str() {
        "mobilenet_like" => "MobileNet-like",
        "small_mnist" => "Small MNIST",
        "own" => "your own network",
        _ => "Tiny KWS",
    }
}

/// Bytes in the units of the listing: `65.05 KB` of 1,024 bytes.
fn kib(bytes: u64) -> String {
    format!("{:.2} KiB", bytes as f64 / 1024.0)
}

/// The printed text.
pub fn print(report: &SizesReport) -> String {
    let line = |name: &str, parameters: u64| {
        format!(
            "{name:<22}{:>12} parameters  float32 {:>13}  int8 {:>12}\n",
            format::grouped(parameters),
            kib(parameters.saturating_mul(4)),
            kib(parameters),
        )
    };
    let mut out = format!("{}\n\n", report.title);
    out.push_str(&line("as the lines list them", report.declared));
    out.push_str(&line("as the shapes demand", report.inferred));
    if report.declared == report.inferred {
        out.push_str("\nboth counts agree\n");
    } else {
        let (more, fewer) = if report.inferred > report.declared {
            (report.inferred, report.declared)
        } else {
            (report.declared, report.inferred)
        };
        let side = if report.inferred > report.declared {
            "too few"
        } else {
            "too many"
        };
        out.push_str(&format!(
            "\nthe list counts {} parameters {side}\n",
            format::grouped(more - fewer)
        ));
    }
    // Biases stay int32 in an int8 model.
    let int8 = report
        .inferred
        .saturating_add(report.biases.saturating_mul(3));
    out.push_str(&format!(
        "with biases in int32, as TFLite keeps them, int8 takes {}\nlargest input and output of one layer together: {} in int8, {} in float32",
        kib(int8),
        kib(report.peak_activation),
        kib(report.peak_activation.saturating_mul(4)),
    ));
    out
}

/// Draws the report.
pub fn draw(report: &SizesReport, view: &CellView) {
    view.print(&print(report));
    let rows: Vec<Vec<String>> = report
        .rows
        .iter()
        .map(|row| {
            let output: Vec<String> = row.output.iter().map(|&n| format::grouped(n)).collect();
            vec![
                row.line.clone(),
                output.join("×"),
                format::grouped(row.declared),
                format::grouped(row.inferred),
                row.why.clone(),
            ]
        })
        .collect();
    view.show_results(&[&table::scrolling(
        "Parameters of each layer, by both ways of counting",
        &COLUMNS,
        &rows,
    )]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::CellId;

    #[test]
    fn the_chosen_network_is_counted() {
        let mut values = Values::new(CellId::Sizes);
        values.set("network", "small_mnist");
        let Ok(Request::Sizes { title, layers }) = (SPEC.request)(&values) else {
            panic!("another request");
        };
        assert_eq!(title, "Small MNIST");
        assert!(layers.starts_with("input 28x28x1\n"));
    }

    #[test]
    fn says_by_how_much_the_list_is_wrong() {
        let mut report = SizesReport {
            title: "Small MNIST".into(),
            rows: vec![],
            declared: 20_490,
            inferred: 12_810,
            biases: 58,
            peak_activation: 16_384,
        };
        let text = print(&report);
        assert!(text.contains("the list counts 7,680 parameters too many"));
        assert!(text.contains("int8 takes 12.68 KiB"));
        report.declared = report.inferred;
        assert!(print(&report).contains("both counts agree"));
    }
}
