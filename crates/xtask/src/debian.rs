//! Debian's package manager, for what cannot be had otherwise.

use std::path::Path;
use std::sync::Once;

use anyhow::Result;

use crate::shell::{Output, Shell, capture, run, step};

static UPDATED: Once = Once::new();

/// Whether this is Debian (or a relative) and we may install packages.
pub fn can_install() -> bool {
    let mut id = std::process::Command::new("id");
    id.arg("-u");
    Path::new("/usr/bin/apt-get").exists() && capture(id).is_ok_and(|user| user == "0")
}

/// Installs `packages`; `what` is what they are to the reader.
pub fn install(shell: &Shell, what: &str, packages: &[&str]) -> Result<()> {
    step(&format!("Install {what} with apt-get"), || {
        let log = shell.target_file("logs/apt.log")?;
        let mut updated = Ok(());
        UPDATED.call_once(|| {
            let mut apt = shell.command("apt-get");
            apt.arg("update").env("DEBIAN_FRONTEND", "noninteractive");
            updated = run(apt, Output::Log(&log));
        });
        updated?;
        let mut apt = shell.command("apt-get");
        apt.args(["install", "--yes", "--no-install-recommends"])
            .args(packages);
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        run(apt, Output::Log(&log))
    })
}
