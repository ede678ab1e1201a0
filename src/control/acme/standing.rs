//! When the certificate of a name is to be renewed: when two thirds of its time are over, or when the server says, within reason.

use std::time::{Duration, SystemTime};

use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;

use crate::certificate;

/// After a failure. Doubles each time, up to `LONGEST_BACKOFF`.
pub(super) const BACKOFF: Duration = Duration::from_secs(60);
const LONGEST_BACKOFF: Duration = Duration::from_secs(6 * 3600);
/// How long a new certificate is kept, even if the server wants it to be renewed: one order would follow the other for ever.
const KEEP: Duration = Duration::from_secs(24 * 3600);

/// How things stand with one name.
pub(super) struct Standing {
    pub(super) leaf: Option<CertificateDer<'static>>,
    /// When a certificate is to be ordered.
    pub(super) due: SystemTime,
    /// The server may not want it before.
    earliest: SystemTime,
    /// Nor after, if it is known how long the certificate is good.
    latest: Option<SystemTime>,
    /// When the server is to be asked for that time.
    pub(super) ask: SystemTime,
    /// From when to when the server wants it, if it says so.
    pub(super) window: Option<(SystemTime, SystemTime)>,
    pub(super) failures: u32,
    pub(super) said: Option<String>,
}

impl Standing {
    /// Nothing is as good as old.
    pub(super) fn of(key: Option<&CertifiedKey>) -> Self {
        let leaf = key.and_then(|key| key.cert.first()).cloned();
        let validity = leaf.as_ref().and_then(certificate::validity);
        let due = validity.map_or(SystemTime::UNIX_EPOCH, renewal);
        let (earliest, latest) = (SystemTime::UNIX_EPOCH, validity.map(latest));
        Self { leaf, due, earliest, latest, ask: SystemTime::now(), window: None, failures: 0, said: None }
    }

    pub(super) fn just_issued(key: &CertifiedKey) -> Self {
        let standing = Self::of(Some(key));
        Self { earliest: standing.due.min(SystemTime::now() + KEEP), ..standing }
    }

    pub(super) fn postpone(&mut self, failures: u32) {
        self.due = SystemTime::now() + backoff(failures);
        self.failures = failures.saturating_add(1);
    }

    /// Chooses a moment in the window that the server wants, so that not all come at once. One that was chosen stays, unless the
    /// window moves away from it.
    pub(super) fn follow(&mut self, start: i64, end: i64) {
        if start >= end {
            // No window, which is as good as no answer (RFC 9773 section 4.2).
            return;
        }
        let window = (time(start), time(end));
        if self.window.is_none() || !(window.0..window.1).contains(&self.due) {
            let wanted = time(fastrand::i64(start..end)).max(self.earliest);
            self.due = self.latest.map_or(wanted, |latest| wanted.min(latest));
        }
        self.window = Some(window);
    }
}

/// When two thirds of its time are over.
fn renewal((start, end): (i64, i64)) -> SystemTime {
    time(start + (end - start) / 3 * 2)
}

/// When a tenth of its time is left, which is for what may go wrong.
fn latest((start, end): (i64, i64)) -> SystemTime {
    time(end - (end - start) / 10)
}

fn time(seconds: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

fn backoff(failures: u32) -> Duration {
    BACKOFF.saturating_mul(2u32.saturating_pow(failures.min(16))).min(LONGEST_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_tried_again_after_a_minute_then_later_and_later() {
        let minutes = |failures| backoff(failures).as_secs() / 60;
        assert_eq!([0, 1, 2, 8, 9, 1000].map(minutes), [1, 2, 4, 256, 360, 360]);
    }

    #[test]
    fn a_certificate_is_renewed_after_two_thirds_of_its_time() {
        assert_eq!(renewal((1000, 1000 + 90 * 86400)), time(1000 + 60 * 86400));
        assert_eq!(renewal((0, 6)), time(4));
        assert_eq!(latest((1000, 1000 + 90 * 86400)), time(1000 + 81 * 86400));
    }

    #[test]
    fn the_server_may_want_a_renewal_at_another_time() {
        let mut standing = Standing::of(None);
        standing.follow(1000, 2000);
        let chosen = standing.due;
        assert!((time(1000)..time(2000)).contains(&chosen));
        standing.follow(999, 2001);
        assert_eq!(standing.due, chosen);
        standing.follow(10, 20);
        assert!((time(10)..time(20)).contains(&standing.due));
    }

    #[test]
    fn what_the_server_wants_has_to_be_possible() {
        let mut standing = Standing { latest: Some(time(5000)), ..Standing::of(None) };
        standing.follow(9000, 9001);
        assert_eq!(standing.due, time(5000));
        standing.follow(2000, 2001);
        standing.follow(1000, 1000);
        assert_eq!(standing.due, time(2000));
    }

    #[test]
    fn the_server_cannot_have_a_new_certificate_renewed_at_once() {
        let mut standing = Standing { earliest: time(5000), ..Standing::of(None) };
        standing.follow(1000, 2000);
        assert_eq!(standing.due, time(5000));
        standing.follow(6000, 7000);
        assert!((time(6000)..time(7000)).contains(&standing.due));
    }
}
