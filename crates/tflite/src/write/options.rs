//! Operators' options.

use octet_graph::{
    Activation, Conv2d, DepthwiseConv2d, FullyConnected, Graph, Node, Op, Padding, Pool2d, Resize,
    StridedSlice,
};

use super::{Builder, TableOffset, number, retype, slot};
use crate::TfliteError;
use crate::schema;

/// Writes the options of an operator; None where TFLite has no table for them.
pub(super) fn write(
    builder: &mut Builder,
    graph: &Graph,
    node: &Node,
) -> Result<Option<TableOffset>, TfliteError> {
    if schema::numbers(&node.op).1 == schema::options::NONE {
        return Ok(None);
    }
    // A vector has to be complete before the table that refers to it is begun.
    let new_shape = if node.op == Op::Reshape {
        let lengths: Vec<i32> = graph
            .tensor(node.output)?
            .shape
            .iter()
            .map(|&length| number(length))
            .collect::<Result<_, _>>()?;
        Some(builder.create_vector(&lengths))
    } else {
        None
    };
    let table = builder.start_table();
    if let Some(new_shape) = new_shape {
        builder.push_slot_always(slot(schema::reshape::NEW_SHAPE), new_shape);
    }
    fields(&mut Fields { builder }, &node.op)?;
    Ok(Some(retype(builder.end_table(table))))
}

/// The fields of the table that has been begun; those with the schema's default are left out.
struct Fields<'builder> {
    builder: &'builder mut Builder,
}

impl Fields<'_> {
    fn size(&mut self, field: usize, size: usize, default: i32) -> Result<(), TfliteError> {
        self.builder.push_slot(slot(field), number(size)?, default);
        Ok(())
    }

    fn flag(&mut self, field: usize, flag: bool) {
        self.builder.push_slot(slot(field), flag, false);
    }

    fn mask(&mut self, field: usize, mask: u32) {
        self.builder.push_slot(slot(field), mask, 0);
    }

    fn activation(&mut self, field: usize, activation: Activation) {
        let number: i8 = match activation {
            Activation::None => 0,
            Activation::Relu => 1,
            Activation::Relu6 => 3,
        };
        self.builder.push_slot(slot(field), number, 0);
    }

    fn padding(&mut self, field: usize, padding: Padding) {
        let number: i8 = match padding {
            Padding::Same => 0,
            Padding::Valid => 1,
        };
        self.builder.push_slot(slot(field), number, 0);
    }
}

fn fields(fields: &mut Fields<'_>, op: &Op) -> Result<(), TfliteError> {
    match op {
        Op::Conv2d(conv) => conv_2d(fields, conv),
        Op::DepthwiseConv2d(conv) => depthwise_conv_2d(fields, conv),
        Op::FullyConnected(dense) => {
            fully_connected(fields, dense);
            Ok(())
        }
        Op::Add(activation) | Op::Sub(activation) | Op::Mul(activation) => {
            fields.activation(schema::arithmetic::ACTIVATION, *activation);
            Ok(())
        }
        Op::AveragePool2d(pool) | Op::MaxPool2d(pool) => pool_2d(fields, pool),
        Op::Mean { keep_dims } => {
            fields.flag(schema::reducer::KEEP_DIMS, *keep_dims);
            Ok(())
        }
        Op::Concat { axis, activation } => {
            fields.activation(schema::concatenation::ACTIVATION, *activation);
            fields.size(schema::concatenation::AXIS, *axis, 0)
        }
        Op::Softmax { beta } => {
            let place = slot(schema::softmax::BETA);
            fields.builder.push_slot(place, *beta, 0.0);
            Ok(())
        }
        Op::ResizeBilinear(resize) => {
            use schema::resize_bilinear::*;
            resize_fields(fields, resize, ALIGN_CORNERS, HALF_PIXEL_CENTERS);
            Ok(())
        }
        Op::ResizeNearest(resize) => {
            use schema::resize_nearest::*;
            resize_fields(fields, resize, ALIGN_CORNERS, HALF_PIXEL_CENTERS);
            Ok(())
        }
        Op::StridedSlice(slice) => {
            strided_slice(fields, slice);
            Ok(())
        }
        Op::Pad
        | Op::Reshape
        | Op::Logistic
        | Op::HardSwish
        | Op::Tanh
        | Op::Relu
        | Op::Relu6
        | Op::Quantize
        | Op::Dequantize
        | Op::Transpose => Ok(()),
    }
}

fn conv_2d(fields: &mut Fields<'_>, conv: &Conv2d) -> Result<(), TfliteError> {
    use schema::conv_2d::*;
    let ([stride_h, stride_w], [dilation_h, dilation_w]) = (conv.stride, conv.dilation);
    fields.size(STRIDE_W, stride_w, 0)?;
    fields.size(STRIDE_H, stride_h, 0)?;
    fields.size(DILATION_W, dilation_w, 1)?;
    fields.size(DILATION_H, dilation_h, 1)?;
    fields.padding(PADDING, conv.padding);
    fields.activation(ACTIVATION, conv.activation);
    Ok(())
}

fn depthwise_conv_2d(fields: &mut Fields<'_>, conv: &DepthwiseConv2d) -> Result<(), TfliteError> {
    use schema::depthwise_conv_2d::*;
    let ([stride_h, stride_w], [dilation_h, dilation_w]) = (conv.stride, conv.dilation);
    fields.size(STRIDE_W, stride_w, 0)?;
    fields.size(STRIDE_H, stride_h, 0)?;
    fields.size(MULTIPLIER, conv.multiplier, 0)?;
    fields.size(DILATION_W, dilation_w, 1)?;
    fields.size(DILATION_H, dilation_h, 1)?;
    fields.padding(PADDING, conv.padding);
    fields.activation(ACTIVATION, conv.activation);
    Ok(())
}

fn fully_connected(fields: &mut Fields<'_>, dense: &FullyConnected) {
    use schema::fully_connected::*;
    fields.activation(ACTIVATION, dense.activation);
    fields.flag(KEEP_NUM_DIMS, dense.keep_num_dims);
    fields.flag(ASYMMETRIC_INPUTS, dense.asymmetric_inputs);
}

fn pool_2d(fields: &mut Fields<'_>, pool: &Pool2d) -> Result<(), TfliteError> {
    use schema::pool_2d::*;
    let ([stride_h, stride_w], [filter_h, filter_w]) = (pool.stride, pool.filter);
    fields.size(STRIDE_W, stride_w, 0)?;
    fields.size(STRIDE_H, stride_h, 0)?;
    fields.size(FILTER_W, filter_w, 0)?;
    fields.size(FILTER_H, filter_h, 0)?;
    fields.padding(PADDING, pool.padding);
    fields.activation(ACTIVATION, pool.activation);
    Ok(())
}

fn resize_fields(fields: &mut Fields<'_>, resize: &Resize, corners: usize, centers: usize) {
    fields.flag(corners, resize.align_corners);
    fields.flag(centers, resize.half_pixel_centers);
}

fn strided_slice(fields: &mut Fields<'_>, slice: &StridedSlice) {
    use schema::strided_slice::*;
    fields.mask(BEGIN_MASK, slice.begin_mask);
    fields.mask(END_MASK, slice.end_mask);
    fields.mask(SHRINK_AXIS_MASK, slice.shrink_axis_mask);
}
