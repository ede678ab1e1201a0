//! Differences by name, collected for one direction.

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Request,
    Answer,
}

impl Direction {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Answer => "answer",
        }
    }
}

/// How a gateway is spoken to. Functions are spoken to in HTTP/1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Http1,
    Http2,
}

impl Protocol {
    /// Its name in TLS.
    #[must_use]
    pub fn alpn(self) -> &'static str {
        match self {
            Self::Http1 => "http/1.1",
            Self::Http2 => "h2",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub direction: Direction,
    pub rule: &'static str,
    /// For people: what it was here.
    pub detail: String,
}

/// Collects the differences of one direction.
#[derive(Debug)]
pub struct Found {
    pub(super) direction: Direction,
    /// Whether the recipient has said that it takes trailers. Functions need not.
    pub(super) takes_trailers: bool,
    pub(super) protocol: Protocol,
    differences: Vec<Difference>,
}

impl Found {
    #[must_use]
    pub fn new(direction: Direction) -> Self {
        Self { direction, takes_trailers: true, protocol: Protocol::Http1, differences: Vec::new() }
    }

    /// Of messages that a client sends or gets in this protocol.
    #[must_use]
    pub fn over(self, protocol: Protocol) -> Self {
        Self { protocol, ..self }
    }

    /// Notes a difference. One that is there already is not noted again.
    pub fn note(&mut self, rule: &'static str, detail: impl Into<String>) {
        if !self.differences.iter().any(|difference| difference.rule == rule) {
            self.differences.push(Difference { direction: self.direction, rule, detail: detail.into() });
        }
    }

    #[must_use]
    pub fn into_differences(self) -> Vec<Difference> {
        self.differences
    }
}

/// Bytes for people, in quotes and not too many.
#[must_use]
pub fn shown(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(60)];
    format!("`{}{}`", start.escape_ascii(), if bytes.len() > 60 { "…" } else { "" })
}
