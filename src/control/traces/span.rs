//! A traced request in the words of OTLP: spans, their attributes named by the semantic conventions of OpenTelemetry.

use std::time::SystemTime;

use bytes::Bytes;
use http::uri::Authority;
use http::{Method, Version};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use opentelemetry_semantic_conventions::{SCHEMA_URL, attribute as name};
use prost::Message;
use tokio::time::Instant;

use crate::telemetry::access::CLIENT_CLOSED;
use crate::telemetry::trace::{Attempt, Finished};

/// The bits of `Span.flags` above those of `traceparent` that say whether the parent is of another process.
const HAS_IS_REMOTE: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;

/// Names that are not stable yet.
const FAAS_TRIGGER: &str = "faas.trigger";
const FAAS_INVOKED_NAME: &str = "faas.invoked_name";
const REQUEST_SIZE: &str = "http.request.body.size";
const RESPONSE_SIZE: &str = "http.response.body.size";

/// A request of OTLP with the spans of these requests.
pub(super) fn encode(service_name: &str, requests: &[Finished]) -> Bytes {
    let mut resource = Attributes::default();
    resource.text(name::SERVICE_NAME, service_name);
    resource.text(name::SERVICE_VERSION, env!("CARGO_PKG_VERSION"));
    let scope = InstrumentationScope {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let spans = requests.iter().flat_map(spans).collect();
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, schema_url: SCHEMA_URL.to_owned() }];
    let resource = Some(Resource { attributes: resource.0, ..Resource::default() });
    let resource_spans = vec![ResourceSpans { resource, scope_spans, schema_url: SCHEMA_URL.to_owned() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec().into()
}

fn spans(request: &Finished) -> impl Iterator<Item = Span> {
    let attempts = request.trace.attempts.iter().enumerate();
    std::iter::once(server(request)).chain(attempts.map(|(index, attempt)| client(request, attempt, index)))
}

/// The span of the request as the gateway served it.
fn server(request: &Finished) -> Span {
    let route = &request.route;
    let mut attributes = Attributes::default();
    attributes.method(&request.method);
    attributes.text(name::URL_SCHEME, if request.is_secure { "https" } else { "http" });
    attributes.text(name::URL_PATH, &request.path);
    attributes.text(name::HTTP_ROUTE, &route.path);
    if let Some(host) = &request.host {
        attributes.server(host);
    }
    attributes.text(name::CLIENT_ADDRESS, &request.client);
    attributes.text(name::NETWORK_PROTOCOL_VERSION, version(request.version));
    attributes.text(name::USER_AGENT_ORIGINAL, request.user_agent.as_deref().unwrap_or_default());
    attributes.number(name::HTTP_RESPONSE_STATUS_CODE, request.status);
    attributes.number(REQUEST_SIZE, Some(request.bytes_in));
    attributes.number(RESPONSE_SIZE, Some(request.bytes_out));
    attributes.text(FAAS_TRIGGER, "http");
    attributes.text("fngate.request_id", &request.id.simple().to_string());
    attributes.text("fngate.service", &route.service);
    attributes.text("fngate.api", &route.api);
    attributes.text("fngate.environment", route.environment);
    attributes.text("fngate.function", &route.function);
    attributes.text("fngate.function.version", &route.version);
    attributes.number("fngate.queue_ms", request.queued.map(|queued| queued.as_millis()));
    let failed = request.status.filter(|status| *status >= 500);
    let error = cause(request).map(str::to_owned).or_else(|| failed.map(|status| status.to_string()));
    attributes.text(name::ERROR_TYPE, error.as_deref().unwrap_or_default());
    // A client that left is nobody's failure here.
    let broken = request.aborted.is_some_and(|aborted| aborted != CLIENT_CLOSED);
    let name = format!("{} {}", method(&request.method), route.path);
    let began = request.began.1;
    let parent = request.trace.parent;
    let common = span(request, request.trace.context.span, began, began + request.duration);
    Span {
        parent_span_id: parent.map(|parent| parent.to_be_bytes().to_vec()).unwrap_or_default(),
        flags: common.flags | if parent.is_some() { IS_REMOTE } else { 0 },
        name: name.trim_end().to_owned(),
        kind: SpanKind::Server.into(),
        attributes: attributes.0,
        status: (failed.is_some() || broken).then(error_status),
        ..common
    }
}

/// The span of an attempt to have it answered by the function.
fn client(request: &Finished, attempt: &Attempt, index: usize) -> Span {
    let mut attributes = Attributes::default();
    attributes.method(&request.method);
    attributes.text(FAAS_INVOKED_NAME, &request.route.function);
    if let Some(instance) = attempt.instance.as_deref() {
        attributes.instance(instance, request);
    }
    attributes.number(name::HTTP_RESPONSE_STATUS_CODE, attempt.status);
    attributes.number(name::HTTP_REQUEST_RESEND_COUNT, Some(index).filter(|index| *index > 0));
    let is_last = index + 1 == request.trace.attempts.len();
    let error = match attempt.status {
        Some(status) => (status >= 400).then(|| status.to_string()),
        None if is_last => Some(cause(request).unwrap_or(CLIENT_CLOSED).to_owned()),
        // What makes another attempt possible: the function has seen nothing of this one.
        None => Some("connection_closed".to_owned()),
    };
    attributes.text(name::ERROR_TYPE, error.as_deref().unwrap_or_default());
    Span {
        parent_span_id: request.trace.context.span.to_be_bytes().to_vec(),
        name: method(&request.method).to_owned(),
        kind: SpanKind::Client.into(),
        attributes: attributes.0,
        status: error.map(|_| error_status()),
        ..span(request, attempt.span, attempt.started, attempt.ended.unwrap_or(attempt.started))
    }
}

/// What the spans of a request have in common.
fn span(request: &Finished, id: u64, started: Instant, ended: Instant) -> Span {
    let (time, instant) = request.began;
    let nanoseconds = |moment: Instant| {
        let time = time + moment.saturating_duration_since(instant);
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    };
    Span {
        trace_id: request.trace.context.trace.to_be_bytes().to_vec(),
        span_id: id.to_be_bytes().to_vec(),
        flags: u32::from(request.trace.context.flags()) | HAS_IS_REMOTE,
        start_time_unix_nano: nanoseconds(started),
        end_time_unix_nano: nanoseconds(ended),
        ..Span::default()
    }
}

fn error_status() -> Status {
    Status { code: StatusCode::Error.into(), message: String::new() }
}

/// Why a request had no whole answer of its function, in the words of the access log.
fn cause(request: &Finished) -> Option<&'static str> {
    request.reason.or(request.aborted)
}

/// A name that is no more than one of a few.
fn method(method: &Method) -> &str {
    match method.as_str() {
        known @ ("CONNECT" | "DELETE" | "GET" | "HEAD" | "OPTIONS" | "PATCH" | "POST" | "PUT" | "QUERY" | "TRACE") => {
            known
        }
        _ => "HTTP",
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        _ => "1.1",
    }
}

#[derive(Default)]
struct Attributes(Vec<KeyValue>);

impl Attributes {
    fn push(&mut self, key: &str, value: Value) {
        let value = Some(AnyValue { value: Some(value) });
        self.0.push(KeyValue { key: key.to_owned(), value, ..KeyValue::default() });
    }

    /// An empty text says nothing.
    fn text(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.push(key, Value::StringValue(value.to_owned()));
        }
    }

    fn number<N: TryInto<i64>>(&mut self, key: &str, value: Option<N>) {
        if let Some(value) = value {
            self.push(key, Value::IntValue(value.try_into().unwrap_or(i64::MAX)));
        }
    }

    fn method(&mut self, written: &Method) {
        match method(written) {
            "HTTP" => {
                self.text(name::HTTP_REQUEST_METHOD, "_OTHER");
                self.text(name::HTTP_REQUEST_METHOD_ORIGINAL, written.as_str());
            }
            known => self.text(name::HTTP_REQUEST_METHOD, known),
        }
    }

    /// The host that a client asked for, with its port if it named one.
    fn server(&mut self, host: &str) {
        if let Ok(authority) = host.parse::<Authority>() {
            self.text(name::SERVER_ADDRESS, authority.host().trim_matches(['[', ']']));
            self.number(name::SERVER_PORT, authority.port_u16());
        }
    }

    /// Where the function was asked, `http://127.0.0.1:9000` or `unix:/run/orders.sock`.
    fn instance(&mut self, instance: &str, request: &Finished) {
        if let Some(path) = instance.strip_prefix("unix:") {
            self.text(name::SERVER_ADDRESS, path);
            self.text(name::NETWORK_TRANSPORT, "unix");
            return;
        }
        let Some((scheme, authority)) = instance.split_once("://") else { return };
        self.server(authority);
        let path = request.path.get(request.trace.base_path..).unwrap_or_default();
        let slash = if path.starts_with('/') { "" } else { "/" };
        let scheme = if scheme == "https" { scheme } else { "http" };
        self.text(name::URL_FULL, &format!("{scheme}://{authority}{slash}{path}"));
    }
}
