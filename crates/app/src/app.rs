//! The notebook at work: what the reader asks for, what the worker answers, and what the page then shows.

use std::{
    cell::{RefCell, RefMut},
    collections::VecDeque,
    rc::{Rc, Weak},
};

use octet_protocol::{ErrorKind, FromWorker, LabError, Report, Request, ToWorker};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{File, ScrollBehavior, ScrollIntoViewOptions};

use crate::{
    board::{Board, State},
    cells::{self, CellId},
    dom,
    flight::{Flight, Step},
    format, formulas,
    intake::{self, ModelFile},
    keep,
    kept_weights::KeptWeights,
    link::{Attachment, Heard, Link},
    own_model::OwnModel,
    page::{self, Page},
    questions::Questions,
    shelf::{Change, Shelf},
    simd,
    values::Values,
    view::CellView,
};

const TICK_MS: i32 = 100;

/// The notebook.
pub struct App {
    /// What is around the cells.
    pub page: Page,
    /// What is asked below the cells.
    pub questions: Questions,
    views: Vec<CellView>,
    desk: RefCell<Desk>,
    // For the callbacks that it hands out.
    me: Weak<App>,
}

/// What changes while the page is open.
struct Desk {
    board: Board,
    values: Vec<Values>,
    shelf: Shelf,
    own_model: OwnModel,
    kept_weights: KeptWeights,
    line: Line,
    flight: Option<Flight>,
    next_id: u32,
    /// Who waits for an answer that no cell's run depends on.
    asked: Vec<(u32, Answer)>,
    /// Files that the reader wants: which cell makes each, and what to ask for.
    downloads: VecDeque<(CellId, Request)>,
    /// What the intake found wrong, until `data` runs and shows it.
    problems: Vec<LabError>,
    runs_all: bool,
    timer: Option<i32>,
}

/// What is done with an answer of the worker's.
type Answer = Box<dyn FnOnce(&App, Result<Report, LabError>)>;

/// Bytes that go along with a request, and join it on the JavaScript side.
pub type Bytes = js_sys::Uint8Array;

/// Asks the worker something for a part of the page that has been drawn.
#[derive(Clone)]
pub struct Asker(Weak<App>);

impl Asker {
    /// As [`App::ask`].
    pub fn ask(
        &self,
        request: Request,
        bytes: Option<&Bytes>,
        answer: impl FnOnce(&App, Result<Report, LabError>) + 'static,
    ) {
        if let Some(app) = self.0.upgrade() {
            app.ask(request, bytes, answer);
        }
    }

    /// As [`App::open_cell`].
    pub fn open_cell(&self, cell: CellId, set: &[(&str, &str)]) {
        if let Some(app) = self.0.upgrade() {
            app.open_cell(cell, set);
        }
    }

    /// Whether the worker has nothing to do for any cell.
    pub fn is_quiet(&self) -> bool {
        let app = self.0.upgrade();
        app.is_some_and(|app| app.desk.borrow().flight.is_none())
    }
}

/// The worker, and which one it is: what an ended one has said is not listened to.
#[derive(Default)]
struct Line {
    link: Option<Link>,
    is_ready: bool,
    generation: u32,
}

impl App {
    /// Builds the cells on the page.
    pub fn mount() -> Option<Rc<Self>> {
        let values: Vec<_> = CellId::ALL.into_iter().map(Values::remembered).collect();
        let views: Vec<_> = CellId::ALL
            .into_iter()
            .map(|cell| CellView::new(cell, &values[cell.index()]))
            .collect();
        cells::data::mount(&views[CellId::Data.index()]);
        cells::your_model::mount(&views[CellId::YourModel.index()]);
        cells::train::mount(&views[CellId::Train.index()]);
        formulas::mount(&views[CellId::Reference.index()]);
        let page = Page::mount(&views)?;
        let questions = Questions::mount(&views, &page.review);
        let mut board = Board::default();
        for (cell, values) in CellId::ALL.into_iter().zip(&values) {
            board.learn_needs(cell, values);
        }
        let desk = RefCell::new(Desk {
            board,
            values,
            shelf: Shelf::default(),
            own_model: OwnModel::default(),
            kept_weights: KeptWeights::default(),
            line: Line::default(),
            flight: None,
            next_id: 1,
            asked: Vec::new(),
            downloads: VecDeque::new(),
            problems: Vec::new(),
            runs_all: false,
            timer: None,
        });
        Some(Rc::new_cyclic(|me| Self {
            page,
            questions,
            views,
            desk,
            me: me.clone(),
        }))
    }

    /// Starts the worker once the page has painted.
    pub fn begin(self: &Rc<Self>) {
        let hash = dom::window().location().hash().unwrap_or_default();
        if let Some(target) = dom::by_id(hash.trim_start_matches('#')) {
            let options = ScrollIntoViewOptions::new();
            options.set_behavior(ScrollBehavior::Instant);
            target.scroll_into_view_with_scroll_into_view_options(&options);
        }
        let app = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let weights = keep::get(cells::train::FILE_NAME).await;
            let mut desk = app.desk.borrow_mut();
            desk.kept_weights.found(weights);
            app.show_kept_weights(&desk);
        });
        let app = self.clone();
        dom::after_paint(move || {
            if simd::is_supported() {
                let mut desk = app.desk.borrow_mut();
                // Where that fails, the first run tries again and says what is wrong.
                app.open_line(&mut desk).ok();
            } else {
                show_worker("unsupported");
            }
        });
    }

    /// A cell on the page.
    pub fn view(&self, cell: CellId) -> &CellView {
        &self.views[cell.index()]
    }

    // What the reader asks for.

    /// Runs a cell, and first what it needs.
    pub fn run(&self, cell: CellId) {
        self.read_all_controls();
        let mut desk = self.desk.borrow_mut();
        let plan = desk.board.plan(cell);
        let refused = self.refused(&desk, &plan);
        if refused.is_empty() {
            desk.board.enqueue(&plan);
        } else {
            // Nothing else of the plan is of use without the refused cell.
            desk.board.enqueue(&[cell]);
        }
        self.refuse(&mut desk, refused);
        self.go_on(desk);
    }

    /// Runs every cell in order; or, while that is under way, stops it.
    pub fn run_all(&self) {
        self.read_all_controls();
        let mut desk = self.desk.borrow_mut();
        if desk.runs_all {
            desk.board.cancel_queued();
            desk.runs_all = false;
            if let Some(cell) = desk.flight.as_ref().map(|flight| flight.cell) {
                self.cancel_flight(&mut desk, cell);
            }
        } else {
            desk.runs_all = true;
            desk.board.enqueue(&CellId::ALL);
            let refused = self.refused(&desk, &CellId::ALL);
            self.refuse(&mut desk, refused);
        }
        self.go_on(desk);
    }

    /// Takes a cell back, whether it waits or runs.
    pub fn cancel(&self, cell: CellId) {
        let mut desk = self.desk.borrow_mut();
        match desk.board.slot(cell).state {
            State::Running => self.cancel_flight(&mut desk, cell),
            _ => desk.board.cancel(cell),
        }
        self.go_on(desk);
    }

    /// Asks before a reset where it would take something away.
    pub fn ask_reset(&self) {
        self.read_all_controls();
        let desk = self.desk.borrow();
        let has_changes = desk.shelf.has_added()
            || desk.own_model.is_there()
            || desk.kept_weights.are_there()
            || !desk.board.is_quiet()
            || desk.values.iter().any(|values| !values.are_default())
            || self.questions.has_answers()
            || self.views.iter().any(CellView::has_output);
        drop(desk);
        if has_changes {
            self.page.ask_reset();
        }
    }

    /// Takes every output, parameter, answer and added photo away.
    pub fn reset(&self) {
        let mut desk = self.desk.borrow_mut();
        desk.board = Board::default();
        desk.shelf = Shelf::default();
        desk.own_model = OwnModel::default();
        desk.kept_weights = KeptWeights::default();
        wasm_bindgen_futures::spawn_local(keep::remove(cells::train::FILE_NAME));
        self.show_kept_weights(&desk);
        desk.flight = None;
        desk.downloads.clear();
        desk.problems.clear();
        desk.runs_all = false;
        for (values, view) in desk.values.iter_mut().zip(&self.views) {
            values.reset();
            view.reset(values);
        }
        formulas::reset(self.view(CellId::Reference));
        cells::your_model::show_chosen(self.view(CellId::YourModel), "");
        self.questions.reset();
        // A new worker knows nothing of the old one's photos and models.
        if desk.line.link.is_some() {
            self.open_line(&mut desk).ok();
        }
        self.page.announce("Everything has been reset.");
        self.go_on(desk);
    }

    /// Takes over what the form controls of all cells say.
    fn read_all_controls(&self) {
        for cell in CellId::ALL {
            self.read_controls(cell, true);
        }
    }

    /// Takes over what a cell's form controls say; what depends on a changed one is out of date. Sliders that are
    /// still being dragged are not remembered yet: the browser would be writing with every frame.
    pub fn read_controls(&self, cell: CellId, are_let_go: bool) {
        let mut desk = self.desk.borrow_mut();
        let values = &mut desk.values[cell.index()];
        let (mut is_changed, mut is_moved) = (false, false);
        let read = self.view(cell).read_values();
        for (name, value) in &read {
            let is_other = values.set(name, value);
            // What a slider does is shown at once; nothing has to run again for it.
            let is_slider = cell.spec().is_slider(name);
            is_moved |= is_other && is_slider;
            is_changed |= is_other && !is_slider;
            if if is_slider { are_let_go } else { is_other } {
                values.remember(name);
            }
        }
        if is_moved {
            self.view(cell).show_controls(values);
            self.view(cell).follow(&read);
        }
        if is_changed {
            self.view(cell).show_controls(values);
            desk.learn(cell);
            self.show(&desk);
        }
    }

    /// Says in a cell that what was pasted is too long; nothing was taken of it.
    pub fn refuse_text(&self, cell: CellId) {
        self.view(cell).show_errors(&[cells::scheme::too_long()]);
    }

    /// Moves the keyboard's focus to the cell below.
    pub fn focus_next(&self, cell: CellId) {
        if let Some(next) = cell.next() {
            self.view(next).focus();
        }
    }

    /// Reads files of the reader's own, and has `data` show them.
    pub fn add_files(self: &Rc<Self>, files: Vec<File>) {
        let app = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let mut problems = Vec::new();
            let mut taken = Vec::new();
            for file in &files {
                match intake::read(file).await {
                    Ok(photo) => taken.push(photo),
                    Err(error) => problems.push(error),
                }
            }
            if taken.is_empty() {
                app.view(CellId::Data).show_errors(&problems);
                return;
            }
            let mut desk = app.desk.borrow_mut();
            for photo in taken {
                desk.shelf.add(photo.name, photo.bytes);
            }
            desk.problems.append(&mut problems);
            app.photos_changed(desk);
        });
    }

    /// Reads a model of the reader's own, and has `your-model` look at it.
    pub fn take_model(self: &Rc<Self>, files: Vec<File>) {
        let app = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let mut problems = Vec::new();
            let mut taken = Vec::new();
            for file in &files {
                match intake::read_model(file).await {
                    Ok(file) => taken.push(file),
                    Err(error) => problems.push(error),
                }
            }
            let is_model = |file: &&ModelFile| matches!(file, ModelFile::Model(_));
            if taken.iter().filter(is_model).count() > 1 {
                problems.push(cells::your_model::too_many());
            }
            let view = app.view(CellId::YourModel);
            if !problems.is_empty() {
                view.show_errors(&problems);
                return;
            }
            let mut desk = app.desk.borrow_mut();
            // The model first: it drops the names of the one before.
            taken.sort_by_key(|file| matches!(file, ModelFile::Labels { .. }));
            for file in taken {
                match file {
                    ModelFile::Model(file) => desk.own_model.take(file),
                    ModelFile::Labels { name, text } => desk.own_model.take_labels(name, text),
                }
            }
            cells::your_model::show_chosen(view, &desk.own_model.words());
            drop(desk);
            app.open_cell(CellId::YourModel, &[("model", "own")]);
        });
    }

    /// Takes an added photo away again.
    pub fn remove_photo(&self, id: u32) {
        let mut desk = self.desk.borrow_mut();
        desk.shelf.remove(id);
        self.photos_changed(desk);
    }

    fn photos_changed(&self, mut desk: RefMut<'_, Desk>) {
        // A run of `data` that is under way takes the change along.
        if desk.board.slot(CellId::Data).state != State::Running {
            desk.board.touch(CellId::Data);
            desk.board.enqueue(&[CellId::Data]);
        }
        self.go_on(desk);
    }

    /// Has the reader save a file that a cell makes; it is made anew where it is out of date.
    pub fn download(&self, cell: CellId, request: Request) {
        let mut desk = self.desk.borrow_mut();
        desk.downloads.push_back((cell, request));
        if !desk.board.is_fresh(cell) {
            let plan = desk.board.plan(cell);
            desk.board.enqueue(&plan);
        }
        self.go_on(desk);
    }

    /// Has the reader save a chart as a picture.
    pub fn save_png(&self, cell: CellId, chart: &str) {
        let Some(canvas) = self.view(cell).canvas(chart) else {
            return;
        };
        let name = format!("octet-{}-{chart}.png", cell.name());
        let save = Closure::once_into_js(move |blob: JsValue| {
            page::save(&blob, "image/png", &name).ok();
        });
        canvas.to_blob(save.unchecked_ref()).ok();
    }

    /// Paints the charts again.
    pub fn repaint(&self) {
        for view in &self.views {
            view.paint();
        }
    }

    /// Sets parameters of a cell, brings it into view and runs it.
    pub fn open_cell(&self, cell: CellId, set: &[(&str, &str)]) {
        let mut desk = self.desk.borrow_mut();
        for (name, value) in set {
            let is_formula =
                cell == CellId::Reference && formulas::set(self.view(cell), name, value);
            if !is_formula {
                let values = &mut desk.values[cell.index()];
                values.set(name, value);
                values.remember(name);
            }
        }
        self.view(cell).set_values(&desk.values[cell.index()]);
        desk.learn(cell);
        drop(desk);
        self.view(cell).section.scroll_into_view();
        self.view(cell).focus();
        self.run(cell);
    }

    /// Asks the worker something that no cell's run depends on; it answers after what it is busy with. The bytes
    /// are handed over.
    pub fn ask(
        &self,
        request: Request,
        bytes: Option<&Bytes>,
        answer: impl FnOnce(&App, Result<Report, LabError>) + 'static,
    ) {
        let mut desk = self.desk.borrow_mut();
        let id = desk.take_id();
        let message = ToWorker::Run { id, request };
        let posted = match &desk.line {
            Line {
                link: Some(link),
                is_ready: true,
                ..
            } => link.hand_over(&message, bytes),
            _ => Err("it has not loaded".to_owned()),
        };
        match posted {
            Ok(()) => desk.asked.push((id, Box::new(answer))),
            Err(message) => {
                drop(desk);
                answer(self, Err(crashed(&message)));
            }
        }
    }

    // What is sent to the worker.

    /// Sends the next request where the worker is free, and shows how everything stands.
    fn go_on(&self, mut desk: RefMut<'_, Desk>) {
        while desk.flight.is_none() {
            let Some(flight) = self.next_flight(&mut desk) else {
                break;
            };
            let cell = flight.cell;
            desk.flight = Some(flight);
            if let Err(error) = self.post(&mut desk) {
                desk.flight = None;
                self.fail(&mut desk, cell, &error);
            }
        }
        if desk.board.is_quiet() {
            desk.runs_all = false;
        }
        self.show(&desk);
        self.keep_time(&mut desk);
    }

    fn next_flight(&self, desk: &mut Desk) -> Option<Flight> {
        let started = dom::now();
        let board = &desk.board;
        let ready = desk
            .downloads
            .iter()
            .position(|(cell, _)| board.is_fresh(*cell));
        if let Some((cell, request)) = ready.and_then(|place| desk.downloads.remove(place)) {
            return Some(Flight::download(desk.take_id(), cell, request, started));
        }
        if desk.board.is_quiet() {
            // What they wait for has failed or was cancelled.
            desk.downloads.clear();
        }
        let cell = desk.board.start_next()?;
        for dependent in desk.board.dependents(cell) {
            // It was blocked by this cell, and is not any more.
            if desk.board.slot(dependent).state == State::Idle {
                self.view(dependent).show_errors(&[]);
            }
        }
        let view = self.view(cell);
        view.show_errors(&[]);
        view.show_progress(0.0);
        view.show_status("", &format::duration(0.0));
        self.page.announce(&format!("Running {}.", cell.name()));
        let request = (cell.spec().request)(&desk.values[cell.index()]);
        match request {
            Ok(mut request) => {
                desk.own_model.join(&mut request);
                let mut flight = Flight::run(desk.take_id(), cell, request, started);
                if cell == CellId::Data {
                    flight.problems = std::mem::take(&mut desk.problems);
                }
                Some(flight)
            }
            Err(error) => {
                self.fail(desk, cell, &error);
                self.next_flight(desk)
            }
        }
    }

    /// Posts the flight's request, now or when the worker has loaded.
    fn post(&self, desk: &mut Desk) -> Result<(), LabError> {
        if !simd::is_supported() {
            return Err(simd::missing());
        }
        if desk.line.link.is_none() {
            self.open_line(desk)
                .map_err(|message| not_loaded(&message))?;
        }
        let (Some(link), Some(flight)) = (&desk.line.link, &mut desk.flight) else {
            return Ok(());
        };
        if !desk.line.is_ready {
            return Ok(());
        }
        let Some(request) = flight.request.take() else {
            return Ok(());
        };
        let file = match flight.step {
            Step::Change(Change::Add(index)) => desk.shelf.added(index).map(|added| &added.bytes),
            _ => desk
                .own_model
                .bytes_for(&request)
                .or_else(|| desk.kept_weights.bytes_for(&request)),
        };
        let message = ToWorker::Run {
            id: flight.id,
            request,
        };
        link.post(&message, file)
            .map_err(|message| crashed(&message))
    }

    fn open_line(&self, desk: &mut Desk) -> Result<(), String> {
        desk.line.generation += 1;
        desk.line.is_ready = false;
        // The old worker ends before the new one takes its memory.
        desk.line.link = None;
        self.leave_unanswered(desk);
        let (me, generation) = (self.me.clone(), desk.line.generation);
        let hear = move |heard| {
            if let Some(app) = me.upgrade() {
                app.hear(generation, heard);
            }
        };
        show_worker("loading");
        desk.line.link = Some(Link::open(Rc::new(hear))?);
        Ok(())
    }

    /// Nobody will answer what the last worker was asked.
    fn leave_unanswered(&self, desk: &mut Desk) {
        for (_, answer) in std::mem::take(&mut desk.asked) {
            let me = self.me.clone();
            // Later, when the desk is free.
            wasm_bindgen_futures::spawn_local(async move {
                if let Some(app) = me.upgrade() {
                    answer(&app, Err(crashed("it was started anew")));
                }
            });
        }
    }

    fn cancel_flight(&self, desk: &mut Desk, cell: CellId) {
        desk.board.unqueue_dependents(cell);
        let Some(flight) = desk.flight.as_mut().filter(|flight| flight.cell == cell) else {
            return;
        };
        if flight.request.is_some() {
            desk.flight = None;
            desk.board.cancel(cell);
            self.view(cell).show_progress(0.0);
            self.view(cell).show_status("cancelled", "");
        } else if !flight.is_cancelled {
            flight.is_cancelled = true;
            if let Some(link) = &desk.line.link {
                // A line that cannot take this is broken, and says so by itself.
                link.post(&ToWorker::Cancel { id: flight.id }, None).ok();
            }
        }
    }

    // What the worker says.

    fn hear(&self, generation: u32, heard: Heard) {
        let mut desk = self.desk.borrow_mut();
        if generation != desk.line.generation {
            return;
        }
        let is_ours = |desk: &Desk, id| desk.flight.as_ref().is_some_and(|flight| flight.id == id);
        match heard {
            Heard::Broken(message) => self.lose_worker(&mut desk, &message),
            Heard::Message {
                message,
                report: raw,
                attachments,
            } => match message {
                FromWorker::Ready => {
                    desk.line.is_ready = true;
                    show_worker("ready");
                    if let Err(error) = self.post(&mut desk) {
                        self.lose_worker(&mut desk, &error.message);
                    }
                }
                FromWorker::Progress { id, progress } if is_ours(&desk, id) => {
                    // The clock shows it: far more of these come than anyone could read.
                    if let Some(flight) = &mut desk.flight {
                        flight.progress = Some(progress);
                    }
                    return;
                }
                FromWorker::Partial { id, report, .. } if is_ours(&desk, id) => {
                    if let Some(mut flight) = desk.flight.take() {
                        flight.report = Some((*report, raw));
                        flight.attachments = attachments;
                        self.draw(&mut desk, &flight);
                        desk.flight = Some(flight);
                    }
                    return;
                }
                FromWorker::Done {
                    id,
                    report,
                    attachments: _,
                } if is_ours(&desk, id) => {
                    if let Some(flight) = desk.flight.take() {
                        self.take_report(&mut desk, flight, *report, raw, attachments);
                    }
                }
                FromWorker::Failed { id, error } if is_ours(&desk, id) => {
                    if let Some(flight) = desk.flight.take() {
                        self.take_failure(&mut desk, flight, error);
                    }
                }
                FromWorker::Crashed { message } => self.lose_worker(&mut desk, &message),
                FromWorker::Done { id, report, .. } => {
                    return self.answer(desk, id, Ok(*report));
                }
                FromWorker::Failed { id, error } => return self.answer(desk, id, Err(error)),
                // Of something that is not waited for any more.
                FromWorker::Progress { .. } | FromWorker::Partial { .. } => return,
            },
        }
        self.go_on(desk);
    }

    /// Gives an answer to who has asked on the side, if anyone has.
    fn answer(&self, mut desk: RefMut<'_, Desk>, id: u32, said: Result<Report, LabError>) {
        let place = desk.asked.iter().position(|(of, _)| *of == id);
        let answer = place.map(|place| desk.asked.swap_remove(place));
        drop(desk);
        if let Some((_, answer)) = answer {
            answer(self, said);
        }
    }

    fn take_report(
        &self,
        desk: &mut Desk,
        mut flight: Flight,
        report: Report,
        raw: JsValue,
        attachments: Vec<Attachment>,
    ) {
        match &flight.step {
            Step::Download => {
                let name = match &report {
                    Report::ModelFile(file) => &file.file_name,
                    Report::File(file) => &file.file_name,
                    _ => "",
                };
                if let (false, Some(attachment)) = (name.is_empty(), attachments.first()) {
                    page::save(&attachment.bytes, "application/octet-stream", name).ok();
                }
                self.view(flight.cell).show_progress(0.0);
                self.view(flight.cell).show_status("saved", "");
                return;
            }
            Step::Cell | Step::Change(_) if cells::owner(&report) != Some(flight.cell) => {
                let message = "it answered with another cell's report";
                self.fail(desk, flight.cell, &crashed(message));
                return;
            }
            Step::Cell => {}
            Step::Change(change) => {
                if let Report::Data(report) = &report {
                    desk.shelf.settle(change, report);
                }
            }
        }
        flight.report = Some((report, raw));
        flight.attachments = attachments;
        self.land(desk, flight);
    }

    fn take_failure(&self, desk: &mut Desk, mut flight: Flight, error: LabError) {
        if error.kind == ErrorKind::Cancelled {
            self.draw(desk, &flight);
            desk.board.cancel(flight.cell);
            self.view(flight.cell).show_progress(0.0);
            self.view(flight.cell).show_status("cancelled", "");
            self.page
                .announce(&format!("Cancelled {}.", flight.cell.name()));
            return;
        }
        match &flight.step {
            Step::Download => {
                self.view(flight.cell).show_progress(0.0);
                self.view(flight.cell).show_status("", "");
                self.view(flight.cell).show_errors(&[error]);
            }
            Step::Cell => {
                let elapsed = format::duration(dom::now() - flight.started);
                self.view(flight.cell).show_status("", &elapsed);
                self.fail(desk, flight.cell, &error);
            }
            Step::Change(change) => {
                let name = desk.shelf.give_up(change);
                flight.problems.push(naming(error, name.as_deref()));
                self.land(desk, flight);
            }
        }
    }

    /// A request is done: the next change of the photos follows, or the cell is.
    fn land(&self, desk: &mut Desk, mut flight: Flight) {
        let cell = flight.cell;
        if let (CellId::Data, Some(change)) = (cell, desk.shelf.next_change()) {
            flight.request = Some(match &change {
                Change::Remove(id) => Request::RemovePhoto { id: *id },
                Change::Add(index) => {
                    let name = desk.shelf.added(*index).map(|added| added.name.clone());
                    // The bytes join on the JavaScript side.
                    Request::AddPhoto {
                        name: name.unwrap_or_default(),
                        bytes: Vec::new(),
                    }
                }
            });
            flight.step = Step::Change(change);
            flight.id = desk.take_id();
            flight.progress = None;
            desk.flight = Some(flight);
            if let Err(error) = self.post(desk) {
                self.lose_worker(desk, &error.message);
            }
            return;
        }
        self.draw(desk, &flight);
        desk.board.succeed(cell);
        let elapsed = format::duration(dom::now() - flight.started);
        let view = self.view(cell);
        view.show_progress(1.0);
        view.show_status("", &elapsed);
        view.show_errors(&flight.problems);
        self.page
            .announce(&format!("{} done in {elapsed}.", cell.name()));
    }

    fn draw(&self, desk: &mut Desk, flight: &Flight) {
        let Some((report, raw)) = &flight.report else {
            return;
        };
        let view = self.view(flight.cell);
        if flight.cell == CellId::Data {
            desk.shelf.receive(&flight.attachments);
        }
        if flight.cell == CellId::Train {
            self.keep_weights(desk, &flight.attachments);
        }
        let asker = Asker(self.me.clone());
        cells::draw(report, &flight.attachments, view, &desk.shelf, &asker);
        let json = js_sys::JSON::stringify(raw)
            .ok()
            .and_then(|json| json.as_string());
        view.keep_report(&json.unwrap_or_default());
        if let Report::Baseline(report) = report {
            for view in &self.views {
                view.offer_layers(&report.layer_names);
            }
        }
    }

    /// Has the browser keep the weights that came with a report, where they are others than before.
    fn keep_weights(&self, desk: &mut Desk, attachments: &[Attachment]) {
        let mut weights = attachments.iter();
        let weights = weights.find(|part| part.name == cells::train::FILE_NAME);
        let Some(bytes) = weights.and_then(|part| desk.kept_weights.take(&part.bytes)) else {
            return;
        };
        self.show_kept_weights(desk);
        let me = self.me.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let kept = keep::put(cells::train::FILE_NAME, &bytes).await;
            if let Some(app) = me.upgrade() {
                let mut desk = app.desk.borrow_mut();
                desk.kept_weights.told(kept);
                app.show_kept_weights(&desk);
            }
        });
    }

    fn show_kept_weights(&self, desk: &Desk) {
        cells::train::show_kept(self.view(CellId::Train), &desk.kept_weights.words());
    }

    /// The worker is gone, and all that it had computed. A new one takes its place, unless it did not even load.
    fn lose_worker(&self, desk: &mut Desk, message: &str) {
        let was_ready = desk.line.is_ready;
        desk.line.generation += 1;
        desk.line.is_ready = false;
        desk.line.link = None;
        show_worker("failed");
        desk.board.lose_results();
        desk.shelf.forget_ids();
        let error = if was_ready {
            crashed(message)
        } else {
            not_loaded(message)
        };
        if let Some(flight) = desk.flight.take() {
            if matches!(flight.step, Step::Download) {
                self.view(flight.cell).show_errors(&[error]);
            } else {
                self.draw(desk, &flight);
                self.fail(desk, flight.cell, &error);
            }
        } else if was_ready {
            self.page
                .announce("The worker has stopped and was started anew.");
        }
        if was_ready {
            self.open_line(desk).ok();
        }
    }

    // What the page shows.

    fn fail(&self, desk: &mut Desk, cell: CellId, error: &LabError) {
        let view = self.view(cell);
        view.show_progress(0.0);
        view.show_errors(std::slice::from_ref(error));
        self.page.announce(&format!("{} failed.", cell.name()));
        for blocked in desk.board.fail(cell) {
            let message = format!(
                "This cell needs “{}” ({}), which failed: {}",
                cell.spec().title,
                cell.name(),
                error.message
            );
            self.view(blocked).show_status("", "");
            self.view(blocked).show_errors(&[LabError::new(
                error.kind,
                message,
                error.remedy.clone(),
            )]);
        }
    }

    /// The cells whose parameters cannot be used, and why.
    fn refused(&self, desk: &Desk, cells: &[CellId]) -> Vec<(CellId, LabError)> {
        let ask = |&cell: &CellId| {
            let error = (cell.spec().request)(&desk.values[cell.index()]).err()?;
            Some((cell, error))
        };
        cells.iter().filter_map(ask).collect()
    }

    fn refuse(&self, desk: &mut Desk, refused: Vec<(CellId, LabError)>) {
        for (cell, error) in refused {
            desk.board.enqueue(&[cell]);
            self.fail(desk, cell, &error);
        }
    }

    fn show(&self, desk: &Desk) {
        for (cell, view) in CellId::ALL.into_iter().zip(&self.views) {
            view.show(desk.board.slot(cell));
        }
        self.page.show(&desk.board, desk.runs_all);
        if let Some(flight) = &desk.flight {
            self.show_flight(flight);
        }
    }

    fn show_flight(&self, flight: &Flight) {
        let view = self.view(flight.cell);
        view.show_status(flight.label(), &flight.clock(dom::now()));
        view.show_progress(flight.part());
    }

    /// Has the clock of the running cell tick, and only while one runs.
    fn keep_time(&self, desk: &mut Desk) {
        match (desk.flight.is_some(), desk.timer) {
            (true, None) => {
                let me = self.me.clone();
                let tick = Closure::<dyn FnMut()>::new(move || {
                    if let Some(app) = me.upgrade()
                        && let Some(flight) = &app.desk.borrow().flight
                    {
                        app.show_flight(flight);
                    }
                });
                desk.timer = dom::window()
                    .set_interval_with_callback_and_timeout_and_arguments_0(
                        tick.into_js_value().unchecked_ref(),
                        TICK_MS,
                    )
                    .ok();
            }
            (false, Some(timer)) => {
                dom::window().clear_interval_with_handle(timer);
                desk.timer = None;
            }
            _ => {}
        }
    }
}

impl Desk {
    /// A cell's values have changed.
    fn learn(&mut self, cell: CellId) {
        self.board.learn_needs(cell, &self.values[cell.index()]);
        self.board.touch(cell);
    }

    fn take_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }
}

/// Says on the document how the worker is, for tests and measurements.
fn show_worker(state: &str) {
    if let Some(root) = dom::document().document_element() {
        dom::set(&root, "data-worker", state);
    }
}

fn crashed(message: &str) -> LabError {
    LabError::new(
        ErrorKind::Internal,
        format!("The worker has stopped: {}.", message.trim_end_matches('.')),
        "A new one has been started; run the cell again.",
    )
}

fn not_loaded(message: &str) -> LabError {
    LabError::new(
        ErrorKind::Missing,
        format!(
            "The worker could not be loaded: {}.",
            message.trim_end_matches('.')
        ),
        "Check the connection and run the cell again.",
    )
}

/// An error about a file says which.
fn naming(mut error: LabError, name: Option<&str>) -> LabError {
    if let Some(name) = name.filter(|name| !error.message.contains(name)) {
        error.message = format!("“{name}”: {}", error.message);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_about_files_name_them() {
        let error = LabError::new(ErrorKind::BadInput, "This is no image.", "");
        assert_eq!(
            naming(error.clone(), Some("a.txt")).message,
            "“a.txt”: This is no image."
        );
        assert_eq!(naming(error, None).message, "This is no image.");
        let error = LabError::new(ErrorKind::BadInput, "a.txt is no image.", "");
        assert_eq!(naming(error, Some("a.txt")).message, "a.txt is no image.");
    }

    #[test]
    fn crashes_are_sentences() {
        assert!(
            crashed("out of memory.")
                .message
                .ends_with("out of memory.")
        );
        assert!(not_loaded("404").message.ends_with("404."));
    }
}
