//! The integer program: the least noise that a budget allows.

use super::{Allocation, LayerChoices, WidthChoice, allocate_greedily, fitting};
use crate::passes::PassError;

/// So many partial solutions may be open at a time.
const MOST: usize = 1 << 18;

/// The allocation with the least noise, where noise of several layers adds up: layer by layer, keeping those partial
/// solutions that no other beats in both bytes and noise, and that could still, with the rest of the budget spent by
/// any part of a step, beat the greedy one.
///
/// That is quick for networks of some dozens of layers; where more than 262,144 partial solutions are open, it gives up.
///
/// # Errors
/// [`PassError::Budget`] where even the smallest does not fit; [`PassError::NoWidths`];
/// [`PassError::TooManyAllocations`].
pub fn allocate_exactly(layers: &[LayerChoices], budget: usize) -> Result<Allocation, PassError> {
    let choices = fitting(layers, budget)?;
    let greedy = allocate_greedily(layers, budget)?;
    // A little above, so that rounding does not cut off what is just as good.
    let known = greedy.noise() * (1.0 + 1e-9);
    let bounds = bounds(&choices);
    let mut open = vec![Partial {
        bytes: 0,
        noise: 0.0,
        before: 0,
        choice: 0,
    }];
    let mut closed: Vec<Vec<Partial>> = Vec::with_capacity(choices.len());
    for (all, bound) in choices.iter().zip(bounds.iter().skip(1)) {
        let mut next = Vec::new();
        for (before, partial) in open.iter().enumerate() {
            for (choice, form) in all.iter().enumerate() {
                let bytes = partial.bytes + form.bytes;
                let noise = partial.noise + form.noise;
                let least = budget.checked_sub(bytes).and_then(|rest| bound.least(rest));
                if least.is_some_and(|least| noise + least <= known) {
                    next.push(Partial {
                        bytes,
                        noise,
                        before,
                        choice,
                    });
                }
            }
        }
        next.sort_by(|a, b| a.bytes.cmp(&b.bytes).then(a.noise.total_cmp(&b.noise)));
        let mut least = f64::INFINITY;
        next.retain(|partial| {
            let better = partial.noise < least;
            least = least.min(partial.noise);
            better
        });
        if next.len() > MOST {
            return Err(PassError::TooManyAllocations {
                layers: layers.len(),
            });
        }
        closed.push(std::mem::replace(&mut open, next));
    }
    // The last has the least noise.
    let Some(mut best) = open.last().copied() else {
        return Ok(greedy);
    };
    let mut found = Vec::with_capacity(layers.len());
    for ((layer, all), partials) in layers.iter().zip(&choices).zip(&closed).rev() {
        let before = partials.get(best.before).copied();
        if let (Some(form), Some(before)) = (all.get(best.choice), before) {
            found.push((layer.node, *form));
            best = before;
        }
    }
    found.reverse();
    let exact = Allocation { layers: found };
    Ok(match exact.noise() < greedy.noise() {
        true => exact,
        false => greedy,
    })
}

/// Choices for the first layers.
#[derive(Clone, Copy)]
struct Partial {
    bytes: usize,
    noise: f64,
    /// Its place among those for one layer fewer.
    before: usize,
    /// That of the last layer.
    choice: usize,
}

/// The least noise that some layers can have, if a step to the next width could be taken in part.
struct Bound {
    /// Bytes and noise of the smallest forms, then behind each step, the steepest first.
    corners: Vec<(f64, f64)>,
}

impl Bound {
    /// None where nothing fits.
    fn least(&self, bytes: usize) -> Option<f64> {
        let bytes = bytes as f64;
        let behind = self.corners.partition_point(|&(at, _)| at <= bytes);
        let &(from, noise) = self.corners.get(behind.checked_sub(1)?)?;
        let Some(&(to, less)) = self.corners.get(behind) else {
            return Some(noise);
        };
        Some(noise + (less - noise) * (bytes - from) / (to - from))
    }
}

/// Those of all layers, of all but the first, …, of none.
fn bounds(choices: &[Vec<WidthChoice>]) -> Vec<Bound> {
    let mut steps: Vec<(f64, f64)> = Vec::new();
    let (mut bytes, mut noise) = (0.0, 0.0);
    let mut bounds = vec![Bound {
        corners: vec![(0.0, 0.0)],
    }];
    for all in choices.iter().rev() {
        if let Some(first) = all.first() {
            bytes += first.bytes as f64;
            noise += first.noise;
        }
        steps.extend(hull(all));
        steps.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
        let mut corner = (bytes, noise);
        let mut corners = vec![corner];
        corners.extend(steps.iter().map(|step| {
            corner = (corner.0 + step.0, corner.1 + step.1);
            corner
        }));
        bounds.push(Bound { corners });
    }
    bounds.reverse();
    bounds
}

/// Steps, in bytes and (negative) noise, along the lower convex hull of a layer's forms.
fn hull(all: &[WidthChoice]) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for form in all {
        let point = (form.bytes as f64, form.noise);
        while let [.., a, b] = corners.as_slice() {
            // Whether b lies above the line from a to the new point.
            let above = (b.1 - a.1) * (point.0 - a.0) >= (point.1 - a.1) * (b.0 - a.0);
            if !above {
                break;
            }
            corners.pop();
        }
        corners.push(point);
    }
    let pairs = corners.windows(2);
    let steps = pairs.filter_map(|pair| match pair {
        [a, b] => Some((b.0 - a.0, b.1 - a.1)),
        _ => None,
    });
    steps.collect()
}
