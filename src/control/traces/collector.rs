//! One request of OTLP over HTTP.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::uri::Authority;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use tokio::time::timeout;

use super::super::fetch::{fetch, trusting};
use crate::config::Traces;
use crate::function::tls::Client;
use crate::telemetry::log::with_sources;

/// Where traces go.
pub(super) struct Collector {
    traces: Traces,
    tls: Option<Arc<Client>>,
}

/// As much as anybody reads of what a collector says.
const LONGEST: usize = 200;

/// What a collector did not want, and what it says to that, which may be a warning only.
pub(super) struct Rejected {
    pub(super) spans: u64,
    pub(super) why: String,
}

/// Why a collector took nothing.
pub(super) struct Refusal {
    pub(super) error: String,
    /// Whether it may take the same later, and when, if it says so.
    pub(super) again: Option<Option<Duration>>,
}

impl Collector {
    pub(super) fn new(traces: Traces) -> Self {
        let tls = (traces.endpoint.scheme_str() == Some("https")).then(|| trusting(traces.roots.clone()));
        Self { traces, tls }
    }

    pub(super) fn traces(&self) -> &Traces {
        &self.traces
    }

    /// Where it is, for the log: a query may be secret.
    pub(super) fn place(&self) -> String {
        let endpoint = &self.traces.endpoint;
        let (scheme, authority) =
            (endpoint.scheme_str().unwrap_or_default(), endpoint.authority().map_or("", Authority::as_str));
        format!("{scheme}://{authority}{}", endpoint.path())
    }

    /// Sends spans, and returns what the collector did not want of them.
    pub(super) async fn send(&self, spans: Bytes) -> Result<Rejected, Refusal> {
        let mut request = Request::new(Full::new(spans));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.traces.endpoint.clone();
        for (name, value) in &self.traces.headers {
            request.headers_mut().insert(name.clone(), value.clone());
        }
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        let failed = |error: String| Refusal { error, again: Some(None) };
        match timeout(self.traces.timeout, fetch(self.tls.as_deref(), request)).await {
            Ok(Ok(answer)) => judge(&answer),
            Ok(Err(error)) => Err(failed(with_sources(&*error))),
            Err(_elapsed) => Err(failed("no answer in time".to_owned())),
        }
    }
}

/// What an answer says (OTLP/HTTP, "Success", "Partial Success" and "Failures").
fn judge(answer: &Response<Bytes>) -> Result<Rejected, Refusal> {
    let status = answer.status();
    if status.is_success() {
        // A body that cannot be read comes from something that is no collector, or from one that has nothing to say.
        let read = ExportTraceServiceResponse::decode(answer.body().clone()).ok();
        let partly = read.and_then(|read| read.partial_success).unwrap_or_default();
        let why = partly.error_message.chars().take(LONGEST).collect();
        return Ok(Rejected { spans: u64::try_from(partly.rejected_spans).unwrap_or(0), why });
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
