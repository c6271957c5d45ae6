//! float32 as a yardstick: how far a changed network is from it, over the photos and random crops of them.

use octet_engine::{Engine, Options};
use octet_graph::Graph;
use octet_protocol::{Distance, ErrorKind, LabError};
use octet_quant::ErrorSum;

use crate::accuracy::compare;
use crate::classes::top1;
use crate::host::Host;
use crate::integers::{self, Dataset, cannot_run, fastest, normalize, put_in, take_out};
use crate::predict::{Steps, softmax};
use crate::session::Session;

/// Each takes more than half a megabyte of memory.
const MAX_CROPS: u32 = 128;

/// Images, and what the loaded network makes of them in float32.
pub(crate) struct Yardstick {
    /// As they are put in: first the photos, then crops of them in turn.
    images: Vec<Vec<f32>>,
    /// Before softmax.
    outputs: Vec<Vec<f32>>,
    photos: usize,
}

/// How many images there will be; an error where crops are out of bounds.
pub(crate) fn images(session: &Session, crops: u32) -> Result<usize, LabError> {
    if crops > MAX_CROPS {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!("{crops} crops are more than this cell takes."),
            format!("Choose from 0 to {MAX_CROPS}."),
        ));
    }
    Ok(session.photos.len() + crops as usize)
}

impl Yardstick {
    /// Runs the loaded network in float32. Takes as many steps as there are images.
    pub(crate) async fn new(
        session: &mut Session,
        steps: &mut Steps<'_, impl Host>,
        crops: u32,
    ) -> Result<Self, LabError> {
        let count = images(session, crops)?;
        let graph = integers::float32(session)?;
        let normalization = session.baseline()?.network.spec.normalization;
        let mut engine = Engine::new(&graph, fastest(), &Options::default()).map_err(cannot_run)?;
        let mut images = Vec::with_capacity(count);
        let mut outputs = Vec::with_capacity(count);
        for pixels in Dataset::new(&session.photos, count) {
            let label = format!("float32, image {} of {count}", images.len() + 1);
            steps.next(label).await?;
            let image = normalize(&pixels, &normalization);
            outputs.push(run(&mut engine, &image)?);
            images.push(image);
        }
        Ok(Self {
            images,
            outputs,
            photos: session.photos.len(),
        })
    }

    /// The photos among the images.
    pub(crate) fn photos(&self) -> u32 {
        self.photos as u32
    }

    /// The mean over the images of float32’s confidence in its likeliest class.
    pub(crate) fn confidence(&self) -> f64 {
        let top = |output: &Vec<f32>| top1(&softmax(output)).map_or(0.0, |(_, sure)| sure);
        let sum: f64 = self
            .outputs
            .iter()
            .map(|output| f64::from(top(output)))
            .sum();
        sum / self.outputs.len().max(1) as f64
    }

    /// The images as they are put in.
    pub(crate) fn images(&self) -> &[Vec<f32>] {
        &self.images
    }

    /// Runs a network that was made of the loaded one. Takes as many steps as there are images; `label` says in the
    /// progress which network it is.
    pub(crate) async fn measure(
        &self,
        graph: Graph,
        steps: &mut Steps<'_, impl Host>,
        label: &str,
    ) -> Result<Distance, LabError> {
        let count = self.images.len();
        let mut engine =
            Engine::consuming(graph, fastest(), &Options::default()).map_err(cannot_run)?;
        let (mut agreements, mut drift) = (0, 0.0);
        let mut noise = ErrorSum::default();
        for (place, (image, expected)) in self.images.iter().zip(&self.outputs).enumerate() {
            let label = format!("{label}, image {} of {count}", place + 1);
            steps.next(label).await?;
            let output = run(&mut engine, image)?;
            noise.add(expected, &output);
            let (agrees, drifted) = compare(&softmax(expected), &softmax(&output));
            agreements += u32::from(agrees);
            drift += drifted.abs();
        }
        Ok(Distance {
            agreements,
            mean_abs_drift: drift / count.max(1) as f64,
            sqnr_db: noise.figures().sqnr_db,
        })
    }
}

fn run(engine: &mut Engine, image: &[f32]) -> Result<Vec<f32>, LabError> {
    put_in(engine, image)?;
    engine.invoke().map_err(cannot_run)?;
    take_out(engine)
}
