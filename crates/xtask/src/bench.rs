//! `cargo xtask bench`: what docs/benchmarks.md tells, measured on this machine.

use anyhow::Result;

use crate::browser;
use crate::serve::{self, Site};
use crate::setup::Setup;
use crate::shell::{Output, Shell, run, step};
use crate::site;
use crate::tools;

/// Measures each figure `runs` times; writes `target/bench/bench.md` and `bench.json`.
pub fn measure(shell: &Shell, runs: u32) -> Result<()> {
    let setup = Setup::start(shell)?;
    let browser = browser::ensure(&setup.shell)?;
    // TensorFlow.js, beside which training is measured.
    tools::npm_packages(&setup.shell, &setup.shell.root.join("tests/peers"))?;
    let shell = setup.finish()?;
    let dist = site::build(&shell)?;
    let site = Site::start(&dist, serve::listen(0)?)?;
    let table = shell.target_file("bench/bench.md")?;
    step(&format!("Measure in Chromium, median of {runs}"), || {
        let mut node = shell.command("node");
        node.arg("tests/e2e/bench.mjs").arg(runs.to_string());
        node.env("OCTET_URL", &site.address)
            .env("OCTET_DIST", &dist)
            .env("CHROMIUM", &browser.chromium);
        node.env("OCTET_BENCH", shell.root.join("target/bench"));
        run(node, Output::Show)
    })?;
    println!("The table is in {}", table.display());
    Ok(())
}
