//! The request line, and what stands in front of it.

use super::{Attack, Refused, Served, Stand, Verdict, run, whole};

/// Request lines, with what they are.
const LINES: [(&str, &[u8], Verdict, &str); 56] = [
    ("two spaces behind the method", b"GET  /attack HTTP/1.1", Refused, "9112 3"),
    ("two spaces in front of the version", b"GET /attack  HTTP/1.1", Refused, "9112 3"),
    ("a tab behind the method", b"GET\t/attack HTTP/1.1", Refused, "9112 3"),
    ("a tab in front of the version", b"GET /attack\tHTTP/1.1", Refused, "9112 3"),
    ("a vertical tab as space", b"GET\x0b/attack HTTP/1.1", Refused, "9112 3"),
    ("a form feed as space", b"GET /attack\x0cHTTP/1.1", Refused, "9112 3"),
    ("a space behind the version", b"GET /attack HTTP/1.1 ", Refused, "9112 3"),
    ("a tab behind the version", b"GET /attack HTTP/1.1\t", Refused, "9112 3"),
    ("a space in front of the line", b" GET /attack HTTP/1.1", Refused, "9112 3"),
    ("no version", b"GET /attack", Refused, "9112 3"),
    ("no version but a space", b"GET /attack ", Refused, "9112 3"),
    ("only a method", b"GET", Refused, "9112 3"),
    ("no method", b"/attack HTTP/1.1", Refused, "9112 3"),
    ("no target", b"GET HTTP/1.1", Refused, "9112 3"),
    ("an empty target", b"GET  HTTP/1.1", Refused, "9112 3"),
    ("a space in the target", b"GET /att ack HTTP/1.1", Refused, "9112 3.2"),
    ("a version twice", b"GET /attack HTTP/1.1 HTTP/1.1", Refused, "9112 3"),
    ("a version in the target", b"GET /attack HTTP/1.1/x HTTP/1.1", Refused, "9112 3"),
    ("HTTP/1.2", b"GET /attack HTTP/1.2", Refused, "9112 2.3"),
    ("HTTP/1.9", b"GET /attack HTTP/1.9", Refused, "9112 2.3"),
    ("HTTP/2.0", b"GET /attack HTTP/2.0", Refused, "9112 2.3"),
    ("HTTP/3.0", b"GET /attack HTTP/3.0", Refused, "9112 2.3"),
    ("HTTP/0.9", b"GET /attack HTTP/0.9", Refused, "9112 2.3"),
    ("HTTP/1", b"GET /attack HTTP/1", Refused, "9112 2.3"),
    ("HTTP/1.", b"GET /attack HTTP/1.", Refused, "9112 2.3"),
    ("HTTP/.1", b"GET /attack HTTP/.1", Refused, "9112 2.3"),
    ("HTTP/11", b"GET /attack HTTP/11", Refused, "9112 2.3"),
    ("HTTP/1.10", b"GET /attack HTTP/1.10", Refused, "9112 2.3"),
    ("HTTP/01.1", b"GET /attack HTTP/01.1", Refused, "9112 2.3"),
    ("HTTP/1,1", b"GET /attack HTTP/1,1", Refused, "9112 2.3"),
    ("HTTP/-1.1", b"GET /attack HTTP/-1.1", Refused, "9112 2.3"),
    ("HTTP/1.1x", b"GET /attack HTTP/1.1x", Refused, "9112 2.3"),
    ("http/1.1", b"GET /attack http/1.1", Refused, "9112 2.3"),
    ("HTTPS/1.1", b"GET /attack HTTPS/1.1", Refused, "9112 2.3"),
    ("HTTP 1.1", b"GET /attack HTTP 1.1", Refused, "9112 2.3"),
    ("a NUL in the version", b"GET /attack HTTP/1.1\0", Refused, "9112 2.3"),
    ("a parenthesis in the method", b"G(T /attack HTTP/1.1", Refused, "9110 9.1"),
    ("a quote in the method", b"G\"T /attack HTTP/1.1", Refused, "9110 9.1"),
    ("a comma in the method", b"G,T /attack HTTP/1.1", Refused, "9110 9.1"),
    ("a colon in the method", b"GET: /attack HTTP/1.1", Refused, "9110 9.1"),
    ("a slash in the method", b"G/T /attack HTTP/1.1", Refused, "9110 9.1"),
    ("a brace in the method", b"G{T /attack HTTP/1.1", Refused, "9110 9.1"),
    ("a NUL in the method", b"G\0T /attack HTTP/1.1", Refused, "9110 9.1"),
    ("a DEL in the method", b"G\x7fT /attack HTTP/1.1", Refused, "9110 9.1"),
    ("a byte beyond ASCII in the method", b"G\xc3\x89T /attack HTTP/1.1", Refused, "9110 9.1"),
    ("an escape sequence in the method", b"\x1b[2JGET /attack HTTP/1.1", Refused, "9110 9.1"),
    ("a NUL in the target", b"GET /att\0ack HTTP/1.1", Refused, "3986 2"),
    ("a control character in the target", b"GET /att\x01ack HTTP/1.1", Refused, "3986 2"),
    ("an escape character in the target", b"GET /att\x1back HTTP/1.1", Refused, "3986 2"),
    ("a DEL in the target", b"GET /att\x7fack HTTP/1.1", Refused, "3986 2"),
    ("latin-1 in the target", b"GET /att\xe9ck HTTP/1.1", Refused, "3986 2"),
    ("utf-8 in the target", b"GET /att\xc3\xa9ck HTTP/1.1", Served, "3986 2"),
    ("utf-8 in the query", b"GET /attack?\xe2\x82\xac HTTP/1.1", Served, "3986 2"),
    ("a byte order mark in front", b"\xef\xbb\xbfGET /attack HTTP/1.1", Refused, "9112 3"),
    ("a bare CR in the line", b"GET /attack\r HTTP/1.1", Refused, "9112 2.2"),
    ("a bare CR behind the line", b"GET /attack HTTP/1.1\r", Refused, "9112 2.2"),
];

/// What is no HTTP/1 at all, or nearly.
const WHOLE: [(&str, &[u8], Verdict, &str); 14] = [
    ("an empty line in front", b"\r\nGET /attack HTTP/1.1\r\nHost: h.example\r\n\r\n", Served, "9112 2.2"),
    ("two empty lines in front", b"\r\n\r\nGET /attack HTTP/1.1\r\nHost: h.example\r\n\r\n", Served, "9112 2.2"),
    ("a bare LF in front", b"\nGET /attack HTTP/1.1\r\nHost: h.example\r\n\r\n", Refused, "9112 2.2"),
    ("LF as every line end", b"GET /attack HTTP/1.1\nHost: h.example\nX: y\n\n", Refused, "9112 2.2"),
    ("LF behind the request line", b"GET /attack HTTP/1.1\nHost: h.example\r\n\r\n", Refused, "9112 2.2"),
    ("CR as every line end", b"GET /attack HTTP/1.1\rHost: h.example\r\r\r\n\r\n", Refused, "9112 2.2"),
    ("nearly a preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n", Refused, "9113 3.4"),
    ("a TLS handshake", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n", Refused, "9112 3"),
    ("a greeting of SSH", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Refused, "9112 3"),
    ("an answer", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Refused, "9112 3"),
    ("zeros", &[0; 64], Refused, "9112 3"),
    (
        "a PROXY header",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET /attack HTTP/1.1\r\nHost: h.example\r\n\r\n",
        Refused,
        "9112 3",
    ),
    ("only line ends, then nothing sane", b"\r\n\r\n\r\n\r\n: \r\n\r\n", Refused, "9112 2.2"),
    ("a field line in front", b"Host: h.example\r\nGET /attack HTTP/1.1\r\n\r\n", Refused, "9112 2.2"),
];

#[test]
fn request_lines() {
    let mut attacks: Vec<Attack> =
        WHOLE.iter().map(|(name, bytes, verdict, section)| whole(name, bytes, *verdict, section)).collect();
    attacks.extend(LINES.iter().map(|(name, line, verdict, section)| {
        whole(name, &[line, &b"\r\nHost: h.example\r\n\r\n"[..]].concat(), *verdict, section)
    }));
    run(&Stand::start(""), &attacks);
}
