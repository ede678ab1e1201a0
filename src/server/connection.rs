//! One client connection from the first byte to the last: TLS, and which version of HTTP is spoken on it.

use std::future::{Future, poll_fn};
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
use super::{http1, http2};
use crate::drain::{Phase, Seat};
use crate::entrance::{Entrance, Secure};
use crate::message::forwarded::{Peer, Tls};
use crate::message::lines::Lines;
use crate::net::{certificate, tls};
use crate::proxy::Gateway;
use crate::proxy::client::Client;

/// A client that has been accepted.
#[derive(Debug)]
pub struct Arrival {
    pub socket: Socket,
    pub peer: Peer,
    pub entrance: Arc<Entrance>,
    pub seat: Seat,
    /// Over the limit of connections.
    pub refused: bool,
}

/// Serves a client until its connection is over. Every way out of here closes the socket.
///
/// What only some connections go through is in boxes of its own, so that the others have no room for it.
pub async fn serve(arrival: Arrival, gateway: Rc<Gateway>) {
    if arrival.entrance.tls.is_some() {
        return Box::pin(serve_tls(arrival, gateway)).await;
    }
    let Arrival { socket, peer, entrance, seat, refused } = arrival;
    let client = Client::new(peer, entrance, seat, refused);
    if let Served::Http2(socket, early) = http1::serve(socket, client.clone(), gateway.clone()).await {
        Box::pin(http2::serve(socket, early, client, gateway)).await;
    }
}

async fn serve_tls(arrival: Arrival, gateway: Rc<Gateway>) {
    let Arrival { socket, peer, entrance, seat, refused } = arrival;
    let Some(secure) = &entrance.tls else { return };
    let Some(stream) = Box::pin(handshake(secure, socket, &peer, &seat)).await else { return };
    if stream.get_ref().1.alpn_protocol() == Some(tls::ACME) {
        // An ACME server has seen the certificate that it wanted to see.
        return;
    }
    let (peer, agreed) = introduce(&peer, &stream, &gateway);
    let client = Client::new(peer, entrance.clone(), seat, refused);
    let socket = Socket::Tls(Box::new(stream));
    match agreed {
        Agreed::Http1 => drop(http1::serve(socket, client, gateway).await),
        Agreed::Http2 => Box::pin(http2::serve(socket, Bytes::new(), client, gateway)).await,
    }
}

/// Which version of HTTP the handshake has led to. A client that does not negotiate speaks HTTP/1.
enum Agreed {
    Http1,
    Http2,
}

/// Agrees on keys within the listener's time, or until the gateway stops. None has been noted.
async fn handshake(secure: &Secure, socket: Socket, peer: &Peer, seat: &Seat) -> Option<TlsStream<Socket>> {
    let accepting = timeout(secure.acceptor.spec().handshake_timeout, secure.acceptor.acceptor().accept(socket));
    let mut accepting = pin!(accepting);
    let outcome = poll_fn(|cx| match accepting.as_mut().poll(cx) {
        Poll::Pending if seat.poll_phase(cx) == Phase::Expired => Poll::Ready(None),
        accepted => accepted.map(Some),
    });
    let stream = match outcome.await {
        Some(Ok(Ok(stream))) => Some(stream),
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
    secure.metrics.count_handshake(stream.is_some());
    stream
}

/// The peer as the handshake has made it known.
fn introduce(peer: &Peer, stream: &TlsStream<Socket>, gateway: &Gateway) -> (Peer, Agreed) {
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
