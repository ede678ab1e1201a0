//! Answers without a body, whatever they announce.

use super::bytes::plain;
use crate::conformance::case::Case;

const ANNOUNCED: [(&str, &str); 6] = [
    ("nothing", ""),
    ("no bytes", "Content-Length: 0\r\n"),
    ("some bytes", "Content-Length: 1234\r\n"),
    ("many bytes", "Content-Length: 99999999999\r\n"),
    ("chunks", "Transfer-Encoding: chunked\r\n"),
    ("a type", "Content-Type: text/plain\r\n"),
];

pub(super) fn bodiless() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, fields) in ANNOUNCED {
        for (method, line) in [
            ("HEAD", "200 OK"),
            ("HEAD", "404 Not Found"),
            ("HEAD", "304 Not Modified"),
            ("HEAD", "204 No Content"),
            ("GET", "304 Not Modified"),
            ("POST", "304 Not Modified"),
            ("GET", "204 No Content"),
            ("DELETE", "204 No Content"),
        ] {
            let answer = format!("HTTP/1.1 {line}\r\n{fields}\r\n");
            cases.push(
                Case::new(format!("{method} {line} that announces {name}")).send(plain(method, "/")).answer(answer),
            );
        }
    }
    for line in ["205 Reset Content", "206 Partial Content", "301 Moved Permanently", "418 Teapot"] {
        let answer = format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n");
        cases.push(Case::answered(format!("{line} with no bytes"), answer));
    }
    cases
}
