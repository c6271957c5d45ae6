//! What is asked for.

use std::path::PathBuf;

use anyhow::{Context, Error, Result, bail, ensure};

use crate::mode::{self, Mode};

pub const HELP: &str = "\
cargo xtask eval --images DIR --labels FILE [--model NAME] [--mode MODE]… [--calibration DIR [--crops N]] [--threads 2]
cargo xtask eval --images DIR --labels FILE --all

  --all          every table of docs/accuracy.md, one after the other
  --images       a folder of JPEG or PNG images; they are cut to the network's size around the centre
  --labels       a CSV file, each line a file's name and the number of its class
  --model        mobilenet_v2 (the default) or efficientnet_lite0
  --mode         what to measure, any number of times; without it, all that docs/accuracy.md lists without images:
                   float32
                   w8-channel      weights of 8 bits (2 to 8), a scale for each output channel
                   w8-tensor       … one scale for all weights of a layer
                   mixed@60%       weights of 2, 4 or 8 bits, whichever suits each layer, in 60 % of the bytes
                                   that 8 bits take; a scale for each output channel
                   int8-channel    int8 weights and activations, as TensorFlow Lite's full_integer
                   int8-tensor     … one scale for all weights of a layer
                 with any of these behind it, joined by +:
                   relu            ReLU6 replaced by ReLU
                   idle-relu       … only where batch normalization lets expect no value above 6
                   equalize        cross-layer equalization (between layers without ReLU6)
                   absorb          high biases absorbed
                   adaround        rounding learned on the calibration images
                   correct         biases corrected from batch normalization
                   correct-on-data biases corrected from the calibration images
  --calibration  a folder of images from which ranges and means are observed; without it, they are
                 expected from batch normalization
  --crops        how many random crops of each calibration image to take besides; 0 without it
  --threads      how many images run at the same time
";

const MOBILENET_V2: &str = "mobilenet_v2";

pub struct Arguments {
    pub images: PathBuf,
    pub labels: PathBuf,
    pub models: PathBuf,
    pub studies: Vec<Study>,
    pub threads: usize,
}

/// A table.
pub struct Study {
    pub model: String,
    pub modes: Vec<Mode>,
    pub calibration: Option<PathBuf>,
    pub crops: usize,
}

impl Study {
    /// Those of docs/accuracy.md.
    fn all() -> Result<Vec<Self>> {
        let without_images = |model: &str| {
            Ok::<_, Error>(Self {
                model: model.to_owned(),
                modes: mode::ladder()?,
                calibration: None,
                crops: 0,
            })
        };
        let learned = Self {
            modes: mode::learned()?,
            calibration: Some("www/photos".into()),
            crops: 7,
            ..without_images(MOBILENET_V2)?
        };
        let efficientnet = without_images("efficientnet_lite0")?;
        Ok(vec![without_images(MOBILENET_V2)?, learned, efficientnet])
    }
}

impl Arguments {
    pub fn parse(words: &[String]) -> Result<Self> {
        let (mut images, mut labels, mut calibration) = (None, None, None);
        let mut models = PathBuf::from("www/models");
        let mut model = MOBILENET_V2.to_owned();
        let mut all = false;
        let mut modes = Vec::new();
        let mut crops = 0;
        let mut threads = 2;
        let mut words = words.iter();
        while let Some(option) = words.next() {
            if option == "--all" {
                all = true;
                continue;
            }
            let value = words.next().with_context(|| format!("{option} what?"));
            match option.as_str() {
                "--images" => images = Some(value?.into()),
                "--labels" => labels = Some(value?.into()),
                "--calibration" => calibration = Some(value?.into()),
                "--models" => models = value?.into(),
                "--model" => model = value?.clone(),
                "--mode" => modes.push(value?.parse()?),
                "--crops" => crops = value?.parse().context("--crops: a number, please")?,
                "--threads" => {
                    threads = value?.parse().context("--threads: a number, please")?;
                    ensure!((1..=64).contains(&threads), "--threads: 1 to 64, please");
                }
                _ => bail!("there is no option {option}\n\n{HELP}"),
            }
        }
        if modes.is_empty() {
            modes = mode::ladder()?;
        }
        if let Some(mode) = modes.iter().find(|mode| mode.needs_images()) {
            ensure!(
                calibration.is_some(),
                "{mode} is measured on images: name a folder of them with --calibration"
            );
        }
        let one = Study {
            model,
            modes,
            calibration,
            crops,
        };
        Ok(Self {
            images: images.with_context(|| format!("--images is missing\n\n{HELP}"))?,
            labels: labels.with_context(|| format!("--labels is missing\n\n{HELP}"))?,
            models,
            studies: if all { Study::all()? } else { vec![one] },
            threads,
        })
    }
}
