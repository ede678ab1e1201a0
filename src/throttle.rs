//! Messages that many causes would repeat: at most one a second is let through.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// The pause between two messages.
const PAUSE: Duration = Duration::from_secs(1);

/// Lets one message a second through, and counts those that it holds back.
#[derive(Debug, Default)]
pub struct Throttle {
    /// When the next may pass, in milliseconds since 1970.
    next: AtomicU64,
    held_back: AtomicU64,
}

impl Throttle {
    #[must_use]
    pub const fn new() -> Self {
        Self { next: AtomicU64::new(0), held_back: AtomicU64::new(0) }
    }

    /// How many messages were held back since the last one, if this one may pass.
    pub fn permit(&self) -> Option<u64> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.permit_at(now)
    }

    fn permit_at(&self, now: Duration) -> Option<u64> {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (now, next) = (millis(now), self.next.load(Ordering::Relaxed));
        // A clock that was set back must not silence anybody.
        let is_due = now >= next || next - now > millis(PAUSE);
        let then = now.saturating_add(millis(PAUSE));
        if !is_due || self.next.compare_exchange(next, then, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            self.held_back.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.held_back.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_second_passes_and_the_others_are_counted() {
        let throttle = Throttle::new();
        for (at, permit) in [
            (50_000, Some(0)),
            (50_001, None),
            (50_999, None),
            (51_000, Some(2)),
            (51_001, None),
            (9_000, Some(1)),
            (9_001, None),
        ] {
            assert_eq!(throttle.permit_at(Duration::from_millis(at)), permit, "{at}");
        }
    }
}
