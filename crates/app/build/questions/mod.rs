//! Turns the question files (`www/questions/*.toml`) and the decision tree (`www/troubleshoot.toml`) into Rust, and says
//! what is wrong with them.

mod draws;
mod expression;
mod fields;
mod question;
mod template;
pub mod tree;
mod write;

#[cfg(test)]
mod tests;

use std::{fs, path::Path};

use question::Question;

/// Cells that later chapters bring. A link to one of them shows once the cell is there.
pub const LATER_CELLS: &[&str] = &[
    "train",
    "ptq",
    "draw",
    "qat",
    "tradeoff",
    "pytorch",
    "regression",
];

/// Prose that belongs to no cell.
const NOT_CELLS: [&str; 6] = [
    "intro",
    "breaks",
    "integers",
    "laboratory",
    "takeaways",
    "training",
];

/// Reads every question file in a folder and gives them as one Rust expression.
///
/// `prose` names the notebook's texts, each of which but a few belongs to the cell of its name. The errors
/// are one for each file that cannot be used.
pub fn compile(folder: &Path, prose: &[&'static str]) -> Result<String, Vec<String>> {
    let cells = cells_among(prose);
    let unreadable = |error| vec![format!("cannot read {}: {error}", folder.display())];
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    files.sort();

    let mut questions: Vec<Question> = Vec::new();
    let mut errors = Vec::new();
    for path in &files {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let read = fs::read_to_string(path)
            .map_err(|error| format!("cannot be read: {error}"))
            .and_then(|text| read(&file, &text, &cells));
        match read {
            Ok(question) if questions.iter().any(|other| other.name == question.name) => errors
                .push(format!(
                    "www/questions/{file}: there is another question named “{}”; rename this file",
                    question.name
                )),
            Ok(question) => questions.push(question),
            Err(error) => errors.push(format!("www/questions/{file}: {error}")),
        }
    }
    if errors.is_empty() {
        Ok(write::all(&questions))
    } else {
        Err(errors)
    }
}

/// The texts that belong to cells.
fn cells_among(prose: &[&'static str]) -> Vec<&'static str> {
    let is_cell = |name: &&str| !NOT_CELLS.contains(name);
    prose.iter().copied().filter(is_cell).collect()
}

/// Reads and checks one question file.
fn read(file: &str, text: &str, cells: &[&str]) -> Result<Question, String> {
    let question = Question::read(name_of(file)?, text, cells)?;
    draws::check(&question)?;
    Ok(question)
}

/// `half-step` of `08-half-step.toml`. The number is the place in the folder and nothing else.
fn name_of(file: &str) -> Result<&str, String> {
    let stem = file.strip_suffix(".toml").unwrap_or(file);
    let name = stem
        .split_once('-')
        .filter(|(number, _)| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
        .map_or("", |(_, name)| name);
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(is_word) {
        return Err(
            "the file's name must be a number, a hyphen and a name of small letters, \
                    digits and hyphens, as in `08-half-step.toml`"
                .to_owned(),
        );
    }
    Ok(name)
}
