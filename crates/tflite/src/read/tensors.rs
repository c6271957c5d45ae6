//! Tensors and the numbers of constants.

use std::collections::HashMap;

use octet_graph::{Constant, DType, Quantization, Tensor};

use super::count;
use crate::flat::{Source, Table, Tables};
use crate::packed::unpack;
use crate::schema::{self, buffer, model, quantization, subgraph, tensor};
use crate::{TfliteError, Unsupported};

/// Reads all tensors. What is not supported is added to the list, and a stand-in returned in its place.
pub(super) fn read(
    root: &Table<'_>,
    main: &Table<'_>,
    unsupported: &mut Vec<Unsupported>,
) -> Result<Vec<Tensor>, TfliteError> {
    let tables = main.tables(subgraph::TENSORS)?;
    count(tables.len(), "tensors")?;
    let mut buffers = Buffers {
        source: root.source(),
        tables: root.tables(model::BUFFERS)?,
        known: HashMap::with_capacity(tables.len()),
    };
    let mut tensors = Vec::with_capacity(tables.len());
    let mut stored = Vec::with_capacity(tables.len());
    for (index, table) in tables.iter().enumerate() {
        let table = table?;
        let name = table.string(tensor::NAME)?;
        let shown: String = name.chars().take(80).collect();
        let mut no = |what: String| {
            unsupported.push(Unsupported::Tensor {
                index,
                name: shown.clone(),
                what,
            });
        };
        if table.bool(tensor::IS_VARIABLE)? {
            no("a variable that keeps its value between runs".into());
        }
        if table.has(tensor::SPARSITY)? {
            no("sparse storage".into());
        }
        if table.u32(tensor::EXTERNAL_BUFFER)? != 0 {
            no("storage in another file".into());
        }
        let shape = match shape(&table)? {
            Ok(shape) => shape,
            Err(what) => {
                no(what);
                Vec::new()
            }
        };
        let dtype = match schema::dtype(table.i8(tensor::TYPE)?) {
            Ok(dtype) => dtype,
            Err(what) => {
                no(what);
                tensors.push(Tensor::activation(name, shape, DType::Uint8));
                continue;
            }
        };
        let mut tensor = Tensor::activation(name, shape, dtype);
        let bytes = tensor
            .elements()
            .and_then(|elements| dtype.stored_bytes(elements))
            .ok_or_else(|| {
                TfliteError::TooLarge(format!("tensor {index} has shape {:?}", tensor.shape))
            })?;
        stored.push((index, table.u32(tensor::BUFFER)?, bytes));
        if dtype.integers().is_some() {
            tensor.quantization = quantization(&table, &tensor.shape, index, &mut no)?;
        }
        tensors.push(tensor);
    }
    // Last and in one go, so that their memory is one piece when an engine has packed them and lets them go.
    for (index, buffer, bytes) in stored {
        tensors[index].data = buffers.constant(buffer, &tensors[index], bytes, index)?;
    }
    Ok(tensors)
}

/// The shape; or, in words, what about it is not supported.
fn shape(table: &Table<'_>) -> Result<Result<Vec<usize>, String>, TfliteError> {
    let shape = table.i32s(tensor::SHAPE)?.unwrap_or_default();
    let signature = table.i32s(tensor::SHAPE_SIGNATURE)?.unwrap_or_default();
    // Left open by the author, but with a batch of 1 as the size to run with.
    let open = signature
        .iter()
        .enumerate()
        .any(|(axis, &length)| length < 0 && (axis > 0 || shape.first() != Some(&1)));
    let lengths: Option<Vec<usize>> = shape
        .iter()
        .map(|&length| usize::try_from(length).ok())
        .collect();
    Ok(match lengths {
        Some(lengths) if !open => Ok(lengths),
        _ => {
            let open = if signature.is_empty() {
                shape
            } else {
                signature
            };
            let shown: Vec<i32> = open.into_iter().take(16).collect();
            Err(format!("the dynamic shape {shown:?}"))
        }
    })
}

fn quantization(
    table: &Table<'_>,
    shape: &[usize],
    index: usize,
    no: &mut impl FnMut(String),
) -> Result<Option<Quantization>, TfliteError> {
    let Some(table) = table.table(tensor::QUANTIZATION)? else {
        return Ok(None);
    };
    if table.u8(quantization::DETAILS_TYPE)? != 0 {
        no("custom quantization".into());
        return Ok(None);
    }
    let scales = table.f32s(quantization::SCALE)?.unwrap_or_default();
    if scales.is_empty() {
        return Ok(None);
    }
    let wrong = |what: String| TfliteError::Damaged(format!("tensor {index} has {what}"));
    let zero_points = table.i64s(quantization::ZERO_POINT)?.unwrap_or_default();
    if zero_points.len() != scales.len() {
        return Err(wrong(format!(
            "{} scales but {} zero points",
            scales.len(),
            zero_points.len()
        )));
    }
    let zero_points = zero_points
        .into_iter()
        .map(|value| i32::try_from(value).map_err(|_| wrong(format!("a zero point of {value}"))))
        .collect::<Result<Vec<i32>, _>>()?;
    let axis = if scales.len() == 1 {
        0
    } else {
        let number = table.i32(quantization::QUANTIZED_DIMENSION, 0)?;
        let axis = usize::try_from(number)
            .map_err(|_| wrong(format!("a quantized dimension of {number}")))?;
        if shape.get(axis) != Some(&scales.len()) {
            let all = scales.len();
            return Err(wrong(format!(
                "{all} scales along axis {axis}, but its shape is {shape:?}"
            )));
        }
        axis
    };
    Ok(Some(Quantization {
        scales,
        zero_points,
        axis,
    }))
}

/// The file's buffers, and what has been read of them: tensors may share one.
struct Buffers<'a> {
    source: &'a Source<'a>,
    tables: Tables<'a>,
    known: HashMap<(*const u8, usize, DType), Constant>,
}

impl Buffers<'_> {
    /// The numbers in a buffer of `bytes` bytes; None if it is empty, as for everything computed at run time.
    fn constant(
        &mut self,
        buffer: u32,
        of: &Tensor,
        bytes: usize,
        tensor: usize,
    ) -> Result<Option<Constant>, TfliteError> {
        if buffer == 0 {
            return Ok(None);
        }
        let table = usize::try_from(buffer)
            .ok()
            .and_then(|index| self.tables.get(index).transpose())
            .ok_or_else(|| {
                let all = self.tables.len();
                TfliteError::Damaged(format!("tensor {tensor} names buffer {buffer} of {all}"))
            })??;
        let data = data(&table)?;
        if data.is_empty() && bytes > 0 {
            return Ok(None);
        }
        if data.len() != bytes {
            return Err(TfliteError::Damaged(format!(
                "tensor {tensor} needs {bytes} bytes, but its buffer {buffer} has {}",
                data.len()
            )));
        }
        let elements = of.elements().unwrap_or_default();
        let key = (data.as_ptr(), elements, of.dtype);
        if let Some(known) = self.known.get(&key) {
            // No copy, but whoever checks or writes all tensors goes through it again.
            self.source.charge(data.len() / 8)?;
            return Ok(Some(known.clone()));
        }
        // As many as memory it takes: more than in the file, where numbers are packed.
        self.source.charge(data.len().max(elements))?;
        let constant = constant(data, of.dtype, elements);
        self.known.insert(key, constant.clone());
        Ok(Some(constant))
    }
}

/// A buffer's bytes: in it, or, in large models, behind the flatbuffer.
pub(crate) fn data<'a>(table: &Table<'a>) -> Result<&'a [u8], TfliteError> {
    // 0 and 1 are what writers put before they know the place.
    let offset = table.u64(buffer::OFFSET)?;
    if offset <= 1 {
        return Ok(table.bytes(buffer::DATA)?.unwrap_or_default());
    }
    let size = table.u64(buffer::SIZE)?;
    let (Ok(offset), Ok(size)) = (usize::try_from(offset), usize::try_from(size)) else {
        return Err(TfliteError::Damaged(format!(
            "a buffer of {size} bytes at byte {offset} lies outside it"
        )));
    };
    table.source().slice(offset, size)
}

fn constant(data: &[u8], dtype: DType, elements: usize) -> Constant {
    match dtype {
        DType::Float32 => Constant::Float32(numbers(data, f32::from_le_bytes)),
        DType::Float16 => Constant::Float16(numbers(data, u16::from_le_bytes)),
        DType::Int2 => Constant::Int2(unpack(data, 2, elements).into()),
        DType::Int4 => Constant::Int4(unpack(data, 4, elements).into()),
        DType::Int8 => Constant::Int8(numbers(data, i8::from_le_bytes)),
        DType::Uint8 => Constant::Uint8(data.into()),
        DType::Int16 => Constant::Int16(numbers(data, i16::from_le_bytes)),
        DType::Int32 => Constant::Int32(numbers(data, i32::from_le_bytes)),
        DType::Int64 => Constant::Int64(numbers(data, i64::from_le_bytes)),
        DType::Bool => Constant::Bool(numbers(data, |[byte]| u8::from(byte != 0))),
    }
}

fn numbers<const N: usize, T, C: FromIterator<T>>(data: &[u8], number: fn([u8; N]) -> T) -> C {
    let (chunks, _) = data.as_chunks::<N>();
    chunks.iter().map(|&chunk| number(chunk)).collect()
}
