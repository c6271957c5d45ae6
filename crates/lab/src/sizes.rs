//! Cell `sizes`: a network's parameters, as its description declares them and as its shapes demand.

use octet_protocol::{ErrorKind, LabError, SizeRow, SizesReport};

use crate::layer_lines::{self, Layer, Line, Padding, fault};

/// What flows between two layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Height, width, channels.
    Image([u64; 3]),
    /// So many values in a row.
    Row(u64),
}

impl Shape {
    fn values(self) -> Option<u64> {
        match self {
            Self::Image([height, width, channels]) => {
                height.checked_mul(width)?.checked_mul(channels)
            }
            Self::Row(values) => Some(values),
        }
    }

    pub(crate) fn list(self) -> Vec<u64> {
        match self {
            Self::Image(sides) => sides.to_vec(),
            Self::Row(values) => vec![values],
        }
    }
}

/// A layer's parameters.
#[derive(Clone, Copy, Default)]
struct Parameters {
    weights: u64,
    biases: u64,
}

/// Counts the layers of a description, one a line.
pub(crate) fn run(title: String, layers: &str) -> Result<SizesReport, LabError> {
    let lines = layer_lines::parse(layers)?;
    let mut rows = Vec::new();
    let (mut declared, mut inferred, mut biases) = (0_u64, 0_u64, 0_u64);
    let mut peak = 0;
    let mut shape: Option<Shape> = None;
    for line in &lines {
        let (input, output) = match (&line.layer, shape) {
            (Layer::Input(sides), None) => {
                let input = Shape::Image(*sides);
                (input, input)
            }
            (Layer::Input(_), Some(_)) => {
                return Err(fault(
                    line,
                    "is a second input",
                    "Keep one input, in the first line.",
                ));
            }
            (_, None) => {
                return Err(fault(
                    line,
                    "comes before the input",
                    "Begin with a line such as “input 28x28x1”.",
                ));
            }
            (_, Some(input)) => (input, after(line, input)?),
        };
        let by_shape = parameters(line, incoming(&line.layer, input)).ok_or_else(|| large(line))?;
        let as_written = match declared_inputs(&line.layer) {
            Some(inputs) => parameters(line, inputs).ok_or_else(|| large(line))?,
            None => by_shape,
        };
        let total = |p: Parameters| p.weights.checked_add(p.biases).ok_or_else(|| large(line));
        let (as_written, by_shape_total) = (total(as_written)?, total(by_shape)?);
        declared = declared
            .checked_add(as_written)
            .ok_or_else(|| large(line))?;
        inferred = inferred
            .checked_add(by_shape_total)
            .ok_or_else(|| large(line))?;
        biases += by_shape.biases;
        let held = input.values().zip(output.values());
        peak = peak.max(
            held.and_then(|(a, b)| a.checked_add(b))
                .ok_or_else(|| large(line))?,
        );
        rows.push(SizeRow {
            line: line.text.clone(),
            output: output.list(),
            declared: as_written,
            inferred: by_shape_total,
            why: why(line, incoming(&line.layer, input)),
        });
        shape = Some(output);
    }
    if shape.is_none() {
        return Err(LabError::new(
            ErrorKind::BadInput,
            "There are no layers to count.",
            "Write one layer a line, beginning with a line such as “input 28x28x1”.",
        ));
    }
    Ok(SizesReport {
        title,
        rows,
        declared,
        inferred,
        biases,
        peak_activation: peak,
    })
}

/// What leaves a layer.
pub(crate) fn after(line: &Line, input: Shape) -> Result<Shape, LabError> {
    let image = || match input {
        Shape::Image(sides) => Ok(sides),
        Shape::Row(values) => Err(fault(
            line,
            &format!("needs an image, but {values} values in a row arrive"),
            "Move it before “flatten”.",
        )),
    };
    Ok(match &line.layer {
        Layer::Input(sides) => Shape::Image(*sides),
        Layer::Conv {
            kernel,
            stride,
            padding,
            outputs,
            ..
        } => {
            let [height, width, _] = image()?;
            let [height, width] = slide(line, [height, width], *kernel, *stride, *padding)?;
            Shape::Image([height, width, *outputs])
        }
        Layer::Depthwise {
            kernel,
            stride,
            padding,
            ..
        } => {
            let [height, width, channels] = image()?;
            let [height, width] = slide(line, [height, width], *kernel, *stride, *padding)?;
            Shape::Image([height, width, channels])
        }
        Layer::Pool { kernel } => {
            let [height, width, channels] = image()?;
            // As in Keras, pools step by their own size and drop what is left over.
            let [height, width] = slide(line, [height, width], *kernel, kernel[0], Padding::Valid)?;
            Shape::Image([height, width, channels])
        }
        Layer::GlobalPool => {
            let [_, _, channels] = image()?;
            Shape::Row(channels)
        }
        Layer::Flatten => Shape::Row(input.values().ok_or_else(|| large(line))?),
        Layer::Dense { outputs, .. } => match input {
            Shape::Row(_) => Shape::Row(*outputs),
            Shape::Image([height, width, channels]) => {
                return Err(fault(
                    line,
                    &format!(
                        "needs values in a row, but an image of {height}×{width}×{channels} arrives"
                    ),
                    "Put a line “flatten” or “global pool” before it.",
                ));
            }
        },
        Layer::BatchNorm | Layer::Activation => input,
    })
}

/// Height and width after a window has slid over the image.
fn slide(
    line: &Line,
    sides: [u64; 2],
    kernel: [u64; 2],
    stride: u64,
    padding: Padding,
) -> Result<[u64; 2], LabError> {
    let along = |side: u64, kernel: u64| match padding {
        Padding::Same => Ok(side.div_ceil(stride)),
        Padding::Valid if kernel <= side => Ok((side - kernel) / stride + 1),
        Padding::Valid => Err(fault(
            line,
            &format!(
                "has a window larger than the {}×{} that arrive",
                sides[0], sides[1]
            ),
            "Use a smaller window, fewer pools, or a larger input.",
        )),
    };
    Ok([along(sides[0], kernel[0])?, along(sides[1], kernel[1])?])
}

/// The figure that a layer's weights are multiplied by: channels, or values in a row.
fn incoming(layer: &Layer, input: Shape) -> u64 {
    match (layer, input) {
        (Layer::Input(_), _) => 0,
        (_, Shape::Image([_, _, channels])) => channels,
        (_, Shape::Row(values)) => values,
    }
}

fn declared_inputs(layer: &Layer) -> Option<u64> {
    match layer {
        Layer::Conv { inputs, .. }
        | Layer::Depthwise { inputs, .. }
        | Layer::Dense { inputs, .. } => *inputs,
        _ => None,
    }
}

/// None where they are too many to count.
fn parameters(line: &Line, inputs: u64) -> Option<Parameters> {
    let window = |kernel: &[u64; 2]| kernel[0].checked_mul(kernel[1]);
    Some(match &line.layer {
        Layer::Conv {
            kernel, outputs, ..
        } => Parameters {
            weights: window(kernel)?.checked_mul(inputs)?.checked_mul(*outputs)?,
            biases: *outputs,
        },
        Layer::Depthwise { kernel, .. } => Parameters {
            weights: window(kernel)?.checked_mul(inputs)?,
            biases: inputs,
        },
        Layer::Dense { outputs, .. } => Parameters {
            weights: inputs.checked_mul(*outputs)?,
            biases: *outputs,
        },
        // Scale, shift, mean and variance; all four are in the file until they are folded.
        Layer::BatchNorm => Parameters {
            weights: inputs.checked_mul(4)?,
            biases: 0,
        },
        _ => Parameters::default(),
    })
}

fn why(line: &Line, arriving: u64) -> String {
    match declared_inputs(&line.layer) {
        Some(declared) if declared != arriving => {
            let what = if matches!(line.layer, Layer::Dense { .. }) {
                "values"
            } else {
                "channels"
            };
            format!("the line says {declared} {what}, {arriving} arrive")
        }
        _ => String::new(),
    }
}

fn large(line: &Line) -> LabError {
    fault(
        line,
        "makes more values than can be counted",
        "Use smaller figures.",
    )
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test stops where something is missing"
    )]

    use super::*;

    fn count(layers: &str) -> Result<SizesReport, LabError> {
        run("test".into(), layers)
    }

    #[test]
    fn counts_as_keras_does() {
        // Keras: 160 + 4,640 + 16,010 = 20,810.
        let report = count(
            "input 28x28x1\nconv 3x3 out 16 same\npool 2x2\nconv 3x3 out 32 same\npool 2x2\nflatten\ndense out 10",
        )
        .unwrap();
        assert_eq!(report.inferred, 160 + 4640 + 15_690);
        assert_eq!(report.declared, report.inferred);
        assert_eq!(report.biases, 16 + 32 + 10);
        // The first convolution’s output and its pool’s.
        assert_eq!(report.peak_activation, 28 * 28 * 16 + 14 * 14 * 16);
        assert_eq!(report.rows[4].output, [7, 7, 32]);
    }

    #[test]
    fn says_why_two_counts_differ() {
        let report =
            count("input 28x28x1\nconv 5x5 valid out 8\npool 2x2\nflatten\ndense in 1568 out 10")
                .unwrap();
        // 24 × 24 after the window, 12 × 12 after the pool.
        assert_eq!(report.rows[4].inferred, 1152 * 10 + 10);
        assert_eq!(report.rows[4].declared, 15_690);
        assert_eq!(report.rows[4].why, "the line says 1568 values, 1152 arrive");
        assert_eq!(report.declared - report.inferred, (1568 - 1152) * 10);
    }

    #[test]
    fn strides_round_up_with_padding_and_down_without() {
        let report =
            count("input 49x10x1\nconv 10x4 stride 2 same out 64\ndepthwise 3x3 valid stride 2")
                .unwrap();
        assert_eq!(report.rows[1].output, [25, 5, 64]);
        assert_eq!(report.rows[2].output, [12, 2, 64]);
        assert_eq!(report.rows[2].inferred, 9 * 64 + 64);
    }

    #[test]
    fn layers_that_do_not_fit_are_named_by_line() {
        for (layers, part) in [
            ("", "no layers"),
            (
                "conv 3x3 out 8",
                "Line 1 (“conv 3x3 out 8”) comes before the input",
            ),
            (
                "input 8x8x1\n\ndense out 10",
                "Line 3 (“dense out 10”) needs values in a row, but an image of 8×8×1",
            ),
            (
                "input 8x8x1\nflatten\nconv 3x3 out 8",
                "Line 3 (“conv 3x3 out 8”) needs an image, but 64 values",
            ),
            (
                "input 2x2x1\nconv 3x3 valid out 8",
                "window larger than the 2×2",
            ),
            ("input 8x8x1\ninput 8x8x1", "second input"),
            (
                "input 4000000000x4000000000x4000000000",
                "more values than can be counted",
            ),
            (
                "input 8x8x1\nflatten\ndense out 4000000000\ndense out 4000000000\ndense out 4000000000",
                "more values than can be counted",
            ),
        ] {
            let error = count(layers).unwrap_err();
            assert!(error.message.contains(part), "{layers:?}: {error}");
            assert!(!error.remedy.is_empty());
        }
    }
}
