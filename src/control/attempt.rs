//! A request that an operator tries out: sent to a listener of this process, as a client on this machine sends it.
//!
//! Nothing but these listeners is ever connected to, whatever the URL says: its host is a field of the request.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::config::{Listener, Proof, ProxyProtocol};
use crate::entrance::{Door, Entrance, doors};
use crate::message::id::X_API_REQUESTID;
use crate::net::own_tls;
use crate::net::proxy_protocol;
use crate::net::socket::{Sockets, nearest};
use crate::snapshot::Snapshot;

/// From the connection to the end of the answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// From the connection to the end of the TLS handshake: the listener is on this machine.
const CONNECT: Duration = Duration::from_secs(5);
/// How much of a body is kept, in bytes.
const LARGEST_BODY: usize = 256 << 10;

/// A bound listener of this process.
#[derive(Clone, Debug)]
pub struct Bound {
    door: Door,
    address: Address,
}

/// Where it is from this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// A request that is tried.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub method: Method,
    /// `http` or `https`, with a host.
    pub url: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answered {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Whether the body goes on, or has broken off.
    pub is_truncated: bool,
    pub duration: Duration,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    #[error("the gateway has no listener")]
    NoListener,
    #[error("cannot connect to the listener {listener}")]
    Connect {
        listener: String,
        #[source]
        source: io::Error,
    },
    #[error("the listener {listener} did not answer")]
    Exchange {
        listener: String,
        #[source]
        source: hyper::Error,
    },
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Late,
}

impl Bound {
    /// Those of a process, with the sockets that it has bound for them.
    #[must_use]
    pub fn all(bound: &[(usize, Sockets)], listeners: &[Listener]) -> Vec<Self> {
        let doors = doors(listeners);
        let near = |(index, sockets): &(usize, Sockets)| {
            let address = match sockets {
                Sockets::Tcp { address, .. } => Address::Tcp(nearest(*address)),
                Sockets::Unix { path, .. } => Address::Unix(path.clone()),
            };
            Some(Self { door: doors.get(*index)?.clone(), address })
        };
        bound.iter().filter_map(near).collect()
    }

    /// Where a client on this machine finds it: `IP:port` or `unix:/path`.
    #[must_use]
    pub fn address(&self) -> String {
        match &self.address {
            Address::Tcp(address) => address.to_string(),
            Address::Unix(path) => format!("unix:{}", path.display()),
        }
    }

    #[must_use]
    pub fn has_tls(&self, snapshot: &Snapshot) -> bool {
        snapshot.entrance(&self.door).tls.is_some()
    }
}

/// Sends a request to the listener that fits its URL best, and reads the answer.
///
/// # Errors
/// [`AttemptError`]
pub async fn send(attempt: Attempt, snapshot: &Snapshot, bound: &[Bound]) -> Result<Answered, AttemptError> {
    let is_https = attempt.url.scheme_str() == Some("https");
    let entered = bound.iter().map(|near| (near, snapshot.entrance(&near.door)));
    let best = entered.min_by_key(|(_, entrance)| detour(entrance, is_https)).ok_or(AttemptError::NoListener)?;
    let (Bound { door, address }, entrance) = best;
    let listener = door.0.to_string();
    let begun = Instant::now();
    let connected = timeout(CONNECT, connect(address, &entrance, &attempt.url)).await;
    let stream = connected
        .unwrap_or_else(|_elapsed| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|source| AttemptError::Connect { listener: listener.clone(), source })?;
    let failed = |source| AttemptError::Exchange { listener: listener.clone(), source };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    // Ends with this request, whoever waits for it or does not.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let end = begun + PATIENCE;
    let response = timeout_at(end, sender.send_request(request(attempt))).await;
    let response = response.map_err(|_elapsed| AttemptError::Late)?.map_err(failed)?;
    let (head, body) = response.into_parts();
    let mut kept = BytesMut::new();
    let is_whole = timeout_at(end, collect(body, &mut kept)).await.unwrap_or(false);
    Ok(Answered {
        status: head.status.as_u16(),
        headers: head.headers,
        body: kept.freeze(),
        is_truncated: !is_whole,
        duration: begun.elapsed(),
    })
}

/// How a listener differs from the one that a client of a URL would meet. Compared field by field, the worst difference first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Detour {
    asks_for_certificate: bool,
    has_other_scheme: bool,
    redirects: bool,
    takes_proxy_header: bool,
}

fn detour(entrance: &Entrance, is_https: bool) -> Detour {
    let clients = entrance.tls.as_ref().and_then(|secure| secure.acceptor.spec().clients.as_ref());
    let asks_for_certificate = clients.is_some_and(|clients| clients.proof == Proof::Required);
    Detour {
        asks_for_certificate,
        has_other_scheme: entrance.tls.is_some() != is_https,
        redirects: entrance.redirect.is_some(),
        takes_proxy_header: entrance.proxy_protocol,
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn connect(address: &Address, entrance: &Entrance, url: &Uri) -> io::Result<Box<dyn Stream>> {
    let (mut stream, ends): (Box<dyn Stream>, _) = match address {
        Address::Tcp(address) => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let ends = (stream.local_addr()?, stream.peer_addr()?);
            (Box::new(stream), Some(ends))
        }
        Address::Unix(path) => (Box::new(UnixStream::connect(path).await?), None),
    };
    if entrance.proxy_protocol {
        stream.write_all(&proxy_protocol::header(ProxyProtocol::V2, ends)).await?;
    }
    if entrance.tls.is_some() {
        return Ok(Box::new(secured(url.host().unwrap_or_default(), stream).await?));
    }
    Ok(stream)
}

/// Asks for the certificate of a host, and speaks HTTP/1.1.
async fn secured<S: AsyncRead + AsyncWrite + Unpin>(host: &str, stream: S) -> io::Result<TlsStream<S>> {
    let mut config = own_tls::client(None).map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

fn request(Attempt { method, url, mut headers, body }: Attempt) -> Request<Full<Bytes>> {
    let authority = url.authority().map_or("", |authority| authority.as_str());
    headers.insert(HOST, HeaderValue::from_str(authority).expect("an authority is visible ASCII"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    // `Display` begins a path that is empty with its slash.
    let target = url.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = target.parse().expect("the path and query of a URL are a target");
    *request.headers_mut() = headers;
    request
}

/// Reads a body up to its end, or to the limit. Whether the end came.
async fn collect(mut body: Incoming, kept: &mut BytesMut) -> bool {
    while let Some(frame) = body.frame().await {
        // It broke off.
        let Ok(frame) = frame else { return false };
        let Ok(data) = frame.into_data() else { continue };
        let room = LARGEST_BODY - kept.len();
        kept.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return false;
        }
    }
    true
}

impl Answered {
    /// What the gateway calls the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        // Behind what a function may have said.
        self.headers.get_all(X_API_REQUESTID).iter().next_back()?.to_str().ok()
    }
}

#[cfg(test)]
mod tests;
