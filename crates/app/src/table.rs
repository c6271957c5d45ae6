//! Tables of figures.

use web_sys::HtmlElement;

use crate::dom;

/// A column's heading and look.
pub struct Column {
    heading: &'static str,
    class: &'static str,
}

impl Column {
    /// Words, set to the left.
    pub const fn text(heading: &'static str) -> Self {
        Self {
            heading,
            class: "words",
        }
    }

    /// Whole sentences, which are broken into lines.
    pub const fn sentences(heading: &'static str) -> Self {
        Self {
            heading,
            class: "words sentences",
        }
    }

    /// Figures, set to the right.
    pub const fn figure(heading: &'static str) -> Self {
        Self {
            heading,
            class: "figures",
        }
    }

    /// Figures of the float32 model.
    pub const fn float32(heading: &'static str) -> Self {
        Self {
            heading,
            class: "figures fp32",
        }
    }

    /// Figures of the int8 model.
    pub const fn int8(heading: &'static str) -> Self {
        Self {
            heading,
            class: "figures int8",
        }
    }
}

/// A table with a caption; the first cell of a row is its heading.
pub fn plain(caption: &str, columns: &[Column], rows: &[Vec<String>]) -> HtmlElement {
    let table = dom::el("table", &[], &[&dom::text("caption", &[], caption)]);
    let head = dom::el("tr", &[], &[]);
    for column in columns {
        let attributes = [("scope", "col"), ("class", column.class)];
        dom::append(&head, &dom::text("th", &attributes, column.heading));
    }
    dom::append(&table, &dom::el("thead", &[], &[&head]));
    let body = dom::el("tbody", &[], &[]);
    for row in rows {
        let line = dom::el("tr", &[], &[]);
        for (i, (text, column)) in row.iter().zip(columns).enumerate() {
            let cell = if i == 0 {
                dom::text("th", &[("scope", "row"), ("class", column.class)], text)
            } else {
                dom::text("td", &[("class", column.class)], text)
            };
            dom::append(&line, &cell);
        }
        dom::append(&body, &line);
    }
    dom::append(&table, &body);
    table
}

/// The same in a box that scrolls, with a heading that stays.
pub fn scrolling(caption: &str, columns: &[Column], rows: &[Vec<String>]) -> HtmlElement {
    // The box takes the keyboard's focus, so that it can be scrolled without a mouse.
    let attributes = [
        ("class", "scroll"),
        ("tabindex", "0"),
        ("role", "region"),
        ("aria-label", caption),
    ];
    dom::el("div", &attributes, &[&plain(caption, columns, rows)])
}
