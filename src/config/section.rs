//! Typed access to the tables of a document: every reader names a key, and that is what makes the key known.

mod values;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::document::Document;
use super::error::{Diagnostic, closest, quoted};
use super::file::{File, Span};
use super::reader::Reader;
use super::schema::Form;
use super::value::{Found, Kind, Value, mismatch};

/// Few tables are asked for more keys.
const MOST_KEYS: usize = 24;

/// A table of the configuration. `[gateway]` in two files is one section of two parts.
pub(super) struct Section<'a> {
    pub(super) reader: &'a Reader<'a>,
    /// The dotted name, empty for the top level.
    name: Rc<str>,
    /// As it is written: `[gateway]`, `[[service.api]]`; empty for the top level.
    title: Rc<str>,
    /// Where the section starts.
    pub(super) span: Option<Span>,
    parts: Vec<Part<'a>>,
    /// What was asked for, as often as it was.
    known: RefCell<Vec<&'static str>>,
}

#[derive(Clone, Copy)]
struct Part<'a> {
    file: &'a Arc<File>,
    table: &'a DeTable<'a>,
}

impl<'a> Section<'a> {
    /// The top level of all documents. `read` is given the section; keys that it did not ask for are errors.
    pub(super) fn root<T>(reader: &'a Reader<'a>, documents: &'a [Document<'a>], read: impl FnOnce(&Self) -> T) -> T {
        Self::peek(reader, documents).visit(read)
    }

    /// The top level for a first look, without judging the keys that are not asked for.
    pub(super) fn peek(reader: &'a Reader<'a>, documents: &'a [Document<'a>]) -> Self {
        let parts = documents.iter().map(|document| Part { file: document.file, table: &document.table }).collect();
        Self::new(reader, "".into(), "".into(), None, parts)
    }

    fn new(reader: &'a Reader<'a>, name: Rc<str>, title: Rc<str>, span: Option<Span>, parts: Vec<Part<'a>>) -> Self {
        let known = RefCell::new(Vec::with_capacity(MOST_KEYS));
        Self { reader, name, title, span, parts, known }
    }

    /// `[key]`, which may be spread over several files but sets each of its keys once.
    pub(super) fn table<T>(&self, key: &'static str, read: impl FnOnce(&Self) -> T) -> T {
        self.know(key, || Form::Table);
        let name: Rc<str> = self.dotted(key).into();
        let title: Rc<str> = format!("[{name}]").into();
        let values: Vec<_> = self.values(key).collect();
        let span = values.first().map(|value| value.span.clone());
        let parts = values.iter().filter_map(|value| {
            let table = value.node.as_table();
            if table.is_none() {
                let wanted = format!("there is one table `{name}`: write `{title}`");
                self.report(Diagnostic::new(wanted).at(&value.key_span()));
            }
            table.map(|table| Part { file: value.file, table })
        });
        let parts = parts.collect();
        Self::new(self.reader, name, title, span, parts).visit(read)
    }

    /// Every `[[key]]` of all files.
    pub(super) fn tables<T>(&self, key: &'static str, mut read: impl FnMut(&Self) -> T) -> Vec<T> {
        self.know(key, || Form::Tables);
        let name: Rc<str> = self.dotted(key).into();
        let title: Rc<str> = format!("[[{name}]]").into();
        let section =
            |span: Option<Span>, parts: Vec<Part<'a>>| Self::new(self.reader, name.clone(), title.clone(), span, parts);
        let mut all = Vec::new();
        for value in self.values(key) {
            let DeValue::Array(items) = value.node else {
                let message = format!("`{name}` is a list of tables: write `{title}`");
                let inner = value.key_span().is_followed_by('.');
                let hint = inner.then(|| format!("`{title}` comes first, then the tables that belong to it"));
                self.report(Diagnostic::new(message).at(&value.key_span()).hint(hint));
                continue;
            };
            for item in items.iter() {
                let span = Span::new(value.file, item.span());
                match item.get_ref() {
                    DeValue::Table(table) => {
                        all.push(section(Some(span), vec![Part { file: value.file, table }]).visit(&mut read));
                    }
                    other => self.report(mismatch(&format!("a table, `{title}`"), other).at(&span)),
                }
            }
        }
        if all.is_empty() && self.reader.is_learning() {
            all.push(section(None, Vec::new()).visit(read));
        }
        all
    }

    /// The value of a key. A key that is set in two files is an error.
    pub(super) fn value(&self, key: &'static str) -> Option<Value<'a>> {
        self.value_as(key, || Form::Unknown)
    }

    /// The entries of a table of strings, in the order of the file. `example` is such a table.
    pub(super) fn map(&self, key: &'static str, example: &str) -> Option<(Value<'a>, Vec<(&'a str, Value<'a>)>)> {
        let value = self.value_as(key, || Form::Map)?;
        let entries = value.entries();
        if entries.is_none() {
            self.report(mismatch(&format!("a table such as {example}"), value.node).at(&value.span));
        }
        entries.map(|entries| (value, entries))
    }

    pub(super) fn value_as(&self, key: &'static str, form: impl FnOnce() -> Form) -> Option<Value<'a>> {
        self.know(key, form);
        let mut values = self.values(key);
        let first = values.next()?;
        for other in values {
            let error = Diagnostic::new(format!("duplicate key `{key}` in `{}`", self.title));
            self.report(error.at(&other.key_span()).at_labelled(&first.key_span(), "first set here"));
        }
        Some(first)
    }

    pub(super) fn optional<T>(&self, key: &'static str, kind: &Kind<T>) -> Option<Found<T>> {
        self.optional_as(key, kind, || Form::Text(kind.example))
    }

    fn optional_as<T>(&self, key: &'static str, kind: &Kind<T>, form: impl FnOnce() -> Form) -> Option<Found<T>> {
        self.read(&self.value_as(key, form)?, kind)
    }

    /// A key that must be there. `None` has been reported.
    pub(super) fn required<T>(&self, key: &'static str, kind: &Kind<T>) -> Option<Found<T>> {
        self.reader.note(|| self.dotted(key), || Form::Text(kind.example), true);
        match self.value(key) {
            Some(value) => self.read(&value, kind),
            None => {
                self.missing(key, &format!("{key} = \"{}\"", kind.example));
                None
            }
        }
    }

    /// A list of strings, empty when the key is not there.
    pub(super) fn list<T>(&self, key: &'static str, kind: &Kind<T>) -> Vec<Found<T>> {
        let Some(value) = self.value_as(key, || Form::Texts(kind.example)) else { return Vec::new() };
        let DeValue::Array(items) = value.node else {
            let hint = value.node.as_str().map(|text| format!("a list of one: {key} = [\"{text}\"]"));
            let expected = format!("a list such as [\"{}\"]", kind.example);
            self.report(mismatch(&expected, value.node).hint(hint).at(&value.span));
            return Vec::new();
        };
        items.iter().filter_map(|item| self.read(&value.element(item), kind)).collect()
    }

    /// A list of strings that, if it is there, is not empty.
    pub(super) fn filled<T>(&self, key: &'static str, kind: &Kind<T>) -> Vec<Found<T>> {
        if let Some(value) = self.values(key).find(Value::is_empty) {
            self.report(Diagnostic::new(format!("`{key}` is empty")).at(&value.span));
        }
        self.list(key, kind)
    }

    /// Whether a key is set, and not to an empty list.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.values(key).any(|value| !value.is_empty())
    }

    /// Reads a value of this section as a string of some kind. `None` has been reported.
    pub(super) fn read<T>(&self, value: &Value<'_>, kind: &Kind<T>) -> Option<Found<T>> {
        value.read(kind, self.reader.lookup, &self.reader.diagnostics)
    }

    pub(super) fn missing(&self, key: &str, example: &str) {
        let error = Diagnostic::new(format!("`{}` has no `{key}`", self.title)).hint(format!("add {example}"));
        self.report(match &self.span {
            Some(span) => error.at(span),
            None => error,
        });
    }

    /// Reports an error or a warning.
    pub(super) fn report(&self, diagnostic: Diagnostic) {
        self.reader.diagnostics.push(diagnostic);
    }

    fn visit<T>(self, read: impl FnOnce(&Self) -> T) -> T {
        let value = read(&self);
        self.reject_unknown_keys();
        value
    }

    fn reject_unknown_keys(&self) {
        let known = self.known.borrow();
        for part in &self.parts {
            for key in part.table.keys() {
                let name = key.get_ref().as_ref();
                if known.contains(&name) {
                    continue;
                }
                let error = Diagnostic::new(format!("unknown key {} {}", quoted(name), self.whereabouts()));
                let hint = self.guess(name, &known);
                self.report(error.at(&Span::new(part.file, key.span())).hint(hint));
            }
        }
    }

    fn whereabouts(&self) -> String {
        if self.title.is_empty() { "at the top level".to_owned() } else { format!("in `{}`", self.title) }
    }

    fn guess(&self, key: &str, known: &[&'static str]) -> Option<String> {
        let list = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>();
        let close = closest(key, known.iter().copied());
        let homes = list(&self.reader.homes(key)).join(" and ");
        match (close, homes.as_str()) {
            (Some(close), "") => Some(format!("did you mean `{close}`?")),
            (Some(close), _) => Some(format!("did you mean `{close}`? (`{key}` is a key of {homes})")),
            (None, "") => {
                let all: Vec<_> = known.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
                (all.len() <= 10).then(|| format!("the keys here are {}", list(&all).join(", ")))
            }
            (None, _) => Some(format!("`{key}` is a key of {homes}")),
        }
    }

    fn values(&self, key: &'static str) -> impl Iterator<Item = Value<'a>> {
        self.parts.iter().filter_map(move |part| Value::of(key, part.file, part.table))
    }

    /// The main file.
    pub(super) fn first_file(&self) -> Option<&'a Arc<File>> {
        self.parts.first().map(|part| part.file)
    }

    /// Makes a key known, as every way of reading it does.
    pub(super) fn know(&self, key: &'static str, form: impl FnOnce() -> Form) {
        self.known.borrow_mut().push(key);
        self.reader.note(|| self.dotted(key), form, false);
    }

    fn dotted(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}
