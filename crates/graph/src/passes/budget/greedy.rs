//! Step by step, each time where a byte gains most.

use super::{Allocation, LayerChoices, WidthChoice, fitting};
use crate::passes::PassError;

/// Begins with every layer at its smallest, and widens the layer where a byte more brings the most decibels of SQNR, as
/// long as the budget, in bytes of all weights, lasts. Not always the best there is; see
/// [`allocate_exactly`](super::allocate_exactly).
///
/// # Errors
/// [`PassError::Budget`] where even the smallest does not fit; [`PassError::NoWidths`].
pub fn allocate_greedily(layers: &[LayerChoices], budget: usize) -> Result<Allocation, PassError> {
    let choices = fitting(layers, budget)?;
    let mut chosen: Vec<usize> = vec![0; choices.len()];
    loop {
        let now = |layer: usize| {
            choices
                .get(layer)
                .and_then(|all| all.get(*chosen.get(layer)?))
        };
        let current: Vec<WidthChoice> = (0..choices.len()).filter_map(now).copied().collect();
        let noise: f64 = current.iter().map(|choice| choice.noise).sum();
        let bytes: usize = current.iter().map(|choice| choice.bytes).sum();
        let mut best: Option<(f64, usize, usize)> = None;
        for (layer, (all, from)) in choices.iter().zip(&current).enumerate() {
            for (index, to) in all.iter().enumerate() {
                let larger = to.bytes > from.bytes;
                if !larger || bytes - from.bytes + to.bytes > budget {
                    continue;
                }
                let left = (noise - from.noise + to.noise).max(f64::MIN_POSITIVE);
                let decibels = 10.0 * libm::log10(noise.max(f64::MIN_POSITIVE) / left);
                let gain = decibels / (to.bytes - from.bytes) as f64;
                if best.is_none_or(|(most, ..)| gain > most) {
                    best = Some((gain, layer, index));
                }
            }
        }
        let Some((_, layer, index)) = best else {
            let nodes = layers.iter().map(|layer| layer.node);
            return Ok(Allocation {
                layers: nodes.zip(current).collect(),
            });
        };
        if let Some(slot) = chosen.get_mut(layer) {
            *slot = index;
        }
    }
}
