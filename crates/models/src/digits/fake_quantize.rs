//! octet-quant's fake-quantization as an operation of Burn's, with the straight-through estimator as its backward
//! pass: the identity where a value lies within the range, zero where it is cut off (Jacob et al. 2018, arXiv
//! 1712.05877; Bengio et al. 2013, arXiv 1308.3432).

#![expect(deprecated, reason = "both backends are offered")]

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Autodiff, Backend, Dispatch, Flex, NdArray, TensorMetadata, backend_extension,
};
use burn::tensor::{Tensor, TensorData};
use octet_quant::{Granularity, QuantParams, Rounding};

/// Which values are rounded to which steps.
#[derive(Clone, Debug)]
pub struct Steps {
    /// What shares a scale.
    pub granularity: Granularity,
    /// One for each group.
    pub params: Vec<QuantParams>,
}

/// Rounds values to the steps that integers have; gradients pass straight through, except where a value was cut off.
/// Halves go away from zero, as in TFLite. What can't be rounded (NaN, steps of another shape) stays as it is, so that
/// it shows in the loss.
pub fn fake_quantize<const D: usize>(values: Tensor<D>, steps: &Steps) -> Tensor<D> {
    let rounded = <Dispatch as FakeQuantize>::fake_quantize(values.into_dispatch(), steps.clone());
    Tensor::from_dispatch(rounded)
}

/// What the backends do for [`fake_quantize`].
#[backend_extension(NdArray, Flex, Autodiff)]
pub(super) trait FakeQuantize: Backend {
    /// The values rounded.
    fn fake_quantize(values: FloatTensor<Self>, steps: Steps) -> FloatTensor<Self> {
        map::<Self>(values, |values, shape| {
            let Steps {
                granularity,
                params,
            } = &steps;
            octet_quant::fake_quantize(
                values,
                shape,
                *granularity,
                params,
                Rounding::HalfAwayFromZero,
            )
            .ok()
        })
    }

    /// 1 where a value lies within the range, 0 where it is cut off: the derivative that the estimator assumes.
    fn within(values: FloatTensor<Self>, steps: Steps) -> FloatTensor<Self> {
        map::<Self>(values, |values, shape| {
            let groups = steps.granularity.groups(values.len(), shape).ok()?;
            let mut derivative = Vec::with_capacity(values.len());
            for (group, run) in groups.runs(values) {
                let params = steps.params.get(group)?;
                derivative.extend(run.iter().map(|&v| f32::from(u8::from(!params.clips(v)))));
            }
            Some(derivative)
        })
    }
}

impl FakeQuantize for NdArray {}
impl FakeQuantize for Flex {}

impl<B: FakeQuantize, C: CheckpointStrategy> FakeQuantize for Autodiff<B, C> {
    fn fake_quantize(values: FloatTensor<Self>, steps: Steps) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct StraightThrough;

        impl<B: Backend> Backward<B, 1> for StraightThrough {
            /// Where gradients pass.
            type State = FloatTensor<B>;

            fn backward(
                self,
                ops: Ops<Self::State, 1>,
                grads: &mut Gradients,
                _: &mut Checkpointer,
            ) {
                let within = ops.state;
                unary::<B, _>(ops.parents, ops.node, grads, |grad| {
                    B::float_mul(grad, within)
                });
            }
        }

        let prepared = StraightThrough
            .prepare::<C>([values.node()])
            .compute_bound()
            .stateful();
        let plain = values.primitive().clone();
        match prepared {
            OpsKind::Tracked(prep) => {
                let within = B::within(plain.clone(), steps.clone());
                prep.finish(within, B::fake_quantize(plain, steps))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::fake_quantize(plain, steps)),
        }
    }
}

/// Another tensor of the same shape, computed in plain data; the same tensor where that can't be had.
fn map<B: Backend>(
    values: FloatTensor<B>,
    f: impl FnOnce(&[f32], &[usize]) -> Option<Vec<f32>>,
) -> FloatTensor<B> {
    let device = values.device();
    let data = burn::backend::try_read_sync(B::float_into_data(values.clone()));
    let Some(Ok(data)) = data else { return values };
    let shape = data.shape().to_vec();
    let Ok(reals) = data.as_slice::<f32>() else {
        return values;
    };
    match f(reals, &shape) {
        Some(mapped) => B::float_from_data(TensorData::new(mapped, shape), &device),
        None => values,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use burn::tensor::Device;
    use octet_quant::{IntRange, Symmetry};

    use super::*;

    /// Identity inside, zero outside, and octet-quant's values, on both backends.
    #[test]
    fn gradients_pass_straight_through() {
        let range = IntRange::new(4, true, false).unwrap();
        let params = QuantParams::from_range(
            -1.0,
            2.0,
            Symmetry::Affine,
            range,
            Rounding::HalfAwayFromZero,
        );
        let steps = Steps {
            granularity: Granularity::PerTensor,
            params: vec![params.unwrap()],
        };
        let values = [-3.0_f32, -1.05, -0.31, 0.0, 0.77, 1.99, 2.08, 5.0];
        let expected = octet_quant::fake_quantize(
            &values,
            &[8],
            Granularity::PerTensor,
            &steps.params,
            Rounding::HalfAwayFromZero,
        );
        for device in [Device::ndarray(), Device::flex()] {
            let device = device.autodiff();
            let x = Tensor::<1>::from_floats(values, &device).require_grad();
            let y = fake_quantize(x.clone(), &steps);
            let rounded: Vec<f32> = y.clone().into_data().to_vec().unwrap();
            assert_eq!(Ok(rounded), expected);
            // A factor, so that what comes in is not 1 everywhere.
            let grads = (y * 3.0).sum().backward();
            let gradient: Vec<f32> = x.grad(&grads).unwrap().into_data().to_vec().unwrap();
            assert_eq!(gradient, [0.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 0.0]);
        }
    }

    #[test]
    fn channels_have_their_own_steps() {
        let range = IntRange::new(2, true, true).unwrap();
        let params = |max: f32| {
            QuantParams::from_range(
                -max,
                max,
                Symmetry::Symmetric,
                range,
                Rounding::HalfAwayFromZero,
            )
        };
        let steps = Steps {
            granularity: Granularity::PerChannel { axis: 0 },
            params: vec![params(1.0).unwrap(), params(8.0).unwrap()],
        };
        let x = Tensor::<2>::from_floats([[0.6, -0.4], [3.0, -5.0]], &Device::flex());
        let y: Vec<f32> = fake_quantize(x, &steps).into_data().to_vec().unwrap();
        assert_eq!(y, [1.0, 0.0, 0.0, -8.0]);
    }

    #[test]
    fn what_is_not_a_number_stays_so() {
        let params = QuantParams::new(0.1, 0, IntRange::INT8).unwrap();
        let steps = Steps {
            granularity: Granularity::PerTensor,
            params: vec![params],
        };
        let x = Tensor::<1>::from_floats([f32::NAN, 1.0], &Device::flex());
        let y: Vec<f32> = fake_quantize(x, &steps).into_data().to_vec().unwrap();
        assert!(y[0].is_nan());
    }
}
