//! What belongs to one connection, and attempts to have more removed than that (RFC 9110 section 7.6.1); `Expect`.

use fngate::conformance::grammar::Message;

use super::{Attack, Findings, Served, Stand, Verdict, Without, body, figures, line, run};

/// Fields that `Connection` must not take away, with a value that the client sends.
const PROTECTED: [(&str, &str); 4] =
    [("Host", "h.example"), ("Content-Length", "3"), ("Authorization", "Bearer t"), ("X-Kept", "1")];

/// The gateway's own fields, which `Connection` must not take away either.
const OWN: [&str; 14] = [
    "X-Scf-Request-Id",
    "X-Scf-Name",
    "X-Scf-Namespace",
    "X-Scf-Version",
    "X-Scf-Timeout",
    "X-Scf-Service",
    "X-Scf-Api",
    "X-Scf-Environment",
    "X-Scf-Path",
    "X-Api-RequestId",
    "X-Real-Ip",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Client-Proto",
];

const LINES: [(&str, &[u8], Verdict, &str); 30] = [
    ("a listed field", b"Connection: x-evil\r\nX-Evil: evil", Without("evil"), "9110 7.6.1"),
    ("a listed field in another case", b"Connection: X-EVIL\r\nx-evil: evil", Without("evil"), "9110 7.6.1"),
    ("a listed field in front of the list", b"X-Evil: evil\r\nConnection: x-evil", Without("evil"), "9110 7.6.1"),
    ("a listed field twice", b"Connection: x-evil\r\nX-Evil: evil\r\nX-Evil: evil", Without("evil"), "9110 7.6.1"),
    ("two lists", b"Connection: x-a\r\nConnection: x-evil\r\nX-Evil: evil", Without("evil"), "9110 7.6.1"),
    ("close and a listed field", b"Connection: close, x-evil\r\nX-Evil: evil", Without("evil"), "9110 7.6.1"),
    ("a list with holes", b"Connection: ,,x-evil,,\r\nX-Evil: evil", Without("evil"), "9110 7.6.1"),
    ("a list with tabs", b"Connection: \tx-evil\t,\r\nX-Evil: evil", Without("evil"), "9110 7.6.1"),
    ("a listed cookie", b"Connection: cookie\r\nCookie: evil", Without("evil"), "9110 7.6.1"),
    ("the list lists itself", b"Connection: connection, evil", Without("evil"), "9110 7.6.1"),
    ("no token in the list", b"Connection: (evil), @, \"evil\"", Without("evil"), "9110 7.6.1"),
    ("bytes beyond ASCII in the list", b"Connection: evil\xff", Without("evil"), "9110 7.6.1"),
    ("an empty list", b"Connection:", Without("Connection"), "9110 7.6.1"),
    ("Keep-Alive", b"Keep-Alive: timeout=-1, evil", Without("evil"), "9112 9.3"),
    ("Proxy-Connection", b"Proxy-Connection: close, evil", Without("evil"), "9112 9.3"),
    ("Proxy-Authorization", b"Proxy-Authorization: evil", Without("evil"), "9110 11.7.2"),
    ("Proxy-Authenticate", b"Proxy-Authenticate: evil", Without("evil"), "9110 11.7.1"),
    ("TE", b"TE: evil, trailers", Without("evil"), "9110 10.1.4"),
    ("TE that is listed", b"Connection: te\r\nTE: evil;q=1", Without("evil"), "9110 10.1.4"),
    ("TE in two lines", b"TE: evil\r\nTE: trailers", Without("evil"), "9110 10.1.4"),
    ("Upgrade alone", b"Upgrade: evil", Without("evil"), "9110 7.8"),
    ("Upgrade that is listed with others", b"Connection: keep-alive\r\nUpgrade: evil", Without("evil"), "9110 7.8"),
    ("Trailer that names framing", b"Trailer: Content-Length, Host", Served, "9110 6.6.2"),
    ("Max-Forwards of nothing", b"Max-Forwards: 0", Served, "9110 7.6.2"),
    ("a loop of Via", b"Via: 1.1 fngate, 1.1 fngate", Served, "9110 7.6.3"),
    ("Expect of nothing", b"Expect: 100-continue", Served, "9110 10.1.1"),
    ("an unknown expectation", b"Expect: evil", Served, "9110 10.1.1"),
    ("an empty expectation", b"Expect:", Served, "9110 10.1.1"),
    ("two expectations", b"Expect: 100-continue\r\nExpect: 100-continue", Served, "9110 10.1.1"),
    ("an expectation with a parameter", b"Expect: 100-continue;q=1", Served, "9110 10.1.1"),
];

#[test]
fn hop_by_hop_fields() {
    let mut attacks: Vec<Attack> =
        LINES.iter().map(|(name, bytes, verdict, section)| line(name, bytes, *verdict, section)).collect();
    let expect = |name: &str, lines: &[u8], behind: &[u8]| body(name, lines, behind, Served, "9110 10.1.1");
    attacks.push(expect("a body that does not wait", b"Expect: 100-continue\r\nContent-Length: 3", b"abc"));
    attacks.push(expect(
        "chunks that do not wait",
        b"Expect: 100-continue\r\nTransfer-Encoding: chunked",
        b"3\r\nabc\r\n0\r\n\r\n",
    ));
    let old = b"POST /attack HTTP/1.0\r\nHost: h.example\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc";
    attacks.push(super::whole("Expect in HTTP/1.0", old, Served, "9110 10.1.1"));
    run(&Stand::start(""), &attacks);
}

#[test]
fn nothing_that_matters_can_be_listed_away() {
    let stand = Stand::start("");
    let has = |request: &Message, name: &str, value: &str| {
        let values: Vec<_> = request.head.values(name).collect();
        values == [value.as_bytes()]
    };
    let mut findings = Findings::new("hostile requests");
    for (name, value) in PROTECTED.iter().take(3) {
        let fields = PROTECTED.map(|(name, value)| format!("{name}: {value}\r\n")).concat();
        let bytes = format!("POST /attack HTTP/1.1\r\nConnection: close, {name}\r\n{fields}\r\nabc");
        let outcome = stand.send(bytes.as_bytes(), &[]);
        let kept =
            |request: &Message| has(request, name, value) && has(request, "X-Kept", "1") && request.content == b"abc";
        let other = !figures::wanted() && !matches!(&outcome.requests[..], [request] if kept(request));
        findings.add(name, outcome.violations.iter().cloned().chain(other.then(|| format!("{outcome:?}"))));
    }
    let bytes = "POST /attack HTTP/1.1\r\nHost: h.example\r\nConnection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n\
                 3\r\nabc\r\n0\r\n\r\n";
    let outcome = stand.send(bytes.as_bytes(), &[]);
    let other = !figures::wanted() && !matches!(&outcome.requests[..], [request] if request.content == b"abc");
    findings.add("Transfer-Encoding", outcome.violations.iter().cloned().chain(other.then(|| format!("{outcome:?}"))));
    findings.conclude();
    // What the gateway says itself is no question to others.
    for name in OWN.into_iter().filter(|_| !figures::wanted()) {
        for spelling in [name.to_owned(), name.to_lowercase(), name.replace('-', "_")] {
            let bytes = format!("GET /attack HTTP/1.1\r\nHost: h.example\r\nConnection: {spelling}\r\n\r\n");
            let outcome = stand.send(bytes.as_bytes(), &[]);
            let [request] = &outcome.requests[..] else { panic!("{spelling}: {outcome:?}") };
            assert_eq!(request.head.values(name).count(), 1, "{spelling}: {request:?}");
            assert!(outcome.violations.is_empty(), "{spelling}: {outcome:?}");
        }
    }
}
