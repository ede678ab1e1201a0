//! What is said of APIs that requests do not reach as the document has it.

use crate::import::import;

const NONE: &str = "# no request reaches it: other APIs match its paths first\n[[service.api]]\npath = ";

#[test]
fn apis_that_no_request_reaches_say_so() {
    let trigger = |name: &str, domains: &str, endpoints: &str| {
        format!(
            "    - {{ type: apigw, function: f, parameters: {{ name: {name}, customDomains: [ {domains} ], {endpoints} }} }}\n"
        )
    };
    let release = |path: &str| format!("environment: release, endpoints: [ {{ path: {path}, method: GET }} ]");
    for (triggers, expected) in [
        // Another service has a longer base path at the same host.
        (
            [
                trigger("one", "{ domain: a.test, isDefaultMapping: 'FALSE' }", &release("/v1/x")),
                trigger("two", "{ domain: a.test, pathMap: [ { path: /v1, environment: release } ] }", &release("/y")),
            ],
            format!("{NONE}\"/v1/x\"\n"),
        ),
        // The first domain leads elsewhere.
        (
            [
                trigger(
                    "one",
                    "{ domain: a.test }, { domain: b.test, pathMap: [ { path: /t, environment: test } ] }",
                    "environment: release, endpoints: [ { path: /z } ]",
                ),
                trigger("one", "", "environment: test, endpoints: [ { path: /x } ]"),
            ],
            "# requests reach it at `b.test` with `/t` in front of the path\n[[service.api]]\npath = \"/x\"\n"
                .to_owned(),
        ),
        // Each method has an API of its own.
        (
            [
                trigger("one", "", "endpoints: [ { path: /x } ]"),
                trigger(
                    "one",
                    "",
                    "endpoints: [ { path: /x, method: [ GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS ] } ]",
                ),
            ],
            format!("{NONE}\"/x\"\nmethod = \"ANY\"\n"),
        ),
    ] {
        let document = format!(
            "component: multi-scf\ninputs:\n  functions: {{ f: {{ type: web }} }}\n  triggers:\n{}",
            triggers.concat()
        );
        let text = import(&document).unwrap_or_else(|error| panic!("{error}\n{document}"));
        assert!(text.contains(&expected), "{expected}\n{text}");
        assert_eq!(text.matches("reach").count(), 1, "{text}");
    }
}
