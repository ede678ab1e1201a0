//! Asks a server that is no function: of certificates, of traces. One connection for each request, which are few.

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Limited};
use hyper::body::Body;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::config::FunctionTls;
use crate::function::tls::{Client, Offer};

/// Far above any answer that is of use.
const LARGEST: usize = 1 << 20;

pub(super) type Failure = Box<dyn Error + Send + Sync>;

/// Trusts these roots, or those of the system, and asks for nothing but HTTP/1.1.
pub(super) fn trusting(roots: Option<Vec<CertificateDer<'static>>>) -> Arc<Client> {
    Client::new(&FunctionTls { roots, http2: false, ..FunctionTls::default() })
}

/// Sends a request to its absolute URL and reads the whole answer. For `https://`, `tls` says whom to trust.
///
/// # Errors
/// Those of the network and of HTTP, and an answer of more than 1 MiB.
pub(super) async fn fetch<B>(tls: Option<&Client>, mut request: Request<B>) -> Result<Response<Bytes>, Failure>
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Failure>,
{
    let uri = request.uri().clone();
    let (Some(host), Some(authority)) = (uri.host(), uri.authority()) else { return Err("no host".into()) };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    request.headers_mut().insert(HOST, HeaderValue::from_str(authority.as_str())?);
    *request.uri_mut() = Uri::try_from(uri.path_and_query().map_or("/", PathAndQuery::as_str))?;
    match (uri.scheme_str(), tls) {
        (Some("https"), Some(tls)) => {
            let socket = TcpStream::connect((host, uri.port_u16().unwrap_or(443))).await?;
            exchange(tls.connect(host, socket, Offer::Http1).await?, request).await
        }
        (Some("http"), _) => exchange(TcpStream::connect((host, uri.port_u16().unwrap_or(80))).await?, request).await,
        _ => Err("neither at http:// nor at https://".into()),
    }
}

/// Whoever has no patience for it drops it, and the connection with it.
async fn exchange<S, B>(stream: S, request: Request<B>) -> Result<Response<Bytes>, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Failure>,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async {
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, LARGEST).collect().await?.to_bytes();
        Ok(Response::from_parts(parts, body))
    };
    tokio::select! {
        outcome = exchange => outcome,
        // In order it ends once everything is read, or has nothing more to say of why not.
        Err(error) = connection => Err(error.into()),
    }
}
