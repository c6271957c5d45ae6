//! Pictures from the camera or a video file, one after the other, to both networks.

mod faults;
mod picture;
mod tally;

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use octet_protocol::{Class, FrameReport, FrameRequest, LabError, Report, Request};
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Event, File, HtmlElement, HtmlInputElement, HtmlVideoElement, MediaStream,
    MediaStreamConstraints, MediaStreamTrack, Url,
};

use crate::{
    app::{App, Asker},
    cells::accuracy::list,
    dom, format, intake,
    table::{self, Column},
};
use picture::Picture;
use tally::Tally;

/// While a cell runs, the camera looks this often whether it has ended.
const PATIENCE_MS: i32 = 200;
/// What is shown changes this often at most; faster, it could not be read.
const SHOWN_MS: f64 = 120.0;

const COLUMNS: [Column; 3] = [
    Column::text("figure"),
    Column::float32("float32"),
    Column::int8("full integer"),
];

/// Pictures on the page, and what both networks see in them.
pub struct Live {
    /// Everything, to be put on the page.
    pub element: HtmlElement,
    me: Weak<Live>,
    asker: Asker,
    picture: Result<Picture, LabError>,
    video: HtmlVideoElement,
    start: HtmlElement,
    stop: HtmlElement,
    status: HtmlElement,
    error: HtmlElement,
    lists: HtmlElement,
    figures: HtmlElement,
    summary: HtmlElement,
    source: RefCell<Source>,
    /// Counts starts and stops: what was asked before one of them is not listened to.
    turn: Cell<u32>,
    is_paused: Cell<bool>,
    shown: Cell<f64>,
    tally: RefCell<Tally>,
}

/// Where pictures come from.
enum Source {
    Nowhere,
    Camera(MediaStream),
    /// The address that stands for the file.
    File(String),
}

impl Source {
    fn name(&self) -> &'static str {
        match self {
            Self::Nowhere => "nowhere",
            Self::Camera(_) => "camera",
            Self::File(_) => "file",
        }
    }
}

impl Live {
    /// Buttons, and nothing seen yet. Frames have this side.
    pub fn new(side: u32, asker: Asker) -> Rc<Self> {
        let button = |name: &str, words: &str| {
            let attributes = [("type", "button"), ("data-live-action", name)];
            dom::text("button", &attributes, words)
        };
        let (start, stop) = (button("start", "Start the camera"), button("stop", "Stop"));
        let input: HtmlInputElement = dom::create(
            "input",
            &[("type", "file"), ("name", "video"), ("accept", "video/*")],
        );
        let choose = dom::el("label", &[("class", "button")], &[&input]);
        choose.append_with_str_1("Choose a video…").ok();
        let tools = dom::el("div", &[("class", "tools")], &[&start, &choose, &stop]);
        let status = dom::text(
            "p",
            &[("role", "status"), ("data-status", "")],
            "Nothing is on.",
        );
        let error = dom::el(
            "p",
            &[
                ("class", "error"),
                ("role", "alert"),
                ("data-live-error", ""),
                ("hidden", ""),
            ],
            &[],
        );
        let video: HtmlVideoElement = dom::create(
            "video",
            &[
                ("playsinline", ""),
                ("aria-label", "What the networks look at"),
            ],
        );
        video.set_muted(true);
        let lists = dom::el(
            "div",
            &[("class", "pair")],
            &[&list_of("float32", &[]), &list_of("full integer", &[])],
        );
        let views = dom::el("div", &[("class", "views")], &[&video, &lists]);
        let figures = table::plain("Pace", &COLUMNS, &rows(&Tally::default()));
        let summary = dom::text("p", &[("data-summary", "")], &in_words(&Tally::default()));
        let element = dom::el(
            "div",
            &[("class", "live"), ("data-live", "")],
            &[&tools, &status, &error, &views, &figures, &summary],
        );
        let live = Rc::new_cyclic(|me| Self {
            element,
            me: me.clone(),
            asker,
            picture: Picture::new(side).map_err(|error| faults::no_picture(&error)),
            video,
            start,
            stop,
            status,
            error,
            lists,
            figures,
            summary,
            source: RefCell::new(Source::Nowhere),
            turn: Cell::new(0),
            is_paused: Cell::new(false),
            shown: Cell::new(0.0),
            tally: RefCell::default(),
        });
        live.listen(&input);
        live.show_source();
        live
    }

    fn listen(&self, input: &HtmlInputElement) {
        let me = self.me.clone();
        dom::on(&self.start, "click", move |_: Event| {
            if let Some(me) = me.upgrade() {
                wasm_bindgen_futures::spawn_local(async move { me.start_camera().await });
            }
        });
        let me = self.me.clone();
        dom::on(&self.stop, "click", move |_: Event| {
            if let Some(me) = me.upgrade() {
                me.turn_off("Stopped.");
                me.start.focus().ok();
            }
        });
        let me = self.me.clone();
        dom::on(input, "change", move |event: Event| {
            // The page takes files for photos.
            event.stop_propagation();
            let input: Option<HtmlInputElement> =
                event.target().and_then(|target| target.dyn_into().ok());
            let Some((me, input)) = me.upgrade().zip(input) else {
                return;
            };
            let file = intake::files(input.files()).into_iter().next();
            // So that the same file can be chosen again.
            input.set_value("");
            if let Some(file) = file {
                me.start_file(&file);
            }
        });
        let me = self.me.clone();
        dom::on(&self.video, "ended", move |_: Event| {
            if let Some(me) = me.upgrade() {
                me.turn_off("The video has ended.");
            }
        });
    }

    async fn start_camera(&self) {
        self.turn_off("Asking for the camera…");
        let turn = self.turn.get();
        let stream = match open_camera().await {
            Ok(stream) => stream,
            Err(error) if turn == self.turn.get() => return self.fail(&error),
            Err(_) => return,
        };
        if turn != self.turn.get() {
            // The reader has meanwhile chosen something else.
            return switch_off(&stream);
        }
        for track in stream.get_video_tracks().iter() {
            let me = self.me.clone();
            dom::on(track.unchecked_ref(), "ended", move |_: Event| {
                if let Some(me) = me.upgrade().filter(|me| me.turn.get() == turn) {
                    me.turn_off("The camera has been switched off.");
                }
            });
        }
        self.video.set_src_object(Some(&stream));
        *self.source.borrow_mut() = Source::Camera(stream);
        self.begin("The camera is on; its pictures stay in this tab.")
            .await;
    }

    fn start_file(&self, file: &File) {
        self.turn_off("Opening the video…");
        let turn = self.turn.get();
        let Ok(address) = Url::create_object_url_with_blob(file) else {
            return self.fail(&faults::no_video(&file.name()));
        };
        self.video.set_src(&address);
        *self.source.borrow_mut() = Source::File(address);
        let (me, name) = (self.me.clone(), file.name());
        let words = format!("“{name}” plays; nothing is uploaded.");
        wasm_bindgen_futures::spawn_local(async move {
            let Some(me) = me.upgrade() else { return };
            let plays = me.begin(&words).await;
            let is_ours = turn == me.turn.get();
            if is_ours && (!plays || me.video.video_width() == 0) {
                me.fail(&faults::no_video(&name));
            }
        });
    }

    /// Plays, and looks at one picture after the other. False where nothing plays.
    async fn begin(&self, words: &str) -> bool {
        let turn = self.turn.get();
        *self.tally.borrow_mut() = Tally::default();
        let playing = match self.video.play() {
            Ok(playing) => JsFuture::from(playing).await.is_ok(),
            Err(_) => false,
        };
        if playing && turn == self.turn.get() {
            self.show_source();
            dom::set_text(&self.status, words);
            dom::set(&self.status, "data-words", words);
            self.look();
        }
        playing
    }

    /// Shows the present picture to both networks, unless a cell runs: then it waits.
    fn look(&self) {
        if matches!(*self.source.borrow(), Source::Nowhere) {
            return;
        }
        if !self.element.is_connected() {
            return self.turn_off("Stopped.");
        }
        let is_paused = !self.asker.is_quiet();
        if self.is_paused.replace(is_paused) != is_paused {
            self.tally.borrow_mut().pause();
            let words = self.status.get_attribute("data-words").unwrap_or_default();
            let words = match is_paused {
                true => "Paused while a cell runs.",
                false => &words,
            };
            dom::set_text(&self.status, words);
        }
        if is_paused {
            return self.later(PATIENCE_MS);
        }
        let taken = match &self.picture {
            Ok(picture) => picture
                .take(&self.video)
                .map_err(|error| faults::no_picture(&error)),
            Err(error) => Err(error.clone()),
        };
        match taken {
            Ok(None) => self.later(20),
            Err(error) => self.fail(&error),
            Ok(Some(bytes)) => {
                let (me, turn) = (self.me.clone(), self.turn.get());
                let request = Request::Frame(FrameRequest { bytes: Vec::new() });
                // One frame at a time: the next is taken when this one has been seen.
                self.asker
                    .ask(request, Some(&bytes), move |_: &App, answer| {
                        if let Some(me) = me.upgrade().filter(|me| me.turn.get() == turn) {
                            me.hear(answer);
                        }
                    });
            }
        }
    }

    fn hear(&self, answer: Result<Report, LabError>) {
        match answer {
            Ok(Report::Frame(report)) => {
                let now = dom::now();
                self.tally.borrow_mut().add(&report, now);
                if now - self.shown.get() >= SHOWN_MS {
                    self.shown.set(now);
                    self.show(&report);
                }
                let me = self.me.clone();
                dom::next_frame(move || {
                    if let Some(me) = me.upgrade() {
                        me.look();
                    }
                });
            }
            Ok(_) => {}
            Err(error) => self.fail(&error),
        }
    }

    fn later(&self, ms: i32) {
        let (me, turn) = (self.me.clone(), self.turn.get());
        let look = Closure::once_into_js(move || {
            if let Some(me) = me.upgrade().filter(|me| me.turn.get() == turn) {
                me.look();
            }
        });
        dom::later(look.unchecked_ref(), ms);
    }

    /// Ends everything that is on, the camera's light included.
    fn turn_off(&self, words: &str) {
        self.release();
        self.is_paused.set(false);
        dom::set_text(&self.status, words);
        dom::flag(&self.error, "hidden", true);
        self.show_figures();
        self.show_source();
    }

    fn release(&self) {
        self.turn.set(self.turn.get().wrapping_add(1));
        self.video.pause().ok();
        match self.source.replace(Source::Nowhere) {
            Source::Nowhere => return,
            Source::Camera(stream) => {
                switch_off(&stream);
                self.video.set_src_object(None);
            }
            Source::File(address) => {
                self.video.remove_attribute("src").ok();
                Url::revoke_object_url(&address).ok();
            }
        }
        self.video.load();
    }

    fn fail(&self, error: &LabError) {
        self.turn_off("Nothing is on.");
        dom::set_text(&self.error, &error.to_string());
        dom::flag(&self.error, "hidden", false);
    }

    fn show_source(&self) {
        let source = self.source.borrow();
        dom::set(&self.element, "data-live", source.name());
        dom::flag(&self.stop, "disabled", matches!(*source, Source::Nowhere));
    }

    fn show(&self, report: &FrameReport) {
        dom::clear(&self.lists);
        dom::append(&self.lists, &list_of("float32", &report.float32.classes));
        dom::append(
            &self.lists,
            &list_of("full integer", &report.full_integer.classes),
        );
        self.show_figures();
    }

    fn show_figures(&self) {
        let tally = self.tally.borrow();
        dom::set(&self.element, "data-frames", &tally.frames.to_string());
        dom::set(&self.element, "data-agreed", &tally.agreed.to_string());
        let cells = self.figures.query_selector_all("tbody td").ok();
        let texts = rows(&tally)
            .into_iter()
            .flat_map(|row| row.into_iter().skip(1));
        for (i, text) in (0..).zip(texts) {
            let cell = cells.as_ref().and_then(|cells| cells.item(i));
            if let Some(cell) = cell.and_then(|cell| cell.dyn_into().ok()) {
                dom::set_text(&cell, &text);
            }
        }
        dom::set_text(&self.summary, &in_words(&tally));
    }
}

impl Drop for Live {
    /// The cell shows something else: no camera stays on behind its back.
    fn drop(&mut self) {
        self.release();
    }
}

/// The reader's camera, the one that looks away from the reader where there are two.
async fn open_camera() -> Result<MediaStream, LabError> {
    let window = dom::window();
    if !window.is_secure_context() {
        return Err(faults::insecure());
    }
    let devices = window.navigator().media_devices();
    let devices = devices.map_err(|_| faults::unsupported())?;
    if devices.is_undefined() {
        return Err(faults::unsupported());
    }
    let facing = js_sys::Object::new();
    js_sys::Reflect::set(&facing, &"facingMode".into(), &"environment".into()).ok();
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&facing);
    let asking = devices.get_user_media_with_constraints(&constraints);
    let asking = asking.map_err(|error| faults::refused(&error))?;
    let stream = JsFuture::from(asking).await;
    Ok(stream
        .map_err(|error| faults::refused(&error))?
        .unchecked_into())
}

fn switch_off(stream: &MediaStream) {
    for track in stream.get_tracks().iter() {
        track.unchecked_into::<MediaStreamTrack>().stop();
    }
}

fn list_of(words: &str, classes: &[Class]) -> HtmlElement {
    let class = if words == "float32" { "fp32" } else { "int8" };
    list(words, class, classes)
}

fn rows(tally: &Tally) -> Vec<Vec<String>> {
    let paces = tally.paces();
    let row = |name: &str, of: fn(&tally::Pace) -> String| {
        let cells = paces.iter().flatten().map(of);
        let mut row: Vec<String> = [name.to_owned()].into_iter().chain(cells).collect();
        row.resize(COLUMNS.len(), "–".to_owned());
        row
    };
    vec![
        row("a run, median", |pace| format::milliseconds(pace.run_ms)),
        row("frames a second, alone", |pace| {
            format!("{:.1}", pace.frames_a_second)
        }),
    ]
}

fn in_words(tally: &Tally) -> String {
    if tally.frames == 0 {
        return "No frame has been seen yet.".to_owned();
    }
    let share = f64::from(tally.agreed) / f64::from(tally.frames) * 100.0;
    let mut words = format!(
        "{} frames; both see the same in {} of them ({share:.1} %).",
        format::grouped(tally.frames.into()),
        format::grouped(tally.agreed.into()),
    );
    if let Some(pace) = tally.frames_a_second() {
        words.push_str(&format!(" {pace:.1} frames a second, both in turn."));
    }
    words
}
