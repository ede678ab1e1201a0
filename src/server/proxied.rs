//! Who the client of a connection is, where a proxy in front of it says so in a PROXY header.
//!
//! Only a trusted proxy is believed. A connection without a proper header is closed without a word.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use prometheus::IntCounter;
use tokio::time::{Instant, timeout_at};

use super::socket::Socket;
use crate::drain::{Phase, Seat};
use crate::message::forwarded::Peer;
use crate::net::proxy_protocol::{Header, HeaderError, read};
use crate::proxy::Gateway;

/// Why nobody knows who the client is.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unnamed {
    #[error("the peer is not a trusted proxy")]
    Untrusted,
    #[error("the PROXY header took too long")]
    TooLate,
    #[error("the gateway stops")]
    Stopped,
    #[error("nothing was sent")]
    Silent,
    #[error(transparent)]
    Header(HeaderError),
}

impl Unnamed {
    /// Logs and counts it. A peer that says nothing has made no mistake: so do those who look whether the port is open.
    pub(super) fn note(&self, peer: &Peer, errors: &IntCounter) {
        tracing::debug!(peer = %peer.text(), reason = %self, "a connection has no PROXY header");
        if !matches!(self, Self::Stopped | Self::Silent) {
            errors.inc();
        }
    }
}

/// Reads the header at the start of a connection. The client in it takes the place of `peer`; if there is none, the peer is the client.
pub(super) async fn introduce(
    socket: &mut Socket,
    peer: &mut Peer,
    seat: &Seat,
    gateway: &Gateway,
) -> Result<(), Unnamed> {
    let config = gateway.view().snapshot.config.clone();
    // Whoever can open a socket file is let in by its rights.
    if !matches!(socket, Socket::Unix(_)) && !peer.is_trusted(&config.gateway.trusted_proxies) {
        return Err(Unnamed::Untrusted);
    }
    if let Header::Proxied { source, destination } =
        header(socket, seat, Instant::now() + config.gateway.header_read_timeout).await?
    {
        *peer = Peer::tcp(source, destination);
    }
    Ok(())
}

async fn header(socket: &mut Socket, seat: &Seat, deadline: Instant) -> Result<Header, Unnamed> {
    let mut bytes = Vec::new();
    let reading = until_stop(seat, read(socket, &mut bytes));
    let error = match timeout_at(deadline, reading).await {
        Ok(Ok(Ok(header))) => return Ok(header),
        Ok(Ok(Err(error))) => Unnamed::Header(error),
        Ok(Err(stopped)) => stopped,
        Err(_elapsed) => Unnamed::TooLate,
    };
    Err(if bytes.is_empty() { Unnamed::Silent } else { error })
}

/// Works until a stop begins, at which a connection without a request is closed.
async fn until_stop<T>(seat: &Seat, work: impl Future<Output = T>) -> Result<T, Unnamed> {
    let mut work = pin!(work);
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Ok(done)),
        Poll::Pending if seat.poll_phase(cx) >= Phase::Draining => Poll::Ready(Err(Unnamed::Stopped)),
        Poll::Pending => Poll::Pending,
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncWriteExt;
    use tokio::net::UnixStream;

    use super::*;
    use crate::drain::Drain;

    #[tokio::test(start_paused = true)]
    async fn a_header_has_one_deadline_for_all_of_it() {
        let limit = Duration::from_secs(10);
        for (sent, late) in [(&b""[..], false), (b"PROXY TCP4 1", true)] {
            let (mut far, near) = UnixStream::pair().expect("a pair");
            far.write_all(sent).await.expect("written");
            let (began, seat) = (Instant::now(), Drain::default().join());
            let reason = header(&mut Socket::Unix(near), &seat, began + limit).await.expect_err("no header");
            assert_eq!(matches!(reason, Unnamed::TooLate), late);
            assert_eq!(matches!(reason, Unnamed::Silent), !late);
            assert!(began.elapsed() >= limit && began.elapsed() < limit + Duration::from_secs(1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_does_not_wait_for_a_header() {
        let (mut far, near) = UnixStream::pair().expect("a pair");
        far.write_all(b"PROXY").await.expect("written");
        let (drain, began) = (Drain::default(), Instant::now());
        let seat = drain.join();
        let mut socket = Socket::Unix(near);
        let (result, ()) = tokio::join!(header(&mut socket, &seat, began + Duration::from_secs(10)), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            drain.advance(Phase::Draining);
        });
        assert!(matches!(result, Err(Unnamed::Stopped)));
        assert_eq!(began.elapsed().as_secs(), 1);
    }
}
