//! Field lines: names, values, ends, and too much of them.

use super::{Attack, Refused, Served, Stand, Verdict, Without, line, run};

const LINES: [(&str, &[u8], Verdict, &str); 30] = [
    ("a space in front of the colon", b"X-A : 1", Refused, "9112 5.1"),
    ("a tab in front of the colon", b"X-A\t: 1", Refused, "9112 5.1"),
    ("a space in front of the name", b" X-A: 1", Refused, "9112 2.2"),
    ("a folded line", b"X-A: 1\r\n folded", Refused, "9112 5.2"),
    ("a line folded with a tab", b"X-A: 1\r\n\tfolded", Refused, "9112 5.2"),
    ("a line that is folded and empty", b"X-A: 1\r\n \r\nX-B: 1", Refused, "9112 5.2"),
    ("a framing field in a folded line", b"X-A: 1\r\n Content-Length: 5", Refused, "9112 5.2"),
    ("an empty name", b": 1", Refused, "9112 5"),
    ("an empty name without a value", b":", Refused, "9112 5"),
    ("no colon", b"X-A", Refused, "9112 5"),
    ("a space in the name", b"X A: 1", Refused, "9110 5.1"),
    ("a request in a field line", b"GET /smuggled HTTP/1.1", Refused, "9112 5"),
    ("a bare CR in the value", b"X-A: a\rb", Refused, "9112 2.2"),
    ("a bare CR that hides a field", b"X-A: a\rContent-Length: 5", Refused, "9112 2.2"),
    ("a bare CR behind the name", b"X-A\r: 1", Refused, "9112 2.2"),
    ("two CRs at the end", b"X-A: a\r", Refused, "9112 2.2"),
    ("a bare CR at the start of a line", b"\rX-A: a", Refused, "9112 2.2"),
    ("a bare LF as line end", b"X-A: a\nX-B: b", Refused, "9112 2.2"),
    ("a NUL behind a bare LF", b"X-A: a\n\0X-B: b", Refused, "9110 5.1"),
    ("a NUL in the value", b"X-A: a\0b", Refused, "9110 5.5"),
    ("a NUL as value", b"X-A: \0", Refused, "9110 5.5"),
    ("a control character in the value", b"X-A: a\x01b", Refused, "9110 5.5"),
    ("a backspace in the value", b"X-A: a\x08b", Refused, "9110 5.5"),
    ("a vertical tab in the value", b"X-A: a\x0bb", Refused, "9110 5.5"),
    ("a form feed in the value", b"X-A: a\x0cb", Refused, "9110 5.5"),
    ("an escape character in the value", b"X-A: \x1b[2J", Refused, "9110 5.5"),
    ("a DEL in the value", b"X-A: a\x7fb", Refused, "9110 5.5"),
    ("a value of only white space", b"X-A:  \t \t ", Without("\t"), "9110 5.5"),
    ("bytes of an overlong encoding", b"X-A: \xc0\x8a\xc0\x8d", Served, "9110 5.5"),
    ("a line separator of Unicode", b"X-A: a\xe2\x80\xa8Content-Length: 5", Served, "9110 5.5"),
];

/// Bytes that no name has (RFC 9110 section 5.1), but for those in the table above.
const NEVER_IN_NAMES: &[u8] = b"\0\x01\x0b\x7f\x80\xff\"(),/;<=>?@[\\]{}";

#[test]
fn field_lines() {
    let mut attacks: Vec<Attack> =
        LINES.iter().map(|(name, bytes, verdict, section)| line(name, bytes, *verdict, section)).collect();
    for byte in NEVER_IN_NAMES {
        let bytes = [b"X-", &[*byte][..], b"A: 1"].concat();
        attacks.push(line(&format!("the byte {byte:#04x} in a name"), &bytes, Refused, "9110 5.1"));
    }
    run(&Stand::start(""), &attacks);
}

#[test]
fn too_much() {
    let many = |count: usize| (0..count).map(|number| format!("X-{number}: 1")).collect::<Vec<_>>().join("\r\n");
    let long = |length: usize| [b"X-Long: ", &vec![b'a'; length][..]].concat();
    let name = |length: usize| [&vec![b'n'; length][..], b": 1"].concat();
    let mut attacks = Vec::new();
    for count in [100, 101, 200, 1000, 5000] {
        attacks.push(line(&format!("{count} fields and a Host"), many(count).as_bytes(), Refused, "6585 5"));
    }
    for length in [70_000, 200_000] {
        attacks.push(line(&format!("a value of {length} bytes"), &long(length), Refused, "6585 5"));
        attacks.push(line(&format!("a name of {length} bytes"), &name(length), Refused, "6585 5"));
    }
    attacks.push(line("ninety-nine fields and a Host", many(99).as_bytes(), Served, "9110 5.4"));
    run(&Stand::start(""), &attacks);
}
