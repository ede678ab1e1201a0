//! What a client may spend: a credit that comes back with time and with what it earns.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

/// A credit that never exceeds its limit.
#[derive(Debug)]
pub(super) struct Credit {
    left: Cell<u32>,
    limit: u32,
    /// In how much time the whole of it comes back.
    whole: Duration,
    topped_up: Cell<Instant>,
}

/// There is no credit left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spent;

impl Credit {
    pub(super) fn new(limit: u32, whole: Duration, now: Instant) -> Self {
        Self { left: Cell::new(limit), limit, whole, topped_up: Cell::new(now) }
    }

    pub(super) fn earn(&self, count: u32) {
        self.left.set(self.left.get().saturating_add(count).min(self.limit));
    }

    /// Spends so much.
    ///
    /// # Errors
    /// [`Spent`] when less is left.
    pub(super) fn pay(&self, count: u32, now: Instant) -> Result<(), Spent> {
        if self.left.get() < count {
            self.top_up(now);
        }
        self.left.set(self.left.get().checked_sub(count).ok_or(Spent)?);
        Ok(())
    }

    fn top_up(&self, now: Instant) {
        let elapsed = (now - self.topped_up.get()).min(self.whole);
        let share = u128::from(self.limit) * elapsed.as_millis() / self.whole.as_millis();
        if share > 0 {
            self.topped_up.set(now);
            self.earn(u32::try_from(share).unwrap_or(u32::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_with_time_and_with_what_is_earned() {
        let start = Instant::now();
        let credit = Credit::new(10, Duration::from_secs(2), start);
        let bought = |now| (0..100).take_while(|_| credit.pay(1, now).is_ok()).count();
        assert_eq!(bought(start), 10);
        assert_eq!(bought(start + Duration::from_secs(1)), 5);
        assert_eq!(bought(start + Duration::from_secs(1)), 0);
        credit.earn(3);
        assert_eq!(bought(start + Duration::from_secs(1)), 3);
        assert_eq!(bought(start + Duration::from_secs(60)), 10);
        credit.earn(3);
        assert_eq!(credit.pay(4, start + Duration::from_secs(60)), Err(Spent));
        assert_eq!(credit.pay(3, start + Duration::from_secs(60)), Ok(()));
    }
}
