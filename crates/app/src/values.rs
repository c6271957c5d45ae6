//! The values of a cell's parameters.

use crate::{
    cells::{CellId, Control},
    storage,
};

/// A value for each of a cell's parameters.
pub struct Values {
    cell: CellId,
    values: Vec<String>,
}

impl Values {
    /// The defaults.
    pub fn new(cell: CellId) -> Self {
        let values = cell
            .spec()
            .controls
            .iter()
            .map(|control| control.default().to_owned());
        Self {
            cell,
            values: values.collect(),
        }
    }

    /// What the browser remembers, where it can still be used.
    pub fn remembered(cell: CellId) -> Self {
        let mut values = Self::new(cell);
        for (control, value) in cell.spec().controls.iter().zip(&mut values.values) {
            if let Some(kept) =
                storage::get(&key(cell, control)).filter(|kept| control.accepts(kept))
            {
                *value = kept;
            }
        }
        values
    }

    /// A parameter's value; empty where the cell has no such parameter.
    pub fn get(&self, name: &str) -> String {
        self.place(name)
            .map(|place| self.values[place].clone())
            .unwrap_or_default()
    }

    /// Sets a parameter. Says whether it was another value before.
    pub fn set(&mut self, name: &str, value: &str) -> bool {
        let Some(place) = self.place(name) else {
            return false;
        };
        if self.values[place] == value {
            return false;
        }
        value.clone_into(&mut self.values[place]);
        true
    }

    /// Has the browser remember a parameter, where its value can be used.
    pub fn remember(&self, name: &str) {
        let Some(place) = self.place(name) else {
            return;
        };
        let (control, value) = (&self.cell.spec().controls[place], &self.values[place]);
        if control.accepts(value) {
            storage::set(&key(self.cell, control), value);
        }
    }

    /// Whether the reader has changed nothing.
    pub fn are_default(&self) -> bool {
        let controls = self.cell.spec().controls;
        controls
            .iter()
            .zip(&self.values)
            .all(|(control, value)| control.default() == value)
    }

    /// Back to the defaults, and forgotten by the browser.
    pub fn reset(&mut self) {
        for control in self.cell.spec().controls {
            storage::remove(&key(self.cell, control));
        }
        *self = Self::new(self.cell);
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.cell
            .spec()
            .controls
            .iter()
            .position(|control| control.name == name)
    }
}

fn key(cell: CellId, control: &Control) -> String {
    format!("{}.{}", cell.name(), control.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_with_the_defaults() {
        let values = Values::new(CellId::Inference);
        assert_eq!(values.get("runs"), "3");
        assert_eq!(values.get("nonsense"), "");
        assert!(values.are_default());
    }

    #[test]
    fn every_default_makes_a_request() {
        for cell in CellId::ALL {
            assert!((cell.spec().request)(&Values::new(cell)).is_ok());
        }
    }
}
