//! A collector: takes OTLP over HTTP and keeps the spans.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;

use super::support::eventually;
use super::support::message::Message;
use super::support::origin::Origin;

/// A collector on a free port.
#[derive(Debug)]
pub struct Collector {
    pub origin: Origin,
}

/// A span, in a form that is easy to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub name: String,
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub is_server: bool,
    pub flags: u32,
    /// In nanoseconds.
    pub started: u64,
    pub ended: u64,
    pub failed: bool,
    pub attributes: BTreeMap<String, String>,
}

impl Collector {
    /// Takes everything.
    pub fn start() -> Self {
        Self::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    }

    /// Takes all but so many spans of each request.
    pub fn rejecting(rejected_spans: i64) -> Self {
        let mut response = ExportTraceServiceResponse::default();
        response.partial_success.get_or_insert_default().rejected_spans = rejected_spans;
        let body = response.encode_to_vec();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        Self::answering([head.into_bytes(), body].concat())
    }

    pub fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        Self { origin: Origin::answering(bytes) }
    }

    pub fn url(&self) -> String {
        format!("{}/v1/traces", self.origin.url())
    }

    /// The spans so far, once there are at least `count`, in the order in which they began.
    #[track_caller]
    pub fn spans(&self, count: usize) -> Vec<Span> {
        eventually("spans arrive", || {
            let mut spans: Vec<_> = self.origin.requests().iter().flat_map(spans).collect();
            spans.sort_by_key(|span| (span.started, !span.is_server));
            (spans.len() >= count).then_some(spans)
        })
    }
}

impl Span {
    /// An attribute; empty if it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

fn spans(request: &Message) -> Vec<Span> {
    assert_eq!(request.start, "POST /v1/traces HTTP/1.1");
    assert_eq!(request.field("content-type"), Some("application/x-protobuf"));
    let request = ExportTraceServiceRequest::decode(&*request.body).expect("OTLP");
    let resource = &request.resource_spans[0];
    let attributes = &resource.resource.as_ref().expect("a resource").attributes;
    assert!(attributes.iter().any(|attribute| attribute.key == "service.name"), "{attributes:?}");
    let spans = resource.scope_spans.iter().flat_map(|scope| &scope.spans);
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    spans
        .map(|span| Span {
            name: span.name.clone(),
            trace: hex(&span.trace_id),
            id: hex(&span.span_id),
            parent: hex(&span.parent_span_id),
            is_server: span.kind() == SpanKind::Server,
            flags: span.flags,
            started: span.start_time_unix_nano,
            ended: span.end_time_unix_nano,
            failed: span.status.as_ref().is_some_and(|status| status.code == 2),
            attributes: span
                .attributes
                .iter()
                .map(|attribute| {
                    let value = attribute.value.as_ref().and_then(|value| value.value.as_ref()).expect("a value");
                    (attribute.key.clone(), text(value))
                })
                .collect(),
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
