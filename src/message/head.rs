//! The head of a message as the rules see it, whichever version of HTTP it came in: borrowed from what was read, in the order in which it
//! came, each name classified once.

use http::{HeaderMap, Method, Version};
use smallvec::SmallVec;

use crate::header::{Class, ReservedPrefix, classify};

/// One field line.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// As it was sent.
    pub name: &'a str,
    /// Without the white space around it.
    pub value: &'a [u8],
    pub class: Class,
}

/// The fields of a head. Most heads have room in it without an allocation. It is filled in place, since it is large.
pub type FieldList<'a> = SmallVec<[Field<'a>; 40]>;

/// The head of a request.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    pub method: &'a Method,
    pub target: Target<'a>,
    pub version: Version,
    pub fields: &'a [Field<'a>],
}

/// The head of a response, interim or final.
#[derive(Clone, Copy, Debug)]
pub struct ResponseHead<'a> {
    pub status: u16,
    /// Empty in HTTP/2.
    pub reason: &'a [u8],
    pub version: Version,
    pub fields: &'a [Field<'a>],
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// Of an absolute target, and in HTTP/2.
    pub scheme: Option<&'a str>,
    pub authority: Option<&'a str>,
    /// A path with its query, `*`, or whatever else stood there.
    pub path_and_query: &'a str,
}

/// Where the fields of a head are written to.
pub trait FieldSink {
    fn field(&mut self, name: &str, value: &[u8]);
}

impl<'a> Field<'a> {
    #[must_use]
    pub fn new(name: &'a str, value: &'a [u8], prefix: &ReservedPrefix) -> Self {
        Self { name, value, class: classify(name.as_bytes(), prefix) }
    }

    /// Whether this is its name, in any letter case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// Adds the fields that a reader of HTTP/1 has found, classified.
pub fn add_http1<'a>(list: &mut FieldList<'a>, fields: &[httparse::Header<'a>], prefix: &ReservedPrefix) {
    list.extend(fields.iter().map(|field| Field::new(field.name, field.value, prefix)));
}

/// Adds the fields of HTTP/2, classified.
pub fn add_http2<'a>(list: &mut FieldList<'a>, fields: &'a HeaderMap, prefix: &ReservedPrefix) {
    list.extend(fields.iter().map(|(name, value)| Field::new(name.as_str(), value.as_bytes(), prefix)));
}

/// The values of the fields of a class.
pub fn values<'a>(fields: &[Field<'a>], class: Class) -> impl Iterator<Item = &'a [u8]> {
    fields.iter().filter(move |field| field.class == class).map(|field| field.value)
}

/// The values of the fields of this name, in any letter case.
pub fn values_of<'a>(fields: &[Field<'a>], name: &str) -> impl Iterator<Item = &'a [u8]> {
    fields.iter().filter(move |field| field.is(name)).map(|field| field.value)
}

/// The comma-separated members of the fields of a class.
pub fn members<'a>(fields: &[Field<'a>], class: Class) -> impl Iterator<Item = &'a [u8]> {
    values(fields, class).flat_map(list)
}

/// The members of a comma-separated value.
pub fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
}

impl<'a> Target<'a> {
    /// A path with its query.
    #[must_use]
    pub fn origin(path_and_query: &'a str) -> Self {
        Self { scheme: None, authority: None, path_and_query }
    }

    /// Without the query.
    #[must_use]
    pub fn path(&self) -> &'a str {
        let end = memchr::memchr(b'?', self.path_and_query.as_bytes()).unwrap_or(self.path_and_query.len());
        &self.path_and_query[..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_all_lines_are_found() {
        let prefix = ReservedPrefix::default();
        let line = |value| Field::new("Connection", value, &prefix);
        let fields = [line(b"close, X-A"), Field::new("X-B", b"c", &prefix), line(b",, TE ")];
        let found: Vec<_> = members(&fields, Class::Connection).collect();
        assert_eq!(found, [&b"close"[..], b"X-A", b"TE"]);
    }

    #[test]
    fn a_path_ends_at_its_query() {
        for (target, path) in [("/a?b?c", "/a"), ("/a", "/a"), ("/?", "/"), ("*", "*")] {
            assert_eq!(Target::origin(target).path(), path);
        }
    }
}
