//! From the bytes of a file to a network. The bytes may be anything.

use octet_graph::Graph;
use octet_models::{ModelError, Network};
use octet_protocol::{ErrorKind, LabError, ModelName};
use octet_tflite::{
    Metadata, Normalization, TfliteError, Unsupported, read, read_metadata, write_with,
};

use crate::integers::cannot_convert;
use crate::models;

/// What goes into a message; a crafted file could list thousands.
const NAMED: usize = 8;

/// A network that was read from a file.
pub(crate) struct Loaded {
    /// The network.
    pub(crate) graph: Graph,
    /// The network as a `.tflite` file.
    pub(crate) bytes: Vec<u8>,
    /// What the file says about it.
    pub(crate) about: Metadata,
    /// What the file is, for people.
    pub(crate) format: String,
    /// Whether its classes are ImageNet's, because it is one of the networks that are known here.
    pub(crate) is_known: bool,
}

/// Reads a network.
///
/// # Errors
/// [`ErrorKind::BadInput`], naming the file and what is wrong with it.
pub(crate) fn load(name: &str, bytes: Vec<u8>) -> Result<Loaded, LabError> {
    if bytes.get(4..8) == Some(b"TFL3") {
        return tflite(name, bytes);
    }
    if looks_like_safetensors(&bytes) {
        return safetensors(name, &bytes);
    }
    if let Some((what, remedy)) = other_format(&bytes) {
        return Err(refuse(name, what, remedy));
    }
    let ends = |ending: &str| name.to_ascii_lowercase().ends_with(ending);
    if ends(".safetensors") {
        return safetensors(name, &bytes);
    }
    if ends(".tflite") {
        return tflite(name, bytes);
    }
    Err(refuse(
        name,
        "it is neither a TFLite file nor safetensors",
        "Choose a .tflite file, or a .safetensors file of MobileNetV2 or EfficientNet-Lite0.",
    ))
}

fn refuse(name: &str, what: &str, remedy: &str) -> LabError {
    LabError::new(
        ErrorKind::BadInput,
        format!("“{name}” cannot be used: {what}."),
        remedy,
    )
}

/// What else readers may have at hand, by the first bytes, and what to do with it.
fn other_format(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const PHOTO: &str =
        "Photos belong into the cell “data”; here choose a model, a .tflite or .safetensors file.";
    const KERAS: &str =
        "Convert it with tf.lite.TFLiteConverter.from_keras_model and choose the .tflite file.";
    const TORCH: &str =
        "Convert it to .tflite, or save its weights with safetensors.torch.save_file.";
    const KNOWN: [(usize, &[u8], &str, &str); 10] = [
        (0, b"\x89PNG", "it is a picture (PNG), not a model", PHOTO),
        (
            0,
            b"\xff\xd8\xff",
            "it is a picture (JPEG), not a model",
            PHOTO,
        ),
        (0, b"GIF8", "it is a picture (GIF), not a model", PHOTO),
        (8, b"WEBP", "it is a picture (WebP), not a model", PHOTO),
        (0, b"BM", "it is a picture (BMP), not a model", PHOTO),
        (4, b"ftyp", "it is a picture or a video, not a model", PHOTO),
        (
            0,
            b"\x89HDF",
            "it is an HDF5 file, as Keras saved models",
            KERAS,
        ),
        (
            0,
            b"PK\x03\x04",
            "it is a zip archive, as Keras and PyTorch save models",
            TORCH,
        ),
        (
            0,
            b"\x80\x02",
            "it is a Python pickle, as old versions of PyTorch saved models",
            TORCH,
        ),
        (0, b"%PDF", "it is a PDF, not a model", PHOTO),
    ];
    if bytes.is_empty() {
        return Some(("it is empty", "Choose a .tflite or .safetensors file."));
    }
    KNOWN
        .into_iter()
        .find(|(at, magic, _, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(magic)))
        .map(|(_, _, what, remedy)| (what, remedy))
}

/// Eight bytes with the header's length, and JSON.
fn looks_like_safetensors(bytes: &[u8]) -> bool {
    bytes.get(8) == Some(&b'{') && bytes.get(6..8) == Some(&[0, 0])
}

fn tflite(name: &str, bytes: Vec<u8>) -> Result<Loaded, LabError> {
    let graph = read(&bytes).map_err(|error| unreadable(name, &error))?;
    let about = read_metadata(&bytes).map_err(|error| unreadable(name, &error))?;
    Ok(Loaded {
        graph,
        bytes,
        about,
        format: "TFLite".into(),
        is_known: false,
    })
}

/// Why a `.tflite` file cannot be used, and what to do about it.
fn unreadable(name: &str, error: &TfliteError) -> LabError {
    match error {
        TfliteError::Unsupported(all) => {
            let named: Vec<String> = all.iter().take(NAMED).map(Unsupported::to_string).collect();
            let more = match all.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            refuse(
                name,
                &format!(
                    "Octet does not know all that it needs: {}{more}",
                    named.join("; ")
                ),
                "Octet runs the operators of MobileNet, EfficientNet-Lite, small CNNs and keyword spotting, in \
                 float32, int8 and uint8; choose such a model.",
            )
        }
        TfliteError::NotTflite | TfliteError::Damaged(_) => refuse(
            name,
            &error.to_string(),
            "Download or copy the file again; if it is whole, it was written wrongly.",
        ),
        other => refuse(
            name,
            &other.to_string(),
            "Convert the model again; if it comes from elsewhere, ask where it was made.",
        ),
    }
}

fn safetensors(name: &str, bytes: &[u8]) -> Result<Loaded, LabError> {
    for model in ModelName::ALL {
        match network(model, bytes) {
            Ok(network) => {
                let mut graph = network.to_graph();
                graph.name = model.name().into();
                let normalization = network.spec.normalization;
                let about = Metadata {
                    description: format!("{}, from “{name}”", model.title()),
                    normalization: Some(Normalization {
                        mean: normalization.mean.to_vec(),
                        std: normalization.std.to_vec(),
                    }),
                };
                let written = write_with(&graph, &about).map_err(cannot_convert)?;
                return Ok(Loaded {
                    graph,
                    bytes: written,
                    about,
                    format: format!("safetensors of {}; as .tflite", model.title()),
                    is_known: true,
                });
            }
            Err(Misfit::OtherNetwork) => {}
            Err(Misfit::Error(error)) => {
                let text = error.to_string();
                return Err(refuse(
                    name,
                    text.trim_end_matches('.'),
                    "Use a whole file of float32 weights with the names that PyTorch’s checkpoints have.",
                ));
            }
        }
    }
    let titles = ModelName::ALL.map(ModelName::title).join(" and ");
    Err(refuse(
        name,
        "it holds the weights of a network that is not known here, and weights alone do not say how to compute",
        &format!(
            "Known are {titles}; of any other network choose a .tflite file, which says both."
        ),
    ))
}

enum Misfit {
    /// Not even the first layer is there.
    OtherNetwork,
    Error(ModelError),
}

/// A checkpoint, or a file that Octet has written.
fn network(model: ModelName, bytes: &[u8]) -> Result<Network, Misfit> {
    let spec = models::spec(model);
    let first = spec.layers().next().map(|layer| layer.weight_name());
    let misfit = |error: ModelError| match error {
        ModelError::MissingTensor(name) if Some(&name) == first.as_ref() => Misfit::OtherNetwork,
        error => Misfit::Error(error),
    };
    match Network::from_file(spec.clone(), bytes) {
        // A bias that is missing belongs to a batch normalization that is not folded yet.
        Err(ModelError::MissingTensor(name)) if Some(&name) != first.as_ref() => {
            Network::from_checkpoint(spec, bytes).map_err(misfit)
        }
        other => other.map_err(misfit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(name: &str, bytes: &[u8]) -> LabError {
        match load(name, bytes.to_vec()) {
            Err(error) => error,
            Ok(_) => LabError::new(ErrorKind::Internal, "it was taken", ""),
        }
    }

    #[test]
    fn files_of_other_kinds_are_named() {
        for (name, bytes, expected) in [
            ("cat.png", &b"\x89PNG\r\n\x1a\n"[..], "a picture (PNG)"),
            ("cat.tflite", b"\xff\xd8\xff\xe0", "a picture (JPEG)"),
            ("model.h5", b"\x89HDF\r\n", "HDF5"),
            ("model.keras", b"PK\x03\x04....", "zip archive"),
            ("model.tflite", b"", "it is empty"),
            ("model.tflite", b"\x1c\x00\x00\x00TFL2", "“TFL3” is missing"),
            ("model.onnx", b"\x08\x07\x12\x07pytorch", "neither"),
            ("w.safetensors", b"\x00\x00", "not a whole safetensors"),
        ] {
            let error = error(name, bytes);
            assert_eq!(error.kind, ErrorKind::BadInput, "{name}");
            assert!(error.message.starts_with(&format!("“{name}”")), "{error}");
            assert!(error.message.contains(expected), "{error}");
            assert!(!error.remedy.is_empty());
        }
    }

    #[test]
    fn weights_of_an_unknown_network_are_not_guessed_at() {
        let header = br#"{"conv.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        bytes.extend([0; 4]);
        let error = error("net.safetensors", &bytes);
        assert!(error.message.contains("not known here"), "{error}");
    }
}
