//! Images as a network takes them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use image::RgbImage;
use image::imageops::{self, FilterType};

use octet_models::NetworkSpec;
use octet_quant::RandomState;

/// An image's shorter side is brought to this part of the network's size before its centre is cut out, as
/// is usual for ImageNet; images that are in between already are only cut.
const MARGIN: f64 = 256.0 / 224.0;

/// Of the random crops.
const SEED: u32 = 1;

/// An image with its class.
pub struct Sample {
    /// `size · size · 3` normalized values.
    pub input: Vec<f32>,
    pub class: usize,
}

/// The images that a file of labels lists.
pub fn labelled(folder: &Path, labels: &Path, spec: &NetworkSpec) -> Result<Vec<Sample>> {
    let text =
        fs::read_to_string(labels).with_context(|| format!("cannot read {}", labels.display()))?;
    let classes = spec.classifier.outputs;
    let mut samples = Vec::new();
    for (number, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
    {
        let place = || format!("{}, line {}", labels.display(), number + 1);
        let (file, class) = line
            .split_once(',')
            .with_context(|| format!("{}: no comma", place()))?;
        let class = match class.trim().parse::<usize>() {
            Ok(class) => class,
            // A head.
            Err(_) if number == 0 => continue,
            Err(_) => bail!("{}: “{class}” is no class", place()),
        };
        ensure!(class < classes, "{}: there are {classes} classes", place());
        let input = read(&folder.join(file.trim()), spec).with_context(place)?;
        samples.push(Sample { input, class });
    }
    ensure!(!samples.is_empty(), "{} lists no images", labels.display());
    Ok(samples)
}

/// All images in a folder, in the order of their names, each followed by so many random crops of it.
pub fn all(folder: &Path, spec: &NetworkSpec, crops: usize) -> Result<Vec<Vec<f32>>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        if ["jpg", "jpeg", "png"].contains(&extension.to_lowercase().as_str()) {
            paths.push(path);
        }
    }
    ensure!(!paths.is_empty(), "{} holds no images", folder.display());
    paths.sort();
    let mut random = RandomState::new(SEED);
    let mut images = Vec::new();
    for path in &paths {
        let image = open(path)?;
        images.push(normalized(centre(image.clone(), spec), spec));
        for _ in 0..crops {
            images.push(normalized(crop(&image, spec, &mut random), spec));
        }
    }
    Ok(images)
}

/// A square somewhere in an image, half to all of its shorter side long, in half of all cases mirrored.
fn crop(image: &RgbImage, spec: &NetworkSpec, random: &mut RandomState) -> RgbImage {
    let size = spec.input_size as u32;
    let shorter = f64::from(image.width().min(image.height()));
    let side = random.uniform(0.5, 1.0) * shorter;
    let side = (side as u32).max(1);
    let mut place = |length: u32| (random.rand() * f64::from(length - side + 1)) as u32;
    let (left, top) = (place(image.width()), place(image.height()));
    let square = imageops::crop_imm(image, left, top, side, side).to_image();
    let scaled = imageops::resize(&square, size, size, FilterType::Triangle);
    match random.rand() < 0.5 {
        true => imageops::flip_horizontal(&scaled),
        false => scaled,
    }
}

fn read(path: &Path, spec: &NetworkSpec) -> Result<Vec<f32>> {
    Ok(normalized(centre(open(path)?, spec), spec))
}

fn open(path: &Path) -> Result<RgbImage> {
    let file = || format!("cannot read {}", path.display());
    let bytes = fs::read(path).with_context(file)?;
    let image = image::load_from_memory(&bytes).with_context(file)?;
    Ok(image.into_rgb8())
}

/// The network's size from the centre.
fn centre(mut image: RgbImage, spec: &NetworkSpec) -> RgbImage {
    let size = spec.input_size as u32;
    let wanted = (f64::from(size) * MARGIN).round() as u32;
    let shorter = image.width().min(image.height());
    if !(size..=wanted).contains(&shorter) {
        let scaled = |side: u32| {
            let side = f64::from(side) * f64::from(wanted) / f64::from(shorter.max(1));
            (side.round() as u32).max(wanted)
        };
        let (width, height) = (scaled(image.width()), scaled(image.height()));
        image = imageops::resize(&image, width, height, FilterType::Triangle);
    }
    let (left, top) = ((image.width() - size) / 2, (image.height() - size) / 2);
    imageops::crop_imm(&image, left, top, size, size).to_image()
}

/// An image of the network's size as the network takes it.
fn normalized(image: RgbImage, spec: &NetworkSpec) -> Vec<f32> {
    let normalization = spec.normalization;
    let channels = normalization
        .mean
        .into_iter()
        .zip(normalization.std)
        .cycle();
    let normalized = image.into_raw().into_iter().zip(channels);
    normalized
        .map(|(pixel, (mean, std))| (f32::from(pixel) - mean) / std)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_models::mobilenet_v2;

    const PHOTOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/photos");

    fn labels(name: &str, text: &str) -> Result<Vec<Sample>> {
        let file = std::env::temp_dir().join(format!("octet-eval-{}-{name}", std::process::id()));
        fs::write(&file, text).unwrap();
        let samples = labelled(Path::new(PHOTOS), &file, &mobilenet_v2());
        fs::remove_file(&file).unwrap();
        samples
    }

    #[test]
    fn labelled_images_with_a_head_or_without() {
        for head in ["", "file,class_index\n"] {
            let text = format!("{head}chelsea.png,285\n\nrocket.png, 657\n");
            let samples = labels("good", &text).unwrap();
            let classes: Vec<_> = samples.iter().map(|sample| sample.class).collect();
            assert_eq!(classes, [285, 657]);
            assert!(
                samples
                    .iter()
                    .all(|sample| sample.input.len() == 224 * 224 * 3)
            );
        }
    }

    #[test]
    fn what_is_wrong_with_labels_is_said() {
        let cases = [
            ("", "lists no images"),
            ("chelsea.png", "line 1: no comma"),
            ("a,b\nchelsea.png,cat", "line 2: “cat” is no class"),
            ("chelsea.png,1000", "line 1: there are 1000 classes"),
            ("nothing.png,1", "line 1: cannot read"),
        ];
        for (index, (text, expected)) in cases.into_iter().enumerate() {
            let error = labels(&format!("bad{index}"), text).err().unwrap();
            let error = format!("{error:#}");
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn folders_of_images() {
        let spec = mobilenet_v2();
        assert_eq!(all(Path::new(PHOTOS), &spec, 0).unwrap().len(), 4);
        assert!(all(Path::new("/nowhere"), &spec, 0).is_err());
        let none = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        let error = all(Path::new(none), &spec, 0).unwrap_err();
        assert!(error.to_string().contains("holds no images"), "{error}");
    }
}
