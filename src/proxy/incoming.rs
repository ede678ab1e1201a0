//! A request as it came, and what becomes of it: it is forwarded, or answered here.

use std::ops::Range;
use std::time::Duration;

use http::{Method, Version};
use uuid::Uuid;

use super::client::Client;
use super::forward::Forward;
use super::retry::is_repeatable;
use super::routing::{Dismissed, Routed, route};
use super::view::View;
use super::{Gateway, own};
use crate::header::Class;
use crate::http1::Framing;
use crate::message::expectation::expects_continue;
use crate::message::head::{RequestHead, values, values_of};
use crate::message::lines::Lines;
use crate::message::problem::Problem;
use crate::message::reply::Reply;
use crate::message::request::{self, Filter};
use crate::message::rules::Rules;
use crate::message::trace_fields::TraceFields;
use crate::message::websocket::Opening;
use crate::message::{grpc, hop};
use crate::net::proxy_protocol;
use crate::scratch::Scratch;
use crate::snapshot::Api;
use crate::telemetry::access::Record;
use crate::telemetry::access::seen::Seen;
use crate::telemetry::trace::Trace;
use crate::telemetry::trace::context::{Context, TRACEPARENT};

/// A request whose head has been read.
#[derive(Debug)]
pub struct Incoming<'a> {
    pub head: RequestHead<'a>,
    pub framing: Framing,
    /// Of a WebSocket over HTTP/2.
    pub opening: Option<Opening>,
    /// What is wrong with it that stands in none of the fields.
    pub fault: Option<&'static str>,
}

/// A request that has been looked at: nothing of its head is needed any more.
#[derive(Debug)]
pub enum Begun {
    /// Answered by the gateway itself.
    Answered(Answered),
    Forwarded(Forward),
}

/// An answer of the gateway's own, and the request that it is for.
#[derive(Debug)]
pub struct Answered {
    pub reply: Reply,
    /// The body is announced and not sent.
    pub is_head: bool,
    pub record: Record,
}

impl Gateway {
    /// Decides what becomes of a request, and makes the head for its function.
    #[must_use]
    pub fn begin(&self, client: &Client, incoming: Incoming<'_>, id: Uuid) -> Begun {
        let view = self.view();
        let mut record = self.record(&view, client, id);
        let head = incoming.head;
        if let Some(traces) = &view.snapshot.config.traces {
            record.trace = Trace::begin(values_of(head.fields, TRACEPARENT.as_str()), id, traces.ratio);
        }
        let host = request::host(&head);
        record.request = seen(&head, host.as_ref().ok().copied());
        #[cfg(test)]
        assert!(!super::fault::is_wanted("request", head.fields), "a fault in the request");
        let (is_grpc, is_head) = (grpc::is_grpc(&head), *head.method == Method::HEAD);
        let timeout = grpc::timeout(&head);
        let expects_continue = expects_continue(&head);
        let takes_trailers = head.version == Version::HTTP_2 || hop::takes_trailers(head.fields);
        let begun = route(&view, client, &incoming, host, &mut record).and_then(|routed| {
            let outbound = Outbound::new(&view, client, &incoming, &routed, timeout, &mut record)?;
            Ok((routed.api, outbound))
        });
        let reply = match begun {
            Ok((api, request)) => {
                return Begun::Forwarded(Forward {
                    timeout: timeout.map_or(api.api.timeout, |patience| patience.min(api.api.timeout)),
                    is_grpc,
                    is_repeatable: is_repeatable(head.method, incoming.framing != Framing::None),
                    expects_continue: expects_continue && incoming.framing != Framing::None,
                    takes_trailers,
                    opening: incoming.opening,
                    #[cfg(test)]
                    has_fault: super::fault::is_wanted("body", head.fields),
                    view,
                    api,
                    request,
                    record,
                });
            }
            Err(Dismissed::Refused(problem)) => own::refuse(&problem, is_grpc, &mut record),
            Err(Dismissed::Redirected(location)) => own::redirect(&location, &mut record),
            Err(Dismissed::Proved(text)) => own::prove(text, &mut record),
        };
        Begun::Answered(Answered { reply, is_head, record })
    }
}

fn seen(head: &RequestHead<'_>, host: Option<&[u8]>) -> Seen {
    let host = host.or_else(|| values(head.fields, Class::Host).next());
    let agent = values_of(head.fields, "user-agent").next();
    Seen::new(head.method, head.version, head.target.path(), host, agent)
}

/// A request as its function gets it. It can be sent more than once.
#[derive(Debug)]
pub(super) struct Outbound {
    /// The whole head in HTTP/1.1.
    pub(super) head: Scratch,
    pub(super) framing: Framing,
    pub(super) is_head: bool,
    /// The protocol that the client wants to switch to.
    pub(super) upgrade: Option<Box<[u8]>>,
    /// What a connection for it has to begin with.
    pub(super) preface: Vec<u8>,
    /// Where in the head the span of a trace is, which each attempt has its own of.
    span: Option<Range<usize>>,
}

impl Outbound {
    fn new(
        view: &View,
        client: &Client,
        incoming: &Incoming<'_>,
        routed: &Routed<'_>,
        timeout: Option<Duration>,
        record: &mut Record,
    ) -> Result<Self, Problem> {
        let (head, api, rules) = (&incoming.head, &*routed.api.api, &*view.rules);
        let proxies = &view.snapshot.config.gateway.trusted_proxies;
        let (peer, trusted) = (&client.peer, client.peer.is_trusted(proxies));
        let upgrade = match &incoming.opening {
            Some(_) => Some(&b"websocket"[..]),
            None => hop::upgrade(head).filter(|_| incoming.framing == Framing::None),
        };
        let mut buffer = Scratch::take();
        let mut lines = Lines::behind(buffer.detach());
        request::add_line(&mut lines, head.method, &head.target, routed.base_path);
        add_timeout(&mut lines, api, rules, timeout);
        lines.extend(&api.lines);
        peer.identify(&mut lines);
        request::add_own(&mut lines, head, rules, record.id, upgrade);
        if let Some(parameters) = &routed.path_parameters {
            lines.push(&rules.path_parameters, parameters.as_bytes());
        }
        let place = (routed.host, routed.prefix.as_deref());
        if trusted {
            peer.forward_by_proxy(&mut lines, head.fields, place, proxies);
        } else {
            peer.forward(&mut lines, place.0, place.1);
        }
        let trace = TraceFields::of(record.trace.as_deref());
        let span = add_trace(&mut lines, api, record, routed.base_path);
        if let Some(opening) = &incoming.opening {
            opening.add_key(&mut lines);
        }
        let filter =
            Filter { rules, custom: &api.custom, trusted, trace, framing: incoming.framing, host: place.0 };
        let added = request::add_fields(&mut lines, head, &filter);
        lines.extend(b"\r\n");
        buffer.put(lines.into_bytes());
        added?;
        let version = routed.api.function.function.spec.proxy_protocol;
        Ok(Self {
            head: buffer,
            framing: incoming.framing,
            is_head: *head.method == Method::HEAD,
            upgrade: upgrade.map(Into::into),
            preface: version.map_or_else(Vec::new, |version| {
                proxy_protocol::header(version, peer.ends(head.fields, proxies))
            }),
            span,
        })
    }

    /// Puts the span of an attempt into the head.
    pub(super) fn set_span(&mut self, context: &Context) {
        if let Some(span) = &self.span {
            let text = context.to_string();
            self.head[span.clone()].copy_from_slice(text.as_bytes());
        }
    }
}

/// Adds the line that tells of the timeout. A client's own `patience` may be shorter than the API's.
fn add_timeout(lines: &mut Lines, api: &Api, rules: &Rules, patience: Option<Duration>) {
    match patience.filter(|patience| *patience < api.timeout) {
        None => lines.extend(&api.timeout_line),
        Some(patience) => {
            // Zero would say that there is none.
            let milliseconds = patience.as_nanos().div_ceil(1_000_000);
            lines.push_prefixed(rules.prefix.as_str(), "Timeout", milliseconds.to_string().as_bytes());
        }
    }
}

/// Adds `traceparent`, if the request is traced. Returns where its value is.
fn add_trace(lines: &mut Lines, api: &Api, record: &mut Record, base_path: usize) -> Option<Range<usize>> {
    let trace = record.trace.as_mut()?;
    trace.base_path = base_path;
    if api.custom.contains(&TRACEPARENT) {
        return None;
    }
    let value = trace.context.to_string();
    lines.push(TRACEPARENT.as_str(), value.as_bytes());
    let end = lines.as_bytes().len() - b"\r\n".len();
    Some(end - value.len()..end)
}
