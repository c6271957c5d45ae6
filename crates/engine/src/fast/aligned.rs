//! Packed weights.

/// Bytes that start at a multiple of 16.
#[derive(Clone, Debug)]
pub(crate) struct Aligned(Vec<u128>);

impl Aligned {
    /// Zeros; `bytes` is rounded up to a multiple of 16.
    pub(crate) fn zeroed(bytes: usize) -> Self {
        Self(vec![0; bytes.div_ceil(16)])
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.0)
    }
}
