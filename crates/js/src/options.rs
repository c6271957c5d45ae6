//! Option objects, read with care: a wrong or unknown option is named.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::error::error;

/// An object with options; may be left out.
pub(crate) struct Options(Option<Object>);

impl Options {
    /// Takes the object if it has no other options than `known`.
    pub(crate) fn new(value: &JsValue, known: &[&str]) -> Result<Self, JsValue> {
        if value.is_undefined() || value.is_null() {
            return Ok(Self(None));
        }
        let Some(object) = value.dyn_ref::<Object>() else {
            return Err(error("The options must be an object."));
        };
        for name in Object::keys(object).iter() {
            let name = name.as_string().unwrap_or_default();
            if !known.contains(&name.as_str()) {
                return Err(error(format!(
                    "There is no option “{name}”. There are {}.",
                    known.join(", ")
                )));
            }
        }
        Ok(Self(Some(object.clone())))
    }

    /// The option's value, whatever it is; undefined where it is left out.
    pub(crate) fn any(&self, name: &str) -> JsValue {
        match &self.0 {
            Some(object) => Reflect::get(object, &name.into()).unwrap_or_default(),
            None => JsValue::UNDEFINED,
        }
    }

    /// true or false.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool, JsValue> {
        let value = self.any(name);
        if value.is_undefined() {
            return Ok(default);
        }
        value
            .as_bool()
            .ok_or_else(|| error(format!("Option “{name}” must be true or false.")))
    }

    /// A whole number, not negative.
    pub(crate) fn count(&self, name: &str) -> Result<Option<usize>, JsValue> {
        let value = self.any(name);
        if value.is_undefined() {
            return Ok(None);
        }
        whole(&value).map(Some).ok_or_else(|| {
            error(format!(
                "Option “{name}” must be a whole number, 0 or larger."
            ))
        })
    }

    /// An array of whole numbers, not negative.
    pub(crate) fn counts(&self, name: &str) -> Result<Option<Vec<usize>>, JsValue> {
        let value = self.any(name);
        if value.is_undefined() {
            return Ok(None);
        }
        let wrong = || {
            error(format!(
                "Option “{name}” must be an array of whole numbers, 0 or larger."
            ))
        };
        let array = js_sys::try_iter(&value)?.ok_or_else(wrong)?;
        let numbers = array.map(|item| item.ok().as_ref().and_then(whole).ok_or_else(wrong));
        numbers.collect::<Result<_, _>>().map(Some)
    }

    /// One of a few words.
    pub(crate) fn choice<T: Copy>(
        &self,
        name: &str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, JsValue> {
        let value = self.any(name);
        if value.is_undefined() {
            return Ok(None);
        }
        let text = value.as_string();
        let chosen = choices
            .iter()
            .find(|(word, _)| Some(*word) == text.as_deref());
        match chosen {
            Some((_, choice)) => Ok(Some(*choice)),
            None => Err(unknown_choice(name, choices)),
        }
    }
}

/// That an option must be one of these words.
pub(crate) fn unknown_choice<T>(name: &str, choices: &[(&str, T)]) -> JsValue {
    let words: Vec<String> = choices
        .iter()
        .map(|(word, _)| format!("“{word}”"))
        .collect();
    error(format!(
        "Option “{name}” must be one of {}.",
        words.join(", ")
    ))
}

fn whole(value: &JsValue) -> Option<usize> {
    let number = value.as_f64()?;
    let is_whole = number >= 0.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0;
    is_whole.then_some(number as usize)
}

/// An object with these properties.
pub(crate) fn object(properties: &[(&str, JsValue)]) -> Result<JsValue, JsValue> {
    let object = Object::new();
    for (name, value) in properties {
        Reflect::set(&object, &(*name).into(), value)?;
    }
    Ok(object.into())
}

/// Numbers as a plain array.
pub(crate) fn numbers(values: impl IntoIterator<Item = usize>) -> JsValue {
    let values = values.into_iter().map(|value| JsValue::from(value as f64));
    values.collect::<Array>().into()
}
