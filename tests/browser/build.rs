//! Decodes the fixture's photos, so that the tests carry their pixels and no decoder.

use std::{env, error::Error, fs, path::Path};

const PHOTOS: [&str; 4] = ["chelsea", "astronaut", "coffee", "rocket"];

fn main() -> Result<(), Box<dyn Error>> {
    let fixture = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../fixtures/photos");
    println!("cargo::rerun-if-changed={}", fixture.display());
    for photo in PHOTOS {
        let pixels = image::open(fixture.join(photo).with_extension("png"))?.into_rgb8();
        let file = Path::new(&env::var("OUT_DIR")?).join(photo);
        fs::write(file.with_extension("rgb"), pixels.into_raw())?;
    }
    Ok(())
}
