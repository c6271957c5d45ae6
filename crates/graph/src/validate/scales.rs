//! What each operator asks of scales and zero points: what TFLite's kernels refuse, or would compute wrongly.

use crate::error::OperatorProblem;
use crate::{DType, Graph, Node, Op, Quantization, TensorId};

/// How far the scales of a pool's input and output may be apart: TFLite's kernels allow as much.
const SAME_SCALE: f32 = 1e-6;

pub(super) fn check(graph: &Graph, node: &Node) -> Result<(), OperatorProblem> {
    let scales = Scales { graph, node };
    match node.op {
        Op::Conv2d(_) => scales.weighted(0),
        Op::DepthwiseConv2d(_) => scales.weighted(3),
        Op::FullyConnected(_) => scales.weighted(0),
        // An operand may be the same tensor twice.
        Op::Add(_) | Op::Sub(_) | Op::Mul(_) => {
            scales.single_input(1)?;
            scales.single_in_and_out()
        }
        Op::Mean { .. }
        | Op::HardSwish
        | Op::Relu
        | Op::Relu6
        | Op::Pad
        | Op::ResizeBilinear(_) => scales.single_in_and_out(),
        Op::AveragePool2d(_) | Op::MaxPool2d(_) => {
            scales.single_in_and_out()?;
            scales.pool()
        }
        Op::Concat { .. } => scales.concat(),
        Op::Softmax { .. } | Op::Logistic => {
            scales.single_in_and_out()?;
            scales.fixed(1.0 / 256.0, -128, "scale 1/256 and zero point −128")
        }
        Op::Tanh => {
            scales.single_in_and_out()?;
            scales.fixed(1.0 / 128.0, 0, "scale 1/128 and zero point 0")
        }
        Op::Quantize => {
            if scales.first_dtype() != Some(DType::Float32) {
                scales.single_input(0)?;
            }
            scales.single(node.output)
        }
        Op::Dequantize => scales.dequantize(),
        // They move numbers and never look at them.
        Op::Reshape | Op::ResizeNearest(_) | Op::Transpose | Op::StridedSlice(_) => Ok(()),
    }
}

struct Scales<'graph> {
    graph: &'graph Graph,
    node: &'graph Node,
}

impl<'graph> Scales<'graph> {
    fn input(&self, index: usize) -> Option<TensorId> {
        self.node.inputs.get(index).copied().flatten()
    }

    fn first_dtype(&self) -> Option<DType> {
        self.graph.dtype(self.input(0)?).ok()
    }

    fn of(&self, id: TensorId) -> Option<&'graph Quantization> {
        self.graph.tensors.get(id.0)?.quantization.as_ref()
    }

    fn is_integer(&self, id: TensorId) -> bool {
        let dtype = self.graph.dtype(id).ok();
        dtype.and_then(DType::integers).is_some()
    }

    /// An integer tensor needs one scale.
    fn single(&self, id: TensorId) -> Result<(), OperatorProblem> {
        if !self.is_integer(id) {
            return Ok(());
        }
        match self.of(id).map(Quantization::single) {
            Some(Some(_)) => Ok(()),
            Some(None) => Err(self.wrong(id, "a single scale and zero point")),
            None => Err(OperatorProblem::NoScale(self.graph.label(id))),
        }
    }

    fn single_input(&self, index: usize) -> Result<(), OperatorProblem> {
        self.input(index).map_or(Ok(()), |id| self.single(id))
    }

    fn single_in_and_out(&self) -> Result<(), OperatorProblem> {
        self.single_input(0)?;
        self.single(self.node.output)
    }

    /// Weights have one scale, or one for each output, and (but for old uint8 ones) no zero point.
    fn weighted(&self, axis: usize) -> Result<(), OperatorProblem> {
        self.single_in_and_out()?;
        let Some(id) = self.input(1).filter(|&id| self.is_integer(id)) else {
            return Ok(());
        };
        let Some(weights) = self.of(id) else {
            return Err(OperatorProblem::NoScale(self.graph.label(id)));
        };
        if weights.scales.len() > 1 && weights.axis != axis {
            return Err(self.wrong(id, "a scale for each output channel"));
        }
        if self.graph.dtype(id).ok() == Some(DType::Int8)
            && weights
                .zero_points
                .iter()
                .any(|&zero_point| zero_point != 0)
        {
            return Err(self.wrong(id, "zero point 0"));
        }
        Ok(())
    }

    fn pool(&self) -> Result<(), OperatorProblem> {
        let input = self.input(0).and_then(|id| self.of(id)?.single());
        let output = self.of(self.node.output).and_then(Quantization::single);
        match (input, output) {
            (Some((scale, zero_point)), Some((out_scale, out_zero_point)))
                if (scale - out_scale).abs() > SAME_SCALE || zero_point != out_zero_point =>
            {
                Err(self.wrong(self.node.output, "the scale and zero point of the input"))
            }
            _ => Ok(()),
        }
    }

    /// TFLite joins int8 only where all scales are the same; uint8 it converts.
    fn concat(&self) -> Result<(), OperatorProblem> {
        self.single(self.node.output)?;
        let output = self.of(self.node.output);
        for id in self.node.reads() {
            self.single(id)?;
            if self.graph.dtype(id).ok() == Some(DType::Int8) && self.of(id) != output {
                return Err(self.wrong(id, "the scale and zero point of the output"));
            }
        }
        Ok(())
    }

    /// The kernels have this result built in for int8.
    fn fixed(
        &self,
        scale: f32,
        zero_point: i32,
        expected: &'static str,
    ) -> Result<(), OperatorProblem> {
        let output = self.node.output;
        let is_int8 = self.graph.dtype(output).ok() == Some(DType::Int8);
        let found = self.of(output).and_then(Quantization::single);
        if is_int8 && found != Some((scale, zero_point)) {
            return Err(self.wrong(output, expected));
        }
        Ok(())
    }

    fn dequantize(&self) -> Result<(), OperatorProblem> {
        match self.input(0) {
            Some(id) if self.is_integer(id) && self.of(id).is_none() => {
                Err(OperatorProblem::NoScale(self.graph.label(id)))
            }
            _ => Ok(()),
        }
    }

    fn wrong(&self, id: TensorId, expected: &'static str) -> OperatorProblem {
        OperatorProblem::Quantization {
            tensor: self.graph.label(id),
            expected,
        }
    }
}
