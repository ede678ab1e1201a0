//! The plain reading of a path, which selects.
//!
//! It is written in the canonical form of [`crate::config::path`], where `%` always starts an escape.

use std::borrow::Cow;

use crate::config::path::{canonical_segment, is_segment_byte};

/// The plain reading of a path: unreserved characters decoded, segment by segment.
#[derive(Debug)]
pub(super) struct Plain<'p> {
    raw: &'p str,
    text: Cow<'p, str>,
    clean: bool,
}

impl<'p> Plain<'p> {
    /// `None` when the path does not start with `/`, or has a `%` without two hexadecimal digits.
    pub(super) fn read(raw: &'p str) -> Option<Self> {
        if !raw.starts_with('/') {
            return None;
        }
        let clean = is_clean(raw);
        let text = if clean { Cow::Borrowed(raw) } else { Cow::Owned(canonical_path(raw)?) };
        Some(Self { raw, text, clean })
    }

    pub(super) fn raw(&self) -> &'p str {
        self.raw
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether nobody can read the path in another way.
    pub(super) fn is_clean(&self) -> bool {
        self.clean
    }
}

/// Whether a path is canonical and has nothing in it that servers read in different ways: no escape, no `;`, no
/// backslash, no empty segment but the last, none that starts with a dot.
fn is_clean(path: &str) -> bool {
    const PLAIN: [bool; 256] = {
        let mut plain = [false; 256];
        let mut byte = 0;
        while byte < 128u8 {
            plain[byte as usize] = is_segment_byte(byte) && byte != b';';
            byte += 1;
        }
        plain
    };
    let mut after_slash = false;
    path.bytes().all(|byte| {
        let odd = after_slash && matches!(byte, b'/' | b'.');
        after_slash = byte == b'/';
        !odd && (after_slash || PLAIN[usize::from(byte)])
    })
}

/// The canonical form of a path, or `None` when a `%` is not followed by two hexadecimal digits.
pub(super) fn canonical_path(raw: &str) -> Option<String> {
    let mut path = String::with_capacity(raw.len() + 8);
    for (index, segment) in raw.split('/').enumerate() {
        if index > 0 {
            path.push('/');
        }
        path.push_str(&canonical_segment(segment)?);
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_readings() {
        for (raw, plain, clean) in [
            ("/", Some("/"), true),
            ("/users/7/", Some("/users/7/"), true),
            ("/a:b@c,d=e+f$g&h!i*(j)'k~l_m-n.o", Some("/a:b@c,d=e+f$g&h!i*(j)'k~l_m-n.o"), true),
            ("/%75sers/%41", Some("/users/A"), false),
            ("/a%2fb%3b", Some("/a%2Fb%3B"), false),
            ("/a//b", Some("/a//b"), false),
            ("/.well-known", Some("/.well-known"), false),
            ("/a;b", Some("/a;b"), false),
            ("/a\\b", Some("/a%5Cb"), false),
            ("/a b{c}", Some("/a%20b%7Bc%7D"), false),
            ("/\u{e9}", Some("/%C3%A9"), false),
            ("/a%", None, false),
            ("/a%g0", None, false),
            ("/a%4\u{e9}", None, false),
            ("a", None, false),
            ("", None, false),
            ("*", None, false),
        ] {
            let read = Plain::read(raw);
            assert_eq!(read.as_ref().map(Plain::text), plain, "{raw}");
            assert_eq!(read.is_some_and(|read| read.is_clean()), clean, "{raw}");
        }
    }
}
