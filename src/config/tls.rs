//! Who the gateway is in TLS, and whom it trusts: plain data that came out of PEM files.

use std::fmt;
use std::path::PathBuf;
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
    /// The first is for clients that ask for no name or an unknown one.
    pub identities: Vec<Identity>,
    /// Names that certificates are ordered for, in lower case. There is at least one, or an identity.
    pub acme: Vec<String>,
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

/// `[acme]`: whom certificates are ordered of, and where they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acme {
    /// The URL of the server's directory.
    pub directory: String,
    /// Where the server may write to, as `mailto:` URLs.
    pub contact: Vec<String>,
    /// The directory of the account and of what was issued.
    pub state: PathBuf,
    /// The roots that the server's own certificate must lead to; `None` is those of the system.
    pub roots: Option<Vec<CertificateDer<'static>>>,
    /// Whether the operator agrees to the terms of the server. Nothing is ordered without.
    pub terms_agreed: bool,
}

impl Default for Acme {
    fn default() -> Self {
        Self {
            directory: "https://acme-v02.api.letsencrypt.org/directory".to_owned(),
            contact: Vec::new(),
            state: PathBuf::from("/var/lib/fngate/acme"),
            roots: None,
            terms_agreed: false,
        }
    }
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
