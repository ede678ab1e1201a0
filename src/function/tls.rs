//! TLS toward the instances of a function at `https://`.

use std::io;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::config::FunctionTls;

const HTTP_11: &[u8] = b"http/1.1";
const HTTP_2: &[u8] = b"h2";

/// How one function version is spoken to: roots, own certificate, and the sessions that can be resumed. Made once, shared by
/// its instances and by the workers.
#[derive(Debug)]
pub struct Client {
    any: Arc<ClientConfig>,
    http1: Arc<ClientConfig>,
    server_name: Option<String>,
}

/// Which protocols a connection is offered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// What the configuration allows.
    Any,
    /// HTTP/1.1 only, the one that a connection can be upgraded from.
    Http1,
}

impl Client {
    #[must_use]
    pub fn new(spec: &FunctionTls) -> Arc<Self> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder =
            versions.expect("the provider has the suites of every version").with_root_certificates(roots(spec));
        let mut http1 = match &spec.identity {
            Some(identity) => builder
                .with_client_auth_cert(identity.chain.clone(), identity.key.der())
                .expect("a configured key belongs to its certificate"),
            None => builder.with_no_client_auth(),
        };
        http1.alpn_protocols = vec![HTTP_11.to_vec()];
        let mut any = http1.clone();
        if spec.http2 {
            any.alpn_protocols.insert(0, HTTP_2.to_vec());
        }
        Arc::new(Self { any: Arc::new(any), http1: Arc::new(http1), server_name: spec.server_name.clone() })
    }

    /// Makes TLS of a connection to `host`.
    ///
    /// # Errors
    /// An error that [`why_not`] has words for, if it is one of TLS.
    pub async fn connect(&self, host: &str, stream: TcpStream, offer: Offer) -> io::Result<Box<TlsStream<TcpStream>>> {
        let config = match offer {
            Offer::Any => &self.any,
            Offer::Http1 => &self.http1,
        };
        let name = self.server_name.as_deref().unwrap_or(host).to_owned();
        let name = ServerName::try_from(name).map_err(|_invalid| io::Error::from(io::ErrorKind::InvalidInput))?;
        TlsConnector::from(config.clone()).connect(name, stream).await.map(Box::new)
    }

    /// Whether HTTP/2 may come of a connection.
    #[must_use]
    pub fn offers_http2(&self) -> bool {
        self.any.alpn_protocols.len() > 1
    }
}

/// Whether the function chose HTTP/2.
#[must_use]
pub fn is_http2(stream: &TlsStream<TcpStream>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(HTTP_2)
}

fn roots(spec: &FunctionTls) -> RootCertStore {
    let mut store = RootCertStore::empty();
    if let Some(roots) = &spec.roots {
        store.add_parsable_certificates(roots.iter().cloned());
        return store;
    }
    let found = rustls_native_certs::load_native_certs();
    for error in found.errors {
        tracing::warn!(%error, "cannot read the system's roots");
    }
    store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        tracing::warn!("the system has no roots: no function at https:// without `ca` is trusted");
    }
    store
}

/// What was wrong with a handshake, in words that tell nothing about addresses. `None` is an error of the network.
#[must_use]
pub fn why_not(error: &io::Error) -> Option<&'static str> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(match error {
        rustls::Error::InvalidCertificate(error) => certificate(error),
        rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol) => "no common protocol (ALPN)",
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => "the function requires a certificate",
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) | rustls::Error::PeerIncompatible(_) => {
            "no common version or cipher suite"
        }
        rustls::Error::AlertReceived(_) => "the function refused the handshake",
        rustls::Error::InvalidMessage(_) => "the function does not speak TLS",
        _ => "the handshake failed",
    })
}

fn certificate(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => "certificate not trusted",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "certificate expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "certificate not valid yet",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "certificate name mismatch"
        }
        CertificateError::Revoked => "certificate revoked",
        _ => "certificate not valid",
    }
}
