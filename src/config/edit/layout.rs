//! Which object of a file stands where.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use toml_edit::{Document, DocumentMut, Item, TableLike, Value};

use super::array;
use crate::config::file::{File, Span};
use crate::config::place::Place;

/// An object by its place in the lists of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Position {
    Function(usize),
    Service(usize),
    Api { service: usize, api: usize },
}

/// The objects of one file, by the line and column of what names them.
#[derive(Debug, Default)]
pub(super) struct Layout {
    functions: HashMap<(usize, usize), usize>,
    services: HashMap<(usize, usize), usize>,
    apis: HashMap<(usize, usize), (usize, usize)>,
}

impl Layout {
    pub(super) fn read(document: &Document<String>, file: &Arc<File>) -> Self {
        let mut layout = Self::default();
        for (index, table) in tables(document.get("function")).enumerate() {
            layout.functions.extend(place(table, "name", file).map(|place| (place, index)));
        }
        for (index, table) in tables(document.get("service")).enumerate() {
            layout.services.extend(place(table, "name", file).map(|place| (place, index)));
            for (number, api) in tables(table.get("api")).enumerate() {
                layout.apis.extend(place(api, "path", file).map(|place| (place, (index, number))));
            }
        }
        layout
    }

    pub(super) fn function(&self, place: &Place) -> Option<Position> {
        self.functions.get(&(place.line, place.column)).map(|index| Position::Function(*index))
    }

    pub(super) fn service(&self, place: &Place) -> Option<Position> {
        self.services.get(&(place.line, place.column)).map(|index| Position::Service(*index))
    }

    pub(super) fn api(&self, place: &Place) -> Option<Position> {
        let (service, api) = *self.apis.get(&(place.line, place.column))?;
        Some(Position::Api { service, api })
    }
}

impl Position {
    /// What is at a line and column of the object, as a JSON pointer; none if that is not within it.
    pub(super) fn pointer(self, file: &Arc<File>, line: usize, column: usize) -> Option<String> {
        let document = Document::parse(file.text()).ok()?;
        let service = |index| tables(document.get("service")).nth(index);
        let table = match self {
            Self::Function(index) => tables(document.get("function")).nth(index)?,
            Self::Service(index) => service(index)?,
            Self::Api { service: index, api } => tables(service(index)?.get("api")).nth(api)?,
        };
        let at = |span: Range<usize>| {
            let (start, end) = (Span::new(file, span.clone()).place(), Span::new(file, span.end..span.end).place());
            (start.line, start.column) <= (line, column) && (line, column) < (end.line, end.column)
        };
        pointer_in(table, &at)
    }

    /// The table of the object.
    pub(super) fn table(self, document: &mut DocumentMut) -> Option<&mut dyn TableLike> {
        match self {
            Self::Function(index) => element(document.get_mut("function")?, index),
            Self::Service(index) => element(document.get_mut("service")?, index),
            Self::Api { service, api } => element(element(document.get_mut("service")?, service)?.get_mut("api")?, api),
        }
    }

    /// Whether the object is an inline table.
    pub(super) fn is_inline(self, document: &DocumentMut) -> bool {
        let is_list = |item: Option<&Item>| item.is_some_and(Item::is_value);
        match self {
            Self::Function(_) => is_list(document.get("function")),
            Self::Service(_) => is_list(document.get("service")),
            Self::Api { service, .. } => {
                let services = document.get("service");
                is_list(services) || is_list(tables(services).nth(service).and_then(|table| table.get("api")))
            }
        }
    }

    /// The comment right in front of the object.
    pub(super) fn comment(self, document: &DocumentMut) -> Option<String> {
        let nth = |key: &str, index: usize| document.get(key)?.as_array_of_tables()?.get(index);
        let table = match self {
            Self::Function(index) => nth("function", index)?,
            Self::Service(index) => nth("service", index)?,
            Self::Api { service, api } => nth("service", service)?.get("api")?.as_array_of_tables()?.get(api)?,
        };
        let prefix = table.decor().prefix()?.as_str()?;
        let own = prefix.rfind("\n\n").map_or(prefix, |at| &prefix[at + 2..]);
        own.contains('#').then(|| own.trim_start_matches('\n').to_owned())
    }

    /// Takes the object out. A comment that stands apart from it, with a blank line between, stays.
    pub(super) fn remove(self, document: &mut DocumentMut) {
        match self {
            Self::Function(index) => {
                let kept = take(document.as_table_mut(), "function", index);
                keep(document, kept);
            }
            Self::Service(index) => {
                let kept = take(document.as_table_mut(), "service", index);
                keep(document, kept);
            }
            Self::Api { service, api } => {
                let Some(table) = document.get_mut("service").and_then(|list| element(list, service)) else { return };
                let kept = take(table, "api", api);
                keep(document, kept);
            }
        }
    }
}

/// Removes an element of a list of tables, and the list with its last one. Returns what stood in front and is not about it.
fn take(parent: &mut dyn TableLike, key: &str, index: usize) -> Option<Kept> {
    let mut kept = None;
    let is_empty = match parent.get_mut(key) {
        Some(Item::ArrayOfTables(tables)) if index < tables.len() => {
            kept = tables.get(index).and_then(|table| {
                let prefix = table.decor().prefix()?.as_str()?;
                let apart = prefix.rfind("\n\n").map(|at| &prefix[..=at]).filter(|text| text.contains('#'))?;
                Some(Kept { text: apart.to_owned(), position: table.position() })
            });
            tables.remove(index);
            tables.is_empty()
        }
        Some(Item::Value(Value::Array(items))) if index < items.len() => {
            array::remove(items, index);
            items.is_empty()
        }
        _ => false,
    };
    if is_empty {
        parent.remove(key);
    }
    kept
}

/// A comment that outlives the table behind it.
struct Kept {
    text: String,
    position: Option<isize>,
}

/// Puts a comment in front of the table that comes next, or at the end.
fn keep(document: &mut DocumentMut, kept: Option<Kept>) {
    let Some(Kept { text, position }) = kept else { return };
    let mut next: Option<&mut toml_edit::Table> = None;
    let behind = |table: &toml_edit::Table| table.position() > position && !table.is_dotted();
    let mut candidates = Vec::new();
    collect(document.as_table_mut(), &mut candidates);
    for table in candidates.into_iter().filter(|table| behind(table)) {
        if next.as_ref().is_none_or(|best| table.position() < best.position()) {
            next = Some(table);
        }
    }
    match next {
        Some(table) => {
            let own = table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
            let joined = format!("{text}{own}");
            table.decor_mut().set_prefix(joined);
        }
        None => {
            let trailing = document.trailing().as_str().unwrap_or_default();
            let joined = format!("{text}{trailing}");
            document.set_trailing(joined);
        }
    }
}

/// The tables with a header below a table.
fn collect<'a>(table: &'a mut toml_edit::Table, found: &mut Vec<&'a mut toml_edit::Table>) {
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(table) => found.push(table),
            Item::ArrayOfTables(tables) => found.extend(tables.iter_mut()),
            Item::None | Item::Value(_) => {}
        }
    }
}

fn element(list: &mut Item, index: usize) -> Option<&mut dyn TableLike> {
    match list {
        Item::ArrayOfTables(tables) => tables.get_mut(index).map(|table| table as &mut dyn TableLike),
        Item::Value(Value::Array(items)) => {
            items.get_mut(index)?.as_inline_table_mut().map(|table| table as &mut dyn TableLike)
        }
        Item::None | Item::Table(_) | Item::Value(_) => None,
    }
}

/// The key whose name or value `at` knows, and the ones below it.
fn pointer_in(table: &dyn TableLike, at: &dyn Fn(Range<usize>) -> bool) -> Option<String> {
    for (name, item) in table.iter() {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        let key = table.key(name).and_then(toml_edit::Key::span);
        let below = match item {
            Item::Value(Value::Array(items)) => {
                let found = items.iter().position(|item| item.span().is_some_and(at));
                found.map(|index| format!("/{index}"))
            }
            other => other.as_table_like().and_then(|table| pointer_in(table, at)),
        };
        if below.is_some() || key.is_some_and(at) || item.span().is_some_and(at) {
            return Some(format!("/{escaped}{}", below.unwrap_or_default()));
        }
    }
    None
}

pub(super) fn tables(list: Option<&Item>) -> Box<dyn Iterator<Item = &dyn TableLike> + '_> {
    match list {
        Some(Item::ArrayOfTables(tables)) => Box::new(tables.iter().map(|table| table as &dyn TableLike)),
        Some(Item::Value(Value::Array(items))) => {
            Box::new(items.iter().filter_map(|item| item.as_inline_table().map(|table| table as &dyn TableLike)))
        }
        _ => Box::new(std::iter::empty()),
    }
}

/// Line and column of the value of a key.
fn place(table: &dyn TableLike, key: &str, file: &Arc<File>) -> Option<(usize, usize)> {
    let Place { line, column, .. } = Span::new(file, table.get(key)?.span()?).place();
    Some((line, column))
}
