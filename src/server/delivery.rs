//! Whether all that was handed to h2 has been written to the client.
//!
//! h2 drops what it holds of a stream that is reset. So a response that breaks off waits here until the connection has written everything
//! that came before, and is reset only then.

use std::cell::{Cell, RefCell};
use std::task::{Context, Poll, Waker};

/// The written and unwritten bytes of one connection, as far as somebody waits for them.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    /// Whether nothing has been left to write since the last flush.
    flushed: Cell<bool>,
    /// How many polls of the connection have ended with everything written while somebody waited.
    completions: Cell<u64>,
    /// Requests whose response has broken off.
    waiting: RefCell<Vec<Waker>>,
    /// The task that drives the connection.
    driver: RefCell<Option<Waker>>,
}

/// When a response began to wait.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Since(Option<u64>);

impl Delivery {
    /// Notes the task that drives the connection.
    pub(super) fn attach(&self, driver: &Waker) {
        let mut slot = self.driver.borrow_mut();
        if !slot.as_ref().is_some_and(|known| known.will_wake(driver)) {
            *slot = Some(driver.clone());
        }
    }

    /// Wakes that task.
    pub(super) fn wake_driver(&self) {
        if let Some(driver) = &*self.driver.borrow() {
            driver.wake_by_ref();
        }
    }

    /// Bytes are about to be written.
    pub(super) fn begin_write(&self) {
        self.flushed.set(false);
    }

    /// All of them have been.
    pub(super) fn flushed(&self) {
        self.flushed.set(true);
    }

    /// The connection has been polled and is pending. h2 flushes in the middle of its work as well, so that a flush alone means nothing.
    pub(super) fn after_poll(&self) {
        if self.flushed.get() && !self.waiting.borrow().is_empty() {
            self.completions.set(self.completions.get() + 1);
            self.waiting.take().into_iter().for_each(Waker::wake);
        }
    }

    /// Ready when all that was handed over before the first call has been written.
    pub(super) fn poll(&self, since: &mut Since, cx: &Context<'_>) -> Poll<()> {
        let completions = self.completions.get();
        if since.0.is_some_and(|began| began < completions) {
            return Poll::Ready(());
        }
        if since.0.replace(completions).is_none() {
            self.wake_driver();
        }
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.iter().any(|known| known.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_over_is_written_after_a_poll_that_flushed() {
        let (delivery, mut since) = (Delivery::default(), Since::default());
        let cx = &Context::from_waker(Waker::noop());
        assert!(delivery.poll(&mut since, cx).is_pending());
        delivery.after_poll();
        assert!(delivery.poll(&mut since, cx).is_pending());
        delivery.flushed();
        delivery.begin_write();
        delivery.after_poll();
        assert!(delivery.poll(&mut since, cx).is_pending());
        delivery.flushed();
        delivery.after_poll();
        assert!(delivery.poll(&mut since, cx).is_ready());
        // Another one that begins now has to wait for the next time.
        assert!(delivery.poll(&mut Since::default(), cx).is_pending());
    }
}
