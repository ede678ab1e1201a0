//! Who the client is: `X-Forwarded-*` with and without trusted proxies, and what even those cannot say.

use super::{Stand, VARIABLES, spellings, values};

/// Lines of a client or proxy, and what the function gets: from anybody, and from a trusted proxy.
const LINES: [(&[&str], &str, &str, &str); 36] = [
    (&["X-Forwarded-For: 192.0.2.1"], "X-Forwarded-For", "127.0.0.1", "192.0.2.1, 127.0.0.1"),
    (&["X-Forwarded-For: 192.0.2.1"], "X-Real-Ip", "127.0.0.1", "192.0.2.1"),
    (&["X-Forwarded-For: 192.0.2.1, 192.0.2.2"], "X-Real-Ip", "127.0.0.1", "192.0.2.2"),
    (&["X-Forwarded-For: 192.0.2.1, 192.0.2.2"], "X-Forwarded-For", "127.0.0.1", "192.0.2.1, 192.0.2.2, 127.0.0.1"),
    (&["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2"], "X-Real-Ip", "127.0.0.1", "192.0.2.2"),
    (
        &["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2"],
        "X-Forwarded-For",
        "127.0.0.1",
        "192.0.2.1, 192.0.2.2, 127.0.0.1",
    ),
    (&["X-Forwarded-For: 192.0.2.1, 127.0.0.9"], "X-Real-Ip", "127.0.0.1", "192.0.2.1"),
    (&["X-Forwarded-For: evil"], "X-Real-Ip", "127.0.0.1", "127.0.0.1"),
    (&["X-Forwarded-For: 192.0.2.1, evil"], "X-Real-Ip", "127.0.0.1", "127.0.0.1"),
    (&["X-Forwarded-For: evil, 192.0.2.1"], "X-Real-Ip", "127.0.0.1", "192.0.2.1"),
    (&["X-Forwarded-For:"], "X-Real-Ip", "127.0.0.1", "127.0.0.1"),
    (&["X-Forwarded-For: 192.0.2.1:99"], "X-Real-Ip", "127.0.0.1", "192.0.2.1"),
    (&["X-Forwarded-For: [2001:db8::1]:99"], "X-Real-Ip", "127.0.0.1", "2001:db8::1"),
    (&["X-Forwarded-For: ::ffff:192.0.2.1"], "X-Real-Ip", "127.0.0.1", "192.0.2.1"),
    (&["X_Forwarded_For: 192.0.2.1"], "X-Forwarded-For", "127.0.0.1", "127.0.0.1"),
    (&["X_Forwarded_For: 192.0.2.1"], "X-Real-Ip", "127.0.0.1", "127.0.0.1"),
    (
        &["X_Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2"],
        "X-Forwarded-For",
        "127.0.0.1",
        "192.0.2.2, 127.0.0.1",
    ),
    (&["X-Real-Ip: 192.0.2.1"], "X-Real-Ip", "127.0.0.1", "127.0.0.1"),
    (&["X_Real_Ip: 192.0.2.1"], "X-Real-Ip", "127.0.0.1", "127.0.0.1"),
    (&["X-Forwarded-Proto: https"], "X-Forwarded-Proto", "http", "https"),
    (&["X-Forwarded-Proto: HTTPS"], "X-Forwarded-Proto", "http", "http"),
    (&["X-Forwarded-Proto: javascript"], "X-Forwarded-Proto", "http", "http"),
    (&["X-Forwarded-Proto: https, http"], "X-Forwarded-Proto", "http", "http"),
    (&["X-Forwarded-Proto: https", "X-Forwarded-Proto: https"], "X-Forwarded-Proto", "http", "http"),
    (&["X_Forwarded_Proto: https"], "X-Forwarded-Proto", "http", "http"),
    (&["X-Forwarded-Host: pub.example"], "X-Forwarded-Host", "h.example", "pub.example"),
    (&["X-Forwarded-Host: pub.example:8443"], "X-Forwarded-Host", "h.example", "pub.example:8443"),
    (&["X-Forwarded-Host: a, b"], "X-Forwarded-Host", "h.example", "h.example"),
    (&["X-Forwarded-Host: evil%2eexample"], "X-Forwarded-Host", "h.example", "h.example"),
    (&["X-Forwarded-Host: :80"], "X-Forwarded-Host", "h.example", "h.example"),
    (&["X-Forwarded-Host: user@evil.example"], "X-Forwarded-Host", "h.example", "h.example"),
    (&["X-Forwarded-Host: evil.example/path"], "X-Forwarded-Host", "h.example", "h.example"),
    (&["X-Forwarded-Host: a.example", "X-Forwarded-Host: b.example"], "X-Forwarded-Host", "h.example", "h.example"),
    (&["X-Forwarded-Port: 443", "X-Forwarded-Proto: https"], "X-Forwarded-Proto", "http", "https"),
    (&["X-Client-Proto: https"], "X-Client-Proto", "http", "http"),
    (&["X-Client-Proto-Ver: HTTP/2"], "X-Client-Proto-Ver", "HTTP/1.1", "HTTP/1.1"),
];

#[test]
fn a_trusted_proxy_is_believed_where_it_makes_sense_and_nobody_else() {
    for (trusting, settings) in [(false, ""), (true, "trusted_proxies = [\"127.0.0.0/8\"]")] {
        let stand = Stand::start(settings);
        for (lines, name, from_anybody, from_proxy) in LINES {
            let bytes = format!("GET /x HTTP/1.1\r\nHost: h.example\r\n{}\r\n\r\n", lines.join("\r\n"));
            let outcome = stand.send(bytes.as_bytes(), &[]);
            let [request] = &outcome.requests[..] else { panic!("{lines:?}: {outcome:?}") };
            let expected = if trusting { from_proxy } else { from_anybody };
            assert_eq!(values(request, name), [expected], "{lines:?}, trusted: {trusting}");
            assert!(outcome.violations.is_empty(), "{lines:?}: {outcome:?}");
        }
    }
}

#[test]
fn ports_and_further_fields_are_a_proxys_to_say() {
    for (trusting, settings) in [(false, ""), (true, "trusted_proxies = [\"127.0.0.0/8\"]")] {
        let stand = Stand::start(settings);
        let port = stand.address().port().to_string();
        for (said, believed) in [("443", true), ("44x", false), ("-1", false), ("", false), ("123456", false)] {
            let bytes = format!("GET /x HTTP/1.1\r\nHost: h.example\r\nX-Forwarded-Port: {said}\r\n\r\n");
            let request = stand.send(bytes.as_bytes(), &[]).requests.remove(0);
            let expected = if trusting && believed { said } else { &port };
            assert_eq!(values(&request, "X-Forwarded-Port"), [expected], "{said}, trusted: {trusting}");
        }
        for (line, name, passes) in [
            ("X-Forwarded-Prefix: /a", "X-Forwarded-Prefix", trusting),
            ("X-Forwarded-Prefix: /a/../b", "X-Forwarded-Prefix", false),
            ("X-Forwarded-Prefix: https://evil.example", "X-Forwarded-Prefix", false),
            ("X-Forwarded-Prefix:", "X-Forwarded-Prefix", false),
            ("X_Forwarded_Prefix: /a", "X-Forwarded-Prefix", false),
            ("X-Forwarded_Prefix: /a", "X-Forwarded-Prefix", false),
            ("Forwarded: for=192.0.2.1", "Forwarded", false),
            ("FORWARDED: for=192.0.2.1", "Forwarded", false),
        ] {
            let bytes = format!("GET /x HTTP/1.1\r\nHost: h.example\r\n{line}\r\n\r\n");
            let request = stand.send(bytes.as_bytes(), &[]).requests.remove(0);
            assert_eq!(values(&request, name).len(), usize::from(passes), "{line}, trusted: {trusting}");
        }
    }
}

#[test]
fn variables_are_no_proxys_to_say() {
    let stand = Stand::start("trusted_proxies = [\"127.0.0.0/8\"]");
    for (name, spelling) in VARIABLES.iter().flat_map(|name| spellings(name).into_iter().map(move |s| (name, s))) {
        let bytes = format!("GET /x HTTP/1.1\r\nHost: h.example\r\n{spelling}: /evil\r\n\r\n");
        let outcome = stand.send(bytes.as_bytes(), &[]);
        assert!(values(&outcome.requests[0], name).is_empty(), "{bytes:?}: {outcome:?}");
        assert!(outcome.violations.is_empty(), "{bytes:?}: {outcome:?}");
    }
}
