//! `cargo xtask build`: the whole page in `dist/`, ready to be put on any server of files.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, bail};

use crate::hash;
use crate::shell::{Output, Shell, capture, run, step};

/// What the site is made of, besides the crates.
const SOURCES: [&str; 7] = [
    "index.html",
    "Trunk.toml",
    "www",
    "crates",
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
];

/// What wasm-opt does to each wasm, and which extensions the compiler has used in it.
const WASM_OPT: [&str; 9] = [
    "-O2",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-relaxed-simd",
    "--enable-sign-ext",
    "--enable-simd",
];

/// How the worker is compiled, and what is tested and linted as it is. Not the page: it must run where SIMD
/// is missing, to say so.
pub const WORKER_RUSTFLAGS: (&str, &str) = ("RUSTFLAGS", "-C target-feature=+simd128");

/// Where Trunk finds the workers.
const WORKER_FOLDER: &str = "target/octet-worker";

/// The names of the workers, and what each is built with: one for browsers that have relaxed SIMD, one for the
/// others, which would refuse a file with such instructions as a whole. `www/octet-worker_loader.js` chooses.
/// Both are compiled with the same flags, and Burn once for both.
const WORKERS: [(&str, &[&str]); 2] = [
    ("octet-worker", &[]),
    ("octet-worker_relaxed", &["--features=relaxed-simd"]),
];

/// Builds what has changed since the last time. Everything must be set up.
pub fn build(shell: &Shell) -> Result<PathBuf> {
    let dist = shell.root.join("dist");
    let stamp = shell.target_file("site.stamp")?;
    let sources = fingerprint(shell)?;
    if fs::read_to_string(&stamp).is_ok_and(|text| text == sources)
        && dist.join("index.html").exists()
    {
        println!("==> The site in dist/: up to date");
        return Ok(dist);
    }
    build_workers(shell)?;
    step("Build the site with Trunk", || {
        let mut trunk = shell.command("trunk");
        trunk.args(["build", "--release", "--offline", "--skip-version-check"]);
        run(trunk, Output::Show)
    })?;
    drop_unused(&dist)?;
    optimize(shell, &dist, "site")?;
    refers_to_no_other_host(&dist)?;
    fs::write(&stamp, sources).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(dist)
}

/// Trunk compiles everything with the same flags, so the workers, which need others, are made before it.
fn build_workers(shell: &Shell) -> Result<()> {
    for (name, features) in WORKERS {
        step(&format!("Build {name}"), || {
            let mut cargo = shell.command("cargo");
            cargo.args([
                "build",
                "--release",
                "--package=octet-worker",
                "--target=wasm32-unknown-unknown",
            ]);
            cargo.args(features);
            cargo.env(WORKER_RUSTFLAGS.0, WORKER_RUSTFLAGS.1);
            run(cargo, Output::Show)?;
            let mut bindgen = shell.command("wasm-bindgen");
            bindgen.args([
                "--target=no-modules",
                "--no-typescript",
                "--out-dir",
                WORKER_FOLDER,
                "--out-name",
                name,
                "target/wasm32-unknown-unknown/release/octet-worker.wasm",
            ]);
            run(bindgen, Output::Show)
        })?;
    }
    Ok(())
}

/// The head is part of the joined model; the page does not load it on its own.
fn drop_unused(dist: &Path) -> Result<()> {
    for file in files_below(&dist.join("models"))? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("mobilenet_v2_head.") {
            fs::remove_file(&file).with_context(|| format!("cannot delete {}", file.display()))?;
        }
    }
    Ok(())
}

/// Runs wasm-opt over each wasm in a folder; what it has made of the same input before is taken from `target/`,
/// where each `product` has a folder of its own.
pub fn optimize(shell: &Shell, folder: &Path, product: &str) -> Result<()> {
    let mut used = BTreeSet::new();
    for file in files_below(folder)?
        .into_iter()
        .filter(|file| has_extension(file, &["wasm"]))
    {
        let before = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let key = hash::of_bytes(
            format!("{} {}", hash::of_bytes(&before), WASM_OPT.join(" ")).as_bytes(),
        );
        let cached = shell.target_file(&format!("wasm-opt/{product}/{key}.wasm"))?;
        if !cached.exists() {
            step(&format!("Optimize {name} with wasm-opt"), || {
                let partial = cached.with_extension("partial");
                let mut wasm_opt = shell.command("wasm-opt");
                wasm_opt.args(WASM_OPT).arg(&file).arg("-o").arg(&partial);
                run(wasm_opt, Output::Show)?;
                fs::rename(&partial, &cached)
                    .with_context(|| format!("cannot write {}", cached.display()))
            })?;
        }
        fs::copy(&cached, &file).with_context(|| format!("cannot write {}", file.display()))?;
        println!(
            "    {name}: {} bytes, {} before wasm-opt",
            fs::metadata(&file)?.len(),
            before.len()
        );
        used.insert(cached);
    }
    for old in files_below(&shell.root.join("target/wasm-opt").join(product))? {
        if !used.contains(&old) {
            fs::remove_file(&old).with_context(|| format!("cannot delete {}", old.display()))?;
        }
    }
    Ok(())
}

/// The page must work without any network, so nothing that it loads may name another host. Links that
/// a reader may follow are fine.
fn refers_to_no_other_host(dist: &Path) -> Result<()> {
    for file in files_below(dist)?
        .into_iter()
        .filter(|file| has_extension(file, &["html", "js", "css"]))
    {
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        if let Some(address) = foreign_address(&text) {
            bail!(
                "{} refers to {address}: the page must load nothing from other hosts",
                file.display()
            );
        }
    }
    Ok(())
}

fn foreign_address(text: &str) -> Option<&str> {
    for (at, scheme) in text.match_indices("://") {
        let Some(start) = ["https", "http"]
            .iter()
            .find_map(|name| text[..at].ends_with(name).then(|| at - name.len()))
        else {
            continue;
        };
        let end = text[at..]
            .find(['"', '\'', '`', ')', '<', '>', ' ', '\n'])
            .map_or(text.len(), |length| at + length);
        let host = &text[at + scheme.len()..end];
        // The names of XML namespaces look like addresses and are none.
        let is_namespace = host.starts_with("www.w3.org/");
        let tag = text[..start]
            .rfind('<')
            .map_or("", |open| &text[open..start]);
        let is_link = tag.starts_with("<a ") && !tag.contains('>');
        let is_comment = text[..start]
            .rsplit('\n')
            .next()
            .is_some_and(|line| line.trim_start().starts_with(['*', '/']));
        if !is_namespace && !is_link && !is_comment && !host.is_empty() {
            return Some(&text[start..end]);
        }
    }
    None
}

/// The paths, lengths and times of all sources, the compiler's version and what it is told.
fn fingerprint(shell: &Shell) -> Result<String> {
    let mut rustc = shell.command("rustc");
    rustc.arg("--version");
    let mut text = format!(
        "{}\n{}\n{}\n",
        capture(rustc)?,
        WORKER_RUSTFLAGS.1,
        WASM_OPT.join(" ")
    );
    for source in SOURCES {
        let source = shell.root.join(source);
        if !source.exists() {
            continue;
        }
        for file in files_below(&source)? {
            if file.starts_with(shell.root.join("crates/xtask"))
                || file.starts_with(shell.root.join("crates/js"))
            {
                continue;
            }
            let data = fs::metadata(&file)?;
            let time = data
                .modified()?
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{} {} {}",
                file.display(),
                data.len(),
                time.as_nanos()
            );
        }
    }
    Ok(text)
}

/// All files in a folder and its folders, in a fixed order; of a file, the file.
pub fn files_below(path: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    let mut open = vec![path.to_path_buf()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            for entry in
                fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))?
            {
                open.push(entry?.path());
            }
        } else if path.exists() {
            files.insert(path);
        }
    }
    Ok(files)
}

fn has_extension(file: &Path, wanted: &[&str]) -> bool {
    file.extension()
        .is_some_and(|extension| wanted.iter().any(|wanted| extension == *wanted))
}

#[cfg(test)]
mod tests {
    use super::foreign_address;

    #[test]
    fn what_the_page_loads_is_told_from_what_a_reader_follows() {
        assert_eq!(
            foreign_address(r#"<script src="https://cdn.test/a.js">"#),
            Some("https://cdn.test/a.js")
        );
        assert_eq!(
            foreign_address(r#"import("http://cdn.test/a.js")"#),
            Some("http://cdn.test/a.js")
        );
        assert_eq!(
            foreign_address(r#"<a class="x" href="https://paper.test/">paper</a>"#),
            None
        );
        assert_eq!(
            foreign_address(r#"<svg xmlns="http://www.w3.org/2000/svg">"#),
            None
        );
        assert_eq!(
            foreign_address("// see https://bug.test/1\n * and https://bug.test/2"),
            None
        );
    }
}
