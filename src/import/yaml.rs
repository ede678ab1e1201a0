//! YAML as [`Value`]s: aliases are copies, merge keys are merged, and `!Name value` is a mapping with the one key `!Name`.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::document::{Content, Value};
use super::syntax::SyntaxError;

/// How many values aliases may add. A few lines of aliases of aliases would be more than any memory.
const MOST_COPIES: usize = 100_000;

const MERGE: &str = "<<";

/// The documents of a stream.
pub(super) fn parse(text: &str) -> Result<Vec<Value>, SyntaxError> {
    let mut builder = Builder::default();
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|error| syntax(&error))?;
        builder.take(event, span)?;
    }
    Ok(builder.documents)
}

fn syntax(error: &ScanError) -> SyntaxError {
    let marker = error.marker();
    SyntaxError { line: marker.line(), column: marker.col() + 1, message: error.info() }
}

#[derive(Default)]
struct Builder {
    documents: Vec<Value>,
    /// Containers that are not over, the outermost first.
    open: Vec<Open>,
    anchors: HashMap<usize, Value>,
    copies: usize,
}

struct Open {
    anchor: usize,
    tag: Option<String>,
    container: Container,
}

enum Container {
    Sequence(Vec<Value>),
    Mapping { entries: Vec<Entry>, key: Option<Key> },
}

struct Key {
    text: String,
    is_merge: bool,
}

struct Entry {
    key: Key,
    value: Value,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                if plain && text == MERGE && self.start_merge() {
                    return Ok(());
                }
                let null = plain && ["", "~", "null", "Null", "NULL"].contains(&text.as_ref());
                let content = if null { Content::Null } else { Content::Scalar(text.into_owned()) };
                self.complete(content, anchor, tag.and_then(|tag| local(&tag)));
            }
            Event::SequenceStart(_, anchor, tag) => self.start(anchor, tag.as_deref(), Container::Sequence(Vec::new())),
            Event::MappingStart(_, anchor, tag) => {
                self.start(anchor, tag.as_deref(), Container::Mapping { entries: Vec::new(), key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { anchor, tag, container }) = self.open.pop() else { return Ok(()) };
                let content = match container {
                    Container::Sequence(items) => Content::Sequence(items),
                    Container::Mapping { entries, .. } => Content::Mapping(merge(entries)),
                };
                self.complete(content, anchor, tag);
            }
            Event::Alias(anchor) => {
                let value = self.copy(anchor).map_err(|message| {
                    let message = message.to_owned();
                    SyntaxError { line: span.start.line(), column: span.start.col() + 1, message }
                })?;
                self.put(value);
            }
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, anchor: usize, tag: Option<&Tag>, container: Container) {
        self.open.push(Open { anchor, tag: tag.and_then(local), container });
    }

    /// Takes `<<` for a key, if a key is what comes next.
    fn start_merge(&mut self) -> bool {
        let Some(Open { container: Container::Mapping { key, .. }, .. }) = self.open.last_mut() else { return false };
        let is_key = key.is_none();
        if is_key {
            *key = Some(Key { text: MERGE.to_owned(), is_merge: true });
        }
        is_key
    }

    fn complete(&mut self, content: Content, anchor: usize, tag: Option<String>) {
        let mut value = Value::new(content);
        if let Some(tag) = tag {
            value = Value::new(Content::Mapping(vec![(tag, value)]));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
        self.put(value);
    }

    fn put(&mut self, value: Value) {
        match self.open.last_mut().map(|open| &mut open.container) {
            None => self.documents.push(value),
            Some(Container::Sequence(items)) => items.push(value),
            Some(Container::Mapping { entries, key }) => match key.take() {
                Some(key) => entries.push(Entry { key, value }),
                None => *key = Some(Key { text: key_text(value.content), is_merge: false }),
            },
        }
    }

    fn copy(&mut self, anchor: usize) -> Result<Value, &'static str> {
        let value = self.anchors.get(&anchor).ok_or("an alias within what it stands for")?;
        self.copies += value.count();
        if self.copies > MOST_COPIES { Err("aliases stand for too many values") } else { Ok(value.clone()) }
    }
}

fn key_text(content: Content) -> String {
    match content {
        Content::Scalar(text) => text,
        Content::Null => "null".to_owned(),
        // No format has such keys.
        Content::Sequence(_) | Content::Mapping(_) => "?".to_owned(),
    }
}

/// A tag that YAML itself does not define, as `!Ref`: the value is not what it looks like.
fn local(tag: &Tag) -> Option<String> {
    let name = format!("{}{}", tag.handle(), tag.suffix());
    (tag.handle() != "tag:yaml.org,2002:" && name != "!").then_some(name)
}

/// Puts the entries of merged mappings in the place of `<<`. Keys that the mapping has itself, and earlier merges, come first.
fn merge(entries: Vec<Entry>) -> Vec<(String, Value)> {
    let own: Vec<_> = entries.iter().filter(|entry| !entry.key.is_merge).map(|entry| entry.key.text.clone()).collect();
    let mut merged: Vec<(String, Value)> = Vec::with_capacity(entries.len());
    for Entry { key, value } in entries {
        match mappings(key.is_merge, value) {
            Err(value) => merged.push((key.text, value)),
            Ok(sources) => {
                for (key, value) in sources.into_iter().flatten() {
                    if !own.contains(&key) && !merged.iter().any(|(known, _)| *known == key) {
                        merged.push((key, value));
                    }
                }
            }
        }
    }
    merged
}

/// The mappings that `<<` names, or the value as it is.
fn mappings(is_merge: bool, value: Value) -> Result<Vec<Vec<(String, Value)>>, Value> {
    let is_mapping = |value: &Value| matches!(value.content, Content::Mapping(_));
    let entries = |value: Value| match value.content {
        Content::Mapping(entries) => entries,
        _ => Vec::new(),
    };
    match value.content {
        Content::Mapping(entries) if is_merge => Ok(vec![entries]),
        Content::Sequence(items) if is_merge && items.iter().all(is_mapping) => {
            Ok(items.into_iter().map(entries).collect())
        }
        _ => Err(value),
    }
}
