//! The text of configuration files and positions in it.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::cover::covered;
use super::place::Place;

/// The text of one file, with an index of its lines.
pub(super) struct File {
    pub(super) path: Arc<Path>,
    text: String,
    /// The text as errors show it, of the same length.
    shown: OnceLock<String>,
    /// The byte at which each line starts. Never empty.
    lines: Vec<usize>,
}

impl File {
    pub(super) fn new(path: &Path, text: String) -> Arc<Self> {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        Arc::new(Self { path: path.into(), text, shown: OnceLock::new(), lines })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What may be seen by others of a part of the text: not what may be secret.
    pub(super) fn shown(&self, range: Range<usize>) -> Option<&str> {
        self.shown.get_or_init(|| covered(&self.text)).get(range)
    }

    /// The index of the line that `at` is on, counted from zero.
    pub(super) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The byte at which a line starts.
    pub(super) fn line_start(&self, line: usize) -> usize {
        self.lines.get(line).copied().unwrap_or(self.text.len())
    }

    /// The byte at which a line ends, its line break left out.
    pub(super) fn line_end(&self, line: usize) -> usize {
        let line = self.line_start(line)..self.line_start(line + 1);
        line.start + self.text.get(line).map_or(0, |text| text.trim_end_matches(['\r', '\n']).len())
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A part of one file. Every value that is read has one, and few are ever looked at.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) file: Arc<File>,
    /// As the parser gave it: it may be longer than a line, or beyond the end.
    given: Range<usize>,
}

impl Span {
    pub(super) fn new(file: &Arc<File>, given: Range<usize>) -> Self {
        Self { file: Arc::clone(file), given }
    }

    /// The range, cut so that it lies within the line that it starts on, and on character borders.
    pub(super) fn range(&self) -> Range<usize> {
        let line_end = self.file.line_end(self.file.line(self.given.start));
        let start = floor_char(&self.file.text, self.given.start.min(line_end));
        let end = floor_char(&self.file.text, self.given.end.min(line_end)).max(start);
        start..end
    }

    pub(super) fn text(&self) -> &str {
        self.file.text.get(self.range()).unwrap_or_default()
    }

    /// Whether errors do not show it, since it may be secret.
    pub(super) fn is_covered(&self) -> bool {
        self.file.shown(self.range()).is_none_or(|shown| shown != self.text())
    }

    pub(super) fn is_followed_by(&self, c: char) -> bool {
        self.file.text.get(self.range().end..).is_some_and(|rest| rest.starts_with(c))
    }

    pub(super) fn place(&self) -> Place {
        let start = self.range().start;
        let line = self.file.line(start);
        let before = self.file.text.get(self.file.line_start(line)..start).unwrap_or_default();
        Place { file: Arc::clone(&self.file.path), line: line + 1, column: before.chars().count() + 1 }
    }
}

/// The largest character border that is not after `at`.
fn floor_char(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let file = File::new(Path::new("f.toml"), "a = 1\r\n\u{e9}\u{e9} = 2\n".to_owned());
        for (range, place, text) in [
            (0..1, "f.toml:1:1", "a"),
            (4..5, "f.toml:1:5", "1"),
            (4..12, "f.toml:1:5", "1"),
            (6..7, "f.toml:1:6", ""),
            (7..9, "f.toml:2:1", "\u{e9}"),
            (8..10, "f.toml:2:1", "\u{e9}"),
            (14..15, "f.toml:2:6", "2"),
            (16..16, "f.toml:3:1", ""),
            (99..200, "f.toml:3:1", ""),
        ] {
            let span = Span::new(&file, range.clone());
            assert_eq!((span.place().to_string().as_str(), span.text()), (place, text), "{range:?}");
        }
    }
}
