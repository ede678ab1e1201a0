//! The client's side of one request, as both versions of HTTP offer it.
//!
//! The proxy drives a request from one task: it asks the client's side for the body of the request and hands it the response. Nothing is
//! shared between the two, and nothing is buffered here: bytes stay where they were read until the other side has taken them.

use std::rc::Rc;
use std::task::{Context, Poll};

use http::Version;

use super::client::Client;
use crate::function::exchange::Part;
use crate::message::head::FieldSink;
use crate::message::problem::Problem;
use crate::message::response::Delivery;

/// Why the body of a request broke off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// The client closed its connection, or reset the stream.
    ClientClosed,
    /// The client is to be told.
    Refused(Problem),
}

/// The client takes nothing more: it left, or it was too slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client is gone")]
pub struct ClientGone;

/// What a response begins with.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    pub status: u16,
    /// In HTTP/2 it has no place.
    pub reason: &'a [u8],
    pub delivery: Delivery,
    /// How many bytes follow, where that is announced.
    pub length: Option<u64>,
    /// Whether the gateway itself answers: what is left of the request's body is not wanted.
    pub is_own: bool,
    /// Whether the connection of HTTP/1 ends with the response.
    pub ends_connection: bool,
}

/// Takes the name and the value of a trailer.
pub type EachTrailer<'f> = dyn FnMut(&str, &[u8]) -> Result<(), Problem> + 'f;

/// The client's side of one request.
pub trait Downstream {
    /// Where the fields of a head go.
    type Sink<'s>: FieldSink
    where
        Self: 's;

    fn client(&self) -> &Rc<Client>;

    fn version(&self) -> Version;

    /// What comes next of the request's body.
    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Part<'_>, BodyFault>>;

    /// So much of the last [`Part::Data`] is used up.
    fn consume(&mut self, count: usize);

    /// The trailers behind a body that is over: calls `each` with name and value.
    ///
    /// # Errors
    /// A section that cannot be read, or the first error of `each`.
    fn trailers(&mut self, each: &mut EachTrailer<'_>) -> Result<(), Problem>;

    /// Ready when the client has left, as far as that can be seen while its body is not read.
    fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<()>;

    /// Sends an interim response.
    fn interim(&mut self, status: u16, reason: &[u8], write: impl FnOnce(&mut Self::Sink<'_>));

    /// Begins the response. Nothing need have been sent when it returns.
    fn begin(&mut self, start: Start<'_>, write: impl FnOnce(&mut Self::Sink<'_>));

    /// Sends content, together with what waits to be sent. Returns how many bytes of it were taken.
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, ClientGone>>;

    /// Ends the body. The trailers have been filtered.
    fn finish<'t>(&mut self, trailers: impl Iterator<Item = (&'t [u8], &'t [u8])>);

    /// Ready when everything has been sent.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ClientGone>>;

    /// Has the response end so that it cannot look complete.
    fn abort(&mut self);
}
