//! The client's end of TLS: whom it trusts, and a session that one thread reads while another writes.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::PATIENCE;

/// How a gateway is spoken to over TLS.
#[derive(Clone, Debug)]
pub struct Secure {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Secure {
    /// Trusts these roots, asks for a name, and agrees on this one protocol of ALPN.
    #[must_use]
    pub fn new(roots: RootCertStore, name: ServerName<'static>, protocol: &str) -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = versions.expect("the provider has the suites of every version");
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        Self { config: Arc::new(config), name }
    }
}

/// A session over a socket, behind its handshake.
pub(super) struct Session {
    connection: Mutex<ClientConnection>,
    stream: TcpStream,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({:?})", self.stream)
    }
}

impl Session {
    pub(super) fn open(secure: &Secure, mut stream: TcpStream) -> io::Result<Self> {
        let connection = ClientConnection::new(secure.config.clone(), secure.name.clone());
        let mut connection = connection.map_err(io::Error::other)?;
        connection.set_buffer_limit(None);
        stream.set_read_timeout(Some(PATIENCE))?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        stream.set_read_timeout(None)?;
        // A gateway that knows no ALPN speaks HTTP/1.1.
        let agreed = connection.alpn_protocol().unwrap_or(b"http/1.1");
        if !secure.config.alpn_protocols.iter().any(|protocol| protocol == agreed) {
            return Err(io::Error::other("the gateway does not speak HTTP/2 over TLS"));
        }
        Ok(Self { connection: Mutex::new(connection), stream })
    }

    fn lock(&self) -> MutexGuard<'_, ClientConnection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn flush(&self, connection: &mut ClientConnection) -> io::Result<()> {
        while connection.wants_write() {
            connection.write_tls(&mut &self.stream)?;
        }
        Ok(())
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut connection = self.lock();
        connection.writer().write_all(bytes)?;
        self.flush(&mut connection)
    }

    /// Says that nothing more comes.
    pub(super) fn finish(&self) -> io::Result<()> {
        let mut connection = self.lock();
        connection.send_close_notify();
        self.flush(&mut connection)
    }

    /// What these bytes of the socket say, and whether the other side has said that no more come.
    pub(super) fn read(&self, mut bytes: &[u8]) -> io::Result<(Vec<u8>, bool)> {
        let mut connection = self.lock();
        let (mut plain, mut ended) = (Vec::new(), false);
        while !bytes.is_empty() && !ended {
            connection.read_tls(&mut bytes)?;
            let state = connection.process_new_packets().map_err(io::Error::other)?;
            let (start, count) = (plain.len(), state.plaintext_bytes_to_read());
            plain.resize(start + count, 0);
            connection.reader().read_exact(&mut plain[start..])?;
            ended = state.peer_has_closed();
        }
        self.flush(&mut connection)?;
        Ok((plain, ended))
    }
}
