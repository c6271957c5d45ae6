//! The browser that tests and measurements drive.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::debian;
use crate::shell::Shell;
use crate::tools;

/// Chromium and its driver.
pub struct Browser {
    /// Chromium's program.
    pub chromium: PathBuf,
    /// ChromeDriver's program.
    pub driver: PathBuf,
}

const CHROMIUM: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

/// Finds the browser, or installs it; and what drives it from Node.js.
pub fn ensure(shell: &Shell) -> Result<Browser> {
    if find().is_none() {
        if !debian::can_install() {
            bail!(
                "Chromium or ChromeDriver is not on the PATH: install both, of the same version (CHROMIUM and CHROMEDRIVER may name their files)"
            );
        }
        debian::install(shell, "Chromium", &["chromium", "chromium-driver"])?;
    }
    tools::ensure_node(shell)?;
    tools::npm_packages(shell, &shell.root.join("tests/e2e"))?;
    match find() {
        Some(browser) => Ok(browser),
        None => bail!("Chromium has been installed, but is not on the PATH"),
    }
}

fn find() -> Option<Browser> {
    Some(Browser {
        chromium: named_by("CHROMIUM").or_else(|| CHROMIUM.into_iter().find_map(on_path))?,
        driver: named_by("CHROMEDRIVER").or_else(|| on_path("chromedriver"))?,
    })
}

fn named_by(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_file())
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
