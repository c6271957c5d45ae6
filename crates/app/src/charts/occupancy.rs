//! Two histograms of integers, one above the other: with one scale a tensor, and with one a channel.

use octet_protocol::Histogram;
use plotters::style::Color;
use web_sys::HtmlCanvasElement;

use super::{
    Sheet,
    axis::{Axis, Kind},
    bins::{self, Bin},
    head::Head,
    plot::{self, Axes, Plot},
};

const PANEL: f64 = 120.0;

/// Paints how often each integer occurs, per tensor and per channel.
pub fn paint(
    canvas: &HtmlCanvasElement,
    per_tensor: &[u64],
    per_channel: &[u64],
    subtitle: &str,
) -> Result<(), String> {
    let width = super::width(canvas);
    let head = Head {
        title: "Which integers occur",
        subtitle: subtitle.to_owned(),
        legend: Vec::new(),
    };
    let top = head.height(width);
    let panel = plot::TOP + PANEL + plot::FOOT;
    let sheet = Sheet::new(canvas, top + 2.0 * panel)?;
    head.draw(&sheet)?;
    // A bar has at least a pixel.
    let most = (width * 0.8) as usize;
    let panels = [
        ("weights, one scale a tensor", per_tensor),
        ("weights, one scale a channel", per_channel),
    ]
    .map(|(words, counts)| (words, bins::bins(&histogram(counts), most)));
    // Both panels have the same axes, so that they can be compared.
    let largest = |bins: &[Bin]| bins::fullest(bins).map_or(0, |bin| bin.count);
    let [tensor, channel] = &panels;
    let y = Axis::counts(largest(&tensor.1).max(largest(&channel.1)) as f64, PANEL);
    let left = plot::left(&y);
    let (lo, hi) = bins::range(&tensor.1);
    let x = Axis::across(Kind::Whole, (lo - 1.0, hi + 1.0), plot::across(width, left));
    for (i, (words, bins)) in panels.into_iter().enumerate() {
        let from = top + i as f64 * panel;
        let axes = Axes {
            x: x.clone(),
            y: y.clone(),
            x_words: "integer",
            y_words: words,
        };
        let plot = Plot::new(&sheet, &axes, (from, from + panel), left)?;
        plot.bars(&bins, sheet.palette.int8.to_rgba())?;
    }
    Ok(())
}

/// Counts of integers around 0 as a histogram: −127 to 127 where there are 255.
pub fn histogram(counts: &[u64]) -> Histogram {
    let half = (counts.len() / 2) as f64 + 0.5;
    Histogram {
        lo: -half,
        hi: counts.len() as f64 - half,
        counts: counts.to_vec(),
    }
}

/// How many of the integers occur.
pub fn levels(counts: &[u64]) -> usize {
    counts.iter().filter(|count| **count > 0).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_one_is_zero() {
        let mut counts = vec![0; 255];
        counts[127] = 9;
        counts[0] = 1;
        let bins = bins::bins(&histogram(&counts), 1000);
        assert_eq!(bins::place(bins::fullest(&bins).unwrap(), true), "0");
        assert_eq!(bins::place(&bins[0], true), "\u{2212}127");
        assert_eq!(bins::place(&bins[254], true), "127");
        assert_eq!(levels(&counts), 2);
    }

    #[test]
    fn no_counts_at_all_have_a_range() {
        assert_eq!(histogram(&[]).lo, -0.5);
        assert!(bins::bins(&histogram(&[]), 10).is_empty());
    }
}
