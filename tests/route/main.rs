//! The matcher against a slow model: many small tables and requests over an alphabet that is made to collide.

mod cases;
mod model;

use fngate::config::path::{BasePath, PathRule};
use fngate::config::types::Environment;
use fngate::route::{ApiEntry, BuildError, Builder, Explanation, Match, Miss, RouteTable};
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

use cases::{Request, Spec};
use model::Answer;

const TABLES: u32 = 2_500;
const REQUESTS: usize = 50;

proptest! {
    #![proptest_config(ProptestConfig { cases: TABLES, ..ProptestConfig::default() })]

    #[test]
    fn the_matcher_the_model_and_the_explanation_agree(
        spec in cases::spec(),
        requests in proptest::collection::vec(cases::request(), REQUESTS),
    ) {
        let (spec, table) = compile(spec);
        for Request { host, path, method } in &requests {
            let expected = model::answer(&spec, host, path, method);
            let found = table.find(host, path, method);
            prop_assert_eq!(answer(&found), expected, "{} {}{}", method, host, path);
            let explanation = table.explain(host, path, method);
            prop_assert_eq!(answer(&explanation.result), answer(&found));
            prop_assert_eq!(story(&explanation), consequence(&found, &explanation), "{}", explanation);
            if let Ok(found) = found {
                let parameters: Vec<_> = found.parameters(path).collect();
                prop_assert_eq!(parameters, model::parameters(&spec, *found.payload(), found.forwarded(path)));
                prop_assert!(path.ends_with(found.forwarded(path)) || found.forwarded(path) == "/");
            }
        }
    }

    #[test]
    fn no_input_panics(host in "\\PC*", path in "\\PC*", tail in "[/.;%0-9A-F\\\\]{0,40}") {
        let table = everything();
        for path in [path.clone(), tail.clone(), format!("/{path}"), format!("/{tail}"), format!("/{tail}{path}")] {
            let found = table.find(&host, &path, &http::Method::GET);
            let explanation = table.explain(&host, &path, &http::Method::GET);
            prop_assert_eq!(answer(&explanation.result), answer(&found));
            prop_assert!(!explanation.to_string().is_empty());
            if let Ok(found) = found {
                let _ = found.parameters(&tail).count();
                let _ = found.forwarded(&host);
            }
        }
    }
}

/// A table in which the payload of an API is its place in the specification. What the builder refuses as a duplicate is
/// taken out of the specification as well.
fn compile(spec: Spec) -> (Spec, RouteTable<usize>) {
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
        let cases::Api { rule, method, enabled, raw_path, .. } = &api;
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

fn answer(result: &Result<Match<'_, usize>, Miss<'_>>) -> Answer {
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

fn everything() -> RouteTable<usize> {
    let host = fngate::config::types::HostPattern::Any;
    let mut domains = Vec::new();
    for base in ["/", "/a"] {
        let base = BasePath::parse(base).expect(base);
        domains.push(cases::Domain { service: 0, host: host.clone(), base, environment: Environment::Release });
    }
    let rules = ["/", "/{x}", "/0/{x}/{y+}", "=/A/"].map(|text| PathRule::parse(text).expect(text));
    let apis = rules.map(|rule| cases::Api {
        service: 0,
        environment: Environment::Release,
        rule,
        method: fngate::config::types::MethodRule::Any,
        enabled: true,
        raw_path: false,
    });
    compile(Spec { domains, apis: apis.into() }).1
}
