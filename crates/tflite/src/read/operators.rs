//! Operators in their order.

use std::collections::HashMap;

use octet_graph::{Node, Tensor, TensorId};

use super::options::{self, Refusal};
use super::{count, optional_ids};
use crate::builtin_names::builtin_name;
use crate::flat::Table;
use crate::schema::{builtin, model, operator, operator_code, subgraph};
use crate::{TfliteError, Unsupported};

/// An operator as the file has it.
struct Raw<'a> {
    table: Table<'a>,
    code: usize,
    inputs: Vec<Option<TensorId>>,
    outputs: Vec<Option<TensorId>>,
}

/// Which operator, in which version.
struct Code {
    builtin: i32,
    version: i32,
    name: String,
}

/// One kind of operator in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorKind {
    /// TFLite's name, or the custom operator's.
    pub name: String,
    /// The version that the file asks for.
    pub version: i32,
    /// How many of them there are.
    pub count: usize,
}

/// Counts the operators, kind by kind, in the order in which the file first uses them.
pub(super) fn kinds(root: &Table<'_>, main: &Table<'_>) -> Result<Vec<OperatorKind>, TfliteError> {
    let codes = codes(root)?;
    // Which tensors they read and write does not matter here.
    let tables = main.tables(subgraph::OPERATORS)?;
    count(tables.len(), "operators")?;
    let mut kinds: Vec<OperatorKind> = Vec::new();
    let mut places: HashMap<(&str, i32), usize> = HashMap::new();
    for (index, table) in tables.iter().enumerate() {
        let code = code_of(&table?, index, codes.len())?;
        let Some(Code { name, version, .. }) = codes.get(code) else {
            continue;
        };
        let place = *places.entry((name, *version)).or_insert(kinds.len());
        match kinds.get_mut(place) {
            Some(kind) => kind.count += 1,
            None => kinds.push(OperatorKind {
                name: name.clone(),
                version: *version,
                count: 1,
            }),
        }
    }
    Ok(kinds)
}

/// Reads all operators. What is not supported is added to the list and left out.
pub(super) fn read(
    root: &Table<'_>,
    main: &Table<'_>,
    tensors: &[Tensor],
    unsupported: &mut Vec<Unsupported>,
) -> Result<Vec<Node>, TfliteError> {
    let codes = codes(root)?;
    let raws = raws(main, &codes, tensors.len())?;
    let live = live(&raws, &codes, main, tensors.len())?;
    let mut nodes = Vec::with_capacity(raws.len());
    for (index, raw) in raws.into_iter().enumerate() {
        let Some(code) = codes.get(raw.code) else {
            continue;
        };
        if live.dropped.get(index) == Some(&true) {
            continue;
        }
        let reads: Vec<Option<&Tensor>> = raw
            .inputs
            .iter()
            .map(|id| id.and_then(|id| tensors.get(id.0)))
            .collect();
        match options::read(&raw.table, code.builtin, code.version, &reads) {
            Ok(op) => {
                let &[Some(output)] = raw.outputs.as_slice() else {
                    return Err(TfliteError::Damaged(format!(
                        "operator {index} ({}) writes {} tensors instead of one",
                        code.name,
                        raw.outputs.len()
                    )));
                };
                let mut inputs = raw.inputs;
                let shape_alone = match code.builtin {
                    builtin::RESHAPE => live.computed_shape(&inputs),
                    builtin::EXPAND_DIMS => true,
                    _ => false,
                };
                if shape_alone {
                    inputs.truncate(1);
                }
                nodes.push(Node { op, inputs, output });
            }
            Err(Refusal::Operator) => unsupported.push(Unsupported::Operator {
                index,
                name: code.name.clone(),
                version: code.version,
            }),
            Err(Refusal::Option(name, what)) => {
                unsupported.push(Unsupported::Option { index, name, what });
            }
            Err(Refusal::Error(TfliteError::Damaged(what))) => {
                return Err(TfliteError::Damaged(format!("operator {index}: {what}")));
            }
            Err(Refusal::Error(error)) => return Err(error),
        }
    }
    Ok(nodes)
}

fn codes(root: &Table<'_>) -> Result<Vec<Code>, TfliteError> {
    let tables = root.tables(model::OPERATOR_CODES)?;
    count(tables.len(), "kinds of operators")?;
    tables
        .iter()
        .map(|table| {
            let table = table?;
            // Old files have the one-byte field alone; new ones have both, and 127 in the byte where it is too
            // small. As LiteRT does, the larger counts.
            let old = table.i8(operator_code::DEPRECATED_BUILTIN_CODE)?;
            let builtin = table.i32(operator_code::BUILTIN_CODE, 0)?.max(old.into());
            let name = if builtin == builtin::CUSTOM {
                let custom = table.string(operator_code::CUSTOM_CODE)?;
                let shown: String = custom.chars().take(80).collect();
                format!("the custom operator “{shown}”")
            } else {
                builtin_name(builtin)
            };
            Ok(Code {
                builtin,
                version: table.i32(operator_code::VERSION, 1)?,
                name,
            })
        })
        .collect()
}

fn raws<'a>(main: &Table<'a>, codes: &[Code], tensors: usize) -> Result<Vec<Raw<'a>>, TfliteError> {
    let tables = main.tables(subgraph::OPERATORS)?;
    count(tables.len(), "operators")?;
    tables
        .iter()
        .enumerate()
        .map(|(index, table)| {
            let table = table?;
            let code = code_of(&table, index, codes.len())?;
            let whose = format!("operator {index}’s inputs or outputs");
            Ok(Raw {
                table,
                code,
                inputs: optional_ids(&table, operator::INPUTS, tensors, &whose)?,
                outputs: optional_ids(&table, operator::OUTPUTS, tensors, &whose)?,
            })
        })
        .collect()
}

/// An operator's place in the list of kinds, which has so many.
fn code_of(table: &Table<'_>, index: usize, codes: usize) -> Result<usize, TfliteError> {
    let number = table.u32(operator::OPCODE_INDEX)?;
    usize::try_from(number)
        .ok()
        .filter(|&code| code < codes)
        .ok_or_else(|| {
            TfliteError::Damaged(format!(
                "operator {index} is of kind {number}, of {codes} kinds"
            ))
        })
}

/// Which operators have nothing to do where shapes are fixed.
struct Live {
    /// For each operator, whether it is left out.
    dropped: Vec<bool>,
    /// For each tensor, whether one of those writes it.
    gone: Vec<bool>,
}

impl Live {
    /// Whether the shape among a RESHAPE's inputs comes from an operator that is left out.
    fn computed_shape(&self, inputs: &[Option<TensorId>]) -> bool {
        matches!(inputs, [_, Some(shape), ..] if self.gone.get(shape.0) == Some(&true))
    }
}

/// Finds the operators that only compute the new shape of a RESHAPE: not supported, or reading from one that is left
/// out, and nothing else needs what they write.
fn live(
    raws: &[Raw<'_>],
    codes: &[Code],
    main: &Table<'_>,
    tensors: usize,
) -> Result<Live, TfliteError> {
    let builtin = |raw: &Raw<'_>| codes.get(raw.code).map(|code| code.builtin);
    let mut needed = vec![false; tensors];
    let outputs = optional_ids(main, subgraph::OUTPUTS, tensors, "the model’s outputs")?;
    mark(&mut needed, &outputs);
    let mut idle = vec![false; raws.len()];
    for (idle, raw) in idle.iter_mut().zip(raws).rev() {
        *idle = !any(&needed, &raw.outputs);
        if *idle {
            continue;
        }
        let reads = if builtin(raw) == Some(builtin::RESHAPE) {
            raw.inputs.get(..1).unwrap_or_default()
        } else {
            raw.inputs.as_slice()
        };
        mark(&mut needed, reads);
    }
    let mut gone = vec![false; tensors];
    let mut dropped = vec![false; raws.len()];
    for ((dropped, raw), idle) in dropped.iter_mut().zip(raws).zip(idle) {
        let reads_gone = any(&gone, &raw.inputs);
        let unknown = !builtin(raw).is_some_and(options::known);
        *dropped = idle && (unknown || reads_gone);
        if *dropped {
            mark(&mut gone, &raw.outputs);
        }
    }
    Ok(Live { dropped, gone })
}

fn mark(flags: &mut [bool], ids: &[Option<TensorId>]) {
    for id in ids.iter().flatten() {
        if let Some(flag) = flags.get_mut(id.0) {
            *flag = true;
        }
    }
}

fn any(flags: &[bool], ids: &[Option<TensorId>]) -> bool {
    ids.iter()
        .flatten()
        .any(|id| flags.get(id.0) == Some(&true))
}
