//! The portable twin of the instruction sets: what each does, lane by lane.

use super::isa::{Isa, Work};

/// UNSIGNED: how [`Isa::dot`] reads values, so that both ways can be tested on any machine.
#[derive(Clone, Copy)]
pub(crate) struct Scalar<const UNSIGNED: bool>;

/// 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(16))]
pub(crate) struct Bytes(pub(crate) [u8; 16]);

/// Reads lanes, applies a function to each lane of one or two vectors, puts lanes together.
macro_rules! lanes {
    ($lane:ty, $count:literal, $read:ident, $write:ident) => {
        #[inline]
        fn $read(v: Bytes) -> [$lane; $count] {
            const SIZE: usize = size_of::<$lane>();
            let mut lanes = [<$lane>::default(); $count];
            for (lane, bytes) in lanes.iter_mut().zip(v.0.chunks_exact(SIZE)) {
                let mut own = [0; SIZE];
                own.copy_from_slice(bytes);
                *lane = <$lane>::from_le_bytes(own);
            }
            lanes
        }

        #[inline]
        fn $write(lanes: [$lane; $count]) -> Bytes {
            let mut v = [0; 16];
            for (lane, bytes) in lanes.iter().zip(v.chunks_exact_mut(size_of::<$lane>())) {
                bytes.copy_from_slice(&lane.to_le_bytes());
            }
            Bytes(v)
        }
    };
}

lanes!(i8, 16, i8s, from_i8s);
lanes!(i16, 8, i16s, from_i16s);
lanes!(i32, 4, i32s, from_i32s);
lanes!(u32, 4, u32s, from_u32s);
lanes!(f32, 4, f32s, from_f32s);

#[inline]
fn zip<T: Copy, const N: usize>(a: [T; N], b: [T; N], f: impl Fn(T, T) -> T) -> [T; N] {
    std::array::from_fn(|lane| f(a[lane], b[lane]))
}

/// Lanes from `start` of each in turn.
#[inline]
fn in_turn<T: Copy, const N: usize>(a: [T; N], b: [T; N], start: usize) -> [T; N] {
    std::array::from_fn(|lane| {
        let from = if lane % 2 == 0 { a } else { b };
        from[start + lane / 2]
    })
}

impl<const UNSIGNED: bool> Isa for Scalar<UNSIGNED> {
    type V = Bytes;
    type Sums = Bytes;
    type Weights = Bytes;
    type Values = Bytes;

    const PIXELS: usize = 2;

    #[inline(never)]
    unsafe fn run<W: Work>(work: W) {
        // SAFETY: the caller's promise.
        unsafe { work.on::<Self>() }
    }

    #[inline]
    unsafe fn load(at: *const u8) -> Bytes {
        // SAFETY: the caller's promise; bytes need no alignment.
        Bytes(unsafe { at.cast::<[u8; 16]>().read() })
    }
    #[inline]
    unsafe fn load_8(at: *const u8) -> Bytes {
        let mut v = [0; 16];
        // SAFETY: the caller's promise; bytes need no alignment.
        v[..8].copy_from_slice(&unsafe { at.cast::<[u8; 8]>().read() });
        Bytes(v)
    }
    #[inline]
    unsafe fn load_splat_4(at: *const u8) -> Bytes {
        // SAFETY: the caller's promise; bytes need no alignment.
        let four = unsafe { at.cast::<[u8; 4]>().read() };
        Bytes(std::array::from_fn(|byte| four[byte % 4]))
    }
    #[inline]
    unsafe fn look_up_4(table: &[i32; 256], at: *const u8) -> Bytes {
        // SAFETY: the caller's promise; bytes need no alignment.
        let four = unsafe { at.cast::<[u8; 4]>().read() };
        from_i32s(four.map(|byte| table[usize::from(byte)]))
    }
    #[inline]
    unsafe fn store(at: *mut u8, v: Bytes) {
        // SAFETY: the caller's promise; bytes need no alignment.
        unsafe { at.cast::<[u8; 16]>().write(v.0) }
    }
    #[inline]
    unsafe fn store_low(at: *mut u8, v: Bytes) {
        let half: [u8; 8] = std::array::from_fn(|byte| v.0[byte]);
        // SAFETY: the caller's promise; bytes need no alignment.
        unsafe { at.cast::<[u8; 8]>().write(half) }
    }
    #[inline]
    unsafe fn store_high(at: *mut u8, v: Bytes) {
        let half: [u8; 8] = std::array::from_fn(|byte| v.0[8 + byte]);
        // SAFETY: the caller's promise; bytes need no alignment.
        unsafe { at.cast::<[u8; 8]>().write(half) }
    }
    #[inline]
    fn splat_i8(value: i8) -> Bytes {
        from_i8s([value; 16])
    }
    #[inline]
    fn splat_i16(value: i16) -> Bytes {
        from_i16s([value; 8])
    }
    #[inline]
    fn splat_i32(value: i32) -> Bytes {
        from_i32s([value; 4])
    }
    #[inline]
    fn splat_f32(value: f32) -> Bytes {
        from_f32s([value; 4])
    }

    #[inline]
    fn weights(v: Bytes) -> Bytes {
        v
    }
    #[inline]
    fn values(v: Bytes) -> Bytes {
        v
    }
    #[inline]
    unsafe fn values_splat_4(at: *const u8) -> Bytes {
        // SAFETY: the caller's promise.
        unsafe { Self::load_splat_4(at) }
    }
    #[inline]
    fn sums(v: Bytes) -> Bytes {
        v
    }
    #[inline]
    fn dot(sums: Bytes, weights: Bytes, values: Bytes) -> Bytes {
        let mut sums = i32s(sums);
        for (lane, sum) in sums.iter_mut().enumerate() {
            for byte in 4 * lane..4 * lane + 4 {
                let value = match UNSIGNED {
                    true => i32::from(values.0[byte]),
                    false => i32::from(values.0[byte] as i8),
                };
                *sum = sum.wrapping_add(i32::from(weights.0[byte] as i8) * value);
            }
        }
        from_i32s(sums)
    }
    #[inline]
    fn total(sums: Bytes) -> Bytes {
        sums
    }

    #[inline]
    fn and(a: Bytes, b: Bytes) -> Bytes {
        Bytes(zip(a.0, b.0, |a, b| a & b))
    }
    #[inline]
    fn or(a: Bytes, b: Bytes) -> Bytes {
        Bytes(zip(a.0, b.0, |a, b| a | b))
    }
    #[inline]
    fn xor(a: Bytes, b: Bytes) -> Bytes {
        Bytes(zip(a.0, b.0, |a, b| a ^ b))
    }
    #[inline]
    fn add_i32(a: Bytes, b: Bytes) -> Bytes {
        from_i32s(zip(i32s(a), i32s(b), i32::wrapping_add))
    }
    #[inline]
    fn sub_i32(a: Bytes, b: Bytes) -> Bytes {
        from_i32s(zip(i32s(a), i32s(b), i32::wrapping_sub))
    }
    #[inline]
    fn mul_i32(a: Bytes, b: Bytes) -> Bytes {
        from_i32s(zip(i32s(a), i32s(b), i32::wrapping_mul))
    }
    #[inline]
    fn shr_i32(v: Bytes, bits: u32) -> Bytes {
        from_i32s(i32s(v).map(|lane| lane.wrapping_shr(bits)))
    }
    #[inline]
    fn mul_high_i32(a: Bytes, b: Bytes) -> Bytes {
        from_i32s(zip(i32s(a), i32s(b), |a, b| {
            ((i64::from(a) * i64::from(b)) >> 32) as i32
        }))
    }
    #[inline]
    fn min_i8(a: Bytes, b: Bytes) -> Bytes {
        from_i8s(zip(i8s(a), i8s(b), i8::min))
    }
    #[inline]
    fn max_i8(a: Bytes, b: Bytes) -> Bytes {
        from_i8s(zip(i8s(a), i8s(b), i8::max))
    }
    #[inline]
    fn add_sat_i16(a: Bytes, b: Bytes) -> Bytes {
        from_i16s(zip(i16s(a), i16s(b), i16::saturating_add))
    }
    #[inline]
    fn narrow_i32(a: Bytes, b: Bytes) -> Bytes {
        let (a, b) = (i32s(a), i32s(b));
        from_i16s(std::array::from_fn(|lane| {
            let wide = if lane < 4 { a[lane] } else { b[lane - 4] };
            wide.clamp(i16::MIN.into(), i16::MAX.into()) as i16
        }))
    }
    #[inline]
    fn narrow_i16(a: Bytes, b: Bytes) -> Bytes {
        let (a, b) = (i16s(a), i16s(b));
        from_i8s(std::array::from_fn(|lane| {
            let wide = if lane < 8 { a[lane] } else { b[lane - 8] };
            wide.clamp(i8::MIN.into(), i8::MAX.into()) as i8
        }))
    }
    #[inline]
    fn zip_low_8(a: Bytes, b: Bytes) -> Bytes {
        Bytes(in_turn(a.0, b.0, 0))
    }
    #[inline]
    fn zip_high_8(a: Bytes, b: Bytes) -> Bytes {
        Bytes(in_turn(a.0, b.0, 8))
    }
    #[inline]
    fn zip_low_16(a: Bytes, b: Bytes) -> Bytes {
        from_i16s(in_turn(i16s(a), i16s(b), 0))
    }
    #[inline]
    fn zip_high_16(a: Bytes, b: Bytes) -> Bytes {
        from_i16s(in_turn(i16s(a), i16s(b), 4))
    }
    #[inline]
    fn zip_low_32(a: Bytes, b: Bytes) -> Bytes {
        from_u32s(in_turn(u32s(a), u32s(b), 0))
    }
    #[inline]
    fn zip_high_32(a: Bytes, b: Bytes) -> Bytes {
        from_u32s(in_turn(u32s(a), u32s(b), 2))
    }
    #[inline]
    fn f32_from_i32(v: Bytes) -> Bytes {
        from_f32s(i32s(v).map(|lane| lane as f32))
    }
    #[inline]
    fn i32_from_f32(v: Bytes) -> Bytes {
        from_i32s(f32s(v).map(|lane| lane as i32))
    }
    #[inline]
    fn add_f32(a: Bytes, b: Bytes) -> Bytes {
        from_f32s(zip(f32s(a), f32s(b), |a, b| a + b))
    }
    #[inline]
    fn sub_f32(a: Bytes, b: Bytes) -> Bytes {
        from_f32s(zip(f32s(a), f32s(b), |a, b| a - b))
    }
    #[inline]
    fn mul_f32(a: Bytes, b: Bytes) -> Bytes {
        from_f32s(zip(f32s(a), f32s(b), |a, b| a * b))
    }
    #[inline]
    fn div_f32(a: Bytes, b: Bytes) -> Bytes {
        from_f32s(zip(f32s(a), f32s(b), |a, b| a / b))
    }
    #[inline]
    fn equal_i32(a: Bytes, b: Bytes) -> Bytes {
        from_i32s(zip(i32s(a), i32s(b), |a, b| if a == b { -1 } else { 0 }))
    }
    #[inline]
    fn equal_f32(a: Bytes, b: Bytes) -> Bytes {
        let (a, b) = (f32s(a), f32s(b));
        from_u32s(std::array::from_fn(|lane| {
            if a[lane] == b[lane] { u32::MAX } else { 0 }
        }))
    }
    #[inline]
    fn mul_add_f32(a: Bytes, b: Bytes, c: Bytes) -> Bytes {
        Self::add_f32(Self::mul_f32(a, b), c)
    }
    #[inline]
    fn min_f32(a: Bytes, b: Bytes) -> Bytes {
        from_f32s(zip(f32s(a), f32s(b), |a, b| if b < a { b } else { a }))
    }
    #[inline]
    fn max_f32(a: Bytes, b: Bytes) -> Bytes {
        from_f32s(zip(f32s(a), f32s(b), |a, b| if a < b { b } else { a }))
    }
}
