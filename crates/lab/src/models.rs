//! The models by name, and their errors in the reader's words.

use octet_models::{LayerSpec, ModelError, NetworkSpec, efficientnet_lite0, mobilenet_v2};
use octet_protocol::{Backend, ErrorKind, LabError, LayerKind, ModelName};

/// What the model is made of.
pub(crate) fn spec(model: ModelName) -> NetworkSpec {
    match model {
        ModelName::MobileNetV2 => mobilenet_v2(),
        ModelName::EfficientNetLite0 => efficientnet_lite0(),
    }
}

/// A layer's kind in the words of reports.
pub(crate) fn kind(layer: &LayerSpec) -> LayerKind {
    match layer.kind {
        octet_models::LayerKind::Conv => LayerKind::Conv,
        octet_models::LayerKind::Depthwise => LayerKind::Depthwise,
        octet_models::LayerKind::Dense => LayerKind::Dense,
    }
}

/// Where the page keeps the model.
pub(crate) fn path(model: ModelName) -> String {
    format!("models/{}.safetensors", model.name())
}

/// Burn's device for the backend.
#[expect(
    deprecated,
    reason = "ndarray is the owner's choice; flex, its successor, is offered beside it"
)]
pub(crate) fn device(backend: Backend) -> octet_models::Device {
    match backend {
        Backend::Ndarray => octet_models::Device::ndarray(),
        Backend::Flex => octet_models::Device::flex(),
    }
}

/// A fault in a model file that came with the page.
pub(crate) fn file_error(path: &str, error: &ModelError) -> LabError {
    LabError::new(
        ErrorKind::BadInput,
        format!("The model file “{path}” cannot be used. {error}"),
        "Reload the page to fetch it again; if this is your own copy of the page, build it again.",
    )
}

/// A fault that no file of the reader's can have caused.
pub(crate) fn internal(error: &ModelError) -> LabError {
    LabError::new(
        ErrorKind::Internal,
        error.to_string(),
        "Reload the page; if it happens again, please report it.",
    )
}
