//! The connection of a command to the admin listener: TCP, TLS or a Unix socket, one request.

use std::fmt::Display;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HOST, IF_MATCH};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::config::AdminAddress;
use crate::net::own_tls;

/// How long connecting may take: the gateway is near.
const CONNECT: Duration = Duration::from_secs(5);

/// Who is believed to be the gateway over TLS.
#[derive(Clone, Debug)]
pub(super) enum Trust {
    /// Whoever has a certificate that the system trusts.
    System,
    /// Whoever has this certificate: the one in the configuration.
    Certificate(CertificateDer<'static>),
}

/// A running gateway, and how it is asked.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Gateway {
    pub(super) address: AdminAddress,
    /// The name that it is asked under.
    pub(super) host: String,
    pub(super) trust: Option<Trust>,
    pub(super) token: Option<String>,
}

/// What is asked.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Question {
    pub(in crate::cli) method: Method,
    pub(in crate::cli) path: String,
    pub(in crate::cli) body: Option<Value>,
    /// The ETag of the object that is to be changed.
    pub(in crate::cli) if_match: Option<String>,
    /// How long the answer may take.
    pub(in crate::cli) patience: Duration,
    /// What else there is to know when it has not come by then, to go behind the message.
    pub(in crate::cli) late: &'static str,
}

/// What comes back.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Answer {
    pub(in crate::cli) status: StatusCode,
    pub(in crate::cli) etag: Option<String>,
    pub(in crate::cli) text: String,
}

/// What comes of a stream of events.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) enum Heard<'a> {
    /// The gateway has agreed: whatever happens from now on is told.
    Open,
    Event {
        name: &'a str,
        data: &'a str,
    },
}

/// How the following of a stream came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Followed {
    /// Whoever followed it has had enough.
    Enough,
    /// The gateway ended it.
    Ended,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Sends a question and reads the answer to its end.
pub(super) async fn exchange(gateway: &Gateway, question: &Question) -> anyhow::Result<Answer> {
    let stream = connect(gateway).await?;
    let answer = async { read(send(gateway, question, stream).await?).await };
    let answer = timeout(question.patience, answer).await.map_err(|_elapsed| late(gateway, question))?;
    answer.with_context(|| format!("asking the gateway at {gateway} failed"))
}

/// Reads a stream of events to its end, or until `each` breaks. An answer that is no such stream is the error.
pub(super) async fn follow(
    gateway: &Gateway,
    question: &Question,
    each: &mut dyn FnMut(Heard<'_>) -> ControlFlow<()>,
) -> anyhow::Result<Result<Followed, Answer>> {
    let stream = connect(gateway).await?;
    let response = timeout(question.patience, send(gateway, question, stream)).await;
    let response = response.map_err(|_elapsed| late(gateway, question))?;
    let response = response.with_context(|| format!("asking the gateway at {gateway} failed"))?;
    let kind = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if response.status() != StatusCode::OK || kind.is_none_or(|kind| !kind.starts_with(b"text/event-stream")) {
        return read(response).await.map(Err);
    }
    if each(Heard::Open).is_break() {
        return Ok(Ok(Followed::Enough));
    }
    let (mut body, mut pending) = (response.into_body(), Vec::new());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        pending.extend_from_slice(&data);
        while let Some(end) = pending.windows(2).position(|two| two == b"\n\n") {
            let block = pending.drain(..end + 2).collect::<Vec<_>>();
            let block = String::from_utf8_lossy(&block);
            let field = |name: &str| {
                let lines = block.lines().filter_map(|line| line.strip_prefix(name));
                lines.map(|value| value.trim_start().to_owned()).collect::<Vec<_>>().join("\n")
            };
            let (name, data) = (field("event:"), field("data:"));
            if !data.is_empty() && each(Heard::Event { name: &name, data: &data }).is_break() {
                return Ok(Ok(Followed::Enough));
            }
        }
    }
    Ok(Ok(Followed::Ended))
}

async fn connect(gateway: &Gateway) -> anyhow::Result<Box<dyn Stream>> {
    let too_late = |_elapsed| io::Error::other(format!("no connection within {} s", CONNECT.as_secs()));
    let stream = timeout(CONNECT, reach(&gateway.address)).await.map_err(too_late).flatten();
    let stream = stream.map_err(|error| nobody(gateway, &error))?;
    let Some(trust) = &gateway.trust else { return Ok(stream) };
    let stream = timeout(CONNECT, secure(&gateway.host, trust, stream)).await.map_err(too_late);
    stream
        .map_err(|error| nobody(gateway, &error))?
        .with_context(|| format!("TLS with the gateway at {gateway} failed"))
}

async fn reach(address: &AdminAddress) -> io::Result<Box<dyn Stream>> {
    Ok(match address {
        AdminAddress::Unix(path) => Box::new(UnixStream::connect(path).await?),
        AdminAddress::Tcp(address) => Box::new(TcpStream::connect(address).await?),
    })
}

async fn secure(host: &str, trust: &Trust, stream: Box<dyn Stream>) -> anyhow::Result<Box<dyn Stream>> {
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
    Ok(Box::new(TlsConnector::from(Arc::new(client(trust)?)).connect(name, stream).await?))
}

fn late(gateway: &Gateway, question: &Question) -> anyhow::Error {
    nobody(gateway, &format!("no answer within {} s{}", question.patience.as_secs(), question.late))
}

fn nobody(gateway: &Gateway, why: &dyn Display) -> anyhow::Error {
    anyhow!("no gateway answers on the admin address {gateway}: {why}")
}

async fn send(gateway: &Gateway, question: &Question, stream: Box<dyn Stream>) -> anyhow::Result<Response<Incoming>> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the runtime of the command.
    drop(tokio::spawn(connection));
    let mut request = Request::builder().method(&question.method).uri(&question.path).header(HOST, &gateway.host);
    if let Some(token) = gateway.token.as_ref().filter(|_| question.path.starts_with("/v1/")) {
        let token = HeaderValue::from_str(&format!("Bearer {token}"));
        request = request.header(
            AUTHORIZATION,
            token.map_err(|_unprintable| anyhow!("the token has characters that no field can have"))?,
        );
    }
    if let Some(etag) = &question.if_match {
        request = request.header(IF_MATCH, etag);
    }
    if !question.method.is_safe() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    let body = question.body.as_ref().map(|body| Bytes::from(body.to_string())).unwrap_or_default();
    let request = request.body(Full::new(body))?;
    sender.send_request(request).await.map_err(|error| {
        let is_tls = error.is_parse() && gateway.trust.is_none();
        let advice = if is_tls { "; if the admin listener uses TLS, pass --admin https://HOST:PORT" } else { "" };
        anyhow!("{error}{advice}")
    })
}

async fn read(response: Response<Incoming>) -> anyhow::Result<Answer> {
    let status = response.status();
    let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
    let body = response.into_body().collect().await?.to_bytes();
    Ok(Answer { status, etag, text: String::from_utf8_lossy(&body).into_owned() })
}

fn client(trust: &Trust) -> anyhow::Result<ClientConfig> {
    if let Trust::Certificate(certificate) = trust {
        return Ok(own_tls::client(Some(certificate.clone()))?);
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
