//! One value of a document: where it stands, what it is, and the kinds of strings that it can be read as.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Diagnostics, Problem, quoted};
use super::file::{File, Span};
use super::variable::{Lookup, substitute};
use crate::units::{self, UnitError};

/// A value that has been read, and where.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

impl<T> Found<T> {
    pub(super) fn map<U>(self, map: impl FnOnce(T) -> U) -> Found<U> {
        Found { value: map(self.value), span: self.span }
    }

    pub(super) fn with_span<U>(self, map: impl FnOnce(T, &Span) -> U) -> Found<U> {
        Found { value: map(self.value, &self.span), span: self.span }
    }
}

/// How a string is read as a `T`.
pub(super) struct Kind<T> {
    /// A good value, for messages.
    pub(super) example: &'static str,
    /// What was most likely meant by a bare number.
    pub(super) number: fn(u64) -> String,
    pub(super) parse: fn(&str) -> Result<T, Problem>,
}

impl<T> Kind<T> {
    pub(super) const fn new(example: &'static str, parse: fn(&str) -> Result<T, Problem>) -> Self {
        Self { example, number: |number| number.to_string(), parse }
    }
}

impl Kind<String> {
    /// Any string.
    pub(super) const fn text(example: &'static str) -> Self {
        Self::new(example, |text| Ok(text.to_owned()))
    }
}

pub(super) const DURATION: Kind<Duration> = Kind {
    example: "15s",
    number: |number| format!("{number}s"),
    parse: |text| units::parse_duration(text).map_err(|error| unit_problem(text, "duration", &error, DURATION.number)),
};

pub(super) const SIZE: Kind<u64> = Kind {
    example: "64KiB",
    number: units::format_size,
    parse: |text| units::parse_size(text).map_err(|error| unit_problem(text, "size", &error, SIZE.number)),
};

fn unit_problem(text: &str, what: &str, error: &UnitError, number: fn(u64) -> String) -> Problem {
    let hint = text.parse().ok().map(|bare| format!("write \"{}\"", number(bare)));
    Problem::new(format!("{} is not a {what}: {error}", quoted(text))).hint(hint)
}

/// A key of a document with its value, not read yet.
pub(super) struct Value<'a> {
    pub(super) file: &'a Arc<File>,
    /// Where the key stands in the file.
    key: Range<usize>,
    pub(super) span: Span,
    pub(super) node: &'a DeValue<'a>,
}

impl<'a> Value<'a> {
    pub(super) fn of(key: &str, file: &'a Arc<File>, table: &'a DeTable<'a>) -> Option<Self> {
        table.get_key_value(key).map(|(key, value)| Self::entry(file, key, value))
    }

    fn entry(file: &'a Arc<File>, key: &'a Spanned<Cow<'a, str>>, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self { file, key: key.span(), span: Span::new(file, value.span()), node: value.get_ref() }
    }

    pub(super) fn key_span(&self) -> Span {
        Span::new(self.file, self.key.clone())
    }

    /// An element of the array that this value is.
    pub(super) fn element(&self, item: &'a Spanned<DeValue<'a>>) -> Self {
        let span = Span::new(self.file, item.span());
        Self { file: self.file, key: self.key.clone(), span, node: item.get_ref() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.node.as_array().is_some_and(|items| items.is_empty())
    }

    /// The keys and values of the table that this value is, in the order of the file.
    pub(super) fn entries(&self) -> Option<Vec<(&'a str, Self)>> {
        let table = self.node.as_table()?;
        let mut entries: Vec<_> =
            table.iter().map(|(key, value)| (key.get_ref().as_ref(), Value::entry(self.file, key, value))).collect();
        entries.sort_by_key(|(_, value)| value.key.start);
        Some(entries)
    }

    /// Reads a string, its variables put in. `None` has been reported.
    pub(super) fn read<T>(&self, kind: &Kind<T>, lookup: Lookup<'_>, diagnostics: &Diagnostics) -> Option<Found<T>> {
        let text = self.text(kind, lookup, diagnostics)?;
        match (kind.parse)(&text) {
            Ok(value) => Some(Found { value, span: self.span.clone() }),
            Err(problem) => {
                diagnostics.push(problem.at(&self.span));
                None
            }
        }
    }

    fn text<T>(&self, kind: &Kind<T>, lookup: Lookup<'_>, diagnostics: &Diagnostics) -> Option<Cow<'a, str>> {
        let Some(written) = self.node.as_str() else {
            let number = self.node.as_integer().and_then(|number| number.to_string().parse().ok());
            let number = number.filter(|_| !self.span.is_covered());
            let hint = number.map(|number| format!("write \"{}\"", (kind.number)(number)));
            let expected = format!("a string such as \"{}\"", kind.example);
            diagnostics.push(mismatch(&expected, self.node).hint(hint).at(&self.span));
            return None;
        };
        self.put_in(written, lookup, diagnostics)
    }

    /// The string that this value is, if it names variables: so a number or a boolean that comes from the environment is written.
    pub(super) fn with_variable(&self) -> Option<&'a str> {
        self.node.as_str().filter(|text| text.contains("${"))
    }

    /// Puts the values of variables into the text of this value. `None` has been reported.
    pub(super) fn put_in(
        &self,
        written: &'a str,
        lookup: Lookup<'_>,
        diagnostics: &Diagnostics,
    ) -> Option<Cow<'a, str>> {
        match substitute(written, lookup) {
            Ok(text) => Some(text),
            Err(unresolved) => {
                for error in unresolved {
                    diagnostics.push(error.problem.at(&self.part(&error.part)));
                }
                None
            }
        }
    }

    /// Where `part` of the string stands, or the whole string if it is written with escapes.
    fn part(&self, part: &str) -> Span {
        match self.span.text().find(part) {
            Some(at) => {
                let start = self.span.range().start + at;
                Span::new(self.file, start..start + part.len())
            }
            None => self.span.clone(),
        }
    }
}

/// A value of the wrong type.
pub(super) fn mismatch(expected: &str, found: &DeValue<'_>) -> Problem {
    let found = match found {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Problem::new(format!("expected {expected}, found {found}"))
}
