//! Cell `convert`: TensorFlow's converter, option by option, and what each changes in the file.

mod arrays;
mod python;
mod rules;

use std::rc::Rc;

use octet_engine::{Engine, Kernels};
use octet_graph::{Calibration, Graph, convert_float16};
use octet_protocol::{
    ConvertReport, ConvertRequest, ConvertStep, ConvertedPhoto, FileAnatomy, FileKind, Hardware,
    HardwareFit, LabError, ObserverName, SavedFile, Verdict,
};

use crate::anatomy::anatomy;
use crate::classes;
use crate::hardware::{bookkeeping, fits};
use crate::host::Host;
use crate::integers::{self, Form, Runner, cannot_convert, cannot_run};
use crate::micro::{self, MicroModel};
use crate::predict::Steps;
use crate::session::Session;
use arrays::Array;

/// Converts without options, then with one option more each time; the last file is the result.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: ConvertRequest,
) -> Result<ConvertReport, LabError> {
    let kind = rules::kind(&request).map_err(|refusal| refusal.error(&request))?;
    let options = python::steps(&request);
    // The network is only run over the dataset where that decides on something.
    let samples = match kind {
        FileKind::FullInteger => request.representative_dataset.unwrap_or_default(),
        _ => 0,
    };
    let passes = 2 * session.photos.len();
    let total = samples as usize + 1 + options.len() + passes;
    let mut progress = Steps::new(host, total);

    let mut converter = Converter {
        ranges: None,
        last: None,
    };
    let mut calibrate_ms = 0.0;
    if kind == FileKind::FullInteger {
        // As TensorFlow's calibrator: the smallest and the largest value that came by.
        let observer = ObserverName::MinMax;
        let calibrated = integers::calibrate(session, &mut progress, observer, samples).await?;
        calibrate_ms = calibrated.ms;
        converter.ranges = Some(calibrated.ranges);
    }
    progress.next("converting without options".into()).await?;
    let plain = converter.convert(session, &ConvertRequest::default())?;
    let mut steps = vec![ConvertStep {
        option: String::new(),
        file: plain.anatomy.clone(),
    }];
    let mut result = plain.clone();
    let mut convert_ms = 0.0;
    for (line, options) in options {
        progress.next(format!("converting, {line}")).await?;
        let begin = host.now_ms();
        result = converter.convert(session, &options)?;
        convert_ms = host.now_ms() - begin;
        steps.push(ConvertStep {
            option: line,
            file: result.anatomy.clone(),
        });
    }

    let normalization = session.baseline()?.network.spec.normalization;
    let mut before = Runner::from_file(&plain.bytes, integers::fastest(), normalization)?;
    // What comes out is saved, to be compared with LiteRT's reference kernels. Integers are the same with all kernels;
    // floats are only where they are added up in the same order.
    let kernels = match kind {
        FileKind::FullInteger => integers::fastest(),
        _ => Kernels::Reference,
    };
    let mut after = Runner::from_file(&result.bytes, kernels, normalization)?;
    let mut photos = Vec::with_capacity(session.photos.len());
    let mut arrays: Option<(Array, Array)> = None;
    for photo in &session.photos {
        let title = &photo.info.title;
        progress.next(format!("{title}, float32 file")).await?;
        let float32 = before.classify(&photo.pixels, host)?;
        progress.next(format!("{title}, converted file")).await?;
        let converted = after.classify(&photo.pixels, host)?;
        collect(&mut arrays, after.engine())?;
        let best = |probabilities: &[f32]| {
            let mut top = classes::top5(session, probabilities).into_iter();
            top.next()
                .map_or((String::new(), 0.0), |best| (best.label, best.probability))
        };
        let (float32, float32_probability) = best(&float32);
        let (converted, converted_probability) = best(&converted);
        photos.push(ConvertedPhoto {
            title: title.clone(),
            float32,
            float32_probability,
            converted,
            converted_probability,
        });
    }

    let model = session.baseline()?.model;
    let stem = format!("{}_{}", model.name(), kind.name());
    let file_name = format!("{stem}.convert.tflite");
    let micro_bookkeeping = bookkeeping(&result.graph);
    let hardware = fits(&result.graph, &result.anatomy);
    // What an earlier run left would only take memory.
    session.files.retain(|name, _| !name.contains(".convert."));
    let mut save = |name: String, bytes: Vec<u8>| {
        let saved = SavedFile {
            file_name: name.clone(),
            bytes: bytes.len() as u64,
        };
        session.files.insert(name, bytes);
        saved
    };
    let mut saved = Vec::new();
    if let Some((inputs, outputs)) = arrays {
        saved.push(save(
            format!("{stem}.convert.inputs.npy"),
            inputs.into_file(),
        ));
        saved.push(save(
            format!("{stem}.convert.outputs.npy"),
            outputs.into_file(),
        ));
    }
    let file = save(file_name.clone(), result.bytes.to_vec());
    session.micro = Some(MicroModel {
        file_name,
        arena: (result.anatomy.arena_bytes + micro_bookkeeping) as usize,
    });
    let is_refused =
        |fit: &HardwareFit| fit.hardware == Hardware::Microcontroller && fit.verdict == Verdict::No;
    let c_files = if hardware.iter().any(is_refused) {
        Vec::new()
    } else {
        micro::FILES.map(str::to_owned).to_vec()
    };
    Ok(ConvertReport {
        model,
        python: python::listing(&request, model, &format!("{stem}.tflite")),
        notes: rules::notes(&request, kind),
        steps,
        samples,
        calibrate_ms,
        convert_ms,
        hardware,
        micro_bookkeeping,
        photos,
        file,
        c_files,
        arrays: saved,
    })
}

/// What was put into a network and what came out.
fn collect(arrays: &mut Option<(Array, Array)>, engine: &Engine) -> Result<(), LabError> {
    let (Some(input), Some(output)) = (engine.inputs().first(), engine.outputs().first()) else {
        return Ok(());
    };
    let into = engine.tensor(input.id).map_err(cannot_run)?;
    let out = engine.tensor(output.id).map_err(cannot_run)?;
    let (inputs, outputs) = arrays.get_or_insert_with(|| {
        // The batch's axis counts the photos.
        let part = |shape: &[usize]| shape.get(1..).unwrap_or_default().to_vec();
        (
            Array::new(&into, &part(&input.shape)),
            Array::new(&out, &part(&output.shape)),
        )
    });
    inputs.push(&into);
    outputs.push(&out);
    Ok(())
}

/// A conversion's result.
#[derive(Clone)]
struct Converted {
    graph: Rc<Graph>,
    bytes: Rc<[u8]>,
    anatomy: FileAnatomy,
}

/// What several conversions of one network have in common.
struct Converter {
    ranges: Option<Rc<Calibration>>,
    /// The last result: many an option changes nothing.
    last: Option<(Recipe, Converted)>,
}

/// What of the options decides on the file.
type Recipe = (FileKind, ConvertRequest);

impl Converter {
    fn convert(
        &mut self,
        session: &mut Session,
        request: &ConvertRequest,
    ) -> Result<Converted, LabError> {
        let kind = rules::kind(request).map_err(|refusal| refusal.error(request))?;
        let recipe = (kind, decisive(kind, request));
        if let Some((known, converted)) = &self.last
            && *known == recipe
        {
            return Ok(converted.clone());
        }
        let graph = self.graph(session, kind, request)?;
        let bytes = integers::file(session, &graph, kind.name())?;
        let converted = Converted {
            anatomy: anatomy(&bytes, &graph).map_err(cannot_convert)?,
            graph,
            bytes: bytes.into(),
        };
        self.last = Some((recipe, converted.clone()));
        Ok(converted)
    }

    fn graph(
        &self,
        session: &mut Session,
        kind: FileKind,
        request: &ConvertRequest,
    ) -> Result<Rc<Graph>, LabError> {
        let weights = request.weight_scales;
        match (kind, &self.ranges) {
            (FileKind::Float16, _) => {
                let float32 = integers::float32(session)?;
                let (graph, _) = convert_float16(&float32).map_err(cannot_convert)?;
                Ok(Rc::new(graph))
            }
            (FileKind::DynamicRange, _) => {
                integers::converted(session, &Form::DynamicRange(weights))
            }
            (FileKind::FullInteger, Some(ranges)) => {
                let form = Form::FullInteger {
                    weights,
                    inputs: request.inference_input_type,
                    outputs: request.inference_output_type,
                    ranges: ranges.clone(),
                };
                integers::converted(session, &form)
            }
            _ => integers::float32(session),
        }
    }
}

/// The options without those that have no say in a file of this kind.
fn decisive(kind: FileKind, request: &ConvertRequest) -> ConvertRequest {
    let mut decisive = ConvertRequest::default();
    if matches!(kind, FileKind::DynamicRange | FileKind::FullInteger) {
        decisive.weight_scales = request.weight_scales;
    }
    if kind == FileKind::FullInteger {
        decisive.inference_input_type = request.inference_input_type;
        decisive.inference_output_type = request.inference_output_type;
    }
    decisive
}
