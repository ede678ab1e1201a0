//! Header fields that are configured: which names they may have, what may be in those that are sent, and which are removed.

use http::{HeaderName, HeaderValue};
use toml::de::DeValue;

use super::error::{Diagnostic, Problem, quoted};
use super::file::Span;
use super::secret::is_secret_field;
use super::section::Section;
use super::value::{Found, Kind, Value};
use crate::header::{self, Class, ReservedPrefix, classify};

/// A head with more is refused by many servers.
const LONGEST: usize = 8 * 1024;
const MOST: usize = 32 * 1024;

const VALUE: Kind<HeaderValue> = Kind::new("gold", value);
const NAME: Kind<String> = Kind::text("X-HTTP-Method-Override");

/// Reads `headers = { "X-Tier" = "gold" }`, in the order of the file. Values that are kept from the admin API are marked as sensitive.
pub(super) fn read(section: &Section<'_>, prefix: &ReservedPrefix) -> Vec<(HeaderName, HeaderValue)> {
    let Some((table, entries)) = section.map("headers", "{ \"X-Tier\" = \"gold\" }") else { return Vec::new() };
    let mut fields: Vec<(HeaderName, HeaderValue)> = Vec::new();
    let mut seen: Vec<(String, Span)> = Vec::new();
    for (written, entry) in entries {
        let name = match name(written, "be a custom header", prefix) {
            Ok(name) => name,
            Err(problem) => {
                section.report(problem.at(&entry.key_span()));
                continue;
            }
        };
        let folded = header::folded(name.as_ref());
        if let Some((_, first)) = seen.iter().find(|(other, _)| *other == folded) {
            section.report(duplicate(&format!("the header `{name}` is set twice"), &entry.key_span(), first));
            continue;
        }
        seen.push((folded, entry.key_span()));
        fields.extend(read_value(section, &entry).map(|mut value| {
            value.set_sensitive(entry.with_variable().is_some() || is_secret_field(name.as_str()));
            (name, value)
        }));
    }
    let bytes: usize = fields.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > MOST {
        section.report(Diagnostic::new("all custom headers together are larger than 32 KiB").at(&table.span));
    }
    fields
}

/// Reads `remove = ["X-HTTP-Method-Override"]`, in the order of the file.
pub(super) fn read_removed(section: &Section<'_>, prefix: &ReservedPrefix) -> Vec<HeaderName> {
    let mut removed: Vec<Found<HeaderName>> = Vec::new();
    for found in section.list("remove", &NAME) {
        match name(&found.value, "be listed in `remove`", prefix) {
            Err(problem) => section.report(problem.at(&found.span)),
            Ok(name) => match removed.iter().find(|other| header::is_same(other.value.as_ref(), name.as_ref())) {
                Some(first) => {
                    section.report(duplicate(&format!("`remove` has `{name}` twice"), &found.span, &first.span));
                }
                None => removed.push(Found { value: name, span: found.span }),
            },
        }
    }
    removed.into_iter().map(|found| found.value).collect()
}

fn read_value(section: &Section<'_>, entry: &Value<'_>) -> Option<HeaderValue> {
    if let DeValue::Array(_) = entry.node {
        section.report(Diagnostic::new("a custom header has one value").at(&entry.span));
        return None;
    }
    section.read(entry, &VALUE).map(|found| found.value)
}

fn duplicate(message: &str, span: &Span, first: &Span) -> Diagnostic {
    Diagnostic::new(message.to_owned())
        .at(span)
        .at_labelled(first, "first set here")
        .hint("letter case does not matter in names, and `_` or `.` is equal to `-`".to_owned())
}

/// A name whose fields are the configuration's to set or to remove. `purpose` completes "cannot …".
fn name(written: &str, purpose: &str, prefix: &ReservedPrefix) -> Result<HeaderName, Problem> {
    let Ok(name) = HeaderName::from_bytes(written.as_bytes()) else {
        let rule = "letters, digits and any of !#$%&'*+-.^_`|~";
        return Err(Problem::new(format!("{} is not the name of a header: {rule}", quoted(written))));
    };
    // CGI and WSGI servers cannot tell `_` or `.` from `-`, so the class of a name is that of its spelling with `-`.
    let spelling = header::folded(name.as_ref());
    let refuse = |reason: String| Err(Problem::new(format!("`{written}` cannot {purpose}: {reason}")));
    match classify(spelling.as_bytes(), prefix) {
        Class::Reserved => refuse(format!("names that start with `{}` are reserved for the gateway", prefix.as_str())),
        Class::Owned => refuse("the gateway itself sends this field".to_owned()),
        Class::Connection | Class::Te | Class::Upgrade | Class::HopByHop => {
            refuse("it belongs to one connection and is not passed on".to_owned())
        }
        Class::Host => refuse("the client's `Host` is passed on unchanged".to_owned()),
        Class::ContentLength | Class::TransferEncoding | Class::FramingAlias => {
            refuse("it says where the message ends, which is for the gateway to say".to_owned())
        }
        Class::PathVariable => {
            refuse("WSGI servers take it for the place of the application, so no function gets it".to_owned())
        }
        Class::Trailer | Class::Expect => {
            refuse("it announces how the message is sent, which is for the sender to say".to_owned())
        }
        Class::EndToEnd | Class::Cookie | Class::Via => Ok(name),
    }
}

fn value(text: &str) -> Result<HeaderValue, Problem> {
    let good = |c: char| c.is_ascii_graphic() || c == ' ' || c == '\t';
    if let Some(bad) = text.chars().find(|c| !good(*c)) {
        let bad = quoted(&bad.to_string());
        return Err(Problem::new(format!("the value of a header is visible ASCII, spaces and tabs, not {bad}")));
    }
    if text.trim_matches([' ', '\t']) != text {
        return Err(Problem::new("a space at an end of a header's value would be lost on the way"));
    }
    if text.len() > LONGEST {
        return Err(Problem::new("the value of a custom header is larger than 8 KiB"));
    }
    HeaderValue::from_str(text).ok().ok_or_else(|| Problem::new("not the value of a header"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_a_size() {
        assert!(value(&"x".repeat(LONGEST)).is_ok());
        assert!(value(&"x".repeat(LONGEST + 1)).is_err());
    }
}
