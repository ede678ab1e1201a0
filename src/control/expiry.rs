//! Warns of certificates in use that expire soon, or have.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::certificate::{EXPIRES_SOON, in_words};
use crate::clock::unix_time;
use crate::snapshot::Shared;

/// Between two looks. What is read with a configuration is warned of at once.
const PAUSE: Duration = Duration::from_secs(12 * 3600);

/// Looks twice a day.
pub async fn watch(shared: Arc<Shared>) {
    loop {
        sleep(PAUSE).await;
        let snapshot = shared.load();
        let now = unix_time();
        for (listener, name, expiry) in snapshot.certificates() {
            if let Some(text) = warning(expiry - now) {
                tracing::warn!(listener = %listener, name, "{text}");
            }
        }
    }
}

/// What is said of a certificate that is good for so many seconds.
#[must_use]
pub fn warning(left: i64) -> Option<String> {
    match left {
        i64::MIN..=0 => Some("the certificate has expired: clients refuse it".to_owned()),
        _ if left < EXPIRES_SOON => Some(format!("the certificate expires in {}", in_words(left))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_weeks_are_enough_to_act() {
        const DAY: i64 = 24 * 3600;
        for (left, said) in [
            (-DAY, Some("the certificate has expired: clients refuse it")),
            (0, Some("the certificate has expired: clients refuse it")),
            (DAY / 2, Some("the certificate expires in 12 hours")),
            (13 * DAY, Some("the certificate expires in 13 days")),
            (14 * DAY, None),
        ] {
            assert_eq!(warning(left).as_deref(), said, "{left}");
        }
    }
}
