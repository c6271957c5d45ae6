//! Running a network over images.

use std::thread;

use anyhow::{Context, Result, anyhow};
use octet_engine::{Engine, Kernels, Options, Values};
use octet_graph::{Graph, TensorId};

use crate::images::Sample;

/// What a network said of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// The image's class.
    pub class: usize,
    /// The class that the network finds most likely.
    pub first: usize,
    /// Whether the class is among the five most likely.
    pub in_five: bool,
}

/// Runs a graph over all samples, so many at a time.
pub fn predict(graph: &Graph, samples: &[Sample], threads: usize) -> Result<Vec<Prediction>> {
    let share = samples.len().div_ceil(threads.max(1)).max(1);
    thread::scope(|scope| {
        let parts = samples.chunks(share);
        let parts: Vec<_> = parts
            .map(|part| scope.spawn(move || predict_part(graph, part)))
            .collect();
        let mut predictions = Vec::with_capacity(samples.len());
        for part in parts {
            let part = part.join().map_err(|_| anyhow!("a thread has died"))?;
            predictions.extend(part?);
        }
        Ok(predictions)
    })
}

fn predict_part(graph: &Graph, samples: &[Sample]) -> Result<Vec<Prediction>> {
    let mut engine = Engine::new(graph, Kernels::Fast, &Options::default())?;
    samples
        .iter()
        .map(|Sample { input, class }| {
            engine.set_input(0, Values::Float32(input))?;
            engine.invoke()?;
            prediction(engine.output_f32(0)?, *class)
        })
        .collect()
}

/// Of equal numbers the first is the larger, as in NumPy's argmax; int8 outputs are often equal.
fn prediction(logits: &[f32], class: usize) -> Result<Prediction> {
    let own = *logits.get(class).context("the network has fewer classes")?;
    let place = |(at, &logit): (usize, &f32)| logit > own || (logit == own && at < class);
    let before = logits
        .iter()
        .enumerate()
        .filter(|&pair| place(pair))
        .count();
    let largest =
        logits
            .iter()
            .enumerate()
            .fold(
                (0, f32::NEG_INFINITY),
                |(first, largest), (at, &logit)| match logit > largest {
                    true => (at, logit),
                    false => (first, largest),
                },
            );
    Ok(Prediction {
        class,
        first: largest.0,
        in_five: before < 5,
    })
}

/// Runs a graph over images and shows the values of tensors to `look`.
pub fn watch(
    graph: &Graph,
    images: &[Vec<f32>],
    tensors: &[TensorId],
    mut look: impl FnMut(TensorId, &[f32]) -> Result<()>,
) -> Result<()> {
    let mut engine = Engine::with_all_tensors_kept(graph, Kernels::Fast)?;
    for image in images {
        engine.set_input(0, Values::Float32(image))?;
        engine.invoke()?;
        for &id in tensors {
            if let Values::Float32(values) = engine.tensor(id)? {
                look(id, values)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_and_among_five() {
        let logits = [0.0, 3.0, 1.0, 3.0, 2.0, 0.5, 0.7];
        let said = |class| {
            let Prediction { first, in_five, .. } = prediction(&logits, class).unwrap();
            (first, in_five)
        };
        assert_eq!(said(1), (1, true));
        assert_eq!(said(6), (1, true));
        assert_eq!(said(5), (1, false));
        assert!(prediction(&logits, 7).is_err());
        // Of equals, the earlier ones are counted first.
        let equal = [1.0; 9];
        let in_five = |class| prediction(&equal, class).unwrap().in_five;
        assert_eq!((in_five(4), in_five(5)), (true, false));
    }
}
