//! The lab's outside world on a developer's machine: files from `www`, and a switch to cancel.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use futures_executor::block_on;
use octet_lab::{Host, Image, Outcome, Session};
use octet_protocol::{
    Backend, EdgeType, ErrorKind, LabError, LabelChoice, Machine, ModelName, NormalizationChoice,
    OwnSource, Progress, Request, TrainBegin, TrainRequest, YourModelRequest,
};

pub struct FileHost {
    begin: Instant,
    /// Files that differ from those in `www`; None: not there.
    pub instead: BTreeMap<&'static str, Option<Vec<u8>>>,
    /// Steps until the reader presses Cancel.
    pub cancel_after: Cell<Option<usize>>,
    pub progress: RefCell<Vec<Progress>>,
    /// What was shown before the result.
    pub told: RefCell<Vec<Outcome>>,
}

impl FileHost {
    pub fn new() -> Self {
        Self {
            begin: Instant::now(),
            instead: BTreeMap::new(),
            cancel_after: Cell::new(None),
            progress: RefCell::default(),
            told: RefCell::default(),
        }
    }

    pub fn run(&self, session: &mut Session, request: Request) -> Result<Outcome, LabError> {
        block_on(session.run(self, request))
    }

    /// A lab on the faster backend.
    #[allow(dead_code, reason = "not every file of tests trains")]
    pub fn fast(&self) -> Session {
        let mut session = Session::default();
        let backend = Backend::Flex;
        self.run(&mut session, Request::Setup { backend }).unwrap();
        session
    }

    /// One in which the digit network has been trained.
    #[allow(dead_code, reason = "not every file of tests trains")]
    pub fn trained(&self, request: TrainRequest) -> Session {
        let mut session = self.fast();
        self.run(&mut session, Request::Train(request)).unwrap();
        self.told.take();
        session
    }

    /// A lab that has loaded the model, on the faster backend.
    #[allow(dead_code, reason = "not every file of tests needs a model")]
    pub fn loaded(&self, model: ModelName) -> Session {
        let mut session = self.fast();
        for request in [Request::Data, Request::Baseline { model }] {
            self.run(&mut session, request).unwrap();
        }
        session
    }
}

/// How the digit network is trained here, from random weights.
#[allow(dead_code, reason = "not every file of tests trains")]
pub fn training(epochs: u32, batch: u32) -> TrainRequest {
    TrainRequest {
        begin: TrainBegin::Anew,
        epochs,
        batch,
        learning_rate: 0.002,
        seed: 1,
        augment: false,
        patience: 0,
        bytes: Vec::new(),
    }
}

impl Host for FileHost {
    fn now_ms(&self) -> f64 {
        self.begin.elapsed().as_secs_f64() * 1e3
    }

    fn machine(&self) -> Machine {
        Machine {
            wasm_simd: false,
            relaxed_simd: false,
            cores: None,
            memory_gib: None,
            wasm_memory_bytes: 0,
        }
    }

    async fn fetch(&self, path: &str) -> Result<Vec<u8>, LabError> {
        let missing = || LabError::new(ErrorKind::Missing, format!("“{path}” is not there."), "");
        match self.instead.get(path) {
            Some(bytes) => bytes.clone().ok_or_else(missing),
            None => std::fs::read(file(path)).map_err(|_| missing()),
        }
    }

    async fn decode(&self, name: &str, bytes: Vec<u8>) -> Result<Image, LabError> {
        let image = image::load_from_memory(&bytes).map_err(|error| {
            LabError::new(
                ErrorKind::BadInput,
                format!("“{name}” is not an image: {error}."),
                "",
            )
        })?;
        let rgba = image.into_rgba8();
        Ok(Image {
            width: rgba.width(),
            height: rgba.height(),
            rgba: rgba.into_raw(),
        })
    }

    fn tell(&self, outcome: Outcome) {
        self.told.borrow_mut().push(outcome);
    }

    async fn step(&self, progress: Progress) -> Result<(), LabError> {
        self.progress.borrow_mut().push(progress);
        match self.cancel_after.get() {
            Some(0) => Err(LabError::cancelled()),
            left => {
                self.cancel_after.set(left.map(|left| left - 1));
                Ok(())
            }
        }
    }
}

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../www")
        .join(path)
}

/// A request for a file; one run and few images, since a test has no eye for speed.
#[allow(dead_code, reason = "not every file of tests brings a model")]
pub fn own_file(name: &str, bytes: Vec<u8>) -> YourModelRequest {
    YourModelRequest {
        source: OwnSource::File,
        name: name.into(),
        bytes,
        labels_text: String::new(),
        normalization: NormalizationChoice::File,
        labels: LabelChoice::File,
        samples: 4,
        edges: EdgeType::Int8,
        runs: 1,
    }
}
