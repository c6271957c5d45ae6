//! A model as PyTorch prints it: torchvision's `quantization.resnet18` after each step.

use octet_models::{ResNetBlock, ResNetConv, resnet18_blocks, resnet18_stem};
use octet_protocol::{EagerObserver, EagerStep};

/// What `print(model)` shows after a step. `observers` are read behind `convert` only.
pub(super) fn tree(step: EagerStep, observers: &[EagerObserver]) -> String {
    let printer = Printer { step, observers };
    let stem = resnet18_stem();
    let mut root = Module::new("QuantizableResNet");
    root.child("conv1", printer.conv(&stem));
    root.child("bn1", printer.norm(&stem));
    root.child("relu", printer.relu());
    let pool = "kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False";
    root.child("maxpool", Module::with("MaxPool2d", pool));
    let blocks = resnet18_blocks();
    for (stage, pair) in blocks.chunks(2).enumerate() {
        let mut layer = Module::new("Sequential");
        for (place, block) in pair.iter().enumerate() {
            layer.child(&place.to_string(), printer.block(block));
        }
        root.child(&format!("layer{}", stage + 1), layer);
    }
    let average = Module::with("AdaptiveAvgPool2d", "output_size=(1, 1)");
    root.child("avgpool", average);
    root.child("fc", printer.dense());
    root.child("quant", printer.quant());
    let dequant = match step {
        EagerStep::Converted => "DeQuantize",
        _ => "DeQuantStub",
    };
    root.child("dequant", Module::new(dequant));
    root.print() + "\n"
}

struct Printer<'a> {
    step: EagerStep,
    observers: &'a [EagerObserver],
}

impl Printer<'_> {
    /// Scale and zero point of what a module gives, as Python writes them.
    fn params(&self, module: &str) -> String {
        let mut observers = self.observers.iter();
        match observers.find(|observer| observer.module == module) {
            Some(EagerObserver {
                scale, zero_point, ..
            }) => format!("scale={}, zero_point={zero_point}", python(*scale)),
            None => "scale=1.0, zero_point=0".to_owned(),
        }
    }

    /// Puts an observer behind a module, where the step is that.
    fn observed(&self, mut module: Module) -> Module {
        if self.step == EagerStep::Prepared {
            module.child(OBSERVER, histogram());
        }
        module
    }

    fn conv(&self, conv: &ResNetConv) -> Module {
        let ResNetConv {
            inputs,
            outputs,
            kernel,
            stride,
            ..
        } = conv;
        let begin = format!(
            "{inputs}, {outputs}, kernel_size=({kernel}, {kernel}), stride=({stride}, {stride})"
        );
        let padding = match conv.padding() {
            0 => String::new(),
            zeros => format!(", padding=({zeros}, {zeros})"),
        };
        let fused = Module::with("Conv2d", &format!("{begin}{padding}"));
        match (self.step, conv.relu) {
            (EagerStep::Float, _) => {
                Module::with("Conv2d", &format!("{begin}{padding}, bias=False"))
            }
            (EagerStep::Converted, relu) => {
                let name = match relu {
                    true => "QuantizedConvReLU2d",
                    false => "QuantizedConv2d",
                };
                let params = self.params(&conv.name);
                Module::with(name, &format!("{begin}, {params}{padding}"))
            }
            (_, true) => {
                let mut both = Module::new("ConvReLU2d");
                both.child("0", fused);
                both.child("1", Module::new("ReLU"));
                self.observed(both)
            }
            (_, false) => self.observed(fused),
        }
    }

    fn norm(&self, conv: &ResNetConv) -> Module {
        match self.step {
            EagerStep::Float => {
                let rest =
                    "eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True";
                Module::with("BatchNorm2d", &format!("{}, {rest}", conv.outputs))
            }
            _ => Module::new("Identity"),
        }
    }

    fn relu(&self) -> Module {
        Module::new(match self.step {
            EagerStep::Float => "ReLU",
            _ => "Identity",
        })
    }

    fn block(&self, block: &ResNetBlock) -> Module {
        let mut module = Module::new("QuantizableBasicBlock");
        module.child("conv1", self.conv(&block.first));
        module.child("bn1", self.norm(&block.first));
        module.child("relu", self.relu());
        module.child("conv2", self.conv(&block.second));
        module.child("bn2", self.norm(&block.second));
        if let Some(conv) = &block.downsample {
            let mut around = Module::new("Sequential");
            around.child("0", self.conv(conv));
            around.child("1", self.norm(conv));
            module.child("downsample", around);
        }
        let mut add = match self.step {
            EagerStep::Converted => Module::with(
                "QFunctional",
                &self.params(&format!("{}.add_relu", block.name)),
            ),
            _ => Module::new("FloatFunctional"),
        };
        let behind = match self.step {
            EagerStep::Prepared => histogram(),
            _ => Module::new("Identity"),
        };
        add.child(OBSERVER, behind);
        module.child("add_relu", add);
        module
    }

    fn dense(&self) -> Module {
        let features = "in_features=512, out_features=1000";
        match self.step {
            EagerStep::Converted => {
                let params = self.params("fc");
                let text = format!("{features}, {params}, qscheme=torch.per_channel_affine");
                Module::with("QuantizedLinear", &text)
            }
            _ => self.observed(Module::with("Linear", &format!("{features}, bias=True"))),
        }
    }

    fn quant(&self) -> Module {
        let mut observers = self.observers.iter();
        match (
            self.step,
            observers.find(|observer| observer.module == "quant"),
        ) {
            (EagerStep::Converted, Some(observer)) => {
                let EagerObserver {
                    scale, zero_point, ..
                } = observer;
                let text = format!(
                    "scale=tensor([{scale:.4}]), zero_point=tensor([{zero_point}]), dtype=torch.quint8"
                );
                Module::with("Quantize", &text)
            }
            _ => self.observed(Module::new("QuantStub")),
        }
    }
}

const OBSERVER: &str = "activation_post_process";

fn histogram() -> Module {
    Module::with("HistogramObserver", "min_val=inf, max_val=-inf")
}

/// A float32 as Python prints it, which knows float64 only.
fn python(x: f32) -> String {
    let text = format!("{:?}", f64::from(x));
    // Rust writes 1e-5 where Python has 1e-05.
    match text.split_once("e-") {
        Some((digits, power)) => format!("{digits}e-{power:0>2}"),
        None => text,
    }
}

/// A module: its class, what it says of itself, and its parts.
struct Module {
    class: &'static str,
    extra: String,
    children: Vec<(String, Module)>,
}

impl Module {
    fn new(class: &'static str) -> Self {
        Self::with(class, "")
    }

    fn with(class: &'static str, extra: &str) -> Self {
        Self {
            class,
            extra: extra.to_owned(),
            children: Vec::new(),
        }
    }

    fn child(&mut self, name: &str, module: Self) {
        self.children.push((name.to_owned(), module));
    }

    /// As `torch.nn.Module.__repr__`.
    fn print(&self) -> String {
        if self.children.is_empty() {
            return format!("{}({})", self.class, self.extra);
        }
        let mut lines = Vec::new();
        if !self.extra.is_empty() {
            lines.push(self.extra.clone());
        }
        for (name, child) in &self.children {
            lines.push(format!("({name}): {}", child.print()));
        }
        let inside = lines.join("\n").replace('\n', "\n  ");
        format!("{}(\n  {inside}\n)", self.class)
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test fails by panicking"
    )]

    use super::*;
    use std::path::PathBuf;

    fn fixture(name: &str) -> String {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/pytorch");
        std::fs::read_to_string(folder.join(name)).unwrap()
    }

    /// What PyTorch's observers have settled on.
    fn observers() -> Vec<EagerObserver> {
        let figures: serde_json::Value = serde_json::from_str(&fixture("resnet18.json")).unwrap();
        let activations = figures["activations"].as_object().unwrap();
        let observer = |(module, pair): (&String, &serde_json::Value)| EagerObserver {
            module: module.clone(),
            low: 0.0,
            high: 0.0,
            scale: pair[0].as_f64().unwrap() as f32,
            zero_point: pair[1].as_i64().unwrap() as i32,
        };
        activations.iter().map(observer).collect()
    }

    #[test]
    fn every_tree_is_pytorchs() {
        for (step, name) in [
            (EagerStep::Float, "resnet18_float.txt"),
            (EagerStep::Fused, "resnet18_fused.txt"),
            (EagerStep::Prepared, "resnet18_prepared.txt"),
            (EagerStep::Converted, "resnet18_converted.txt"),
        ] {
            let (printed, expected) = (tree(step, &observers()), fixture(name));
            for (line, (printed, expected)) in printed.lines().zip(expected.lines()).enumerate() {
                assert_eq!(printed, expected, "{name}, line {}", line + 1);
            }
            assert_eq!(printed.len(), expected.len(), "{name}");
        }
    }

    #[test]
    fn floats_are_pythons() {
        assert_eq!(python(0.25), "0.25");
        assert_eq!(python(1.0), "1.0");
        assert_eq!(python(2.0_f32.powi(-20)), "9.5367431640625e-07");
    }
}
