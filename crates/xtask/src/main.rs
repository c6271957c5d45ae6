//! Every chore of the repository: `cargo xtask <command>`.

mod bench;
mod browser;
mod checkpoint;
mod debian;
mod digits;
mod download;
mod eval;
mod hash;
mod models;
mod package;
mod peers;
mod serve;
mod setup;
mod shell;
mod site;
mod test;
mod toolchain;
mod tools;
mod wasm_target;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use serve::Site;
use setup::Setup;
use shell::Shell;
use test::Part;

const HELP: &str = "\
cargo xtask <command>

  setup [--browser]     install what is missing: the wasm32 target, wasm-bindgen, wasm-pack, Trunk,
                        wasm-opt; with --browser also Chromium and what drives it
  models                fetch and convert the weights, the photos and the class names
  build                 set up, then build the site into dist/
  serve [--port 8080]   build, then serve the site on this machine
  pkg                   set up, then build the JavaScript package into pkg/
  test [--only PART]    set up, then run all tests; PART is lint, host, browser, pkg or e2e
  bench [--runs 20]     build, then measure in Chromium; writes target/bench/
  bench --peers [--runs 20]
                        build the package, then measure it beside LiteRT.js and onnxruntime-web
  eval --images DIR --labels FILE …
                        how often a network is right, quantized in all ways; --help tells more
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match obey(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {}", one_line(&error));
            ExitCode::FAILURE
        }
    }
}

/// Does what the words say; false if it was done and something was found wrong.
fn obey(words: &[&str]) -> Result<bool> {
    match words {
        [] | ["help" | "--help" | "-h"] => print!("{HELP}"),
        ["setup"] => drop(Setup::start(&Shell::new()?)?.finish()?),
        ["setup", "--browser"] => {
            let setup = Setup::start(&Shell::new()?)?;
            browser::ensure(&setup.shell)?;
            setup.finish()?;
        }
        ["models"] => models::run(&Shell::new()?)?,
        ["build"] => drop(build()?),
        ["pkg"] => drop(package::build(&Setup::start(&Shell::new()?)?.finish()?)?),
        ["serve"] => serve(8080)?,
        ["serve", "--port", port] => serve(
            port.parse()
                .with_context(|| format!("--port {port}: a number from 0 to 65535, please"))?,
        )?,
        ["test"] => return test::run_parts(&Shell::new()?, None),
        ["test", "--only", part] => {
            return test::run_parts(&Shell::new()?, Some(part_named(part)?));
        }
        ["bench"] => bench::measure(&Shell::new()?, 20)?,
        ["bench", "--runs", runs] => bench::measure(&Shell::new()?, number(runs)?)?,
        ["bench", "--peers"] => peers::measure(&Shell::new()?, 20)?,
        ["bench", "--peers", "--runs", runs] | ["bench", "--runs", runs, "--peers"] => {
            peers::measure(&Shell::new()?, number(runs)?)?;
        }
        ["eval", words @ ..] => eval::measure(&Shell::new()?, words)?,
        _ => bail!(
            "there is no `cargo xtask {}`; `cargo xtask help` tells what there is",
            words.join(" ")
        ),
    }
    Ok(true)
}

fn build() -> Result<std::path::PathBuf> {
    let shell = Setup::start(&Shell::new()?)?.finish()?;
    site::build(&shell)
}

fn serve(port: u16) -> Result<()> {
    // First, since it is better to learn before a long build that the port is taken.
    let listener = serve::listen(port)?;
    let site = Site::start(&build()?, listener)?;
    println!("Octet is at {} (Ctrl+C stops it)", site.address);
    site.wait()
}

/// How often to measure.
fn number(runs: &str) -> Result<u32> {
    match runs.parse() {
        Ok(runs) if runs > 0 => Ok(runs),
        _ => bail!("--runs {runs}: a number above 0, please"),
    }
}

fn part_named(name: &str) -> Result<Part> {
    match name {
        "lint" => Ok(Part::Lint),
        "host" => Ok(Part::Host),
        "browser" => Ok(Part::Browser),
        "pkg" => Ok(Part::Package),
        "e2e" => Ok(Part::EndToEnd),
        _ => bail!("--only {name}: lint, host, browser, pkg or e2e, please"),
    }
}

/// The error and its causes; a full disk, wherever it was met, with its remedy.
fn one_line(error: &anyhow::Error) -> String {
    let is_full = error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::StorageFull)
    });
    let text = format!("{error:#}").replace('\n', " ");
    match is_full {
        true => format!("{text}: free some space (target/ can be deleted) and run this again"),
        false => text,
    }
}
