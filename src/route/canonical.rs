//! How a path can be read: the plain reading that selects, and the readings of servers that decode more.
//!
//! Every reading is written in the canonical form of [`crate::config::path`], where `%` always starts an escape. So a
//! byte that was decoded and may not stand in a segment is escaped again: after decoding, `%5C` is a backslash and `%00`
//! is the end of a C string.

use std::borrow::Cow;
use std::fmt;

use crate::config::path::{canonical_segment, hex, is_segment_byte};

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

/// A way in which a server behind the gateway may read a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Every escape decoded once, `%2F` included.
    Decoded,
    /// `.` and `..` segments removed (RFC 3986 section 5.2.4).
    DotsRemoved,
    /// `//` merged into `/`.
    SlashesMerged,
    /// `;` and what follows it dropped from each segment.
    ParametersDropped,
    /// `\` read as `/`.
    Backslashes,
    /// Cut at the first NUL.
    CutAtNul,
    /// All of these, one after the other.
    Together,
}

impl Reading {
    pub const ALL: [Self; 7] = [
        Self::Decoded,
        Self::DotsRemoved,
        Self::SlashesMerged,
        Self::ParametersDropped,
        Self::Backslashes,
        Self::CutAtNul,
        Self::Together,
    ];

    /// What such a server does, for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decoded => "escapes decoded",
            Self::DotsRemoved => "dot segments removed",
            Self::SlashesMerged => "slashes merged",
            Self::ParametersDropped => "`;` parameters dropped",
            Self::Backslashes => "backslashes as slashes",
            Self::CutAtNul => "cut at NUL",
            Self::Together => "all together",
        }
    }

    /// Reads a path, given raw and plain. Raw matters to [`Self::Backslashes`] alone: `%5C` is one only after decoding.
    fn read<'p>(self, raw: &str, plain: &'p str) -> Cow<'p, str> {
        match self {
            Self::Decoded => decode(plain),
            Self::DotsRemoved => remove_dots(plain),
            Self::SlashesMerged => merge_slashes(plain),
            Self::ParametersDropped => drop_parameters(plain),
            Self::Backslashes if raw.contains('\\') => {
                canonical_path(&raw.replace('\\', "/")).map_or(Cow::Borrowed(plain), Cow::Owned)
            }
            Self::Backslashes => Cow::Borrowed(plain),
            Self::CutAtNul => Cow::Borrowed(cut(plain)),
            Self::Together => {
                let decoded = decode(plain).replace("%5C", "/");
                let merged = merge_slashes(&drop_parameters(cut(&decoded))).into_owned();
                Cow::Owned(remove_dots(&merged).into_owned())
            }
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The readings of a path that differ from the plain one.
pub(super) fn readings<'p>(raw: &'p str, plain: &'p str) -> impl Iterator<Item = (Reading, Cow<'p, str>)> {
    let all = Reading::ALL.into_iter().map(move |reading| (reading, reading.read(raw, plain)));
    all.filter(move |(_, text)| text != plain)
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

fn canonical_path(raw: &str) -> Option<String> {
    let mut path = String::with_capacity(raw.len() + 8);
    for (index, segment) in raw.split('/').enumerate() {
        if index > 0 {
            path.push('/');
        }
        path.push_str(&canonical_segment(segment)?);
    }
    Some(path)
}

/// Decodes what may stand in a path after decoding; the other escapes are canonical already.
fn decode(path: &str) -> Cow<'_, str> {
    let mut parts = path.split('%');
    let mut decoded = String::with_capacity(path.len());
    decoded.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let byte = match *part.as_bytes() {
            [high, low, ..] => hex(high).zip(hex(low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        match byte.filter(|&byte| byte == b'/' || is_segment_byte(byte)) {
            Some(byte) => {
                decoded.push(char::from(byte));
                decoded.push_str(&part[2..]);
            }
            None => decoded.extend(["%", part]),
        }
    }
    Cow::Owned(decoded)
}

fn cut(path: &str) -> &str {
    path.split_once("%00").map_or(path, |(before, _)| before)
}

fn drop_parameters(path: &str) -> Cow<'_, str> {
    if !path.contains(';') {
        return Cow::Borrowed(path);
    }
    let mut kept = String::with_capacity(path.len());
    for (index, segment) in path.split('/').enumerate() {
        let name = segment.split_once(';').map_or(segment, |(name, _)| name);
        kept.extend([if index > 0 { "/" } else { "" }, name]);
    }
    Cow::Owned(kept)
}

fn merge_slashes(path: &str) -> Cow<'_, str> {
    if !path.contains("//") {
        return Cow::Borrowed(path);
    }
    let mut merged = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        merged.extend(["/", segment]);
    }
    if path.ends_with('/') {
        merged.push('/');
    }
    Cow::Owned(merged)
}

fn remove_dots(path: &str) -> Cow<'_, str> {
    if !path.contains("/.") {
        return Cow::Borrowed(path);
    }
    let mut kept = String::with_capacity(path.len());
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        match segment {
            "." => {}
            ".." => kept.truncate(kept.rfind('/').unwrap_or(0)),
            _ => {
                kept.extend(["/", segment]);
                continue;
            }
        }
        if segments.peek().is_none() {
            kept.push('/');
        }
    }
    Cow::Owned(kept)
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

    #[test]
    fn other_readings() {
        use Reading::{Backslashes, CutAtNul, Decoded, DotsRemoved, ParametersDropped, SlashesMerged, Together};
        for (raw, reading, expected) in [
            ("/a%2Fb", Decoded, "/a/b"),
            ("/a%252Fb", Decoded, "/a%252Fb"),
            ("/a%3Bb%5C%00%20", Decoded, "/a;b%5C%00%20"),
            ("/a%2F..", Decoded, "/a/.."),
            ("/a%2F..", DotsRemoved, "/a%2F.."),
            ("/a/./b", DotsRemoved, "/a/b"),
            ("/a/%2e%2E/b", DotsRemoved, "/b"),
            ("/a/b/..", DotsRemoved, "/a/"),
            ("/a/.", DotsRemoved, "/a/"),
            ("/../../a", DotsRemoved, "/a"),
            ("/..", DotsRemoved, "/"),
            ("/a//../b", DotsRemoved, "/a/b"),
            ("/.../a..", DotsRemoved, "/.../a.."),
            ("//a///b/", SlashesMerged, "/a/b/"),
            ("/a;x/b;y;z/;", ParametersDropped, "/a/b/"),
            ("/a%3Bx", ParametersDropped, "/a%3Bx"),
            ("/a\\b", Backslashes, "/a/b"),
            ("/a%5Cb", Backslashes, "/a%5Cb"),
            ("/a%00b/c", CutAtNul, "/a"),
            ("/%00", CutAtNul, "/"),
            ("/a%2500", CutAtNul, "/a%2500"),
            ("/a/..;x/b", Together, "/b"),
            ("/a/%2e%2e%3bx%2fb", Together, "/b"),
            ("/a%5C..%5Cb", Together, "/b"),
            ("/a\\b%00/c", Together, "/a/b"),
            ("/a/;x/../b", Together, "/b"),
            ("/a%255C", Together, "/a%255C"),
        ] {
            let plain = Plain::read(raw).expect(raw);
            assert_eq!(reading.read(raw, plain.text()), expected, "{raw} {reading}");
        }
    }

    #[test]
    fn a_clean_path_has_one_reading() {
        for raw in ["/", "/a", "/a/", "/a.b/c..d/e", "/~a/b=c"] {
            let plain = Plain::read(raw).expect(raw);
            assert!(plain.is_clean(), "{raw}");
            assert_eq!(readings(raw, plain.text()).count(), 0, "{raw}");
        }
    }
}
