//! Status lines, fields, and lengths that are none.

use super::{Bad, Closes, GET, Resets, Then, Verdict, Waits, Without, run, table};

/// First lines, with a good rest behind them.
const STATUS_LINES: [(&str, &[u8], Verdict); 32] = [
    ("a status of two digits", b"HTTP/1.1 20 OK", Bad),
    ("a status of four digits", b"HTTP/1.1 2000 OK", Bad),
    ("a status of letters", b"HTTP/1.1 abc OK", Bad),
    ("a status of 000", b"HTTP/1.1 000 OK", Bad),
    ("a status of 099", b"HTTP/1.1 099 OK", Bad),
    ("a status with a plus", b"HTTP/1.1 +20 OK", Bad),
    ("a status with a minus", b"HTTP/1.1 -20 OK", Bad),
    ("a status with a point", b"HTTP/1.1 20. OK", Bad),
    ("no status", b"HTTP/1.1 ", Bad),
    ("no status and no space", b"HTTP/1.1", Bad),
    ("two spaces in front of the status", b"HTTP/1.1  200 OK", Bad),
    ("a tab in front of the status", b"HTTP/1.1\t200 OK", Bad),
    ("no space in front of the status", b"HTTP/1.1200 OK", Bad),
    ("a space in front of the line", b" HTTP/1.1 200 OK", Bad),
    ("HTTP/2.0", b"HTTP/2.0 200 OK", Bad),
    ("HTTP/2", b"HTTP/2 200 OK", Bad),
    ("HTTP/1.2", b"HTTP/1.2 200 OK", Bad),
    ("HTTP/0.9", b"HTTP/0.9 200 OK", Bad),
    ("http/1.1", b"http/1.1 200 OK", Bad),
    ("ICY", b"ICY 200 OK", Bad),
    ("only a status", b"200 OK", Bad),
    ("a page", b"<html>evil</html>", Bad),
    ("a greeting", b"SSH-2.0-OpenSSH_9.2", Bad),
    ("a request", b"GET / HTTP/1.1", Bad),
    ("a frame of HTTP/2", b"\0\0\0\x04\0\0\0\0\0", Bad),
    ("a NUL in the reason", b"HTTP/1.1 200 O\0K", Bad),
    ("a control character in the reason", b"HTTP/1.1 200 O\x01K", Bad),
    ("a DEL in the reason", b"HTTP/1.1 200 O\x7fK", Bad),
    ("a bare CR in the reason", b"HTTP/1.1 200 O\rK", Bad),
    ("two CRs behind the reason", b"HTTP/1.1 200 OK\r", Bad),
    ("an empty line in front", b"\r\nHTTP/1.1 200 OK", Without(200, "")),
    ("a status beyond all classes", b"HTTP/1.1 999 OK", Without(999, "")),
];

/// Field lines in a good answer.
const FIELDS: [(&str, &[u8], Verdict); 23] = [
    ("a space in front of the colon", b"X-A : evil", Bad),
    ("a folded line", b"X-A: 1\r\n evil", Bad),
    ("a line folded with a tab", b"X-A: 1\r\n\tevil", Bad),
    ("a space in front of the name", b" X-A: evil", Bad),
    ("no colon", b"evil", Bad),
    ("an empty name", b": evil", Bad),
    ("a space in the name", b"X A: evil", Bad),
    ("a NUL in the name", b"X\0A: evil", Bad),
    ("a DEL in the name", b"X\x7fA: evil", Bad),
    ("a byte beyond ASCII in the name", b"X\xe9A: evil", Bad),
    ("a parenthesis in the name", b"X(A: evil", Bad),
    ("a NUL in the value", b"X-A: e\0vil", Bad),
    ("a control character in the value", b"X-A: e\x01vil", Bad),
    ("an escape character in the value", b"X-A: \x1b[2Jevil", Bad),
    ("a vertical tab in the value", b"X-A: e\x0bvil", Bad),
    ("a DEL in the value", b"X-A: e\x7fvil", Bad),
    ("a bare CR in the value", b"X-A: e\rvil", Bad),
    ("a bare CR in front of a name", b"\rX-A: evil", Bad),
    ("a bare LF behind a value", b"X-A: 1\nX-B: 2", Without(200, "1\nX")),
    ("a hop-by-hop field", b"Keep-Alive: evil", Without(200, "evil")),
    ("a listed field", b"Connection: x-a\r\nX-A: evil", Without(200, "evil")),
    ("a reserved field", b"X_Scf_Name: evil", Without(200, "evil")),
    ("an upgrade that nobody asked for", b"Connection: upgrade\r\nUpgrade: evil", Without(200, "evil")),
];

/// What the head says about the length, and the body.
const LENGTHS: [(&str, &[u8], Verdict); 34] = [
    ("a length with a plus", b"Content-Length: +4\r\n\r\nevil", Bad),
    ("a length with a minus", b"Content-Length: -4\r\n\r\nevil", Bad),
    ("a length in letters", b"Content-Length: four\r\n\r\nevil", Bad),
    ("a hexadecimal length", b"Content-Length: 0x4\r\n\r\nevil", Bad),
    ("a fraction", b"Content-Length: 4.0\r\n\r\nevil", Bad),
    ("an empty length", b"Content-Length:\r\n\r\nevil", Bad),
    ("a list of equal lengths", b"Content-Length: 4, 4\r\n\r\nevil", Bad),
    ("a list of lengths", b"Content-Length: 4, 5\r\n\r\nevil", Bad),
    ("a space in a length", b"Content-Length: 4 4\r\n\r\nevil", Bad),
    ("a length with something behind it", b"Content-Length: 4;x\r\n\r\nevil", Bad),
    ("nineteen digits", b"Content-Length: 0000000000000000004\r\n\r\nevil", Bad),
    ("a length of two to the power of 63", b"Content-Length: 9223372036854775808\r\n\r\nevil", Bad),
    ("a length of two to the power of 64", b"Content-Length: 18446744073709551616\r\n\r\nevil", Bad),
    ("two lengths", b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nevil", Bad),
    ("two lengths, the longer one first", b"Content-Length: 5\r\nContent-Length: 4\r\n\r\nevil", Bad),
    ("a length and an empty one", b"Content-Length: 4\r\nContent-Length:\r\n\r\nevil", Bad),
    ("one length twice", b"Content-Length: 4\r\nContent-Length: 4\r\n\r\ngood", Without(200, "")),
    ("both", b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad),
    ("both, the coding first", b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad),
    ("both, and the coding is unknown", b"Content-Length: 4\r\nTransfer-Encoding: cow\r\n\r\nevil", Bad),
    ("both, and the coding is identity", b"Content-Length: 4\r\nTransfer-Encoding: identity\r\n\r\nevil", Bad),
    ("both, and the coding is empty", b"Content-Length: 4\r\nTransfer-Encoding:\r\n\r\nevil", Bad),
    ("an unknown coding", b"Transfer-Encoding: cow\r\n\r\nevil", Bad),
    ("an empty coding", b"Transfer-Encoding:\r\n\r\nevil", Bad),
    ("identity", b"Transfer-Encoding: identity\r\n\r\nevil", Bad),
    ("gzip", b"Transfer-Encoding: gzip\r\n\r\nevil", Bad),
    ("gzip, chunked", b"Transfer-Encoding: gzip, chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad),
    ("chunked, gzip", b"Transfer-Encoding: chunked, gzip\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad),
    ("chunked twice", b"Transfer-Encoding: chunked, chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad),
    (
        "chunked in two lines",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
        Bad,
    ),
    ("a parameter of chunked", b"Transfer-Encoding: chunked;q=1\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad),
    ("chunked with a letter in front", b"Transfer-Encoding: xchunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad),
    ("chunked with a comma", b"Transfer-Encoding: chunked,\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad),
    ("quoted", b"Transfer-Encoding: \"chunked\"\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad),
];

/// Heads that never end, and none at all.
const CUT: [(&str, &[u8], Then, Verdict); 16] = [
    ("nothing, and closes", b"", Closes, Bad),
    ("nothing, and resets", b"", Resets, Bad),
    ("a byte, and closes", b"H", Closes, Bad),
    ("half a status line, and closes", b"HTTP/1.1 20", Closes, Bad),
    ("half a status line, and resets", b"HTTP/1.1 20", Resets, Bad),
    ("a status line, and closes", b"HTTP/1.1 200 OK\r\n", Closes, Bad),
    ("half a field, and closes", b"HTTP/1.1 200 OK\r\nX-A: 1", Closes, Bad),
    ("half a head, and closes", b"HTTP/1.1 200 OK\r\nX-A: 1\r\n", Closes, Bad),
    ("half a head, and resets", b"HTTP/1.1 200 OK\r\nX-A: 1\r\n", Resets, Bad),
    ("a head without its last LF, and closes", b"HTTP/1.1 200 OK\r\nX-A: 1\r\n\r", Closes, Bad),
    ("only an interim answer, and closes", b"HTTP/1.1 103 Wait\r\n\r\n", Closes, Bad),
    ("only an interim answer, and resets", b"HTTP/1.1 103 Wait\r\n\r\n", Resets, Bad),
    (
        "a malformed interim answer",
        b"HTTP/1.1 103 Wait\r\nX : 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        Waits,
        Bad,
    ),
    ("a malformed answer behind an interim one", b"HTTP/1.1 103 Wait\r\n\r\nHTTP/1.1 abc\r\n\r\n", Waits, Bad),
    (
        "an interim answer with a body",
        b"HTTP/1.1 103 Wait\r\nContent-Length: 4\r\n\r\nevilHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        Waits,
        Bad,
    ),
    ("line ends, and closes", b"\r\n\r\n\r\n", Closes, Bad),
];

#[test]
fn status_lines() {
    let rest = b"\r\nContent-Length: 4\r\n\r\nevil";
    let rows: Vec<_> = STATUS_LINES
        .iter()
        .map(|(name, line, verdict)| ((*name).to_owned(), [*line, rest].concat(), Waits, *verdict))
        .collect();
    run(GET, &rows);
}

#[test]
fn fields() {
    let row = |name: &str, line: &[u8], verdict| {
        let bytes = [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n", line, b"\r\n\r\ngood"].concat();
        (name.to_owned(), bytes, Waits, verdict)
    };
    let mut rows: Vec<_> = FIELDS.iter().map(|(name, line, verdict)| row(name, line, *verdict)).collect();
    let many = |count: usize| (0..count).map(|number| format!("X-{number}: 1")).collect::<Vec<_>>().join("\r\n");
    for count in [101, 1000] {
        rows.push(row(&format!("{count} fields more"), many(count).as_bytes(), Bad));
    }
    rows.push(row("a field of 70,000 bytes", &[b"X-Long: ", &vec![b'a'; 70_000][..]].concat(), Bad));
    run(GET, &rows);
}

#[test]
fn lengths() {
    let rows: Vec<_> = LENGTHS
        .iter()
        .map(|(name, rest, verdict)| ((*name).to_owned(), [b"HTTP/1.1 200 OK\r\n", *rest].concat(), Waits, *verdict))
        .collect();
    run(GET, &rows);
    let old = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n";
    run(GET, &[("a coding in HTTP/1.0".to_owned(), old.into(), Closes, Bad)]);
}

#[test]
fn interim_answers_without_number() {
    let many = |count: usize, fields: &str| {
        let interim = format!("HTTP/1.1 103 Wait\r\n{fields}\r\n").repeat(count);
        format!("{interim}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood").into_bytes()
    };
    let row = |name: &str, bytes| (name.to_owned(), bytes, Waits, Without(200, "103"));
    run(GET, &[row("100 in a row", many(100, "X-A: 1\r\n")), row("5,000 in a row", many(5000, ""))]);
}

#[test]
fn heads_that_never_end() {
    // Not GET: that would be sent again where a function closes without a byte, and rightly so.
    run("POST /attack HTTP/1.1\r\nHost: h.example\r\n\r\n", &table(&CUT));
}
