//! A document of others: a value, and where it stands.

use std::time::Duration;

use saphyr::{LoadableYamlNode, Scalar, Yaml};

use super::error::ImportError;
use crate::units::parse_duration;

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

    /// A time: seconds as a number, also with a fraction, or with a unit. What is no time becomes a remark.
    pub(super) fn time(&self, key: &str, remarks: &mut Vec<String>) -> Option<Duration> {
        self.read(key, "time", time, remarks)
    }

    /// A number of MB. What is none becomes a remark.
    pub(super) fn megabytes(&self, key: &str, remarks: &mut Vec<String>) -> Option<u32> {
        let megabytes = |text: &str| text.trim().trim_end_matches("MB").trim_end().parse().ok();
        self.read(key, "number of MB", megabytes, remarks)
    }

    fn read<T>(&self, key: &str, what: &str, read: fn(&str) -> Option<T>, remarks: &mut Vec<String>) -> Option<T> {
        let node = self.get(key)?;
        let text = node.text();
        let value = text.as_deref().and_then(read);
        if value.is_none() {
            let text = text.map_or_else(|| "it".to_owned(), |text| format!("`{text}`"));
            remarks.push(format!("{}: not imported: {text} is no {what}", node.at));
        }
        value
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

/// `30`, `2.5`, `30s`, `15 s`, `2m`, `500ms`.
fn time(text: &str) -> Option<Duration> {
    match text.trim().parse() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => parse_duration(&text.replace(' ', "")).ok(),
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
