//! A change of the configuration that somebody asks for: what it is, and what comes of it.

pub mod assign;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::problem::{Finding, Problem};
use crate::config::Environment;
use crate::inspect::object::Target;
use crate::telemetry::escape::is_terminal_control;

/// A change, and who wants it.
#[derive(Clone, Debug)]
pub struct Request {
    pub author: Author,
    pub note: Option<String>,
    pub change: Change,
    pub mode: Mode,
}

/// The most characters of a note: it is kept in every list of revisions.
const LONGEST_NOTE: usize = 1000;

/// Refuses a note that is too long, or that a terminal would obey.
///
/// # Errors
/// What is wrong with it.
pub fn check_note(note: &str) -> Result<(), String> {
    if note.chars().any(|c| c != '\n' && is_terminal_control(c)) {
        return Err("the note has control characters".to_owned());
    }
    match note.chars().count() {
        ..=LONGEST_NOTE => Ok(()),
        count => Err(format!("the note has {count} characters: {LONGEST_NOTE} at most")),
    }
}

/// Who changes something, for the history and the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// A token's name, a user's, or `file`.
    pub name: String,
    /// An address, or `unix`.
    pub from: String,
}

impl Author {
    /// Whoever changes files by hand.
    #[must_use]
    pub fn file() -> Self {
        Self { name: "file".to_owned(), from: String::new() }
    }
}

/// Whether the change is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Make,
    /// Only what would come of it is said.
    DryRun,
}

/// What is to change.
#[derive(Clone, Debug)]
pub enum Change {
    /// An object is made, or gets these keys and no others.
    Put {
        target: Target,
        keys: Map<String, Value>,
        condition: Condition,
    },
    Delete {
        target: Target,
        condition: Condition,
    },
    /// Functions, services and APIs are made what these files say.
    Apply {
        documents: Vec<Source>,
    },
    /// Files get these texts.
    Rewrite {
        files: Vec<TypedFile>,
    },
    /// Functions, services and APIs become what they were.
    Rollback {
        revision: u64,
    },
    /// An environment is pinned to a revision; to the one in use without one.
    Release {
        environment: Environment,
        revision: Option<u64>,
    },
    /// The APIs of an environment answer 404.
    Unrelease {
        environment: Environment,
    },
    /// An environment follows the configuration in use again.
    Follow {
        environment: Environment,
    },
}

/// A file that is applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// As seen from the directory of the main file.
    pub name: String,
    pub text: String,
}

/// A file of the configuration as somebody has typed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TypedFile {
    /// As `/v1/files` names it.
    #[schema(example = "/etc/fngate/fngate.toml")]
    pub file: String,
    /// TOML, in which `***` stands for a secret that the file has.
    pub text: String,
    /// That of the text before.
    pub etag: String,
}

/// Of which state of an object a change is made (RFC 9110 section 13.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// `If-Match`
    pub is: Option<Tags>,
    /// `If-None-Match: *`
    pub is_new: bool,
}

/// Tags of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tags {
    Any,
    OneOf(Vec<String>),
}

impl Tags {
    #[must_use]
    pub fn contain(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => tags.iter().any(|tag| tag == etag),
        }
    }
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    pub result: Effect,
    /// The revision in use.
    pub revision: u64,
    /// The files that were written, or would be.
    pub files: Vec<Written>,
    /// The object as TOML, as the files have it now.
    pub toml: Option<String>,
    /// Warnings of the configuration as a whole.
    pub warnings: Vec<Finding>,
}

/// How much a change has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    Created,
    Changed,
    Deleted,
    Unchanged,
}

/// A file that a change writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Written {
    pub file: String,
    /// The lines that change, in the unified format, with secrets masked.
    pub diff: String,
}

/// The object of a change, and what came of it.
#[derive(Clone, Debug)]
pub struct Done {
    pub outcome: Outcome,
    /// None where there is no object, or none any more.
    pub object: Option<Value>,
    pub etag: Option<String>,
    /// As it was.
    pub before: Option<Value>,
}

/// The answer to a change.
pub type Answer = Result<Done, Box<Problem>>;
