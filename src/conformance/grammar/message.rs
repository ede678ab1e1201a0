//! Messages as they are read, and what is wrong with bytes that are none.

use std::fmt;

/// On which side of the gateway a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hop {
    /// A peer sends it. Whatever the RFCs allow is allowed, however odd.
    Inbound,
    /// The gateway sends it, in the one form that nobody can misread: a path as target, exactly one `Host`, `chunked` in
    /// lower case, a space behind the status.
    Outbound,
}

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}, at byte {at}")]
pub struct Violation {
    pub rule: &'static str,
    pub at: usize,
}

impl Violation {
    pub(super) fn behind(self, start: usize) -> Self {
        Self { at: self.at + start, ..self }
    }

    /// The stream ends in the middle of a message.
    #[must_use]
    pub fn cut(at: usize) -> Self {
        Self { rule: "a message that is cut off", at }
    }

    /// Whether the only thing wrong is that more bytes are missing.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        *self == Self::cut(self.at)
    }
}

/// The first line of a message.
#[derive(Clone, PartialEq, Eq)]
pub enum Start {
    Request { method: Vec<u8>, target: Vec<u8>, minor: u8 },
    Status { minor: u8, status: u16, reason: Vec<u8> },
}

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { method, target, minor } => {
                write!(f, "{} {} HTTP/1.{minor}", method.escape_ascii(), target.escape_ascii())
            }
            Self::Status { minor, status, reason } => write!(f, "HTTP/1.{minor} {status} {}", reason.escape_ascii()),
        }
    }
}

/// One field line.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    pub name: Vec<u8>,
    /// Without the white space around it.
    pub value: Vec<u8>,
    /// As it stood on the wire, without its end.
    pub line: Vec<u8>,
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.line.escape_ascii())
    }
}

impl Field {
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The name in lower case.
    #[must_use]
    pub fn folded(&self) -> String {
        String::from_utf8_lossy(&self.name).to_ascii_lowercase()
    }
}

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body, whatever the fields say.
    Bodiless,
    Length(u64),
    Chunked,
    UntilClose,
    /// In HTTP/2, without a length: the stream ends. No message of HTTP/1 is read like this.
    Stream,
}

/// One chunk as it was announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    pub length: usize,
    /// The digits of its size.
    pub digits: Vec<u8>,
    /// From the first `;` on.
    pub extension: Vec<u8>,
}

/// A head: the first line and the fields, and what they say about the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub start: Start,
    pub fields: Vec<Field>,
    pub framing: Framing,
}

impl Head {
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields.iter().filter(move |field| field.is(name)).map(|field| field.value.as_slice())
    }

    /// The method of a request; nothing for an answer.
    #[must_use]
    pub fn method(&self) -> &[u8] {
        match &self.start {
            Start::Request { method, .. } => method,
            Start::Status { .. } => b"",
        }
    }

    /// The target of a request; nothing for an answer.
    #[must_use]
    pub fn target(&self) -> &[u8] {
        match &self.start {
            Start::Request { target, .. } => target,
            Start::Status { .. } => b"",
        }
    }

    /// The status of an answer; 0 for a request.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self.start {
            Start::Status { status, .. } => status,
            Start::Request { .. } => 0,
        }
    }

    /// The minor version of HTTP/1.
    #[must_use]
    pub fn minor(&self) -> u8 {
        match self.start {
            Start::Request { minor, .. } | Start::Status { minor, .. } => minor,
        }
    }

    /// Whether it is an answer that another one follows. After a 101 there are no more messages.
    #[must_use]
    pub fn is_interim(&self) -> bool {
        (100..200).contains(&self.status()) && self.status() != 101
    }
}

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub head: Head,
    pub content: Vec<u8>,
    /// Of a chunked body, without the last one.
    pub chunks: Vec<Chunk>,
    pub trailers: Vec<Field>,
}
