//! Which Rust toolchains there are, and what they can do.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::shell::{Shell, capture, succeeds};

/// Whether the shell's toolchain compiles and links tests for wasm32, which takes the target's
/// standard library, made by this very compiler, and a linker.
pub fn compiles_wasm(shell: &Shell) -> Result<bool> {
    let source = shell.target_file("wasm-probe/probe.rs")?;
    std::fs::write(&source, "#[test]\nfn probe() {}\n")?;
    let mut rustc = shell.command("rustc");
    rustc.args([
        "--test",
        "--edition=2024",
        "--target=wasm32-unknown-unknown",
        "-o",
    ]);
    rustc.arg(source.with_extension("wasm")).arg(source);
    Ok(succeeds(rustc))
}

/// Where the shell's toolchain keeps (or would keep) its library for wasm32.
pub fn wasm_library_folder(shell: &Shell) -> Result<String> {
    let mut rustc = shell.command("rustc");
    rustc.args(["--print=target-libdir", "--target=wasm32-unknown-unknown"]);
    capture(rustc)
}

/// Whether `cargo <name>` works with the shell's toolchain.
pub fn has_subcommand(shell: &Shell, name: &str) -> bool {
    let mut cargo = shell.command("cargo");
    cargo.args([name, "--version"]);
    succeeds(cargo)
}

/// The names of the toolchains that rustup knows; none without rustup.
pub fn installed(shell: &Shell) -> Vec<String> {
    let mut rustup = shell.command("rustup");
    rustup.args(["toolchain", "list", "--quiet"]);
    let names = capture(rustup).unwrap_or_default();
    names
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// A shell whose rustc is at least `wanted`: this one's, or that of any toolchain that is installed.
pub fn at_least(shell: &Shell, wanted: [u32; 3]) -> Option<Shell> {
    let others = installed(shell)
        .into_iter()
        .map(|name| shell.with_toolchain(Some(name)));
    std::iter::once(shell.clone())
        .chain(others)
        .find(|shell| rustc_version(shell).is_some_and(|version| version >= wanted))
}

/// The version of the shell's rustc.
fn rustc_version(shell: &Shell) -> Option<[u32; 3]> {
    let mut rustc: Command = shell.command("rustc");
    rustc.arg("--version").stderr(Stdio::null());
    parse_version(&capture(rustc).ok()?)
}

/// From "rustc 1.97.0-nightly (e50aa6fba 2026-05-19)" to [1, 97, 0].
fn parse_version(text: &str) -> Option<[u32; 3]> {
    let number = text.split_whitespace().nth(1)?.split('-').next()?;
    let mut parts = number.split('.').map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn versions() {
        assert_eq!(
            parse_version("rustc 1.97.0-nightly (e50aa6fba 2026-05-19)"),
            Some([1, 97, 0])
        );
        assert_eq!(parse_version("rustc 1.96.1"), Some([1, 96, 1]));
        assert_eq!(parse_version("rustc"), None);
    }
}
