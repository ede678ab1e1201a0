//! Targets and `Host` (RFC 9112 section 3.2, RFC 3986).

use super::{Answered, Attack, Findings, Refused, Served, Stand, Verdict, Without, figures, run, whole};

/// Values of the only `Host`.
const HOSTS: [(&str, &[u8], Verdict); 38] = [
    ("a space", b"a b", Refused),
    ("a tab", b"a\tb", Refused),
    ("a comma list", b"a.example, b.example", Refused),
    ("a slash", b"a.example/b", Refused),
    ("a backslash", b"a.example\\b", Refused),
    ("a query", b"a.example?b", Refused),
    ("a fragment", b"a.example#b", Refused),
    ("a user", b"user@a.example", Refused),
    ("a user and a password", b"user:pass@a.example", Refused),
    ("a scheme", b"http://a.example", Refused),
    ("two ports", b"a.example:80:80", Refused),
    ("a port of letters", b"a.example:http", Refused),
    ("a port with a sign", b"a.example:+80", Refused),
    ("a negative port", b"a.example:-1", Refused),
    ("a port of six digits", b"a.example:123456", Refused),
    ("an open bracket", b"[::1", Refused),
    ("a closed bracket", b"::1]", Refused),
    ("an empty address", b"[]", Refused),
    ("no address in brackets", b"[a.example]", Refused),
    ("an address without brackets", b"::1", Refused),
    ("something behind the bracket", b"[::1]x", Refused),
    ("a zone", b"[fe80::1%25eth0]", Refused),
    ("a quote", b"a\"b.example", Refused),
    ("angle brackets", b"<a.example>", Refused),
    ("a brace", b"{a}.example", Refused),
    ("utf-8", "caf\u{e9}.example".as_bytes(), Refused),
    ("a NUL", b"a\0.example", Refused),
    ("a DEL", b"a\x7f.example", Refused),
    ("a percent sign", b"exam%le", Refused),
    ("a percent sign without digits", b"%zz", Refused),
    ("a percent sign at the end", b"a.example%", Refused),
    ("a percent sign with one digit", b"a%4", Refused),
    ("a coded letter", b"%61.example", Refused),
    ("a coded NUL", b"a%00.example", Refused),
    ("only a port", b":80", Refused),
    ("empty", b"", Served),
    ("a dot at the end", b"a.example.", Served),
    ("an empty port", b"a.example:", Served),
];

/// Whole request heads.
const WHOLE: [(&str, &[u8], Verdict, &str); 63] = [
    ("no Host", b"GET /attack HTTP/1.1\r\n\r\n", Refused, "9112 3.2"),
    ("two Hosts", b"GET /attack HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n", Refused, "9112 3.2"),
    ("one Host twice", b"GET /attack HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n", Refused, "9112 3.2"),
    (
        "two Hosts in different cases",
        b"GET /attack HTTP/1.1\r\nHost: a.example\r\nhOST: b.example\r\n\r\n",
        Refused,
        "9112 3.2",
    ),
    (
        "two Hosts apart",
        b"GET /attack HTTP/1.1\r\nHost: a.example\r\nX-A: 1\r\nHost: b.example\r\n\r\n",
        Refused,
        "9112 3.2",
    ),
    ("a Host and an empty one", b"GET /attack HTTP/1.1\r\nHost: a.example\r\nHost:\r\n\r\n", Refused, "9112 3.2"),
    (
        "two Hosts in HTTP/1.0",
        b"GET /attack HTTP/1.0\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
        Refused,
        "9112 3.2",
    ),
    ("an invalid Host in HTTP/1.0", b"GET /attack HTTP/1.0\r\nHost: a b\r\n\r\n", Refused, "9112 3.2"),
    (
        "a Host in a folded line",
        b"GET /attack HTTP/1.1\r\nX-A: 1\r\n Host: b.example\r\nHost: a.example\r\n\r\n",
        Refused,
        "9112 5.2",
    ),
    ("a space behind Host", b"GET /attack HTTP/1.1\r\nHost : a.example\r\n\r\n", Refused, "9112 5.1"),
    (
        "two Hosts beside an absolute target",
        b"GET http://a.example/attack HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
        Refused,
        "9112 3.2.2",
    ),
    ("no Host beside an absolute target", b"GET http://a.example/attack HTTP/1.1\r\n\r\n", Refused, "9112 3.2"),
    (
        "an invalid Host beside an absolute target",
        b"GET http://a.example/attack HTTP/1.1\r\nHost: a b\r\n\r\n",
        Refused,
        "9112 3.2",
    ),
    (
        "another Host than the target's",
        b"GET http://a.example/attack HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        Without("evil"),
        "9112 3.2.2",
    ),
    (
        "an absolute target without a host",
        b"GET http:///attack HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "9110 4.2.1",
    ),
    (
        "an absolute target with only a port",
        b"GET http://:80/attack HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "9110 4.2.1",
    ),
    (
        "an absolute target with an empty port only",
        b"GET http://:/attack HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "9110 4.2.1",
    ),
    (
        "an absolute target with a percent sign in its host",
        b"GET http://a%zz/attack HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "3986 3.2.2",
    ),
    (
        "an absolute target with a coded host",
        b"GET http://%61.example/attack HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "3986 3.2.2",
    ),
    ("an absolute target with nothing", b"GET http:// HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9110 4.2.1"),
    ("one slash behind the scheme", b"GET http:/attack HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9110 4.2.1"),
    ("no slash behind the scheme", b"GET http:attack HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9110 4.2.1"),
    ("another scheme", b"GET ftp://a.example/attack HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9110 4.2"),
    ("a file", b"GET file:///etc/passwd HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9110 4.2"),
    ("a script", b"GET javascript:alert(1) HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9110 4.2"),
    (
        "a user in the target",
        b"GET http://user@a.example/attack HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "9110 4.2.4",
    ),
    (
        "a user and a password in the target",
        b"GET http://u:p@a.example/attack HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "9110 4.2.4",
    ),
    (
        "a port of letters in the target",
        b"GET http://a.example:http/attack HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "3986 3.2.3",
    ),
    (
        "a port of six digits in the target",
        b"GET http://a.example:123456/attack HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "3986 3.2.3",
    ),
    (
        "an open bracket in the target",
        b"GET http://[::1/attack HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "3986 3.2.2",
    ),
    (
        "a backslash in the authority",
        b"GET http://a.example\\attack HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "3986 3.2.2",
    ),
    (
        "an escape in the authority",
        b"GET http://a%2Eexample/attack HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        Refused,
        "3986 3.2.2",
    ),
    ("a fragment", b"GET /attack#evil HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9112 3.2"),
    ("an empty fragment", b"GET /attack# HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9112 3.2"),
    ("a fragment behind a query", b"GET /attack?a#evil HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9112 3.2"),
    (
        "a fragment of an absolute target",
        b"GET http://a.example/attack#evil HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "9112 3.2",
    ),
    (
        "an absolute target with a fragment in place of a path",
        b"GET http://a.example#evil HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "9112 3.2",
    ),
    (
        "a fragment behind empty lines",
        b"\r\n\n\r\nGET /attack#evil HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "9112 3.2",
    ),
    ("a fragment between bare LFs", b"GET /attack#evil HTTP/1.1\nHost: a.example\n\n", Refused, "9112 3.2"),
    ("a fragment in HTTP/1.0", b"GET /attack#evil HTTP/1.0\r\n\r\n", Refused, "9112 3.2"),
    (
        "a fragment in front of a body",
        b"POST /attack#evil HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc",
        Refused,
        "9112 3.2",
    ),
    (
        "a fragment of a protocol switch",
        b"GET /attack#evil HTTP/1.1\r\nHost: a.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        Refused,
        "9112 3.2",
    ),
    (
        "a number sign in a method, a field and a body",
        b"A#B /attack HTTP/1.1\r\nHost: a.example\r\nX-A: /b#c\r\nContent-Length: 13\r\n\r\nGET /#a HTTP/",
        Served,
        "9110 5.6.2",
    ),
    (
        "a URL without a path",
        b"GET http://a.example HTTP/1.1\r\nHost: b.example\r\n\r\n",
        Without("b.example"),
        "9112 3.2.2",
    ),
    ("a URL with a query only", b"GET http://a.example?a HTTP/1.1\r\nHost: a.example\r\n\r\n", Served, "9112 3.2.2"),
    (
        "OPTIONS of a URL without a path",
        b"OPTIONS http://a.example HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "9112 3.2.4",
    ),
    (
        "OPTIONS of a URL with a port and no path",
        b"OPTIONS HTTPS://a.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "9112 3.2.4",
    ),
    ("OPTIONS of a URL", b"OPTIONS http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", Served, "9112 3.2.2"),
    (
        "OPTIONS of a URL with a query only",
        b"OPTIONS http://a.example?a HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Served,
        "9112 3.2.4",
    ),
    ("only a fragment", b"GET #evil HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9112 3.2"),
    ("no slash in front", b"GET attack HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9112 3.2.1"),
    ("a query in front", b"GET ?attack HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9112 3.2.1"),
    ("a backslash in front", b"GET \\attack HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9112 3.2.1"),
    (
        "a host and a port as target of GET",
        b"GET a.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\n",
        Refused,
        "9112 3.2.3",
    ),
    ("an asterisk as target of GET", b"GET * HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9112 3.2.4"),
    ("an asterisk as target of OPTIONS", b"OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9112 3.2.4"),
    ("CONNECT", b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9110 9.3.6"),
    ("CONNECT to a path", b"CONNECT /attack HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9110 9.3.6"),
    ("CONNECT to a URL", b"CONNECT http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", Refused, "9110 9.3.6"),
    ("a percent sign alone", b"GET /att%ack% HTTP/1.1\r\nHost: a.example\r\n\r\n", Answered(400), "3986 2.1"),
    ("a percent sign without digits", b"GET /att%zzack HTTP/1.1\r\nHost: a.example\r\n\r\n", Answered(400), "3986 2.1"),
    ("a percent sign with one digit", b"GET /attack%2 HTTP/1.1\r\nHost: a.example\r\n\r\n", Answered(400), "3986 2.1"),
    ("two slashes in front", b"GET //evil.example/attack HTTP/1.1\r\nHost: a.example\r\n\r\n", Served, "3986 3.3"),
];

/// Bytes that RFC 3986 has no place for in a path, though they are visible.
const NEVER_IN_PATHS: &str = "\"<>\\^`{|}[]";

#[test]
fn hosts() {
    let host = |(name, value, verdict): &(&str, &[u8], Verdict)| {
        whole(name, &[b"GET /attack HTTP/1.1\r\nHost: ", *value, b"\r\n\r\n"].concat(), *verdict, "9110 7.2")
    };
    let attacks: Vec<Attack> = HOSTS.iter().map(host).collect();
    run(&Stand::start(""), &attacks);
}

#[test]
fn targets() {
    let mut attacks: Vec<Attack> =
        WHOLE.iter().map(|(name, bytes, verdict, section)| whole(name, bytes, *verdict, section)).collect();
    for length in [9000, 20_000, 60_000] {
        let bytes = format!("GET /{} HTTP/1.1\r\nHost: a.example\r\n\r\n", "a".repeat(length));
        attacks.push(whole(&format!("a target of {length} bytes"), bytes.as_bytes(), Answered(414), "9112 3"));
    }
    let bytes = format!("GET /{} HTTP/1.1\r\nHost: a.example\r\n\r\n", "a".repeat(100_000));
    attacks.push(whole("a target of 100,000 bytes", bytes.as_bytes(), Refused, "9112 3"));
    run(&Stand::start(""), &attacks);
}

/// Whether refused or passed on as they are: the function gets the same bytes, or nothing.
#[test]
fn visible_bytes_that_no_path_has() {
    let stand = Stand::start("");
    let mut findings = Findings::new("hostile requests");
    for byte in NEVER_IN_PATHS.chars() {
        let target = format!("/att{byte}ack?{byte}");
        let outcome = stand.send(format!("GET {target} HTTP/1.1\r\nHost: a.example\r\n\r\n").as_bytes(), &[]);
        let reached: Vec<_> = outcome.requests.iter().map(|request| request.head.target().to_vec()).collect();
        let kept = match outcome.statuses[..] {
            [200] => reached == [target.as_bytes()],
            [400] => reached.is_empty(),
            _ => false,
        };
        let other = (!kept && !figures::wanted()).then(|| format!("{outcome:?}"));
        findings.add(&target, outcome.violations.iter().cloned().chain(other));
    }
    findings.conclude();
}
