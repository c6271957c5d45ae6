//! MobileNetV2 1.0/224: Sandler et al. 2018, "Inverted Residuals and Linear Bottlenecks",
//! arXiv 1801.04381, table 2; parameter names as in the widespread PyTorch checkpoint.

use crate::spec::{Block, LayerKind, LayerSpec, NetworkSpec, Normalization, Padding};

/// Expansion factor, output channels, repeats, stride of the first repeat.
const STAGES: [(usize, usize, usize, usize); 7] = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
];

/// The network with its 1000-class head.
pub fn mobilenet_v2() -> NetworkSpec {
    let mut blocks = vec![single("features.0", 3, 32, 3, 2)];
    let mut inputs = 32;
    for (expansion, outputs, repeats, first_stride) in STAGES {
        for repeat in 0..repeats {
            let stride = if repeat == 0 { first_stride } else { 1 };
            let prefix = format!("features.{}", blocks.len());
            blocks.push(inverted_residual(
                &prefix, inputs, outputs, expansion, stride,
            ));
            inputs = outputs;
        }
    }
    blocks.push(single("features.18", 320, 1280, 1, 1));
    NetworkSpec {
        name: "mobilenet_v2",
        input_size: 224,
        // ImageNet's mean and standard deviation, as torchvision publishes them, times 255.
        normalization: Normalization {
            mean: [0.485 * 255.0, 0.456 * 255.0, 0.406 * 255.0],
            std: [0.229 * 255.0, 0.224 * 255.0, 0.225 * 255.0],
        },
        norm_epsilon: 1e-5,
        blocks,
        classifier: LayerSpec {
            name: "classifier".into(),
            norm: None,
            kind: LayerKind::Dense,
            inputs: 1280,
            outputs: 1000,
            kernel: 1,
            stride: 1,
            padding: Padding::Symmetric,
            relu6: false,
        },
    }
}

/// A block of one convolution: `<prefix>.0`, normalized by `<prefix>.1`.
fn single(prefix: &str, inputs: usize, outputs: usize, kernel: usize, stride: usize) -> Block {
    let layer = conv(
        prefix,
        0,
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

/// Expand, filter each channel, project: the bottleneck block of figure 4b.
fn inverted_residual(
    prefix: &str,
    inputs: usize,
    outputs: usize,
    expansion: usize,
    stride: usize,
) -> Block {
    let prefix = format!("{prefix}.conv");
    let hidden = inputs * expansion;
    let mut layers = Vec::new();
    let mut position = 0;
    if expansion > 1 {
        layers.push(conv(
            &prefix,
            0,
            LayerKind::Conv,
            [inputs, hidden],
            1,
            1,
            true,
        ));
        position = 3;
    }
    let depthwise = LayerKind::Depthwise;
    layers.push(conv(
        &prefix,
        position,
        depthwise,
        [hidden, hidden],
        3,
        stride,
        true,
    ));
    layers.push(conv(
        &prefix,
        position + 3,
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

/// The convolution at `<prefix>.<position>`, with its batch normalization right behind it.
fn conv(
    prefix: &str,
    position: usize,
    kind: LayerKind,
    [inputs, outputs]: [usize; 2],
    kernel: usize,
    stride: usize,
    relu6: bool,
) -> LayerSpec {
    LayerSpec {
        name: format!("{prefix}.{position}"),
        norm: Some(format!("{prefix}.{}", position + 1)),
        kind,
        inputs,
        outputs,
        kernel,
        stride,
        padding: Padding::Symmetric,
        relu6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_is_the_papers() {
        let spec = mobilenet_v2();
        assert_eq!(spec.layers().count(), 53);
        assert_eq!(spec.blocks.len(), 19);
        assert_eq!(spec.blocks.iter().filter(|block| block.skip).count(), 10);
        let parameters: usize = spec
            .layers()
            .map(|l| l.weight_shape().iter().product::<usize>() + l.outputs)
            .sum();
        // 3,504,872 trainable parameters, of which 2 · 17,056 in batch normalization become 17,056 biases.
        assert_eq!(parameters, 3_504_872 - 17_056);
    }

    #[test]
    fn names_follow_the_checkpoint() {
        let names: Vec<_> = mobilenet_v2()
            .layers()
            .map(|layer| layer.name.clone())
            .collect();
        assert_eq!(
            names[..3],
            ["features.0.0", "features.1.conv.0", "features.1.conv.3"]
        );
        assert_eq!(
            names[3..6],
            [
                "features.2.conv.0",
                "features.2.conv.3",
                "features.2.conv.6"
            ]
        );
        assert_eq!(names[51..], ["features.18.0", "classifier"]);
    }
}
