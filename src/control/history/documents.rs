//! The TOML files of a configuration as a whole, and what they are called in the history.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::error::HistoryError;
use crate::config::{Digest, Inputs, Memory};

/// What a name of its own cannot have in it.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'/').add(b'%');
/// The longest name of a file.
const LONGEST: usize = 255;

/// A file of a configuration.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    pub path: PathBuf,
    pub content: Vec<u8>,
}

/// All TOML files of a configuration, the main one first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    main: Document,
    others: Vec<Document>,
}

impl Documents {
    #[must_use]
    pub fn new(main: Document, others: Vec<Document>) -> Self {
        Self { main, others }
    }

    /// Those that a configuration was read from. `None`: one could not be read.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Option<Self> {
        let mut documents = inputs.documents().map(|input| {
            let content = input.content.clone()?;
            Some(Document { path: input.path.clone(), content })
        });
        let main = documents.next()??;
        Some(Self { main, others: documents.collect::<Option<_>>()? })
    }

    #[must_use]
    pub fn main(&self) -> &Document {
        &self.main
    }

    /// All of them, the main one first, the others in the order in which they are read.
    pub fn iter(&self) -> impl Iterator<Item = &Document> {
        std::iter::once(&self.main).chain(&self.others)
    }

    /// A source of these files and no others.
    #[must_use]
    pub fn source(&self) -> Memory {
        Memory::new(self.iter().map(|document| (&document.path, document.content.clone())))
    }

    /// Each with its name: its path as seen from the directory of the main file.
    pub(super) fn named(&self) -> Result<Vec<(String, &Document)>, HistoryError> {
        let base = self.main.path.parent().unwrap_or(Path::new(""));
        self.iter().map(|document| Ok((name(base, &document.path)?, document))).collect()
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What files hold may be secret.
        f.debug_struct("Document").field("path", &self.path).field("bytes", &self.content.len()).finish()
    }
}

/// The digest of files, each with its name.
pub(super) fn digest(named: &[(String, &Document)]) -> Digest {
    Digest::of_list(named.iter().flat_map(|(name, document)| [name.as_bytes(), &document.content]))
}

/// What a file is called: its path behind `base`, or for one outside its whole path with `%2F` for `/`.
fn name(base: &Path, path: &Path) -> Result<String, HistoryError> {
    let plain = |path: &Path| path.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>();
    let text = path.to_str().ok_or_else(|| HistoryError::Name { path: path.to_owned() })?;
    let inside = plain(path).strip_prefix(plain(base)).ok().and_then(Path::to_str).map(str::to_owned);
    if let Some(inside) = inside.filter(|inside| is_name(inside) && !inside.starts_with('%')) {
        return Ok(inside);
    }
    let escaped = utf8_percent_encode(text, ESCAPED).to_string();
    if escaped.len() < LONGEST {
        // The mark keeps it apart from all names of files inside.
        return Ok(format!("%{escaped}"));
    }
    Ok(format!("%{}", Digest::of(text.as_bytes())))
}

/// Whether a name leads to a file below a directory, and nowhere else.
pub(super) fn is_name(name: &str) -> bool {
    let path = Path::new(name);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    is_plain && !name.is_empty() && !name.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_paths_seen_from_the_main_file() {
        let long = format!("/srv/{}", "x".repeat(300));
        for (base, path, expected) in [
            ("/etc/fngate", "/etc/fngate/fngate.toml", "fngate.toml"),
            ("/etc/fngate", "/etc/fngate/services/a.toml", "services/a.toml"),
            ("/etc/fngate", "/etc/fngate/./a.toml", "a.toml"),
            ("", "fngate.toml", "fngate.toml"),
            ("", "./services/a.toml", "services/a.toml"),
            ("conf", "conf/a.toml", "a.toml"),
            ("/etc/fngate", "/srv/edits/a.toml", "%%2Fsrv%2Fedits%2Fa.toml"),
            ("/etc/fngate", "/etc/fngate/../a.toml", "%%2Fetc%2Ffngate%2F..%2Fa.toml"),
            ("/etc/fngate", "/etc/fngate/%2Fa.toml", "%%2Fetc%2Ffngate%2F%252Fa.toml"),
            ("", "../a.toml", "%..%2Fa.toml"),
        ] {
            let found = name(base.as_ref(), path.as_ref()).expect("a name");
            assert_eq!(found, expected, "{path}");
            assert!(is_name(&found), "{path}");
        }
        assert_eq!(name("/etc".as_ref(), long.as_ref()).expect("a name").len(), 65);
    }

    #[test]
    fn what_leads_elsewhere_is_no_name() {
        for bad in ["", "/", "/etc/passwd", "..", "../x", "a/../../x", "./a", "a\0b"] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }
}
