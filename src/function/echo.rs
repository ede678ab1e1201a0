//! `builtin:echo`: a function inside the gateway that answers with what it was sent, to try things with.

use std::convert::Infallible;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::io::DuplexStream;

/// Bytes that the two ends may be apart.
const BUFFER: usize = 64 * 1024;
/// Bytes of a body that are shown.
const SHOWN: usize = 4096;

/// Connects to the function. It runs on the calling worker until the connection is closed.
#[must_use]
pub fn connect() -> DuplexStream {
    let (near, far) = tokio::io::duplex(BUFFER);
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service_fn(answer));
    tokio::task::spawn_local(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the echo function lost its connection");
        }
    });
    near
}

/// What the function received.
#[derive(Debug, Serialize)]
struct Echo {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body_bytes: u64,
    /// The beginning of the body.
    body: String,
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, mut body) = request.into_parts();
    let (mut body_bytes, mut shown) = (0, Vec::new());
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(chunk) = frame.into_data() {
            body_bytes += chunk.len() as u64;
            let room = SHOWN.saturating_sub(shown.len()).min(chunk.len());
            shown.extend_from_slice(&chunk[..room]);
        }
    }
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let echo = Echo {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body_bytes,
        body: String::from_utf8_lossy(&shown).into_owned(),
    };
    let mut json = serde_json::to_vec_pretty(&echo).expect("strings and numbers are always JSON");
    json.push(b'\n');
    let mut response = Response::new(Full::from(json));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
