//! One address at which a function version runs.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use prometheus::IntGauge;

use crate::config::types::InstanceAddress;
use crate::telemetry::metrics::FunctionMetrics;

/// An instance, shared by the workers. Stays the same across reloads as long as its address is configured.
#[derive(Debug)]
pub struct Instance {
    address: InstanceAddress,
    /// The address when no name has to be looked up.
    socket: Option<SocketAddr>,
    label: Arc<str>,
    up: IntGauge,
    function: Arc<FunctionMetrics>,
}

impl Instance {
    #[must_use]
    pub fn new(address: &InstanceAddress, function: Arc<FunctionMetrics>) -> Self {
        let label: Arc<str> = address.to_string().into();
        let up = function.instance_up(&label);
        up.set(1);
        let socket = match address {
            InstanceAddress::Http { host, port } => host.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, *port)),
            InstanceAddress::Unix(_) | InstanceAddress::Echo => None,
        };
        Self { address: address.clone(), socket, label, up, function }
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
    pub fn label(&self) -> &Arc<str> {
        &self.label
    }

    /// Notes the outcome of an attempt to connect.
    pub fn set_up(&self, up: bool) {
        self.up.set(i64::from(up));
    }

    #[must_use]
    pub fn metrics(&self) -> &FunctionMetrics {
        &self.function
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.function.forget_instance(&self.label);
    }
}
