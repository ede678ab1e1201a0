//! Why nothing comes of an import.

use super::syntax::SyntaxError;

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("not YAML or JSON: {0}")]
    Syntax(SyntaxError),
    #[error(
        "neither a serverless.yml (`component`, or `functions` with `provider`) nor an OpenAPI document (`openapi` or `swagger`)"
    )]
    Unknown,
    /// What was found instead, as comments.
    #[error("it names no API: no event of a gateway, no path")]
    Empty(String),
    /// All became comments. This is the text, which says why for each.
    #[error("none of its APIs could be imported: what was printed says why")]
    Nothing(String),
    /// A fault of the import, not of the file.
    #[error("the result is not a valid configuration: {0}")]
    Draft(String),
}
