//! A file of the configuration as an admin sees it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::object;
use crate::config::{self, Input, Role};

/// A file that the configuration in use was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Document {
    #[schema(example = "/etc/fngate/fngate.toml")]
    pub file: String,
    pub role: DocumentRole,
    /// Why the gateway cannot write it; null: it can.
    pub read_only: Option<String>,
    /// Changes with everything that the file says, secrets included.
    pub etag: String,
    /// TOML, with secrets masked. Comments are as they are written.
    pub text: String,
}

/// How a file belongs to the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentRole {
    Main,
    /// `include` of the main file names it.
    Include,
    /// It is in the directory of edits.
    Edits,
}

impl Document {
    /// What a file says; none for one that is no TOML document.
    #[must_use]
    pub fn new(input: &Input, read_only: Option<String>) -> Option<Self> {
        let role = match input.role {
            Role::Main => DocumentRole::Main,
            Role::Included => DocumentRole::Include,
            Role::Edited => DocumentRole::Edits,
            Role::Named => return None,
        };
        let text = std::str::from_utf8(input.content.as_deref()?).ok()?;
        let masked = config::masked(text);
        let etag = if masked == text { object::tag(text.as_bytes()) } else { object::salted_tag(text.into()) };
        Some(Self { file: input.path.to_string_lossy().into_owned(), role, read_only, etag, text: masked })
    }
}
