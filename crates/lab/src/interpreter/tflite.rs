//! An interpreter that is used as TFLite's is: first it only knows its tensors, memory it has to be told to
//! allocate.

use octet_engine::{Engine, EngineError, Kernels, Options, TensorInfo, Values};
use octet_graph::{Graph, GraphError, TensorId};

/// An interpreter of one model.
pub(super) struct Interpreter {
    graph: Graph,
    kernels: Kernels,
    engine: Option<Engine>,
}

/// Why a call was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum CallError {
    /// The tensors have no memory yet.
    #[error("NotAllocated: {0} needs memory for the tensors; call allocate_tensors() first")]
    NotAllocated(&'static str),
    /// The engine has refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The graph has refused.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl Interpreter {
    /// `Interpreter(model_content=…)`.
    pub(super) fn new(graph: Graph, kernels: Kernels) -> Self {
        Self {
            graph,
            kernels,
            engine: None,
        }
    }

    /// How many operators the model has.
    pub(super) fn operators(&self) -> usize {
        self.graph.nodes.len()
    }

    /// `allocate_tensors()`; gives the bytes of the arena.
    pub(super) fn allocate_tensors(&mut self) -> Result<usize, CallError> {
        let engine = Engine::new(&self.graph, self.kernels, &Options::default())?;
        let bytes = engine.arena_bytes();
        self.engine = Some(engine);
        Ok(bytes)
    }

    /// `get_input_details()`; needs no memory.
    pub(super) fn input_details(&self) -> Result<TensorInfo, CallError> {
        self.details(self.graph.inputs.first())
    }

    /// `get_output_details()`; needs no memory.
    pub(super) fn output_details(&self) -> Result<TensorInfo, CallError> {
        self.details(self.graph.outputs.first())
    }

    fn details(&self, id: Option<&TensorId>) -> Result<TensorInfo, CallError> {
        let id = *id.ok_or(GraphError::NoTensor(0))?;
        let tensor = self.graph.tensor(id)?;
        Ok(TensorInfo {
            name: tensor.name.clone(),
            id,
            shape: tensor.shape.clone(),
            dtype: tensor.dtype,
            quantization: tensor.quantization.clone(),
        })
    }

    /// `set_tensor(…)` of the first input.
    pub(super) fn set_tensor(&mut self, values: Values<'_>) -> Result<(), CallError> {
        let engine = self.engine.as_mut();
        let engine = engine.ok_or(CallError::NotAllocated("set_tensor()"))?;
        Ok(engine.set_input(0, values)?)
    }

    /// `invoke()`.
    pub(super) fn invoke(&mut self) -> Result<(), CallError> {
        let engine = self.engine.as_mut();
        let engine = engine.ok_or(CallError::NotAllocated("invoke()"))?;
        Ok(engine.invoke()?)
    }

    /// `get_tensor(…)` of the first output.
    pub(super) fn get_tensor(&self) -> Result<Values<'_>, CallError> {
        let engine = self.engine.as_ref();
        let engine = engine.ok_or(CallError::NotAllocated("get_tensor()"))?;
        Ok(engine.output(0)?)
    }

    /// The engine, once there is memory.
    pub(super) fn engine(&self) -> Option<&Engine> {
        self.engine.as_ref()
    }
}
