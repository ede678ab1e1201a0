//! An answer that the gateway makes itself, ready for either version of HTTP.

use bytes::Bytes;
use http::StatusCode;
use uuid::Uuid;

use super::id;
use super::lines::Lines;

/// Status, fields and body of an answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    /// Without a length, which whoever writes the answer adds.
    pub fields: Lines,
    /// None for an answer that has neither a body nor a length.
    pub body: Option<Bytes>,
    /// Whether the connection of HTTP/1 ends with it.
    pub ends_connection: bool,
}

impl Reply {
    /// An answer of this type to the request with this id.
    #[must_use]
    pub fn new(status: StatusCode, id: Uuid, body: impl Into<Bytes>) -> Self {
        let mut fields = Lines::default();
        id::write(id, &mut fields);
        Self { status, fields, body: Some(body.into()), ends_connection: false }
    }

    /// How many bytes its body has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.body.as_ref().map_or(0, Bytes::len)
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
