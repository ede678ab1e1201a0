//! How long an instance that could not be reached is passed over while there are others.
//!
//! One for each instance, shared by the workers. It is read for every request and written only when a connection could not be
//! opened, or could be again: no cache line goes back and forth.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

const LENGTH: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct Cooldown {
    origin: Instant,
    /// Milliseconds since `origin`; zero if the last connection could be opened.
    until: AtomicU64,
}

impl Default for Cooldown {
    fn default() -> Self {
        Self { origin: Instant::now(), until: AtomicU64::new(0) }
    }
}

impl Cooldown {
    #[must_use]
    pub fn is_active(&self, now: Instant) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        until > 0 && self.milliseconds(now) < until
    }

    /// A connection could not be opened, or takes long.
    pub fn begin(&self, now: Instant) {
        self.until.store(self.milliseconds(now + LENGTH), Ordering::Relaxed);
    }

    /// A connection is about to be opened. If the last one could not be, others wait to see what becomes of this one.
    pub fn probe(&self, now: Instant) {
        if self.until.load(Ordering::Relaxed) > 0 {
            self.begin(now);
        }
    }

    /// A connection was opened.
    pub fn end(&self) {
        if self.until.load(Ordering::Relaxed) > 0 {
            self.until.store(0, Ordering::Relaxed);
        }
    }

    fn milliseconds(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.origin).as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_ends_with_a_connection_or_after_its_time() {
        let cooldown = Cooldown::default();
        let began = Instant::now();
        cooldown.probe(began);
        assert!(!cooldown.is_active(began), "nothing has failed yet");
        cooldown.begin(began);
        assert!(cooldown.is_active(began) && cooldown.is_active(began + LENGTH - Duration::from_millis(1)));
        let over = began + LENGTH;
        assert!(!cooldown.is_active(over));
        cooldown.probe(over);
        assert!(cooldown.is_active(over), "one request tries it, the others wait for the outcome");
        cooldown.end();
        assert!(!cooldown.is_active(over));
        cooldown.probe(over);
        assert!(!cooldown.is_active(over));
    }
}
