//! From the head of a request to where it goes, or why it goes nowhere.

use std::rc::Rc;

use http::header::COOKIE;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Extensions, HeaderValue, Method, Version};
use hyper::body::{Body, Incoming};
use percent_encoding::percent_decode_str;

use super::client::Client;
use super::view::{LocalApi, View};
use crate::message::problem::{Problem, Reason};
use crate::message::websocket::Opening;
use crate::message::{body, hop, host, http2, request};
use crate::route::{Match, Miss};
use crate::snapshot::Api;
use crate::telemetry::access::Record;

/// A request as hyper delivered it.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) head: Rc<Parts>,
    /// Taken out of the head: the letter case of its names, which hyper wants back with the request for the function.
    pub(super) extensions: Extensions,
    pub(super) incoming: Incoming,
    /// Of a WebSocket over HTTP/2.
    pub(super) opening: Option<Opening>,
    /// What is wrong with it that only the bytes have shown.
    pub(super) fault: Option<&'static str>,
}

/// Where a request goes.
#[derive(Debug)]
pub(super) struct Routed {
    pub(super) api: Rc<LocalApi>,
    /// How many bytes of the path are removed.
    pub(super) base_path: usize,
    /// The base path that they spell, as it is configured.
    pub(super) prefix: Option<Rc<str>>,
    pub(super) host: HeaderValue,
    pub(super) path_parameters: Option<String>,
    pub(super) upgrade: Option<HeaderValue>,
}

/// Why a request goes no further than its head.
pub(super) enum Dismissed {
    Refused(Problem),
    /// It is served over TLS, there.
    Redirected(HeaderValue),
    /// It asks for the proof of a name, which is this text.
    Proved(String),
}

impl Dismissed {
    pub(super) fn ends_connection(&self) -> bool {
        match self {
            Self::Refused(problem) => problem.reason.ends_connection(),
            Self::Redirected(_) | Self::Proved(_) => false,
        }
    }
}

impl From<Problem> for Dismissed {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

/// Finds the API of a request and applies the limits that need nothing but its head.
pub(super) fn route(
    view: &View,
    client: &Client,
    received: &Received,
    record: &mut Record,
) -> Result<Routed, Dismissed> {
    let Received { head, incoming, .. } = received;
    let gateway = &view.snapshot.config.gateway;
    let target = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    if target.len() > gateway.max_uri_bytes {
        let detail = format!("the request target is longer than {} bytes", gateway.max_uri_bytes);
        return Err(Problem::new(Reason::UriTooLong, detail).into());
    }
    // hyper has counted those of HTTP/1.
    if head.version == Version::HTTP_2
        && (http2::size(head) > gateway.max_header_bytes || has_more_fields(head, gateway.max_headers))
    {
        return Err(Problem::head_too_large(gateway.max_header_bytes, gateway.max_headers).into());
    }
    let host = request::host(head)?;
    record.host = Some(host.clone());
    if let Some(detail) = received.fault {
        return Err(Problem::new(Reason::BadRequest, detail).into());
    }
    if client.is_refused() {
        return Err(Problem::new(Reason::Overloaded, "too many client connections").into());
    }
    if let Some(text) = proof(view, client, head) {
        return Err(Dismissed::Proved(text));
    }
    if let Some(port) = client.entrance().redirect {
        return Err(host::over_https(&head.uri, &host, port).map_or_else(Dismissed::Refused, Dismissed::Redirected));
    }
    let name = host.to_str().expect("a valid host is ASCII");
    let found =
        view.snapshot.table.find(name, head.uri.path(), &head.method).map_err(|miss| missed(view, &miss, record))?;
    let local = view.api(*found.payload()).clone();
    record.route(local.tally.clone());
    let api = &local.api;
    let announced = incoming.size_hint().exact();
    if let (Some(limit), Some(bytes)) = (api.max_body_bytes, announced)
        && bytes > limit
    {
        return Err(body::too_large(limit).into());
    }
    Ok(Routed {
        base_path: found.prefix_len(),
        prefix: view.base_path(&found),
        path_parameters: path_parameters(&found, api, head.uri.path()),
        upgrade: hop::upgrade(head).filter(|_| incoming.is_end_stream()),
        host,
        api: local,
    })
}

/// Whether a head of HTTP/2 has more fields than `limit` when it is one of HTTP/1.1, in which all of `cookie` are one. How many these are is
/// bounded by the bytes of a head.
fn has_more_fields(head: &Parts, limit: usize) -> bool {
    let cookies = || head.headers.get_all(COOKIE).iter().count().saturating_sub(1);
    head.headers.len() > limit && head.headers.len() - cookies() > limit
}

/// What an ACME server expects to find here (RFC 8555 section 8.3). It looks without TLS; paths that nothing was ordered for are anybody's.
fn proof(view: &View, client: &Client, head: &Parts) -> Option<String> {
    let token = head.uri.path().strip_prefix("/.well-known/acme-challenge/")?;
    let asks = head.method == Method::GET && client.entrance().tls.is_none();
    asks.then(|| view.snapshot.issued.answer(token)).flatten()
}

/// Why a request found no API, for the client; notes in the record how far it came.
fn missed(view: &View, miss: &Miss<'_>, record: &mut Record) -> Problem {
    if let Miss::NoApi { service, .. } | Miss::MethodNotAllowed { service, .. } = miss {
        record.route(view.service(service));
    }
    match miss {
        Miss::NoService => Problem::new(Reason::NoService, "no service answers to this host"),
        Miss::NoApi { environment, .. } if view.snapshot.releases.is_unavailable(*environment) => {
            Problem::new(Reason::ReleaseUnavailable, "the release of this environment is unavailable")
        }
        Miss::NoApi { .. } => Problem::new(Reason::NoApi, "no API of the service matches this path"),
        Miss::MethodNotAllowed { allow, .. } => {
            let methods = allow.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
            Problem {
                allow: HeaderValue::from_str(&methods).ok(),
                ..Problem::new(Reason::MethodNotAllowed, format!("the API serves {methods}"))
            }
        }
        Miss::Ambiguous(ambiguity) => {
            let detail = format!(
                "servers read this path in different ways ({}), and they lead to different APIs",
                ambiguity.reading
            );
            Problem::new(Reason::AmbiguousPath, detail)
        }
        Miss::BadPath => {
            Problem::new(Reason::BadRequest, "the path is malformed: a `%` without two hexadecimal digits")
        }
    }
}

/// `id=42&name=x`: each value decoded once, then form-encoded.
fn path_parameters(found: &Match<'_, usize>, api: &Api, path: &str) -> Option<String> {
    if !api.has_parameters {
        return None;
    }
    let mut text = String::new();
    for (name, value) in found.parameters(path) {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        let decoded: Vec<u8> = percent_decode_str(value).collect();
        text.extend(form_urlencoded::byte_serialize(&decoded));
    }
    Some(text)
}
