//! The path: a request target of HTTP/1.1 is made of it.

use super::{Refused, Stand, Verdict, With, Without, head, run};

const PATHS: [(&str, &str, Verdict); 38] = [
    ("empty", "", Refused),
    ("without a slash", "attack", Refused),
    ("an asterisk", "*", Refused),
    ("an asterisk behind a slash", "/*", With("GET /*\r\n")),
    ("only a query", "?evil", With("GET /?evil\r\n")),
    ("a URL", "http://evil.example/", Refused),
    ("a host", "evil.example", Refused),
    ("a host and a port", "evil.example:80", Refused),
    ("a network path", "//evil.example/", With("GET //evil.example/\r\n")),
    ("a fragment", "/attack#evil", Without("#")),
    ("a fragment behind a query", "/attack?q#evil", Without("#")),
    ("only a fragment", "#evil", With("GET /\r\n")),
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
    ("a letter beyond ASCII", "/caf\u{c3}\u{a9}", Refused),
    ("a letter beyond ASCII in the query", "/?caf\u{c3}\u{a9}", Refused),
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
        let new = super::send(&stand, &super::peer::request(1, super::WHOLE, "GET", &target, &[]), &[]);
        assert_eq!((&old.violations, &new.violations), (&Vec::new(), &Vec::new()), "{name}");
        let status = new.answer.status().or(new.answer.reset.map(|_| 400));
        assert_eq!(status, old.statuses.first().copied(), "{name}");
        let targets = |requests: &[super::Message]| -> Vec<_> {
            requests.iter().map(|request| request.head.target().to_vec()).collect()
        };
        assert_eq!(targets(&old.requests), targets(&new.requests), "{name}");
    }
}
