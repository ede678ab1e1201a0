//! A function version at run time: its instances, its slots, its connections.
//!
//! [`Function`] is shared by the workers and made anew with every table; what must outlive a reload (slots, counters,
//! instances) it takes over from its predecessor. Each worker has a [`local::Local`] of its own beside it, with a
//! [`pool::Pool`] of connections for each instance, so that no lock stands between a request and its connection.

pub mod admission;
pub mod balance;
pub mod connect;
pub mod echo;
pub mod error;
pub mod instance;
pub mod link;
pub mod local;
pub mod pool;
pub mod reply;
pub mod signal;

use std::sync::Arc;

use crate::config;
use crate::telemetry::metrics::{FunctionMetrics, Metrics};

use self::admission::Admission;
use self::instance::Instance;

/// One function version of one table.
#[derive(Debug)]
pub struct Function {
    pub spec: Arc<config::types::Function>,
    pub instances: Vec<Arc<Instance>>,
    pub admission: Arc<Admission>,
    pub metrics: Arc<FunctionMetrics>,
}

impl Function {
    /// Prepares a function version. `previous` is the same version in the table before, if it was there.
    #[must_use]
    pub fn new(spec: Arc<config::types::Function>, previous: Option<&Self>, metrics: &Metrics) -> Self {
        let handle = metrics.function(&spec.id.to_string());
        let known = |address| previous?.instances.iter().find(|instance| instance.address() == address).cloned();
        let make = |address| known(address).unwrap_or_else(|| Arc::new(Instance::new(address, &handle)));
        let instances = spec.instances.iter().map(make).collect();
        let admission = previous.map(|previous| previous.admission.clone()).unwrap_or_default();
        admission.set_limits(spec.max_concurrency, spec.queue);
        Self { instances, admission, metrics: handle, spec }
    }
}
