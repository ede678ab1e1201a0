//! Why a response broke off behind its head.

use crate::message::problem::Reason;
use crate::telemetry::access::CLIENT_CLOSED;

/// Becomes `aborted` in the access log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    FunctionClosed,
    StreamIdle,
    StreamMax,
    Draining,
    /// The client left in the middle of the request's body.
    ClientClosed,
    /// The request's body is refused.
    Refused(Reason),
}

impl Broken {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::FunctionClosed => "function_closed",
            Self::StreamIdle => "stream_idle",
            Self::StreamMax => "stream_max",
            Self::Draining => "draining",
            Self::ClientClosed => CLIENT_CLOSED,
            Self::Refused(reason) => reason.as_str(),
        }
    }
}
