//! Cell `weights`: how weights are distributed.

use octet_protocol::{LayerWeights, Request, WeightsOf, WeightsReport};

use super::{CellId, Control, ControlKind, Spec, always, kind_in_words, scheme};
use crate::{
    charts::{
        Hue, axis, bins,
        figure::Figure,
        histogram, layers, lines,
        notation::{figure, interval, plain},
        occupancy,
    },
    format, prose,
    table::{self, Column},
    view::CellView,
};

/// The lines of the overlay have at most so many points: with more, layers of few weights are all zigzag.
const OUTLINE_BINS: usize = 48;

/// A table of a chart has at most so many rows.
const MOST_ROWS: usize = 300;

/// The percentiles of the report.
const PERCENTILES: [(&str, f64); 5] = [
    ("1 %", 0.01),
    ("25 %", 0.25),
    ("50 %", 0.5),
    ("75 %", 0.75),
    ("99 %", 0.99),
];

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "weights",
    title: "What weights look like",
    needs: |values| match values.get("source").as_str() {
        "lab03" => &[],
        _ => &[CellId::Baseline],
    },
    controls: &[
        Control {
            name: "source",
            label: "weights",
            is_shown: always,
            kind: ControlKind::Select(&[
                ("lab03", "three synthetic layers (LAB03)"),
                ("layer", "a layer of the model"),
                ("all", "all layers of the model"),
            ]),
        },
        scheme::LAYER,
    ],
    prose: prose::WEIGHTS,
    request: |values| {
        let of = match values.get("source").as_str() {
            "layer" => WeightsOf::Layer {
                name: values.get("layer"),
            },
            "all" => WeightsOf::All,
            _ => WeightsOf::Lab03,
        };
        Ok(Request::Weights { of })
    },
};

const LAYER_COLUMNS: [Column; 12] = [
    Column::text("layer"),
    Column::text("kind"),
    Column::figure("weights"),
    Column::figure("mean"),
    Column::figure("σ"),
    Column::figure("min"),
    Column::figure("max"),
    Column::figure("levels, per tensor"),
    Column::figure("levels, per channel"),
    Column::figure("range used"),
    Column::figure("SQNR, per tensor"),
    Column::figure("SQNR, per channel"),
];
const HISTOGRAM_COLUMNS: [Column; 2] = [Column::text("weight"), Column::figure("how many")];
const OUTLINE_COLUMNS: [Column; 1 + lines::MOST] = [
    Column::text("weight"),
    Column::figure("first"),
    Column::figure("second"),
    Column::figure("third"),
    Column::figure("fourth"),
    Column::figure("fifth"),
    Column::figure("sixth"),
];
const CUMULATIVE_COLUMNS: [Column; 2] = [
    Column::text("weight"),
    Column::figure("not larger than this"),
];
const OCCUPANCY_COLUMNS: [Column; 3] = [
    Column::text("integer"),
    Column::figure("per tensor"),
    Column::figure("per channel"),
];
const RANGE_COLUMNS: [Column; 4] = [
    Column::text("layer"),
    Column::figure("range used"),
    Column::figure("levels, per tensor"),
    Column::figure("levels, per channel"),
];

/// The printed text.
pub fn print(report: &WeightsReport) -> String {
    let statistics = &report.statistics;
    let mut lines = vec![report.title.clone(), String::new()];
    let mut row = |name: &str, text: String| lines.push(format!("{name:<12}  {text:>12}"));
    row("total", format::grouped(statistics.count));
    row("mean", figure(statistics.mean, 6));
    row("σ", figure(statistics.std, 6));
    row("min", figure(statistics.min, 6));
    row("max", figure(statistics.max, 6));
    row("", String::new());
    for ((name, _), value) in PERCENTILES.iter().zip(report.percentiles) {
        row(name, figure(value, 6));
    }
    row("", String::new());
    row("within ±0.1", percent(report.within_0_1));
    row("within ±0.5", percent(report.within_0_5));
    row("", String::new());
    lines.extend(use_of_int8(&report.layers));
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n")
}

/// How much of int8 the layers use, as a mean.
fn use_of_int8(layers: &[LayerWeights]) -> Vec<String> {
    let mean = |of: fn(&LayerWeights) -> f64| {
        layers.iter().map(of).sum::<f64>() / layers.len().max(1) as f64
    };
    let levels = |levels: f64| format!("{} of 255", plain(levels, 1));
    let heading = match layers.len() {
        1 => "int8".to_owned(),
        count => format!("int8, mean over {count} layers"),
    };
    vec![
        heading,
        format!(
            "  levels, one scale a tensor   {}",
            levels(mean(|layer| layer.levels_per_tensor as f64))
        ),
        format!(
            "  levels, one scale a channel  {}",
            levels(mean(|layer| layer.levels_per_channel))
        ),
        format!(
            "  range that a channel uses    {}",
            percent(mean(|layer| layer.range_used))
        ),
    ]
}

fn percent(share: f64) -> String {
    format!("{} %", plain(share * 100.0, 1))
}

fn sqnr(db: Option<f64>) -> String {
    db.map_or_else(|| "exact".to_owned(), |db| plain(db, 1))
}

/// A layer as a row of the table.
fn layer_row(layer: &LayerWeights) -> Vec<String> {
    let statistics = &layer.statistics;
    vec![
        layer.name.clone(),
        layer.kind.map_or("–", kind_in_words).to_owned(),
        format::grouped(statistics.count),
        figure(statistics.mean, 6),
        figure(statistics.std, 6),
        figure(statistics.min, 4),
        figure(statistics.max, 4),
        format::grouped(layer.levels_per_tensor),
        plain(layer.levels_per_channel, 1),
        percent(layer.range_used),
        sqnr(layer.sqnr_per_tensor),
        sqnr(layer.sqnr_per_channel),
    ]
}

/// Draws the report.
pub fn draw(report: &WeightsReport, view: &CellView) {
    view.print(&print(report));
    let rows: Vec<_> = report.layers.iter().map(layer_row).collect();
    let layers = table::scrolling(
        "Layer by layer, in network order; levels of 255, SQNR in dB",
        &LAYER_COLUMNS,
        &rows,
    );
    view.show_results(&[&layers]);
    let mut figures = vec![
        histogram_figure(report),
        cumulative_figure(report),
        occupancy_figure(report),
    ];
    if report.layers.len() > 1 {
        figures.insert(1, overlay_figure(report));
        figures.push(range_figure(report));
    }
    view.add_figures(figures);
}

/// What the charts leave out, as a sentence; nothing where they leave out nothing.
fn left_out(report: &WeightsReport) -> String {
    match report.outside {
        0 => String::new(),
        outside => format!(
            " {} of {} weights lie outside of the picture.",
            format::grouped(outside),
            format::grouped(report.statistics.count)
        ),
    }
}

fn histogram_figure(report: &WeightsReport) -> Figure {
    let words = format!(
        "{} Mean {}, standard deviation {}.{}",
        bins::in_words("the weights", &report.histogram, false),
        figure(report.statistics.mean, 6),
        figure(report.statistics.std, 6),
        left_out(report)
    );
    let curve = if report.statistics.std > 0.0 {
        ", and the normal distribution with the same mean and σ"
    } else {
        ". All are the same, so there is no curve to draw"
    };
    let caption = format!("All weights together{curve}.{}", left_out(report));
    let chart = histogram::Chart {
        title: "How weights are distributed",
        subtitle: report.title.clone(),
        name: "weights",
        x_words: "weight",
        y_words: "weights in a bin",
        histogram: report.histogram.clone(),
        whole: false,
        hue: Hue::Fp32,
        marks: None,
        curve: Some(report.statistics),
    };
    Figure::new(
        "histogram",
        &words,
        &caption,
        &table::scrolling(
            "Weights in each bin that is not empty",
            &HISTOGRAM_COLUMNS,
            &bins::rows(&report.histogram, false, MOST_ROWS),
        ),
        move |canvas| histogram::paint(canvas, &chart),
    )
}

/// The layers that the overlay shows: all, or some at even distances.
fn overlaid(report: &WeightsReport) -> Vec<&LayerWeights> {
    lines::evenly(report.layers.len(), lines::MOST)
        .into_iter()
        .filter_map(|i| report.layers.get(i))
        .collect()
}

/// The densities of some layers, bin by bin. Bins in which none has weights are left out.
fn density_rows(report: &WeightsReport, layers: &[&LayerWeights]) -> Vec<Vec<String>> {
    let densities: Vec<_> = layers
        .iter()
        .map(|layer| lines::joined(&layer.density, OUTLINE_BINS))
        .collect();
    bins::bins(&report.histogram, OUTLINE_BINS)
        .iter()
        .enumerate()
        .map(|(i, bin)| {
            let of_bin = |density: &Vec<f64>| density.get(i).copied().unwrap_or(0.0);
            (bin, densities.iter().map(of_bin).collect::<Vec<f64>>())
        })
        .filter(|(_, densities)| densities.iter().any(|density| *density > 0.0))
        .map(|(bin, densities)| {
            let figures = densities.iter().map(|density| figure(*density, 4));
            [bins::place(bin, false)]
                .into_iter()
                .chain(figures)
                .collect()
        })
        .collect()
}

fn overlay_figure(report: &WeightsReport) -> Figure {
    let layers = overlaid(report);
    let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    let spreads: Vec<String> = layers
        .iter()
        .map(|layer| format!("{} σ {}", layer.name, figure(layer.statistics.std, 4)))
        .collect();
    let words = format!(
        "Line chart of the density of the weights of each layer: {}.{}",
        spreads.join(", "),
        left_out(report)
    );
    let which = if layers.len() < report.layers.len() {
        format!(
            "{} of {} layers, at even distances",
            layers.len(),
            report.layers.len()
        )
    } else {
        "Every layer".to_owned()
    };
    let caption = format!(
        "{which}, each over its own peak, so that widths can be compared.{}",
        left_out(report)
    );
    let table_caption = format!(
        "Densities, as shares of a layer’s weights a unit of weight: {}",
        names.join(", ")
    );
    let columns = OUTLINE_COLUMNS
        .get(..=layers.len())
        .unwrap_or(&OUTLINE_COLUMNS);
    let bins = bins::bins(&report.histogram, OUTLINE_BINS);
    let chart = lines::Chart {
        title: "Layer by layer",
        subtitle: report.title.clone(),
        range: bins::range(&bins),
        x_words: "weight",
        y_words: "density, as a share of the layer’s peak",
        lines: layers
            .iter()
            .map(|layer| {
                (
                    layer.name.clone(),
                    lines::outline(&bins, &lines::joined(&layer.density, OUTLINE_BINS)),
                )
            })
            .collect(),
        dots: None,
    };
    Figure::new(
        "overlay",
        &words,
        &caption,
        &table::scrolling(&table_caption, columns, &density_rows(report, &layers)),
        move |canvas| lines::paint(canvas, &chart),
    )
}

fn cumulative_figure(report: &WeightsReport) -> Figure {
    let [first, .., last] = report.percentiles;
    let words = format!(
        "Line chart of the share of the weights that are not larger than a value. Half are not larger than {}; 98 % lie in {}.",
        figure(report.percentiles[2], 6),
        interval(first, last, 4)
    );
    let caption = format!(
        "The share of the weights that are not larger. It climbs steeply where weights crowd.{}",
        left_out(report)
    );
    let points: Vec<(f64, f64)> = report
        .cumulative
        .iter()
        .map(|&[value, share]| (value, share))
        .collect();
    let rows: Vec<_> = lines::evenly(points.len(), MOST_ROWS)
        .into_iter()
        .filter_map(|i| points.get(i))
        .map(|(value, share)| vec![figure(*value, 6), percent(*share)])
        .collect();
    let dots = PERCENTILES
        .iter()
        .zip(report.percentiles)
        .map(|((_, share), value)| (value, *share))
        .collect();
    let chart = lines::Chart {
        title: "Cumulative distribution",
        subtitle: report.title.clone(),
        range: axis::spread((report.histogram.lo, report.histogram.hi)),
        x_words: "weight",
        y_words: "share of the weights that are not larger",
        lines: vec![("weights".to_owned(), points)],
        dots: Some(("1, 25, 50, 75 and 99 %".to_owned(), dots)),
    };
    Figure::new(
        "cumulative",
        &words,
        &caption,
        &table::scrolling("Share of the weights", &CUMULATIVE_COLUMNS, &rows),
        move |canvas| lines::paint(canvas, &chart),
    )
}

/// How often each integer occurs; those that never do are left out.
fn occupancy_rows(per_tensor: &[u64], per_channel: &[u64]) -> Vec<Vec<String>> {
    let places = bins::bins(&occupancy::histogram(per_tensor), usize::MAX);
    let channels = per_channel.iter().copied().chain(std::iter::repeat(0));
    places
        .iter()
        .zip(channels)
        .filter(|(bin, channel)| bin.count + channel > 0)
        .map(|(bin, channel)| {
            vec![
                bins::place(bin, true),
                format::grouped(bin.count),
                format::grouped(channel),
            ]
        })
        .collect()
}

fn occupancy_figure(report: &WeightsReport) -> Figure {
    let tensor = report.occupancy_per_tensor.clone();
    let channel = report.occupancy_per_channel.clone();
    let levels = |counts: &[u64]| occupancy::levels(counts);
    let words = format!(
        "Two histograms of the integers from \u{2212}127 to 127. With one scale a tensor {} of them occur, with one scale a channel {}.",
        levels(&tensor),
        levels(&channel)
    );
    let rows = occupancy_rows(&tensor, &channel);
    let subtitle = report.title.clone();
    Figure::new(
        "occupancy",
        &words,
        "The weights on each of the 255 integers. The wider they spread, the better the integers are used.",
        &table::scrolling(
            "Weights on each integer that occurs",
            &OCCUPANCY_COLUMNS,
            &rows,
        ),
        move |canvas| occupancy::paint(canvas, &tensor, &channel, &subtitle),
    )
}

fn range_figure(report: &WeightsReport) -> Figure {
    let shown = report.layers.clone();
    let least = shown
        .iter()
        .min_by(|a, b| a.range_used.total_cmp(&b.range_used));
    let least = least.map_or_else(String::new, |layer| {
        format!(
            " The least is used by {}: {}.",
            layer.name,
            percent(layer.range_used)
        )
    });
    let words = format!(
        "Bar chart of the range that a channel uses of its tensor’s, and of the integers that occur, for {} layers.{least}",
        shown.len()
    );
    let rows: Vec<_> = shown
        .iter()
        .map(|layer| {
            vec![
                layer.name.clone(),
                percent(layer.range_used),
                format::grouped(layer.levels_per_tensor),
                plain(layer.levels_per_channel, 1),
            ]
        })
        .collect();
    let subtitle = report.title.clone();
    Figure::new(
        "range",
        &words,
        "Layers in network order. Range used: the largest weight of a channel over the largest of its tensor, as a mean over the channels. A channel of nine weights cannot occupy more than nine levels.",
        &table::scrolling("What each layer uses", &RANGE_COLUMNS, &rows),
        move |canvas| layers::paint(canvas, &shown, &subtitle),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{Histogram, LayerKind, Statistics};

    fn statistics() -> Statistics {
        Statistics {
            count: 10_500,
            mean: -0.001_57,
            std: 0.405_598,
            min: -1.9612,
            max: 1.764_528,
        }
    }

    fn layer(name: &str) -> LayerWeights {
        LayerWeights {
            name: name.to_owned(),
            kind: Some(LayerKind::Depthwise),
            statistics: statistics(),
            channels: 1,
            density: vec![0.5, 0.0, 1.5],
            levels_per_tensor: 203,
            levels_per_channel: 8.96,
            range_used: 0.3217,
            sqnr_per_tensor: Some(31.26),
            sqnr_per_channel: None,
        }
    }

    fn lab03() -> WeightsReport {
        let mut occupancy = vec![1; 255];
        if let Some(count) = occupancy.first_mut() {
            *count = 0;
        }
        WeightsReport {
            title: "three synthetic layers (LAB03)".to_owned(),
            statistics: statistics(),
            percentiles: [-1.022_329, -0.242_821, -0.000_886, 0.235_287, 1.028_916],
            within_0_1: 0.2351,
            within_0_5: 0.8019,
            histogram: Histogram {
                lo: -1.5,
                hi: 1.5,
                counts: vec![3, 0, 4],
            },
            outside: 2,
            cumulative: vec![[-1.0, 0.1], [1.0, 1.0]],
            occupancy_per_tensor: occupancy.clone(),
            occupancy_per_channel: occupancy,
            layers: (0..8).map(|i| layer(&format!("layer {i}"))).collect(),
        }
    }

    #[test]
    fn prints_lab03() {
        assert_eq!(
            print(&lab03()),
            "three synthetic layers (LAB03)

total               10,500
mean             \u{2212}0.001570
σ                 0.405598
min              \u{2212}1.961200
max               1.764528

1 %              \u{2212}1.022329
25 %             \u{2212}0.242821
50 %             \u{2212}0.000886
75 %              0.235287
99 %              1.028916

within ±0.1         23.5 %
within ±0.5         80.2 %

int8, mean over 8 layers
  levels, one scale a tensor   203.0 of 255
  levels, one scale a channel  9.0 of 255
  range that a channel uses    32.2 %"
        );
    }

    #[test]
    fn a_layer_is_a_row() {
        assert_eq!(
            layer_row(&layer("features.0")),
            [
                "features.0",
                "depthwise",
                "10,500",
                "\u{2212}0.001570",
                "0.405598",
                "\u{2212}1.9612",
                "1.7645",
                "203",
                "9.0",
                "32.2 %",
                "31.3",
                "exact"
            ]
        );
    }

    #[test]
    fn few_enough_layers_are_overlaid() {
        let report = lab03();
        let layers = overlaid(&report);
        assert_eq!(layers.len(), 6);
        assert_eq!(layers[5].name, "layer 7");
        let rows = density_rows(&report, &layers[..2]);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0][1..], ["0.5000", "0.5000"]);
    }

    #[test]
    fn what_is_left_out_is_said() {
        let mut report = lab03();
        assert_eq!(
            left_out(&report),
            " 2 of 10,500 weights lie outside of the picture."
        );
        report.outside = 0;
        assert_eq!(left_out(&report), "");
    }

    #[test]
    fn integers_that_never_occur_are_not_listed() {
        let mut counts = vec![0; 255];
        counts[0] = 7;
        let rows = occupancy_rows(&counts, &[]);
        assert_eq!(rows, [["\u{2212}127", "7", "0"]]);
        assert!(occupancy_rows(&[], &[]).is_empty());
    }
}
