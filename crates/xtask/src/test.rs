//! `cargo xtask test`: every test there is, in order of how soon it tells.

use std::time::Instant;

use anyhow::{Result, anyhow};

use crate::browser::{self, Browser};
use crate::package;
use crate::serve::{self, Site};
use crate::setup::Setup;
use crate::shell::{Output, Shell, duration, run};
use crate::site::{self, WORKER_RUSTFLAGS};

/// Crates made for a browser, linted as such.
const IN_BROWSER: [&str; 4] = ["octet", "octet-app", "octet-worker", "octet-browser-tests"];

/// Those of them whose tests cannot run on the host.
const BROWSER_ONLY: [&str; 3] = ["octet", "octet-worker", "octet-browser-tests"];

/// A part of the tests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// rustfmt and clippy.
    Lint,
    /// Unit tests of the crates.
    Host,
    /// What needs a browser's JavaScript, run by wasm-pack.
    Browser,
    /// The JavaScript package, installed and used as others would.
    Package,
    /// The built site, driven as a reader would.
    EndToEnd,
}

/// A stage's name and how it ended.
struct Outcome {
    name: &'static str,
    failure: Option<anyhow::Error>,
    time: String,
}

/// Runs all parts or `only` one. A stage that fails does not stop those after it. Gives whether all passed.
pub fn run_parts(shell: &Shell, only: Option<Part>) -> Result<bool> {
    let wanted = |part| only.is_none_or(|only| only == part);
    let setup = Setup::start(shell)?;
    let shell = setup.shell.clone();
    let in_browser = [Part::Browser, Part::Package, Part::EndToEnd];
    let browser = match in_browser.into_iter().any(wanted) {
        true => Some(browser::ensure(&shell)?),
        false => None,
    };

    let mut outcomes = Vec::new();
    let mut stage = |name, work: &dyn Fn() -> Result<()>| {
        println!("==> Test: {name}");
        let start = Instant::now();
        let failure = work().err();
        let time = duration(start.elapsed());
        match &failure {
            None => println!("    {name}: passed in {time}"),
            Some(error) => println!("    {name}: FAILED after {time}: {error:#}"),
        }
        outcomes.push(Outcome {
            name,
            failure,
            time,
        });
    };
    if wanted(Part::Lint) {
        stage("rustfmt", &|| rustfmt(&shell));
        stage("clippy, host", &|| clippy_host(&shell));
        stage("clippy, wasm32", &|| clippy_wasm(&shell));
    }
    if wanted(Part::Host) {
        stage("unit tests, host", &|| unit_tests(&shell));
    }
    if let Some(browser) = browser {
        setup.finish()?;
        if wanted(Part::Browser) {
            stage("wasm tests in Chromium", &|| {
                in_chromium(&shell, &browser, "tests/browser", &[])
            });
            // The kernels of both workers, as they are built for them.
            stage("kernels, simd128", &|| {
                in_chromium(&shell, &browser, "crates/engine", &["--lib"])
            });
            stage("kernels, relaxed SIMD", &|| {
                let relaxed = ["--lib", "--features=relaxed-simd"];
                in_chromium(&shell, &browser, "crates/engine", &relaxed)
            });
        }
        if wanted(Part::Package) {
            stage("package, Node and Chromium", &|| {
                package::test(&shell, &browser)
            });
        }
        if wanted(Part::EndToEnd) {
            stage("end to end in Chromium", &|| end_to_end(&shell, &browser));
        }
    }

    println!();
    for Outcome {
        name,
        failure,
        time,
    } in &outcomes
    {
        match failure {
            None => println!("{name:<26} passed  {time}"),
            Some(error) => println!("{name:<26} FAILED  {time}  {error:#}"),
        }
    }
    let failed = outcomes
        .iter()
        .filter(|outcome| outcome.failure.is_some())
        .count();
    println!("{} passed, {failed} failed", outcomes.len() - failed);
    Ok(failed == 0)
}

fn rustfmt(shell: &Shell) -> Result<()> {
    let mut cargo = shell.command("cargo");
    cargo.args(["fmt", "--all", "--check"]);
    run(cargo, Output::Show)
}

fn clippy_host(shell: &Shell) -> Result<()> {
    let mut cargo = shell.command("cargo");
    cargo.args(["clippy", "--workspace", "--all-targets"]);
    cargo.args(IN_BROWSER.map(|name| format!("--exclude={name}")));
    cargo.args(["--", "--deny=warnings"]);
    run(cargo, Output::Show)
}

/// In the release profile, as the site is built: build scripts and macros are compiled once for both.
fn clippy_wasm(shell: &Shell) -> Result<()> {
    let mut cargo = shell.command("cargo");
    cargo.args([
        "clippy",
        "--release",
        "--target=wasm32-unknown-unknown",
        "--all-targets",
    ]);
    cargo.args(IN_BROWSER.map(|name| format!("--package={name}")));
    // Its tests run there too.
    cargo.arg("--package=octet-engine");
    cargo.arg("--features=octet-worker/relaxed-simd");
    cargo.env(WORKER_RUSTFLAGS.0, WORKER_RUSTFLAGS.1);
    cargo.args(["--", "--deny=warnings"]);
    run(cargo, Output::Show)
}

fn unit_tests(shell: &Shell) -> Result<()> {
    let mut cargo = shell.command("cargo");
    cargo.args(["test", "--workspace"]);
    cargo.args(BROWSER_ONLY.map(|name| format!("--exclude={name}")));
    run(cargo, Output::Show)
}

/// The browser's tests of the package in `folder`; `more` are cargo's.
fn in_chromium(shell: &Shell, browser: &Browser, folder: &str, more: &[&str]) -> Result<()> {
    let mut wasm_pack = shell.command("wasm-pack");
    wasm_pack.args([
        "test",
        "--headless",
        "--chrome",
        "--mode=no-install",
        "--release",
    ]);
    wasm_pack
        .arg("--chromedriver")
        .arg(&browser.driver)
        .arg(folder)
        .args(more);
    // What Chromium is started with, for all packages.
    wasm_pack.env(
        "WASM_BINDGEN_TEST_WEBDRIVER_JSON",
        shell.root.join("tests/browser/webdriver.json"),
    );
    // Seconds for all tests of a file; the default of 20 is for small ones.
    wasm_pack.env("WASM_BINDGEN_TEST_TIMEOUT", "900");
    wasm_pack.env(WORKER_RUSTFLAGS.0, WORKER_RUSTFLAGS.1);
    run(wasm_pack, Output::Show)
}

fn end_to_end(shell: &Shell, browser: &Browser) -> Result<()> {
    let dist = site::build(shell)?;
    let site = Site::start(&dist, serve::listen(0)?)?;
    println!("    the site is at {}", site.address);
    let mut node = shell.command("node");
    node.args(["--test", "--test-reporter=spec", "tests/e2e/all.test.mjs"]);
    node.env("OCTET_URL", &site.address)
        .env("OCTET_DIST", &dist)
        .env("CHROMIUM", &browser.chromium);
    run(node, Output::Show)
        .map_err(|_| anyhow!("not all passed; those that failed are listed above"))
}
