//! What has to hold for any bytes at all.

use octet_engine::{Engine, Kernels, Options};
use octet_graph::Graph;
use octet_tflite::{operator_kinds, read, read_metadata, write_with};

/// The most products that a model may take to run: fuzzing is about many models, not large ones.
const MOST_MACS: u64 = 4_000_000;
/// The most memory that a model may take to run.
const MOST_BYTES: usize = 4 << 20;

/// Reading returns, with a graph or an error. A graph that was read can be written, comes back as the same file, and
/// can be run, unless the engine says why not.
pub fn file(bytes: &[u8]) {
    let _ = operator_kinds(bytes);
    let about = read_metadata(bytes).unwrap_or_default();
    let graph = match read(bytes) {
        Ok(graph) => graph,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let written = write_with(&graph, &about).expect("what was read can be written");
    let again = read(&written).expect("what was written can be read");
    assert_eq!(write_with(&again, &about).as_ref(), Ok(&written));
    for kernels in [Kernels::Reference, Kernels::Fast] {
        run(&graph, kernels);
    }
}

fn run(graph: &Graph, kernels: Kernels) {
    let options = Options {
        arena_limit: MOST_BYTES,
        ..Options::default()
    };
    let mut engine = match Engine::new(graph, kernels, &options) {
        Ok(engine) => engine,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let macs = (0..engine.steps()).filter_map(|step| Some(engine.step_info(step).ok()?.macs));
    if macs.fold(0, u64::saturating_add) <= MOST_MACS {
        engine.invoke().expect("a prepared engine runs");
    }
}
