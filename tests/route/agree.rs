//! The look-up, its explanation and the model, asked the same.

use fngate::route::{ApiEntry, BuildError, Builder, Explanation, Match, Miss, RouteTable};

use super::model::{self, Answer};
use super::spec::{Api, Request, Spec};

/// A table in which the payload of an API is its place in the specification. What the builder refuses as a duplicate is
/// taken out of the specification as well.
pub(crate) fn compile(spec: Spec) -> (Spec, RouteTable<usize>) {
    let mut builder = Builder::new();
    let services: Vec<_> = model::SERVICES.iter().map(|name| builder.service(name)).collect();
    let mut kept = Spec { domains: Vec::new(), apis: Vec::new() };
    for domain in spec.domains {
        match builder.domain(services[domain.service], &domain.host, &domain.base, domain.environment) {
            Ok(()) => kept.domains.push(domain),
            Err(error) => assert!(matches!(error, BuildError::DuplicateDomain { .. })),
        }
    }
    for api in spec.apis {
        let Api { rule, method, enabled, raw_path, .. } = &api;
        let (enabled, raw_path, payload) = (*enabled, *raw_path, kept.apis.len());
        let entry = ApiEntry { rule, method, enabled, raw_path, payload };
        match builder.api(services[api.service], api.environment, entry) {
            Ok(()) => kept.apis.push(api),
            Err(error) => assert!(matches!(error, BuildError::DuplicateApi { .. })),
        }
    }
    let table = builder.build();
    assert_eq!(table.iter().count(), kept.apis.len());
    (kept, table)
}

/// Asserts that all three say the same of one request.
pub(crate) fn check(spec: &Spec, table: &RouteTable<usize>, Request { host, path, method }: &Request) {
    let found = table.find(host, path, method);
    assert_eq!(answer(&found), model::answer(spec, host, path, method), "{method} {host}{path}");
    let explanation = table.explain(host, path, method);
    assert_eq!(answer(&explanation.result), answer(&found));
    assert_eq!(story(&explanation), consequence(&found, &explanation), "{explanation:?}");
    if let Ok(found) = found {
        let parameters: Vec<_> = found.parameters(path).collect();
        assert_eq!(parameters, model::parameters(spec, *found.payload(), found.forwarded(path)));
        assert!(path.ends_with(found.forwarded(path)) || found.forwarded(path) == "/");
    }
}

pub(crate) fn answer(result: &Result<Match<'_, usize>, Miss<'_>>) -> Answer {
    match result {
        Ok(found) => Answer::Found { api: *found.payload(), prefix: found.prefix_len() },
        Err(Miss::NoService) => Answer::NoService,
        Err(Miss::NoApi { service, environment }) => Answer::NoApi((*service).to_owned(), *environment),
        Err(Miss::MethodNotAllowed { service, environment, allow }) => {
            let allow = allow.iter().map(ToString::to_string).collect();
            Answer::MethodNotAllowed((*service).to_owned(), *environment, allow)
        }
        Err(Miss::Ambiguous(_)) => Answer::Ambiguous,
        Err(Miss::BadPath) => Answer::BadPath,
    }
}

/// What the notes of an explanation say: the API that won the plain reading, and whether every reading agrees.
fn story(explanation: &Explanation<'_, usize>) -> (Option<(String, String)>, bool) {
    let winners: Vec<_> = explanation.candidates.iter().filter(|note| note.lost.is_none()).collect();
    assert!(winners.len() <= 1);
    let winner = winners.first().map(|note| (note.method.clone(), note.path.clone()));
    (winner, explanation.readings.iter().all(|note| note.agrees))
}

/// What they have to say, given the answer. The winner of an ambiguous path is not in the answer.
fn consequence(
    result: &Result<Match<'_, usize>, Miss<'_>>,
    explanation: &Explanation<'_, usize>,
) -> (Option<(String, String)>, bool) {
    match result {
        Ok(found) => (Some((found.route.method.to_string(), found.route.rule.to_string())), true),
        Err(Miss::Ambiguous(_)) => (story(explanation).0, false),
        Err(_) => (None, true),
    }
}
