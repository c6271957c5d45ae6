//! `cargo xtask setup`: installs what is missing.

use std::path::Path;
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow, ensure};

use crate::shell::{Output, Shell, capture, run, step, succeeds};
use crate::{models, tools, wasm_target};

/// Below this there is no use in starting. (A full build takes some ten times as much.)
const LEAST_SPACE_KIB: u64 = 1024 * 1024;

/// A machine on which all is ready but the tools, which may still be compiling: by far the longest
/// part, beside which everything else goes on.
pub struct Setup {
    /// With the one toolchain of all later steps.
    pub shell: Shell,
    tools: JoinHandle<Result<()>>,
}

impl Setup {
    /// Installs what a build needs.
    pub fn start(shell: &Shell) -> Result<Self> {
        has_space(shell, &shell.target_folder(".")?)?;
        std::fs::create_dir_all(&shell.tools)
            .with_context(|| format!("cannot make {}", shell.tools.display()))?;
        has_space(shell, &shell.tools)?;

        let here = shell.clone();
        let tools = std::thread::spawn(move || tools::install(&here));
        let shell = wasm_target::ensure(shell)?;
        fetch_crates(&shell)?;
        tools::ensure_wasm_opt(&shell)?;
        models::run(&shell)?;
        Ok(Self { shell, tools })
    }

    /// Waits for the tools.
    pub fn finish(self) -> Result<Shell> {
        if !self.tools.is_finished() {
            println!("==> Wait for the tools that are being built");
        }
        let tools = self
            .tools
            .join()
            .map_err(|_| anyhow!("the build of the tools stopped on a fault of ours"))?;
        tools.map(|()| self.shell)
    }
}

/// A full disk shows itself in a hundred ways later on; here it can be said plainly.
fn has_space(shell: &Shell, folder: &Path) -> Result<()> {
    let mut df = shell.command("df");
    df.args(["-P", "-k"]).arg(folder);
    // Without `df`, or with one that answers otherwise, we take the chance.
    let answer = capture(df).unwrap_or_default();
    let free = answer
        .lines()
        .nth(1)
        .and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    ensure!(
        free.is_none_or(|free| free >= LEAST_SPACE_KIB),
        "the disk of {} is full (less than 1 GiB free): free some space and run this again",
        folder.display()
    );
    Ok(())
}

/// All crates of Cargo.lock, so that no later step needs the network.
fn fetch_crates(shell: &Shell) -> Result<()> {
    let mut offline = shell.command("cargo");
    offline.args(["metadata", "--format-version=1", "--offline"]);
    if succeeds(offline) {
        return Ok(());
    }
    step("Fetch the crates of Cargo.lock", || {
        let mut cargo = shell.command("cargo");
        cargo.arg("fetch");
        run(cargo, Output::Show)
    })
}
