//! How clients come in at one listener: what is spoken there. Made with every table, for the listeners that it has.

use std::sync::Arc;

use crate::certificate;
use crate::config::{ListenAddress, Listener, SocketRights};
use crate::net::issued::Issued;
use crate::net::tls::{Acceptor, TlsError};
use crate::telemetry::listener::ListenerMetrics;
use crate::telemetry::metrics::Metrics;

/// The port of `https://` without one.
pub const HTTPS: u16 = 443;

/// The way in at one listener. Connections keep the one that they came in by.
#[derive(Debug, Default)]
pub struct Entrance {
    /// Whether HTTP/2 is spoken with clients who can.
    pub http2: bool,
    /// Whether connections begin with a PROXY header.
    pub proxy_protocol: bool,
    /// The port that requests are redirected to, for `https://`.
    pub redirect: Option<u16>,
    pub tls: Option<Secure>,
}

/// The TLS of a listener.
#[derive(Debug)]
pub struct Secure {
    pub acceptor: Acceptor,
    pub metrics: Arc<ListenerMetrics>,
}

impl Entrance {
    /// Sets up a listener. `previous` is the same one in the table before, if it was there; `https` is the port that plain listeners
    /// redirect to; `issued` are certificates beside those of the configuration.
    ///
    /// # Errors
    /// [`TlsError`]
    pub fn new(
        listener: &Listener,
        https: u16,
        issued: &Arc<Issued>,
        previous: Option<&Self>,
        metrics: &Metrics,
    ) -> Result<Self, TlsError> {
        let before = previous.and_then(|previous| previous.tls.as_ref()).map(|secure| &secure.acceptor);
        let secure = |spec| {
            let metrics = metrics.listener(&listener.address.to_string());
            let acceptor = Acceptor::new(spec, listener.http2, issued.clone(), before)?;
            Ok(Secure { acceptor, metrics })
        };
        Ok(Self {
            http2: listener.http2,
            proxy_protocol: listener.proxy_protocol,
            redirect: listener.redirect_https.then_some(https),
            tls: listener.tls.as_ref().map(secure).transpose()?,
        })
    }

    /// A listener like this one, with the certificates that its files have now; none if they are the same, or cannot be used.
    #[must_use]
    pub fn renewed(&self, address: &ListenAddress) -> Option<Listener> {
        let mut tls = self.tls.as_ref()?.acceptor.spec().clone();
        let before = tls.identities.clone();
        for identity in &mut tls.identities {
            match identity.read_again() {
                Ok(renewed) => *identity = renewed,
                Err(error) => {
                    tracing::warn!(listener = %address, error, "the certificate of a listener that was removed cannot be read again");
                }
            }
        }
        (tls.identities != before).then(|| Listener {
            address: address.clone(),
            http2: self.http2,
            redirect_https: self.redirect.is_some(),
            proxy_protocol: self.proxy_protocol,
            backlog: 0,
            rights: SocketRights::default(),
            tls: Some(tls),
        })
    }

    /// The certificates in use: the first name of each, and when it expires, in seconds since 1970.
    #[must_use]
    pub fn certificates(&self) -> Vec<(String, i64)> {
        let leaves = self.tls.as_ref().map(|secure| secure.acceptor.leaves()).unwrap_or_default();
        let told = leaves.into_iter().filter_map(|leaf| {
            let name = certificate::names(&leaf).into_iter().next().or_else(|| certificate::subject(&leaf));
            Some((name.unwrap_or_default(), certificate::expiry(&leaf)?))
        });
        told.collect()
    }

    /// Shows the certificates in the metrics, now that they are in use.
    pub fn show(&self) {
        if let Some(secure) = &self.tls {
            secure.metrics.show_certificates(self.certificates());
        }
    }
}

/// Which listener this is, in this table and the next: its address, and how many before it have the same. Only of those at port 0, which is
/// another port each time, there are several.
pub type Door = (ListenAddress, usize);

/// The doors of these listeners, in their order.
#[must_use]
pub fn doors(listeners: &[Listener]) -> Vec<Door> {
    let addresses = listeners.iter().map(|listener| &listener.address);
    let before = |(index, address): (usize, &ListenAddress)| {
        let same = listeners[..index].iter().filter(|other| other.address == *address).count();
        (address.clone(), same)
    };
    addresses.enumerate().map(before).collect()
}

/// The port that `https://` is served at: that of the first TCP listener with TLS, but the usual one if any has that.
#[must_use]
pub fn https_port(listeners: &[Listener]) -> u16 {
    let port = |listener: &Listener| match listener.address {
        ListenAddress::Tcp(address) if listener.tls.is_some() => Some(address.port()),
        _ => None,
    };
    let ports: Vec<_> = listeners.iter().filter_map(port).collect();
    if ports.contains(&HTTPS) { HTTPS } else { ports.first().copied().unwrap_or(HTTPS) }
}
