//! One file as TOML: its tables, its syntax errors, and how far the tables can be trusted in spite of them.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::error::{Diagnostic, Diagnostics, MOST_KEPT};
use super::file::{File, Span};
use super::syntax::{DEEPEST, Parsed};
use super::value::Value;
use crate::units::counted;

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
        let Parsed { table, errors, too_deep } = Parsed::of(file.text());
        if let Some(place) = too_deep {
            let error = Diagnostic::new(format!("this is nested more than {DEEPEST} levels deep"));
            return Self { file, table, errors: vec![error.at(&Span::new(file, place))], intact: false };
        }
        let intact = errors.iter().all(|error| leaves_tables_intact(file, error));
        let errors = diagnostics(file, &table, &errors);
        Self { file, table, errors, intact }
    }

    /// Reports and removes tables that a file in `edit_dir` may not contain. Unknown keys are reported elsewhere.
    pub(super) fn keep_editable(&mut self, schema: &[String], errors: &Diagnostics) {
        let is_refused = |name: &str| !EDITABLE.contains(&name) && schema.iter().any(|known| known == name);
        let refused: Vec<_> = self.table.keys().filter(|key| is_refused(key.get_ref())).cloned().collect();
        for key in refused {
            let message = format!("`{}` is not possible here: this file is in `edit_dir`", key.get_ref());
            let hint = "such files hold [[function]] and [[service]] only".to_owned();
            errors.push(Diagnostic::new(message).at(&Span::new(self.file, key.span())).hint(hint));
            self.table.remove(key.get_ref().as_ref());
        }
    }

    /// Takes tables and keys of the top level out.
    pub(super) fn drop_tables(&mut self, is_dropped: impl Fn(&str) -> bool) {
        let dropped: Vec<_> =
            self.table.keys().map(|key| key.get_ref().to_string()).filter(|key| is_dropped(key)).collect();
        dropped.iter().for_each(|key| drop(self.table.remove(key.as_str())));
    }

    /// The names of its services, as they are written.
    pub(super) fn services(&self) -> Vec<String> {
        let services = self.table.get("service").and_then(|services| services.get_ref().as_array());
        let name = |service: &Spanned<DeValue<'_>>| {
            service.get_ref().as_table()?.get("name")?.get_ref().as_str().map(str::to_owned)
        };
        services.into_iter().flat_map(|services| services.iter().filter_map(name)).collect()
    }

    /// Reports an `include` that names anything.
    pub(super) fn refuse_includes(&self, reason: &str, errors: &Diagnostics) {
        let value = Value::of("include", self.file, &self.table).filter(|value| !value.is_empty());
        if let Some(value) = value {
            errors.push(Diagnostic::new(format!("`include` is not possible here: {reason}")).at(&value.key_span()));
        }
    }
}

/// The tables that files in `edit_dir` may contain.
const EDITABLE: [&str; 2] = ["function", "service"];

/// A longer line is no header, and a million errors may be on it.
const LONGEST_HEADER: usize = 4096;

const UNQUOTED: &str = "string values must be quoted";
const DUPLICATE: &str = "duplicate key";
/// What comes of an inline table that is not closed: the tables after it are taken for its content.
const TORN: [&str; 2] = ["inline table element", "between key-value pairs"];
const BOOLEAN: &str = "a boolean is `true` or `false`";

/// The parser gives no error codes, so this goes by its words. Should they change, errors of meaning are shown later, after
/// those of syntax; the tests would tell.
fn leaves_tables_intact(file: &Arc<File>, error: &Error) -> bool {
    let message = error.message();
    message.starts_with(UNQUOTED)
        || message.starts_with("invalid boolean")
        || message.starts_with("unexpected leading zero")
        || (message == DUPLICATE && header_of(&span_of(file, error)).is_none())
}

/// One error a line: what follows on the same line is mostly its consequence. After a bracket that nobody closed everything
/// is one, so nothing after it is reported.
fn diagnostics(file: &Arc<File>, table: &DeTable<'_>, errors: &[Error]) -> Vec<Diagnostic> {
    let unclosed = errors.iter().filter(|error| is_unclosed_value(error)).take(MOST_KEPT).filter_map(|error| {
        let end = error.span()?.start;
        table.values().filter_map(|value| opening(value, end)).min()
    });
    let unclosed = unclosed.min();
    let mut spans: Vec<_> = errors.iter().map(|error| (span_of(file, error), error)).collect();
    spans.sort_by_cached_key(|(span, _)| span.range().start);
    spans.retain(|(span, _)| unclosed.is_none_or(|opening| span.range().start < opening));
    spans.dedup_by_key(|(span, _)| file.line(span.range().start));
    let torn = spans.iter().position(|(_, error)| TORN.iter().any(|part| error.message().contains(part)));
    spans.truncate(torn.map_or(spans.len(), |torn| torn + 1));
    // The last one says how many are left out.
    let kept = if spans.len() > MOST_KEPT { MOST_KEPT - 1 } else { spans.len() };
    let (shown, more) = spans.split_at(kept);
    let mut diagnostics: Vec<_> = shown.iter().map(|(span, error)| diagnostic(span, table, error)).collect();
    diagnostics.extend(more.first().map(|(span, _)| {
        let message = format!("{} of syntax from here on", counted(more.len(), "more error"));
        Diagnostic::new(message).at(span)
    }));
    diagnostics.extend(unclosed.filter(|_| torn.is_none()).map(|opening| {
        let span = Span::new(file, opening..opening + 1);
        Diagnostic::new(format!("this `{}` is never closed", span.text())).at(&span)
    }));
    diagnostics
}

fn is_unclosed_value(error: &Error) -> bool {
    ["unclosed array,", "unclosed inline table"].iter().any(|start| error.message().starts_with(start))
}

/// Where the outermost list or inline table starts that reaches as far as `end`.
fn opening(value: &Spanned<DeValue<'_>>, end: usize) -> Option<usize> {
    match value.get_ref() {
        DeValue::Array(_) if value.span().end >= end => Some(value.span().start),
        DeValue::Array(items) => items.iter().filter_map(|item| opening(item, end)).min(),
        DeValue::Table(table) => {
            let reaches = value.span().end >= end;
            reaches.then(|| value.span().start).or_else(|| table.values().filter_map(|value| opening(value, end)).min())
        }
        _ => None,
    }
}

fn diagnostic(span: &Span, table: &DeTable<'_>, error: &Error) -> Diagnostic {
    let message = error.message();
    let value = span.text();
    let diagnostic = |message: &str| Diagnostic::new(message).at(span);
    if message == DUPLICATE {
        return duplicate(span, table);
    }
    if message.starts_with(UNQUOTED) {
        if let Some(variable) = unquoted_variable(span) {
            let hint = format!("write \"{}\", also for a number or a boolean", variable.text());
            return Diagnostic::new("a variable must be in quotes").at(&variable).hint(hint);
        }
        return match value {
            "" => diagnostic("a value is missing"),
            "yes" | "on" => diagnostic(BOOLEAN).hint("write true".to_owned()),
            "no" | "off" => diagnostic(BOOLEAN).hint("write false".to_owned()),
            // Behind a key whose value is not shown, neither is it in the hint.
            _ if span.is_covered() => diagnostic("a string must be in quotes"),
            _ => diagnostic("a string must be in quotes").hint(format!("write \"{value}\"")),
        };
    }
    if message.starts_with("invalid boolean") {
        return diagnostic(BOOLEAN);
    }
    if message.starts_with("invalid basic string") || message.starts_with("invalid literal string") {
        return diagnostic("a string is not closed");
    }
    if message.starts_with("missing escaped value") {
        let hint = "write `\\\\` for a backslash, or single quotes around a string without escapes".to_owned();
        return diagnostic("no such escape after `\\`").hint(hint);
    }
    let torn = TORN.iter().any(|part| message.contains(part));
    let hint = torn.then(|| "is a `{` above this line never closed?".to_owned());
    diagnostic(&format!("TOML syntax: {}", message.trim_end_matches(", expected nothing"))).hint(hint)
}

/// The `${NAME}` that starts where the parser found a value without quotes.
fn unquoted_variable(span: &Span) -> Option<Span> {
    let start = span.range().start;
    let end = span.file.text().get(start..)?.strip_prefix("${")?.find(['}', '\n'])?;
    Some(Span::new(&span.file, start..start + 2 + end + 1))
}

fn duplicate(span: &Span, table: &DeTable<'_>) -> Diagnostic {
    let key = span.text();
    let error = |title: &str| Diagnostic::new(format!("duplicate {title}")).at(span);
    let before = span.range().start;
    let Some(header) = header_of(span) else {
        let error = error(&format!("key `{key}`"));
        return match closest_before(table, key, before) {
            Some(first) => error.at_labelled(&Span::new(&span.file, first), "first set here"),
            None => error,
        };
    };
    let error = error(&format!("table `{header}`"));
    let first = earlier_header(&span.file, header, before)
        .or_else(|| closest_before(table, key, before).map(|range| Span::new(&span.file, range)));
    let Some(first) = first else { return error };
    let hint = match first.text() {
        text if text == header => format!("put all its keys under one `{header}`"),
        text if text.starts_with('[') => format!("`{text}` and `{header}` differ: one table or many?"),
        _ if first.is_followed_by('.') => format!("`{header}` comes first, then the tables that belong to it"),
        _ => format!("`{key}` is set already, and not as a table"),
    };
    error.at_labelled(&first, "first defined here").hint(hint)
}

/// The header `[table]` that a span is in, if it is in one.
fn header_of(span: &Span) -> Option<&str> {
    let file = &span.file;
    let line = file.line(span.range().start);
    as_header(file.text().get(file.line_start(line)..file.line_end(line))?)
}

fn as_header(line: &str) -> Option<&str> {
    let line = line.trim();
    let is_header = line.starts_with('[') && line.len() <= LONGEST_HEADER;
    let end = is_header.then(|| line.rfind(']'))??;
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
