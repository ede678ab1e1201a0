//! Sockets that the service manager hands over (`LISTEN_FDS`, `LISTEN_FDNAMES`), by their names.

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use listenfd::ListenFd;

/// What the process was started with. It can be read once: reading takes it out of the environment, so that no child takes
/// the sockets for its own.
pub(super) struct Inherited {
    sockets: ListenFd,
    names: Vec<String>,
    /// Whom sockets were passed to, if not to this process.
    addressee: Option<String>,
}

/// A listening socket of one of the two kinds that can be served.
pub(super) enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Inherited {
    /// What was passed to this process; what was passed to another, by `LISTEN_PID`, is not touched.
    pub(super) fn from_environment() -> Self {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let addressee = std::env::var("LISTEN_PID").ok().filter(|_| std::env::var_os("LISTEN_FDS").is_some());
        let addressee = addressee.filter(|pid| !pid.is_empty() && pid.parse() != Ok(std::process::id()));
        if let Some(pid) = &addressee {
            tracing::warn!("{}", ignored(pid));
        }
        let sockets = ListenFd::from_env();
        // Names for nothing are not ours either.
        let names = names.split(':').take(sockets.len()).map(str::to_owned).collect();
        Self { sockets, names, addressee }
    }

    /// Every socket of this name: a unit with several addresses passes one name for all.
    pub(super) fn take(&mut self, name: &str) -> io::Result<Vec<Socket>> {
        let indices: Vec<_> = (0..self.names.len()).filter(|index| self.names[*index] == name).collect();
        if indices.is_empty() {
            let passed = self.names.join(":");
            let message = match &self.addressee {
                Some(pid) => ignored(pid),
                None => format!("no inherited socket has this name (passed: `{passed}`)"),
            };
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        indices.into_iter().map(|index| self.take_one(index)).collect()
    }

    fn take_one(&mut self, index: usize) -> io::Result<Socket> {
        if let Ok(Some(socket)) = self.sockets.take_tcp_listener(index) {
            return listening(&socket).map(|()| Socket::Tcp(socket));
        }
        if let Ok(Some(socket)) = self.sockets.take_unix_listener(index) {
            return listening(&socket).map(|()| Socket::Unix(socket));
        }
        let what = "the inherited socket is not a stream socket over TCP or Unix: `ListenStream=` makes one";
        Err(io::Error::new(io::ErrorKind::InvalidInput, what))
    }
}

fn ignored(pid: &str) -> String {
    let own = std::process::id();
    format!("inherited sockets are ignored: LISTEN_PID names process {pid}, and this one is {own}")
}

/// A stream socket may also be a connection (`Accept=yes`).
fn listening(socket: &impl std::os::fd::AsFd) -> io::Result<()> {
    if socket2::SockRef::from(socket).is_listener()? {
        return Ok(());
    }
    let what = "the inherited socket does not listen: the unit must not say `Accept=yes`";
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}
