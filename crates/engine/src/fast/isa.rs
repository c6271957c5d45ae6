//! What the kernels need of a processor: vectors of 16 bytes.

/// Something to be done with vectors, whichever they are.
///
/// What uses an [`Isa`] must be inlined into the function that [`Isa::run`] is, or it is compiled without the
/// instructions: so `#[inline(always)]`, and no closures.
pub(crate) trait Work {
    /// # Safety
    /// What was promised where it was made.
    unsafe fn on<I: Isa>(self);
}

/// An instruction set. The kernels are written once against this trait; [`super::scalar::Scalar`] is the portable
/// twin that the others are tested against.
///
/// A vector has no type of its own: each method says how it reads the 16 bytes (lane 0 first). Integer arithmetic
/// wraps unless a method says that it saturates.
pub(crate) trait Isa: Copy {
    /// 16 bytes.
    type V: Copy;
    /// Four sums of int8 products, on their way.
    type Sums: Copy;
    /// 16 int8 weights, four for each sum, made ready for [`Isa::dot`].
    type Weights: Copy;
    /// 16 values, four for each sum, made ready for [`Isa::dot`].
    type Values: Copy;

    /// How many pixels by 8 output channels of [`Isa::Sums`] fit the registers beside weights and values.
    const PIXELS: usize;

    /// Does the work in a function of its own that is compiled for this instruction set.
    ///
    /// # Safety
    /// As [`Work::on`]; and the processor must have the instructions.
    unsafe fn run<W: Work>(work: W);

    /// # Safety
    /// 16 bytes must be readable at `at`; any alignment.
    unsafe fn load(at: *const u8) -> Self::V;
    /// The 8 bytes at `at`, then zeros.
    ///
    /// # Safety
    /// 8 bytes must be readable at `at`; any alignment.
    unsafe fn load_8(at: *const u8) -> Self::V;
    /// The 4 bytes at `at` four times.
    ///
    /// # Safety
    /// 4 bytes must be readable at `at`; any alignment.
    unsafe fn load_splat_4(at: *const u8) -> Self::V;
    /// Four int32: where each of the 4 bytes at `at` leads in `table`.
    ///
    /// # Safety
    /// 4 bytes must be readable at `at`.
    unsafe fn look_up_4(table: &[i32; 256], at: *const u8) -> Self::V;
    /// # Safety
    /// 16 bytes must be writable at `at`; any alignment.
    unsafe fn store(at: *mut u8, v: Self::V);
    /// The lower half.
    ///
    /// # Safety
    /// 8 bytes must be writable at `at`; any alignment.
    unsafe fn store_low(at: *mut u8, v: Self::V);
    /// The upper half.
    ///
    /// # Safety
    /// 8 bytes must be writable at `at`; any alignment.
    unsafe fn store_high(at: *mut u8, v: Self::V);

    /// 16 bytes.
    fn splat_i8(value: i8) -> Self::V;
    /// 8 int16.
    fn splat_i16(value: i16) -> Self::V;
    /// 4 int32.
    fn splat_i32(value: i32) -> Self::V;
    /// 4 float32.
    fn splat_f32(value: f32) -> Self::V;

    /// Weights for [`Isa::dot`].
    fn weights(v: Self::V) -> Self::Weights;
    /// Values for [`Isa::dot`].
    fn values(v: Self::V) -> Self::Values;
    /// Values for [`Isa::dot`]: the 4 bytes at `at` for each output channel.
    ///
    /// # Safety
    /// 4 bytes must be readable at `at`; any alignment.
    unsafe fn values_splat_4(at: *const u8) -> Self::Values;
    /// Sums that begin with four int32.
    fn sums(v: Self::V) -> Self::Sums;
    /// To each lane's sum, the products of its four weights (int8) and values (as [`super::machine::Dot`] says).
    fn dot(sums: Self::Sums, weights: Self::Weights, values: Self::Values) -> Self::Sums;
    /// The four sums, as int32.
    fn total(sums: Self::Sums) -> Self::V;

    fn and(a: Self::V, b: Self::V) -> Self::V;
    fn or(a: Self::V, b: Self::V) -> Self::V;
    fn xor(a: Self::V, b: Self::V) -> Self::V;

    fn add_i32(a: Self::V, b: Self::V) -> Self::V;
    fn sub_i32(a: Self::V, b: Self::V) -> Self::V;
    fn mul_i32(a: Self::V, b: Self::V) -> Self::V;
    /// −1 where they are equal, else 0.
    fn equal_i32(a: Self::V, b: Self::V) -> Self::V;
    /// To the right, the sign coming in.
    fn shr_i32(v: Self::V, bits: u32) -> Self::V;
    /// The upper 32 bits of the 64-bit products.
    fn mul_high_i32(a: Self::V, b: Self::V) -> Self::V;
    fn min_i8(a: Self::V, b: Self::V) -> Self::V;
    fn max_i8(a: Self::V, b: Self::V) -> Self::V;
    /// Saturates.
    fn add_sat_i16(a: Self::V, b: Self::V) -> Self::V;
    /// int32 to int16, saturated: first those of `a`, then those of `b`. Not to be narrowed at once again, or LLVM makes
    /// of both what it has no instructions for in wasm.
    fn narrow_i32(a: Self::V, b: Self::V) -> Self::V;
    /// int16 to int8, saturated.
    fn narrow_i16(a: Self::V, b: Self::V) -> Self::V;
    /// The first 8 bytes of each in turn: a0 b0 a1 b1 …
    fn zip_low_8(a: Self::V, b: Self::V) -> Self::V;
    /// The last 8 bytes of each in turn.
    fn zip_high_8(a: Self::V, b: Self::V) -> Self::V;
    /// The first 4 pairs of bytes of each in turn.
    fn zip_low_16(a: Self::V, b: Self::V) -> Self::V;
    /// The last 4 pairs of bytes of each in turn.
    fn zip_high_16(a: Self::V, b: Self::V) -> Self::V;
    /// The first 2 groups of 4 bytes of each in turn.
    fn zip_low_32(a: Self::V, b: Self::V) -> Self::V;
    /// The last 2 groups of 4 bytes of each in turn.
    fn zip_high_32(a: Self::V, b: Self::V) -> Self::V;

    fn f32_from_i32(v: Self::V) -> Self::V;
    /// Towards zero. Only for values within int32.
    fn i32_from_f32(v: Self::V) -> Self::V;
    fn add_f32(a: Self::V, b: Self::V) -> Self::V;
    fn sub_f32(a: Self::V, b: Self::V) -> Self::V;
    fn mul_f32(a: Self::V, b: Self::V) -> Self::V;
    fn div_f32(a: Self::V, b: Self::V) -> Self::V;
    /// All bits set where they are equal; NaN is equal to nothing.
    fn equal_f32(a: Self::V, b: Self::V) -> Self::V;
    /// `a · b + c`, rounded twice, but with relaxed SIMD as often as the machine likes, always the same on it.
    fn mul_add_f32(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `b` if that is less than `a`, else `a`.
    fn min_f32(a: Self::V, b: Self::V) -> Self::V;
    /// `b` if that is more than `a`, else `a`.
    fn max_f32(a: Self::V, b: Self::V) -> Self::V;
}
