//! A request that brought no response head, and what is known about it.

use http::Request;

use super::error::ExchangeError;
use crate::message::body::RequestBody;

/// What became of the request decides whether it may be sent again.
#[derive(Debug)]
pub struct Failed<S> {
    pub kind: FailedKind<S>,
    /// Whether the connection had served a request before.
    pub reused: bool,
    /// Whether anything of an answer came.
    pub answered: bool,
}

#[derive(Debug)]
pub enum FailedKind<S> {
    /// Not a byte of the request was written; here it is again.
    Unsent(Box<Request<RequestBody>>),
    /// The function has said that it did not look at the request. Nothing of its body was read; here that is again.
    Refused(RequestBody, ExchangeError),
    Lost(ExchangeError),
    /// The caller stopped waiting.
    Stopped(S),
}
