//! Configurations of others as TOML of fngate: `serverless.yml` with `apigw` events, and OpenAPI.
//!
//! What comes out is good: [`config::parse`](crate::config::parse) has read it. Whatever has no counterpart stands in it as a comment; nothing
//! is left out silently. It reads text and writes text, and touches neither disk nor network.

mod draft;
mod error;
mod openapi;
mod serverless;
mod source;

use self::draft::Draft;
pub use self::error::ImportError;
use self::source::Node;

/// Reads a `serverless.yml` or an OpenAPI document, in YAML or JSON, and returns a configuration.
///
/// # Errors
/// [`ImportError`] says why there is none.
pub fn import(text: &str) -> Result<String, ImportError> {
    let document = source::parse(text)?;
    let root = Node::root(&document);
    let mut draft = Draft::default();
    if root.has("openapi") || root.has("swagger") {
        openapi::read(&root, &mut draft);
    } else {
        serverless::read(&root, &mut draft)?;
    }
    draft.finish()
}

#[cfg(test)]
mod tests;
