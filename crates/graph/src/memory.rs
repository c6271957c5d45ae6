//! Where in one block of memory each activation lies.
//!
//! The plan is that of TensorFlow Lite Micro's `GreedyMemoryPlanner`: the largest buffer first, each at the
//! lowest offset where it fits among those placed before it that are needed at the same time.

use crate::error::GraphError;
use crate::shapes::TOO_LARGE;
use crate::{Graph, NodeId, TensorId};

/// The operators during which something is needed, the last included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The operator that writes it; 0 for an input of the graph.
    pub first: usize,
    /// The last operator that reads it, or the last of all for an output of the graph.
    pub last: usize,
}

impl Lifetime {
    /// Whether there is an operator during which both are needed.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// Where in one block of memory each activation lies. All offsets are multiples of the alignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// In bytes, for each tensor; None for constants and for what no operator touches.
    pub offsets: Vec<Option<usize>>,
    /// In bytes, for each operator's working memory; None where it needs none.
    pub scratch: Vec<Option<usize>>,
    /// When each tensor is needed; None where it has no offset.
    pub lifetimes: Vec<Option<Lifetime>>,
    /// The size of the block.
    pub bytes: usize,
    /// For each operator, how many bytes are needed while it runs, its working memory included.
    pub live_bytes: Vec<usize>,
}

impl MemoryPlan {
    /// The most that is needed at one moment: no plan can be smaller.
    pub fn least_possible(&self) -> usize {
        self.live_bytes.iter().copied().max().unwrap_or(0)
    }
}

/// Plans the memory of a valid graph's activations. `extra_scratch` holds the bytes of working memory that
/// each operator needs; what is missing at the end is 0. Sizes are rounded up to `align` (1 or more).
///
/// Inputs of the graph are there from the first operator, outputs stay until the last.
///
/// # Errors
/// [`GraphError::NoTensor`], or [`GraphError::Memory`] where 2^31 bytes do not suffice.
pub fn plan_memory(
    graph: &Graph,
    extra_scratch: &[usize],
    align: usize,
) -> Result<MemoryPlan, GraphError> {
    let lifetimes = lifetimes(graph)?;
    let mut buffers = Vec::new();
    for (index, (tensor, lifetime)) in graph.tensors.iter().zip(&lifetimes).enumerate() {
        let Some(lifetime) = *lifetime else {
            continue;
        };
        let elements = tensor.elements().ok_or(GraphError::Memory)?;
        let bytes = elements.checked_mul(tensor.dtype.bytes());
        buffers.push(Buffer {
            owner: Owner::Tensor(TensorId(index)),
            size: rounded_up(bytes.ok_or(GraphError::Memory)?, align)?,
            lifetime,
        });
    }
    for ((id, _), &bytes) in graph.numbered().zip(extra_scratch) {
        if bytes > 0 {
            buffers.push(Buffer {
                owner: Owner::Scratch(id),
                size: rounded_up(bytes, align)?,
                lifetime: Lifetime {
                    first: id.0,
                    last: id.0,
                },
            });
        }
    }
    let live_bytes = live_bytes(graph, &buffers)?;
    let mut plan = MemoryPlan {
        offsets: vec![None; graph.tensors.len()],
        scratch: vec![None; graph.nodes.len()],
        lifetimes,
        bytes: 0,
        live_bytes,
    };
    for (buffer, offset) in place(buffers)? {
        plan.bytes = plan.bytes.max(offset + buffer.size);
        let slot = match buffer.owner {
            Owner::Tensor(id) => plan.offsets.get_mut(id.0),
            Owner::Scratch(id) => plan.scratch.get_mut(id.0),
        };
        if let Some(slot) = slot {
            *slot = Some(offset);
        }
    }
    Ok(plan)
}

#[derive(Clone, Copy)]
enum Owner {
    Tensor(TensorId),
    Scratch(NodeId),
}

struct Buffer {
    owner: Owner,
    size: usize,
    lifetime: Lifetime,
}

/// When each tensor is needed.
fn lifetimes(graph: &Graph) -> Result<Vec<Option<Lifetime>>, GraphError> {
    let mut lifetimes = vec![None; graph.tensors.len()];
    let mut touch = |id: TensorId, time: usize| {
        let lifetime = lifetimes.get_mut(id.0).ok_or(GraphError::NoTensor(id.0))?;
        let lifetime = lifetime.get_or_insert(Lifetime {
            first: time,
            last: time,
        });
        lifetime.last = lifetime.last.max(time);
        Ok(())
    };
    for &input in &graph.inputs {
        touch(input, 0)?;
    }
    for (id, node) in graph.numbered() {
        for tensor in node.reads().chain([node.output]) {
            touch(tensor, id.0)?;
        }
    }
    for &output in &graph.outputs {
        touch(output, graph.nodes.len().saturating_sub(1))?;
    }
    for (lifetime, tensor) in lifetimes.iter_mut().zip(&graph.tensors) {
        if tensor.data.is_some() {
            *lifetime = None;
        }
    }
    Ok(lifetimes)
}

fn live_bytes(graph: &Graph, buffers: &[Buffer]) -> Result<Vec<usize>, GraphError> {
    // What begins and what ends at each operator, summed up.
    let times = graph.nodes.len().max(1);
    let mut begins = vec![0_usize; times];
    let mut ends = vec![0_usize; times];
    for buffer in buffers {
        for (sums, time) in [
            (&mut begins, buffer.lifetime.first),
            (&mut ends, buffer.lifetime.last),
        ] {
            if let Some(sum) = sums.get_mut(time) {
                *sum = sum.checked_add(buffer.size).ok_or(GraphError::Memory)?;
            }
        }
    }
    let mut live = 0_usize;
    begins
        .into_iter()
        .zip(ends)
        .map(|(begin, end)| {
            let now = live.checked_add(begin).ok_or(GraphError::Memory)?;
            live = now - end;
            Ok(now)
        })
        .collect()
}

/// The largest first, each at the lowest offset that is free while it is needed.
fn place(mut buffers: Vec<Buffer>) -> Result<Vec<(Buffer, usize)>, GraphError> {
    // Stable: of equal ones, the first tensor comes first.
    buffers.sort_by_key(|buffer| std::cmp::Reverse(buffer.size));
    // In the order of their offsets.
    let mut placed: Vec<(Buffer, usize)> = Vec::with_capacity(buffers.len());
    for buffer in buffers {
        let mut offset = 0_usize;
        for (other, start) in &placed {
            if !other.lifetime.overlaps(buffer.lifetime) {
                continue;
            }
            if offset + buffer.size <= *start {
                break;
            }
            offset = offset.max(start + other.size);
        }
        let end = offset.checked_add(buffer.size);
        if end.is_none_or(|end| end as u64 >= TOO_LARGE) {
            return Err(GraphError::Memory);
        }
        let at = placed.partition_point(|(_, start)| *start <= offset);
        placed.insert(at, (buffer, offset));
    }
    Ok(placed)
}

fn rounded_up(bytes: usize, align: usize) -> Result<usize, GraphError> {
    let rounded = bytes.checked_next_multiple_of(align.max(1));
    rounded
        .filter(|&bytes| (bytes as u64) < TOO_LARGE)
        .ok_or(GraphError::Memory)
}
