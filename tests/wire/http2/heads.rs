//! Pseudo-fields: which there are, in what order, and what they may say.

use super::{Answered, Failed, Fields, Refused, Stand, Verdict, With, Without, head, run};

const M: (&str, &str) = (":method", "GET");
const S: (&str, &str) = (":scheme", "http");
const P: (&str, &str) = (":path", "/attack");
const A: (&str, &str) = (":authority", "h.example");

const PSEUDO: [(&str, Fields<'_>, Verdict); 33] = [
    ("no method", &[S, P, A], Refused),
    ("no scheme", &[M, P, A], Refused),
    ("no path", &[M, S, A], Refused),
    ("no authority and no Host", &[M, S, P], Refused),
    ("nothing at all", &[], Refused),
    ("only fields", &[("host", "h.example")], Refused),
    ("Host for the authority", &[M, S, P, ("host", "h.example")], With("\r\nhost: h.example\r\n")),
    ("two methods", &[M, (":method", "POST"), S, P, A], Refused),
    ("two schemes", &[M, S, (":scheme", "https"), P, A], Refused),
    ("two paths", &[M, S, P, (":path", "/evil"), A], Refused),
    ("two authorities", &[M, S, P, A, (":authority", "evil.example")], Refused),
    ("one method twice", &[M, M, S, P, A], Refused),
    ("one path twice", &[M, S, P, P, A], Refused),
    ("one authority twice", &[M, S, P, A, A], Refused),
    ("a status", &[M, S, P, A, (":status", "200")], Refused),
    ("only a status", &[(":status", "200")], Refused),
    ("an unknown one", &[M, S, P, A, (":evil", "1")], Refused),
    ("an empty name behind the colon", &[M, S, P, A, (":", "1")], Refused),
    ("a name in upper case", &[M, S, (":Path", "/attack"), A], Refused),
    ("a path behind a field", &[M, S, A, ("x-a", "1"), P], Refused),
    ("an authority behind Host", &[M, S, P, ("host", "h.example"), A], Refused),
    ("a method behind a field", &[S, P, A, ("x-a", "1"), M], Refused),
    ("the other order", &[A, P, S, M], With("GET /attack\r\n")),
    ("an empty method", &[(":method", ""), S, P, A], Refused),
    ("a method with a space", &[(":method", "GET /evil"), S, P, A], Refused),
    ("a request line as method", &[(":method", "GET /evil HTTP/1.1\r\nHost: a\r\n\r\nGET"), S, P, A], Refused),
    ("a method with a NUL", &[(":method", "G\0T"), S, P, A], Refused),
    ("a method with a byte beyond ASCII", &[(":method", "G\u{e9}T"), S, P, A], Refused),
    ("a method with a colon", &[(":method", "GET:"), S, P, A], Refused),
    ("a method in lower case", &[(":method", "get"), S, P, A], With("get /attack\r\n")),
    ("PRI", &[(":method", "PRI"), S, P, A], With("PRI /attack\r\n")),
    ("TRACE", &[(":method", "TRACE"), S, P, A], With("TRACE /attack")),
    (
        "a method of the function's own",
        &[(":method", "M!#$%&'*+-.^_`|~9"), S, P, A],
        With("M!#$%&'*+-.^_`|~9 /attack\r\n"),
    ),
];

const SCHEMES: [(&str, &str, Verdict); 10] = [
    ("https", "https", With("X-Forwarded-Proto: http\r\n")),
    ("upper case", "HTTP", Refused),
    ("empty", "", Refused),
    ("another", "ftp", Refused),
    ("a script", "javascript", Refused),
    ("with a colon", "http://evil.example/", Refused),
    ("with a space", "ht tp", Refused),
    ("with a line", "http\r\nx-a: evil", Refused),
    ("with a NUL", "http\0", Refused),
    ("beyond ASCII", "htt\u{e9}", Refused),
];

const AUTHORITIES: [(&str, &str, Verdict); 31] = [
    ("a port", "h.example:8080", With("\r\nhost: h.example:8080\r\n")),
    ("upper case", "H.Example", With("\r\nhost: H.Example\r\n")),
    ("an address", "127.0.0.1", With("\r\nhost: 127.0.0.1\r\n")),
    ("an address of version 6", "[::1]:80", With("\r\nhost: [::1]:80\r\n")),
    ("empty", "", Refused),
    ("a user", "user@h.example", Refused),
    ("a user and a password", "user:evil@h.example", Refused),
    ("an empty user", "@h.example", Refused),
    ("only a port", ":80", Refused),
    ("a port of letters", "h.example:evil", Refused),
    ("a port that is too large", "h.example:655360", Refused),
    ("two ports", "h.example:80:80", Refused),
    ("a space", "h example", Refused),
    ("a space behind it", "h.example ", Refused),
    ("a space in front", " h.example", Refused),
    ("a tab", "h.example\t", Refused),
    ("a line", "h.example\r\nx-a: evil", Refused),
    ("a bare LF", "h.example\nx-a: evil", Refused),
    ("a bare CR", "h.example\rx-a: evil", Refused),
    ("a NUL", "h.example\0", Refused),
    ("a DEL", "h.example\x7f", Refused),
    ("a byte beyond ASCII", "h\u{e9}.example", Refused),
    ("a path", "h.example/evil", Refused),
    ("a query", "h.example?evil", Refused),
    ("a fragment", "h.example#evil", Refused),
    ("a backslash", "h.example\\evil", Refused),
    ("a list", "h.example, evil.example", Refused),
    ("a URL", "http://h.example", Refused),
    ("an open bracket", "[::1", Refused),
    ("angle brackets", "<h.example>", Refused),
    ("a quote", "h.example\"", Refused),
];

const HOSTS: [(&str, Fields<'_>, Verdict); 17] = [
    ("the same host", &[M, S, P, A, ("host", "h.example")], With("\r\nhost: h.example\r\n")),
    ("the same host in upper case", &[M, S, P, A, ("host", "H.EXAMPLE")], Without("H.EXAMPLE")),
    ("another host", &[M, S, P, A, ("host", "evil.example")], Refused),
    ("an empty host", &[M, S, P, A, ("host", "")], Refused),
    ("a host with a port", &[M, S, P, A, ("host", "h.example:80")], Refused),
    ("a host with a user", &[M, S, P, A, ("host", "evil@h.example")], Refused),
    ("a host with a space", &[M, S, P, A, ("host", "h.example ")], Refused),
    ("two equal hosts", &[M, S, P, A, ("host", "h.example"), ("host", "h.example")], Refused),
    ("two hosts", &[M, S, P, A, ("host", "h.example"), ("host", "evil.example")], Refused),
    ("two hosts without an authority", &[M, S, P, ("host", "h.example"), ("host", "evil.example")], Refused),
    ("a bad host without an authority", &[M, S, P, ("host", "h.example/evil")], Refused),
    ("an empty host without an authority", &[M, S, P, ("host", "")], Refused),
    ("a host with a percent sign without an authority", &[M, S, P, ("host", "a%41")], Refused),
    ("only a port without an authority", &[M, S, P, ("host", ":80")], Refused),
    ("a list of hosts without an authority", &[M, S, P, ("host", "h.example, evil.example")], Refused),
    ("an empty authority with a host", &[M, S, P, (":authority", ""), ("host", "h.example")], Refused),
    ("a host with a line", &[M, S, P, ("host", "h.example\r\nx-a: evil")], Refused),
];

/// CONNECT, plain (section 8.5) and extended (RFC 8441).
const CONNECTS: [(&str, Fields<'_>, Verdict); 17] = [
    ("CONNECT", &[(":method", "CONNECT"), (":authority", "evil.example:443")], Answered(400)),
    ("CONNECT with a path", &[(":method", "CONNECT"), S, P, A], Refused),
    ("CONNECT with a scheme", &[(":method", "CONNECT"), S, A], Refused),
    ("CONNECT without an authority", &[(":method", "CONNECT")], Refused),
    ("CONNECT with Host only", &[(":method", "CONNECT"), ("host", "h.example:80")], Refused),
    ("a protocol without CONNECT", &[M, S, P, A, (":protocol", "websocket")], Refused),
    ("a protocol that nobody knows", &[(":method", "CONNECT"), (":protocol", "evil"), S, P, A], Answered(400)),
    ("connect-udp", &[(":method", "CONNECT"), (":protocol", "connect-udp"), S, P, A], Answered(400)),
    ("an empty protocol", &[(":method", "CONNECT"), (":protocol", ""), S, P, A], Refused),
    ("a protocol with a line", &[(":method", "CONNECT"), (":protocol", "websocket\r\nx-a: evil"), S, P, A], Refused),
    ("a list of protocols", &[(":method", "CONNECT"), (":protocol", "websocket, evil"), S, P, A], Answered(400)),
    ("two protocols", &[(":method", "CONNECT"), (":protocol", "websocket"), (":protocol", "evil"), S, P, A], Refused),
    ("a WebSocket without a scheme", &[(":method", "CONNECT"), (":protocol", "websocket"), P, A], Refused),
    ("a WebSocket without a path", &[(":method", "CONNECT"), (":protocol", "websocket"), S, A], Refused),
    ("a WebSocket without an authority", &[(":method", "CONNECT"), (":protocol", "websocket"), S, P], Refused),
    (
        "a WebSocket for a function that has none",
        &[(":method", "CONNECT"), (":protocol", "websocket"), S, P, A],
        Failed(502),
    ),
    ("a WebSocket in upper case", &[(":method", "CONNECT"), (":protocol", "WebSocket"), S, P, A], Failed(502)),
];

#[test]
fn pseudo_fields() {
    let rows: Vec<_> = PSEUDO.iter().map(|(name, fields, verdict)| head(name, fields, *verdict, "8.3.1")).collect();
    run(&Stand::start(""), &rows);
}

#[test]
fn schemes() {
    let row = |(name, scheme, verdict): &(&str, &str, Verdict)| {
        head(name, &[M, (":scheme", scheme), P, A], *verdict, "8.3.1")
    };
    run(&Stand::start(""), &SCHEMES.iter().map(row).collect::<Vec<_>>());
}

#[test]
fn authorities() {
    let row = |(name, authority, verdict): &(&str, &str, Verdict)| {
        head(name, &[M, S, P, (":authority", authority)], *verdict, "8.3.1")
    };
    run(&Stand::start(""), &AUTHORITIES.iter().map(row).collect::<Vec<_>>());
}

#[test]
fn hosts() {
    let rows: Vec<_> = HOSTS.iter().map(|(name, fields, verdict)| head(name, fields, *verdict, "8.3.1")).collect();
    run(&Stand::start(""), &rows);
}

#[test]
fn connects() {
    let rows: Vec<_> = CONNECTS.iter().map(|(name, fields, verdict)| head(name, fields, *verdict, "8.5")).collect();
    run(&Stand::start(""), &rows);
}
