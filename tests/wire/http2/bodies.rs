//! Bodies: their length is said by frames, and perhaps by a field as well (section 8.1.1). A function of HTTP/1.1 must not see another.

use super::{
    Aborted, Attack, DATA, END_HEADERS, END_STREAM, Fields, Harmless, Refused, Stand, Verdict, WHOLE, With, Without,
    attack, body, data, frame, run,
};
use crate::peer::PADDED;

/// Lengths, with a body of five bytes.
const LENGTHS: [(&str, Fields<'_>, Verdict); 22] = [
    ("no length", &[], With("\r\ntransfer-encoding: chunked\r\n")),
    ("the length", &[("content-length", "5")], With("\r\ncontent-length: 5\r\n")),
    (
        "the length twice",
        &[("content-length", "5"), ("content-length", "5")],
        With("\r\ncontent-length: 5\r\nhost: h.example\r\nhello"),
    ),
    ("two lengths", &[("content-length", "5"), ("content-length", "6")], Refused),
    ("two lengths, the longer one first", &[("content-length", "6"), ("content-length", "5")], Refused),
    ("a length that is too small", &[("content-length", "4")], Aborted),
    ("a length that is too large", &[("content-length", "6")], Aborted),
    ("a length of 0", &[("content-length", "0")], Harmless("hello")),
    ("a list of lengths", &[("content-length", "5, 5")], Refused),
    ("a plus", &[("content-length", "+5")], Refused),
    ("a minus", &[("content-length", "-5")], Refused),
    ("hexadecimal", &[("content-length", "0x5")], Refused),
    ("a fraction", &[("content-length", "5.0")], Refused),
    ("letters", &[("content-length", "five")], Refused),
    ("an empty length", &[("content-length", "")], Refused),
    ("a space in front", &[("content-length", " 5")], Refused),
    ("a space behind it", &[("content-length", "5 ")], Refused),
    ("a zero in front", &[("content-length", "05")], With("\r\ncontent-length: 05\r\n")),
    ("nineteen digits", &[("content-length", "0000000000000000005")], Refused),
    ("two to the power of 63", &[("content-length", "9223372036854775808")], Refused),
    ("two to the power of 64 and five", &[("content-length", "18446744073709551621")], Refused),
    ("a length and chunks", &[("content-length", "5"), ("transfer-encoding", "chunked")], Refused),
];

/// Lengths in a head that is the end of the stream.
const BODILESS: [(&str, &str, Fields<'_>, Verdict); 8] = [
    ("an empty length without a body", "POST", &[("content-length", "")], Refused),
    ("a length without a body", "POST", &[("content-length", "5")], Refused),
    ("a length without a body in a GET", "GET", &[("content-length", "5")], Refused),
    ("a length without a body in a HEAD", "HEAD", &[("content-length", "5")], Refused),
    ("a length of 0 without a body", "POST", &[("content-length", "0")], With("\r\ncontent-length: 0\r\n")),
    ("no length and no body in a GET", "GET", &[], Without("ength")),
    ("no length and no body in a DELETE", "DELETE", &[], Without("chunked")),
    ("a bad length without a body", "POST", &[("content-length", "evil")], Refused),
];

const EVIL: &str = "0\r\n\r\nGET /evil HTTP/1.1\r\nHost: h.example\r\n\r\n";

/// Bodies that look like something else. They come through as they are, and as one request.
const SMUGGLED: [(&str, Fields<'_>, &str); 8] = [
    ("a request", &[], "GET /evil HTTP/1.1\r\nHost: h.example\r\n\r\n"),
    ("the last chunk and a request", &[], EVIL),
    ("chunks", &[], "5\r\nhello\r\n0\r\n\r\n"),
    ("half a chunk", &[], "ffff\r\nhello"),
    ("line ends", &[], "\r\n\r\n\r\n\r\n"),
    ("an answer", &[], "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ("the preface of HTTP/2", &[], "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("the last chunk and a request, with a length", &[("content-length", "44")], EVIL),
];

#[test]
fn lengths() {
    let rows: Vec<_> =
        LENGTHS.iter().map(|(name, fields, verdict)| body(name, fields, "hello", *verdict, "8.1.1")).collect();
    let mut rows = rows;
    let methods = [("GET", "a body of GET"), ("HEAD", "a body of HEAD"), ("DELETE", "a body of DELETE")];
    rows.extend(methods.map(|(method, name)| -> Attack {
        let bytes = [attack(END_HEADERS, method, &[]), data(END_STREAM, "hello")].concat();
        (name.to_owned(), bytes, With("\r\ntransfer-encoding: chunked\r\n"), "8.1")
    }));
    run(&Stand::start(""), &rows);
}

#[test]
fn lengths_without_a_body() {
    let row = |(name, method, fields, verdict): &(&str, &str, Fields<'_>, Verdict)| -> Attack {
        ((*name).to_owned(), attack(WHOLE, method, fields), *verdict, "8.1.1")
    };
    run(&Stand::start(""), &BODILESS.iter().map(row).collect::<Vec<_>>());
}

#[test]
fn requests_in_a_body() {
    let mut rows: Vec<_> =
        SMUGGLED.iter().map(|(name, fields, text)| body(name, fields, text, With(text), "8.1")).collect();
    for (name, fields) in [
        ("a request behind a length of 0", &[("content-length", "0")][..]),
        ("a request behind a length of 5", &[("content-length", "5")]),
    ] {
        let verdict = if fields[0].1 == "0" { Harmless("evil") } else { Aborted };
        rows.push(body(name, fields, EVIL, verdict, "8.1.1"));
    }
    run(&Stand::start(""), &rows);
}

#[test]
fn frames_of_a_body() {
    let head = |fields: Fields<'_>| attack(END_HEADERS, "POST", fields);
    let padded = |length: u8, bytes: &[u8]| frame(DATA, PADDED | END_STREAM, 1, &[&[length], bytes].concat());
    let five: Fields<'_> = &[("content-length", "5")];
    let rows: [(&str, Vec<Vec<u8>>, Verdict); 10] = [
        ("an end in a frame of its own", vec![head(&[]), data(0, "hello"), data(END_STREAM, "")], With("hello")),
        (
            "empty frames",
            vec![head(five), data(0, ""), data(0, "hel"), data(0, ""), data(END_STREAM, "lo")],
            With("hello"),
        ),
        (
            "a byte in each frame",
            vec![head(five), "hell".chars().flat_map(|c| data(0, &c.to_string())).collect(), data(END_STREAM, "o")],
            With("hello"),
        ),
        ("too little in the last frame", vec![head(five), data(0, "hel"), data(END_STREAM, "")], Aborted),
        ("too much in the last frame", vec![head(five), data(0, "hello"), data(END_STREAM, "evil")], Harmless("evil")),
        ("padding", vec![head(five), padded(3, b"hello\0\0\0")], Without("hello\0")),
        (
            "padding that is a request",
            vec![head(five), padded(29, b"helloGET /evil HTTP/1.1\r\nHost: h\r\n")],
            Without("evil"),
        ),
        ("nothing but padding", vec![head(&[]), padded(5, b"\0\0\0\0\0")], Without("\0")),
        ("more padding than there is", vec![head(&[]), padded(6, b"hello")], Aborted),
        ("a body behind the end", vec![attack(WHOLE, "POST", &[]), data(END_STREAM, "evil")], Harmless("evil")),
    ];
    let rows: Vec<Attack> =
        rows.into_iter().map(|(name, frames, verdict)| (name.to_owned(), frames.concat(), verdict, "6.1")).collect();
    run(&Stand::start(""), &rows);
}
