//! Cell `data`: the photos as the model sees them, and the reader's own.

use octet_protocol::{DataReport, Photo, Request};
use web_sys::Element;

use super::Spec;
use crate::{dom, format, prose, shelf::Shelf, view::CellView};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "data",
    title: "Four photos, and yours",
    needs: |_| &[],
    controls: &[],
    prose: prose::DATA,
    request: |_| Ok(Request::Data),
};

/// The printed text.
pub fn print(report: &DataReport) -> String {
    format!("batch shape  {}", format::shape(&report.batch_shape))
}

/// The line below a photo's title.
pub fn caption(photo: &Photo) -> String {
    format!(
        "{} × {} px",
        format::grouped(photo.width.into()),
        format::grouped(photo.height.into())
    )
}

/// Adds the controls for the reader's own photos below the cell's results.
pub fn mount(view: &CellView) {
    let input = dom::el(
        "input",
        &[
            ("type", "file"),
            ("name", "photos"),
            ("accept", "image/*"),
            ("multiple", ""),
            ("class", "visually-hidden"),
        ],
        &[],
    );
    let label = dom::el("label", &[("class", "button")], &[&input]);
    label.append_with_str_1("Add photos…").ok();
    let words = dom::text(
        "p",
        &[],
        "or drop them on this cell, or paste one anywhere. They never leave your browser: nothing is uploaded.",
    );
    view.append_extra(&dom::el(
        "div",
        &[("class", "add-photos")],
        &[&label, &words],
    ));
}

/// Draws the report.
pub fn draw(report: &DataReport, view: &CellView, shelf: &Shelf) {
    view.print(&print(report));
    let list = dom::el("ul", &[("class", "photos")], &[]);
    for photo in &report.photos {
        dom::append(&list, &figure(photo, shelf));
    }
    view.show_results(&[&list]);
}

fn figure(photo: &Photo, shelf: &Shelf) -> Element {
    let item = dom::el("li", &[], &[]);
    if let Some(canvas) = shelf.photos().canvas(photo.id) {
        dom::set(canvas, "role", "img");
        dom::set(
            canvas,
            "aria-label",
            &format!("{}, as the model sees it", photo.title),
        );
        dom::append(&item, canvas);
    }
    dom::append(
        &item,
        &dom::text("b", &[("title", &photo.title)], &photo.title),
    );
    dom::append(
        &item,
        &dom::text("span", &[("class", "figures")], &caption(photo)),
    );
    if photo.added {
        let id = photo.id.to_string();
        let label = format!("Remove {}", photo.title);
        let attributes = [
            ("type", "button"),
            ("data-action", "remove"),
            ("data-photo", id.as_str()),
            ("aria-label", label.as_str()),
        ];
        dom::append(&item, &dom::text("button", &attributes, "Remove"));
    }
    item.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_the_batch_shape_as_python_does() {
        let report = DataReport {
            batch_shape: [4, 224, 224, 3],
            photos: Vec::new(),
        };
        assert_eq!(print(&report), "batch shape  (4, 224, 224, 3)");
    }

    #[test]
    fn captions_name_the_original_size() {
        let photo = Photo {
            id: 1,
            title: "cat".into(),
            width: 4000,
            height: 300,
            added: true,
        };
        assert_eq!(caption(&photo), "4,000 × 300 px");
    }
}
