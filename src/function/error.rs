//! What can go wrong between the gateway and a function.

use std::io;
use std::time::Duration;

use crate::config::ConnectionSettings;
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
    /// The connection was lost, or the function has reset the stream.
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

impl ExchangeError {
    /// Sorts an error of HTTP/2 by whose fault it was.
    #[must_use]
    pub fn of_http2(error: h2::Error, settings: &ConnectionSettings) -> Self {
        if is_flood_of_fields(&error) {
            tracing::debug!(%error, "the response head is too large");
            Self::Malformed(Malformed::HeadTooLarge(settings.max_response_header_bytes))
        } else if error.is_library() && error.is_go_away() {
            Self::Frames(error)
        } else if error.is_library() {
            tracing::debug!(%error, "the response is malformed");
            Self::Malformed(Malformed::NotHttp2(settings.max_response_header_bytes))
        } else {
            Self::Closed(io::Error::other(error))
        }
    }
}

/// Whether a connection in HTTP/2 ended because a head had far more frames than its limit needs. h2 says so in words only.
fn is_flood_of_fields(error: &h2::Error) -> bool {
    if !error.is_library() || !error.is_go_away() {
        return false;
    }
    let text = error.to_string();
    text.contains("too_many_continuations") || text.contains("header_list_way_too_large")
}

/// The body of a response broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the response broke off")]
pub struct Truncated;
