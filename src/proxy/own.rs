//! The answers that no function has made.

use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use uuid::Uuid;

use super::client::Client;
use super::error::Error;
use super::exchange::GatewayResponse;
use crate::message::body::response::ResponseBody;
use crate::message::grpc;
use crate::message::problem::{Problem, X_API_REQUESTID, request_id};
use crate::telemetry::access::Record;

/// The gateway's own answer, counted and recorded.
pub(super) fn refuse(client: &Client, error: &Error, mut record: Box<Record>) -> GatewayResponse {
    let id = record.id;
    let problem = error.problem();
    match error {
        Error::ClientClosed => tracing::trace!("the client left"),
        _ => note(&mut record, &problem),
    }
    client.answered();
    if record.head.as_deref().is_some_and(grpc::is_grpc) {
        record.status = StatusCode::OK.as_u16();
        let mut response = Response::new(ResponseBody::Own(Full::default()));
        *response.headers_mut() = grpc::trailers_only(&problem, id);
        return response;
    }
    let (response, bytes) = answer(&problem, id);
    record.bytes_out = bytes;
    response
}

/// An answer of the gateway's own, and how long its body is.
pub(super) fn answer(problem: &Problem, id: Uuid) -> (GatewayResponse, u64) {
    let (status, headers, body) = problem.render(id);
    let bytes = body.len() as u64;
    let mut response = Response::new(ResponseBody::Own(Full::new(body)));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    (response, bytes)
}

/// Says where a request is served over TLS.
pub(super) fn redirect(client: &Client, location: HeaderValue, mut record: Box<Record>) -> GatewayResponse {
    client.answered();
    (record.status, record.aborted) = (StatusCode::PERMANENT_REDIRECT.as_u16(), None);
    let mut response = Response::new(ResponseBody::Own(Full::default()));
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().insert(X_API_REQUESTID, request_id(record.id));
    response
}

/// Gives an ACME server the text that it looks for.
pub(super) fn prove(client: &Client, text: String, mut record: Box<Record>) -> GatewayResponse {
    client.answered();
    (record.status, record.aborted) = (StatusCode::OK.as_u16(), None);
    record.bytes_out = text.len() as u64;
    let mut response = Response::new(ResponseBody::Own(Full::new(text.into())));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(X_API_REQUESTID, request_id(record.id));
    response
}

/// Counts and records an error that the gateway answers with.
pub(super) fn note(record: &mut Record, problem: &Problem) {
    record.status = problem.reason.status().as_u16();
    record.reason = Some(problem.reason.as_str());
    record.detail = Some(problem.detail.clone());
    record.aborted = None;
    record.count_error(problem.reason.as_str());
}
