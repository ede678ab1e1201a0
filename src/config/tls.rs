//! Who the gateway is in TLS, and whom it trusts: plain data that came out of PEM files.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate with the key that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The certificate itself first, then those that lead to its root. At least one.
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKey,
}

/// A private key. `Debug` keeps it to itself.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKey(Arc<PrivateKeyDer<'static>>);

impl PrivateKey {
    #[must_use]
    pub fn new(key: PrivateKeyDer<'static>) -> Self {
        Self(Arc::new(key))
    }

    /// A copy for whoever uses it.
    #[must_use]
    pub fn der(&self) -> PrivateKeyDer<'static> {
        self.0.clone_key()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

/// `[listener.tls]`: how clients are served over TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerTls {
    /// At least one. The first is for clients that ask for no name or an unknown one.
    pub identities: Vec<Identity>,
    pub min_version: TlsVersion,
    /// Whose certificates clients have to show, or may.
    pub clients: Option<Clients>,
    /// Whether clients may resume a session.
    pub tickets: bool,
    /// From the first byte, or from the connection, to the end of the handshake.
    pub handshake_timeout: Duration,
}

/// The versions of TLS that there are, from old to new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    Tls12,
    Tls13,
}

/// Clients that prove who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clients {
    pub roots: Vec<CertificateDer<'static>>,
    pub proof: Proof,
}

/// What is asked of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    Required,
    /// A client without a certificate is served; one with a certificate that is not trusted is not.
    Optional,
}

/// `[function.tls]`: how a function is spoken to at `https://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionTls {
    /// The roots that are trusted; `None` is those of the system.
    pub roots: Option<Vec<CertificateDer<'static>>>,
    /// What the gateway shows when it is asked for a certificate.
    pub identity: Option<Identity>,
    /// The name that the function's certificate must be for; `None` is the instance's host.
    pub server_name: Option<String>,
    /// Whether HTTP/2 is offered.
    pub http2: bool,
}

impl Default for FunctionTls {
    fn default() -> Self {
        Self { roots: None, identity: None, server_name: None, http2: true }
    }
}
