//! One address at which a function version runs.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::addresses::Addresses;
use super::allowance::Allowance;
use super::cooldown::Cooldown;
use super::error::ConnectError;
use super::persistence::Persistence;
use super::tls::Client;
use crate::config::{ConnectionSettings, InstanceAddress};
use crate::telemetry::metrics::{FunctionChanges, FunctionMetrics, FunctionShard, InstanceUp};

/// An instance, shared by the workers. Stays the same across reloads as long as its address and the settings of
/// TLS that it has are configured.
#[derive(Debug)]
pub struct Instance {
    address: InstanceAddress,
    /// The address when no name has to be looked up.
    socket: Option<SocketAddr>,
    /// At `https://`.
    tls: Option<Arc<Client>>,
    label: Box<str>,
    up: Arc<InstanceUp>,
    /// Whether a connection was ever opened.
    reached: AtomicBool,
    /// Of whose instances it is one.
    function: Arc<FunctionChanges>,
    cooldown: Cooldown,
    addresses: Addresses,
}

impl Instance {
    #[must_use]
    pub fn new(address: &InstanceAddress, tls: Option<Arc<Client>>, function: &FunctionMetrics) -> Self {
        let label: Box<str> = address.to_string().into();
        let up = function.instance(&label);
        up.swap(true);
        let socket =
            address.authority().and_then(|(host, port)| Some(SocketAddr::new(host.parse::<IpAddr>().ok()?, port)));
        Self {
            address: address.clone(),
            socket,
            tls,
            label,
            up,
            reached: AtomicBool::new(matches!(address, InstanceAddress::Echo)),
            function: function.changes.clone(),
            cooldown: Cooldown::default(),
            addresses: Addresses::default(),
        }
    }

    #[must_use]
    pub fn address(&self) -> &InstanceAddress {
        &self.address
    }

    #[must_use]
    pub fn socket(&self) -> Option<SocketAddr> {
        self.socket
    }

    #[must_use]
    pub fn tls(&self) -> Option<&Arc<Client>> {
        self.tls.as_ref()
    }

    /// Whether it is spoken to in HTTP/2 whatever the request.
    #[must_use]
    pub fn is_h2c(&self) -> bool {
        matches!(self.address, InstanceAddress::H2c { .. })
    }

    /// Whether one connection may serve several requests at once.
    #[must_use]
    pub fn may_multiplex(&self) -> bool {
        self.is_h2c() || self.tls.as_ref().is_some_and(|tls| tls.offers_http2())
    }

    /// The address as logs and metrics name it.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Those of its name, where it has one.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    #[must_use]
    pub fn cooldown(&self) -> &Cooldown {
        &self.cooldown
    }

    /// Whether the last attempt to connect succeeded, or there was none.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.up.get()
    }

    /// Whether a connection was ever opened.
    #[must_use]
    pub fn was_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }

    /// Notes that a connection was opened.
    pub fn note_reached(&self) {
        self.reached.store(true, Ordering::Relaxed);
        if !self.up.swap(true) && self.may_tell() {
            tracing::warn!(function = %self.function.name, instance = self.label(), "instance up");
        }
    }

    /// Notes that no connection could be opened.
    pub fn note_unreachable(&self, error: &ConnectError) {
        if self.up.swap(false) && self.may_tell() {
            tracing::warn!(function = %self.function.name, instance = self.label(), %error, "instance down");
        }
    }

    /// Whether a change is told now. If not, the control thread tells of all instances of the function a moment later.
    fn may_tell(&self) -> bool {
        let may_tell = self.function.lines.permit().is_some();
        if !may_tell {
            self.function.is_pending.store(true, Ordering::Relaxed);
        }
        may_tell
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
    /// Of this worker's idle connections.
    pub allowance: Rc<Allowance>,
    pub settings: ConnectionSettings,
    pub persistence: Persistence,
}

impl Endpoint {
    #[must_use]
    pub fn new(
        instance: Arc<Instance>,
        settings: ConnectionSettings,
        metrics: Arc<FunctionShard>,
        allowance: Rc<Allowance>,
    ) -> Rc<Self> {
        let label = instance.label().into();
        let persistence = Persistence::new(settings.keepalive);
        Rc::new(Self { instance, label, metrics, allowance, settings, persistence })
    }
}
