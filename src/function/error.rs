//! What can go wrong between the gateway and a function.

use std::io;
use std::time::Duration;

use crate::message::response::Malformed;

/// Why there is no connection to an instance.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("{0}")]
    Failed(#[source] io::Error),
    #[error("no connection within {0:?}")]
    TimedOut(Duration),
    /// What came does not begin as HTTP/2 does, or nothing came.
    #[error("it does not speak HTTP/2")]
    NotHttp2,
}

/// Why an exchange on an open connection brought no response head.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Not a byte of the request was written, or the function has said that it did not look at it.
    #[error("the request did not reach the function")]
    Unseen(#[source] io::Error),
    /// The connection was lost.
    #[error("connection lost before the response head")]
    Closed(#[source] io::Error),
    /// The function broke a rule of HTTP with its answer.
    #[error("malformed response")]
    Malformed(#[source] Malformed),
    /// What stands in `Host` is no authority of HTTP/2.
    #[error("the request cannot be sent in HTTP/2")]
    Unsendable,
    /// The rules of HTTP/2 were broken on the connection, by this answer or by another.
    #[error("malformed frames")]
    Frames(#[source] h2::Error),
}

/// The body of a response broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the response broke off")]
pub struct Truncated;
