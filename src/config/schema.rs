//! What a configuration may say: every key, and the form of its value, as the readers ask for them.

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

/// What the reference says: the dotted name of each key, and its meaning in Markdown.
#[must_use]
pub fn reference() -> Vec<(String, &'static str)> {
    let mut table = String::new();
    let mut described = Vec::new();
    for line in REFERENCE.lines() {
        if let Some(title) = line.strip_prefix("### ") {
            let name = title.strip_prefix("`[").and_then(|title| title.strip_suffix("]`"));
            table = name.map(|name| format!("{}.", name.trim_matches(['[', ']']))).unwrap_or_default();
        } else if let Some((key, cells)) = line.strip_prefix("| `").and_then(|row| row.split_once('`')) {
            let meaning = cells.trim_end_matches([' ', '|']).rsplit_once(" | ").map_or("", |(_, meaning)| meaning);
            described.push((format!("{table}{key}"), meaning));
        }
    }
    described
}
