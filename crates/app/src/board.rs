//! Which cells have run, which must, and in which order: plain state, no DOM.

use std::collections::VecDeque;

use crate::{cells::CellId, values::Values};

/// Where a cell stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Not run, or cancelled.
    #[default]
    Idle,
    /// Waiting for its turn.
    Queued,
    /// In the worker.
    Running,
    /// Its output is on the page.
    Done,
    /// It failed, or something that it needs did.
    Error,
}

impl State {
    /// The value of `data-state`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Error => "error",
        }
    }
}

/// What the board knows of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// Where it stands.
    pub state: State,
    /// Something that it depends on has changed since it last started.
    pub stale: bool,
    /// The run counter of its last finished run.
    pub count: Option<u32>,
    /// The failed cell that kept this one from running.
    pub blocked_by: Option<CellId>,
    /// Where it stood before it was queued.
    before: State,
}

impl Slot {
    /// Whether others can build on its result.
    fn is_fresh(&self) -> bool {
        self.state == State::Done && !self.stale
    }
}

/// The cells and the queue.
#[derive(Debug)]
pub struct Board {
    slots: [Slot; CellId::ALL.len()],
    /// What each cell needs, with the values that it has.
    needs: [&'static [CellId]; CellId::ALL.len()],
    queue: VecDeque<CellId>,
    runs: u32,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            slots: Default::default(),
            needs: CellId::ALL.map(|cell| (cell.spec().needs)(&Values::new(cell))),
            queue: VecDeque::new(),
            runs: 0,
        }
    }
}

impl Board {
    /// A cell's values are these now; they decide on what it needs.
    pub fn learn_needs(&mut self, cell: CellId, values: &Values) {
        self.needs[cell.index()] = (cell.spec().needs)(values);
    }

    /// What a cell needs.
    fn needs(&self, cell: CellId) -> &'static [CellId] {
        self.needs[cell.index()]
    }

    /// The cells that need it, directly or through others, in the notebook's order.
    pub fn dependents(&self, cell: CellId) -> Vec<CellId> {
        let mut found: Vec<CellId> = Vec::new();
        for other in CellId::ALL {
            let mut needs = self.needs(other).iter();
            if needs.any(|need| *need == cell || found.contains(need)) {
                found.push(other);
            }
        }
        found
    }

    /// What is known of a cell.
    pub fn slot(&self, cell: CellId) -> &Slot {
        &self.slots[cell.index()]
    }

    fn slot_mut(&mut self, cell: CellId) -> &mut Slot {
        &mut self.slots[cell.index()]
    }

    /// Whether a cell's result is there and up to date.
    pub fn is_fresh(&self, cell: CellId) -> bool {
        self.slot(cell).is_fresh()
    }

    /// Whether nothing runs and nothing waits.
    pub fn is_quiet(&self) -> bool {
        self.queue.is_empty() && self.slots.iter().all(|slot| slot.state != State::Running)
    }

    /// The cells that running `cell` would run, in order, itself last.
    pub fn plan(&self, cell: CellId) -> Vec<CellId> {
        let mut plan = Vec::new();
        self.plan_into(cell, &mut plan);
        plan
    }

    fn plan_into(&self, cell: CellId, plan: &mut Vec<CellId>) {
        for &need in self.needs(cell) {
            let busy = matches!(self.slot(need).state, State::Queued | State::Running);
            if !busy && !self.slot(need).is_fresh() && !plan.contains(&need) {
                self.plan_into(need, plan);
            }
        }
        if !plan.contains(&cell) {
            plan.push(cell);
        }
    }

    /// Puts cells at the end of the queue, except those that run or wait already.
    pub fn enqueue(&mut self, cells: &[CellId]) {
        for &cell in cells {
            let slot = self.slot_mut(cell);
            if !matches!(slot.state, State::Queued | State::Running) {
                slot.before = slot.state;
                slot.state = State::Queued;
                self.queue.push_back(cell);
            }
        }
    }

    /// Takes the next cell from the queue and marks it running.
    ///
    /// What depends on it is stale from now on, and forgets that it was blocked by it.
    pub fn start_next(&mut self) -> Option<CellId> {
        let mut cell = self.queue.pop_front()?;
        // A need may have become stale while the cell waited: then that runs first.
        while let Some(need) = self.missing_need(cell) {
            self.queue.push_front(cell);
            self.queue.retain(|&queued| queued != need);
            let slot = self.slot_mut(need);
            if slot.state != State::Queued {
                slot.before = slot.state;
                slot.state = State::Queued;
            }
            cell = need;
        }
        for dependent in self.dependents(cell) {
            let slot = self.slot_mut(dependent);
            slot.stale = true;
            if slot.blocked_by == Some(cell) {
                slot.state = State::Idle;
                slot.blocked_by = None;
            }
        }
        let slot = self.slot_mut(cell);
        slot.state = State::Running;
        slot.stale = false;
        slot.blocked_by = None;
        Some(cell)
    }

    fn missing_need(&self, cell: CellId) -> Option<CellId> {
        self.needs(cell)
            .iter()
            .copied()
            .find(|&need| !self.slot(need).is_fresh())
    }

    /// The running cell has its report.
    pub fn succeed(&mut self, cell: CellId) {
        self.finish(cell, State::Done);
    }

    /// A cell failed. Returns the waiting cells that cannot run for it, now failed too.
    pub fn fail(&mut self, cell: CellId) -> Vec<CellId> {
        self.queue.retain(|&queued| queued != cell);
        self.finish(cell, State::Error);
        let blocked = self.unqueue_dependents(cell);
        for &dependent in &blocked {
            let slot = self.slot_mut(dependent);
            slot.state = State::Error;
            slot.blocked_by = Some(cell);
        }
        blocked
    }

    fn finish(&mut self, cell: CellId, state: State) {
        self.runs += 1;
        let count = self.runs;
        let slot = self.slot_mut(cell);
        slot.state = state;
        slot.count = Some(count);
        slot.blocked_by = None;
    }

    /// Takes a cell back, whether it waits or runs, and the waiting cells that need it.
    pub fn cancel(&mut self, cell: CellId) {
        match self.slot(cell).state {
            State::Running => {
                let slot = self.slot_mut(cell);
                slot.state = State::Idle;
                // An output of an earlier run may still be there.
                slot.stale = slot.count.is_some();
            }
            State::Queued => {
                self.queue.retain(|&queued| queued != cell);
                let slot = self.slot_mut(cell);
                slot.state = slot.before;
            }
            State::Idle | State::Done | State::Error => return,
        }
        self.unqueue_dependents(cell);
    }

    /// Takes the waiting cells that need this one out of the queue.
    pub fn unqueue_dependents(&mut self, cell: CellId) -> Vec<CellId> {
        let mut taken = self.dependents(cell);
        taken.retain(|&dependent| self.slot(dependent).state == State::Queued);
        self.queue.retain(|queued| !taken.contains(queued));
        for &dependent in &taken {
            let slot = self.slot_mut(dependent);
            slot.state = slot.before;
        }
        taken
    }

    /// Takes every waiting cell out of the queue.
    pub fn cancel_queued(&mut self) {
        while let Some(cell) = self.queue.front().copied() {
            self.cancel(cell);
        }
    }

    /// A parameter or a photo of this cell has changed.
    pub fn touch(&mut self, cell: CellId) {
        for touched in [vec![cell], self.dependents(cell)].concat() {
            self.slot_mut(touched).stale = true;
        }
    }

    /// The worker has gone, and every result with it.
    pub fn lose_results(&mut self) {
        for slot in &mut self.slots {
            slot.stale = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CellId::{Accuracy, Baseline, Data, Inference, Quantize, Setup, Size, Visualize};

    fn run_all(board: &mut Board) -> Vec<CellId> {
        let mut order = Vec::new();
        while let Some(cell) = board.start_next() {
            order.push(cell);
            board.succeed(cell);
        }
        order
    }

    fn run(board: &mut Board, cell: CellId) -> Vec<CellId> {
        let plan = board.plan(cell);
        board.enqueue(&plan);
        run_all(board)
    }

    #[test]
    fn runs_what_a_cell_needs_first() {
        let mut board = Board::default();
        assert_eq!(
            run(&mut board, Size),
            [Setup, Data, Baseline, Quantize, Size]
        );
        assert_eq!(run(&mut board, Visualize), [Inference, Accuracy, Visualize]);
        assert_eq!(board.slot(Visualize).count, Some(8));
        // All fresh: only the cell itself runs again.
        assert_eq!(run(&mut board, Visualize), [Visualize]);
        assert!(board.is_quiet());
    }

    #[test]
    fn a_changed_parameter_makes_what_follows_stale() {
        let mut board = Board::default();
        run(&mut board, Visualize);
        board.touch(Inference);
        assert!(board.slot(Inference).stale && board.slot(Visualize).stale);
        assert!(!board.slot(Size).stale && !board.slot(Quantize).stale);
        assert_eq!(run(&mut board, Visualize), [Inference, Accuracy, Visualize]);
    }

    #[test]
    fn a_rerun_makes_what_follows_stale() {
        let mut board = Board::default();
        run(&mut board, Size);
        run(&mut board, Baseline);
        assert_eq!(board.slot(Size).state, State::Done);
        assert!(board.slot(Size).stale && board.slot(Quantize).stale);
    }

    #[test]
    fn a_need_that_becomes_stale_while_a_cell_waits_runs_first() {
        let mut board = Board::default();
        run(&mut board, Baseline);
        board.enqueue(&[Quantize]);
        board.touch(Data);
        assert_eq!(run_all(&mut board), [Data, Baseline, Quantize]);
    }

    #[test]
    fn a_failure_stops_only_its_dependents() {
        let mut board = Board::default();
        board.enqueue(&CellId::ALL);
        assert_eq!(board.start_next(), Some(Setup));
        board.succeed(Setup);
        assert_eq!(board.start_next(), Some(Data));
        board.succeed(Data);
        assert_eq!(board.start_next(), Some(Baseline));
        board.succeed(Baseline);
        assert_eq!(board.start_next(), Some(Quantize));
        board.succeed(Quantize);
        assert_eq!(board.start_next(), Some(Size));
        let blocked = board.fail(Size);
        assert_eq!(blocked, [Visualize]);
        assert_eq!(board.slot(Visualize).blocked_by, Some(Size));
        let rest = run_all(&mut board);
        assert_eq!(rest[..2], [Inference, Accuracy]);
        assert!(rest.contains(&CellId::Simulate));
        // Running the failed cell again lifts the block.
        board.enqueue(&[Size]);
        assert_eq!(board.start_next(), Some(Size));
        assert_eq!(board.slot(Visualize).state, State::Idle);
    }

    #[test]
    fn a_block_outlasts_the_start_of_another_need() {
        let mut board = Board::default();
        board.enqueue(&CellId::ALL);
        assert_eq!(board.start_next(), Some(Setup));
        assert_eq!(board.fail(Setup).len(), 16);
        assert_eq!(board.start_next(), Some(Data));
        assert_eq!(board.slot(Visualize).state, State::Error);
        assert_eq!(board.slot(Visualize).blocked_by, Some(Setup));
    }

    #[test]
    fn a_failed_need_is_tried_again() {
        let mut board = Board::default();
        board.enqueue(&board.plan(Data));
        board.start_next();
        board.fail(Data);
        assert_eq!(board.plan(Baseline), [Setup, Data, Baseline]);
    }

    #[test]
    fn cancelling_takes_the_dependents_along() {
        let mut board = Board::default();
        run(&mut board, Size);
        board.touch(Baseline);
        let plan = board.plan(Size);
        board.enqueue(&plan);
        assert_eq!(board.start_next(), Some(Baseline));
        board.cancel(Baseline);
        assert_eq!(board.slot(Baseline).state, State::Idle);
        assert_eq!(board.slot(Size).state, State::Done);
        assert!(board.slot(Size).stale);
        assert!(board.is_quiet());
    }

    #[test]
    fn cancelling_a_waiting_cell_only_takes_it_back() {
        let mut board = Board::default();
        board.enqueue(&[Setup, Data]);
        assert_eq!(board.start_next(), Some(Setup));
        board.cancel(Data);
        assert_eq!(board.slot(Data).state, State::Idle);
        assert_eq!(board.slot(Setup).state, State::Running);
        board.cancel_queued();
        board.succeed(Setup);
        assert!(board.is_quiet());
    }

    #[test]
    fn a_lost_worker_makes_everything_run_again() {
        let mut board = Board::default();
        run(&mut board, Baseline);
        board.lose_results();
        assert_eq!(board.slot(Baseline).state, State::Done);
        assert_eq!(run(&mut board, Quantize), [Setup, Data, Baseline, Quantize]);
    }

    #[test]
    fn dependents_go_all_the_way() {
        let board = Board::default();
        assert_eq!(board.dependents(Inference), [Accuracy, Visualize]);
        assert_eq!(board.dependents(Data).len(), 18);
        assert!(board.dependents(Visualize).is_empty());
    }

    #[test]
    fn needs_follow_the_values() {
        let mut board = Board::default();
        assert_eq!(board.plan(CellId::Simulate), [CellId::Simulate]);
        let mut values = Values::new(CellId::Simulate);
        values.set("source", "layer");
        board.learn_needs(CellId::Simulate, &values);
        assert_eq!(
            board.plan(CellId::Simulate),
            [Setup, Data, Baseline, CellId::Simulate]
        );
        assert!(board.dependents(Baseline).contains(&CellId::Simulate));
    }
}
