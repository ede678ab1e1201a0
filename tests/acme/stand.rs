//! A gateway in the test's process, and a client that trusts one authority.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use fngate::app::{App, Options};
use fngate::config;
use fngate::control::reload::Origin;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::pebble::{Pebble, State};
use super::skip;
use super::support::PATIENCE;
use super::support::port::free_port;

/// Lets time pass where time itself is what is tested.
#[expect(clippy::disallowed_methods, reason = "the threads of these tests serve nobody")]
pub fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

pub fn skipped() {
    skip::skipped("certificates by ACME: pebble and pebble-challtestsrv are not installed");
}

/// Where the gateway listens. pebble and the gateway have to know each other's ports before they start.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub tls: u16,
    /// Redirects everything.
    pub http: u16,
}

impl Ports {
    pub fn free() -> Self {
        Self { tls: free_port(), http: free_port() }
    }
}

/// A running gateway.
#[derive(Debug)]
pub struct Gateway {
    app: Option<App>,
    state: Arc<State>,
    ports: Ports,
}

impl Gateway {
    pub fn start(pebble: &Pebble, ports: &Ports, names: &[&str]) -> Self {
        Self::start_at(&pebble.state(), ports, names)
    }

    /// With certificates for these names, ordered of a server that need not run.
    pub fn start_at(state: &Arc<State>, ports: &Ports, names: &[&str]) -> Self {
        let path = state.folder.path().join("fngate.toml");
        fs::write(&path, document(state, *ports, names)).expect("a file");
        let mut loaded = config::load(&path).unwrap_or_else(|failure| panic!("{failure}"));
        // Not that of an installed gateway.
        loaded.config.history.directory = Some(state.folder.path().join("history"));
        let origin = Origin { path, inputs: loaded.inputs, report: loaded.report };
        let options = Options { config: loaded.config, origin: Some(origin), signals: false, temporary: false };
        let app = App::start(options).unwrap_or_else(|error| panic!("{error:?}"));
        Self { app: Some(app), state: state.clone(), ports: *ports }
    }

    pub fn reload(&self, names: &[&str]) {
        let path = self.state.folder.path().join("fngate.toml");
        fs::write(path, document(&self.state, self.ports, names)).expect("a file");
        self.app().reload().expect("a good configuration");
    }

    fn app(&self) -> &App {
        self.app.as_ref().expect("it runs")
    }

    /// The certificate for a name, if the client trusts it.
    pub fn shown(&self, name: &str, roots: &Arc<RootCertStore>) -> io::Result<CertificateDer<'static>> {
        handshake(self.ports.tls, name, roots).map(|handshake| handshake.certificate)
    }

    /// Whether anything is shown to a client that offers what only a server offers that wants to see a proof.
    pub fn is_proved(&self, name: &str, roots: &Arc<RootCertStore>) -> bool {
        handshake_offering(&[b"acme-tls/1"], self.ports.tls, name, roots).is_ok()
    }

    /// The status of an answer over TLS.
    pub fn ask(&self, name: &str, roots: &Arc<RootCertStore>) -> io::Result<u16> {
        status(handshake(self.ports.tls, name, roots)?.stream, name, "/")
    }

    /// The status of an answer without TLS.
    pub fn get_plain(&self, target: &str) -> u16 {
        let socket = TcpStream::connect(("127.0.0.1", self.ports.http)).expect("a connection");
        status(socket, "shop.example.test", target).expect("an answer")
    }

    /// The value of a series of the metrics.
    pub fn metric(&self, series: &str) -> Option<f64> {
        let mut socket = TcpStream::connect(self.app().admin().expect("an admin listener")).expect("a connection");
        socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("a request");
        let mut text = String::new();
        socket.read_to_string(&mut text).expect("an answer");
        text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
    }

    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(app) = self.app.take() {
            app.stop();
            app.stop();
            let _ = app.wait();
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.end();
    }
}

fn document(state: &State, ports: Ports, names: &[&str]) -> String {
    let path = |name: &str| state.folder.path().join(name);
    let Ports { tls, http } = ports;
    format!(
        "[gateway]\nworkers = 2\n\
         [acme]\ndirectory = {:?}\ncontact = [\"mailto:operations@example.com\"]\nstate = {:?}\nca = {:?}\nterms_agreed = true\n\
         [[listener]]\naddress = \"127.0.0.1:{tls}\"\n[listener.tls]\nacme = {names:?}\n\
         [[listener]]\naddress = \"127.0.0.1:{http}\"\nredirect_https = true\n\
         [admin]\naddress = \"127.0.0.1:0\"\n[log]\naccess = \"off\"\n\
         [[function]]\nname = \"f\"\ninstances = [\"builtin:echo\"]\n\
         [[service]]\nname = \"s\"\nhosts = [\"*\"]\n[[service.api]]\npath = \"/\"\nfunction = \"f\"\n",
        state.directory,
        path("state"),
        path("ca.pem"),
    )
}

/// A connection over TLS.
#[derive(Debug)]
pub struct Handshake {
    pub stream: StreamOwned<ClientConnection, TcpStream>,
    pub certificate: CertificateDer<'static>,
}

/// Connects, asks for a name, and verifies what is shown.
pub fn handshake(port: u16, name: &str, roots: &Arc<RootCertStore>) -> io::Result<Handshake> {
    handshake_offering(&[], port, name, roots)
}

fn handshake_offering(protocols: &[&[u8]], port: u16, name: &str, roots: &Arc<RootCertStore>) -> io::Result<Handshake> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let mut config = builder.with_root_certificates(roots.clone()).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let socket = TcpStream::connect(("127.0.0.1", port))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let connection = ClientConnection::new(Arc::new(config), name).expect("a session");
    let mut stream = StreamOwned::new(connection, socket);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    let certificate = stream.conn.peer_certificates().and_then(|chain| chain.first()).expect("a certificate").clone();
    Ok(Handshake { certificate: certificate.into_owned(), stream })
}

fn status(mut stream: impl Read + Write, host: &str, target: &str) -> io::Result<u16> {
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    let text = String::from_utf8_lossy(&head);
    text.rsplit(' ').next().and_then(|status| status.parse().ok()).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
