//! What `serverless.yml` says of functions.

use crate::import::draft::{Draft, Function};
use crate::import::node::Node;
use crate::import::remark::Place;

/// Where a version is not chosen.
const NO_VERSION: [&str; 2] = ["$LATEST", "$DEFAULT"];

const EVENTS: &str =
    "an event function: requests come to it as HTTP here, not as events. A functions framework can serve it";

/// Functions by the names that a file has for them.
#[derive(Debug, Default)]
pub(super) struct Functions {
    known: Vec<(String, usize)>,
}

impl Functions {
    pub(super) fn add(&mut self, name: &str, index: usize) {
        self.known.push((name.to_owned(), index));
    }

    /// The function of a name. One that the file does not describe is elsewhere, and has that name there.
    pub(super) fn named(
        &self,
        name: &str,
        namespace: Option<String>,
        version: Option<String>,
        draft: &mut Draft,
    ) -> usize {
        let known = self.known.iter().find(|(known, _)| known == name).map(|(_, index)| *index);
        let is_same = |index: &usize| namespace.is_none() || draft.functions[*index].namespace == namespace;
        match known.filter(is_same) {
            Some(index) => version_of(index, version, draft),
            None => draft.function(Function { name: name.to_owned(), namespace, version, ..Function::default() }),
        }
    }
}

/// A version of a function, or what it is without one.
pub(super) fn version_of(index: usize, version: Option<String>, draft: &mut Draft) -> usize {
    version.map_or(index, |version| draft.version(index, version))
}

/// Adds a function that handles events, unless it says that it is a server. `defaults` speak where it says nothing.
pub(super) fn declare(node: Node<'_>, name: String, defaults: Option<Node<'_>>, draft: &mut Draft) -> usize {
    let index = add(node, name, defaults, draft);
    let kind = node.get("type").or_else(|| defaults?.get("type"));
    if kind.and_then(|kind| kind.one_of(&["web", "event"])) != Some("web") {
        draft.remark(Place::Function(index), EVENTS);
    }
    index
}

/// What functions take from what is around them if they do not say it themselves.
const DEFAULTS: [&str; 4] = ["namespace", "timeout", "memorySize", "type"];

/// Says of defaults that no function has needed why they are not there.
pub(super) fn note_defaults(node: Node<'_>) {
    node.note_unread(&DEFAULTS, "each function has its own");
}

/// Adds a function.
pub(super) fn add(node: Node<'_>, name: String, defaults: Option<Node<'_>>, draft: &mut Draft) -> usize {
    let setting = |key: &str| node.get(key).or_else(|| defaults?.get(key));
    let namespace = setting("namespace").and_then(Node::text).filter(|namespace| namespace != "default");
    let index = draft.function(Function {
        name,
        namespace,
        timeout: setting("timeout").and_then(Node::time),
        memory: setting("memorySize").and_then(Node::megabytes),
        ..Function::default()
    });
    node.belongs_to(Place::Function(index));
    index
}

/// A version that a reference chooses.
pub(super) fn version(node: Node<'_>) -> Option<String> {
    if node.one_of(&NO_VERSION).is_some() {
        return None;
    }
    let text = node.text()?;
    let good = |c: char| c.is_ascii_alphanumeric() || ['_', '-', '.'].contains(&c);
    let is_version =
        text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(good) && text.len() <= 32;
    if !is_version {
        node.note(format!("not imported: `{text}` is not a version"));
    }
    is_version.then_some(text)
}

/// The region is one for all functions.
pub(super) fn region(node: Node<'_>, draft: &mut Draft) {
    let Some(node) = node.get("region") else { return };
    let Some(region) = node.text() else { return };
    match &draft.region {
        Some(first) if *first != region => node.note(format!("not imported: `{region}` beside `{first}`")),
        _ => draft.region = Some(region),
    }
}
