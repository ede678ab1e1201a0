//! Custom fields as admins see them.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};

use super::MASK;

/// Custom fields, with the secrets among them masked.
pub(super) fn headers(fields: &[(HeaderName, HeaderValue)]) -> BTreeMap<String, String> {
    let shown = |value: &HeaderValue| match value.to_str() {
        Ok(text) if !value.is_sensitive() => text.to_owned(),
        _ => MASK.to_owned(),
    };
    fields.iter().map(|(name, value)| (name.to_string(), shown(value))).collect()
}
