//! Question files that are wrong, and what is said about them.

use std::path::Path;

use super::{
    expression::{Expression, Scope},
    name_of, read,
    template::{self, Piece},
};

const CELLS: [&str; 2] = ["quantize", "simulate"];

const NUMBER: &str = r#"
form = "number"
after = "quantize"
title = "By hand"
question = "What is {r} at a scale of {scale}?"
answer = "round(r / scale)"
tolerance = 0
unit = "steps"
explanation = "{r} / {scale} = {r / scale}, so {answer}."
first = { r = 0.42, scale = 0.025 }
[draw.r]
from = 0.1
to = 0.3
step = 0.1
[draw.scale]
values = [0.03, 0.07]
[[mistakes]]
answer = "r / scale"
why = "Not rounded."
[link]
cell = "simulate"
label = "See"
set = { pasted = "{r}" }
"#;

const CHOICE: &str = r#"
form = "choice"
after = "quantize"
title = "One of two"
question = "Which?"
explanation = "Because."
[[options]]
text = "this"
right = true
[[options]]
text = "that"
why = "No."
[link]
cell = "train"
label = "See"
"#;

const ORDER: &str = r#"
form = "order"
after = "quantize"
title = "In order"
question = "Which order?"
explanation = "Because."
[[steps]]
text = "one"
why = "First."
[[steps]]
text = "two"
why = "Second."
[[steps]]
text = "three"
why = "Third."
[link]
cell = "simulate"
label = "See"
"#;

const TEXT: &str = r#"
form = "text"
after = "quantize"
title = "In words"
question = "Why?"
explanation = "Because."
model_answer = "So."
[[points]]
text = "one"
why = "It matters."
[[points]]
text = "two"
why = "It matters too."
[link]
cell = "simulate"
label = "See"
"#;

/// What is said about a file in which one thing is another.
fn error(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    read("01-sample.toml", &text.replacen(from, to, 1), &CELLS)
        .err()
        .unwrap_or_default()
}

#[test]
fn the_samples_are_right() {
    for text in [NUMBER, CHOICE, ORDER, TEXT] {
        assert_eq!(read("01-sample.toml", text, &CELLS).err(), None);
    }
}

#[test]
fn the_questions_of_the_notebook_are_right() {
    let www = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www");
    let mut prose = Vec::new();
    for entry in std::fs::read_dir(www.join("notebook")).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_owned();
        prose.push(&*name.into_string().unwrap().leak());
    }
    assert_eq!(super::compile(&www.join("questions"), &prose).err(), None);
}

#[test]
fn errors_name_the_field_and_what_to_do() {
    for (text, from, to, expected) in [
        (
            CHOICE,
            "title = \"One of two\"",
            "",
            "field `title`: is missing",
        ),
        (CHOICE, "\"One of two\"", "\" \"", "field `title`: is empty"),
        (
            CHOICE,
            "\"One of two\"",
            "3",
            "field `title`: must be text in quotation marks",
        ),
        (
            CHOICE,
            "\"choice\"",
            "\"chioce\"",
            "“chioce” is none of number, choice, order, text",
        ),
        (
            CHOICE,
            "after = \"quantize\"",
            "after = \"quantise\"",
            "field `after`: there is no cell “quantise”",
        ),
        (
            CHOICE,
            "after = \"quantize\"",
            "after = \"train\"",
            "field `after`: there is no cell “train”",
        ),
        (
            CHOICE,
            "cell = \"train\"",
            "cell = \"trains\"",
            "link, field `cell`: there is no cell “trains”; there are: quantize, simulate",
        ),
        (
            CHOICE,
            "explanation",
            "explanaton",
            "field `explanation`: is missing",
        ),
        (
            CHOICE,
            "right = true",
            "right = true\nhint = \"x\"",
            "options 1, field `hint`: is not known here",
        ),
        (
            CHOICE,
            "right = true",
            "why = \"No.\"",
            "field `options`: exactly one must have `right = true`, not 0",
        ),
        (
            CHOICE,
            "why = \"No.\"",
            "right = true",
            "exactly one must have `right = true`, not 2",
        ),
        (
            CHOICE,
            "why = \"No.\"",
            "",
            "options 2, field `why`: is missing",
        ),
        (
            CHOICE,
            "right = true",
            "right = true\nwhy = \"x\"",
            "options 1, field `why`: the right option has none",
        ),
        (
            CHOICE,
            "\"that\"",
            "\"this\"",
            "options 2, field `text`: another option says the same",
        ),
        (
            CHOICE,
            "\"Which?\"",
            "\"Which {r}?\"",
            "only questions of the form `number` draw any",
        ),
        (
            CHOICE,
            "\"Which?\"",
            "\"Which }?\"",
            "a “}” without its partner",
        ),
        (CHOICE, "[link]", "[lnik]", "field `link`: is missing"),
        (CHOICE, "\"Which?\"", "Which?", "is no TOML"),
        (
            ORDER,
            "[[steps]]\ntext = \"one\"\nwhy = \"First.\"",
            "",
            "at least 3 tables `[[steps]]`",
        ),
        (
            ORDER,
            "why = \"First.\"",
            "",
            "steps 1, field `why`: is missing",
        ),
        (
            ORDER,
            "\"one\"",
            "\"one\\n\\nmore\"",
            "steps 1, field `text`: must be one paragraph",
        ),
        (
            TEXT,
            "model_answer",
            "answer",
            "field `model_answer`: is missing",
        ),
        (
            TEXT,
            "\"two\"",
            "\"one\"",
            "points 2, field `text`: another of the points says the same",
        ),
        (
            NUMBER,
            "tolerance = 0",
            "",
            "give either this or `relative_tolerance`",
        ),
        (
            NUMBER,
            "tolerance = 0",
            "tolerance = -1",
            "must not be negative",
        ),
        (
            NUMBER,
            "step = 0.1",
            "step = 0",
            "draw, r, field `step`: must be above 0",
        ),
        (
            NUMBER,
            "to = 0.3",
            "to = 0.05",
            "draw, r, field `to`: must not be below `from`",
        ),
        (
            NUMBER,
            "step = 0.1",
            "step = 0.0001",
            "more than 1,000 values",
        ),
        (
            NUMBER,
            "[0.03, 0.07]",
            "[]",
            "draw, scale, field `values`: is empty",
        ),
        (
            NUMBER,
            "[0.03, 0.07]",
            "[\"x\"]",
            "must be a list of numbers",
        ),
        (
            NUMBER,
            "[0.03, 0.07]",
            "[0.02, 0.0]",
            "it is no finite number",
        ),
        (
            NUMBER,
            "[0.03, 0.07]",
            "[0.03, 0.04]",
            "edge between two values",
        ),
        (
            NUMBER,
            "scale = 0.025 }",
            "}",
            "first, field `scale`: is missing",
        ),
        (
            NUMBER,
            "scale = 0.025 }",
            "scale = 0.025, q = 1 }",
            "first, field `q`: is not known here",
        ),
        (
            NUMBER,
            "\"round(r / scale)\"",
            "\"round(r / scle)\"",
            "field `answer`: column 11: there is no variable or function “scle”",
        ),
        (
            NUMBER,
            "\"round(r / scale)\"",
            "\"round(r / scale\"",
            "column 16: the end stands where “)” must be",
        ),
        (
            NUMBER,
            "= {r / scale},",
            "= {r / },",
            "field `explanation`: in “{r / }”, column 5: the end",
        ),
        (
            NUMBER,
            "answer = \"r / scale\"",
            "answer = \"round(r / scale)\"",
            "mistakes 1, field `answer`: is within the tolerance",
        ),
        (NUMBER, "[draw.r]", "[draw.R]", "field `draw`"),
    ] {
        let said = error(text, from, to);
        let hit = said.contains(expected) || expected == "field `draw`" && said.contains("`R`");
        assert!(hit, "{from} → {to}\nsays: {said}\nnot:  {expected}");
    }
}

#[test]
fn names_come_from_files() {
    assert_eq!(name_of("08-half-step.toml"), Ok("half-step"));
    for file in [
        "half-step.toml",
        "08.toml",
        "08-.toml",
        "x-half.toml",
        "08-Half.toml",
        "08-a b.toml",
    ] {
        assert!(name_of(file).is_err(), "{file}");
    }
}

#[test]
fn formulas_follow_the_rules_of_arithmetic() {
    let names = ["a".to_owned(), "b_2".to_owned()];
    let scope = Scope {
        names: &names,
        answer: None,
    };
    let variables = [2.5, -3.0];
    for (text, value) in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("8 / 4 / 2", 1.0),
        ("5 - 2 - 1", 2.0),
        ("-a + 1", -1.5),
        ("2 * -b_2", 6.0),
        ("- (a + b_2)", 0.5),
        ("round(a)", 3.0),
        ("round_even(a)", 2.0),
        ("round(-a)", -3.0),
        ("floor(-a) + ceil(-a) + abs(b_2)", -2.0),
        ("min(a, b_2) + max(a, b_2)", -0.5),
        ("clamp(200, -128, 127)", 127.0),
        ("clamp(1, 3, 2)", 2.0),
        ("pow(2, 8) - 1", 255.0),
        ("log2(256) + log10(100) + sqrt(16)", 14.0),
        (".5*4", 2.0),
    ] {
        let expression = Expression::parse(text, scope).unwrap();
        assert_eq!(expression.value(&variables), value, "{text}");
    }
    for text in [
        "", "1 +", "1 2", "(1", "1)", "a b_2", "round a", "round()", "min(1)", "c", "a ^ 2",
        "1..2", "round",
    ] {
        let error = Expression::parse(text, scope).unwrap_err();
        assert!(error.starts_with("column "), "{text}: {error}");
    }
    let code = Expression::parse("clamp(round(b_2 / 0.5), -8, 7)", scope)
        .unwrap()
        .closure(2);
    assert_eq!(
        code,
        "|v| match *v { [_, v1] => (((v1 / 0.5_f64)).round()).max((-8.0_f64)).min(7.0_f64), \
         _ => f64::NAN }"
    );
}

#[test]
fn words_keep_their_numbers_through_markdown() {
    let names = ["r".to_owned()];
    let scope = Scope {
        names: &names,
        answer: None,
    };
    let words = template::line("*{r}* and {2 * r * 1}, {{not}}", scope).unwrap();
    let texts: Vec<_> = words
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(expression) => expression.value(&[2.0]).to_string(),
        })
        .collect();
    assert_eq!(texts, ["<em>", "2", "</em> and ", "4", ", {not}"]);
}
