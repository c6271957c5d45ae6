//! What networks are compared on: the reader's photos and random crops of them.

use octet_protocol::{ErrorKind, LabError};

use crate::integers::Dataset;
use crate::photo::StoredPhoto;

/// More only take time: crops of the same few photos tell little new.
const MOST: u32 = 500;
/// Not the seed of the crops that networks are calibrated with.
const SEED: u32 = 7;

/// The photos, then so many crops of them, the same each time.
pub(crate) fn images(photos: &[StoredPhoto], crops: u32) -> Result<Dataset<'_>, LabError> {
    if crops > MOST {
        return Err(LabError::new(
            ErrorKind::BadInput,
            format!("{crops} crops are too many."),
            format!("Choose from 0 to {MOST}."),
        ));
    }
    Ok(Dataset::seeded(photos, photos.len() + crops as usize, SEED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::SIZE;
    use octet_protocol::Photo;

    #[test]
    fn crops_differ_from_those_of_the_calibration() {
        let photos = [StoredPhoto {
            info: Photo {
                id: 0,
                title: String::new(),
                width: 224,
                height: 224,
                added: false,
            },
            pixels: (0..SIZE * SIZE * 3).map(|at| (at % 251) as f32).collect(),
        }];
        let tested: Vec<_> = images(&photos, 3).into_iter().flatten().collect();
        let calibrated: Vec<_> = Dataset::new(&photos, 4).collect();
        assert_eq!((tested.len(), &tested[0]), (4, &calibrated[0]));
        assert!(tested[1..].iter().all(|image| !calibrated.contains(image)));
        assert!(images(&photos, 501).is_err());
    }
}
