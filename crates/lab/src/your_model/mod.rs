//! Cell `your-model`: a network of the reader's own, looked at, run, and quantized.

mod feed;
mod file;
mod subject;
mod variants;

use std::rc::Rc;

use octet_graph::{Calibration, Graph, Node, NodeId, Tensor};
use octet_protocol::{
    Class, ErrorKind, FileKind, LabError, LabelChoice, ModelName, ObserverName, OwnModel,
    OwnOperator, OwnPrediction, OwnRefusal, OwnSource, OwnVariant, SavedFile, YourModelReport,
    YourModelRequest,
};
use octet_tflite::{read, write_with};

use crate::anatomy::{anatomy, parameters};
use crate::classes;
use crate::hardware::fits;
use crate::host::Host;
use crate::integers::{self, Dataset, MAX_SAMPLES, cannot_convert};
use crate::models;
use crate::predict::Steps;
use crate::session::Session;
use feed::{Feed, Photos, feed};
use file::{Loaded, load};
use subject::{Observed, Subject};
use variants::FORMS;

/// More timed runs than this only wear out the reader.
const MAX_RUNS: u32 = 100;
/// More names would not be a list of classes.
const MAX_NAMES: usize = 100_000;

/// The network that was read last, for `inspect`.
pub(crate) struct Own {
    pub(crate) name: String,
    pub(crate) file_bytes: u64,
    pub(crate) graph: Rc<Graph>,
    /// Where full integer could be made of it.
    pub(crate) pair: Option<Pair>,
}

/// A network before and after; tensors have the same numbers in both.
pub(crate) struct Pair {
    pub(crate) float32: Rc<Graph>,
    pub(crate) full_integer: Rc<Graph>,
    pub(crate) full_integer_bytes: u64,
    pub(crate) photos: Photos,
}

/// Reads the file, takes it apart, runs it on the photos, and does the same with its quantized forms.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    mut request: YourModelRequest,
) -> Result<YourModelReport, LabError> {
    check(&request)?;
    let (name, bytes) = match request.source {
        OwnSource::Example => {
            let path = models::path(ModelName::MobileNetV2);
            let name = path.rsplit('/').next().unwrap_or_default().to_owned();
            (name, host.fetch(&path).await?)
        }
        OwnSource::File if request.name.is_empty() => {
            return Ok(YourModelReport {
                notes: vec![
                    "No file is chosen, so there is nothing to look at. Choose one below, drop one on this cell, or use \
                     the built-in MobileNetV2 as an example."
                        .to_owned(),
                ],
                model: None,
            });
        }
        OwnSource::File => (request.name.clone(), std::mem::take(&mut request.bytes)),
    };
    let loaded = load(&name, bytes)?;
    session.own = Some(Own {
        name: name.clone(),
        file_bytes: loaded.bytes.len() as u64,
        graph: Rc::new(loaded.graph.clone()),
        pair: None,
    });
    let mut notes = Vec::new();
    let labels = labels(session, host, &loaded, request.labels, &request.labels_text).await?;

    let graph = &loaded.graph;
    let feed = feed(graph, &loaded.about, request.normalization, &mut notes);
    let mut subject = Subject::new(graph, &name, &feed)?;
    let about = anatomy(&loaded.bytes, graph).map_err(cannot_convert)?;
    let is_float = matches!(about.kind, FileKind::Float32 | FileKind::Float16);
    let takes_photos = matches!(feed, Feed::Photos(_));
    let samples = if is_float && takes_photos {
        request.samples
    } else {
        0
    };

    let photos = session.photos.len();
    let each = Subject::steps(if takes_photos { photos } else { 0 }, request.runs);
    let forms = if is_float { FORMS.len() } else { 0 };
    let total = each * (1 + forms) + forms + samples as usize;
    let mut steps = Steps::new(host, total);

    let kind = about.kind.name();
    let observed = subject
        .observe(&feed, &session.photos, request.runs, kind, &mut steps)
        .await?;
    if takes_photos {
        notes.extend(subject.classes.map_or_else(
            || {
                Some(
                    "What comes out is no list of classes, so only its numbers are compared."
                        .to_owned(),
                )
            },
            |classes| labels.misfit(classes),
        ));
        if subject.classes.is_some() && subject.needs_softmax() {
            notes.push(
                "It does not end in a softmax; one was applied to show probabilities.".to_owned(),
            );
        }
    }

    let mut variants = Vec::new();
    let mut refusals = Vec::new();
    let mut files = Vec::new();
    let mut pair = None;
    if is_float {
        let mut prepared = variants::prepared(graph).map_err(cannot_convert)?;
        // What is saved brings the names along, if there is one for each class.
        if subject.classes == Some(labels.names.len()) {
            prepared.labels.clone_from(&labels.names);
        }
        let calibration = match &feed {
            Feed::Photos(how) => {
                let images = Dataset::new(&session.photos, samples as usize);
                let images = images.map(|pixels| how.reals(&pixels));
                let observer = ObserverName::MinMax;
                let watched =
                    integers::watch(&prepared, images, &mut steps, observer, samples).await;
                match watched {
                    Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
                    watched => watched.map_err(|error| error.message),
                }
            }
            Feed::Random => Err(
                "The range of every activation must be known, and photos, the only examples that there are here, do \
                 not fit this network."
                    .to_owned(),
            ),
        };
        for form in FORMS {
            steps.next(format!("converting to {}", form.name())).await?;
            let made = convert(&prepared, &loaded, form, &calibration, &request);
            let Converted {
                converted,
                variant,
                bytes,
            } = match made {
                Ok(made) => made,
                Err(reason) => {
                    refusals.push(OwnRefusal { kind: form, reason });
                    continue;
                }
            };
            let mut other = Subject::new(&variant, &name, &feed)?;
            let seen = other
                .observe(
                    &feed,
                    &session.photos,
                    request.runs,
                    form.name(),
                    &mut steps,
                )
                .await?;
            let file = SavedFile {
                file_name: format!("{}.{}.tflite", stem(&name), form.name()),
                bytes: bytes.len() as u64,
            };
            let arena = anatomy(&bytes, &variant)
                .map_err(cannot_convert)?
                .arena_bytes;
            variants.push(compare(form, file.clone(), arena, &observed, seen));
            if let (FileKind::FullInteger, Feed::Photos(photos)) = (form, &feed) {
                pair = Some(Pair {
                    float32: Rc::new(prepared.clone()),
                    full_integer: Rc::new(converted),
                    full_integer_bytes: file.bytes,
                    photos: photos.clone(),
                });
            }
            files.push((file.file_name, bytes));
        }
    } else {
        notes.push(format!(
            "It is quantized already ({kind}), so there is nothing to quantize; only a float32 or float16 network has \
             other forms."
        ));
    }

    if let Some(own) = &mut session.own {
        own.pair = pair;
    }
    // What an earlier run left would only take memory.
    for name in std::mem::take(&mut session.own_files) {
        session.files.remove(&name);
    }
    for (name, bytes) in files {
        session.own_files.push(name.clone());
        session.files.insert(name, bytes);
    }
    let predictions = session.photos.iter().zip(&observed.probabilities);
    let predictions = predictions
        .map(|(photo, probabilities)| OwnPrediction {
            title: photo.info.title.clone(),
            top5: labels.top5(probabilities),
        })
        .collect();
    let model = OwnModel {
        format: loaded.format,
        description: loaded.about.description,
        labels: labels.words,
        operators: graph
            .numbered()
            .map(|(id, node)| operator(graph, id, node))
            .collect(),
        hardware: fits(graph, &about),
        normalization: match &feed {
            Feed::Photos(photos) => Some(photos.words.clone()),
            Feed::Random => None,
        },
        predictions,
        anatomy: about,
        latency: observed.latency,
        samples,
        variants,
        refusals,
        name,
    };
    Ok(YourModelReport {
        notes,
        model: Some(Box::new(model)),
    })
}

fn check(request: &YourModelRequest) -> Result<(), LabError> {
    let refuse =
        |message: String, remedy: String| Err(LabError::new(ErrorKind::BadInput, message, remedy));
    if !(1..=MAX_RUNS).contains(&request.runs) {
        return refuse(
            format!("{} runs are out of range.", request.runs),
            format!("Choose from 1 to {MAX_RUNS} runs."),
        );
    }
    if !(1..=MAX_SAMPLES).contains(&request.samples) {
        return refuse(
            format!(
                "A network cannot be calibrated with {} images here.",
                request.samples
            ),
            format!("Choose from 1 to {MAX_SAMPLES}."),
        );
    }
    Ok(())
}

/// A network in another form.
struct Converted {
    converted: Graph,
    /// The same, read back from the bytes of its file.
    variant: Graph,
    bytes: Vec<u8>,
}

/// Converts a network; or why that can't be done.
fn convert(
    prepared: &Graph,
    loaded: &Loaded,
    form: FileKind,
    calibration: &Result<Calibration, String>,
    request: &YourModelRequest,
) -> Result<Converted, String> {
    let calibration = match (form, calibration) {
        (FileKind::FullInteger, Err(reason)) => return Err(reason.clone()),
        (_, calibration) => calibration.as_ref().ok(),
    };
    let sentence = |error: &dyn std::fmt::Display| {
        let text = error.to_string();
        let mut letters = text.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string());
        format!("{}{}.", first.unwrap_or_default(), letters.as_str())
    };
    let mut converted = variants::convert(prepared, form, calibration, request.edges)
        .map_err(|error| sentence(&error))?;
    converted.labels.clone_from(&prepared.labels);
    let bytes = write_with(&converted, &loaded.about).map_err(|error| sentence(&error))?;
    let variant = read(&bytes).map_err(|error| sentence(&error))?;
    Ok(Converted {
        converted,
        variant,
        bytes,
    })
}

fn compare(
    kind: FileKind,
    file: SavedFile,
    arena_bytes: u64,
    original: &Observed,
    variant: Observed,
) -> OwnVariant {
    let pairs = original.probabilities.iter().zip(&variant.probabilities);
    let mut agreement = 0;
    let mut drift = 0.0;
    for (before, after) in pairs {
        let (Some((best, p)), Some((other, _))) = (classes::top1(before), classes::top1(after))
        else {
            continue;
        };
        agreement += u32::from(best == other);
        let after = after.get(best).copied().unwrap_or_default();
        drift += f64::from(after) - f64::from(p);
    }
    let photos = original.probabilities.len();
    let has_classes = photos > 0;
    OwnVariant {
        kind,
        file,
        arena_bytes,
        agreement: has_classes.then_some(agreement),
        drift: has_classes.then(|| drift / photos as f64),
        mse: mse(&original.reals, &variant.reals),
        latency: variant.latency,
    }
}

/// Over all numbers of all photos.
fn mse(before: &[Option<Vec<f32>>], after: &[Option<Vec<f32>>]) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_usize);
    for pair in before.iter().zip(after) {
        let (Some(before), Some(after)) = pair else {
            return None;
        };
        for (before, after) in before.iter().zip(after) {
            sum += (f64::from(*before) - f64::from(*after)).powi(2);
        }
        count += before.len();
    }
    let mse = sum / count as f64;
    mse.is_finite().then_some(mse)
}

/// The names of classes.
struct Labels {
    names: Vec<String>,
    /// How many and from where.
    words: String,
}

async fn labels(
    session: &mut Session,
    host: &impl Host,
    loaded: &Loaded,
    choice: LabelChoice,
    text: &str,
) -> Result<Labels, LabError> {
    let named = |names: Vec<String>, whence: &str| Labels {
        words: format!("{} names, {whence}", names.len()),
        names,
    };
    let is_known = loaded.is_known && text.is_empty();
    match choice {
        LabelChoice::File if !is_known => Ok(if !text.is_empty() {
            let lines = text.trim_start_matches('\u{feff}').lines().take(MAX_NAMES);
            let names = lines.map(|line| line.trim().to_owned()).collect();
            named(names, "from the text file")
        } else if !loaded.graph.labels.is_empty() {
            named(loaded.graph.labels.clone(), "from the file’s metadata")
        } else {
            Labels {
                names: Vec::new(),
                words: "the file names none; numbers are shown".to_owned(),
            }
        }),
        LabelChoice::File | LabelChoice::Imagenet => {
            classes::load(session, host).await?;
            let names = session.classes.clone().unwrap_or_default();
            Ok(named(names, "ImageNet’s"))
        }
        LabelChoice::ImagenetBackground => {
            classes::load(session, host).await?;
            let names = session.classes.iter().flatten().cloned();
            let names = ["background".to_owned()].into_iter().chain(names).collect();
            Ok(named(names, "“background” and ImageNet’s"))
        }
    }
}

impl Labels {
    /// What to say where there are more or fewer names than classes.
    fn misfit(&self, classes: usize) -> Option<String> {
        if self.names.is_empty() {
            return match classes {
                1000 => Some(
                    "It tells 1,000 classes apart, as many as ImageNet has; if they are ImageNet’s, choose its names."
                        .to_owned(),
                ),
                1001 => Some(
                    "It tells 1,001 classes apart, as TensorFlow’s first ImageNet networks do; if it is one, choose the \
                     names with “background”."
                        .to_owned(),
                ),
                _ => None,
            };
        }
        (self.names.len() != classes).then(|| {
            format!(
                "There are {} names for {classes} classes, so the names may be wrong. Choose others, or add a text file \
                 with one name a line.",
                self.names.len()
            )
        })
    }

    fn top5(&self, probabilities: &[f32]) -> Vec<Class> {
        let mut order: Vec<(usize, f32)> = probabilities.iter().copied().enumerate().collect();
        order.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        order
            .into_iter()
            .take(5)
            .map(|(index, probability)| {
                let name = self.names.get(index).filter(|name| !name.is_empty());
                Class {
                    index,
                    label: name.map_or_else(|| format!("class {index}"), Clone::clone),
                    probability,
                }
            })
            .collect()
    }
}

fn operator(graph: &Graph, NodeId(index): NodeId, node: &Node) -> OwnOperator {
    let output = graph.tensors.get(node.output.0);
    let constants = node.reads().filter_map(|id| graph.tensors.get(id.0));
    let weights = node.inputs.get(1).copied().flatten();
    let weights = weights.and_then(|id| graph.tensors.get(id.0));
    let mut words = Vec::new();
    if let Some(weights) = weights.filter(|tensor| tensor.data.is_some()) {
        words.extend(scales("weights", weights));
    }
    if let Some(output) = output {
        words.extend(scales("output", output));
    }
    OwnOperator {
        index: index as u32,
        name: node.op.name().to_owned(),
        output: output.map_or_else(Vec::new, |tensor| tensor.shape.clone()),
        dtype: output.map_or_else(String::new, |tensor| tensor.dtype.name().to_owned()),
        parameters: constants.filter_map(parameters).sum(),
        quantization: words.join("; "),
    }
}

/// `weights int8, 32 scales`, `output scale 0.0235, zero point −128`.
fn scales(what: &str, tensor: &Tensor) -> Option<String> {
    let quantization = tensor.quantization.as_ref()?;
    Some(match quantization.single() {
        Some((scale, zero_point)) => {
            let zero_point = zero_point.to_string().replace('-', "\u{2212}");
            format!("{what} scale {scale:.6}, zero point {zero_point}")
        }
        None => format!(
            "{what} {}, {} scales",
            tensor.dtype,
            quantization.scales.len()
        ),
    })
}

/// A file's name without its ending, with nothing in it that a file system might refuse.
fn stem(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let kept = stem.chars().take(80).map(|c| match c {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
        c if c.is_control() => '_',
        c => c,
    });
    let stem: String = kept.collect();
    if stem.is_empty() {
        "model".to_owned()
    } else {
        stem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_keep_their_stem() {
        assert_eq!(stem("net.v2.tflite"), "net.v2");
        assert_eq!(stem("../a:b.tflite"), ".._a_b");
        assert_eq!(stem(".tflite"), "model");
    }

    #[test]
    fn classes_without_names_are_numbered() {
        let labels = Labels {
            names: vec!["a".into(), String::new()],
            words: String::new(),
        };
        let top = labels.top5(&[0.1, 0.2, 0.7]);
        let found: Vec<_> = top.iter().map(|class| class.label.as_str()).collect();
        assert_eq!(found, ["class 2", "class 1", "a"]);
        assert!(
            labels
                .misfit(3)
                .is_some_and(|note| note.contains("2 names for 3 classes"))
        );
        assert_eq!(labels.misfit(2), None);
    }
}
