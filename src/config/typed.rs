//! Files as somebody has typed them, beginning with a text in which secrets were masked: puts the secrets back, and finds what must not
//! change.
//!
//! Whoever may change functions, services and APIs must not get hold of the host. So everything else stays as the files have it: listeners,
//! the admin listener with its tokens, the paths of logs, certificates and keys, and which files there are.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::document::Document;
use super::edit::object::Name;
use super::error::{Diagnostic, Report};
use super::file::{File, Span};
use super::name::{DEFAULT_NAMESPACE, LATEST};
use super::secret::{MASK, secrets_in, with_masks};

/// The tables of the top level that may change.
const OBJECTS: [&str; 2] = ["function", "service"];
/// The table of a function that may not.
const TLS: &str = "tls";
const ADVICE: &str = "change this in the file itself";

/// The values of files that are secret, or have a secret in them.
#[derive(Default)]
pub struct Secrets {
    known: HashMap<Address, Secret>,
}

/// Where a value is: in which object, or else in which file, and by which keys and indices.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Address {
    owner: Owner,
    /// In lower case, as the names of header fields are compared.
    steps: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Owner {
    File(PathBuf),
    Object(Name),
}

/// A value as its file writes it, with its quotes.
struct Secret {
    written: String,
    masked: String,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").field("known", &self.known.len()).finish()
    }
}

impl Secrets {
    /// Those of documents in use.
    pub fn of<'a>(documents: impl IntoIterator<Item = (&'a Path, &'a str)>) -> Self {
        let mut secrets = Self::default();
        for (path, text) in documents {
            let (table, _errors) = DeTable::parse_recoverable(text);
            walk(path, table.get_ref(), &mut |address, names, value| {
                let found = secrets_in(text, names, value);
                if !found.is_empty() {
                    let written = text.get(value.span()).unwrap_or_default().to_owned();
                    let masked = with_masks(text, value.span(), &found);
                    // Of two objects with one name the first counts.
                    secrets.known.entry(address).or_insert(Secret { written, masked });
                }
            });
        }
        secrets
    }

    /// The text of a file, with secrets in the place of their masks. A text that is not TOML stays as it is.
    ///
    /// # Errors
    /// Where a mask of an object stands for no secret.
    pub fn put_back(&self, path: &Path, text: &str) -> Result<String, Report> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            return Ok(text.to_owned());
        }
        let (file, mut report) = (File::new(path, text.to_owned()), Report::default());
        let mut replaced: BTreeMap<usize, (Range<usize>, &str)> = BTreeMap::new();
        walk(path, table.get_ref(), &mut |address, names, value| {
            let masks = secrets_in(text, names, value);
            if !masks.iter().any(|range| text.get(range.clone()).is_some_and(|part| part.contains(MASK))) {
                return;
            }
            match self.known.get(&address).filter(|secret| is_same(&secret.masked, value)) {
                Some(secret) => drop(replaced.insert(value.span().start, (value.span(), &secret.written))),
                // Not of an object: it says something else than before, which is refused as such.
                None if matches!(address.owner, Owner::File(_)) => {}
                None => {
                    let message = format!("`{MASK}` stands for a secret that is there already, and there is none here");
                    let hint = "write the value; an object that is renamed needs its secrets again".to_owned();
                    report.push(Diagnostic::new(message).at(&Span::new(&file, value.span())).hint(hint));
                }
            }
        });
        if !report.is_empty() {
            return Err(report);
        }
        let (mut whole, mut end) = (String::with_capacity(text.len()), 0);
        for (range, written) in replaced.values() {
            whole.push_str(text.get(end..range.start).unwrap_or_default());
            whole.push_str(written);
            end = range.end;
        }
        whole.push_str(text.get(end..).unwrap_or_default());
        Ok(whole)
    }
}

/// Whether a literal says what a value is, however both are quoted.
fn is_same(literal: &str, value: &Spanned<DeValue<'_>>) -> bool {
    let text = format!("it = {literal}");
    let parsed = text.parse::<Table>().ok();
    parsed.as_ref().and_then(|table| table.get("it")?.as_str()) == value.get_ref().as_str()
}

/// A look at one value that is neither a table nor a list.
type Look<'a> = &'a mut dyn FnMut(Address, &[&str], &Spanned<DeValue<'_>>);

/// Shows all values of a document, each with the names of its tables and its own.
fn walk(path: &Path, table: &DeTable<'_>, each: Look<'_>) {
    let root = Address { owner: Owner::File(path.to_owned()), steps: Vec::new() };
    walk_table(&root, &[], table, each);
}

fn walk_table(at: &Address, names: &[&str], table: &DeTable<'_>, each: Look<'_>) {
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let names = [names, &[name]].concat();
        let items = value.get_ref().as_array().filter(|_| is_list_of_objects(&names));
        let Some(items) = items else {
            walk_value(&at.below(name), &names, value, each);
            continue;
        };
        for (index, item) in items.iter().enumerate() {
            match item.get_ref().as_table() {
                Some(table) => walk_table(&at.object(&names, table), &names, table, each),
                None => walk_value(&at.below(name).below(&index.to_string()), &names, item, each),
            }
        }
    }
}

fn walk_value(at: &Address, names: &[&str], value: &Spanned<DeValue<'_>>, each: Look<'_>) {
    match value.get_ref() {
        DeValue::Table(table) => walk_table(at, names, table, each),
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk_value(&at.below(&index.to_string()), names, item, each);
            }
        }
        _ => each(at.clone(), names, value),
    }
}

fn is_list_of_objects(names: &[&str]) -> bool {
    matches!(names, ["function" | "service"] | ["service", "api"])
}

impl Address {
    fn below(&self, step: &str) -> Self {
        let steps = self.steps.iter().cloned().chain([step.to_ascii_lowercase()]).collect();
        Self { owner: self.owner.clone(), steps }
    }

    /// That of an object in the list of this name.
    fn object(&self, names: &[&str], table: &DeTable<'_>) -> Self {
        let text = |key: &str| table.get(key).and_then(|value| value.get_ref().as_str()).map(str::to_owned);
        let name = match (names, &self.owner) {
            (["function"], _) => function_name(&text),
            (_, Owner::Object(Name::Service(service))) => {
                let unnamed = || {
                    let method = text("method").unwrap_or_else(|| "GET".to_owned());
                    format!("{method} {}", text("path").unwrap_or_default())
                };
                Name::Api { service: service.clone(), name: text("name").unwrap_or_else(unnamed) }
            }
            _ => Name::Service(text("name").unwrap_or_default()),
        };
        Self { owner: Owner::Object(name), steps: Vec::new() }
    }
}

fn function_name(text: &dyn Fn(&str) -> Option<String>) -> Name {
    let or = |key: &str, default: &str| text(key).unwrap_or_else(|| default.to_owned());
    Name::Function {
        namespace: or("namespace", DEFAULT_NAMESPACE),
        name: or("name", ""),
        version: or("version", LATEST),
    }
}

/// A file of the configuration in use, and what it is to be.
#[derive(Clone, Debug)]
pub struct Retyped<'a> {
    pub path: &'a Path,
    pub before: &'a str,
    pub after: &'a str,
}

/// Refuses texts that are not TOML, and changes of anything but functions, services and APIs. What a file says counts, not how it is
/// written. `files` are all files of the configuration.
///
/// # Errors
/// What may not change, each with its place.
pub fn check_fixed(files: &[Retyped<'_>]) -> Result<(), Report> {
    let known = KnownTls::of(files.iter().map(|file| file.before));
    let (mut found, mut all) = (Vec::new(), Vec::new());
    for Retyped { path, before, after } in files {
        let (file, before) = (File::new(path, (*after).to_owned()), before.parse::<Table>().unwrap_or_default());
        all.push(file.clone());
        let document = Document::parse(&file);
        match after.parse::<Table>() {
            Ok(after) => {
                let root = Comparison { file: &file, spans: &document.table, path: String::new(), span: 0..0 };
                root.tables(&without_objects(&before), &without_objects(&after), &mut found);
            }
            Err(error) if document.errors.is_empty() => {
                let span = Span::new(&file, error.span().unwrap_or_default());
                found.push(Diagnostic::new(error.message().to_owned()).at(&span));
            }
            Err(_) => found.extend(document.errors),
        }
    }
    for (Retyped { after, .. }, file) in files.iter().zip(&all) {
        known.find_others(after, file, &mut found);
    }
    if found.is_empty() { Ok(()) } else { Err(Report::new(found, &all)) }
}

/// Refuses texts whose functions have another `[function.tls]` than those of the texts in use.
///
/// # Errors
/// What may not change, each with its place.
pub fn check_tls<'a>(
    in_use: impl IntoIterator<Item = &'a str>,
    wanted: impl IntoIterator<Item = (&'a Path, &'a str)>,
) -> Result<(), Report> {
    let known = KnownTls::of(in_use);
    let (mut found, mut all) = (Vec::new(), Vec::new());
    for (path, text) in wanted {
        let file = File::new(path, text.to_owned());
        known.find_others(text, &file, &mut found);
        all.push(file);
    }
    if found.is_empty() { Ok(()) } else { Err(Report::new(found, &all)) }
}

/// The `[function.tls]` of each function in use.
struct KnownTls(HashMap<Name, Option<Value>>);

impl KnownTls {
    fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known = HashMap::new();
        for text in texts {
            let table = text.parse::<Table>().unwrap_or_default();
            known.extend(functions(&table).map(|(_, name, function)| (name, function.get(TLS).cloned())));
        }
        Self(known)
    }

    /// Finds functions of a text whose TLS is another one. A text that is not TOML has none.
    fn find_others(&self, text: &str, file: &Arc<File>, found: &mut Vec<Diagnostic>) {
        let (spans, _errors) = DeTable::parse_recoverable(text);
        let table = text.parse::<Table>().unwrap_or_default();
        for (index, name, function) in functions(&table) {
            if function.get(TLS) != self.0.get(&name).unwrap_or(&None).as_ref() {
                let span = tls_span(spans.get_ref(), index).unwrap_or_default();
                let message = "`function.tls` cannot be changed through the admin API";
                found.push(Diagnostic::new(message).at(&Span::new(file, span)).hint(ADVICE.to_owned()));
            }
        }
    }
}

fn without_objects(table: &Table) -> Table {
    let kept = table.iter().filter(|(key, _)| !OBJECTS.contains(&key.as_str()));
    kept.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The functions of a file with their index and name.
fn functions(table: &Table) -> impl Iterator<Item = (usize, Name, &Table)> {
    let items = table.get("function").and_then(Value::as_array).into_iter().flatten().enumerate();
    items.filter_map(|(index, item)| {
        let function = item.as_table()?;
        let text = |key: &str| function.get(key).and_then(Value::as_str).map(str::to_owned);
        Some((index, function_name(&text), function))
    })
}

/// The place of the TLS of a function, or of the function without it.
fn tls_span(root: &DeTable<'_>, index: usize) -> Option<Range<usize>> {
    let function = root.get("function")?.get_ref().as_array()?.get(index)?;
    let key = function.get_ref().as_table()?.get_key_value(TLS);
    Some(key.map_or_else(|| function.span(), |(key, _)| key.span()))
}

/// A table of a file, beside what it was.
struct Comparison<'a, 'b> {
    file: &'a Arc<File>,
    spans: &'a DeTable<'b>,
    /// Its name with a dot behind; empty for the top level.
    path: String,
    /// Where it is.
    span: Range<usize>,
}

impl Comparison<'_, '_> {
    fn tables(&self, before: &Table, after: &Table, found: &mut Vec<Diagnostic>) {
        let gone = before.keys().filter(|key| !after.contains_key(*key));
        for key in after.keys().chain(gone) {
            let (old, new) = (before.get(key), after.get(key));
            if old == new {
                continue;
            }
            let name = format!("{}{key}", self.path);
            let Some((written, value)) = self.spans.get_key_value(key.as_str()).filter(|_| new.is_some()) else {
                found.push(self.refusal(&name, "removed", self.span.clone()));
                continue;
            };
            match (old, new, value.get_ref()) {
                (Some(Value::Table(old)), Some(Value::Table(new)), DeValue::Table(spans)) => {
                    self.below(&name, spans, value.span()).tables(old, new, found);
                }
                (Some(Value::Array(old)), Some(Value::Array(new)), DeValue::Array(items)) if old.len() == new.len() => {
                    let pairs = old.iter().zip(new).zip(items.iter()).filter(|((old, new), _)| old != new);
                    for ((old, new), item) in pairs {
                        match (old.as_table(), new.as_table(), item.get_ref().as_table()) {
                            (Some(old), Some(new), Some(spans)) => {
                                self.below(&name, spans, item.span()).tables(old, new, found);
                            }
                            _ => found.push(self.refusal(&name, "changed", item.span())),
                        }
                    }
                }
                (None, ..) => found.push(self.refusal(&name, "added", written.span())),
                _ => found.push(self.refusal(&name, "changed", written.span())),
            }
        }
    }

    fn below<'a, 'b>(&'a self, name: &str, spans: &'a DeTable<'b>, span: Range<usize>) -> Comparison<'a, 'b> {
        Comparison { file: self.file, spans, path: format!("{name}."), span }
    }

    fn refusal(&self, name: &str, what: &str, span: Range<usize>) -> Diagnostic {
        let message = format!("`{name}` cannot be {what} through the admin API");
        Diagnostic::new(message).at(&Span::new(self.file, span)).hint(ADVICE.to_owned())
    }
}

#[cfg(test)]
mod tests;
