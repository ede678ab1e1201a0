//! What one exchange with an instance goes over: a connection in HTTP/1.1 of its own, or a stream on a shared one in HTTP/2.

use std::task::{Context, Poll};

use bytes::Bytes;

use super::error::{ExchangeError, Truncated};
use super::exchange::{Outgoing, Part};
use super::http1::{Http1Connection, Switched};
use super::http2::Http2Stream;
use crate::header::ReservedPrefix;
use crate::http1::Framing;
use crate::message::head::ResponseHead;

/// The function's side of one exchange.
#[derive(Debug)]
pub enum Upstream {
    Http1(Box<Http1Connection>),
    /// Boxed, so that it takes no room in exchanges over HTTP/1.1.
    Http2(Box<Http2Stream>),
}

impl Upstream {
    /// Whether the connection had served a request before.
    #[must_use]
    pub fn is_reused(&self) -> bool {
        match self {
            Self::Http1(connection) => connection.is_reused(),
            Self::Http2(stream) => stream.is_reused(),
        }
    }

    /// Whether anything of a response has come.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        match self {
            Self::Http1(connection) => connection.is_answered(),
            Self::Http2(stream) => stream.is_answered(),
        }
    }

    #[must_use]
    pub fn is_http2(&self) -> bool {
        matches!(self, Self::Http2(_))
    }

    /// Begins the exchange. Nothing need have been sent when it returns.
    ///
    /// # Errors
    /// When the request cannot be sent over this connection.
    pub fn begin(&mut self, request: Outgoing<'_>) -> Result<(), ExchangeError> {
        match self {
            Self::Http1(connection) => {
                connection.begin(request.head, request.framing, request.is_head);
                Ok(())
            }
            Self::Http2(stream) => stream.begin(request),
        }
    }

    /// Sends content, together with what waits to be sent. Returns how many bytes of it were taken.
    ///
    /// # Errors
    /// [`ExchangeError::Unseen`]: the request may be sent over another connection, with all of its body.
    pub fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, ExchangeError>> {
        match self {
            Self::Http1(connection) => connection.poll_send(cx, data),
            Self::Http2(stream) => stream.poll_send(cx, data),
        }
    }

    /// What was taken of the body of a request that the function has not seen, if the whole of that is still there.
    pub fn reclaim(&mut self) -> Bytes {
        match self {
            // There, that not a byte of the request was written is all that is ever known.
            Self::Http1(_) => Bytes::new(),
            Self::Http2(stream) => stream.reclaim(),
        }
    }

    /// Ends the body of the request. The trailers have been filtered.
    pub fn finish<'t>(&mut self, trailers: impl Iterator<Item = (&'t [u8], &'t [u8])>) {
        match self {
            Self::Http1(connection) => connection.finish(trailers),
            Self::Http2(stream) => stream.finish(trailers),
        }
    }

    /// Ready when everything has been sent.
    ///
    /// # Errors
    /// As of [`Self::poll_send`].
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ExchangeError>> {
        match self {
            Self::Http1(connection) => connection.poll_flush(cx),
            // Its connection sends what it has been given.
            Self::Http2(_) => Poll::Ready(Ok(())),
        }
    }

    /// Shows heads of the response to `take`, until that returns something. For any but those of interim responses it has to.
    ///
    /// # Errors
    /// Why there is no response.
    pub fn poll_head<R>(
        &mut self,
        cx: &mut Context<'_>,
        prefix: &ReservedPrefix,
        take: impl FnMut(&ResponseHead<'_>, Framing) -> Option<R>,
    ) -> Poll<Result<R, ExchangeError>> {
        match self {
            Self::Http1(connection) => connection.poll_head(cx, prefix, take),
            Self::Http2(stream) => stream.poll_head(cx, prefix, take),
        }
    }

    /// What has come of the body of the response.
    ///
    /// # Errors
    /// When it broke off.
    pub fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<Part<'_>, Truncated>> {
        match self {
            Self::Http1(connection) => connection.poll_data(cx),
            Self::Http2(stream) => stream.poll_data(cx),
        }
    }

    /// So much of the last data is used up.
    pub fn consume(&mut self, count: usize) {
        match self {
            Self::Http1(connection) => connection.consume(count),
            Self::Http2(stream) => stream.consume(count),
        }
    }

    /// Shows the trailers behind a body that is over to `each`.
    ///
    /// # Errors
    /// When the section is malformed.
    pub fn trailers(&mut self, each: impl FnMut(&str, &[u8])) -> Result<(), Truncated> {
        match self {
            Self::Http1(connection) => connection.trailers(each),
            Self::Http2(stream) => stream.trailers(each),
        }
    }

    /// What is left of a connection after a 101, which HTTP/2 does not have.
    #[must_use]
    pub fn into_switched(self) -> Option<Switched> {
        match self {
            Self::Http1(connection) => Some(connection.into_switched()),
            Self::Http2(_) => None,
        }
    }
}
