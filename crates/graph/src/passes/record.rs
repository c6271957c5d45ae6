//! What a pass did.

use std::fmt;

use crate::{Node, NodeId};

/// Something about one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The operator's place in the graph that the pass was given.
    pub node: NodeId,
    /// TFLite's name of what it does.
    pub op: &'static str,
    /// What was done, or why nothing was.
    pub text: String,
}

/// What a pass did, and what it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What the pass works on, in words.
    pub subject: &'static str,
    /// What it changed.
    pub changes: Vec<Note>,
    /// What it would have changed, had something not stood against it.
    pub left: Vec<Note>,
}

impl Record {
    pub(crate) fn new(subject: &'static str) -> Self {
        Self {
            subject,
            changes: Vec::new(),
            left: Vec::new(),
        }
    }

    pub(crate) fn change(&mut self, id: NodeId, node: &Node, text: impl Into<String>) {
        self.changes.push(note(id, node, text));
    }

    pub(crate) fn leave(&mut self, id: NodeId, node: &Node, text: impl Into<String>) {
        self.left.push(note(id, node, text));
    }
}

fn note(id: NodeId, node: &Node, text: impl Into<String>) -> Note {
    Note {
        node: id,
        op: node.op.name(),
        text: text.into(),
    }
}

impl fmt::Display for Record {
    /// One line each; where nothing was changed, the first says so and why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.changes.len(), self.left.len()) {
            (0, 0) => return writeln!(f, "nothing to do: there are no {}", self.subject),
            (0, left) => writeln!(f, "nothing changed: {left} {} had to stay", self.subject)?,
            (changes, 0) => writeln!(f, "{}: {changes} changes", self.subject)?,
            (changes, left) => writeln!(f, "{}: {changes} changes, {left} left", self.subject)?,
        }
        for Note { node, op, text } in &self.changes {
            writeln!(f, "operator {} ({op}): {text}", node.0)?;
        }
        for Note { node, op, text } in &self.left {
            writeln!(f, "operator {} ({op}) stays: {text}", node.0)?;
        }
        Ok(())
    }
}
