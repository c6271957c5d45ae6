//! Running allocates nothing.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::path::Path;

use octet_engine::{Engine, Kernels, Options};

#[test]
fn running_allocates_nothing() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![0; 100])));
    assert!(counted.count_total > 0, "the counter does not count");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/engine");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "cases") {
            continue;
        }
        let file = std::fs::read(&path).unwrap();
        let length = u32::from_le_bytes(file[..4].try_into().unwrap()) as usize;
        let graph = octet_tflite::read(&file[4..4 + length]).unwrap();
        for kernels in [Kernels::Reference, Kernels::Fast] {
            let mut engine = Engine::new(&graph, kernels, &Options::default()).unwrap();
            let info = allocation_counter::measure(|| engine.invoke().unwrap());
            assert_eq!(info.count_total, 0, "{} with {kernels:?}", path.display());
        }
    }
}
