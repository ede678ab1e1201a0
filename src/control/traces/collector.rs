//! One request of OTLP over HTTP.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use tokio::time::timeout;

use super::super::fetch::fetch;
use crate::config::tls::FunctionTls;
use crate::config::traces::Traces;
use crate::function::tls::Client;

/// Where traces go.
pub(super) struct Collector {
    traces: Traces,
    tls: Option<Arc<Client>>,
}

/// Why a collector took nothing.
pub(super) struct Refusal {
    pub(super) error: String,
    /// Whether it may take the same later, and when, if it says so.
    pub(super) again: Option<Option<Duration>>,
}

impl Collector {
    pub(super) fn new(traces: Traces) -> Self {
        let tls = (traces.endpoint.scheme_str() == Some("https")).then(|| {
            let spec = FunctionTls { roots: traces.roots.clone(), http2: false, ..FunctionTls::default() };
            Client::new(&spec)
        });
        Self { traces, tls }
    }

    pub(super) fn traces(&self) -> &Traces {
        &self.traces
    }

    pub(super) fn endpoint(&self) -> &Uri {
        &self.traces.endpoint
    }

    /// Sends spans, and returns how many of them the collector did not want.
    pub(super) async fn send(&self, spans: Bytes) -> Result<u64, Refusal> {
        let mut request = Request::new(Full::new(spans));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.traces.endpoint.clone();
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        request.headers_mut().extend(self.traces.headers.iter().cloned());
        let failed = |error: String| Refusal { error, again: Some(None) };
        match timeout(self.traces.timeout, fetch(self.tls.as_deref(), request)).await {
            Ok(Ok(answer)) => judge(&answer),
            Ok(Err(error)) => Err(failed(chain(&*error))),
            Err(_elapsed) => Err(failed("no answer in time".to_owned())),
        }
    }
}

/// What an answer says (OTLP/HTTP, "Success", "Partial Success" and "Failures").
fn judge(answer: &Response<Bytes>) -> Result<u64, Refusal> {
    let status = answer.status();
    if status.is_success() {
        // A body that cannot be read comes from something that is no collector, or from one that has nothing to say.
        let read = ExportTraceServiceResponse::decode(answer.body().clone()).ok();
        let Some(partly) = read.and_then(|read| read.partial_success) else { return Ok(0) };
        if !partly.error_message.is_empty() || partly.rejected_spans > 0 {
            tracing::warn!(rejected = partly.rejected_spans, message = partly.error_message, "a word of the collector");
        }
        return Ok(u64::try_from(partly.rejected_spans).unwrap_or(0));
    }
    let may_pass = [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ];
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let again = may_pass.contains(&status).then_some(seconds.map(Duration::from_secs));
    Err(Refusal { error: format!("it answers {status}"), again })
}

/// An error with its causes, which those of HTTP do not name themselves.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
