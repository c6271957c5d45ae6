//! Where a file runs, by what is known of the hardware's software.

use octet_graph::{DType, Graph, Op, Quantization};
use octet_protocol::{FileAnatomy, FileKind, Hardware, HardwareFit, Verdict};

use crate::boards::{STM32H743_FLASH, STM32H743_RAM};

/// Where a file runs and why, or why not.
pub(crate) fn fits(graph: &Graph, file: &FileAnatomy) -> Vec<HardwareFit> {
    [
        (Hardware::Cpu, cpu(graph, file.kind)),
        (Hardware::Microcontroller, microcontroller(graph, file)),
        (Hardware::EdgeTpu, edge_tpu(file)),
        (Hardware::Gpu, gpu(file.kind)),
    ]
    .into_iter()
    .map(|(hardware, (verdict, reason))| HardwareFit {
        hardware,
        verdict,
        reason,
    })
    .collect()
}

fn cpu(graph: &Graph, kind: FileKind) -> (Verdict, String) {
    if shares_scales_among_channels(graph) {
        return (
            Verdict::Partly,
            "LiteRT 2.3 runs it and gives wrong numbers: its kernel for depthwise convolutions of floats with int8 \
             weights reads a scale for each channel, and the file has one for all."
                .to_owned(),
        );
    }
    let reason = match kind {
        FileKind::Float32 => "LiteRT has float32 kernels for every operator.",
        FileKind::Float16 => {
            "LiteRT expands the weights to float32 before the first run, and then computes as with the float32 file."
        }
        FileKind::DynamicRange => {
            "LiteRT rounds what flows into a layer to int8 as it runs, multiplies bytes, and goes back to float32."
        }
        FileKind::FullInteger => {
            "LiteRT multiplies and adds bytes throughout, which suits a processor with a dot product of bytes best."
        }
        FileKind::Mixed => "LiteRT has kernels for both, and converts in between.",
    };
    (Verdict::Yes, reason.to_owned())
}

fn microcontroller(graph: &Graph, file: &FileAnatomy) -> (Verdict, String) {
    let no = |reason: &str| (Verdict::No, reason.to_owned());
    if graph
        .tensors
        .iter()
        .any(|tensor| tensor.dtype == DType::Float16)
    {
        return no("TensorFlow Lite Micro refuses it: its DEQUANTIZE takes no float16.");
    }
    if file.kind == FileKind::DynamicRange {
        return no(
            "TensorFlow Lite Micro refuses it: “Hybrid models are not supported on TFLite Micro.” It has kernels for \
             float32 and for int8, none for float32 activations with int8 weights.",
        );
    }
    if computes_in_uint8(graph) {
        return no("TensorFlow Lite Micro refuses it: its convolutions take int8, not uint8.");
    }
    let flash = file.bytes;
    let ram = file.arena_bytes + bookkeeping(graph);
    let memory = format!(
        "{} of flash and {} of RAM",
        mebibytes(flash),
        mebibytes(ram)
    );
    let room = if flash > STM32H743_FLASH || ram > STM32H743_RAM {
        format!("It needs {memory}; a large chip, the STM32H743, has 2 MiB and 1 MiB.")
    } else {
        format!("It needs {memory}, which a large chip such as the STM32H743 has.")
    };
    match file.kind {
        FileKind::FullInteger => (
            Verdict::Yes,
            format!("TensorFlow Lite Micro has int8 kernels for every operator. {room}"),
        ),
        _ => (
            Verdict::Partly,
            format!(
                "TensorFlow Lite Micro has float32 kernels, but none of the optimized ones that chip makers add, and \
                 many chips have no unit for floating-point numbers. {room}"
            ),
        ),
    }
}

fn edge_tpu(file: &FileAnatomy) -> (Verdict, String) {
    let mut edges = file.inputs.iter().chain(&file.outputs);
    let is_byte = |dtype: &str| matches!(dtype, "int8" | "uint8");
    let are_bytes = edges.all(|edge| is_byte(&edge.dtype));
    match (file.kind, are_bytes) {
        (FileKind::FullInteger, true) => (
            Verdict::Yes,
            "It is int8 or uint8 throughout, as Coral’s compiler wants it.".to_owned(),
        ),
        (FileKind::FullInteger, false) => (
            Verdict::Partly,
            "It is int8 inside. The conversion from and to float32 at its edges stays on the CPU; with int8 or uint8 \
             there, nothing does."
                .to_owned(),
        ),
        (FileKind::Mixed, _) => (
            Verdict::Partly,
            "Coral’s compiler takes the operators up to the first that is not int8; the rest stays on the CPU."
                .to_owned(),
        ),
        _ => (
            Verdict::No,
            "The chip computes with 8-bit integers alone, and needs the range of every activation beforehand."
                .to_owned(),
        ),
    }
}

fn gpu(kind: FileKind) -> (Verdict, String) {
    match kind {
        FileKind::Float32 => (
            Verdict::Yes,
            "The delegates compute in float32, or in float16 where precision may be lost.".to_owned(),
        ),
        FileKind::Float16 => (
            Verdict::Yes,
            "The delegates compute in float16, and take the weights as they are.".to_owned(),
        ),
        FileKind::DynamicRange | FileKind::FullInteger | FileKind::Mixed => (
            Verdict::Partly,
            "The delegates know floating-point numbers alone: they expand the weights, and only imitate the rounding \
             of activations. The file is smaller, the speed that of floats."
                .to_owned(),
        ),
    }
}

/// What TensorFlow Lite Micro keeps in the arena besides activations, in bytes: an estimate from above, by the sizes
/// of its structures on a 64-bit machine; on a microcontroller pointers are half as long.
///
/// For each tensor a `TfLiteEvalTensor`, for each operator a `NodeAndRegistration` and its kernel’s own data, for each
/// output channel of a convolution or dense layer a multiplier and a shift of 4 bytes each.
pub(crate) fn bookkeeping(graph: &Graph) -> u64 {
    const TENSOR: u64 = 24;
    const OPERATOR: u64 = 64 + 192;
    const CHANNEL: u64 = 8;
    const INTERPRETER: u64 = 4096;
    let channels = graph.nodes.iter().filter_map(|node| {
        let is_product = matches!(
            node.op,
            Op::Conv2d(_) | Op::DepthwiseConv2d(_) | Op::FullyConnected(_)
        );
        let output = graph.tensors.get(node.output.0).filter(|_| is_product)?;
        output.shape.last().map(|&channels| channels as u64)
    });
    graph.tensors.len() as u64 * TENSOR
        + graph.nodes.len() as u64 * OPERATOR
        + channels.sum::<u64>() * CHANNEL
        + INTERPRETER
}

/// Whether float32 activations meet int8 weights of a depthwise convolution with one scale for all channels.
fn shares_scales_among_channels(graph: &Graph) -> bool {
    graph.nodes.iter().any(|node| {
        let weights = node.inputs.get(1).copied().flatten();
        let weights = weights.and_then(|id| graph.tensors.get(id.0));
        matches!(node.op, Op::DepthwiseConv2d(_))
            && graph.dtype(node.output) == Ok(DType::Float32)
            && weights.is_some_and(|weights| {
                let single = weights.quantization.as_ref().and_then(Quantization::single);
                weights.dtype == DType::Int8 && single.is_some() && weights.shape.last() != Some(&1)
            })
    })
}

/// Whether a convolution or dense layer, not only an edge, is uint8.
fn computes_in_uint8(graph: &Graph) -> bool {
    let nodes = graph.nodes.iter();
    let mut products = nodes.filter(|node| node.op.output_axis().is_some());
    products.any(|node| graph.dtype(node.output) == Ok(DType::Uint8))
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.2} MiB", bytes as f64 / f64::from(1 << 20))
}
