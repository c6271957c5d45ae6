//! Turns the notebook's prose (`www/notebook/*.md`) into HTML, so that the page carries no Markdown parser.
//!
//! A file may have a second part below a thematic break (`---` between empty lines): the page puts it
//! below the cell.

use std::{env, error::Error, fs, path::Path};

use pulldown_cmark::{Event, Options, Parser, html};

const FILES: [&str; 10] = [
    "intro",
    "setup",
    "data",
    "baseline",
    "quantize",
    "size",
    "inference",
    "accuracy",
    "visualize",
    "takeaways",
];

fn main() -> Result<(), Box<dyn Error>> {
    let notebook = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../www/notebook");
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
