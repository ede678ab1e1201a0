//! Documents of which each leaf knows how it is shown.

use std::fmt::Write;

/// A document that knows what must be found of it.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    /// As it is written, and as it is shown in the configuration.
    Leaf(String, String),
    /// Says what the document is, not what is in it.
    Fixed(&'static str),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
    /// `<<: *base`.
    Merge,
}

/// What [`Tree::Merge`] stands for.
pub(super) fn base() -> Tree {
    let leaf = |text: &str| Tree::Leaf(text.to_owned(), text.to_owned());
    Tree::Map(vec![("memorySize".to_owned(), leaf("3847")), ("fromBase".to_owned(), leaf("basetoken"))])
}

impl Tree {
    /// In blocks of YAML, behind what introduces it.
    pub(super) fn write(&self, text: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        match self {
            Self::Leaf(written, _) => {
                let _ = writeln!(text, " {written}");
            }
            Self::Fixed(written) => {
                let _ = writeln!(text, " {written}");
            }
            Self::Merge => text.push_str(" *base\n"),
            Self::List(items) => {
                text.push('\n');
                for item in items {
                    let _ = write!(text, "{indent}-");
                    item.write(text, depth + 1);
                }
            }
            Self::Map(entries) => {
                text.push('\n');
                for (key, value) in entries {
                    let _ = write!(text, "{indent}{key}:");
                    value.write(text, depth + 1);
                }
            }
        }
    }

    /// The leaves, with the paths that lead to them, the longest last.
    pub(super) fn leaves(&self, paths: &[String], found: &mut Vec<(Vec<String>, String)>) {
        let at = paths.last().map(String::as_str).unwrap_or_default();
        let mut below = |path: String, tree: &Self| tree.leaves(&[paths, &[path]].concat(), found);
        match self {
            Self::Leaf(_, shown) => found.push((paths.to_vec(), shown.clone())),
            Self::Fixed(_) => {}
            Self::Merge => base().leaves(&paths[..paths.len() - 1], found),
            Self::List(items) => {
                items.iter().enumerate().for_each(|(index, item)| below(format!("{at}[{index}]"), item));
            }
            Self::Map(entries) => {
                let has = |key: &str| entries.iter().any(|(known, _)| known == key);
                for (key, value) in entries {
                    match value {
                        // A key of the mapping itself stands over a merged one.
                        Self::Merge if has("memorySize") => {}
                        _ if at.is_empty() => below(key.clone(), value),
                        _ => below(format!("{at}.{key}"), value),
                    }
                }
            }
        }
    }
}
