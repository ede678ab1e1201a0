//! The matcher against a slow model: many small tables and requests over an alphabet that is made to collide.

mod agree;
mod cases;
mod model;
mod spec;

use fngate::config::path::{BasePath, PathRule};
use fngate::config::{Environment, HostPattern, MethodRule};
use fngate::route::RouteTable;
use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

use spec::{Api, Domain, Spec};

const TABLES: u32 = 1_500;
const REQUESTS: usize = 50;

proptest! {
    #![proptest_config(ProptestConfig { cases: TABLES, ..ProptestConfig::default() })]

    #[test]
    fn the_matcher_the_model_and_the_explanation_agree(
        spec in cases::spec(),
        requests in proptest::collection::vec(cases::request(), REQUESTS),
    ) {
        let (spec, table) = agree::compile(spec);
        requests.iter().for_each(|request| agree::check(&spec, &table, request));
    }

    #[test]
    fn no_input_panics(host in "\\PC*", path in "\\PC*", tail in "[/.;%0-9A-F\\\\]{0,40}") {
        let table = everything();
        for path in [path.clone(), tail.clone(), format!("/{path}"), format!("/{tail}"), format!("/{tail}{path}")] {
            let found = table.find(&host, &path, &http::Method::GET);
            let explanation = table.explain(&host, &path, &http::Method::GET);
            prop_assert_eq!(agree::answer(&explanation.result), agree::answer(&found));
            if let Ok(found) = found {
                let _ = found.parameters(&tail).count();
                let _ = found.forwarded(&host);
            }
        }
    }
}

fn everything() -> RouteTable<usize> {
    let domains = ["/", "/a"].map(|base| Domain {
        service: 0,
        host: HostPattern::Any,
        base: BasePath::parse(base).expect(base),
        environment: Environment::Release,
    });
    let rules = ["/", "/{x}", "/0/{x}/{y+}", "=/A/"].map(|text| PathRule::parse(text).expect(text));
    let apis = rules.map(|rule| Api {
        service: 0,
        environment: Environment::Release,
        rule,
        method: MethodRule::Any,
        enabled: true,
        raw_path: false,
    });
    agree::compile(Spec { domains: domains.into(), apis: apis.into() }).1
}
