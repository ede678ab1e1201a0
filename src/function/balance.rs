//! Which instance serves a request.

use std::cell::Cell;

/// Takes turns, for each worker on its own.
#[derive(Debug, Default)]
pub struct RoundRobin(Cell<usize>);

impl RoundRobin {
    /// The next of `count` instances; zero for none. Those that are not `preferred` lose their turn, unless that goes for all.
    pub fn next(&self, count: usize, preferred: impl Fn(usize) -> bool) -> usize {
        if count <= 1 {
            return 0;
        }
        let turn = self.0.get();
        let at = |skipped: usize| turn.wrapping_add(skipped) % count;
        let skipped = (0..count).find(|&skipped| preferred(at(skipped))).unwrap_or(0);
        self.0.set(turn.wrapping_add(skipped + 1));
        at(skipped)
    }
}

/// The instances that one request has tried, and the one that it is at. Going on to another takes nobody's turn.
#[derive(Debug)]
pub struct Selection {
    current: usize,
    tried: Vec<usize>,
}

impl Selection {
    #[must_use]
    pub fn new(first: usize) -> Self {
        Self { current: first, tried: Vec::new() }
    }

    #[must_use]
    pub fn current(&self) -> usize {
        self.current
    }

    /// Goes on to the next of `count` instances that has not been tried; those that are `preferred` come first. False if that
    /// was all of them: they may be tried again.
    pub fn advance(&mut self, count: usize, preferred: impl Fn(usize) -> bool) -> bool {
        self.tried.push(self.current);
        let has_more = self.tried.len() < count;
        if !has_more {
            self.tried.clear();
        }
        let ring = || (1..=count).map(|step| (self.current + step) % count).filter(|index| !self.tried.contains(index));
        let next = ring().find(|&index| preferred(index)).or_else(|| ring().next());
        self.current = next.unwrap_or(self.current);
        has_more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_has_a_turn() {
        let turns = RoundRobin::default();
        assert_eq!((0..5).map(|_| turns.next(2, |_| true)).collect::<Vec<_>>(), [0, 1, 0, 1, 0]);
        assert_eq!((turns.next(0, |_| true), turns.next(1, |_| false)), (0, 0));
    }

    #[test]
    fn who_is_not_preferred_loses_turns_evenly_unless_nobody_is() {
        for (preferred, expected) in [
            (vec![true, true, true], [0, 1, 2, 0, 1, 2]),
            (vec![false, true, true], [1, 2, 1, 2, 1, 2]),
            (vec![true, false, false], [0, 0, 0, 0, 0, 0]),
        ] {
            let turns = RoundRobin::default();
            let taken: Vec<_> = (0..6).map(|_| turns.next(3, |index| preferred[index])).collect();
            assert_eq!(taken, expected, "{preferred:?}");
        }
        let turns = RoundRobin::default();
        let taken: Vec<_> = (0..3).map(|_| turns.next(3, |_| false)).collect();
        assert_eq!(taken.iter().max(), Some(&2), "{taken:?}");
    }

    #[test]
    fn a_request_tries_each_instance_once_and_takes_no_turn_of_another() {
        for (first, preferred, expected) in [
            (0, vec![true, true, true], vec![(1, true), (2, true), (0, false), (1, true)]),
            (1, vec![true, true, true], vec![(2, true), (0, true), (1, false)]),
            (0, vec![true, false, true], vec![(2, true), (1, true), (2, false)]),
            (2, vec![false, false, false], vec![(0, true), (1, true), (2, false)]),
            (0, vec![true], vec![(0, false), (0, false)]),
        ] {
            let turns = RoundRobin::default();
            let mut selection = Selection::new(first);
            let count = preferred.len();
            let taken: Vec<_> = expected
                .iter()
                .map(|_| {
                    let has_more = selection.advance(count, |index| preferred[index]);
                    (selection.current(), has_more)
                })
                .collect();
            assert_eq!(taken, expected, "from {first} of {preferred:?}");
            assert_eq!(turns.next(count, |_| true), 0);
        }
    }
}
