//! Covers what may be secret in the lines that an error shows: the values of header fields, such as `Authorization`, and in URLs users with
//! their passwords, and queries.
//!
//! It works on the text, since the line with the error may not be TOML at all.

/// A copy of a file's text of the same length, in which stars stand for that.
pub(super) fn covered(text: &str) -> String {
    let mut covered = String::with_capacity(text.len());
    let (mut in_table, mut depth) = (false, 0);
    for line in text.split_inclusive('\n') {
        let start = line.trim_start();
        if start.starts_with('[') && depth == 0 {
            in_table = start.split(']').next().is_some_and(|title| title.ends_with("headers"));
            covered.push_str(line);
            continue;
        }
        let rest = start.trim_start_matches(['"', '\'']).strip_prefix("headers");
        let is_key = rest.is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ', '\t']).starts_with(['=', '.']));
        if in_table || is_key || depth > 0 {
            depth += cover(line, &mut covered);
        } else {
            cover_urls(line, &mut covered);
        }
    }
    covered
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

/// Appends a line without its values, and returns by how many braces it goes deeper.
fn cover(line: &str, covered: &mut String) -> i32 {
    let (mut rest, mut depth) = (line, 0);
    while let Some(at) = rest.find(['"', '\'', '{', '}', '#']) {
        let (before, behind) = rest.split_at(at);
        covered.push_str(before);
        let mut inner = behind.chars();
        match inner.next() {
            Some('#') => {
                rest = behind;
                break;
            }
            Some(quote @ ('"' | '\'')) => {
                let length = end_of(inner.as_str(), quote);
                let (value, behind) = inner.as_str().split_at(length);
                let is_name = behind.trim_start_matches([quote, ' ', '\t']).starts_with(['=', '.']);
                covered.push(quote);
                if is_name {
                    covered.push_str(value)
                } else {
                    covered.extend(value.bytes().map(|_| '*'))
                }
                rest = behind.strip_prefix(quote).inspect(|_| covered.push(quote)).unwrap_or(behind);
            }
            brace => {
                depth += if brace == Some('{') { 1 } else { -1 };
                covered.extend(brace);
                rest = inner.as_str();
            }
        }
    }
    covered.push_str(rest);
    depth
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
    use super::*;

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
            ("headers_of = \"x\"\n", "headers_of = \"x\"\n"),
            ("a = \"http://u:p@h/@?q=1\" # b?", "a = \"http://***@h/@?***\" # b?"),
            ("a = [\"http://h\", 'https://u@h", "a = [\"http://h\", 'https://*@h"),
        ] {
            let found = covered(text);
            assert_eq!(found, shown);
            assert_eq!(found.len(), text.len());
        }
    }
}
