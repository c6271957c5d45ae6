//! What has been seen so far: plain figures, no DOM.

use std::collections::VecDeque;

use octet_protocol::FrameReport;

/// Medians are over so many frames.
const RECENT: usize = 30;

/// What has been seen since the start.
#[derive(Default)]
pub struct Tally {
    /// Frames that both networks have seen.
    pub frames: u32,
    /// Those in which both found the same class likeliest.
    pub agreed: u32,
    float32: Times,
    full_integer: Times,
    /// When the last frames were done, in milliseconds.
    done: VecDeque<f64>,
}

/// The last times of one network.
#[derive(Default)]
struct Times {
    run: VecDeque<f64>,
    frame: VecDeque<f64>,
}

/// The figures of one network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Median milliseconds of the run alone.
    pub run_ms: f64,
    /// Frames a second if it were alone, with its numbers put in and the classes taken out.
    pub frames_a_second: f64,
}

impl Tally {
    /// A frame has been seen, at this time in milliseconds.
    pub fn add(&mut self, report: &FrameReport, now: f64) {
        self.frames += 1;
        let [float32, full_integer] = [&report.float32, &report.full_integer];
        let likeliest =
            |sight: &octet_protocol::Sight| sight.classes.first().map(|class| class.index);
        if likeliest(float32) == likeliest(full_integer) {
            self.agreed += 1;
        }
        for (times, sight) in [
            (&mut self.float32, float32),
            (&mut self.full_integer, full_integer),
        ] {
            push(&mut times.run, sight.run_ms);
            push(&mut times.frame, sight.frame_ms);
        }
        push(&mut self.done, now);
    }

    /// The camera has paused: the time until it goes on counts for nothing.
    pub fn pause(&mut self) {
        self.done.clear();
    }

    /// float32's and full integer's figures; None before the first frame.
    pub fn paces(&self) -> Option<[Pace; 2]> {
        let pace = |times: &Times| {
            let frame = median(&times.frame)?;
            Some(Pace {
                run_ms: median(&times.run)?,
                frames_a_second: 1000.0 / frame.max(0.001),
            })
        };
        Some([pace(&self.float32)?, pace(&self.full_integer)?])
    }

    /// Frames a second as they come, both networks in turn; None before the second frame.
    pub fn frames_a_second(&self) -> Option<f64> {
        let (first, last) = (self.done.front()?, self.done.back()?);
        let intervals = self.done.len().saturating_sub(1);
        (last > first).then(|| intervals as f64 * 1000.0 / (last - first))
    }
}

fn push(times: &mut VecDeque<f64>, time: f64) {
    if times.len() == RECENT {
        times.pop_front();
    }
    times.push_back(time);
}

fn median(times: &VecDeque<f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = times.iter().copied().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use octet_protocol::{Class, Sight};

    fn sight(index: usize, run_ms: f64) -> Sight {
        Sight {
            classes: vec![Class {
                index,
                label: String::new(),
                probability: 0.5,
            }],
            run_ms,
            frame_ms: run_ms + 1.0,
        }
    }

    #[test]
    fn counts_frames_and_agreement() {
        let mut tally = Tally::default();
        assert_eq!((tally.paces(), tally.frames_a_second()), (None, None));
        for i in 0..100 {
            let report = FrameReport {
                float32: sight(1, 19.0),
                full_integer: sight(1 + usize::from(i % 4 == 0), 4.0),
            };
            tally.add(&report, f64::from(i) * 50.0);
        }
        assert_eq!((tally.frames, tally.agreed), (100, 75));
        let [float32, full_integer] = tally.paces().unwrap();
        assert_eq!((float32.run_ms, float32.frames_a_second), (19.0, 50.0));
        assert_eq!(
            (full_integer.run_ms, full_integer.frames_a_second),
            (4.0, 200.0)
        );
        assert!((tally.frames_a_second().unwrap() - 20.0).abs() < 1e-9);
        tally.pause();
        assert_eq!(tally.frames_a_second(), None);
        assert_eq!(tally.frames, 100);
    }
}
