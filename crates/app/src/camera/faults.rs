//! Why there are no pictures, in the reader's words.

use js_sys::Reflect;
use octet_protocol::{ErrorKind, LabError};
use wasm_bindgen::JsValue;

/// The page has not come over a secure connection.
pub fn insecure() -> LabError {
    LabError::new(
        ErrorKind::Unsupported,
        "Browsers give cameras to secure pages alone, and this page’s address does not begin with https.",
        "Open the page over https or on localhost, or choose a video file.",
    )
}

/// The browser knows no cameras.
pub fn unsupported() -> LabError {
    LabError::new(
        ErrorKind::Unsupported,
        "This browser cannot hand over a camera’s pictures.",
        "Choose a video file, or open the page in another browser.",
    )
}

/// What `getUserMedia` was refused with.
pub fn refused(error: &JsValue) -> LabError {
    let text = |name: &str| Reflect::get(error, &name.into()).ok()?.as_string();
    let name = text("name").unwrap_or_default();
    let (kind, message, remedy) = match name.as_str() {
        "NotAllowedError" | "SecurityError" => (
            ErrorKind::BadInput,
            "The camera may not be used: permission was denied.".to_owned(),
            "Allow the camera for this page in the browser’s address bar and start it again, or choose a video file.",
        ),
        "NotFoundError" | "OverconstrainedError" | "DevicesNotFoundError" => (
            ErrorKind::Missing,
            "No camera was found.".to_owned(),
            "Connect one and start again, or choose a video file.",
        ),
        "NotReadableError" | "AbortError" => (
            ErrorKind::Missing,
            "The camera could not be started; another program may be using it.".to_owned(),
            "Close that program and start again, or choose a video file.",
        ),
        _ => (
            ErrorKind::Internal,
            format!(
                "The camera could not be started ({}).",
                text("message").unwrap_or(name)
            ),
            "Choose a video file instead.",
        ),
    };
    LabError::new(kind, message, remedy)
}

/// A file that is no video, or none that this browser knows.
pub fn no_video(name: &str) -> LabError {
    LabError::new(
        ErrorKind::BadInput,
        format!("“{name}” is not a video that this browser can play."),
        "Choose an MP4 or WebM file with a picture.",
    )
}

/// A picture that could not be read.
pub fn no_picture(error: &JsValue) -> LabError {
    LabError::new(
        ErrorKind::Internal,
        format!(
            "The picture could not be read: {}.",
            crate::link::words(error).trim_end_matches('.')
        ),
        "Start again, or choose another video.",
    )
}
