//! The options as the Python lines that set them, and the requests that have one more of them set each.

use octet_protocol::{
    ConvertRequest, EdgeType, ModelName, Optimizations, SupportedOps, WeightScales,
};

/// The options that differ from TensorFlow's defaults: each as its line of Python, with the request in which it and
/// all before it are set.
pub(crate) fn steps(request: &ConvertRequest) -> Vec<(String, ConvertRequest)> {
    let defaults = ConvertRequest::default();
    let mut so_far = defaults.clone();
    let mut steps = Vec::new();
    let mut step = |line: String, so_far: &ConvertRequest| steps.push((line, so_far.clone()));
    if request.optimizations != defaults.optimizations {
        so_far.optimizations = request.optimizations;
        let name = match request.optimizations {
            Optimizations::None | Optimizations::Default => "DEFAULT",
            Optimizations::OptimizeForSize => "OPTIMIZE_FOR_SIZE",
            Optimizations::OptimizeForLatency => "OPTIMIZE_FOR_LATENCY",
        };
        step(
            format!("optimizations = [tf.lite.Optimize.{name}]"),
            &so_far,
        );
    }
    if request.representative_dataset != defaults.representative_dataset {
        so_far.representative_dataset = request.representative_dataset;
        step(
            "representative_dataset = representative_dataset".into(),
            &so_far,
        );
    }
    if request.supported_ops != defaults.supported_ops {
        so_far.supported_ops = request.supported_ops;
        let names = match request.supported_ops {
            SupportedOps::Builtins => "tf.lite.OpsSet.TFLITE_BUILTINS",
            SupportedOps::BuiltinsInt8 => "tf.lite.OpsSet.TFLITE_BUILTINS_INT8",
            SupportedOps::Both => {
                "tf.lite.OpsSet.TFLITE_BUILTINS_INT8, tf.lite.OpsSet.TFLITE_BUILTINS"
            }
        };
        step(format!("target_spec.supported_ops = [{names}]"), &so_far);
    }
    if request.float16 != defaults.float16 {
        so_far.float16 = request.float16;
        step("target_spec.supported_types = [tf.float16]".into(), &so_far);
    }
    if request.inference_input_type != defaults.inference_input_type {
        so_far.inference_input_type = request.inference_input_type;
        let name = edge(request.inference_input_type);
        step(format!("inference_input_type = tf.{name}"), &so_far);
    }
    if request.inference_output_type != defaults.inference_output_type {
        so_far.inference_output_type = request.inference_output_type;
        let name = edge(request.inference_output_type);
        step(format!("inference_output_type = tf.{name}"), &so_far);
    }
    if request.weight_scales == WeightScales::PerTensor {
        so_far.weight_scales = request.weight_scales;
        step("_experimental_disable_per_channel = True".into(), &so_far);
    }
    steps
}

fn edge(edge: EdgeType) -> &'static str {
    match edge {
        EdgeType::Float32 => "float32",
        EdgeType::Int8 => "int8",
        EdgeType::Uint8 => "uint8",
    }
}

/// The program that does the same with TensorFlow.
pub(crate) fn listing(request: &ConvertRequest, model: ModelName, file_name: &str) -> String {
    let mut lines = vec!["import tensorflow as tf".to_owned(), String::new()];
    if let Some(samples) = request.representative_dataset {
        lines.extend([
            "def representative_dataset():".to_owned(),
            format!("    for image in images[:{samples}]:  # (224, 224, 3), float32, normalized"),
            "        yield [image[None]]".to_owned(),
            String::new(),
        ]);
    }
    lines.push(format!(
        "converter = tf.lite.TFLiteConverter.from_saved_model(\"{}\")",
        model.name()
    ));
    let set = steps(request);
    lines.extend(set.iter().map(|(line, _)| format!("converter.{line}")));
    lines.push(format!(
        "open(\"{file_name}\", \"wb\").write(converter.convert())"
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_from_the_defaults_is_set() {
        let plain = ConvertRequest::default();
        assert!(steps(&plain).is_empty());
        let listing = listing(&plain, ModelName::MobileNetV2, "m.tflite");
        assert_eq!(listing.lines().count(), 4);
        assert!(!listing.contains("converter.target_spec"));
    }

    #[test]
    fn each_step_sets_one_more_option() {
        let request = ConvertRequest {
            optimizations: Optimizations::OptimizeForSize,
            representative_dataset: Some(16),
            supported_ops: SupportedOps::BuiltinsInt8,
            float16: false,
            inference_input_type: EdgeType::Uint8,
            inference_output_type: EdgeType::Int8,
            weight_scales: WeightScales::PerTensor,
        };
        let steps = steps(&request);
        assert_eq!(steps.len(), 6);
        assert_eq!(
            steps[0].0,
            "optimizations = [tf.lite.Optimize.OPTIMIZE_FOR_SIZE]"
        );
        assert_eq!(steps[0].1.representative_dataset, None);
        assert_eq!(steps[3].1.inference_output_type, EdgeType::Float32);
        assert_eq!(steps[5].1, request);
    }
}
