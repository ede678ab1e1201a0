//! The socket of the admin listener.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;

use super::socket::BindError;
use super::socket_file::{self, SocketFile};
use crate::config::{AdminAddress, SocketRights};

const BACKLOG: i32 = 128;

/// A bound socket, before it belongs to a runtime.
#[derive(Debug)]
pub enum AdminSocket {
    Tcp(TcpListener),
    /// With its file, which is removed when it is dropped.
    Unix(UnixListener, SocketFile),
}

impl AdminSocket {
    /// Binds it.
    ///
    /// # Errors
    /// [`BindError`] with the system's reason.
    pub fn bind(address: &AdminAddress) -> Result<Self, BindError> {
        let bind = || -> io::Result<Self> {
            match address {
                AdminAddress::Tcp(address) => {
                    let socket = TcpListener::bind(address)?;
                    socket.set_nonblocking(true)?;
                    Ok(Self::Tcp(socket))
                }
                AdminAddress::Unix(path) => {
                    let (socket, file) = socket_file::bind(path, SocketRights::default(), BACKLOG)?;
                    Ok(Self::Unix(socket, file))
                }
            }
        };
        bind().map_err(|source| BindError { address: format!("the admin address {address}"), source })
    }

    /// Where it is bound, if that is on the network.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(socket) => socket.local_addr().ok(),
            Self::Unix(..) => None,
        }
    }
}
