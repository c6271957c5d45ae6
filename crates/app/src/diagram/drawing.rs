//! The boxes and lines of inspected graphs, as SVG.

use octet_protocol::{
    GraphLayout, InspectReport, InspectedGraph, InspectedOperator, InspectedTensor,
};
use web_sys::Element;

use crate::{dom, format};

/// Between two graphs that stand side by side.
const BETWEEN: f64 = 56.0;
/// Around the drawing; above and below it stand the inputs and outputs.
const MARGIN: (f64, f64) = (20.0, 56.0);
/// More characters of a line do not fit into a box.
const LINE: usize = 27;

/// A drawing.
pub struct Drawing {
    /// All of it, in one group.
    pub sheet: Element,
    /// Its size in its own units.
    pub size: (f64, f64),
    /// For each graph its operators, in the order in which they run.
    pub boxes: Vec<Vec<Frame>>,
}

/// An operator's box.
pub struct Frame {
    /// What can have the keyboard's focus.
    pub element: Element,
    /// Left, top, width, height.
    pub rectangle: [f64; 4],
    /// Its place in the layout: the same for what is the same in several graphs.
    pub place: u32,
}

/// Draws one or two graphs.
pub fn draw(report: &InspectReport) -> Drawing {
    let layout = &report.layout;
    let sheet = dom::svg("g", &[], &[]);
    let step = f64::from(layout.width) + BETWEEN;
    let mut boxes = Vec::with_capacity(report.graphs.len());
    for (column, graph) in report.graphs.iter().enumerate() {
        let left = MARGIN.0 + step * column as f64;
        boxes.push(draw_graph(&sheet, layout, graph, (left, MARGIN.1), column));
    }
    let columns = report.graphs.len().max(1) as f64;
    let width = 2.0 * MARGIN.0 + step * columns - BETWEEN;
    let height = 2.0 * MARGIN.1 + f64::from(layout.height);
    Drawing {
        sheet,
        size: (width, height),
        boxes,
    }
}

fn draw_graph(
    sheet: &Element,
    layout: &GraphLayout,
    graph: &InspectedGraph,
    origin: (f64, f64),
    column: usize,
) -> Vec<Frame> {
    let size = (f64::from(layout.box_width), f64::from(layout.box_height));
    let at = |place: u32| {
        let [x, y] = layout
            .places
            .get(place as usize)
            .copied()
            .unwrap_or_default();
        (f64::from(x) + origin.0, f64::from(y) + origin.1)
    };
    let lines = dom::svg("g", &[("class", "lines"), ("aria-hidden", "true")], &[]);
    for (reader, operator) in graph.operators.iter().enumerate() {
        for input in operator.inputs.iter().flatten() {
            let hue = tensor(graph, *input).map_or("soft", hue);
            let to = at(operator.place);
            let to = (to.0, to.1 - size.1 / 2.0);
            let writer = graph.operators.get(..reader).unwrap_or_default();
            if let Some(writer) = writer.iter().rev().find(|other| other.output == *input) {
                let from = at(writer.place);
                let bends = bends(layout, writer.place, operator.place);
                let bends = bends
                    .iter()
                    .map(|[x, y]| (f64::from(*x) + origin.0, f64::from(*y) + origin.1));
                let path = path((from.0, from.1 + size.1 / 2.0), bends, to, size.1 / 2.0);
                dom::append(
                    &lines,
                    &dom::svg("path", &[("class", hue), ("d", &path)], &[]),
                );
            } else if graph.inputs.contains(input) {
                edge_of_graph(
                    &lines,
                    graph,
                    *input,
                    (to.0, to.1 - 22.0),
                    (to.0, to.1),
                    -28.0,
                );
            }
        }
    }
    dom::append(sheet, &lines);
    let mut frames = Vec::with_capacity(graph.operators.len());
    for (number, operator) in graph.operators.iter().enumerate() {
        let middle = at(operator.place);
        let corner = (middle.0 - size.0 / 2.0, middle.1 - size.1 / 2.0);
        let below = (middle.0, middle.1 + size.1 / 2.0);
        if let Some(db) = operator.sqnr_db {
            let place = [("x", below.0 + 6.0), ("y", below.1 + 14.0)];
            label(&lines, "sqnr", place, &format!("{db:.1} dB"));
        }
        if graph.outputs.contains(&operator.output) {
            let from = (
                below.0,
                below.1
                    + if operator.sqnr_db.is_some() {
                        20.0
                    } else {
                        0.0
                    },
            );
            edge_of_graph(
                &lines,
                graph,
                operator.output,
                below,
                (below.0, from.1 + 22.0),
                36.0,
            );
        }
        let element = draw_box(graph, operator, number, corner, size, column);
        dom::append(sheet, &element);
        frames.push(Frame {
            element,
            rectangle: [corner.0, corner.1, size.0, size.1],
            place: operator.place,
        });
    }
    frames
}

/// A line between the graph and the world, with what goes along it.
fn edge_of_graph(
    lines: &Element,
    graph: &InspectedGraph,
    id: u32,
    from: (f64, f64),
    to: (f64, f64),
    above: f64,
) {
    let Some(tensor) = tensor(graph, id) else {
        return;
    };
    let path = path(from, [].into_iter(), to, 0.0);
    dom::append(
        lines,
        &dom::svg("path", &[("class", hue(tensor)), ("d", &path)], &[]),
    );
    let anchor = if above < 0.0 { to.1 } else { from.1 };
    let place = [
        ("x", from.0),
        (
            "y",
            anchor
                + above
                + if above < 0.0 {
                    0.0
                } else {
                    to.1 - from.1 - 22.0
                },
        ),
    ];
    label(lines, "edge", place, &shape_and_type(tensor));
}

fn label(lines: &Element, class: &str, place: [(&str, f64); 2], text: &str) {
    let [x, y] = place.map(|(name, value)| (name, format!("{value:.1}")));
    let attributes = [("class", class), (x.0, x.1.as_str()), (y.0, y.1.as_str())];
    dom::append(lines, &dom::svg_text("text", &attributes, text));
}

fn draw_box(
    graph: &InspectedGraph,
    operator: &InspectedOperator,
    number: usize,
    corner: (f64, f64),
    size: (f64, f64),
    column: usize,
) -> Element {
    let output = tensor(graph, operator.output);
    let [width, height] = [size.0.to_string(), size.1.to_string()];
    let frame = dom::svg(
        "rect",
        &[("width", &width), ("height", &height), ("rx", "5")],
        &[],
    );
    let weights = operator
        .inputs
        .iter()
        .flatten()
        .filter_map(|id| tensor(graph, *id));
    let weights = weights.into_iter().find(|tensor| tensor.is_constant);
    let bar_class = format!("bar {}", weights.map_or("none", hue));
    let bar_height = (size.1 - 8.0).to_string();
    let bar = dom::svg(
        "rect",
        &[
            ("class", &bar_class),
            ("x", "4"),
            ("y", "4"),
            ("width", "4"),
            ("height", &bar_height),
        ],
        &[],
    );
    let number = number.to_string();
    let options = format::shortened(&operator.options, LINE);
    let shape = output.map(shape_and_type).unwrap_or_default();
    let shape = format::shortened(&shape, LINE);
    let right = (size.0 - 8.0).to_string();
    // What is seen and what is heard are the same words in the same order, with a space between any two lines.
    let lines = [
        ("number", right.as_str(), "18", number.as_str()),
        ("name", "15", "18", &operator.name),
        ("options", "15", "35", &options),
        ("shape", "15", "52", &shape),
    ];
    let texts = lines.map(|(class, x, y, text)| {
        let attributes = [("class", class), ("x", x), ("y", y)];
        dom::svg_text("text", &attributes, &format!("{text} "))
    });
    let [place, name, options, shape] = &texts;
    let seen: Vec<&str> = lines
        .iter()
        .map(|(_, _, _, text)| *text)
        .filter(|text| !text.is_empty())
        .collect();
    let mut words = seen.join(" ");
    if let Some(db) = operator.sqnr_db {
        words.push_str(&format!(", signal to noise {db:.1} dB"));
    }
    dom::svg(
        "g",
        &[
            ("class", &format!("op {}", output.map_or("soft", hue))),
            ("role", "button"),
            ("tabindex", "-1"),
            ("aria-label", &words),
            ("data-graph", &column.to_string()),
            ("data-operator", &number),
            (
                "transform",
                &format!("translate({:.1} {:.1})", corner.0, corner.1),
            ),
        ],
        &[&frame, &bar, place, name, options, shape],
    )
}

/// A tensor of a graph.
pub fn tensor(graph: &InspectedGraph, id: u32) -> Option<&InspectedTensor> {
    graph.tensors.get(id as usize)
}

/// `1 × 56 × 56 × 144 int8`.
pub fn shape_and_type(tensor: &InspectedTensor) -> String {
    let lengths: Vec<String> = tensor.shape.iter().map(usize::to_string).collect();
    match lengths.is_empty() {
        true => tensor.dtype.clone(),
        false => format!("{} {}", lengths.join("×"), tensor.dtype),
    }
}

/// Floats are blue and integers that stand for reals are orange.
fn hue(tensor: &InspectedTensor) -> &'static str {
    match tensor.dtype.as_str() {
        "float32" | "float16" => "fp32",
        "int8" | "uint8" | "int16" => "int8",
        _ => "soft",
    }
}

/// Where a line bends on its way; nothing where the layout has no such line.
fn bends(layout: &GraphLayout, from: u32, to: u32) -> &[[f32; 2]] {
    let edge = layout
        .edges
        .iter()
        .find(|edge| edge.from == from && edge.to == to);
    edge.map_or(&[], |edge| &edge.bends)
}

/// A line that leaves and arrives upright, and passes each row that it bends in upright too.
fn path(
    from: (f64, f64),
    bends: impl Iterator<Item = (f64, f64)>,
    to: (f64, f64),
    half_row: f64,
) -> String {
    let mut path = format!("M{:.1} {:.1}", from.0, from.1);
    let mut last = from;
    let mut curve = |to: (f64, f64)| {
        let middle = (last.1 + to.1) / 2.0;
        let text = format!(
            "C{:.1} {middle:.1} {:.1} {middle:.1} {:.1} {:.1}",
            last.0, to.0, to.0, to.1
        );
        last = to;
        text
    };
    for (x, y) in bends {
        path.push_str(&curve((x, y - half_row)));
        path.push_str(&curve((x, y + half_row)));
    }
    path.push_str(&curve(to));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_through_their_bends() {
        let straight = path((5.0, 0.0), [].into_iter(), (5.0, 40.0), 30.0);
        assert_eq!(straight, "M5.0 0.0C5.0 20.0 5.0 20.0 5.0 40.0");
        let bent = path((5.0, 0.0), [(90.0, 100.0)].into_iter(), (5.0, 200.0), 30.0);
        assert!(bent.contains(" 90.0 70.0C") && bent.ends_with(" 5.0 200.0"));
    }
}
