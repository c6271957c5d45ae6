//! MobileNetV2 1.0/224: Sandler et al. 2018, "Inverted Residuals and Linear Bottlenecks",
//! arXiv 1801.04381, table 2; parameter names as in the widespread PyTorch checkpoint.

use crate::blocks::{Bottleneck, Names, classifier, conv, single};
use crate::spec::{NetworkSpec, Normalization, Padding};

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
    let padding = Padding::Symmetric;
    let mut blocks = vec![single(conv(
        names("features.0", 0),
        [3, 32],
        [3, 2],
        padding,
    ))];
    let mut inputs = 32;
    for (expansion, outputs, repeats, first_stride) in STAGES {
        for repeat in 0..repeats {
            let stride = if repeat == 0 { first_stride } else { 1 };
            let bottleneck = Bottleneck {
                inputs,
                outputs,
                expansion,
                kernel: 3,
                stride,
                padding,
            };
            let prefix = format!("features.{}.conv", blocks.len());
            // Convolutions, normalizations and activations are numbered through.
            let first = if bottleneck.expands() { 3 } else { 0 };
            let [expand, depthwise, project] =
                [0, first, first + 3].map(|position| names(&prefix, position));
            blocks.push(bottleneck.block(expand, depthwise, project));
            inputs = outputs;
        }
    }
    blocks.push(single(conv(
        names("features.18", 0),
        [inputs, 1280],
        [1, 1],
        padding,
    )));
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
        classifier: classifier("classifier", 1280, 1000),
    }
}

/// The convolution at `<prefix>.<position>`, with its batch normalization right behind it.
fn names(prefix: &str, position: usize) -> Names {
    Names {
        weights: format!("{prefix}.{position}"),
        norm: format!("{prefix}.{}", position + 1),
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
