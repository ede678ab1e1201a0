//! Status lines, fields, and lengths that are none.

use super::{
    BOTH, Bad, CLOSED, CODING, Closes, GET, LARGE, LENGTH, LINE_END, MANY, NAME, OLD_CODING, Resets, STATUS, Then,
    VALUE, VERSION, Verdict, Waits, Without, run, table,
};

/// First lines, with a good rest behind them.
const STATUS_LINES: [(&str, &[u8], Verdict); 32] = [
    ("a status of two digits", b"HTTP/1.1 20 OK", Bad(STATUS)),
    ("a status of four digits", b"HTTP/1.1 2000 OK", Bad(STATUS)),
    ("a status of letters", b"HTTP/1.1 abc OK", Bad(STATUS)),
    ("a status of 000", b"HTTP/1.1 000 OK", Bad(STATUS)),
    ("a status of 099", b"HTTP/1.1 099 OK", Bad(STATUS)),
    ("a status with a plus", b"HTTP/1.1 +20 OK", Bad(STATUS)),
    ("a status with a minus", b"HTTP/1.1 -20 OK", Bad(STATUS)),
    ("a status with a point", b"HTTP/1.1 20. OK", Bad(STATUS)),
    ("no status", b"HTTP/1.1 ", Bad(STATUS)),
    ("no status and no space", b"HTTP/1.1", Bad(VERSION)),
    ("two spaces in front of the status", b"HTTP/1.1  200 OK", Bad(STATUS)),
    ("a tab in front of the status", b"HTTP/1.1\t200 OK", Bad(VERSION)),
    ("no space in front of the status", b"HTTP/1.1200 OK", Bad(VERSION)),
    ("a space in front of the line", b" HTTP/1.1 200 OK", Bad(VERSION)),
    ("HTTP/2.0", b"HTTP/2.0 200 OK", Bad(VERSION)),
    ("HTTP/2", b"HTTP/2 200 OK", Bad(VERSION)),
    ("HTTP/1.2", b"HTTP/1.2 200 OK", Bad(VERSION)),
    ("HTTP/0.9", b"HTTP/0.9 200 OK", Bad(VERSION)),
    ("http/1.1", b"http/1.1 200 OK", Bad(VERSION)),
    ("ICY", b"ICY 200 OK", Bad(VERSION)),
    ("only a status", b"200 OK", Bad(VERSION)),
    ("a page", b"<html>evil</html>", Bad(VERSION)),
    ("a greeting", b"SSH-2.0-OpenSSH_9.2", Bad(VERSION)),
    ("a request", b"GET / HTTP/1.1", Bad(VERSION)),
    ("a frame of HTTP/2", b"\0\0\0\x04\0\0\0\0\0", Bad(VERSION)),
    ("a NUL in the reason", b"HTTP/1.1 200 O\0K", Bad(STATUS)),
    ("a control character in the reason", b"HTTP/1.1 200 O\x01K", Bad(STATUS)),
    ("a DEL in the reason", b"HTTP/1.1 200 O\x7fK", Bad(STATUS)),
    ("a bare CR in the reason", b"HTTP/1.1 200 O\rK", Bad(STATUS)),
    ("two CRs behind the reason", b"HTTP/1.1 200 OK\r", Bad(STATUS)),
    ("an empty line in front", b"\r\nHTTP/1.1 200 OK", Without(200, "")),
    ("a status beyond all classes", b"HTTP/1.1 999 OK", Without(999, "")),
];

/// Field lines in a good answer.
const FIELDS: [(&str, &[u8], Verdict); 23] = [
    ("a space in front of the colon", b"X-A : evil", Bad(NAME)),
    ("a folded line", b"X-A: 1\r\n evil", Bad(NAME)),
    ("a line folded with a tab", b"X-A: 1\r\n\tevil", Bad(NAME)),
    ("a space in front of the name", b" X-A: evil", Bad(NAME)),
    ("no colon", b"evil", Bad(NAME)),
    ("an empty name", b": evil", Bad(NAME)),
    ("a space in the name", b"X A: evil", Bad(NAME)),
    ("a NUL in the name", b"X\0A: evil", Bad(NAME)),
    ("a DEL in the name", b"X\x7fA: evil", Bad(NAME)),
    ("a byte beyond ASCII in the name", b"X\xe9A: evil", Bad(NAME)),
    ("a parenthesis in the name", b"X(A: evil", Bad(NAME)),
    ("a NUL in the value", b"X-A: e\0vil", Bad(VALUE)),
    ("a control character in the value", b"X-A: e\x01vil", Bad(VALUE)),
    ("an escape character in the value", b"X-A: \x1b[2Jevil", Bad(VALUE)),
    ("a vertical tab in the value", b"X-A: e\x0bvil", Bad(VALUE)),
    ("a DEL in the value", b"X-A: e\x7fvil", Bad(VALUE)),
    ("a bare CR in the value", b"X-A: e\rvil", Bad(VALUE)),
    ("a bare CR in front of a name", b"\rX-A: evil", Bad(LINE_END)),
    ("a bare LF behind a value", b"X-A: 1\nX-B: 2", Bad(LINE_END)),
    ("a hop-by-hop field", b"Keep-Alive: evil", Without(200, "evil")),
    ("a listed field", b"Connection: x-a\r\nX-A: evil", Without(200, "evil")),
    ("a reserved field", b"X_Scf_Name: evil", Without(200, "evil")),
    ("an upgrade that nobody asked for", b"Connection: upgrade\r\nUpgrade: evil", Without(200, "evil")),
];

/// What the head says about the length, and the body.
const LENGTHS: [(&str, &[u8], Verdict); 34] = [
    ("a length with a plus", b"Content-Length: +4\r\n\r\nevil", Bad(LENGTH)),
    ("a length with a minus", b"Content-Length: -4\r\n\r\nevil", Bad(LENGTH)),
    ("a length in letters", b"Content-Length: four\r\n\r\nevil", Bad(LENGTH)),
    ("a hexadecimal length", b"Content-Length: 0x4\r\n\r\nevil", Bad(LENGTH)),
    ("a fraction", b"Content-Length: 4.0\r\n\r\nevil", Bad(LENGTH)),
    ("an empty length", b"Content-Length:\r\n\r\nevil", Bad(LENGTH)),
    ("a list of equal lengths", b"Content-Length: 4, 4\r\n\r\nevil", Bad(LENGTH)),
    ("a list of lengths", b"Content-Length: 4, 5\r\n\r\nevil", Bad(LENGTH)),
    ("a space in a length", b"Content-Length: 4 4\r\n\r\nevil", Bad(LENGTH)),
    ("a length with something behind it", b"Content-Length: 4;x\r\n\r\nevil", Bad(LENGTH)),
    ("nineteen digits", b"Content-Length: 0000000000000000004\r\n\r\nevil", Bad(LENGTH)),
    ("a length of two to the power of 63", b"Content-Length: 9223372036854775808\r\n\r\nevil", Bad(LENGTH)),
    ("a length of two to the power of 64", b"Content-Length: 18446744073709551616\r\n\r\nevil", Bad(LENGTH)),
    ("two lengths", b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nevil", Bad(LENGTH)),
    ("two lengths, the longer one first", b"Content-Length: 5\r\nContent-Length: 4\r\n\r\nevil", Bad(LENGTH)),
    ("a length and an empty one", b"Content-Length: 4\r\nContent-Length:\r\n\r\nevil", Bad(LENGTH)),
    ("one length twice", b"Content-Length: 4\r\nContent-Length: 4\r\n\r\ngood", Without(200, "")),
    ("both", b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad(BOTH)),
    (
        "both, the coding first",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
        Bad(BOTH),
    ),
    ("both, and the coding is unknown", b"Content-Length: 4\r\nTransfer-Encoding: cow\r\n\r\nevil", Bad(CODING)),
    ("both, and the coding is identity", b"Content-Length: 4\r\nTransfer-Encoding: identity\r\n\r\nevil", Bad(CODING)),
    ("both, and the coding is empty", b"Content-Length: 4\r\nTransfer-Encoding:\r\n\r\nevil", Bad(CODING)),
    ("an unknown coding", b"Transfer-Encoding: cow\r\n\r\nevil", Bad(CODING)),
    ("an empty coding", b"Transfer-Encoding:\r\n\r\nevil", Bad(CODING)),
    ("identity", b"Transfer-Encoding: identity\r\n\r\nevil", Bad(CODING)),
    ("gzip", b"Transfer-Encoding: gzip\r\n\r\nevil", Bad(CODING)),
    ("gzip, chunked", b"Transfer-Encoding: gzip, chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad(CODING)),
    ("chunked, gzip", b"Transfer-Encoding: chunked, gzip\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad(CODING)),
    ("chunked twice", b"Transfer-Encoding: chunked, chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad(CODING)),
    (
        "chunked in two lines",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
        Bad(CODING),
    ),
    ("a parameter of chunked", b"Transfer-Encoding: chunked;q=1\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad(CODING)),
    ("chunked with a letter in front", b"Transfer-Encoding: xchunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad(CODING)),
    ("chunked with a comma", b"Transfer-Encoding: chunked,\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad(CODING)),
    ("quoted", b"Transfer-Encoding: \"chunked\"\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Bad(CODING)),
];

/// Heads that never end, and none at all.
const CUT: [(&str, &[u8], Then, Verdict); 16] = [
    ("nothing, and closes", b"", Closes, Bad(CLOSED)),
    ("nothing, and resets", b"", Resets, Bad(CLOSED)),
    ("a byte, and closes", b"H", Closes, Bad(CLOSED)),
    ("half a status line, and closes", b"HTTP/1.1 20", Closes, Bad(CLOSED)),
    ("half a status line, and resets", b"HTTP/1.1 20", Resets, Bad(CLOSED)),
    ("a status line, and closes", b"HTTP/1.1 200 OK\r\n", Closes, Bad(CLOSED)),
    ("half a field, and closes", b"HTTP/1.1 200 OK\r\nX-A: 1", Closes, Bad(CLOSED)),
    ("half a head, and closes", b"HTTP/1.1 200 OK\r\nX-A: 1\r\n", Closes, Bad(CLOSED)),
    ("half a head, and resets", b"HTTP/1.1 200 OK\r\nX-A: 1\r\n", Resets, Bad(CLOSED)),
    ("a head without its last LF, and closes", b"HTTP/1.1 200 OK\r\nX-A: 1\r\n\r", Closes, Bad(CLOSED)),
    ("only an interim answer, and closes", b"HTTP/1.1 103 Wait\r\n\r\n", Closes, Bad(CLOSED)),
    ("only an interim answer, and resets", b"HTTP/1.1 103 Wait\r\n\r\n", Resets, Bad(CLOSED)),
    (
        "a malformed interim answer",
        b"HTTP/1.1 103 Wait\r\nX : 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        Waits,
        Bad(NAME),
    ),
    ("a malformed answer behind an interim one", b"HTTP/1.1 103 Wait\r\n\r\nHTTP/1.1 abc\r\n\r\n", Waits, Bad(STATUS)),
    (
        "an interim answer with a body",
        b"HTTP/1.1 103 Wait\r\nContent-Length: 4\r\n\r\nevilHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        Waits,
        Bad(VERSION),
    ),
    ("line ends, and closes", b"\r\n\r\n\r\n", Closes, Bad(CLOSED)),
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
        rows.push(row(&format!("{count} fields more"), many(count).as_bytes(), Bad(MANY)));
    }
    rows.push(row("a field of 70,000 bytes", &[b"X-Long: ", &vec![b'a'; 70_000][..]].concat(), Bad(LARGE)));
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
    run(GET, &[("a coding in HTTP/1.0".to_owned(), old.into(), Closes, Bad(OLD_CODING))]);
}

#[test]
fn interim_answers_without_number() {
    let many = |count: usize, fields: &str| {
        let interim = format!("HTTP/1.1 103 Wait\r\n{fields}\r\n").repeat(count);
        format!("{interim}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood").into_bytes()
    };
    // As many as are passed on, and more; the answer comes behind them.
    let row = |name: &str, bytes| (name.to_owned(), bytes, Waits, Without(200, ""));
    run(GET, &[row("100 in a row", many(100, "X-A: 1\r\n")), row("5,000 in a row", many(5000, ""))]);
}

#[test]
fn heads_that_never_end() {
    // Not GET: that would be sent again where a function closes without a byte, and rightly so.
    run("POST /attack HTTP/1.1\r\nHost: h.example\r\n\r\n", &table(&CUT));
}
