//! A Rust toolchain that compiles for wasm32: rustup's where it can be had, else Debian's.
//!
//! Debian packages a compiler and the source of its standard library, but not the library built for
//! wasm32. We build it once and put it where the compiler looks for it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::debian;
use crate::shell::{Output, Shell, run, run_limited, step};
use crate::toolchain;

const TARGET: &str = "wasm32-unknown-unknown";

/// The name under which rustup knows Debian's toolchain.
const DEBIAN: &str = "debian";

const PACKAGES: [&str; 8] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "libstd-rust-web-dev",
    "lld-22",
    "rust-web-clippy",
    "rustfmt-web",
];

/// The shell with a toolchain that compiles for wasm32; installs one if none does.
pub fn ensure(shell: &Shell) -> Result<Shell> {
    if toolchain::compiles_wasm(shell)? {
        return with_lints(shell.clone());
    }
    let on_debian = shell.with_toolchain(Some(DEBIAN.to_owned()));
    let linked = toolchain::installed(shell)
        .iter()
        .any(|name| name == DEBIAN);
    if linked && toolchain::compiles_wasm(&on_debian)? {
        return with_lints(on_debian);
    }
    if add_with_rustup(shell) && toolchain::compiles_wasm(shell)? {
        return with_lints(shell.clone());
    }
    if !debian::can_install() {
        bail!(
            "Rust cannot compile for {TARGET}, and rustup cannot get that target now: connect and run `rustup target add {TARGET}`"
        );
    }
    println!("    rustup cannot get {TARGET}; Debian's Rust is used instead");
    debian::install(shell, "Rust for wasm32", &PACKAGES)?;
    let mut link = shell.command("rustup");
    link.args(["toolchain", "link", DEBIAN, "/usr"]);
    run(link, Output::Show)?;
    if !toolchain::compiles_wasm(&on_debian)? {
        step("Build Rust's standard library for wasm32", || {
            let folder = toolchain::wasm_library_folder(&on_debian)?;
            build_std(&on_debian, Path::new(&folder))
        })?;
    }
    if !toolchain::compiles_wasm(&on_debian)? {
        bail!(
            "Debian's Rust still does not compile for {TARGET}; `RUSTUP_TOOLCHAIN={DEBIAN} rustc --test --target {TARGET} target/wasm-probe/probe.rs` says why"
        );
    }
    with_lints(on_debian)
}

fn add_with_rustup(shell: &Shell) -> bool {
    let what = format!("Add the target {TARGET} with rustup");
    step(&what, || {
        let mut rustup = shell.command("rustup");
        rustup
            .args(["target", "add", TARGET])
            .env("RUSTUP_MAX_RETRIES", "1");
        run_limited(rustup, Output::Show, Some(Duration::from_secs(300)))
    })
    .is_ok()
}

/// rustfmt and clippy are tests of ours, and must be of the same toolchain.
fn with_lints(shell: Shell) -> Result<Shell> {
    let missing: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(command, _)| !toolchain::has_subcommand(&shell, command))
        .map(|(_, component)| component)
        .collect();
    if missing.is_empty() {
        return Ok(shell);
    }
    if shell.toolchain.as_deref() == Some(DEBIAN) {
        debian::install(
            &shell,
            "clippy and rustfmt",
            &["rust-web-clippy", "rustfmt-web"],
        )?;
        return Ok(shell);
    }
    step(
        &format!("Add {} with rustup", missing.join(" and ")),
        || {
            let mut rustup = shell.command("rustup");
            rustup.args(["component", "add"]).args(&missing);
            run(rustup, Output::Show)
        },
    )?;
    Ok(shell)
}

/// Builds the library in an empty crate and puts it into `folder`, in place of any other's.
pub fn build_std(shell: &Shell, folder: &Path) -> Result<()> {
    let manifest = shell.target_file("wasm-std/Cargo.toml")?;
    let source = shell.target_file("wasm-std/src/lib.rs")?;
    fs::write(
        &manifest,
        "[package]\nname = \"octet-empty\"\nedition = \"2024\"\n\n[workspace]\n",
    )?;
    fs::write(&source, "")?;
    let work = shell.target_folder("wasm-std/target")?;

    let mut cargo = shell.command("cargo");
    cargo.args([
        "build",
        "--release",
        "--target",
        TARGET,
        "-Zbuild-std=std,panic_abort,test",
    ]);
    cargo
        .arg("--manifest-path")
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&work);
    // `-Z` on a stable compiler, which the standard library needs to be compiled anyway.
    cargo.env("RUSTC_BOOTSTRAP", "1");
    run(cargo, Output::Show)?;

    remove_libraries(folder)?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let built = work.join(TARGET).join("release/deps");
    for entry in fs::read_dir(&built).with_context(|| format!("cannot read {}", built.display()))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with(".rlib") && !name.starts_with("liboctet_empty-") {
            fs::copy(&path, folder.join(&name))
                .with_context(|| format!("cannot write into {}", folder.display()))?;
        }
    }
    Ok(())
}

/// An older compiler's libraries beside the new ones would make every name ambiguous.
fn remove_libraries(folder: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "rlib")
        {
            fs::remove_file(&path).with_context(|| format!("cannot delete {}", path.display()))?;
        }
    }
    Ok(())
}
