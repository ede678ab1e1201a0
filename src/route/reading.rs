//! The readings of servers that do more to a path than the gateway: what they do, in every combination and order.
//!
//! A reading is written in the canonical form of [`crate::config::path`]. So a byte that was decoded and may not stand in a
//! segment stays an escape: after decoding, `%00` is the end of a C string. Backslashes are kept while steps follow, as `%5C`
//! is one only after decoding.

use std::borrow::Cow;
use std::fmt;
use std::ops::ControlFlow;

use super::canonical::canonical_path;
use crate::config::path::{hex, is_segment_byte};

/// What a server may do to a path before it looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Every escape decoded once, `%2F` included.
    Decoded,
    /// The same but for `%2F`.
    SegmentsDecoded,
    /// `.` and `..` segments removed (RFC 3986 section 5.2.4).
    DotsRemoved,
    /// The same, but as file names have it: what ends in `/.` or `/..` ends without a slash then.
    FileDotsRemoved,
    /// `//` merged into `/`.
    SlashesMerged,
    /// The slashes at the start merged into one, as Python's `http.server` does.
    LeadingSlashesMerged,
    /// `;` and what follows it dropped from each segment.
    ParametersDropped,
    /// `\` read as `/`.
    Backslashes,
    /// Cut at the first NUL.
    CutAtNul,
    /// `//host` at the start taken for a host (RFC 3986 section 4.2).
    AuthorityDropped,
}

/// The most paths that may be made of one. What people and programs write on purpose leads to a handful; a path that is
/// made to lead to thousands must not cost as many look-ups.
pub const MOST_READINGS: usize = 64;

/// The most bytes that these have together, so that a long path costs no more than a short one.
const MOST_BYTES: usize = 64 * 1024;

/// What a server does to a path, one after the other. Without any step: all that are not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Reading(Vec<Step>);

impl Step {
    pub const ALL: [Self; 10] = [
        Self::Decoded,
        Self::SegmentsDecoded,
        Self::DotsRemoved,
        Self::FileDotsRemoved,
        Self::SlashesMerged,
        Self::LeadingSlashesMerged,
        Self::ParametersDropped,
        Self::Backslashes,
        Self::CutAtNul,
        Self::AuthorityDropped,
    ];

    /// What such a server does, for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decoded => "escapes decoded",
            Self::SegmentsDecoded => "escapes decoded but for slashes",
            Self::DotsRemoved => "dot segments removed",
            Self::FileDotsRemoved => "dot segments removed as in file names",
            Self::SlashesMerged => "slashes merged",
            Self::LeadingSlashesMerged => "leading slashes merged",
            Self::ParametersDropped => "`;` parameters dropped",
            Self::Backslashes => "backslashes as slashes",
            Self::CutAtNul => "cut at NUL",
            Self::AuthorityDropped => "`//host` dropped",
        }
    }

    /// The path behind this step, if there is anything to do.
    fn apply(self, path: &str) -> Option<String> {
        match self {
            Self::Decoded => path.contains('%').then(|| decode(path, b"/\\")),
            Self::SegmentsDecoded => path.contains('%').then(|| decode(path, b"\\")),
            Self::DotsRemoved => path.contains("/.").then(|| remove_dots(path)),
            Self::FileDotsRemoved => (path.ends_with("/.") || path.ends_with("/..")).then(|| remove_file_dots(path)),
            Self::SlashesMerged => path.contains("//").then(|| merge_slashes(path)),
            Self::LeadingSlashesMerged => path.starts_with("//").then(|| format!("/{}", path.trim_start_matches('/'))),
            Self::ParametersDropped => path.contains(';').then(|| drop_parameters(path)),
            Self::Backslashes => path.contains('\\').then(|| path.replace('\\', "/")),
            Self::CutAtNul => path.split_once("%00").map(|(before, _)| before.to_owned()),
            Self::AuthorityDropped => path.starts_with("//").then(|| drop_authority(path)),
        }
    }
}

impl Reading {
    fn then(&self, step: Step) -> Self {
        Self(self.0.iter().copied().chain([step]).collect())
    }

    /// Whether this stands for the readings that are too many to be looked at.
    #[must_use]
    pub fn is_beyond(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_beyond() {
            return f.write_str("more combinations than are looked at");
        }
        for (index, step) in self.0.iter().enumerate() {
            let joint = if index > 0 { ", then " } else { "" };
            write!(f, "{joint}{}", step.as_str())?;
        }
        Ok(())
    }
}

/// Shows the readings of a path that differ from the plain one, those of the fewest steps first, until `visit` has seen
/// enough. `raw` and `plain` are the same path, in the first of which a backslash is not an escape yet.
///
/// When there are more than [`MOST_READINGS`], or they are too long, the last is one without a path.
pub(super) fn reread<B>(
    raw: &str,
    plain: &str,
    visit: &mut impl FnMut(&Reading, Option<&str>) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let mut found = vec![(with_backslashes(raw).unwrap_or_else(|| plain.to_owned()), Reading::default())];
    let (mut at, mut bytes) = (0, 0);
    while at < found.len() {
        for step in Step::ALL {
            let (path, before) = &found[at];
            let Some(path) = step.apply(path) else { continue };
            if found.iter().any(|(known, _)| *known == path) {
                continue;
            }
            bytes += path.len();
            if found.len() == MOST_READINGS || bytes > MOST_BYTES {
                return visit(&Reading::default(), None);
            }
            let reading = before.then(step);
            let text = without_backslashes(&path);
            if text != plain {
                visit(&reading, Some(&text))?;
            }
            found.push((path, reading));
        }
        at += 1;
    }
    ControlFlow::Continue(())
}

/// The canonical form but for backslashes; none where that is all of it.
fn with_backslashes(raw: &str) -> Option<String> {
    let parts: Option<Vec<_>> = raw.contains('\\').then(|| raw.split('\\').map(canonical_path).collect())?;
    Some(parts?.join("\\"))
}

fn without_backslashes(path: &str) -> Cow<'_, str> {
    if path.contains('\\') { Cow::Owned(path.replace('\\', "%5C")) } else { Cow::Borrowed(path) }
}

/// Decodes what may stand in a segment after decoding, and these separators; the other escapes are canonical already.
fn decode(path: &str, separators: &[u8]) -> String {
    let mut parts = path.split('%');
    let mut decoded = String::with_capacity(path.len());
    decoded.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let byte = match *part.as_bytes() {
            [high, low, ..] => hex(high).zip(hex(low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        match byte.filter(|byte| separators.contains(byte) || is_segment_byte(*byte)) {
            Some(byte) => {
                decoded.push(char::from(byte));
                decoded.push_str(&part[2..]);
            }
            None => decoded.extend(["%", part]),
        }
    }
    decoded
}

fn drop_parameters(path: &str) -> String {
    let mut kept = String::with_capacity(path.len());
    for (index, segment) in path.split('/').enumerate() {
        let name = segment.split_once(';').map_or(segment, |(name, _)| name);
        kept.extend([if index > 0 { "/" } else { "" }, name]);
    }
    kept
}

fn merge_slashes(path: &str) -> String {
    let mut merged = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        merged.extend(["/", segment]);
    }
    if path.ends_with('/') {
        merged.push('/');
    }
    merged
}

/// Browsers' rules for URLs, and so `new URL(target, base)`, take any number of slashes for two.
fn drop_authority(path: &str) -> String {
    let rest = path.trim_start_matches('/');
    rest.find('/').map_or("/", |at| &rest[at..]).to_owned()
}

fn remove_dots(path: &str) -> String {
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
    kept
}

fn remove_file_dots(path: &str) -> String {
    let mut kept = remove_dots(path);
    if kept.len() > 1 {
        kept.pop();
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::canonical::Plain;

    #[test]
    fn steps() {
        use Step::{
            AuthorityDropped, Backslashes, CutAtNul, Decoded, DotsRemoved, FileDotsRemoved, LeadingSlashesMerged,
            ParametersDropped, SegmentsDecoded, SlashesMerged,
        };
        for (path, step, expected) in [
            ("/a%2Fb", Decoded, "/a/b"),
            ("/a%252Fb", Decoded, "/a%252Fb"),
            ("/a%3Bb%5C%00%20", Decoded, "/a;b\\%00%20"),
            ("/a%2Fb%3Ac%5C", SegmentsDecoded, "/a%2Fb:c\\"),
            ("/a%2F..", Decoded, "/a/.."),
            ("/a%2F..", DotsRemoved, "/a%2F.."),
            ("/a/./b", DotsRemoved, "/a/b"),
            ("/a/../b", DotsRemoved, "/b"),
            ("/a/b/..", DotsRemoved, "/a/"),
            ("/a/.", DotsRemoved, "/a/"),
            ("/../../a", DotsRemoved, "/a"),
            ("/..", DotsRemoved, "/"),
            ("/a//../b", DotsRemoved, "/a/b"),
            ("/.../a..", DotsRemoved, "/.../a.."),
            ("/a/b/.", FileDotsRemoved, "/a/b"),
            ("/a/b/..", FileDotsRemoved, "/a"),
            ("/..", FileDotsRemoved, "/"),
            ("/a/./b", FileDotsRemoved, "/a/./b"),
            ("//a///b/", SlashesMerged, "/a/b/"),
            ("//a///b/", LeadingSlashesMerged, "/a///b/"),
            ("/a//b", LeadingSlashesMerged, "/a//b"),
            ("///", LeadingSlashesMerged, "/"),
            ("/a;x/b;y;z/;", ParametersDropped, "/a/b/"),
            ("/a%3Bx", ParametersDropped, "/a%3Bx"),
            ("/a\\b", Backslashes, "/a/b"),
            ("/a%5Cb", Backslashes, "/a%5Cb"),
            ("/a%00b/c", CutAtNul, "/a"),
            ("/%00", CutAtNul, "/"),
            ("/a%2500", CutAtNul, "/a%2500"),
            ("//a/b//c", AuthorityDropped, "/b//c"),
            ("///a/b", AuthorityDropped, "/b"),
            ("//a", AuthorityDropped, "/"),
            ("/a//b", AuthorityDropped, "/a//b"),
        ] {
            assert_eq!(step.apply(path).as_deref().unwrap_or(path), expected, "{path} {step:?}");
        }
    }

    fn all(raw: &str) -> Vec<(String, String)> {
        let plain = Plain::read(raw).expect(raw);
        let mut found = Vec::new();
        let _ = reread(raw, plain.text(), &mut |reading, path| {
            found.push((path.unwrap_or_default().to_owned(), reading.to_string()));
            ControlFlow::<()>::Continue(())
        });
        found
    }

    #[test]
    fn steps_follow_each_other_in_every_order() {
        for (raw, path, reading) in [
            ("/a%5Cb", "/a/b", "escapes decoded, then backslashes as slashes"),
            ("/a%5C..%5Cb", "/b", "escapes decoded, then backslashes as slashes, then dot segments removed"),
            ("/a/..;x/b", "/b", "`;` parameters dropped, then dot segments removed"),
            // Tomcat looks for `;` before it decodes, others behind it.
            ("/a/..;x%3B/b", "/b", "`;` parameters dropped, then dot segments removed"),
            ("/a%3Bx/b;y", "/a;x/b", "`;` parameters dropped, then escapes decoded"),
            ("/a%3Bx/b;y", "/a/b", "escapes decoded, then `;` parameters dropped"),
            // nginx knows no parameters: what hides the dots from one hides nothing from the other.
            ("/b/..%2fa/..;x", "/a/..;x", "escapes decoded, then dot segments removed"),
            ("/a//../b", "/b", "slashes merged, then dot segments removed"),
            ("/a//../b", "/a/b", "dot segments removed"),
            ("/\\x/..\\a", "/a", "backslashes as slashes, then dot segments removed, then slashes merged"),
            ("/\\x/a", "/a", "backslashes as slashes, then `//host` dropped"),
            ("/a%00/..", "/a", "cut at NUL"),
        ] {
            let found = all(raw);
            assert!(found.contains(&(path.to_owned(), reading.to_owned())), "{raw} as {path}, {reading}: {found:?}");
        }
    }

    #[test]
    fn nobody_decodes_twice() {
        for raw in ["/a%255C", "/%252e%252e/a", "/a%252Fb"] {
            assert_eq!(all(raw), [], "{raw}");
        }
    }

    #[test]
    fn readings_have_a_bound() {
        let beyond = (String::new(), "more combinations than are looked at".to_owned());
        for (raw, most) in
            [("//;/\\%3B//./%00/..;%2F//..;/a".to_owned(), MOST_READINGS), ("//;/\\%3B//./x".repeat(600), 16)]
        {
            let found = all(&raw);
            assert!(found.len() <= most, "{raw}: {}", found.len());
            assert_eq!(found.last(), Some(&beyond), "{raw}");
        }
    }

    #[test]
    fn a_clean_path_has_one_reading() {
        for raw in ["/", "/a", "/a/", "/a.b/c..d/e", "/~a/b=c"] {
            assert!(Plain::read(raw).expect(raw).is_clean(), "{raw}");
            assert_eq!(all(raw), [], "{raw}");
        }
    }
}
