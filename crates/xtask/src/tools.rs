//! The programs that turn compiled Rust into a web page, each at one pinned version.
//!
//! What the machine has at that version is used as it is. The rest is built once a user: these are
//! glue, run for seconds, so they are compiled fast rather than to be fast.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::debian;
use crate::hash;
use crate::shell::{Output, Shell, capture, duration, run, step};
use crate::toolchain;

/// A tool that cargo installs.
struct Tool {
    package: &'static str,
    version: &'static str,
    /// Its programs; each answers `--version` with its name and version.
    programs: &'static [&'static str],
    options: &'static [&'static str],
}

const TOOLS: [Tool; 3] = [
    Tool {
        package: "wasm-bindgen-cli",
        version: "0.2.130",
        programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
        options: &[],
    },
    Tool {
        package: "wasm-pack",
        version: "0.15.1",
        programs: &["wasm-pack"],
        options: &[],
    },
    Tool {
        package: "trunk",
        version: "0.22.1",
        programs: &["trunk"],
        // Without its look for updates; it insists on one TLS library, though it downloads nothing for us.
        options: &["--locked", "--no-default-features", "--features=rustls"],
    },
];

/// The first Rust that compiles all of them (Trunk asks for it).
const RUST: [u32; 3] = [1, 96, 1];

/// npm's package of wasm-opt; the version stands in `npm/package.json` too.
const BINARYEN: &str = "132";

/// Builds the tools that are missing. Quiet, since other steps run at the same time.
pub fn install(shell: &Shell) -> Result<()> {
    let missing: Vec<&Tool> = TOOLS
        .iter()
        .filter(|tool| !is_installed(shell, tool))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let Some(shell) = toolchain::at_least(&shell.with_toolchain(None), RUST) else {
        let [major, minor, patch] = RUST;
        bail!(
            "Trunk 0.22.1 needs Rust {major}.{minor}.{patch} or newer, and no toolchain here is: run `rustup update stable`"
        );
    };
    let work = shell.tools.join("target");
    for tool in missing {
        let start = std::time::Instant::now();
        let what = format!("{} {}", tool.package, tool.version);
        println!("==> Build {what} (once; some minutes)");
        let log = shell.target_file(&format!("logs/{}.log", tool.package))?;
        let mut cargo = shell.command("cargo");
        cargo
            .arg("install")
            .args(tool.options)
            .arg("--force")
            .arg("--root")
            .arg(&shell.tools);
        cargo.arg(format!("{}@{}", tool.package, tool.version));
        cargo.env("CARGO_TARGET_DIR", &work);
        for (name, value) in [
            ("OPT_LEVEL", "1"),
            ("LTO", "off"),
            ("CODEGEN_UNITS", "16"),
            ("DEBUG", "0"),
        ] {
            cargo.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
        }
        run(cargo, Output::Log(&log))?;
        if !is_installed(&shell, tool) {
            bail!(
                "{what} has been installed into {}, but does not run",
                shell.tools.display()
            );
        }
        println!("    Build {what}: {}", duration(start.elapsed()));
    }
    // A gigabyte that is needed no more. If it stays, nothing is lost but space.
    let _ = std::fs::remove_dir_all(work);
    Ok(())
}

fn is_installed(shell: &Shell, tool: &Tool) -> bool {
    tool.programs.iter().all(|program| {
        let mut command = shell.command(program);
        command.arg("--version").stderr(Stdio::null());
        capture(command).is_ok_and(|answer| answer.split_whitespace().nth(1) == Some(tool.version))
    })
}

/// Node.js with npm, from Debian if need be.
pub fn ensure_node(shell: &Shell) -> Result<()> {
    let version = |program| {
        let mut command = shell.command(program);
        command.arg("--version").stderr(Stdio::null());
        capture(command)
    };
    let (node, npm) = (version("node"), version("npm"));
    if node.is_err() || npm.is_err() {
        if !debian::can_install() {
            bail!("Node.js or npm is not installed: install Node.js 20 or newer, which brings npm");
        }
        return debian::install(shell, "Node.js", &["nodejs", "npm"]);
    }
    let node = node?;
    let major: u32 = node
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    if major < 18 {
        bail!("Node.js {node} is too old: install Node.js 20 or newer");
    }
    Ok(())
}

/// wasm-opt at the pinned version, from npm if need be.
pub fn ensure_wasm_opt(shell: &Shell) -> Result<()> {
    let mut own = shell.command("wasm-opt");
    own.arg("--version").stderr(Stdio::null());
    if capture(own).is_ok_and(|answer| answer.split_whitespace().nth(2) == Some(BINARYEN)) {
        return Ok(());
    }
    ensure_node(shell)?;
    step(&format!("Install wasm-opt {BINARYEN} with npm"), || {
        let folder = shell.tools.join("npm");
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        for name in ["package.json", "package-lock.json"] {
            let from = shell.root.join("crates/xtask/npm").join(name);
            std::fs::copy(&from, folder.join(name))
                .with_context(|| format!("cannot copy {}", from.display()))?;
        }
        npm_ci(shell, &folder)
    })
}

/// The packages that `folder`'s lock file names, unless they are there already.
pub fn npm_packages(shell: &Shell, folder: &Path) -> Result<()> {
    let lock = hash::of_file(&folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.octet-lock");
    if std::fs::read_to_string(&stamp).is_ok_and(|text| text == lock) {
        return Ok(());
    }
    let name = folder.strip_prefix(&shell.root).unwrap_or(folder);
    step(
        &format!("Install the npm packages of {}", name.display()),
        || npm_ci(shell, folder),
    )?;
    std::fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))
}

fn npm_ci(shell: &Shell, folder: &Path) -> Result<()> {
    let mut npm = shell.command("npm");
    npm.args([
        "ci",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--loglevel=error",
    ])
    .current_dir(folder);
    run(npm, Output::Show)
}
