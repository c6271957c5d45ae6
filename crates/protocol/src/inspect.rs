//! Cell `inspect`: what it asks and what it answers.

use serde::{Deserialize, Serialize};

use crate::{Histogram, Precision, Statistics, TensorDetails};

/// What the reader has chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectRequest {
    /// Which graph.
    pub graph: InspectedModel,
}

/// Which graph to take apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InspectedModel {
    /// The loaded model in float32 and in full integer, side by side.
    #[default]
    Both,
    /// The loaded model in one precision.
    Float32,
    /// The same.
    DynamicRange,
    /// The same.
    FullInteger,
    /// The model that the reader has brought along.
    Yours,
}

/// One or two graphs, drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InspectReport {
    /// Of what, for people.
    pub title: String,
    /// Which graph was asked for.
    pub graph: InspectedModel,
    /// From left to right.
    pub graphs: Vec<InspectedGraph>,
    /// Where the boxes lie; the same for all graphs.
    pub layout: GraphLayout,
    /// Photos that the signal-to-noise ratios were measured on; 0 where there are none.
    pub photos: u32,
}

/// A graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InspectedGraph {
    /// Its name, for people.
    pub name: String,
    /// None of a model that the reader has brought along.
    pub precision: Option<Precision>,
    /// The length of its `.tflite` file.
    pub file_bytes: u64,
    /// The memory that its activations share.
    pub arena_bytes: u64,
    /// In the order in which they run.
    pub operators: Vec<InspectedOperator>,
    /// All tensors; an operator's numbers count them.
    pub tensors: Vec<InspectedTensor>,
    /// What goes in.
    pub inputs: Vec<u32>,
    /// What comes out.
    pub outputs: Vec<u32>,
    /// As text, a line for each operator.
    pub dump: String,
}

/// An operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InspectedOperator {
    /// TFLite's name.
    pub name: String,
    /// Window, stride, activation and the like, in words; may be empty.
    pub options: String,
    /// The tensors that it reads; None where an optional one is left out.
    pub inputs: Vec<Option<u32>>,
    /// The tensor that it writes.
    pub output: u32,
    /// Its box in the layout.
    pub place: u32,
    /// Multiplications that are added up.
    pub macs: u64,
    /// Bytes of the constants that it reads.
    pub constant_bytes: u64,
    /// How far its output is from the float32 graph's, in dB over all photos; None where that is not measured, or
    /// nothing is lost.
    pub sqnr_db: Option<f64>,
}

/// A tensor, without its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InspectedTensor {
    /// Its name in the file.
    pub name: String,
    /// Row-major.
    pub shape: Vec<usize>,
    /// NumPy's name of its type.
    pub dtype: String,
    /// Whether it is part of the file.
    pub is_constant: bool,
    /// Of its numbers.
    pub bytes: u64,
    /// How many scales it has; 0 where it is not quantized.
    pub scales: u32,
    /// The smallest scale; 0 where there is none.
    pub least_scale: f32,
    /// The largest scale.
    pub largest_scale: f32,
    /// The zero point, where there is one for all.
    pub zero_point: Option<i32>,
    /// The axis of the scales, where there are several.
    pub axis: u32,
}

/// Where the boxes of a diagram lie, in units of its own; y grows downwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GraphLayout {
    /// Of one graph.
    pub width: f32,
    /// Of one graph.
    pub height: f32,
    /// Of a box.
    pub box_width: f32,
    /// Of a box.
    pub box_height: f32,
    /// The middle of each box: the operators of the last graph.
    pub places: Vec<[f32; 2]>,
    /// What connects them.
    pub edges: Vec<LayoutEdge>,
}

/// A line from a box to another, below it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayoutEdge {
    /// The box that it comes from.
    pub from: u32,
    /// The box that it goes to.
    pub to: u32,
    /// Where it bends on its way, from top to bottom; empty where it goes straight.
    pub bends: Vec<[f32; 2]>,
}

/// One tensor of an inspected graph, asked for by a click.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectTensorRequest {
    /// The graph's place in the report.
    pub graph: u32,
    /// The tensor's number.
    pub tensor: u32,
}

/// A constant's numbers, counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TensorReport {
    /// What was asked for.
    pub graph: u32,
    /// What it is, with all scales.
    pub details: TensorDetails,
    /// The precision of its graph.
    pub precision: Option<Precision>,
    /// Of the stored numbers.
    pub statistics: Statistics,
    /// Of the stored numbers; whole numbers have a bin each.
    pub histogram: Histogram,
    /// Whether they are whole numbers.
    pub is_whole: bool,
}
