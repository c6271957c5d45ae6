//! Cell `sensitivity`: one layer quantized at a time.

use octet_graph::{
    Calibration, DType, Graph, Node, NodeId, Op, Quantization, Tensor, fake_quantize_weights,
};
use octet_protocol::{
    ErrorKind, LabError, LayerPart, LayerSensitivity, ObserverName, SensitivityReport,
    SensitivityRequest,
};
use octet_quant::{IntRange, QuantParams, Rounding, Symmetry};

use crate::host::Host;
use crate::integers::{self, cannot_convert, fastest, used};
use crate::models::kind;
use crate::predict::Steps;
use crate::session::Session;
use crate::sweep::scheme;
use crate::yardstick::{Yardstick, images};

/// Puts the rounded weights of one layer after the other into the float32 network, and runs it; then those of all.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: SensitivityRequest,
) -> Result<SensitivityReport, LabError> {
    let SensitivityRequest {
        bits,
        weight_scales,
        quantized,
        crops,
    } = request;
    if !(2..=8).contains(&bits) {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!("Weights of {bits} bits are not offered here."),
            "Choose from 2 to 8.",
        ));
    }
    let images = images(session, crops)?;
    let layers = session.baseline()?.network.layers.len();
    let watched = match quantized {
        LayerPart::Weights => 0,
        LayerPart::WeightsAndOutput => images,
    };
    let mut steps = Steps::new(host, watched + images * (2 + layers));
    let yardstick = Yardstick::new(session, &mut steps, crops).await?;
    let graph = integers::float32(session)?;
    let ranges = match quantized {
        LayerPart::Weights => None,
        LayerPart::WeightsAndOutput => {
            let seen = yardstick.images().iter().cloned();
            let observer = ObserverName::MinMax;
            Some(integers::watch(&graph, seen, &mut steps, observer, images as u32).await?)
        }
    };
    let scheme = scheme(bits, weight_scales);
    let (rounded, _) = fake_quantize_weights(&graph, scheme).map_err(cannot_convert)?;
    let baseline = session.baseline()?;
    let mut together = (*graph).clone();
    let mut measured = Vec::with_capacity(layers);
    for (place, (spec, layer)) in baseline.network.pairs().enumerate() {
        let mut changed = (*graph).clone();
        for graph in [&mut changed, &mut together] {
            let node = find(graph, &spec.name)?;
            take_weights(graph, node, &rounded)?;
            if let Some(ranges) = &ranges {
                round_output(graph, node, ranges)?;
            }
        }
        let label = format!("layer {} of {layers}", place + 1);
        measured.push(LayerSensitivity {
            name: spec.name.clone(),
            kind: kind(spec),
            weights: layer.weights.len() as u64,
            distance: yardstick.measure(changed, &mut steps, &label).await?,
        });
    }
    Ok(SensitivityReport {
        model: baseline.model,
        bits,
        weight_scales,
        quantized,
        photos: yardstick.photos(),
        crops,
        kernels: used(fastest()),
        layers: measured,
        together: yardstick
            .measure(together, &mut steps, "all layers")
            .await?,
    })
}

/// The operator that a layer has become: its output has the layer's name.
fn find(graph: &Graph, layer: &str) -> Result<NodeId, LabError> {
    let name = |node: &Node| graph.tensor(node.output).map(|tensor| &tensor.name);
    let mut nodes = graph.numbered();
    let found = nodes.find(|(_, node)| name(node).is_ok_and(|name| name == layer));
    let missing = || cannot_convert(format!("the layer “{layer}” is not in the graph"));
    found.map(|(id, _)| id).ok_or_else(missing)
}

/// Takes over an operator's weights from another graph with the same numbers of tensors.
fn take_weights(graph: &mut Graph, node: NodeId, from: &Graph) -> Result<(), LabError> {
    let inputs = &graph.node(node).map_err(cannot_convert)?.inputs;
    let weights = inputs.get(1).copied().flatten();
    let weights = weights.ok_or_else(|| cannot_convert("a layer has no weights"))?;
    let data = from.tensor(weights).map_err(cannot_convert)?.data.clone();
    if let Some(tensor) = graph.tensors.get_mut(weights.0) {
        tensor.data = data;
    }
    Ok(())
}

/// Has everything behind an operator read its output rounded to int8.
fn round_output(graph: &mut Graph, node: NodeId, ranges: &Calibration) -> Result<(), LabError> {
    let output = graph.node(node).map_err(cannot_convert)?.output;
    let Tensor { name, shape, .. } = graph.tensor(output).map_err(cannot_convert)?.clone();
    let (min, max) = ranges
        .range(output)
        .ok_or_else(|| cannot_convert(format!("“{name}” has not been observed")))?;
    let rounding = Rounding::HalfAwayFromZero;
    let params = QuantParams::from_range(min, max, Symmetry::Affine, IntRange::INT8, rounding)
        .map_err(cannot_convert)?;
    let quantization = Quantization::per_tensor(params.scale(), params.zero_point());
    let integers = Tensor::activation(format!("{name}.int8"), shape.clone(), DType::Int8)
        .with_quantization(quantization);
    let integers = graph.add(integers);
    let name = format!("{name}.rounded");
    let reals = graph.add(Tensor::activation(name, shape, DType::Float32));
    let behind = node.0 + 1;
    let readers = graph.nodes.iter_mut().skip(behind);
    let inputs = readers.flat_map(|node| node.inputs.iter_mut().flatten());
    for input in inputs.chain(&mut graph.outputs) {
        if *input == output {
            *input = reals;
        }
    }
    let quantize = Node {
        op: Op::Quantize,
        inputs: vec![Some(output)],
        output: integers,
    };
    let dequantize = Node {
        op: Op::Dequantize,
        inputs: vec![Some(integers)],
        output: reals,
    };
    graph.nodes.splice(behind..behind, [quantize, dequantize]);
    Ok(())
}
