//! In which form a network is measured.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result, bail, ensure};
use octet_graph::WeightScheme;

/// All that docs/accuracy.md lists.
const LADDER: [&str; 28] = [
    "float32",
    "float32+relu",
    "float32+idle-relu",
    "float32+relu+equalize",
    "float32+relu+equalize+absorb",
    "w8-channel",
    "w7-channel",
    "w6-channel",
    "w5-channel",
    "w4-channel",
    "w3-channel",
    "w2-channel",
    "w8-tensor",
    "w7-tensor",
    "w6-tensor",
    "w5-tensor",
    "w4-tensor",
    "w8-tensor+relu+equalize",
    "w8-tensor+relu+equalize+correct",
    "int8-tensor",
    "int8-tensor+relu",
    "int8-tensor+relu+equalize",
    "int8-tensor+relu+equalize+absorb",
    "int8-tensor+relu+equalize+absorb+correct",
    "int8-tensor+relu+equalize+correct",
    "int8-tensor+idle-relu+equalize+correct",
    "int8-tensor+correct",
    "int8-channel",
];

/// Those that learn from images, and what they are held against.
const LEARNED: [&str; 6] = [
    "w8-channel",
    "w4-channel",
    "w4-channel+adaround",
    "w8-tensor",
    "w8-tensor+adaround",
    "mixed@60%",
];

/// The modes that are measured when none is named.
pub fn ladder() -> Result<Vec<Mode>> {
    LADDER.iter().map(|name| name.parse()).collect()
}

/// The modes of the table about learning.
pub fn learned() -> Result<Vec<Mode>> {
    LEARNED.iter().map(|name| name.parse()).collect()
}

/// The form of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mode {
    pub numbers: Numbers,
    pub relu: Option<Relu>,
    pub equalize: bool,
    pub absorb: bool,
    pub adaround: bool,
    pub correct: Option<Correct>,
}

/// What a network calculates with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    Float32,
    /// Rounded weights, float32 activations.
    Weights(WeightScheme),
    /// Weights rounded to 2, 4 or 8 bits, whichever suits each layer, in at most so many percent of the bytes that 8 bits
    /// take; float32 activations.
    Mixed {
        percent: u32,
    },
    /// int8 weights and activations.
    Int8 {
        per_channel: bool,
    },
}

impl Numbers {
    /// How weights are rounded.
    pub fn scheme(self) -> Option<WeightScheme> {
        match self {
            Self::Float32 | Self::Mixed { .. } => None,
            Self::Weights(scheme) => Some(scheme),
            Self::Int8 { per_channel } => Some(WeightScheme {
                bits: 8,
                per_channel,
            }),
        }
    }
}

/// Which ReLU6 become ReLU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relu {
    All,
    /// Those that have nothing to do.
    Idle,
}

/// From where bias correction knows what is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correct {
    Statistics,
    Data,
}

impl FromStr for Mode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut words = text.split('+');
        let numbers = words.next().unwrap_or_default();
        let mut mode = Self {
            numbers: numbers_named(numbers).with_context(|| {
                format!("there is no mode {numbers}; --help tells what there is")
            })?,
            relu: None,
            equalize: false,
            absorb: false,
            adaround: false,
            correct: None,
        };
        for word in words {
            match word {
                "relu" => mode.relu = Some(Relu::All),
                "idle-relu" => mode.relu = Some(Relu::Idle),
                "equalize" => mode.equalize = true,
                "absorb" => mode.absorb = true,
                "adaround" => mode.adaround = true,
                "correct" => mode.correct = Some(Correct::Statistics),
                "correct-on-data" => mode.correct = Some(Correct::Data),
                _ => bail!("there is no step {word}; --help tells what there is"),
            }
        }
        ensure!(
            mode.correct.is_none() || mode.numbers != Numbers::Float32,
            "{text}: float32 biases need no correction"
        );
        ensure!(
            !mode.adaround || mode.numbers != Numbers::Float32,
            "{text}: float32 weights need no rounding"
        );
        Ok(mode)
    }
}

impl Mode {
    /// Whether it cannot be made without images.
    pub fn needs_images(&self) -> bool {
        self.adaround
            || self.correct == Some(Correct::Data)
            || matches!(self.numbers, Numbers::Mixed { .. })
    }
}

fn numbers_named(name: &str) -> Option<Numbers> {
    if name == "float32" {
        return Some(Numbers::Float32);
    }
    if let Some(budget) = name.strip_prefix("mixed@") {
        let percent = budget.strip_suffix('%')?.parse().ok()?;
        return (1..=100)
            .contains(&percent)
            .then_some(Numbers::Mixed { percent });
    }
    let (width, granularity) = name.split_once('-')?;
    let per_channel = match granularity {
        "channel" => true,
        "tensor" => false,
        _ => return None,
    };
    if width == "int8" {
        return Some(Numbers::Int8 { per_channel });
    }
    let bits = width.strip_prefix('w')?.parse().ok()?;
    let scheme = WeightScheme { bits, per_channel };
    (2..=8).contains(&bits).then_some(Numbers::Weights(scheme))
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let granularity = |per_channel| if per_channel { "channel" } else { "tensor" };
        match self.numbers {
            Numbers::Float32 => write!(f, "float32")?,
            Numbers::Weights(WeightScheme { bits, per_channel }) => {
                write!(f, "w{bits}-{}", granularity(per_channel))?;
            }
            Numbers::Mixed { percent } => write!(f, "mixed@{percent}%")?,
            Numbers::Int8 { per_channel } => write!(f, "int8-{}", granularity(per_channel))?,
        }
        let correct = match self.correct {
            None => "",
            Some(Correct::Statistics) => "correct",
            Some(Correct::Data) => "correct-on-data",
        };
        let relu = match self.relu {
            Some(Relu::Idle) => "idle-relu",
            _ => "relu",
        };
        let steps = [
            (self.relu.is_some(), relu),
            (self.equalize, "equalize"),
            (self.absorb, "absorb"),
            (self.adaround, "adaround"),
            (self.correct.is_some(), correct),
        ];
        let steps = steps.iter().filter(|(taken, _)| *taken);
        steps
            .into_iter()
            .try_for_each(|(_, name)| write!(f, "+{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_modes_are_one_to_one() {
        let more = ["mixed@60%+adaround+correct"];
        for name in LADDER.into_iter().chain(LEARNED).chain(more) {
            assert_eq!(name.parse::<Mode>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn what_there_is_not() {
        let names = [
            "",
            "int8",
            "w9-channel",
            "w1-tensor",
            "wx-tensor",
            "w4-row",
            "int8-tensor+magic",
            "float32+correct",
            "float32+adaround",
            "mixed@0%",
            "mixed@101%",
            "mixed@60",
            "mixed@-5%",
        ];
        for name in names {
            assert!(name.parse::<Mode>().is_err(), "{name}");
        }
    }
}
