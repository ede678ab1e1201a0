//! `${NAME}` in a string value stands for an environment variable.
//!
//! Only `${` starts a substitution, so `$LATEST` and a lone `$` are what they are; `$${` is a literal `${`. What a variable
//! holds is not looked at again.

use std::borrow::Cow;
use std::path::PathBuf;

use super::error::{Problem, quoted};

/// Where variables come from: the environment, or a table in tests.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Result<String, std::env::VarError>;

/// The first directory of `$STATE_DIRECTORY`, which systemd sets.
pub(crate) fn state_directory(lookup: Lookup<'_>) -> Option<PathBuf> {
    first_directory("STATE_DIRECTORY", lookup)
}

/// The first of the directories in a variable of the service manager.
pub(super) fn first_directory(variable: &str, lookup: Lookup<'_>) -> Option<PathBuf> {
    let listed = lookup(variable).ok()?;
    let first = listed.split(':').next().filter(|first| first.starts_with('/'));
    first.map(PathBuf::from)
}

/// A problem and the part of the text that it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unresolved {
    pub(super) part: String,
    pub(super) problem: Problem,
}

/// Puts the values of variables into `text`. Every variable that has none is reported.
pub(super) fn substitute<'t>(text: &'t str, lookup: Lookup<'_>) -> Result<Cow<'t, str>, Vec<Unresolved>> {
    if !text.contains("${") {
        return Ok(Cow::Borrowed(text));
    }
    let mut value = String::new();
    let mut errors = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        if let Some(escaped) = before.strip_suffix('$') {
            value.push_str(escaped);
            value.push_str("${");
            rest = &from[2..];
            continue;
        }
        value.push_str(before);
        let Some(end) = from.find('}') else {
            errors.push(unclosed(from));
            rest = "";
            break;
        };
        match variable(&from[2..end], lookup) {
            Ok(found) => value.push_str(&found),
            Err(problem) => errors.push(Unresolved { part: from[..=end].to_owned(), problem }),
        }
        rest = &from[end + 1..];
    }
    value.push_str(rest);
    if errors.is_empty() { Ok(Cow::Owned(value)) } else { Err(errors) }
}

fn variable(name: &str, lookup: Lookup<'_>) -> Result<String, Problem> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.bytes().all(good) {
        let message = format!("{} is not the name of an environment variable", quoted(name));
        return Err(
            Problem::new(message).hint("names have letters, digits and `_`; `$${` is a literal `${`".to_owned())
        );
    }
    lookup(name).map_err(|error| match error {
        std::env::VarError::NotPresent => Problem::new(format!("the environment variable `{name}` is not set")),
        std::env::VarError::NotUnicode(_) => Problem::new(format!("the environment variable `{name}` is not UTF-8")),
    })
}

fn unclosed(part: &str) -> Unresolved {
    let hint = "write `${NAME}` for an environment variable, `$${` for a literal `${`".to_owned();
    Unresolved { part: part.to_owned(), problem: Problem::new("`${` without `}`").hint(hint) }
}

#[cfg(test)]
mod tests {
    use std::env::VarError;

    use super::*;

    fn lookup(name: &str) -> Result<String, VarError> {
        match name {
            "HOST" => Ok("shop.example.com".to_owned()),
            "EMPTY" => Ok(String::new()),
            "NESTED" => Ok("${HOST}".to_owned()),
            _ => Err(VarError::NotPresent),
        }
    }

    #[test]
    fn variables_are_put_in() {
        for (text, value) in [
            ("plain", "plain"),
            ("$LATEST", "$LATEST"),
            ("a $ b $$ c", "a $ b $$ c"),
            ("${HOST}", "shop.example.com"),
            ("*.${HOST}:${EMPTY}", "*.shop.example.com:"),
            ("${NESTED}", "${HOST}"),
            ("$${HOST}", "${HOST}"),
            ("$$${HOST}", "$${HOST}"),
            ("$${a ${EMPTY}b", "${a b"),
        ] {
            assert_eq!(substitute(text, &lookup).expect(text), value, "{text}");
        }
    }

    #[test]
    fn every_missing_variable_is_reported() {
        let errors = substitute("${HOST} ${ONE} ${2} ${} ${THREE", &lookup).expect_err("four errors");
        let parts: Vec<_> = errors.iter().map(|error| error.part.as_str()).collect();
        assert_eq!(parts, ["${ONE}", "${2}", "${}", "${THREE"]);
    }
}
