//! Connections to the admin listener: accepted, perhaps over TLS, and served by a router. A peer that is slow or silent costs no more than
//! its connection, and there are not many of them.

mod writing;

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use self::writing::Writing;
use super::access::Peer;
use super::state::State;
use crate::config::{Identity, ListenerTls, TlsVersion};
use crate::net::admin::AdminSocket;
use crate::net::socket_file::SocketFile;
use crate::net::tls::{Acceptor, TlsError};

/// Connections at a time.
const MOST: usize = 256;
/// From the connection to the end of a handshake, and of a request head.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same where half of the connections are taken: whoever holds them must not keep probes waiting until those fail.
const CROWDED: Duration = Duration::from_secs(1);
/// How long a client may leave what is written to it.
const STALLED: Duration = Duration::from_secs(30);
/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 64 << 10;
/// How long, and how much, a client may go on sending that has been answered before it was through. A reset right behind the answer would
/// take that from it.
const LINGER: Duration = Duration::from_secs(1);
const REST: u64 = 32 << 20;
/// After an error that is not of one connection.
const PAUSE: Duration = Duration::from_millis(100);

/// A socket of the runtime that it was made in.
enum Listener {
    Tcp(TcpListener),
    Unix {
        socket: UnixListener,
        /// Removed with it.
        _file: SocketFile,
    },
}

/// Serves the admin listener until the runtime ends.
pub(super) async fn serve(socket: AdminSocket, state: State, router: Router) {
    let listener = match socket {
        AdminSocket::Tcp(socket) => TcpListener::from_std(socket).map(Listener::Tcp),
        AdminSocket::Unix(socket, file) => {
            UnixListener::from_std(socket).map(|socket| Listener::Unix { socket, _file: file })
        }
    };
    let listener = match listener {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "no admin listener"),
    };
    let (room, mut secure) = (Arc::new(Semaphore::new(MOST)), Secure::default());
    loop {
        // Never closed.
        let Ok(place) = room.clone().acquire_owned().await else { return };
        let patience = if room.available_permits() < MOST / 2 { CROWDED } else { PATIENCE };
        let accepted = match &listener {
            Listener::Tcp(listener) => listener.accept().await.map(|(stream, peer)| {
                let tls = secure.acceptor(state.snapshot().config.admin.tls.as_ref());
                let (router, peer) = (router.clone(), Peer::Network(peer.ip().to_canonical()));
                drop(tokio::spawn(async move {
                    let _place = place;
                    match tls {
                        Ok(None) => connection(stream, peer, router, patience).await,
                        Ok(Some(tls)) => encrypted(stream, &tls, peer, router, patience).await,
                        Err(error) => {
                            tracing::error!(error = &error as &dyn std::error::Error, "no TLS at the admin listener");
                        }
                    }
                }));
            }),
            Listener::Unix { socket, .. } => socket.accept().await.and_then(|(stream, _)| {
                let peer = stream.peer_cred()?;
                let uid = peer.uid();
                let is_gateway = peer.pid().and_then(|pid| u32::try_from(pid).ok()) == Some(std::process::id());
                let name = uzers::get_user_by_uid(uid)
                    .map_or_else(|| uid.to_string(), |user| user.name().to_string_lossy().into_owned());
                let (router, peer) = (router.clone(), Peer::User { uid, name: name.into(), is_gateway });
                drop(tokio::spawn(async move {
                    let _place = place;
                    connection(stream, peer, router, patience).await;
                }));
                Ok(())
            }),
        };
        if let Err(error) = accepted {
            tracing::debug!(%error, "the admin listener cannot accept");
            sleep(PAUSE).await;
        }
    }
}

/// What encrypts connections, made again when the configuration has another certificate.
#[derive(Default)]
struct Secure(Option<(Identity, TlsAcceptor)>);

impl Secure {
    fn acceptor(&mut self, wanted: Option<&Identity>) -> Result<Option<TlsAcceptor>, TlsError> {
        let Some(wanted) = wanted else { return Ok(None) };
        if let Some((identity, acceptor)) = &self.0
            && identity == wanted
        {
            return Ok(Some(acceptor.clone()));
        }
        let spec = ListenerTls {
            identities: vec![wanted.clone()],
            acme: Vec::new(),
            min_version: TlsVersion::Tls12,
            clients: None,
            tickets: false,
            handshake_timeout: PATIENCE,
        };
        let acceptor = Acceptor::new(&spec, false, Arc::default(), None)?.acceptor();
        self.0 = Some((wanted.clone(), acceptor.clone()));
        Ok(Some(acceptor))
    }
}

async fn encrypted(stream: tokio::net::TcpStream, tls: &TlsAcceptor, peer: Peer, router: Router, patience: Duration) {
    match timeout(patience, tls.accept(stream)).await {
        Ok(Ok(stream)) => connection(stream, peer, router, patience).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake with the admin listener failed"),
        Err(_elapsed) => {}
    }
}

async fn connection(stream: impl AsyncRead + AsyncWrite + Unpin, peer: Peer, router: Router, patience: Duration) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (peer, mut router) = (peer.clone(), router.clone());
        Box::pin(async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            Ok::<_, Infallible>(match router.call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            })
        })
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(patience).max_headers(64).max_buf_size(LARGEST_HEAD);
    let mut connection = builder.serve_connection(TokioIo::new(Writing::new(stream, STALLED)), service);
    match poll_fn(|cx| connection.poll_without_shutdown(cx)).await {
        Ok(()) => linger(connection.into_parts().io.into_inner()).await,
        Err(error) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "a connection to the admin listener failed");
        }
    }
}

/// Ends a connection whose client may be sending still.
async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut nowhere = tokio::io::sink();
    let end = async {
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(REST), &mut nowhere).await
    };
    // However it ends.
    let _ = timeout(LINGER, end).await;
}

#[cfg(test)]
mod tests;
