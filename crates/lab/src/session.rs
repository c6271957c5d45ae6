//! What the lab remembers between cells.

use std::collections::BTreeMap;
use std::rc::Rc;

use octet_graph::Graph;
use octet_models::{BurnNetwork, Network};
use octet_protocol::{
    Attachment, Backend, ErrorKind, LabError, ModelFile, ModelName, Precision, Report, Request,
    SavedFile, WeightSource,
};

use crate::digits::DigitLab;
use crate::host::Host;
use crate::integers::Integers;
use crate::micro::MicroModel;
use crate::photo::StoredPhoto;
use crate::source::Tensor;
use crate::{
    accuracy, arena, baseline, calibrate, camera, convert, data, draw, explorer, full_integer,
    inference, inspect, interpreter, ptq, pytorch, qat, quantize, reference, regression, rescue,
    sensitivity, setup, simulate, size, sizes, sweep, tradeoff, train, troubleshoot, visualize,
    weights, your_model,
};

/// A reader's lab. Each cell leaves here what later cells need; running a cell again drops what had been
/// made from its old result.
#[derive(Default)]
pub struct Session {
    pub(crate) backend: Backend,
    pub(crate) photos: Vec<StoredPhoto>,
    /// The photos that come with the page have been loaded.
    pub(crate) has_built_in_photos: bool,
    pub(crate) next_photo_id: u32,
    pub(crate) classes: Option<Vec<String>>,
    pub(crate) baseline: Option<Baseline>,
    pub(crate) quantized: Option<Quantized>,
    pub(crate) inference: Option<Inference>,
    /// The weights that were drawn last, and what they were drawn from.
    pub(crate) drawn: Option<(WeightSource, Rc<Tensor>)>,
    /// What `inspect` has drawn, from left to right.
    pub(crate) inspected: Vec<(Option<Precision>, Rc<Graph>)>,
    /// What cells have made for the reader to save, by file name.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// The network that `your-model` has read.
    pub(crate) own: Option<your_model::Own>,
    /// Which files `your-model` has made.
    pub(crate) own_files: Vec<String>,
    /// Left by `convert`.
    pub(crate) micro: Option<MicroModel>,
    /// The digits, and what `train` has left.
    pub(crate) digits: DigitLab,
}

/// Left by `baseline`.
pub(crate) struct Baseline {
    pub(crate) model: ModelName,
    pub(crate) network: Network,
    pub(crate) on_burn: BurnNetwork,
    pub(crate) integers: Integers,
    /// What `camera` has made ready.
    pub(crate) camera: Option<camera::Pair>,
}

/// Left by `quantize`: both files, whole.
pub(crate) struct Quantized {
    pub(crate) float32: Vec<u8>,
    pub(crate) dynamic_range: Vec<u8>,
}

/// Left by `inference`: both models' probabilities for each photo, in batch order.
pub(crate) struct Inference {
    pub(crate) float32: Vec<Vec<f32>>,
    pub(crate) dynamic_range: Vec<Vec<f32>>,
    /// Median milliseconds for a photo.
    pub(crate) float32_ms: f64,
    /// Median milliseconds for a photo.
    pub(crate) dynamic_range_ms: f64,
}

/// A report and the bytes that go with it.
#[derive(Debug)]
pub struct Outcome {
    /// The report.
    pub report: Report,
    /// Bytes too large for a report.
    pub attachments: Vec<Attachment>,
}

impl Session {
    /// Does what is asked. An error leaves the session as usable as it was.
    ///
    /// # Errors
    /// Whatever the reader has to know.
    pub async fn run(&mut self, host: &impl Host, request: Request) -> Result<Outcome, LabError> {
        let report = match request {
            Request::Setup { backend } => Report::Setup(setup::run(self, host, backend)),
            Request::Data => return data::run(self, host).await,
            Request::AddPhoto { name, bytes } => return data::add(self, host, name, bytes).await,
            Request::RemovePhoto { id } => return data::remove(self, id),
            Request::Baseline { model } => {
                Report::Baseline(baseline::run(self, host, model).await?)
            }
            Request::Quantize => Report::Quantize(quantize::run(self, host).await?),
            Request::ModelFile { precision } => return self.model_file(precision),
            Request::Size => Report::Size(size::run(self)?),
            Request::Inference { runs } => {
                Report::Inference(inference::run(self, host, runs).await?)
            }
            Request::Accuracy => Report::Accuracy(accuracy::run(self)?),
            Request::Visualize => Report::Visualize(visualize::run(self)?),
            Request::Simulate { source, scheme } => {
                Report::Simulate(Box::new(simulate::run(self, host, &source, scheme).await?))
            }
            Request::Explorer { source } => return explorer::run(self, &source),
            Request::Weights { of } => Report::Weights(weights::run(self, host, &of).await?),
            Request::Sizes { title, layers } => Report::Sizes(sizes::run(title, &layers)?),
            Request::FullInteger(request) => {
                Report::FullInteger(Box::new(full_integer::run(self, host, request).await?))
            }
            Request::Interpreter(request) => {
                Report::Interpreter(Box::new(interpreter::run(self, host, request).await?))
            }
            Request::Inspect(request) => {
                Report::Inspect(Box::new(inspect::run(self, host, request).await?))
            }
            Request::InspectTensor(request) => {
                Report::Tensor(Box::new(inspect::tensor(self, &request)?))
            }
            Request::Convert(request) => {
                Report::Convert(Box::new(convert::run(self, host, request).await?))
            }
            Request::YourModel(request) => {
                Report::YourModel(Box::new(your_model::run(self, host, request).await?))
            }
            Request::Camera(request) => {
                Report::Camera(Box::new(camera::run(self, host, request).await?))
            }
            Request::Calibrate(request) => {
                Report::Calibrate(Box::new(calibrate::run(self, host, request).await?))
            }
            Request::Arena(request) => {
                Report::Arena(Box::new(arena::run(self, host, &request).await?))
            }
            Request::Frame(frame) => Report::Frame(camera::frame(self, host, &frame)?),
            Request::Sweep(request) => {
                Report::Sweep(Box::new(sweep::run(self, host, request).await?))
            }
            Request::Sensitivity(request) => {
                Report::Sensitivity(Box::new(sensitivity::run(self, host, request).await?))
            }
            Request::Troubleshoot(request) => Report::Troubleshoot(troubleshoot::run(request)?),
            Request::Rescue(request) => {
                Report::Rescue(Box::new(rescue::run(self, host, &request).await?))
            }
            Request::Draw(request) => Report::Draw(draw::run(self, host, request).await?),
            Request::Drawn(request) => {
                Report::Drawn(Box::new(draw::look(self, host, &request).await?))
            }
            Request::Ptq(request) => Report::Ptq(Box::new(ptq::run(self, host, request).await?)),
            Request::Regression(request) => {
                Report::Regression(Box::new(regression::run(self, host, request).await?))
            }
            Request::Tradeoff(request) => {
                Report::Tradeoff(Box::new(tradeoff::run(self, host, request).await?))
            }
            Request::Train(request) => return train::run(self, host, request).await,
            Request::Qat(request) => Report::Qat(Box::new(qat::run(self, host, request).await?)),
            Request::Pytorch(request) => {
                Report::Pytorch(Box::new(pytorch::run(self, host, request).await?))
            }
            Request::File { file_name } => return self.file(&file_name),
            Request::Reference => Report::Reference(reference::run(self)),
        };
        Ok(Outcome {
            report,
            attachments: Vec::new(),
        })
    }

    /// What `baseline` left.
    pub(crate) fn baseline(&self) -> Result<&Baseline, LabError> {
        self.baseline.as_ref().ok_or_else(|| needs("baseline"))
    }

    /// The same, to leave something there that belongs to the model.
    pub(crate) fn baseline_mut(&mut self) -> Result<&mut Baseline, LabError> {
        self.baseline.as_mut().ok_or_else(|| needs("baseline"))
    }

    /// What `quantize` left.
    pub(crate) fn quantized(&self) -> Result<&Quantized, LabError> {
        self.quantized.as_ref().ok_or_else(|| needs("quantize"))
    }

    /// What `inference` left.
    pub(crate) fn inference(&self) -> Result<&Inference, LabError> {
        self.inference.as_ref().ok_or_else(|| needs("inference"))
    }

    /// Both model files as the reports name them, float32 first.
    pub(crate) fn model_files(&self) -> Result<Vec<ModelFile>, LabError> {
        let model = self.baseline()?.model;
        let files = self.quantized()?;
        let file = |precision: Precision, bytes: &[u8]| ModelFile {
            precision,
            file_name: format!("{}_{}.safetensors", model.name(), precision.name()),
            bytes: bytes.len() as u64,
        };
        Ok(vec![
            file(Precision::Float32, &files.float32),
            file(Precision::DynamicRange, &files.dynamic_range),
        ])
    }

    fn file(&self, file_name: &str) -> Result<Outcome, LabError> {
        let source = match &self.micro {
            Some(micro) => match self.files.get(&micro.file_name) {
                Some(bytes) => micro.file(file_name, bytes)?,
                None => None,
            },
            None => None,
        };
        let bytes = source.or_else(|| self.files.get(file_name).cloned());
        let bytes = bytes.ok_or_else(|| {
            LabError::new(
                ErrorKind::BadInput,
                format!("“{file_name}” has not been made yet."),
                "Run the cell that makes it first.",
            )
        })?;
        Ok(Outcome {
            report: Report::File(SavedFile {
                file_name: file_name.to_owned(),
                bytes: bytes.len() as u64,
            }),
            attachments: vec![Attachment {
                name: file_name.to_owned(),
                bytes,
            }],
        })
    }

    fn model_file(&self, precision: Precision) -> Result<Outcome, LabError> {
        let [float32, dynamic_range] =
            <[ModelFile; 2]>::try_from(self.model_files()?).map_err(|_| needs("quantize"))?;
        let files = self.quantized()?;
        let (file, bytes) = match precision {
            Precision::Float32 => (float32, &files.float32),
            Precision::DynamicRange => (dynamic_range, &files.dynamic_range),
            Precision::FullInteger => return Err(needs("full-integer")),
        };
        let attachment = Attachment {
            name: file.file_name.clone(),
            bytes: bytes.clone(),
        };
        Ok(Outcome {
            report: Report::ModelFile(file),
            attachments: vec![attachment],
        })
    }
}

pub(crate) fn needs(cell: &str) -> LabError {
    LabError::new(
        ErrorKind::BadInput,
        format!("This needs what the cell “{cell}” makes."),
        format!("Run “{cell}” first."),
    )
}
