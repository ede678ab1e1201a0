//! Extended CONNECT (RFC 8441) toward a function that does not agree, with what stands around it.

use super::{Attack, END_HEADERS, END_STREAM, Failed, Fields, Refused, Stand, Verdict, WHOLE, data, headers, run};

const EVIL: &str = "GET /evil HTTP/1.1\r\nHost: h.example\r\n\r\n";

fn open(flags: u8, more: Fields<'_>) -> Vec<u8> {
    let pseudo = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", "/attack"),
        (":authority", "h.example"),
    ];
    headers(flags, &[&pseudo, more].concat())
}

const FIELDS: [(&str, Fields<'_>, Verdict); 9] = [
    ("what belongs to it", &[("sec-websocket-version", "13"), ("origin", "http://h.example")], Failed(502)),
    ("a key", &[("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==")], Failed(502)),
    ("a length", &[("content-length", "5")], Refused),
    ("two lengths", &[("content-length", "5"), ("content-length", "6")], Refused),
    ("connection", &[("connection", "upgrade")], Refused),
    ("upgrade", &[("upgrade", "websocket")], Refused),
    ("transfer-encoding", &[("transfer-encoding", "chunked")], Refused),
    ("another host", &[("host", "evil.example")], Refused),
    ("a line in a value", &[("origin", "a\r\nx-a: evil")], Refused),
];

#[test]
fn fields_of_a_tunnel() {
    let row = |(name, fields, verdict): &(&str, Fields<'_>, Verdict)| -> Attack {
        ((*name).to_owned(), open(END_HEADERS, fields), *verdict, "8441 5")
    };
    run(&Stand::start(""), &FIELDS.iter().map(row).collect::<Vec<_>>());
}

/// Bytes for a tunnel that is not there yet are for nobody.
#[test]
fn bytes_in_front_of_the_agreement() {
    let rows: [(&str, Vec<Vec<u8>>); 5] = [
        ("a request", vec![open(END_HEADERS, &[]), data(0, EVIL)]),
        ("a request and the end", vec![open(END_HEADERS, &[]), data(END_STREAM, EVIL)]),
        ("the last chunk", vec![open(END_HEADERS, &[]), data(0, "0\r\n\r\n")]),
        ("a request in two frames", vec![open(END_HEADERS, &[]), data(0, "\r\n\r\n"), data(0, EVIL)]),
        ("trailers", vec![open(END_HEADERS, &[]), headers(WHOLE, &[("x-t", "1")])]),
    ];
    let rows: Vec<Attack> =
        rows.into_iter().map(|(name, frames)| (name.to_owned(), frames.concat(), Failed(502), "8441 5")).collect();
    run(&Stand::start(""), &rows);
}
