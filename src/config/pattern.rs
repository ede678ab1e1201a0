//! Patterns for files: the paths on the disk that one stands for.
//!
//! A link to a directory is followed where a name of the pattern matches it, as ConfigMap volumes need it, but never below `**`: links
//! that lead back up would make endless paths.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern, PatternError};

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

/// The existing paths that a pattern stands for, seen from `base`.
///
/// # Errors
/// When it is not a pattern.
pub(super) fn expand(base: &Path, pattern: &str) -> Result<Expansion, PatternError> {
    Pattern::new(pattern)?;
    let parts: Vec<_> = Path::new(pattern).components().map(Part::of).collect::<Result<_, _>>()?;
    let mut expansion = Expansion::default();
    expansion.walk(base.to_owned(), &parts);
    Ok(expansion)
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

impl Expansion {
    /// Adds what `parts` stand for below `path`.
    fn walk(&mut self, path: PathBuf, parts: &[Part<'_>]) {
        match parts.split_first() {
            _ if self.cut => {}
            None => {
                self.paths.insert(path);
            }
            Some((Part::Literal(name), rest)) => {
                let path = path.join(name);
                // What is there, or a link that leads nowhere: to read it will say so.
                if path.symlink_metadata().is_ok() {
                    self.walk(path, rest);
                }
            }
            Some((Part::Wild(pattern), rest)) => {
                for (name, path) in self.list(&path) {
                    if pattern.matches_with(&name, OPTIONS) && (rest.is_empty() || path.is_dir()) {
                        self.walk(path, rest);
                    }
                }
            }
            Some((Part::Tree, rest)) => {
                for (name, path) in self.list(&path) {
                    let directory = path.symlink_metadata().is_ok_and(|found| found.is_dir());
                    if directory && !name.starts_with('.') {
                        self.walk(path, parts);
                    }
                }
                self.walk(path, rest);
            }
        }
    }

    /// The entries of a directory by their names; none of what is no directory.
    fn list(&mut self, directory: &Path) -> Vec<(String, PathBuf)> {
        let mut entries = Vec::new();
        // `read_dir` takes an empty path for one that is missing.
        let there = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        match fs::read_dir(there) {
            Ok(listing) => {
                for entry in listing.flatten() {
                    if self.looked_at == MOST {
                        self.cut = true;
                        break;
                    }
                    self.looked_at += 1;
                    let name = entry.file_name();
                    entries.push((name.to_string_lossy().into_owned(), directory.join(name)));
                }
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => self.unreadable.push((directory.to_owned(), error)),
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

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
        let expansion = expand(root, pattern).expect("a pattern");
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
        assert!(expand(root.path(), "a[").is_err());
        assert!(expand(root.path(), "a**").is_err());
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
        let expansion = expand(root.path(), "*/*/*/*/*/*/*/*.toml").expect("a pattern");
        assert!(expansion.cut);
        assert_eq!(expansion.looked_at, MOST);
    }
}
