//! Changes objects in the files that hold them. Comments, order and formatting of everything else stay.
//!
//! An object is found by the place that the configuration has for it, so that it does not matter how its names are written. Nothing here
//! touches a disk: what comes out is the new text of each file, to be checked as a whole and then written.

mod array;
mod layout;
pub mod object;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use similar::{Algorithm, DiffOp, capture_diff_slices};
use toml_edit::{Array, ArrayOfTables, Document, DocumentMut, InlineTable, Item, RawString, Table, TableLike, Value};

use self::layout::{Layout, Position};
use self::object::Written;
use super::diff::diff;
use super::file::File;
use super::place::Place;

/// The byte order mark that some editors put in front.
const MARK: char = '\u{feff}';

/// What a key of an object becomes.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The key, and one below it for a key of an inline table.
    pub key: Vec<String>,
    /// None removes it.
    pub value: Option<serde_json::Value>,
}

/// An object that is there already.
#[derive(Clone, Copy, Debug)]
pub enum Existing<'a> {
    /// By the place of its name.
    Function(&'a Place),
    /// By the place of its name.
    Service(&'a Place),
    /// By the place of its path.
    Api(&'a Place),
}

/// Where a new object goes: into one of these tables of a file.
#[derive(Clone, Copy, Debug)]
pub enum Home<'a> {
    Functions,
    Services,
    /// The APIs of a service: the one whose name is at this place, or a table of this name at the end of the file.
    ApisOf {
        service: &'a str,
        place: Option<&'a Place>,
    },
}

/// Why a file cannot be changed like this.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("{} is not part of the configuration", file.display())]
    UnknownFile { file: PathBuf },
    #[error("{} cannot be read as TOML: {error}", file.display())]
    Syntax {
        file: PathBuf,
        #[source]
        error: toml_edit::TomlError,
    },
    #[error("there is nothing at {0} any more: the file has changed")]
    Moved(Place),
}

/// The files of a configuration while they are changed.
#[derive(Debug, Default)]
pub struct Editor {
    documents: BTreeMap<PathBuf, Opened>,
    /// The objects that were changed or added.
    touched: Vec<(PathBuf, Position)>,
}

#[derive(Debug)]
struct Opened {
    /// As it was; none for a file that is made.
    before: Option<String>,
    layout: Layout,
    edited: DocumentMut,
    /// Removed at the end, so that positions hold until then.
    removed: Vec<Position>,
}

/// A file that has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    pub path: PathBuf,
    /// None: there was no such file.
    pub before: Option<String>,
    pub after: String,
}

impl Editor {
    /// Takes a file along; objects can be changed in those only. `text` is none for one that is to be made.
    ///
    /// # Errors
    /// [`EditError::Syntax`]
    pub fn open(&mut self, path: &Path, text: Option<String>) -> Result<(), EditError> {
        if self.documents.contains_key(path) {
            return Ok(());
        }
        let syntax = |error| EditError::Syntax { file: path.to_owned(), error };
        let written = text.clone().unwrap_or_default();
        let document = Document::parse(written.clone()).map_err(syntax)?;
        let layout = Layout::read(&document, &File::new(path, written));
        let edited = document.into_mut();
        self.documents.insert(path.to_owned(), Opened { before: text, layout, edited, removed: Vec::new() });
        Ok(())
    }

    /// Whether a file has been taken along.
    #[must_use]
    pub fn has(&self, path: &Path) -> bool {
        self.documents.contains_key(path)
    }

    /// Sets and removes keys of an object.
    ///
    /// # Errors
    /// When its file is not open or says something else.
    pub fn change(&mut self, object: Existing<'_>, assignments: &[Assignment]) -> Result<(), EditError> {
        let (document, position, place) = self.find(object)?;
        let form = position.form(&document.edited);
        let table = position.table(&mut document.edited).ok_or_else(|| EditError::Moved(place.clone()))?;
        assignments.iter().for_each(|assignment| assign(table, assignment, form));
        self.touched.push((place.file.to_path_buf(), position));
        Ok(())
    }

    /// Removes an object.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub fn remove(&mut self, object: Existing<'_>) -> Result<(), EditError> {
        let (document, position, _) = self.find(object)?;
        document.removed.push(position);
        Ok(())
    }

    /// Makes an object say what another one says. Its comments, and the APIs of a service, stay.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub fn replace(&mut self, object: &Written, wanted: &Written) -> Result<(), EditError> {
        let unknown = || EditError::UnknownFile { file: object.file.clone() };
        let document = self.documents.get_mut(&object.file).ok_or_else(unknown)?;
        let table = object.position.table(&mut document.edited).ok_or_else(unknown)?;
        let gone: Vec<_> = table.iter().map(|(key, _)| key.to_owned()).filter(|key| key != "api").collect();
        let apis = table.remove("api");
        for key in gone.iter().filter(|key| !wanted.table.contains_key(key)) {
            table.remove(key);
        }
        for (key, item) in wanted.table.iter() {
            match item {
                Item::Value(value) if table.get(key).is_some_and(Item::is_value) => set(table, key, value.clone()),
                _ => drop(table.insert(key, item.clone())),
            }
        }
        // Behind the keys of the service, where they were.
        apis.into_iter().for_each(|apis| drop(table.insert("api", apis)));
        self.touched.push((object.file.clone(), object.position));
        Ok(())
    }

    /// Removes an object that was found in its files.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub fn remove_written(&mut self, object: &Written) -> Result<(), EditError> {
        let own = (object.file.clone(), object.position);
        for (file, position) in std::iter::once(&own).chain(&object.extensions) {
            let unknown = || EditError::UnknownFile { file: file.clone() };
            self.documents.get_mut(file).ok_or_else(unknown)?.removed.push(*position);
        }
        Ok(())
    }

    /// Removes what a file adds to a service, after its APIs.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub fn remove_extension(&mut self, service: &Written, file: &Path) -> Result<(), EditError> {
        let unknown = || EditError::UnknownFile { file: file.to_owned() };
        let own = service.extensions.iter().filter(|(other, _)| other == file);
        self.documents.get_mut(file).ok_or_else(unknown)?.removed.extend(own.map(|(_, position)| *position));
        Ok(())
    }

    /// Adds an object to a file as another file has it.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub fn add_written(&mut self, file: &Path, home: Home<'_>, wanted: &Written) -> Result<(), EditError> {
        self.insert(file, home, wanted.table.clone())
    }

    /// Adds an object to a file, behind those of its kind.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub fn add(&mut self, file: &Path, home: Home<'_>, assignments: &[Assignment]) -> Result<(), EditError> {
        let mut table = Table::new();
        assignments.iter().for_each(|assignment| assign(&mut table, assignment, Form::Tables));
        self.insert(file, home, table)
    }

    fn insert(&mut self, file: &Path, home: Home<'_>, table: Table) -> Result<(), EditError> {
        let unknown = || EditError::UnknownFile { file: file.to_owned() };
        let document = self.documents.get_mut(file).ok_or_else(unknown)?;
        let root = document.edited.as_table_mut();
        let position = match home {
            Home::Functions => Position::Function(push(root, "function", table, Form::Tables)),
            Home::Services => Position::Service(push(root, "service", table, Form::Tables)),
            Home::ApisOf { service, place } => {
                let position =
                    place.map(|place| document.layout.service(place).ok_or_else(|| EditError::Moved(place.clone())));
                let known = match position.transpose()? {
                    Some(position) => position,
                    None => document.extension(service),
                };
                let form = known.form(&document.edited);
                let parent = known.table(&mut document.edited).ok_or_else(unknown)?;
                let api = push(parent, "api", table, form);
                let Position::Service(service) = known else { return Err(unknown()) };
                Position::Api { service, api }
            }
        };
        self.touched.push((file.to_owned(), position));
        Ok(())
    }

    /// What has changed in the objects themselves: a unified diff, in which `name` stands for the file.
    #[must_use]
    pub fn difference(&self, name: &str) -> String {
        let (mut before, mut after) = (String::new(), String::new());
        for (path, position) in &self.touched {
            let Some(opened) = self.documents.get(path) else { continue };
            let unchanged = opened.before.as_ref().and_then(|text| text.parse::<DocumentMut>().ok());
            before += &unchanged.and_then(|document| object::text_at(&document, *position)).unwrap_or_default();
            after += &object::text_at(&opened.edited, *position).unwrap_or_default();
        }
        diff(&[(name, before.as_bytes())], &[(name, after.as_bytes())])
    }

    /// The files whose text has changed, and where to look for what is wrong with the objects that were changed.
    #[must_use]
    pub fn finish(self) -> (Vec<Edited>, Pointers) {
        let mut changed = Vec::new();
        let text =
            |(path, position): &(PathBuf, Position)| object::text_at(&self.documents.get(path)?.edited, *position);
        let texts = self.touched.iter().filter_map(text).collect();
        for (path, mut document) in self.documents {
            document.removed.sort_unstable();
            for position in document.removed.iter().rev() {
                position.remove(&mut document.edited);
            }
            let after = framed(&document.edited.to_string(), document.before.as_deref());
            if document.before.as_ref() != Some(&after) {
                changed.push(Edited { path, before: document.before, after });
            }
        }
        (changed, Pointers { touched: self.touched, texts })
    }

    fn find(&mut self, object: Existing<'_>) -> Result<(&mut Opened, Position, Place), EditError> {
        let (Existing::Function(place) | Existing::Service(place) | Existing::Api(place)) = object;
        let unknown = || EditError::UnknownFile { file: place.file.to_path_buf() };
        let document = self.documents.get_mut(&*place.file).ok_or_else(unknown)?;
        let position = match object {
            Existing::Function(place) => document.layout.function(place),
            Existing::Service(place) => document.layout.service(place),
            Existing::Api(place) => document.layout.api(place),
        };
        Ok((document, position.ok_or_else(|| EditError::Moved(place.clone()))?, place.clone()))
    }
}

/// Finds the key of a changed object that a diagnostic is about.
#[derive(Debug, Default)]
pub struct Pointers {
    touched: Vec<(PathBuf, Position)>,
    texts: Vec<String>,
}

impl Position {
    /// How tables in the object are written.
    fn form(self, document: &DocumentMut) -> Form {
        if self.is_inline(document) { Form::Inline } else { Form::Tables }
    }
}

impl Pointers {
    /// The objects that were changed or added, as their files have them now.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// A JSON pointer into the first changed object that `place` is within, in the new text of its file.
    #[must_use]
    pub fn find(&self, place: &Place, edited: &[Edited]) -> Option<String> {
        let text = &edited.iter().find(|edited| *edited.path == *place.file)?.after;
        let file = File::new(&place.file, text.clone());
        let own = self.touched.iter().filter(|(path, _)| **path == *place.file);
        own.into_iter().find_map(|(_, position)| position.pointer(&file, place.line, place.column))
    }
}

impl Opened {
    /// The table of this name that adds APIs to a service of another file; made if there is none.
    fn extension(&mut self, service: &str) -> Position {
        let named = |table: &dyn TableLike| table.get("name").and_then(Item::as_str) == Some(service);
        let found = match self.edited.get("service") {
            Some(Item::ArrayOfTables(tables)) => tables.iter().position(|table| named(table)),
            Some(Item::Value(Value::Array(items))) => {
                items.iter().position(|item| item.as_inline_table().is_some_and(|table| named(table)))
            }
            _ => None,
        };
        Position::Service(found.unwrap_or_else(|| {
            let mut table = Table::new();
            table.insert("name", toml_edit::value(service));
            push(self.edited.as_table_mut(), "service", table, Form::Tables)
        }))
    }
}

/// What toml_edit writes, with the line ends and the byte order mark of the text before, which it does not keep: lines that are the same stay
/// as they were, byte for byte.
fn framed(after: &str, before: Option<&str>) -> String {
    let Some(before) = before else { return after.to_owned() };
    let body = before.strip_prefix(MARK).unwrap_or(before);
    let mark = &before[..before.len() - body.len()];
    let after = after.strip_prefix(MARK).unwrap_or(after);
    let own: Vec<&str> = body.split_inclusive('\n').collect();
    let old: Vec<&str> = own
        .iter()
        .map(|line| line.strip_suffix('\n').map_or(*line, |line| line.strip_suffix('\r').unwrap_or(line)))
        .collect();
    let new: Vec<&str> = after.lines().collect();
    let end = if 2 * own.iter().filter(|line| line.ends_with("\r\n")).count() > own.len() { "\r\n" } else { "\n" };
    let mut text = String::with_capacity(before.len() + 256);
    text.push_str(mark);
    let start = text.len();
    let mut push = |line: &str, is_whole: bool| {
        // The last line of a file may lack its end.
        if text.len() > start && !text.ends_with('\n') {
            text.push_str(end);
        }
        text.push_str(line);
        if !is_whole {
            text.push_str(end);
        }
    };
    for operation in capture_diff_slices(Algorithm::Myers, &old, &new) {
        match operation {
            DiffOp::Equal { old_index, len, .. } => {
                own[old_index..old_index + len].iter().for_each(|line| push(line, true))
            }
            DiffOp::Delete { .. } => {}
            DiffOp::Insert { new_index, new_len, .. } | DiffOp::Replace { new_index, new_len, .. } => {
                new[new_index..new_index + new_len].iter().for_each(|line| push(line, false));
            }
        }
    }
    text
}

/// How the tables of a parent are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// With headers.
    Tables,
    /// In braces: what is in an inline table is inline, too.
    Inline,
}

/// Adds a table to a list of tables, in the form that the list has, and returns its index.
fn push(parent: &mut dyn TableLike, key: &str, mut table: Table, form: Form) -> usize {
    let list = parent.entry(key).or_insert_with(|| match form {
        Form::Tables => Item::ArrayOfTables(ArrayOfTables::new()),
        Form::Inline => Item::Value(Value::Array(Array::new())),
    });
    match list {
        Item::ArrayOfTables(tables) => {
            // A blank line in front, as between all tables, and the comment that it may have.
            let own = table.decor().prefix().and_then(RawString::as_str).unwrap_or_default();
            let prefix = if own.starts_with('\n') { own.to_owned() } else { format!("\n{own}") };
            table.decor_mut().set_prefix(prefix);
            tables.push(table);
            tables.len() - 1
        }
        Item::Value(Value::Array(items)) => {
            array::push(items, table.into_inline_table().into());
            items.len() - 1
        }
        other => {
            let mut tables = ArrayOfTables::new();
            tables.push(table);
            *other = Item::ArrayOfTables(tables);
            0
        }
    }
}

fn assign(table: &mut dyn TableLike, Assignment { key, value }: &Assignment, form: Form) {
    let Some((first, rest)) = key.split_first() else { return };
    if let Some(tables) = value.as_ref().and_then(tables_of) {
        set_tables(table, first, &tables, form);
        return;
    }
    let value = value.as_ref().and_then(to_toml);
    match (rest.first(), value) {
        (None, Some(value)) => set(table, first, value),
        (None, None) => {
            table.remove(first);
        }
        (Some(inner), value) => {
            let entry = table.entry(first).or_insert_with(|| Item::Value(Value::InlineTable(InlineTable::new())));
            let Some(inside) = entry.as_table_like_mut() else { return };
            // Names of fields are the same in any letter case.
            let known = inside.iter().map(|(key, _)| key.to_owned()).find(|key| key.eq_ignore_ascii_case(inner));
            let inner = known.as_ref().unwrap_or(inner);
            match value {
                Some(value) => set(inside, inner, value),
                None => {
                    inside.remove(inner);
                }
            }
            if inside.is_empty() {
                table.remove(first);
            }
        }
    }
}

/// A list of objects, which is written as tables.
fn tables_of(value: &serde_json::Value) -> Option<Vec<Table>> {
    let items = value.as_array().filter(|items| !items.is_empty())?;
    let table = |item: &serde_json::Value| match to_toml(item)? {
        Value::InlineTable(table) => Some(table.into_table()),
        _ => None,
    };
    items.iter().map(table).collect()
}

/// Makes a list of tables hold these. Those that it has already stay as they are.
fn set_tables(parent: &mut dyn TableLike, key: &str, wanted: &[Table], form: Form) {
    let text = |table: &Table| {
        let mut pairs: Vec<_> =
            table.iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
        pairs.sort();
        pairs
    };
    let wanted_texts: Vec<_> = wanted.iter().map(text).collect();
    let mut kept = Vec::new();
    match parent.get_mut(key) {
        Some(Item::ArrayOfTables(tables)) => {
            tables.retain(|table| wanted_texts.contains(&text(table)));
            kept.extend(tables.iter().map(text));
        }
        Some(_) => drop(parent.remove(key)),
        None => {}
    }
    for (table, text) in wanted.iter().zip(&wanted_texts) {
        if !kept.contains(text) {
            push(parent, key, table.clone(), form);
        }
    }
}

/// Sets a value. What stands around the one before stays, and so do the elements that both lists have.
fn set(table: &mut dyn TableLike, key: &str, value: Value) {
    let Some(before) = table.get_mut(key).and_then(Item::as_value_mut) else {
        table.insert(key, Item::Value(value));
        return;
    };
    if let (Value::Array(old), Value::Array(new)) = (&mut *before, &value) {
        merge(old, new);
        return;
    }
    let decor = before.decor().clone();
    *before = value;
    *before.decor_mut() = decor;
}

/// Makes a list of strings hold what another one holds.
fn merge(old: &mut Array, new: &Array) {
    let texts = |array: &Array| array.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Vec<_>>();
    let wanted = texts(new);
    for index in (0..old.len()).rev() {
        if !wanted.contains(&old.get(index).and_then(Value::as_str).map(str::to_owned)) {
            array::remove(old, index);
        }
    }
    let kept = texts(old);
    if !wanted.starts_with(&kept) {
        old.clear();
    }
    new.iter().skip(old.len()).for_each(|item| array::push(old, item.clone()));
}

/// A value in TOML; null is none.
fn to_toml(value: &serde_json::Value) -> Option<Value> {
    use serde_json::Value as Json;
    Some(match value {
        Json::Null => return None,
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.as_f64()?.into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => Value::Array(items.iter().filter_map(to_toml).collect()),
        Json::Object(entries) => Value::InlineTable(
            entries.iter().filter_map(|(key, value)| Some((key.as_str(), to_toml(value)?))).collect(),
        ),
    })
}

#[cfg(test)]
mod tests;
