//! The bins of a histogram, as many as can be seen.

use octet_protocol::Histogram;

use super::{axis, notation};
use crate::format;

/// A bin: from where to where, and how many values fall into it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Left end.
    pub from: f64,
    /// Right end.
    pub to: f64,
    /// How many.
    pub count: u64,
}

/// The bins from left to right; neighbours are joined where there are more than `most`.
pub fn bins(histogram: &Histogram, most: usize) -> Vec<Bin> {
    let all = histogram.counts.len();
    let total: u64 = histogram.counts.iter().sum();
    let (lo, hi) = (histogram.lo, histogram.hi);
    let (from, to) = axis::spread((lo, hi));
    if (from, to) != (lo, hi) {
        // All values are the same: one bar, with room on both sides.
        let third = (to - from) / 3.0;
        return match total {
            0 => Vec::new(),
            count => vec![Bin {
                from: from + third,
                to: to - third,
                count,
            }],
        };
    }
    let width = (hi - lo) / all.max(1) as f64;
    let joined = all.div_ceil(most.max(1)).max(1);
    histogram
        .counts
        .chunks(joined)
        .enumerate()
        .map(|(i, counts)| {
            let first = i * joined;
            Bin {
                from: lo + first as f64 * width,
                to: lo + (first + counts.len()) as f64 * width,
                count: counts.iter().sum(),
            }
        })
        .collect()
}

/// The range of the bins.
pub fn range(bins: &[Bin]) -> (f64, f64) {
    match (bins.first(), bins.last()) {
        (Some(first), Some(last)) => (first.from, last.to),
        _ => (-1.0, 1.0),
    }
}

/// The largest count.
pub fn fullest(bins: &[Bin]) -> Option<&Bin> {
    // Of several, the leftmost.
    bins.iter().rev().max_by_key(|bin| bin.count)
}

/// Where a bin is, in a figure or two: bins of whole numbers stand around them.
pub fn place(bin: &Bin, whole: bool) -> String {
    if whole {
        let (first, last) = (bin.from.ceil() as i64, (bin.to.ceil() as i64 - 1));
        return if first >= last {
            notation::whole(first)
        } else {
            format!("{} to {}", notation::whole(first), notation::whole(last))
        };
    }
    let size = bin.from.abs().max(bin.to.abs());
    // Enough digits to tell this bin from the next.
    let digits = (size / (bin.to - bin.from)).log10().ceil().clamp(0.0, 9.0) as usize + 1;
    let write = |x: f64| {
        if (1e-3..1e6).contains(&size) {
            let decimals = digits as i32 - 1 - size.log10().floor() as i32;
            notation::plain(x, decimals.clamp(0, 12) as usize)
        } else {
            notation::scientific(x, digits)
        }
    };
    format!("{} to {}", write(bin.from), write(bin.to))
}

/// Rows of a table: where a bin is and its count. Empty bins are left out.
pub fn rows(histogram: &Histogram, whole: bool, most: usize) -> Vec<Vec<String>> {
    // Joining comes last: many bins are empty as a rule.
    let full = |bins: Vec<Bin>| bins.into_iter().filter(|bin| bin.count > 0);
    let mut shown: Vec<Bin> = full(bins(histogram, usize::MAX)).collect();
    if shown.len() > most {
        shown = full(bins(histogram, most)).collect();
    }
    shown
        .iter()
        .map(|bin| vec![place(bin, whole), format::grouped(bin.count)])
        .collect()
}

/// A histogram in words.
pub fn in_words(of: &str, histogram: &Histogram, whole: bool) -> String {
    let bins = bins(histogram, usize::MAX);
    let total: u64 = bins.iter().map(|bin| bin.count).sum();
    match fullest(&bins) {
        Some(most) if total > 0 => {
            let (lo, hi) = range(&bins);
            let all = Bin {
                from: lo,
                to: hi,
                count: total,
            };
            format!(
                "Histogram of {of}: {} values, {}; most of them, {}, at {}.",
                format::grouped(total),
                place(&all, whole),
                format::grouped(most.count),
                place(most, whole),
            )
        }
        _ => format!("Histogram of {of}: no values."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(lo: f64, hi: f64, counts: &[u64]) -> Histogram {
        Histogram {
            lo,
            hi,
            counts: counts.to_vec(),
        }
    }

    #[test]
    fn bins_cover_the_range() {
        let bins = bins(&histogram(-1.0, 1.0, &[1, 0, 3, 4]), 100);
        assert_eq!(bins.len(), 4);
        assert_eq!(range(&bins), (-1.0, 1.0));
        assert_eq!((bins[2].from, bins[2].to, bins[2].count), (0.0, 0.5, 3));
        assert_eq!(fullest(&bins).unwrap().count, 4);
    }

    #[test]
    fn neighbours_are_joined_where_there_is_no_room() {
        let bins = bins(&histogram(0.0, 7.0, &[1; 7]), 3);
        let counts: Vec<u64> = bins.iter().map(|bin| bin.count).collect();
        assert_eq!(counts, [3, 3, 1]);
        assert_eq!(range(&bins), (0.0, 7.0));
        let many = super::bins(&histogram(-32_768.5, 32_767.5, &vec![1; 65_536]), 500);
        assert!(many.len() <= 500);
        assert_eq!(many.iter().map(|bin| bin.count).sum::<u64>(), 65_536);
    }

    #[test]
    fn values_that_are_all_the_same_make_one_bar() {
        for value in [0.0, 5.0, -1e30, 1e-30] {
            let one = bins(&histogram(value, value, &[0, 12, 0]), 100);
            assert_eq!(one.len(), 1);
            assert_eq!(one[0].count, 12);
            assert!(one[0].from < one[0].to && one[0].from <= value && value <= one[0].to);
        }
    }

    #[test]
    fn no_counts_are_no_bins() {
        assert!(bins(&histogram(0.0, 0.0, &[]), 100).is_empty());
        assert!(bins(&histogram(0.0, 1.0, &[]), 100).is_empty());
        assert_eq!(range(&[]), (-1.0, 1.0));
        assert!(fullest(&[]).is_none());
        assert_eq!(
            in_words("nothing", &histogram(0.0, 0.0, &[]), false),
            "Histogram of nothing: no values."
        );
        assert_eq!(
            in_words("nothing", &histogram(0.0, 1.0, &[0]), false),
            "Histogram of nothing: no values."
        );
    }

    #[test]
    fn rows_leave_empty_bins_out() {
        let rows = rows(&histogram(-1.0, 1.0, &[1, 0, 3, 0]), false, 300);
        assert_eq!(
            rows,
            [["\u{2212}1.0 to \u{2212}0.5", "1"], ["0.0 to 0.5", "3"]]
        );
        let rows = super::rows(&histogram(-2.5, 1.5, &[1, 0, 3000, 0]), true, 300);
        assert_eq!(rows, [["\u{2212}2", "1"], ["0", "3,000"]]);
        let rows = super::rows(&histogram(-0.5, 999.5, &[1; 1000]), true, 300);
        assert_eq!(rows[0], ["0 to 3", "4"]);
        assert_eq!(rows.len(), 250);
    }

    #[test]
    fn places_tell_bins_apart_at_any_magnitude() {
        for scale in [1.0, 1e-3, 1e30, 1e-30, 300.0] {
            let bins = bins(&histogram(-scale, scale, &[1; 60]), 100);
            let places: Vec<String> = bins.iter().map(|bin| place(bin, false)).collect();
            let mut different = places.clone();
            different.dedup();
            assert_eq!(different, places);
            assert!(
                places.iter().all(|place| place.chars().count() < 34),
                "{places:?}"
            );
        }
    }

    #[test]
    fn says_itself_in_words() {
        assert_eq!(
            in_words("the integers", &histogram(-128.5, 127.5, &[1; 256]), true),
            "Histogram of the integers: 256 values, \u{2212}128 to 127; most of them, 1, at \u{2212}128."
        );
    }
}
