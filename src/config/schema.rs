//! What a configuration may say: every key, and the form of its value, as the readers ask for them.

use std::collections::HashMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

/// One key of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Dotted, such as `service.api.raw_path`.
    pub name: String,
    pub form: Form,
    /// Whether its table is nothing without it.
    pub required: bool,
}

/// What a value looks like. Values as they are written in TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// `[key]`
    Table,
    /// `[[key]]`
    Tables,
    /// A string, with a good one.
    Text(&'static str),
    /// A list of strings, with a good one.
    Texts(&'static str),
    /// A table whose values are strings.
    Map,
    /// One of these strings.
    Choice(Vec<&'static str>),
    Duration,
    Size,
    Boolean(bool),
    /// A whole number from one to another.
    Number(i128, i128),
    /// From 0 to 1.
    Fraction,
    /// What its reader did not say.
    Unknown,
}

impl Form {
    pub(super) fn choice<T>(choices: &[(&'static str, T)]) -> Self {
        Self::Choice(choices.iter().map(|(name, _)| *name).collect())
    }

    pub(super) fn number<N: Display>(range: &RangeInclusive<N>) -> Self {
        // Numbers of every type read themselves back.
        let bound = |number: &N| number.to_string().parse().unwrap_or_default();
        Self::Number(bound(range.start()), bound(range.end()))
    }
}

/// Adds what a reader has asked for to the keys that are known. Whoever says more of a key wins.
pub(super) fn note(keys: &mut Vec<Key>, name: String, form: Form, required: bool) {
    match keys.iter_mut().find(|key| key.name == name) {
        Some(key) => {
            key.required |= required;
            if key.form == Form::Unknown {
                key.form = form;
            }
        }
        None => keys.push(Key { name, form, required }),
    }
}

const REFERENCE: &str = include_str!("../../docs/configuration.md");

/// What the reference says of a key or a table, in Markdown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Described {
    /// Empty for a table.
    pub default: &'static str,
    /// What the value has to be beside its form, if anything.
    pub range: &'static str,
    /// For a table, the paragraph below its title. It may have several lines.
    pub meaning: &'static str,
}

/// What the reference says, by the dotted name of each key and table.
#[must_use]
pub fn reference() -> HashMap<String, Described> {
    let mut described = HashMap::new();
    for section in REFERENCE.split("\n### ").skip(1) {
        let (title, body) = section.split_once("\n\n").unwrap_or((section, ""));
        let name = title.strip_prefix("`[").and_then(|title| title.strip_suffix("]`"));
        let table = name.map_or("", |name| name.trim_matches(['[', ']']));
        let about = body.split("\n\n").next().filter(|about| !about.starts_with('|')).unwrap_or_default();
        described.insert(table.to_owned(), Described { meaning: about, ..Described::default() });
        for (key, cells) in body.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')) {
            let name = if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
            described.insert(name, of_cells(cells));
        }
    }
    described
}

/// The rest of a row behind its key: a default, a range in some tables, and a meaning.
fn of_cells(cells: &'static str) -> Described {
    let cells = cells.trim_start_matches([' ', '|']).trim_end_matches([' ', '|']);
    let (before, meaning) = cells.rsplit_once(" | ").unwrap_or_default();
    let (default, range) = before.split_once(" |").unwrap_or((before, ""));
    Described { default, range: range.trim(), meaning }
}
