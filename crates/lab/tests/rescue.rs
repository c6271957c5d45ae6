//! The ladder on real weights and the real engine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::FileHost;
use octet_lab::Session;
use octet_protocol::{
    ErrorKind, LabError, ModelName, Repair, Report, Request, RescueReport, RescueRequest, Rung,
    RungForm,
};

fn form(per_channel: bool, repairs: &[Repair]) -> RungForm {
    RungForm {
        per_channel,
        repairs: repairs.to_vec(),
        budget_percent: None,
    }
}

/// Weights of 2, 4 or 8 bits in at most so many percent of what 8 bits would take.
fn mixed(percent: u32, repairs: &[Repair]) -> RungForm {
    RungForm {
        budget_percent: Some(percent),
        ..form(true, repairs)
    }
}

/// The rungs that need no image.
fn ladder() -> Vec<RungForm> {
    let data_free = &Repair::ALL[..3];
    let mut rungs: Vec<_> = (0..=data_free.len())
        .map(|count| form(false, &data_free[..count]))
        .collect();
    rungs.push(form(true, &[]));
    rungs
}

fn rescue(
    host: &FileHost,
    session: &mut Session,
    rungs: Vec<RungForm>,
    crops: u32,
    layer: &str,
) -> Result<RescueReport, LabError> {
    let request = RescueRequest {
        rungs,
        crops,
        layer: layer.to_owned(),
    };
    match host.run(session, Request::Rescue(request))?.report {
        Report::Rescue(report) => Ok(*report),
        other => panic!("{other:?}"),
    }
}

fn same(rung: &Rung) -> u32 {
    let measured = rung.measured.as_ref().unwrap();
    measured.same_photos + measured.same_crops
}

fn decibels(rung: &Rung) -> f64 {
    rung.measured.as_ref().unwrap().sqnr_db.unwrap()
}

fn show(report: &RescueReport) {
    for rung in &report.rungs {
        println!("{:?}: {} {:?}", rung.form, rung.made_ms, rung.measured);
        for step in &rung.steps {
            println!("  {}", step.summary);
        }
    }
    let channels = &report.channels;
    let used = channels.after.as_ref().map(|after| after.range_used);
    println!(
        "{}: {} → {used:?} {}",
        channels.layer, channels.before.range_used, channels.why_not
    );
}

#[test]
fn mobilenet_v2_falls_and_is_brought_back() {
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::MobileNetV2);
    let report = rescue(&host, &mut session, ladder(), 16, "").unwrap();
    show(&report);
    assert_eq!((report.photos, report.crops), (4, 16));
    let [naive, equalized, absorbed, corrected, per_channel] = &report.rungs[..] else {
        panic!("{report:?}")
    };
    assert!(same(naive) <= 1 && decibels(naive) < 3.0);
    for rung in [equalized, absorbed, corrected, per_channel] {
        assert!(same(rung) >= 8, "{:?}", rung.form);
        assert!(decibels(rung) > decibels(naive) + 6.0, "{:?}", rung.form);
    }
    assert!(decibels(corrected) > decibels(absorbed));
    assert!(naive.steps.is_empty() && equalized.steps.len() == 2);
    assert!(equalized.steps[1].summary.starts_with("Equalized: 37 "));
    // One scale a layer takes less room.
    let bytes = |rung: &Rung| rung.measured.as_ref().unwrap().file_bytes;
    assert!(bytes(naive) < bytes(per_channel));
    assert!(bytes(per_channel) < report.float32_bytes / 3);

    let channels = &report.channels;
    let after = channels.after.as_ref().unwrap();
    assert!(channels.is_widest && channels.why_not.is_empty());
    assert!(after.range_used > 1.5 * channels.before.range_used);
    assert_eq!(after.ranges.len(), channels.before.ranges.len());
}

#[test]
fn what_is_learned_from_images_climbs_further() {
    use Repair::{Correct, Equalize, Round};
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::MobileNetV2);
    let rungs = vec![
        form(false, &[Equalize, Correct]),
        form(false, &[Equalize, Correct, Round]),
        mixed(60, &[]),
        mixed(20, &[]),
    ];
    host.progress.borrow_mut().clear();
    let report = rescue(&host, &mut session, rungs, 12, "").unwrap();
    show(&report);
    let [nearest, learned, mixed, too_small] = &report.rungs[..] else {
        panic!("{report:?}")
    };
    assert!(decibels(learned) > decibels(nearest), "learned rounding");
    let said = |rung: &Rung| {
        let steps = rung.steps.iter();
        steps.map(|step| step.summary.clone()).collect::<Vec<_>>()
    };
    // Corrected on top of what was learned.
    let told = said(learned);
    assert!(told[2].starts_with("Rounding learned: 53 "), "{told:?}");
    assert!(told[3].starts_with("Corrected: "), "{told:?}");

    // Weights of at most 60 % of 8 bits', and float32 biases and scales besides.
    let bytes = |rung: &Rung| rung.measured.as_ref().unwrap().file_bytes;
    assert!(bytes(mixed) < bytes(nearest) * 3 / 4);
    assert!(decibels(mixed) > 3.0 && same(mixed) >= 8);
    let told = said(mixed);
    assert!(told[0].starts_with("Bits chosen: ") && told[0].contains("of 53 layers"));
    assert!(mixed.steps[0].record.lines().count() >= 53);

    // With 2 bits for all, a quarter is the least there is.
    assert_eq!(too_small.measured, None);
    assert!(said(too_small)[0].contains("smallest"), "{too_small:?}");

    let progress = host.progress.borrow();
    assert!(progress.iter().all(|step| step.done < step.total));
    assert!(progress.is_sorted_by_key(|step| step.done));
    let learning = progress
        .iter()
        .filter(|step| step.label.starts_with("learning to round"));
    let shown: Vec<_> = learning.map(|step| step.done).collect();
    assert!(shown.last().unwrap() - shown[0] > 90, "{shown:?}");
}

#[test]
fn learning_is_cancelled_in_the_middle() {
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::MobileNetV2);
    for rung in [form(true, &[Repair::Round]), mixed(50, &[])] {
        host.cancel_after.set(Some(9));
        let error = rescue(&host, &mut session, vec![rung], 0, "").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled);
        let last = host.progress.borrow().last().unwrap().label.clone();
        assert!(last.contains(" %"), "{last}");
    }
}

#[test]
fn efficientnet_lite0_keeps_the_relu6_that_it_needs() {
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::EfficientNetLite0);
    let report = rescue(&host, &mut session, ladder(), 6, "").unwrap();
    show(&report);
    assert!(report.rungs.iter().all(|rung| same(rung) >= 5));
    let relu6 = &report.rungs[1].steps[0];
    assert!(
        relu6.summary.contains("expected to reach"),
        "{}",
        relu6.summary
    );
    assert!(relu6.record.lines().count() > 20);
}

#[test]
fn a_layer_by_name_and_one_that_stays() {
    let host = FileHost::new();
    let mut session = host.loaded(ModelName::MobileNetV2);
    let mut show = |layer: &str| {
        let rungs = vec![form(false, &[])];
        rescue(&host, &mut session, rungs, 0, layer)
    };
    let channels = show("classifier").unwrap().channels;
    assert!(!channels.is_widest);
    assert_eq!(channels.before.ranges.len(), 1000);
    assert_eq!(channels.after.is_none(), !channels.why_not.is_empty());
    let error = show("features.99").unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadInput);
    assert!(error.message.contains("no layer “features.99”"));
}

#[test]
fn nonsense_is_refused_and_cancel_is_heard() {
    let host = FileHost::new();
    let mut session = Session::default();
    let error = rescue(&host, &mut session, ladder(), 0, "").unwrap_err();
    assert!(error.message.contains("baseline"));
    let mut session = host.loaded(ModelName::MobileNetV2);
    for (rungs, crops) in [(Vec::new(), 0), (ladder(), 501)] {
        let error = rescue(&host, &mut session, rungs, crops, "").unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
    }
    host.cancel_after.set(Some(6));
    let error = rescue(&host, &mut session, ladder(), 4, "").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    host.cancel_after.set(None);
    host.progress.borrow_mut().clear();
    rescue(
        &host,
        &mut session,
        vec![form(true, &Repair::ALL[..3])],
        1,
        "",
    )
    .unwrap();
    let progress = host.progress.borrow();
    assert!(progress.iter().all(|step| step.done < step.total));
    let last = progress.last().unwrap();
    assert_eq!(last.done + 1, last.total, "{last:?}");
}
