//! What a network is made of, as plain data.

/// A convolutional classifier: blocks, then a global average pool, then one dense layer.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkSpec {
    /// Name in files: "mobilenet_v2".
    pub name: &'static str,
    /// Height and width of the input in pixels.
    pub input_size: usize,
    /// How pixels become inputs.
    pub normalization: Normalization,
    /// Added to the variance before its root is taken, in every batch normalization.
    pub norm_epsilon: f64,
    /// In order.
    pub blocks: Vec<Block>,
    /// From pooled features to logits.
    pub classifier: LayerSpec,
}

/// `(pixel − mean) / std` for each of red, green, blue, with pixels from 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalization {
    /// Subtracted.
    pub mean: [f32; 3],
    /// Divided by.
    pub std: [f32; 3],
}

/// Layers in a row, with or without a way around them.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// In order.
    pub layers: Vec<LayerSpec>,
    /// Whether the block's input is added to its output.
    pub skip: bool,
}

/// A convolution with its batch normalization and activation, or the dense layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerSpec {
    /// Name of the weights in checkpoint and files, without ".weight".
    pub name: String,
    /// Name of the batch normalization in the checkpoint; without one, the checkpoint has a bias.
    pub norm: Option<String>,
    /// What it does.
    pub kind: LayerKind,
    /// Input channels.
    pub inputs: usize,
    /// Output channels.
    pub outputs: usize,
    /// Kernel height and width.
    pub kernel: usize,
    /// Step in both directions.
    pub stride: usize,
    /// What surrounds the input.
    pub padding: Padding,
    /// Whether the output is clamped to [0, 6].
    pub relu6: bool,
}

/// What a layer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerKind {
    /// Convolution over all input channels.
    Conv,
    /// Convolution of each channel on its own.
    Depthwise,
    /// Fully connected; a 1×1 convolution over one pixel.
    Dense,
}

/// How many zeros surround the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// `(kernel − 1) / 2` on each side, whatever the stride: PyTorch's habit.
    Symmetric,
    /// TensorFlow's "SAME": as many as the output size `ceil(input / stride)` needs, the odd one after.
    Same,
}

impl Padding {
    /// Zeros before and after an axis of length `input`.
    pub fn zeros(self, input: usize, kernel: usize, stride: usize) -> (usize, usize) {
        match self {
            Self::Symmetric => ((kernel - 1) / 2, (kernel - 1) / 2),
            Self::Same => {
                let output = input.div_ceil(stride);
                let total = ((output - 1) * stride + kernel).saturating_sub(input);
                (total / 2, total - total / 2)
            }
        }
    }
}

impl LayerSpec {
    /// The weights' shape: [out, in / groups, kernel height, kernel width], or [out, in].
    pub fn weight_shape(&self) -> Vec<usize> {
        match self.kind {
            LayerKind::Conv => vec![self.outputs, self.inputs, self.kernel, self.kernel],
            LayerKind::Depthwise => vec![self.outputs, 1, self.kernel, self.kernel],
            LayerKind::Dense => vec![self.outputs, self.inputs],
        }
    }

    /// Name of the weights in checkpoint and files.
    pub fn weight_name(&self) -> String {
        format!("{}.weight", self.name)
    }

    /// Name of the weights' scales in files.
    pub fn scale_name(&self) -> String {
        format!("{}.weight_scale", self.name)
    }

    /// Name of the bias in files.
    pub fn bias_name(&self) -> String {
        format!("{}.bias", self.name)
    }
}

impl NetworkSpec {
    /// Every layer in network order, the classifier last.
    pub fn layers(&self) -> impl Iterator<Item = &LayerSpec> {
        self.blocks
            .iter()
            .flat_map(|block| &block.layers)
            .chain([&self.classifier])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensorflow_puts_the_odd_zero_after() {
        assert_eq!(Padding::Same.zeros(224, 3, 2), (0, 1));
        assert_eq!(Padding::Same.zeros(7, 5, 1), (2, 2));
        assert_eq!(Padding::Same.zeros(28, 5, 2), (1, 2));
        assert_eq!(Padding::Same.zeros(7, 1, 1), (0, 0));
        assert_eq!(Padding::Symmetric.zeros(224, 3, 2), (1, 1));
    }
}
