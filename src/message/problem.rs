//! The answers that the gateway makes itself: `application/problem+json` (RFC 9457) and `Proxy-Status` (RFC 9209).

use std::fmt;

use http::StatusCode;
use serde::Serialize;
use uuid::Uuid;

use super::id;
use super::lines::Lines;
use super::reply::Reply;

/// Why the gateway answered itself. The text of each is part of the public interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    BadRequest,
    AmbiguousPath,
    ReservedField,
    NoService,
    NoApi,
    MethodNotAllowed,
    RequestTimeout,
    BodyTooLarge,
    UriTooLong,
    HeaderTooLarge,
    ConcurrencyLimited,
    /// A bug of the gateway.
    InternalError,
    FunctionUnreachable,
    FunctionClosed,
    BadResponse,
    Overloaded,
    QueueTimeout,
    Draining,
    ReleaseUnavailable,
    ConnectTimeout,
    FunctionTimeout,
}

impl Reason {
    pub const ALL: [Self; 21] = [
        Self::BadRequest,
        Self::AmbiguousPath,
        Self::ReservedField,
        Self::NoService,
        Self::NoApi,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::BodyTooLarge,
        Self::UriTooLong,
        Self::HeaderTooLarge,
        Self::ConcurrencyLimited,
        Self::InternalError,
        Self::FunctionUnreachable,
        Self::FunctionClosed,
        Self::BadResponse,
        Self::Overloaded,
        Self::QueueTimeout,
        Self::Draining,
        Self::ReleaseUnavailable,
        Self::ConnectTimeout,
        Self::FunctionTimeout,
    ];

    /// The name in answers, logs and metrics; the status; the title; the error type of `Proxy-Status`.
    const fn facts(self) -> (&'static str, StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest => ("bad_request", StatusCode::BAD_REQUEST, "Bad Request", "http_request_error"),
            Self::AmbiguousPath => ("ambiguous_path", StatusCode::BAD_REQUEST, "Ambiguous Path", "http_request_error"),
            Self::ReservedField => ("reserved_field", StatusCode::BAD_REQUEST, "Reserved Field", "http_request_error"),
            Self::NoService => ("no_service", StatusCode::NOT_FOUND, "No Such Service", "destination_not_found"),
            Self::NoApi => ("no_api", StatusCode::NOT_FOUND, "No Such API", "destination_not_found"),
            Self::MethodNotAllowed => {
                ("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed", "http_request_error")
            }
            Self::RequestTimeout => {
                ("request_timeout", StatusCode::REQUEST_TIMEOUT, "Request Timeout", "http_request_error")
            }
            Self::BodyTooLarge => {
                ("body_too_large", StatusCode::PAYLOAD_TOO_LARGE, "Body Too Large", "http_request_error")
            }
            Self::UriTooLong => ("uri_too_long", StatusCode::URI_TOO_LONG, "URI Too Long", "http_request_error"),
            Self::HeaderTooLarge => (
                "header_too_large",
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "Header Too Large",
                "http_request_error",
            ),
            Self::ConcurrencyLimited => {
                ("concurrency_limited", StatusCode::TOO_MANY_REQUESTS, "Too Many Requests", "connection_limit_reached")
            }
            Self::InternalError => {
                ("internal_error", StatusCode::INTERNAL_SERVER_ERROR, "Internal Error", "proxy_internal_error")
            }
            Self::FunctionUnreachable => {
                ("function_unreachable", StatusCode::BAD_GATEWAY, "Function Unreachable", "destination_unavailable")
            }
            Self::FunctionClosed => {
                ("function_closed", StatusCode::BAD_GATEWAY, "Function Closed", "connection_terminated")
            }
            Self::BadResponse => ("bad_response", StatusCode::BAD_GATEWAY, "Bad Response", "http_protocol_error"),
            Self::Overloaded => {
                ("overloaded", StatusCode::SERVICE_UNAVAILABLE, "Overloaded", "connection_limit_reached")
            }
            Self::QueueTimeout => {
                ("queue_timeout", StatusCode::SERVICE_UNAVAILABLE, "Queue Timeout", "connection_limit_reached")
            }
            Self::Draining => ("draining", StatusCode::SERVICE_UNAVAILABLE, "Draining", "destination_unavailable"),
            Self::ReleaseUnavailable => (
                "release_unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
                "Release Unavailable",
                "proxy_configuration_error",
            ),
            Self::ConnectTimeout => {
                ("connect_timeout", StatusCode::GATEWAY_TIMEOUT, "Connect Timeout", "connection_timeout")
            }
            Self::FunctionTimeout => {
                ("function_timeout", StatusCode::GATEWAY_TIMEOUT, "Function Timeout", "http_response_timeout")
            }
        }
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.facts().0
    }

    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.facts().1
    }

    /// Whether trying again a little later is sensible.
    const fn is_temporary(self) -> bool {
        matches!(
            self,
            Self::ConcurrencyLimited
                | Self::Overloaded
                | Self::QueueTimeout
                | Self::Draining
                | Self::ReleaseUnavailable
        )
    }

    /// Whether the rest of the connection's bytes cannot be trusted or waited for.
    #[must_use]
    pub const fn ends_connection(self) -> bool {
        matches!(
            self,
            Self::BadRequest
                | Self::RequestTimeout
                | Self::BodyTooLarge
                | Self::Overloaded
                | Self::Draining
                | Self::InternalError
        )
    }
}

/// An answer of the gateway's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub reason: Reason,
    /// For the client: never an internal address.
    pub detail: String,
    /// The methods of a 405.
    pub allow: Option<Box<str>>,
}

impl Problem {
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), allow: None }
    }

    /// The refusal of a request head over one of these limits.
    #[must_use]
    pub fn head_too_large(max_bytes: usize, max_fields: usize) -> Self {
        let detail = format!("the request head has more than {max_bytes} bytes or {max_fields} fields");
        Self::new(Reason::HeaderTooLarge, detail)
    }

    /// The answer to the request with this id.
    #[must_use]
    pub fn reply(&self, id: Uuid) -> Reply {
        let (reason, status, title, error) = self.reason.facts();
        let request_id = id.simple().to_string();
        let body = serde_json::to_vec(&Document {
            kind: "about:blank",
            title,
            status: status.as_u16(),
            detail: &self.detail,
            message: &self.detail,
            reason,
            request_id: &request_id,
        });
        let mut fields = Lines::with_capacity(256);
        fields.push("Content-Type", b"application/problem+json");
        id::write(id, &mut fields);
        fields.push("Proxy-Status", format!("fngate; error={error}; details=\"{reason}\"").as_bytes());
        if let Some(allow) = &self.allow {
            fields.push("Allow", allow.as_bytes());
        }
        if self.reason.is_temporary() {
            fields.push("Retry-After", b"1");
        }
        let body = body.expect("strings and numbers are always JSON").into();
        Reply { status, fields, body: Some(body), ends_connection: self.reason.ends_connection() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.as_str(), self.detail)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    message: &'a str,
    reason: &'a str,
    #[serde(rename = "requestId")]
    request_id: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_what_happened_in_every_place() {
        let problem = Problem::new(Reason::QueueTimeout, "no slot became free within 1s");
        let reply = problem.reply(Uuid::from_u128(7));
        assert_eq!(reply.status, 503);
        let fields = String::from_utf8_lossy(reply.fields.as_bytes()).into_owned();
        assert!(fields.contains("\r\nRetry-After: 1\r\n"), "{fields}");
        let status = "Proxy-Status: fngate; error=connection_limit_reached; details=\"queue_timeout\"\r\n";
        assert!(fields.contains(status), "{fields}");
        let document: serde_json::Value = serde_json::from_slice(&reply.body.expect("a body")).expect("JSON");
        assert_eq!(document["detail"], document["message"]);
        assert_eq!(document["reason"], "queue_timeout");
        assert_eq!(document["requestId"], "00000000000000000000000000000007");
    }

    #[test]
    fn no_reason_is_a_success_and_names_are_unique() {
        let mut names: Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert!(Reason::ALL.iter().all(|reason| reason.status().as_u16() >= 400));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Reason::ALL.len());
    }
}
