//! Whether new requests should come here.

use std::sync::atomic::{AtomicBool, Ordering};

/// The answer of `/readyz`: no before the first good table, no while draining.
#[derive(Debug, Default)]
pub struct Readiness(AtomicBool);

impl Readiness {
    pub fn set_ready(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }

    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
