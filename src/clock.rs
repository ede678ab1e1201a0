//! The time as one connection sees it.
//!
//! A request looks at the clock a dozen times, for deadlines, durations and the ages of connections. Whoever polls a connection
//! reads the system's clock once and everything below takes that for now: it is wrong by the microseconds that a poll takes.

use std::cell::Cell;
use std::rc::Rc;

use tokio::time::Instant;

/// A clock that stands still between two ticks. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Rc<Cell<Instant>>);

impl Clock {
    /// A clock that shows the present.
    #[must_use]
    pub fn new() -> Self {
        Self(Rc::new(Cell::new(Instant::now())))
    }

    #[must_use]
    pub fn now(&self) -> Instant {
        self.0.get()
    }

    /// Moves on to the present. To be called at the beginning of every poll that leads to somebody who asks for [`Self::now`].
    pub fn tick(&self) {
        self.0.set(Instant::now());
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// The time now, in seconds since 1970.
#[must_use]
pub fn unix_time() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_moves_when_it_ticks() {
        let clock = Clock::new();
        let (same, began) = (clock.clone(), clock.now());
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(same.now(), began);
        clock.tick();
        assert_eq!(same.now() - began, Duration::from_secs(5));
    }
}
