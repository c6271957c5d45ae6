//! A network with its weights and what batch normalization knew.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use octet_graph::{Graph, Statistics};
use octet_models::{NetworkSpec, efficientnet_lite0, mobilenet_v2};

pub struct Network {
    pub spec: NetworkSpec,
    pub graph: Graph,
    pub statistics: Statistics,
}

impl Network {
    /// Reads the checkpoint `<name>.safetensors` in a folder.
    pub fn load(folder: &Path, name: &str) -> Result<Self> {
        let spec = match name {
            "mobilenet_v2" => mobilenet_v2(),
            "efficientnet_lite0" => efficientnet_lite0(),
            _ => bail!("there is no model {name}: mobilenet_v2 or efficientnet_lite0, please"),
        };
        let path = folder.join(format!("{name}.safetensors"));
        let bytes = fs::read(&path).with_context(|| {
            format!(
                "cannot read {}: run `cargo xtask models` first",
                path.display()
            )
        })?;
        let network = octet_models::Network::from_checkpoint(spec.clone(), &bytes)
            .with_context(|| path.display().to_string())?;
        let (graph, statistics) = network.to_graph_with_statistics()?;
        Ok(Self {
            spec,
            graph,
            statistics,
        })
    }
}
