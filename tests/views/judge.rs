//! Which API a decoded path selects. Nothing is decoded here any more: rules and paths are compared as bytes.

use std::cmp::Reverse;

use fngate::config::path::{PathRule, Segment};

/// A rule as a server would write it, all its escapes decoded.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) text: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) exact: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(Vec<u8>),
    Parameter,
    Rest,
}

impl Rule {
    pub(crate) fn new(rule: &PathRule) -> Self {
        let part = |segment: &Segment| match segment {
            Segment::Literal(text) => Part::Literal(decoded(text)),
            Segment::Parameter(_) => Part::Parameter,
            Segment::Rest(_) => Part::Rest,
        };
        Self { text: rule.to_string(), parts: rule.segments().iter().map(part).collect(), exact: rule.is_exact() }
    }

    fn matches(&self, path: &[Vec<u8>]) -> bool {
        for (index, part) in self.parts.iter().enumerate() {
            let Some(segment) = path.get(index) else { return false };
            match part {
                Part::Literal(literal) if segment != literal => return false,
                Part::Parameter if segment.is_empty() => return false,
                Part::Rest => return path.len() > index + 1 || !segment.is_empty(),
                Part::Literal(_) | Part::Parameter => {}
            }
        }
        path.len() == self.parts.len() || !self.exact
    }

    /// Less is more specific.
    pub(crate) fn rank(&self) -> Vec<u8> {
        let kinds = self.parts.iter().map(|part| match part {
            Part::Literal(_) => 0,
            Part::Parameter => 1,
            Part::Rest => 2,
        });
        kinds.chain([if self.exact { 3 } else { 4 }]).collect()
    }
}

/// The most specific rule that a path matches. The segments of the path are escaped.
pub(crate) fn select(rules: &[Rule], path: &str) -> Option<usize> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let segments: Vec<_> = path.split('/').map(decoded).collect();
    let segments = if segments == [b""] { &[][..] } else { &segments };
    let matching = (0..rules.len()).filter(|&index| rules[index].matches(segments));
    matching.max_by_key(|&index| Reverse(rules[index].rank()))
}

pub(crate) fn decoded(text: &str) -> Vec<u8> {
    percent_encoding::percent_decode_str(text).collect()
}
