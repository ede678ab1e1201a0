//! One attempt to have a request answered by an instance, and how it fails. What follows is for [`super::retry`] to say.

use std::rc::Rc;

use super::error::Error;
use crate::function::error::{ConnectError, ExchangeError};
use crate::function::pool::{Pool, Reuse};
use crate::function::upstream::Upstream;

/// Which connections an attempt may use: one that follows a lost one must not meet another that was idle as long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connections {
    Idle(Reuse),
    New,
}

/// The head of a response that the client has been told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) switched: bool,
    /// Whether there is no body, whatever the function sends.
    pub(super) withheld: bool,
}

/// An instance has answered: its head is there.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) upstream: Upstream,
    /// Of the instance.
    pub(super) pool: Rc<Pool>,
    pub(super) told: Told,
}

/// How an attempt failed, by what the function has seen of the request.
#[derive(Debug)]
pub(super) enum Failed {
    /// There is no connection.
    NotConnected(ConnectError),
    /// Not a byte of the request has reached the function, or it has said that it did not look. All of the request is still there.
    NotSent(ExchangeError),
    /// The connection was lost with the request on it.
    Lost {
        error: ExchangeError,
        /// Whether the connection had served a request before.
        is_reused: bool,
        /// Whether any byte of a response came.
        is_answered: bool,
    },
    /// What came is no response.
    Malformed(ExchangeError),
}

impl Failed {
    /// How an exchange failed. `is_whole` says that nothing of the request has been used up.
    pub(super) fn of_exchange(error: ExchangeError, upstream: &Upstream, is_whole: bool) -> Self {
        match error {
            ExchangeError::Unseen(_) if is_whole => Self::NotSent(error),
            ExchangeError::Unseen(_) | ExchangeError::Closed(_) => {
                Self::Lost { error, is_reused: upstream.is_reused(), is_answered: upstream.is_answered() }
            }
            ExchangeError::Malformed(_) | ExchangeError::Unsendable | ExchangeError::Frames(_) => {
                Self::Malformed(error)
            }
        }
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::NotConnected(error) => Self::Connect(error),
            Failed::NotSent(error) | Failed::Lost { error, .. } | Failed::Malformed(error) => Self::Exchange(error),
        }
    }
}
