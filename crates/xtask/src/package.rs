//! `cargo xtask pkg`: the engine as a JavaScript package, in `pkg/`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};

use crate::browser::Browser;
use crate::shell::{Output, Shell, run, step};
use crate::site::{self, WORKER_RUSTFLAGS};

/// A function of one instruction, `i32x4.relaxed_dot_i8x16_i7x16_add_s`, as in `www/octet-worker_loader.js`.
const RELAXED_SIMD: &str = "0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 147, 2, 11";

/// Builds the package with the worker's flags, so that what both need is compiled once. It holds two wasm files
/// as the site does: one for engines that have relaxed SIMD, one for the others. One JavaScript serves both.
pub fn build(shell: &Shell) -> Result<PathBuf> {
    let folder = shell.root.join("pkg");
    let relaxed = shell.target_folder("pkg-relaxed")?;
    step("Build the JavaScript package with wasm-pack", || {
        wasm_pack(shell, &folder, &[])?;
        wasm_pack(shell, &relaxed, &["--features=relaxed-simd"])
    })?;
    ensure!(
        fs::read(folder.join("octet.js"))? == fs::read(relaxed.join("octet.js"))?,
        "the two builds of the package need different JavaScript"
    );
    fs::copy(
        relaxed.join("octet_bg.wasm"),
        folder.join("octet_relaxed_bg.wasm"),
    )?;
    let address = |name| format!("new URL('{name}', import.meta.url)");
    replace(
        &folder.join("octet.js"),
        &address("octet_bg.wasm"),
        // Both addresses whole: bundlers look for these words.
        &format!(
            "WebAssembly.validate(new Uint8Array([{RELAXED_SIMD}]))\n            ? {}\n            : {}",
            address("octet_relaxed_bg.wasm"),
            address("octet_bg.wasm")
        ),
    )?;
    replace(
        &folder.join("package.json"),
        "\"octet_bg.wasm\",",
        "\"octet_bg.wasm\",\n    \"octet_relaxed_bg.wasm\",",
    )?;
    site::optimize(shell, &folder, "pkg")?;
    Ok(folder)
}

fn wasm_pack(shell: &Shell, folder: &Path, features: &[&str]) -> Result<()> {
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
    wasm_pack.arg("--out-dir").arg(folder);
    wasm_pack.arg("--").args(features);
    wasm_pack.env(WORKER_RUSTFLAGS.0, WORKER_RUSTFLAGS.1);
    run(wasm_pack, Output::Show)
}

/// Changes what wasm-pack has written; an error if another version of it writes something else.
fn replace(file: &Path, from: &str, to: &str) -> Result<()> {
    let text = fs::read_to_string(file)?;
    ensure!(
        text.matches(from).count() == 1,
        "{} does not hold `{from}` once",
        file.display()
    );
    fs::write(file, text.replace(from, to))
        .with_context(|| format!("cannot write {}", file.display()))
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
