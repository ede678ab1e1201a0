//! Request lines: targets and methods.

use super::bytes::{head, plain};
use crate::conformance::case::Case;

/// What may stand in a path unescaped (RFC 3986 section 3.3).
const PATH_BYTES: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/";
/// What a query may have besides.
const QUERY_BYTES: &str = "?/:@!$&'()*+,;=-._~";

const TARGETS: [&str; 58] = [
    "/",
    "/?",
    "/??",
    "/?&",
    "/?=",
    "/?a=1&a=2&a=1",
    "/?a&&b",
    "/?a=%26&b=%3D",
    "/?a+b=c+d",
    "/?%00",
    "/?%",
    "/?%zz",
    "/?http://example.com/",
    "//",
    "//a",
    "/a//b",
    "/a/",
    "/a//",
    "/.",
    "/..",
    "/./a",
    "/../a",
    "/a/..",
    "/a/./b",
    "/a/../b",
    "/...",
    "/a.",
    "/.a",
    "/a;b",
    "/a;b=c/d;e",
    "/;",
    "/a:b",
    "/:80",
    "/@",
    "/%20",
    "/%2f",
    "/%2F",
    "/a%2Fb",
    "/%2e%2e",
    "/%2E%2E/a",
    "/%5c",
    "/%00",
    "/%25",
    "/%252F",
    "/%7e",
    "/%7E",
    "/%41",
    "/%C3%A9",
    "/%c3%a9",
    "/%ff%fe",
    "/%E2%82%AC",
    "/a%0Ab",
    "/a%0D%0AX:1",
    "/http://example.com/",
    "/index.php/a?b",
    "/*",
    "/~user/",
    "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p",
];

/// Absolute targets, with the `Host` that stands beside them.
const ABSOLUTE: [(&str, &str); 10] = [
    ("http://example.com", "example.com"),
    ("http://example.com/", "example.com"),
    ("http://example.com/a?b", "example.com"),
    ("http://example.com?b", "example.com"),
    ("HTTP://example.com/", "example.com"),
    ("http://EXAMPLE.com/", "example.com"),
    ("http://example.com:80/", "example.com:80"),
    ("http://example.com:8080/x", "other.example"),
    ("https://example.com/", "example.com"),
    ("http://[::1]:80/", "[::1]:80"),
];

/// The registered methods that a client may send to a path, and some that nobody has registered.
const METHODS: [&str; 52] = [
    "ACL",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LABEL",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "OPTIONS",
    "ORDERPATCH",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PUT",
    "QUERY",
    "REBIND",
    "REPORT",
    "SEARCH",
    "TRACE",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
    "PURGE",
    "X",
    "get",
    "Post",
    "GETT",
    "GE",
    "M-SEARCH",
    "123",
    "!#$%&'*+-.^_`|~",
    "A_B",
    "aVeryLongMethodNameThatNobodyHasEverRegisteredAnywhere",
    "HTTP",
    "PRI",
    "CONNECTED",
];

pub(super) fn targets() -> Vec<Case> {
    let path = PATH_BYTES.chars().map(|byte| format!("/{byte}x"));
    let query = QUERY_BYTES.chars().map(|byte| format!("/?x{byte}"));
    let long = [100, 1000, 4000, 8000].map(|length| format!("/{}", "a".repeat(length)));
    let long_query = [100, 1000, 4000, 8000].map(|length| format!("/?{}", "b".repeat(length)));
    let all = TARGETS.map(str::to_owned).into_iter().chain(path).chain(query).chain(long).chain(long_query);
    let mut cases: Vec<_> =
        all.map(|target| Case::new(format!("target {target}")).send(plain("GET", &target))).collect();
    for (target, host) in ABSOLUTE {
        let request = head(&format!("GET {target} HTTP/1.1"), &[format!("Host: {host}").as_bytes()]);
        cases.push(Case::new(format!("target {target} with Host {host}")).send(request));
    }
    cases.push(Case::new("target *").send(plain("OPTIONS", "*")));
    cases
}

pub(super) fn methods() -> Vec<Case> {
    let mut cases = Vec::new();
    for method in METHODS {
        // The answer to HEAD has no content, whatever it announces.
        let answer = if method == "HEAD" { "" } else { "ok" };
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{answer}");
        cases.push(Case::new(format!("method {method}")).send(plain(method, "/m")).answer(&answer));
        // A client must not send content with TRACE (RFC 9110 section 9.3.8).
        if method != "TRACE" {
            let request = format!("{method} /m HTTP/1.1\r\nHost: example.com\r\nContent-Length: 4\r\n\r\nbody");
            cases.push(Case::new(format!("method {method} with a body")).send(request).answer(answer));
        }
    }
    cases
}
