//! The parameters that the cells of the laboratory share: where weights come from and how to quantize them.

use octet_protocol::{
    Distribution, ErrorKind, Granularity, LabError, ObserverName, RoundingMode, Scheme,
    WeightSource,
};

use super::{CellId, Control, ControlKind, MAX_TEXT, always};
use crate::{format, values::Values};

const DISTRIBUTIONS: [(&str, Distribution); 5] = [
    ("normal", Distribution::Normal),
    ("laplace", Distribution::Laplace),
    ("uniform", Distribution::Uniform),
    ("bimodal", Distribution::Bimodal),
    ("outliers", Distribution::Outliers),
];

fn is_drawn(values: &Values) -> bool {
    let source = values.get("source");
    DISTRIBUTIONS.iter().any(|(name, _)| *name == source)
}

/// Where weights come from.
pub const SOURCE: Control = Control {
    name: "source",
    label: "weights",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("normal", "normal"),
        ("laplace", "Laplace"),
        ("uniform", "uniform"),
        ("bimodal", "two humps"),
        ("outliers", "normal with outliers"),
        ("pasted", "pasted numbers"),
        ("layer", "a layer of the model"),
    ]),
};
/// How many to draw.
pub const COUNT: Control = Control {
    name: "count",
    label: "how many",
    is_shown: is_drawn,
    kind: ControlKind::Number {
        min: 1,
        max: 1_000_000,
        default: "1000",
    },
};
/// The standard deviation of what is drawn.
pub const SIGMA: Control = Control {
    name: "sigma",
    label: "σ",
    is_shown: is_drawn,
    kind: ControlKind::Decimal {
        min: 1e-30,
        max: 1e30,
        default: "0.5",
    },
};
/// The seed of what is drawn.
pub const SEED: Control = Control {
    name: "seed",
    label: "seed",
    is_shown: is_drawn,
    kind: ControlKind::Number {
        min: 0,
        max: u32::MAX,
        default: "42",
    },
};
/// Numbers of the reader's own.
pub const PASTED: Control = Control {
    name: "pasted",
    label: "numbers, separated by spaces, commas or lines",
    is_shown: |values| values.get("source") == "pasted",
    kind: ControlKind::Text {
        default: "0.42 -1.30 0.07 0.91 -0.25 0.0 2.10 -0.66",
    },
};
/// A layer of the loaded model.
pub const LAYER: Control = Control {
    name: "layer",
    label: "layer",
    is_shown: |values| values.get("source") == "layer",
    kind: ControlKind::Layer("the first"),
};
/// Bits for each integer.
pub const BITS: Control = Control {
    name: "bits",
    label: "bits",
    is_shown: always,
    kind: ControlKind::Number {
        min: 2,
        max: 16,
        default: "8",
    },
};
/// Where the zero point may lie.
pub const SYMMETRY: Control = Control {
    name: "symmetry",
    label: "scheme",
    is_shown: always,
    kind: ControlKind::Select(&[("affine", "affine"), ("symmetric", "symmetric")]),
};
/// Integers below zero, or not.
pub const SIGNED: Control = Control {
    name: "signed",
    label: "integers",
    is_shown: always,
    kind: ControlKind::Select(&[("signed", "signed"), ("unsigned", "unsigned")]),
};
/// With the smallest integer, or without.
pub const NARROW: Control = Control {
    name: "narrow",
    label: "range",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("full", "full"),
        ("narrow", "narrow (without the smallest)"),
    ]),
};
/// Which weights share a scale.
pub const GRANULARITY: Control = Control {
    name: "granularity",
    label: "one scale",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("per_tensor", "per tensor"),
        ("per_channel", "per channel"),
        ("per_block", "per block"),
    ]),
};
/// The axis of the channels.
pub const AXIS: Control = Control {
    name: "axis",
    label: "axis",
    is_shown: |values| values.get("granularity") == "per_channel",
    kind: ControlKind::Number {
        min: 0,
        max: 3,
        default: "0",
    },
};
/// The length of a block.
pub const BLOCK: Control = Control {
    name: "block",
    label: "block of",
    is_shown: |values| values.get("granularity") == "per_block",
    kind: ControlKind::Number {
        min: 1,
        max: 1_000_000,
        default: "32",
    },
};
/// What to do between two integers.
pub const ROUNDING: Control = Control {
    name: "rounding",
    label: "halves",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("half_to_even", "to even (NumPy, PyTorch)"),
        ("half_away", "away from zero (TFLite)"),
        ("stochastic", "stochastic rounding"),
    ]),
};
/// The seed of stochastic rounding.
pub const ROUNDING_SEED: Control = Control {
    name: "rounding_seed",
    label: "its seed",
    is_shown: |values| values.get("rounding") == "stochastic",
    kind: ControlKind::Number {
        min: 0,
        max: u32::MAX,
        default: "42",
    },
};
/// What decides on the range.
pub const OBSERVER: Control = Control {
    name: "observer",
    label: "observer",
    is_shown: always,
    kind: ControlKind::Select(&[
        ("min_max", "min–max"),
        ("moving_average", "moving average"),
        ("percentile", "percentile 99.99"),
        ("mse", "least squared error"),
        ("entropy", "entropy (KL)"),
        ("histogram", "histogram (PyTorch)"),
    ]),
};

/// What weights from a source need.
pub fn needs(values: &Values) -> &'static [CellId] {
    if values.get("source") == "layer" {
        &[CellId::Baseline]
    } else {
        &[]
    }
}

/// Where weights come from, as the controls say.
pub fn source(values: &Values) -> Result<WeightSource, LabError> {
    let name = values.get("source");
    if name == "pasted" {
        let text = values.get("pasted");
        if text.chars().count() > MAX_TEXT as usize {
            return Err(too_long());
        }
        return Ok(WeightSource::Pasted { text });
    }
    if name == "layer" {
        return Ok(WeightSource::Layer {
            name: values.get("layer"),
        });
    }
    let distribution = DISTRIBUTIONS
        .into_iter()
        .find(|(known, _)| *known == name)
        .map_or(Distribution::Normal, |(_, distribution)| distribution);
    Ok(WeightSource::Drawn {
        distribution,
        count: whole(values, &COUNT)?,
        sigma: decimal(values, &SIGMA)?,
        seed: whole(values, &SEED)?,
    })
}

/// More text than the page takes.
pub fn too_long() -> LabError {
    LabError::new(
        ErrorKind::BadInput,
        format!(
            "The pasted text has more than {} characters.",
            format::grouped(MAX_TEXT.into())
        ),
        "Paste a part of it; some hundred thousand numbers show all there is to see.",
    )
}

/// How to quantize, as the controls say.
pub fn scheme(values: &Values) -> Result<Scheme, LabError> {
    let granularity = match values.get("granularity").as_str() {
        "per_channel" => Granularity::Channel {
            axis: whole(values, &AXIS)?,
        },
        "per_block" => Granularity::Block {
            size: whole(values, &BLOCK)?,
        },
        _ => Granularity::Tensor,
    };
    let rounding = match values.get("rounding").as_str() {
        "half_away" => RoundingMode::HalfAwayFromZero,
        "stochastic" => RoundingMode::Stochastic {
            seed: whole(values, &ROUNDING_SEED)?,
        },
        _ => RoundingMode::HalfToEven,
    };
    Ok(Scheme {
        bits: whole(values, &BITS)?,
        symmetric: values.get("symmetry") == "symmetric",
        signed: values.get("signed") != "unsigned",
        narrow: values.get("narrow") == "narrow",
        granularity,
        rounding,
        observer: observer(values),
    })
}

/// What decides on the range, as the control says.
pub fn observer(values: &Values) -> ObserverName {
    let name = values.get(OBSERVER.name);
    ObserverName::ALL
        .into_iter()
        .find(|known| known.name() == name)
        .unwrap_or(ObserverName::MinMax)
}

/// An observer in words.
pub fn observer_in_words(observer: ObserverName) -> &'static str {
    match observer {
        ObserverName::MinMax => "min–max",
        ObserverName::MovingAverage => "moving average",
        ObserverName::Percentile => "percentile 99.99",
        ObserverName::Mse => "least squared error",
        ObserverName::Entropy => "entropy (KL)",
        ObserverName::Histogram => "histogram (PyTorch)",
    }
}

/// A whole number, or what is wrong with it.
pub fn whole(values: &Values, control: &Control) -> Result<u32, LabError> {
    let text = values.get(control.name);
    match text.trim().parse() {
        Ok(number) if control.accepts(&text) => Ok(number),
        _ => Err(unusable(control, &text)),
    }
}

/// A number, or what is wrong with it.
pub fn decimal(values: &Values, control: &Control) -> Result<f64, LabError> {
    let text = values.get(control.name);
    match text.trim().parse() {
        Ok(number) if control.accepts(&text) => Ok(number),
        _ => Err(unusable(control, &text)),
    }
}

fn unusable(control: &Control, text: &str) -> LabError {
    let remedy = match control.kind {
        ControlKind::Number { min, max, .. } | ControlKind::Slider { min, max, .. } => format!(
            "Enter a whole number from {} to {}.",
            format::grouped(min.into()),
            format::grouped(max.into())
        ),
        ControlKind::Decimal { min, .. } if min > 0.0 => {
            "Enter a number above zero, with a point for the fraction: 0.025.".to_owned()
        }
        _ => "Enter a number, with a point for the fraction: 0.025.".to_owned(),
    };
    LabError::new(
        ErrorKind::BadInput,
        format!(
            "“{}” cannot be used for “{}”.",
            format::shortened(text.trim(), 40),
            control.name
        ),
        remedy,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(set: &[(&str, &str)]) -> Values {
        let mut values = Values::new(CellId::Simulate);
        for (name, value) in set {
            values.set(name, value);
        }
        values
    }

    #[test]
    fn the_defaults_are_the_listing() {
        assert_eq!(
            source(&values(&[])),
            Ok(WeightSource::Drawn {
                distribution: Distribution::Normal,
                count: 1000,
                sigma: 0.5,
                seed: 42
            })
        );
        let scheme = scheme(&values(&[])).unwrap();
        assert_eq!(
            (scheme.bits, scheme.symmetric, scheme.signed),
            (8, false, true)
        );
        assert_eq!(scheme.rounding, RoundingMode::HalfToEven);
    }

    #[test]
    fn nonsense_is_named() {
        for (name, value) in [
            ("bits", "17"),
            ("bits", "1"),
            ("bits", "eight"),
            ("sigma", "0"),
            ("sigma", "-1"),
            ("sigma", "NaN"),
            ("sigma", "inf"),
            ("count", "0"),
            ("count", "1000001"),
            ("count", "2.5"),
            ("seed", "-1"),
        ] {
            let values = values(&[(name, value)]);
            let error = source(&values)
                .err()
                .or_else(|| scheme(&values).err())
                .unwrap();
            assert!(error.message.contains(name), "{error}");
            assert!(error.message.contains(value), "{error}");
            assert!(error.remedy.starts_with("Enter a "), "{error}");
        }
    }

    #[test]
    fn what_is_not_shown_is_not_judged() {
        let values = values(&[("source", "pasted"), ("sigma", "nonsense"), ("axis", "99")]);
        assert!(source(&values).is_ok() && scheme(&values).is_ok());
    }

    #[test]
    fn far_too_much_text_is_refused() {
        let text = "1".repeat(MAX_TEXT as usize + 1);
        let error = source(&values(&[("source", "pasted"), ("pasted", &text)])).unwrap_err();
        assert!(error.message.contains("more than 4,000,000"), "{error}");
    }

    #[test]
    fn only_a_layer_needs_the_model() {
        assert!(needs(&values(&[])).is_empty());
        assert_eq!(needs(&values(&[("source", "layer")])), [CellId::Baseline]);
    }
}
