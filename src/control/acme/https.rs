//! The way to the ACME server: one connection for each request, which are few.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Uri};
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::config::tls::{Acme, FunctionTls};
use crate::function::tls::{Client, Offer};

/// For one request, from the look-up of the name to the last byte of the answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Far above any chain of certificates.
const LARGEST: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct Https {
    tls: Arc<Client>,
}

impl Https {
    pub(super) fn new(acme: &Acme) -> Self {
        let spec = FunctionTls { roots: acme.roots.clone(), http2: false, ..FunctionTls::default() };
        Self { tls: Client::new(&spec) }
    }
}

impl HttpClient for Https {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let tls = self.tls.clone();
        Box::pin(async move {
            let host = request.uri().host().unwrap_or_default().to_owned();
            let outcome = match timeout(PATIENCE, exchange(&tls, request)).await {
                Ok(outcome) => outcome,
                Err(elapsed) => Err(elapsed.into()),
            };
            outcome.map_err(|error| Error::Other(format!("no answer of {host}: {error}").into()))
        })
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn exchange(tls: &Client, mut request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, Failure> {
    let uri = request.uri().clone();
    let host = match uri.host() {
        Some(host) if uri.scheme_str() == Some("https") => host.trim_start_matches('[').trim_end_matches(']'),
        _ => return Err("not at https://".into()),
    };
    let socket = TcpStream::connect((host, uri.port_u16().unwrap_or(443))).await?;
    let stream = tls.connect(host, socket, Offer::Http1).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the sender.
    tokio::spawn(connection);
    let authority = uri.authority().map_or(host, |authority| authority.as_str());
    request.headers_mut().insert(HOST, HeaderValue::from_str(authority)?);
    *request.uri_mut() = Uri::try_from(uri.path_and_query().map_or("/", PathAndQuery::as_str))?;
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, LARGEST).collect().await?.to_bytes();
    Ok(BytesResponse { parts, body: Box::new(body) })
}
