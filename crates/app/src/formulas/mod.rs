//! The formulas of the cell `reference`: fields to fill in, and what follows from them at once.

mod compute;

use web_sys::{Event, HtmlElement};

use crate::{dom, storage, view::CellView};
use compute::FORMULAS;

/// A formula with its fields.
struct Formula {
    /// Its name in the browser's storage and in the page.
    name: &'static str,
    /// What it computes.
    title: &'static str,
    /// The formula as people write it.
    formula: &'static str,
    /// Where it comes from.
    source: &'static str,
    /// (name, label, default).
    fields: &'static [(&'static str, &'static str, &'static str)],
    /// What follows from the fields' values, or what is wrong with them.
    compute: fn(&[f64]) -> Result<String, String>,
}

/// Puts the formulas into their cell.
pub fn mount(view: &CellView) {
    let list = dom::el("div", &[("class", "formulas")], &[]);
    for formula in &FORMULAS {
        dom::append(&list, &form(formula));
    }
    view.append_extra(&list);
}

/// Sets every field back to its default.
pub fn reset(view: &CellView) {
    for formula in &FORMULAS {
        for (name, _, default) in formula.fields {
            storage::remove(&key(formula, name));
            if let Some(field) = view.find(&selector(formula, name)) {
                js_sys::Reflect::set(&field, &"value".into(), &(*default).into()).ok();
            }
        }
        if let Some(form) = view.find(&format!("form[data-formula=\"{}\"]", formula.name)) {
            show(formula, &form);
        }
    }
}

/// Fills in a field, as a link of a question does. Says whether there is such a field.
pub fn set(view: &CellView, name: &str, value: &str) -> bool {
    for formula in &FORMULAS {
        let Some(field) = view.find(&selector(formula, name)) else {
            continue;
        };
        js_sys::Reflect::set(&field, &"value".into(), &value.into()).ok();
        if let Some(form) = view.find(&format!("form[data-formula=\"{}\"]", formula.name)) {
            remember(formula, &form);
            show(formula, &form);
        }
        return true;
    }
    false
}

/// Whether some formula has a field of this name.
#[cfg(test)]
pub fn has_field(name: &str) -> bool {
    let mut fields = FORMULAS.iter().flat_map(|formula| formula.fields);
    fields.any(|(field, _, _)| *field == name)
}

fn selector(formula: &Formula, name: &str) -> String {
    format!("form[data-formula=\"{}\"] [name=\"{name}\"]", formula.name)
}

fn key(formula: &Formula, name: &str) -> String {
    format!("reference.{}.{name}", formula.name)
}

fn form(formula: &'static Formula) -> HtmlElement {
    let fields = dom::el("div", &[("class", "fields")], &[]);
    for (name, label, default) in formula.fields {
        let kept = storage::get(&key(formula, name));
        let value = kept.unwrap_or_else(|| (*default).to_owned());
        let attributes = [
            ("type", "text"),
            ("inputmode", "decimal"),
            ("size", "8"),
            ("name", name),
            ("value", &value),
            ("autocomplete", "off"),
        ];
        let field = dom::el("input", &attributes, &[]);
        let words = dom::text("span", &[], label);
        dom::append(&fields, &dom::el("label", &[], &[&words, &field]));
    }
    let result = dom::text("p", &[("class", "follows"), ("role", "status")], "");
    let head = dom::text("h3", &[], formula.title);
    let written = dom::text("p", &[("class", "written")], formula.formula);
    let source = dom::text("p", &[("class", "source")], formula.source);
    let form = dom::el(
        "form",
        &[("data-formula", formula.name)],
        &[&head, &written, &fields, &result, &source],
    );
    show(formula, &form);
    let shown = form.clone();
    dom::on(&form, "input", move |event: Event| {
        // The cell has no parameters to read for this.
        event.stop_propagation();
        remember(formula, &shown);
        show(formula, &shown);
    });
    dom::on(&form, "submit", |event: Event| event.prevent_default());
    form
}

fn text_of(form: &HtmlElement, name: &str) -> String {
    dom::find(form, &format!("[name=\"{name}\"]"))
        .and_then(|field| js_sys::Reflect::get(&field, &"value".into()).ok())
        .and_then(|value| value.as_string())
        .unwrap_or_default()
}

fn remember(formula: &Formula, form: &HtmlElement) {
    for (name, _, _) in formula.fields {
        storage::set(&key(formula, name), &text_of(form, name));
    }
}

fn show(formula: &Formula, form: &HtmlElement) {
    let mut values = Vec::new();
    let mut wrong = None;
    for (name, label, _) in formula.fields {
        match number(&text_of(form, name)) {
            Some(value) => values.push(value),
            None => {
                wrong.get_or_insert_with(|| {
                    format!("“{label}” is not a number; write fractions with a point.")
                });
            }
        }
    }
    let outcome = match wrong {
        Some(wrong) => Err(wrong),
        None => (formula.compute)(&values),
    };
    if let Some(result) = dom::find(form, ".follows") {
        dom::flag(&result, "data-wrong", outcome.is_err());
        let (Ok(text) | Err(text)) = outcome;
        dom::set_text(&result, &text);
    }
}

/// A finite number as people type it, also with a true minus sign.
fn number(text: &str) -> Option<f64> {
    let value: f64 = text.trim().replace('\u{2212}', "-").parse().ok()?;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_numbers_and_have_results() {
        for formula in &FORMULAS {
            let values: Vec<f64> = formula
                .fields
                .iter()
                .map(|(_, _, default)| number(default).unwrap())
                .collect();
            assert!((formula.compute)(&values).is_ok(), "{}", formula.name);
            assert!(!formula.source.is_empty());
        }
    }

    #[test]
    fn reads_numbers_as_people_type_them() {
        assert_eq!(number(" \u{2212}0.5 "), Some(-0.5));
        assert_eq!(number("1e3"), Some(1000.0));
        for nonsense in ["", "x", "0,5", "NaN", "inf", "1e999"] {
            assert_eq!(number(nonsense), None, "{nonsense}");
        }
    }
}
