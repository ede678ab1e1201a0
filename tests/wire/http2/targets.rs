//! The path: a request target of HTTP/1.1 is made of it.

use super::peer::HEADERS;
use super::{Attack, Refused, Stand, Verdict, WHOLE, With, frame, head, run};

const PATHS: [(&str, &str, Verdict); 39] = [
    ("empty", "", Refused),
    ("without a slash", "attack", Refused),
    ("an asterisk", "*", Refused),
    ("an asterisk behind a slash", "/*", With("GET /*\r\n")),
    ("only a query", "?evil", With("GET /?evil\r\n")),
    ("a URL", "http://evil.example/", Refused),
    ("a host", "evil.example", Refused),
    ("a host and a port", "evil.example:80", Refused),
    ("a network path", "//evil.example/", With("GET //evil.example/\r\n")),
    ("a fragment", "/attack#evil", Refused),
    ("a fragment behind a query", "/attack?q#evil", Refused),
    ("only a fragment", "#evil", Refused),
    ("an empty fragment", "/attack#", Refused),
    ("a space", "/attack evil", Refused),
    ("a space in the query", "/attack?a evil", Refused),
    ("a space in front", " /attack", Refused),
    ("a space behind it", "/attack ", Refused),
    ("a version", "/attack HTTP/1.0", Refused),
    ("a tab", "/attack\tevil", Refused),
    ("a line", "/attack HTTP/1.1\r\nx-a: evil", Refused),
    ("a request", "/ HTTP/1.1\r\nHost: h\r\n\r\nGET /evil", Refused),
    ("a bare CR", "/attack\revil", Refused),
    ("a bare LF", "/attack\nevil", Refused),
    ("a line in the query", "/attack?\r\nx-a: evil", Refused),
    ("a NUL", "/attack\0evil", Refused),
    ("a control character", "/attack\x01evil", Refused),
    ("a DEL", "/attack\x7fevil", Refused),
    ("a byte beyond ASCII", "/caf\u{e9}", Refused),
    ("a letter beyond ASCII", "/caf\u{c3}\u{a9}", With("GET /caf\u{e9}\r\n")),
    ("a letter beyond ASCII in the query", "/?caf\u{c3}\u{a9}", With("GET /?caf\u{e9}\r\n")),
    ("a sequence that is too long", "/\u{c0}\u{af}", Refused),
    ("a percent sign", "/%", Refused),
    ("letters that are not hexadecimal", "/%zz", Refused),
    ("dots", "/a/../b", With("GET /a/../b\r\n")),
    ("coded dots", "/a/%2e%2E/b", With("GET /a/%2e%2E/b\r\n")),
    ("a coded NUL", "/a%00b", With("GET /a%00b\r\n")),
    ("coded line ends", "/a%0d%0ab", With("GET /a%0d%0ab\r\n")),
    ("an empty query", "/attack?", With("GET /attack?\r\n")),
    ("two question marks", "/attack?a?b", With("GET /attack?a?b\r\n")),
];

/// Characters that are in no URL (RFC 3986 section 2), and that many send.
const ODD: [(&str, &str); 5] =
    [("a quote", "\""), ("angle brackets", "<>"), ("a backslash", "\\"), ("a circumflex", "^"), ("a bar", "|")];

#[test]
fn paths() {
    let row = |name: &str, method: &str, path: &str, verdict| {
        let fields = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "h.example")];
        head(name, &fields, verdict, "8.3.1")
    };
    let mut rows: Vec<_> = PATHS.iter().map(|(name, path, verdict)| row(name, "GET", path, *verdict)).collect();
    rows.push(row("OPTIONS and an asterisk", "OPTIONS", "*", Refused));
    rows.push(row("OPTIONS and no path", "OPTIONS", "", Refused));
    run(&Stand::start(""), &rows);
}

/// What HTTP/1.1 makes of them, HTTP/2 does as well.
#[test]
fn odd_characters() {
    let stand = Stand::start("");
    if super::figures::wanted() {
        return;
    }
    for (name, characters) in ODD {
        let target = format!("/attack{characters}");
        let old = stand.send(format!("GET {target} HTTP/1.1\r\nHost: h.example\r\n\r\n").as_bytes(), &[]);
        let new = super::send(&stand, &super::peer::request(1, WHOLE, "GET", &target, &[]), &[]);
        assert_eq!((&old.violations, &new.violations), (&Vec::new(), &Vec::new()), "{name}");
        let status = new.answer.status().or(new.answer.reset.map(|_| 400));
        assert_eq!(status, old.statuses.first().copied(), "{name}");
        let targets = |requests: &[super::Message]| -> Vec<_> {
            requests.iter().map(|request| request.head.target().to_vec()).collect()
        };
        assert_eq!(targets(&old.requests), targets(&new.requests), "{name}");
    }
}

/// `/attack` and `/attack#evil` in the Huffman code, and the rest of a block in front of a path.
const CODED: &[u8] = b"\x60\x69\x48\xc9\xd7";
const CODED_EVIL: &[u8] = b"\x60\x69\x48\xc9\xd7\xfe\x8b\xdc\xd4\x7f";
const REST: &[u8] = b"\x82\x86\x01\x09h.example";

/// Fragments in all forms in which HPACK writes a field (RFC 7541 section 6), and number signs that are none.
#[test]
fn coded_fragments() {
    let block = |stream: u32, parts: &[&[u8]]| frame(HEADERS, WHOLE, stream, &[REST, &parts.concat()].concat());
    let evil = b"/attack#evil";
    let around = |flags: u8, before: &[u8], behind: &[u8]| {
        frame(HEADERS, WHOLE | flags, 1, &[before, REST, b"\x04\x0c", evil, behind].concat())
    };
    let rows: Vec<(&str, Vec<Vec<u8>>, Verdict)> = vec![
        ("in code", vec![block(1, &[b"\x04\x8a", CODED_EVIL])], Refused),
        ("in a head with padding", vec![around(8, b"\x03", b"###")], Refused),
        ("in a head with a priority", vec![around(0x20, &[0x80, 0, 0, 0, 16], b"")], Refused),
        ("in a head with both", vec![around(0x28, &[2, 0, 0, 0, 3, 16], b"##")], Refused),
        ("in code, at the end", vec![block(1, &[b"\x04\x88", CODED, b"\xfc\xff\xaf"])], Refused),
        ("for the other path of the table", vec![block(1, &[b"\x05\x0c", evil])], Refused),
        ("never to be in a table", vec![block(1, &[b"\x14\x8a", CODED_EVIL])], Refused),
        ("behind a name in full", vec![block(1, &[b"\x00\x05:path\x0c", evil])], Refused),
        ("behind a coded name", vec![block(1, &[b"\x00\x84\xb9\x58\xd3\x3f\x0c", evil])], Refused),
        ("that enters the table", vec![block(1, &[b"\x44\x8a", CODED_EVIL]), block(3, &[b"\xbe"])], Refused),
        (
            "behind a name out of the table",
            vec![block(1, &[b"\x40\x05:path\x07/attack"]), block(3, &[b"\x0f\x2f\x0c", evil])],
            With("GET /attack\r\n"),
        ),
        (
            "behind a name out of a table that has been emptied",
            vec![block(1, &[b"\x04\x85", CODED, b"\x40\x01x\x7f\x81\x1f", &[b'v'; 4096], b"\x40\x05:path\x01/"])],
            Refused,
        ),
        ("not at all", vec![block(1, &[b"\x04\x85", CODED])], With("GET /attack\r\n")),
        (
            "in another field",
            vec![block(1, &[b"\x04\x85", CODED, b"\x40\x03x-a\x83\x1f\xfd\x47"])],
            With("x-a: a#b\r\n"),
        ),
        (
            "in another field, in full",
            vec![block(1, &[b"\x04\x85", CODED, b"\x00\x03x-a\x03a#b"])],
            With("x-a: a#b\r\n"),
        ),
    ];
    let rows: Vec<Attack> = rows
        .into_iter()
        .map(|(name, frames, verdict)| (format!("a fragment {name}"), frames.concat(), verdict, "8.3.1"))
        .collect();
    run(&Stand::start(""), &rows);
}
