//! A graph made ready to run.

use octet_graph::{DType, Graph, NodeId, TensorId};

use crate::arena::{Arena, Io};
use crate::plan::{Plan, Storage};
use crate::step::Step;
use crate::{EngineError, Kernels, TensorInfo, Values};

/// How an engine is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The most that activations and working memory may take, in bytes.
    pub arena_limit: usize,
    /// Whether each tensor keeps its memory until the next run, so that [`Engine::tensor`] can read it; as
    /// TFLite's `experimental_preserve_all_tensors`.
    pub keep_all_tensors: bool,
}

impl Default for Options {
    /// 512 MiB; memory is shared.
    fn default() -> Self {
        Self {
            arena_limit: 512 << 20,
            keep_all_tensors: false,
        }
    }
}

/// A graph made ready to run. It holds what the kernels need of the constants, and one block of memory for
/// everything else; running allocates nothing.
#[derive(Debug)]
pub struct Engine {
    steps: Vec<Step>,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
    tensors: Vec<Storage>,
    arena: Arena,
    weights_bytes: usize,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub struct StepInfo {
    /// TFLite's name of the operator.
    pub operator: &'static str,
    /// The operator's place in the graph.
    pub node: NodeId,
    /// What it writes.
    pub output: TensorInfo,
    /// Products that are added up, those with padding included; 0 for operators that are not made of such.
    pub macs: u64,
}

impl Engine {
    /// Checks the graph, prepares its operators and allocates the memory.
    ///
    /// # Errors
    /// [`EngineError::Graph`] where the graph is not well-formed, [`EngineError::Operator`] where an operator
    /// can't be run, [`EngineError::ArenaTooLarge`], [`EngineError::OutOfMemory`].
    pub fn new(graph: &Graph, kernels: Kernels, options: &Options) -> Result<Self, EngineError> {
        Self::consuming(graph.clone(), kernels, options)
    }

    /// The same, and the graph's constants are given back one by one as kernels pack them, so that weights are
    /// hardly ever there twice. (Constants are shared: only if nobody else has them.)
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn consuming(
        mut graph: Graph,
        kernels: Kernels,
        options: &Options,
    ) -> Result<Self, EngineError> {
        graph.validate()?;
        let plan = Plan::new(&mut graph, kernels, options)?;
        let info = |ids: &[TensorId]| {
            let infos = ids
                .iter()
                .map(|&id| Ok(TensorInfo::new(id, graph.tensor(id)?)));
            infos.collect::<Result<_, EngineError>>()
        };
        Ok(Self {
            inputs: info(&graph.inputs)?,
            outputs: info(&graph.outputs)?,
            weights_bytes: plan
                .steps
                .iter()
                .map(|step| step.kernel.weights_bytes())
                .sum(),
            steps: plan.steps,
            tensors: plan.tensors,
            arena: Arena::new(plan.arena_bytes)?,
        })
    }

    /// The same with all tensors kept: [`Engine::tensor`] then reads any of them after a run.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn with_all_tensors_kept(graph: &Graph, kernels: Kernels) -> Result<Self, EngineError> {
        let options = Options {
            keep_all_tensors: true,
            ..Options::default()
        };
        Self::new(graph, kernels, &options)
    }

    /// What is put in.
    pub fn inputs(&self) -> &[TensorInfo] {
        &self.inputs
    }

    /// What comes out.
    pub fn outputs(&self) -> &[TensorInfo] {
        &self.outputs
    }

    /// Size of the block of memory that activations and working memory share.
    pub fn arena_bytes(&self) -> usize {
        self.arena.len()
    }

    /// Bytes of weights, biases, multipliers and tables that the kernels hold.
    pub fn weights_bytes(&self) -> usize {
        self.weights_bytes
    }

    /// Puts numbers in. They stay until others are put in.
    ///
    /// # Errors
    /// [`EngineError::NoInput`], [`EngineError::Type`], [`EngineError::Length`].
    pub fn set_input(&mut self, input: usize, values: Values<'_>) -> Result<(), EngineError> {
        let info = self.input_info(input)?;
        if values.dtype() != info.dtype {
            return Err(wrong_type(info, values.dtype()));
        }
        if values.len() != info.elements() {
            return Err(EngineError::Length {
                tensor: info.name.clone(),
                expected: info.elements(),
                given: values.len(),
            });
        }
        let bytes = values.bytes();
        self.input_bytes(input, values.dtype())?
            .copy_from_slice(bytes);
        Ok(())
    }

    /// An input's float32 numbers, to be written in place.
    ///
    /// # Errors
    /// [`EngineError::NoInput`], [`EngineError::Type`].
    pub fn input_f32_mut(&mut self, input: usize) -> Result<&mut [f32], EngineError> {
        let bytes = self.input_bytes(input, DType::Float32)?;
        Ok(bytemuck::cast_slice_mut(bytes))
    }

    /// An input's int8 numbers, to be written in place.
    ///
    /// # Errors
    /// [`EngineError::NoInput`], [`EngineError::Type`].
    pub fn input_i8_mut(&mut self, input: usize) -> Result<&mut [i8], EngineError> {
        let bytes = self.input_bytes(input, DType::Int8)?;
        Ok(bytemuck::cast_slice_mut(bytes))
    }

    /// An input's uint8 numbers, to be written in place.
    ///
    /// # Errors
    /// [`EngineError::NoInput`], [`EngineError::Type`].
    pub fn input_u8_mut(&mut self, input: usize) -> Result<&mut [u8], EngineError> {
        self.input_bytes(input, DType::Uint8)
    }

    fn input_info(&self, input: usize) -> Result<&TensorInfo, EngineError> {
        self.inputs.get(input).ok_or(EngineError::NoInput {
            index: input,
            count: self.inputs.len(),
        })
    }

    fn input_bytes(&mut self, input: usize, dtype: DType) -> Result<&mut [u8], EngineError> {
        let info = self.input_info(input)?;
        if info.dtype != dtype {
            return Err(wrong_type(info, dtype));
        }
        let id = info.id.0;
        match self.tensors.get(id) {
            Some(Storage::Arena(_, range)) => self.arena.bytes_mut().get_mut(range.clone()),
            _ => None,
        }
        .ok_or(EngineError::NotKept(id))
    }

    /// Runs all steps.
    ///
    /// # Errors
    /// [`EngineError::Layout`], a mistake of this crate's.
    pub fn invoke(&mut self) -> Result<(), EngineError> {
        (0..self.steps.len()).try_for_each(|step| self.invoke_step(step))
    }

    /// How many steps a run has: one for each operator but those that are part of another's step.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Runs one step. Run in order, all of them are a run of the network.
    ///
    /// # Errors
    /// [`EngineError::NoStep`], or [`EngineError::Layout`], a mistake of this crate's.
    pub fn invoke_step(&mut self, step: usize) -> Result<(), EngineError> {
        let count = self.steps.len();
        let step = self
            .steps
            .get(step)
            .ok_or(EngineError::NoStep { index: step, count })?;
        let mut io = Io {
            arena: self.arena.bytes_mut(),
            inputs: &step.inputs,
            output: &step.output,
            scratch: &step.scratch,
        };
        step.kernel.run(&mut io).ok_or(EngineError::Layout {
            index: step.node.0,
            name: step.name,
        })
    }

    /// What a step does.
    ///
    /// # Errors
    /// [`EngineError::NoStep`].
    pub fn step_info(&self, step: usize) -> Result<StepInfo, EngineError> {
        let count = self.steps.len();
        let step = self
            .steps
            .get(step)
            .ok_or(EngineError::NoStep { index: step, count })?;
        Ok(StepInfo {
            operator: step.name,
            node: step.node,
            output: step.output_tensor.clone(),
            macs: step.macs,
        })
    }

    /// An output's numbers. Before the first run they are 0.
    ///
    /// # Errors
    /// [`EngineError::NoOutput`].
    pub fn output(&self, output: usize) -> Result<Values<'_>, EngineError> {
        let info = self.outputs.get(output).ok_or(EngineError::NoOutput {
            index: output,
            count: self.outputs.len(),
        })?;
        self.tensor(info.id)
    }

    /// An output's float32 numbers.
    ///
    /// # Errors
    /// [`EngineError::NoOutput`], [`EngineError::Type`].
    pub fn output_f32(&self, output: usize) -> Result<&[f32], EngineError> {
        match self.output(output)? {
            Values::Float32(values) => Ok(values),
            _ => Err(wrong_type(&self.outputs[output], DType::Float32)),
        }
    }

    /// An output's int8 numbers.
    ///
    /// # Errors
    /// [`EngineError::NoOutput`], [`EngineError::Type`].
    pub fn output_i8(&self, output: usize) -> Result<&[i8], EngineError> {
        match self.output(output)? {
            Values::Int8(values) => Ok(values),
            _ => Err(wrong_type(&self.outputs[output], DType::Int8)),
        }
    }

    /// An output's uint8 numbers.
    ///
    /// # Errors
    /// [`EngineError::NoOutput`], [`EngineError::Type`].
    pub fn output_u8(&self, output: usize) -> Result<&[u8], EngineError> {
        match self.output(output)? {
            Values::Uint8(values) => Ok(values),
            _ => Err(wrong_type(&self.outputs[output], DType::Uint8)),
        }
    }

    /// The numbers of any tensor that still has its memory: inputs and outputs of the network, and all others
    /// where [`Options::keep_all_tensors`] is set.
    ///
    /// # Errors
    /// [`EngineError::NotKept`].
    pub fn tensor(&self, id: TensorId) -> Result<Values<'_>, EngineError> {
        match self.tensors.get(id.0) {
            Some(Storage::Arena(dtype, range)) => {
                let bytes = self.arena.bytes().get(range.clone());
                bytes.and_then(|bytes| Values::from_bytes(*dtype, bytes))
            }
            Some(Storage::Constant(constant)) => Some(Values::from(constant)),
            Some(Storage::Gone) | None => None,
        }
        .ok_or(EngineError::NotKept(id.0))
    }
}

fn wrong_type(info: &TensorInfo, given: DType) -> EngineError {
    EngineError::Type {
        tensor: info.name.clone(),
        expected: info.dtype,
        given,
    }
}
