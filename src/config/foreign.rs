//! Paths in the spelling of other routers, and the spelling that means the same here.
//!
//! Many of them are good rules that match nothing that anybody sends: `/orders/*` is a literal asterisk.

/// The rule that means what `written` means in nginx, Express, Flask, Go, Next.js and their like. `None` for what is no such spelling.
pub(super) fn translate(written: &str) -> Option<String> {
    // `~ ^/users$` of nginx
    let regex = written.trim_start_matches(['~', '*', ' ', '\t']);
    let bare = regex.trim_start_matches('^');
    let anchored = bare.len() < regex.len();
    let ends = bare.ends_with('$') && !bare.ends_with("/$");
    let path = if anchored || ends { bare.trim_end_matches('$') } else { bare };
    let (exact, rest) = match path.strip_prefix('=') {
        Some(rest) => (true, rest),
        None => (anchored && ends, path),
    };
    let segments: Vec<_> = rest.trim_start().strip_prefix('/')?.split('/').collect();
    let last = segments.len() - 1;
    let mut found = anchored || ends || bare.len() < written.len() || rest.starts_with(' ');
    let mut translated = String::new();
    let mut takes_rest = false;
    for (index, text) in segments.iter().enumerate() {
        translated.push('/');
        match segment(text, index) {
            Some(Segment::Parameter(name)) => {
                found = true;
                translated.push_str(&format!("{{{name}}}"));
            }
            Some(Segment::Rest(name)) => {
                found = true;
                takes_rest = index == last;
                translated.push_str(&if takes_rest { format!("{{{name}+}}") } else { format!("{{{name}}}") });
            }
            None => translated.push_str(text),
        }
    }
    let exact = exact && !takes_rest;
    found.then(|| format!("{}{translated}", if exact { "=" } else { "" }))
}

/// A segment that stands for others.
enum Segment {
    Parameter(String),
    Rest(String),
}

fn segment(text: &str, index: usize) -> Option<Segment> {
    let name = |name: &str| is_name(name).then(|| name.to_owned());
    let or_default = |text: &str| if text.is_empty() { Some(format!("p{}", index + 1)) } else { name(text) };
    match text {
        "**" | ".*" | "(.*)" | "(.+)" | ".+" | "..." => return Some(Segment::Rest("path".to_owned())),
        "*" => return Some(Segment::Rest(format!("p{}", index + 1))),
        _ => {}
    }
    // `*path` of Gin, `:path*` and `:id?` and `:id(\\d+)` of Express
    if let Some(rest) = text.strip_prefix('*') {
        return name(rest).map(Segment::Rest);
    }
    if let Some(rest) = text.strip_prefix(':') {
        let (rest, pattern) = rest.split_once('(').unwrap_or((rest, ""));
        return match rest.strip_suffix(['*', '+']) {
            Some(rest) => name(rest).map(Segment::Rest),
            None if pattern.starts_with(".*") => name(rest).map(Segment::Rest),
            None => name(rest.trim_end_matches('?')).map(Segment::Parameter),
        };
    }
    // `<int:id>` of Flask and Django
    if let Some(inner) = enclosed(text, "<", ">") {
        return match inner.split_once(':') {
            Some(("path", inner)) => name(inner).map(Segment::Rest),
            Some((_, inner)) => name(inner).map(Segment::Parameter),
            None => name(inner).map(Segment::Parameter),
        };
    }
    // `[...slug]` of Next.js
    if let Some(inner) = enclosed(text, "[[...", "]]").or_else(|| enclosed(text, "[...", "]")) {
        return name(inner).map(Segment::Rest);
    }
    if let Some(inner) = enclosed(text, "[", "]") {
        return name(inner).map(Segment::Parameter);
    }
    // `{id:[0-9]+}`, `{id:int}`, `{path:path}`, `{*path}`, `{path...}`, `{id?}`
    let inner = enclosed(text, "{", "}")?;
    if let Some(inner) = inner.strip_prefix('*') {
        return name(inner.trim_start_matches('*')).map(Segment::Rest);
    }
    if let Some((inner, pattern)) = inner.split_once(':') {
        let rest = ["path", ".*", ".+", "*"].contains(&pattern);
        return name(inner).map(if rest { Segment::Rest } else { Segment::Parameter });
    }
    if let Some(inner) = inner.strip_suffix("...").or_else(|| inner.strip_suffix('*')) {
        return or_default(inner).map(Segment::Rest);
    }
    name(inner.strip_suffix('?')?).map(Segment::Parameter)
}

fn enclosed<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    text.strip_prefix(open)?.strip_suffix(close)
}

fn is_name(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    text.bytes().all(good) && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::path::PathRule;

    #[test]
    fn spellings_of_other_routers_are_known() {
        for (written, here) in [
            ("/orders/*", "/orders/{p2+}"),
            ("/orders/**", "/orders/{path+}"),
            ("/a/*/b", "/a/{p2}/b"),
            ("/orders/.*", "/orders/{path+}"),
            ("/u/:id", "/u/{id}"),
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
            ("^/users", "/users"),
            ("~ ^/users/(.*)$", "/users/{path+}"),
            ("= /users", "=/users"),
            ("/users$", "/users"),
        ] {
            assert_eq!(translate(written).as_deref(), Some(here), "{written}");
            PathRule::parse(here).unwrap_or_else(|error| panic!("{here}: {error}"));
        }
    }

    #[test]
    fn rules_of_this_gateway_are_left_alone() {
        for written in [
            "/",
            "=/",
            "/users",
            "=/users",
            "/users/{id}",
            "/files/{path+}",
            "/v1/a:batch",
            "/v1/:",
            "/a*b",
            "/$metadata",
            "/x.*.y",
            "/a/$",
            "/{a}.json",
            "no-slash",
            "",
        ] {
            assert_eq!(translate(written), None, "{written}");
        }
    }
}
