//! One timer for everything that a connection waits for.
//!
//! A request waits for several peers at once, each with a deadline of its own. Instead of a timer for each, which would be
//! set and cancelled in every request, whoever waits *asks* to be polled by its deadline and compares the clock itself when
//! polled. The connection keeps one timer that is armed for the earliest wish; it is touched about once in the shortest
//! timeout, not once in a request. A timer that fires for a wish that is no longer needed costs one needless poll.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::clock::Clock;

/// The earliest moment at which somebody on this connection wants to be polled.
#[derive(Debug)]
pub struct Alarm {
    clock: Clock,
    wish: Cell<Option<Instant>>,
}

impl Alarm {
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, wish: Cell::default() }
    }

    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Asks for a poll at `deadline` or a little later, and says whether it has passed already.
    ///
    /// To be called in every poll that returns `Pending`: a wish is forgotten once the timer fired.
    pub fn passed(&self, deadline: Instant) -> bool {
        if self.now() >= deadline {
            return true;
        }
        if self.wish.get().is_none_or(|wish| deadline < wish) {
            self.wish.set(Some(deadline));
        }
        false
    }
}

/// The timer behind an [`Alarm`]; owned by the task that polls the whole connection.
#[derive(Debug)]
pub struct AlarmTimer {
    sleep: Pin<Box<Sleep>>,
    armed: bool,
}

impl AlarmTimer {
    /// A timer that is not armed yet.
    #[must_use]
    pub fn new() -> Self {
        Self { sleep: Box::pin(sleep_until(Instant::now())), armed: false }
    }

    /// Ready when the alarm rang: everyone who waits must be polled again. Otherwise the task is woken in time.
    pub fn poll(&mut self, alarm: &Alarm, cx: &mut Context<'_>) -> Poll<()> {
        if self.armed && self.sleep.is_elapsed() {
            self.armed = false;
            alarm.wish.set(None);
            return Poll::Ready(());
        }
        let Some(wish) = alarm.wish.get() else { return Poll::Pending };
        if self.armed && self.sleep.deadline() <= wish {
            return Poll::Pending;
        }
        self.sleep.as_mut().reset(wish);
        // A timer that is polled without budget is pending and has not taken the waker: it would never ring.
        self.armed = Pin::new(&mut unconstrained(self.sleep.as_mut())).poll(cx).is_pending();
        if self.armed {
            return Poll::Pending;
        }
        alarm.wish.set(None);
        Poll::Ready(())
    }
}

impl Default for AlarmTimer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_rings_for_the_earliest_wish_and_then_forgets() {
        let (alarm, mut timer) = (Alarm::new(Clock::new()), AlarmTimer::new());
        let start = Instant::now();
        assert!(!alarm.passed(start + Duration::from_secs(9)));
        assert!(!alarm.passed(start + Duration::from_secs(3)));
        assert!(!alarm.passed(start + Duration::from_secs(5)));
        poll_fn(|cx| timer.poll(&alarm, cx)).await;
        alarm.clock().tick();
        assert_eq!(start.elapsed().as_secs(), 3);
        assert!(alarm.passed(start + Duration::from_secs(3)));
        assert!(!alarm.passed(start + Duration::from_secs(5)));
        poll_fn(|cx| timer.poll(&alarm, cx)).await;
        alarm.clock().tick();
        assert_eq!(start.elapsed().as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn an_earlier_wish_moves_an_armed_timer() {
        let (alarm, mut timer) = (Alarm::new(Clock::new()), AlarmTimer::new());
        let start = Instant::now();
        assert!(!alarm.passed(start + Duration::from_secs(60)));
        assert!(poll_fn(|cx| Poll::Ready(timer.poll(&alarm, cx))).await.is_pending());
        assert!(!alarm.passed(start + Duration::from_secs(1)));
        poll_fn(|cx| timer.poll(&alarm, cx)).await;
        alarm.clock().tick();
        assert_eq!(start.elapsed().as_secs(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn it_rings_for_a_task_without_budget() {
        let (alarm, mut timer) = (Alarm::new(Clock::new()), AlarmTimer::new());
        let start = Instant::now();
        let deadline = start + Duration::from_secs(1);
        let mut has_begun = false;
        let ringing = poll_fn(|cx| {
            if !std::mem::replace(&mut has_begun, true) {
                while tokio::task::coop::poll_proceed(cx).map(|restore| restore.made_progress()).is_ready() {}
            }
            if alarm.passed(deadline) { Poll::Ready(()) } else { timer.poll(&alarm, cx) }
        });
        tokio::time::timeout(Duration::from_secs(5), ringing).await.expect("it rings");
        assert_eq!(start.elapsed().as_secs(), 1);
    }
}
