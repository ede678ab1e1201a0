//! Connections to the admin listener: accepted, perhaps over TLS, and served by a router. A peer that is slow or silent costs no more than
//! its connection, and there are not many of them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tower_service::Service;

use super::access::Peer;
use super::state::State;
use crate::config::{Identity, ListenerTls, TlsVersion};
use crate::net::admin::AdminSocket;
use crate::net::socket_file::SocketFile;
use crate::net::tls::Acceptor;

/// Connections at a time.
const MOST: usize = 256;
/// From the connection to the end of a handshake, and of a request head.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same where half of the connections are taken: whoever holds them must not keep probes waiting until those fail.
const CROWDED: Duration = Duration::from_secs(1);
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
    let room = Arc::new(Semaphore::new(MOST));
    loop {
        // Never closed.
        let Ok(place) = room.clone().acquire_owned().await else { return };
        let patience = if room.available_permits() < MOST / 2 { CROWDED } else { PATIENCE };
        let accepted = match &listener {
            Listener::Tcp(listener) => listener.accept().await.map(|(stream, peer)| {
                let identity = state.admin().tls;
                let (router, peer) = (router.clone(), Peer::Network(peer.ip().to_canonical()));
                drop(tokio::spawn(async move {
                    let _place = place;
                    match identity {
                        None => connection(stream, peer, router, patience).await,
                        Some(identity) => secure(stream, identity, peer, router, patience).await,
                    }
                }));
            }),
            Listener::Unix { socket, .. } => socket.accept().await.and_then(|(stream, _)| {
                let uid = stream.peer_cred()?.uid();
                let name = uzers::get_user_by_uid(uid)
                    .map_or_else(|| uid.to_string(), |user| user.name().to_string_lossy().into_owned());
                let (router, peer) = (router.clone(), Peer::User { uid, name: name.into() });
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

async fn secure(stream: tokio::net::TcpStream, identity: Identity, peer: Peer, router: Router, patience: Duration) {
    let spec = ListenerTls {
        identities: vec![identity],
        acme: Vec::new(),
        min_version: TlsVersion::Tls12,
        clients: None,
        tickets: false,
        handshake_timeout: patience,
    };
    let acceptor = match Acceptor::new(&spec, false, Arc::default(), None) {
        Ok(acceptor) => acceptor.acceptor(),
        Err(error) => return tracing::error!(error = &error as &dyn std::error::Error, "no TLS at the admin listener"),
    };
    match timeout(patience, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => connection(stream, peer, router, patience).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake with the admin listener failed"),
        Err(_elapsed) => {}
    }
}

async fn connection(stream: impl AsyncRead + AsyncWrite + Unpin, peer: Peer, router: Router, patience: Duration) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (peer, mut router) = (peer.clone(), router.clone());
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            Ok::<_, Infallible>(match router.call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            })
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(patience).max_headers(64);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection to the admin listener failed");
    }
}
