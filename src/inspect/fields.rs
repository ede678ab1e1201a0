//! Custom fields as admins see them.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};

use super::MASK;
use crate::config::masked_urls;

/// Custom fields, with the secrets among them masked.
pub(super) fn headers(fields: &[(HeaderName, HeaderValue)]) -> BTreeMap<String, String> {
    let shown = |value: &HeaderValue| match value.to_str() {
        Ok(text) if !value.is_sensitive() => masked_urls(text),
        _ => MASK.to_owned(),
    };
    fields.iter().map(|(name, value)| (name.to_string(), shown(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_as_in_files() {
        let mut hidden = HeaderValue::from_static("Bearer x");
        hidden.set_sensitive(true);
        let field = |name, value| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let shown = headers(&[
            (HeaderName::from_static("authorization"), hidden),
            field("x-url", "https://u:pw@h/x?key=k&b=${B}"),
            field("x-plain", "a b"),
        ]);
        let shown: Vec<_> = shown.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let wanted = [("authorization", "***"), ("x-plain", "a b"), ("x-url", "https://***@h/x?key=***&b=${B}")];
        assert_eq!(shown, wanted);
    }
}
