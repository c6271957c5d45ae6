//! The explorer: everything follows at once while a slider or a handle moves, without the worker.

mod handles;
mod model;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

pub use model::{BINS, Model, Outcome};

use crate::{
    charts::{clip, figure::Figure, staircase},
    dom, format,
    table::{self, Column},
    view::CellView,
};
use handles::Handles;

const ROWS: [Column; 2] = [Column::text("figure"), Column::figure("now")];

/// The explorer on the page.
pub struct Explorer {
    model: RefCell<Model>,
    outcome: RefCell<Option<Outcome>>,
    figures: HtmlElement,
    handles: Handles,
    charts: RefCell<Vec<Rc<Figure>>>,
    is_due: Cell<bool>,
}

impl Explorer {
    /// Shows the explorer in its cell, as the sliders say.
    pub fn show(model: Model, view: &CellView) {
        let figures = dom::el("div", &[("class", "live-figures")], &[]);
        let explorer = Rc::new_cyclic(|me: &std::rc::Weak<Self>| {
            let moved = me.clone();
            let handles = Handles::new(move |end, value| {
                if let Some(explorer) = moved.upgrade() {
                    explorer.drag(end, value);
                }
            });
            Self {
                model: RefCell::new(model),
                outcome: RefCell::new(None),
                figures,
                handles,
                charts: RefCell::default(),
                is_due: Cell::new(false),
            }
        });
        explorer.read_sliders(&view.read_values());
        explorer.recompute();
        // Weak: the explorer holds the charts.
        let (left, right) = (Rc::downgrade(&explorer), Rc::downgrade(&explorer));
        let distribution = Figure::new(
            "distribution",
            "Histogram of the weights with the range that is quantized; the figures above it say the same.",
            "The weights, and the range that the integers cover. Drag the two handles, or move them with the arrow keys; what lies outside is clipped to their edge.",
            &table::plain("The range now", &ROWS, &explorer.rows()),
            move |canvas| {
                left.upgrade()
                    .map_or(Ok(()), |explorer| explorer.paint_distribution(canvas))
            },
        );
        let steps = Figure::new(
            "staircase",
            "The staircase that takes a weight to the value it is restored to.",
            "Each step is one integer. A weight goes straight up to the stair and left to the value that it comes back as; the dashed line is where nothing is lost.",
            &table::plain("The steps now", &ROWS, &explorer.rows()),
            move |canvas| {
                right
                    .upgrade()
                    .map_or(Ok(()), |explorer| explorer.paint_staircase(canvas))
            },
        );
        explorer.handles.sit_on(&distribution);
        view.show_results(&[&explorer.figures]);
        *explorer.charts.borrow_mut() = view.add_figures(vec![distribution, steps]);
        explorer.write();
        view.when_moved(move |values| {
            explorer.read_sliders(values);
            explorer.refresh();
        });
    }

    fn read_sliders(&self, values: &[(&'static str, String)]) {
        for (name, value) in values {
            let Ok(value) = value.parse::<u32>() else {
                continue;
            };
            let mut model = self.model.borrow_mut();
            match *name {
                "bits" => model.set_bits(value),
                // The handles may have moved since: only a slider that has moved itself counts.
                "clip" if self.handles.clip_changed(value) => model.set_clip(value as f32 / 100.0),
                _ => {}
            }
        }
    }

    fn drag(self: &Rc<Self>, end: handles::End, value: f32) {
        {
            let mut model = self.model.borrow_mut();
            match end {
                handles::End::Lo => model.set_lo(value),
                handles::End::Hi => model.set_hi(value),
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
                me.recompute();
                for chart in me.charts.borrow().iter() {
                    chart.paint();
                }
                me.write();
            });
        }
    }

    fn recompute(&self) {
        *self.outcome.borrow_mut() = self.model.borrow().outcome().ok();
    }

    fn paint_distribution(&self, canvas: &web_sys::HtmlCanvasElement) -> Result<(), String> {
        let model = self.model.borrow();
        let place = clip::paint(canvas, &model)?;
        self.handles
            .place(canvas, &place, model.range(), model.reach());
        Ok(())
    }

    fn paint_staircase(&self, canvas: &web_sys::HtmlCanvasElement) -> Result<(), String> {
        match &*self.outcome.borrow() {
            Some(outcome) => staircase::paint(canvas, &self.model.borrow(), &outcome.params),
            None => Ok(()),
        }
    }

    /// What there is to say now.
    fn rows(&self) -> Vec<Vec<String>> {
        let model = self.model.borrow();
        let outcome = self.outcome.borrow();
        let Some(outcome) = &*outcome else {
            return Vec::new();
        };
        rows(&model, outcome)
    }

    /// Writes the figures, and the same into the charts' tables.
    fn write(&self) {
        let rows = self.rows();
        for chart in self.charts.borrow().iter() {
            let Ok(cells) = chart.element.query_selector_all("tbody td") else {
                continue;
            };
            for (i, row) in (0..).zip(&rows) {
                let cell = cells.item(i).and_then(|cell| cell.dyn_into().ok());
                if let (Some(cell), Some(text)) = (cell, row.get(1)) {
                    dom::set_text(&cell, text);
                }
            }
        }
        if self.figures.child_element_count() as usize != rows.len() {
            dom::clear(&self.figures);
            for row in &rows {
                let [name, value] = row.as_slice() else {
                    continue;
                };
                let value = dom::text("b", &[], value);
                let name = dom::text("span", &[], name);
                dom::append(&self.figures, &dom::el("div", &[], &[&name, &value]));
            }
            return;
        }
        let values = self.figures.children();
        for (i, row) in (0..).zip(&rows) {
            if let (Some(item), Some(text)) = (values.item(i), row.get(1))
                && let Some(value) = item.last_element_child()
            {
                dom::set_text(&value, text);
            }
        }
    }
}

/// The figures in words.
fn rows(model: &Model, outcome: &Outcome) -> Vec<Vec<String>> {
    let params = &outcome.params;
    let (lo, hi) = params.real_range();
    let percent = |part: f64| format!("{:.2} %", part * 100.0);
    let levels = i64::from(params.range().steps()) + 1;
    [
        ("bits", model.bits().to_string()),
        ("scale", format::small(params.scale().into())),
        (
            "zero point",
            params.zero_point().to_string().replace('-', "\u{2212}"),
        ),
        (
            "range",
            format!(
                "[{}, {}]",
                format::small(lo.into()),
                format::small(hi.into())
            ),
        ),
        (
            "levels used",
            format!(
                "{} of {}",
                format::grouped(outcome.levels_used as u64),
                format::grouped(levels as u64)
            ),
        ),
        (
            "clipped",
            percent(outcome.clipped as f64 / model.len() as f64),
        ),
        ("max error", format::small(outcome.error.max_abs)),
        ("mean error", format::small(outcome.error.mean_abs)),
        ("MSE", format::small(outcome.error.mse)),
        (
            "of it clipping",
            if outcome.error.mse > 0.0 {
                percent(outcome.clipping_share)
            } else {
                "none lost".to_owned()
            },
        ),
        (
            "SQNR",
            outcome
                .error
                .sqnr_db
                .map_or_else(|| "exact".to_owned(), |db| format!("{db:.1} dB")),
        ),
    ]
    .into_iter()
    .map(|(name, value)| vec![name.to_owned(), value])
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_follows() {
        let mut model = Model::new(vec![-1.27, 0.5, 1.27]).unwrap();
        model.set_clip(1.0);
        let outcome = model.outcome().unwrap();
        let rows = rows(&model, &outcome);
        let value = |name: &str| rows.iter().find(|row| row[0] == name).unwrap()[1].clone();
        assert_eq!(value("bits"), "8");
        assert_eq!(value("levels used"), "3 of 256");
        assert_eq!(value("clipped"), "0.00 %");
    }
}
