//! Cell `size`: the length of both model files.

use octet_protocol::{Request, SizeReport};

use super::{CellId, Spec};
use crate::{format, prose, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "size",
    title: "How much smaller?",
    needs: |_| &[CellId::Quantize],
    controls: &[],
    prose: prose::SIZE,
    request: |_| Ok(Request::Size),
};

/// The printed text.
pub fn print(report: &SizeReport) -> String {
    let mut out = String::new();
    for file in &report.files {
        out.push_str(&format!(
            "{:<14}{:>9}  ({} bytes)\n",
            file.precision.name(),
            format::megabytes(file.bytes),
            format::grouped(file.bytes),
        ));
    }
    out.push_str(&format!("{:<14}{:>8.2}×  smaller\n", "ratio", report.ratio));
    out.push_str("1 MB = 1,000,000 bytes");
    out
}

/// Draws the report.
pub fn draw(report: &SizeReport, view: &CellView) {
    view.print(&print(report));
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{ModelFile, Precision};

    #[test]
    fn prints_both_sizes_and_the_ratio() {
        let file = |precision, bytes| ModelFile {
            precision,
            file_name: "m".into(),
            bytes,
        };
        let report = SizeReport {
            files: vec![
                file(Precision::Float32, 14_000_000),
                file(Precision::DynamicRange, 3_600_000),
            ],
            ratio: 14.0 / 3.6,
        };
        assert_eq!(
            print(&report),
            "float32        14.00 MB  (14,000,000 bytes)\n\
             dynamic_range   3.60 MB  (3,600,000 bytes)\n\
             ratio             3.89×  smaller\n\
             1 MB = 1,000,000 bytes"
        );
    }
}
