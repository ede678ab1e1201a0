//! One address at which a function version runs.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use crate::config::types::InstanceAddress;
use crate::telemetry::metrics::{FunctionMetrics, FunctionShard, InstanceUp};

/// An instance, shared by the workers. Stays the same across reloads as long as its address is configured.
#[derive(Debug)]
pub struct Instance {
    address: InstanceAddress,
    /// The address when no name has to be looked up.
    socket: Option<SocketAddr>,
    label: Box<str>,
    up: Arc<InstanceUp>,
}

impl Instance {
    #[must_use]
    pub fn new(address: &InstanceAddress, function: &FunctionMetrics) -> Self {
        let label: Box<str> = address.to_string().into();
        let up = function.instance(&label);
        up.set(true);
        let socket =
            address.authority().and_then(|(host, port)| Some(SocketAddr::new(host.parse::<IpAddr>().ok()?, port)));
        Self { address: address.clone(), socket, label, up }
    }

    #[must_use]
    pub fn address(&self) -> &InstanceAddress {
        &self.address
    }

    #[must_use]
    pub fn socket(&self) -> Option<SocketAddr> {
        self.socket
    }

    /// The address as logs and metrics name it.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Notes the outcome of an attempt to connect.
    pub fn set_up(&self, up: bool) {
        self.up.set(up);
    }
}

/// An instance as one worker sees it.
#[derive(Debug)]
pub struct Endpoint {
    pub instance: Arc<Instance>,
    /// The address as the access log names it.
    pub label: Rc<str>,
    /// Where this worker counts its connections.
    pub metrics: Arc<FunctionShard>,
}

impl Endpoint {
    #[must_use]
    pub fn new(instance: Arc<Instance>, metrics: Arc<FunctionShard>) -> Rc<Self> {
        let label = instance.label().into();
        Rc::new(Self { instance, label, metrics })
    }
}
