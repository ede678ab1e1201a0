//! Why a request selects what it selects.
//!
//! The walk is the one of the look-up; here it does not stop at the first hit.

use std::ops::ControlFlow;

use http::Method;

use super::canonical::Plain;
use super::host::normalize;
use super::method::Api;
use super::path::{Trie, skip_segments};
use super::reading::Reading;
use super::table::{Domain, Match, Miss, Query, Reread, RouteTable, Selection};
use crate::config::path::{PathRule, Segment};
use crate::config::{Environment, MethodRule};

/// The story of one look-up.
#[derive(Debug)]
pub struct Explanation<'t, T> {
    pub method: String,
    /// Normalized.
    pub host: String,
    pub path: String,
    /// The canonical form, where the path is not in it.
    pub plain: Option<String>,
    /// Every domain whose host covers the request's, the winner first.
    pub domains: Vec<DomainNote<'t>>,
    /// Every API whose path matches, most specific first.
    pub candidates: Vec<CandidateNote>,
    /// The readings that differ from the plain one.
    pub readings: Vec<ReadingNote>,
    /// APIs that would match, were they published in the request's environment.
    pub elsewhere: Vec<Elsewhere>,
    pub outcome: String,
    /// What [`RouteTable::find`] answers.
    pub result: Result<Match<'t, T>, Miss<'t>>,
}

/// A domain that covers the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainNote<'t> {
    pub host: String,
    pub base_path: String,
    pub service: &'t str,
    pub environment: &'static str,
    /// Why another one was taken; `None` for the winner.
    pub lost: Option<String>,
}

/// An API whose path matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateNote {
    pub path: String,
    pub method: String,
    /// Why it does not serve the request; `None` for the winner of the plain reading.
    pub lost: Option<String>,
}

/// Another reading of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingNote {
    pub reading: Reading,
    /// The path as read; `/base + /path` where only what is behind the base path was read.
    pub path: String,
    /// The API that it selects.
    pub selects: Option<String>,
    /// Whether that is what the plain reading selects.
    pub agrees: bool,
}

/// An API of the same service in another environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    pub environment: &'static str,
    pub path: String,
    pub method: String,
}

impl<T> RouteTable<T> {
    /// Explains what [`Self::find`] answers to the same question.
    #[must_use]
    pub fn explain<'t>(&'t self, host: &str, path: &str, method: &Method) -> Explanation<'t, T> {
        let result = self.find(host, path, method);
        let normal = normalize(host);
        let mut explanation = Explanation {
            method: method.to_string(),
            host: normal.to_string(),
            path: path.to_owned(),
            plain: None,
            domains: Vec::new(),
            candidates: Vec::new(),
            readings: Vec::new(),
            elsewhere: Vec::new(),
            outcome: outcome(&result),
            result,
        };
        let Some(plain) = Plain::read(path) else { return explanation };
        explanation.plain = Some(plain.text()).filter(|text| *text != path).map(str::to_owned);
        explanation.domains = self.domain_notes(&normal, plain.text());
        let Some(domains) = self.hosts.find(&normal) else { return explanation };
        let selection = self.select(domains, plain.text(), method);
        let query = Query { domains, plain: &plain, method };
        explanation.readings = self.reading_notes(&query, &selection);
        if let Some(domain) = selection.domain {
            let path = skip_segments(plain.text(), domain.base.segments().len());
            explanation.candidates = self.candidate_notes(domain, path, method);
            explanation.elsewhere = self.elsewhere(domain, path, method);
        }
        explanation
    }

    fn domain_notes(&self, host: &str, path: &str) -> Vec<DomainNote<'_>> {
        let mut notes = Vec::new();
        for (rank, domains) in self.hosts.covering(host).enumerate() {
            let matching = collect(domains, path);
            for (position, domain) in matching.iter().enumerate() {
                notes.push(self.domain_note(
                    domain,
                    match (rank, position) {
                        (0, 0) => None,
                        (0, _) => Some("shorter base path"),
                        _ => Some("less specific host"),
                    },
                ));
            }
            let others = domains.values().filter(|other| !matching.iter().any(|domain| std::ptr::eq(*domain, *other)));
            let reason = if rank == 0 { "base path does not match" } else { "less specific host" };
            notes.extend(others.map(|domain| self.domain_note(domain, Some(reason))));
        }
        notes
    }

    fn domain_note(&self, domain: &Domain, lost: Option<&str>) -> DomainNote<'_> {
        DomainNote {
            host: domain.host.to_string(),
            base_path: domain.base.to_string(),
            service: &self.services[domain.service].name,
            environment: domain.environment.as_str(),
            lost: lost.map(str::to_owned),
        }
    }

    fn candidate_notes(&self, domain: &Domain, path: &str, method: &Method) -> Vec<CandidateNote> {
        let leaves = collect(self.trie(domain), path);
        let Some((winner, losers)) = leaves.split_first() else { return Vec::new() };
        let selected = winner.select(method);
        let mut notes: Vec<_> =
            winner.apis().iter().map(|api| candidate(api, why_not_selected(api, selected, method))).collect();
        notes.sort_by_key(|note| note.lost.is_some());
        if let Some(best) = winner.apis().first() {
            let losers = losers.iter().flat_map(|leaf| leaf.apis());
            notes.extend(losers.map(|api| candidate(api, Some(why_less_specific(&best.rule, &api.rule)))));
        }
        notes
    }

    fn reading_notes<'t>(&'t self, query: &Query<'t, '_>, plain: &Selection<'t, T>) -> Vec<ReadingNote> {
        let mut notes = Vec::new();
        let _ = self.reread(query, plain, &mut |Reread { reading, base, path, agrees, selection }| {
            let path = base.map_or_else(|| path.to_owned(), |base| format!("{base} + {path}"));
            let selects = self.route(&selection).map(|route| route.to_string());
            notes.push(ReadingNote { reading: reading.clone(), path, selects, agrees });
            ControlFlow::<()>::Continue(())
        });
        notes
    }

    fn elsewhere(&self, domain: &Domain, path: &str, method: &Method) -> Vec<Elsewhere> {
        let tries = Environment::ALL.into_iter().zip(&self.services[domain.service].tries);
        let others = tries.filter(|(environment, _)| *environment != domain.environment);
        let found = others.filter_map(|(environment, trie)| Some((environment, trie.first(path)?.select(method)?)));
        let notes = found.map(|(environment, api)| Elsewhere {
            environment: environment.as_str(),
            path: api.rule.to_string(),
            method: api.method.to_string(),
        });
        notes.collect()
    }
}

fn collect<'t, V>(trie: &'t Trie<V>, path: &str) -> Vec<&'t V> {
    let mut values = Vec::new();
    let _ = trie.walk(path, &mut |value| {
        values.push(value);
        ControlFlow::<()>::Continue(())
    });
    values
}

fn outcome<T>(result: &Result<Match<'_, T>, Miss<'_>>) -> String {
    match result {
        Ok(found) => found.route.to_string(),
        Err(Miss::MethodNotAllowed { allow, .. }) => {
            let allow: Vec<_> = allow.iter().map(Method::as_str).collect();
            format!("method not allowed; allowed are: {}", allow.join(", "))
        }
        Err(miss) => miss.to_string(),
    }
}

fn candidate<T>(api: &Api<T>, lost: Option<String>) -> CandidateNote {
    CandidateNote { path: api.rule.to_string(), method: api.method.to_string(), lost }
}

/// Why an API on the winning shape does not serve a request, or `None` if it does.
fn why_not_selected<T>(api: &Api<T>, selected: Option<&Api<T>>, method: &Method) -> Option<String> {
    match selected {
        Some(winner) if winner.method == api.method => {
            (!api.enabled).then(|| "disabled: it keeps its place and answers 404".to_owned())
        }
        Some(winner) if api.method == MethodRule::Any => Some(format!("less specific: `ANY` < `{}`", winner.method)),
        _ => Some(format!("method: it serves `{}`, the request is `{method}`", api.method)),
    }
}

/// Where two rules that match the same path part.
fn why_less_specific(winner: &PathRule, loser: &PathRule) -> String {
    let longest = winner.segments().len().max(loser.segments().len());
    let differ = (0..=longest).find(|&index| describe(winner, index).0 != describe(loser, index).0);
    let index = differ.unwrap_or(longest);
    let ((_, better), (_, worse)) = (describe(winner, index), describe(loser, index));
    format!("less specific: {worse} < {better} in segment {}", index + 1)
}

/// The kind of a segment, and the segment.
fn describe(rule: &PathRule, index: usize) -> (u8, String) {
    match rule.segments().get(index) {
        Some(Segment::Literal(text)) => (4, format!("literal `{text}`")),
        Some(Segment::Parameter(name)) => (3, format!("`{{{name}}}`")),
        Some(Segment::Rest(name)) => (2, format!("`{{{name}+}}`")),
        None if rule.is_exact() => (1, "exact end".to_owned()),
        None => (0, "end of a prefix".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::HostPattern;
    use crate::config::path::BasePath;
    use crate::route::{ApiEntry, Builder};

    fn table() -> RouteTable<()> {
        let mut builder = Builder::new();
        let service = builder.service("shop");
        let release = Environment::Release;
        let suffix = HostPattern::Suffix(".test".to_owned());
        for (host, base, environment) in [
            (HostPattern::Exact("shop.test".to_owned()), "/", release),
            (HostPattern::Exact("shop.test".to_owned()), "/t", Environment::Test),
            (suffix, "/", release),
        ] {
            let base = BasePath::parse(base).expect(base);
            builder.domain(service, &host, &base, environment).expect("no duplicate");
        }
        for (method, path, environment, enabled) in [
            ("GET", "/users/me", release, true),
            ("ANY", "/users/me", release, true),
            ("POST", "/users/me", release, false),
            ("GET", "/users/{id}", release, true),
            ("GET", "/{all+}", release, true),
            ("DELETE", "/users/{id}", Environment::Test, true),
        ] {
            let rule = &PathRule::parse(path).expect(path);
            let one = || MethodRule::One(method.parse().expect(method));
            let method = &if method == "ANY" { MethodRule::Any } else { one() };
            let entry = ApiEntry { rule, method, enabled, raw_path: false, payload: () };
            builder.api(service, environment, entry).expect("no duplicate");
        }
        builder.build()
    }

    #[test]
    fn an_explanation_shows_the_readings() {
        let table = table();
        let explanation = table.explain("shop.test", "/users/me;x", &Method::GET);
        assert_eq!(explanation.readings.len(), 1);
        assert_eq!(explanation.readings[0].selects.as_deref(), Some("GET /users/me of shop in release"));
        assert!(explanation.readings.iter().all(|note| !note.agrees));
        assert!(matches!(explanation.result, Err(Miss::Ambiguous(_))));
        assert_eq!(explanation.candidates[0].lost, None);
    }

    #[test]
    fn a_miss_is_explained_too() {
        let table = table();
        for (host, path, domains, outcome) in [
            ("other", "/", 0, "no service has this host and base path"),
            ("shop.test", "/", 3, "service `shop` has no such path in release"),
            ("shop.test", "*", 0, "the path does not start"),
        ] {
            let explanation = table.explain(host, path, &Method::GET);
            assert_eq!(explanation.domains.len(), domains, "{host}{path}");
            assert!(explanation.outcome.starts_with(outcome), "{}", explanation.outcome);
            assert!(explanation.candidates.is_empty());
        }
        let disabled = table.explain("shop.test", "/users/me", &Method::POST);
        assert!(disabled.candidates[2].lost.as_deref().is_some_and(|lost| lost.starts_with("disabled")));
    }
}
