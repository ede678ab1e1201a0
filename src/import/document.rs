//! A document as it was written, and what the import has made of each of its values.
//!
//! Nothing is lost: a value that no importer has read, or passed over as a mere description, becomes a remark. Importers
//! need no list of what they leave out.

use std::cell::{Cell, RefCell};

use super::remark::{Place, Remark};

/// What a key means that no importer has read, if there is more to say than that nothing corresponds to it.
pub(super) type Meaning = fn(&str) -> Option<&'static str>;

const NO_COUNTERPART: &str = "there is no counterpart";

/// A value, and whether it has been read. The marks are the importers' (by way of [`Node`](super::node::Node)); only
/// [`Value::remarks`] reads them, at the end.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) content: Content,
    state: Cell<State>,
    /// What came of it. What is within belongs there as well, unless it says otherwise.
    place: Cell<Option<Place>>,
    /// What importers say of it. They speak for all that is within.
    notes: RefCell<Vec<String>>,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    Null,
    /// A string, or a number or boolean as it was written.
    Scalar(String),
    Sequence(Vec<Value>),
    /// In the order of the document. A key may be there twice.
    Mapping(Vec<(String, Value)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unread,
    Read,
    /// Describes something for readers, with all that is within.
    Description,
}

impl Value {
    pub(super) fn new(content: Content) -> Self {
        Self { content, state: Cell::new(State::Unread), place: Cell::default(), notes: RefCell::default() }
    }

    pub(super) fn scalar(text: impl Into<String>) -> Self {
        Self::new(Content::Scalar(text.into()))
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.content, Content::Null)
    }

    /// Takes note that the value went into the configuration. For a container, that its elements were looked at.
    pub(super) fn mark_read(&self) {
        self.state.set(State::Read);
    }

    pub(super) fn mark_description(&self) {
        self.state.set(State::Description);
    }

    pub(super) fn set_place(&self, place: Place) {
        self.place.set(Some(place));
    }

    pub(super) fn note(&self, text: String) {
        let mut notes = self.notes.borrow_mut();
        if !notes.contains(&text) {
            notes.push(text);
        }
    }

    /// The value at a path with dots, `custom.hosts.0`.
    pub(super) fn lookup(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |value, key| match &value.content {
            Content::Mapping(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            Content::Sequence(items) => items.get(key.parse::<usize>().ok()?),
            Content::Null | Content::Scalar(_) => None,
        })
    }

    /// How many values there are, this one included.
    pub(super) fn count(&self) -> usize {
        1 + self.children().map(Self::count).sum::<usize>()
    }

    /// What was noted, and whatever nobody has read, each with its path behind `start`, in the order of the document.
    pub(super) fn remarks(&self, start: &str, meaning: Meaning) -> Vec<Remark> {
        let mut walk = Walk { meaning, remarks: Vec::new() };
        walk.visit(self, &Path { at: start.to_owned(), key: String::new() }, Place::Whole);
        walk.remarks
    }

    fn children(&self) -> impl Iterator<Item = &Self> {
        let (items, entries) = match &self.content {
            Content::Sequence(items) => (Some(items), None),
            Content::Mapping(entries) => (None, Some(entries)),
            Content::Null | Content::Scalar(_) => (None, None),
        };
        items.into_iter().flatten().chain(entries.into_iter().flatten().map(|(_, value)| value))
    }

    /// Whether an importer has had to do with it, or with anything within.
    pub(super) fn is_touched(&self) -> bool {
        self.state.get() != State::Unread || !self.notes.borrow().is_empty() || self.children().any(Self::is_touched)
    }
}

/// The keys that lead to a value, and the last of them that is a name.
struct Path {
    at: String,
    key: String,
}

impl Path {
    fn entry(&self, key: &str) -> Self {
        let shown = key.escape_debug().to_string();
        let shown = if key.chars().any(char::is_control) { shown.as_str() } else { key };
        let at = if self.at.is_empty() { shown.to_owned() } else { format!("{}.{shown}", self.at) };
        Self { at, key: key.to_owned() }
    }

    fn item(&self, index: usize) -> Self {
        Self { at: format!("{}[{index}]", self.at), key: self.key.clone() }
    }
}

struct Walk {
    meaning: Meaning,
    remarks: Vec<Remark>,
}

impl Walk {
    fn visit(&mut self, value: &Value, path: &Path, place: Place) {
        let place = value.place.get().unwrap_or(place);
        for note in value.notes.borrow().iter() {
            self.remark(path, note, place);
        }
        let state = value.state.get();
        if state == State::Description || !value.notes.borrow().is_empty() {
            return;
        }
        match &value.content {
            Content::Null if state == State::Unread => self.remark(path, "it has no value", place),
            content if !value.is_touched() => {
                let meaning = (self.meaning)(&path.key).unwrap_or(NO_COUNTERPART);
                match content {
                    // What it stands for is elsewhere: the path alone would not say it.
                    Content::Scalar(text) if text.contains("${") => {
                        self.remark(path, &format!("`{text}`: {meaning}"), place);
                    }
                    _ => self.remark(path, meaning, place),
                }
            }
            Content::Null | Content::Scalar(_) => {}
            Content::Sequence(items) => {
                items.iter().enumerate().for_each(|(index, item)| self.visit(item, &path.item(index), place));
            }
            Content::Mapping(entries) => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    if !value.is_touched() && entries[..index].iter().any(|(earlier, _)| earlier == key) {
                        self.remark(&path.entry(key), "the key stands here twice: the first one counts", place);
                    } else {
                        self.visit(value, &path.entry(key), place);
                    }
                }
            }
        }
    }

    fn remark(&mut self, path: &Path, text: &str, place: Place) {
        let at = if path.at.is_empty() { "the document" } else { &path.at };
        self.remarks.push(Remark { place, text: format!("{at}: {text}") });
    }
}
