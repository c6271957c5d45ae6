//! `cargo xtask pkg`: the engine as a JavaScript package, in `pkg/`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};

use crate::browser::Browser;
use crate::shell::{Output, Shell, run, step};
use crate::site::{self, WORKER_RUSTFLAGS};

/// Builds the package with the worker's flags, so that what both need is compiled once.
pub fn build(shell: &Shell) -> Result<PathBuf> {
    let folder = shell.root.join("pkg");
    step("Build the JavaScript package with wasm-pack", || {
        let mut wasm_pack = shell.command("wasm-pack");
        wasm_pack.args([
            "build",
            "crates/js",
            "--release",
            "--target=web",
            "--mode=no-install",
            "--no-gitignore",
            "--out-name=octet",
        ]);
        wasm_pack.arg("--out-dir").arg(&folder);
        wasm_pack.env(WORKER_RUSTFLAGS.0, WORKER_RUSTFLAGS.1);
        run(wasm_pack, Output::Show)
    })?;
    site::optimize(shell, &folder, "pkg")?;
    Ok(folder)
}

/// Packs the package, installs the tarball into an empty folder, and uses it there as anyone would.
pub fn test(shell: &Shell, browser: &Browser) -> Result<()> {
    let package = build(shell)?;
    let folder = shell.root.join("target/pkg-test");
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot delete {}", folder.display()))?;
    }
    let folder = shell.target_folder("pkg-test")?;
    let mut pack = shell.command("npm");
    pack.args(["pack", "--silent", "--pack-destination"])
        .arg(&folder)
        .current_dir(&package);
    run(pack, Output::Show)?;
    let tarball = fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .context("npm pack has packed nothing")?;
    fs::write(folder.join("package.json"), "{ \"private\": true }\n")?;
    let mut install = shell.command("npm");
    install
        .args([
            "install",
            "--offline",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ])
        .arg(&tarball)
        .current_dir(&folder);
    run(install, Output::Show)?;
    let mut node = shell.command("node");
    node.args([
        "--test",
        "--test-reporter=spec",
        "tests/e2e/package.test.mjs",
    ]);
    node.env("OCTET_PACKAGE", folder.join("node_modules/octet"))
        .env("CHROMIUM", &browser.chromium);
    run(node, Output::Show)
        .map_err(|_| anyhow!("not all passed; those that failed are listed above"))
}
