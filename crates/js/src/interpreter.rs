//! `Interpreter`: a model made ready to run, in TensorFlow Lite's steps.

use js_sys::{Array, Float32Array, Int32Array};
use octet_engine::{Engine, Kernels, Options as EngineOptions};
use octet_graph::{Graph, TensorId};
use wasm_bindgen::prelude::*;

use crate::error::{error, failed};
use crate::options::{Options, numbers, object};
use crate::typed::{self, Numbers};

/// The fastest kernels that are compiled in.
pub(crate) const FASTEST: Kernels = Kernels::Fast;

/// A model and, once its tensors have been allocated, what runs it.
#[wasm_bindgen(skip_typescript)]
pub struct Interpreter {
    /// Without constants once its tensors have been allocated: the engine has packed them.
    graph: Graph,
    options: EngineOptions,
    kernels: Kernels,
    engine: Option<Engine>,
}

#[wasm_bindgen]
impl Interpreter {
    /// Reads the bytes of a `.tflite` file.
    #[wasm_bindgen(constructor, skip_typescript)]
    pub fn new(model: &JsValue, options: &JsValue) -> Result<Interpreter, JsValue> {
        let options = Options::new(options, &["kernels", "preserveAllTensors"])?;
        let graph = octet_tflite::read(&typed::bytes(model)?)
            .map_err(failed("The model cannot be read"))?;
        let choices = [("simd", FASTEST), ("reference", Kernels::Reference)];
        Ok(Self {
            graph,
            options: EngineOptions {
                keep_all_tensors: options.flag("preserveAllTensors", false)?,
                ..EngineOptions::default()
            },
            kernels: options.choice("kernels", &choices)?.unwrap_or(FASTEST),
            engine: None,
        })
    }

    /// Packs the weights and allocates the memory, if that has not been done.
    #[wasm_bindgen(js_name = allocateTensors, skip_typescript)]
    pub fn allocate_tensors(&mut self) -> Result<(), JsValue> {
        if self.engine.is_some() {
            return Ok(());
        }
        let whole = self.graph.clone();
        for tensor in &mut self.graph.tensors {
            tensor.data = None;
        }
        let engine = Engine::consuming(whole, self.kernels, &self.options)
            .map_err(failed("The tensors cannot be allocated"))?;
        self.engine = Some(engine);
        Ok(())
    }

    /// What goes in.
    #[wasm_bindgen(js_name = getInputDetails, skip_typescript)]
    pub fn input_details(&self) -> Result<Array, JsValue> {
        self.details(&self.graph.inputs)
    }

    /// What comes out.
    #[wasm_bindgen(js_name = getOutputDetails, skip_typescript)]
    pub fn output_details(&self) -> Result<Array, JsValue> {
        self.details(&self.graph.outputs)
    }

    /// Puts numbers into an input.
    #[wasm_bindgen(js_name = setTensor, skip_typescript)]
    pub fn set_tensor(&mut self, index: &JsValue, values: &JsValue) -> Result<(), JsValue> {
        let id = self.index(index)?;
        let inputs = &self.graph.inputs;
        let Some(place) = inputs.iter().position(|input| *input == id) else {
            let indices: Vec<String> = inputs.iter().map(|input| input.0.to_string()).collect();
            return Err(error(format!(
                "Tensor {} is not an input; the index of an input is {} here.",
                id.0,
                indices.join(" or ")
            )));
        };
        let tensor = self.graph.tensor(id).map_err(failed("setTensor"))?;
        let (name, dtype, expected) = (&tensor.name, tensor.dtype, tensor.elements());
        let wanted = typed::array_name(dtype);
        let values = Numbers::read(values).ok_or_else(|| {
            error(format!(
                "setTensor needs a typed array; tensor {} (“{name}”) holds {dtype}: pass {wanted}.",
                id.0
            ))
        })?;
        let values = values.values(dtype);
        if values.dtype() != dtype {
            let given = typed::array_name(values.dtype());
            return Err(error(format!(
                "Tensor {} (“{name}”) holds {dtype}: pass {wanted}, not {given}.",
                id.0
            )));
        }
        if Some(values.len()) != expected {
            return Err(error(format!(
                "Tensor {} (“{name}”) has shape {:?} and holds {} numbers; {} were given.",
                id.0,
                tensor.shape,
                expected.unwrap_or_default(),
                values.len()
            )));
        }
        allocated(&mut self.engine, "setTensor")?
            .set_input(place, values)
            .map_err(failed("The numbers cannot be put in"))
    }

    /// Runs the model.
    #[wasm_bindgen(skip_typescript)]
    pub fn invoke(&mut self) -> Result<(), JsValue> {
        allocated(&mut self.engine, "invoke")?
            .invoke()
            .map_err(failed("The model cannot be run"))
    }

    /// A copy of a tensor's numbers.
    #[wasm_bindgen(js_name = getTensor, skip_typescript)]
    pub fn tensor(&mut self, index: &JsValue) -> Result<JsValue, JsValue> {
        let id = self.index(index)?;
        let engine = allocated(&mut self.engine, "getTensor")?;
        let kept = engine.tensor(id).map_err(|_| {
            error(format!(
                "Tensor {} lies between operators, and its memory is used again while the model runs. Make the interpreter with {{ preserveAllTensors: true }} to read it.",
                id.0
            ))
        })?;
        Ok(typed::array(kept))
    }

    fn index(&self, value: &JsValue) -> Result<TensorId, JsValue> {
        let count = self.graph.tensors.len();
        let index = value
            .as_f64()
            .filter(|index| index.fract() == 0.0 && (0.0..count as f64).contains(index));
        index.map(|index| TensorId(index as usize)).ok_or_else(|| {
            error(format!(
                "There is no such tensor: an index is a whole number from 0 to {}. getInputDetails() and getOutputDetails() tell those of inputs and outputs.",
                count.saturating_sub(1)
            ))
        })
    }

    fn details(&self, ids: &[TensorId]) -> Result<Array, JsValue> {
        let details = Array::new();
        for &id in ids {
            let tensor = self
                .graph
                .tensor(id)
                .map_err(failed("The model is damaged"))?;
            let (scales, zero_points, axis) = match &tensor.quantization {
                Some(of) => (of.scales.as_slice(), of.zero_points.as_slice(), of.axis),
                None => (&[][..], &[][..], 0),
            };
            let (scale, zero_point) = match (scales, zero_points) {
                (&[scale], &[zero_point]) => (scale, zero_point),
                _ => (0.0, 0),
            };
            let pair = Array::of2(&scale.into(), &zero_point.into());
            let parameters = object(&[
                ("scales", Float32Array::from(scales).into()),
                ("zeroPoints", Int32Array::from(zero_points).into()),
                ("quantizedDimension", JsValue::from(axis as f64)),
            ])?;
            details.push(&object(&[
                ("name", tensor.name.as_str().into()),
                ("index", JsValue::from(id.0 as f64)),
                ("shape", numbers(tensor.shape.iter().copied())),
                ("dtype", tensor.dtype.name().into()),
                ("quantization", pair.into()),
                ("quantizationParameters", parameters),
            ])?);
        }
        Ok(details)
    }
}

fn allocated<'a>(engine: &'a mut Option<Engine>, what: &str) -> Result<&'a mut Engine, JsValue> {
    engine
        .as_mut()
        .ok_or_else(|| error(format!("Call allocateTensors() before {what}().")))
}
