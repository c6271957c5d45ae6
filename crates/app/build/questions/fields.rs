//! The fields of a question file, taken one by one, so that an error can name the field and what to do.

use toml::{Table, Value};

/// A table of a file.
pub struct Fields {
    table: Table,
    /// What stands before a field's name in an error: `options 2, `.
    place: String,
}

impl Fields {
    /// The fields of a whole file.
    pub fn new(text: &str) -> Result<Self, String> {
        let table = text
            .parse()
            .map_err(|error: toml::de::Error| format!("is no TOML: {error}"))?;
        Ok(Self {
            table,
            place: String::new(),
        })
    }

    /// An error about a field.
    pub fn wrong(&self, name: &str, problem: &str) -> String {
        format!("{}field `{name}`: {problem}", self.place)
    }

    /// A text that must be there.
    pub fn text(&mut self, name: &str) -> Result<String, String> {
        self.text_if_any(name)?
            .ok_or_else(|| self.wrong(name, "is missing"))
    }

    /// A text that may be there. It must not be empty.
    pub fn text_if_any(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.table.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => {
                Err(self.wrong(name, "is empty"))
            }
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "must be text in quotation marks")),
        }
    }

    /// A number that may be there.
    pub fn number_if_any(&mut self, name: &str) -> Result<Option<f64>, String> {
        let number = match self.table.remove(name) {
            None => return Ok(None),
            Some(value) => number(&value),
        };
        number
            .map(Some)
            .ok_or_else(|| self.wrong(name, "must be a number"))
    }

    /// A number that must be there.
    pub fn number(&mut self, name: &str) -> Result<f64, String> {
        self.number_if_any(name)?
            .ok_or_else(|| self.wrong(name, "is missing"))
    }

    /// A list of numbers that may be there.
    pub fn numbers_if_any(&mut self, name: &str) -> Result<Option<Vec<f64>>, String> {
        let numbers = match self.table.remove(name) {
            None => return Ok(None),
            Some(Value::Array(values)) => values.iter().map(number).collect(),
            Some(_) => None,
        };
        let is_wrong = || self.wrong(name, "must be a list of numbers in square brackets");
        numbers.map(Some).ok_or_else(is_wrong)
    }

    /// Whether `name = true` is there.
    pub fn flag(&mut self, name: &str) -> Result<bool, String> {
        match self.table.remove(name) {
            None => Ok(false),
            Some(Value::Boolean(is)) => Ok(is),
            Some(_) => Err(self.wrong(name, "must be `true` or left out")),
        }
    }

    /// A table that may be there.
    pub fn table_if_any(&mut self, name: &str) -> Result<Option<Self>, String> {
        match self.table.remove(name) {
            None => Ok(None),
            Some(Value::Table(table)) => Ok(Some(Self {
                table,
                place: format!("{}{name}, ", self.place),
            })),
            Some(_) => Err(self.wrong(name, &format!("must be a table: `[{name}]`"))),
        }
    }

    /// A list of tables; at least `least` of them.
    pub fn tables(&mut self, name: &str, least: usize) -> Result<Vec<Self>, String> {
        let values = match self.table.remove(name) {
            None => Vec::new(),
            Some(Value::Array(values)) => values,
            Some(_) => return Err(self.wrong(name, &format!("must be tables: `[[{name}]]`"))),
        };
        if values.len() < least {
            let problem = format!("there must be at least {least} tables `[[{name}]]`");
            return Err(self.wrong(name, &problem));
        }
        let mut tables = Vec::new();
        for (i, value) in values.into_iter().enumerate() {
            let Value::Table(table) = value else {
                return Err(self.wrong(name, &format!("must be tables: `[[{name}]]`")));
            };
            tables.push(Self {
                table,
                place: format!("{}{name} {}, ", self.place, i + 1),
            });
        }
        Ok(tables)
    }

    /// The names of the fields that are left, in the alphabet's order.
    pub fn names(&self) -> Vec<String> {
        self.table.keys().cloned().collect()
    }

    /// An error where a field is left that nobody has asked for.
    pub fn finish(self) -> Result<(), String> {
        match self.table.keys().next() {
            None => Ok(()),
            Some(name) => Err(self.wrong(
                name,
                "is not known here; it may be misspelt, or belong to another form or table",
            )),
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) if number.is_finite() => Some(*number),
        _ => None,
    }
}
