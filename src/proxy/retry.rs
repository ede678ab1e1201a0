//! When a request may be sent a second time, and when there is another attempt to connect.

use std::time::Duration;

use http::Method;
use tokio::time::Instant;

use super::attempt::{Connections, Failed};
use crate::function::pool::Reuse;

/// Attempts that end before the function has seen the request.
const UNSEEN: usize = 3;

/// The pause between two attempts while no instance is up.
const PAUSE: Duration = Duration::from_millis(50);

/// Whether a request may reach its function twice (RFC 9110 section 9.2.2). A body cannot be read twice.
#[must_use]
pub fn is_repeatable(method: &Method, has_body: bool) -> bool {
    method.is_idempotent() && !has_body
}

/// What follows an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another one, after so long.
    Attempt(Duration),
    /// Nothing: the client gets the error.
    GiveUp,
}

/// The attempts of a request by now.
#[derive(Debug)]
pub(super) struct Attempts {
    /// Whether the request may reach its function twice.
    is_repeatable: bool,
    /// How long to keep trying while no instance is up, and since when that has been so.
    start_wait: Duration,
    connecting_since: Option<Instant>,
    /// Whether each instance has refused a connection.
    have_all_failed: bool,
    unseen: usize,
    connections: Connections,
}

impl Attempts {
    pub(super) fn new(is_repeatable: bool, start_wait: Duration) -> Self {
        let reuse = if is_repeatable { Reuse::Any } else { Reuse::Proven };
        Self {
            is_repeatable,
            start_wait,
            connecting_since: None,
            have_all_failed: false,
            unseen: 0,
            connections: Connections::Idle(reuse),
        }
    }

    /// Which connections the next attempt may use.
    pub(super) fn connections(&self) -> Connections {
        self.connections
    }

    /// A connection is going to be opened.
    pub(super) fn connect(&mut self, now: Instant) {
        self.connecting_since.get_or_insert(now);
    }

    /// Decides what follows. `has_untried` says that there is an instance which this round has not tried; at `end` the request has no time
    /// left.
    pub(super) fn after(&mut self, failed: &Failed, has_untried: bool, now: Instant, end: Instant) -> Next {
        let is_sent_again = match failed {
            Failed::NotConnected(_) => return self.connect_again(has_untried, now, end),
            Failed::NotSent(_) => {
                self.unseen += 1;
                self.unseen < UNSEEN
            }
            // Only where the connection had served a request before, "the function closed it meanwhile" is likely; and only once.
            Failed::Lost { is_reused, is_answered, .. } => {
                self.is_repeatable && *is_reused && !is_answered && self.connections != Connections::New
            }
            Failed::Malformed(_) => false,
        };
        if !is_sent_again {
            return Next::GiveUp;
        }
        self.connections = Connections::New;
        Next::Attempt(Duration::ZERO)
    }

    fn connect_again(&mut self, has_untried: bool, now: Instant, end: Instant) -> Next {
        self.have_all_failed |= !has_untried;
        if !self.have_all_failed {
            return Next::Attempt(Duration::ZERO);
        }
        let give_up = self.connecting_since.unwrap_or(now) + self.start_wait;
        // Why there is no connection says more than that the time is over.
        if now + PAUSE > give_up.min(end) { Next::GiveUp } else { Next::Attempt(PAUSE) }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::function::error::{ConnectError, ExchangeError};
    use crate::message::response::Malformed;

    const AT_ONCE: Next = Next::Attempt(Duration::ZERO);

    fn lost(is_reused: bool, is_answered: bool) -> Failed {
        let error = ExchangeError::Closed(io::ErrorKind::ConnectionReset.into());
        Failed::Lost { error, is_reused, is_answered }
    }

    fn after(attempts: &mut Attempts, failed: &Failed) -> Next {
        let now = Instant::now();
        attempts.after(failed, true, now, now + Duration::from_secs(60))
    }

    #[test]
    fn only_what_can_be_done_twice_is_repeatable() {
        for (method, repeatable) in [
            (Method::GET, true),
            (Method::HEAD, true),
            (Method::PUT, true),
            (Method::DELETE, true),
            (Method::OPTIONS, true),
            (Method::POST, false),
            (Method::PATCH, false),
            (Method::from_bytes(b"PURGE").expect("a token"), false),
        ] {
            assert_eq!(is_repeatable(&method, false), repeatable, "{method}");
            assert!(!is_repeatable(&method, true), "{method}");
        }
    }

    #[test]
    fn what_a_function_may_have_done_is_not_done_again() {
        for (is_repeatable, failed, next) in [
            (true, lost(true, false), AT_ONCE),
            (false, lost(true, false), Next::GiveUp),
            (true, lost(false, false), Next::GiveUp),
            (true, lost(true, true), Next::GiveUp),
            (true, Failed::Malformed(ExchangeError::Malformed(Malformed::Status)), Next::GiveUp),
        ] {
            let mut attempts = Attempts::new(is_repeatable, Duration::ZERO);
            assert_eq!(after(&mut attempts, &failed), next, "{failed:?}");
        }
        let mut attempts = Attempts::new(true, Duration::ZERO);
        assert_eq!(after(&mut attempts, &lost(true, false)), AT_ONCE);
        assert_eq!(attempts.connections(), Connections::New);
        assert_eq!(after(&mut attempts, &lost(true, false)), Next::GiveUp, "only once");
    }

    #[test]
    fn what_a_function_has_not_seen_is_sent_again_a_few_times() {
        let unseen = Failed::NotSent(ExchangeError::Unseen(io::ErrorKind::BrokenPipe.into()));
        let mut attempts = Attempts::new(false, Duration::ZERO);
        let all: Vec<_> = (0..3).map(|_| after(&mut attempts, &unseen)).collect();
        assert_eq!(all, [AT_ONCE, AT_ONCE, Next::GiveUp]);
    }

    #[test]
    fn while_no_instance_is_up_they_are_tried_until_the_wait_is_over() {
        let refused = || Failed::NotConnected(ConnectError::NotHttp2);
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut attempts = Attempts::new(false, second);
        attempts.connect(start);
        assert_eq!(attempts.after(&refused(), true, start, start + 9 * second), AT_ONCE, "another one may be up");
        assert_eq!(attempts.after(&refused(), false, start, start + 9 * second), Next::Attempt(PAUSE));
        assert_eq!(
            attempts.after(&refused(), true, start, start + 9 * second),
            Next::Attempt(PAUSE),
            "all have failed"
        );
        assert_eq!(attempts.after(&refused(), true, start + second, start + 9 * second), Next::GiveUp);
        assert_eq!(attempts.after(&refused(), true, start, start + PAUSE / 2), Next::GiveUp, "no time is left");
    }
}
