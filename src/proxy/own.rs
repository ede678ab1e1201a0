//! The answers that no function has made.

use http::StatusCode;

use super::error::Error;
use crate::message::grpc;
use crate::message::problem::Problem;
use crate::message::reply::Reply;
use crate::telemetry::access::Record;

/// The answer to a request that ends in an error, counted and recorded.
pub(super) fn fail(error: &Error, is_grpc: bool, record: &mut Record) -> Reply {
    refuse(&error.problem(), is_grpc, record)
}

/// The answer to a request that is refused, counted and recorded.
pub(super) fn refuse(problem: &Problem, is_grpc: bool, record: &mut Record) -> Reply {
    note(record, problem);
    if is_grpc {
        record.status = StatusCode::OK.as_u16();
        return grpc::trailers_only(problem, record.id);
    }
    problem.reply(record.id)
}

/// Says where a request is served over TLS.
pub(super) fn redirect(location: &str, record: &mut Record) -> Reply {
    let mut reply = Reply::new(StatusCode::PERMANENT_REDIRECT, record.id, "");
    reply.fields.push("Location", location.as_bytes());
    answered(reply, record)
}

/// Gives an ACME server the text that it looks for.
pub(super) fn prove(text: String, record: &mut Record) -> Reply {
    let mut reply = Reply::new(StatusCode::OK, record.id, text);
    reply.fields.push("Content-Type", b"application/octet-stream");
    answered(reply, record)
}

fn answered(reply: Reply, record: &mut Record) -> Reply {
    record.status = reply.status.as_u16();
    reply
}

/// Counts and records an error that the gateway answers with.
pub(super) fn note(record: &mut Record, problem: &Problem) {
    record.status = problem.reason.status().as_u16();
    record.reason = Some(problem.reason.as_str());
    record.detail = Some(problem.detail.clone());
    record.count_error(problem.reason.as_str());
}
