//! Configurations of others as TOML of fngate: `serverless.yml`, and OpenAPI.
//!
//! What comes out is good: [`config::parse`](crate::config::parse) has read it, and the matcher has been asked whether requests
//! reach its APIs. Nothing is lost: each value of the document went into the configuration or stands in it as a comment
//! (`document`). It reads text and writes text, and touches neither disk nor network.

mod address;
mod block;
mod document;
mod draft;
mod error;
mod host;
mod json;
mod name;
mod node;
mod openapi;
mod output;
mod path;
mod reach;
mod remark;
mod serverless;
mod syntax;
mod variable;
mod yaml;

use self::document::Value;
use self::draft::Draft;
pub use self::error::ImportError;
use self::node::Node;
pub use self::syntax::SyntaxError;

/// Reads a `serverless.yml` or an OpenAPI document, in YAML or JSON, and returns a configuration.
///
/// # Errors
/// [`ImportError`] says why there is none.
pub fn import(text: &str) -> Result<String, ImportError> {
    let documents = parse(text).map_err(ImportError::Syntax)?;
    let Some((document, others)) = documents.split_first() else { return Err(ImportError::Empty(String::new())) };
    let mut draft = Draft::default();
    let plain = Node::plain(document);
    let meaning = if plain.has("openapi") || plain.has("swagger") {
        openapi::read(plain, &mut draft);
        openapi::meaning
    } else {
        serverless::read(Node::with_variables(document), &mut draft)?;
        serverless::meaning
    };
    let mut remarks = document.remarks("", meaning);
    for (index, other) in others.iter().enumerate().filter(|(_, other)| !other.is_null()) {
        other.note("not imported: only the first document of a file is".to_owned());
        remarks.extend(other.remarks(&format!("document {}", index + 2), meaning));
    }
    remarks.append(&mut draft.remarks);
    output::write(Draft { remarks, ..draft })
}

/// JSON is a part of YAML in theory. Readers of YAML stumble over some of it.
fn parse(text: &str) -> Result<Vec<Value>, SyntaxError> {
    if !text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) {
        return yaml::parse(text);
    }
    json::parse(text).map(|value| vec![value]).or_else(|error| yaml::parse(text).map_err(|other| error.later(other)))
}

#[cfg(test)]
mod tests;
