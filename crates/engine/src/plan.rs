//! From a valid graph to steps with memory.

use std::ops::Range;

use octet_graph::{Constant, DType, Graph, Node, NodeId, TensorId, plan_memory};

use crate::arena::{ALIGNMENT, Operand};
use crate::prepare::{Folded, Prepared, fold, fused, prepare};
use crate::step::Step;
use crate::{EngineError, Kernels, Options, TensorInfo};

/// What an engine is made of.
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// For each tensor of the graph.
    pub(crate) tensors: Vec<Storage>,
    pub(crate) arena_bytes: usize,
}

/// Where a tensor's numbers are when a run is over.
#[derive(Clone, Debug)]
pub(crate) enum Storage {
    /// Nowhere: the memory is others' by then.
    Gone,
    Arena(DType, Range<usize>),
    Constant(Constant),
}

impl Plan {
    /// Prepares the operators of a valid graph and lays out their memory. The graph is left without what only its
    /// preparation needed.
    pub(crate) fn new(
        graph: &mut Graph,
        kernels: Kernels,
        options: &Options,
    ) -> Result<Self, EngineError> {
        let mut folded = fold(graph);
        let prepared = prepare_all(graph, &folded, options)?;
        let_go(graph, &mut folded, &prepared);
        let graph = &*graph;
        let prepared = choose_all(kernels, prepared);
        let layout = Layout::new(graph, &folded, &prepared, options)?;
        if layout.bytes > options.arena_limit {
            return Err(EngineError::ArenaTooLarge {
                bytes: layout.bytes,
                limit: options.arena_limit,
            });
        }
        let tensors = storage(graph, &folded, &layout, options);
        let mut steps = Vec::with_capacity(prepared.len());
        for ((id, step), scratch) in prepared.into_iter().zip(&layout.scratch) {
            let node = graph.node(id)?;
            let operand = |&input: &TensorId| {
                let given = graph.tensor(input)?.data.as_ref();
                Ok(match given.or_else(|| folded.get(&input)) {
                    Some(constant) => Operand::Constant(constant.clone()),
                    None => Operand::Arena(layout.range(input)),
                })
            };
            steps.push(Step {
                node: id,
                name: node.op.name(),
                inputs: step
                    .inputs
                    .iter()
                    .map(operand)
                    .collect::<Result<_, EngineError>>()?,
                output: layout.range(node.output),
                scratch: scratch.clone(),
                output_tensor: TensorInfo::new(node.output, graph.tensor(node.output)?),
                macs: step.macs,
                kernel: step.kernel,
            });
        }
        Ok(Self {
            steps,
            tensors,
            arena_bytes: layout.bytes,
        })
    }
}

/// The operators as the reference's kernels, without those whose output is a constant, and without the Pads that convolutions
/// do themselves: these would leave a tensor out, so they stay where all are kept.
fn prepare_all(
    graph: &Graph,
    folded: &Folded,
    options: &Options,
) -> Result<Vec<(NodeId, Prepared)>, EngineError> {
    let pads: Vec<_> = graph
        .numbered()
        .map(|(id, _)| fused(graph, folded, id).filter(|_| !options.keep_all_tensors))
        .collect();
    let is_fused = |id| pads.iter().flatten().any(|pad| pad.node == id);
    let mut prepared = Vec::new();
    for ((id, node), pad) in graph.numbered().zip(&pads) {
        if !is_fused(id) && !folded.contains_key(&node.output) {
            prepared.push((id, prepare(graph, folded, id, pad.as_ref())?));
        }
    }
    Ok(prepared)
}

/// Empties each constant that is neither put out nor read while the network runs: kernels hold their own.
fn let_go(graph: &mut Graph, folded: &mut Folded, prepared: &[(NodeId, Prepared)]) {
    let is_read = |id| prepared.iter().any(|(_, step)| step.inputs.contains(&id));
    let tensors = graph.tensors.iter_mut().enumerate();
    let given = tensors.filter_map(|(id, tensor)| Some((TensorId(id), tensor.data.as_mut()?)));
    let computed = folded.iter_mut().map(|(id, constant)| (*id, constant));
    for (id, constant) in given.chain(computed) {
        if !graph.outputs.contains(&id) && !is_read(id) {
            *constant = Constant::Uint8([].into());
        }
    }
}

/// The kernels to run. Each reference's is dropped as soon as another has packed its weights.
fn choose_all(kernels: Kernels, prepared: Vec<(NodeId, Prepared)>) -> Vec<(NodeId, Prepared)> {
    // Where reals are made integers on the way, a last bit can turn a whole step.
    let exact = prepared
        .iter()
        .any(|(_, step)| step.kernel.quantizes_reals());
    let chosen = prepared
        .into_iter()
        .map(|(id, step)| (id, kernels.choose(exact, step)));
    chosen.collect()
}

/// Where in the arena everything lies.
struct Layout {
    /// For each tensor of the graph; None for constants and for what no step touches.
    tensors: Vec<Option<Range<usize>>>,
    /// For each step.
    scratch: Vec<Range<usize>>,
    bytes: usize,
}

impl Layout {
    fn new(
        graph: &Graph,
        folded: &Folded,
        prepared: &[(NodeId, Prepared)],
        options: &Options,
    ) -> Result<Self, EngineError> {
        // The graph as the steps see it. The constants are shared, not copied.
        let mut seen = graph.clone();
        seen.nodes.clear();
        let mut scratch = Vec::new();
        for (id, step) in prepared {
            let node = graph.node(*id)?;
            let numbers = graph.tensor(node.output)?.elements().unwrap_or(usize::MAX);
            scratch.push(step.kernel.scratch_bytes(numbers));
            seen.nodes.push(Node {
                op: node.op,
                inputs: step.inputs.iter().copied().map(Some).collect(),
                output: node.output,
            });
        }
        for (id, constant) in folded {
            if let Some(tensor) = seen.tensors.get_mut(id.0) {
                tensor.data = Some(constant.clone());
            }
        }
        // What is put in stays there, as in TFLite, so that a network can run twice.
        seen.outputs.extend(&graph.inputs);
        if options.keep_all_tensors {
            seen.outputs
                .extend(seen.nodes.iter().map(|node| node.output));
        }
        let plan = plan_memory(&seen, &scratch, ALIGNMENT)?;
        let tensors = plan.offsets.iter().zip(&graph.tensors);
        let tensors = tensors.map(|(offset, tensor)| {
            let bytes = tensor.elements()? * tensor.dtype.bytes();
            offset.map(|offset| offset..offset + bytes)
        });
        let scratch = plan.scratch.iter().zip(&scratch);
        let scratch = scratch.map(|(offset, bytes)| {
            let offset = offset.unwrap_or(0);
            offset..offset + bytes
        });
        Ok(Self {
            tensors: tensors.collect(),
            scratch: scratch.collect(),
            bytes: plan.bytes,
        })
    }

    /// Where a tensor lies; nothing where it has no memory.
    fn range(&self, id: TensorId) -> Range<usize> {
        self.tensors.get(id.0).cloned().flatten().unwrap_or(0..0)
    }
}

/// Where each tensor's numbers are when a run is over.
fn storage(graph: &Graph, folded: &Folded, layout: &Layout, options: &Options) -> Vec<Storage> {
    let tensors = graph.tensors.iter().zip(&layout.tensors).enumerate();
    let storage = tensors.map(|(index, (tensor, range))| {
        let id = TensorId(index);
        let is_output = graph.outputs.contains(&id);
        let is_kept = options.keep_all_tensors || is_output || graph.inputs.contains(&id);
        let constant = match &tensor.data {
            Some(constant) if is_output => Some(constant),
            Some(_) => None,
            None => folded.get(&id).filter(|_| is_kept),
        };
        match (constant, range) {
            (Some(constant), _) => Storage::Constant(constant.clone()),
            (None, Some(range)) if is_kept => Storage::Arena(tensor.dtype, range.clone()),
            _ => Storage::Gone,
        }
    });
    storage.collect()
}
