//! Small graphs for tests.
#![allow(dead_code, reason = "each test uses some of it")]

use octet_graph::{
    Activation, Constant, Conv2d, DType, DepthwiseConv2d, FullyConnected, Graph, Op, Padding,
    Quantization, Tensor, TensorId,
};

pub const CONV: Conv2d = Conv2d {
    padding: Padding::Same,
    stride: [1, 1],
    dilation: [1, 1],
    activation: Activation::None,
};

pub const DEPTHWISE: DepthwiseConv2d = DepthwiseConv2d {
    padding: Padding::Same,
    stride: [1, 1],
    dilation: [1, 1],
    multiplier: 1,
    activation: Activation::None,
};

pub fn float(shape: &[usize]) -> Tensor {
    Tensor::activation("", shape.to_vec(), DType::Float32)
}

pub fn named(name: &str, shape: &[usize]) -> Tensor {
    Tensor::activation(name, shape.to_vec(), DType::Float32)
}

pub fn int8(shape: &[usize], scale: f32, zero_point: i32) -> Tensor {
    Tensor::activation("", shape.to_vec(), DType::Int8)
        .with_quantization(Quantization::per_tensor(scale, zero_point))
}

pub fn floats(shape: &[usize], values: impl Into<Vec<f32>>) -> Tensor {
    Tensor::constant("", shape.to_vec(), Constant::Float32(values.into().into()))
}

/// Numbers between −1 and 1 that look random and are the same everywhere.
pub fn noise(shape: &[usize], seed: u32) -> Tensor {
    floats(shape, noise_values(shape.iter().product(), seed))
}

pub fn noise_values(count: usize, seed: u32) -> Vec<f32> {
    let mut random = Random(seed.wrapping_mul(2_654_435_761).wrapping_add(1));
    (0..count).map(|_| random.unit() * 2.0 - 1.0).collect()
}

pub fn ints(values: &[i32]) -> Tensor {
    Tensor::constant("", vec![values.len()], Constant::Int32(values.into()))
}

/// A graph of a single operator with a float32 output.
pub fn single(op: Op, inputs: Vec<Tensor>, output: &[usize]) -> Graph {
    single_into(op, inputs, float(output))
}

pub fn single_into(op: Op, inputs: Vec<Tensor>, output: Tensor) -> Graph {
    let mut graph = Graph::default();
    let ids: Vec<TensorId> = inputs.into_iter().map(|t| graph.add(t)).collect();
    graph.inputs = ids
        .iter()
        .copied()
        .filter(|&id| !graph.is_constant(id))
        .collect();
    let output = graph.push(op, ids, output);
    graph.outputs = vec![output];
    graph
}

pub fn dense(activation: Activation) -> Op {
    Op::FullyConnected(FullyConnected {
        keep_num_dims: false,
        asymmetric_inputs: false,
        activation,
    })
}

/// Marsaglia's xorshift: enough for tests.
pub struct Random(pub u32);

impl Random {
    pub fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end
    }

    pub fn unit(&mut self) -> f32 {
        (self.next() >> 8) as f32 / (1 << 24) as f32
    }
}
