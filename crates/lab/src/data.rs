//! Cell `data`: the four photos of the experiment and the reader's own.

use octet_protocol::{DataReport, ErrorKind, LabError, Photo, Progress, Report};

use crate::host::Host;
use crate::photo::{Prepared, SIZE, StoredPhoto, prepare};
use crate::session::{Outcome, Session};

/// Title and file of each photo of the experiment, in batch order.
const BUILT_IN: [(&str, &str); 4] = [
    ("chelsea", "photos/chelsea.png"),
    (SANITY_PHOTO, "photos/astronaut.png"),
    ("coffee", "photos/coffee.png"),
    ("rocket", "photos/rocket.jpg"),
];

/// The photo that `baseline` tries first.
pub(crate) const SANITY_PHOTO: &str = "astronaut";

/// More photos than this would make every later cell tedious, and its charts unreadable.
const MAX_PHOTOS: usize = 32;

/// Loads the photos of the experiment where that has not been done, and lists all.
pub(crate) async fn run(session: &mut Session, host: &impl Host) -> Result<Outcome, LabError> {
    if !session.has_built_in_photos {
        let mut loaded = Vec::with_capacity(BUILT_IN.len());
        for (position, (title, path)) in BUILT_IN.into_iter().enumerate() {
            host.step(Progress {
                done: position as u32,
                total: BUILT_IN.len() as u32,
                label: format!("loading {title}"),
            })
            .await?;
            let bytes = host.fetch(path).await?;
            loaded.push((title, prepare(host, path, bytes).await?));
        }
        for (position, (title, photo)) in loaded.into_iter().enumerate() {
            let stored = store(session, title.into(), photo, false);
            session.photos.insert(position, stored);
        }
        session.has_built_in_photos = true;
        session.inference = None;
    }
    Ok(list(session))
}

/// Adds a photo of the reader's own.
pub(crate) async fn add(
    session: &mut Session,
    host: &impl Host,
    name: String,
    bytes: Vec<u8>,
) -> Result<Outcome, LabError> {
    if session.photos.len() >= MAX_PHOTOS {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!("“{name}” was not added: {MAX_PHOTOS} photos are already here."),
            "Remove one first.",
        ));
    }
    let photo = prepare(host, &name, bytes).await?;
    let stored = store(session, name, photo, true);
    session.photos.push(stored);
    session.inference = None;
    Ok(list(session))
}

/// Removes a photo that the reader added.
pub(crate) fn remove(session: &mut Session, id: u32) -> Result<Outcome, LabError> {
    let position = session
        .photos
        .iter()
        .position(|photo| photo.info.id == id && photo.info.added);
    let Some(position) = position else {
        return Err(LabError::new(
            ErrorKind::BadInput,
            "That photo is not one that was added here.",
            "Run the data cell again to see the photos that there are.",
        ));
    };
    session.photos.remove(position);
    session.inference = None;
    Ok(list(session))
}

fn store(session: &mut Session, title: String, photo: Prepared, added: bool) -> StoredPhoto {
    let id = session.next_photo_id;
    session.next_photo_id += 1;
    let Prepared {
        width,
        height,
        pixels,
    } = photo;
    StoredPhoto {
        info: Photo {
            id,
            title,
            width,
            height,
            added,
        },
        pixels,
    }
}

fn list(session: &Session) -> Outcome {
    let report = DataReport {
        batch_shape: [session.photos.len(), SIZE, SIZE, 3],
        photos: session
            .photos
            .iter()
            .map(|photo| photo.info.clone())
            .collect(),
    };
    Outcome {
        report: Report::Data(report),
        attachments: session.photos.iter().map(StoredPhoto::attachment).collect(),
    }
}
