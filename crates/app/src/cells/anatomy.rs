//! What a `.tflite` file is made of, in words and tables.

use std::collections::BTreeMap;

use octet_protocol::{
    FileAnatomy, FileKind, Hardware, HardwareFit, OperatorCount, TensorDetails, TypeCount, Verdict,
};
use web_sys::HtmlElement;

use crate::{
    format,
    table::{self, Column},
};

const HARDWARE_COLUMNS: [Column; 3] = [
    Column::text("hardware"),
    Column::text("runs?"),
    Column::text("why"),
];
const TYPE_COLUMNS: [Column; 4] = [
    Column::text("type"),
    Column::figure("constants"),
    Column::figure("their bytes"),
    Column::figure("computed or put in"),
];
const EDGE_COLUMNS: [Column; 5] = [
    Column::text("edge"),
    Column::text("shape"),
    Column::text("type"),
    Column::figure("scale"),
    Column::figure("zero point"),
];

/// A kind of file in words.
pub fn kind_in_words(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Float32 => "float32",
        FileKind::Float16 => "float16 weights",
        FileKind::DynamicRange => "dynamic range",
        FileKind::FullInteger => "full integer",
        FileKind::Mixed => "integers in part",
    }
}

/// `float32 → int8`: what goes in and what comes out.
pub fn edges(file: &FileAnatomy) -> String {
    let types = |tensors: &[TensorDetails]| {
        let types: Vec<&str> = tensors.iter().map(|tensor| tensor.dtype.as_str()).collect();
        types.join(", ")
    };
    format!("{} → {}", types(&file.inputs), types(&file.outputs))
}

/// What an option changed, in sentences.
pub fn changes(before: &FileAnatomy, after: &FileAnatomy) -> String {
    let mut sentences = Vec::new();
    if let Some(types) = constants(before, after) {
        sentences.push(types);
    }
    sentences.extend(activations(before, after));
    sentences.extend(inserted(before, after));
    sentences.extend(versions(before, after));
    for (what, before, after) in [
        ("Input", &before.inputs, &after.inputs),
        ("Output", &before.outputs, &after.outputs),
    ] {
        sentences.extend(edge_change(what, before, after));
    }
    if before.arena_bytes != after.arena_bytes {
        sentences.push(format!(
            "Arena: {} → {}.",
            format::megabytes(before.arena_bytes),
            format::megabytes(after.arena_bytes)
        ));
    }
    match (sentences.is_empty(), before.bytes == after.bytes) {
        (true, true) => "Nothing.".to_owned(),
        (true, false) => "Only the length of what is stored.".to_owned(),
        _ => sentences.join(" "),
    }
}

/// Each type's count in both files, in alphabetical order.
fn by_type(
    before: &FileAnatomy,
    after: &FileAnatomy,
    count: impl Fn(&TypeCount) -> u32,
) -> Vec<(String, u32, u32)> {
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for each in &before.types {
        counts.entry(&each.dtype).or_default().0 = count(each);
    }
    for each in &after.types {
        counts.entry(&each.dtype).or_default().1 = count(each);
    }
    let counts = counts.into_iter();
    counts
        .map(|(name, (before, after))| (name.to_owned(), before, after))
        .collect()
}

fn constants(before: &FileAnatomy, after: &FileAnatomy) -> Option<String> {
    let counts = by_type(before, after, |each| each.constants);
    let bytes = |file: &FileAnatomy| file.types.iter().map(|each| each.constant_bytes).sum();
    let (old, new): (u64, u64) = (bytes(before), bytes(after));
    let changed = listed(&counts);
    if changed.is_empty() && old == new {
        return None;
    }
    let sizes = format!("{} → {}", format::megabytes(old), format::megabytes(new));
    Some(match changed.is_empty() {
        true => format!("Constants: {sizes}."),
        false => format!("Constants: {changed}; {sizes}."),
    })
}

fn activations(before: &FileAnatomy, after: &FileAnatomy) -> Option<String> {
    let changed = listed(&by_type(before, after, |each| each.activations));
    (!changed.is_empty()).then(|| format!("Activations: {changed}."))
}

/// `float32 108 → 0, int8 0 → 108`, without those that stay.
fn listed(counts: &[(String, u32, u32)]) -> String {
    let changed = counts.iter().filter(|(_, before, after)| before != after);
    let texts: Vec<String> = changed
        .map(|(name, before, after)| format!("{name} {before} → {after}"))
        .collect();
    texts.join(", ")
}

/// How many operators of each name there are.
fn by_name(operators: &[OperatorCount]) -> BTreeMap<&str, i64> {
    let mut counts = BTreeMap::new();
    for operator in operators {
        *counts.entry(operator.name.as_str()).or_default() += i64::from(operator.count);
    }
    counts
}

fn inserted(before: &FileAnatomy, after: &FileAnatomy) -> Vec<String> {
    let (old, new) = (by_name(&before.operators), by_name(&after.operators));
    let mut sentences = Vec::new();
    for (what, names) in [
        ("Inserted", more(&old, &new)),
        ("Removed", more(&new, &old)),
    ] {
        if !names.is_empty() {
            sentences.push(format!("{what}: {names}."));
        }
    }
    sentences
}

/// What there is more of in the second, as `2 × QUANTIZE, DEQUANTIZE`.
fn more(before: &BTreeMap<&str, i64>, after: &BTreeMap<&str, i64>) -> String {
    let mut texts = Vec::new();
    for (&name, &count) in after {
        match count - before.get(name).copied().unwrap_or(0) {
            1 => texts.push(name.to_owned()),
            more if more > 1 => texts.push(format!("{more} × {name}")),
            _ => {}
        }
    }
    texts.join(", ")
}

/// The versions of the operators that are in both files.
fn versions(before: &FileAnatomy, after: &FileAnatomy) -> Option<String> {
    let versions = |file: &FileAnatomy| {
        let mut versions: BTreeMap<String, Vec<i32>> = BTreeMap::new();
        for operator in &file.operators {
            let list = versions.entry(operator.name.clone()).or_default();
            list.push(operator.version);
            list.sort_unstable();
        }
        versions
    };
    let text = |list: &[i32]| {
        let texts: Vec<String> = list.iter().map(i32::to_string).collect();
        texts.join(" and ")
    };
    let (old, new) = (versions(before), versions(after));
    let changed: Vec<String> = old
        .iter()
        .filter_map(|(name, old)| {
            let new = new.get(name).filter(|new| *new != old)?;
            Some(format!("{name} {} → {}", text(old), text(new)))
        })
        .collect();
    (!changed.is_empty()).then(|| format!("Versions: {}.", changed.join(", ")))
}

fn edge_change(what: &str, before: &[TensorDetails], after: &[TensorDetails]) -> Option<String> {
    let (before, after) = (before.first()?, after.first()?);
    if before.dtype == after.dtype && before.scales == after.scales {
        return None;
    }
    let scale = match (after.scales.as_slice(), after.zero_points.as_slice()) {
        ([scale], [zero_point]) => format!(
            " with scale {} and zero point {}",
            format::small(f64::from(*scale)),
            format::minus(i64::from(*zero_point))
        ),
        _ => String::new(),
    };
    Some(format!(
        "{what}: {} → {}{scale}.",
        before.dtype, after.dtype
    ))
}

/// Each kind and version of operator, with how many there are in each file.
pub fn operator_rows(before: &FileAnatomy, after: &FileAnatomy) -> Vec<Vec<String>> {
    let mut rows: Vec<(String, u32, u32)> = Vec::new();
    let name = |operator: &OperatorCount| format!("{}, {}", operator.name, operator.version);
    for operator in &before.operators {
        rows.push((name(operator), operator.count, 0));
    }
    for operator in &after.operators {
        let name = name(operator);
        match rows.iter_mut().find(|(known, _, _)| *known == name) {
            Some((_, _, count)) => *count = operator.count,
            None => rows.push((name, 0, operator.count)),
        }
    }
    rows.sort();
    let count = |count: u32| match count {
        0 => "–".to_owned(),
        _ => count.to_string(),
    };
    rows.into_iter()
        .map(|(name, before, after)| vec![name, count(before), count(after)])
        .collect()
}

/// Where a file runs.
pub fn hardware(fits: &[HardwareFit]) -> HtmlElement {
    let rows: Vec<_> = fits
        .iter()
        .map(|fit| {
            let hardware = match fit.hardware {
                Hardware::Cpu => "CPU, LiteRT",
                Hardware::Microcontroller => "microcontroller, TensorFlow Lite Micro",
                Hardware::EdgeTpu => "Edge TPU, Coral",
                Hardware::Gpu => "GPU, LiteRT’s delegates",
            };
            let verdict = match fit.verdict {
                Verdict::Yes => "✓\u{a0}yes",
                Verdict::Partly => "~\u{a0}in part",
                Verdict::No => "✗\u{a0}no",
            };
            vec![hardware.to_owned(), verdict.to_owned(), fit.reason.clone()]
        })
        .collect();
    table::plain("Where this file runs", &HARDWARE_COLUMNS, &rows)
}

/// The tensors of each type; where two files are compared, each figure as `before → after`.
pub fn types(before: &FileAnatomy, after: &FileAnatomy) -> HtmlElement {
    let count = |file: &FileAnatomy, name: &str| {
        let found = file.types.iter().find(|each| each.dtype == name);
        found.map_or((0, 0, 0), |each| {
            (each.constants, each.constant_bytes, each.activations)
        })
    };
    let both = |before: u64, after: u64| {
        if before == after {
            format::grouped(after)
        } else {
            format!("{} → {}", format::grouped(before), format::grouped(after))
        }
    };
    let rows: Vec<_> = by_type(before, after, |each| each.constants)
        .into_iter()
        .map(|(name, _, _)| {
            let (old, new) = (count(before, &name), count(after, &name));
            vec![
                both(old.0.into(), new.0.into()),
                both(old.1, new.1),
                both(old.2.into(), new.2.into()),
            ]
            .into_iter()
            .fold(vec![name], |mut row, cell| {
                row.push(cell);
                row
            })
        })
        .collect();
    let caption = if before == after {
        "Tensors, by type"
    } else {
        "Tensors by type, in the float32 file and in this one"
    };
    table::scrolling(caption, &TYPE_COLUMNS, &rows)
}

/// Inputs and outputs.
pub fn edge_table(file: &FileAnatomy) -> HtmlElement {
    let row = |what: &str, tensor: &TensorDetails| {
        let single = match (tensor.scales.as_slice(), tensor.zero_points.as_slice()) {
            ([scale], [zero_point]) => Some((*scale, *zero_point)),
            _ => None,
        };
        vec![
            format!("{what}, “{}”", format::shortened(&tensor.name, 40)),
            format::shape(&tensor.shape),
            tensor.dtype.clone(),
            single.map_or_else(
                || "–".to_owned(),
                |(scale, _)| format::small(f64::from(scale)),
            ),
            single.map_or_else(
                || "–".to_owned(),
                |(_, zero)| format::minus(i64::from(zero)),
            ),
        ]
    };
    let inputs = file.inputs.iter().map(|tensor| row("input", tensor));
    let outputs = file.outputs.iter().map(|tensor| row("output", tensor));
    let rows: Vec<_> = inputs.chain(outputs).collect();
    table::plain("What goes in and what comes out", &EDGE_COLUMNS, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(dtype: &str, scale: Option<(f32, i32)>) -> TensorDetails {
        TensorDetails {
            name: "x".into(),
            index: 0,
            shape: vec![1, 224, 224, 3],
            dtype: dtype.into(),
            scales: scale.iter().map(|(scale, _)| *scale).collect(),
            zero_points: scale.iter().map(|(_, zero)| *zero).collect(),
            axis: 0,
        }
    }

    fn operator(name: &str, version: i32, count: u32) -> OperatorCount {
        OperatorCount {
            name: name.into(),
            version,
            count,
        }
    }

    fn file() -> FileAnatomy {
        FileAnatomy {
            kind: FileKind::Float32,
            bytes: 4_000_000,
            parameters: 1_000_000,
            operators: vec![operator("CONV_2D", 1, 35), operator("SOFTMAX", 1, 1)],
            types: vec![TypeCount {
                dtype: "float32".into(),
                constants: 70,
                constant_bytes: 4_000_000,
                activations: 37,
            }],
            inputs: vec![edge("float32", None)],
            outputs: vec![edge("float32", None)],
            arena_bytes: 6_000_000,
            arena_peak: "3, CONV_2D".into(),
        }
    }

    #[test]
    fn what_an_option_changed_is_said_in_sentences() {
        let before = file();
        let mut after = file();
        after.operators = vec![
            operator("QUANTIZE", 1, 2),
            operator("CONV_2D", 3, 35),
            operator("SOFTMAX", 1, 1),
        ];
        after.types[0].constants = 35;
        after.types[0].constant_bytes = 1_000_000;
        after.types.push(TypeCount {
            dtype: "int8".into(),
            constants: 35,
            constant_bytes: 250_000,
            activations: 0,
        });
        after.inputs = vec![edge("int8", Some((0.018_65, -14)))];
        assert_eq!(
            changes(&before, &after),
            "Constants: float32 70 → 35, int8 0 → 35; 4.00 MB → 1.25 MB. Inserted: 2 × QUANTIZE. \
             Versions: CONV_2D 1 → 3. Input: float32 → int8 with scale 0.0187 and zero point \u{2212}14."
        );
        assert_eq!(changes(&before, &before), "Nothing.");
    }

    #[test]
    fn operators_of_both_files_stand_side_by_side() {
        let mut after = file();
        after.operators[0].version = 5;
        assert_eq!(
            operator_rows(&file(), &after),
            [
                ["CONV_2D, 1", "35", "–"],
                ["CONV_2D, 5", "–", "35"],
                ["SOFTMAX, 1", "1", "1"]
            ]
        );
    }
}
