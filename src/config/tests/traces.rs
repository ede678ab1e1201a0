//! `[traces]`, in builds that can send them and in those that cannot.

use super::{BASE, parse};

fn errors(text: &str) -> String {
    parse(&format!("{text}\n{BASE}")).expect_err("an error").to_string()
}

#[test]
fn without_the_table_nothing_is_traced() {
    assert_eq!(parse(BASE).expect("a configuration").traces, None);
}

#[cfg(not(feature = "otel"))]
#[test]
fn a_build_without_traces_says_so() {
    let found = errors("[traces]\nendpoint = \"http://127.0.0.1:4318\"");
    assert!(
        found.contains("this build has no traces: build without `--no-default-features`, or with `--features otel`"),
        "{found}"
    );
}

#[cfg(feature = "otel")]
#[test]
fn what_is_said_is_kept_and_the_rest_has_defaults() {
    let good =
        |text: &str| parse(&format!("[traces]\n{text}\n{BASE}")).unwrap_or_else(|report| panic!("{report}")).traces;
    assert_eq!(good("ratio = 0.5"), None, "nobody to tell");
    let bare = good("endpoint = \"http://collector.test:4318\"").expect("traces");
    assert_eq!(bare.endpoint, "http://collector.test:4318/v1/traces");
    assert_eq!((bare.ratio, &*bare.service_name, bare.timeout.as_secs()), (1.0, "fngate", 10));
    let full = good(
        "endpoint = \"https://[::1]:4318/otlp?x=1\"\nratio = 0\nservice_name = \"door\"\ntimeout = \"1s\"\n\
         headers = { \"Authorization\" = \"Bearer secret\" }",
    );
    let full = full.expect("traces");
    assert_eq!(full.endpoint, "https://[::1]:4318/otlp?x=1");
    assert_eq!((full.ratio, &*full.service_name, full.timeout.as_secs()), (0.0, "door", 1));
    assert_eq!(full.headers[0].1, "Bearer secret");
    assert!(!format!("{full:?}").contains("secret"), "{full:?}");
}

#[cfg(feature = "otel")]
#[test]
fn what_cannot_be_is_refused() {
    for (line, error) in [
        ("endpoint = \"127.0.0.1:4318\"", "not the URL of a collector"),
        ("endpoint = \"grpc://a:4317\"", "OTLP over HTTP; its usual port is 4318"),
        ("endpoint = \"http://user:password@a/\"", "goes in `headers`"),
        ("endpoint = \"http:///v1\"", "not the URL of a collector"),
        ("endpoint = \"http://a:99999/\"", "not the URL of a collector"),
        ("endpoint = \"http://a:/\"", "not the URL of a collector"),
        ("endpoint = \"http://[::1]:0\"", "not the URL of a collector"),
        ("endpoint = \"http://a/#b\"", "not the URL of a collector"),
        ("service_name = \" \"", "a service without a name"),
        ("ratio = 1.5", "`ratio` must be from 0 to 1"),
        ("ratio = -0.1", "`ratio` must be from 0 to 1"),
        ("ratio = nan", "`ratio` must be from 0 to 1"),
        ("ratio = \"1\"", "expected a number from 0 to 1"),
        ("timeout = \"0s\"", "`timeout` must be from"),
        ("headers = { \"a b\" = \"1\" }", "is not the name of a header"),
        ("ca = \"/none.pem\"", "there is no such file"),
    ] {
        let found = errors(&format!("[traces]\n{line}"));
        assert!(!found.contains("password@"), "{found}");
        assert!(found.contains(error), "{line}: {found}");
    }
}

#[test]
fn what_is_secret_is_not_shown_with_an_error() {
    let found = errors("[traces]\nheaders = { \"Authorization\" = \"Bearer abc\\n123\" }\nheaders = 1");
    assert!(found.contains("headers = { \"Authorization\" = \"****") && !found.contains("abc"), "{found}");
}
