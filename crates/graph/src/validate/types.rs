//! How many inputs each operator takes, and of which types.

use crate::error::OperatorProblem;
use crate::{DType, Graph, Node, Op, TensorId};
use DType::{Float16, Float32, Int2, Int4, Int8, Int16, Int32, Uint8};

/// What TFLite's kernels compute with; int8 weights beside float32 are the dynamic-range form.
const REAL: [DType; 3] = [Float32, Int8, Uint8];

pub(super) fn check(graph: &Graph, node: &Node) -> Result<(), OperatorProblem> {
    let types = Types { graph, node };
    types.count()?;
    match node.op {
        Op::Conv2d(_) | Op::DepthwiseConv2d(_) | Op::FullyConnected(_) => types.weighted(),
        Op::Add(_) | Op::Sub(_) | Op::Mul(_) => {
            types.one_of(0, &REAL)?;
            types.same(1)?;
            types.output(types.of(0)?)
        }
        Op::AveragePool2d(_)
        | Op::Mean { .. }
        | Op::Softmax { .. }
        | Op::Logistic
        | Op::HardSwish
        | Op::Tanh
        | Op::Relu
        | Op::Relu6
        | Op::ResizeBilinear(_)
        | Op::MaxPool2d(_) => {
            types.one_of(0, &REAL)?;
            types.output(types.of(0)?)
        }
        Op::Pad | Op::Reshape | Op::ResizeNearest(_) | Op::Transpose | Op::StridedSlice(_) => {
            types.output(types.of(0)?)
        }
        Op::Concat { .. } => {
            for index in 1..node.inputs.len() {
                types.same(index)?;
            }
            types.output(types.of(0)?)
        }
        Op::Quantize => {
            types.one_of(0, &[Float32, Int8, Uint8, Int16, Int32])?;
            types.output_one_of(&[Int8, Uint8, Int16, Int32])
        }
        Op::Dequantize => {
            types.one_of(0, &[Float16, Int2, Int4, Int8, Uint8, Int16, Int32])?;
            types.output(Float32)
        }
    }
}

struct Types<'graph> {
    graph: &'graph Graph,
    node: &'graph Node,
}

impl Types<'_> {
    /// How many inputs there are, and that those are there which are needed.
    fn count(&self) -> Result<(), OperatorProblem> {
        let (range, expected) = match self.node.op {
            Op::Conv2d(_) | Op::DepthwiseConv2d(_) | Op::FullyConnected(_) => (2..=3, "2 or 3"),
            Op::Add(_)
            | Op::Sub(_)
            | Op::Mul(_)
            | Op::Mean { .. }
            | Op::Pad
            | Op::ResizeBilinear(_)
            | Op::ResizeNearest(_)
            | Op::Transpose => (2..=2, "2"),
            Op::Concat { .. } => (1..=usize::MAX, "1 or more"),
            Op::Reshape => (1..=2, "1 or 2"),
            Op::StridedSlice(_) => (4..=4, "4"),
            Op::AveragePool2d(_)
            | Op::MaxPool2d(_)
            | Op::Softmax { .. }
            | Op::Logistic
            | Op::HardSwish
            | Op::Tanh
            | Op::Relu
            | Op::Relu6
            | Op::Quantize
            | Op::Dequantize => (1..=1, "1"),
        };
        let inputs = &self.node.inputs;
        if !range.contains(&inputs.len()) {
            return Err(OperatorProblem::InputCount {
                expected,
                found: inputs.len(),
            });
        }
        // A bias or a reshape's second input may be left out.
        let optional = match self.node.op {
            Op::Conv2d(_) | Op::DepthwiseConv2d(_) | Op::FullyConnected(_) => 2,
            Op::Reshape => 1,
            _ => usize::MAX,
        };
        let missing =
            |(index, input): (usize, &Option<TensorId>)| input.is_none() && index != optional;
        match inputs.iter().enumerate().position(missing) {
            Some(index) => Err(OperatorProblem::MissingInput(index)),
            None => Ok(()),
        }
    }

    fn weighted(&self) -> Result<(), OperatorProblem> {
        self.one_of(0, &REAL)?;
        let (weights, bias): (&[DType], _) = match self.of(0)? {
            Float32 => (&[Float32, Int8], Float32),
            Int8 => (&[Int8], Int32),
            _ => (&[Uint8], Int32),
        };
        self.one_of(1, weights)?;
        if self.id(2).is_ok() {
            self.one_of(2, &[bias])?;
        }
        self.output(self.of(0)?)
    }

    fn id(&self, index: usize) -> Result<TensorId, OperatorProblem> {
        let input = self.node.inputs.get(index).copied().flatten();
        input.ok_or(OperatorProblem::MissingInput(index))
    }

    fn of(&self, index: usize) -> Result<DType, OperatorProblem> {
        self.id(index).and_then(|id| self.dtype(id))
    }

    fn dtype(&self, id: TensorId) -> Result<DType, OperatorProblem> {
        let dtype = self.graph.dtype(id);
        dtype.map_err(|_| OperatorProblem::NoTensor(id.0))
    }

    fn one_of(&self, index: usize, dtypes: &[DType]) -> Result<(), OperatorProblem> {
        self.id(index).and_then(|id| self.tensor_is(id, dtypes))
    }

    fn output_one_of(&self, dtypes: &[DType]) -> Result<(), OperatorProblem> {
        self.tensor_is(self.node.output, dtypes)
    }

    fn output(&self, dtype: DType) -> Result<(), OperatorProblem> {
        self.output_one_of(&[dtype])
    }

    /// Whether an input has the type of the first.
    fn same(&self, index: usize) -> Result<(), OperatorProblem> {
        self.one_of(index, &[self.of(0)?])
    }

    fn tensor_is(&self, id: TensorId, dtypes: &[DType]) -> Result<(), OperatorProblem> {
        let found = self.dtype(id)?;
        if dtypes.contains(&found) {
            return Ok(());
        }
        let names: Vec<_> = dtypes.iter().map(|dtype| dtype.name()).collect();
        Err(OperatorProblem::Type {
            tensor: self.graph.label(id),
            found,
            expected: names.join(" or "),
        })
    }
}
