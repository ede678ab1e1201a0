//! Opening a connection to an instance.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, timeout_at};

use super::echo;
use super::error::ConnectError;
use super::instance::Instance;
use super::stream::Stream;
use super::tls::{self, Offer};
use crate::config::InstanceAddress;
use crate::net::socket::{self, KeepAlive, keep_alive, limit_unacknowledged};
use crate::process;

/// Connects to `instance` until `deadline`, which ends an attempt that may take `connect_timeout`; the handshake of TLS is
/// included. `preface` is what the connection begins with.
///
/// # Errors
/// Why there is no connection.
pub async fn connect(
    instance: &Instance,
    offer: Offer,
    connect_timeout: Duration,
    deadline: Instant,
    preface: &[u8],
) -> Result<Stream, ConnectError> {
    let error = match timeout_at(deadline, open(instance, offer, connect_timeout, preface)).await {
        Ok(Ok(stream)) => {
            instance.note_reached();
            return Ok(stream);
        }
        Ok(Err(error)) => ConnectError::Failed(error),
        Err(_elapsed) => ConnectError::TimedOut(connect_timeout),
    };
    tracing::debug!(instance = %instance.label(), %error, "cannot connect");
    match &error {
        ConnectError::Failed(error) if process::is_out_of_files(error) => {
            process::report_shortage("cannot connect to a function")
        }
        error => instance.note_unreachable(error),
    }
    Err(error)
}

async fn open(instance: &Instance, offer: Offer, connect_timeout: Duration, preface: &[u8]) -> io::Result<Stream> {
    let (host, port) = match instance.address() {
        InstanceAddress::Unix(path) => {
            let mut stream = UnixStream::connect(path).await?;
            if process::is_of_reserve(&stream) {
                return Err(process::out_of_files());
            }
            stream.write_all(preface).await?;
            return Ok(Stream::Unix(stream));
        }
        InstanceAddress::Echo => return Ok(Stream::Echo(echo::connect())),
        InstanceAddress::Http { host, port }
        | InstanceAddress::Https { host, port }
        | InstanceAddress::H2c { host, port } => (host, *port),
    };
    let mut stream = match instance.socket() {
        Some(address) => socket::connect(address).await?,
        None => instance.addresses().connect(host, port, connect_timeout).await?,
    };
    prepare(&stream)?;
    stream.write_all(preface).await?;
    let stream = match instance.tls() {
        Some(client) => Stream::Tls(client.connect(host, stream, offer).await?),
        None => Stream::Tcp(stream),
    };
    match &stream {
        Stream::Tls(stream) if tls::is_http2(stream) => limit_unacknowledged(stream.get_ref().0)?,
        Stream::Tcp(stream) if instance.is_h2c() => limit_unacknowledged(stream)?,
        Stream::Tcp(_) | Stream::Tls(_) | Stream::Unix(_) | Stream::Echo(_) => {}
    }
    Ok(stream)
}

/// Sets the options of a connection to a function.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    keep_alive(stream, KeepAlive::FUNCTION)
}

#[cfg(test)]
mod tests;
