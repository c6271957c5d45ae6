//! The figure that explains it: how much of a shared scale each channel uses, before equalization and behind it.

use octet_protocol::{ChannelRanges, RescueReport};

use crate::{
    charts::{
        channels::{self, Panel},
        figure::Figure,
        lines,
        notation::{figure as number, plain},
    },
    table::{self, Column},
};

/// The table has at most so many rows.
const MOST_ROWS: usize = 300;
/// From 0 to the end of an int8 scale.
const STEPS: f64 = 127.0;

const COLUMNS: [Column; 7] = [
    Column::figure("channel"),
    Column::figure("min before"),
    Column::figure("max before"),
    Column::figure("steps before"),
    Column::figure("min behind"),
    Column::figure("max behind"),
    Column::figure("steps behind"),
];

/// A channel's ends in steps of the scale that all channels share.
fn in_steps(channels: &ChannelRanges) -> Vec<(f64, f64)> {
    let scale = f64::from(channels.largest) / STEPS;
    let step = |weight: f32| match scale > 0.0 {
        true => f64::from(weight) / scale,
        false => 0.0,
    };
    let ranges = channels.ranges.iter();
    ranges.map(|&[low, high]| (step(low), step(high))).collect()
}

/// How many steps from 0 the farther end of a channel is.
fn reach((low, high): (f64, f64)) -> f64 {
    low.abs().max(high.abs())
}

/// What half of the channels do not reach beyond.
fn median_reach(steps: &[(f64, f64)]) -> f64 {
    let mut reaches: Vec<_> = steps.iter().map(|&ends| reach(ends)).collect();
    reaches.sort_by(f64::total_cmp);
    reaches.get(reaches.len() / 2).copied().unwrap_or(0.0)
}

fn in_words(when: &str, channels: &ChannelRanges) -> String {
    format!(
        "{when}, half of the channels reach no further than {} of 127 steps; a channel uses {} % of the range on average.",
        plain(median_reach(&in_steps(channels)), 1),
        plain(channels.range_used * 100.0, 1)
    )
}

fn rows(before: &ChannelRanges, after: Option<&ChannelRanges>) -> Vec<Vec<String>> {
    let figures = |channels: Option<&ChannelRanges>, place: usize| {
        let ends = channels.and_then(|channels| channels.ranges.get(place));
        let steps = channels.and_then(|channels| in_steps(channels).get(place).copied());
        match (ends, steps) {
            (Some(&[low, high]), Some(steps)) => [
                number(low.into(), 5),
                number(high.into(), 5),
                plain(reach(steps), 1),
            ],
            _ => std::array::from_fn(|_| "–".to_owned()),
        }
    };
    lines::evenly(before.ranges.len(), MOST_ROWS)
        .into_iter()
        .map(|place| {
            let mut row = vec![place.to_string()];
            row.extend(figures(Some(before), place));
            row.extend(figures(after, place));
            row
        })
        .collect()
}

/// The figure.
pub fn figure(report: &RescueReport) -> Figure {
    let shown = &report.channels;
    let (before, after) = (&shown.before, shown.after.as_ref());
    let end = match after {
        Some(after) => in_words("Behind equalization", after),
        None => format!(
            "Equalization leaves this layer as it is: {}.",
            shown.why_not
        ),
    };
    let words = format!(
        "Range chart of the weights of the {} channels of {}. {} {end}",
        before.ranges.len(),
        shown.layer,
        in_words("Before", before)
    );
    let caption = format!("{} {end}", in_words("Before", before));
    let mut panels = vec![Panel {
        words: "int8 steps of one scale for all, before",
        is_quantized: false,
        channels: in_steps(before),
    }];
    panels.extend(after.map(|after| Panel {
        words: "behind equalization",
        is_quantized: true,
        channels: in_steps(after),
    }));
    let which = match shown.is_widest {
        true => ", the most uneven depthwise layer",
        false => "",
    };
    let subtitle = format!("{}{which}, {}", shown.layer, report.model.title());
    Figure::new(
        "channels",
        &words,
        &caption,
        &table::scrolling(
            "The weights of each channel, and how many of 127 steps it reaches",
            &COLUMNS,
            &rows(before, after),
        ),
        move |canvas| channels::paint(canvas, &subtitle, &panels),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels() -> ChannelRanges {
        ChannelRanges {
            ranges: vec![[-1.0, 0.5], [-0.01, 0.02], [0.0, 0.0]],
            largest: 1.0,
            range_used: 0.34,
        }
    }

    #[test]
    fn the_widest_channel_reaches_the_end_of_the_scale() {
        let steps = in_steps(&channels());
        assert_eq!(reach(steps[0]), 127.0);
        assert!((reach(steps[1]) - 2.54).abs() < 1e-6);
        assert!((median_reach(&steps) - 2.54).abs() < 1e-6);
        let dead = ChannelRanges {
            ranges: vec![[0.0, 0.0]],
            largest: 0.0,
            range_used: 0.0,
        };
        assert_eq!(in_steps(&dead), [(0.0, 0.0)]);
        assert_eq!(median_reach(&[]), 0.0);
    }

    #[test]
    fn a_row_holds_both_or_a_dash() {
        let rows = rows(&channels(), None);
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0][3..], ["127.0", "–", "–", "–"]);
        assert!(rows.iter().all(|row| row.len() == COLUMNS.len()));
    }
}
