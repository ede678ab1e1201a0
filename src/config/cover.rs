//! Covers what may be secret in the lines that an error shows: what [`secret`](super::secret) calls so, all values of header fields, and in URLs
//! users with their passwords, and queries.
//!
//! It works on the text, since the file with the error may not be TOML at all. Where it cannot tell, it covers too much.

use toml::de::{DeTable, DeValue};

use super::secret::{is_secret, is_variable};

/// Tables and lists that are looked into, one in another.
const DEEPEST: usize = 64;

/// A copy of a file's text of the same length, in which stars stand for that.
pub(super) fn covered(text: &str) -> String {
    let mut scanner = Scanner { text, at: 0, table: Vec::new(), is_lost: false, found: Vec::new() };
    scanner.document();
    let mut shown = String::with_capacity(text.len());
    text.split_inclusive('\n').for_each(|line| cover_urls(line, &mut shown));
    let mut covered = String::with_capacity(text.len());
    let mut end = 0;
    for (start, stop) in scanner.found {
        covered.push_str(shown.get(end..start).unwrap_or_default());
        let secret = text.get(start..stop).unwrap_or_default();
        covered.extend(secret.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { '*' }));
        end = stop;
    }
    covered.push_str(shown.get(end..).unwrap_or_default());
    covered
}

/// Whether the value of a key is covered. `path` has the names of its tables, outermost first, then its own.
fn is_covered(path: &[String]) -> bool {
    let Some((name, tables)) = path.split_last() else { return false };
    is_secret_name(path) || name == "headers" || tables.iter().any(|table| table.ends_with("headers"))
}

fn is_secret_name(path: &[String]) -> bool {
    is_secret(&path.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Reads what looks like TOML, and goes on behind what does not.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// The table that the last header has begun.
    table: Vec<String>,
    /// Whether it has left a list or a table before its end. What comes then may belong to any table, so all values are covered.
    is_lost: bool,
    /// Where secrets are: start and end, in order.
    found: Vec<(usize, usize)>,
}

impl Scanner<'_> {
    fn document(&mut self) {
        loop {
            self.skip_blank();
            let Some(next) = self.peek() else { return };
            let table = self.table.clone();
            if next == '[' {
                self.header();
            } else if !self.pair(&table, 0) {
                self.broken_line();
            }
        }
    }

    /// `[table]` or `[[table]]`, to the end of the line.
    fn header(&mut self) {
        self.skip(|c| c == '[');
        let mut table = self.key();
        self.bound(&mut table);
        self.table = table;
        self.skip(|c| c != '\n');
    }

    /// `key = value`; without moving if there is none.
    fn pair(&mut self, path: &[String], depth: usize) -> bool {
        let start = self.at;
        let key = self.key();
        if key.is_empty() || self.peek() != Some('=') {
            self.at = start;
            return false;
        }
        self.at += 1;
        let mut path = [path, &key].concat();
        self.bound(&mut path);
        self.value(&path, depth);
        true
    }

    /// Cuts a path that is too long to be copied for each value.
    fn bound(&mut self, path: &mut Vec<String>) {
        self.is_lost |= path.len() > DEEPEST;
        path.truncate(DEEPEST);
    }

    /// The parts of a key, up to what is behind it.
    fn key(&mut self) -> Vec<String> {
        let mut parts = Vec::new();
        loop {
            self.skip_spaces();
            let part = match self.peek() {
                Some(quote @ ('"' | '\'')) => {
                    let (start, end) = self.string(quote);
                    Some(unescaped(&self.text[start..end], quote))
                }
                _ => {
                    let start = self.at;
                    self.skip(|c| {
                        !matches!(c, ' ' | '\t' | '\r' | '\n' | '.' | '=' | '[' | ']' | '{' | '}' | ',' | '#')
                    });
                    Some(self.text[start..self.at].to_owned()).filter(|part| !part.is_empty())
                }
            };
            let Some(part) = part else { return parts };
            parts.push(part);
            self.skip_spaces();
            if self.peek() != Some('.') {
                return parts;
            }
            self.at += 1;
        }
    }

    fn value(&mut self, path: &[String], depth: usize) {
        self.skip_spaces();
        let is_deep = depth >= DEEPEST;
        let (start, end) = match self.peek() {
            Some('[') if !is_deep => return self.list(path, depth + 1),
            Some('{') if !is_deep => return self.inline_table(path, depth + 1),
            Some(quote @ ('"' | '\'')) => self.string(quote),
            _ => {
                let start = self.at;
                // Too deep to tell where it ends.
                self.skip(|c| !matches!(c, '\n' | '#') && (is_deep || !matches!(c, ',' | ']' | '}')));
                let bare = self.text[start..self.at].trim_end();
                // A field of a header is a text; what is none is no value of one.
                if !is_deep && !self.is_lost && !is_secret_name(path) && DeValue::parse(bare).is_ok() {
                    return;
                }
                (start, start + bare.len())
            }
        };
        self.is_lost |= is_deep;
        if !self.is_lost && !is_covered(path) {
            return;
        }
        if !is_variable(&self.text[start..end]) {
            self.found.push((start, end));
        }
        // What is behind a value and should not be there may be the rest of it.
        let rest = self.at;
        self.skip(|c| !matches!(c, ',' | ']' | '}' | '\n' | '\r' | '#'));
        if !self.text[rest..self.at].trim().is_empty() {
            self.found.push((rest, self.at));
        }
    }

    fn list(&mut self, path: &[String], depth: usize) {
        self.at += 1;
        loop {
            self.skip_blank();
            let before = self.at;
            match self.peek() {
                None => return,
                Some(']') => {
                    self.at += 1;
                    return;
                }
                // The list never ends, and what comes is not in it.
                Some(_) if self.begins_table() || self.begins_pair() => {
                    self.is_lost = true;
                    return;
                }
                Some(',') => self.at += 1,
                Some(_) => self.value(path, depth),
            }
            self.advance(before);
        }
    }

    fn inline_table(&mut self, path: &[String], depth: usize) {
        self.at += 1;
        loop {
            self.skip_blank();
            let before = self.at;
            match self.peek() {
                None => return,
                Some('[') => {
                    self.is_lost = true;
                    return;
                }
                Some('}') => {
                    self.at += 1;
                    return;
                }
                Some(',') => self.at += 1,
                Some(_) => {
                    if !self.pair(path, depth) {
                        self.value(path, depth);
                    }
                }
            }
            self.advance(before);
        }
    }

    /// Whether `[table]` or `[[table]]` comes, alone on its line.
    fn begins_table(&mut self) -> bool {
        let start = self.at;
        self.skip(|c| c == '[');
        let opened = self.at - start;
        let key = self.key();
        let words = ["true", "false", "inf", "nan"];
        let is_name = key
            .first()
            .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()) && !words.contains(&name.as_str()));
        let closing = self.at;
        self.skip(|c| c == ']');
        let closed = self.at - closing;
        self.skip_spaces();
        let is_alone = matches!(self.peek(), None | Some('\r' | '\n' | '#'));
        self.at = start;
        opened > 0 && is_name && closed > 0 && is_alone
    }

    /// Whether `key =` comes.
    fn begins_pair(&mut self) -> bool {
        let start = self.at;
        let found = !self.key().is_empty() && self.peek() == Some('=');
        self.at = start;
        found
    }

    /// A line that is no TOML. Behind the name of a secret all of it is covered.
    fn broken_line(&mut self) {
        let start = self.at;
        self.skip(|c| c != '\n');
        let line = &self.text[start..self.at];
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let mut end = 0;
        for word in line.split_inclusive(|c: char| !is_part(c)) {
            end += word.len();
            let name = word.trim_end_matches(|c: char| !is_part(c));
            let path: Vec<_> = self.table.iter().cloned().chain([name.to_owned()]).collect();
            if !name.is_empty() && (self.is_lost || is_covered(&path)) {
                self.found.push((start + end, start + line.trim_end().len().max(end)));
                return;
            }
        }
    }

    /// Moves behind a string; where its inside begins and ends. One that never ends goes to the end of the line.
    fn string(&mut self, quote: char) -> (usize, usize) {
        let triple: String = [quote; 3].iter().collect();
        if let Some(inner) = self.text[self.at..].strip_prefix(&triple) {
            let start = self.at + triple.len();
            if let Some(length) = end_of_triple(inner, &triple) {
                self.at = start + length + triple.len();
                return (start, start + length);
            }
        }
        let start = self.at + quote.len_utf8();
        let end = start + end_of(&self.text[start..], quote);
        self.at = if self.text[end..].starts_with(quote) { end + quote.len_utf8() } else { end };
        (start, end)
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip(&mut self, is_skipped: impl Fn(char) -> bool) {
        let rest = &self.text[self.at..];
        self.at += rest.find(|c| !is_skipped(c)).unwrap_or(rest.len());
    }

    fn skip_spaces(&mut self) {
        self.skip(|c| matches!(c, ' ' | '\t'));
    }

    /// Spaces, line breaks and comments.
    fn skip_blank(&mut self) {
        loop {
            self.skip(char::is_whitespace);
            if self.peek() != Some('#') {
                return;
            }
            self.skip(|c| c != '\n');
        }
    }

    /// Passes a character that nothing has taken.
    fn advance(&mut self, before: usize) {
        if self.at == before {
            self.at += self.peek().map_or(0, char::len_utf8);
        }
    }
}

/// A quoted part of a key as TOML reads it.
fn unescaped(text: &str, quote: char) -> String {
    if quote == '\'' || !text.contains('\\') {
        return text.to_owned();
    }
    let line = format!("key = \"{text}\"");
    let table = DeTable::parse(&line).ok();
    let value = table.and_then(|table| table.get_ref().get("key")?.get_ref().as_str().map(str::to_owned));
    value.unwrap_or_else(|| text.to_owned())
}

/// The bytes of a string of several lines up to its end, if it has one.
fn end_of_triple(text: &str, triple: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let end = at + text.get(at..)?.find(triple)?;
        let escapes = text[..end].bytes().rev().take_while(|byte| *byte == b'\\').count();
        if triple.starts_with('\'') || escapes % 2 == 0 {
            // Quotes in front of the last three belong to the string.
            let more = text[end + triple.len()..].bytes().take_while(|byte| triple.as_bytes().starts_with(&[*byte]));
            return Some(end + more.take(2).count());
        }
        at = end + 1;
    }
}

/// Appends a line without the users and the queries of its URLs.
fn cover_urls(line: &str, covered: &mut String) {
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once("://") {
        let end = behind.find(['"', '\'', ' ', '\t', '\r', '\n']).unwrap_or(behind.len());
        let (url, behind) = behind.split_at(end);
        let query = url.find('?').map_or(end, |at| at + 1);
        let user = url[..query].split('/').next().and_then(|authority| authority.rfind('@')).unwrap_or(0);
        covered.extend([before, "://", &"*".repeat(user), &url[user..query], &"*".repeat(end - query)]);
        rest = behind;
    }
    covered.push_str(rest);
}

/// The bytes of a string up to its end, or to the end of the line.
fn end_of(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\n' | '\r' => return at,
            c if c == quote && !escaped => return at,
            _ => escaped = quote == '"' && c == '\\' && !escaped,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::secret::masked;

    #[test]
    fn what_may_be_secret_is_covered_and_nothing_else() {
        for (text, shown) in [
            ("a = \"x\" # {\n", "a = \"x\" # {\n"),
            ("headers = { a = \"xyz\", \"b\" = 'é' }\nc = \"d\"", "headers = { a = \"***\", \"b\" = '**' }\nc = \"d\""),
            (
                "headers = {\n  a = \"x\\\"y\" # it's\n}\nc = \"d\"\n",
                "headers = {\n  a = \"****\" # it's\n}\nc = \"d\"\n",
            ),
            (
                "[traces.headers]\na = \"x\"\n[log]\nlevel = \"x\"\n",
                "[traces.headers]\na = \"*\"\n[log]\nlevel = \"x\"\n",
            ),
            ("headers.a = \"x\"\n", "headers.a = \"*\"\n"),
            ("headers = { a = \"never ends\nb = \"c\"\n", "headers = { a = \"**********\nb = \"*\"\n"),
            ("headers_of = \"x\"\nmax_headers = 7\n", "headers_of = \"x\"\nmax_headers = 7\n"),
            ("a = \"http://u:p@h/@?q=1\" # b?", "a = \"http://***@h/@?***\" # b?"),
            ("a = [\"http://h\", 'https://u@h", "a = [\"http://h\", 'https://*@h"),
            (
                "[[admin.token]]\nname = \"ci\"\nhash = \"sha256:1\" # x\n",
                "[[admin.token]]\nname = \"ci\"\nhash = \"********\" # x\n",
            ),
            ("admin.token = [{ name = \"a\", hash = \"b\" }]\n", "admin.token = [{ name = \"a\", hash = \"*\" }]\n"),
            (
                "keys = [\n  \"ab\", # one\n  'c',\n]\nx = [\"y\"]\n",
                "keys = [\n  \"**\", # one\n  '*',\n]\nx = [\"y\"]\n",
            ),
            ("password = \"\"\"\na\"b\nc\"\"\"\nd = \"e\"\n", "password = \"\"\"\n***\n*\"\"\"\nd = \"e\"\n"),
            ("password = 1234 # x\npass = 1\n", "password = **** # x\npass = 1\n"),
            ("password = \"${NAME}\"\n", "password = \"${NAME}\"\n"),
            ("\"pass\\u0077ord\" = \"x\"\n", "\"pass\\u0077ord\" = \"*\"\n"),
        ] {
            assert_eq!(covered(text), shown);
        }
    }

    /// Each of these is not TOML, and shows its line in an error.
    #[test]
    fn a_broken_line_gives_no_secret_away() {
        for text in [
            "[[admin.token]]\nhash = \"SECRET",
            "[[admin.token]]\nhash = SECRET\n",
            "[[admin.token]]\nhash \"SECRET\"\n",
            "[[admin.token]]\nhash: SECRET\n",
            "[[admin.token]\nhash = \"a\"SECRET\"\n",
            "[[admin.token]]\nname = \"x\n= hash = \"SECRET\"\n",
            "hosts = [\"a\"\n[[admin.token]]\nhash = \"SECRET\"\n",
            "hosts = [\"a\", [[\nhash = \"SECRET\"\n",
            "a = { b = 1\n[[admin.token]]\nhash = \"SECRET\"\n",
            "a = \"\"\"never ends\nhash = \"SECRET\"\n",
            "hash = [\"a\" \"SECRET\"]\n",
            "token = [{ name = \"a\" hash = \"SECRET\" }]\n",
            "token = [{ hash = \"SECRET\"\n",
            "password = '''SECRET\nx = 1\n",
            // TOML up to the last line, but it looks as if the list never ended.
            "[traces.headers]\n\"zz\" = [\n[\"aa\"]\n]\nk = \"SECRET\"\n= =\n",
            "[traces.headers]\nzz = [\n[aa]\n]\nk = { b = [\"SECRET\"] }\n",
            "[traces.headers]\nzz = { a = 1, [b]\n}\nk = \"SECRET\"\n",
        ] {
            let found = covered(text);
            assert!(!found.contains("SECRET"), "{text}\n{found}");
            assert_eq!(found.len(), text.len());
        }
    }

    #[test]
    fn nesting_has_an_end() {
        for open in ["[", "{a=", "[{a="] {
            let text = format!("hash = {}\"SECRET\"", open.repeat(100_000));
            assert!(!covered(&text).contains("SECRET"), "{open}");
        }
        let text = format!("[{}]\n{}hash = \"SECRET\"\n", vec!["a"; 100_000].join("."), "a = 1\n".repeat(100_000));
        assert!(!covered(&text).contains("SECRET"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn length_and_lines_stay(text in "[\\[\\]a-z.= \"'{}$\\n\\r\u{e9}\\\\0-9,#:/@]{0,200}") {
            let covered = covered(&text);
            prop_assert_eq!(covered.len(), text.len());
            let breaks = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect::<Vec<_>>();
            prop_assert_eq!(breaks(&covered), breaks(&text));
        }

        #[test]
        fn what_a_diff_masks_is_covered(
            table in "(|\\[\\[admin\\.token\\]\\]\n|\\[acme\\.eab\\]\n|\\[function\\.headers\\]\n)",
            key in "(password|hash|\"X-Token\"|'api_key'|headers\\.cookie|kid|a)",
            secret in "[A-Z]{6,12}",
            form in 0..7_usize,
        ) {
            let quoted = [
                format!("\"{secret}\""),
                format!("'{secret}'"),
                format!("\"\"\"\n{secret}\nx{secret}\"\"\""),
                format!("[\"a\", '''{secret}''']"),
                format!("[[\"{secret}\"], []]"),
                format!("{{ token = \"{secret}\" }}"),
                format!("[{{ a = 1, passwd = '{secret}' }}]"),
            ];
            let text = format!("{table}before = 1\n{key} = {} # comment\nafter = \"seen\"\n", quoted[form]);
            prop_assert!(masked(&text).contains(&secret) || !covered(&text).contains(&secret), "{}", covered(&text));
        }
    }
}
