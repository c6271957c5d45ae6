//! The decision tree. `build.rs` writes it, from `www/troubleshoot.toml`.

use octet_protocol::Loss;

/// The tree of the notebook.
// Written by a program, for a program.
#[allow(clippy::all)]
pub static TREE: Tree = include!(concat!(env!("OUT_DIR"), "/troubleshoot.rs"));

/// A decision tree.
pub struct Tree {
    /// Where it begins, for each loss.
    pub starts: [usize; Loss::ALL.len()],
    /// Questions and remedies.
    pub nodes: &'static [Node],
}

impl Tree {
    /// Where it begins.
    pub fn start(&self, loss: Loss) -> usize {
        let place = Loss::ALL.iter().position(|other| *other == loss);
        place
            .and_then(|place| self.starts.get(place))
            .copied()
            .unwrap_or(0)
    }
}

/// A question or a remedy.
pub struct Node {
    /// Its name in the page's contract.
    pub name: &'static str,
    /// What is asked or advised, in a line.
    pub title: &'static str,
    /// HTML.
    pub text: &'static str,
    /// The cells whose figures belong to it.
    pub measured: &'static [&'static str],
    /// How it goes on.
    pub end: End,
}

/// How it goes on.
pub enum End {
    /// By an answer, which leads to another node.
    Answers(&'static [(&'static str, usize)]),
    /// By cells that try the remedy.
    Links(&'static [Link]),
}

/// A cell, and how its parameters must stand.
pub struct Link {
    /// The cell's name; a later chapter may have to bring it.
    pub cell: &'static str,
    /// What the button says.
    pub label: &'static str,
    /// Parameters and their values.
    pub set: &'static [(&'static str, &'static str)],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::CellId;

    #[test]
    fn links_set_what_their_cells_accept() {
        for node in TREE.nodes {
            let End::Links(links) = &node.end else {
                continue;
            };
            for link in *links {
                // The build has checked that a cell which is not there comes later.
                let Some(cell) = CellId::by_name(link.cell) else {
                    continue;
                };
                for (name, value) in link.set {
                    let mut controls = cell.spec().controls.iter();
                    let accepts =
                        controls.any(|control| control.name == *name && control.accepts(value));
                    assert!(
                        accepts,
                        "{}: {} has no {name} = {value}",
                        node.name, link.cell
                    );
                }
            }
        }
    }

    #[test]
    fn each_loss_has_a_way_into_the_tree() {
        for loss in Loss::ALL {
            assert!(TREE.start(loss) < TREE.nodes.len());
        }
        assert_eq!(Loss::ALL.map(Loss::name), ["usual", "large", "collapse"]);
    }
}
