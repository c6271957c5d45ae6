//! Cell `draw`: what each form of the reader's network reads in a drawing.

mod prepare;

use octet_graph::{Graph, TensorId};
use octet_models::digits::{PIXELS, digit_tensor, reals};
use octet_protocol::{
    DigitAnswer, DigitMaps, DrawReport, DrawRequest, DrawnReport, DrawnRequest, ErrorKind,
    FileKind, LabError,
};
use octet_quant::ErrorSum;

use crate::digit_forms::{Seen, integers, without_calibration};
use crate::digit_reader::DigitReader;
use crate::digits::{check_samples, load, weights};
use crate::host::Host;
use crate::integers::{cannot_convert, fastest, used};
use crate::predict::{Steps, softmax};
use crate::session::{Session, needs};

/// What is looked at of the first layer.
const MAPS: &str = "pool1";

/// The forms, ready to read.
pub(crate) struct Readers {
    forms: Vec<(FileKind, DigitReader)>,
    /// The maps in the float32 graph, and in the integer one.
    maps: [TensorId; 2],
    shape: [usize; 2],
}

/// Makes the forms ready.
pub(crate) async fn run(
    session: &mut Session,
    host: &impl Host,
    DrawRequest { samples }: DrawRequest,
) -> Result<DrawReport, LabError> {
    let graph = weights(session)?.to_graph();
    let digits = load(session, host).await?;
    check_samples(samples, &digits.validation)?;
    let mut steps = Steps::new(host, 2);
    steps.next("watching the validation digits".into()).await?;
    let seen = Seen::new(&graph, &digits.validation)?;
    let calibration = seen.calibration(&graph, 0..samples as usize)?;
    steps.next("converting".into()).await?;
    let full_integer = integers(&graph, &calibration)?;
    let find = |graph| digit_tensor(graph, MAPS).ok_or_else(|| cannot_convert("a layer is gone"));
    let maps = [find(&graph)?, find(&full_integer)?];
    let shape = &graph.tensor(maps[0]).map_err(cannot_convert)?.shape;
    let &[_, side, _, channels] = shape.as_slice() else {
        return Err(cannot_convert("a layer has another shape"));
    };
    let [_, float16, dynamic] = without_calibration(&graph)?;
    let form = |(kind, graph): (FileKind, Graph)| {
        Ok::<_, LabError>((kind, DigitReader::new(&graph, fastest())?))
    };
    // The maps of the first and the last are shown.
    let forms = vec![
        (FileKind::Float32, DigitReader::keeping_all(&graph)?),
        form(float16)?,
        form(dynamic)?,
        (
            FileKind::FullInteger,
            DigitReader::keeping_all(&full_integer)?,
        ),
    ];
    let report = DrawReport {
        forms: forms.iter().map(|(kind, _)| *kind).collect(),
        samples,
        test: digits.test.len() as u32,
        kernels: used(fastest()),
    };
    session.digits.readers = Some(Readers {
        forms,
        maps,
        shape: [side, channels],
    });
    Ok(report)
}

/// Shows the forms a drawing, or a digit of the test set.
pub(crate) async fn look(
    session: &mut Session,
    host: &impl Host,
    request: &DrawnRequest,
) -> Result<DrawnReport, LabError> {
    let (pixels, label) = match request.test {
        None => (prepare::digit(&request.bytes)?, None),
        Some(index) => {
            let test = &load(session, host).await?.test;
            let place = index as usize;
            let digit = test.images().get(place).zip(test.labels().get(place));
            let (image, label) = digit.ok_or_else(|| {
                LabError::new(
                    ErrorKind::BadInput,
                    format!("There is no test digit {index}."),
                    format!("Choose from 0 to {}.", test.len().saturating_sub(1)),
                )
            })?;
            (*image, Some(u32::from(*label)))
        }
    };
    let readers = session.digits.readers.as_mut();
    let readers = readers.ok_or_else(|| needs("draw"))?;
    let input = reals(&pixels);
    let mut answers = Vec::with_capacity(readers.forms.len());
    for (kind, reader) in &mut readers.forms {
        answers.push(DigitAnswer {
            kind: *kind,
            probabilities: softmax(&reader.read(&input)?),
        });
    }
    let is_blank = pixels == [0; PIXELS];
    Ok(DrawnReport {
        label,
        pixels: pixels.to_vec(),
        answers,
        maps: match is_blank {
            true => None,
            false => Some(readers.maps()?),
        },
    })
}

impl Readers {
    /// Of what was read last.
    fn maps(&self) -> Result<DigitMaps, LabError> {
        let of = |kind: FileKind, id: TensorId| {
            let mut forms = self.forms.iter();
            let form = forms.find(|(other, _)| *other == kind);
            let (_, reader) = form.ok_or_else(|| needs("draw"))?;
            reader.activation(id)
        };
        let float32 = of(FileKind::Float32, self.maps[0])?;
        let full_integer = of(FileKind::FullInteger, self.maps[1])?;
        let mut noise = ErrorSum::default();
        noise.add(&float32, &full_integer);
        let [side, channels] = self.shape.map(|length| length as u32);
        Ok(DigitMaps {
            side,
            channels,
            sqnr_db: noise.figures().sqnr_db,
            float32,
            full_integer,
        })
    }
}
