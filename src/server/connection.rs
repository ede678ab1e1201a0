//! One client connection from the first byte to the last: TLS, and which version of HTTP is spoken on it.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use rustls::ProtocolVersion;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::http1::Served;
use super::socket::Socket;
use super::{http1, http2, proxied};
use crate::certificate;
use crate::drain::{Phase, Seat};
use crate::entrance::{Entrance, Secure};
use crate::message::forwarded::{Peer, Tls};
use crate::message::lines::Lines;
use crate::message::problem::{Problem, Reason};
use crate::net::tls;
use crate::proxy::Gateway;
use crate::proxy::client::Client;
use crate::telemetry::metrics::Metrics;

/// A client that has been accepted.
#[derive(Debug)]
pub struct Arrival {
    pub socket: Socket,
    pub peer: Peer,
    pub entrance: Arc<Entrance>,
    pub seat: Seat,
    /// Over the limit of connections.
    pub refused: bool,
    pub metrics: Arc<Metrics>,
}

/// A client that can send requests, in the version of HTTP that was agreed upon.
struct Ready {
    socket: Socket,
    client: Rc<Client>,
    agreed: Agreed,
}

/// Serves a client until its connection is over. Every way out of here closes the socket.
///
/// What a connection goes through before its first request is in boxes, so that it has no room for it afterwards. So is what only some go
/// through.
pub async fn serve(arrival: Box<Arrival>, gateway: Rc<Gateway>) {
    let metrics = arrival.metrics.clone();
    let ready = match &*arrival.entrance {
        Entrance { tls: None, proxy_protocol: false, .. } => arrival.ready(),
        _ => match Box::pin(introduce(arrival, &gateway)).await {
            Some(ready) => ready,
            None => return,
        },
    };
    let Ready { socket, client, agreed } = ready;
    let (socket, early) = match agreed {
        Agreed::Http1 => match http1::serve(socket, client.clone(), gateway.clone()).await {
            Served::Over => return,
            Served::Http2(socket, early) => (socket, early),
        },
        Agreed::Http2 => (socket, Bytes::new()),
    };
    Box::pin(http2::serve((socket, early), client, gateway, &metrics.floods)).await;
}

impl Arrival {
    /// A client of which nothing more is to be known.
    fn ready(self) -> Ready {
        let Self { socket, peer, entrance, seat, refused, .. } = self;
        Ready { socket, client: Client::new(peer, entrance, seat, refused), agreed: Agreed::Http1 }
    }
}

/// Finds out who the client is and what it speaks. None if there is nobody to serve.
async fn introduce(mut arrival: Box<Arrival>, gateway: &Gateway) -> Option<Ready> {
    if arrival.entrance.proxy_protocol {
        let Arrival { socket, peer, seat, metrics, .. } = &mut *arrival;
        if let Err(unnamed) = proxied::introduce(socket, peer, seat, gateway).await {
            unnamed.note(peer, &metrics.proxy_protocol_errors);
            return None;
        }
    }
    let entrance = arrival.entrance.clone();
    let Some(secure) = &entrance.tls else { return Some(arrival.ready()) };
    let Arrival { socket, peer, seat, refused, .. } = *arrival;
    match secured(secure, socket, &peer, &seat, gateway).await {
        Secured::Tls(socket, peer, agreed) => {
            Some(Ready { socket, client: Client::new(peer, entrance, seat, refused), agreed })
        }
        Secured::Plain(socket) => {
            let client = Client::new(peer, entrance.clone(), seat, refused);
            refuse_plain(socket, client, gateway).await;
            None
        }
        Secured::Over => None,
    }
}

/// What came of a connection to a listener with TLS.
enum Secured {
    /// A socket with TLS, the peer as the handshake has made it known, and what the two have agreed upon.
    Tls(Socket, Peer, Agreed),
    /// The client speaks plain HTTP. Nothing has been read of it.
    Plain(Socket),
    Over,
}

async fn secured(secure: &Secure, socket: Socket, peer: &Peer, seat: &Seat, gateway: &Gateway) -> Secured {
    let stream = match handshake(secure, socket, peer, seat).await {
        Some(Hello::Tls(stream)) => stream,
        Some(Hello::Plain(socket)) => return Secured::Plain(socket),
        None => return Secured::Over,
    };
    if stream.get_ref().1.alpn_protocol() == Some(tls::ACME) {
        // An ACME server has seen the certificate that it wanted to see.
        return Secured::Over;
    }
    let (peer, agreed) = agreed(peer, &stream, gateway);
    Secured::Tls(Socket::Tls(stream), peer, agreed)
}

/// Tells a client that speaks plain HTTP what is spoken here.
async fn refuse_plain(socket: Socket, client: Rc<Client>, gateway: &Gateway) {
    let detail = "a plain HTTP request was sent to a port that speaks HTTPS";
    http1::refuse(socket, client, gateway, &Problem::new(Reason::BadRequest, detail)).await;
}

/// Which version of HTTP the handshake has led to. A client that does not negotiate speaks HTTP/1.
enum Agreed {
    Http1,
    Http2,
}

/// What a client has begun with.
enum Hello {
    Tls(Box<TlsStream<Socket>>),
    /// A letter, which no record of TLS begins with, and every request of HTTP does.
    Plain(Socket),
}

async fn accept(secure: &Secure, socket: Socket) -> io::Result<Hello> {
    if let Socket::Tcp(stream) = &socket {
        let mut first = [0];
        if stream.peek(&mut first).await? > 0 && first[0].is_ascii_alphabetic() {
            return Ok(Hello::Plain(socket));
        }
    }
    secure.acceptor.acceptor().accept(socket).await.map(|stream| Hello::Tls(Box::new(stream)))
}

/// Agrees on keys within the listener's time, or until the gateway stops. None has been noted.
async fn handshake(secure: &Secure, socket: Socket, peer: &Peer, seat: &Seat) -> Option<Hello> {
    let accepting = timeout(secure.acceptor.spec().handshake_timeout, accept(secure, socket));
    let mut accepting = pin!(accepting);
    let outcome = poll_fn(|cx| match accepting.as_mut().poll(cx) {
        Poll::Pending if seat.poll_phase(cx) == Phase::Expired => Poll::Ready(None),
        accepted => accepted.map(Some),
    });
    let hello = match outcome.await {
        Some(Ok(Ok(hello))) => Some(hello),
        Some(Ok(Err(error))) => {
            tracing::debug!(%error, client = %peer.text(), "TLS handshake failed");
            None
        }
        Some(Err(_elapsed)) => {
            tracing::debug!(client = %peer.text(), "TLS handshake took too long");
            None
        }
        None => None,
    };
    if let Some(Hello::Plain(_)) = hello {
        tracing::debug!(client = %peer.text(), "a plain HTTP request was sent to a listener with TLS");
    }
    secure.metrics.count_handshake(matches!(hello, Some(Hello::Tls(_))));
    hello
}

/// The peer as the handshake has made it known, and what the two have agreed upon.
fn agreed(peer: &Peer, stream: &TlsStream<Socket>, gateway: &Gateway) -> (Peer, Agreed) {
    let session = stream.get_ref().1;
    let mut subject = Lines::default();
    let leaf = session.peer_certificates().and_then(|chain| chain.first());
    if let Some(text) = leaf.and_then(certificate::subject) {
        subject.push(&gateway.view().rules.client_subject, text.as_bytes());
    }
    let version = match session.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
        _ => "TLSv1.3",
    };
    let agreed = if session.alpn_protocol() == Some(tls::H2) { Agreed::Http2 } else { Agreed::Http1 };
    (peer.over_tls(Tls { version, subject }), agreed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<A, B, F>(_: fn(A, B) -> F) -> usize {
        size_of::<F>()
    }

    /// Everything else that a connection goes through is in boxes.
    #[test]
    fn a_connection_that_waits_has_room_for_nothing_else() {
        let bytes = size(serve);
        assert!(bytes <= 800, "{bytes} bytes");
    }
}
