//! Patterns for files: the paths that one stands for.
//!
//! A link to a directory is followed where a name of the pattern matches it, as ConfigMap volumes need it, but never below `**`: links
//! that lead back up would make endless paths.

use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern, PatternError};

use super::source::{EntryKind, Source};

/// Directory entries that one pattern may look at. More are a pattern that was not meant.
const MOST: usize = 100_000;

const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    // Editors keep locks and backups in such files.
    require_literal_leading_dot: true,
};

/// What was found, and what could not be looked at.
#[derive(Debug, Default)]
pub(super) struct Expansion {
    pub(super) paths: BTreeSet<PathBuf>,
    pub(super) unreadable: Vec<(PathBuf, io::Error)>,
    /// Whether there was more to look at than one pattern may.
    pub(super) cut: bool,
}

/// The search for the paths of one pattern.
struct Walk<'a> {
    source: &'a dyn Source,
    found: Expansion,
    looked_at: usize,
}

/// Whether a pattern, or a name in one, has wildcards.
pub(super) fn is_wild(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The part of a pattern in front of its first name with a wildcard.
pub(super) fn fixed(pattern: &str) -> PathBuf {
    Path::new(pattern).components().take_while(|part| !is_wild(&part.as_os_str().to_string_lossy())).collect()
}

/// The existing paths of `source` that a pattern stands for, seen from `base`.
///
/// # Errors
/// When it is not a pattern.
pub(super) fn expand(source: &dyn Source, base: &Path, pattern: &str) -> Result<Expansion, PatternError> {
    Walk::new(source, base, pattern).map(|walk| walk.found)
}

/// One name of a pattern.
enum Part<'a> {
    Literal(Component<'a>),
    Wild(Pattern),
    /// `**`
    Tree,
}

impl<'a> Part<'a> {
    fn of(component: Component<'a>) -> Result<Self, PatternError> {
        match component.as_os_str().to_string_lossy() {
            name if name == "**" => Ok(Self::Tree),
            name if is_wild(&name) => Pattern::new(&name).map(Self::Wild),
            _ => Ok(Self::Literal(component)),
        }
    }
}

impl<'a> Walk<'a> {
    fn new(source: &'a dyn Source, base: &Path, pattern: &str) -> Result<Self, PatternError> {
        Pattern::new(pattern)?;
        let parts: Vec<_> = Path::new(pattern).components().map(Part::of).collect::<Result<_, _>>()?;
        let mut walk = Self { source, found: Expansion::default(), looked_at: 0 };
        walk.visit(base.to_owned(), &parts);
        Ok(walk)
    }

    /// Adds what `parts` stand for below `path`.
    fn visit(&mut self, path: PathBuf, parts: &[Part<'_>]) {
        match parts.split_first() {
            _ if self.found.cut => {}
            None => {
                self.found.paths.insert(path);
            }
            Some((Part::Literal(name), rest)) => {
                let path = path.join(name);
                // What is there, or a link that leads nowhere: to read it will say so.
                if self.source.kind(&path).is_some() {
                    self.visit(path, rest);
                }
            }
            Some((Part::Wild(pattern), rest)) => {
                for (name, path) in self.list(&path) {
                    if pattern.matches_with(&name, OPTIONS) && (rest.is_empty() || self.source.is_directory(&path)) {
                        self.visit(path, rest);
                    }
                }
            }
            Some((Part::Tree, rest)) => {
                for (name, path) in self.list(&path) {
                    if self.source.kind(&path) == Some(EntryKind::Directory) && !name.starts_with('.') {
                        self.visit(path, parts);
                    }
                }
                self.visit(path, rest);
            }
        }
    }

    /// The entries of a directory by their names; none of what is no directory.
    fn list(&mut self, directory: &Path) -> Vec<(String, PathBuf)> {
        let mut entries = Vec::new();
        match self.source.list(directory) {
            Ok(names) => {
                for name in names {
                    if self.looked_at == MOST {
                        self.found.cut = true;
                        break;
                    }
                    self.looked_at += 1;
                    entries.push((name.to_string_lossy().into_owned(), directory.join(name)));
                }
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => self.found.unreadable.push((directory.to_owned(), error)),
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::config::source::disk::Disk;

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a directory");
        let at = |path: &str| root.path().join(path);
        for directory in ["a/b/c", "a/.hidden", "v/..2024"] {
            fs::create_dir_all(at(directory)).expect("directories");
        }
        for file in ["x.toml", "a/x.toml", "a/b/c/x.toml", "a/.hidden/x.toml", "a/.x.toml", "v/..2024/y.toml"] {
            fs::write(at(file), "").expect("a file");
        }
        for (target, link) in [
            ("..2024", "v/..data"),
            ("..data/y.toml", "v/y.toml"),
            ("a", "link"),
            (".", "a/up1"),
            ("..", "a/up2"),
            ("../..", "a/b/up3"),
            ("nowhere", "a/gone.toml"),
        ] {
            symlink(target, at(link)).expect("a link");
        }
        root
    }

    fn found(root: &Path, pattern: &str) -> Vec<String> {
        let expansion = expand(&Disk, root, pattern).expect("a pattern");
        assert!(!expansion.cut && expansion.unreadable.is_empty(), "{expansion:?}");
        let name = |path: &PathBuf| path.strip_prefix(root).unwrap_or(path).display().to_string();
        expansion.paths.iter().map(name).collect()
    }

    #[test]
    fn patterns_stand_for_what_there_is() {
        let root = tree();
        for (pattern, paths) in [
            ("*.toml", &["x.toml"][..]),
            ("v/*.toml", &["v/y.toml"]),
            ("?/x.toml", &["a/x.toml"]),
            ("l*/x.toml", &["link/x.toml"]),
            ("[ab]/*.toml", &["a/gone.toml", "a/x.toml"]),
            ("a/.*.toml", &["a/.x.toml"]),
            ("*/none.toml", &[]),
            ("none/*.toml", &[]),
            ("x.toml/*", &[]),
            ("a/**/c/*", &["a/b/c/x.toml"]),
            ("a/../*.toml", &["a/../x.toml"]),
        ] {
            assert_eq!(found(root.path(), pattern), paths, "{pattern}");
        }
        assert!(expand(&Disk, root.path(), "a[").is_err());
        assert!(expand(&Disk, root.path(), "a**").is_err());
    }

    #[test]
    fn links_to_directories_are_not_followed_below_two_stars() {
        let root = tree();
        assert_eq!(found(root.path(), "a/**/*.toml"), ["a/b/c/x.toml", "a/gone.toml", "a/x.toml"]);
        let all = ["a/b/c/x.toml", "a/x.toml", "x.toml"];
        assert_eq!(found(root.path(), "**/x.toml"), all);
        assert_eq!(found(root.path(), "**/**/x.toml"), all);
    }

    #[test]
    fn a_pattern_looks_at_so_much_and_no_more() {
        let root = tempfile::tempdir().expect("a directory");
        for index in 0..20 {
            symlink(".", root.path().join(format!("l{index}"))).expect("a link");
        }
        let walk = Walk::new(&Disk, root.path(), "*/*/*/*/*/*/*/*.toml").expect("a pattern");
        assert!(walk.found.cut);
        assert_eq!(walk.looked_at, MOST);
    }
}
