//! Turns the notebook's prose (`www/notebook/*.md`) into HTML, so that the page carries no Markdown parser,
//! and its questions (`www/questions/*.toml`) and decision tree (`www/troubleshoot.toml`) into Rust.
//!
//! A file may have a second part below a thematic break (`---` between empty lines): the page puts it
//! below the cell.

#[path = "build/questions/mod.rs"]
mod questions;

use std::{env, error::Error, fs, path::Path};

use pulldown_cmark::{Event, Options, Parser, html};

const FILES: [&str; 38] = [
    "intro",
    "setup",
    "data",
    "baseline",
    "quantize",
    "size",
    "inference",
    "accuracy",
    "visualize",
    "laboratory",
    "simulate",
    "explorer",
    "weights",
    "sizes",
    "reference",
    "integers",
    "full-integer",
    "interpreter",
    "inspect",
    "convert",
    "your-model",
    "camera",
    "breaks",
    "sweep",
    "sensitivity",
    "calibrate",
    "arena",
    "troubleshoot",
    "rescue",
    "training",
    "regression",
    "train",
    "ptq",
    "draw",
    "qat",
    "tradeoff",
    "pytorch",
    "takeaways",
];

fn main() -> Result<(), Box<dyn Error>> {
    let www = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../www");
    let notebook = www.join("notebook");
    let out = env::var("OUT_DIR")?;
    println!("cargo::rerun-if-changed={}", notebook.display());
    for name in FILES {
        let file = notebook.join(format!("{name}.md"));
        let text = fs::read_to_string(&file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let (before, after) = render(&text);
        fs::write(Path::new(&out).join(format!("{name}.before.html")), before)?;
        fs::write(Path::new(&out).join(format!("{name}.after.html")), after)?;
    }

    let folder = www.join("questions");
    println!("cargo::rerun-if-changed={}", folder.display());
    match questions::compile(&folder, &FILES) {
        Ok(rust) => fs::write(Path::new(&out).join("questions.rs"), rust)?,
        Err(errors) => {
            for error in errors {
                // A line break would end the message.
                println!("cargo::error={}", error.replace('\n', " / "));
            }
        }
    }
    let file = www.join("troubleshoot.toml");
    println!("cargo::rerun-if-changed={}", file.display());
    match questions::tree::compile(&file, &FILES) {
        Ok(rust) => fs::write(Path::new(&out).join("troubleshoot.rs"), rust)?,
        Err(error) => println!("cargo::error={}", error.replace('\n', " / ")),
    }
    Ok(())
}

/// The HTML above and below the first thematic break.
fn render(markdown: &str) -> (String, String) {
    let options = Options::ENABLE_SMART_PUNCTUATION | Options::ENABLE_TABLES;
    let mut parts = [Vec::new(), Vec::new()];
    let mut part = 0;
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Rule => part = 1,
            event => parts[part].push(event),
        }
    }
    let [before, after] = parts.map(|events| {
        let mut text = String::new();
        html::push_html(&mut text, events.into_iter());
        text
    });
    (before, after)
}
