//! The series of listeners with TLS.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use prometheus::proto::MetricFamily;

use super::family::Family;

/// The numbers of one listener.
#[derive(Debug, Default)]
pub struct ListenerMetrics {
    succeeded: AtomicU64,
    failed: AtomicU64,
    /// Whom the certificates in use are for, and when each expires, in Unix time.
    certificates: Mutex<Vec<(String, i64)>>,
}

impl ListenerMetrics {
    pub fn count_handshake(&self, succeeded: bool) {
        let counter = if succeeded { &self.succeeded } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Shows these certificates instead of those before.
    pub fn show_certificates(&self, certificates: Vec<(String, i64)>) {
        *self.certificates.lock().unwrap_or_else(PoisonError::into_inner) = certificates;
    }
}

/// The families of these listeners.
pub(super) fn families(listeners: BTreeMap<String, Arc<ListenerMetrics>>) -> impl Iterator<Item = MetricFamily> {
    let mut handshakes = Family::counter("fngate_tls_handshakes_total", "TLS handshakes of clients, by result.");
    let mut expiry = Family::gauge(
        "fngate_certificate_expiry_timestamp_seconds",
        "When a certificate in use expires, in Unix time, by its first name.",
    );
    for (address, listener) in listeners {
        let label = ("listener", address.as_str());
        for (result, counter) in [("error", &listener.failed), ("ok", &listener.succeeded)] {
            handshakes.count(&[label, ("result", result)], counter.load(Ordering::Relaxed));
        }
        let certificates = listener.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        // Of several for one name, the first to expire is the one to look at.
        let mut earliest = BTreeMap::new();
        for (name, time) in certificates.iter() {
            let known = earliest.entry(name.as_str()).or_insert(*time);
            *known = (*known).min(*time);
        }
        for (name, time) in earliest {
            expiry.level(&[label, ("name", name)], time);
        }
    }
    [handshakes, expiry].into_iter().filter_map(Family::finish)
}
