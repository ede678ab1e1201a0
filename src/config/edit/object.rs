//! The objects of files as tables: what they say, wherever they stand.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::layout::{Position, tables};
use crate::config::name::{DEFAULT_NAMESPACE, LATEST};
use crate::config::syntax::{DEEPEST, Parsed};

/// Which object a table is, by what its file says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    Function { namespace: String, name: String, version: String },
    Service(String),
    Api { service: String, name: String },
}

/// An object as a file has it.
#[derive(Clone, Debug)]
pub struct Written {
    pub file: PathBuf,
    pub(super) position: Position,
    /// Of a service, without its APIs.
    pub(super) table: Table,
    /// Where else a service stands: the tables that add to it.
    pub(super) extensions: Vec<(PathBuf, Position)>,
    /// Which object of the files it is, from the first on.
    pub order: usize,
}

impl Written {
    /// Whether two say the same, however they are formatted.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        said(&self.table) == said(&other.table)
    }

    /// The files that have the object.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.file.as_path()).chain(self.extensions.iter().map(|(file, _)| file.as_path()))
    }

    /// The table with its header, for people.
    #[must_use]
    pub fn text(&self) -> String {
        let header = match self.position {
            Position::Function(_) => "[[function]]",
            Position::Service(_) => "[[service]]",
            Position::Api { .. } => "[[service.api]]",
        };
        format!("{header}\n{}", self.table.to_string().trim_start())
    }
}

/// The functions, services and APIs of files. Of two that have one name the first counts; files in the directory of edits add to services.
///
/// # Errors
/// The file that is no TOML or nested too deep, and why.
pub fn objects<'a>(
    documents: impl IntoIterator<Item = (&'a Path, &'a str)>,
) -> Result<BTreeMap<Name, Written>, (PathBuf, String)> {
    let mut found = BTreeMap::new();
    for (path, text) in documents {
        if Parsed::of(text).too_deep.is_some() {
            return Err((path.to_owned(), format!("it is nested more than {DEEPEST} levels deep")));
        }
        let document = text.parse::<DocumentMut>().map_err(|error| (path.to_owned(), error.to_string()))?;
        let mut note = |name: Option<Name>, position: Position, mut table: Table| {
            position.comment(&document).into_iter().for_each(|comment| table.decor_mut().set_prefix(comment));
            let Some(name) = name else { return };
            let order = found.len();
            match found.entry(name) {
                Entry::Vacant(entry) => {
                    let extensions = Vec::new();
                    entry.insert(Written { file: path.to_owned(), position, table, extensions, order });
                }
                Entry::Occupied(mut entry) => entry.get_mut().extensions.push((path.to_owned(), position)),
            }
        };
        for (index, table) in tables(document.get("function")).enumerate() {
            note(function_name(table), Position::Function(index), copy(table, ""));
        }
        for (index, table) in tables(document.get("service")).enumerate() {
            let Some(service) = text_of(table, "name") else { continue };
            note(Some(Name::Service(service.clone())), Position::Service(index), copy(table, "api"));
            for (number, api) in tables(table.get("api")).enumerate() {
                let position = Position::Api { service: index, api: number };
                note(api_name(api, &service), position, copy(api, ""));
            }
        }
    }
    Ok(found)
}

/// The object at a position of a document, for people.
pub(super) fn text_at(document: &DocumentMut, position: Position) -> Option<String> {
    let nth = |key: &str, index: usize| tables(document.get(key)).nth(index);
    let table = match position {
        Position::Function(index) => nth("function", index)?,
        Position::Service(index) => nth("service", index)?,
        Position::Api { service, api } => tables(nth("service", service)?.get("api")).nth(api)?,
    };
    let (file, table) = (PathBuf::new(), copy(table, "api"));
    Some(Written { file, position, table, extensions: Vec::new(), order: 0 }.text())
}

fn function_name(table: &dyn TableLike) -> Option<Name> {
    let or = |key: &str, default: &str| text_of(table, key).unwrap_or_else(|| default.to_owned());
    let (namespace, version) = (or("namespace", DEFAULT_NAMESPACE), or("version", LATEST));
    Some(Name::Function { name: text_of(table, "name")?, namespace, version })
}

fn api_name(table: &dyn TableLike, service: &str) -> Option<Name> {
    let path = text_of(table, "path")?;
    let unnamed = || format!("{} {path}", text_of(table, "method").unwrap_or_else(|| "GET".to_owned()));
    Some(Name::Api { service: service.to_owned(), name: text_of(table, "name").unwrap_or_else(unnamed) })
}

fn text_of(table: &dyn TableLike, key: &str) -> Option<String> {
    table.get(key)?.as_str().map(str::to_owned)
}

/// A table as it could stand anywhere, but for one key.
fn copy(table: &dyn TableLike, without: &str) -> Table {
    let mut copy = Table::new();
    for (key, item) in table.iter().filter(|(key, _)| *key != without) {
        let mut item = item.clone();
        unplaced(&mut item);
        copy.insert(key, item);
    }
    copy
}

/// Lets tables stand where their parents are.
fn unplaced(item: &mut Item) {
    match item {
        Item::Table(table) => {
            table.set_position(None);
            table.iter_mut().for_each(|(_, item)| unplaced(item));
        }
        Item::ArrayOfTables(list) => {
            for table in list.iter_mut() {
                table.set_position(None);
                table.iter_mut().for_each(|(_, item)| unplaced(item));
            }
        }
        Item::None | Item::Value(_) => {}
    }
}

/// What a table says, without its formatting and the order of its keys.
fn said(table: &dyn TableLike) -> BTreeMap<String, String> {
    table.iter().map(|(key, item)| (key.to_owned(), said_of(item))).collect()
}

fn said_of(item: &Item) -> String {
    match item {
        Item::None => String::new(),
        Item::Table(table) => format!("{:?}", said(table)),
        Item::ArrayOfTables(tables) => {
            format!("{:?}", tables.iter().map(|table| format!("{:?}", said(table))).collect::<Vec<_>>())
        }
        Item::Value(Value::InlineTable(table)) => format!("{:?}", said(table)),
        Item::Value(Value::Array(items)) => {
            format!("{:?}", items.iter().map(|item| said_of(&Item::Value(item.clone()))).collect::<Vec<_>>())
        }
        Item::Value(value) => {
            // However a string is quoted, and a number is written.
            if let Some(text) = value.as_str() {
                return format!("{text:?}");
            }
            if let Some(number) = value.as_integer() {
                return number.to_string();
            }
            let mut bare = value.clone();
            bare.decor_mut().clear();
            bare.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(documents: &[(&str, &str)]) -> BTreeMap<Name, Written> {
        objects(documents.iter().map(|(path, text)| (Path::new(path), *text))).expect("TOML")
    }

    #[test]
    fn objects_are_the_same_however_they_are_written() {
        let one = "[[service]]\nname = \"s\"\nhosts = [\"a\", \"b\"]\n[[service.domain]]\nhost = \"c\"\n";
        for (other, is_same) in [
            ("[[service]] # x\nhosts = [ 'a' , # y\n'b', ]\nname = 's'\ndomain = [{ host = \"c\" }]", true),
            ("service = [{ name = \"\\u0073\", hosts = [\"a\", \"b\"], domain = [{ host = 'c' }] }]", true),
            (
                "[[service]]\nname = \"s\"\nhosts = [\"a\", \"b\"]\n[[service.domain]]\nhost = \"c\"\n[[service.api]]\npath = \"/\"",
                true,
            ),
            ("[[service]]\nname = \"s\"\nhosts = [\"b\", \"a\"]\n[[service.domain]]\nhost = \"c\"", false),
            ("[[service]]\nname = \"s\"\nhosts = [\"a\", \"b\"]\n[[service.domain]]\nhost = \"d\"", false),
            ("[[service]]\nname = \"s\"\nhosts = [\"a\", \"b\"]", false),
            ("[[service]]\nname = \"s\"\nhosts = [\"a, b\"]\n[[service.domain]]\nhost = \"c\"", false),
        ] {
            let (one, other) = (found(&[("a", one)]), found(&[("b", other)]));
            let name = Name::Service("s".to_owned());
            assert_eq!(one[&name].is_same(&other[&name]), is_same, "{other:?}");
        }
        for (one, other, is_same) in [
            ("timeout = \"1s\"", "timeout = '1s'", true),
            ("queue = 16", "queue = 0x10", true),
            ("queue = 16", "queue = \"16\"", false),
            ("headers.A = \"b\"", "[function.headers]\nA = \"b\"", true),
            ("headers = { A = \"b\" }", "headers = { A = \"c\" }", false),
            ("headers = { A = \"b\", C = \"d\" }", "headers = { C = \"d\", A = \"b\" }", true),
        ] {
            let function = |keys: &str| found(&[("a", &format!("[[function]]\nname = \"f\"\n{keys}"))]);
            let (one, other) = (function(one), function(other));
            let (one, other) = (one.values().next().expect("one"), other.values().next().expect("one"));
            assert_eq!(one.is_same(other), is_same, "{} {}", one.text(), other.text());
        }
    }

    #[test]
    fn objects_are_named_as_the_configuration_names_them() {
        let text = "[[function]]\nname = \"f\"\n[[function]]\nname = \"f\"\nnamespace = \"n\"\nversion = \"2\"\n\
                    [[service]]\nname = \"s\"\napi = [{ path = \"/a\" }, { path = \"/b\", method = \"ANY\" }, { path = \"/c\", name = \"c\" }]\n";
        let more = "[[service]]\nname = \"s\"\n[[service.api]]\npath = \"/d\"\n";
        let found = found(&[("main", text), ("edits", more)]);
        let function = |namespace: &str, version: &str| Name::Function {
            namespace: namespace.to_owned(),
            name: "f".to_owned(),
            version: version.to_owned(),
        };
        let api = |name: &str| Name::Api { service: "s".to_owned(), name: name.to_owned() };
        let mut names: Vec<_> = found.keys().cloned().collect();
        names.sort_by_key(|name| found[name].order);
        let service = Name::Service("s".to_owned());
        let expected = [
            function("default", "$LATEST"),
            function("n", "2"),
            service.clone(),
            api("GET /a"),
            api("ANY /b"),
            api("c"),
            api("GET /d"),
        ];
        assert_eq!(names, expected);
        assert_eq!(found[&service].files().collect::<Vec<_>>(), [Path::new("main"), Path::new("edits")]);
        assert_eq!(found[&api("GET /d")].file, Path::new("edits"));
    }

    #[test]
    fn a_file_that_is_no_toml_is_named() {
        let (path, _) = objects([(Path::new("good"), "a = 1"), (Path::new("bad"), "a = = 1")]).expect_err("an error");
        assert_eq!(path, Path::new("bad"));
    }
}
