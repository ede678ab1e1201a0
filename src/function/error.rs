//! What can go wrong between the gateway and a function.

use std::error::Error;
use std::io;
use std::time::Duration;

use super::malformed;
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
    /// The connection was lost.
    #[error("connection lost before the response head")]
    Closed(#[source] hyper::Error),
    /// The function broke a rule of HTTP with its answer.
    #[error("malformed response")]
    Malformed(Malformed, #[source] hyper::Error),
    /// The rules of HTTP/2 were broken on the connection, by this answer or by another.
    #[error("malformed frames")]
    Frames(#[source] hyper::Error),
    /// The body of the request broke off on the client's side.
    #[error("the request broke off")]
    Upload(#[source] hyper::Error),
}

impl ExchangeError {
    /// Sorts an error of the HTTP client by whose fault it was. `received` is what the client has not consumed: in HTTP/1.1 it
    /// begins with a head that cannot be read.
    #[must_use]
    pub fn new(error: hyper::Error, received: &[u8], settings: &ConnectionSettings) -> Self {
        if http2(&error).is_some_and(malformed::is_flood_of_fields) {
            return Self::Malformed(Malformed::HeadTooLarge(settings.max_response_header_bytes), error);
        }
        if http2(&error).is_some_and(|error| error.is_library() && error.is_go_away()) {
            return Self::Frames(error);
        }
        let (ours, theirs) = match http2(&error) {
            Some(error) => (error.is_reset() && !error.is_remote() && !error.is_library(), error.is_library()),
            None => (error.is_user(), error.is_parse()),
        };
        match (ours, theirs) {
            (true, _) => Self::Upload(error),
            (false, true) => {
                let rule = match http2(&error) {
                    Some(_) => Malformed::NotHttp2(settings.max_response_header_bytes),
                    None => malformed::http1(&error, received, settings),
                };
                Self::Malformed(rule, error)
            }
            (false, false) => Self::Closed(error),
        }
    }
}

/// The error of HTTP/2 behind one of the HTTP client.
#[must_use]
pub fn http2(error: &hyper::Error) -> Option<&h2::Error> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref() {
            return Some(error);
        }
        source = error.source();
    }
    None
}
