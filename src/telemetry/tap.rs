//! Where the requests of each worker can be listened to. While nobody listens, a worker looks at one byte of its own and does nothing.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::live::{Collected, Outcome};
use super::route::Route;
use super::tail::{RequestEvent, Ring};

/// What can be listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Requests one by one.
    Tail,
    /// Their numbers.
    Live,
}

impl Topic {
    const ALL: [Self; 2] = [Self::Tail, Self::Live];

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What one worker leaves for those who listen. The other side takes it by swapping it out, so that neither waits for the other's work.
#[derive(Debug, Default)]
pub(super) struct Tap {
    /// The topics that somebody listens to.
    topics: AtomicU8,
    ring: Mutex<Ring>,
    collected: Mutex<Collected>,
}

impl Tap {
    /// Whether anybody listens to anything.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.topics.load(Ordering::Relaxed) != 0
    }

    pub(super) fn is_open_for(&self, topic: Topic) -> bool {
        self.topics.load(Ordering::Relaxed) & topic.bit() != 0
    }

    /// Leaves an event of a request that ended then, if there is room for it.
    pub(super) fn push(&self, ended: Instant, make: impl FnOnce() -> RequestEvent) {
        lock(&self.ring).push(ended, make);
    }

    /// Counts a request.
    pub(super) fn count(&self, route: &Arc<Route>, outcome: Outcome) {
        lock(&self.collected).add(route, outcome);
    }

    fn clear(&self, topic: Topic) {
        match topic {
            Topic::Tail => drop(std::mem::take(&mut *lock(&self.ring))),
            Topic::Live => drop(std::mem::take(&mut *lock(&self.collected))),
        }
    }
}

/// The taps of all workers.
#[derive(Debug, Default)]
pub struct Taps {
    state: Mutex<State>,
    opened: [Notify; Topic::ALL.len()],
}

#[derive(Debug, Default)]
struct State {
    taps: Vec<Arc<Tap>>,
    listeners: [usize; Topic::ALL.len()],
    /// Since when somebody listens to each, or last began to.
    since: [Option<Instant>; Topic::ALL.len()],
}

impl State {
    fn is_open(&self, topic: Topic) -> bool {
        self.listeners[topic as usize] > 0
    }

    /// Tells the workers which topics are listened to.
    fn announce(&self) {
        let open = Topic::ALL.into_iter().filter(|topic| self.is_open(*topic));
        let topics = open.fold(0, |topics, topic| topics | topic.bit());
        self.taps.iter().for_each(|tap| tap.topics.store(topics, Ordering::Relaxed));
    }
}

impl Taps {
    /// The tap of another worker.
    pub(super) fn join(&self) -> Arc<Tap> {
        let tap = Arc::new(Tap::default());
        let mut state = lock(&self.state);
        state.taps.push(tap.clone());
        state.announce();
        tap
    }

    /// Has the workers leave what belongs to a topic, until the last who listens to it has dropped what this returns.
    #[must_use]
    pub fn listen(self: &Arc<Self>, topic: Topic) -> Listening {
        let mut state = lock(&self.state);
        if !state.is_open(topic) {
            // A worker may have been about to leave something when the last one stopped to listen.
            state.taps.iter().for_each(|tap| tap.clear(topic));
            state.since[topic as usize] = Some(Instant::now());
            self.opened[topic as usize].notify_one();
        }
        state.listeners[topic as usize] += 1;
        state.announce();
        Listening { taps: self.clone(), topic }
    }

    #[must_use]
    pub fn is_open(&self, topic: Topic) -> bool {
        lock(&self.state).is_open(topic)
    }

    /// Since when somebody has listened to a topic without a break; none if nobody does.
    #[must_use]
    pub fn open_since(&self, topic: Topic) -> Option<Instant> {
        let state = lock(&self.state);
        state.since[topic as usize].filter(|_| state.is_open(topic))
    }

    /// Returns when somebody listens to a topic. One task at most may wait for each.
    pub async fn opened(&self, topic: Topic) {
        while !self.is_open(topic) {
            self.opened[topic as usize].notified().await;
        }
    }

    /// The events of all workers since the last time, in the order in which their requests ended, and how many more there were.
    #[must_use]
    pub fn take_events(&self) -> (Vec<RequestEvent>, u64) {
        let rings: Vec<_> = self.all().iter().map(|tap| std::mem::take(&mut *lock(&tap.ring))).collect();
        let lost = rings.iter().map(|ring| ring.lost).sum();
        let mut events: Vec<_> = rings.into_iter().flat_map(|ring| ring.events).collect();
        events.sort_by_key(|(ended, _)| *ended);
        (events.into_iter().map(|(_, event)| event).collect(), lost)
    }

    /// What each worker has counted since the last time.
    #[must_use]
    pub fn take_counts(&self) -> Vec<Collected> {
        self.all().iter().map(|tap| std::mem::take(&mut *lock(&tap.collected))).collect()
    }

    fn all(&self) -> Vec<Arc<Tap>> {
        lock(&self.state).taps.clone()
    }
}

/// Somebody who listens to a topic, until this is dropped.
#[derive(Debug)]
pub struct Listening {
    taps: Arc<Taps>,
    topic: Topic,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut state = lock(&self.taps.state);
        state.listeners[self.topic as usize] -= 1;
        if !state.is_open(self.topic) {
            state.announce();
            state.taps.iter().for_each(|tap| tap.clear(self.topic));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
