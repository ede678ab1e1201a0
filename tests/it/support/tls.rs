//! Certificates made for one test, and a client over TLS.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore, StreamOwned, SupportedProtocolVersion};

use super::PATIENCE;
use super::certificates;
use super::message::{Message, Reader, Without};

/// The last year of certificates that are not to expire.
const FOREVER: i32 = 2090;

/// A folder with certificates of one authority, `ca.pem`.
#[derive(Debug)]
pub struct Authority {
    folder: tempfile::TempDir,
    authority: certificates::Authority,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let (folder, authority) = (tempfile::tempdir().expect("a folder"), certificates::Authority::named(name));
        authority.write(folder.path());
        Self { folder, authority }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A certificate for these names in `FILE.pem`, with its key in `FILE.key`. Returns the certificate.
    pub fn issue(&self, file: &str, names: &[&str]) -> CertificateDer<'static> {
        self.keep(file, &self.authority.issue_to(file, names, FOREVER))
    }

    /// The same for a client, good until then.
    pub fn issue_until(&self, file: &str, end: SystemTime) -> CertificateDer<'static> {
        self.keep(file, &self.authority.issue_until(file, &[], end))
    }

    fn keep(&self, file: &str, issued: &certificates::Issued) -> CertificateDer<'static> {
        // Each file is replaced as a whole, as tools for certificates do.
        for (kind, text) in [("pem", &issued.certificate), ("key", &issued.key)] {
            let new = certificates::write(self.folder.path(), "new", text);
            std::fs::rename(new, self.path(&format!("{file}.{kind}"))).expect("the folder can be written to");
        }
        CertificateDer::from_pem_slice(issued.certificate.as_bytes()).expect("a certificate")
    }

    /// `{ certificate = …, key = … }` of a listener's list.
    pub fn entry(&self, file: &str) -> String {
        let [certificate, key] = ["pem", "key"].map(|kind| self.path(&format!("{file}.{kind}")));
        format!("{{ certificate = {certificate:?}, key = {key:?} }}")
    }

    /// A client that trusts this authority, shows the certificate in `FILE.pem` if there is one, and speaks these versions.
    pub fn client(&self, file: Option<&str>, versions: &[&'static SupportedProtocolVersion]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.authority.pem.as_bytes()).expect("a root");
        roots.add(root).expect("a root");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).expect("versions");
        let builder = builder.with_root_certificates(roots);
        Arc::new(match file {
            None => builder.with_no_client_auth(),
            Some(file) => {
                let chain = CertificateDer::from_pem_file(self.path(&format!("{file}.pem"))).expect("a certificate");
                let key = PrivateKeyDer::from_pem_file(self.path(&format!("{file}.key"))).expect("a key");
                builder.with_client_auth_cert(vec![chain], key).expect("a pair")
            }
        })
    }
}

type Session = StreamOwned<ClientConnection, TcpStream>;

/// A connection over TLS, of which there are two handles.
#[derive(Clone, Debug)]
pub struct Stream(Rc<RefCell<Session>>);

/// One HTTP/1.1 connection over TLS.
#[derive(Debug)]
pub struct TlsClient {
    pub stream: Stream,
    pub reader: Reader<Stream>,
}

impl TlsClient {
    /// Connects and asks for a name.
    ///
    /// # Errors
    /// When the handshake fails.
    pub fn connect(address: &str, name: &str, config: &Arc<ClientConfig>) -> io::Result<Self> {
        Self::over(TcpStream::connect(address)?, name, config)
    }

    /// The same over a socket.
    ///
    /// # Errors
    /// When the handshake fails.
    pub fn over(socket: TcpStream, name: &str, config: &Arc<ClientConfig>) -> io::Result<Self> {
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_nodelay(true)?;
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let mut session = StreamOwned::new(ClientConnection::new(config.clone(), name).expect("a session"), socket);
        while session.conn.is_handshaking() {
            session.conn.complete_io(&mut session.sock)?;
        }
        let stream = Stream(Rc::new(RefCell::new(session)));
        Ok(Self { reader: Reader::new(stream.clone()), stream })
    }

    pub fn ask(&mut self, request: impl AsRef<[u8]>) -> io::Result<Message> {
        self.stream.write_all(request.as_ref())?;
        let mut message = self.reader.head()?.ok_or(io::ErrorKind::UnexpectedEof)?;
        self.reader.body(&mut message, Without::UntilClose)?;
        Ok(message)
    }

    /// Changes the keys, and asks the gateway to do the same.
    pub fn change_keys(&self) {
        self.stream.0.borrow_mut().conn.refresh_traffic_keys().expect("TLS 1.3");
    }

    /// The certificate that the gateway has shown.
    pub fn shown(&self) -> CertificateDer<'static> {
        let session = self.stream.0.borrow();
        session.conn.peer_certificates().and_then(|chain| chain.first()).expect("a certificate").clone().into_owned()
    }

    pub fn is_resumed(&self) -> bool {
        self.stream.0.borrow().conn.handshake_kind() == Some(HandshakeKind::Resumed)
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().read(buffer)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}
