//! A request as it came.

use crate::http1::Framing;
use crate::message::head::RequestHead;
use crate::message::websocket::Opening;

/// A request whose head has been read.
#[derive(Debug)]
pub struct Incoming<'a> {
    pub head: RequestHead<'a>,
    pub framing: Framing,
    /// Of a WebSocket over HTTP/2.
    pub opening: Option<Opening>,
    /// What is wrong with it that stands in none of the fields.
    pub fault: Option<&'static str>,
}
