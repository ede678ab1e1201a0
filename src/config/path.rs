//! Path rules, base paths and the canonical form of a path segment that both are compared in.
//!
//! The canonical form: an escape of an unreserved character is decoded; every other escape has upper-case digits; a raw
//! byte that RFC 3986 does not allow in a segment is escaped. Two segments mean the same to the gateway exactly when their
//! canonical forms are equal. Letter case is kept.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The path of an API, as configured and taken apart.
///
/// `=/users` matches exactly; `/users` also matches everything under it; `{id}` stands for one segment that is not empty;
/// `{path+}`, only at the end, for the rest of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathRule {
    // Shared: the table, the labels of a request and the configuration all hold the rule.
    written: Arc<str>,
    segments: Arc<[Segment]>,
    exact: bool,
}

/// One segment of a [`PathRule`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Segment {
    /// In canonical form.
    Literal(String),
    /// `{name}`.
    Parameter(String),
    /// `{name+}`.
    Rest(String),
}

/// The shape of a rule: what it matches, without the names of its parameters. Two APIs of one service with equal shapes
/// and methods are the same API.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape(String);

/// The most segments that a rule or a base path has. Matching recurses once a segment, so this bounds its stack.
pub const MAX_SEGMENTS: usize = 128;

/// Why a string is not a path rule or a base path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("a path starts with `/` (or `=/` for an exact match)")]
    NoSlash,
    #[error("a path has no empty segment: `//` matches nothing that clients send on purpose")]
    EmptySegment,
    #[error(
        "a prefix rule does not end in `/`: `{0}` already matches everything under it (write `={0}/` for exactly that path)"
    )]
    TrailingSlash(String),
    #[error("`.` and `..` segments are removed by clients and never arrive")]
    DotSegment,
    #[error("`{0}` cannot stand in a path")]
    BadCharacter(char),
    #[error("`%` is followed by two hexadecimal digits")]
    BadEscape,
    #[error("a parameter is a whole segment: `{{name}}` or `{{name+}}`, with a name of letters, digits, `_` and `-`")]
    BadParameter,
    #[error("the parameter `{0}` stands in the path twice")]
    DuplicateParameter(String),
    #[error("`{{{0}+}}` takes the rest of the path and must be its last segment")]
    RestNotLast(String),
    #[error("`{{{0}+}}` already takes the whole rest: leave the `=` out")]
    ExactRest(String),
    #[error("a base path has no parameters")]
    BaseParameter,
    #[error("a path has at most {MAX_SEGMENTS} segments")]
    TooManySegments,
}

impl PathRule {
    /// Takes a rule apart.
    ///
    /// # Errors
    /// [`PathError`] says which rule of the syntax is broken.
    pub fn parse(written: &str) -> Result<Self, PathError> {
        let (exact, path) = match written.strip_prefix('=') {
            Some(rest) => (true, rest),
            None => (false, written),
        };
        let rest = path.strip_prefix('/').ok_or(PathError::NoSlash)?;
        let mut segments = Vec::new();
        if !rest.is_empty() {
            let count = rest.split('/').count();
            if count > MAX_SEGMENTS {
                return Err(PathError::TooManySegments);
            }
            for (index, text) in rest.split('/').enumerate() {
                let last = index + 1 == count;
                if text.is_empty() && !(exact && last) {
                    let trimmed = path.trim_end_matches('/');
                    return Err(if last {
                        PathError::TrailingSlash(trimmed.to_owned())
                    } else {
                        PathError::EmptySegment
                    });
                }
                segments.push(parse_segment(text, exact, last, &segments)?);
            }
        }
        Ok(Self { written: written.into(), segments: segments.into(), exact })
    }

    /// The rule as it stands in the configuration.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// As [`Self::as_str`], to be held by others.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        self.written.clone()
    }

    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether only the path itself matches, nothing under it.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    #[must_use]
    pub fn has_parameters(&self) -> bool {
        self.segments.iter().any(|segment| !matches!(segment, Segment::Literal(_)))
    }

    /// The rule without the names of its parameters.
    #[must_use]
    pub fn shape(&self) -> Shape {
        let mut shape = String::from(if self.exact { "=" } else { "" });
        for segment in self.segments.iter() {
            shape.push('/');
            shape.push_str(match segment {
                Segment::Literal(text) => text,
                Segment::Parameter(_) => "{}",
                Segment::Rest(_) => "{+}",
            });
        }
        Shape(shape)
    }
}

impl fmt::Display for PathRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// The part of a path that selects a service's environment and is removed before matching. `/` removes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BasePath {
    segments: Vec<String>,
}

impl BasePath {
    /// Takes a base path such as `/test`; a trailing slash is ignored.
    ///
    /// # Errors
    /// [`PathError`] as for a path rule, and for parameters.
    pub fn parse(written: &str) -> Result<Self, PathError> {
        let rest = written.strip_prefix('/').ok_or(PathError::NoSlash)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.is_empty() {
            return Ok(Self::root());
        }
        let segments = rest.split('/').map(parse_base_segment).collect::<Result<Vec<_>, _>>()?;
        if segments.len() > MAX_SEGMENTS { Err(PathError::TooManySegments) } else { Ok(Self { segments }) }
    }

    /// `/`.
    #[must_use]
    pub fn root() -> Self {
        Self { segments: Vec::new() }
    }

    /// The segments in canonical form.
    #[must_use]
    pub fn segments(&self) -> &[String] {
        &self.segments
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.segments.is_empty() {
            return f.write_str("/");
        }
        self.segments.iter().try_for_each(|segment| write!(f, "/{segment}"))
    }
}

fn parse_base_segment(text: &str) -> Result<String, PathError> {
    match text {
        "" => Err(PathError::EmptySegment),
        _ if text.contains(['{', '}']) => Err(PathError::BaseParameter),
        _ => parse_literal(text),
    }
}

fn parse_segment(text: &str, exact: bool, last: bool, before: &[Segment]) -> Result<Segment, PathError> {
    if !text.contains(['{', '}']) {
        return parse_literal(text).map(Segment::Literal);
    }
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or(PathError::BadParameter)?;
    let (name, rest) = inner.strip_suffix('+').map_or((inner, false), |name| (name, true));
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.is_empty() || !name.bytes().all(good) {
        return Err(PathError::BadParameter);
    }
    let taken =
        |segment: &Segment| matches!(segment, Segment::Parameter(other) | Segment::Rest(other) if other == name);
    if before.iter().any(taken) {
        return Err(PathError::DuplicateParameter(name.to_owned()));
    }
    match (rest, last, exact) {
        (false, _, _) => Ok(Segment::Parameter(name.to_owned())),
        (true, false, _) => Err(PathError::RestNotLast(name.to_owned())),
        (true, true, true) => Err(PathError::ExactRest(name.to_owned())),
        (true, true, false) => Ok(Segment::Rest(name.to_owned())),
    }
}

fn parse_literal(text: &str) -> Result<String, PathError> {
    if let Some(bad) = text.chars().find(|&c| c.is_ascii() && c != '%' && !is_segment_byte(c as u8)) {
        return Err(PathError::BadCharacter(bad));
    }
    let canonical = canonical_segment(text).ok_or(PathError::BadEscape)?.into_owned();
    if canonical == "." || canonical == ".." { Err(PathError::DotSegment) } else { Ok(canonical) }
}

/// The canonical form of one raw segment, or `None` when a `%` is not followed by two hexadecimal digits.
///
/// The segment must not contain `/`. A segment that is canonical already is borrowed.
#[must_use]
pub fn canonical_segment(raw: &str) -> Option<Cow<'_, str>> {
    let bytes = raw.as_bytes();
    let Some(first) = bytes.iter().position(|&byte| !is_segment_byte(byte)) else {
        return Some(Cow::Borrowed(raw));
    };
    let mut canonical = String::with_capacity(raw.len() + 8);
    canonical.push_str(&raw[..first]);
    let mut rest = &bytes[first..];
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let (high, low) = (hex(*after.first()?)?, hex(*after.get(1)?)?);
            rest = &after[2..];
            let decoded = high << 4 | low;
            if is_unreserved(decoded) {
                canonical.push(char::from(decoded))
            } else {
                push_escape(&mut canonical, decoded)
            }
        } else if is_segment_byte(byte) {
            canonical.push(char::from(byte));
        } else {
            push_escape(&mut canonical, byte);
        }
    }
    Some(Cow::Owned(canonical))
}

/// Appends `%XX`.
pub fn push_escape(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    text.push('%');
    text.push(char::from(DIGITS[usize::from(byte >> 4)]));
    text.push(char::from(DIGITS[usize::from(byte & 15)]));
}

/// The value of a hexadecimal digit.
#[must_use]
pub fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// RFC 3986 section 2.3.
#[must_use]
pub const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// `pchar` of RFC 3986 section 3.3, escapes aside.
#[must_use]
pub const fn is_segment_byte(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms() {
        for (raw, canonical) in [
            ("users", Some("users")),
            ("%75sers", Some("users")),
            ("a%2fb", Some("a%2Fb")),
            ("a%2Fb", Some("a%2Fb")),
            ("%2e%2E", Some("..")),
            ("caf\u{e9}", Some("caf%C3%A9")),
            ("a\"b", Some("a%22b")),
            ("a:b@c", Some("a:b@c")),
            ("100%", None),
            ("%zz", None),
            ("%4", None),
        ] {
            assert_eq!(canonical_segment(raw).as_deref(), canonical, "{raw}");
        }
    }

    #[test]
    fn shapes_ignore_the_names_of_parameters() {
        let shape = |text: &str| PathRule::parse(text).expect(text).shape();
        assert_eq!(shape("/u/{id}"), shape("/u/{name}"));
        assert_eq!(shape("/%75/{id}"), shape("/u/{id}"));
        assert_eq!(shape("/f/{a+}"), shape("/f/{b+}"));
        for (one, other) in [("/u/{id}", "/u/{id+}"), ("/u", "=/u"), ("/u", "/U"), ("/a/{}x", "/a/b")] {
            if let (Ok(one), Ok(other)) = (PathRule::parse(one), PathRule::parse(other)) {
                assert_ne!(one.shape(), other.shape());
            }
        }
    }

    #[test]
    fn broken_rules_say_why() {
        for (text, error) in [
            ("users", PathError::NoSlash),
            ("", PathError::NoSlash),
            ("/a//b", PathError::EmptySegment),
            ("/a/", PathError::TrailingSlash("/a".to_owned())),
            ("/a/../b", PathError::DotSegment),
            ("/a/%2e/b", PathError::DotSegment),
            ("/a?b", PathError::BadCharacter('?')),
            ("/a b", PathError::BadCharacter(' ')),
            ("/a%2", PathError::BadEscape),
            ("/a/{id", PathError::BadParameter),
            ("/a/x{id}", PathError::BadParameter),
            ("/a/{}", PathError::BadParameter),
            ("/a/{id}/{id}", PathError::DuplicateParameter("id".to_owned())),
            ("/a/{id+}/b", PathError::RestNotLast("id".to_owned())),
            ("=/a/{id+}", PathError::ExactRest("id".to_owned())),
        ] {
            assert_eq!(PathRule::parse(text), Err(error), "{text}");
        }
        assert_eq!(BasePath::parse("/a/{b}"), Err(PathError::BaseParameter));
        for (count, good) in [(MAX_SEGMENTS, true), (MAX_SEGMENTS + 1, false)] {
            let path = "/a".repeat(count);
            assert_eq!(PathRule::parse(&path).is_ok(), good, "{count} segments");
            assert_eq!(BasePath::parse(&path).is_ok(), good, "{count} segments");
        }
        assert!(PathRule::parse("=/a/").is_ok());
    }
}
