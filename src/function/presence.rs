//! A connection to an instance as it is counted.

use std::rc::Rc;

use tokio::time::Instant;

use super::instance::Endpoint;

/// A connection in the gauges, and in the allowance of its worker: active or idle, until it is dropped.
#[derive(Debug)]
pub struct Presence {
    endpoint: Rc<Endpoint>,
    idle_since: Option<Instant>,
}

impl Presence {
    #[must_use]
    pub fn new(endpoint: Rc<Endpoint>) -> Self {
        endpoint.metrics.active.inc();
        Self { endpoint, idle_since: None }
    }

    #[must_use]
    pub fn endpoint(&self) -> &Rc<Endpoint> {
        &self.endpoint
    }

    #[must_use]
    pub fn idle_since(&self) -> Option<Instant> {
        self.idle_since
    }

    pub fn set_idle(&mut self, since: Option<Instant>) {
        let Endpoint { metrics, allowance, .. } = &*self.endpoint;
        match (self.idle_since, since) {
            (None, Some(_)) => {
                metrics.active.dec();
                metrics.idle.inc();
                allowance.take();
            }
            (Some(_), None) => {
                metrics.idle.dec();
                metrics.active.inc();
                allowance.give_back();
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
        self.idle_since = since;
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        // Out of the idle ones, so that the allowance gets back what it gave.
        self.set_idle(None);
        self.endpoint.metrics.active.dec();
    }
}
