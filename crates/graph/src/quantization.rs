//! What a tensor's integers stand for.

/// `real = scale · (q − zero_point)`, per tensor or per channel (TFLite 8-bit quantization specification).
#[derive(Clone, Debug, PartialEq)]
pub struct Quantization {
    /// One, or one for each index of `axis`; positive and finite.
    pub scales: Vec<f32>,
    /// As many as scales.
    pub zero_points: Vec<i32>,
    /// The axis along which there is a scale for each index; 0 and without meaning where there is one in all.
    pub axis: usize,
}

impl Quantization {
    /// One scale and zero point for the whole tensor.
    pub fn per_tensor(scale: f32, zero_point: i32) -> Self {
        Self {
            scales: vec![scale],
            zero_points: vec![zero_point],
            axis: 0,
        }
    }

    /// Symmetric, a scale for each index of `axis`.
    pub fn per_channel(scales: Vec<f32>, axis: usize) -> Self {
        let zero_points = vec![0; scales.len()];
        Self {
            scales,
            zero_points,
            axis,
        }
    }

    /// The only scale and zero point, where there is one for the whole tensor.
    pub fn single(&self) -> Option<(f32, i32)> {
        match (self.scales.as_slice(), self.zero_points.as_slice()) {
            (&[scale], &[zero_point]) => Some((scale, zero_point)),
            _ => None,
        }
    }
}
