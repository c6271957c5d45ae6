//! What TensorFlow's converter makes of its options, and which it refuses. The rules are those of
//! `QuantizationMode` and `_validate_inference_input_output_types` in `tensorflow/lite/python/lite.py` of
//! TensorFlow 2.21; `tests/fixtures/convert` has its answers to every combination.

use octet_protocol::{
    ConvertRequest, EdgeType, ErrorKind, FileKind, LabError, Optimizations, SupportedOps,
    WeightScales,
};

/// Why the converter refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// int8 operators alone, and float16.
    Float16AndInt8,
    /// int8 operators without a representative dataset.
    NoDataset,
    /// Integers at the edges of a network that computes in float32.
    IntegerEdges,
}

impl Refusal {
    /// TensorFlow's own words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Float16AndInt8 => {
                "As full integer quantization has been enabled by setting \
                 `target_spec.supported_ops`={tf.lite.OpsSet.TFLITE_BUILTINS_INT8}, thus \
                 `target_spec.supported_types` should be left uninitizalized or set to {tf.int8}."
            }
            Self::NoDataset => {
                "For full integer quantization, a `representative_dataset` must be specified."
            }
            Self::IntegerEdges => {
                "The inference_input_type and inference_output_type must be tf.float32."
            }
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Float16AndInt8 => {
                "TFLITE_BUILTINS_INT8 alone asks for int8 throughout, float16 for weights of 16 bits; TensorFlow \
                 refuses to do both."
            }
            Self::NoDataset => {
                "Operators in int8 need the range of every activation, and that is only known from running \
                 the network on examples."
            }
            Self::IntegerEdges => {
                "Input and output can only be integers where the network computes with integers; with these \
                 options it computes in float32."
            }
        }
    }

    fn remedy(self, request: &ConvertRequest) -> &'static str {
        match self {
            Self::Float16AndInt8 => {
                "Take float16 out of supported_types, or set supported_ops to TFLITE_BUILTINS."
            }
            Self::NoDataset => {
                "Choose a representative dataset, or set supported_ops to TFLITE_BUILTINS."
            }
            Self::IntegerEdges if request.optimizations == Optimizations::None => {
                "Set optimizations to DEFAULT and choose a representative dataset, or set both types to float32."
            }
            Self::IntegerEdges if request.float16 => {
                "Take float16 out of supported_types, or set both types to float32."
            }
            Self::IntegerEdges => "Choose a representative dataset, or set both types to float32.",
        }
    }

    /// The error that the cell shows.
    pub(crate) fn error(self, request: &ConvertRequest) -> LabError {
        LabError::new(
            ErrorKind::BadInput,
            format!("{} Its words: “{}”", self.message(), self.words()),
            self.remedy(request),
        )
    }
}

/// What the options make of a float32 network; an error where TensorFlow refuses them.
pub(crate) fn kind(request: &ConvertRequest) -> Result<FileKind, Refusal> {
    let has_dataset = request.representative_dataset.is_some();
    if request.supported_ops == SupportedOps::BuiltinsInt8 && request.float16 {
        return Err(Refusal::Float16AndInt8);
    }
    if request.supported_ops != SupportedOps::Builtins && !has_dataset {
        return Err(Refusal::NoDataset);
    }
    let kind = match request.optimizations {
        Optimizations::None => FileKind::Float32,
        _ if request.float16 => FileKind::Float16,
        _ if has_dataset => FileKind::FullInteger,
        _ => FileKind::DynamicRange,
    };
    let edges = [request.inference_input_type, request.inference_output_type];
    if kind != FileKind::FullInteger && edges != [EdgeType::Float32; 2] {
        return Err(Refusal::IntegerEdges);
    }
    Ok(kind)
}

/// What the converter does without being asked, and what it ignores without a word.
pub(crate) fn notes(request: &ConvertRequest, kind: FileKind) -> Vec<String> {
    let mut notes = Vec::new();
    let deprecated = match request.optimizations {
        Optimizations::OptimizeForSize => Some("OPTIMIZE_FOR_SIZE"),
        Optimizations::OptimizeForLatency => Some("OPTIMIZE_FOR_LATENCY"),
        Optimizations::None | Optimizations::Default => None,
    };
    if let Some(name) = deprecated {
        notes.push(format!(
            "{name} is deprecated; TensorFlow logs a warning and treats it as DEFAULT. The file is the same to \
             the last byte."
        ));
    }
    let has_dataset = request.representative_dataset.is_some();
    if kind == FileKind::Float32 {
        let mut ignored = Vec::new();
        if has_dataset {
            ignored.push("the representative dataset");
        }
        if request.supported_ops != SupportedOps::Builtins {
            ignored.push("TFLITE_BUILTINS_INT8");
        }
        if request.float16 {
            ignored.push("float16");
        }
        if request.weight_scales == WeightScales::PerTensor {
            ignored.push("_experimental_disable_per_channel");
        }
        if !ignored.is_empty() {
            notes.push(format!(
                "Nothing is quantized while optimizations is empty: TensorFlow ignores {} and says nothing.",
                listed(&ignored)
            ));
        }
    }
    if kind == FileKind::Float16 {
        if has_dataset {
            notes.push(
                "float16 goes before int8: the representative dataset is not used.".to_owned(),
            );
        }
        if request.weight_scales == WeightScales::PerTensor {
            notes.push(
                "float16 has no scales: _experimental_disable_per_channel changes nothing."
                    .to_owned(),
            );
        }
    }
    if kind == FileKind::DynamicRange && request.weight_scales == WeightScales::PerTensor {
        notes.push(
            "LiteRT 2.3 gives other numbers for such a file in every process: its kernel for depthwise convolutions \
             reads a scale for each channel, and there is one. TensorFlow’s own converter writes the same."
                .to_owned(),
        );
    }
    if kind == FileKind::FullInteger {
        notes.push(
            match request.supported_ops {
                SupportedOps::BuiltinsInt8 => {
                    "An operator without an int8 kernel would be an error now. This network has none."
                }
                SupportedOps::Builtins | SupportedOps::Both => {
                    "An operator without an int8 kernel would stay float32, between a DEQUANTIZE and a QUANTIZE. \
                     This network has none, so TFLITE_BUILTINS_INT8 alone gives the same file."
                }
            }
            .to_owned(),
        );
    }
    notes
}

/// `a`, `a and b`, `a, b and c`.
fn listed(items: &[&str]) -> String {
    match items {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;

    /// The request of a fixture's row, and the number of its answer.
    fn row(text: &str) -> (ConvertRequest, usize) {
        let words: Vec<&str> = text.split(' ').collect();
        let [optimizations, dataset, ops, types, input, output, answer] = words.as_slice() else {
            panic!("{text}");
        };
        let edge = |name: &str| match name {
            "float32" => EdgeType::Float32,
            "int8" => EdgeType::Int8,
            "uint8" => EdgeType::Uint8,
            _ => panic!("{name}"),
        };
        let request = ConvertRequest {
            optimizations: match *optimizations {
                "[]" => Optimizations::None,
                "DEFAULT" => Optimizations::Default,
                "OPTIMIZE_FOR_SIZE" => Optimizations::OptimizeForSize,
                "OPTIMIZE_FOR_LATENCY" => Optimizations::OptimizeForLatency,
                other => panic!("{other}"),
            },
            representative_dataset: (*dataset == "dataset").then_some(2),
            supported_ops: match *ops {
                "TFLITE_BUILTINS" => SupportedOps::Builtins,
                "TFLITE_BUILTINS_INT8" => SupportedOps::BuiltinsInt8,
                "both" => SupportedOps::Both,
                other => panic!("{other}"),
            },
            float16: *types == "float16",
            inference_input_type: edge(input),
            inference_output_type: edge(output),
            weight_scales: WeightScales::PerChannel,
        };
        (request, answer.parse().unwrap())
    }

    fn answer(request: &ConvertRequest) -> String {
        let edge = |edge: EdgeType| match edge {
            EdgeType::Float32 => "float32",
            EdgeType::Int8 => "int8",
            EdgeType::Uint8 => "uint8",
        };
        match kind(request) {
            Ok(kind) => format!(
                "{} {} {}",
                kind.name(),
                edge(request.inference_input_type),
                edge(request.inference_output_type)
            ),
            Err(refusal) => format!("ValueError: {}", refusal.words()),
        }
    }

    /// Its answers are from `tests/fixtures/convert/options.py`.
    #[test]
    fn every_combination_is_answered_as_tensorflow_answers_it() {
        let text = include_str!("../../../../tests/fixtures/convert/tensorflow.json");
        let fixture: serde_json::Value = serde_json::from_str(text).unwrap();
        let rows = fixture["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 4 * 2 * 3 * 2 * 3 * 3);
        for text in rows.iter().map(|text| text.as_str().unwrap()) {
            let (request, expected) = row(text);
            assert_eq!(answer(&request), fixture["answers"][expected], "{text}");
        }
    }

    #[test]
    fn what_is_ignored_is_named() {
        let request = ConvertRequest {
            representative_dataset: Some(8),
            supported_ops: SupportedOps::BuiltinsInt8,
            ..ConvertRequest::default()
        };
        let [note] = &notes(&request, kind(&request).unwrap())[..] else {
            panic!();
        };
        assert!(note.contains("ignores the representative dataset and TFLITE_BUILTINS_INT8 and"));
        assert!(notes(&ConvertRequest::default(), FileKind::Float32).is_empty());
    }

    #[test]
    fn a_refusal_has_a_remedy_that_helps() {
        let refused = ConvertRequest {
            optimizations: Optimizations::Default,
            inference_input_type: EdgeType::Int8,
            inference_output_type: EdgeType::Int8,
            ..ConvertRequest::default()
        };
        let error = kind(&refused).unwrap_err().error(&refused);
        assert!(error.remedy.starts_with("Choose a representative dataset"));
        let mended = ConvertRequest {
            representative_dataset: Some(8),
            ..refused
        };
        assert_eq!(kind(&mended), Ok(FileKind::FullInteger));
    }
}
