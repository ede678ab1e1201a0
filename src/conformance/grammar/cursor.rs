//! Reading bytes once, from left to right.

use super::message::Violation;

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// What is there is right so far.
    Incomplete,
    Violation(Violation),
}

impl Stop {
    /// Turns an unfinished message into none.
    pub(super) fn wait<T>(read: Result<T, Self>) -> Result<Option<T>, Violation> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(Self::Incomplete) => Ok(None),
            Err(Self::Violation(violation)) => Err(violation),
        }
    }
}

#[derive(Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn violation(&self, rule: &'static str) -> Stop {
        Stop::Violation(Violation { rule, at: self.at })
    }

    /// The bytes up to the next CRLF, which is taken as well. No other line end will do.
    pub(super) fn line(&mut self) -> Result<&'a [u8], Stop> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|byte| b"\r\n".contains(byte)).ok_or(Stop::Incomplete)?;
        if rest[end] == b'\n' {
            return Err(self.violation("a bare LF"));
        }
        match rest.get(end + 1) {
            None => Err(Stop::Incomplete),
            Some(b'\n') => {
                self.at += end + 2;
                Ok(&rest[..end])
            }
            Some(_) => Err(self.violation("a bare CR")),
        }
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Stop> {
        let taken = self.bytes[self.at..].get(..count).ok_or(Stop::Incomplete)?;
        self.at += count;
        Ok(taken)
    }

    pub(super) fn rest(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        self.at = self.bytes.len();
        rest
    }
}

/// A byte of a token (RFC 9110 section 5.6.2).
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().copied().all(is_token_byte)
}

/// A byte of a field value or a reason phrase: no control characters but HTAB.
pub(super) fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= 0x20 && byte != 0x7f)
}

/// Without spaces and tabs at both ends.
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    let blank = |byte: &u8| *byte == b' ' || *byte == b'\t';
    let start = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    &bytes[start..end]
}
