//! Where the boxes of a diagram lie: layers from top to bottom, after Sugiyama.

use std::collections::BTreeSet;

use octet_graph::Graph;
use octet_protocol::{GraphLayout, LayoutEdge};
use rust_sugiyama::configure::Config;
use rust_sugiyama::from_vertices_and_edges;

const BOX: [f32; 2] = [176.0, 62.0];
/// From the middle of a box to that of the one below; the figures on the lines need the room.
const ROW: f32 = 104.0;
/// Between neighbours of a row.
const GAP: f64 = 28.0;
/// A line that passes boxes by takes this much room.
const LANE: f64 = 14.0;
/// Larger diagrams are one column: nobody would see more in them, and the work grows faster than they do.
const MOST_PIECES: usize = 4000;

/// A box or a piece of a long line, in the row that it lies in.
#[derive(Clone, Copy)]
struct Piece {
    row: usize,
    width: f64,
}

/// Lays out the operators of a valid graph. Each lies below all that it reads from; a line that passes rows by
/// bends in each of them, so that it goes around the boxes.
pub(super) fn layout(graph: &Graph) -> GraphLayout {
    let lines = lines(graph);
    let rows = rows(graph.nodes.len(), &lines);
    let [box_width, box_height] = BOX;
    let row_of = |operator: usize| rows.get(operator).copied().unwrap_or(0);

    let mut pieces: Vec<Piece> = rows
        .iter()
        .map(|&row| Piece {
            row,
            width: f64::from(box_width),
        })
        .collect();
    let mut links: Vec<(u32, u32)> = Vec::new();
    // For each line the pieces on its way.
    let mut ways: Vec<Vec<usize>> = Vec::new();
    for &(from, to) in &lines {
        let mut way = Vec::new();
        let mut last = from;
        for row in row_of(from) + 1..row_of(to) {
            if pieces.len() > MOST_PIECES {
                break;
            }
            pieces.push(Piece { row, width: LANE });
            let piece = pieces.len() - 1;
            links.push((last as u32, piece as u32));
            way.push(piece);
            last = piece;
        }
        links.push((last as u32, to as u32));
        ways.push(way);
    }
    let is_too_large = pieces.len() > MOST_PIECES;
    let (rows, across): (Vec<usize>, Vec<f32>) = if is_too_large {
        ways.iter_mut().for_each(Vec::clear);
        ((0..rows.len()).collect(), vec![box_width / 2.0; rows.len()])
    } else {
        let rows = pieces.iter().map(|piece| piece.row).collect();
        (rows, across(&pieces, &links))
    };
    let at = |piece: usize| {
        let x = across.get(piece).copied().unwrap_or_default();
        let row = rows.get(piece).copied().unwrap_or_default();
        [x, row as f32 * ROW + box_height / 2.0]
    };
    let right = pieces
        .iter()
        .zip(&across)
        .map(|(piece, x)| x + piece.width as f32 / 2.0)
        .fold(box_width, f32::max);
    let last_row = rows.iter().copied().max().unwrap_or(0);
    GraphLayout {
        width: right,
        height: last_row as f32 * ROW + box_height,
        box_width,
        box_height,
        places: (0..graph.nodes.len()).map(at).collect(),
        edges: lines
            .iter()
            .zip(ways)
            .map(|(&(from, to), way)| LayoutEdge {
                from: from as u32,
                to: to as u32,
                bends: way.into_iter().map(at).collect(),
            })
            .collect(),
    }
}

/// Which operator reads what which writes, each pair once.
fn lines(graph: &Graph) -> BTreeSet<(usize, usize)> {
    let mut writers = vec![None; graph.tensors.len()];
    let mut lines = BTreeSet::new();
    for (id, node) in graph.numbered() {
        for input in node.reads() {
            if let Some(Some(writer)) = writers.get(input.0) {
                lines.insert((*writer, id.0));
            }
        }
        if let Some(writer) = writers.get_mut(node.output.0) {
            *writer = Some(id.0);
        }
    }
    lines
}

/// The row of each operator: as far down as the longest way to it. Lines go from smaller numbers to larger.
fn rows(operators: usize, lines: &BTreeSet<(usize, usize)>) -> Vec<usize> {
    let mut rows = vec![0_usize; operators];
    for &(from, to) in lines {
        let below = rows.get(from).map_or(0, |row| row + 1);
        if let Some(row) = rows.get_mut(to) {
            *row = below.max(*row);
        }
    }
    rows
}

/// The middle of each piece, from the left end of the diagram. Since every link goes down exactly one row, the
/// library finds the same rows.
fn across(pieces: &[Piece], links: &[(u32, u32)]) -> Vec<f32> {
    let config = Config {
        vertex_spacing: GAP,
        // Long lines are in pieces already, whose places are of use here.
        dummy_vertices: false,
        ..Config::default()
    };
    let vertices: Vec<(u32, (f64, f64))> = pieces
        .iter()
        .enumerate()
        .map(|(piece, of)| (piece as u32, (of.width, 1.0)))
        .collect();
    let mut across = vec![0.0_f32; pieces.len()];
    let mut left = 0.0;
    // Parts that hang together come apart, and are put side by side.
    for (part, _, _) in from_vertices_and_edges(&vertices, links, &config) {
        let width = |piece: usize| pieces.get(piece).map_or(0.0, |piece| piece.width);
        let ends = |side: f64| {
            part.iter()
                .map(move |&(piece, (x, _))| x + side * width(piece) / 2.0)
        };
        let least = ends(-1.0).fold(f64::INFINITY, f64::min);
        let most = ends(1.0).fold(f64::NEG_INFINITY, f64::max);
        for &(piece, (x, _)) in &part {
            if let Some(slot) = across.get_mut(piece) {
                *slot = (left + x - least) as f32;
            }
        }
        left += most - least + GAP;
    }
    across
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_graph::{Activation, DType, Op, Tensor, TensorId};
    use octet_quant::RandomState;

    /// A chain in which some operators also read what an earlier one wrote.
    fn graph(operators: usize, mut also: impl FnMut(usize) -> Option<usize>) -> Graph {
        let mut graph = Graph::default();
        let tensor = || Tensor::activation("", vec![1, 4], DType::Float32);
        let input = graph.add(tensor());
        graph.inputs.push(input);
        let mut outputs = vec![input];
        for i in 0..operators {
            let last = outputs[i];
            let output = match also(i) {
                Some(other) => graph.push(
                    Op::Add(Activation::None),
                    [last, outputs[other.min(i)]],
                    tensor(),
                ),
                None => graph.push(Op::Relu, [last], tensor()),
            };
            outputs.push(output);
        }
        graph.outputs.push(TensorId(operators));
        graph
    }

    fn assert_sound(graph: &Graph) -> GraphLayout {
        let layout = layout(graph);
        assert_eq!(layout.places.len(), graph.nodes.len());
        let [width, height] = [layout.box_width, layout.box_height];
        for (i, [x, y]) in layout.places.iter().enumerate() {
            assert!(*x >= width / 2.0 - 0.1 && *x <= layout.width - width / 2.0 + 0.1);
            assert!(*y >= height / 2.0 && *y <= layout.height - height / 2.0 + 0.1);
            for [other_x, other_y] in &layout.places[..i] {
                let apart = (x - other_x).abs() >= width || (y - other_y).abs() >= height;
                assert!(apart, "two boxes overlap");
            }
        }
        for edge in &layout.edges {
            let mut last = layout.places[edge.from as usize][1];
            let end = layout.places[edge.to as usize];
            for [x, y] in edge.bends.iter().chain([&end]) {
                assert!(*y > last, "a line goes up");
                assert!((0.0..=layout.width).contains(x));
                last = *y;
            }
            for bend in &edge.bends {
                for [x, y] in &layout.places {
                    let hits = (x - bend[0]).abs() < width / 2.0 && (y - bend[1]).abs() < 1.0;
                    assert!(!hits, "a line runs through a box");
                }
            }
        }
        layout
    }

    #[test]
    fn a_chain_is_a_column() {
        let layout = assert_sound(&graph(5, |_| None));
        assert!(
            layout
                .places
                .iter()
                .all(|place| place[0] == layout.places[0][0])
        );
        assert_eq!(layout.edges.len(), 4);
        assert_eq!(layout.width, layout.box_width);
    }

    #[test]
    fn a_residual_goes_around_what_it_passes_by() {
        let layout = assert_sound(&graph(60, |i| (i % 4 == 3).then(|| i - 2)));
        let long = layout.edges.iter().filter(|edge| !edge.bends.is_empty());
        assert_eq!(long.count(), 15);
    }

    #[test]
    fn any_graph_can_be_laid_out() {
        let mut random = RandomState::new(3);
        for round in 0..24 {
            let operators = 1 + round * 3;
            let skips: Vec<Option<usize>> = (0..operators)
                .map(|i| (random.rand() < 0.4).then(|| (random.rand() * i as f64) as usize))
                .collect();
            assert_sound(&graph(operators, |i| skips[i]));
        }
        assert_sound(&Graph::default());
    }

    #[test]
    fn parts_that_do_not_hang_together_lie_side_by_side() {
        let mut both = graph(3, |_| None);
        let first = both.inputs[0];
        let tensor = || Tensor::activation("", vec![1, 4], DType::Float32);
        let other = both.push(Op::Relu, [first], tensor());
        both.push(Op::Tanh, [other], tensor());
        let layout = assert_sound(&both);
        assert!(layout.width > 2.0 * layout.box_width);
    }

    #[test]
    fn a_very_large_graph_is_a_column() {
        let layout = layout(&graph(3000, |i| (i % 3 == 2).then_some(0)));
        assert_eq!(layout.places.len(), 3000);
        assert!(layout.edges.iter().all(|edge| edge.bends.is_empty()));
        assert!(layout.places.is_sorted_by(|a, b| a[1] < b[1]));
    }
}
