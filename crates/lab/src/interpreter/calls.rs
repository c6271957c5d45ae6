//! The calls as they are shown: what is called, and what it prints.

use octet_engine::{TensorInfo, Values};
use octet_graph::Quantization;
use octet_protocol::{Class, InterpreterStep};

use super::tflite::CallError;

/// More numbers of a tensor say no more.
const SHOWN: usize = 8;

/// What has been called so far.
#[derive(Default)]
pub(super) struct Calls(pub(super) Vec<InterpreterStep>);

impl Calls {
    /// A call that was answered.
    pub(super) fn add(&mut self, title: &str, call: impl Into<String>, printed: impl Into<String>) {
        self.push(title, call.into(), printed.into(), false);
    }

    /// A call that was answered or refused.
    pub(super) fn result(&mut self, title: &str, call: &str, result: Result<String, CallError>) {
        match result {
            Ok(printed) => self.push(title, call.to_owned(), printed, false),
            Err(error) => self.push(title, call.to_owned(), error.to_string(), true),
        }
    }

    fn push(&mut self, title: &str, call: String, printed: String, is_error: bool) {
        self.0.push(InterpreterStep {
            title: title.to_owned(),
            call,
            printed,
            is_error,
        });
    }
}

/// `[{'name': …}]`, as TFLite describes a tensor.
pub(super) fn details(info: &TensorInfo) -> String {
    let (scale, zero_point) = info
        .quantization
        .as_ref()
        .and_then(Quantization::single)
        .unwrap_or((0.0, 0));
    format!(
        "[{{'name': '{}', 'index': {}, 'shape': {:?}, 'dtype': {},\n  'quantization': ({scale:?}, {zero_point})}}]",
        info.name, info.id.0, info.shape, info.dtype
    )
}

/// The first numbers, as NumPy shows an array.
pub(super) fn array(values: Values<'_>, shape: &[usize]) -> String {
    let shown: Vec<String> = match values {
        Values::Float32(values) => shown(values, |value| format!("{value:.4}")),
        Values::Int8(values) => shown(values, i8::to_string),
        Values::Uint8(values) => shown(values, u8::to_string),
        other => vec![format!("{} of {}", other.len(), other.dtype())],
    };
    let dots = if values.len() > SHOWN { ", …" } else { "" };
    let dtype = values.dtype();
    format!(
        "array([[{}{dots}]], dtype={dtype})   # shape {shape:?}",
        shown.join(", ")
    )
}

fn shown<T>(values: &[T], text: impl Fn(&T) -> String) -> Vec<String> {
    values.iter().take(SHOWN).map(text).collect()
}

/// The likeliest classes, one a line.
pub(super) fn top5(classes: &[Class]) -> String {
    let lines = classes
        .iter()
        .map(|class| format!("{:>6.2} %  {}", class.probability * 100.0, class.label));
    lines.collect::<Vec<_>>().join("\n")
}

/// How the output becomes probabilities.
pub(super) fn to_probabilities(output: &TensorInfo) -> String {
    let single = output.quantization.as_ref();
    match single.and_then(Quantization::single) {
        Some((scale, zero_point)) => {
            format!("p = softmax({scale} * (y.astype(np.float32) - ({zero_point})))")
        }
        None => "p = softmax(y)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_graph::{DType, TensorId};

    #[test]
    fn a_tensor_is_described_as_tflite_does() {
        let mut info = TensorInfo {
            name: "input".to_owned(),
            id: TensorId(0),
            shape: vec![1, 224, 224, 3],
            dtype: DType::Int8,
            quantization: Some(Quantization::per_tensor(0.0186, -14)),
        };
        assert_eq!(
            details(&info),
            "[{'name': 'input', 'index': 0, 'shape': [1, 224, 224, 3], 'dtype': int8,\n  'quantization': (0.0186, -14)}]"
        );
        assert!(to_probabilities(&info).contains("0.0186 * (y.astype(np.float32) - (-14))"));
        info.quantization = None;
        assert!(details(&info).ends_with("'quantization': (0.0, 0)}]"));
        assert_eq!(to_probabilities(&info), "p = softmax(y)");
    }

    #[test]
    fn long_arrays_are_cut() {
        let text = array(Values::Int8(&[1; 9]), &[1, 9]);
        assert_eq!(
            text,
            "array([[1, 1, 1, 1, 1, 1, 1, 1, …]], dtype=int8)   # shape [1, 9]"
        );
        let text = array(Values::Float32(&[0.5]), &[1, 1]);
        assert_eq!(text, "array([[0.5000]], dtype=float32)   # shape [1, 1]");
    }

    #[test]
    fn a_refused_call_is_kept_with_its_error() {
        let mut calls = Calls::default();
        let refused = Err(CallError::NotAllocated("invoke()"));
        calls.result("Run", "interpreter.invoke()", refused);
        assert!(calls.0[0].is_error);
        assert!(
            calls.0[0]
                .printed
                .starts_with("NotAllocated: invoke() needs memory")
        );
    }
}
