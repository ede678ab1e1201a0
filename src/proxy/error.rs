//! Everything that can end a request without a response of its function, and the answer to each.

use std::time::Duration;

use super::deadline::{Budget, Stop, WaitingFor};
use super::downstream::BodyFault;
use crate::function::admission;
use crate::function::error::{ConnectError, ExchangeError};
use crate::function::tls;
use crate::message::problem::{Problem, Reason};
use crate::message::response::Malformed;
use crate::process;
use crate::units::format_duration;

/// Why there is no response of the function.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request itself: the client's fault.
    #[error("{0}")]
    Refused(Problem),
    /// The client is gone; nobody reads the answer.
    #[error("the client closed the connection")]
    ClientClosed,
    #[error("no slot")]
    NoSlot(#[source] admission::Refused),
    #[error("no connection to the function")]
    Connect(#[source] ConnectError),
    #[error("the function's answer")]
    Exchange(#[source] ExchangeError),
    #[error("the function's answer")]
    Malformed(#[source] Malformed),
    #[error("the wait was stopped: {stop:?}")]
    Stopped { stop: Stop, timeout: Duration },
}

impl Error {
    /// A wait that ended early.
    #[must_use]
    pub fn stopped(stop: Stop, budget: &Budget) -> Self {
        Self::Stopped { stop, timeout: budget.timeout }
    }

    /// The answer to the client. Never an internal address.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::Refused(problem) => problem.clone(),
            Self::ClientClosed => Problem::new(Reason::BadRequest, "the request broke off"),
            Self::NoSlot(admission::Refused::QueueFull) => {
                Problem::new(Reason::ConcurrencyLimited, "all slots of the function are taken and its queue is full")
            }
            Self::NoSlot(admission::Refused::QueueTimeout) => {
                Problem::new(Reason::QueueTimeout, "no slot of the function became free in time")
            }
            Self::Connect(ConnectError::Failed(error)) if process::is_out_of_files(error) => {
                Problem::new(Reason::Overloaded, "the gateway has no file descriptors left")
            }
            Self::Connect(ConnectError::Failed(error)) => {
                Problem::new(Reason::FunctionUnreachable, format!("no connection to the function: {}", why_not(error)))
            }
            Self::Connect(error @ ConnectError::NotHttp2) => {
                Problem::new(Reason::FunctionUnreachable, format!("no connection to the function: {error}"))
            }
            Self::Connect(ConnectError::TimedOut(limit)) => Problem::new(
                Reason::ConnectTimeout,
                format!("no connection to the function within {}", format_duration(*limit)),
            ),
            Self::Exchange(ExchangeError::Closed(_) | ExchangeError::Unseen(_)) => {
                Problem::new(Reason::FunctionClosed, "the function closed the connection before it answered")
            }
            Self::Exchange(ExchangeError::Unsendable) => {
                Problem::new(Reason::BadRequest, "the Host field cannot be sent in HTTP/2")
            }
            Self::Exchange(ExchangeError::Malformed(rule)) | Self::Malformed(rule) => {
                Problem::new(Reason::BadResponse, rule.to_string())
            }
            Self::Exchange(ExchangeError::Frames(_)) => {
                let detail = "a response on the connection breaks a rule of HTTP/2: this one or another";
                Problem::new(Reason::BadResponse, detail)
            }
            Self::Stopped { stop: Stop::Draining, .. } => Problem::new(Reason::Draining, "the gateway is stopping"),
            Self::Stopped { stop: Stop::Timeout(phase), timeout } => {
                let phase = match phase {
                    WaitingFor::Slot => "waiting for a slot",
                    WaitingFor::Connection => "connecting",
                    WaitingFor::Response => "waiting for the response",
                };
                let detail = format!(
                    "the function did not answer within {}; the time ran out while {phase}",
                    format_duration(*timeout)
                );
                Problem::new(Reason::FunctionTimeout, detail)
            }
        }
    }
}

impl From<BodyFault> for Error {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::ClientClosed => Self::ClientClosed,
            BodyFault::Refused(problem) => Self::Refused(problem),
        }
    }
}

/// A system error in words that tell nothing about addresses.
fn why_not(error: &std::io::Error) -> String {
    if let Some(reason) = tls::why_not(error) {
        return format!("TLS: {reason}");
    }
    let reason = match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "connection refused",
        std::io::ErrorKind::ConnectionReset => "connection reset",
        std::io::ErrorKind::NotFound => "its socket does not exist",
        std::io::ErrorKind::PermissionDenied => "permission denied",
        std::io::ErrorKind::HostUnreachable | std::io::ErrorKind::NetworkUnreachable => "network unreachable",
        std::io::ErrorKind::UnexpectedEof => "closed before it was ready",
        _ => "its address cannot be reached",
    };
    reason.to_owned()
}
