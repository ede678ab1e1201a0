//! How long an instance keeps idle connections open, as one worker has learnt it.
//!
//! Servers close a connection some time after an answer, and few say when. A request that is on its way at that moment is lost,
//! and if it cannot be sent again its client gets an error. So a connection is reused for such a request only once one has
//! been seen to stay open, and an instance that closes at once gets a connection for each request.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

/// A connection that is open for so long after an answer was not closed because of it.
pub const SETTLED: Duration = Duration::from_millis(100);
/// The pools are looked at once a second: a close that is noticed by then may have come at once.
const LOOK: Duration = Duration::from_secs(1);
/// How long a close is remembered. An instance that was restarted closes connections, too, and that says nothing.
const REMEMBERED: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Persistence {
    /// What the configuration allows.
    most: Duration,
    /// How long an idle connection may be kept, whatever the function says.
    life: Cell<Duration>,
    lowered_until: Cell<Option<Instant>>,
    trust: Cell<Trust>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// No connection was seen to stay open yet.
    Unproven,
    Proven,
    /// Connections are closed at once.
    Banned {
        until: Instant,
    },
}

impl Persistence {
    /// `most` is [`Duration::MAX`] if only what is learnt counts.
    #[must_use]
    pub fn new(most: Duration) -> Self {
        let (life, trust) = (Cell::new(most), Cell::new(Trust::Unproven));
        Self { most, life, lowered_until: Cell::new(None), trust }
    }

    /// Whether idle connections are kept at all.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        !matches!(self.trust.get(), Trust::Banned { .. }) && !self.most.is_zero()
    }

    /// Whether a request that cannot be sent again may use an idle connection.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.trust.get() == Trust::Proven
    }

    /// How long an idle connection is kept at most.
    #[must_use]
    pub fn life(&self) -> Duration {
        self.life.get()
    }

    /// A connection was found open after it had been idle.
    pub fn stayed_open(&self, idle: Duration) {
        if idle >= SETTLED && self.trust.get() == Trust::Unproven {
            self.trust.set(Trust::Proven);
        }
    }

    /// A connection was found closed after it had been idle.
    pub fn was_closed(&self, idle: Duration, now: Instant) {
        match self.trust.get() {
            Trust::Unproven if idle < LOOK => {
                tracing::debug!("an instance closes connections at once; they are not reused for {REMEMBERED:?}");
                self.trust.set(Trust::Banned { until: now + REMEMBERED });
            }
            // It may have been restarted. The next connection shows.
            Trust::Proven if idle < SETTLED => self.trust.set(Trust::Unproven),
            Trust::Unproven | Trust::Proven | Trust::Banned { .. } => {
                self.life.set(self.life.get().min(with_margin(idle)));
                self.lowered_until.set(Some(now + REMEMBERED));
            }
        }
    }

    /// Forgets what was learnt too long ago.
    pub fn forget(&self, now: Instant) {
        if matches!(self.trust.get(), Trust::Banned { until } if now >= until) {
            self.trust.set(Trust::Unproven);
        }
        if self.lowered_until.get().is_some_and(|until| now >= until) {
            self.lowered_until.set(None);
            self.life.set(self.most);
        }
    }
}

/// A second less than a function keeps a connection, or half of it where there is no second to spare.
#[must_use]
pub fn with_margin(kept: Duration) -> Duration {
    kept.saturating_sub(Duration::from_secs(1)).max(kept / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTO: Duration = Duration::MAX;

    /// What is seen of a connection after a number of milliseconds.
    #[derive(Clone, Copy, Debug)]
    enum Seen {
        Open(u64),
        Closed(u64),
    }
    use Seen::{Closed, Open};

    #[tokio::test(start_paused = true)]
    async fn a_request_that_cannot_be_repeated_waits_for_proof() {
        let milliseconds = Duration::from_millis;
        for (seen, is_allowed, is_proven, life) in [
            (vec![], true, false, AUTO),
            (vec![Open(99)], true, false, AUTO),
            (vec![Open(100)], true, true, AUTO),
            // An instance that closes at once.
            (vec![Closed(0)], false, false, AUTO),
            (vec![Closed(999)], false, false, AUTO),
            (vec![Closed(5), Open(100)], false, false, AUTO),
            // One that keeps connections for a second and more.
            (vec![Closed(1000)], true, false, milliseconds(500)),
            (vec![Open(500), Closed(3000)], true, true, milliseconds(2000)),
            (vec![Open(500), Closed(3000), Closed(600), Closed(2000)], true, true, milliseconds(300)),
            // One that was restarted, and one that was restarted with another keep-alive.
            (vec![Open(500), Closed(20)], true, false, AUTO),
            (vec![Open(500), Closed(20), Open(150)], true, true, AUTO),
            (vec![Open(500), Closed(20), Closed(20)], false, false, AUTO),
        ] {
            let persistence = Persistence::new(AUTO);
            let now = Instant::now();
            for seen in &seen {
                match *seen {
                    Open(idle) => persistence.stayed_open(milliseconds(idle)),
                    Closed(idle) => persistence.was_closed(milliseconds(idle), now),
                }
            }
            let learnt = (persistence.is_allowed(), persistence.is_proven(), persistence.life());
            assert_eq!(learnt, (is_allowed, is_proven, life), "{seen:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_learnt_is_forgotten_in_time() {
        let persistence = Persistence::new(AUTO);
        let now = Instant::now();
        persistence.was_closed(Duration::ZERO, now);
        persistence.forget(now + REMEMBERED - Duration::from_millis(1));
        assert!(!persistence.is_allowed());
        persistence.forget(now + REMEMBERED);
        assert!(persistence.is_allowed() && !persistence.is_proven());
        persistence.was_closed(Duration::from_secs(3), now);
        persistence.forget(now + REMEMBERED - Duration::from_millis(1));
        assert_eq!(persistence.life(), Duration::from_secs(2));
        persistence.forget(now + REMEMBERED);
        assert_eq!(persistence.life(), AUTO);
    }

    #[test]
    fn the_configuration_caps_what_is_learnt() {
        let none = Persistence::new(Duration::ZERO);
        assert!(!none.is_allowed());
        let capped = Persistence::new(Duration::from_secs(2));
        assert_eq!((capped.is_allowed(), capped.life()), (true, Duration::from_secs(2)));
    }

    #[test]
    fn a_margin_is_a_second_or_half() {
        for (kept, left) in [(0, 0), (400, 200), (1000, 500), (2000, 1000), (5000, 4000)] {
            assert_eq!(with_margin(Duration::from_millis(kept)), Duration::from_millis(left), "{kept}");
        }
    }
}
