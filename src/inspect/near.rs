//! What somebody may have meant whose request selects nothing.

use crate::config::path::Segment;
use crate::config::{BasePath, PathRule};
use crate::route::{Explanation, Miss};
use crate::snapshot::Snapshot;

/// More would be no help.
const MOST: usize = 3;

/// Hosts or APIs that are close to the request, the closest first.
pub(super) fn near<T>(snapshot: &Snapshot, told: &Explanation<'_, T>, miss: &Miss<'_>) -> Vec<String> {
    match miss {
        Miss::NoService if told.domains.is_empty() => hosts(snapshot, &told.host),
        Miss::NoService => {
            told.domains.iter().take(MOST).map(|domain| format!("{}{}", domain.host, domain.base_path)).collect()
        }
        Miss::NoApi { .. } => apis(snapshot, told),
        Miss::MethodNotAllowed { .. } | Miss::Ambiguous(_) | Miss::BadPath => Vec::new(),
    }
}

fn hosts(snapshot: &Snapshot, host: &str) -> Vec<String> {
    let services = snapshot.config.services.iter();
    let all = services.flat_map(|service| &service.domains).map(|domain| domain.host.to_string());
    let scored = all.filter_map(|known| {
        let distance = strsim::damerau_levenshtein(host, &known);
        (distance <= 1 + known.len() / 5).then_some((distance, known))
    });
    best(scored)
}

fn apis<T>(snapshot: &Snapshot, told: &Explanation<'_, T>) -> Vec<String> {
    let Some(domain) = told.domains.first() else { return Vec::new() };
    let path = told.plain.as_deref().unwrap_or(&told.path);
    let behind = BasePath::parse(&domain.base_path).map_or(0, |base| base.segments().len());
    let asked: Vec<_> = path.split('/').skip(1 + behind).filter(|segment| !segment.is_empty()).collect();
    let entries = (0..snapshot.apis.len()).map(|entry| snapshot.origin(entry));
    let same = entries.filter(|(service, api, origin)| {
        service.name == domain.service && origin.environment.as_str() == domain.environment && api.enabled
    });
    best(same.filter_map(|(_, api, _)| Some((distance(&asked, &api.path)?, format!("{} {}", api.method, api.path)))))
}

/// How far a path is from what a rule matches: letters in segments that differ, and four for each segment that is missing. None is far.
fn distance(asked: &[&str], rule: &PathRule) -> Option<usize> {
    const SEGMENT: usize = 4;
    let segments = rule.segments();
    let (mut sum, mut alike) = (0, 0);
    for (segment, text) in segments.iter().zip(asked) {
        let Segment::Literal(literal) = segment else { continue };
        let letters = strsim::damerau_levenshtein(&literal.to_lowercase(), &text.to_lowercase());
        if letters > 1 + literal.chars().count() / 4 {
            return None;
        }
        (sum, alike) = (sum + letters, alike + 1);
    }
    let missing = segments.len().saturating_sub(asked.len());
    // A rule that has nothing in common with the path is no help, and neither is one that goes on for long.
    (alike > 0 && missing <= 1).then_some(sum + missing * SEGMENT)
}

fn best(scored: impl Iterator<Item = (usize, String)>) -> Vec<String> {
    let mut scored: Vec<_> = scored.collect();
    scored.sort_by_key(|(distance, _)| *distance);
    let mut names: Vec<String> = Vec::new();
    for (_, name) in scored {
        if names.len() < MOST && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
