//! Training on the real digits, with rounding and without.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::sync::Arc;

use octet_engine::{Engine, Kernels, Options, Values};
use octet_graph::{FullInteger, Graph};
use octet_models::digits::{
    Augmentation, BitWidths, DigitSet, DigitWeights, Digits, Frozen, Training, TrainingConfig,
    digit_tensor, reals,
};
use octet_models::{Device, ModelError};

fn digits() -> Arc<Digits> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www/models/digits.safetensors");
    let bytes = std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; run `cargo xtask models` first",
            path.display()
        )
    });
    Arc::new(Digits::from_file(&bytes).unwrap())
}

fn config(epochs: usize) -> TrainingConfig {
    TrainingConfig {
        epochs,
        ..TrainingConfig::default()
    }
}

fn trained(mut training: Training) -> Training {
    while training.step().unwrap().is_some() {}
    training
}

fn share(correct: usize, set: &DigitSet) -> f32 {
    correct as f32 / set.len() as f32
}

/// What the engine takes each digit for.
fn classes(graph: &Graph, set: &DigitSet) -> Vec<usize> {
    let mut engine = Engine::new(graph, Kernels::Fast, &Options::default()).unwrap();
    let class = |image| {
        engine.set_input(0, Values::Float32(&reals(image))).unwrap();
        engine.invoke().unwrap();
        let logits = engine.output_f32(0).unwrap();
        let best = (0..10)
            .rev()
            .max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
        best.unwrap()
    };
    set.images().iter().map(class).collect()
}

fn agreement(a: &[usize], b: &[usize]) -> f32 {
    a.iter().zip(b).filter(|(a, b)| a == b).count() as f32 / a.len() as f32
}

/// Both backends learn, and come to nearly the same; the engine, run on the graph, says the same as Burn.
#[test]
#[expect(deprecated, reason = "both backends are offered")]
fn two_epochs_teach_both_backends() {
    let digits = digits();
    let of = |device: &Device| {
        let training = Training::new(digits.clone(), config(2), device).unwrap();
        let training = trained(training);
        let best = training.best().unwrap();
        let test = best.weights.evaluate(&digits.test, None, device).unwrap();
        let accuracy = share(test.correct, &digits.test);
        assert!(accuracy > 0.88, "{accuracy}");
        assert!(training.epochs()[1].loss < 0.5 * training.epochs()[0].loss);
        let engine = classes(&best.weights.to_graph(), &digits.test);
        assert!(agreement(&engine, &test.classes) >= 0.998);
        (accuracy, training.epochs()[0].loss)
    };
    let (ndarray, flex) = (of(&Device::ndarray()), of(&Device::flex()));
    assert!((ndarray.0 - flex.0).abs() < 0.02, "{ndarray:?} {flex:?}");
    assert!((ndarray.1 - flex.1).abs() < 1e-3, "{ndarray:?} {flex:?}");
}

/// The same seed gives the same weights, whether somebody paused or not; another seed gives others.
#[test]
fn a_seed_decides_everything() {
    let digits = digits();
    let run = |seed, epochs: &[usize]| {
        let config = TrainingConfig {
            seed,
            epochs: epochs[0],
            batch: 100,
            augmentation: Augmentation::USUAL,
            ..TrainingConfig::default()
        };
        let mut training = Training::new(digits.clone(), config, &Device::flex()).unwrap();
        training = trained(training);
        for &more in &epochs[1..] {
            training
                .extend(TrainingConfig {
                    epochs: more,
                    ..config
                })
                .unwrap();
            training = trained(training);
        }
        assert_eq!(training.epochs().len(), epochs.iter().sum::<usize>());
        training.best().unwrap().clone()
    };
    let whole = run(7, &[2]);
    assert_eq!(whole, run(7, &[1, 1]));
    assert_ne!(whole.weights, run(8, &[2]).weights);
}

/// At 8 bits the integers say what training's rounding said; at 2, rounding afterwards ruins the network, and
/// training with it in view brings it back.
#[test]
fn rounding_in_view_of_training() {
    let digits = digits();
    let device = Device::flex();
    let training = trained(Training::new(digits.clone(), config(3), &device).unwrap());
    let start = &training.best().unwrap().weights;
    let aware = |bits| {
        let widths = BitWidths::of_weights(bits);
        let training =
            Training::quantization_aware(digits.clone(), config(2), start, widths, &device);
        let training = trained(training.unwrap());
        let best = training.best().unwrap().clone();
        (best.weights, best.quantization.unwrap())
    };
    let count = |weights: &DigitWeights, quantization| {
        weights
            .evaluate(&digits.test, quantization, &device)
            .unwrap()
    };

    let (weights, frozen) = aware(8);
    let simulated = count(&weights, Some(frozen));
    assert!(share(simulated.correct, &digits.test) > 0.9);
    let graph = weights
        .to_full_integer(&frozen, FullInteger::default())
        .unwrap();
    let integers = classes(&graph, &digits.test);
    let same = agreement(&integers, &simulated.classes);
    assert!(same >= 0.995, "{same}");
    // The ranges arrive where they should.
    let conv1 = &graph.tensors[digit_tensor(&graph, "conv1").unwrap().0];
    let scale = conv1.quantization.as_ref().unwrap().scales[0];
    assert!((scale * 255.0 / frozen.ranges[0].1 - 1.0).abs() < 1e-3);

    let (weights, frozen) = aware(2);
    let afterwards = Frozen {
        widths: BitWidths::of_weights(2),
        ..aware(8).1
    };
    let ptq = share(count(start, Some(afterwards)).correct, &digits.test);
    let qat = share(count(&weights, Some(frozen)).correct, &digits.test);
    assert!(qat > 0.85 && qat > ptq + 0.1, "{ptq} {qat}");
}

#[test]
fn patience_ends_training() {
    let config = TrainingConfig {
        epochs: 1000,
        // So slow that nothing gets better.
        learning_rate: 1e-12,
        batch: 4000,
        patience: Some(2),
        ..TrainingConfig::default()
    };
    let training = Training::new(digits(), config, &Device::flex()).unwrap();
    let mut training = trained(training);
    let epochs = training.epochs().len();
    assert!(epochs < 20, "{epochs}");
    training
        .extend(TrainingConfig {
            epochs: 1,
            ..config
        })
        .unwrap();
    assert!(!training.is_done());
    assert_eq!(trained(training).epochs().len(), epochs + 1);
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let digits = digits();
    let error = |change: fn(&mut TrainingConfig)| {
        let mut config = TrainingConfig::default();
        change(&mut config);
        match Training::new(digits.clone(), config, &Device::flex()) {
            Err(ModelError::Setting { name, .. }) => name,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("accepted"),
        }
    };
    assert_eq!(error(|c| c.learning_rate = 0.0), "learning rate");
    assert_eq!(error(|c| c.learning_rate = 10.0), "learning rate");
    assert_eq!(error(|c| c.learning_rate = f32::NAN), "learning rate");
    assert_eq!(error(|c| c.batch = 0), "batch size");
    assert_eq!(error(|c| c.batch = 4001), "batch size");
    assert_eq!(error(|c| c.epochs = 0), "epochs");
    assert_eq!(error(|c| c.patience = Some(0)), "patience");
    assert_eq!(error(|c| c.augmentation.shift = -1.0), "shift");
    assert_eq!(error(|c| c.augmentation.degrees = f32::NAN), "rotation");
}

#[test]
fn a_run_that_diverges_is_named() {
    let config = TrainingConfig {
        learning_rate: 1.0,
        ..config(3)
    };
    let mut training = Training::new(digits(), config, &Device::flex()).unwrap();
    let error = loop {
        match training.step() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it did not diverge: {:?}", training.epochs()),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, ModelError::Diverged { .. }), "{error}");
}
