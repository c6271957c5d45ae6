//! What MobileNetV2 and its descendants are built of.

use crate::spec::{Block, LayerKind, LayerSpec, Padding};

/// Where a convolution's numbers stand in a checkpoint: its weights, and its batch normalization.
pub(crate) struct Names {
    pub(crate) weights: String,
    pub(crate) norm: String,
}

/// An inverted residual block (Sandler et al. 2018, arXiv 1801.04381, table 1).
pub(crate) struct Bottleneck {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) expansion: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) padding: Padding,
}

impl Bottleneck {
    /// Whether the channels are widened first.
    pub(crate) fn expands(&self) -> bool {
        self.expansion > 1
    }

    /// Expand (where the block does), filter each channel, project. Input and output are added where they
    /// have the same shape.
    pub(crate) fn block(&self, expand: Names, depthwise: Names, project: Names) -> Block {
        let Self {
            inputs,
            outputs,
            kernel,
            stride,
            padding,
            ..
        } = *self;
        let hidden = inputs * self.expansion;
        let pointwise = |names, inputs, outputs, relu6| {
            let layer = conv(names, [inputs, outputs], [1, 1], padding);
            LayerSpec { relu6, ..layer }
        };
        let mut layers = Vec::new();
        if self.expands() {
            layers.push(pointwise(expand, inputs, hidden, true));
        }
        layers.push(LayerSpec {
            kind: LayerKind::Depthwise,
            ..conv(depthwise, [hidden, hidden], [kernel, stride], padding)
        });
        layers.push(pointwise(project, hidden, outputs, false));
        Block {
            layers,
            skip: stride == 1 && inputs == outputs,
        }
    }
}

/// A convolution with batch normalization and ReLU6.
pub(crate) fn conv(
    names: Names,
    [inputs, outputs]: [usize; 2],
    [kernel, stride]: [usize; 2],
    padding: Padding,
) -> LayerSpec {
    LayerSpec {
        name: names.weights,
        norm: Some(names.norm),
        kind: LayerKind::Conv,
        inputs,
        outputs,
        kernel,
        stride,
        padding,
        relu6: true,
    }
}

/// A block of a single layer.
pub(crate) fn single(layer: LayerSpec) -> Block {
    Block {
        layers: vec![layer],
        skip: false,
    }
}

/// The dense layer behind the global average pool.
pub(crate) fn classifier(name: &str, inputs: usize, classes: usize) -> LayerSpec {
    LayerSpec {
        name: name.into(),
        norm: None,
        kind: LayerKind::Dense,
        inputs,
        outputs: classes,
        kernel: 1,
        stride: 1,
        padding: Padding::Symmetric,
        relu6: false,
    }
}
