//! Names of functions, services and APIs, and the references that APIs make to functions.

use super::error::{Problem, quoted};
use super::value::Kind;

pub(super) const DEFAULT_NAMESPACE: &str = "default";
pub(super) const LATEST: &str = "$LATEST";

/// The name of a function or of a namespace.
pub(super) const FUNCTION: Kind<String> = Kind::new("orders", |text| function_name(text).map(str::to_owned));

pub(super) const VERSION: Kind<String> = Kind::new(LATEST, |text| version(text).map(str::to_owned));

/// The name of a service or of an API. It becomes a header value and a metric label.
pub(super) const DISPLAY: Kind<String> = Kind::new("shop", display_name);

pub(super) const REFERENCE: Kind<Reference> = Kind::new("orders", Reference::parse);

/// How an API names its function: `name`, `namespace/name` or `namespace/name:version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) version: Option<String>,
}

impl Reference {
    fn parse(text: &str) -> Result<Self, Problem> {
        let (path, version_text) = text.split_once(':').map_or((text, None), |(path, version)| (path, Some(version)));
        let (namespace, name) = path.split_once('/').unwrap_or((DEFAULT_NAMESPACE, path));
        let hint = "a function is `name`, `namespace/name` or `namespace/name:version`".to_owned();
        let with_hint = |problem: Problem| problem.hint(hint.clone());
        Ok(Self {
            namespace: function_name(namespace).map_err(with_hint)?.to_owned(),
            name: function_name(name).map_err(with_hint)?.to_owned(),
            version: version_text.map(version).transpose().map_err(with_hint)?.map(str::to_owned),
        })
    }
}

fn function_name(text: &str) -> Result<&str, Problem> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if first && text.len() <= 60 && text.bytes().all(good) {
        return Ok(text);
    }
    let rule = "a letter, then letters, digits, `_` and `-`, at most 60 in all";
    Err(Problem::new(format!("{} is not a name: {rule}", quoted(text))))
}

fn version(text: &str) -> Result<&str, Problem> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let first = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if text == LATEST || (first && text.len() <= 32 && text.bytes().all(good)) {
        return Ok(text);
    }
    let rule = "`$LATEST`, or a letter or digit, then letters, digits, `_`, `-` and `.`, at most 32 in all";
    let hint = text.eq_ignore_ascii_case(LATEST).then(|| "did you mean \"$LATEST\"?".to_owned());
    Err(Problem::new(format!("{} is not a version: {rule}", quoted(text))).hint(hint))
}

fn display_name(text: &str) -> Result<String, Problem> {
    let good = |byte: u8| (byte.is_ascii_graphic() || byte == b' ') && byte != b'"' && byte != b'\\';
    if (1..=60).contains(&text.len()) && text.bytes().all(good) && text.trim() == text {
        return Ok(text.to_owned());
    }
    let rule = "1 to 60 visible ASCII characters without quotes, and no space at an end";
    Err(Problem::new(format!("{} is not a name: {rule}", quoted(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_name_a_function_and_perhaps_a_version() {
        for (text, namespace, name, version) in [
            ("orders", "default", "orders", None),
            ("orders:3", "default", "orders", Some("3")),
            ("shop/orders", "shop", "orders", None),
            ("shop/orders:$LATEST", "shop", "orders", Some("$LATEST")),
            ("shop/orders:1.0-rc_2", "shop", "orders", Some("1.0-rc_2")),
        ] {
            let reference = Reference::parse(text).expect(text);
            let parts = (reference.namespace.as_str(), reference.name.as_str(), reference.version.as_deref());
            assert_eq!(parts, (namespace, name, version), "{text}");
        }
        for text in
            ["", "/orders", "shop/", "a/b/c", "orders:", "shop/orders:3:4", "orders:$latest", "1orders", "or ders"]
        {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_have_a_greatest_length() {
        assert!(function_name(&"a".repeat(60)).is_ok());
        assert!(function_name(&"a".repeat(61)).is_err());
        assert!(version(&"1".repeat(32)).is_ok());
        assert!(version(&"1".repeat(33)).is_err());
        assert!(display_name(&"x".repeat(60)).is_ok());
        assert!(display_name(&"x".repeat(61)).is_err());
        for bad in ["", " x", "x ", "a\"b", "a\\b", "a\tb", "caf\u{e9}"] {
            assert!(display_name(bad).is_err(), "{bad}");
        }
    }
}
