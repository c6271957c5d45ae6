//! The names of ImageNet's thousand classes.

use octet_protocol::{Class, ErrorKind, LabError};

use crate::host::Host;
use crate::session::Session;

const PATH: &str = "models/imagenet_classes.txt";
const COUNT: usize = 1000;

/// Loads the names, one a line, where that has not been done.
pub(crate) async fn load(session: &mut Session, host: &impl Host) -> Result<(), LabError> {
    if session.classes.is_some() {
        return Ok(());
    }
    let bytes = host.fetch(PATH).await?;
    let names: Vec<String> = String::from_utf8_lossy(&bytes)
        .lines()
        .map(|line| line.trim().to_owned())
        .collect();
    if names.len() != COUNT {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!("“{PATH}” holds {} names in place of {COUNT}.", names.len()),
            "Reload the page to fetch it again.",
        ));
    }
    session.classes = Some(names);
    Ok(())
}

/// The five likeliest classes, likeliest first; of equals, the lower index first.
pub(crate) fn top5(session: &Session, probabilities: &[f32]) -> Vec<Class> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let names = session.classes.as_deref().unwrap_or_default();
    order
        .into_iter()
        .take(5)
        .map(|index| Class {
            index,
            label: names
                .get(index)
                .cloned()
                .unwrap_or_else(|| format!("class {index}")),
            probability: probabilities[index],
        })
        .collect()
}

/// The likeliest class; of equals, the lower index.
pub(crate) fn top1(probabilities: &[f32]) -> Option<(usize, f32)> {
    let likelier =
        |best: (usize, f32), next: (usize, f32)| if next.1 > best.1 { next } else { best };
    probabilities.iter().copied().enumerate().reduce(likelier)
}
