//! PyTorch's `get_default_qconfig('fbgemm')` on a graph: what its observers settle on, and the network in integers.

use octet_graph::{
    Constant, DType, Graph, GraphError, Node, Op, PassError, Quantization, Tensor, TensorId,
};
use octet_quant::{IntRange, Observer, ObserverKind, QuantError, Symmetry};

/// PyTorch's observers give no smaller scale.
const LEAST_SCALE: f32 = f32::EPSILON;
/// With `reduce_range`, activations are spread over 0 to 127, so that sums of products of unsigned and signed bytes do
/// not overflow 16 bits on processors without VNNI. What exceeds the range still has the integers up to 255.
const REDUCED: f32 = 127.0;

/// A `HistogramObserver` at what is put in and behind every module that computes: convolutions (with their ReLU where
/// they are fused), additions and the dense layer. Pools have none, they keep their input's scale.
#[derive(Clone, Debug)]
pub struct EagerObservers {
    observers: Vec<(TensorId, Observer)>,
}

impl EagerObservers {
    /// Observers that have seen nothing: `prepare`.
    ///
    /// # Errors
    /// None that a histogram can cause.
    pub fn prepare(graph: &Graph) -> Result<Self, QuantError> {
        let computed = graph.nodes.iter().filter(|node| computes(&node.op));
        let inputs = graph.inputs.iter().copied();
        let ids = inputs.chain(computed.map(|node| node.output));
        let observer = Observer::new(ObserverKind::Histogram)?;
        Ok(Self {
            observers: ids.map(|id| (id, observer.clone())).collect(),
        })
    }

    /// The tensors that are observed.
    pub fn tensors(&self) -> impl Iterator<Item = TensorId> + '_ {
        self.observers.iter().map(|(id, _)| *id)
    }

    /// Takes in a tensor's values in one run.
    ///
    /// # Errors
    /// [`QuantError::NotFinite`].
    pub fn observe(&mut self, id: TensorId, values: &[f32]) -> Result<(), QuantError> {
        match self.observers.iter_mut().find(|(of, _)| *of == id) {
            Some((_, observer)) => observer.observe(values),
            None => Ok(()),
        }
    }

    /// The range that a tensor's histogram leaves, and scale and zero point for unsigned bytes.
    ///
    /// # Errors
    /// [`QuantError::NothingObserved`].
    pub fn settled(&self) -> Result<Vec<(TensorId, Settled)>, QuantError> {
        let settle = |(id, observer): &(TensorId, Observer)| {
            // The search counts all 256 integers of a byte, whatever `reduce_range` says.
            let range = observer.range(Symmetry::Affine, IntRange::UINT8)?;
            Ok((*id, Settled::of(range)))
        };
        self.observers.iter().map(settle).collect()
    }
}

/// What an observer has settled on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settled {
    /// The smallest and the largest value to represent.
    pub range: (f32, f32),
    /// The distance of two steps.
    pub scale: f32,
    /// The integer for 0, of unsigned bytes.
    pub zero_point: i32,
}

impl Settled {
    /// `UniformQuantizationObserverBase._calculate_qparams`, affine, in float32.
    fn of((low, high): (f32, f32)) -> Self {
        let (min, max) = (low.min(0.0), high.max(0.0));
        let scale = ((max - min) / REDUCED).max(LEAST_SCALE);
        let zero_point = -(min / scale).round_ties_even();
        Self {
            range: (low, high),
            scale,
            zero_point: zero_point.clamp(0.0, REDUCED) as i32,
        }
    }

    /// As signed bytes have it: every integer 128 less.
    fn quantization(&self) -> Quantization {
        Quantization::per_tensor(self.scale, self.zero_point - 128)
    }
}

fn computes(op: &Op) -> bool {
    matches!(op, Op::Conv2d(_) | Op::FullyConnected(_) | Op::Add(_))
}

/// `convert`: weights int8 with a scale for each output channel (`PerChannelMinMaxObserver`, symmetric, −128 to 127),
/// biases int32, activations int8, which are PyTorch's unsigned bytes less 128. Takes and gives float32.
///
/// # Errors
/// [`PassError::Graph`] where the graph is not valid, or has none of what `settled` speaks of.
pub fn fbgemm_quantize(graph: &Graph, settled: &[(TensorId, Settled)]) -> Result<Graph, PassError> {
    graph.validate()?;
    let mut params: Vec<Option<Quantization>> = vec![None; graph.tensors.len()];
    for (id, settled) in settled {
        if let Some(slot) = params.get_mut(id.0) {
            *slot = Some(settled.quantization());
        }
    }
    let mut quantized = graph.clone();
    for node in &graph.nodes {
        let [Some(input), ..] = node.inputs[..] else {
            continue;
        };
        let of_input = params.get(input.0).cloned().flatten();
        if let Some(slot @ None) = params.get_mut(node.output.0) {
            *slot = of_input.clone();
        }
        if let (Op::Conv2d(_) | Op::FullyConnected(_), Some(of_input)) = (node.op, of_input) {
            let scale = of_input.scales.first().copied().unwrap_or(1.0);
            quantize_constants(&mut quantized, node, scale)?;
        }
    }
    for (tensor, params) in quantized.tensors.iter_mut().zip(&params) {
        if params.is_some() {
            tensor.dtype = DType::Int8;
            tensor.quantization = params.clone();
        }
    }
    add_edges(&mut quantized);
    quantized.validate()?;
    Ok(quantized)
}

fn quantize_constants(graph: &mut Graph, node: &Node, input_scale: f32) -> Result<(), GraphError> {
    let &[_, Some(weights), Some(bias)] = node.inputs.as_slice() else {
        return Ok(());
    };
    let mut scales = Vec::new();
    replace(graph, weights, |values, shape| {
        let outputs = shape.first().copied().unwrap_or(1).max(1);
        let per_channel = (values.len() / outputs).max(1);
        let mut integers = Vec::with_capacity(values.len());
        for channel in values.chunks(per_channel) {
            let largest = channel.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            let scale = (largest / 127.5).max(LEAST_SCALE);
            scales.push(scale);
            let inverse = scale.recip();
            let steps = channel.iter().map(|x| (x * inverse).round_ties_even());
            // `as` keeps to the ends of i8.
            integers.extend(steps.map(|step| step as i8));
        }
        Constant::Int8(integers.into())
    })?;
    let bias_scales: Vec<f32> = scales.iter().map(|scale| scale * input_scale).collect();
    replace(graph, bias, |values, _| {
        let steps = values.iter().zip(&bias_scales);
        let steps = steps.map(|(x, scale)| (x / scale).round_ties_even() as i32);
        Constant::Int32(steps.collect())
    })?;
    for (id, scales) in [(weights, scales), (bias, bias_scales)] {
        if let Some(tensor) = graph.tensors.get_mut(id.0) {
            tensor.quantization = Some(Quantization::per_channel(scales, 0));
        }
    }
    Ok(())
}

/// Makes integers of a float32 constant.
fn replace(
    graph: &mut Graph,
    id: TensorId,
    make: impl FnOnce(&[f32], &[usize]) -> Constant,
) -> Result<(), GraphError> {
    let tensor = graph
        .tensors
        .get_mut(id.0)
        .ok_or(GraphError::NoTensor(id.0))?;
    if let Some(Constant::Float32(values)) = &tensor.data {
        let data = make(values, &tensor.shape);
        tensor.dtype = data.dtype();
        tensor.data = Some(data);
    }
    Ok(())
}

/// `QuantStub` and `DeQuantStub`: float32 outside.
fn add_edges(graph: &mut Graph) {
    let copy = |graph: &mut Graph, id: TensorId| {
        let inside = graph.tensors.get(id.0)?;
        let outside = Tensor::activation(
            format!("{}_float32", inside.name),
            inside.shape.clone(),
            DType::Float32,
        );
        Some(graph.add(outside))
    };
    for place in 0..graph.inputs.len() {
        let inside = graph.inputs[place];
        let Some(outside) = copy(graph, inside) else {
            continue;
        };
        graph.inputs[place] = outside;
        let quantize = Node {
            op: Op::Quantize,
            inputs: vec![Some(outside)],
            output: inside,
        };
        graph.nodes.insert(0, quantize);
    }
    for place in 0..graph.outputs.len() {
        let inside = graph.outputs[place];
        let Some(outside) = copy(graph, inside) else {
            continue;
        };
        graph.outputs[place] = outside;
        graph.nodes.push(Node {
            op: Op::Dequantize,
            inputs: vec![Some(inside)],
            output: outside,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_spread_over_half_of_the_byte() {
        let settled = Settled::of((-1.0, 3.0));
        assert_eq!(settled.scale, 4.0 / 127.0);
        // 31.75 steps below zero.
        assert_eq!(settled.zero_point, 32);
        let positive = Settled::of((0.5, 2.0));
        assert_eq!((positive.scale, positive.zero_point), (2.0 / 127.0, 0));
        let nothing = Settled::of((0.0, 0.0));
        assert_eq!((nothing.scale, nothing.zero_point), (f32::EPSILON, 0));
    }
}
