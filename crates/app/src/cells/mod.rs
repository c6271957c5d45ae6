//! The cells: one file each, and what they have in common.

pub mod accuracy;
pub mod anatomy;
pub mod arena;
pub mod baseline;
pub mod breaks;
pub mod calibrate;
pub mod camera;
pub mod convert;
pub mod data;
pub mod draw;
pub mod explorer;
pub mod full_integer;
pub mod inference;
pub mod inspect;
pub mod integers;
pub mod interpreter;
pub mod ptq;
pub mod pytorch;
pub mod qat;
pub mod quantize;
pub mod reference;
pub mod regression;
pub mod rescue;
pub mod scheme;
pub mod sensitivity;
pub mod setup;
pub mod simulate;
pub mod size;
pub mod sizes;
pub mod sweep;
pub mod tradeoff;
pub mod train;
pub mod troubleshoot;
pub mod visualize;
pub mod weights;
pub mod your_model;

use octet_protocol::{Class, LabError, LayerKind, Report, Request};

use crate::{
    app::Asker, link::Attachment, prose::Prose, shelf::Shelf, values::Values, view::CellView,
};

/// Longer text, in characters, is not taken: browsers need seconds to lay it out.
pub const MAX_TEXT: u32 = 4_000_000;
/// Longer text is not remembered: the browser's storage holds a few megabytes for everything.
const MAX_KEPT_TEXT: usize = 200_000;

/// A cell, in the notebook's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellId {
    /// Versions, backend, machine.
    Setup,
    /// The photos.
    Data,
    /// The float32 network.
    Baseline,
    /// The int8 network.
    Quantize,
    /// Both file sizes.
    Size,
    /// Both latencies.
    Inference,
    /// The degradation report.
    Accuracy,
    /// The charts.
    Visualize,
    /// Quantize some weights.
    Simulate,
    /// Play with bits and range.
    Explorer,
    /// How weights are distributed.
    Weights,
    /// Count parameters.
    Sizes,
    /// Formulas and types.
    Reference,
    /// Integers all the way.
    FullInteger,
    /// An interpreter, step by step.
    Interpreter,
    /// The graph, taken apart.
    Inspect,
    /// The converter and its options.
    Convert,
    /// A model of your own.
    YourModel,
    /// Live, from the camera.
    Camera,
    /// Bits and scales against float32.
    Sweep,
    /// One layer quantized at a time.
    Sensitivity,
    /// What a range is made of.
    Calibrate,
    /// Where activations lie.
    Arena,
    /// What to do about lost accuracy.
    Troubleshoot,
    /// Lost accuracy brought back.
    Rescue,
    /// One neuron learns a line.
    Regression,
    /// A network learns to read digits.
    Train,
    /// The trained network in four forms.
    Ptq,
    /// A digit of your own.
    Draw,
    /// Few bits, trained for.
    Qat,
    /// Accuracy against compression.
    Tradeoff,
    /// PyTorch’s eager mode, step by step.
    Pytorch,
}

impl CellId {
    /// Every cell in the notebook's order.
    pub const ALL: [Self; 32] = [
        Self::Setup,
        Self::Data,
        Self::Baseline,
        Self::Quantize,
        Self::Size,
        Self::Inference,
        Self::Accuracy,
        Self::Visualize,
        Self::Simulate,
        Self::Explorer,
        Self::Weights,
        Self::Sizes,
        Self::Reference,
        Self::FullInteger,
        Self::Interpreter,
        Self::Inspect,
        Self::Convert,
        Self::YourModel,
        Self::Camera,
        Self::Sweep,
        Self::Sensitivity,
        Self::Calibrate,
        Self::Arena,
        Self::Troubleshoot,
        Self::Rescue,
        Self::Regression,
        Self::Train,
        Self::Ptq,
        Self::Draw,
        Self::Qat,
        Self::Tradeoff,
        Self::Pytorch,
    ];

    /// Its place in [`CellId::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The cell with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cell| cell.name() == name)
    }

    /// What it is.
    pub fn spec(self) -> &'static Spec {
        match self {
            Self::Setup => &setup::SPEC,
            Self::Data => &data::SPEC,
            Self::Baseline => &baseline::SPEC,
            Self::Quantize => &quantize::SPEC,
            Self::Size => &size::SPEC,
            Self::Inference => &inference::SPEC,
            Self::Accuracy => &accuracy::SPEC,
            Self::Visualize => &visualize::SPEC,
            Self::Simulate => &simulate::SPEC,
            Self::Explorer => &explorer::SPEC,
            Self::Weights => &weights::SPEC,
            Self::Sizes => &sizes::SPEC,
            Self::Reference => &reference::SPEC,
            Self::FullInteger => &full_integer::SPEC,
            Self::Interpreter => &interpreter::SPEC,
            Self::Inspect => &inspect::SPEC,
            Self::Convert => &convert::SPEC,
            Self::YourModel => &your_model::SPEC,
            Self::Camera => &camera::SPEC,
            Self::Sweep => &sweep::SPEC,
            Self::Sensitivity => &sensitivity::SPEC,
            Self::Calibrate => &calibrate::SPEC,
            Self::Arena => &arena::SPEC,
            Self::Troubleshoot => &troubleshoot::SPEC,
            Self::Rescue => &rescue::SPEC,
            Self::Regression => &regression::SPEC,
            Self::Train => &train::SPEC,
            Self::Ptq => &ptq::SPEC,
            Self::Draw => &draw::SPEC,
            Self::Qat => &qat::SPEC,
            Self::Tradeoff => &tradeoff::SPEC,
            Self::Pytorch => &pytorch::SPEC,
        }
    }

    /// Its name in the page's contract.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// The cell below it.
    pub fn next(self) -> Option<Self> {
        Self::ALL.get(self.index() + 1).copied()
    }
}

/// What a cell is: everything that does not change while the page is open.
pub struct Spec {
    /// Its name in the page's contract and in the address.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What must have run before it, with these values.
    pub needs: fn(&Values) -> &'static [CellId],
    /// Its parameters.
    pub controls: &'static [Control],
    /// The text around it.
    pub prose: Prose,
    /// What to ask of the worker; an error where a parameter cannot be used.
    pub request: fn(&Values) -> Result<Request, LabError>,
}

impl Spec {
    /// Whether a parameter is shown at once, by a slider.
    pub fn is_slider(&self, name: &str) -> bool {
        self.controls.iter().any(|control| {
            control.name == name && matches!(control.kind, ControlKind::Slider { .. })
        })
    }
}

/// A parameter's form control.
pub struct Control {
    /// Its name in the page's contract.
    pub name: &'static str,
    /// Its label.
    pub label: &'static str,
    /// Whether it means anything while the cell's values are these.
    pub is_shown: fn(&Values) -> bool,
    /// What it lets the reader choose.
    pub kind: ControlKind,
}

/// For controls that always mean something.
pub fn always(_: &Values) -> bool {
    true
}

/// The kinds of form control.
pub enum ControlKind {
    /// One of a few: (value, words). The first is the default.
    Select(&'static [(&'static str, &'static str)]),
    /// A whole number.
    Number {
        /// Smallest.
        min: u32,
        /// Largest.
        max: u32,
        /// Where nothing else was chosen.
        default: &'static str,
    },
    /// A number with a fraction.
    Decimal {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
        /// Where nothing else was chosen.
        default: &'static str,
    },
    /// A number by a slider.
    Slider {
        /// Smallest.
        min: u32,
        /// Largest.
        max: u32,
        /// Where nothing else was chosen.
        default: &'static str,
    },
    /// Text of several lines.
    Text {
        /// Where nothing else was typed.
        default: &'static str,
    },
    /// A layer of the network that `baseline` has loaded; empty: the one that these words name.
    Layer(&'static str),
    /// Yes or no, as `on` or `off`; whether it is on where nothing else was chosen.
    Check(bool),
}

impl Control {
    /// The value where nothing else was chosen.
    pub fn default(&self) -> &'static str {
        match self.kind {
            ControlKind::Select(options) => options.first().map_or("", |(value, _)| value),
            ControlKind::Number { default, .. }
            | ControlKind::Decimal { default, .. }
            | ControlKind::Slider { default, .. }
            | ControlKind::Text { default } => default,
            ControlKind::Layer(_) => "",
            ControlKind::Check(is_on) => on_or_off(is_on),
        }
    }

    /// Whether a value can be used.
    pub fn accepts(&self, value: &str) -> bool {
        match self.kind {
            ControlKind::Select(options) => options.iter().any(|(option, _)| *option == value),
            ControlKind::Number { min, max, .. } | ControlKind::Slider { min, max, .. } => value
                .trim()
                .parse()
                .is_ok_and(|n: u32| (min..=max).contains(&n)),
            ControlKind::Decimal { min, max, .. } => value
                .trim()
                .parse()
                .is_ok_and(|x: f64| (min..=max).contains(&x)),
            // What is typed is kept as it is, and judged when it is used.
            ControlKind::Text { .. } => value.len() <= MAX_KEPT_TEXT && !value.contains('\0'),
            ControlKind::Layer(_) => !value.contains(char::is_control),
            ControlKind::Check(_) => [true, false].map(on_or_off).contains(&value),
        }
    }
}

/// The value of a [`ControlKind::Check`].
pub fn on_or_off(is_on: bool) -> &'static str {
    if is_on { "on" } else { "off" }
}

/// The cell that a report belongs to; none for a file.
pub fn owner(report: &Report) -> Option<CellId> {
    match report {
        Report::Setup(_) => Some(CellId::Setup),
        Report::Data(_) => Some(CellId::Data),
        Report::Baseline(_) => Some(CellId::Baseline),
        Report::Quantize(_) => Some(CellId::Quantize),
        Report::Size(_) => Some(CellId::Size),
        Report::Inference(_) => Some(CellId::Inference),
        Report::Accuracy(_) => Some(CellId::Accuracy),
        Report::Visualize(_) => Some(CellId::Visualize),
        Report::Simulate(_) => Some(CellId::Simulate),
        Report::Explorer(_) => Some(CellId::Explorer),
        Report::Weights(_) => Some(CellId::Weights),
        Report::Sizes(_) => Some(CellId::Sizes),
        Report::Reference(_) => Some(CellId::Reference),
        Report::FullInteger(_) => Some(CellId::FullInteger),
        Report::Interpreter(_) => Some(CellId::Interpreter),
        Report::Inspect(_) => Some(CellId::Inspect),
        Report::Convert(_) => Some(CellId::Convert),
        Report::YourModel(_) => Some(CellId::YourModel),
        Report::Camera(_) => Some(CellId::Camera),
        Report::Sweep(_) => Some(CellId::Sweep),
        Report::Sensitivity(_) => Some(CellId::Sensitivity),
        Report::Calibrate(_) => Some(CellId::Calibrate),
        Report::Arena(_) => Some(CellId::Arena),
        Report::Troubleshoot(_) => Some(CellId::Troubleshoot),
        Report::Rescue(_) => Some(CellId::Rescue),
        Report::Regression(_) => Some(CellId::Regression),
        Report::Train(_) => Some(CellId::Train),
        Report::Ptq(_) => Some(CellId::Ptq),
        Report::Draw(_) => Some(CellId::Draw),
        Report::Qat(_) => Some(CellId::Qat),
        Report::Tradeoff(_) => Some(CellId::Tradeoff),
        Report::Pytorch(_) => Some(CellId::Pytorch),
        Report::ModelFile(_)
        | Report::File(_)
        | Report::Tensor(_)
        | Report::Frame(_)
        | Report::Drawn(_) => None,
    }
}

/// Draws a report into its cell.
pub fn draw(
    report: &Report,
    attachments: &[Attachment],
    view: &CellView,
    shelf: &Shelf,
    asker: &Asker,
) {
    match report {
        Report::Setup(report) => setup::draw(report, view),
        Report::Data(report) => data::draw(report, view, shelf),
        Report::Baseline(report) => baseline::draw(report, view),
        Report::Quantize(report) => quantize::draw(report, view),
        Report::Size(report) => size::draw(report, view),
        Report::Inference(report) => inference::draw(report, view),
        Report::Accuracy(report) => accuracy::draw(report, view),
        Report::Visualize(report) => visualize::draw(report, view, shelf),
        Report::Simulate(report) => simulate::draw(report, view),
        Report::Explorer(report) => explorer::draw(report, attachments, view),
        Report::Weights(report) => weights::draw(report, view),
        Report::Sizes(report) => sizes::draw(report, view),
        Report::Reference(report) => reference::draw(report, view),
        Report::FullInteger(report) => full_integer::draw(report, view),
        Report::Interpreter(report) => interpreter::draw(report, view),
        Report::Inspect(report) => inspect::draw(report, view, asker),
        Report::Convert(report) => convert::draw(report, view),
        Report::YourModel(report) => your_model::draw(report, view),
        Report::Camera(report) => camera::draw(report, view, asker),
        Report::Sweep(report) => sweep::draw(report, view),
        Report::Sensitivity(report) => sensitivity::draw(report, view),
        Report::Calibrate(report) => calibrate::draw(report, view),
        Report::Arena(report) => arena::draw(report, view),
        Report::Troubleshoot(report) => troubleshoot::draw(report, view, asker),
        Report::Rescue(report) => rescue::draw(report, view),
        Report::Regression(report) => regression::draw(report, view),
        Report::Train(report) => train::draw(report, attachments, view, asker),
        Report::Ptq(report) => ptq::draw(report, view),
        Report::Draw(report) => draw::draw(report, view, asker),
        Report::Qat(report) => qat::draw(report, view),
        Report::Tradeoff(report) => tradeoff::draw(report, view),
        Report::Pytorch(report) => pytorch::draw(report, view),
        Report::ModelFile(_)
        | Report::File(_)
        | Report::Tensor(_)
        | Report::Frame(_)
        | Report::Drawn(_) => {}
    }
}

/// The likeliest classes of one prediction as lines of text.
pub fn top5_lines(classes: &[Class]) -> String {
    let mut out = String::new();
    for class in classes {
        let percent = f64::from(class.probability) * 100.0;
        out.push_str(&format!("  {percent:>6.2} %  {}\n", class.label));
    }
    out
}

/// What a layer does, in a word.
pub fn kind_in_words(kind: LayerKind) -> &'static str {
    match kind {
        LayerKind::Conv => "conv",
        LayerKind::Depthwise => "depthwise",
        LayerKind::Dense => "dense",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_contract() {
        let names: Vec<_> = CellId::ALL.into_iter().map(CellId::name).collect();
        assert_eq!(
            names,
            [
                "setup",
                "data",
                "baseline",
                "quantize",
                "size",
                "inference",
                "accuracy",
                "visualize",
                "simulate",
                "explorer",
                "weights",
                "sizes",
                "reference",
                "full-integer",
                "interpreter",
                "inspect",
                "convert",
                "your-model",
                "camera",
                "sweep",
                "sensitivity",
                "calibrate",
                "arena",
                "troubleshoot",
                "rescue",
                "regression",
                "train",
                "ptq",
                "draw",
                "qat",
                "tradeoff",
                "pytorch"
            ]
        );
    }

    #[test]
    fn needs_come_before_the_cell() {
        for cell in CellId::ALL {
            let needs = (cell.spec().needs)(&Values::new(cell));
            assert!(needs.iter().all(|need| need.index() < cell.index()));
        }
    }

    #[test]
    fn controls_accept_their_defaults_and_refuse_nonsense() {
        for control in CellId::ALL
            .into_iter()
            .flat_map(|cell| cell.spec().controls)
        {
            assert!(control.accepts(control.default()), "{}", control.name);
            assert!(!control.accepts("\u{0}nonsense"), "{}", control.name);
        }
    }
}
