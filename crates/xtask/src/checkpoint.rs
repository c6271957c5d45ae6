//! From a PyTorch checkpoint to a safetensors file: names, shapes and numbers stay as they are.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use pytorch_reader::{DType, PytorchReader};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

/// A named tensor of float32.
pub struct Parameter {
    /// As in the checkpoint.
    pub name: String,
    /// Outermost first.
    pub shape: Vec<usize>,
    /// Little-endian float32, row by row.
    pub bytes: Vec<u8>,
}

/// The checkpoint's tensors by name, without batch normalization's step counters, which inference has
/// no use for.
pub fn read(path: &Path) -> Result<Vec<Parameter>> {
    let reader = PytorchReader::new(path)
        .with_context(|| format!("cannot read the checkpoint {}", path.display()))?;
    let mut parameters = Vec::new();
    for (name, tensor) in reader.tensors() {
        if name.ends_with(".num_batches_tracked") {
            continue;
        }
        ensure!(
            tensor.dtype() == DType::F32,
            "{name} is {:?}, not float32",
            tensor.dtype()
        );
        let (name, shape) = (name.clone(), tensor.shape().to_vec());
        parameters.push(Parameter {
            name,
            shape,
            bytes: tensor.read()?,
        });
    }
    parameters.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(parameters)
}

/// The tensors of a safetensors file.
pub fn read_safetensors(bytes: &[u8]) -> Result<Vec<Parameter>> {
    let file = SafeTensors::deserialize(bytes)?;
    let parameter = |(name, tensor): (&str, TensorView)| {
        ensure!(
            tensor.dtype() == Dtype::F32,
            "{name} is {:?}, not float32",
            tensor.dtype()
        );
        Ok(Parameter {
            name: name.to_owned(),
            shape: tensor.shape().to_vec(),
            bytes: tensor.data().to_vec(),
        })
    };
    file.iter().map(parameter).collect()
}

/// A safetensors file of the parameters. The metadata is one entry only: the format keeps no order
/// among several, and the same input shall give the same bytes.
pub fn to_safetensors(parameters: &[Parameter], source: &str) -> Result<Vec<u8>> {
    let mut tensors = Vec::with_capacity(parameters.len());
    for Parameter { name, shape, bytes } in parameters {
        tensors.push((
            name.as_str(),
            TensorView::new(Dtype::F32, shape.clone(), bytes)?,
        ));
    }
    let metadata = [("source".to_owned(), source.to_owned())];
    Ok(safetensors::serialize(
        tensors,
        Some(metadata.into_iter().collect()),
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safetensors_round_trip() -> Result<()> {
        let bytes: Vec<u8> = [1.0f32, -2.5, 3.0, 0.0]
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect();
        let parameter = Parameter {
            name: "a.weight".to_owned(),
            shape: vec![2, 2],
            bytes,
        };
        let file = to_safetensors(std::slice::from_ref(&parameter), "a test")?;
        let read = read_safetensors(&file)?;
        assert_eq!(read.len(), 1);
        assert_eq!(
            (&read[0].name, &read[0].shape, &read[0].bytes),
            (&parameter.name, &parameter.shape, &parameter.bytes)
        );
        assert_eq!(file, to_safetensors(&[parameter], "a test")?);
        Ok(())
    }
}
