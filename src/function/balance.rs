//! Which instance serves a request.

use std::cell::Cell;

/// Takes turns, for each worker on its own.
#[derive(Debug, Default)]
pub struct RoundRobin(Cell<usize>);

impl RoundRobin {
    /// The next of `count` instances; zero for none.
    pub fn next(&self, count: usize) -> usize {
        let turn = self.0.get();
        self.0.set(turn.wrapping_add(1));
        turn.checked_rem(count).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_has_a_turn() {
        let turns = RoundRobin::default();
        assert_eq!((0..5).map(|_| turns.next(2)).collect::<Vec<_>>(), [0, 1, 0, 1, 0]);
        assert_eq!(turns.next(0), 0);
    }
}
