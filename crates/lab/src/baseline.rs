//! Cell `baseline`: the float32 model on Burn, and what it makes of the photos.

use octet_models::{BurnNetwork, Network};
use octet_protocol::{BaselineReport, ErrorKind, LabError, ModelName, Prediction};

use crate::data::SANITY_PHOTO;
use crate::host::Host;
use crate::integers::Integers;
use crate::photo::StoredPhoto;
use crate::predict::{Run, Steps};
use crate::session::{Baseline, Session};
use crate::{classes, models};

/// Loads the model and classifies the astronaut, then every photo.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    model: ModelName,
) -> Result<BaselineReport, LabError> {
    let Some(astronaut) = session.photos.iter().find(|p| p.info.title == SANITY_PHOTO) else {
        return Err(LabError::new(
            ErrorKind::BadInput,
            "There are no photos yet.",
            "Run the data cell first.",
        ));
    };
    let astronaut = astronaut.clone();
    classes::load(session, host).await?;

    let spec = models::spec(model);
    let layers = spec.layers().count();
    let mut steps = Steps::new(host, 2 + layers * (1 + session.photos.len()));
    steps.next(format!("fetching {}", model.title())).await?;
    let begin = host.now_ms();
    let path = models::path(model);
    let bytes = host.fetch(&path).await?;
    let fetched = host.now_ms();
    steps.next("folding batch normalization".into()).await?;
    let load_begin = host.now_ms();
    let network = Network::from_checkpoint(spec, &bytes)
        .map_err(|error| models::file_error(&path, &error))?;
    let on_burn = BurnNetwork::new(network.clone(), &models::device(session.backend));
    let load_ms = host.now_ms() - load_begin;

    let run = steps
        .forward(&on_burn, &astronaut.pixels, "sanity check")
        .await?;
    let sanity = prediction(session, &astronaut, run);
    let mut predictions = Vec::with_capacity(session.photos.len());
    for (position, photo) in session.photos.iter().enumerate() {
        let label = format!("photo {} of {}", position + 1, session.photos.len());
        let run = steps.forward(&on_burn, &photo.pixels, &label).await?;
        predictions.push(prediction(session, photo, run));
    }

    let report = BaselineReport {
        model,
        model_title: model.title().into(),
        backend: session.backend,
        parameters: network.parameters() as u64,
        layers: layers as u32,
        layer_names: network
            .spec
            .layers()
            .map(|layer| layer.name.clone())
            .collect(),
        file_bytes: bytes.len() as u64,
        fetch_ms: fetched - begin,
        load_ms,
        sanity,
        predictions,
    };
    session.baseline = Some(Baseline {
        model,
        network,
        on_burn,
        integers: Integers::default(),
        camera: None,
    });
    session.quantized = None;
    session.inference = None;
    Ok(report)
}

fn prediction(session: &Session, photo: &StoredPhoto, run: Run) -> Prediction {
    Prediction {
        photo: photo.info.id,
        title: photo.info.title.clone(),
        top5: classes::top5(session, &run.probabilities),
        latency_ms: run.latency_ms,
    }
}
