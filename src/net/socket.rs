//! Listening sockets and their options, bound before anything else starts so that a port in use is an error of the start.

use std::io;
use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpSocket, TcpStream};

use super::inherited::{self, Inherited};
use super::socket_file::{self, SocketFile};
use crate::config::{ListenAddress, Listener};
use crate::process;

/// TCP keep-alive: a connection is lost when a peer that was silent for `idle` has left `count` probes unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    idle: Duration,
    interval: Duration,
    count: u32,
}

impl KeepAlive {
    /// Of connections from clients.
    pub const CLIENT: Self = Self { idle: Duration::from_secs(60), interval: Duration::from_secs(15), count: 4 };
    /// Of connections to functions, on which requests wait.
    pub const FUNCTION: Self = Self { idle: Duration::from_secs(20), interval: Duration::from_secs(5), count: 4 };
}

/// How long bytes to a function may stay unacknowledged: as long as [`KeepAlive::FUNCTION`] takes.
const USER_TIMEOUT: Duration = Duration::from_secs(40);

/// What the kernel takes of an answer before it can send it, in bytes. Without a bound it keeps megabytes for each client that is slow to
/// take them.
const UNSENT: u32 = 128 << 10;

/// Connects to a function. A connection that would take up the descriptors of the reserve is none.
///
/// # Errors
/// The system's.
pub async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if process::is_of_reserve(&socket) {
        return Err(process::out_of_files());
    }
    socket.connect(address).await
}

/// The sockets at one address: one for each worker.
#[derive(Debug)]
pub enum Sockets {
    Tcp {
        address: SocketAddr,
        sockets: Vec<std::net::TcpListener>,
    },
    Unix {
        path: PathBuf,
        /// The file, if it was made here.
        file: Option<SocketFile>,
        sockets: Vec<UnixListener>,
    },
}

/// Why a listener could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    pub address: String,
    #[source]
    pub source: io::Error,
}

/// The address to connect to, to reach what is bound to another one on this machine: loopback if that is unspecified.
#[must_use]
pub fn nearest(mut bound: SocketAddr) -> SocketAddr {
    if bound.ip().is_unspecified() {
        bound.set_ip(if bound.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    bound
}

impl Sockets {
    /// Where it listens, for people: `127.0.0.1:8080` or `unix:/path`.
    #[must_use]
    pub fn display(&self) -> String {
        match self {
            Self::Tcp { address, .. } => address.to_string(),
            Self::Unix { path, .. } => format!("unix:{}", path.display()),
        }
    }
}

/// Binds every listener, `count` sockets at each of its addresses, each with the index of its listener. TCP sockets share
/// the port, so that the kernel spreads connections over them; the others share one socket.
///
/// # Errors
/// [`BindError`] with the system's reason: in use, no permission, no such address.
pub fn bind(listeners: &[Listener], count: usize) -> Result<Vec<(usize, Sockets)>, BindError> {
    let mut inherited = Inherited::from_environment();
    let mut bound = Vec::new();
    for (index, listener) in listeners.iter().enumerate() {
        let sockets = match &listener.address {
            ListenAddress::Tcp(address) => {
                let options = Options { backlog: listener.backlog.into(), takes: takes(*address, listeners) };
                bind_tcp(*address, options, count)
                    .map(|sockets| vec![sockets])
                    .map_err(|source| BindError { address: address.to_string(), source })
            }
            ListenAddress::Unix(path) => socket_file::bind(path, listener.rights, listener.backlog.into())
                .and_then(|(socket, file)| {
                    Ok(vec![Sockets::Unix { path: path.clone(), file: Some(file), sockets: shared(socket, count)? }])
                })
                .map_err(|source| BindError { address: format!("unix:{}", path.display()), source }),
            ListenAddress::Systemd(name) => inherit(&mut inherited, name, count)
                .map_err(|source| BindError { address: format!("systemd:{name}"), source }),
        };
        bound.extend(sockets?.into_iter().map(|sockets| (index, sockets)));
    }
    Ok(bound)
}

/// What a TCP socket takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// Its own address.
    Own,
    /// IPv6 and IPv4.
    Both,
}

#[derive(Clone, Copy, Debug)]
struct Options {
    backlog: i32,
    takes: Takes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ReusePort {
    Yes,
    No,
}

/// `[::]` takes IPv4 as well, unless `0.0.0.0` is there for it.
fn takes(address: SocketAddr, listeners: &[Listener]) -> Takes {
    let any = ListenAddress::Tcp(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port()));
    let has_sibling = address.port() != 0 && listeners.iter().any(|listener| listener.address == any);
    if address.ip() == IpAddr::from(Ipv6Addr::UNSPECIFIED) && !has_sibling { Takes::Both } else { Takes::Own }
}

fn bind_tcp(address: SocketAddr, options: Options, count: usize) -> io::Result<Sockets> {
    // With SO_REUSEPORT a second daemon of the same user would silently share the port. A socket without it fails.
    drop(tcp_socket(address, options, ReusePort::No)?);
    let first = tcp_socket(address, options, ReusePort::Yes)?;
    let address = first.local_addr()?;
    let mut sockets = vec![first];
    for _ in 1..count {
        sockets.push(tcp_socket(address, options, ReusePort::Yes)?);
    }
    Ok(Sockets::Tcp { address, sockets })
}

fn tcp_socket(address: SocketAddr, options: Options, reuse_port: ReusePort) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        // Said in both cases: what is not said follows a setting of the system.
        socket.set_only_v6(options.takes == Takes::Own)?;
    }
    if reuse_port == ReusePort::Yes {
        socket.set_reuse_port(true)?;
    }
    set_connection_options(&socket)?;
    socket.bind(&SockAddr::from(address))?;
    if reuse_port == ReusePort::Yes || address.port() != 0 {
        socket.listen(options.backlog)?;
    }
    Ok(socket.into())
}

/// What the connections of a listening socket inherit from it.
fn set_connection_options(socket: &impl AsFd) -> io::Result<()> {
    keep_alive(socket, KeepAlive::CLIENT)?;
    SockRef::from(socket).set_tcp_notsent_lowat(UNSENT)
}

/// Has the kernel find out that a peer is gone without a word. Connections inherit it from the socket that accepted them.
///
/// # Errors
/// When the system refuses.
pub fn keep_alive(socket: &impl AsFd, KeepAlive { idle, interval, count }: KeepAlive) -> io::Result<()> {
    let probes = TcpKeepalive::new().with_time(idle).with_interval(interval).with_retries(count);
    SockRef::from(socket).set_tcp_keepalive(&probes)
}

/// Has a connection lost when the peer acknowledges nothing for a while: keep-alive probes only one on which nothing is sent.
/// To the kernel a peer that reads nothing for as long is lost as well, so this is for HTTP/2 only, where peers always read.
///
/// # Errors
/// When the system refuses.
pub fn limit_unacknowledged(socket: &impl AsFd) -> io::Result<()> {
    SockRef::from(socket).set_tcp_user_timeout(Some(USER_TIMEOUT))
}

/// What a peer has sent that was not read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    Nothing,
    Bytes,
    /// It has closed the connection.
    End,
}

/// Asks the kernel what there is to read from a socket that does not block.
#[must_use]
pub fn unread(socket: &impl AsFd) -> Unread {
    match SockRef::from(socket).peek(&mut [MaybeUninit::uninit()]) {
        Ok(count) if count > 0 => Unread::Bytes,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Unread::Nothing,
        Ok(_) | Err(_) => Unread::End,
    }
}

/// Takes the sockets that the service manager passed under `name`. Their address and backlog are its business.
fn inherit(inherited: &mut Inherited, name: &str, count: usize) -> io::Result<Vec<Sockets>> {
    let each = |socket| match socket {
        inherited::Socket::Tcp(socket) => {
            socket.set_nonblocking(true)?;
            set_connection_options(&socket)?;
            let address = socket.local_addr()?;
            let mut sockets = (1..count).map(|_| socket.try_clone()).collect::<io::Result<Vec<_>>>()?;
            sockets.push(socket);
            Ok(Sockets::Tcp { address, sockets })
        }
        inherited::Socket::Unix(socket) => {
            socket.set_nonblocking(true)?;
            let path = socket.local_addr()?.as_pathname().map(ToOwned::to_owned).unwrap_or_default();
            Ok(Sockets::Unix { path, file: None, sockets: shared(socket, count)? })
        }
    };
    inherited.take(name)?.into_iter().map(each).collect()
}

/// One socket for all workers.
fn shared(socket: UnixListener, count: usize) -> io::Result<Vec<UnixListener>> {
    let mut sockets = (1..count).map(|_| socket.try_clone()).collect::<io::Result<Vec<_>>>()?;
    sockets.push(socket);
    Ok(sockets)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn listener(address: &str) -> Listener {
        Listener {
            address: ListenAddress::Tcp(address.parse().expect("an address")),
            http2: true,
            redirect_https: false,
            tls: None,
            proxy_protocol: false,
            backlog: 16,
            rights: crate::config::SocketRights::default(),
        }
    }

    /// The sockets of the only listener.
    fn bound(address: &str) -> (SocketAddr, Vec<std::net::TcpListener>) {
        match bind(&[listener(address)], 3).expect("binds").pop() {
            Some((0, Sockets::Tcp { address, sockets })) => (address, sockets),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_sockets_of_a_listener_share_one_port_and_nobody_else_gets_it() {
        let (address, sockets) = bound("127.0.0.1:0");
        assert_eq!(sockets.len(), 3);
        let error = bind(&[listener(&address.to_string())], 1).expect_err("in use");
        assert_eq!(error.source.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn any_ipv6_address_is_any_ipv4_address_as_well_unless_that_has_a_listener() {
        let (address, sockets) = bound("[::]:0");
        let client = TcpStream::connect(("127.0.0.1", address.port())).expect("IPv4 is taken");
        drop((client, sockets));
        let (v6, v4) = (format!("[::]:{}", address.port()), format!("0.0.0.0:{}", address.port()));
        for pair in [[&v6, &v4], [&v4, &v6]] {
            let bound = bind(&pair.map(|address| listener(address)), 2).expect("both");
            assert_eq!(bound.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1]);
        }
        assert_eq!(takes("[::1]:80".parse().expect("an address"), &[]), Takes::Own);
    }

    #[test]
    fn the_kernel_knows_what_is_unread() {
        let (near, mut far) = UnixStream::pair().expect("a pair");
        near.set_nonblocking(true).expect("an option");
        assert_eq!(unread(&near), Unread::Nothing);
        far.write_all(b"x").expect("written");
        assert_eq!(unread(&near), Unread::Bytes);
        near.set_nonblocking(false).expect("an option");
        (&near).read_exact(&mut [0]).expect("read");
        drop(far);
        assert_eq!(unread(&near), Unread::End);
    }

    #[test]
    fn accepted_connections_are_kept_alive_and_keep_little() {
        let (address, sockets) = bound("127.0.0.1:0");
        let client = TcpStream::connect(address).expect("connects");
        let accepted = loop {
            let mut accepted = sockets.iter().filter_map(|socket| socket.accept().ok());
            if let Some((stream, _)) = accepted.next() {
                break stream;
            }
        };
        let accepted = SockRef::from(&accepted);
        let KeepAlive { idle, interval, count } = KeepAlive::CLIENT;
        assert!(accepted.keepalive().expect("an option"));
        assert_eq!(accepted.tcp_keepalive_time().expect("an option"), idle);
        assert_eq!(accepted.tcp_keepalive_interval().expect("an option"), interval);
        assert_eq!(accepted.tcp_keepalive_retries().expect("an option"), count);
        assert_eq!(accepted.tcp_notsent_lowat().expect("an option"), UNSENT);
        drop(client);
    }
}
