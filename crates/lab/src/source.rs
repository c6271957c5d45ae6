//! Weights for the laboratory: drawn, pasted, or of a layer of the loaded network.

use std::rc::Rc;

use octet_models::{LayerSpec, Weights};
use octet_protocol::{Distribution, ErrorKind, LabError, WeightSource, grouped};
use octet_quant::RandomState;

use crate::pasted::{self, MAX_NUMBERS};
use crate::session::Session;

/// Some weights.
pub(crate) struct Tensor {
    /// What they are, for people.
    pub(crate) title: String,
    /// Row-major.
    pub(crate) shape: Vec<usize>,
    /// All finite; at least one.
    pub(crate) values: Vec<f32>,
}

/// The weights that the reader asks for. Those that were drawn last are not drawn again: with many of them
/// that takes longer than all the rest.
pub(crate) fn weights(
    session: &mut Session,
    source: &WeightSource,
) -> Result<Rc<Tensor>, LabError> {
    match source {
        WeightSource::Drawn {
            distribution,
            count,
            sigma,
            seed,
        } => {
            if let Some((of, tensor)) = &session.drawn
                && of == source
            {
                return Ok(tensor.clone());
            }
            let tensor = Rc::new(draw(*distribution, *count, *sigma, *seed)?);
            session.drawn = Some((source.clone(), tensor.clone()));
            Ok(tensor)
        }
        WeightSource::Pasted { text } => {
            let values = pasted::parse(text)?;
            Ok(Rc::new(Tensor {
                title: counted(values.len(), "pasted number"),
                shape: vec![values.len()],
                values,
            }))
        }
        WeightSource::Layer { name } => Ok(Rc::new(layer(session, name)?)),
    }
}

/// A layer of the network that `baseline` has loaded; without a name, its first.
pub(crate) fn layer(session: &Session, name: &str) -> Result<Tensor, LabError> {
    let baseline = session.baseline()?;
    let mut layers = layers(session)?;
    let found = if name.is_empty() {
        layers.next()
    } else {
        layers.find(|(spec, _)| spec.name == name)
    };
    let Some((spec, values)) = found else {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!("{} has no layer “{name}”.", baseline.model.title()),
            "Choose one of its layers.",
        ));
    };
    Ok(Tensor {
        title: format!("layer {} of {}", spec.name, baseline.model.title()),
        shape: spec.weight_shape(),
        values: values.to_vec(),
    })
}

/// Every layer of the network that `baseline` has loaded, in network order.
pub(crate) fn layers(
    session: &Session,
) -> Result<impl Iterator<Item = (&LayerSpec, &[f32])>, LabError> {
    let network = &session.baseline()?.network;
    Ok(network
        .pairs()
        .filter_map(|(spec, layer)| match &layer.weights {
            Weights::Float(values) => Some((spec, values.as_slice())),
            // What `baseline` loads is float32.
            Weights::Int8(_) => None,
        }))
}

fn draw(distribution: Distribution, count: u32, sigma: f64, seed: u32) -> Result<Tensor, LabError> {
    let number = count as usize;
    if !(1..=MAX_NUMBERS).contains(&number) {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!("{count} weights cannot be drawn."),
            "Choose from 1 to 1,000,000.",
        ));
    }
    // What is drawn must fit a float32 however far it strays.
    if !(sigma > 0.0 && sigma <= 1e30) {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!("{sigma} is no standard deviation."),
            "Choose one above zero, and at most 1e30.",
        ));
    }
    let mut random = RandomState::new(seed);
    let mut next = |index: usize| match distribution {
        Distribution::Normal => random.randn() * sigma,
        Distribution::Laplace => random.laplace(0.0, sigma / core::f64::consts::SQRT_2),
        Distribution::Uniform => {
            let end = sigma * 3.0_f64.sqrt();
            random.uniform(-end, end)
        }
        Distribution::Bimodal => {
            let side = if index.is_multiple_of(2) { 0.9 } else { -0.9 };
            // 0.9² + 0.19 = 1: the standard deviation of both humps together is sigma.
            (random.randn() * 0.19_f64.sqrt() + side) * sigma
        }
        Distribution::Outliers => {
            let times = if index % 100 == 99 { 10.0 } else { 1.0 };
            random.randn() * sigma * times
        }
    };
    let values: Vec<f32> = (0..number).map(|index| next(index) as f32).collect();
    let of = match distribution {
        Distribution::Normal => "from a normal distribution",
        Distribution::Laplace => "from a Laplace distribution",
        Distribution::Uniform => "from a uniform distribution",
        Distribution::Bimodal => "from two normal humps",
        Distribution::Outliers => "from a normal distribution, every 100th ten times as large",
    };
    Ok(Tensor {
        title: format!("{} {of}, σ {sigma}, seed {seed}", counted(number, "weight")),
        shape: vec![number],
        values,
    })
}

/// `1 weight`, `1,000 weights`.
pub(crate) fn counted(number: usize, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {what}{ending}", grouped(number as u64))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test stops where something is missing"
    )]

    use super::*;

    #[test]
    fn every_distribution_has_the_spread_that_was_asked_for() {
        for distribution in [
            Distribution::Normal,
            Distribution::Laplace,
            Distribution::Uniform,
            Distribution::Bimodal,
        ] {
            let drawn = draw(distribution, 100_000, 0.5, 1).unwrap();
            let squares = drawn.values.iter().map(|&v| f64::from(v).powi(2));
            let std = (squares.sum::<f64>() / 1e5).sqrt();
            assert!((std - 0.5).abs() < 0.006, "{distribution:?} {std}");
        }
    }

    #[test]
    fn the_title_says_what_was_drawn() {
        let drawn = draw(Distribution::Normal, 1000, 0.5, 42).unwrap();
        assert_eq!(
            drawn.title,
            "1,000 weights from a normal distribution, σ 0.5, seed 42"
        );
        assert_eq!(drawn.values[0], 0.248_357_07);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        for (count, sigma) in [(0, 0.5), (1_000_001, 0.5), (1, 0.0), (1, -1.0)] {
            assert!(draw(Distribution::Normal, count, sigma, 0).is_err());
        }
        for sigma in [f64::NAN, f64::INFINITY, 1e31] {
            assert!(draw(Distribution::Normal, 1, sigma, 0).is_err());
        }
    }

    #[test]
    fn a_layer_needs_a_network() {
        let source = WeightSource::Layer { name: "x".into() };
        let error = weights(&mut Session::default(), &source).err().unwrap();
        assert!(error.message.contains("baseline"));
    }
}
