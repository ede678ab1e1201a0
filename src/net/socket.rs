//! Listening sockets, bound before anything else starts so that a port in use is an error of the start.

use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::config::types::ListenAddress;

/// Connections that the kernel may hold for one listener.
const BACKLOG: i32 = 4096;

/// One listener's sockets: one for each worker, all at the same address.
#[derive(Debug)]
pub enum Sockets {
    Tcp { address: SocketAddr, sockets: Vec<std::net::TcpListener> },
    Unix { path: PathBuf, sockets: Vec<UnixListener> },
}

/// Why a listener could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    pub address: String,
    #[source]
    pub source: io::Error,
}

impl Sockets {
    /// Binds `count` sockets at `address`. TCP sockets share the port, so that the kernel spreads connections over them;
    /// the others share one socket.
    ///
    /// # Errors
    /// [`BindError`] with the system's reason: in use, no permission, no such address.
    pub fn bind(address: &ListenAddress, count: usize) -> Result<Self, BindError> {
        match address {
            ListenAddress::Tcp(address) => {
                bind_tcp(*address, count).map_err(|source| BindError { address: address.to_string(), source })
            }
            ListenAddress::Unix(path) => bind_unix(path, count)
                .map_err(|source| BindError { address: format!("unix:{}", path.display()), source }),
            ListenAddress::Systemd(name) => {
                inherit(name, count).map_err(|source| BindError { address: format!("systemd:{name}"), source })
            }
        }
    }

    /// Where it listens, for people: `127.0.0.1:8080` or `unix:/path`.
    #[must_use]
    pub fn display(&self) -> String {
        match self {
            Self::Tcp { address, .. } => address.to_string(),
            Self::Unix { path, .. } => format!("unix:{}", path.display()),
        }
    }
}

fn bind_tcp(address: SocketAddr, count: usize) -> io::Result<Sockets> {
    // With SO_REUSEPORT a second daemon of the same user would silently share the port. A socket without it fails.
    drop(tcp_socket(address, ReusePort::No)?);
    let first = tcp_socket(address, ReusePort::Yes)?;
    let address = first.local_addr()?;
    let mut sockets = vec![first];
    for _ in 1..count {
        sockets.push(tcp_socket(address, ReusePort::Yes)?);
    }
    Ok(Sockets::Tcp { address, sockets })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ReusePort {
    Yes,
    No,
}

fn tcp_socket(address: SocketAddr, reuse_port: ReusePort) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    if reuse_port == ReusePort::Yes {
        socket.set_reuse_port(true)?;
    }
    socket.bind(&SockAddr::from(address))?;
    if reuse_port == ReusePort::Yes || address.port() != 0 {
        socket.listen(BACKLOG)?;
    }
    Ok(socket.into())
}

fn bind_unix(path: &Path, count: usize) -> io::Result<Sockets> {
    remove_stale(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::unix(path)?)?;
    socket.listen(BACKLOG)?;
    share_unix(socket.into(), path.to_owned(), count)
}

fn share_unix(socket: UnixListener, path: PathBuf, count: usize) -> io::Result<Sockets> {
    let mut sockets = (1..count).map(|_| socket.try_clone()).collect::<io::Result<Vec<_>>>()?;
    sockets.push(socket);
    Ok(Sockets::Unix { path, sockets })
}

/// Removes a socket file that nobody listens on any more; a living one or another kind of file is left for `bind` to refuse.
fn remove_stale(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::FileTypeExt;
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    let refused = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if is_socket && std::os::unix::net::UnixStream::connect(path).as_ref().is_err_and(refused) {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

/// Takes the socket that the service manager passed under `name` (`LISTEN_FDS`, `LISTEN_FDNAMES`).
fn inherit(name: &str, count: usize) -> io::Result<Sockets> {
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let missing =
        || io::Error::new(io::ErrorKind::NotFound, format!("no inherited socket has this name (passed: `{names}`)"));
    let index = names.split(':').position(|other| other == name).ok_or_else(missing)?;
    let mut inherited = listenfd::ListenFd::from_env();
    if let Ok(Some(socket)) = inherited.take_tcp_listener(index) {
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let mut sockets = (1..count).map(|_| socket.try_clone()).collect::<io::Result<Vec<_>>>()?;
        sockets.push(socket);
        return Ok(Sockets::Tcp { address, sockets });
    }
    let socket = inherited.take_unix_listener(index)?.ok_or_else(missing)?;
    socket.set_nonblocking(true)?;
    let path = socket.local_addr()?.as_pathname().map(Path::to_owned).unwrap_or_default();
    share_unix(socket, path, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sockets_of_a_listener_share_one_port_and_nobody_else_gets_it() {
        let any = ListenAddress::Tcp(([127, 0, 0, 1], 0).into());
        let Sockets::Tcp { address, sockets } = Sockets::bind(&any, 3).expect("binds") else { panic!("not TCP") };
        assert_eq!(sockets.len(), 3);
        let error = Sockets::bind(&ListenAddress::Tcp(address), 1).expect_err("in use");
        assert_eq!(error.source.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn a_stale_socket_file_is_replaced_and_a_living_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("fngate.sock");
        let address = ListenAddress::Unix(path.clone());
        drop(Sockets::bind(&address, 2).expect("binds"));
        assert!(path.exists());
        let living = Sockets::bind(&address, 2).expect("the stale file is replaced");
        assert!(Sockets::bind(&address, 1).is_err());
        drop(living);
    }
}
