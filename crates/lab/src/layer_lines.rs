//! A network described in lines: `conv 3x3 in 1 out 8 stride 2 same`.

use octet_protocol::{ErrorKind, LabError};

/// More lines than this are not read.
const MAX_LINES: usize = 1000;
/// Larger figures are no layer's.
const MAX_FIGURE: u64 = 4_000_000_000;

/// A line with a layer.
pub(crate) struct Line {
    /// Counted from 1.
    pub(crate) number: usize,
    /// As it was written, without the spaces around it.
    pub(crate) text: String,
    /// What it says.
    pub(crate) layer: Layer,
}

/// What is around the image while a window slides over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Padding {
    /// Zeros, so that only the stride makes it smaller.
    Same,
    /// Nothing.
    Valid,
}

/// A layer. `inputs` is what the line declares; None where it leaves that to the shapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Height, width, channels.
    Input([u64; 3]),
    Conv {
        kernel: [u64; 2],
        inputs: Option<u64>,
        outputs: u64,
        stride: u64,
        padding: Padding,
    },
    Depthwise {
        kernel: [u64; 2],
        inputs: Option<u64>,
        stride: u64,
        padding: Padding,
    },
    Pool {
        kernel: [u64; 2],
    },
    GlobalPool,
    Flatten,
    Dense {
        inputs: Option<u64>,
        outputs: u64,
    },
    BatchNorm,
    /// Without parameters: relu, softmax, dropout.
    Activation,
}

/// Reads a description; empty lines and what follows a `#` are skipped.
pub(crate) fn parse(text: &str) -> Result<Vec<Line>, LabError> {
    let mut lines = Vec::new();
    for (number, whole) in (1..).zip(text.lines()) {
        let text = whole.split('#').next().unwrap_or_default().trim();
        if text.is_empty() {
            continue;
        }
        let mut line = Line {
            number,
            text: text.chars().take(80).collect(),
            layer: Layer::Activation,
        };
        if lines.len() == MAX_LINES {
            return Err(fault(
                &line,
                "is one too many",
                "Describe at most 1,000 layers.",
            ));
        }
        line.layer = layer(&line)?;
        lines.push(line);
    }
    Ok(lines)
}

/// An error about a line.
pub(crate) fn fault(line: &Line, what: &str, remedy: &str) -> LabError {
    LabError::new(
        ErrorKind::BadInput,
        format!("Line {} (“{}”) {what}.", line.number, line.text),
        remedy,
    )
}

fn layer(line: &Line) -> Result<Layer, LabError> {
    let mut words = line.text.split_whitespace();
    let kind = words.next().unwrap_or_default().to_ascii_lowercase();
    let mut rest = Words::read(line, words)?;
    let layer = match kind.as_str() {
        "input" => Layer::Input(rest.sides(line, "a size such as 28x28x1")?),
        "conv" => Layer::Conv {
            kernel: rest.sides(line, "a window such as 3x3")?,
            inputs: rest.inputs.take(),
            outputs: rest.outputs(line)?,
            stride: rest.stride.take().unwrap_or(1),
            padding: rest.padding.take().unwrap_or(Padding::Same),
        },
        "depthwise" => Layer::Depthwise {
            kernel: rest.sides(line, "a window such as 3x3")?,
            inputs: rest.inputs.take(),
            stride: rest.stride.take().unwrap_or(1),
            padding: rest.padding.take().unwrap_or(Padding::Same),
        },
        "pool" => Layer::Pool {
            kernel: rest.sides(line, "a window such as 2x2")?,
        },
        "global" => Layer::GlobalPool,
        "flatten" => Layer::Flatten,
        "dense" => Layer::Dense {
            inputs: rest.inputs.take(),
            outputs: rest.outputs(line)?,
        },
        "batchnorm" => Layer::BatchNorm,
        "relu" | "relu6" | "softmax" | "dropout" => Layer::Activation,
        _ => {
            return Err(fault(
                line,
                "begins with no known layer",
                "Known are input, conv, depthwise, pool, global pool, flatten, dense, batchnorm, relu, softmax and dropout.",
            ));
        }
    };
    rest.nothing_left(line)?;
    Ok(layer)
}

/// The words of a line after the first.
#[derive(Default)]
struct Words {
    sides: Option<Vec<u64>>,
    inputs: Option<u64>,
    outputs: Option<u64>,
    stride: Option<u64>,
    padding: Option<Padding>,
}

impl Words {
    fn read<'a>(line: &Line, mut words: impl Iterator<Item = &'a str>) -> Result<Self, LabError> {
        let mut read = Self::default();
        while let Some(word) = words.next() {
            let mut figure = |of: &str| {
                figure_of(words.next().unwrap_or_default()).ok_or_else(|| {
                    fault(
                        line,
                        &format!("has no whole number above zero after “{of}”"),
                        "Write, for example, “in 1 out 8 stride 2”.",
                    )
                })
            };
            match word.to_ascii_lowercase().as_str() {
                "in" => read.inputs = Some(figure("in")?),
                "out" => read.outputs = Some(figure("out")?),
                "stride" => read.stride = Some(figure("stride")?),
                "same" => read.padding = Some(Padding::Same),
                "valid" => read.padding = Some(Padding::Valid),
                // “global pool”, “batchnorm”: said for people.
                "pool" if line.text.to_ascii_lowercase().starts_with("global") => {}
                sides => {
                    let figures: Option<Vec<u64>> =
                        sides.split(['x', '×']).map(figure_of).collect();
                    match figures {
                        Some(figures) if read.sides.is_none() => read.sides = Some(figures),
                        _ => {
                            return Err(fault(
                                line,
                                &format!("has “{word}”, which means nothing here"),
                                "Write, for example, “conv 3x3 in 1 out 8 stride 2 same”.",
                            ));
                        }
                    }
                }
            }
        }
        Ok(read)
    }

    fn sides<const N: usize>(&mut self, line: &Line, such_as: &str) -> Result<[u64; N], LabError> {
        self.sides
            .take()
            .and_then(|sides| <[u64; N]>::try_from(sides).ok())
            .ok_or_else(|| fault(line, "has the wrong size", &format!("Give it {such_as}.")))
    }

    fn outputs(&mut self, line: &Line) -> Result<u64, LabError> {
        self.outputs.take().ok_or_else(|| {
            fault(
                line,
                "does not say how many outputs it has",
                "Add “out 8”, for example.",
            )
        })
    }

    fn nothing_left(&self, line: &Line) -> Result<(), LabError> {
        let left = [
            (self.sides.is_some(), "a size"),
            (self.inputs.is_some(), "“in”"),
            (self.outputs.is_some(), "“out”"),
            (self.stride.is_some(), "“stride”"),
            (self.padding.is_some(), "a padding"),
        ];
        match left.iter().find(|(is_left, _)| *is_left) {
            Some((_, what)) => Err(fault(
                line,
                &format!("has {what}, which this layer has no use for"),
                "Remove it.",
            )),
            None => Ok(()),
        }
    }
}

/// A whole number above zero, and not beyond what a layer can have.
fn figure_of(word: &str) -> Option<u64> {
    let figure = word.replace(',', "").parse().ok()?;
    (1..=MAX_FIGURE).contains(&figure).then_some(figure)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test stops where something is missing"
    )]

    use super::*;

    #[test]
    fn reads_layers() {
        let lines = parse("input 49x10x1  # mel spectrogram\n\nConv 3x3 in 1 out 8 stride 2 valid\nglobal pool\ndense in 4,000 out 12").unwrap();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[0].layer, Layer::Input([49, 10, 1]));
        assert_eq!(
            (lines[1].number, &lines[1].layer),
            (
                3,
                &Layer::Conv {
                    kernel: [3, 3],
                    inputs: Some(1),
                    outputs: 8,
                    stride: 2,
                    padding: Padding::Valid
                }
            )
        );
        assert_eq!(lines[2].layer, Layer::GlobalPool);
        assert_eq!(
            lines[3].layer,
            Layer::Dense {
                inputs: Some(4000),
                outputs: 12
            }
        );
    }

    #[test]
    fn names_what_it_cannot_read() {
        for (text, part) in [
            ("lstm 5", "Line 1 (“lstm 5”) begins with no known layer"),
            ("conv 3x3", "how many outputs"),
            ("conv out 8", "wrong size"),
            ("conv 3x3x3 out 8", "wrong size"),
            ("conv 3x3 out", "after “out”"),
            ("conv 3x3 out 0", "after “out”"),
            ("conv 3x3 out -8", "after “out”"),
            ("conv 3x3 out 99999999999999999999", "after “out”"),
            ("conv 3x3 5x5 out 8", "“5x5”, which means nothing"),
            ("flatten out 8", "“out”, which this layer has no use for"),
            ("dense out 8 stride 2", "“stride”, which"),
            ("pool two", "“two”, which means nothing"),
        ] {
            let error = parse(text).err().unwrap();
            assert!(error.message.contains(part), "{text:?}: {error}");
        }
        assert!(parse(&"relu\n".repeat(1001)).is_err());
    }
}
