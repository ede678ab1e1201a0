//! Numbers that one worker writes and anyone may read.
//!
//! A request counts in a dozen places. If the workers shared those numbers, each would take the cache line from the others in
//! every request. So every worker has its own, which it alone changes, without a locked instruction; a scrape adds them up.
//! Whoever calls a method that changes a number here has to be that one worker: two writers would lose counts, no more.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Upper bounds of the buckets of a [`Timing`], in seconds. Above the last there is one bucket more.
pub const BOUNDS: [f64; 15] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// The same in microseconds, to compare without floating point.
const MICROS: [u128; BOUNDS.len()] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000, 30_000_000, 60_000_000,
];

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn add(&self, count: u64) {
        self.0.store(self.get().wrapping_add(count), Ordering::Relaxed);
    }

    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Level(AtomicI64);

impl Level {
    pub fn inc(&self) {
        self.0.store(self.get() + 1, Ordering::Relaxed);
    }

    pub fn dec(&self) {
        self.0.store(self.get() - 1, Ordering::Relaxed);
    }

    #[must_use]
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A histogram of durations.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Timing {
    buckets: [Count; BOUNDS.len() + 1],
    nanos: Count,
}

impl Timing {
    pub fn observe(&self, duration: Duration) {
        let micros = duration.as_nanos().div_ceil(1000);
        let bucket = MICROS.iter().position(|&bound| micros <= bound).unwrap_or(BOUNDS.len());
        self.buckets[bucket].add(1);
        self.nanos.add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Adds what was observed to a sum.
    pub fn add_to(&self, sum: &mut TimingSum) {
        for (total, bucket) in sum.buckets.iter_mut().zip(&self.buckets) {
            *total += bucket.get();
        }
        sum.seconds += Duration::from_nanos(self.nanos.get()).as_secs_f64();
    }
}

/// Several [`Timing`]s added up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TimingSum {
    /// How many were observed in each bucket, not cumulative.
    pub buckets: [u64; BOUNDS.len() + 1],
    pub seconds: f64,
}

/// Answers by status code, 100 to 599 in pages of 20 that are made when a code is first seen.
#[derive(Default)]
pub struct Codes([OnceLock<Box<[Count; 20]>>; 25]);

impl Codes {
    pub fn count(&self, code: u16) {
        let index = usize::from(code.clamp(100, 599) - 100);
        self.0[index / 20].get_or_init(Box::default)[index % 20].add(1);
    }

    /// Every code that was counted, in order, with its number.
    pub fn seen(&self) -> impl Iterator<Item = (usize, u64)> {
        let pages = self.0.iter().enumerate().filter_map(|(page, counts)| Some((page, counts.get()?)));
        pages
            .flat_map(|(page, counts)| {
                counts.iter().enumerate().map(move |(slot, count)| (100 + page * 20 + slot, count.get()))
            })
            .filter(|(_, count)| *count > 0)
    }
}

impl fmt::Debug for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.seen()).finish()
    }
}

/// One set of numbers for each worker.
#[derive(Debug)]
pub struct Shards<S>(Mutex<Vec<Option<Arc<S>>>>);

impl<S> Default for Shards<S> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<S: Default> Shards<S> {
    /// The numbers of one worker, made when it first asks. To be kept: finding them takes a lock.
    #[must_use]
    pub fn of(&self, worker: usize) -> Arc<S> {
        let mut shards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shards.len() <= worker {
            shards.resize_with(worker + 1, || None);
        }
        shards[worker].get_or_insert_default().clone()
    }

    /// Shows the numbers of every worker that has some.
    pub fn for_each(&self, look: impl FnMut(&S)) {
        let shards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shards.iter().flatten().map(|shard| &**shard).for_each(look);
    }

    /// Adds up one number of all workers.
    pub fn sum(&self, mut number: impl FnMut(&S) -> i64) -> i64 {
        let mut sum = 0;
        self.for_each(|shard| sum += number(shard));
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_the_bucket_that_ends_with_it() {
        for (micros, bucket) in [(0, 0), (1_000, 0), (1_001, 1), (60_000_000, 14), (60_000_001, 15)] {
            let timing = Timing::default();
            timing.observe(Duration::from_micros(micros));
            let mut sum = TimingSum::default();
            timing.add_to(&mut sum);
            assert_eq!(sum.buckets.iter().position(|count| *count == 1), Some(bucket), "{micros}");
            assert!((sum.seconds - Duration::from_micros(micros).as_secs_f64()).abs() < 1e-9);
        }
        let just_over = Timing::default();
        just_over.observe(Duration::from_nanos(1_000_001));
        let mut sum = TimingSum::default();
        just_over.add_to(&mut sum);
        assert_eq!(sum.buckets[1], 1);
    }

    #[test]
    fn both_lists_of_bounds_are_the_same() {
        for (seconds, micros) in BOUNDS.into_iter().zip(MICROS) {
            assert_eq!(Duration::from_secs_f64(seconds).as_nanos(), micros * 1000);
        }
    }

    #[test]
    fn every_code_has_its_place() {
        let codes = Codes::default();
        for code in [100, 119, 120, 200, 200, 599, 9, 700] {
            codes.count(code);
        }
        assert_eq!(codes.seen().collect::<Vec<_>>(), [(100, 2), (119, 1), (120, 1), (200, 2), (599, 2)]);
    }

    #[test]
    fn workers_count_apart_and_are_added_up() {
        let shards = Shards::<Level>::default();
        shards.of(2).inc();
        shards.of(0).inc();
        shards.of(2).inc();
        assert!(Arc::ptr_eq(&shards.of(2), &shards.of(2)));
        assert_eq!(shards.sum(Level::get), 3);
    }
}
