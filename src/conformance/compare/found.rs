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
    differences: Vec<Difference>,
}

impl Found {
    #[must_use]
    pub fn new(direction: Direction) -> Self {
        Self { direction, takes_trailers: true, differences: Vec::new() }
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
