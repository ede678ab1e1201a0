//! A function version as one worker sees it.

use std::rc::Rc;
use std::sync::Arc;

use tokio::time::Instant;

use super::Function;
use super::admission::{Refused, Slot};
use super::allowance::Allowance;
use super::balance::{RoundRobin, Selection};
use super::instance::{Endpoint, Instance};
use super::pool::Pool;
use crate::config::Function as Spec;
use crate::telemetry::metrics::FunctionShard;

/// One function version with this worker's connections and counts.
#[derive(Debug)]
pub struct Local {
    pub function: Arc<Function>,
    pub metrics: Arc<FunctionShard>,
    pools: Vec<Rc<Pool>>,
    turns: RoundRobin,
}

/// A request that the function has to serve; no longer when dropped.
#[derive(Debug)]
pub struct Permit {
    local: Rc<Local>,
    _slot: Slot,
}

impl Local {
    /// Prepares a function for a worker. `previous` is the same function in the table before; its pools are taken over
    /// where the instance is still the same, unless connections are to be kept in another way now.
    #[must_use]
    pub fn new(function: Arc<Function>, worker: usize, allowance: &Rc<Allowance>, previous: Option<&Self>) -> Rc<Self> {
        let metrics = function.metrics.shards.of(worker);
        let previous = previous.filter(|previous| previous.function.spec.connection == function.spec.connection);
        let known = |instance: &Arc<Instance>| {
            previous?.pools.iter().find(|pool| Arc::ptr_eq(&pool.endpoint().instance, instance)).cloned()
        };
        let make = |instance: &Arc<Instance>| {
            let endpoint =
                || Endpoint::new(instance.clone(), function.spec.connection, metrics.clone(), allowance.clone());
            known(instance).unwrap_or_else(|| Pool::new(endpoint()))
        };
        let pools = function.instances.iter().map(make).collect();
        Rc::new(Self { function, metrics, pools, turns: RoundRobin::default() })
    }

    /// A slot at once, if one is free and nobody waits for it.
    #[must_use]
    pub fn try_admit(self: &Rc<Self>) -> Option<Permit> {
        self.function.admission.try_admit().map(|slot| self.permit(slot))
    }

    /// Waits for a slot, at most the function's `queue_timeout`.
    ///
    /// # Errors
    /// [`Refused`] when the queue is full or the time is over.
    pub async fn admit(self: &Rc<Self>) -> Result<Permit, Refused> {
        let _waiting = Waiting::begin(&self.metrics);
        let slot = self.function.admission.admit(self.function.spec.queue_timeout).await?;
        Ok(self.permit(slot))
    }

    fn permit(self: &Rc<Self>, slot: Slot) -> Permit {
        self.metrics.in_flight.inc();
        Permit { local: self.clone(), _slot: slot }
    }

    /// The instance whose turn it is. One that could not be reached a moment ago loses its turn to another.
    #[must_use]
    pub fn select(&self, now: Instant) -> Selection {
        Selection::new(self.turns.next(self.pools.len(), |index| self.is_preferred(index, now)))
    }

    /// Goes on to an instance that has not been tried. False if all have been.
    pub fn advance(&self, selection: &mut Selection, now: Instant) -> bool {
        selection.advance(self.pools.len(), |index| self.is_preferred(index, now))
    }

    /// The pool of the instance that a selection is at.
    #[must_use]
    pub fn pool(&self, selection: &Selection) -> &Rc<Pool> {
        &self.pools[selection.current()]
    }

    fn is_preferred(&self, index: usize, now: Instant) -> bool {
        !self.pools[index].endpoint().instance.cooldown().is_active(now)
    }

    /// Closes idle connections that have grown too old.
    pub fn sweep(&self, now: Instant) {
        for pool in &self.pools {
            pool.sweep(now);
        }
    }
}

impl Permit {
    /// How the function is configured in the table that admitted the request.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.local.function.spec
    }

    #[must_use]
    pub fn metrics(&self) -> &FunctionShard {
        &self.local.metrics
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.local.metrics.in_flight.dec();
    }
}

/// A request in the queue, as the gauge counts it.
struct Waiting<'a>(&'a FunctionShard);

impl<'a> Waiting<'a> {
    fn begin(metrics: &'a FunctionShard) -> Self {
        metrics.waiting.inc();
        Self(metrics)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.dec();
    }
}
