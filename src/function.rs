//! A function version at run time: its instances, its slots, its connections.
//!
//! [`Function`] is shared by the workers and made anew with every table; what must outlive a reload (slots, counters,
//! instances) it takes over from its predecessor. Each worker has a [`local::Local`] of its own beside it, with a
//! [`pool::Pool`] of connections for each instance, so that no lock stands between a request and its connection.

pub mod addresses;
pub mod admission;
pub mod allowance;
pub mod balance;
pub mod connect;
pub mod cooldown;
pub mod dial;
pub mod echo;
pub mod error;
pub mod exchange;
pub mod happy_eyeballs;
pub mod http1;
pub mod http2;
pub mod instance;
pub mod local;
pub mod persistence;
pub mod pool;
pub mod presence;
pub mod stream;
pub mod tls;
pub mod upstream;

use std::sync::Arc;

use crate::config;
use crate::config::InstanceAddress;
use crate::telemetry::metrics::{FunctionMetrics, Metrics};

use self::admission::Admission;
use self::instance::Instance;
use self::tls::Client;

/// One function version of one table.
#[derive(Debug)]
pub struct Function {
    pub spec: Arc<config::Function>,
    pub instances: Vec<Arc<Instance>>,
    pub admission: Arc<Admission>,
    pub metrics: Arc<FunctionMetrics>,
    /// For the instances at `https://`, if there are any.
    tls: Option<Arc<Client>>,
}

impl Function {
    /// Prepares a function version. `previous` is the same version in the table before, if it was there.
    #[must_use]
    pub fn new(spec: Arc<config::Function>, previous: Option<&Self>, metrics: &Metrics) -> Self {
        let handle = metrics.function(&spec.id.to_string());
        let is_secure = |address: &InstanceAddress| matches!(address, InstanceAddress::Https { .. });
        let same_tls = previous.filter(|previous| previous.spec.tls == spec.tls);
        let known = |address: &InstanceAddress| {
            let previous = if is_secure(address) { same_tls } else { previous };
            previous?.instances.iter().find(|instance| instance.address() == address).cloned()
        };
        let tls = spec.instances.iter().any(is_secure).then(|| {
            let known = same_tls.and_then(|previous| previous.tls.clone());
            known.unwrap_or_else(|| Client::new(&spec.tls))
        });
        let make = |address: &InstanceAddress| {
            let tls = tls.clone().filter(|_| is_secure(address));
            known(address).unwrap_or_else(|| Arc::new(Instance::new(address, tls, &handle)))
        };
        let instances = spec.instances.iter().map(make).collect();
        let admission = previous.map(|previous| previous.admission.clone()).unwrap_or_default();
        admission.set_limits(spec.max_concurrency, spec.queue);
        Self { instances, admission, metrics: handle, tls, spec }
    }
}
