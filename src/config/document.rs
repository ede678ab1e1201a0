//! One file as TOML: its tables, its syntax errors, and how far the tables can be trusted in spite of them.

use std::sync::Arc;

use toml::de::{DeTable, DeValue, Error};

use super::error::{Diagnostic, Errors};
use super::file::{File, Span};
use super::value::Value;

pub(super) struct Document<'a> {
    pub(super) file: &'a Arc<File>,
    pub(super) table: DeTable<'a>,
    pub(super) errors: Vec<Diagnostic>,
    /// Whether every key is where its author meant it to be. After an unclosed bracket, say, it is not, and what one could
    /// say about such a document would be noise.
    pub(super) intact: bool,
}

impl<'a> Document<'a> {
    pub(super) fn parse(file: &'a Arc<File>) -> Self {
        let (table, errors) = DeTable::parse_recoverable(file.text());
        let table = table.into_inner();
        let intact = errors.iter().all(|error| leaves_tables_intact(file, error));
        let errors = errors.iter().map(|error| diagnostic(file, &table, error)).collect();
        Self { file, table, errors, intact }
    }

    /// Reports an `include` that names anything.
    pub(super) fn refuse_includes(&self, reason: &str, errors: &Errors) {
        let value = Value::of("include", self.file, &self.table).filter(|value| !value.is_empty());
        if let Some(value) = value {
            errors.push(Diagnostic::new(format!("`include` is not possible here: {reason}")).at(&value.key_span));
        }
    }
}

const UNQUOTED: &str = "string values must be quoted";
const DUPLICATE: &str = "duplicate key";

/// The parser gives no error codes, so this goes by its words. Should they change, errors of meaning are shown later, after
/// those of syntax; the tests would tell.
fn leaves_tables_intact(file: &Arc<File>, error: &Error) -> bool {
    let message = error.message();
    message.starts_with(UNQUOTED)
        || message.starts_with("invalid boolean")
        || message.starts_with("unexpected leading zero")
        || (message == DUPLICATE && header_of(&span_of(file, error)).is_none())
}

fn diagnostic(file: &Arc<File>, table: &DeTable<'_>, error: &Error) -> Diagnostic {
    let span = span_of(file, error);
    let message = error.message();
    if message == DUPLICATE {
        return duplicate(&span, table);
    }
    if message.starts_with(UNQUOTED) {
        return match span.text() {
            "" => Diagnostic::new("a value is missing").at(&span),
            value => Diagnostic::new("a string must be in quotes").at(&span).hint(format!("write \"{value}\"")),
        };
    }
    if message.starts_with("invalid boolean") {
        return Diagnostic::new("a boolean is `true` or `false`").at(&span);
    }
    Diagnostic::new(format!("TOML syntax: {message}")).at(&span)
}

fn duplicate(span: &Span, table: &DeTable<'_>) -> Diagnostic {
    let key = span.text();
    let error = |title: &str| Diagnostic::new(format!("duplicate {title}")).at(span);
    let before = span.range.start;
    match header_of(span) {
        Some(header) => {
            let hint = header.starts_with('[') && !header.starts_with("[[");
            let error = error(&format!("table `{header}`"))
                .hint(hint.then(|| format!("put all its keys under one `{header}`")));
            match earlier_header(&span.file, header, before) {
                Some(first) => error.at_labelled(&first, "first defined here"),
                None => error,
            }
        }
        None => match closest_before(table, key, before) {
            Some(first) => error(&format!("key `{key}`")).at_labelled(&Span::new(&span.file, first), "first set here"),
            None => error(&format!("key `{key}`")),
        },
    }
}

/// The header `[table]` that a span is in, if it is in one.
fn header_of(span: &Span) -> Option<&str> {
    let file = &span.file;
    let line = file.line(span.range.start);
    as_header(file.text().get(file.line_start(line)..file.line_end(line))?)
}

fn as_header(line: &str) -> Option<&str> {
    let line = line.trim();
    let end = line.starts_with('[').then(|| line.rfind(']'))??;
    line.get(..=end)
}

fn earlier_header(file: &Arc<File>, header: &str, before: usize) -> Option<Span> {
    let name = |header: &str| header.trim_matches(['[', ']', ' ', '\t']).to_owned();
    let wanted = name(header);
    let here = file.line(before);
    let ranges = (0..here).map(|line| file.line_start(line)..file.line_end(line));
    let mut found = ranges
        .filter(|range| file.text().get(range.clone()).and_then(as_header).is_some_and(|other| name(other) == wanted));
    found.next().map(|range| Span::new(file, range))
}

/// The parser does not tell where the first of two keys stands. It is the closest one of that name: the same table holds it.
fn closest_before(table: &DeTable<'_>, key: &str, before: usize) -> Option<std::ops::Range<usize>> {
    let nested = |value: &DeValue<'_>| match value {
        DeValue::Table(table) => closest_before(table, key, before),
        DeValue::Array(items) => items
            .iter()
            .filter_map(|item| closest_before(item.get_ref().as_table()?, key, before))
            .max_by_key(|range| range.start),
        _ => None,
    };
    let own = table.get_key_value(key).map(|(key, _)| key.span());
    let inner = table.values().filter_map(|value| nested(value.get_ref()));
    own.into_iter().chain(inner).filter(|range| range.start < before).max_by_key(|range| range.start)
}

fn span_of(file: &Arc<File>, error: &Error) -> Span {
    Span::new(file, error.span().unwrap_or(0..0))
}
