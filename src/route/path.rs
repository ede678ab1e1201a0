//! A trie of path shapes, one level a segment.
//!
//! It sees paths in canonical form only. The same trie holds the rules of a service and, as prefix rules without
//! parameters, the base paths of a host: the longest base path is the most specific one.

use std::ops::ControlFlow;
use std::slice;

use foldhash::{HashMap, HashMapExt};

use crate::config::path::{BasePath, PathRule, Segment};

/// A value for each shape.
#[derive(Debug)]
pub(super) struct Trie<V> {
    /// The first is the root. An arena rather than boxes, so that dropping a deep trie does not recurse.
    nodes: Vec<Node<V>>,
}

#[derive(Debug)]
struct Node<V> {
    literals: HashMap<Box<str>, usize>,
    parameter: Option<usize>,
    rest: Option<V>,
    exact: Option<V>,
    prefix: Option<V>,
}

const ROOT: usize = 0;

impl<V> Default for Trie<V> {
    fn default() -> Self {
        Self { nodes: vec![Node::new()] }
    }
}

impl<V> Trie<V> {
    /// The place of a rule's shape.
    pub(super) fn rule_mut(&mut self, rule: &PathRule) -> &mut Option<V> {
        let mut node = ROOT;
        for segment in rule.segments() {
            node = match segment {
                Segment::Literal(text) => self.literal(node, text),
                Segment::Parameter(_) => self.parameter(node),
                Segment::Rest(_) => return &mut self.nodes[node].rest,
            };
        }
        let node = &mut self.nodes[node];
        if rule.is_exact() { &mut node.exact } else { &mut node.prefix }
    }

    /// The place of a base path.
    pub(super) fn base_mut(&mut self, base: &BasePath) -> &mut Option<V> {
        let node = base.segments().iter().fold(ROOT, |node, text| self.literal(node, text));
        &mut self.nodes[node].prefix
    }

    /// The value of the most specific shape that a path matches.
    pub(super) fn first<'t>(&'t self, path: &str) -> Option<&'t V> {
        self.walk(path, &mut ControlFlow::Break).break_value()
    }

    /// Shows every value whose shape matches a path, most specific first, until `visit` has seen enough.
    pub(super) fn walk<'t, B>(&'t self, path: &str, visit: &mut impl FnMut(&'t V) -> ControlFlow<B>) -> ControlFlow<B> {
        self.descend(ROOT, segments(path), visit)
    }

    /// Every value, in no useful order.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.nodes.iter().flat_map(|node| [&node.rest, &node.exact, &node.prefix]).flatten()
    }

    /// The order of the lines is the order of precedence.
    fn descend<'t, B>(
        &'t self,
        node: usize,
        rest: Option<&str>,
        visit: &mut impl FnMut(&'t V) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let node = &self.nodes[node];
        if let Some(rest) = rest {
            let (segment, after) = split_segment(rest);
            if let Some(&child) = node.literals.get(segment) {
                self.descend(child, after, visit)?;
            }
            if let Some(child) = node.parameter.filter(|_| !segment.is_empty()) {
                self.descend(child, after, visit)?;
            }
            node.rest.iter().filter(|_| !rest.is_empty()).try_for_each(&mut *visit)?;
        } else {
            node.exact.iter().try_for_each(&mut *visit)?;
        }
        node.prefix.iter().try_for_each(visit)
    }

    fn literal(&mut self, node: usize, text: &str) -> usize {
        if let Some(&child) = self.nodes[node].literals.get(text) {
            return child;
        }
        let child = self.grow();
        self.nodes[node].literals.insert(text.into(), child);
        child
    }

    fn parameter(&mut self, node: usize) -> usize {
        if let Some(child) = self.nodes[node].parameter {
            return child;
        }
        let child = self.grow();
        self.nodes[node].parameter = Some(child);
        child
    }

    fn grow(&mut self) -> usize {
        self.nodes.push(Node::new());
        self.nodes.len() - 1
    }
}

impl<V> Node<V> {
    fn new() -> Self {
        Self { literals: HashMap::new(), parameter: None, rest: None, exact: None, prefix: None }
    }
}

/// The parameters of a matched path: name and raw value, escapes and all, in the order of the rule.
#[derive(Clone, Debug)]
pub struct Parameters<'t, 'p> {
    rule: slice::Iter<'t, Segment>,
    rest: Option<&'p str>,
}

impl<'t, 'p> Parameters<'t, 'p> {
    pub(super) fn new(rule: &'t PathRule, path: &'p str) -> Self {
        Self { rule: rule.segments().iter(), rest: segments(path) }
    }
}

impl<'t, 'p> Iterator for Parameters<'t, 'p> {
    type Item = (&'t str, &'p str);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let segment = self.rule.next()?;
            let rest = self.rest?;
            let (value, after) = split_segment(rest);
            match segment {
                Segment::Literal(_) => self.rest = after,
                Segment::Parameter(name) => {
                    self.rest = after;
                    return Some((name, value));
                }
                Segment::Rest(name) => return Some((name, rest)),
            }
        }
    }
}

/// What is left of a path behind its first `count` segments: nothing, or text that starts with `/`.
pub(super) fn skip_segments(path: &str, count: usize) -> &str {
    match count {
        0 => path,
        _ => path.match_indices('/').nth(count).map_or("", |(at, _)| &path[at..]),
    }
}

/// The segments of a path, still joined by `/`; `None` when it has none.
fn segments(path: &str) -> Option<&str> {
    path.strip_prefix('/').filter(|rest| !rest.is_empty())
}

fn split_segment(rest: &str) -> (&str, Option<&str>) {
    rest.split_once('/').map_or((rest, None), |(segment, after)| (segment, Some(after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trie(rules: &str) -> Trie<PathRule> {
        let mut trie = Trie::default();
        for text in rules.split_whitespace() {
            let rule = PathRule::parse(text).expect(text);
            *trie.rule_mut(&rule) = Some(rule.clone());
        }
        trie
    }

    fn order(rules: &str, path: &str) -> String {
        let mut seen = Vec::new();
        let _ = trie(rules).walk(path, &mut |rule| {
            seen.push(rule.to_string());
            ControlFlow::<()>::Continue(())
        });
        seen.join(" ")
    }

    #[test]
    fn what_a_rule_matches() {
        for (rule, matching, other) in [
            ("=/users", "/users", "/ /users/ /users/7 /usersx /Users"),
            ("=/users/", "/users/", "/users /users// /users/7"),
            ("/users", "/users /users/ /users/7 /users//x", "/ /usersx //users"),
            ("/users/{id}", "/users/7 /users/7/ /users/7/x", "/users /users/ /users//x"),
            ("=/users/{id}", "/users/7", "/users/7/ /users/"),
            ("/files/{p+}", "/files/a /files/a/b /files/a/ /files//a /files//", "/files /files/ /filesx/a"),
            ("/{p+}", "/a // /a/b //a", "/"),
            ("/", "/ // /a /a/b", ""),
            ("=/", "/", "// /a"),
            ("=/{a}/x/{b}", "/1/x/2", "/1/x/ //x/2 /1/y/2"),
        ] {
            for path in matching.split_whitespace() {
                assert!(trie(rule).first(path).is_some(), "{rule}: {path}");
            }
            for path in other.split_whitespace() {
                assert!(trie(rule).first(path).is_none(), "{rule}: {path}");
            }
        }
    }

    #[test]
    fn the_most_specific_rule_comes_first() {
        for (rules, path, expected) in [
            ("/a /{x} /{y+} /", "/a", "/a /{x} /{y+} /"),
            ("/users =/users", "/users", "=/users /users"),
            ("/users =/users/ /users/{p+}", "/users/", "=/users/ /users"),
            ("/a/{x}/c /a/b /{x}/b/c", "/a/b/c", "/a/b /a/{x}/c /{x}/b/c"),
            ("/a/b/d /a/{x}/c", "/a/b/c", "/a/{x}/c"),
            ("/{x} =/a/b/c/d /{p+}", "/a/b/c", "/{x} /{p+}"),
            ("/a/{p+} /{x}/b", "/a/b", "/a/{p+} /{x}/b"),
        ] {
            assert_eq!(order(rules, path), expected, "{rules}: {path}");
        }
    }

    #[test]
    fn parameters_are_raw_slices() {
        for (rule, path, expected) in [
            ("/u/{id}/f/{p+}", "/u/4%32/f/a//b/", "id=4%32 p=a//b/"),
            ("/{a}/x/{b}", "/1;v=2/x/3/4", "a=1;v=2 b=3"),
            ("/files/{p+}", "/files//a", "p=/a"),
            ("/u", "/u/7", ""),
            ("/u/{id}", "/u", ""),
        ] {
            let rule = PathRule::parse(rule).expect(rule);
            let found: Vec<_> = Parameters::new(&rule, path).map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(found.join(" "), expected, "{rule}: {path}");
        }
    }

    #[test]
    fn skipping_segments_leaves_a_path_or_nothing() {
        for (path, count, left) in
            [("/a/b", 0, "/a/b"), ("/a/b", 1, "/b"), ("/a/b", 2, ""), ("/a/", 1, "/"), ("/a", 9, ""), ("", 1, "")]
        {
            assert_eq!(skip_segments(path, count), left, "{path} {count}");
        }
    }
}
