//! This gateway, in process, with a configuration that changes as little as it can.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rcgen::CertifiedKey;
use rustls::RootCertStore;
use rustls::pki_types::PrivatePkcs8KeyDer;

use crate::app::{App, Options};
use crate::config;
use crate::config::{Files, Identity, ListenerTls, PrivateKey, TlsVersion};

/// The name that the certificate of a gateway in process is for.
pub const NAME: &str = "localhost";

/// A running gateway; stopped when dropped.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    app: Option<App>,
}

impl Gateway {
    /// Serves every host and path by the function at `origin`. `gateway` are further lines of that table.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(origin: SocketAddr, gateway: &str) -> io::Result<Self> {
        Self::with(origin, gateway, None)
    }

    /// The same over TLS, with a certificate for `localhost` that is made for this gateway. Its root is returned.
    ///
    /// # Errors
    /// When it does not start.
    pub fn secure(origin: SocketAddr, gateway: &str) -> io::Result<(Self, RootCertStore)> {
        let names = vec![NAME.to_owned()];
        let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
        let key = PrivateKey::new(PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into());
        let tls = ListenerTls {
            identities: vec![Identity { chain: vec![cert.der().clone()], key, files: Files::default() }],
            min_version: TlsVersion::Tls12,
            clients: None,
            tickets: true,
            handshake_timeout: Duration::from_secs(10),
            acme: Vec::new(),
        };
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).map_err(io::Error::other)?;
        Ok((Self::with(origin, gateway, Some(&tls))?, roots))
    }

    fn with(origin: SocketAddr, gateway: &str, tls: Option<&ListenerTls>) -> io::Result<Self> {
        // `ANY` leaves TRACE out.
        let api = |name: &str, method: &str| {
            format!("[[service.api]]\nname = \"{name}\"\npath = \"/\"\nmethod = \"{method}\"\nfunction = \"f\"\n")
        };
        let text = format!(
            "[gateway]\nworkers = 1\n{gateway}\n\
             [[listener]]\naddress = \"127.0.0.1:0\"\n[admin]\naddress = \"\"\n[log]\naccess = \"off\"\n\
             [[function]]\nname = \"f\"\ninstances = [\"http://{origin}\"]\n\
             [[service]]\nname = \"conformance\"\nhosts = [\"*\"]\n{}{}",
            api("all", "ANY"),
            api("trace", "TRACE"),
        );
        let mut config = config::parse(Path::new("conformance.toml"), &text).map_err(io::Error::other)?;
        for listener in &mut config.listeners {
            listener.tls = tls.cloned();
        }
        let app =
            App::start(Options { config, origin: None, signals: false, temporary: false }).map_err(io::Error::other)?;
        let address = app.listeners().first().and_then(|address| address.parse().ok());
        let address = address.ok_or_else(|| io::Error::other("the gateway listens nowhere"))?;
        Ok(Self { address, app: Some(app) })
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(app) = self.app.take() {
            // The second one ends the drain at once.
            app.stop();
            app.stop();
            let _ = app.wait();
        }
    }
}
