//! Who imports whom, read from the sources: layers, and circles of files.

use std::collections::{BTreeMap, BTreeSet};

use super::{assert_none, files, text};

/// The layers, lowest first. A file imports from lower layers and from its own top-level module.
const LAYERS: [&[&str]; 13] = [
    &["certificate", "clock", "drain", "header", "huffman", "throttle", "units"],
    &["alarm", "http1", "process", "scratch"],
    &["config"],
    &["net", "telemetry"],
    &["message", "route"],
    &["import"],
    &["entrance", "function"],
    &["snapshot"],
    &["proxy"],
    &["server"],
    &["inspect"],
    &["control"],
    &["app", "cli", "conformance", "main"],
];

/// Imports within a layer: the first may import the second.
const SIBLINGS: [(&str, &str); 4] = [("cli", "app"), ("cli", "conformance"), ("conformance", "app"), ("main", "cli")];

/// A module by its path, `function::pool`; the crate's root is empty.
type Module = String;
type Imports = BTreeMap<Module, BTreeSet<Module>>;

#[test]
fn imports_go_down_the_layers() {
    let imports = imports();
    assert!(imports.len() > 50, "the sources are not where they were");
    let mut wrong = Vec::new();
    for (from, to) in imports.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to))) {
        let (above, below) = (top(from), top(to));
        if above != below && layer(above) <= layer(below) && !SIBLINGS.contains(&(above, below)) {
            wrong.push(format!("{from} imports {to}"));
        }
    }
    assert_none("imports that do not go down", &wrong);
}

#[test]
fn no_imports_go_in_a_circle() {
    assert_none("circles of imports", &circles(&imports()));
}

#[test]
fn every_module_has_a_layer() {
    let modules = modules();
    let found: BTreeSet<_> = modules.keys().map(|module| top(module)).filter(|top| !top.is_empty()).collect();
    let known: BTreeSet<_> = LAYERS.iter().copied().flatten().copied().collect();
    assert_eq!(found, known);
}

#[test]
fn imports_are_read_from_every_kind_of_path() {
    let modules = ["", "a", "a::b", "a::c", "a::tests", "d", "d::e", "f", "g", "g::h", "i", "j"].map(str::to_owned);
    let source = r##"
        //! use crate::f; in a comment
        use crate::{d::{self, e::{One, Two}}, g::h as other};
        use super::c::Three;
        use std::f::Four; /* crate::f::x */
        fn f() { let text = "crate::f::x"; let raw = r#"crate::f"#; let letter = '"'; crate::i::j::<&'static str>(); }
        fn g() { other::x(); self::below::y(); }
        pub(in crate::f) fn h() {}
        #[cfg(test)]
        use crate::j::Five;
        #[cfg(test)]
        mod tests { use crate::f::g; fn h() {} }
    "##;
    let known: BTreeSet<_> = modules.iter().map(String::as_str).collect();
    let found = imports_of("a::b", source, &known);
    let expected: BTreeSet<_> = ["a::c", "d", "d::e", "g::h", "i"].map(str::to_owned).into();
    assert_eq!(found, expected);
    let children = imports_of("a", "use b::X; fn f() { c::y(); }", &known);
    assert_eq!(children, ["a::b", "a::c"].map(str::to_owned).into());
}

#[test]
fn circles_are_found() {
    let graph = |edges: &[(&str, &str)]| {
        let mut imports = Imports::new();
        for (from, to) in edges {
            imports.entry((*from).to_owned()).or_default().insert((*to).to_owned());
            imports.entry((*to).to_owned()).or_default();
        }
        circles(&imports)
    };
    assert!(graph(&[("a", "b"), ("b", "c"), ("a", "c")]).is_empty());
    assert_eq!(graph(&[("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")]), ["b -> c -> b"]);
}

/// The modules of the production code, with their files.
fn modules() -> BTreeMap<Module, String> {
    let is_test = |module: &str| module.split("::").any(|name| name == "tests");
    let named = files("src").into_iter().filter(|path| path.ends_with(".rs")).map(|path| {
        let name = path.trim_start_matches("src/").trim_end_matches(".rs").replace('/', "::");
        (if name == "lib" { String::new() } else { name }, path)
    });
    named.filter(|(module, _)| !is_test(module)).collect()
}

fn imports() -> Imports {
    let modules = modules();
    let known: BTreeSet<_> = modules.keys().map(String::as_str).collect();
    modules.iter().map(|(module, path)| (module.clone(), imports_of(module, &text(path), &known))).collect()
}

fn top(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

fn layer(top: &str) -> usize {
    LAYERS.iter().position(|layer| layer.contains(&top)).unwrap_or(LAYERS.len())
}

/// The modules that the source of `module` names in a path.
fn imports_of(module: &str, source: &str, modules: &BTreeSet<&str>) -> BTreeSet<Module> {
    let tokens = without_tests(&tokens(source));
    let mut aliases = BTreeMap::new();
    let mut paths = Vec::new();
    let mut rest = &tokens[..];
    while let Some((token, after)) = rest.split_first() {
        rest = after;
        if token == "pub" && after.len() > 1 && after[..2] == ["(", "in"] {
            // Who may see an item is no import.
            rest = after.iter().position(|token| token == ")").map_or(&[][..], |end| &after[end..]);
        } else if token == "use" {
            rest = read_tree(after, &[], &mut |path, alias| {
                aliases.insert(alias.to_owned(), path.to_vec());
                paths.push(path.to_vec());
            });
        } else if is_name(token) {
            let mut path = vec![token.clone()];
            while let [colons, name, after @ ..] = rest
                && colons == "::"
                && is_name(name)
            {
                path.push(name.clone());
                rest = after;
            }
            if path.len() > 1 {
                paths.push(path);
            }
        }
    }
    let target = |path: &Vec<String>| {
        // A name that was imported stands for the whole path.
        let whole = aliases.get(&path[0]).map(|start| [start, &path[1..]].concat());
        resolve(module, whole.as_ref().unwrap_or(path), modules)
    };
    paths.iter().filter_map(target).filter(|target| target != module).collect()
}

/// The module that a path leads to or into; none outside of the crate.
fn resolve(module: &str, path: &[String], modules: &BTreeSet<&str>) -> Option<Module> {
    let mut place: Vec<&str> = module.split("::").filter(|name| !name.is_empty()).collect();
    let mut names = path.iter().map(String::as_str).peekable();
    match names.peek().copied()? {
        "crate" => place.clear(),
        "fngate" if module == "main" => place.clear(),
        "self" => {}
        "super" => {
            while names.next_if_eq(&"super").is_some() {
                place.pop();
            }
        }
        // What else could be meant by a name in front of `::` is a module below this one.
        child if modules.contains([place.as_slice(), &[child]].concat().join("::").as_str()) => {}
        _ => return None,
    }
    for name in names.filter(|name| !["crate", "self", "fngate"].contains(name)) {
        place.push(name);
        if !modules.contains(place.join("::").as_str()) {
            place.pop();
            break;
        }
    }
    Some(place.join("::")).filter(|place| !place.is_empty())
}

/// Reads one tree of a `use`, gives each path and the name that it gets to `found`, and returns what comes behind.
fn read_tree<'a>(mut tokens: &'a [String], prefix: &[String], found: &mut dyn FnMut(&[String], &str)) -> &'a [String] {
    let mut path = prefix.to_vec();
    loop {
        match tokens {
            [open, rest @ ..] if open == "{" => {
                tokens = rest;
                while tokens.first().is_some_and(|token| token != "}") {
                    tokens = read_tree(tokens, &path, found);
                    tokens = tokens.strip_prefix(&[",".to_owned()]).unwrap_or(tokens);
                }
                return tokens.get(1..).unwrap_or_default();
            }
            [name, colons, rest @ ..] if colons == "::" => {
                path.push(name.clone());
                tokens = rest;
            }
            [name, as_, alias, rest @ ..] if as_ == "as" => {
                path.push(name.clone());
                found(&path, alias);
                return rest;
            }
            [name, rest @ ..] => {
                if name != "self" {
                    path.push(name.clone());
                }
                let last = path.last().cloned().unwrap_or_default();
                found(&path, &last);
                return rest;
            }
            [] => return tokens,
        }
    }
}

/// Leaves out items behind `#[cfg(test)]`.
fn without_tests(tokens: &[String]) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let Some((token, after)) = rest.split_first() {
        if rest.len() < MARK.len() || rest[..MARK.len()] != MARK {
            kept.push(token.clone());
            rest = after;
            continue;
        }
        let mut depth = 0;
        let end = rest.iter().position(|token| {
            depth += i32::from(token == "{") - i32::from(token == "}");
            depth == 0 && (token == ";" || token == "}")
        });
        rest = end.map_or(&[][..], |end| &rest[end + 1..]);
    }
    kept
}

/// Names, `::` and single other characters; no comments, strings, characters and lifetimes.
fn tokens(source: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = string(rest) {
            length
        } else if first == '\'' {
            // A character, or the tick of a lifetime.
            let letter = rest[1..].chars().next().map_or(0, char::len_utf8);
            match rest[1..].strip_prefix('\\') {
                Some(escaped) => 3 + escaped.get(1..).and_then(|tail| tail.find('\'')).unwrap_or_default() + 1,
                None if rest[1 + letter..].starts_with('\'') => letter + 2,
                None => 1,
            }
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of the string literal that `rest` begins with.
fn string(rest: &str) -> Option<usize> {
    let prefixed = rest.trim_start_matches(['b', 'c']);
    if rest.len() - prefixed.len() > 1 {
        return None;
    }
    if let Some(raw) = prefixed.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let start = rest.len() - raw.len() + hashes + 1;
            let close = format!("\"{}", "#".repeat(hashes));
            return Some(rest[start..].find(&close).map_or(rest.len(), |end| start + end + close.len()));
        }
    }
    let body = prefixed.strip_prefix('"')?;
    let mut escaped = false;
    let end = body.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    Some(rest.len() - body.len() + end.map_or(body.len(), |end| end + 1))
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The circles of a graph, each once, as a chain of names.
fn circles(imports: &Imports) -> Vec<String> {
    fn walk(
        node: &str,
        trail: &mut Vec<String>,
        done: &mut BTreeSet<String>,
        graph: &Imports,
        found: &mut Vec<String>,
    ) {
        if let Some(start) = trail.iter().position(|other| other == node) {
            found.push(format!("{} -> {node}", trail[start..].join(" -> ")));
            return;
        }
        if !done.insert(node.to_owned()) {
            return;
        }
        trail.push(node.to_owned());
        for next in graph.get(node).into_iter().flatten() {
            walk(next, trail, done, graph, found);
        }
        trail.pop();
    }
    let (mut found, mut done) = (Vec::new(), BTreeSet::new());
    for node in imports.keys() {
        walk(node, &mut Vec::new(), &mut done, imports, &mut found);
    }
    found
}
