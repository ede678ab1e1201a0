//! Field lines as they go on the wire, made once and copied.
//!
//! Most of what a function is told is the same for every request of an API or of a connection. As finished bytes it costs a
//! copy in a request; as entries of a header map each field would be hashed, stored, looked up and encoded again. The names
//! keep the letter case that they are documented with.

use super::head::FieldSink;

/// Complete field lines, `Name: value` each with its line end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(Vec<u8>);

impl Lines {
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Adds to what is in `buffer`.
    #[must_use]
    pub fn behind(buffer: Vec<u8>) -> Self {
        Self(buffer)
    }

    /// Adds one line. The caller vouches for the name and the value: tokens of ours, and bytes that were field values.
    pub fn push(&mut self, name: &str, value: &[u8]) {
        self.push_prefixed("", name, value);
    }

    /// The same with a name of two parts.
    pub fn push_prefixed(&mut self, prefix: &str, name: &str, value: &[u8]) {
        debug_assert!(
            !name.is_empty() && !name.contains([':', '\r', '\n']) && !value.iter().any(|byte| b"\r\n\0".contains(byte))
        );
        self.0.extend_from_slice(prefix.as_bytes());
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b": ");
        self.0.extend_from_slice(value);
        self.0.extend_from_slice(b"\r\n");
    }

    /// Adds lines that are finished.
    pub fn extend(&mut self, lines: &[u8]) {
        self.0.extend_from_slice(lines);
    }

    /// Name and value of each line.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        fields(&self.0)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl FieldSink for Lines {
    fn field(&mut self, name: &str, value: &[u8]) {
        self.push(name, value);
    }
}

/// Name and value of each of these lines, which are ours.
pub fn fields(lines: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    // No value has a line feed in it.
    lines.split(|&byte| byte == b'\n').filter_map(|line| {
        let line = line.strip_suffix(b"\r")?;
        let colon = line.iter().position(|&byte| byte == b':')?;
        Some((&line[..colon], line[colon + 1..].trim_ascii()))
    })
}

/// A lower-case field name as people write it: `x-stage` becomes `X-Stage`.
#[must_use]
pub fn title_case(name: &str) -> String {
    let mut start = true;
    let capital = |letter: char| {
        let cased = if start { letter.to_ascii_uppercase() } else { letter };
        start = letter == '-';
        cased
    };
    name.chars().map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_complete() {
        let mut lines = Lines::default();
        lines.push(&title_case("x-stage"), b"prod");
        lines.extend(b"A: b\r\n");
        assert_eq!(lines.as_bytes(), b"X-Stage: prod\r\nA: b\r\n");
        let fields: Vec<_> = lines.iter().collect();
        assert_eq!(fields, [(&b"X-Stage"[..], &b"prod"[..]), (b"A", b"b")]);
    }
}
