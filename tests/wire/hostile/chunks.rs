//! The chunked coding (RFC 9112 section 7.1).

use super::{Aborted, Attack, Served, Stand, Verdict, Without, body, run};

const BODIES: [(&str, &[u8], Verdict); 62] = [
    ("an empty size", b"\r\nabc\r\n0\r\n\r\n", Aborted),
    ("only an extension", b";a=b\r\nabc\r\n0\r\n\r\n", Aborted),
    ("no hexadecimal digit", b"g\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a plus", b"+3\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a minus", b"-3\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a prefix", b"0x3\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a suffix", b"3h\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a fraction", b"3.0\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a comma", b"3,3\r\nabc\r\n0\r\n\r\n", Aborted),
    ("an underscore", b"0_3\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a space in front", b" 3\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a tab in front", b"\t3\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a NUL in front", b"\x003\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a NUL behind", b"3\0\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a space inside", b"0 3\r\nabc\r\n0\r\n\r\n", Aborted),
    ("two numbers", b"3 3\r\nabc\r\n0\r\n\r\n", Aborted),
    ("seventeen digits", b"00000000000000003\r\nabc\r\n0\r\n\r\n", Served),
    ("seventeen digits that overflow", b"10000000000000003\r\nabc\r\n0\r\n\r\n", Aborted),
    ("twenty digits that overflow", b"fffffffffffffffffff3\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a full-width digit", "\u{ff13}\r\nabc\r\n0\r\n\r\n".as_bytes(), Aborted),
    ("a bare LF behind the size", b"3\nabc\r\n0\r\n\r\n", Aborted),
    ("a bare CR behind the size", b"3\rabc\r\n0\r\n\r\n", Aborted),
    ("two CRs behind the size", b"3\r\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a bare LF in an extension", b"3;a\nabc\r\n0\r\n\r\n", Aborted),
    ("a bare CR in an extension", b"3;a\rb\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a quoted LF in an extension", b"3;a=\"\n\"\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a quoted line end in an extension", b"3;a=\"\r\nabc\"\r\n0\r\n\r\n", Aborted),
    ("a NUL in an extension", b"3;a\0\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a control character in an extension", b"3;a=\x01\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a quoted control character in an extension", b"3;a=\"\x1b[2J\"\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a vertical tab in an extension", b"3;a\x0b=b\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a DEL in an extension", b"3;a=\x7f\r\nabc\r\n0\r\n\r\n", Aborted),
    ("a NUL in an extension of the second chunk", b"1\r\na\r\n2;\0\r\nbc\r\n0\r\n\r\n", Aborted),
    ("a NUL in an extension of the last chunk", b"3\r\nabc\r\n0;\0\r\n\r\n", Aborted),
    ("a NUL and bytes that look like an extension", b"4\r\n;\0\r\n\r\n0\r\n\r\n", Served),
    ("a quoted extension with a tab and letters beyond ASCII", b"3 ; a = \"\t\xe9\xff\"\r\nabc\r\n0\r\n\r\n", Served),
    ("two extensions", b"3;a;b=c\r\nabc\r\n0;d\r\n\r\n", Served),
    ("an empty extension", b"3;\r\nabc\r\n0\r\n\r\n", Served),
    ("an open quote in an extension", b"3;a=\"\r\nabc\r\n0\r\n\r\n", Served),
    ("a space behind the size", b"3 \r\nabc\r\n0\r\n\r\n", Served),
    ("too much content", b"3\r\nabcd\r\n0\r\n\r\n", Aborted),
    ("too little content", b"4\r\nabc\r\n0\r\n\r\n", Aborted),
    ("nothing behind the content", b"3\r\nabc0\r\n\r\n", Aborted),
    ("a bare LF behind the content", b"3\r\nabc\n0\r\n\r\n", Aborted),
    ("a bare CR behind the content", b"3\r\nabc\r0\r\n\r\n", Aborted),
    ("a space behind the content", b"3\r\nabc \r\n0\r\n\r\n", Aborted),
    ("a minus in the last chunk", b"3\r\nabc\r\n-0\r\n\r\n", Aborted),
    ("a prefix in the last chunk", b"3\r\nabc\r\n0x0\r\n\r\n", Aborted),
    ("a bare LF behind the last chunk", b"3\r\nabc\r\n0\n\r\n", Aborted),
    ("a bare LF at the end", b"3\r\nabc\r\n0\r\n\nGET /next HTTP/1.1\r\nHost: h.example\r\n\r\n", Aborted),
    ("a NUL in a trailer", b"3\r\nabc\r\n0\r\nX-T: \0\r\n\r\n", Aborted),
    ("a space in front of the colon of a trailer", b"3\r\nabc\r\n0\r\nX-T : 1\r\n\r\n", Aborted),
    ("a folded trailer", b"3\r\nabc\r\n0\r\nX-T: 1\r\n 2\r\n\r\n", Aborted),
    ("a trailer without a colon", b"3\r\nabc\r\n0\r\nX-T\r\n\r\n", Aborted),
    ("a trailer without a name", b"3\r\nabc\r\n0\r\n: 1\r\n\r\n", Aborted),
    ("a bare CR in a trailer", b"3\r\nabc\r\n0\r\nX-T: a\rb\r\n\r\n", Aborted),
    (
        "an empty line of LF among trailers",
        b"3\r\nabc\r\n0\r\nX-T: 1\r\n\nGET /evil HTTP/1.1\r\nHost: h.example\r\n\r\n",
        Aborted,
    ),
    ("a length as trailer", b"3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n", Without("Content-Length")),
    ("a coding as trailer", b"3\r\nabc\r\n0\r\nTransfer-Encoding: gzip\r\n\r\n", Without("gzip")),
    ("a host as trailer", b"3\r\nabc\r\n0\r\nHost: evil.example\r\n\r\n", Without("evil")),
    ("a connection field as trailer", b"3\r\nabc\r\n0\r\nConnection: evil\r\n\r\n", Without("evil")),
    ("an authorization as trailer", b"3\r\nabc\r\n0\r\nAuthorization: evil\r\n\r\n", Without("evil")),
];

/// Trailers that are announced, and must not pass all the same.
const ANNOUNCED: [&str; 10] = [
    "content-length",
    "transfer-encoding",
    "host",
    "connection",
    "te",
    "upgrade",
    "keep-alive",
    "trailer",
    "authorization",
    "proxy-authorization",
];

#[test]
fn chunks() {
    let coded = |(name, bytes, verdict): &(&str, &[u8], Verdict)| {
        body(name, b"Transfer-Encoding: chunked", bytes, *verdict, "9112 7.1")
    };
    let mut attacks: Vec<Attack> = BODIES.iter().map(coded).collect();
    for name in ANNOUNCED {
        let lines = format!("Transfer-Encoding: chunked\r\nTrailer: {name}");
        let behind = format!("3\r\nabc\r\n0\r\n{name}: evil\r\n\r\n");
        attacks.push(body(
            &format!("announced: {name}"),
            lines.as_bytes(),
            behind.as_bytes(),
            Without("evil"),
            "9110 6.5.1",
        ));
    }
    let extension = [b"3;", &vec![b'e'; 40_000][..], b"\r\nabc\r\n0\r\n\r\n"].concat();
    attacks.push(body(
        "an extension of 40,000 bytes",
        b"Transfer-Encoding: chunked",
        &extension,
        Aborted,
        "9112 7.1.1",
    ));
    let trailers = [b"3\r\nabc\r\n0\r\n".to_vec(), b"X-T: 1\r\n".repeat(5000), b"\r\n".to_vec()].concat();
    attacks.push(body("5,000 trailers", b"Transfer-Encoding: chunked", &trailers, Aborted, "9112 7.1.2"));
    run(&Stand::start(""), &attacks);
}
