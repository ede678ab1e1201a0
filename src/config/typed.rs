//! Files as somebody has typed them, beginning with a text in which secrets were masked: puts the secrets back, and finds what must not
//! change.
//!
//! Whoever may change functions, services and APIs must not get hold of the host. So everything else stays as the files have it: listeners,
//! the admin listener with its tokens, the paths of logs, certificates and keys, and which files there are.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::document::Document;
use super::edit::object::Name;
use super::error::{Diagnostic, Report};
use super::file::{File, Span};
use super::name::{DEFAULT_NAMESPACE, LATEST};
use super::secret::{MASK, secrets_in, with_masks};
use super::syntax::Parsed;

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
            walk(path, &Parsed::of(text).table, &mut |address, names, value| {
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
        let parsed = Parsed::of(text);
        if !parsed.is_whole() {
            return Ok(text.to_owned());
        }
        let (file, mut report) = (File::new(path, text.to_owned()), Report::default());
        let mut replaced: BTreeMap<usize, (Range<usize>, &str)> = BTreeMap::new();
        walk(path, &parsed.table, &mut |address, names, value| {
            let masks = secrets_in(text, names, value);
            if !masks.iter().any(|range| text.get(range.clone()).is_some_and(|part| part.contains(MASK))) {
                return;
            }
            match self.known.get(&address).filter(|secret| is_same(&secret.masked, value)) {
                Some(secret) => drop(replaced.insert(value.span().start, (value.span(), &secret.written))),
                // Not of an object: it says something else than before, which is refused as such.
                None if matches!(address.owner, Owner::File(_)) => {}
                None => {
                    let message = format!("`{MASK}` keeps a stored secret, but none is stored here");
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
    let parsed = DeValue::parse(literal);
    parsed.is_ok_and(|parsed| parsed.get_ref().is_str() && parsed.get_ref().as_str() == value.get_ref().as_str())
}

/// A look at one string: what is masked is no other value.
type Look<'a> = &'a mut dyn FnMut(Address, &[&str], &Spanned<DeValue<'_>>);

/// Shows all strings of a document, each with the names of its tables and its own.
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
            if may_hold_text(value) {
                walk_value(&at.below(name), &names, value, each);
            }
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
            for (index, item) in items.iter().enumerate().filter(|(_, item)| may_hold_text(item)) {
                walk_value(&at.below(&index.to_string()), names, item, each);
            }
        }
        DeValue::String(_) => each(at.clone(), names, value),
        _ => {}
    }
}

fn may_hold_text(value: &Spanned<DeValue<'_>>) -> bool {
    matches!(value.get_ref(), DeValue::String(_) | DeValue::Table(_) | DeValue::Array(_))
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
    let all: Vec<_> = files.iter().map(|file| File::new(file.path, file.after.to_owned())).collect();
    let documents: Vec<_> = all.iter().map(Document::parse).collect();
    let mut found = Vec::new();
    for (Retyped { before, .. }, document) in files.iter().zip(&documents) {
        // Of a text with errors nothing is known, so that all is new.
        let before = Some(Parsed::of(before)).filter(Parsed::is_whole).map(|parsed| parsed.table).unwrap_or_default();
        let root = Comparison { file: document.file, path: String::new(), span: 0..0 };
        if document.errors.is_empty() {
            root.tables(&before, &document.table, &mut found);
        }
    }
    documents.into_iter().for_each(|document| known.find_others(document, &mut found));
    if found.is_empty() { Ok(()) } else { Err(Report::new(found, &all)) }
}

/// Refuses texts that are not TOML, and those whose functions have another `[function.tls]` than those of the texts in use.
///
/// # Errors
/// What may not change, each with its place.
pub fn check_tls<'a>(
    in_use: impl IntoIterator<Item = &'a str>,
    wanted: impl IntoIterator<Item = (&'a Path, &'a str)>,
) -> Result<(), Report> {
    let (known, mut found) = (KnownTls::of(in_use), Vec::new());
    let all: Vec<_> = wanted.into_iter().map(|(path, text)| File::new(path, text.to_owned())).collect();
    all.iter().for_each(|file| known.find_others(Document::parse(file), &mut found));
    if found.is_empty() { Ok(()) } else { Err(Report::new(found, &all)) }
}

/// The `[function.tls]` of each function in use.
struct KnownTls<'a> {
    functions: HashMap<Name, Option<DeValue<'a>>>,
    /// Whether these are all of them.
    is_whole: bool,
}

impl<'a> KnownTls<'a> {
    fn of(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known = Self { functions: HashMap::new(), is_whole: true };
        for text in texts {
            let parsed = Parsed::of(text);
            known.is_whole &= parsed.is_whole();
            let tls = |function: &DeTable<'a>| function.get(TLS).map(|tls| tls.get_ref().clone());
            known.functions.extend(functions(&parsed.table).map(|(name, _, function)| (name, tls(function))));
        }
        known
    }

    /// Finds functions of a document whose TLS is another one. What is wrong with its syntax could hide some.
    fn find_others(&self, document: Document<'_>, found: &mut Vec<Diagnostic>) {
        found.extend(document.errors);
        for (name, span, function) in functions(&document.table) {
            let tls = function.get_key_value(TLS);
            let is_known = match (tls, self.functions.get(&name)) {
                (None, None) => self.is_whole,
                (None, Some(known)) => known.is_none(),
                (Some((_, tls)), known) => {
                    known.is_some_and(|known| known.as_ref().is_some_and(|known| says_same(known, tls.get_ref())))
                }
            };
            if !is_known {
                // The place of the TLS, or of the function without it.
                let span = tls.map_or(span, |(key, _)| key.span());
                let message = "`function.tls` cannot be changed through the admin API";
                found.push(Diagnostic::new(message).at(&Span::new(document.file, span)).hint(ADVICE.to_owned()));
            }
        }
    }
}

/// The functions of a file with their names and places.
fn functions<'a, 'b>(table: &'a DeTable<'b>) -> impl Iterator<Item = (Name, Range<usize>, &'a DeTable<'b>)> {
    let items = table.get("function").and_then(|functions| functions.get_ref().as_array());
    items.into_iter().flat_map(|items| items.iter()).filter_map(|item| {
        let function = item.get_ref().as_table()?;
        let text = |key: &str| function.get(key).and_then(|value| value.get_ref().as_str()).map(str::to_owned);
        Some((function_name(&text), item.span(), function))
    })
}

/// Whether two values say the same, however they are written.
fn says_same(one: &DeValue<'_>, other: &DeValue<'_>) -> bool {
    let number = |digits: &str, radix| i128::from_str_radix(digits, radix).map_err(|_too_large| digits.to_owned());
    match (one, other) {
        (DeValue::Table(one), DeValue::Table(other)) => {
            let is_in = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
                let found = other.get(key.get_ref().as_ref());
                found.is_some_and(|found| says_same(value.get_ref(), found.get_ref()))
            };
            one.len() == other.len() && one.iter().all(is_in)
        }
        (DeValue::Array(one), DeValue::Array(other)) => {
            let mut pairs = one.iter().zip(other.iter());
            one.len() == other.len() && pairs.all(|(one, other)| says_same(one.get_ref(), other.get_ref()))
        }
        (DeValue::Integer(one), DeValue::Integer(other)) => {
            number(one.as_str(), one.radix()) == number(other.as_str(), other.radix())
        }
        (DeValue::Float(one), DeValue::Float(other)) => one.as_str() == other.as_str(),
        (DeValue::String(one), DeValue::String(other)) => one == other,
        (DeValue::Boolean(one), DeValue::Boolean(other)) => one == other,
        (DeValue::Datetime(one), DeValue::Datetime(other)) => one == other,
        _ => false,
    }
}

/// A table of a file, beside what it was.
struct Comparison<'a> {
    file: &'a Arc<File>,
    /// Its name with a dot behind; empty for the top level.
    path: String,
    /// Where it is.
    span: Range<usize>,
}

impl Comparison<'_> {
    fn tables(&self, before: &DeTable<'_>, after: &DeTable<'_>, found: &mut Vec<Diagnostic>) {
        let is_fixed = |key: &&str| !self.path.is_empty() || !OBJECTS.contains(key);
        let keys = |table: &DeTable<'_>| -> Vec<String> {
            table.keys().map(|key| key.get_ref().as_ref()).filter(is_fixed).map(str::to_owned).collect()
        };
        let gone = keys(before).into_iter().filter(|key| !after.contains_key(key.as_str()));
        for key in keys(after).into_iter().chain(gone) {
            let name = format!("{}{key}", self.path);
            let old = before.get(key.as_str());
            match (old, after.get_key_value(key.as_str())) {
                (Some(old), Some((written, new))) => self.values(&name, (old, new), written.span(), found),
                (None, Some((written, _))) => found.push(self.refusal(&name, "added", written.span())),
                (_, None) => found.push(self.refusal(&name, "removed", self.span.clone())),
            }
        }
    }

    /// Compares two values of a key, which is `written` somewhere.
    fn values(
        &self,
        name: &str,
        (old, new): (&Spanned<DeValue<'_>>, &Spanned<DeValue<'_>>),
        written: Range<usize>,
        found: &mut Vec<Diagnostic>,
    ) {
        match (old.get_ref(), new.get_ref()) {
            (DeValue::Table(old), DeValue::Table(table)) => self.below(name, new.span()).tables(old, table, found),
            (DeValue::Array(old), DeValue::Array(new)) if old.len() == new.len() => {
                for (old, new) in old.iter().zip(new.iter()) {
                    match (old.get_ref(), new.get_ref()) {
                        (DeValue::Table(old), DeValue::Table(table)) => {
                            self.below(name, new.span()).tables(old, table, found);
                        }
                        (old, value) if says_same(old, value) => {}
                        _ => found.push(self.refusal(name, "changed", new.span())),
                    }
                }
            }
            (old, new) if says_same(old, new) => {}
            _ => found.push(self.refusal(name, "changed", written)),
        }
    }

    fn below(&self, name: &str, span: Range<usize>) -> Self {
        Self { file: self.file, path: format!("{name}."), span }
    }

    fn refusal(&self, name: &str, what: &str, span: Range<usize>) -> Diagnostic {
        let message = format!("`{name}` cannot be {what} through the admin API");
        Diagnostic::new(message).at(&Span::new(self.file, span)).hint(ADVICE.to_owned())
    }
}

#[cfg(test)]
mod tests;
