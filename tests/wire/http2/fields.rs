//! Fields: what they are called, what they say, and which of them HTTP/2 does not have.

use super::{Fields, Refused, Stand, Verdict, With, Without, body, line, run};

/// Section 8.2.2.
const HOPS: [(&str, Fields<'_>, Verdict); 18] = [
    ("connection", &[("connection", "close")], Refused),
    ("connection that lists a field", &[("connection", "x-a"), ("x-a", "1")], Refused),
    ("an empty connection", &[("connection", "")], Refused),
    ("keep-alive", &[("keep-alive", "timeout=5")], Refused),
    ("proxy-connection", &[("proxy-connection", "close")], Refused),
    ("transfer-encoding", &[("transfer-encoding", "chunked")], Refused),
    ("transfer-encoding that says nothing", &[("transfer-encoding", "identity")], Refused),
    ("an empty transfer-encoding", &[("transfer-encoding", "")], Refused),
    ("upgrade", &[("upgrade", "websocket")], Refused),
    ("upgrade to h2c", &[("upgrade", "h2c"), ("http2-settings", "AAMAAABk")], Refused),
    ("only the settings of h2c", &[("http2-settings", "AAMAAABk")], With("http2-settings: AAMAAABk\r\n")),
    ("te that takes trailers", &[("te", "trailers")], With("TE: trailers\r\n")),
    ("te that takes gzip", &[("te", "gzip")], Refused),
    ("te that takes more than trailers", &[("te", "trailers, gzip")], Refused),
    ("an empty te", &[("te", "")], Refused),
    ("two lines of te", &[("te", "trailers"), ("te", "gzip")], Refused),
    ("te with a weight", &[("te", "trailers;q=0")], Refused),
    ("proxy-authenticate", &[("proxy-authenticate", "evil")], Without("evil")),
];

/// Section 8.2.1.
const NAMES: [(&str, Fields<'_>, Verdict); 18] = [
    ("upper case", &[("X-A", "1")], Refused),
    ("one letter in upper case", &[("x-A", "1")], Refused),
    ("an empty name", &[("", "1")], Refused),
    ("a space", &[("x a", "1")], Refused),
    ("a space behind it", &[("x-a ", "1")], Refused),
    ("a space in front", &[(" x-a", "1")], Refused),
    ("a tab", &[("x-a\t", "1")], Refused),
    ("a colon", &[("x:a", "1")], Refused),
    ("a colon behind it", &[("x-a:", "1")], Refused),
    ("a line end", &[("x-a\r\n", "1")], Refused),
    ("another field", &[("x-a: 1\r\nx-b", "evil")], Refused),
    ("a bare LF", &[("x-a\nx-b", "1")], Refused),
    ("a NUL", &[("x\0a", "1")], Refused),
    ("a DEL", &[("x\x7fa", "1")], Refused),
    ("a byte beyond ASCII", &[("x\u{e9}a", "1")], Refused),
    ("a parenthesis", &[("x(a", "1")], Refused),
    ("a length with a space", &[("content-length ", "5")], Refused),
    ("every character of a token", &[("x!#$%&'*+-.^_`|~9", "1")], With("x!#$%&'*+-.^_`|~9: 1\r\n")),
];

const VALUES: [(&str, Fields<'_>, Verdict); 20] = [
    ("a line end", &[("x-a", "1\r\n")], Refused),
    ("another field", &[("x-a", "1\r\nx-b: evil")], Refused),
    ("a request", &[("x-a", "1\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n")], Refused),
    ("a folded line", &[("x-a", "1\r\n evil")], Refused),
    ("a bare CR", &[("x-a", "1\revil")], Refused),
    ("a bare LF", &[("x-a", "1\nx-b: evil")], Refused),
    ("a NUL", &[("x-a", "e\0vil")], Refused),
    ("a control character", &[("x-a", "e\x01vil")], Refused),
    ("an escape character", &[("x-a", "\x1b[2Jevil")], Refused),
    ("a vertical tab", &[("x-a", "e\x0bvil")], Refused),
    ("a DEL", &[("x-a", "e\x7fvil")], Refused),
    ("a space in front", &[("x-a", " evil")], Refused),
    ("a space behind it", &[("x-a", "evil ")], Refused),
    ("a tab in front", &[("x-a", "\tevil")], Refused),
    ("a tab behind it", &[("x-a", "evil\t")], Refused),
    ("only a space", &[("x-a", " ")], Refused),
    ("a tab inside", &[("x-a", "a\tb")], With("x-a: a\tb\r\n")),
    ("nothing", &[("x-a", "")], With("x-a: \r\n")),
    ("a comma and nothing", &[("x-a", ",")], With("x-a: ,\r\n")),
    ("a colon in front", &[("x-a", ": evil")], With("x-a: : evil\r\n")),
];

/// Names of the gateway's own, and what CGI would take for one.
const OWN: [(&str, Fields<'_>, Verdict); 20] = [
    ("a reserved name", &[("x-scf-name", "evil")], Without("evil")),
    ("a reserved name with underscores", &[("x_scf_name", "evil")], Without("evil")),
    ("a reserved name with one underscore", &[("x-scf_name", "evil")], Without("evil")),
    ("a reserved name of the future", &[("x-scf-zzz", "evil")], Without("evil")),
    ("a reserved name twice", &[("x-scf-name", "evil"), ("x-scf-name", "evil")], Without("evil")),
    ("the request's id", &[("x-scf-request-id", "evil")], Without("evil")),
    ("the other id", &[("x-api-requestid", "evil")], Without("evil")),
    ("who a client is", &[("x-scf-client-subject", "CN=evil")], Without("evil")),
    ("the client's address", &[("x-real-ip", "6.6.6.6")], Without("6.6.6.6")),
    ("who it is forwarded for", &[("x-forwarded-for", "6.6.6.6")], Without("6.6.6.6")),
    ("who it is forwarded for, with underscores", &[("x_forwarded_for", "6.6.6.6")], Without("6.6.6.6")),
    ("how it is forwarded", &[("x-forwarded-proto", "evil")], Without("evil")),
    ("the client's version", &[("x-client-proto-ver", "evil")], Without("evil")),
    ("proxy", &[("proxy", "evil")], Without("evil")),
    ("where an application is", &[("script_name", "/evil")], Without("evil")),
    ("where an application is, with a hyphen", &[("script-name", "/evil")], Without("evil")),
    ("what is left of a path", &[("path_info", "/evil")], Without("evil")),
    ("in front of which path", &[("x-forwarded-prefix", "/evil")], Without("evil")),
    ("a length with an underscore", &[("content_length", "evil")], Without("evil")),
    ("a coding with a dot", &[("transfer.encoding", "evil")], Without("evil")),
];

const COOKIES: [(&str, Fields<'_>, Verdict); 6] = [
    ("two", &[("cookie", "a=1"), ("cookie", "b=2")], With("\r\ncookie: a=1; b=2\r\n")),
    (
        "two with a field between them",
        &[("cookie", "a=1"), ("x-a", "1"), ("cookie", "b=2")],
        With("\r\ncookie: a=1; b=2\r\n"),
    ),
    ("an empty one", &[("cookie", "a=1"), ("cookie", ""), ("cookie", "b=2")], With("\r\ncookie: a=1; ; b=2\r\n")),
    ("empty ones", &[("cookie", ""), ("cookie", "")], With("\r\ncookie: ; \r\n")),
    ("a line in one", &[("cookie", "a=1"), ("cookie", "b=2\r\nx-a: evil")], Refused),
    ("a space behind one", &[("cookie", "a=1 "), ("cookie", "b=2")], Refused),
];

const EXPECTATIONS: [(&str, Fields<'_>, Verdict); 3] = [
    ("100-continue", &[("expect", "100-continue")], With("\r\nexpect: 100-continue\r\n")),
    (
        "100-continue and a length",
        &[("expect", "100-continue"), ("content-length", "4")],
        With("\r\nexpect: 100-continue\r\n"),
    ),
    ("another", &[("expect", "evil")], With("\r\nexpect: evil\r\n")),
];

#[track_caller]
fn run_all(table: &[(&str, Fields<'_>, Verdict)], section: &'static str) {
    let rows: Vec<_> = table.iter().map(|(name, fields, verdict)| line(name, fields, *verdict, section)).collect();
    run(&Stand::start(""), &rows);
}

#[test]
fn fields_of_a_connection() {
    run_all(&HOPS, "8.2.2");
}

#[test]
fn names() {
    run_all(&NAMES, "8.2.1");
}

#[test]
fn values() {
    run_all(&VALUES, "8.2.1");
}

#[test]
fn names_of_the_gateway() {
    run_all(&OWN, "9110 7.6.1");
}

#[test]
fn cookies() {
    run_all(&COOKIES, "8.2.3");
}

#[test]
fn expectations() {
    let row =
        |(name, fields, verdict): &(&str, Fields<'_>, Verdict)| body(name, fields, "good", *verdict, "9110 10.1.1");
    let mut rows: Vec<_> = EXPECTATIONS.iter().map(row).collect();
    let none = Without("expect");
    rows.push(line("100-continue and no body", &[("expect", "100-continue")], none, "9110 10.1.1"));
    rows.push(body(
        "100-continue and an empty body",
        &[("expect", "100-continue"), ("content-length", "0")],
        "",
        none,
        "9110 10.1.1",
    ));
    run(&Stand::start(""), &rows);
}

/// Bytes beyond ASCII are a part of a value, as they are in HTTP/1.1 (RFC 9110 section 5.5).
#[test]
fn values_beyond_ascii() {
    let stand = Stand::start("");
    if super::figures::wanted() {
        return;
    }
    let outcome = super::send(&stand, &super::attack(super::WHOLE, "GET", &[("x-a", "caf\u{e9}")]), &[]);
    assert_eq!(outcome.violations, Vec::<String>::new());
    assert_eq!(outcome.answer.status(), Some(200));
    assert!(super::contains(&outcome.requests[0], b"\r\nx-a: caf\xe9\r\n"), "{outcome:?}");
}
