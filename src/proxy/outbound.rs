//! A request as its function gets it: the head is made once, whatever is tried.

use std::ops::Range;
use std::time::Duration;

use http::Method;

use super::client::Client;
use super::incoming::Incoming;
use super::routing::Routed;
use super::view::View;
use crate::http1::Framing;
use crate::message::hop;
use crate::message::lines::Lines;
use crate::message::problem::Problem;
use crate::message::request::{self, Filter};
use crate::message::rules::Rules;
use crate::message::trace_fields::TraceFields;
use crate::net::proxy_protocol;
use crate::scratch::Scratch;
use crate::snapshot::Api;
use crate::telemetry::access::Record;
use crate::telemetry::trace::context::{Context, TRACEPARENT};

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
    pub(super) fn new(
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
            None => hop::upgrade(head).filter(|_| !incoming.framing.has_content()),
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
        let filter = Filter { rules, custom: &api.custom, trusted, trace, framing: incoming.framing, host: place.0 };
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
            preface: version
                .map_or_else(Vec::new, |version| proxy_protocol::header(version, peer.ends(head.fields, proxies))),
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
