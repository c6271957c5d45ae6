//! float16 weights, and IEEE 754 half precision itself.

use super::constants::Constants;
use super::{PassError, Record};
use crate::{Constant, DType, Graph, Node, Op, Tensor, TensorId};

/// Stores float32 constants as float16, each followed by a `Dequantize` back to float32 before its first
/// use, as TensorFlow's converter does for `target_spec.supported_types = [tf.float16]`. The network still
/// computes in float32; its file is half as large. Constants that float16 cannot hold (beyond 65504) stay.
/// Tensors keep their numbers.
///
/// # Errors
/// [`PassError::Graph`] where the graph is not valid.
pub fn convert_float16(graph: &Graph) -> Result<(Graph, Record), PassError> {
    graph.validate()?;
    let mut record = Record::new("float32 constants");
    let mut constants = Constants::new(graph);
    let mut decoded: Vec<Option<TensorId>> = vec![None; graph.tensors.len()];
    let mut nodes = Vec::new();
    for (id, node) in graph.numbered() {
        let mut node = node.clone();
        for input in node.inputs.iter_mut().flatten() {
            let Some((values, shape)) = constants.floats(*input) else {
                continue;
            };
            let Some(decoded) = decoded.get_mut(input.0) else {
                continue;
            };
            if let Some(decoded) = *decoded {
                *input = decoded;
                continue;
            }
            let halves: Vec<u16> = values.iter().map(|&value| half_from_f32(value)).collect();
            let original = graph.node(id)?;
            if halves.iter().any(|&half| !half_to_f32(half).is_finite()) {
                let text = format!("float16 cannot hold {}", graph.label(*input));
                record.leave(id, original, text);
                continue;
            }
            let text = format!("{} to float16", graph.label(*input));
            record.change(id, original, text);
            let stored = constants.replace(*input, Constant::Float16(halves.into()), None);
            let name = graph.tensor(*input)?.name.clone();
            let output = Tensor::activation(name, shape.to_vec(), DType::Float32);
            let output = constants.graph.add(output);
            nodes.push(Node {
                op: Op::Dequantize,
                inputs: vec![Some(stored)],
                output,
            });
            *decoded = Some(output);
            *input = output;
        }
        nodes.push(node);
    }
    constants.graph.nodes = nodes;
    constants.graph.validate()?;
    Ok((constants.graph, record))
}

/// The bits of the half precision number nearest to a float32, halves to even (IEEE 754); beyond 65520 an
/// infinity, NaN a NaN.
pub fn half_from_f32(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let magnitude = bits & 0x7fff_ffff;
    let half = match magnitude {
        // NaN
        0x7f80_0001.. => 0x7e00,
        // 65520 and more
        0x477f_f000.. => 0x7c00,
        // Normal: the exponent's bias changes from 127 to 15, and 13 bits of the fraction go.
        0x3880_0000.. => round_off(magnitude - (112 << 23), 13),
        // Denormal: multiples of 2^−24, which are the last bits of a sum with 0.5.
        _ => {
            let sum = f32::from_bits(magnitude) + 0.5;
            sum.to_bits() - 0.5_f32.to_bits()
        }
    };
    // Below 2^15 in every case.
    sign | half as u16
}

/// Drops the last bits; to the nearest, halves to even.
fn round_off(bits: u32, drop: u32) -> u32 {
    let odd = bits >> drop & 1;
    (bits + (1 << (drop - 1)) - 1 + odd) >> drop
}

/// The number that the bits of a half precision number stand for; exact.
pub fn half_to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let magnitude = u32::from(bits & 0x7fff);
    let value = match magnitude {
        0x7c00.. => f32::from_bits(0x7f80_0000 | (magnitude & 0x3ff) << 13),
        0x0400.. => f32::from_bits((magnitude << 13) + (112 << 23)),
        // 2^−24
        _ => magnitude as f32 * f32::from_bits(0x3380_0000),
    };
    f32::from_bits(value.to_bits() | sign)
}
