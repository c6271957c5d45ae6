//! `convert`: a float32 model in another precision.

use js_sys::{Array, Function, Uint8Array};
use octet_engine::{Engine, Values};
use octet_graph::{
    Calibration, DType, DynamicRange, Edges, FullInteger, Graph, PassError, Record,
    convert_float16, decode_constants, fold_batch_norm, fuse_activations, quantize_dynamic_range,
    quantize_full_integer,
};
use octet_quant::ObserverKind;
use octet_tflite::{read, read_metadata, write_with};
use wasm_bindgen::prelude::*;

use crate::error::{error, failed};
use crate::interpreter::FASTEST;
use crate::options::{Options, unknown_choice};
use crate::typed::{bytes, floats};

#[derive(Clone, Copy)]
enum Mode {
    Float32,
    Float16,
    DynamicRange,
    FullInteger,
}

const MODES: [(&str, Mode); 4] = [
    ("float32", Mode::Float32),
    ("float16", Mode::Float16),
    ("dynamic_range", Mode::DynamicRange),
    ("full_integer", Mode::FullInteger),
];

/// At the settings that their inventors use.
const OBSERVERS: [(&str, ObserverKind); 6] = [
    ("min_max", ObserverKind::MinMax),
    (
        "moving_average",
        ObserverKind::MovingAverage { constant: 0.01 },
    ),
    ("percentile", ObserverKind::Percentile { percent: 99.99 }),
    ("mse", ObserverKind::Mse),
    ("entropy", ObserverKind::Entropy),
    ("histogram", ObserverKind::Histogram),
];

const WRONG: &str = "The model cannot be converted";

const EDGES: [(&str, Edges); 3] = [
    ("float32", Edges::Float32),
    ("int8", Edges::Int8),
    ("uint8", Edges::Uint8),
];

/// Quantizes the bytes of a float `.tflite` file; gives the bytes of another.
#[wasm_bindgen(skip_typescript)]
pub fn convert(model: &JsValue, options: &JsValue) -> Result<Uint8Array, JsValue> {
    let known = [
        "mode",
        "representativeDataset",
        "observer",
        "perChannel",
        "inferenceInputType",
        "inferenceOutputType",
    ];
    let options = Options::new(options, &known)?;
    let mode = options
        .choice("mode", &MODES)?
        .ok_or_else(|| unknown_choice("mode", &MODES))?;
    let per_channel = options.flag("perChannel", true)?;
    let edge = |name| {
        let chosen = options.choice(name, &EDGES)?;
        Ok::<_, JsValue>(chosen.unwrap_or_default())
    };
    let (inputs, outputs) = (edge("inferenceInputType")?, edge("inferenceOutputType")?);
    let observer = options
        .choice("observer", &OBSERVERS)?
        .unwrap_or(ObserverKind::MinMax);

    let file = bytes(model)?;
    let graph = read(&file).map_err(failed("The model cannot be read"))?;
    let about = read_metadata(&file).unwrap_or_default();
    let float = prepared(&graph).map_err(failed(WRONG))?;
    let converted = match mode {
        Mode::Float32 => Ok(float),
        Mode::Float16 => graph_of(convert_float16(&float)),
        Mode::DynamicRange => {
            graph_of(quantize_dynamic_range(&float, DynamicRange { per_channel }))
        }
        Mode::FullInteger => {
            let dataset = options.any("representativeDataset");
            let ranges = calibrate(&float, observer, &dataset)?;
            let form = FullInteger {
                per_channel,
                inputs,
                outputs,
            };
            graph_of(quantize_full_integer(&float, &ranges, form))
        }
    };
    let converted = converted.map_err(failed(WRONG))?;
    let bytes = write_with(&converted, &about).map_err(failed(WRONG))?;
    Ok(Uint8Array::from(bytes.as_slice()))
}

/// In float32 throughout, with what follows each layer folded into it.
fn prepared(graph: &Graph) -> Result<Graph, PassError> {
    let decoded = graph_of(decode_constants(graph))?;
    let folded = graph_of(fold_batch_norm(&decoded))?;
    graph_of(fuse_activations(&folded))
}

fn graph_of(outcome: Result<(Graph, Record), PassError>) -> Result<Graph, PassError> {
    outcome.map(|(graph, _)| graph)
}

/// Runs the model on every sample, and watches every activation.
fn calibrate(
    graph: &Graph,
    observer: ObserverKind,
    dataset: &JsValue,
) -> Result<Calibration, JsValue> {
    let no_dataset = || {
        error(
            "Full-integer quantization needs “representativeDataset”: an array (or a function that gives one, or a generator) of samples, each a Float32Array with the numbers of the model’s input, or an array of one for each input.",
        )
    };
    let samples = match dataset.dyn_ref::<Function>() {
        Some(function) => function.call0(&JsValue::UNDEFINED)?,
        None => dataset.clone(),
    };
    // An array of numbers, or text, is iterable too.
    if !samples.is_object() {
        return Err(no_dataset());
    }
    let samples = js_sys::try_iter(&samples)?.ok_or_else(no_dataset)?;
    let wrong = failed("The model cannot be calibrated");
    let mut ranges =
        Calibration::new(graph, observer).map_err(failed("The model cannot be calibrated"))?;
    let watched: Vec<_> = ranges.tensors().collect();
    let mut engine = Engine::with_all_tensors_kept(graph, FASTEST).map_err(&wrong)?;
    if let Some(input) = engine
        .inputs()
        .iter()
        .find(|input| input.dtype != DType::Float32)
    {
        return Err(error(format!(
            "The model cannot be calibrated: its input “{}” is {}, not float32.",
            input.name, input.dtype
        )));
    }
    for (place, sample) in samples.enumerate() {
        let sample = sample?;
        let what = format!("Sample {place} of the representative dataset");
        let inputs = engine.inputs().len();
        let values = match sample.dyn_ref::<Array>() {
            Some(parts) if parts.get(0).is_object() => parts
                .iter()
                .map(|part| floats(&part, &what))
                .collect::<Result<Vec<_>, _>>()?,
            _ => vec![floats(&sample, &what)?],
        };
        if values.len() != inputs {
            return Err(error(format!(
                "{what} has numbers for {} inputs; the model has {inputs}.",
                values.len()
            )));
        }
        for (input, values) in values.iter().enumerate() {
            engine
                .set_input(input, Values::Float32(values))
                .map_err(failed(&what))?;
        }
        engine.invoke().map_err(failed(&what))?;
        for &id in &watched {
            if let Values::Float32(values) = engine.tensor(id).map_err(failed(&what))? {
                ranges.observe(id, values).map_err(failed(&what))?;
            }
        }
    }
    Ok(ranges)
}
