//! Model files with weights of few bits: safetensors as in [`Network::to_file`], but `<layer>.weight` holds bytes
//! in which the integers lie one after the other, and `<layer>.weight_scale` one scale or one an output channel.

use octet_graph::WeightScheme;
use octet_quant::{Granularity, IntRange, Quantized, Rounding, Symmetry, pack};

use crate::ModelError;
use crate::network::Network;
use crate::tensors::{OutTensor, write};
use crate::to_graph::floats;

impl Network {
    /// The bytes of a file that holds the network with its weights rounded by a scheme, as
    /// [`fake_quantize_weights`](octet_graph::fake_quantize_weights) rounds them. Biases stay float32.
    ///
    /// # Errors
    /// [`ModelError::Quantize`], naming the layer; [`ModelError::NotSafetensors`], were a layer's shape not to fit
    /// its weights.
    pub fn to_packed_file(&self, scheme: WeightScheme) -> Result<Vec<u8>, ModelError> {
        let WeightScheme { bits, per_channel } = scheme;
        let granularity = match per_channel {
            true => Granularity::PerChannel { axis: 0 },
            false => Granularity::PerTensor,
        };
        let mut tensors = Vec::with_capacity(self.layers.len() * 3);
        for (spec, layer) in self.pairs() {
            let quantized = IntRange::new(bits, true, true).and_then(|range| {
                Quantized::quantize(
                    &floats(&layer.weights),
                    &spec.weight_shape(),
                    granularity,
                    Symmetry::Symmetric,
                    range,
                    Rounding::HalfAwayFromZero,
                )
            });
            let quantized = quantized.map_err(|source| ModelError::Quantize {
                layer: spec.name.clone(),
                source,
            })?;
            let scales: Vec<f32> = quantized.params().iter().map(|p| p.scale()).collect();
            let bytes = pack(quantized.values().iter().copied(), bits);
            let weights = OutTensor::u8(vec![bytes.len()], bytes);
            tensors.push((spec.weight_name(), weights));
            tensors.push((
                spec.scale_name(),
                OutTensor::f32(vec![scales.len()], &scales),
            ));
            let bias = OutTensor::f32(vec![spec.outputs], &layer.bias);
            tensors.push((spec.bias_name(), bias));
        }
        let scale = if per_channel {
            "one scale an output channel"
        } else {
            "one scale a layer"
        };
        let name = self.spec.name;
        let words = format!("{name}, {bits}-bit weights, symmetric, {scale}, packed");
        write(tensors, words)
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test stops where something is missing"
    )]

    use octet_graph::fake_quantize_weights;
    use octet_quant::{RandomState, unpack};
    use safetensors::SafeTensors;

    use super::*;
    use crate::mobilenet_v2;
    use crate::network::{Layer, Weights};

    fn network() -> Network {
        let spec = mobilenet_v2();
        let mut random = RandomState::new(7);
        let layers = spec.layers().map(|layer| {
            let count: usize = layer.weight_shape().iter().product();
            // Some channels far narrower than others.
            let run = count / layer.outputs;
            let weight = |i: usize| (random.randn() / (1 + i / run % 50) as f64) as f32;
            Layer {
                weights: Weights::Float((0..count).map(weight).collect()),
                bias: vec![0.5; layer.outputs],
                normal: None,
            }
        });
        let layers = layers.collect();
        Network { spec, layers }
    }

    /// What the file of a scheme holds is what is measured of it.
    #[test]
    fn the_file_holds_the_rounded_weights() {
        let network = network();
        let graph = network.to_graph();
        for (bits, per_channel) in [(8, true), (5, false), (3, true)] {
            let scheme = WeightScheme { bits, per_channel };
            let bytes = network.to_packed_file(scheme).unwrap();
            let file = SafeTensors::deserialize(&bytes).unwrap();
            let rounded = fake_quantize_weights(&graph, scheme).unwrap().0;
            for (spec, layer) in network.pairs() {
                let count = layer.weights.len();
                let packed = file.tensor(&spec.weight_name()).unwrap();
                let integers: Vec<_> = unpack(packed.data(), bits).take(count).collect();
                let scales = file.tensor(&spec.scale_name()).unwrap();
                let scales: Vec<f32> = scales
                    .data()
                    .chunks(4)
                    .map(|word| f32::from_le_bytes(word.try_into().unwrap()))
                    .collect();
                assert_eq!(scales.len(), if per_channel { spec.outputs } else { 1 });
                let run = count / scales.len();
                let mut reals: Vec<f32> = integers
                    .iter()
                    .enumerate()
                    .map(|(at, &integer)| integer as f32 * scales[at / run])
                    .collect();
                let name = spec.weight_name();
                let tensor = rounded.tensors.iter().find(|t| t.name == name).unwrap();
                let mut expected = tensor.data.as_ref().unwrap().as_f32().unwrap().to_vec();
                // The graph has its weights in another order.
                reals.sort_by(f32::total_cmp);
                expected.sort_by(f32::total_cmp);
                assert!(
                    reals.iter().zip(&expected).all(|(a, b)| a == b),
                    "{name} at {bits} bits"
                );
            }
        }
    }

    #[test]
    fn fewer_bits_and_fewer_scales_make_smaller_files() {
        let network = network();
        let length = |bits, per_channel| {
            let scheme = WeightScheme { bits, per_channel };
            network.to_packed_file(scheme).unwrap().len()
        };
        let weights: usize = network.layers.iter().map(|layer| layer.weights.len()).sum();
        let (eight, four) = (length(8, true), length(4, true));
        assert!((eight - four).abs_diff(weights / 2) < 200);
        let channels: usize = network.spec.layers().map(|layer| layer.outputs).sum();
        assert!((eight - length(8, false)).abs_diff(4 * channels) < 1000);
        let scheme = WeightScheme {
            bits: 1,
            per_channel: true,
        };
        assert!(network.to_packed_file(scheme).is_err());
    }
}
