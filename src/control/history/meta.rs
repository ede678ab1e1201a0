//! `meta.toml`: what a revision or a release says of itself.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::documents::{Document, Documents, digest, is_name};
use super::error::HistoryError;
use super::folder;
use crate::config::Digest;

const META: &str = "meta.toml";
const FILES: &str = "files";

/// What a revision says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    pub number: u64,
    pub time: Timestamp,
    /// Of the names and contents of its files. Two configurations with one hash are the same.
    pub hash: Digest,
    /// Who made it.
    pub author: String,
    pub note: String,
}

/// A configuration as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub meta: Meta,
    pub documents: Documents,
}

/// Who did something, when, and what they said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub time: Timestamp,
    pub author: String,
    pub note: String,
}

impl Stamp {
    /// That of now, to the second.
    pub(super) fn now(author: &str, note: &str) -> Self {
        let now = Timestamp::now();
        let time = Timestamp::from_second(now.as_second()).unwrap_or(now);
        Self { time, author: author.to_owned(), note: note.to_owned() }
    }
}

/// `meta.toml` as it is written. A key that is not there says what it says when it is empty.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// Of a revision its number, of a release that of the revision that is pinned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) number: Option<u64>,
    /// Of a release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<State>,
    time: Timestamp3339,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<Digest>,
    author: String,
    note: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    file: Vec<FileName>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Pinned,
    Unreleased,
}

/// Which file of the history is which file of the configuration.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileName {
    name: String,
    path: PathBuf,
}

/// A time of RFC 3339, as a string.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Timestamp3339(Timestamp);

impl TryFrom<String> for Timestamp3339 {
    type Error = jiff::Error;

    fn try_from(text: String) -> Result<Self, jiff::Error> {
        text.parse().map(Self)
    }
}

impl From<Timestamp3339> for String {
    fn from(time: Timestamp3339) -> Self {
        time.0.to_string()
    }
}

impl Written {
    pub(super) fn new(number: Option<u64>, state: Option<State>, stamp: &Stamp) -> Self {
        Self {
            number,
            state,
            time: Timestamp3339(stamp.time),
            hash: None,
            author: stamp.author.clone(),
            note: stamp.note.clone(),
            file: Vec::new(),
        }
    }

    pub(super) fn stamp(&self) -> Stamp {
        Stamp { time: self.time.0, author: self.author.clone(), note: self.note.clone() }
    }

    /// The meta data of a revision.
    pub(super) fn revision(self) -> Option<Meta> {
        let Self { number, time, hash, author, note, .. } = self;
        Some(Meta { number: number?, time: time.0, hash: hash?, author, note })
    }

    /// Reads the file in a directory.
    pub(super) fn read(directory: &Path) -> Result<Self, HistoryError> {
        let path = directory.join(META);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Err(HistoryError::damaged(&path, "it is not UTF-8"));
            }
            result => result.map_err(HistoryError::at(&path))?,
        };
        let written: Self = toml::from_str(&text).map_err(|error| HistoryError::damaged(&path, error.message()))?;
        match written.file.iter().find(|file| !is_name(&file.name)) {
            Some(file) => Err(HistoryError::damaged(&path, format!("`{}` is no name of a file", file.name))),
            None => Ok(written),
        }
    }

    /// The files that belong to it, if they are still what they were.
    pub(super) fn documents(&self, directory: &Path) -> Result<Documents, HistoryError> {
        let mut documents = Vec::new();
        for FileName { name, path } in &self.file {
            let place = directory.join(FILES).join(name);
            let content = fs::read(&place).map_err(HistoryError::at(&place))?;
            documents.push(Document { path: path.clone(), content });
        }
        let named: Vec<_> = self.file.iter().map(|file| file.name.clone()).zip(&documents).collect();
        if self.hash != Some(digest(&named)) {
            return Err(HistoryError::damaged(directory, "its files are not those that its hash was made of"));
        }
        let mut documents = documents.into_iter();
        let main = documents.next().ok_or_else(|| HistoryError::damaged(directory, "it has no files"))?;
        Ok(Documents::new(main, documents.collect()))
    }

    /// Writes a new directory with the file and those that belong to it.
    pub(super) fn write(mut self, directory: &Path, documents: Option<&Documents>) -> Result<(), HistoryError> {
        let named = documents.map(Documents::named).transpose()?.unwrap_or_default();
        if documents.is_some() {
            self.hash = Some(digest(&named));
            let file =
                |(name, document): &(String, &Document)| FileName { name: name.clone(), path: document.path.clone() };
            self.file = named.iter().map(file).collect();
        }
        let meta = toml::to_string(&self).map_err(|error| HistoryError::damaged(directory, error.to_string()))?;
        let mut files = vec![(META.to_owned(), meta.as_bytes())];
        files.extend(named.iter().map(|(name, document)| (format!("{FILES}/{name}"), document.content.as_slice())));
        folder::write(directory, &files)
    }
}
