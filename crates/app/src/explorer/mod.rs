//! The explorer: everything follows at once while a slider or a handle moves, without the worker.

mod figures;
mod handles;
mod model;

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::{Rc, Weak},
};

use octet_quant::QuantError;
use web_sys::HtmlCanvasElement;

pub use model::{Model, Outcome};

use crate::{
    charts::{clip::Distribution, figure::Figure, staircase::Staircase},
    dom,
    view::CellView,
};
use figures::Figures;
use handles::{End, Handles, Move};

/// The explorer on the page.
pub struct Explorer {
    model: RefCell<Model>,
    outcome: Cell<Outcome>,
    handles: Handles,
    distribution: RefCell<Option<Distribution>>,
    staircase: RefCell<Option<Staircase>>,
    shown: OnceCell<Shown>,
    is_due: Cell<bool>,
}

/// What follows.
struct Shown {
    figures: Figures,
    /// Distribution and staircase.
    charts: Vec<Rc<Figure>>,
}

impl Explorer {
    /// Shows the explorer in its cell, as the sliders say.
    ///
    /// # Errors
    /// Those of [`Model::outcome`].
    pub fn show(mut model: Model, view: &CellView) -> Result<(), QuantError> {
        model.obey(&view.read_values());
        let outcome = model.outcome()?;
        let rows = figures::rows(&model, &outcome);
        let explorer = Rc::new_cyclic(|me: &Weak<Self>| {
            let me = me.clone();
            let handles = Handles::new(move |end, to| {
                if let Some(explorer) = me.upgrade() {
                    explorer.drag(end, to);
                }
            });
            Self {
                model: RefCell::new(model),
                outcome: Cell::new(outcome),
                handles,
                distribution: RefCell::default(),
                staircase: RefCell::default(),
                shown: OnceCell::new(),
                is_due: Cell::new(false),
            }
        });
        // Weak: the explorer holds the charts.
        let (left, right) = (Rc::downgrade(&explorer), Rc::downgrade(&explorer));
        let distribution = Figure::new(
            "distribution",
            "Histogram of the weights with the range that is quantized; the figures above it say the same.",
            "The weights, and the range that the integers cover. Drag the two handles, or move them with the arrow keys; what lies outside is clipped to their edge.",
            &figures::table("The range now", &rows),
            move |canvas| {
                left.upgrade()
                    .map_or(Ok(()), |explorer| explorer.lay_out_distribution(canvas))
            },
        );
        let staircase = Figure::new(
            "staircase",
            "The staircase that takes a weight to the value it is restored to.",
            "Each step is one integer. A weight goes straight up to the stair and left to the value that it comes back as; the dashed line is where nothing is lost.",
            &figures::table("The steps now", &rows),
            move |canvas| {
                right
                    .upgrade()
                    .map_or(Ok(()), |explorer| explorer.lay_out_staircase(canvas))
            },
        );
        explorer.handles.sit_on(&distribution);
        let figures = Figures::new(rows, &[&distribution, &staircase]);
        view.show_results(&[&figures.list]);
        let charts = view.add_figures(vec![distribution, staircase]);
        explorer.shown.get_or_init(|| Shown { figures, charts });
        view.when_moved(move |values| {
            explorer.model.borrow_mut().obey(values);
            explorer.refresh();
        });
        Ok(())
    }

    fn drag(self: &Rc<Self>, end: End, to: Move) {
        {
            let mut model = self.model.borrow_mut();
            let (lo, hi) = model.range();
            let from = |now: f32| match to {
                Move::To(value) => value,
                Move::By(distance) => now + distance,
            };
            match end {
                End::Lo => model.set_lo(from(lo)),
                End::Hi => model.set_hi(from(hi)),
            }
        }
        self.refresh();
    }

    /// Shows everything anew with the next frame, however often this is asked before it.
    fn refresh(self: &Rc<Self>) {
        if !self.is_due.replace(true) {
            let me = self.clone();
            dom::next_frame(move || {
                me.is_due.set(false);
                me.follow();
            });
        }
    }

    /// There are sixty frames a second, so nothing here asks the browser for sizes or colours.
    fn follow(&self) {
        let (Some(shown), Ok(outcome)) = (self.shown.get(), self.model.borrow().outcome()) else {
            return;
        };
        let before = self.outcome.replace(outcome);
        if let [distribution, staircase] = shown.charts.as_slice() {
            distribution.paint_by(|| self.paint_distribution());
            if outcome.params.range() == before.params.range() {
                staircase.paint_by(|| self.paint_staircase());
            } else {
                // Its head says how many bits there are.
                staircase.paint();
            }
        }
        let model = self.model.borrow();
        self.handles.follow(model.range());
        shown.figures.write(figures::rows(&model, &outcome));
    }

    /// Paints the chart at the present width and in the present colours.
    fn lay_out_distribution(&self, canvas: &HtmlCanvasElement) -> Result<(), String> {
        let model = self.model.borrow();
        let chart = Distribution::new(canvas, &model)?;
        self.handles.fit(canvas, chart.place(), model.reach());
        self.handles.follow(model.range());
        *self.distribution.borrow_mut() = Some(chart);
        self.paint_distribution()
    }

    fn paint_distribution(&self) -> Result<(), String> {
        let model = self.model.borrow();
        match &*self.distribution.borrow() {
            Some(chart) => chart.paint(&model),
            None => Ok(()),
        }
    }

    /// Paints the chart at the present width and in the present colours.
    fn lay_out_staircase(&self, canvas: &HtmlCanvasElement) -> Result<(), String> {
        let chart = Staircase::new(canvas, &self.model.borrow())?;
        *self.staircase.borrow_mut() = Some(chart);
        self.paint_staircase()
    }

    fn paint_staircase(&self) -> Result<(), String> {
        match &*self.staircase.borrow() {
            Some(chart) => chart.paint(&self.outcome.get().params),
            None => Ok(()),
        }
    }
}
