//! Convolutions, plain and depthwise.

use std::sync::Arc;

use octet_graph::{Constant, Conv2d, DType, DepthwiseConv2d, Tensor};

use super::multipliers::{per_channel, per_tensor};
use super::site::{
    Affine, Site, affine, clamp_float, clamp_quantized, elements, rank4, weight_scales,
};
use crate::Problem;
use crate::geometry::{Geometry, Window};
use crate::reference::conv::{ConvFloat, ConvHybrid, ConvQuantized};
use crate::reference::depthwise::{DepthwiseFloat, DepthwiseHybrid, DepthwiseQuantized};
use crate::requantize::Requantize;
use crate::step::Kernel;

/// What is padded around height and width by a Pad before: `[[top, bottom], [left, right]]`.
pub(crate) type Extra = [[usize; 2]; 2];

/// Prepares a convolution. `input` is what it reads once a Pad before it is left out.
pub(super) fn conv(
    site: &Site<'_>,
    op: &Conv2d,
    input: &Tensor,
    extra: Extra,
) -> Result<Kernel, Problem> {
    let (weights, output) = (site.input(1)?, site.output()?);
    let [channels, height, width, depth] = rank4(weights)?;
    let (input_shape, output_shape) = (rank4(input)?, rank4(output)?);
    let window = Window {
        padding: op.padding,
        filter: [height, width],
        stride: op.stride,
        dilation: op.dilation,
    };
    let geometry = Geometry::new(input_shape, output_shape, &window, extra)?;
    if depth != input_shape[3] || channels != output_shape[3] {
        return Err(mismatch(input, weights, output));
    }
    let bias = Bias::new(site, channels)?;
    Ok(match (input.dtype, site.constant(1)?, output.dtype) {
        (DType::Float32, Constant::Float32(weights), DType::Float32) => {
            Kernel::ConvF32(ConvFloat {
                geometry,
                weights: weights.clone(),
                bias: bias.float()?,
                clamp: clamp_float(op.activation),
            })
        }
        (DType::Int8, Constant::Int8(numbers), DType::Int8) => {
            let scales = weight_scales(weights, 0, channels)?;
            let (from, to) = (affine(input)?, affine(output)?);
            Kernel::ConvI8(ConvQuantized {
                geometry,
                weights: numbers.clone(),
                weights_zero_point: 0,
                bias: bias.integer()?,
                input_zero_point: from.zero_point,
                requantize: Requantize {
                    multipliers: per_channel(from, scales, to, channels)?,
                    zero_point: to.zero_point,
                    clamp: clamp_quantized::<i8>(op.activation, to),
                },
            })
        }
        (DType::Uint8, Constant::Uint8(numbers), DType::Uint8) => {
            let (from, by, to) = (affine(input)?, affine(weights)?, affine(output)?);
            Kernel::ConvU8(ConvQuantized {
                geometry,
                weights: numbers.clone(),
                weights_zero_point: by.zero_point,
                bias: bias.integer()?,
                input_zero_point: from.zero_point,
                requantize: requantize_u8(from, by, to, channels, op.activation)?,
            })
        }
        (DType::Float32, Constant::Int8(numbers), DType::Float32) => {
            let scales = weight_scales(weights, 0, channels)?;
            Kernel::ConvHybrid(ConvHybrid {
                geometry,
                weights: numbers.clone(),
                scales: one_each(scales, channels),
                asymmetric: scales.iter().any(|scale| *scale != scales[0]),
                bias: bias.float()?,
                clamp: clamp_float(op.activation),
            })
        }
        _ => return Err(site.unsupported()),
    })
}

/// Prepares a depthwise convolution. `input` is what it reads once a Pad before it is left out.
pub(super) fn depthwise(
    site: &Site<'_>,
    op: &DepthwiseConv2d,
    input: &Tensor,
    extra: Extra,
) -> Result<Kernel, Problem> {
    let (weights, output) = (site.input(1)?, site.output()?);
    let [one, height, width, channels] = rank4(weights)?;
    let (input_shape, output_shape) = (rank4(input)?, rank4(output)?);
    let window = Window {
        padding: op.padding,
        filter: [height, width],
        stride: op.stride,
        dilation: op.dilation,
    };
    let geometry = Geometry::new(input_shape, output_shape, &window, extra)?;
    if one != 1
        || input_shape[3] == 0
        || input_shape[3].checked_mul(op.multiplier) != Some(channels)
        || channels != output_shape[3]
        || channels == 0
    {
        return Err(mismatch(input, weights, output));
    }
    let bias = Bias::new(site, channels)?;
    Ok(match (input.dtype, site.constant(1)?, output.dtype) {
        (DType::Float32, Constant::Float32(weights), DType::Float32) => {
            Kernel::DepthwiseF32(DepthwiseFloat {
                geometry,
                weights: weights.clone(),
                bias: bias.float()?,
                clamp: clamp_float(op.activation),
            })
        }
        (DType::Int8, Constant::Int8(numbers), DType::Int8) => {
            let scales = weight_scales(weights, 3, channels)?;
            let (from, to) = (affine(input)?, affine(output)?);
            Kernel::DepthwiseI8(DepthwiseQuantized {
                geometry,
                weights: numbers.clone(),
                weights_zero_point: 0,
                bias: bias.integer()?,
                input_zero_point: from.zero_point,
                requantize: Requantize {
                    multipliers: per_channel(from, scales, to, channels)?,
                    zero_point: to.zero_point,
                    clamp: clamp_quantized::<i8>(op.activation, to),
                },
            })
        }
        (DType::Uint8, Constant::Uint8(numbers), DType::Uint8) => {
            let (from, by, to) = (affine(input)?, affine(weights)?, affine(output)?);
            Kernel::DepthwiseU8(DepthwiseQuantized {
                geometry,
                weights: numbers.clone(),
                weights_zero_point: by.zero_point,
                bias: bias.integer()?,
                input_zero_point: from.zero_point,
                requantize: requantize_u8(from, by, to, channels, op.activation)?,
            })
        }
        (DType::Float32, Constant::Int8(numbers), DType::Float32) => {
            let scales = weight_scales(weights, 3, channels)?;
            Kernel::DepthwiseHybrid(DepthwiseHybrid {
                geometry,
                weights: numbers.clone(),
                scales: one_each(scales, channels),
                bias: bias.float()?,
                clamp: clamp_float(op.activation),
            })
        }
        _ => return Err(site.unsupported()),
    })
}

fn requantize_u8(
    from: Affine,
    by: Affine,
    to: Affine,
    channels: usize,
    activation: octet_graph::Activation,
) -> Result<Requantize, Problem> {
    Ok(Requantize {
        multipliers: per_tensor(from, by.scale, to, channels)?,
        zero_point: to.zero_point,
        clamp: clamp_quantized::<u8>(activation, to),
    })
}

fn mismatch(input: &Tensor, weights: &Tensor, output: &Tensor) -> Problem {
    Problem::Shape(format!(
        "input {:?}, weights {:?} and output {:?} do not go together",
        input.shape, weights.shape, output.shape
    ))
}

/// One scale for each of `channels`.
pub(super) fn one_each(scales: &[f32], channels: usize) -> Vec<f32> {
    match scales {
        [scale] => vec![*scale; channels],
        _ => scales.to_vec(),
    }
}

/// The third input, which may be left out.
pub(super) struct Bias<'a>(Option<&'a Constant>);

impl<'a> Bias<'a> {
    pub(super) fn new(site: &Site<'a>, channels: usize) -> Result<Self, Problem> {
        let Some(tensor) = site.optional(2)? else {
            return Ok(Self(None));
        };
        if elements(tensor)? != channels {
            return Err(Problem::Shape(format!(
                "the bias has {} numbers for {channels} channels",
                elements(tensor)?
            )));
        }
        site.constant(2).map(|bias| Self(Some(bias)))
    }

    pub(super) fn float(&self) -> Result<Option<Arc<[f32]>>, Problem> {
        match self.0 {
            None => Ok(None),
            Some(Constant::Float32(bias)) => Ok(Some(bias.clone())),
            Some(other) => Err(wrong_type(other)),
        }
    }

    pub(super) fn integer(&self) -> Result<Option<Arc<[i32]>>, Problem> {
        match self.0 {
            None => Ok(None),
            Some(Constant::Int32(bias)) => Ok(Some(bias.clone())),
            Some(other) => Err(wrong_type(other)),
        }
    }
}

fn wrong_type(bias: &Constant) -> Problem {
    Problem::Types(format!("a bias of {}", bias.dtype()))
}
