//! How often a network is right: `cargo xtask eval`. A folder of labelled images goes through a network in
//! any of its forms, and a table of shares with their uncertainty comes out.

mod arguments;
mod form;
mod images;
mod mode;
mod network;
mod predict;
mod table;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};

use arguments::{Arguments, HELP, Study};
use network::Network;
use octet_graph::Graph;
use table::Table;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let evaluated = Arguments::parse(&words).and_then(|arguments| {
        let mut studies = arguments.studies.iter();
        studies.try_for_each(|study| evaluate(&arguments, study))
    });
    match evaluated {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn evaluate(arguments: &Arguments, study: &Study) -> Result<()> {
    let network = Network::load(&arguments.models, &study.model)?;
    let samples = images::labelled(&arguments.images, &arguments.labels, &network.spec)?;
    let calibration = match &study.calibration {
        Some(folder) => images::all(folder, &network.spec, study.crops)?,
        None => Vec::new(),
    };
    let ranges = match calibration.len() {
        0 => "expected from batch normalization, without data".to_owned(),
        count => format!("observed on {count} images"),
    };
    println!(
        "\n{}, {} images; ranges of int8 activations: {ranges}\n",
        network.spec.name,
        samples.len()
    );
    let run = |graph: &Graph| predict::predict(graph, &samples, arguments.threads);
    let float32 = run(&network.graph).context("float32")?;
    let table = Table::new(&float32);
    table.head();
    for mode in &study.modes {
        let begin = Instant::now();
        let form = form::make(&network, mode, &calibration);
        let form = form.with_context(|| mode.to_string())?;
        let made = begin.elapsed();
        let predictions = run(&form.graph).with_context(|| mode.to_string())?;
        table.row(mode, &predictions, form.bytes, made);
    }
    table.foot();
    Ok(())
}
