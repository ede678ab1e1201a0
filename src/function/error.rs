//! What can go wrong between the gateway and a function.

use std::io;
use std::time::Duration;

/// Why there is no connection to an instance.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("{0}")]
    Failed(#[source] io::Error),
    #[error("no connection within {0:?}")]
    TimedOut(Duration),
}

/// Why an exchange on an open connection brought no response head.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The connection was lost.
    #[error("connection lost before the response head")]
    Closed(#[source] hyper::Error),
    /// The function sent something that is not HTTP.
    #[error("malformed response")]
    Malformed(#[source] hyper::Error),
    /// The body of the request broke off on the client's side.
    #[error("the request broke off")]
    Upload(#[source] hyper::Error),
}

impl ExchangeError {
    /// Sorts an error of the HTTP client by whose fault it was.
    #[must_use]
    pub fn new(error: hyper::Error) -> Self {
        if error.is_user() {
            Self::Upload(error)
        } else if error.is_parse() {
            Self::Malformed(error)
        } else {
            Self::Closed(error)
        }
    }
}
