//! A question file, read and checked.

use super::{
    LATER_CELLS,
    expression::{Expression, Scope},
    fields::Fields,
    template::{self, Words},
};

/// How many values a variable may take; each is in the page.
const MOST_VALUES: f64 = 1000.0;

/// A question.
pub struct Question {
    /// Its name, from the file's.
    pub name: String,
    /// A hash of the file: answers to another version of it are not kept.
    pub fingerprint: u32,
    /// A few words for the review.
    pub title: String,
    /// The cell that teaches it.
    pub after: String,
    /// What is asked.
    pub words: Words,
    /// Why the right answer is right.
    pub explanation: Words,
    /// Where to see it.
    pub link: Link,
    /// What is particular to its form.
    pub form: Form,
}

/// A cell that shows something, and how its parameters must stand.
pub struct Link {
    /// The cell's name.
    pub cell: String,
    /// What the button says.
    pub label: String,
    /// Parameters and their values.
    pub set: Vec<(String, Words)>,
}

/// The four forms.
pub enum Form {
    /// A number.
    Number(Number),
    /// One of many.
    Choice(Vec<Choice>),
    /// Steps to be put in order; here they are.
    Order(Vec<Reasoned>),
    /// Free text with a model answer.
    Text {
        /// The model answer.
        model: Words,
        /// What a good answer says.
        points: Vec<Reasoned>,
    },
}

/// What is particular to a number question.
pub struct Number {
    /// The variables' names.
    pub names: Vec<String>,
    /// The values that each may take.
    pub values: Vec<Vec<f64>>,
    /// The variables of the first try, where they are given.
    pub first: Option<Vec<f64>>,
    /// The right answer.
    pub answer: Expression,
    /// How far from it is still right.
    pub tolerance: f64,
    /// Whether the tolerance is a part of the answer.
    pub is_relative: bool,
    /// What the number counts; empty where it is a pure number.
    pub unit: String,
    /// Known mistakes.
    pub mistakes: Vec<Mistake>,
}

/// A wrong number that people arrive at.
pub struct Mistake {
    /// The number.
    pub answer: Expression,
    /// What went wrong.
    pub why: Words,
    /// Where to see it, if not where the question's link leads.
    pub link: Option<Link>,
}

/// An answer to choose.
pub struct Choice {
    /// The answer.
    pub text: Words,
    /// What is wrong with it; nothing where it is right.
    pub why: Option<Words>,
    /// Where to see it, if not where the question's link leads.
    pub link: Option<Link>,
}

/// A step or a point, and why.
pub struct Reasoned {
    /// What it says.
    pub text: Words,
    /// Why it belongs there.
    pub why: Words,
}

impl Question {
    /// Reads a question file. `cells` are the cells of the notebook.
    pub fn read(name: &str, text: &str, cells: &[&str]) -> Result<Self, String> {
        let mut fields = Fields::new(text)?;
        let form = fields.text("form")?;
        let after = fields.text("after")?;
        if !cells.contains(&after.as_str()) {
            return Err(unknown_cell(&fields, "after", &after, cells));
        }
        let title = fields.text("title")?;
        let number = match form.as_str() {
            "number" => Some(Number::read(&mut fields)?),
            _ => None,
        };
        let scope = number.as_ref().map(Number::scope).unwrap_or_default();
        let words = words(&mut fields, "question", scope, template::block)?;
        let explanation = words_of(&mut fields, "explanation", scope)?;
        let link = Link::read(&mut fields, scope, cells)?
            .ok_or_else(|| fields.wrong("link", "is missing: which cell shows it?"))?;
        let form = match (form.as_str(), number) {
            (_, Some(mut number)) => {
                number.mistakes = mistakes(&mut fields, number.scope(), cells)?;
                Form::Number(number)
            }
            ("choice", _) => Form::Choice(choices(&mut fields, cells)?),
            ("order", _) => Form::Order(reasoned(&mut fields, "steps", 3)?),
            ("text", _) => Form::Text {
                model: words_of(&mut fields, "model_answer", Scope::default())?,
                points: reasoned(&mut fields, "points", 2)?,
            },
            _ => {
                let problem = format!("“{form}” is none of number, choice, order, text");
                return Err(fields.wrong("form", &problem));
            }
        };
        fields.finish()?;
        Ok(Self {
            name: name.to_owned(),
            fingerprint: fingerprint(text),
            title,
            after,
            words,
            explanation,
            link,
            form,
        })
    }
}

impl Number {
    /// Reads everything but the mistakes, which may name the answer.
    fn read(fields: &mut Fields) -> Result<Self, String> {
        let mut draw = fields
            .table_if_any("draw")?
            .ok_or_else(|| fields.wrong("draw", "is missing: which numbers does it draw?"))?;
        let names = draw.names();
        if names.is_empty() {
            return Err(fields.wrong("draw", "draws nothing; add a table such as `[draw.scale]`"));
        }
        let mut values = Vec::new();
        for name in &names {
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if name == "answer"
                || !name.starts_with(|c: char| c.is_ascii_lowercase())
                || !name.chars().all(is_name)
            {
                return Err(draw.wrong(
                    name,
                    "a variable's name has small letters, digits and _ \
                                             in it, begins with a letter and is not “answer”",
                ));
            }
            if let Some(table) = draw.table_if_any(name)? {
                values.push(grid(table)?);
            }
        }
        let first = fields.table_if_any("first")?;
        let first = first.map(|first| read_first(first, &names)).transpose()?;
        let text = fields.text("answer")?;
        let scope = Scope {
            names: &names,
            answer: None,
        };
        let answer =
            Expression::parse(&text, scope).map_err(|error| fields.wrong("answer", &error))?;
        let absolute = fields.number_if_any("tolerance")?;
        let relative = fields.number_if_any("relative_tolerance")?;
        let (tolerance, is_relative) = match (absolute, relative) {
            (Some(tolerance), None) => (tolerance, false),
            (None, Some(tolerance)) => (tolerance, true),
            _ => {
                let problem = "give either this or `relative_tolerance`";
                return Err(fields.wrong("tolerance", problem));
            }
        };
        if tolerance < 0.0 {
            return Err(fields.wrong("tolerance", "must not be negative"));
        }
        Ok(Self {
            values,
            first,
            answer,
            tolerance,
            is_relative,
            unit: fields.text_if_any("unit")?.unwrap_or_default(),
            mistakes: Vec::new(),
            names,
        })
    }

    /// What its formulas may name.
    fn scope(&self) -> Scope<'_> {
        Scope {
            names: &self.names,
            answer: Some(&self.answer),
        }
    }
}

/// The values of a variable: listed, or from one number to another in steps.
fn grid(mut fields: Fields) -> Result<Vec<f64>, String> {
    if let Some(values) = fields.numbers_if_any("values")? {
        if values.is_empty() {
            return Err(fields.wrong("values", "is empty"));
        }
        fields.finish()?;
        return Ok(values);
    }
    let (from, to) = (fields.number("from")?, fields.number("to")?);
    let step = fields.number("step")?;
    if step <= 0.0 {
        return Err(fields.wrong("step", "must be above 0"));
    }
    if to < from {
        return Err(fields.wrong("to", "must not be below `from`"));
    }
    // A last step that binary fractions have made a hair too short still counts.
    let steps = ((to - from) / step + 1e-6).floor();
    if steps >= MOST_VALUES {
        return Err(fields.wrong("step", "makes more than 1,000 values; choose a larger one"));
    }
    fields.finish()?;
    // 0.1 + 2 · 0.1 is not quite 0.3; people are shown and store 0.3.
    let tidy = |value: f64| (value * 1e9).round() / 1e9;
    Ok((0..=steps as u32)
        .map(|i| tidy(from + f64::from(i) * step))
        .collect())
}

fn read_first(mut fields: Fields, names: &[String]) -> Result<Vec<f64>, String> {
    let values = names
        .iter()
        .map(|name| fields.number(name))
        .collect::<Result<_, _>>()?;
    fields.finish()?;
    Ok(values)
}

impl Link {
    fn read(fields: &mut Fields, scope: Scope<'_>, cells: &[&str]) -> Result<Option<Self>, String> {
        let link = fields.table_if_any("link")?;
        link.map(|fields| Self::of(fields, scope, cells))
            .transpose()
    }

    /// Reads a link from its own fields.
    pub fn of(mut fields: Fields, scope: Scope<'_>, cells: &[&str]) -> Result<Self, String> {
        let cell = fields.text("cell")?;
        if !cells.contains(&cell.as_str()) && !LATER_CELLS.contains(&cell.as_str()) {
            return Err(unknown_cell(&fields, "cell", &cell, cells));
        }
        let label = fields.text("label")?;
        let mut set = Vec::new();
        if let Some(mut values) = fields.table_if_any("set")? {
            for name in values.names() {
                let value = words(&mut values, &name, scope, template::plain)?;
                set.push((name, value));
            }
        }
        fields.finish()?;
        Ok(Self { cell, label, set })
    }
}

fn unknown_cell(fields: &Fields, field: &str, cell: &str, cells: &[&str]) -> String {
    let problem = format!("there is no cell “{cell}”; there are: {}", cells.join(", "));
    fields.wrong(field, &problem)
}

fn mistakes(fields: &mut Fields, scope: Scope<'_>, cells: &[&str]) -> Result<Vec<Mistake>, String> {
    let mut mistakes = Vec::new();
    for mut fields in fields.tables("mistakes", 1)? {
        let text = fields.text("answer")?;
        mistakes.push(Mistake {
            answer: Expression::parse(&text, scope)
                .map_err(|error| fields.wrong("answer", &error))?,
            why: words_of(&mut fields, "why", scope)?,
            link: Link::read(&mut fields, scope, cells)?,
        });
        fields.finish()?;
    }
    Ok(mistakes)
}

fn choices(fields: &mut Fields, cells: &[&str]) -> Result<Vec<Choice>, String> {
    let scope = Scope::default();
    let mut choices: Vec<Choice> = Vec::new();
    for mut option in fields.tables("options", 2)? {
        let text = words(&mut option, "text", scope, template::line)?;
        if choices.iter().any(|other| other.text == text) {
            return Err(option.wrong("text", "another option says the same"));
        }
        let is_right = option.flag("right")?;
        let why = option.text_if_any("why")?;
        let why = match (is_right, why) {
            (true, None) => None,
            (false, Some(why)) => {
                Some(template::block(&why, scope).map_err(|error| option.wrong("why", &error))?)
            }
            (true, Some(_)) => {
                let problem = "the right option has none; say it in `explanation`";
                return Err(option.wrong("why", problem));
            }
            (false, None) => {
                let problem =
                    "is missing: what is wrong with this option? (Or is it `right = true`?)";
                return Err(option.wrong("why", problem));
            }
        };
        choices.push(Choice {
            text,
            why,
            link: Link::read(&mut option, scope, cells)?,
        });
        option.finish()?;
    }
    let right = choices.iter().filter(|choice| choice.why.is_none()).count();
    if right != 1 {
        let problem = format!("exactly one must have `right = true`, not {right}");
        return Err(fields.wrong("options", &problem));
    }
    Ok(choices)
}

fn reasoned(fields: &mut Fields, name: &str, least: usize) -> Result<Vec<Reasoned>, String> {
    let mut all: Vec<Reasoned> = Vec::new();
    for mut fields in fields.tables(name, least)? {
        let text = words(&mut fields, "text", Scope::default(), template::line)?;
        if all.iter().any(|other| other.text == text) {
            return Err(fields.wrong("text", &format!("another of the {name} says the same")));
        }
        let why = words_of(&mut fields, "why", Scope::default())?;
        all.push(Reasoned { text, why });
        fields.finish()?;
    }
    Ok(all)
}

fn words_of(fields: &mut Fields, name: &str, scope: Scope<'_>) -> Result<Words, String> {
    words(fields, name, scope, template::block)
}

fn words(
    fields: &mut Fields,
    name: &str,
    scope: Scope<'_>,
    render: fn(&str, Scope<'_>) -> Result<Words, String>,
) -> Result<Words, String> {
    let text = fields.text(name)?;
    render(&text, scope).map_err(|error| fields.wrong(name, &error))
}

/// FNV-1a.
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
