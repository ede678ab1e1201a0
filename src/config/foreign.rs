//! Paths in the syntax of other routers, and the rule that means the same here.
//!
//! Many of them are good rules that match nothing that anybody sends: `/orders/*` is a literal asterisk.

use super::path::PathRule;

/// A path in the syntax of another router.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    /// What to write, if there is a rule that means the same.
    pub(super) advice: Option<String>,
}

/// Whether `written` is how nginx, Express, Flask, Go, Next.js and their like write paths.
pub(super) fn recognize(written: &str) -> Option<Foreign> {
    if let Some((method, path)) = written.split_once(' ')
        && path.starts_with('/')
        && method.bytes().all(|byte| byte.is_ascii_uppercase())
    {
        let path = recognize(path).map_or_else(|| Some(path.to_owned()), |foreign| quoted_in(&foreign.advice?));
        return Some(Foreign { advice: path.map(|path| format!("write method = \"{method}\" and path = \"{path}\"")) });
    }
    let (path, is_exact) = pattern(written);
    let is_pattern = path.len() < written.len() && !written.starts_with("=/");
    let Some(path) = path.strip_prefix('/') else {
        return is_pattern.then_some(Foreign { advice: None });
    };
    let (rule, has_foreign) = translate(path, is_exact);
    (has_foreign || is_pattern).then(|| {
        let rule = rule.filter(|rule| PathRule::parse(rule).is_ok());
        Foreign { advice: rule.map(|rule| format!("write \"{rule}\"")) }
    })
}

/// What stands in quotes at the end of an advice.
fn quoted_in(advice: &str) -> Option<String> {
    advice.strip_prefix("write \"")?.strip_suffix('"').map(str::to_owned)
}

/// What is left of `~ ^/users$` or `= /users` without its modifiers, and whether it matches the whole path only.
fn pattern(written: &str) -> (&str, bool) {
    let bare = written.trim_start_matches(['~', '*', '^', ' ', '\t']);
    if let Some(exact) = bare.strip_prefix('=') {
        return (exact.trim_start(), true);
    }
    let modifiers = written[..written.len() - bare.len()].trim_end();
    let starts = modifiers.ends_with('^');
    let ends = bare.ends_with('$') && !bare.ends_with("/$");
    let is_regex = starts || ends;
    let path = if is_regex { bare.trim_end_matches('$') } else { bare };
    let path = if is_regex { path.strip_suffix("/?").unwrap_or(path) } else { path };
    (path, starts && ends)
}

/// The rule for a path without its first slash, and whether anything in it was the syntax of another router.
fn translate(path: &str, is_exact: bool) -> (Option<String>, bool) {
    let trimmed = path.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(path);
    let segments: Vec<_> = trimmed.split('/').collect();
    let last = segments.len() - 1;
    let (mut rule, mut has_foreign, mut takes_rest) = (Some(String::new()), false, false);
    let mut push = |text: String| {
        if let Some(rule) = &mut rule {
            rule.push_str(&text);
        }
    };
    let mut is_known = true;
    for (index, text) in segments.iter().enumerate() {
        let found = segment(text);
        has_foreign |= !matches!(found, Segment::Own);
        match found {
            Segment::Own => push(format!("/{text}")),
            Segment::Parameter(name) => push(format!("/{{{name}}}")),
            // A rule matches everything under it.
            Segment::Any if index == last => takes_rest = true,
            Segment::Any => push(format!("/{{p{}}}", index + 1)),
            Segment::Rest(name) if index == last => {
                takes_rest = true;
                push(format!("/{{{name}+}}"));
            }
            Segment::Rest(name) => push(format!("/{{{name}}}")),
            Segment::Unknown => is_known = false,
        }
    }
    let rule = rule.filter(|_| is_known).map(|rule| match (is_exact && !takes_rest, rule.is_empty()) {
        (true, _) => format!("={rule}"),
        (false, true) => "/".to_owned(),
        (false, false) => rule,
    });
    (rule, has_foreign)
}

/// What another router means by a segment.
enum Segment {
    /// The same as here.
    Own,
    Parameter(String),
    /// Anything, without a name.
    Any,
    /// The rest of the path.
    Rest(String),
    /// Something that has no counterpart.
    Unknown,
}

fn segment(text: &str) -> Segment {
    match text {
        "*" | "**" | ".*" | "(.*)" | "(.+)" | ".+" | "..." => return Segment::Any,
        _ => {}
    }
    // `:path*`, `:id?` and `:id(\d+)` of Express
    if let Some(rest) = text.strip_prefix(':').filter(|rest| rest.starts_with(is_name_start)) {
        let (rest, pattern) = rest.split_once('(').unwrap_or((rest, ""));
        let takes_rest = rest.ends_with(['*', '+']) || pattern.starts_with(".*");
        return named(rest.trim_end_matches(['*', '+', '?']), takes_rest);
    }
    // `*path` of Gin
    if let Some(rest) = text.strip_prefix('*') {
        return named(rest, true);
    }
    // `<int:id>` of Flask and Django
    if let Some(inner) = enclosed(text, "<", ">") {
        let (kind, name) = inner.split_once(':').unwrap_or(("", inner));
        return named(name, kind == "path");
    }
    // `[...slug]` of Next.js
    if let Some(inner) = enclosed(text, "[[...", "]]").or_else(|| enclosed(text, "[...", "]")) {
        return named(inner, true);
    }
    if let Some(inner) = enclosed(text, "[", "]") {
        return named(inner, false);
    }
    if let Some(inner) = enclosed(text, "{", "}") {
        return braced(inner);
    }
    if text.contains(['*', '<', '[']) || text.starts_with('(') { Segment::Unknown } else { Segment::Own }
}

/// `{id:[0-9]+}`, `{id:int}`, `{path:path}`, `{*path}`, `{path...}`, `{id?}`
fn braced(inner: &str) -> Segment {
    if let Some(name) = inner.strip_prefix('*') {
        return named(name.trim_start_matches('*'), true);
    }
    if let Some((name, pattern)) = inner.split_once(':') {
        return named(name, ["path", ".*", ".+", "*"].contains(&pattern));
    }
    if let Some(name) = inner.strip_suffix("...").or_else(|| inner.strip_suffix('*')) {
        return named(name, true);
    }
    inner.strip_suffix('?').map_or(Segment::Own, |name| named(name, false))
}

fn named(name: &str, takes_rest: bool) -> Segment {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !name.starts_with(is_name_start) || !name.bytes().all(good) {
        return Segment::Unknown;
    }
    if takes_rest { Segment::Rest(name.to_owned()) } else { Segment::Parameter(name.to_owned()) }
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn enclosed<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    text.strip_prefix(open)?.strip_suffix(close)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_syntax_of_other_routers_is_known() {
        for (written, here) in [
            ("/*", "/"),
            ("/**", "/"),
            ("/orders/*", "/orders"),
            ("/orders/**", "/orders"),
            ("/orders/.*", "/orders"),
            ("/a/*/b", "/a/{p2}/b"),
            ("/u/:id", "/u/{id}"),
            ("/u/:id/", "/u/{id}"),
            ("/u/:id/posts/:post_id", "/u/{id}/posts/{post_id}"),
            ("/u/:id?", "/u/{id}"),
            ("/u/:id(\\d+)", "/u/{id}"),
            ("/files/:path*", "/files/{path+}"),
            ("/files/*path", "/files/{path+}"),
            ("/files/{*path}", "/files/{path+}"),
            ("/files/{path...}", "/files/{path+}"),
            ("/files/{path:path}", "/files/{path+}"),
            ("/files/{path:.*}", "/files/{path+}"),
            ("/u/{id:[0-9]+}", "/u/{id}"),
            ("/u/{id:int}/x", "/u/{id}/x"),
            ("/u/{id?}", "/u/{id}"),
            ("/u/<id>", "/u/{id}"),
            ("/u/<int:id>", "/u/{id}"),
            ("/files/<path:name>", "/files/{name+}"),
            ("/posts/[slug]", "/posts/{slug}"),
            ("/posts/[...slug]", "/posts/{slug+}"),
            ("/posts/[[...slug]]", "/posts/{slug+}"),
            ("^/users$", "=/users"),
            ("^/users/?$", "=/users"),
            ("^/users", "/users"),
            ("^~ /users", "/users"),
            ("~ ^/users/(.*)$", "/users"),
            ("= /users", "=/users"),
            ("/users$", "/users"),
        ] {
            let wanted = Some(Foreign { advice: Some(format!("write \"{here}\"")) });
            assert_eq!(recognize(written), wanted, "{written}");
            PathRule::parse(here).unwrap_or_else(|error| panic!("{here}: {error}"));
        }
        let split = recognize("GET /u/:id").expect("known");
        assert_eq!(split.advice.as_deref(), Some("write method = \"GET\" and path = \"/u/{id}\""));
    }

    /// To say nothing is better than to say something that is refused.
    #[test]
    fn what_has_no_counterpart_is_known_without_advice() {
        for written in [
            "/orders*",
            "/a/*.jpg",
            "/a/**/*.jpg",
            "/users/:id.json",
            "/users/:id-:b",
            "/a/:id:int",
            "/a/(:num)",
            "~* \\.php$",
            "/a/(x|y)",
            "/a/<b",
            "/[a].html",
        ] {
            assert_eq!(recognize(written), Some(Foreign { advice: None }), "{written}");
        }
    }

    #[test]
    fn rules_of_this_gateway_are_left_alone() {
        for written in [
            "/",
            "=/",
            "/users",
            "=/users",
            "=/users/",
            "/users/{id}",
            "/files/{path+}",
            "/v1/a:batch",
            "/v1/:",
            "/:1",
            "/$metadata",
            "/a/$",
            "/{a}.json",
            "no-slash",
            "",
            "@named",
            "/~user",
            "/a^b",
        ] {
            assert_eq!(recognize(written), None, "{written}");
        }
    }
}
