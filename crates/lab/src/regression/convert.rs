//! The neuron as a graph of one operator, in float32 and in int8, and one temperature step by step.

use octet_engine::{Engine, Values};
use octet_graph::{
    Activation, Calibration, Constant, DType, Edges, FullInteger, FullyConnected, Graph, Op,
    Quantization, Tensor, TensorId, quantize_full_integer,
};
use octet_protocol::{LabError, LineScale, LineSteps};
use octet_quant::{Multiplier, MultiplierRounding, ObserverKind, QuantParams, Rounder};

use super::fahrenheit;
use crate::integers::{cannot_convert, cannot_run, fastest, params, put_in, take_out};

/// A 1×1 FULLY_CONNECTED.
pub(super) fn graph(weight: f32, bias: f32) -> Graph {
    let mut graph = Graph {
        name: "celsius".to_owned(),
        ..Graph::default()
    };
    let activation = |name: &str| Tensor::activation(name, vec![1, 1], DType::Float32);
    let constant = |value: f32| Constant::Float32([value].into());
    let input = graph.add(activation("celsius"));
    let weight = graph.add(Tensor::constant("weight", vec![1, 1], constant(weight)));
    let bias = graph.add(Tensor::constant("bias", vec![1], constant(bias)));
    let op = Op::FullyConnected(FullyConnected {
        keep_num_dims: false,
        asymmetric_inputs: false,
        activation: Activation::None,
    });
    let output = graph.push(op, [input, weight, bias], activation("fahrenheit"));
    graph.inputs = vec![input];
    graph.outputs = vec![output];
    graph
}

/// A network read back from its file.
pub(super) struct Neuron {
    pub(super) file: Vec<u8>,
    engine: Engine,
}

/// The same with its integers.
pub(super) struct Int8Neuron {
    pub(super) file: Vec<u8>,
    engine: Engine,
    input_params: QuantParams,
    output_params: QuantParams,
    pub(super) input: LineScale,
    pub(super) output: LineScale,
    pub(super) weight: i32,
    pub(super) weight_scale: f32,
    pub(super) bias: i32,
    pub(super) bias_scale: f32,
    /// From the accumulator to steps of the output.
    ratio: f64,
    multiplier: Multiplier,
}

impl Neuron {
    /// The float32 network and what the converter makes of it, both written and read back.
    pub(super) fn both(
        graph: &Graph,
        representative: &[f32],
    ) -> Result<(Self, Int8Neuron), LabError> {
        let mut float32 = Self::of(graph)?.0;
        let mut ranges = Calibration::new(graph, ObserverKind::MinMax).map_err(cannot_convert)?;
        for &celsius in representative {
            let answer = float32.answer(celsius)?;
            let pairs = graph.inputs.iter().zip([celsius]);
            for (&id, value) in pairs.chain(graph.outputs.iter().zip([answer])) {
                ranges.observe(id, &[value]).map_err(cannot_convert)?;
            }
        }
        let options = FullInteger {
            per_channel: false,
            inputs: Edges::Int8,
            outputs: Edges::Int8,
        };
        let (int8, _) = quantize_full_integer(graph, &ranges, options).map_err(cannot_convert)?;
        Ok((float32, Int8Neuron::of(&int8)?))
    }

    fn of(graph: &Graph) -> Result<(Self, Graph), LabError> {
        let file = octet_tflite::write(graph).map_err(cannot_convert)?;
        let read = octet_tflite::read(&file).map_err(cannot_run)?;
        let engine = Engine::new(&read, fastest(), &Default::default()).map_err(cannot_run)?;
        Ok((Self { file, engine }, read))
    }

    /// °F for °C.
    pub(super) fn answer(&mut self, celsius: f32) -> Result<f32, LabError> {
        answer(&mut self.engine, celsius)
    }
}

fn answer(engine: &mut Engine, celsius: f32) -> Result<f32, LabError> {
    put_in(engine, &[celsius])?;
    engine.invoke().map_err(cannot_run)?;
    let answer = take_out(engine)?.first().copied();
    answer.ok_or_else(|| cannot_run("it gives no number"))
}

impl Int8Neuron {
    fn of(graph: &Graph) -> Result<Self, LabError> {
        let (Neuron { file, engine }, read) = Neuron::of(graph)?;
        let edge = |info: Option<&octet_engine::TensorInfo>| {
            let params = info.map(params).transpose()?.flatten();
            params.ok_or_else(|| cannot_run("an end has no scale"))
        };
        let input_params = edge(engine.inputs().first())?;
        let output_params = edge(engine.outputs().first())?;
        let inputs = read.nodes.first().map(|node| node.inputs.as_slice());
        let &[_, Some(weight), Some(bias)] = inputs.unwrap_or_default() else {
            return Err(cannot_run("the file has no neuron"));
        };
        let (weight, weight_scale) = number(&read, weight)?;
        let (bias, bias_scale) = number(&read, bias)?;
        let ratio = f64::from(input_params.scale()) * f64::from(weight_scale)
            / f64::from(output_params.scale());
        let multiplier =
            Multiplier::from_real(ratio, MultiplierRounding::Double).map_err(cannot_run)?;
        Ok(Self {
            file,
            engine,
            input: scale(&input_params),
            output: scale(&output_params),
            input_params,
            output_params,
            weight,
            weight_scale,
            bias,
            bias_scale,
            ratio,
            multiplier,
        })
    }

    /// °F for °C.
    pub(super) fn answer(&mut self, celsius: f32) -> Result<f32, LabError> {
        answer(&mut self.engine, celsius)
    }

    /// What the engine makes of an integer.
    fn engine_output(&mut self, input: i8) -> Result<i32, LabError> {
        self.engine
            .set_input(0, Values::Int8(&[input]))
            .map_err(cannot_run)?;
        self.engine.invoke().map_err(cannot_run)?;
        let output = self.engine.output_i8(0).map_err(cannot_run)?;
        let output = output.first().copied().map(i32::from);
        output.ok_or_else(|| cannot_run("it gives no number"))
    }

    fn accumulator(&self, input: i32) -> i32 {
        (input - self.input_params.zero_point()) * self.weight + self.bias
    }

    /// What an accumulator becomes by the fixed-point multiplication: in steps of the output, with the zero point,
    /// and within int8.
    fn requantized(&self, accumulator: i32) -> [i32; 3] {
        let scaled = self.multiplier.apply(accumulator);
        let shifted = scaled.saturating_add(self.output_params.zero_point());
        let range = self.output_params.range();
        [scaled, shifted, shifted.clamp(range.qmin(), range.qmax())]
    }

    /// For how many of all integers the engine, which multiplies in float64 here as LiteRT's reference kernel does,
    /// gives what the fixed-point multiplication gives.
    pub(super) fn same_as_fixed_point(&mut self) -> Result<u32, LabError> {
        let mut same = 0;
        for input in i8::MIN..=i8::MAX {
            let [_, _, output] = self.requantized(self.accumulator(input.into()));
            same += u32::from(self.engine_output(input)? == output);
        }
        Ok(same)
    }

    /// One temperature step by step; `float32` is the float32 network's answer.
    pub(super) fn follow(&mut self, celsius: f32, float32: f32) -> Result<LineSteps, LabError> {
        let from = self.input_params;
        let input = from.quantize(celsius, &mut Rounder::HalfToEven);
        let centered = input - from.zero_point();
        let accumulator = self.accumulator(input);
        let [scaled, shifted, output] = self.requantized(accumulator);
        // `as` keeps to the ends of i8, where `quantize` has left it anyway.
        let engine = self.engine_output(input as i8)?;
        Ok(LineSteps {
            celsius,
            input_steps: celsius / from.scale(),
            input,
            is_clipped: from.clips(celsius),
            input_real: from.dequantize(input),
            centered,
            product: centered * self.weight,
            accumulator,
            accumulator_real: f64::from(accumulator) * f64::from(self.bias_scale),
            ratio: self.ratio,
            multiplier: self.multiplier.multiplier(),
            shift: self.multiplier.shift(),
            scaled,
            shifted,
            output,
            engine,
            fahrenheit: self.output_params.dequantize(engine),
            float32,
            exact: fahrenheit(celsius.into()),
        })
    }
}

fn scale(params: &QuantParams) -> LineScale {
    let (low, high) = params.real_range();
    LineScale {
        scale: params.scale(),
        zero_point: params.zero_point(),
        range: [low, high],
    }
}

/// The one integer of a constant, and its scale.
fn number(graph: &Graph, id: TensorId) -> Result<(i32, f32), LabError> {
    let tensor = graph.tensor(id).map_err(cannot_run)?;
    let integer = match &tensor.data {
        Some(Constant::Int8(values)) => values.first().copied().map(i32::from),
        Some(Constant::Int32(values)) => values.first().copied(),
        _ => None,
    };
    let single = tensor.quantization.as_ref().and_then(Quantization::single);
    integer
        .zip(single)
        .map(|(integer, (scale, _))| (integer, scale))
        .ok_or_else(|| cannot_run(format!("“{}” holds no integer", tensor.name)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// °F = 1.8 °C + 32, calibrated at −40 and 38 °C, on paper.
    #[test]
    fn the_integers_by_hand() {
        let (mut float32, mut int8) = Neuron::both(&graph(1.8, 32.0), &[-40.0, 38.0]).unwrap();
        // 78 °C and 140.4 °F over 255 steps; −40 of both is −128.
        assert!((int8.input.scale - 78.0 / 255.0).abs() < 1e-6);
        assert!((int8.output.scale - 140.4 / 255.0).abs() < 1e-6);
        assert_eq!((int8.input.zero_point, int8.output.zero_point), (3, -55));
        assert_eq!(int8.weight, 127);
        // 32 over 78/255 · 1.8/127.
        assert_eq!(int8.bias, 7381);
        let answer = float32.answer(20.0).unwrap();
        assert!((answer - 68.0).abs() < 1e-4);
        let steps = int8.follow(20.0, answer).unwrap();
        // 20 / (78/255) = 65.4.
        assert_eq!((steps.input, steps.centered), (68, 65));
        assert_eq!((steps.product, steps.accumulator), (8255, 15_636));
        // 1 / 127 of it.
        assert_eq!((steps.scaled, steps.output, steps.engine), (123, 68, 68));
        assert!((steps.fahrenheit - 123.0 * 140.4 / 255.0).abs() < 1e-4);
        assert!(!steps.is_clipped);
    }

    #[test]
    fn what_is_too_warm_is_clipped() {
        let (mut float32, mut int8) = Neuron::both(&graph(1.8, 32.0), &[-40.0, 38.0]).unwrap();
        for (celsius, end) in [(100.0, 127), (1e30, 127), (-300.0, -128)] {
            let answer = float32.answer(celsius).unwrap();
            let steps = int8.follow(celsius, answer).unwrap();
            assert!(steps.is_clipped);
            assert_eq!((steps.input, steps.output, steps.engine), (end, end, end));
        }
        assert_eq!(int8.same_as_fixed_point().unwrap(), 256);
    }
}
