//! The decision tree of the cell `troubleshoot` (`www/troubleshoot.toml`): read, checked, written as Rust. The types
//! are those of `src/cells/troubleshoot/tree.rs`.

use std::{fs, path::Path};

use super::{
    LATER_CELLS, cells_among,
    expression::Scope,
    fields::Fields,
    question::Link,
    template::{self, Piece, Words},
};

/// The kinds of loss that the tree can begin with, as `octet_protocol::Loss` names them.
const LOSSES: [&str; 3] = ["usual", "large", "collapse"];

/// Reads the file and gives the tree as one Rust expression, or says what is wrong with the file.
pub fn compile(file: &Path, prose: &[&'static str]) -> Result<String, String> {
    let named = |error| format!("www/troubleshoot.toml: {error}");
    let text = fs::read_to_string(file).map_err(|error| named(error.to_string()))?;
    let tree = Tree::read(&text, &cells_among(prose)).map_err(named)?;
    Ok(tree.write())
}

/// The tree.
struct Tree {
    /// Where it begins, for each kind of loss.
    starts: Vec<usize>,
    nodes: Vec<Node>,
}

/// A question or a remedy.
struct Node {
    name: String,
    title: String,
    /// HTML.
    text: String,
    /// The cells whose figures are shown with it.
    measured: Vec<String>,
    end: End,
}

enum End {
    /// Words and where they lead.
    Answers(Vec<(String, usize)>),
    /// Cells that try the remedy.
    Links(Vec<Link>),
}

impl Tree {
    fn read(text: &str, cells: &[&str]) -> Result<Self, String> {
        let mut fields = Fields::new(text)?;
        let start = fields.table_if_any("start")?;
        let mut start = start.ok_or_else(|| fields.wrong("start", "is missing"))?;
        let starts = LOSSES.map(|loss| start.text(loss));
        start.finish()?;
        let mut questions = fields.tables("questions", 1)?;
        let mut remedies = fields.tables("remedies", 1)?;
        fields.finish()?;

        let mut names = Vec::new();
        for fields in questions.iter_mut().chain(&mut remedies) {
            let name = fields.text("name")?;
            if names.contains(&name) {
                return Err(fields.wrong("name", &format!("there are two named “{name}”")));
            }
            names.push(name);
        }
        let place = |name: &str| {
            let found = names.iter().position(|other| other == name);
            found.ok_or_else(|| {
                format!("nothing is named “{name}”; there are: {}", names.join(", "))
            })
        };
        let starts = starts.into_iter().map(|name| place(&name?));
        let starts = starts.collect::<Result<_, _>>()?;
        let mut nodes = Vec::new();
        for (name, mut fields) in names.iter().zip(questions.into_iter().chain(remedies)) {
            let title = fields.text("title")?;
            let text = html(&mut fields, "text")?;
            let measured = measured(&mut fields, cells)?;
            // A question has answers, a remedy has links.
            let answers = fields.tables("answers", 0)?;
            let end = if answers.is_empty() {
                End::Links(links(&mut fields, cells)?)
            } else {
                End::Answers(read_answers(answers, place)?)
            };
            fields.finish()?;
            nodes.push(Node {
                name: name.clone(),
                title,
                text,
                measured,
                end,
            });
        }
        let tree = Self { starts, nodes };
        tree.check()?;
        Ok(tree)
    }

    /// Whether every node is reached, and no way leads in a circle.
    fn check(&self) -> Result<(), String> {
        let mut is_reached = vec![false; self.nodes.len()];
        for &start in &self.starts {
            self.walk(start, &mut Vec::new(), &mut is_reached)?;
        }
        let lost = self.nodes.iter().zip(is_reached).find(|(_, is)| !is);
        lost.map_or(Ok(()), |(node, _)| {
            Err(format!("no answer leads to “{}”", node.name))
        })
    }

    fn walk(&self, at: usize, way: &mut Vec<usize>, reached: &mut [bool]) -> Result<(), String> {
        let node = &self.nodes[at];
        if way.contains(&at) {
            return Err(format!("“{}” leads back to itself", node.name));
        }
        reached[at] = true;
        way.push(at);
        if let End::Answers(answers) = &node.end {
            for (_, to) in answers {
                self.walk(*to, way, reached)?;
            }
        }
        way.pop();
        Ok(())
    }

    fn write(&self) -> String {
        let nodes: Vec<_> = self.nodes.iter().map(Node::write).collect();
        format!(
            "Tree {{ starts: {:?}, nodes: &[{}] }}",
            self.starts,
            nodes.join(",\n")
        )
    }
}

impl Node {
    fn write(&self) -> String {
        let end = match &self.end {
            End::Answers(answers) => format!("End::Answers(&{answers:?})"),
            End::Links(links) => {
                let link = |Link { cell, label, set }: &Link| {
                    let set = set.iter().map(|(name, value)| (name, joined(value)));
                    let set: Vec<_> = set.collect();
                    format!("Link {{ cell: {cell:?}, label: {label:?}, set: &{set:?} }}")
                };
                let links: Vec<_> = links.iter().map(link).collect();
                format!("End::Links(&[{}])", links.join(", "))
            }
        };
        format!(
            "Node {{ name: {:?}, title: {:?}, text: {:?}, measured: &{:?}, end: {end} }}",
            self.name, self.title, self.text, self.measured
        )
    }
}

fn html(fields: &mut Fields, name: &str) -> Result<String, String> {
    let text = fields.text(name)?;
    let words = template::block(&text, Scope::default());
    words
        .map(|words| joined(&words))
        .map_err(|error| fields.wrong(name, &error))
}

/// There are no numbers to be drawn in a tree.
fn joined(words: &Words) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Value(_) => String::new(),
    };
    words.iter().map(text).collect()
}

fn measured(fields: &mut Fields, cells: &[&str]) -> Result<Vec<String>, String> {
    let names = fields.text_if_any("measured")?.unwrap_or_default();
    let names: Vec<_> = names.split_whitespace().map(str::to_owned).collect();
    let unknown = names.iter().find(|name| !cells.contains(&name.as_str()));
    match unknown {
        Some(name) => Err(fields.wrong("measured", &format!("there is no cell “{name}”"))),
        None => Ok(names),
    }
}

fn read_answers(
    tables: Vec<Fields>,
    place: impl Fn(&str) -> Result<usize, String>,
) -> Result<Vec<(String, usize)>, String> {
    let mut answers = Vec::new();
    let count = tables.len();
    for mut fields in tables {
        if count < 2 {
            return Err(fields.wrong("text", "is the only answer; a question needs two"));
        }
        let text = fields.text("text")?;
        let to = place(&fields.text("to")?).map_err(|error| fields.wrong("to", &error))?;
        fields.finish()?;
        answers.push((text, to));
    }
    Ok(answers)
}

fn links(fields: &mut Fields, cells: &[&str]) -> Result<Vec<Link>, String> {
    let links = fields.tables("links", 1)?.into_iter();
    let links = links.map(|fields| Link::of(fields, Scope::default(), cells));
    let links: Vec<_> = links.collect::<Result<_, _>>()?;
    let is_later = |link: &Link| LATER_CELLS.contains(&link.cell.as_str());
    if links.iter().all(is_later) {
        return Err(fields.wrong("links", "none leads to a cell that is there already"));
    }
    Ok(links)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = r#"
[start]
usual = "fine"
large = "q"
collapse = "q"
[[questions]]
name = "q"
title = "Which?"
text = "Which *one*?"
answers = [{ text = "this", to = "fine" }, { text = "that", to = "other" }]
[[remedies]]
name = "fine"
title = "Fine"
text = "Done."
measured = "simulate"
links = [{ cell = "simulate", label = "See", set = { bits = "4" } }]
[[remedies]]
name = "other"
title = "Other"
text = "Try."
links = [{ cell = "qat", label = "Train" }, { cell = "simulate", label = "See" }]
"#;

    fn read(text: &str) -> Result<Tree, String> {
        Tree::read(text, &["simulate"])
    }

    #[test]
    fn a_tree_is_written_as_rust() {
        let tree = read(TREE).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(tree.starts, [1, 0, 0]);
        let rust = tree.write();
        for part in [
            r#"Tree { starts: [1, 0, 0], nodes: &[Node { name: "q", title: "Which?", text: "<p>Which <em>one</em>?</p>\n", measured: &[], end: End::Answers(&[("this", 1), ("that", 2)]) }"#,
            r#"measured: &["simulate"], end: End::Links(&[Link { cell: "simulate", label: "See", set: &[("bits", "4")] }])"#,
        ] {
            assert!(rust.contains(part), "{part}\n{rust}");
        }
    }

    #[test]
    fn the_file_that_cannot_be_read_is_named() {
        let error = compile(Path::new("nowhere.toml"), &[])
            .err()
            .unwrap_or_default();
        assert!(error.starts_with("www/troubleshoot.toml: "), "{error}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (from, to, words) in [
            ("usual = \"fine\"\n", "", "`usual`"),
            (
                "to = \"fine\"",
                "to = \"nowhere\"",
                "nothing is named “nowhere”",
            ),
            ("to = \"fine\"", "to = \"q\"", "“q” leads back to itself"),
            ("name = \"other\"", "name = \"fine\"", "two named “fine”"),
            (", { text = \"that\", to = \"other\" }", "", "needs two"),
            (
                "{ text = \"that\", to = \"other\" }",
                "{ text = \"that\", to = \"fine\" }",
                "no answer leads to “other”",
            ),
            (
                "measured = \"simulate\"",
                "measured = \"magic\"",
                "no cell “magic”",
            ),
            (
                "{ cell = \"simulate\", label = \"See\" }",
                "{ cell = \"train\", label = \"See\" }",
                "there already",
            ),
            ("text = \"Done.\"\n", "", "`text`"),
            ("title = \"Fine\"", "titel = \"Fine\"", "`title`"),
        ] {
            let error = read(&TREE.replacen(from, to, 1)).err().unwrap_or_default();
            assert!(error.contains(words), "{words}: {error}");
        }
    }
}
