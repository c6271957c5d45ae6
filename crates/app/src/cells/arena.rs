//! Cell `arena`: where in memory each activation lies, and which boards have so much.

use octet_protocol::{
    ArenaNeed, ArenaNetwork, ArenaPlan, ArenaReport, ArenaRequest, BoardFit, BoardFits,
    PlannedTensor, Precision, Request, Verdict,
};

use super::convert::wrapped;
use super::{
    CellId, Control, ControlKind, Spec, always, integers::hue, integers::precision_in_words,
};
use crate::{
    charts::{
        figure::Figure,
        placement::{self, Block},
    },
    format, prose,
    table::{self, Column},
    values::Values,
    view::CellView,
};

/// What the cell is.
pub const SPEC: Spec = Spec {
    name: "arena",
    title: "The arena, and the boards that have room for it",
    needs: |_| &[CellId::Baseline],
    controls: &[Control {
        name: "network",
        label: "network",
        is_shown: always,
        kind: ControlKind::Select(&[
            ("loaded", "the loaded model"),
            ("tiny_kws", "Tiny KWS"),
            ("small_mnist", "Small MNIST"),
            ("mobilenet_like", "MobileNet-like"),
        ]),
    }],
    prose: prose::ARENA,
    request: |values| {
        Ok(Request::Arena(ArenaRequest {
            network: chosen(values),
        }))
    },
};

fn chosen(values: &Values) -> ArenaNetwork {
    let name = values.get("network");
    let known = ArenaNetwork::ALL.into_iter();
    let mut known = known.filter(|network| network.name() == name);
    known.next().unwrap_or_default()
}

const TENSOR_COLUMNS: [Column; 6] = [
    Column::text("tensor"),
    Column::text("shape"),
    Column::figure("bytes"),
    Column::figure("offset"),
    Column::figure("written by"),
    Column::figure("last read by"),
];
const NEED_COLUMNS: [Column; 7] = [
    Column::text("network"),
    Column::text("form"),
    Column::figure("file, KiB"),
    Column::figure("arena by the rule, KiB"),
    Column::figure("arena planned, KiB"),
    Column::figure("bookkeeping, KiB"),
    Column::figure("planned ÷ file"),
];
const BOARD_COLUMNS: [Column; 9] = [
    Column::text("board"),
    Column::figure("flash"),
    Column::figure("RAM"),
    Column::float32("loaded model, float32"),
    Column::int8("loaded model, int8"),
    Column::int8("Tiny KWS, int8"),
    Column::int8("Small MNIST, int8"),
    Column::int8("MobileNet-like, int8"),
    Column::text("figures from"),
];

/// What textbooks give the arena, in files.
const RULE: [u64; 2] = [2, 4];

fn kib(bytes: u64) -> String {
    let kib = bytes as f64 / 1024.0;
    if kib < 100.0 {
        format!("{kib:.1}")
    } else {
        format::grouped(kib.round() as u64)
    }
}

/// Whether all of the plan is needed at its fullest moment.
fn at_peak(plan: &ArenaPlan, tensor: &PlannedTensor) -> bool {
    (tensor.first..=tensor.last).contains(&plan.peak)
}

fn operator(plan: &ArenaPlan, place: u32) -> &str {
    plan.operators
        .get(place as usize)
        .map_or("", String::as_str)
}

/// The printed text.
pub fn print(report: &ArenaReport) -> String {
    let mut out = format!("{}\n", report.title);
    for plan in &report.plans {
        out.push_str(&format!(
            "\n{:<13}{:>9} KiB arena, {} at least, {} if nothing were shared\n             most is needed at operator {}, {}",
            precision_in_words(plan.precision),
            kib(plan.bytes),
            kib(plan.least_bytes),
            kib(plan.unshared_bytes),
            plan.peak,
            operator(plan, plan.peak),
        ));
    }
    let of = |precision: Precision| {
        let mut plans = report.plans.iter();
        plans.find(move |plan| plan.precision == precision)
    };
    if let (Some(float32), Some(int8)) = (of(Precision::Float32), of(Precision::FullInteger)) {
        let times = float32.bytes as f64 / int8.bytes.max(1) as f64;
        out.push_str(&format!(
            "\n\nfloat32 takes {times:.2} times the arena of int8"
        ));
    }
    if let Some(need) = own(report).find(|need| need.precision == Precision::FullInteger) {
        out.push_str(&format!("\n\n{}", wrapped(&rule_in_words(need), 76)));
    }
    out
}

/// What the chosen network needs.
fn own(report: &ArenaReport) -> impl Iterator<Item = &ArenaNeed> {
    let needs = report.needs.iter();
    needs.filter(|need| need.network == report.network)
}

fn ratio(need: &ArenaNeed) -> f64 {
    need.arena_bytes as f64 / need.file_bytes.max(1) as f64
}

/// The rule of thumb beside what was planned.
fn rule_in_words(need: &ArenaNeed) -> String {
    let [least, most] = RULE;
    let times = ratio(need);
    let verdict = if times < least as f64 {
        "the rule asks for more than is needed"
    } else if times > most as f64 {
        "the rule asks for less than is needed"
    } else {
        "the rule holds"
    };
    format!(
        "“{least} to {most} times the model’s size” would be {} to {} KiB for the int8 file; planned are {} KiB, {times:.2} times: {verdict}",
        kib(need.file_bytes.saturating_mul(least)),
        kib(need.file_bytes.saturating_mul(most)),
        kib(need.arena_bytes),
    )
}

fn need_row(need: &ArenaNeed) -> Vec<String> {
    let [least, most] = RULE.map(|times| kib(need.file_bytes.saturating_mul(times)));
    vec![
        need.title.clone(),
        precision_in_words(need.precision).to_owned(),
        kib(need.file_bytes),
        format!("{least}–{most}"),
        kib(need.arena_bytes),
        kib(need.bookkeeping_bytes),
        format!("{:.2}", ratio(need)),
    ]
}

/// Whether a network has a column in the table of boards.
fn is_shown(need: &ArenaNeed) -> bool {
    need.network == ArenaNetwork::Loaded || need.precision == Precision::FullInteger
}

fn board_row(report: &ArenaReport, board: &BoardFits) -> Vec<String> {
    let amount = |bytes: u64| {
        let (mib, gib) = (1 << 20, 1 << 30);
        match bytes {
            _ if bytes >= gib => format!("{} GiB", bytes / gib),
            _ if bytes >= mib => format!("{} MiB", bytes / mib),
            _ => format!("{} KiB", bytes >> 10),
        }
    };
    let fits = report.needs.iter().zip(&board.fits);
    let fits = fits.filter(|(need, _)| is_shown(need));
    let mut row = vec![
        board.name.clone(),
        board.flash.map_or("card".to_owned(), amount),
        amount(board.ram),
    ];
    row.extend(fits.map(|(_, fit)| verdict(fit)));
    row.push(board.source.clone());
    row
}

fn verdict(fit: &BoardFit) -> String {
    let words = match fit.verdict {
        Verdict::Yes => "✓\u{a0}yes",
        Verdict::Partly => "~\u{a0}hardly",
        Verdict::No => "✗\u{a0}no",
    };
    format!("{words}: {}", fit.reason)
}

/// Draws the report.
pub fn draw(report: &ArenaReport, view: &CellView) {
    view.print(&print(report));
    let boards: Vec<_> = report
        .boards
        .iter()
        .map(|board| board_row(report, board))
        .collect();
    let boards = table::scrolling("Which boards have room", &BOARD_COLUMNS, &boards);
    let needs: Vec<_> = report.needs.iter().map(need_row).collect();
    let needs = table::scrolling(
        "The arena by the rule of thumb, and as it is planned",
        &NEED_COLUMNS,
        &needs,
    );
    view.show_results(&[]);
    view.add_figures(
        report
            .plans
            .iter()
            .map(|plan| figure(report, plan))
            .collect(),
    );
    for table in [&needs, &boards] {
        view.append_result(table);
    }
}

fn figure(report: &ArenaReport, plan: &ArenaPlan) -> Figure {
    let precision = precision_in_words(plan.precision);
    let live: Vec<_> = plan
        .tensors
        .iter()
        .filter(|tensor| at_peak(plan, tensor))
        .map(|tensor| {
            format!(
                "{} {}, {} KiB",
                tensor.name,
                format::shape(&tensor.shape),
                kib(tensor.bytes)
            )
        })
        .collect();
    let words = format!(
        "Plan of the memory of {}, {precision}: {} tensors over {} operators in {} KiB. Most is needed at operator {}, {}, where these are there: {}.",
        report.title,
        plan.tensors.len(),
        plan.operators.len(),
        kib(plan.bytes),
        plan.peak,
        operator(plan, plan.peak),
        live.join("; "),
    );
    let spare = plan.bytes.saturating_sub(plan.least_bytes);
    let least = if spare == 0 {
        "No plan can be smaller".to_owned()
    } else {
        format!("A perfect plan could be {} KiB smaller", kib(spare))
    };
    let caption = format!(
        "At the peak, operator {} ({}), there are: {}. {least}: so much is needed at that moment.",
        plan.peak,
        operator(plan, plan.peak),
        live.join("; "),
    );
    let rows: Vec<_> = plan
        .tensors
        .iter()
        .map(|tensor| {
            vec![
                tensor.name.clone(),
                format::shape(&tensor.shape),
                format::grouped(tensor.bytes),
                format::grouped(tensor.offset),
                tensor.first.to_string(),
                tensor.last.to_string(),
            ]
        })
        .collect();
    let table = table::scrolling(
        &format!("Where each tensor lies, {precision}"),
        &TENSOR_COLUMNS,
        &rows,
    );
    let (name, title) = match plan.precision {
        Precision::Float32 => ("plan-float32", "The arena in float32"),
        _ => ("plan-int8", "The arena in int8"),
    };
    let in_kib = |bytes: u64| bytes as f64 / 1024.0;
    let chart = placement::Chart {
        title,
        subtitle: format!("{}, {} KiB", report.title, kib(plan.bytes)),
        y_words: "offset, KiB",
        blocks: plan
            .tensors
            .iter()
            .map(|tensor| Block {
                time: (tensor.first, tensor.last),
                place: (in_kib(tensor.offset), in_kib(tensor.offset + tensor.bytes)),
                at_peak: at_peak(plan, tensor),
            })
            .collect(),
        operators: plan.operators.len(),
        peak: plan.peak,
        size: in_kib(plan.bytes),
        hue: hue(plan.precision),
    };
    Figure::new(name, &words, &caption, &table, move |canvas| {
        placement::paint(canvas, &chart)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(precision: Precision, bytes: u64) -> ArenaPlan {
        ArenaPlan {
            precision,
            bytes,
            least_bytes: bytes,
            unshared_bytes: 2 * bytes,
            operators: vec!["CONV_2D".to_owned(), "SOFTMAX".to_owned()],
            live_bytes: vec![bytes, 16],
            peak: 0,
            tensors: vec![PlannedTensor {
                name: "input".to_owned(),
                shape: vec![1, 8],
                offset: 0,
                bytes,
                first: 0,
                last: 0,
            }],
        }
    }

    fn need(precision: Precision, file_bytes: u64, arena_bytes: u64) -> ArenaNeed {
        ArenaNeed {
            network: ArenaNetwork::TinyKws,
            title: "Tiny KWS".to_owned(),
            precision,
            file_bytes,
            arena_bytes,
            bookkeeping_bytes: 4096,
        }
    }

    #[test]
    fn prints_both_plans_and_the_rule() {
        let report = ArenaReport {
            title: "Tiny KWS".to_owned(),
            network: ArenaNetwork::TinyKws,
            plans: vec![
                plan(Precision::Float32, 40_960),
                plan(Precision::FullInteger, 10_240),
            ],
            needs: vec![
                need(Precision::Float32, 80_000, 40_960),
                need(Precision::FullInteger, 20_480, 10_240),
            ],
            boards: Vec::new(),
        };
        let text = print(&report);
        for part in [
            "float32           40.0 KiB arena, 40.0 at least, 80.0 if nothing were shared",
            "most is needed at operator 0, CONV_2D",
            "float32 takes 4.00 times the arena of int8",
            "0.50 times: the rule",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let large = need(Precision::FullInteger, 1024, 10_240);
        assert!(rule_in_words(&large).ends_with("the rule asks for less than is needed"));
        let right = need(Precision::FullInteger, 1024, 3072);
        assert!(rule_in_words(&right).ends_with("the rule holds"));
    }

    #[test]
    fn every_network_can_be_chosen() {
        for network in ArenaNetwork::ALL {
            let mut values = Values::new(CellId::Arena);
            values.set("network", network.name());
            let Ok(Request::Arena(request)) = (SPEC.request)(&values) else {
                panic!("another request");
            };
            assert_eq!(request.network, network);
        }
    }
}
