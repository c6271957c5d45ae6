//! `cargo xtask eval`: how often a network is right, in any of its forms; what docs/accuracy.md tells.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::models;
use crate::shell::Shell;

/// Hands the words to `octet-eval`, a program of its own: xtask is the first thing that a fresh machine builds, and
/// the networks take minutes. In the profile of the tests, for which Burn has been built already; the engine is
/// optimized in it.
pub fn measure(shell: &Shell, words: &[&str]) -> Result<()> {
    if !words.contains(&"--help") {
        models::run(shell)?;
    }
    let mut cargo: Command = shell.command("cargo");
    cargo.args(["run", "--quiet", "--package=octet-eval"]);
    // Paths in the words are seen from where the user is.
    let here = std::env::current_dir().context("the current folder is gone")?;
    cargo.current_dir(here);
    cargo
        .arg("--manifest-path")
        .arg(shell.root.join("Cargo.toml"));
    cargo
        .arg("--")
        .arg("--models")
        .arg(shell.root.join("www/models"));
    cargo.args(words).stdin(Stdio::null());
    let status = cargo.status().context("cannot start cargo")?;
    if !status.success() {
        bail!("the evaluation ended early; its last lines say why");
    }
    Ok(())
}
