//! The time as one connection sees it.
//!
//! A request looks at the clock a dozen times, for deadlines, durations and the ages of connections. Whoever polls a connection
//! reads the system's clock once and everything below takes that for now: it is wrong by the microseconds that a poll takes.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

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

/// The length of a date in HTTP.
pub const DATE: usize = 29;

/// The time now as HTTP writes it (RFC 9110 section 5.6.7). `now` is the present in a clock that costs nothing to read: a date is made once a
/// second.
#[must_use]
pub fn http_date(now: Instant) -> [u8; DATE] {
    thread_local!(static MADE: Cell<Option<(Instant, [u8; DATE])>> = const { Cell::new(None) });
    if let Some((until, date)) = MADE.get()
        && now < until
    {
        return date;
    }
    let time = std::time::SystemTime::now();
    let mut date = [0; DATE];
    date.copy_from_slice(httpdate::fmt_http_date(time).as_bytes());
    let into_second = time.duration_since(std::time::SystemTime::UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    let left = Duration::from_nanos(u64::from(1_000_000_000 - into_second));
    MADE.set(Some((now + left, date)));
    date
}

#[cfg(test)]
mod tests {
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
