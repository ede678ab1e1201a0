//! What an exchange with an instance is made of, whatever it goes over.

use crate::http1::Framing;

/// What there is of the body of a message.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// Content, never empty. It stays until it is consumed.
    Data(&'a [u8]),
    /// The body is over.
    End,
}

/// The head of a request, and what has to be known to send it.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// All of it, as HTTP/1.1 writes it.
    pub head: &'a [u8],
    pub framing: Framing,
    /// Whether the method is HEAD.
    pub is_head: bool,
    /// Whether trailers may stand behind a body with a length, as HTTP/2 has them.
    pub may_have_trailers: bool,
}
