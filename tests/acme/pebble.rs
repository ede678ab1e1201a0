//! pebble, with a DNS server beside it that knows one address for every name: this machine's.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;

use super::stand::{Handshake, handshake};
use super::support::eventually;
use super::support::port::free_port;

/// Where pebble looks for proofs, and for how many seconds its certificates are good.
#[derive(Debug)]
pub struct Setup {
    pub tls: u16,
    pub http: u16,
    pub validity: u64,
}

/// A running pebble; stopped when dropped.
#[derive(Debug)]
pub struct Pebble {
    children: Vec<Child>,
    state: Arc<State>,
    management: u16,
}

/// What a gateway has to know of it, and keeps of it. Outlives the server.
#[derive(Debug)]
pub struct State {
    pub folder: Arc<TempDir>,
    pub directory: String,
}

impl State {
    /// The address and port of the server.
    pub fn authority(&self) -> &str {
        self.directory.trim_start_matches("https://").trim_end_matches("/dir")
    }
}

impl Pebble {
    /// None where it is not installed.
    pub fn start(setup: &Setup) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        certify(folder.path());
        let [port, management, dns, dns_management] = std::array::from_fn(|_| free_port());
        let path = |name: &str| folder.path().join(name).display().to_string();
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": path("pebble.pem"),
            "privateKey": path("pebble.key"),
            "httpPort": setup.http,
            "tlsPort": setup.tls,
            "certificateValidityPeriod": setup.validity,
        }});
        fs::write(path("pebble.json"), config.to_string()).expect("a file");
        let local = |port: u16| format!("127.0.0.1:{port}");
        let resolver = spawn(Command::new("pebble-challtestsrv").args([
            "-dns01",
            &local(dns),
            "-management",
            &local(dns_management),
            "-http01=",
            "-https01=",
            "-tlsalpn01=",
            "-defaultIPv4=127.0.0.1",
            "-defaultIPv6=",
        ]))?;
        let mut started = Self {
            children: vec![resolver],
            state: Arc::new(State { folder: Arc::new(folder), directory: format!("https://127.0.0.1:{port}/dir") }),
            management,
        };
        let config = started.state.folder.path().join("pebble.json");
        let mut command = Command::new("pebble");
        command.arg("-config").arg(config).args(["-strict", "-dnsserver", &local(dns)]);
        command.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_VA_ALWAYS_VALID", "0");
        started.children.push(spawn(&mut command)?);
        for port in [dns_management, management, port] {
            eventually("pebble is ready", || TcpStream::connect(local(port)).ok());
        }
        Some(started)
    }

    pub fn state(&self) -> Arc<State> {
        self.state.clone()
    }

    /// What its certificates lead to. It is another one each time.
    pub fn roots(&self) -> Arc<RootCertStore> {
        let mut own = RootCertStore::empty();
        own.add(CertificateDer::from_pem_file(self.state.folder.path().join("ca.pem")).expect("a root"))
            .expect("a root");
        let Handshake { mut stream, .. } =
            handshake(self.management, "localhost", &Arc::new(own)).expect("a handshake");
        stream.write_all(b"GET /roots/0 HTTP/1.0\r\n\r\n").expect("a request");
        let mut answer = Vec::new();
        // The end need not be in order.
        let _ = stream.read_to_end(&mut answer);
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&answer).expect("a root in the answer")).expect("a root");
        Arc::new(roots)
    }

    /// What the gateway keeps of it: names and modes.
    pub fn state_files(&self) -> Vec<(String, u32)> {
        let mut folders = fs::read_dir(self.state.folder.path().join("state")).expect("the state");
        let folder = folders.next().expect("a folder of the server").expect("an entry").path();
        let files = fs::read_dir(folder).expect("a folder").map(|entry| {
            let entry = entry.expect("an entry");
            let mode = entry.metadata().expect("a file").permissions().mode() & 0o777;
            (entry.file_name().into_string().expect("a name"), mode)
        });
        let mut files: Vec<_> = files.collect();
        files.sort();
        files
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for child in &mut self.children {
            // One that has ended by itself is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn spawn(command: &mut Command) -> Option<Child> {
    match command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
        Ok(child) => Some(child),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("{command:?}: {error}"),
    }
}

/// The certificate of pebble itself, and its root.
fn certify(folder: &Path) {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a root");
    let key = KeyPair::generate().expect("a key");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).expect("names").signed_by(&key, &issuer).expect("a certificate");
    for (name, text) in
        [("ca.pem", issuer.pem()), ("pebble.pem", certificate.pem()), ("pebble.key", key.serialize_pem())]
    {
        fs::write(folder.join(name), text).expect("a file");
    }
}
