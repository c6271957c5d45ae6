//! What is put into a network of the reader's own.

use octet_engine::{Engine, Values};
use octet_graph::{DType, Graph, Quantization, Tensor};
use octet_models::Normalization;
use octet_protocol::{LabError, NormalizationChoice};
use octet_quant::RandomState;
use octet_tflite::Metadata;

use crate::host::Image;
use crate::integers::{cannot_run, normalize};
use crate::photo::SIZE;
use crate::resize::resize_to;

/// So that a run can be repeated.
const SEED: u32 = 42;

/// What is put in.
pub(crate) enum Feed {
    /// Photos.
    Photos(Photos),
    /// Random numbers, for what takes something else; only the time means anything.
    Random,
}

/// How photos are put in.
#[derive(Clone)]
pub(crate) struct Photos {
    batch: usize,
    height: usize,
    width: usize,
    normalization: Normalization,
    /// The normalization in words.
    pub(crate) words: String,
}

/// Finds out what a network takes; what the reader should know of it goes to the notes.
pub(crate) fn feed(
    graph: &Graph,
    about: &Metadata,
    choice: NormalizationChoice,
    notes: &mut Vec<String>,
) -> Feed {
    let inputs: Vec<&Tensor> = graph
        .inputs
        .iter()
        .filter_map(|id| graph.tensors.get(id.0))
        .collect();
    let &[input] = inputs.as_slice() else {
        notes.push(format!(
            "It takes {} inputs, so it takes no photos. It was given random numbers: what comes out means nothing, \
             only the time does.",
            inputs.len()
        ));
        return Feed::Random;
    };
    let is_number = match input.dtype {
        DType::Float32 => true,
        DType::Int8 | DType::Uint8 => {
            let quantization = input.quantization.as_ref();
            quantization.and_then(Quantization::single).is_some()
        }
        _ => false,
    };
    let &[batch, height, width, 3] = input.shape.as_slice() else {
        let what = match input.shape.as_slice() {
            [_, _, _, channels] => format!(
                "It takes images of {channels} channel{}; photos have 3.",
                if *channels == 1 { "" } else { "s" }
            ),
            shape => format!(
                "It takes {}, which is no photo (1, height, width, 3).",
                tuple(shape)
            ),
        };
        notes.push(format!(
            "{what} It was given random numbers: what comes out means nothing, only the time does."
        ));
        return Feed::Random;
    };
    if !is_number {
        notes.push(format!(
            "Its input holds {} without a scale, which no photo can be made into. It was given random numbers: what \
             comes out means nothing, only the time does.",
            input.dtype
        ));
        return Feed::Random;
    }
    if batch > 1 {
        notes.push(format!(
            "It takes {batch} photos at once; each photo was put in {batch} times."
        ));
    }
    if [height, width] != [SIZE, SIZE] {
        notes.push(format!(
            "It takes {width} × {height} pixels; the photos were resized to that from the {SIZE} × {SIZE} of the \
             cell “data”."
        ));
    }
    let (normalization, words) = normalization(choice, about, input, notes);
    Feed::Photos(Photos {
        batch,
        height,
        width,
        normalization,
        words,
    })
}

/// `(1, 49, 10, 1)`.
fn tuple(shape: &[usize]) -> String {
    let numbers: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("({})", numbers.join(", "))
}

const fn same(mean: f32, std: f32) -> Normalization {
    Normalization {
        mean: [mean; 3],
        std: [std; 3],
    }
}

/// ImageNet's means and standard deviations, times 255 (torchvision's 0.485, 0.456, 0.406 and 0.229, 0.224, 0.225).
const IMAGENET: Normalization = Normalization {
    mean: [123.675, 116.28, 103.53],
    std: [58.395, 57.12, 57.375],
};

/// A way to put pixels in and its words.
fn known(choice: NormalizationChoice) -> Option<(Normalization, &'static str)> {
    Some(match choice {
        NormalizationChoice::MinusOneToOne => (same(127.5, 127.5), "−1 to 1"),
        NormalizationChoice::ZeroToOne => (same(0.0, 255.0), "0 to 1"),
        NormalizationChoice::Imagenet => (IMAGENET, "ImageNet’s mean and deviation"),
        NormalizationChoice::None => (same(0.0, 1.0), "0 to 255, as they are"),
        NormalizationChoice::File => return None,
    })
}

fn normalization(
    choice: NormalizationChoice,
    about: &Metadata,
    input: &Tensor,
    notes: &mut Vec<String>,
) -> (Normalization, String) {
    if let Some((normalization, words)) = known(choice) {
        return (normalization, format!("{words}, as chosen"));
    }
    if let Some(normalization) = about.normalization.as_ref().and_then(three) {
        let words = format!(
            "(x − {}) / {}, as the file says",
            figures(&normalization.mean),
            figures(&normalization.std)
        );
        return (normalization, words);
    }
    let (guess, why) = match range(input) {
        Some(range) => (
            by_range(range),
            format!(
                "the reals that its input can hold, {:.2} to {:.2}",
                range.0, range.1
            ),
        ),
        None => (
            NormalizationChoice::MinusOneToOne,
            "the habit of TensorFlow’s networks".to_owned(),
        ),
    };
    let (normalization, words) = known(guess).unwrap_or((same(127.5, 127.5), "−1 to 1"));
    let words = words.replace(", as they are", "");
    notes.push(format!(
        "The file does not say how to put pixels in. {words} was assumed, by {why}. If the classes make no sense, choose \
         another."
    ));
    (normalization, format!("{words}, assumed"))
}

/// A normalization with a figure for each channel.
fn three(from: &octet_tflite::Normalization) -> Option<Normalization> {
    let three = |figures: &[f32]| match *figures {
        [all] => Some([all; 3]),
        [red, green, blue] => Some([red, green, blue]),
        _ => None,
    };
    let (mean, std) = (three(&from.mean)?, three(&from.std)?);
    let are_usable = mean.iter().chain(&std).all(|figure| figure.is_finite())
        && std.iter().all(|&std| std != 0.0);
    are_usable.then_some(Normalization { mean, std })
}

/// `127.5`, or `123.68, 116.28, 103.53` in brackets.
fn figures(figures: &[f32; 3]) -> String {
    let [first, second, third] = figures;
    if first == second && second == third {
        return first.to_string();
    }
    let texts: Vec<String> = figures
        .iter()
        .map(|figure| format!("{figure:.2}"))
        .collect();
    format!("[{}]", texts.join(", "))
}

/// The smallest and the largest real that a quantized input can hold.
fn range(input: &Tensor) -> Option<(f32, f32)> {
    let (scale, zero_point) = input.quantization.as_ref()?.single()?;
    let (low, high) = match input.dtype {
        DType::Int8 => (-128, 127),
        DType::Uint8 => (0, 255),
        _ => return None,
    };
    let real = |integer: i32| scale * (integer - zero_point) as f32;
    Some((real(low), real(high)))
}

/// The way to put pixels in whose range is nearest.
fn by_range((low, high): (f32, f32)) -> NormalizationChoice {
    let ranges = [
        (NormalizationChoice::MinusOneToOne, -1.0, 1.0),
        (NormalizationChoice::ZeroToOne, 0.0, 1.0),
        (NormalizationChoice::Imagenet, -2.12, 2.64),
        (NormalizationChoice::None, 0.0, 255.0),
    ];
    let distance = |expected: f32, found: f32| (expected - found).abs() / (1.0 + expected.abs());
    let nearest = ranges.into_iter().min_by(|a, b| {
        let of = |(_, l, h): &(_, f32, f32)| distance(*l, low) + distance(*h, high);
        of(a).total_cmp(&of(b))
    });
    nearest.map_or(NormalizationChoice::MinusOneToOne, |(choice, _, _)| choice)
}

impl Photos {
    /// A photo, `SIZE · SIZE · 3` values from 0 to 255, as the network takes it.
    pub(crate) fn reals(&self, pixels: &[f32]) -> Vec<f32> {
        let resized;
        let pixels = if [self.height, self.width] == [SIZE, SIZE] {
            pixels
        } else {
            let (pixels, _) = pixels.as_chunks::<3>();
            let rgba = pixels
                .iter()
                .flat_map(|[r, g, b]| [r.round() as u8, g.round() as u8, b.round() as u8, 255]);
            let image = Image {
                width: SIZE as u32,
                height: SIZE as u32,
                rgba: rgba.collect(),
            };
            resized = resize_to(&image, self.height, self.width);
            &resized
        };
        normalize(pixels, &self.normalization).repeat(self.batch)
    }

    /// How many photos go in at once.
    pub(crate) fn batch(&self) -> usize {
        self.batch
    }
}

/// Puts random numbers into every input: reals from 0 to 1, any byte; zeros where the numbers may be places.
pub(crate) fn put_random(engine: &mut Engine) -> Result<(), LabError> {
    let mut random = RandomState::new(SEED);
    let inputs: Vec<_> = engine
        .inputs()
        .iter()
        .map(|info| (info.dtype, info.elements()))
        .collect();
    for (index, (dtype, elements)) in inputs.into_iter().enumerate() {
        let mut bytes = |elements: usize| -> Vec<u8> {
            (0..elements)
                .map(|_| random.uniform(0.0, 256.0) as u8)
                .collect()
        };
        match dtype {
            DType::Float32 => {
                let reals: Vec<f32> = (0..elements).map(|_| random.rand() as f32).collect();
                engine.set_input(index, Values::Float32(&reals))
            }
            DType::Int2 | DType::Int4 | DType::Int8 => {
                let bytes: Vec<i8> = bytes(elements).into_iter().map(u8::cast_signed).collect();
                engine.set_input(index, Values::Int8(&bytes))
            }
            DType::Uint8 => engine.set_input(index, Values::Uint8(&bytes(elements))),
            DType::Bool => engine.set_input(index, Values::Bool(&vec![0; elements])),
            DType::Float16 => engine.set_input(index, Values::Float16(&vec![0; elements])),
            DType::Int16 => engine.set_input(index, Values::Int16(&vec![0; elements])),
            DType::Int32 => engine.set_input(index, Values::Int32(&vec![0; elements])),
            DType::Int64 => engine.set_input(index, Values::Int64(&vec![0; elements])),
        }
        .map_err(cannot_run)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test fails by panicking")]

    use super::*;

    fn graph(shape: &[usize], dtype: DType, quantization: Option<(f32, i32)>) -> Graph {
        let mut graph = Graph::default();
        let mut input = Tensor::activation("x", shape.to_vec(), dtype);
        input.quantization =
            quantization.map(|(scale, zero)| Quantization::per_tensor(scale, zero));
        let input = graph.add(input);
        graph.inputs.push(input);
        graph
    }

    fn words(graph: &Graph, about: &Metadata, choice: NormalizationChoice) -> (String, usize) {
        let mut notes = Vec::new();
        match feed(graph, about, choice, &mut notes) {
            Feed::Photos(photos) => (photos.words, notes.len()),
            Feed::Random => ("random".into(), notes.len()),
        }
    }

    #[test]
    fn the_files_word_counts_before_any_guess() {
        let float = graph(&[1, 224, 224, 3], DType::Float32, None);
        let about = Metadata {
            normalization: Some(octet_tflite::Normalization {
                mean: vec![127.5],
                std: vec![127.5],
            }),
            ..Metadata::default()
        };
        let file = NormalizationChoice::File;
        let said = words(&float, &about, file);
        assert_eq!(said, ("(x − 127.5) / 127.5, as the file says".into(), 0));
        let plain = Metadata::default();
        assert_eq!(words(&float, &plain, file), ("−1 to 1, assumed".into(), 1));
        let chosen = words(&float, &about, NormalizationChoice::ZeroToOne);
        assert_eq!(chosen, ("0 to 1, as chosen".into(), 0));
        // A standard deviation of zero is nothing to divide by.
        let broken = Metadata {
            normalization: Some(octet_tflite::Normalization {
                mean: vec![0.0],
                std: vec![0.0],
            }),
            ..Metadata::default()
        };
        assert_eq!(words(&float, &broken, file).0, "−1 to 1, assumed");
    }

    #[test]
    fn a_quantized_input_says_which_reals_it_holds() {
        for (dtype, scale, zero_point, expected) in [
            (DType::Uint8, 0.007_812_5, 128, "−1 to 1, assumed"),
            (DType::Int8, 0.007_843, -1, "−1 to 1, assumed"),
            (DType::Uint8, 1.0 / 255.0, 0, "0 to 1, assumed"),
            (
                DType::Int8,
                0.018_66,
                -14,
                "ImageNet’s mean and deviation, assumed",
            ),
            (DType::Uint8, 1.0, 0, "0 to 255, assumed"),
        ] {
            let input = graph(&[1, 96, 96, 3], dtype, Some((scale, zero_point)));
            let found = words(&input, &Metadata::default(), NormalizationChoice::File).0;
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_takes_no_photo_is_given_random_numbers_and_a_note() {
        for input in [
            graph(&[1, 49, 10, 1], DType::Float32, None),
            graph(&[1, 224, 224, 4], DType::Float32, None),
            graph(&[1, 224, 224, 3], DType::Int32, None),
            graph(&[1, 224, 224, 3], DType::Uint8, None),
            graph(&[16], DType::Float32, None),
            Graph::default(),
        ] {
            let found = words(&input, &Metadata::default(), NormalizationChoice::File);
            assert_eq!(found, ("random".into(), 1));
        }
    }
}
