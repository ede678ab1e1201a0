//! Parses TOML, and refuses what is nested too deep: code that walks a table calls itself at each level.
//!
//! The parser limits brackets and the parts of dotted keys, each by itself. Together they are deep enough to overflow a stack.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// Tables and lists that may be one in another.
pub(super) const DEEPEST: usize = 32;

/// What a text says.
pub(super) struct Parsed<'a> {
    /// Empty if it is too deep.
    pub(super) table: DeTable<'a>,
    pub(super) errors: Vec<Error>,
    /// Where something is too deep.
    pub(super) too_deep: Option<Range<usize>>,
}

impl<'a> Parsed<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let table = table.into_inner();
        match deepest(&table) {
            None => Self { table, errors, too_deep: None },
            Some(place) => {
                take_apart(table);
                Self { table: DeTable::new(), errors: Vec::new(), too_deep: Some(place) }
            }
        }
    }

    /// Whether the table says all that the text does.
    pub(super) fn is_whole(&self) -> bool {
        self.errors.is_empty() && self.too_deep.is_none()
    }
}

/// Where a table is nested deeper than it may be. Does not call itself.
fn deepest(table: &DeTable<'_>) -> Option<Range<usize>> {
    let mut pending: Vec<(&Spanned<DeValue<'_>>, usize)> = table.values().map(|value| (value, 1)).collect();
    while let Some((value, depth)) = pending.pop() {
        let below = depth + 1;
        match value.get_ref() {
            DeValue::Table(_) | DeValue::Array(_) if depth > DEEPEST => return Some(value.span()),
            DeValue::Table(table) => pending.extend(table.values().map(|value| (value, below))),
            DeValue::Array(items) => pending.extend(items.iter().map(|value| (value, below))),
            _ => {}
        }
    }
    None
}

/// Drops a table level by level.
fn take_apart(table: DeTable<'_>) {
    let mut pending = vec![DeValue::Table(table)];
    while let Some(value) = pending.pop() {
        match value {
            DeValue::Table(table) => pending.extend(table.into_iter().map(|(_, value)| value.into_inner())),
            DeValue::Array(items) => pending.extend(items.into_iter().map(Spanned::into_inner)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As deep as the parser allows: dotted keys in inline tables under a header.
    fn deep(parts: usize, tables: usize) -> String {
        let key = vec!["a"; parts].join(".");
        format!("[{key}]\n{}1{}", format!("{key}={{").repeat(tables).trim_end_matches('{'), "}".repeat(tables - 1))
    }

    #[test]
    fn what_is_too_deep_has_a_place_and_no_table() {
        for (text, is_deep) in [
            (format!("a = {}1{}", "[".repeat(DEEPEST), "]".repeat(DEEPEST)), false),
            (format!("a = {}1{}", "[".repeat(DEEPEST + 1), "]".repeat(DEEPEST + 1)), true),
            (format!("{}b = 1", "a.".repeat(DEEPEST)), false),
            (format!("{}b = 1", "a.".repeat(DEEPEST + 1)), true),
            (deep(8, 4), true),
            (deep(70, 70), true),
            (format!("{}\n= =\n", deep(70, 70)), true),
        ] {
            let parsed = Parsed::of(&text);
            assert_eq!(parsed.too_deep.is_some(), is_deep, "{text}");
            assert_eq!(parsed.is_whole(), !is_deep, "{text}");
            assert_eq!(parsed.table.is_empty(), is_deep, "{text}");
        }
    }
}
