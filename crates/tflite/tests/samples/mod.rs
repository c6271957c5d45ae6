//! Small graphs with every operator in every type that it has, for tests and for `tests/fixtures/tflite/check_written.py`.
#![allow(
    dead_code,
    clippy::unwrap_used,
    missing_docs,
    reason = "shared by tests, which fail by panicking"
)]

use octet_graph::{
    Activation, Constant, Conv2d, DType, DepthwiseConv2d, FullyConnected, Graph, Node, Op, Padding,
    Pool2d, Quantization, Resize, StridedSlice, Tensor, TensorId,
};
use octet_quant::RandomState;

/// What a graph computes with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Float32,
    Int8,
    Uint8,
    /// float32, int8 weights with one scale.
    Hybrid,
    /// float32, int8 weights with a scale for each output channel.
    HybridPerChannel,
}

pub const KINDS: [Kind; 5] = [
    Kind::Float32,
    Kind::Int8,
    Kind::Uint8,
    Kind::Hybrid,
    Kind::HybridPerChannel,
];

impl Kind {
    fn dtype(self) -> DType {
        match self {
            Self::Float32 | Self::Hybrid | Self::HybridPerChannel => DType::Float32,
            Self::Int8 => DType::Int8,
            Self::Uint8 => DType::Uint8,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Int8 => "int8",
            Self::Uint8 => "uint8",
            Self::Hybrid => "hybrid",
            Self::HybridPerChannel => "hybrid_per_channel",
        }
    }
}

/// A graph in the making.
pub struct Maker {
    pub graph: Graph,
    kind: Kind,
    random: RandomState,
}

impl Maker {
    pub fn new(name: &str, kind: Kind) -> Self {
        Self {
            graph: Graph {
                name: name.to_owned(),
                ..Graph::default()
            },
            kind,
            random: RandomState::new(7),
        }
    }

    fn quantization(&self, scale: f32, zero_point: i32) -> Option<Quantization> {
        match self.kind.dtype() {
            DType::Int8 => Some(Quantization::per_tensor(scale, zero_point)),
            DType::Uint8 => Some(Quantization::per_tensor(scale, zero_point + 128)),
            _ => None,
        }
    }

    pub fn input(&mut self, shape: &[usize]) -> TensorId {
        let name = format!("input_{}", self.graph.inputs.len());
        let mut tensor = Tensor::activation(name, shape.to_vec(), self.kind.dtype());
        tensor.quantization = self.quantization(0.03125, -3);
        let id = self.graph.add(tensor);
        self.graph.inputs.push(id);
        id
    }

    /// Reals about ±1.
    fn reals(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.random.randn() as f32 * 0.5).collect()
    }

    /// Integers over the middle of an 8-bit range.
    fn bytes(&mut self, len: usize) -> Vec<i8> {
        let reals = self.reals(len);
        reals.iter().map(|&real| (real * 80.0) as i8).collect()
    }

    pub fn weights(&mut self, shape: &[usize], axis: usize) -> TensorId {
        let len = shape.iter().product();
        let tensor = match self.kind {
            Kind::Float32 => {
                let values = self.reals(len);
                Tensor::constant("weights", shape.to_vec(), Constant::Float32(values.into()))
            }
            Kind::Uint8 => {
                let values = self.bytes(len);
                let values = values.iter().map(|&value| (i16::from(value) + 128) as u8);
                let data = Constant::Uint8(values.collect());
                Tensor::constant("weights", shape.to_vec(), data)
                    .with_quantization(Quantization::per_tensor(0.0125, 121))
            }
            _ => {
                let data = Constant::Int8(self.bytes(len).into());
                let scales = match self.kind {
                    Kind::Hybrid => vec![0.0125],
                    _ => (0..shape[axis])
                        .map(|channel| 0.01 + 0.001 * channel as f32)
                        .collect(),
                };
                Tensor::constant("weights", shape.to_vec(), data)
                    .with_quantization(Quantization::per_channel(scales, axis))
            }
        };
        let mut tensor = tensor;
        if let Some(quantization) = &mut tensor.quantization
            && quantization.scales.len() == 1
        {
            quantization.axis = 0;
        }
        self.graph.add(tensor)
    }

    pub fn bias(&mut self, input: TensorId, weights: TensorId, len: usize) -> TensorId {
        let reals = self.reals(len);
        let scales = self.graph.tensors[weights.0].quantization.clone();
        let input = self.graph.tensors[input.0].quantization.clone();
        let tensor = match (input, scales) {
            (Some(input), Some(weights)) => {
                let scales: Vec<f32> = weights
                    .scales
                    .iter()
                    .map(|scale| scale * input.scales[0])
                    .collect();
                let values = reals.iter().map(|&real| (real * 1000.0) as i32);
                let data = Constant::Int32(values.collect());
                Tensor::constant("bias", vec![len], data)
                    .with_quantization(Quantization::per_channel(scales, 0))
            }
            _ => Tensor::constant("bias", vec![len], Constant::Float32(reals.into())),
        };
        self.graph.add(tensor)
    }

    pub fn ints(&mut self, name: &str, shape: &[usize], values: &[i32]) -> TensorId {
        let data = Constant::Int32(values.into());
        self.graph.add(Tensor::constant(name, shape.to_vec(), data))
    }

    pub fn push(&mut self, op: Op, inputs: &[TensorId], scale: f32, zero_point: i32) -> TensorId {
        let quantization = self.quantization(scale, zero_point);
        self.push_as(op, inputs, self.kind.dtype(), quantization)
    }

    /// The output has the scale of the input.
    pub fn push_like_input(&mut self, op: Op, inputs: &[TensorId]) -> TensorId {
        let quantization = self.graph.tensors[inputs[0].0].quantization.clone();
        self.push_as(op, inputs, self.kind.dtype(), quantization)
    }

    pub fn push_as(
        &mut self,
        op: Op,
        inputs: &[TensorId],
        dtype: DType,
        quantization: Option<Quantization>,
    ) -> TensorId {
        let name = format!("{}_{}", op.name().to_lowercase(), self.graph.nodes.len());
        let node = Node {
            op,
            inputs: inputs.iter().copied().map(Some).collect(),
            output: TensorId(self.graph.tensors.len()),
        };
        let mut tensor = Tensor::activation(name, Vec::new(), dtype);
        tensor.quantization = quantization;
        let output = self.graph.add(tensor);
        let shape = self.graph.output_shape(&node).unwrap();
        self.graph.tensors[output.0].shape = shape;
        self.graph.nodes.push(node);
        output
    }

    pub fn finish(mut self, outputs: &[TensorId]) -> Graph {
        self.graph.outputs = outputs.to_vec();
        self.graph
    }
}

fn conv(padding: Padding, stride: usize, dilation: usize, activation: Activation) -> Op {
    Op::Conv2d(Conv2d {
        padding,
        stride: [stride, stride],
        dilation: [dilation, dilation],
        activation,
    })
}

/// Operators with weights.
fn weighted(kind: Kind) -> Vec<Graph> {
    let mut graphs = Vec::new();
    let mut add = |name: &str, make: &dyn Fn(&mut Maker) -> TensorId| {
        let mut maker = Maker::new(&format!("{name}_{}", kind.name()), kind);
        let output = make(&mut maker);
        graphs.push(maker.finish(&[output]));
    };
    add("conv_2d", &|maker| {
        let input = maker.input(&[1, 6, 5, 4]);
        let weights = maker.weights(&[8, 3, 3, 4], 0);
        let bias = maker.bias(input, weights, 8);
        let op = conv(Padding::Same, 2, 1, Activation::Relu6);
        maker.push(op, &[input, weights, bias], 0.0235, -128)
    });
    add("conv_2d_without_bias", &|maker| {
        let input = maker.input(&[1, 9, 8, 3]);
        let weights = maker.weights(&[2, 3, 2, 3], 0);
        let op = conv(Padding::Valid, 1, 2, Activation::None);
        maker.push(op, &[input, weights], 0.05, 4)
    });
    add("depthwise_conv_2d", &|maker| {
        let input = maker.input(&[1, 6, 5, 4]);
        let weights = maker.weights(&[1, 3, 3, 8], 3);
        let bias = maker.bias(input, weights, 8);
        let op = Op::DepthwiseConv2d(DepthwiseConv2d {
            padding: Padding::Same,
            stride: [1, 1],
            dilation: [1, 1],
            multiplier: 2,
            activation: Activation::Relu,
        });
        maker.push(op, &[input, weights, bias], 0.04, -128)
    });
    add("depthwise_conv_2d_dilated", &|maker| {
        let input = maker.input(&[1, 9, 8, 4]);
        let weights = maker.weights(&[1, 3, 3, 4], 3);
        let bias = maker.bias(input, weights, 4);
        let op = Op::DepthwiseConv2d(DepthwiseConv2d {
            padding: Padding::Valid,
            stride: [1, 1],
            dilation: [2, 2],
            multiplier: 1,
            activation: Activation::None,
        });
        maker.push(op, &[input, weights, bias], 0.04, 5)
    });
    for (name, keep_num_dims, asymmetric_inputs, with_bias) in [
        ("fully_connected", false, false, true),
        ("fully_connected_keep_num_dims", true, false, true),
        ("fully_connected_asymmetric", false, true, true),
        ("fully_connected_without_bias", false, false, false),
    ] {
        add(name, &|maker| {
            let input = maker.input(&[2, 3, 6]);
            let weights = maker.weights(&[5, 6], 0);
            let op = Op::FullyConnected(FullyConnected {
                keep_num_dims,
                asymmetric_inputs,
                activation: Activation::None,
            });
            if with_bias {
                let bias = maker.bias(input, weights, 5);
                maker.push(op, &[input, weights, bias], 0.05, 2)
            } else {
                maker.push(op, &[input, weights], 0.05, 2)
            }
        });
    }
    graphs
}

/// Operators without weights.
fn plain(kind: Kind) -> Vec<Graph> {
    let mut graphs = Vec::new();
    let mut add = |name: &str, make: &dyn Fn(&mut Maker) -> TensorId| {
        let mut maker = Maker::new(&format!("{name}_{}", kind.name()), kind);
        let output = make(&mut maker);
        graphs.push(maker.finish(&[output]));
    };
    let shape = [1, 6, 5, 4];
    let relu = Activation::Relu;
    for (name, op) in [
        ("add", Op::Add(Activation::None)),
        ("sub", Op::Sub(relu)),
        ("mul", Op::Mul(Activation::Relu6)),
    ] {
        add(name, &|maker| {
            let left = maker.input(&shape);
            let right = maker.input(&[4]);
            maker.push(op, &[left, right], 0.06, 1)
        });
    }
    add("mul_enlarging", &|maker| {
        let left = maker.input(&shape);
        let right = maker.input(&shape);
        maker.push(Op::Mul(Activation::None), &[left, right], 0.0005, 1)
    });
    let pool = Pool2d {
        padding: Padding::Same,
        stride: [2, 1],
        filter: [3, 2],
        activation: Activation::Relu,
    };
    add("average_pool_2d", &|maker| {
        let input = maker.input(&shape);
        maker.push_like_input(Op::AveragePool2d(pool), &[input])
    });
    add("max_pool_2d", &|maker| {
        let input = maker.input(&shape);
        maker.push_like_input(Op::MaxPool2d(pool), &[input])
    });
    for keep_dims in [false, true] {
        add(&format!("mean_keep_{keep_dims}"), &|maker| {
            let input = maker.input(&shape);
            let axes = maker.ints("axes", &[2], &[1, 2]);
            maker.push(Op::Mean { keep_dims }, &[input, axes], 0.02, 3)
        });
    }
    add("pad", &|maker| {
        let input = maker.input(&shape);
        let paddings = maker.ints("paddings", &[4, 2], &[0, 0, 1, 2, 0, 1, 0, 0]);
        maker.push_like_input(Op::Pad, &[input, paddings])
    });
    add("concatenation", &|maker| {
        let left = maker.input(&shape);
        let right = maker.input(&[1, 6, 5, 2]);
        let op = Op::Concat {
            axis: 3,
            activation: Activation::None,
        };
        maker.push_like_input(op, &[left, right])
    });
    add("softmax", &|maker| {
        let input = maker.input(&[2, 10]);
        maker.push(Op::Softmax { beta: 0.75 }, &[input], 1.0 / 256.0, -128)
    });
    add("logistic", &|maker| {
        let input = maker.input(&shape);
        maker.push(Op::Logistic, &[input], 1.0 / 256.0, -128)
    });
    add("tanh", &|maker| {
        let input = maker.input(&shape);
        maker.push(Op::Tanh, &[input], 1.0 / 128.0, 0)
    });
    for (name, op) in [
        ("hard_swish", Op::HardSwish),
        ("relu", Op::Relu),
        ("relu6", Op::Relu6),
    ] {
        add(name, &|maker| {
            let input = maker.input(&shape);
            maker.push(op, &[input], 0.03, -100)
        });
    }
    for (align_corners, half_pixel_centers) in [(false, false), (true, false), (false, true)] {
        let resize = Resize {
            align_corners,
            half_pixel_centers,
        };
        let flags = format!(
            "{}{}",
            u8::from(align_corners),
            u8::from(half_pixel_centers)
        );
        for (name, op) in [
            ("resize_bilinear", Op::ResizeBilinear(resize)),
            ("resize_nearest", Op::ResizeNearest(resize)),
        ] {
            add(&format!("{name}_{flags}"), &|maker| {
                let input = maker.input(&shape);
                let size = maker.ints("size", &[2], &[9, 4]);
                maker.push_like_input(op, &[input, size])
            });
        }
    }
    add("reshape", &|maker| {
        let input = maker.input(&shape);
        maker.reshape(input, &[1, 30, 4])
    });
    add("transpose", &|maker| {
        let input = maker.input(&shape);
        let order = maker.ints("order", &[4], &[0, 3, 1, 2]);
        maker.push_like_input(Op::Transpose, &[input, order])
    });
    add("strided_slice", &|maker| {
        let input = maker.input(&shape);
        let begin = maker.ints("begin", &[4], &[0, 1, 4, 2]);
        let end = maker.ints("end", &[4], &[1, 6, 0, 3]);
        let strides = maker.ints("strides", &[4], &[1, 2, -1, 1]);
        let op = Op::StridedSlice(StridedSlice {
            begin_mask: 1,
            end_mask: 0b101,
            shrink_axis_mask: 0b1000,
        });
        maker.push_like_input(op, &[input, begin, end, strides])
    });
    graphs
}

impl Maker {
    fn reshape(&mut self, input: TensorId, shape: &[usize]) -> TensorId {
        let lengths: Vec<i32> = shape.iter().map(|&length| length as i32).collect();
        let size = self.ints("shape", &[shape.len()], &lengths);
        let name = format!("reshape_{}", self.graph.nodes.len());
        let mut output = Tensor::activation(name, shape.to_vec(), self.kind.dtype());
        output.quantization = self.graph.tensors[input.0].quantization.clone();
        self.graph.push(Op::Reshape, [input, size], output)
    }
}

/// From and to reals.
fn conversions() -> Vec<Graph> {
    let mut graphs = Vec::new();
    for (kind, zero_point) in [(Kind::Int8, -3), (Kind::Uint8, 125)] {
        let name = kind.name();
        let mut maker = Maker::new(&format!("dequantize_{name}"), kind);
        let input = maker.input(&[1, 6, 5, 4]);
        let output = maker.push_as(Op::Dequantize, &[input], DType::Float32, None);
        graphs.push(maker.finish(&[output]));

        let mut maker = Maker::new(&format!("quantize_{name}"), Kind::Float32);
        let input = maker.input(&[1, 6, 5, 4]);
        let scale = Some(Quantization::per_tensor(0.05, zero_point));
        let output = maker.push_as(Op::Quantize, &[input], kind.dtype(), scale);
        graphs.push(maker.finish(&[output]));

        let mut maker = Maker::new(&format!("requantize_{name}"), kind);
        let input = maker.input(&[1, 6, 5, 4]);
        let output = maker.push(Op::Quantize, &[input], 0.05, 7);
        graphs.push(maker.finish(&[output]));
    }
    // What the converter makes of float16 weights.
    let mut maker = Maker::new("float16_weights", Kind::Float32);
    let input = maker.input(&[1, 4]);
    // 0.5, −1, 2 and −0.25, twice.
    let halves = [0x3800_u16, 0xbc00, 0x4000, 0xb400].repeat(2);
    let halves = Constant::Float16(halves.into());
    let halves = Tensor::constant("halves", vec![2, 4], halves);
    let halves = maker.graph.add(halves);
    let weights = maker.push_as(Op::Dequantize, &[halves], DType::Float32, None);
    let op = Op::FullyConnected(FullyConnected {
        keep_num_dims: false,
        asymmetric_inputs: false,
        activation: Activation::None,
    });
    let output = maker.push(op, &[input, weights], 1.0, 0);
    graphs.push(maker.finish(&[output]));
    graphs.extend(few_bits());
    graphs
}

/// Weights of 2 and 4 bits, an odd number of them, with one scale and with a scale for each output channel.
fn few_bits() -> Vec<Graph> {
    let mut graphs = Vec::new();
    for (bits, scales) in [(2, 1), (4, 1), (2, 3), (4, 3)] {
        let mut maker = Maker::new(&format!("int{bits}_weights_{scales}"), Kind::Float32);
        let input = maker.input(&[1, 5]);
        let end = 1_i8 << (bits - 1);
        let numbers = (-end..end).cycle().take(15).collect();
        let numbers = match bits {
            2 => Constant::Int2(numbers),
            _ => Constant::Int4(numbers),
        };
        let scales = [0.25, 0.5, 0.125][..scales].to_vec();
        let stored = Tensor::constant("stored", vec![3, 5], numbers)
            .with_quantization(Quantization::per_channel(scales, 0));
        let stored = maker.graph.add(stored);
        let weights = maker.push_as(Op::Dequantize, &[stored], DType::Float32, None);
        let op = Op::FullyConnected(FullyConnected {
            keep_num_dims: false,
            asymmetric_inputs: false,
            activation: Activation::None,
        });
        let output = maker.push(op, &[input, weights], 1.0, 0);
        graphs.push(maker.finish(&[output]));
    }
    graphs
}

/// A small classifier with labels, two outputs, and the same constant twice.
pub fn classifier(kind: Kind) -> Graph {
    let mut maker = Maker::new(&format!("classifier_{}", kind.name()), kind);
    let input = maker.input(&[1, 8, 8, 3]);
    let weights = maker.weights(&[4, 3, 3, 3], 0);
    let bias = maker.bias(input, weights, 4);
    let op = conv(Padding::Same, 2, 1, Activation::Relu6);
    let features = maker.push(op, &[input, weights, bias], 0.0235, -128);
    let axes = maker.ints("axes", &[2], &[1, 2]);
    let op = Op::Mean { keep_dims: true };
    let pooled = maker.push(op, &[features, axes], 0.0235, -128);
    let again = maker.ints("axes again", &[2], &[1, 2]);
    let op = Op::Mean { keep_dims: false };
    let second = maker.push(op, &[features, again], 0.0235, -128);
    let flat = maker.reshape(pooled, &[1, 4]);
    let dense = maker.weights(&[3, 4], 0);
    let bias = maker.bias(flat, dense, 3);
    let op = Op::FullyConnected(FullyConnected {
        keep_num_dims: false,
        asymmetric_inputs: false,
        activation: Activation::None,
    });
    let scores = maker.push(op, &[flat, dense, bias], 0.1, 0);
    let output = maker.push(Op::Softmax { beta: 1.0 }, &[scores], 1.0 / 256.0, -128);
    let mut graph = maker.finish(&[output, second]);
    graph.labels = ["tench", "Löwe", "猫"].map(str::to_owned).to_vec();
    graph
}

/// All of them.
pub fn all() -> Vec<Graph> {
    let mut graphs: Vec<Graph> = KINDS.into_iter().flat_map(weighted).collect();
    for kind in [Kind::Float32, Kind::Int8, Kind::Uint8] {
        graphs.extend(plain(kind));
    }
    graphs.extend(conversions());
    graphs.extend(KINDS.map(classifier));
    graphs
}
