//! `[acme]` and the names of listeners, in builds with ACME and without.

use super::{BASE, parse};
use crate::config::Acme;

fn with_names(acme: &str, names: &str) -> String {
    format!("{acme}\n[[listener]]\naddress = \"[::1]:8443\"\n[listener.tls]\nacme = {names}\n{BASE}")
}

fn errors(text: &str) -> String {
    parse(text).expect_err("an error").to_string()
}

#[test]
fn an_empty_list_is_as_good_as_none() {
    let found = errors(&with_names("", "[]"));
    assert!(found.contains("has no `certificates`"), "{found}");
}

#[cfg(not(feature = "acme"))]
#[test]
fn a_build_without_acme_says_so() {
    let found = errors(&with_names("[acme]\nterms_agreed = true", "[\"shop.test\"]"));
    assert_eq!(
        found
            .matches("this build has no ACME: build without `--no-default-features`, or with `--features acme`")
            .count(),
        2,
        "{found}"
    );
    assert_eq!(parse(BASE).expect("a configuration").acme, Acme::default());
}

#[cfg(feature = "acme")]
#[test]
fn names_are_kept_in_one_form() {
    let text = with_names(
        "[acme]\ndirectory = \"https://ca.test:14000/dir\"\ncontact = [\"mailto:a@b.test\"]\nstate = \"/s\"\nterms_agreed = true",
        "[\"Shop.Test.\", \"shop.test\", \"b\"]",
    );
    let config = parse(&text).unwrap_or_else(|report| panic!("{report}"));
    let tls = config.listeners[0].tls.as_ref().expect("TLS");
    assert_eq!((&tls.acme[..], tls.identities.len()), (&["shop.test".to_owned(), "b".to_owned()][..], 0));
    let expected = Acme {
        directory: "https://ca.test:14000/dir".to_owned(),
        contact: vec!["mailto:a@b.test".to_owned()],
        state: "/s".into(),
        roots: None,
        terms_agreed: true,
    };
    assert_eq!(config.acme, expected);
}

#[cfg(feature = "acme")]
#[test]
fn what_cannot_be_ordered_is_refused() {
    let agreed = "[acme]\nterms_agreed = true\n";
    for (acme, names, error) in [
        (agreed, "[\"*.test\"]", "a wildcard is proved by DNS"),
        (agreed, "[\"192.0.2.1\"]", "not a name that a certificate can be ordered for"),
        (agreed, "[\"a b\"]", "not a name that a certificate can be ordered for"),
        (agreed, "[\"a_b.test\"]", "not a name that a certificate can be ordered for"),
        ("", "[\"a.test\"]", "nobody has agreed to the terms"),
        ("[acme]\nterms_agreed = false", "[\"a.test\"]", "nobody has agreed to the terms"),
        ("[acme]\nterms_agreed = true\ndirectory = \"http://a/\"", "[\"a.test\"]", "not the URL of a directory"),
        ("[acme]\nterms_agreed = true\ncontact = [\"a@b.test\"]", "[\"a.test\"]", "write \"mailto:a@b.test\""),
        ("[acme]\nterms_agreed = true\nstate = \"acme\"", "[\"a.test\"]", "not the absolute path"),
        ("[acme]\nterms_agreed = true\nca = \"/none.pem\"", "[\"a.test\"]", "there is no such file"),
    ] {
        let found = errors(&with_names(acme, names));
        assert!(found.contains(error), "{acme} {names}: {found}");
    }
}
