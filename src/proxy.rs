//! The life of a request, from its head to the last byte of its response.

pub mod answer;
pub mod client;
pub mod deadline;
pub mod error;
pub mod exchange;
#[cfg(test)]
mod fault;
pub mod forward;
mod own;
pub mod retry;
pub mod upgrade;
pub mod view;

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use http::header::{CONNECTION, CONTENT_LENGTH};
use http::{HeaderValue, Request, Version};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;

use uuid::Uuid;

use self::client::Client;
use self::error::Error;
use self::exchange::GatewayResponse;
use self::forward::{Received, Routed};
use self::view::View;
use crate::function::allowance::Allowance;
use crate::message::problem::{Problem, Reason};
use crate::message::websocket::Opening;
use crate::message::{body, hop, host, http2, request};
use crate::route::{Match, Miss};
use crate::snapshot::{Api, Shared};
use crate::telemetry::access::{Record, Sink};

/// What the data path of one worker works with.
#[derive(Debug)]
pub struct Gateway {
    shared: Arc<Shared>,
    view: RefCell<Rc<View>>,
    sink: Rc<Sink>,
}

impl Gateway {
    /// The data path of worker `worker`, which keeps `idle_connections` to all functions together at most.
    #[must_use]
    pub fn new(shared: Arc<Shared>, sink: Rc<Sink>, worker: usize, idle_connections: usize) -> Rc<Self> {
        let view = View::first(shared.load(), worker, Allowance::new(idle_connections));
        Rc::new(Self { shared, view: RefCell::new(view), sink })
    }

    /// This worker's view of the current snapshot, brought up to date first.
    #[must_use]
    pub fn view(&self) -> Rc<View> {
        let mut view = self.view.borrow_mut();
        if view.snapshot.revision != self.shared.revision() {
            *view = view.adopt(self.shared.load());
        }
        view.clone()
    }

    /// Serves one request. Whatever goes wrong becomes an answer.
    pub fn handle(
        self: Rc<Self>,
        client: Rc<Client>,
        request: Request<Incoming>,
        id: Uuid,
    ) -> impl Future<Output = GatewayResponse> {
        let (mut head, incoming) = request.into_parts();
        let opening = Opening::translate(&mut head, id.as_u128());
        let extensions = std::mem::take(&mut head.extensions);
        let received = Received { head: Rc::new(head), extensions, incoming, opening };
        async move {
            let (view, version) = (self.view(), received.head.version);
            let mut record = self.record(&view, &client, id);
            record.head = Some(received.head.clone());
            #[cfg(test)]
            fault::strike("request", &received.head);
            let mut response = match route(&view, &client, &received, &mut record) {
                Ok(routed) => match forward::forward(&view, &client, received, &routed, &mut record).await {
                    Ok(answer) => answer.into_response(&view, client.clone(), record),
                    Err(error) => own::refuse(&client, &error, record),
                },
                Err(dismissed) => {
                    leave_body(&client, received, dismissed.ends_connection());
                    match dismissed {
                        Dismissed::Refused(problem) => own::refuse(&client, &Error::Refused(problem), record),
                        Dismissed::Redirected(location) => own::redirect(&client, location, record),
                    }
                }
            };
            if version == Version::HTTP_2 {
                // Of our own answers; a function's has none any more.
                response.headers_mut().remove(CONNECTION);
            } else if client.leftover().ends_connection() || is_unbounded(version, &response) {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                // To an answer in HTTP/1.1 for a client of HTTP/1.0 hyper would add `keep-alive`.
                *response.version_mut() = version;
            }
            response
        }
    }

    /// Records a request whose head could not be read, and makes the answer to it.
    pub fn unreadable(&self, client: &Client, problem: &Problem) -> Vec<u8> {
        let mut record = self.record(&self.view(), client, new_id());
        own::note(&mut record, problem);
        problem.to_http1(record.id)
    }

    /// The answer to a request that a bug put an end to. Its record has been written by then.
    #[must_use]
    pub fn panicked(&self, client: &Client, id: Uuid) -> GatewayResponse {
        client.answered();
        own::answer(&Problem::new(Reason::InternalError, "an error in the gateway"), id).0
    }

    fn record(&self, view: &View, client: &Client, id: Uuid) -> Box<Record> {
        let (sink, clock, peer) = (self.sink.clone(), client.alarm().clock().clone(), client.peer().text().clone());
        let mut record = Record::begin(sink, clock, peer, view.nowhere.clone(), id);
        record.revision = view.snapshot.revision;
        record.tls = client.peer().scheme().tls();
        record
    }
}

/// The id of a request: unique, not secret.
#[must_use]
pub fn new_id() -> Uuid {
    uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid()
}

/// Why a request goes no further than its head.
enum Dismissed {
    Refused(Problem),
    /// It is served over TLS, there.
    Redirected(HeaderValue),
}

impl Dismissed {
    fn ends_connection(&self) -> bool {
        match self {
            Self::Refused(problem) => problem.reason.ends_connection(),
            Self::Redirected(_) => false,
        }
    }
}

impl From<Problem> for Dismissed {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

/// Decides what becomes of the body of a request that nobody will read.
fn leave_body(client: &Client, received: Received, ends_connection: bool) {
    let held = request::expects_continue(&received.head);
    let has_body = !hyper::body::Body::is_end_stream(&received.incoming);
    if has_body && (held || ends_connection) {
        client.leftover().end_connection();
    } else {
        client.leftover().leave(received.incoming, client.now());
    }
}

/// Finds the API of a request and applies the limits that need nothing but its head.
fn route(view: &View, client: &Client, received: &Received, record: &mut Record) -> Result<Routed, Dismissed> {
    let Received { head, incoming, .. } = received;
    let gateway = &view.snapshot.config.gateway;
    let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    if target.len() > gateway.max_uri_bytes {
        let detail = format!("the request target is longer than {} bytes", gateway.max_uri_bytes);
        return Err(Problem::new(Reason::UriTooLong, detail).into());
    }
    // hyper has counted those of HTTP/1.
    if head.version == Version::HTTP_2
        && (http2::size(head) > gateway.max_header_bytes || head.headers.len() > gateway.max_headers)
    {
        return Err(Problem::head_too_large(gateway.max_header_bytes, gateway.max_headers).into());
    }
    let host = request::host(head)?;
    record.host = Some(host.clone());
    if client.is_refused() {
        return Err(Problem::new(Reason::Overloaded, "too many client connections").into());
    }
    if let Some(port) = client.entrance().redirect {
        return Err(host::over_https(&head.uri, &host, port).map_or_else(Dismissed::Refused, Dismissed::Redirected));
    }
    let name = host.to_str().expect("a valid host is ASCII");
    let found =
        view.snapshot.table.find(name, head.uri.path(), &head.method).map_err(|miss| missed(view, &miss, record))?;
    let local = view.api(*found.payload()).clone();
    record.tally = local.tally.clone();
    let api = &local.api;
    let announced = hyper::body::Body::size_hint(incoming).exact();
    if let (Some(limit), Some(bytes)) = (api.max_body_bytes, announced)
        && bytes > limit
    {
        return Err(body::too_large(limit).into());
    }
    Ok(Routed {
        base_path: found.prefix_len(),
        path_parameters: path_parameters(&found, api, head.uri.path()),
        upgrade: hop::upgrade(head).filter(|_| hyper::body::Body::is_end_stream(incoming)),
        host,
        api: local,
    })
}

/// Why a request found no API, for the client; notes in the record how far it came.
fn missed(view: &View, miss: &Miss<'_>, record: &mut Record) -> Problem {
    if let Miss::NoApi { service, .. } | Miss::MethodNotAllowed { service, .. } = miss {
        record.tally = view.service(service);
    }
    match miss {
        Miss::NoService => Problem::new(Reason::NoService, "no service answers to this host"),
        Miss::NoApi { .. } => Problem::new(Reason::NoApi, "no API of the service matches this path"),
        Miss::MethodNotAllowed { allow, .. } => {
            let methods = allow.iter().map(http::Method::as_str).collect::<Vec<_>>().join(", ");
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

/// Whether the end of the connection is the end of this answer: a client of HTTP/1.0 knows no other without a length.
fn is_unbounded(version: Version, response: &GatewayResponse) -> bool {
    version == Version::HTTP_10 && !response.headers().contains_key(CONTENT_LENGTH)
}
