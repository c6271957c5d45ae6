//! The explorer's figures, in its cell and in the tables of its charts.

use std::cell::RefCell;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::{Model, Outcome};
use crate::{
    charts::figure::Figure,
    dom, format,
    table::{self, Column},
};

const COLUMNS: [Column; 2] = [Column::text("figure"), Column::figure("now")];

/// What each figure is, and what it is now.
type Rows = Vec<(&'static str, String)>;

/// The figures on the page.
pub struct Figures {
    /// For the cell.
    pub list: HtmlElement,
    /// Everywhere that each figure is written.
    places: Vec<Vec<Element>>,
    /// What is written there.
    now: RefCell<Rows>,
}

impl Figures {
    /// Makes the list. The tables are those that [`table`] has made for the charts.
    pub fn new(rows: Rows, charts: &[&Figure]) -> Self {
        let list = dom::el("div", &[("class", "live-figures")], &[]);
        let mut places = Vec::with_capacity(rows.len());
        for (name, value) in &rows {
            let value = dom::text("b", &[], value);
            let name = dom::text("span", &[], name);
            dom::append(&list, &dom::el("div", &[], &[&name, &value]));
            places.push(vec![value.into()]);
        }
        for chart in charts {
            let Ok(cells) = chart.element.query_selector_all("tbody td") else {
                continue;
            };
            for (i, places) in (0..).zip(&mut places) {
                places.extend(cells.item(i).map(JsCast::unchecked_into::<Element>));
            }
        }
        Self {
            list,
            places,
            now: RefCell::new(rows),
        }
    }

    /// Writes those that have changed.
    pub fn write(&self, rows: Rows) {
        let mut now = self.now.borrow_mut();
        for ((places, (_, old)), (_, new)) in self.places.iter().zip(&mut *now).zip(rows) {
            if *old != new {
                for place in places {
                    place.set_text_content(Some(&new));
                }
                *old = new;
            }
        }
    }
}

/// The figures as a table.
pub fn table(caption: &str, rows: &Rows) -> HtmlElement {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|(name, value)| vec![(*name).to_owned(), value.clone()])
        .collect();
    table::plain(caption, &COLUMNS, &rows)
}

/// The figures in words.
pub fn rows(model: &Model, outcome: &Outcome) -> Rows {
    let params = &outcome.params;
    let (lo, hi) = params.real_range();
    let percent = |part: f64| format!("{:.2} %", part * 100.0);
    let levels = i64::from(params.range().steps()) + 1;
    vec![
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
        let value = |name: &str| rows.iter().find(|row| row.0 == name).unwrap().1.clone();
        assert_eq!(value("bits"), "8");
        assert_eq!(value("levels used"), "3 of 256");
        assert_eq!(value("clipped"), "0.00 %");
    }
}
