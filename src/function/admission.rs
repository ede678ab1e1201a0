//! The slots of a function: how many requests may be in flight, and who waits for the next one.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// The slots and the queue of one function version, shared by all workers. Limits may change while requests run.
///
/// Without a limit nothing is written here, so that workers do not take a cache line from each other for a number that nobody
/// compares. A limit that comes with a reload therefore counts the requests from then on.
#[derive(Debug, Default)]
pub struct Admission {
    /// Zero is no limit.
    limit: AtomicUsize,
    queue: AtomicUsize,
    taken: AtomicUsize,
    waiting: AtomicUsize,
    freed: Notify,
}

/// A slot, or the leave to do without one where there is no limit; given back when dropped.
#[derive(Debug)]
pub struct Slot(Option<Arc<Admission>>);

/// Why there is no slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("all slots are taken and the queue is full")]
    QueueFull,
    #[error("no slot became free in time")]
    QueueTimeout,
}

impl Admission {
    /// Sets how many requests may be in flight, and how many may wait.
    pub fn set_limits(&self, limit: Option<NonZeroUsize>, queue: usize) {
        self.limit.store(limit.map_or(0, NonZeroUsize::get), Ordering::Relaxed);
        self.queue.store(queue, Ordering::Relaxed);
        self.freed.notify_waiters();
    }

    /// A slot at once, if one is free and nobody waits for it.
    #[must_use]
    pub fn try_admit(self: &Arc<Self>) -> Option<Slot> {
        if self.waiting.load(Ordering::Relaxed) == 0 { self.take() } else { None }
    }

    /// Waits for a slot, at most `timeout`.
    ///
    /// # Errors
    /// [`Refused`] when the queue is full or the time is over.
    pub async fn admit(self: &Arc<Self>, timeout: Duration) -> Result<Slot, Refused> {
        let _place = Place::take(self).ok_or(Refused::QueueFull)?;
        let wait = async {
            loop {
                // Registered before looking, so that no slot is freed unseen in between.
                let mut freed = std::pin::pin!(self.freed.notified());
                freed.as_mut().enable();
                if let Some(slot) = self.take() {
                    return slot;
                }
                freed.await;
            }
        };
        tokio::time::timeout(timeout, wait).await.map_err(|_elapsed| Refused::QueueTimeout)
    }

    fn take(self: &Arc<Self>) -> Option<Slot> {
        let limit = self.limit.load(Ordering::Relaxed);
        if limit == 0 {
            return Some(Slot(None));
        }
        let free = |taken: usize| (taken < limit).then_some(taken + 1);
        self.taken.fetch_update(Ordering::Acquire, Ordering::Relaxed, free).ok().map(|_| Slot(Some(self.clone())))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(admission) = &self.0 else { return };
        admission.taken.fetch_sub(1, Ordering::Release);
        if admission.waiting.load(Ordering::SeqCst) > 0 {
            admission.freed.notify_one();
        }
    }
}

/// A place in the queue; left when dropped.
struct Place<'a>(&'a Admission);

impl<'a> Place<'a> {
    fn take(admission: &'a Admission) -> Option<Self> {
        let bound = admission.queue.load(Ordering::Relaxed);
        let free = |waiting: usize| (waiting < bound).then_some(waiting + 1);
        admission.waiting.fetch_update(Ordering::SeqCst, Ordering::Relaxed, free).ok().map(|_| Self(admission))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
        // Whoever leaves may have been woken for a slot that it did not take, or have kept newcomers away from one.
        if self.0.waiting.load(Ordering::SeqCst) > 0 {
            self.0.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(limit: usize, queue: usize) -> Arc<Admission> {
        let admission = Arc::new(Admission::default());
        admission.set_limits(NonZeroUsize::new(limit), queue);
        admission
    }

    impl Admission {
        fn taken(&self) -> usize {
            self.taken.load(Ordering::Relaxed)
        }

        fn waiting(&self) -> usize {
            self.waiting.load(Ordering::Relaxed)
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn slots_then_queue_then_refusal() {
        let admission = admission(1, 1);
        let held = admission.try_admit().expect("a free slot");
        assert!(admission.try_admit().is_none());
        let waiting = tokio::spawn({
            let admission = admission.clone();
            async move { admission.admit(SECOND).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(admission.waiting(), 1);
        assert_eq!(admission.admit(SECOND).await.expect_err("full"), Refused::QueueFull);
        drop(held);
        let slot = waiting.await.expect("no panic").expect("a slot");
        assert_eq!((admission.taken(), admission.waiting()), (1, 0));
        drop(slot);
        assert_eq!(admission.taken(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_gives_up_in_time_and_leaves_no_trace() {
        let admission = admission(1, 5);
        let held = admission.try_admit().expect("a free slot");
        assert_eq!(admission.admit(SECOND).await.expect_err("timeout"), Refused::QueueTimeout);
        assert_eq!(admission.waiting(), 0);
        drop(held);
        assert!(admission.try_admit().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_forgotten_when_waiters_leave_in_the_middle() {
        let admission = admission(2, 100);
        for _ in 0..200 {
            let held: Vec<_> = (0..2).map(|_| admission.try_admit().expect("a free slot")).collect();
            let mut waiters: Vec<_> = (0..10)
                .map(|_| {
                    let admission = admission.clone();
                    tokio::spawn(async move { admission.admit(SECOND).await.map(drop) })
                })
                .collect();
            tokio::task::yield_now().await;
            drop(held);
            for waiter in waiters.drain(..).step_by(3) {
                waiter.abort();
            }
            while admission.waiting() > 0 {
                tokio::task::yield_now().await;
            }
            assert_eq!(admission.taken(), 0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_raised_limit_frees_those_who_wait() {
        let admission = admission(1, 5);
        let _held = admission.try_admit().expect("a free slot");
        let waiting = tokio::spawn({
            let admission = admission.clone();
            async move { admission.admit(SECOND).await.map(|_slot| ()) }
        });
        tokio::task::yield_now().await;
        admission.set_limits(NonZeroUsize::new(2), 5);
        assert_eq!(waiting.await.expect("no panic"), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_comes_later_counts_from_then_on() {
        let admission = admission(0, 0);
        let free: Vec<_> = (0..9).map(|_| admission.try_admit().expect("no limit")).collect();
        admission.set_limits(NonZeroUsize::new(1), 0);
        let held = admission.try_admit().expect("a free slot");
        assert!(admission.try_admit().is_none());
        drop(free);
        assert!(admission.try_admit().is_none());
        drop(held);
        assert_eq!(admission.taken(), 0);
    }
}
