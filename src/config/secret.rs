//! Decides which values of a configuration are secret, and masks them.
//!
//! The decision is based on key names. Comments are not masked.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::syntax::Parsed;

/// Replaces a secret.
pub const MASK: &str = "***";
/// Names of secret keys and header fields, in any table. `_` is equal to `-`.
const NAMES: [&str; 8] =
    ["authorization", "proxy-authorization", "cookie", "set-cookie", "hash", "keys", "passphrase", "passwd"];
/// A name that contains one of these is secret.
const PARTS: [&str; 3] = ["token", "secret", "password"];
/// The value of a header field whose name contains one of these is more likely than not to let somebody in.
const FIELDS: [&str; 7] = ["auth", "cookie", "token", "secret", "password", "key", "credential"];

/// Whether the value of a header field of this name is secret.
#[must_use]
pub fn is_secret_field(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    FIELDS.iter().any(|part| name.contains(part))
}

/// Whether the value of a key is secret. `path` has the names of its tables, outermost first, then its own.
#[must_use]
pub fn is_secret(path: &[&str]) -> bool {
    let Some((name, tables)) = path.split_last() else { return false };
    let name = name.to_ascii_lowercase().replace('_', "-");
    let is_field = tables.last().is_some_and(|table| table.ends_with("headers"));
    match tables {
        // Credentials for the collector, whatever their names.
        ["traces", "headers", ..] => return true,
        // External account binding.
        ["acme", "eab", ..] => return true,
        _ => {}
    }
    // The path of a secret file is not secret.
    let is_file = name.ends_with("-file") && !is_field;
    !is_file
        && (name.ends_with("-key")
            || (is_field && is_secret_field(&name))
            || NAMES.contains(&name.as_str())
            || PARTS.iter().any(|part| name.contains(part)))
}

/// Replaces what is secret in the URLs of a value.
#[must_use]
pub fn masked_urls(value: &str) -> String {
    let whole = 0..value.len();
    with_masks(value, whole.clone(), &in_urls(value, whole))
}

/// Replaces secrets in a TOML text with `***` and keeps its lines. A value that is only `${NAME}` is not secret. A text that is not valid
/// TOML is masked line by line, because its secrets cannot be located.
#[must_use]
pub fn masked(text: &str) -> String {
    let parsed = Parsed::of(text);
    if !parsed.is_whole() {
        let line = |line: &str| if line.trim().is_empty() { line.to_owned() } else { with_end(MASK, line) };
        return text.split_inclusive('\n').map(line).collect();
    }
    let mut search = Search { text, path: Vec::new(), found: Vec::new() };
    search.table(&parsed.table);
    search.found.sort_by_key(|range| range.start);
    with_masks(text, 0..text.len(), &search.found)
}

/// A part of a text with these secrets masked, which are in order and do not overlap.
pub(super) fn with_masks(text: &str, part: Range<usize>, secrets: &[Range<usize>]) -> String {
    let mut masked = String::with_capacity(part.len());
    let mut end = part.start;
    for range in secrets {
        masked.push_str(text.get(end..range.start).unwrap_or_default());
        masked.push_str(&mask(text.get(range.clone()).unwrap_or_default()));
        end = range.end;
    }
    masked.push_str(text.get(end..part.end).unwrap_or_default());
    masked
}

/// The parts of a value that are secret. `path` has the names of its tables and its own. A table or a list is none by itself.
pub(super) fn secrets_in(text: &str, path: &[&str], value: &Spanned<DeValue<'_>>) -> Vec<Range<usize>> {
    match value.get_ref() {
        DeValue::Table(_) | DeValue::Array(_) => Vec::new(),
        DeValue::String(text) if is_variable(text) => Vec::new(),
        _ if is_secret(path) => vec![value.span()],
        DeValue::String(_) => in_urls(text, inside(text, value.span())),
        _ => Vec::new(),
    }
}

/// A literal without its quotes.
fn inside(text: &str, literal: Range<usize>) -> Range<usize> {
    let quotes = quote_of(text.get(literal.clone()).unwrap_or_default()).len();
    let end = literal.end.saturating_sub(quotes).max(literal.start);
    (literal.start + quotes).min(end)..end
}

/// The user info (`user:password`) and the values of the query of each URL in a part of a text, in order.
fn in_urls(text: &str, part: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = part.start;
    while let Some(before) = text.get(at..part.end).and_then(|rest| rest.find("://")) {
        let start = at + before + "://".len();
        let rest = text.get(start..part.end).unwrap_or_default();
        let rest = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        let authority = rest.find(['/', '?', '#', '"', '\'']).unwrap_or(rest.len());
        found.extend(rest[..authority].rfind('@').map(|end| start..start + end));
        let Some(query) = rest.find('?').map(|mark| mark + 1) else {
            at = start;
            continue;
        };
        // Before it there may be another URL, in the path, whose user is found by itself.
        let next = rest[..query].find("://").map(|next| start + next);
        if next.is_none() {
            in_query(&rest[query..], start + query, &mut found);
        }
        at = next.unwrap_or(start + rest.len());
    }
    found
}

/// The values of a query that is at `start`; a part without a name is a value. What is only `${NAME}` is not secret.
fn in_query(query: &str, start: usize, found: &mut Vec<Range<usize>>) {
    let mut at = start;
    for pair in query.split('&') {
        let value = pair.split_once('=').map_or(pair, |(_, value)| value);
        let end = at + pair.len();
        if !value.is_empty() && !is_variable(value) {
            found.push(end - value.len()..end);
        }
        at = end + 1;
    }
}

/// The search for secrets in one text.
struct Search<'a> {
    text: &'a str,
    path: Vec<&'a str>,
    /// The spans of secrets. They do not overlap.
    found: Vec<Range<usize>>,
}

impl<'a> Search<'a> {
    fn table(&mut self, table: &'a DeTable<'_>) {
        for (key, value) in table {
            self.path.push(key.get_ref().as_ref());
            self.value(value);
            self.path.pop();
        }
    }

    fn value(&mut self, value: &'a Spanned<DeValue<'_>>) {
        match value.get_ref() {
            // Each key of a nested table is judged by its own name: `[[admin.token]]` has a name and a role.
            DeValue::Table(table) => self.table(table),
            DeValue::Array(items) => items.iter().for_each(|item| self.value(item)),
            _ => self.found.extend(secrets_in(self.text, &self.path, value)),
        }
    }
}

/// Whether a string is `${NAME}` and nothing else.
pub(super) fn is_variable(text: &str) -> bool {
    let name = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

/// What a literal begins and ends with.
fn quote_of(literal: &str) -> &'static str {
    ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| literal.starts_with(quote)).unwrap_or_default()
}

/// Masks a literal. Keeps its quotes and line breaks.
fn mask(written: &str) -> String {
    let quote = quote_of(written);
    let inner = written.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).unwrap_or(written);
    let lines: String = inner.split_inclusive('\n').map(|line| with_end(MASK, line)).collect();
    let lines = if inner.is_empty() || inner.ends_with('\n') { lines + MASK } else { lines };
    format!("{quote}{lines}{quote}")
}

/// `text`, with the line break of `line`.
fn with_end(text: &str, line: &str) -> String {
    let end = line.trim_end_matches(['\r', '\n']).len();
    format!("{text}{}", &line[end..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_tell_what_is_secret() {
        for (path, secret) in [
            ("admin.token.hash", true),
            ("admin.token.name", false),
            ("admin.token.role", false),
            ("consumer.keys", true),
            ("consumer.hmac.secret", true),
            ("consumer.hmac.secret_file", false),
            ("store.password_file", false),
            ("store.password", true),
            ("function.headers.Authorization", true),
            ("function.headers.authorization", true),
            ("service.api.headers.X-Api-Key", true),
            ("service.api.headers.X_Api_Key", true),
            ("service.api.headers.Key", true),
            ("service.api.headers.Cookie", true),
            ("service.api.headers.X-Token-File", true),
            ("service.api.response_headers.Set-Cookie", true),
            ("service.api.headers.X-Auth", true),
            ("service.api.headers.X-Credential", true),
            ("service.api.headers.X-Tier", false),
            ("traces.headers.X-Anything", true),
            ("traces.endpoint", false),
            ("acme.eab.kid", true),
            ("acme.eab.hmac_key", true),
            ("listener.tls.certificates.key", false),
            ("function.tls.key", false),
            ("listener.tls.session_tickets", false),
            ("function.keepalive", false),
        ] {
            assert_eq!(is_secret(&path.split('.').collect::<Vec<_>>()), secret, "{path}");
        }
    }

    #[test]
    fn secrets_are_masked_where_they_stand() {
        for (text, shown) in [
            ("a = 1 # x\n", "a = 1 # x\n"),
            (
                "[[admin.token]]\nname = \"ci\"\nhash = \"sha256:1\" # x\n",
                "[[admin.token]]\nname = \"ci\"\nhash = \"***\" # x\n",
            ),
            (
                "headers = { \"X-Tier\" = \"gold\", 'Authorization' = 'Bearer x', Cookie = \"a=\\\"b\" }",
                "headers = { \"X-Tier\" = \"gold\", 'Authorization' = '***', Cookie = \"***\" }",
            ),
            ("headers.authorization = \"x\"\r\nb = \"c\"\r\n", "headers.authorization = \"***\"\r\nb = \"c\"\r\n"),
            (
                "[traces.headers]\na = \"x\"\n[log]\nlevel = \"x\"\n",
                "[traces.headers]\na = \"***\"\n[log]\nlevel = \"x\"\n",
            ),
            ("keys = [\n  \"a\", # one\n  \"b\",\n]\n", "keys = [\n  \"***\", # one\n  \"***\",\n]\n"),
            ("password = \"\"\"\none\ntwo\"\"\"\n", "password = \"\"\"***\n***\n***\"\"\"\n"),
            ("password = '''one\ntwo\n'''\n", "password = '''***\n***\n***'''\n"),
            ("password = \"${NAME}\"\n", "password = \"${NAME}\"\n"),
            ("password = \"x${NAME}\"\n", "password = \"***\"\n"),
            ("password = \"\"\n", "password = \"***\"\n"),
            ("password = 1234\n", "password = ***\n"),
            ("\"pass\\u0077ord\" = \"x\"\n", "\"pass\\u0077ord\" = \"***\"\n"),
            (
                "a = [\"http://u:p@h:1/@b?q\", 'https://h/@', \"redis://:p@h\"]\n",
                "a = [\"http://***@h:1/@b?***\", 'https://h/@', \"redis://***@h\"]\n",
            ),
            (
                "a = \"http://h/?key=x\\\"y&b=${B}&c=&z x?y\" # ?\nb = '/p?q=1'\n",
                "a = \"http://h/?key=***&b=${B}&c=&*** x?y\" # ?\nb = '/p?q=1'\n",
            ),
            ("a = '''http://h?u=http://v:w@x?y'''\n", "a = '''http://h?u=***'''\n"),
            ("a = 'http://h/http://u:p@h/?k=v. http://c:d@h'\n", "a = 'http://h/http://***@h/?k=*** http://***@h'\n"),
            ("password = \"é\"\nb = \"é\"", "password = \"***\"\nb = \"é\""),
            ("not TOML = = \"x\"\n\npassword = \"x\"\n", "***\n\n***\n"),
        ] {
            assert_eq!(masked(text), shown, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_line_stays_and_nothing_panics(text in "[\\[\\]a-z.= \"'{}$\\n\\r\u{e9}\\\\0-9,#:/@]{0,200}") {
            prop_assert_eq!(masked(&text).matches('\n').count(), text.matches('\n').count());
        }

        #[test]
        fn no_secret_stays(
            key in "(password|hash|\"X-Token\"|'api_key'|headers\\.cookie|traces\\.headers\\.a)",
            secret in "[A-Z]{6,12}",
            form in 0..5_usize,
        ) {
            let quoted = [
                format!("\"{secret}\""),
                format!("'{secret}'"),
                format!("\"\"\"\n{secret}\nx{secret}\"\"\""),
                format!("[\"a\", '''{secret}''']"),
                format!("[[\"{secret}\"], []]"),
            ];
            let text = format!("before = 1\n{key} = {} # comment\nafter = \"seen\"\n", quoted[form]);
            let masked = masked(&text);
            prop_assert!(!masked.contains(&secret), "{}", masked);
            prop_assert!(masked.contains("after = \"seen\""), "{}", masked);
        }
    }
}
