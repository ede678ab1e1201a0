//! Paths of others as rules of this gateway. What a rule cannot say becomes one that matches more, with a remark.

use crate::config::PathRule;

/// What a path of a format stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Itself.
    Exact,
    /// Itself and what is under it, unless it begins with `=`.
    Prefix,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) written: String,
    /// In what the rule differs from the path.
    pub(super) remark: Option<String>,
}

/// The rule for a path that begins with a slash, or the path as it is if nothing is close: the configuration says why.
pub(super) fn rule(path: &str, scope: Scope) -> Rule {
    let as_written = match scope {
        // What takes the rest of the path cannot end exactly there.
        Scope::Exact if !path.ends_with("+}") => format!("={path}"),
        Scope::Exact | Scope::Prefix => path.to_owned(),
    };
    if PathRule::parse(&as_written).is_ok() && !has_wildcard(path) {
        return Rule { written: as_written, remark: None };
    }
    match approximate(path, scope) {
        Some(rule) => rule,
        None => Rule { written: as_written, remark: None },
    }
}

fn has_wildcard(path: &str) -> bool {
    path.split('/').any(is_wildcard)
}

fn is_wildcard(segment: &str) -> bool {
    segment == "*" || segment == "**"
}

const WILDCARD: &str = "a parameter stands for `*`";
const PARAMETER: &str = "a parameter is a whole segment, and its name has letters, digits, `_` and `-`";

fn approximate(path: &str, scope: Scope) -> Option<Rule> {
    let mut reasons = Vec::new();
    let (is_exact, rest) = match (path.strip_prefix('='), path.strip_prefix("^~")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => {
            reasons.push("a rule without `=` matches what is under it, on the borders of segments");
            (false, rest)
        }
        (None, None) => (scope == Scope::Exact, path),
    };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    if end < rest.len() {
        reasons.push("a rule has neither query nor fragment");
    }
    let mut segments: Vec<String> = Vec::new();
    let mut is_whole = true;
    let written: Vec<_> = rest[..end].strip_prefix('/')?.split('/').collect();
    for (index, text) in written.iter().enumerate() {
        let is_last = index + 1 == written.len();
        let segment = if is_last && text.is_empty() { Some(String::new()) } else { segment(text, is_last, &segments) };
        let Some(segment) = segment else {
            is_whole = false;
            reasons.push("no rule says what follows: this one matches everything under it");
            break;
        };
        if segment != **text {
            reasons.push(if is_wildcard(text) { WILDCARD } else { PARAMETER });
        }
        segments.push(segment);
    }
    // Nothing is left that would not be a rule for everything.
    if segments.is_empty() {
        return None;
    }
    let rests = segments.last().is_some_and(|last| last.ends_with("+}"));
    let exact = is_exact && is_whole && !rests;
    if !exact && segments.len() > 1 && segments.last().is_some_and(String::is_empty) {
        segments.pop();
        reasons.push("a slash at the end makes no difference");
    }
    let written = format!("{}/{}", if exact { "=" } else { "" }, segments.join("/"));
    PathRule::parse(&written).ok()?;
    reasons.dedup();
    let remark = (!reasons.is_empty()).then(|| format!("the path was `{path}`: {}", reasons.join("; ")));
    Some(Rule { written, remark })
}

/// The segment of a rule that matches what `text` does, and perhaps more.
fn segment(text: &str, is_last: bool, before: &[String]) -> Option<String> {
    if text.is_empty() || text.contains("${") {
        return None;
    }
    if is_wildcard(text) {
        return Some(if is_last { named("rest", "+", before) } else { named("any", "", before) });
    }
    let Some((_, behind)) = text.split_once('{') else {
        return PathRule::parse(&format!("/{text}")).is_ok().then(|| text.to_owned());
    };
    let (name, _) = behind.split_once('}')?;
    let is_whole = text.len() == name.len() + 2;
    let takes_rest = is_whole && (name.ends_with('+') || name.ends_with("=**"));
    match (takes_rest, is_last) {
        (true, true) => Some(named(name.trim_end_matches("=**").trim_end_matches('+'), "+", before)),
        (true, false) => None,
        (false, _) => Some(named(name, "", before)),
    }
}

/// A parameter whose name is its own in the path.
fn named(name: &str, suffix: &str, before: &[String]) -> String {
    let good = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '-' };
    let name: String = name.chars().map(good).collect();
    let name = if name.is_empty() { "any".to_owned() } else { name };
    let free = |name: &str| !before.contains(&format!("{{{name}}}"));
    let mut candidate = name.clone();
    let mut number = 1_usize;
    while !free(&candidate) {
        number += 1;
        candidate = format!("{name}-{number}");
    }
    format!("{{{candidate}{suffix}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_the_closest_rule() {
        for (path, exact, prefix) in [
            ("/a", "=/a", "/a"),
            ("/", "=/", "/"),
            ("/a/", "=/a/", "/a"),
            ("=/a", "=/a", "=/a"),
            ("^~/a", "/a", "/a"),
            ("/{id}", "=/{id}", "/{id}"),
            ("/{proxy+}", "/{proxy+}", "/{proxy+}"),
            ("/a/{rest+}/b", "/a", "/a"),
            ("/a//b", "/a", "/a"),
            ("/a/../b", "/a", "/a"),
            ("/{id}.json", "=/{id}", "/{id}"),
            ("/x{id}", "=/{id}", "/{id}"),
            ("/{id}:adopt/b", "=/{id}/b", "/{id}/b"),
            ("/{a}/{a}/{a}", "=/{a}/{a-2}/{a-3}", "/{a}/{a-2}/{a-3}"),
            ("/{pet.id}", "=/{pet-id}", "/{pet-id}"),
            ("/{}", "=/{any}", "/{any}"),
            ("/a?x={y}", "=/a", "/a"),
            ("/a#x", "=/a", "/a"),
            ("/files/*", "/files/{rest+}", "/files/{rest+}"),
            ("/*/b", "=/{any}/b", "/{any}/b"),
            ("/files/{path=**}", "/files/{path+}", "/files/{path+}"),
            ("/v1/{name=a/*}/b", "/v1", "/v1"),
            ("/a/${x}", "/a", "/a"),
            ("/a b/c", "=/a b/c", "/a b/c"),
            ("//", "=//", "//"),
            ("", "=", ""),
        ] {
            for (scope, expected) in [(Scope::Exact, exact), (Scope::Prefix, prefix)] {
                let rule = rule(path, scope);
                assert_eq!(rule.written, expected, "{path} {scope:?}");
                let is_close = PathRule::parse(expected).is_ok()
                    && expected.trim_start_matches('=') != path.trim_start_matches('=');
                assert_eq!(rule.remark.is_some(), is_close, "{path} {scope:?}: {:?}", rule.remark);
            }
        }
    }
}
