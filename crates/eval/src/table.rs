//! The table, in Markdown, a row at a time.

use std::time::Duration;

use crate::mode::Mode;
use crate::predict::Prediction;
use octet_quant::{paired_error, wilson};

pub struct Table<'predictions> {
    float32: &'predictions [Prediction],
}

impl<'predictions> Table<'predictions> {
    /// Rows are compared with what the float32 network said.
    pub fn new(float32: &'predictions [Prediction]) -> Self {
        Self { float32 }
    }

    pub fn head(&self) {
        println!(
            "| mode | top-1 % | 95 % | top-5 % | agreement with float32 % | 95 % | top-1 minus float32's | lost, won | file, MB | made in |"
        );
        println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    }

    pub fn row(&self, mode: &Mode, predictions: &[Prediction], bytes: usize, made: Duration) {
        let count = predictions.len();
        let right = |p: &Prediction| p.first == p.class;
        let pairs = || self.float32.iter().zip(predictions);
        let top1 = predictions.iter().filter(|p| right(p)).count();
        let top5 = predictions.iter().filter(|p| p.in_five).count();
        let agreeing = pairs().filter(|(a, b)| a.first == b.first).count();
        let lost = pairs().filter(|(a, b)| right(a) && !right(b)).count();
        let won = pairs().filter(|(a, b)| !right(a) && right(b)).count();
        let percent = |hits: usize| 100.0 * hits as f64 / count.max(1) as f64;
        let interval = |hits: usize| {
            let (low, high) = wilson(hits, count);
            format!("{:.1}–{:.1}", 100.0 * low, 100.0 * high)
        };
        println!(
            "| {mode} | {:.1} | {} | {:.1} | {:.1} | {} | {:+.1} ± {:.1} | {lost}, {won} | {:.2} | {:.1} s |",
            percent(top1),
            interval(top1),
            percent(top5),
            percent(agreeing),
            interval(agreeing),
            percent(won) - percent(lost),
            100.0 * paired_error(lost, won, count),
            bytes as f64 / 1e6,
            made.as_secs_f64(),
        );
    }

    pub fn foot(&self) {
        println!(
            "\nIntervals are Wilson's; ± is the standard error of the difference over the same images; lost and won \
             are images that only float32 or only this form gets right."
        );
    }
}
