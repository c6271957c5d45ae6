//! Cell `inspect`: a graph, taken apart.

use octet_protocol::{
    InspectReport, InspectRequest, InspectTensorRequest, InspectedGraph, InspectedModel,
    InspectedOperator, InspectedTensor, LabError, Precision, Report, Request, TensorReport,
};
use web_sys::HtmlElement;

use super::{CellId, Control, ControlKind, Spec, always, integers};
use crate::{
    app::{App, Asker},
    charts::{
        Hue, bins,
        figure::Figure,
        histogram, noise,
        notation::{figure, interval},
    },
    diagram::{
        Diagram,
        drawing::{shape_and_type, tensor},
    },
    dom, format, prose,
    table::{self, Column},
    values::Values,
    view::CellView,
};

/// A table of a histogram has at most so many rows.
const MOST_ROWS: usize = 300;

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "inspect",
    title: "The graph, taken apart",
    needs: |values| match chosen(values) {
        // That cell comes later, and asks for a file.
        InspectedModel::Yours => &[],
        _ => &[CellId::Baseline],
    },
    controls: &[Control {
        name: "graph",
        label: "graph",
        is_shown: always,
        kind: ControlKind::Select(&[
            ("both", "float32 and full integer"),
            ("float32", "float32"),
            ("dynamic_range", "dynamic range"),
            ("full_integer", "full integer"),
            ("yours", "the one of “your-model”"),
        ]),
    }],
    prose: prose::INSPECT,
    request: |values| {
        Ok(Request::Inspect(InspectRequest {
            graph: chosen(values),
        }))
    },
};

fn chosen(values: &Values) -> InspectedModel {
    match values.get("graph").as_str() {
        "float32" => InspectedModel::Float32,
        "dynamic_range" => InspectedModel::DynamicRange,
        "full_integer" => InspectedModel::FullInteger,
        "yours" => InspectedModel::Yours,
        _ => InspectedModel::Both,
    }
}

const OPERATOR_COLUMNS: [Column; 8] = [
    Column::text("operator"),
    Column::text("options"),
    Column::text("reads"),
    Column::text("puts out"),
    Column::figure("scale"),
    Column::figure("constants, kB"),
    Column::figure("million MACs"),
    Column::figure("SQNR, dB"),
];
const TENSOR_COLUMNS: [Column; 6] = [
    Column::text("tensor"),
    Column::text("name"),
    Column::text("shape and type"),
    Column::figure("scale"),
    Column::figure("zero point"),
    Column::figure("bytes"),
];
const BIN_COLUMNS: [Column; 2] = [Column::text("number"), Column::figure("how often")];

/// The printed text.
pub fn print(report: &InspectReport) -> String {
    let mut lines = vec![report.title.clone()];
    for graph in &report.graphs {
        lines.push(String::new());
        lines.push(summary(graph));
        if let Some((number, operator)) = worst(graph) {
            lines.push(format!(
                "lowest SQNR {:.1} dB, behind operator {number} ({}), over {} photos",
                operator.sqnr_db.unwrap_or_default(),
                operator.name,
                report.photos,
            ));
        }
    }
    for graph in &report.graphs {
        lines.push(String::new());
        lines.push(graph.dump.trim_end().to_owned());
    }
    lines.join("\n")
}

fn summary(graph: &InspectedGraph) -> String {
    let macs: u64 = graph.operators.iter().map(|operator| operator.macs).sum();
    format!(
        "{}: {} operators, {} tensors, file {}, arena {}, {:.1} million multiply-adds",
        name(graph),
        graph.operators.len(),
        graph.tensors.len(),
        format::megabytes(graph.file_bytes),
        format::megabytes(graph.arena_bytes),
        macs as f64 / 1e6,
    )
}

fn worst(graph: &InspectedGraph) -> Option<(usize, &InspectedOperator)> {
    let measured = graph.operators.iter().enumerate();
    let measured = measured.filter(|(_, operator)| operator.sqnr_db.is_some());
    measured.min_by(|(_, a), (_, b)| {
        let of = |operator: &InspectedOperator| operator.sqnr_db.unwrap_or(f64::INFINITY);
        of(a).total_cmp(&of(b))
    })
}

fn name(graph: &InspectedGraph) -> String {
    match graph.precision {
        Some(precision) => integers::precision_in_words(precision).to_owned(),
        None => "your model".to_owned(),
    }
}

/// The scale of a tensor, or the range of its scales; a dash where it has none.
fn scale(tensor: &InspectedTensor) -> String {
    match tensor.scales {
        0 => "–".to_owned(),
        1 => figure(tensor.least_scale.into(), 4),
        many => format!(
            "{many} on axis {}: {} to {}",
            tensor.axis,
            figure(tensor.least_scale.into(), 4),
            figure(tensor.largest_scale.into(), 4)
        ),
    }
}

fn operator_row(
    graph: &InspectedGraph,
    number: usize,
    operator: &InspectedOperator,
) -> Vec<String> {
    let reads = operator.inputs.iter().flatten();
    let reads: Vec<String> = reads.map(|id| format!("%{id}")).collect();
    let output = tensor(graph, operator.output);
    vec![
        format!("{number} {}", operator.name),
        operator.options.clone(),
        reads.join(" "),
        format!(
            "%{} {}",
            operator.output,
            output.map(shape_and_type).unwrap_or_default()
        ),
        output.map_or("–".to_owned(), scale),
        format!("{:.1}", operator.constant_bytes as f64 / 1e3),
        format!("{:.2}", operator.macs as f64 / 1e6),
        operator
            .sqnr_db
            .map_or("–".to_owned(), |db| format!("{db:.1}")),
    ]
}

/// Draws the report.
pub fn draw(report: &InspectReport, view: &CellView, asker: &Asker) {
    view.print(&print(report));
    // It scrolls, so the keyboard must be able to get into it.
    if let Some(output) = view.find("output") {
        dom::set(&output, "tabindex", "0");
    }
    let details = dom::el(
        "div",
        &[
            ("class", "details"),
            ("data-details", ""),
            ("aria-live", "polite"),
        ],
        &[&dom::text("p", &[], HINT)],
    );
    let weights = dom::el("div", &[("data-weights", "")], &[]);
    let (shown, asking, place) = (report.clone(), asker.clone(), details.clone());
    let diagram = Diagram::new(report, &in_words(report), move |graph, operator| {
        open(&shown, &asking, &place, graph, operator);
    });
    let caption = dom::text("p", &[("class", "caption")], &caption(report));
    dom::append(&diagram.element, &caption);
    let tables: Vec<HtmlElement> = report
        .graphs
        .iter()
        .map(|graph| {
            let rows: Vec<_> = graph
                .operators
                .iter()
                .enumerate()
                .map(|(number, operator)| operator_row(graph, number, operator))
                .collect();
            let title = format!("The operators in {}", name(graph));
            let table = table::scrolling(&title, &OPERATOR_COLUMNS, &rows);
            let summary = dom::text("summary", &[], &title);
            dom::el("details", &[], &[&summary, &table])
        })
        .collect();
    let tables: Vec<&web_sys::Element> = tables.iter().map(AsRef::as_ref).collect();
    let tables = dom::el("div", &[], &tables);
    view.show_results(&[&diagram.element, &details, &weights, &tables]);
    if let Some(figure) = noise_figure(report) {
        view.add_figures(vec![figure]);
    }
    diagram.place();
    view.keep(diagram);
}

const HINT: &str = "Click an operator, or move to it with the arrow keys and press Enter: what it reads and puts out is listed here, and its weights are counted.";

fn in_words(report: &InspectReport) -> String {
    let graphs: Vec<String> = report.graphs.iter().map(summary).collect();
    format!(
        "Diagram of {}. {}. The tables below hold the same. Arrow keys move from operator to operator, Enter opens one, plus and minus enlarge and shrink.",
        report.title,
        graphs.join("; ")
    )
}

fn caption(report: &InspectReport) -> String {
    let mut words = "Data flows downwards. A box’s border is the type of what it puts out, the bar at its left that of its weights: blue float32, orange int8.".to_owned();
    if report.photos > 0 {
        words.push_str(" Below a box stands how far what it puts out is from float32, as signal to quantization noise over all photos.");
    }
    words.push_str(" Drag to move; Ctrl and the wheel, two fingers or + and − enlarge.");
    words
}

/// Lists what there is to know of an operator, and has its weights counted.
fn open(report: &InspectReport, asker: &Asker, place: &HtmlElement, graph: usize, number: usize) {
    let Some(of) = report.graphs.get(graph) else {
        return;
    };
    let Some(operator) = of.operators.get(number) else {
        return;
    };
    dom::clear(place);
    let title = format!("{number} {} in {}", operator.name, name(of));
    dom::append(place, &dom::text("h3", &[], &title));
    let mut facts = vec![];
    if !operator.options.is_empty() {
        facts.push(operator.options.clone());
    }
    if operator.macs > 0 {
        facts.push(format!("{} multiply-adds", format::grouped(operator.macs)));
    }
    if let Some(db) = operator.sqnr_db {
        facts.push(format!("{db:.1} dB from float32"));
    }
    if !facts.is_empty() {
        dom::append(place, &dom::text("p", &[], &facts.join(" · ")));
    }
    let inputs = operator.inputs.iter().flatten().map(|id| ("reads", *id));
    let all: Vec<(&str, u32)> = inputs.chain([("puts out", operator.output)]).collect();
    let rows: Vec<Vec<String>> = all
        .iter()
        .filter_map(|(role, id)| Some(tensor_row(role, *id, tensor(of, *id)?)))
        .collect();
    dom::append(
        place,
        &table::scrolling("Its tensors", &TENSOR_COLUMNS, &rows),
    );
    let constants = all
        .iter()
        .filter_map(|(_, id)| Some((*id, tensor(of, *id)?)));
    let constants: Vec<_> = constants.filter(|(_, tensor)| tensor.is_constant).collect();
    let buttons = dom::el("div", &[("class", "tools")], &[]);
    for (id, tensor) in &constants {
        let words = format!("Count {}", tensor.name);
        let button = dom::text(
            "button",
            &[("type", "button")],
            &format::shortened(&words, 48),
        );
        let (asker, id) = (asker.clone(), *id);
        dom::on(&button, "click", move |_: web_sys::Event| {
            count(&asker, graph, id)
        });
        dom::append(&buttons, &button);
    }
    dom::append(place, &buttons);
    // Shapes and paddings are constants too, of a few numbers.
    let weights = constants.iter().find(|(_, tensor)| tensor.bytes > 64);
    if let Some((id, _)) = weights {
        count(asker, graph, *id);
    }
}

fn tensor_row(role: &str, id: u32, tensor: &InspectedTensor) -> Vec<String> {
    vec![
        format!("{role} %{id}"),
        tensor.name.clone(),
        shape_and_type(tensor),
        scale(tensor),
        match (tensor.scales, tensor.zero_point) {
            (0, _) => "–".to_owned(),
            (_, Some(zero_point)) => format::minus(zero_point.into()),
            (_, None) => "0".to_owned(),
        },
        format::grouped(tensor.bytes),
    ]
}

/// Asks for a constant's numbers.
fn count(asker: &Asker, graph: usize, id: u32) {
    let request = Request::InspectTensor(InspectTensorRequest {
        graph: graph as u32,
        tensor: id,
    });
    asker.ask(request, None, |app: &App, answer| {
        let view = app.view(CellId::Inspect);
        match answer {
            Ok(Report::Tensor(report)) => show_weights(&report, view),
            Ok(_) => {}
            Err(error) => show_fault(&error, view),
        }
    });
}

fn show_fault(error: &LabError, view: &CellView) {
    if let Some(place) = view.find("[data-weights]") {
        dom::clear(&place);
        dom::append(
            &place,
            &dom::text("p", &[("class", "error")], &error.to_string()),
        );
    }
}

fn show_weights(report: &TensorReport, view: &CellView) {
    let Some(place) = view.find("[data-weights]") else {
        return;
    };
    let details = &report.details;
    let statistics = &report.statistics;
    let of_shape = format!("{} {}", format::shape(&details.shape), details.dtype);
    let decimals = if report.is_whole { 0 } else { 4 };
    let mut caption = format!(
        "{}, {of_shape}: {} numbers in {}, mean {}, σ {}.",
        details.name,
        format::grouped(statistics.count),
        interval(statistics.min, statistics.max, decimals),
        figure(statistics.mean, 4),
        figure(statistics.std, 4),
    );
    if let (Some(least), Some(most)) = (
        details.scales.iter().copied().reduce(f32::min),
        details.scales.iter().copied().reduce(f32::max),
    ) {
        caption.push_str(&match details.scales.len() {
            1 => format!(" One step is {}.", figure(least.into(), 4)),
            many => format!(
                " {many} scales along axis {}: a step is {} in the finest channel and {} in the coarsest.",
                details.axis,
                figure(least.into(), 4),
                figure(most.into(), 4)
            ),
        });
    }
    let words = bins::in_words(&details.name, &report.histogram, report.is_whole);
    let chart = histogram::Chart {
        title: "What is stored",
        subtitle: format!("{}, {of_shape}", format::shortened(&details.name, 48)),
        name: "numbers",
        x_words: if report.is_whole { "integer" } else { "number" },
        y_words: "how often",
        histogram: report.histogram.clone(),
        whole: report.is_whole,
        hue: if details.dtype.starts_with("float") {
            Hue::Fp32
        } else {
            Hue::Int8
        },
        marks: None,
        curve: None,
    };
    let table = table::scrolling(
        "Numbers in each bin that is not empty",
        &BIN_COLUMNS,
        &bins::rows(&report.histogram, report.is_whole, MOST_ROWS),
    );
    let figure = Figure::new("tensor", &words, &caption, &table, move |canvas| {
        histogram::paint(canvas, &chart)
    });
    view.put_figure(&place, figure);
}

/// How far each operator's output is from float32.
fn noise_figure(report: &InspectReport) -> Option<Figure> {
    let graph = report.graphs.last()?;
    let (worst_number, worst) = worst(graph)?;
    let points: Vec<(usize, f64)> = graph
        .operators
        .iter()
        .enumerate()
        .filter_map(|(number, operator)| Some((number, operator.sqnr_db?)))
        .collect();
    let last = points.last().map(|(_, db)| *db).unwrap_or_default();
    let words = format!(
        "Signal to quantization noise behind each operator of {}: lowest {:.1} dB at operator {worst_number}, {}; {last:.1} dB at the end.",
        name(graph),
        worst.sqnr_db.unwrap_or_default(),
        worst.name,
    );
    let caption = format!(
        "Energy of what float32 computes over the energy of the difference, behind each operator, over {} photos. Six decibels are a bit.",
        report.photos
    );
    let rows: Vec<Vec<String>> = points
        .iter()
        .filter_map(|(number, db)| {
            let operator = graph.operators.get(*number)?;
            Some(vec![
                format!("{number} {}", operator.name),
                format!("{db:.1}"),
            ])
        })
        .collect();
    let table = table::scrolling(
        "Signal to quantization noise",
        &[Column::text("operator"), Column::int8("dB")],
        &rows,
    );
    let chart = noise::Chart {
        title: "What each operator’s output has kept",
        subtitle: format!("{}, {}", report.title, name(graph)),
        x_words: "operator",
        y_words: "signal to quantization noise, dB",
        points: points
            .iter()
            .map(|(number, db)| (*number as f64, *db))
            .collect(),
        hue: match graph.precision {
            Some(Precision::Float32) => Hue::Fp32,
            _ => Hue::Int8,
        },
    };
    Some(Figure::new(
        "sqnr",
        &words,
        &caption,
        &table,
        move |canvas| noise::paint(canvas, &chart),
    ))
}
