//! Words with numbers in them: Markdown, in which `{formula}` stands for a number of this try.

use pulldown_cmark::{Options, Parser, html};

use super::expression::{Expression, Scope};

/// Words as they come: text (HTML where it was Markdown) and numbers.
pub type Words = Vec<Piece>;

/// A piece of [`Words`].
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Stays as it is.
    Text(String),
    /// A number, computed from what was drawn.
    Value(Expression),
}

/// Stands for a formula while Markdown is rendered: one character of a private area for each.
const FIRST_MARK: u32 = 0xE000;
const LAST_MARK: u32 = 0xF8FF;

/// Renders Markdown of any length.
pub fn block(markdown: &str, scope: Scope<'_>) -> Result<Words, String> {
    let (marked, formulas) = take_formulas(markdown, scope)?;
    Ok(split(&render(&marked), formulas))
}

/// Renders Markdown of one paragraph, without the paragraph's tags.
pub fn line(markdown: &str, scope: Scope<'_>) -> Result<Words, String> {
    let (marked, formulas) = take_formulas(markdown, scope)?;
    let html = render(&marked);
    let inner = html
        .trim()
        .strip_prefix("<p>")
        .and_then(|rest| rest.strip_suffix("</p>"))
        .filter(|inner| !inner.contains("<p>"))
        .ok_or("must be one paragraph")?;
    Ok(split(inner, formulas))
}

/// Text as it stands, for a form control.
pub fn plain(text: &str, scope: Scope<'_>) -> Result<Words, String> {
    let (marked, formulas) = take_formulas(text, scope)?;
    Ok(split(&marked, formulas))
}

fn render(markdown: &str) -> String {
    let options = Options::ENABLE_SMART_PUNCTUATION | Options::ENABLE_TABLES;
    let mut out = String::new();
    html::push_html(&mut out, Parser::new_ext(markdown, options));
    out
}

/// Takes the formulas out of a text and leaves marks. `{{` and `}}` are braces.
fn take_formulas(text: &str, scope: Scope<'_>) -> Result<(String, Vec<Expression>), String> {
    let mut out = String::new();
    let mut formulas = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        let (formula, after) = match rest.split_once('}') {
            Some(parts) if brace == "{" => parts,
            _ => {
                return Err(format!(
                    "a “{brace}” without its partner; for the sign itself write “{brace}{brace}”"
                ));
            }
        };
        if scope.names.is_empty() {
            return Err(format!(
                "“{{{formula}}}” stands for a number, but only questions of the form `number` \
                 draw any; for a brace itself write “{{{{”"
            ));
        }
        let parsed = Expression::parse(formula, scope)
            .map_err(|error| format!("in “{{{formula}}}”, {error}"))?;
        out.extend(char::from_u32(FIRST_MARK + formulas.len() as u32));
        formulas.push(parsed);
        rest = after;
    }
    out.push_str(rest);
    Ok((out, formulas))
}

fn split(text: &str, formulas: Vec<Expression>) -> Words {
    let is_mark = |c: char| (FIRST_MARK..=LAST_MARK).contains(&u32::from(c));
    let mut words = Vec::new();
    let mut formulas = formulas.into_iter();
    for part in text.split_inclusive(is_mark) {
        let html = part.trim_end_matches(is_mark);
        if !html.is_empty() {
            words.push(Piece::Text(html.to_owned()));
        }
        if html.len() < part.len() {
            words.extend(formulas.next().map(Piece::Value));
        }
    }
    words
}
