//! The page: a notebook of cells. Everything heavy is in the worker; this draws and asks.

mod app;
mod board;
mod camera;
mod cells;
mod charts;
mod diagram;
mod dom;
mod explorer;
mod flight;
mod format;
mod formulas;
mod input;
mod intake;
mod keep;
mod kept_weights;
mod link;
mod own_model;
mod pad;
mod page;
mod prose;
mod questions;
mod shelf;
mod simd;
mod storage;
mod table;
mod values;
mod view;

fn main() {
    std::panic::set_hook(Box::new(|info| page::show_crash(&info.to_string())));
    if questions::printout::is_wanted() {
        questions::printout::show();
    } else if let Some(app) = app::App::mount() {
        input::listen(&app);
        questions::listen(&app);
        app.begin();
    }
}
