//! Trailers, which a function of HTTP/1.1 gets behind the last chunk (section 8.1).

use super::{
    Aborted, Attack, END_HEADERS, END_STREAM, Fields, Harmless, Stand, Verdict, WHOLE, With, Without, attack, data,
    headers, run,
};

const TRAILERS: [(&str, Fields<'_>, Verdict); 28] = [
    ("a field", &[("x-t", "1")], With("\r\nx-t: 1\r\n")),
    ("none", &[], Aborted),
    ("a path", &[(":path", "/evil")], Aborted),
    ("a method", &[("x-t", "1"), (":method", "GET")], Aborted),
    ("a status", &[(":status", "200")], Aborted),
    ("an unknown pseudo-field", &[(":evil", "1")], Aborted),
    ("upper case", &[("X-T", "1")], Aborted),
    ("a space in the name", &[("x t", "1")], Aborted),
    ("a colon in the name", &[("x:t", "1")], Aborted),
    ("a line in the name", &[("x-t: 1\r\nx-u", "evil")], Aborted),
    ("a line in the value", &[("x-t", "1\r\nx-u: evil")], Aborted),
    ("a request in the value", &[("x-t", "1\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n")], Aborted),
    ("a NUL in the value", &[("x-t", "\0")], Aborted),
    ("a bare LF in the value", &[("x-t", "1\nx-u: evil")], Aborted),
    ("a space behind the value", &[("x-t", "evil ")], Aborted),
    ("a space in front of the value", &[("x-t", " evil")], Aborted),
    ("a length", &[("x-t", "1"), ("content-length", "9")], Without("ength: 9")),
    ("a coding", &[("transfer-encoding", "chunked")], Aborted),
    ("connection", &[("connection", "close")], Aborted),
    ("te", &[("te", "gzip")], Aborted),
    ("a host", &[("x-t", "1"), ("host", "evil.example")], Without("evil")),
    ("a reserved name", &[("x-t", "1"), ("x-scf-name", "evil")], Without("evil")),
    ("a reserved name with underscores", &[("x-t", "1"), ("x_scf_name", "evil")], Without("evil")),
    ("only a reserved name", &[("x-scf-name", "evil")], Without("evil")),
    ("who it is forwarded for", &[("x-t", "1"), ("x-forwarded-for", "6.6.6.6")], Without("6.6.6.6")),
    ("proxy", &[("x-t", "1"), ("proxy", "evil")], Without("evil")),
    ("where an application is", &[("x-t", "1"), ("script_name", "/evil")], Without("evil")),
    ("a length with an underscore", &[("x-t", "1"), ("content_length", "evil")], Without("evil")),
];

#[test]
fn trailers() {
    let row = |(name, fields, verdict): &(&str, Fields<'_>, Verdict)| -> Attack {
        // hyper sends those to a function that have been announced.
        let names: Vec<_> =
            fields.iter().map(|(name, _)| *name).filter(|name| !name.contains(|c| " :\r\n".contains(c))).collect();
        let head = attack(END_HEADERS, "POST", &[("trailer", &names.join(", "))]);
        let bytes = [head, data(0, "hello"), headers(WHOLE, fields)].concat();
        ((*name).to_owned(), bytes, *verdict, "8.1")
    };
    run(&Stand::start(""), &TRAILERS.iter().map(row).collect::<Vec<_>>());
}

#[test]
fn where_trailers_stand() {
    let head = || attack(END_HEADERS, "POST", &[("trailer", "x-t")]);
    let trailers = |flags| headers(flags, &[("x-t", "evil")]);
    let five = || attack(END_HEADERS, "POST", &[("content-length", "5")]);
    let rows: [(&str, Vec<Vec<u8>>, Verdict); 8] = [
        ("without the end of the stream", vec![head(), data(0, "hello"), trailers(END_HEADERS)], Aborted),
        (
            "in the middle of a body",
            vec![head(), data(0, "hel"), trailers(END_HEADERS), data(END_STREAM, "lo")],
            Aborted,
        ),
        ("twice", vec![head(), data(0, "hello"), trailers(END_HEADERS), trailers(WHOLE)], Aborted),
        ("behind the end of the stream", vec![head(), data(END_STREAM, "hello"), trailers(WHOLE)], Harmless("evil")),
        ("without a body", vec![head(), trailers(WHOLE)], With("\r\nx-t: evil\r\n")),
        ("behind a length", vec![five(), data(0, "hello"), trailers(WHOLE)], Without("evil")),
        ("in front of a length's end", vec![five(), data(0, "hel"), trailers(WHOLE)], Aborted),
        ("a second head", vec![attack(WHOLE, "GET", &[]), attack(WHOLE, "GET", &[("x-a", "evil")])], Harmless("evil")),
    ];
    let rows: Vec<Attack> =
        rows.into_iter().map(|(name, frames, verdict)| (name.to_owned(), frames.concat(), verdict, "8.1")).collect();
    run(&Stand::start(""), &rows);
}
