//! EfficientNet-Lite0: the TensorFlow team's 2020 variant of EfficientNet-B0 (Tan & Le 2019,
//! arXiv 1905.11946) for quantized devices, with ReLU6 for swish and no squeeze-and-excitation;
//! parameter names as in the PyTorch port.

use crate::spec::{Block, LayerKind, LayerSpec, NetworkSpec, Normalization, Padding};

/// Expansion factor, output channels, repeats, stride of the first repeat, kernel.
const STAGES: [(usize, usize, usize, usize, usize); 7] = [
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
];

/// The network with its 1000-class head.
pub fn efficientnet_lite0() -> NetworkSpec {
    let mut blocks = vec![single("_conv_stem", "_bn0", 3, 32, 3, 2)];
    let mut inputs = 32;
    for (expansion, outputs, repeats, first_stride, kernel) in STAGES {
        for repeat in 0..repeats {
            let stride = if repeat == 0 { first_stride } else { 1 };
            let prefix = format!("_blocks.{}", blocks.len() - 1);
            blocks.push(mb_conv(
                &prefix,
                [inputs, outputs],
                expansion,
                kernel,
                stride,
            ));
            inputs = outputs;
        }
    }
    blocks.push(single("_conv_head", "_bn1", 320, 1280, 1, 1));
    NetworkSpec {
        name: "efficientnet_lite0",
        input_size: 224,
        normalization: Normalization {
            mean: [127.0; 3],
            std: [128.0; 3],
        },
        norm_epsilon: 1e-3,
        blocks,
        classifier: LayerSpec {
            norm: None,
            kind: LayerKind::Dense,
            ..conv("_fc", "", LayerKind::Dense, [1280, 1000], 1, 1, false)
        },
    }
}

/// A block of one convolution.
fn single(
    name: &str,
    norm: &str,
    inputs: usize,
    outputs: usize,
    kernel: usize,
    stride: usize,
) -> Block {
    let layer = conv(
        name,
        norm,
        LayerKind::Conv,
        [inputs, outputs],
        kernel,
        stride,
        true,
    );
    Block {
        layers: vec![layer],
        skip: false,
    }
}

/// Expand, filter each channel, project.
fn mb_conv(
    prefix: &str,
    [inputs, outputs]: [usize; 2],
    expansion: usize,
    kernel: usize,
    stride: usize,
) -> Block {
    let hidden = inputs * expansion;
    let name = |part: &str| format!("{prefix}.{part}");
    let mut layers = Vec::new();
    if expansion > 1 {
        let (weights, norm) = (name("_expand_conv"), name("_bn0"));
        layers.push(conv(
            &weights,
            &norm,
            LayerKind::Conv,
            [inputs, hidden],
            1,
            1,
            true,
        ));
    }
    let (weights, norm) = (name("_depthwise_conv"), name("_bn1"));
    let depthwise = LayerKind::Depthwise;
    layers.push(conv(
        &weights,
        &norm,
        depthwise,
        [hidden, hidden],
        kernel,
        stride,
        true,
    ));
    let (weights, norm) = (name("_project_conv"), name("_bn2"));
    layers.push(conv(
        &weights,
        &norm,
        LayerKind::Conv,
        [hidden, outputs],
        1,
        1,
        false,
    ));
    Block {
        layers,
        skip: stride == 1 && inputs == outputs,
    }
}

/// A convolution, "SAME" padded, with its batch normalization.
fn conv(
    name: &str,
    norm: &str,
    kind: LayerKind,
    [inputs, outputs]: [usize; 2],
    kernel: usize,
    stride: usize,
    relu6: bool,
) -> LayerSpec {
    LayerSpec {
        name: name.into(),
        norm: Some(norm.into()),
        kind,
        inputs,
        outputs,
        kernel,
        stride,
        padding: Padding::Same,
        relu6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_is_the_published_one() {
        let spec = efficientnet_lite0();
        assert_eq!(spec.layers().count(), 49);
        let weights: usize = spec
            .layers()
            .map(|l| l.weight_shape().iter().product::<usize>())
            .sum();
        let channels: usize = spec.layers().map(|l| l.outputs).sum();
        // 4,652,008 trainable parameters: weights, two a channel in batch normalization, the dense bias.
        assert_eq!(weights + 2 * (channels - 1000) + 1000, 4_652_008);
    }

    #[test]
    fn names_follow_the_checkpoint() {
        let names: Vec<_> = efficientnet_lite0()
            .layers()
            .map(|layer| layer.name.clone())
            .collect();
        assert_eq!(names[0], "_conv_stem");
        assert_eq!(
            names[1..3],
            ["_blocks.0._depthwise_conv", "_blocks.0._project_conv"]
        );
        assert_eq!(names[3], "_blocks.1._expand_conv");
        assert_eq!(names[47..], ["_conv_head", "_fc"]);
    }
}
