//! `cargo xtask bench --peers`: the package beside what others offer, in one page.

use anyhow::{Result, ensure};

use crate::browser;
use crate::package;
use crate::setup::Setup;
use crate::shell::{Output, Shell, run, step};
use crate::tools;

/// What both Octet and LiteRT.js run.
const MODELS: [&str; 3] = ["mnv2_fp32.tflite", "mnv2_int8.tflite", "mnv2_dr.tflite"];

/// Measures each engine in `rounds` rounds; writes `target/bench/peers.md` and `peers.json`.
pub fn measure(shell: &Shell, rounds: u32) -> Result<()> {
    // First, since it is better to learn before a long build that something is missing.
    for model in MODELS {
        ensure!(
            shell.root.join("target/peers").join(model).is_file(),
            "target/peers/{model} is missing: make it with tests/peers/make_models.py (tests/peers/README.md tells how)"
        );
    }
    let setup = Setup::start(shell)?;
    let browser = browser::ensure(&setup.shell)?;
    tools::npm_packages(&setup.shell, &shell.root.join("tests/peers"))?;
    let shell = setup.finish()?;
    package::build(&shell)?;
    let table = shell.target_file("bench/peers.md")?;
    step(&format!("Measure in Chromium, {rounds} rounds"), || {
        let mut node = shell.command("node");
        node.arg("tests/peers/bench.mjs").arg(rounds.to_string());
        node.env("CHROMIUM", &browser.chromium)
            .env("OCTET_BENCH", shell.root.join("target/bench"));
        run(node, Output::Show)
    })?;
    println!("The table is in {}", table.display());
    Ok(())
}
