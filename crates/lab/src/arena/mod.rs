//! Cell `arena`: where in memory each activation lies, how much that takes, and which boards have it.

mod described;

use octet_graph::{
    Calibration, Edges, FullInteger, Graph, MemoryPlan, plan_memory, quantize_full_integer,
};
use octet_protocol::{
    ArenaNeed, ArenaNetwork, ArenaPlan, ArenaReport, ArenaRequest, LabError, PlannedTensor,
    Precision,
};
use octet_quant::ObserverKind;
use octet_tflite::{Metadata, write_with};

use crate::anatomy::ALIGN;
use crate::boards::{self, Need};
use crate::hardware::bookkeeping;
use crate::host::Host;
use crate::integers::{self, cannot_convert};
use crate::predict::Steps;
use crate::session::Session;

/// Those of cell `sizes`.
const TINY_KWS: &str = include_str!("../../../../www/networks/tiny_kws.txt");
const SMALL_MNIST: &str = include_str!("../../../../www/networks/small_mnist.txt");
const MOBILENET_LIKE: &str = include_str!("../../../../www/networks/mobilenet_like.txt");

/// Plans every network in both precisions.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    request: &ArenaRequest,
) -> Result<ArenaReport, LabError> {
    const PRECISIONS: [Precision; 2] = [Precision::Float32, Precision::FullInteger];
    let mut steps = Steps::new(host, ArenaNetwork::ALL.len() * PRECISIONS.len());
    let mut needs = Vec::new();
    let mut plans = Vec::new();
    for network in ArenaNetwork::ALL {
        let title = title(session, network)?;
        let float32 = float32(session, network)?;
        for precision in PRECISIONS {
            steps
                .next(format!("planning {title}, {}", precision.name()))
                .await?;
            let graph = match precision {
                Precision::Float32 => float32.clone(),
                _ => int8(&float32)?,
            };
            let file = file(session, network, &graph, precision)?;
            let plan = plan_memory(&graph, &[], ALIGN).map_err(cannot_convert)?;
            needs.push(ArenaNeed {
                network,
                title: title.clone(),
                precision,
                file_bytes: file.len() as u64,
                arena_bytes: plan.bytes as u64,
                bookkeeping_bytes: bookkeeping(&graph),
            });
            if network == request.network {
                plans.push(drawn(&graph, &plan, precision));
            }
        }
    }
    let all: Vec<Need> = needs
        .iter()
        .map(|need| Need {
            file: need.file_bytes,
            arena: need.arena_bytes + need.bookkeeping_bytes,
        })
        .collect();
    Ok(ArenaReport {
        title: title(session, request.network)?,
        network: request.network,
        plans,
        boards: boards::fits(&all),
        needs,
    })
}

fn title(session: &Session, network: ArenaNetwork) -> Result<String, LabError> {
    Ok(match network {
        ArenaNetwork::Loaded => session.baseline()?.model.title(),
        ArenaNetwork::TinyKws => "Tiny KWS",
        ArenaNetwork::SmallMnist => "Small MNIST",
        ArenaNetwork::MobilenetLike => "MobileNet-like",
    }
    .to_owned())
}

fn float32(session: &mut Session, network: ArenaNetwork) -> Result<Graph, LabError> {
    match network {
        // Its constants are shared.
        ArenaNetwork::Loaded => Ok(Graph::clone(&*integers::float32(session)?)),
        ArenaNetwork::TinyKws => described::graph("tiny_kws", TINY_KWS),
        ArenaNetwork::SmallMnist => described::graph("small_mnist", SMALL_MNIST),
        ArenaNetwork::MobilenetLike => described::graph("mobilenet_like", MOBILENET_LIKE),
    }
}

/// In full integer, with int8 at the edges. Neither plan nor length of the file depend on the ranges, so any will do.
fn int8(float32: &Graph) -> Result<Graph, LabError> {
    let mut ranges = Calibration::new(float32, ObserverKind::MinMax).map_err(cannot_convert)?;
    let watched: Vec<_> = ranges.tensors().collect();
    for id in watched {
        ranges.observe(id, &[-1.0, 1.0]).map_err(cannot_convert)?;
    }
    let options = FullInteger {
        per_channel: true,
        inputs: Edges::Int8,
        outputs: Edges::Int8,
    };
    let (graph, _) = quantize_full_integer(float32, &ranges, options).map_err(cannot_convert)?;
    Ok(graph)
}

fn file(
    session: &Session,
    network: ArenaNetwork,
    graph: &Graph,
    precision: Precision,
) -> Result<Vec<u8>, LabError> {
    if network == ArenaNetwork::Loaded {
        return integers::file(session, graph, precision.name());
    }
    let about = Metadata {
        description: format!("{}, {}, converted by Octet", graph.name, precision.name()),
        normalization: None,
    };
    write_with(graph, &about).map_err(cannot_convert)
}

fn drawn(graph: &Graph, plan: &MemoryPlan, precision: Precision) -> ArenaPlan {
    let places = plan.offsets.iter().zip(&plan.lifetimes);
    let mut tensors: Vec<_> = graph
        .tensors
        .iter()
        .zip(places)
        .filter_map(|(tensor, (offset, lifetime))| {
            let (offset, lifetime) = offset.as_ref().zip(lifetime.as_ref())?;
            Some(PlannedTensor {
                name: tensor.name.clone(),
                shape: tensor.shape.clone(),
                offset: *offset as u64,
                bytes: (tensor.elements()? * tensor.dtype.bytes()) as u64,
                first: lifetime.first as u32,
                last: lifetime.last as u32,
            })
        })
        .collect();
    tensors.sort_by_key(|tensor| tensor.first);
    let least = plan.least_possible();
    let peak = plan.live_bytes.iter().position(|&live| live == least);
    ArenaPlan {
        precision,
        bytes: plan.bytes as u64,
        least_bytes: least as u64,
        unshared_bytes: tensors.iter().map(|tensor| tensor.bytes).sum(),
        operators: graph
            .nodes
            .iter()
            .map(|node| node.op.name().to_owned())
            .collect(),
        live_bytes: plan.live_bytes.iter().map(|&live| live as u64).collect(),
        peak: peak.unwrap_or(0) as u32,
        tensors,
    }
}
