//! An operator in its place: its tensors, checked as they are asked for.

use octet_graph::{Activation, Constant, DType, Graph, Node, Tensor, TensorId};

use super::fold::Folded;
use crate::byte::Byte;
use crate::{EngineError, Problem};

/// An operator in its place.
pub(crate) struct Site<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) folded: &'a Folded,
    /// Its place in the graph.
    pub(crate) index: usize,
    pub(crate) node: &'a Node,
}

/// One scale and zero point for a whole tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Affine {
    pub(crate) scale: f32,
    pub(crate) zero_point: i32,
}

impl<'a> Site<'a> {
    pub(crate) fn error(&self, problem: Problem) -> EngineError {
        EngineError::Operator {
            index: self.index,
            name: self.node.op.name(),
            problem,
        }
    }

    /// The id of an input that must be there.
    pub(crate) fn input_id(&self, input: usize) -> Result<TensorId, Problem> {
        let id = self.node.inputs.get(input).copied().flatten();
        id.ok_or(Problem::MissingInput(input))
    }

    /// An input that must be there.
    pub(crate) fn input(&self, input: usize) -> Result<&'a Tensor, Problem> {
        self.tensor(self.input_id(input)?)
    }

    /// An input that may be left out.
    pub(crate) fn optional(&self, input: usize) -> Result<Option<&'a Tensor>, Problem> {
        match self.node.inputs.get(input).copied().flatten() {
            Some(id) => self.tensor(id).map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn output(&self) -> Result<&'a Tensor, Problem> {
        self.tensor(self.node.output)
    }

    fn tensor(&self, id: TensorId) -> Result<&'a Tensor, Problem> {
        let tensor = self.graph.tensors.get(id.0);
        tensor.ok_or_else(|| Problem::Parameter(format!("there is no tensor {}", id.0)))
    }

    /// The numbers of an input that must be part of the network, as many as its shape says.
    pub(crate) fn constant(&self, input: usize) -> Result<&'a Constant, Problem> {
        let id = self.input_id(input)?;
        let tensor = self.tensor(id)?;
        let constant = tensor.data.as_ref().or_else(|| self.folded.get(&id));
        let constant = constant.ok_or(Problem::NotConstant(input))?;
        if tensor.elements() != Some(constant.len()) {
            return Err(Problem::Shape(format!(
                "the shape of input {input} is {:?}, but it has {} numbers",
                tensor.shape,
                constant.len()
            )));
        }
        Ok(constant)
    }

    /// Whole numbers that are part of the network: axes, paddings, a shape.
    pub(crate) fn integers(&self, input: usize) -> Result<Vec<i64>, Problem> {
        let integers = self.constant(input)?.to_i64s();
        integers.ok_or_else(|| Problem::Types(format!("input {input} that is no int32 or int64")))
    }

    /// What is wrong where no kernel fits the types.
    pub(crate) fn unsupported(&self) -> Problem {
        let inputs = self.node.reads();
        let names: Vec<_> = inputs
            .map(|id| {
                self.tensor(id)
                    .map_or("nothing", |tensor| tensor.dtype.name())
            })
            .collect();
        let output = self
            .output()
            .map_or("nothing", |tensor| tensor.dtype.name());
        Problem::Types(format!("{} → {output}", names.join(", ")))
    }
}

/// A tensor's four lengths.
pub(crate) fn rank4(tensor: &Tensor) -> Result<[usize; 4], Problem> {
    <[usize; 4]>::try_from(tensor.shape.as_slice()).map_err(|_| {
        Problem::Shape(format!(
            "tensor “{}” must have 4 axes, not the shape {:?}",
            tensor.name, tensor.shape
        ))
    })
}

/// How many numbers a tensor has.
pub(crate) fn elements(tensor: &Tensor) -> Result<usize, Problem> {
    tensor.elements().ok_or_else(|| {
        Problem::Shape(format!(
            "tensor “{}” with the shape {:?} is too large",
            tensor.name, tensor.shape
        ))
    })
}

/// Refuses tensors that do not have the same number of numbers.
pub(crate) fn same_elements(a: &Tensor, b: &Tensor) -> Result<(), Problem> {
    if elements(a)? == elements(b)? {
        return Ok(());
    }
    Err(Problem::Shape(format!(
        "the shapes {:?} and {:?} do not go together",
        a.shape, b.shape
    )))
}

/// The scale and zero point of a tensor that has one of each.
pub(crate) fn affine(tensor: &Tensor) -> Result<Affine, Problem> {
    let quantization = tensor.quantization.as_ref();
    let single = quantization.and_then(|quantization| quantization.single());
    let (scale, zero_point) = single.ok_or_else(|| {
        Problem::Quantization(format!(
            "tensor “{}” needs one scale and one zero point",
            tensor.name
        ))
    })?;
    check_scale(tensor, scale)?;
    let (least, largest) = match tensor.dtype {
        DType::Int8 => i8::RANGE,
        DType::Uint8 => u8::RANGE,
        _ => (i32::MIN, i32::MAX),
    };
    if !(least..=largest).contains(&zero_point) {
        return Err(Problem::Quantization(format!(
            "tensor “{}” has a zero point of {zero_point}, which is no {}",
            tensor.name, tensor.dtype
        )));
    }
    Ok(Affine { scale, zero_point })
}

fn check_scale(tensor: &Tensor, scale: f32) -> Result<(), Problem> {
    if scale.is_finite() && scale > 0.0 {
        return Ok(());
    }
    Err(Problem::Quantization(format!(
        "tensor “{}” has a scale of {scale}",
        tensor.name
    )))
}

/// The scales of symmetric weights: one, or one for each of `channels` along `axis`.
pub(crate) fn weight_scales(
    tensor: &Tensor,
    axis: usize,
    channels: usize,
) -> Result<&[f32], Problem> {
    let wrong = |what: &str| Problem::Quantization(format!("weights “{}” {what}", tensor.name));
    let Some(quantization) = &tensor.quantization else {
        return Err(wrong("have no scale"));
    };
    if quantization.zero_points.iter().any(|&zero| zero != 0) {
        return Err(wrong("must have zero points of 0"));
    }
    let scales = quantization.scales.as_slice();
    if scales.len() != 1 && (scales.len() != channels || quantization.axis != axis) {
        return Err(wrong(&format!(
            "must have one scale, or {channels} along axis {axis}; there are {} along axis {}",
            scales.len(),
            quantization.axis
        )));
    }
    for &scale in scales {
        check_scale(tensor, scale)?;
    }
    Ok(scales)
}

/// The bounds of a float32 activation.
pub(crate) fn clamp_float(activation: Activation) -> (f32, f32) {
    match activation {
        Activation::None => (f32::NEG_INFINITY, f32::INFINITY),
        Activation::Relu => (0.0, f32::INFINITY),
        Activation::Relu6 => (0.0, 6.0),
    }
}

/// The bounds of an activation in the output's integers (TFLite's `CalculateActivationRangeQuantized`).
pub(crate) fn clamp_quantized<T: Byte>(activation: Activation, output: Affine) -> (i32, i32) {
    // Saturates where a real is too far out for an i32.
    let quantize = |real: f32| {
        let steps = (real / output.scale).round() as i32;
        output.zero_point.saturating_add(steps)
    };
    let (least, largest) = T::RANGE;
    match activation {
        Activation::None => (least, largest),
        Activation::Relu => (least.max(quantize(0.0)), largest),
        Activation::Relu6 => (least.max(quantize(0.0)), largest.min(quantize(6.0))),
    }
}
