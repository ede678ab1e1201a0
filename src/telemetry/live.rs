//! What one worker counts of its requests while somebody looks: by what they were routed to, with a histogram that is finer than
//! that of the metrics.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;

use super::route::Route;

/// Classes of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 2xx, and the 101 of a tunnel.
    Success,
    Redirection,
    /// 4xx but 429.
    ClientError,
    TooManyRequests,
    ServerError,
    /// The client left before the head of an answer.
    ClientLeft,
}

impl Class {
    pub const COUNT: usize = 6;

    fn of(outcome: Outcome) -> Self {
        match outcome.status {
            _ if outcome.is_client_gone => Self::ClientLeft,
            429 => Self::TooManyRequests,
            ..300 => Self::Success,
            300..400 => Self::Redirection,
            400..500 => Self::ClientError,
            500.. => Self::ServerError,
        }
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    pub status: u16,
    /// Whether the client left before the head of an answer.
    pub is_client_gone: bool,
    /// Why the gateway itself answered.
    pub reason: Option<&'static str>,
    pub duration: Duration,
}

/// Requests that are over.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    classes: [u64; Class::COUNT],
    /// Answers of the gateway's own, by reason.
    pub refusals: BTreeMap<&'static str, u64>,
    pub durations: Histogram,
}

impl Counts {
    pub fn add(&mut self, outcome: Outcome) {
        self.classes[Class::of(outcome) as usize] += 1;
        if let Some(reason) = outcome.reason {
            *self.refusals.entry(reason).or_insert(0) += 1;
        }
        self.durations.observe(outcome.duration);
    }

    pub fn merge(&mut self, other: &Self) {
        self.classes.iter_mut().zip(other.classes).for_each(|(sum, count)| *sum += count);
        for (reason, count) in &other.refusals {
            *self.refusals.entry(reason).or_insert(0) += count;
        }
        self.durations.merge(&other.durations);
    }

    #[must_use]
    pub fn requests(&self) -> u64 {
        self.classes.iter().sum()
    }

    #[must_use]
    pub fn of_class(&self, class: Class) -> u64 {
        self.classes[class as usize]
    }
}

/// The requests of one worker since they were last taken, by route.
#[derive(Debug, Default)]
pub struct Collected(
    /// By the address of the route, which it keeps from being used again.
    HashMap<usize, (Arc<Route>, Counts)>,
);

impl Collected {
    pub fn add(&mut self, route: &Arc<Route>, outcome: Outcome) {
        let entry = self.0.entry(Arc::as_ptr(route).addr());
        entry.or_insert_with(|| (route.clone(), Counts::default())).1.add(outcome);
    }

    pub fn routes(&self) -> impl Iterator<Item = (&Route, &Counts)> {
        self.0.values().map(|(route, counts)| (&**route, counts))
    }
}

/// A histogram of durations whose buckets are a sixteenth of their power of two wide: the middle of a bucket is off by 3 % at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// As far as anything was observed.
    buckets: Vec<u64>,
}

/// Buckets of each power of two, and the microseconds up to which each is a bucket of its own.
const STEPS: u64 = 16;
/// Whatever takes longer is counted as if it took so long.
const LONGEST: Duration = Duration::from_secs(30 * 60);

impl Histogram {
    pub fn observe(&mut self, duration: Duration) {
        let index = bucket(duration);
        if self.buckets.len() <= index {
            self.buckets.resize(index + 1, 0);
        }
        self.buckets[index] += 1;
    }

    pub fn merge(&mut self, other: &Self) {
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        self.buckets.iter_mut().zip(&other.buckets).for_each(|(sum, count)| *sum += count);
    }

    /// The duration that this many percent of all did not exceed; none without any.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let rank = (self.buckets.iter().sum::<u64>() * percent).div_ceil(100).max(1);
        let mut below = 0;
        let index = self.buckets.iter().position(|count| {
            below += count;
            below >= rank
        })?;
        Some(middle(index))
    }
}

/// Where a duration is counted: whole microseconds up to [`STEPS`], then by the power of two and the four bits behind its first.
fn bucket(duration: Duration) -> usize {
    let micros = u64::try_from(duration.min(LONGEST).as_micros()).unwrap_or(u64::MAX);
    let Some(doublings) = micros.checked_ilog2().and_then(|power| power.checked_sub(STEPS.ilog2())) else {
        return usize::try_from(micros).unwrap_or(0);
    };
    let index = u64::from(doublings) * STEPS + (micros >> doublings);
    usize::try_from(index).unwrap_or(0)
}

/// The middle of a bucket.
fn middle(index: usize) -> Duration {
    let index = index as u64;
    // Of the first two powers, every microsecond has a bucket.
    let doublings = (index / STEPS).saturating_sub(1);
    let lowest = (index - doublings * STEPS) << doublings;
    Duration::from_nanos(lowest * 1000 + (1000 << doublings) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_off_by_three_percent_at_most() {
        let mut micros = 100;
        while micros <= 1_800_000_000 {
            let mut histogram = Histogram::default();
            let duration = Duration::from_micros(micros);
            histogram.observe(duration);
            let found = histogram.percentile(99).expect("one").as_secs_f64();
            let error = (found - duration.as_secs_f64()).abs() / duration.as_secs_f64();
            assert!(error <= 1.0 / 32.0 + 1e-9, "{duration:?}: {found}");
            micros += micros / 97 + 1;
        }
    }

    #[test]
    fn buckets_follow_each_other_without_a_gap() {
        let mut last = 0;
        for micros in 0..200_000 {
            let index = bucket(Duration::from_micros(micros));
            assert!(index == last || index == last + 1, "{micros}: {index} after {last}");
            last = index;
        }
        assert_eq!(bucket(LONGEST), bucket(Duration::MAX), "what takes longer is in the last");
        assert!(bucket(LONGEST) < 500, "{}", bucket(LONGEST));
    }

    #[test]
    fn percentiles_are_those_of_all_workers() {
        let mut one = Histogram::default();
        let mut other = Histogram::default();
        assert_eq!(one.percentile(50), None);
        for milliseconds in 1..=100 {
            let histogram = if milliseconds % 2 == 0 { &mut one } else { &mut other };
            histogram.observe(Duration::from_millis(milliseconds));
        }
        one.merge(&other);
        for (percent, expected) in [(50, 0.050), (95, 0.095), (99, 0.099), (100, 0.100)] {
            let found = one.percentile(percent).expect("some").as_secs_f64();
            assert!((found - expected).abs() / expected < 0.032, "p{percent}: {found}");
        }
    }

    #[test]
    fn every_answer_has_one_class() {
        let mut counts = Counts::default();
        let outcome = |status, is_client_gone, reason| Outcome {
            status,
            is_client_gone,
            reason,
            duration: Duration::from_millis(1),
        };
        for (status, is_client_gone, class) in [
            (101, false, Class::Success),
            (204, false, Class::Success),
            (304, false, Class::Redirection),
            (404, false, Class::ClientError),
            // A function may answer so, too.
            (499, false, Class::ClientError),
            (499, true, Class::ClientLeft),
            (429, false, Class::TooManyRequests),
            (500, false, Class::ServerError),
            (599, false, Class::ServerError),
        ] {
            let before = counts.of_class(class);
            counts.add(outcome(status, is_client_gone, None));
            assert_eq!(counts.of_class(class), before + 1, "{status}");
        }
        counts.add(outcome(404, false, Some("no_api")));
        let mut sum = counts.clone();
        sum.merge(&counts);
        assert_eq!((sum.requests(), sum.refusals["no_api"]), (20, 2));
    }
}
