//! Graceful stop of one worker: who is still at work, and what phase the stop has reached.
//!
//! Everything here stays on one thread. A connection looks at a plain cell when it is polled; only a change of phase wakes
//! it. That is why this is not a `watch` channel: polling one takes a lock in every poll.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use slab::Slab;

/// How far a stop has come. Phases only advance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    #[default]
    Running,
    /// Finish what is in flight, accept nothing new.
    Draining,
    /// The time for it is over: give up what is left.
    Expired,
}

/// The stop signal of one worker and the list of those who must leave before it ends.
#[derive(Clone, Debug, Default)]
pub struct Drain {
    inner: Rc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    phase: Cell<Phase>,
    seats: RefCell<Slab<Option<Waker>>>,
    waiting: RefCell<Option<Waker>>,
}

/// A place among those whom a stop waits for. Leaves when dropped.
#[derive(Debug)]
pub struct Seat {
    drain: Drain,
    key: usize,
}

impl Drain {
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.inner.phase.get()
    }

    /// Takes a seat.
    #[must_use]
    pub fn join(&self) -> Seat {
        Seat { drain: self.clone(), key: self.inner.seats.borrow_mut().insert(None) }
    }

    /// How many seats are taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.seats.borrow().len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Moves to a later phase and wakes every seat. An earlier or equal phase changes nothing.
    pub fn advance(&self, phase: Phase) {
        if phase <= self.phase() {
            return;
        }
        self.inner.phase.set(phase);
        for (_, waker) in self.inner.seats.borrow_mut().iter_mut() {
            if let Some(waker) = waker.take() {
                waker.wake();
            }
        }
    }

    /// Returns when no seat is taken.
    pub async fn emptied(&self) {
        poll_fn(|cx| {
            if self.is_empty() {
                return Poll::Ready(());
            }
            self.inner.waiting.replace(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

impl Seat {
    /// A further seat in the same drain.
    #[must_use]
    pub fn another(&self) -> Self {
        self.drain.join()
    }

    #[must_use]
    pub fn phase(&self) -> Phase {
        self.drain.phase()
    }

    /// The phase now; the task is woken when it changes.
    pub fn poll_phase(&self, cx: &Context<'_>) -> Phase {
        if let Some(slot @ None) = self.drain.inner.seats.borrow_mut().get_mut(self.key) {
            *slot = Some(cx.waker().clone());
        }
        self.phase()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.drain.inner.seats.borrow_mut().remove(self.key);
        if self.drain.is_empty()
            && let Some(waker) = self.drain.inner.waiting.take()
        {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn waits_for_the_last_seat_and_wakes_the_sitting() {
        let local = tokio::task::LocalSet::new();
        local
            .run_until(async {
                let drain = Drain::default();
                for _ in 0..3 {
                    let seat = drain.join();
                    tokio::task::spawn_local(async move {
                        poll_fn(|cx| match seat.poll_phase(cx) {
                            Phase::Running => Poll::Pending,
                            Phase::Draining | Phase::Expired => Poll::Ready(()),
                        })
                        .await;
                    });
                }
                tokio::task::yield_now().await;
                assert_eq!(drain.len(), 3);
                drain.advance(Phase::Draining);
                drain.emptied().await;
                assert!(drain.is_empty());
            })
            .await;
    }

    #[test]
    fn phases_never_go_back() {
        let drain = Drain::default();
        drain.advance(Phase::Expired);
        drain.advance(Phase::Draining);
        assert_eq!(drain.phase(), Phase::Expired);
    }
}
