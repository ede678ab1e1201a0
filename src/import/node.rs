//! A value as importers see it: whatever they ask for is marked as read, and variables of the file are replaced.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::document::{Content, Value};
use super::remark::Place;
use super::variable::{self, DEEPEST};
use crate::units::parse_duration;

/// How many variables are replaced for one text, and how long the value of one may be: variables of variables could go
/// on until the end of memory.
const MOST_ANSWERS: usize = 1_000;
const LONGEST_ANSWER: usize = 4_096;

#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a> {
    value: &'a Value,
    /// Where variables are looked up, in formats that have some.
    variables: Option<&'a Value>,
}

impl<'a> Node<'a> {
    pub(super) fn plain(root: &'a Value) -> Self {
        Self { value: root, variables: None }
    }

    pub(super) fn with_variables(root: &'a Value) -> Self {
        Self { value: root, variables: Some(root) }
    }

    /// A value, or the mapping or list of the file that it refers to. A text that it refers to is taken by [`Self::text`].
    fn within(self, value: &'a Value) -> Self {
        let mut chain = vec![value];
        while let Some(Value { content: Content::Scalar(text), .. }) = chain.last()
            && chain.len() <= DEEPEST
            && let Some(target) = variable::reference(text).and_then(|path| self.variables?.lookup(path))
        {
            chain.push(target);
        }
        let container = chain.pop().filter(|end| matches!(end.content, Content::Mapping(_) | Content::Sequence(_)));
        let Some(container) = container else { return Self { value, ..self } };
        chain.into_iter().for_each(Value::mark_read);
        Self { value: container, ..self }
    }

    pub(super) fn has(self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The value of a key, unless it is null.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        let Content::Mapping(entries) = &self.value.content else { return None };
        let (_, value) = entries.iter().find(|(name, _)| name == key)?;
        (!value.is_null()).then(|| self.within(value))
    }

    /// The value of the first key that there is.
    pub(super) fn first(self, keys: &[&str]) -> Option<Self> {
        keys.iter().find_map(|key| self.get(key))
    }

    /// What the `$ref` in it points at, if that is a place of the document, whose root is `root`.
    pub(super) fn referred(self, root: Self) -> Option<Self> {
        let reference = self.get("$ref")?;
        let key = |part: &str| part.replace("~1", "/").replace("~0", "~");
        let pointer = reference.peek()?;
        let target = pointer.strip_prefix("#/")?.split('/').try_fold(root, |node, part| node.get(&key(part)))?;
        reference.text();
        Some(target)
    }

    /// The keys and values of a mapping; none of anything else. A value may be null: then the key alone says something.
    pub(super) fn entries(self) -> Vec<(&'a str, Self)> {
        let Content::Mapping(entries) = &self.value.content else { return Vec::new() };
        self.value.mark_read();
        entries.iter().map(|(key, value)| (key.as_str(), self.within(value))).collect()
    }

    /// The elements of a list; none of anything else.
    pub(super) fn list(self) -> Vec<Self> {
        let Content::Sequence(items) = &self.value.content else { return Vec::new() };
        self.value.mark_read();
        items.iter().map(|value| self.within(value)).collect()
    }

    /// The elements of a list that is the value of a key.
    pub(super) fn list_of(self, key: &str) -> Vec<Self> {
        self.get(key).map(Self::list).unwrap_or_default()
    }

    /// A string, or a number or boolean as it is written.
    pub(super) fn text(self) -> Option<String> {
        let Content::Scalar(text) = &self.value.content else { return None };
        self.value.mark_read();
        let Some(root) = self.variables.filter(|_| text.contains("${")) else { return Some(text.clone()) };
        let answers = Answers::new(root);
        let expanded = variable::expand(text, &|path| answers.answer(path, 0));
        answers.used.borrow().iter().for_each(|value| value.mark_read());
        if expanded.is_open {
            self.note(format!("`{text}`: this file does not define it: put the value in"));
        } else if expanded.has_default {
            self.note(format!("`{text}`: the default is used"));
        }
        Some(expanded.text)
    }

    /// The text of a key.
    pub(super) fn text_of(self, key: &str) -> Option<String> {
        self.get(key)?.text()
    }

    /// The text, if it is one of these, in any letter case.
    pub(super) fn one_of(self, known: &[&'static str]) -> Option<&'static str> {
        let text = self.peek()?;
        let found = known.iter().copied().find(|known| known.eq_ignore_ascii_case(&text))?;
        self.text();
        Some(found)
    }

    /// A boolean. Anything else is as if it had not been read.
    pub(super) fn flag(self, key: &str) -> Option<bool> {
        self.get(key)?.one_of(&["true", "false"]).map(|truth| truth == "true")
    }

    /// The text as it will be, of a value that nobody may need.
    pub(super) fn peek(self) -> Option<String> {
        let Content::Scalar(text) = &self.value.content else { return None };
        let Some(root) = self.variables else { return Some(text.clone()) };
        let answers = Answers::new(root);
        Some(variable::expand(text, &|path| answers.answer(path, 0)).text)
    }

    /// A time: seconds as a number, also with a fraction, or with a unit. What is none becomes a remark.
    pub(super) fn time(self) -> Option<Duration> {
        self.read("time", time)
    }

    /// A number of milliseconds. What is none becomes a remark.
    pub(super) fn milliseconds(self) -> Option<Duration> {
        self.read("number of milliseconds", |text| text.trim().parse().ok().map(Duration::from_millis))
    }

    /// A number of MB. What is none becomes a remark.
    pub(super) fn megabytes(self) -> Option<u32> {
        self.read("number of MB", |text| text.trim().trim_end_matches("MB").trim_end().parse().ok())
    }

    fn read<T>(self, what: &str, read: fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text();
        let value = text.as_deref().and_then(read);
        if value.is_none() {
            let text = text.map_or_else(|| "it".to_owned(), |text| format!("`{text}`"));
            self.note(format!("not imported: {text} is not a {what}"));
        }
        value
    }

    pub(super) fn is_mapping(self) -> bool {
        matches!(self.value.content, Content::Mapping(_))
    }

    pub(super) fn is_list(self) -> bool {
        matches!(self.value.content, Content::Sequence(_))
    }

    /// Takes note that the key has been read, where there is nothing behind it, or a container whose elements speak for
    /// themselves. A text behind it still has to be read.
    pub(super) fn mark_key_read(self) {
        if !matches!(self.value.content, Content::Scalar(_)) {
            self.value.mark_read();
        }
    }

    /// Passes over keys that only describe, with all that is in them. The others have been looked at.
    pub(super) fn describes(self, keys: &[&str]) {
        let Content::Mapping(entries) = &self.value.content else { return };
        self.value.mark_read();
        let described = entries.iter().filter(|(key, _)| keys.contains(&key.as_str()));
        described.for_each(|(_, value)| value.mark_description());
    }

    /// Says something of the value and of all that is in it.
    pub(super) fn note(self, text: impl Into<String>) {
        self.value.note(text.into());
    }

    /// Says something of the values of keys, unless somebody has read them meanwhile.
    pub(super) fn note_unread(self, keys: &[&str], text: &str) {
        let unread = keys.iter().filter_map(|key| self.get(key)).filter(|node| !node.value.is_touched());
        unread.for_each(|node| node.note(text));
    }

    /// Says where remarks on the value and on what is in it stand.
    pub(super) fn belongs_to(self, place: Place) {
        self.value.set_place(place);
    }
}

/// What a file says of its variables.
struct Answers<'a> {
    root: &'a Value,
    left: Cell<usize>,
    /// Where the answers come from.
    used: RefCell<Vec<&'a Value>>,
}

impl<'a> Answers<'a> {
    fn new(root: &'a Value) -> Self {
        Self { root, left: Cell::new(MOST_ANSWERS), used: RefCell::default() }
    }

    /// The text at a path, with variables in it replaced as well.
    fn answer(&self, path: &str, depth: usize) -> Option<String> {
        self.left.set(self.left.get().checked_sub(1).filter(|_| depth < DEEPEST)?);
        let value = self.root.lookup(path)?;
        let Content::Scalar(text) = &value.content else { return None };
        let expanded = variable::expand(text, &|path| self.answer(path, depth + 1));
        let is_answer = !expanded.is_open && expanded.text.len() <= LONGEST_ANSWER;
        is_answer.then(|| {
            self.used.borrow_mut().push(value);
            expanded.text
        })
    }
}

/// `30`, `2.5`, `30s`, `15 s`, `2m`, `500ms`.
fn time(text: &str) -> Option<Duration> {
    match text.trim().parse() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => parse_duration(&text.replace(' ', "")).ok(),
    }
}
