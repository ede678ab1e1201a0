use super::super::grammar::{self, Hop};
use super::*;

/// The names of the differences between two requests, given as field lines and bodies.
fn requests(sent: &str, got: &str) -> Vec<&'static str> {
    let read = |text: &str| {
        let bytes = if text.contains(" HTTP/1.") { text.to_owned() } else { format!("GET / HTTP/1.1\r\n{text}") };
        let (message, length) = grammar::request(bytes.as_bytes(), Hop::Inbound).expect(text).expect(text);
        assert_eq!(length, bytes.len(), "{text:?}");
        message
    };
    let mut found = Found::new(Direction::Request);
    found.message(&read(sent), &read(got));
    found.into_differences().into_iter().map(|difference| difference.rule).collect()
}

/// The same of two answers to a GET.
fn answers(sent: &str, got: &str) -> Vec<&'static str> {
    let read = |text: &str| {
        let bytes = if text.starts_with("HTTP/1.") { text.to_owned() } else { format!("HTTP/1.1 200 OK\r\n{text}") };
        grammar::answer(bytes.as_bytes(), b"GET", true, Hop::Inbound).expect(text).expect(text).0
    };
    let mut found = Found::new(Direction::Answer);
    found.message(&read(sent), &read(got));
    found.into_differences().into_iter().map(|difference| difference.rule).collect()
}

#[test]
fn every_difference_of_a_request_is_named() {
    for (sent, got, rules) in [
        ("Host: h\r\nA: 1\r\n\r\n", "Host: h\r\nA: 1\r\n\r\n", &[][..]),
        ("GET /a HTTP/1.1\r\nHost: h\r\n\r\n", "GET /%61 HTTP/1.1\r\nHost: h\r\n\r\n", &["target-changed"]),
        ("GET /a HTTP/1.1\r\nHost: h\r\n\r\n", "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", &["method-changed"]),
        ("GET http://h?q HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?q HTTP/1.1\r\nHost: h\r\n\r\n", &["target-shortened"]),
        ("GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n", "GET /b HTTP/1.1\r\nHost: h\r\n\r\n", &["target-changed"]),
        ("Host: h\r\nA: 1\r\n\r\n", "Host: h\r\na: 1\r\n\r\n", &["name-case-changed"]),
        ("Host: h\r\nA: 1\r\n\r\n", "Host: h\r\nA: 2\r\n\r\n", &["value-changed"]),
        ("Host: h\r\nA: 1\r\n\r\n", "Host: h\r\n\r\n", &["field-dropped"]),
        ("Host: h\r\nA_B: 1\r\n\r\n", "Host: h\r\n\r\n", &["underscore-name-dropped"]),
        ("Host: h\r\n\r\n", "Host: h\r\nA: 1\r\n\r\n", &["field-added"]),
        ("Host: h\r\nA: 1\r\nA: 2\r\n\r\n", "Host: h\r\nA: 1, 2\r\n\r\n", &["lines-joined"]),
        ("Host: h\r\nA: 1\r\nA: 2\r\n\r\n", "Host: h\r\nA: 1\r\n\r\n", &["field-dropped"]),
        ("Host: h\r\nA: 1\r\n\r\n", "Host: h\r\nA: 1\r\nA: 2\r\n\r\n", &["field-added"]),
        ("Host: h\r\nA: 1\r\nB: 2\r\n\r\n", "Host: h\r\nB: 2\r\nA: 1\r\n\r\n", &["order-changed"]),
        ("Host: h\r\nA: 1\r\nB: 2\r\nA: 3\r\n\r\n", "Host: h\r\nA: 1\r\nA: 3\r\nB: 2\r\n\r\n", &["names-grouped"]),
        ("Host: h\r\nA: 1\r\nA: 2\r\n\r\n", "Host: h\r\nA: 2\r\nA: 1\r\n\r\n", &["order-changed"]),
        ("Host: h\r\nA:  1\r\n\r\n", "Host: h\r\nA: 1\r\n\r\n", &["whitespace-normalized"]),
        ("Host: h\r\n\r\n", "Host: other\r\n\r\n", &["host-changed"]),
        ("Host: h\r\nConnection: a\r\nA: 1\r\n\r\n", "Host: h\r\n\r\n", &["listed-removed", "hop-by-hop-removed"]),
        (
            "Host: h\r\nX-Scf-Name: a\r\n\r\n",
            "Host: h\r\nX-Scf-Name: f\r\n\r\n",
            &["reserved-removed", "gateway-fields-added"],
        ),
        ("Host: h\r\nX_Scf_Name: a\r\n\r\n", "Host: h\r\nX_Scf_Name: a\r\n\r\n", &["forged-field-passed"]),
        ("Host: h\r\nX-Real-Ip: a\r\n\r\n", "Host: h\r\n\r\n", &["owned-removed"]),
        ("Host: h\r\nContent-Length: 3\r\n\r\nabc", "Host: h\r\nContent-Length: 3\r\n\r\nabd", &["body-changed"]),
        (
            "Host: h\r\nContent-Length: 3\r\n\r\nabc",
            "Host: h\r\nContent-Length: 2\r\n\r\nab",
            &["body-cut", "length-rewritten"],
        ),
        ("Host: h\r\nContent-Length: 0\r\n\r\n", "Host: h\r\n\r\n", &["empty-length-dropped"]),
        ("Host: h\r\n\r\n", "Host: h\r\nContent-Length: 0\r\n\r\n", &["empty-length-added"]),
        (
            "Host: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "Host: h\r\nContent-Length: 3\r\n\r\nabc",
            &["chunked-to-length"],
        ),
        (
            "Host: h\r\nTransfer-Encoding: chunked\r\n\r\n03;x\r\nabc\r\n0\r\n\r\n",
            "Host: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            &["chunk-extension-dropped", "chunk-size-rewritten"],
        ),
        (
            "Host: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "Host: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
            &["chunks-recut"],
        ),
        (
            "Host: h\r\nTrailer: T, U\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: 1\r\nU: 2\r\nV: 3\r\n\r\n",
            "Host: h\r\nTrailer: T, U\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nu: 2\r\n\r\n",
            &["trailer-dropped", "unannounced-trailer-dropped", "trailer-spelling-changed"],
        ),
        (
            "Host: h\r\nTrailer: Set-Cookie\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nSet-Cookie: 1\r\n\r\n",
            "Host: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            &["head-field-trailer-dropped"],
        ),
    ] {
        assert_eq!(requests(sent, got), rules, "{sent:?} as {got:?}");
    }
}

#[test]
fn every_difference_of_an_answer_is_named() {
    for (sent, got, rules) in [
        ("Content-Length: 0\r\n\r\n", "Content-Length: 0\r\n\r\n", &[][..]),
        ("HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 201 OK\r\n\r\n", &["status-changed"]),
        ("HTTP/1.1 200 Fine\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", &["reason-changed"]),
        ("HTTP/1.1 200 caf\u{e9}\r\n\r\n", "HTTP/1.1 200 \r\n\r\n", &["odd-reason-dropped"]),
        ("HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", &["version-raised"]),
        ("HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n", &["version-lowered"]),
        ("A: 1\r\n\r\n", "A: 1\r\nDate: d\r\nX-Api-RequestId: 1\r\n\r\n", &["date-added", "request-id-added"]),
        (
            "X-Api-RequestId: mine\r\n\r\n",
            "x-api-requestid: 1\r\n\r\n",
            &["own-request-id-removed", "request-id-added"],
        ),
        ("Trailer: a\r\nTrailer: b\r\n\r\n", "Trailer: a, b\r\n\r\n", &["trailer-lines-joined"]),
        ("\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", &["close-to-chunked"]),
        ("\r\nabc", "Content-Length: 3\r\n\r\nabc", &["close-to-length"]),
        ("HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 304 No\r\n\r\n", &["announced-length-dropped"]),
        ("HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 204 No\r\n\r\n", &["length-of-204-dropped"]),
    ] {
        assert_eq!(answers(sent, got), rules, "{sent:?} as {got:?}");
    }
}

#[test]
fn nothing_stands_on_the_list_twice() {
    let distinct: std::collections::BTreeSet<_> = LISTED.iter().collect();
    assert_eq!(distinct.len(), LISTED.len());
}
