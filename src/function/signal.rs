//! Wakes the task that drives a link, but not for what that task does itself.
//!
//! hyper joins its parts by channels, and each takes and gives wakers. When a task reads the body of an answer from one, it
//! wakes the other end, which is a connection that the very same task drives: it would be run once more for nothing, in every
//! request. A link therefore has a waker of its own, which passes on what comes from outside.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// The waker of one link. Everything happens on one thread; the types are those that a waker has to have.
#[derive(Debug, Default)]
pub struct Signal {
    task: Mutex<Option<Waker>>,
    muted: AtomicBool,
}

impl Signal {
    /// From now on this task is woken.
    pub fn attach(&self, waker: &Waker) {
        let mut task = self.task();
        if !task.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *task = Some(waker.clone());
        }
    }

    /// From now on nobody is woken.
    pub fn detach(&self) {
        *self.task() = None;
    }

    /// Does something that nobody has to be woken for, since the caller goes on to drive the link.
    pub fn muted<T>(&self, work: impl FnOnce() -> T) -> T {
        self.muted.store(true, Ordering::Relaxed);
        let result = work();
        self.muted.store(false, Ordering::Relaxed);
        result
    }

    fn task(&self) -> MutexGuard<'_, Option<Waker>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.muted.load(Ordering::Relaxed)
            && let Some(task) = &*self.task()
        {
            task.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Debug, Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn it_passes_on_what_comes_from_outside() {
        let (signal, counter) = (Arc::new(Signal::default()), Arc::new(Counter::default()));
        let (waker, task) = (Waker::from(signal.clone()), Waker::from(counter.clone()));
        let woken = || counter.0.swap(0, Ordering::Relaxed);
        waker.wake_by_ref();
        assert_eq!(woken(), 0);
        signal.attach(&task);
        waker.wake_by_ref();
        assert_eq!(woken(), 1);
        signal.muted(|| waker.wake_by_ref());
        assert_eq!(woken(), 0);
        waker.wake_by_ref();
        assert_eq!(woken(), 1);
        signal.detach();
        waker.wake();
        assert_eq!(woken(), 0);
    }
}
