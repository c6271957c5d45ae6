//! The notebook's prose, rendered from `www/notebook/*.md` by `build.rs`.

/// A text in two parts: above a cell and below it (often empty).
pub struct Prose {
    /// HTML above the cell.
    pub before: &'static str,
    /// HTML below the cell.
    pub after: &'static str,
}

macro_rules! prose {
    ($name:literal) => {
        Prose {
            before: include_str!(concat!(env!("OUT_DIR"), "/", $name, ".before.html")),
            after: include_str!(concat!(env!("OUT_DIR"), "/", $name, ".after.html")),
        }
    };
}

/// Above the cells.
pub const INTRO: Prose = prose!("intro");
/// Between the first chapter's cells and the second's.
pub const TAKEAWAYS: Prose = prose!("takeaways");
/// The second chapter's introduction.
pub const LABORATORY: Prose = prose!("laboratory");
/// Cell `setup`.
pub const SETUP: Prose = prose!("setup");
/// Cell `data`.
pub const DATA: Prose = prose!("data");
/// Cell `baseline`.
pub const BASELINE: Prose = prose!("baseline");
/// Cell `quantize`.
pub const QUANTIZE: Prose = prose!("quantize");
/// Cell `size`.
pub const SIZE: Prose = prose!("size");
/// Cell `inference`.
pub const INFERENCE: Prose = prose!("inference");
/// Cell `accuracy`.
pub const ACCURACY: Prose = prose!("accuracy");
/// Cell `visualize`.
pub const VISUALIZE: Prose = prose!("visualize");
/// Cell `simulate`.
pub const SIMULATE: Prose = prose!("simulate");
/// Cell `explorer`.
pub const EXPLORER: Prose = prose!("explorer");
/// Cell `weights`.
pub const WEIGHTS: Prose = prose!("weights");
/// Cell `sizes`.
pub const SIZES: Prose = prose!("sizes");
/// Cell `reference`.
pub const REFERENCE: Prose = prose!("reference");
/// The third chapter’s introduction.
pub const INTEGERS: Prose = prose!("integers");
/// Cell `full-integer`.
pub const FULL_INTEGER: Prose = prose!("full-integer");
/// Cell `interpreter`.
pub const INTERPRETER: Prose = prose!("interpreter");
/// Cell `inspect`.
pub const INSPECT: Prose = prose!("inspect");
/// Cell `convert`.
pub const CONVERT: Prose = prose!("convert");
/// Cell `your-model`.
pub const YOUR_MODEL: Prose = prose!("your-model");
/// Cell `camera`.
pub const CAMERA: Prose = prose!("camera");
/// The fourth chapter’s introduction.
pub const BREAKS: Prose = prose!("breaks");
/// Cell `sweep`.
pub const SWEEP: Prose = prose!("sweep");
/// Cell `sensitivity`.
pub const SENSITIVITY: Prose = prose!("sensitivity");
/// Cell `calibrate`.
pub const CALIBRATE: Prose = prose!("calibrate");
/// Cell `arena`.
pub const ARENA: Prose = prose!("arena");
/// Cell `troubleshoot`.
pub const TROUBLESHOOT: Prose = prose!("troubleshoot");
/// Cell `rescue`.
pub const RESCUE: Prose = prose!("rescue");
/// The fifth chapter’s introduction.
pub const TRAINING: Prose = prose!("training");
/// Cell `regression`.
pub const REGRESSION: Prose = prose!("regression");
/// Cell `train`.
pub const TRAIN: Prose = prose!("train");
/// Cell `tradeoff`.
pub const TRADEOFF: Prose = prose!("tradeoff");
/// Cell `draw`.
pub const DRAW: Prose = prose!("draw");
/// Cell `qat`.
pub const QAT: Prose = prose!("qat");
/// Cell `ptq`.
pub const PTQ: Prose = prose!("ptq");
/// Cell `pytorch`.
pub const PYTORCH: Prose = prose!("pytorch");
