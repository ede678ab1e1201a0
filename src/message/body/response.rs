//! The body of a response on its way to the client.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};

/// Why the body of a response broke off; becomes `aborted` in the access log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.as_str())]
pub enum Broken {
    FunctionClosed,
    StreamIdle,
    StreamMax,
    Draining,
    /// A bug of the gateway.
    InternalError,
}

impl Broken {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FunctionClosed => "function_closed",
            Self::StreamIdle => "stream_idle",
            Self::StreamMax => "stream_max",
            Self::Draining => "draining",
            Self::InternalError => "internal_error",
        }
    }
}

/// The body of a response: one of the gateway's own, or one that `S` streams.
#[derive(Debug)]
pub enum ResponseBody<S> {
    Own(Full<Bytes>),
    Stream(S),
    /// One that is announced and never sent, as after HEAD and with 304. It claims not to be at its end, because hyper
    /// drops the `Content-Length` of a body that is.
    Withheld(S),
}

impl<S: Body<Data = Bytes, Error = Broken> + Unpin> Body for ResponseBody<S> {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.get_mut() {
            Self::Own(full) => Pin::new(full).poll_frame(cx).map_err(|never| match never {}),
            Self::Stream(stream) => Pin::new(stream).poll_frame(cx),
            // Whatever comes all the same, and be it an error: the message was over with its head.
            Self::Withheld(stream) => Pin::new(stream).poll_frame(cx).map(|_not_passed_on| None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(full) => full.is_end_stream(),
            Self::Stream(stream) => stream.is_end_stream(),
            Self::Withheld(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(full) => full.size_hint(),
            Self::Stream(stream) => stream.size_hint(),
            Self::Withheld(_) => SizeHint::default(),
        }
    }
}
