//! int8 weights and activations: TFLite's full-integer form.

use super::constants::Constants;
use super::full_integer::{Activations, is_float, keeps_scale};
use super::params::Params;
use super::weights::Weights;
use super::{Calibration, PassError, Record};
use crate::{Constant, DType, Graph, Node, NodeId, Op, Quantization, Tensor, TensorId};

/// What the network takes or gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edges {
    /// float32, with a `Quantize` behind each input and a `Dequantize` before each output.
    #[default]
    Float32,
    /// int8.
    Int8,
    /// uint8, with a `Quantize` between uint8 and int8 at each.
    Uint8,
}

/// How to quantize to the full-integer form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullInteger {
    /// Whether each output channel has a scale of its own, or all weights of an operator share one.
    pub per_channel: bool,
    /// What the network takes.
    pub inputs: Edges,
    /// What it gives.
    pub outputs: Edges,
}

impl Default for FullInteger {
    fn default() -> Self {
        Self {
            per_channel: true,
            inputs: Edges::Float32,
            outputs: Edges::Float32,
        }
    }
}

/// Quantizes a float32 network by the TFLite 8-bit quantization specification, with the scales that
/// TensorFlow's converter (2.21) gives for the same ranges:
///
/// - activations int8, affine, one scale a tensor, from the calibrated range widened to hold 0;
/// - softmax and logistic give scale 1/256 and zero point −128, tanh 1/128 and 0, as their kernels do;
/// - pools, padding, resizing and what only moves numbers keep their input's scale; the inputs of a
///   concatenation have its output's, and are converted by a `Quantize` where others need them at theirs (the
///   converter sometimes gives the coarser scale to all instead);
/// - weights int8, symmetric in [−127, 127]; a channel of nothing but zeros has scale 0.5e-6 / 127;
/// - biases int32 at `input scale · weight scale`; where that overflows, the weights' scale is widened until
///   the bias is 2^30 steps;
/// - other constants int8, affine.
///
/// A tensor keeps its number, and what has that number stands for the same reals before and after. The graph
/// should be folded and fused, and `calibration` that of this very graph.
///
/// # Errors
/// [`PassError::Graph`] where the graph is not valid (NaN weights, for one), or scales leave float32;
/// [`PassError::AlreadyQuantized`], [`PassError::ComputedWeights`], [`PassError::NoSamples`],
/// [`PassError::NotObserved`], [`PassError::OtherGraph`].
pub fn quantize_full_integer(
    graph: &Graph,
    calibration: &Calibration,
    options: FullInteger,
) -> Result<(Graph, Record), PassError> {
    graph.validate()?;
    calibration.fits(graph.tensors.len())?;
    for (id, node) in graph.numbered() {
        check_is_float(graph, id, node)?;
    }
    let unseen = |id| calibration.range(id).is_none();
    if calibration.tensors().next().is_some() && calibration.tensors().all(unseen) {
        return Err(PassError::NoSamples);
    }
    let mut rewriter = Rewriter {
        source: graph,
        activations: Activations::choose(graph, calibration)?,
        constants: Constants::new(graph),
        nodes: Vec::new(),
        inside: (0..graph.tensors.len()).map(TensorId).collect(),
        converted: Vec::new(),
        record: Record::new("float32 operators"),
    };
    rewriter.activations();
    rewriter.inputs(options.inputs);
    for (id, node) in graph.numbered() {
        rewriter.node(id, node, options.per_channel)?;
    }
    rewriter.outputs(options.outputs);
    let Rewriter {
        constants,
        nodes,
        record,
        ..
    } = rewriter;
    let mut quantized = constants.graph;
    quantized.nodes = nodes;
    quantized.validate()?;
    Ok((quantized, record))
}

fn check_is_float(graph: &Graph, id: NodeId, node: &Node) -> Result<(), PassError> {
    let weights = node.inputs.get(1).copied().flatten();
    let integer_weights = weights.is_some_and(|id| !is_float(graph, id));
    let has_integers = match node.op {
        Op::Quantize | Op::Dequantize => true,
        op if op.output_axis().is_some() => integer_weights || !is_float(graph, node.output),
        // Whole numbers that stand for themselves may be moved about.
        _ => graph.tensor(node.output)?.quantization.is_some(),
    };
    if has_integers {
        return Err(PassError::AlreadyQuantized {
            index: id.0,
            op: node.op.name(),
        });
    }
    Ok(())
}

struct Rewriter<'graph> {
    source: &'graph Graph,
    activations: Activations<'graph>,
    constants: Constants<'graph>,
    nodes: Vec<Node>,
    /// For each tensor, the one that holds it as int8.
    inside: Vec<TensorId>,
    /// Tensors at another scale than their own, with that scale.
    converted: Vec<(TensorId, Params, TensorId)>,
    record: Record,
}

impl Rewriter<'_> {
    /// Makes every float32 activation int8.
    fn activations(&mut self) {
        for (index, tensor) in self.constants.graph.tensors.iter_mut().enumerate() {
            if let Some(params) = self.activations.get(TensorId(index)) {
                tensor.dtype = DType::Int8;
                tensor.quantization = Some(params.quantization());
            }
        }
    }

    fn tensor(&mut self, id: TensorId) -> Option<&mut Tensor> {
        self.constants.graph.tensors.get_mut(id.0)
    }

    /// A tensor for the same values, inside of the network or at its edge.
    fn copy(&mut self, id: TensorId, suffix: &str, form: Form) -> Option<TensorId> {
        let source = self.source.tensors.get(id.0)?;
        let (dtype, quantization) = form;
        Some(self.constants.graph.add(Tensor {
            name: format!("{}{suffix}", source.name),
            shape: source.shape.clone(),
            dtype,
            quantization,
            data: None,
        }))
    }

    /// What a tensor is at the edge; None where that is what it is inside.
    fn form(&self, id: TensorId, edges: Edges) -> Option<Form> {
        let params = self.activations.get(id)?;
        match edges {
            Edges::Int8 => None,
            Edges::Float32 => Some((DType::Float32, None)),
            Edges::Uint8 => {
                let zero_point = params.zero_point + 128;
                let quantization = Quantization::per_tensor(params.scale, zero_point);
                Some((DType::Uint8, Some(quantization)))
            }
        }
    }

    fn inputs(&mut self, edges: Edges) {
        for &input in &self.source.inputs {
            let (Some(params), Some(form)) = (self.activations.get(input), self.form(input, edges))
            else {
                continue;
            };
            if let Some(tensor) = self.tensor(input) {
                (tensor.dtype, tensor.quantization) = form;
            }
            if self.source.consumers(input).next().is_none() {
                continue;
            }
            let int8 = (DType::Int8, Some(params.quantization()));
            let Some(inside) = self.copy(input, "_int8", int8) else {
                continue;
            };
            if let Some(slot) = self.inside.get_mut(input.0) {
                *slot = inside;
            }
            self.push(Op::Quantize, input, inside);
        }
    }

    fn outputs(&mut self, edges: Edges) {
        let (suffix, op) = match edges {
            Edges::Uint8 => ("_uint8", Op::Quantize),
            _ => ("_float32", Op::Dequantize),
        };
        let mut outputs = self.source.outputs.clone();
        let mut converted: Vec<(TensorId, TensorId)> = Vec::new();
        for output in &mut outputs {
            let done = converted.iter().find(|(inside, _)| inside == output);
            if let Some((_, outside)) = done {
                *output = *outside;
                continue;
            }
            // An input that is given out again is so already.
            let is_input = self.source.inputs.contains(output);
            let form = self.form(*output, edges).filter(|_| !is_input);
            let Some(outside) = form.and_then(|form| self.copy(*output, suffix, form)) else {
                continue;
            };
            self.push(op, *output, outside);
            converted.push((*output, outside));
            *output = outside;
        }
        self.constants.graph.outputs = outputs;
    }

    fn push(&mut self, op: Op, input: TensorId, output: TensorId) {
        self.nodes.push(Node {
            op,
            inputs: vec![Some(input)],
            output,
        });
    }

    fn node(&mut self, id: NodeId, node: &Node, per_channel: bool) -> Result<(), PassError> {
        let mut quantized = node.clone();
        if !is_float(self.source, node.output) {
            self.nodes.push(quantized);
            return Ok(());
        }
        let output = self.activations.get(node.output);
        for (index, input) in quantized.inputs.iter_mut().enumerate() {
            let Some(id) = *input else {
                continue;
            };
            let at_output = match node.op {
                Op::Concat { .. } => output,
                op if keeps_scale(&op) => output.filter(|_| self.source.is_constant(id)),
                // Weights and bias follow.
                op if op.output_axis().is_some() && index > 0 => continue,
                _ => None,
            };
            *input = Some(self.read(id, at_output));
        }
        let mut text = "to int8".to_owned();
        if let Some(axis) = node.op.output_axis() {
            let axis = per_channel.then_some(axis);
            text = self.weights(id, node, &mut quantized, axis)?;
        }
        self.record.change(id, node, text);
        self.nodes.push(quantized);
        Ok(())
    }

    /// What holds a tensor as int8, at another scale where one is asked for.
    fn read(&mut self, id: TensorId, wanted: Option<Params>) -> TensorId {
        if let Some((values, _)) = self.constants.floats(id) {
            let params = wanted.unwrap_or_else(|| Params::of_values(values));
            let data = Constant::Int8(params.quantize(values).into());
            return self
                .constants
                .replace(id, data, Some(params.quantization()));
        }
        let inside = self.inside.get(id.0).copied().unwrap_or(id);
        let Some((own, wanted)) = self.activations.get(id).zip(wanted) else {
            return inside;
        };
        if own == wanted {
            return inside;
        }
        let known = self.converted.iter();
        let mut known = known.filter(|(of, at, _)| *of == id && *at == wanted);
        if let Some((_, _, converted)) = known.next() {
            return *converted;
        }
        let form = (DType::Int8, Some(wanted.quantization()));
        let Some(converted) = self.copy(id, "_requantized", form) else {
            return inside;
        };
        self.push(Op::Quantize, inside, converted);
        self.converted.push((id, wanted, converted));
        converted
    }

    /// Replaces weights and bias. Returns what to note.
    fn weights(
        &mut self,
        id: NodeId,
        node: &Node,
        quantized: &mut Node,
        axis: Option<usize>,
    ) -> Result<String, PassError> {
        let computed = |tensor: TensorId| PassError::ComputedWeights {
            index: id.0,
            op: node.op.name(),
            tensor: self.source.label(tensor),
        };
        let of = |index: usize| node.inputs.get(index).copied().flatten();
        let (Some(input), Some(weights)) = (of(0), of(1)) else {
            return Ok(String::new());
        };
        let input_scale = match self.constants.floats(input) {
            Some((values, _)) => Params::of_values(values).scale,
            None => self
                .activations
                .get(input)
                .map_or(1.0, |params| params.scale),
        };
        let floats = self.constants.floats(weights);
        let (values, shape) = floats.ok_or_else(|| computed(weights))?;
        let mut scaled = Weights::new(values, shape, axis);
        let mut text = format!("to int8, {} weights", values.len());
        let dead = scaled.dead();
        if dead > 0 {
            text += &format!(", channels of zeros: {dead}");
        }
        let mut inputs = Vec::new();
        if let Some(bias) = of(2) {
            let floats = self.constants.floats(bias);
            let (values, shape) = floats.ok_or_else(|| computed(bias))?;
            let mut quantized = scaled.quantize_bias(values, input_scale);
            // As a rule it has one axis; it may have others of length 1.
            let axis = shape.iter().position(|&length| length == values.len());
            quantized.quantization.axis = axis.unwrap_or(0);
            if !quantized.widened.is_empty() {
                let channels = quantized.widened;
                text += &format!(", scales widened for the bias in channels {channels:?}");
            }
            inputs.push((2, bias, quantized.data, quantized.quantization));
        }
        let (data, quantization) = scaled.quantize();
        inputs.push((1, weights, data, quantization));
        for (index, old, data, quantization) in inputs {
            let new = self.constants.replace(old, data, Some(quantization));
            if let Some(input) = quantized.inputs.get_mut(index) {
                *input = Some(new);
            }
        }
        Ok(text)
    }
}

/// Type and quantization of a tensor.
type Form = (DType, Option<Quantization>);
