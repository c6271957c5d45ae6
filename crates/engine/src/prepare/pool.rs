//! Pools.

use octet_graph::{DType, Pool2d};

use super::site::{Site, affine, clamp_float, clamp_quantized, rank4};
use crate::Problem;
use crate::geometry::{Geometry, Window};
use crate::reference::pool::{PoolFloat, PoolQuantized, Pooling};
use crate::step::Kernel;

pub(super) fn pool(site: &Site<'_>, op: &Pool2d, pooling: Pooling) -> Result<Kernel, Problem> {
    let (input, output) = (site.input(0)?, site.output()?);
    let window = Window {
        padding: op.padding,
        filter: op.filter,
        stride: op.stride,
        dilation: [1, 1],
    };
    let geometry = Geometry::new(rank4(input)?, rank4(output)?, &window, [[0; 2]; 2])?;
    if geometry.input[2] != geometry.output[2] {
        return Err(Problem::Shape(format!(
            "{} channels go in and {} come out",
            geometry.input[2], geometry.output[2]
        )));
    }
    Ok(match (input.dtype, output.dtype) {
        (DType::Float32, DType::Float32) => Kernel::PoolF32(PoolFloat {
            pooling,
            geometry,
            clamp: clamp_float(op.activation),
        }),
        (DType::Int8, DType::Int8) => Kernel::PoolI8(PoolQuantized {
            pooling,
            geometry,
            clamp: clamp_quantized::<i8>(op.activation, affine(output)?),
        }),
        (DType::Uint8, DType::Uint8) => Kernel::PoolU8(PoolQuantized {
            pooling,
            geometry,
            clamp: clamp_quantized::<u8>(op.activation, affine(output)?),
        }),
        _ => return Err(site.unsupported()),
    })
}
