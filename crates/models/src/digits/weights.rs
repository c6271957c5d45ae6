//! The network of the lab: its shapes and its weights, as plain data in TFLite's layout.

use octet_quant::RandomState;

use crate::ModelError;
use crate::tensors::{OutTensor, TensorFile, write};

/// A layer's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigitLayer {
    /// In the file and in the graph.
    pub name: &'static str,
    /// Of its weights: output channels first.
    pub shape: &'static [usize],
    /// Numbers that enter one output and that one input enters: what the range of the first weights follows from.
    fans: (usize, usize),
}

/// Convolution of 16 channels, convolution of 32, dense layer of 10. What lies between them has no weights.
pub const DIGIT_LAYERS: [DigitLayer; 3] = [
    DigitLayer {
        name: "conv1",
        shape: &[16, 3, 3, 1],
        fans: (9, 9 * 16),
    },
    DigitLayer {
        name: "conv2",
        shape: &[32, 3, 3, 16],
        fans: (9 * 16, 9 * 32),
    },
    DigitLayer {
        name: "dense",
        shape: &[10, 800],
        fans: (800, 10),
    },
];

impl DigitLayer {
    /// Output channels.
    pub fn outputs(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    /// How many weights there are.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The weights' name.
    pub fn weight_name(&self) -> String {
        format!("{}.weight", self.name)
    }

    /// The biases' name.
    pub fn bias_name(&self) -> String {
        format!("{}.bias", self.name)
    }
}

/// The weights of the digit network, all of the right length.
#[derive(Clone, Debug, PartialEq)]
pub struct DigitWeights {
    layers: [LayerNumbers; 3],
}

/// The weights of one layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerNumbers {
    /// Output channels first; convolutions `[out, height, width, in]`, the dense layer's inputs row by row, pixel by
    /// pixel, channel by channel.
    pub weights: Vec<f32>,
    /// One an output channel.
    pub bias: Vec<f32>,
}

impl DigitWeights {
    /// Weights to start from: Glorot and Bengio's uniform distribution, as Keras draws them (2010,
    /// `sqrt(6 / (fan in + fan out))`); biases 0.
    pub fn random(random: &mut RandomState) -> Self {
        let layers = DIGIT_LAYERS.map(|layer| {
            let (inputs, outputs) = layer.fans;
            let limit = (6.0 / (inputs + outputs) as f64).sqrt();
            let weight = |_| random.uniform(-limit, limit) as f32;
            LayerNumbers {
                weights: (0..layer.len()).map(weight).collect(),
                bias: vec![0.0; layer.outputs()],
            }
        });
        Self { layers }
    }

    /// Takes numbers as they are.
    ///
    /// # Errors
    /// [`ModelError::WrongShape`].
    pub fn from_layers(layers: [LayerNumbers; 3]) -> Result<Self, ModelError> {
        for (layer, numbers) in DIGIT_LAYERS.iter().zip(&layers) {
            let pairs = [
                (layer.weight_name(), layer.shape.to_vec(), &numbers.weights),
                (layer.bias_name(), vec![layer.outputs()], &numbers.bias),
            ];
            for (name, expected, values) in pairs {
                if values.len() != expected.iter().product::<usize>() {
                    return Err(ModelError::WrongShape {
                        name,
                        expected,
                        found: vec![values.len()],
                    });
                }
            }
        }
        Ok(Self { layers })
    }

    /// One for each of [`DIGIT_LAYERS`].
    pub fn layers(&self) -> &[LayerNumbers; 3] {
        &self.layers
    }

    /// Whether all numbers are finite.
    pub fn is_finite(&self) -> bool {
        let numbers = self
            .layers
            .iter()
            .flat_map(|l| l.weights.iter().chain(&l.bias));
        numbers.into_iter().all(|value| value.is_finite())
    }

    /// The bytes of a safetensors file.
    ///
    /// # Errors
    /// [`ModelError::NotSafetensors`], were the format to refuse it.
    pub fn to_file(&self) -> Result<Vec<u8>, ModelError> {
        let mut tensors = Vec::with_capacity(6);
        for (layer, numbers) in DIGIT_LAYERS.iter().zip(&self.layers) {
            let weights = OutTensor::f32(layer.shape.to_vec(), &numbers.weights);
            tensors.push((layer.weight_name(), weights));
            let bias = OutTensor::f32(vec![layer.outputs()], &numbers.bias);
            tensors.push((layer.bias_name(), bias));
        }
        let description = "digit network of the lab, float32, convolution weights [out, height, width, in], \
                           dense weights [out, in] over an NHWC image";
        write(tensors, description.to_owned())
    }

    /// Reads what [`DigitWeights::to_file`] wrote. A file of another network lacks a tensor or has one of another
    /// shape, and the error says which.
    ///
    /// # Errors
    /// Any [`ModelError`] that a file can cause.
    pub fn from_file(bytes: &[u8]) -> Result<Self, ModelError> {
        let file = TensorFile::parse(bytes)?;
        let mut layers: [LayerNumbers; 3] = Default::default();
        for (layer, numbers) in DIGIT_LAYERS.iter().zip(&mut layers) {
            numbers.weights = file.f32(&layer.weight_name(), layer.shape)?;
            numbers.bias = file.f32(&layer.bias_name(), &[layer.outputs()])?;
        }
        Ok(Self { layers })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_file_holds_the_weights() {
        let weights = DigitWeights::random(&mut RandomState::new(3));
        let bytes = weights.to_file().unwrap();
        assert_eq!(DigitWeights::from_file(&bytes), Ok(weights));
    }

    #[test]
    fn the_first_weights_lie_within_their_limits() {
        let weights = DigitWeights::random(&mut RandomState::new(3));
        let limits = [0.198, 0.118, 0.0861];
        for (numbers, limit) in weights.layers().iter().zip(limits) {
            let most = numbers
                .weights
                .iter()
                .fold(0.0_f32, |most, w| most.max(w.abs()));
            assert!(most < limit && most > 0.9 * limit, "{most} {limit}");
        }
    }

    #[test]
    fn other_networks_are_refused() {
        let mut weights = DigitWeights::random(&mut RandomState::new(3));
        let other = vec![(
            "conv1.weight".to_owned(),
            OutTensor::f32(vec![2], &[1.0, 2.0]),
        )];
        let error = DigitWeights::from_file(&write(other, String::new()).unwrap());
        assert!(
            matches!(error, Err(ModelError::WrongShape { name, .. }) if name == "conv1.weight")
        );
        let error = DigitWeights::from_file(&write(Vec::new(), String::new()).unwrap());
        assert_eq!(error, Err(ModelError::MissingTensor("conv1.weight".into())));
        weights.layers[2].bias[3] = f32::NAN;
        let error = DigitWeights::from_file(&weights.to_file().unwrap());
        assert_eq!(error, Err(ModelError::NotFinite("dense.bias".into())));
        weights.layers[2].bias.pop();
        assert!(DigitWeights::from_layers(weights.layers).is_err());
    }
}
