//! From the head of a request to where it goes, or why it goes nowhere.

use std::rc::Rc;

use http::{Method, Version};
use percent_encoding::percent_decode_str;

use super::client::Client;
use super::incoming::Incoming;
use super::view::{LocalApi, View};
use crate::header::Class;
use crate::http1::Framing;
use crate::message::head::{RequestHead, values};
use crate::message::problem::{Problem, Reason};
use crate::message::{host, http2};
use crate::route::{Match, Miss};
use crate::telemetry::access::Record;

/// Where a request goes.
#[derive(Debug)]
pub(super) struct Routed<'a> {
    pub(super) api: Rc<LocalApi>,
    /// Which host it is for.
    pub(super) host: &'a [u8],
    /// How many bytes of the path are removed.
    pub(super) base_path: usize,
    /// The base path that they spell, as it is configured.
    pub(super) prefix: Option<Rc<str>>,
    /// `id=42&name=x`: each value decoded once, then form-encoded.
    pub(super) path_parameters: Option<String>,
}

/// Why a request goes no further than its head.
pub(super) enum Dismissed {
    Refused(Problem),
    /// It is served over TLS, there.
    Redirected(String),
    /// It asks for the proof of a name, which is this text.
    Proved(String),
}

impl From<Problem> for Dismissed {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

/// Finds the API of a request for `host` and applies the limits that need nothing but its head.
pub(super) fn route<'a>(
    view: &View,
    client: &Client,
    incoming: &Incoming<'a>,
    host: Result<&'a [u8], Problem>,
    record: &mut Record,
) -> Result<Routed<'a>, Dismissed> {
    let head = &incoming.head;
    let gateway = &view.snapshot.config.gateway;
    let target = head.target.path_and_query;
    if target.len() > gateway.max_uri_bytes {
        let detail = format!("the request target is longer than {} bytes", gateway.max_uri_bytes);
        return Err(Problem::new(Reason::UriTooLong, detail).into());
    }
    // Those of HTTP/1 have been counted by its reader.
    if head.version == Version::HTTP_2
        && (http2::size(head) > gateway.max_header_bytes || has_more_fields(head, gateway.max_headers))
    {
        return Err(Problem::head_too_large(gateway.max_header_bytes, gateway.max_headers).into());
    }
    let host = host?;
    if let Some(detail) = incoming.fault {
        return Err(Problem::new(Reason::BadRequest, detail).into());
    }
    if client.is_refused {
        return Err(Problem::new(Reason::Overloaded, "too many client connections").into());
    }
    let path = head.target.path();
    if let Some(text) = proof(view, client, head.method, path) {
        return Err(Dismissed::Proved(text));
    }
    if let Some(port) = client.entrance.redirect {
        return Err(host::over_https(target, host, port).map_or_else(Dismissed::Refused, Dismissed::Redirected));
    }
    let name = str::from_utf8(host).expect("a valid host is ASCII");
    let found = view.snapshot.table.find(name, path, head.method).map_err(|miss| missed(view, &miss, record))?;
    let api = view.api(*found.payload()).clone();
    record.route(api.tally.clone());
    if let (Some(limit), Framing::Length(bytes)) = (api.api.max_body_bytes, incoming.framing)
        && bytes > limit
    {
        return Err(too_large(limit).into());
    }
    Ok(Routed {
        host,
        base_path: found.prefix_len(),
        prefix: view.base_path(&found),
        path_parameters: api.api.has_parameters.then(|| path_parameters(&found, path)),
        api,
    })
}

/// Whether a head of HTTP/2 has more fields than `limit` when it is one of HTTP/1.1, in which all of `cookie` are one. How many these are is
/// bounded by the bytes of a head.
fn has_more_fields(head: &RequestHead<'_>, limit: usize) -> bool {
    let cookies = || values(head.fields, Class::Cookie).count().saturating_sub(1);
    head.fields.len() > limit && head.fields.len() - cookies() > limit
}

/// What an ACME server expects to find here (RFC 8555 section 8.3). It looks without TLS; paths that nothing was ordered for are anybody's.
fn proof(view: &View, client: &Client, method: &Method, path: &str) -> Option<String> {
    let token = path.strip_prefix("/.well-known/acme-challenge/")?;
    let asks = *method == Method::GET && client.entrance.tls.is_none();
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
            let problem = Problem::new(Reason::MethodNotAllowed, format!("the API serves {methods}"));
            Problem { allow: Some(methods.into()), ..problem }
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

fn path_parameters(found: &Match<'_, usize>, path: &str) -> String {
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
    text
}

/// The refusal of a body of more than `limit` bytes.
pub(super) fn too_large(limit: u64) -> Problem {
    Problem::new(Reason::BodyTooLarge, format!("the request body is larger than {limit} bytes"))
}
