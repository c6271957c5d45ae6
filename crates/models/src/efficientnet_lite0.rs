//! EfficientNet-Lite0: the TensorFlow team's 2020 variant of EfficientNet-B0 (Tan & Le 2019,
//! arXiv 1905.11946) for quantized devices, with ReLU6 for swish and no squeeze-and-excitation;
//! parameter names as in the PyTorch port.

use crate::blocks::{Bottleneck, Names, classifier, conv, single};
use crate::spec::{NetworkSpec, Normalization, Padding};

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
    let padding = Padding::Same;
    let mut blocks = vec![single(conv(
        names("", "_conv_stem", "_bn0"),
        [3, 32],
        [3, 2],
        padding,
    ))];
    let mut inputs = 32;
    for (expansion, outputs, repeats, first_stride, kernel) in STAGES {
        for repeat in 0..repeats {
            let stride = if repeat == 0 { first_stride } else { 1 };
            let bottleneck = Bottleneck {
                inputs,
                outputs,
                expansion,
                kernel,
                stride,
                padding,
            };
            let prefix = format!("_blocks.{}.", blocks.len() - 1);
            blocks.push(bottleneck.block(
                names(&prefix, "_expand_conv", "_bn0"),
                names(&prefix, "_depthwise_conv", "_bn1"),
                names(&prefix, "_project_conv", "_bn2"),
            ));
            inputs = outputs;
        }
    }
    blocks.push(single(conv(
        names("", "_conv_head", "_bn1"),
        [inputs, 1280],
        [1, 1],
        padding,
    )));
    NetworkSpec {
        name: "efficientnet_lite0",
        input_size: 224,
        normalization: Normalization {
            mean: [127.0; 3],
            std: [128.0; 3],
        },
        norm_epsilon: 1e-3,
        blocks,
        classifier: classifier("_fc", 1280, 1000),
    }
}

fn names(prefix: &str, weights: &str, norm: &str) -> Names {
    Names {
        weights: format!("{prefix}{weights}"),
        norm: format!("{prefix}{norm}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_is_the_published_one() {
        let spec = efficientnet_lite0();
        assert_eq!(spec.layers().count(), 50);
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
        assert_eq!(names[48..], ["_conv_head", "_fc"]);
    }
}
