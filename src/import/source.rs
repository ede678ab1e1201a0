//! A document of others: a value, and where it stands.

use std::time::Duration;

use saphyr::{LoadableYamlNode, Scalar, Yaml};

use super::error::ImportError;

/// Reads YAML, of which JSON is a part.
pub(super) fn parse(text: &str) -> Result<Yaml<'_>, ImportError> {
    let documents = Yaml::load_from_str(text).map_err(|error| ImportError::Syntax(error.to_string()))?;
    documents.into_iter().next().ok_or(ImportError::Empty)
}

/// A value of a document.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    /// The keys that lead here, with dots between.
    pub(super) at: String,
    value: &'a Yaml<'a>,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Yaml<'a>) -> Self {
        Self { at: String::new(), value }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The value of a key, unless it is null.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        self.entries().into_iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The keys and values of a mapping, in the order of the document; none of anything else. Null is as if it were not there.
    pub(super) fn entries(&self) -> Vec<(String, Self)> {
        let mut entries = self.all_entries();
        entries.retain(|(_, node)| !node.is_null());
        entries
    }

    /// Also those whose value is null, where the key alone says something.
    pub(super) fn all_entries(&self) -> Vec<(String, Self)> {
        let Yaml::Mapping(mapping) = self.value else { return Vec::new() };
        let entry = |(key, value): (&'a Yaml<'a>, &'a Yaml<'a>)| {
            let key = text(key)?;
            let at = if self.at.is_empty() { key.clone() } else { format!("{}.{key}", self.at) };
            Some((key, Self { at, value }))
        };
        mapping.iter().filter_map(entry).collect()
    }

    /// The elements of a list; none of anything else.
    pub(super) fn list(&self) -> Vec<Self> {
        let Yaml::Sequence(items) = self.value else { return Vec::new() };
        items.iter().enumerate().map(|(index, value)| Self { at: format!("{}[{index}]", self.at), value }).collect()
    }

    /// A string, or a number or boolean as it is written.
    pub(super) fn text(&self) -> Option<String> {
        text(self.value)
    }

    /// The text of a key.
    pub(super) fn text_of(&self, key: &str) -> Option<String> {
        self.get(key)?.text()
    }

    pub(super) fn is_true(&self, key: &str) -> bool {
        self.text_of(key).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// A number of seconds, also with a fraction.
    pub(super) fn seconds(&self, key: &str) -> Option<Duration> {
        let seconds = self.text_of(key)?.parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    }

    /// Where the keys stand that nobody has asked for.
    pub(super) fn others(&self, asked: &[&str]) -> Vec<Self> {
        self.entries().into_iter().filter(|(key, _)| !asked.contains(&key.as_str())).map(|(_, node)| node).collect()
    }

    pub(super) fn is_mapping(&self) -> bool {
        matches!(self.value, Yaml::Mapping(_))
    }

    fn is_null(&self) -> bool {
        matches!(self.value, Yaml::Value(Scalar::Null))
    }
}

fn text(value: &Yaml<'_>) -> Option<String> {
    let Yaml::Value(scalar) = value else { return None };
    match scalar {
        Scalar::String(text) => Some(text.to_string()),
        Scalar::Integer(number) => Some(number.to_string()),
        Scalar::FloatingPoint(number) => Some(number.to_string()),
        Scalar::Boolean(truth) => Some(truth.to_string()),
        Scalar::Null => None,
    }
}
