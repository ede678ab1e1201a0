use super::*;

const LIMITS: HeadLimits = HeadLimits { bytes: 64 << 10, fields: 100 };

/// The method, target, version, fields and length of a request.
type Request = (String, String, Version, Vec<(String, Vec<u8>)>, usize);

fn owned(fields: &[Header<'_>]) -> Vec<(String, Vec<u8>)> {
    fields.iter().map(|field| (field.name.to_owned(), field.value.to_vec())).collect()
}

fn read_on(input: &[u8], limits: HeadLimits, progress: &mut Progress) -> Result<Option<Request>, HeadError> {
    with_slots(limits.fields, |slots| {
        let head = request(input, limits, progress, slots)?;
        Ok(head.map(|head| {
            (head.method.to_owned(), head.target.to_owned(), head.version, owned(head.fields), head.length)
        }))
    })
}

fn read(input: &[u8]) -> Result<Option<Request>, HeadError> {
    read_on(input, LIMITS, &mut Progress::default())
}

/// The status, reason, version, fields and length of a response.
type Response = (u16, Vec<u8>, Version, Vec<(String, Vec<u8>)>, usize);

fn answer(input: &[u8]) -> Result<Option<Response>, HeadError> {
    with_slots(LIMITS.fields, |slots| {
        let head = response(input, LIMITS, &mut Progress::default(), slots)?;
        Ok(head.map(|head| (head.status, head.reason.to_vec(), head.version, owned(head.fields), head.length)))
    })
}

/// Reads a head that comes bit by bit.
fn dripped(input: &[u8], size: usize) -> Result<Option<Request>, HeadError> {
    let mut progress = Progress::default();
    for end in (0..=input.len()).step_by(size).chain([input.len()]) {
        if let Some(head) = read_on(&input[..end], LIMITS, &mut progress)? {
            return Ok(Some(head));
        }
    }
    Ok(None)
}

#[track_caller]
fn refused(input: &[u8], error: HeadError) {
    assert_eq!(read(input), Err(error), "{}", input.escape_ascii());
    for size in [1, 3, 7] {
        assert!(dripped(input, size).is_err(), "{size}: {}", input.escape_ascii());
    }
}

/// Request lines that are none, from the tables of `tests/wire`.
const REQUEST_LINES: [(&[u8], HeadError); 47] = [
    (b"GET  /attack HTTP/1.1", HeadError::Target),
    (b"GET /attack  HTTP/1.1", HeadError::Version),
    (b"GET\t/attack HTTP/1.1", HeadError::Method),
    (b"GET /attack\tHTTP/1.1", HeadError::Target),
    (b"GET\x0b/attack HTTP/1.1", HeadError::Method),
    (b"GET /attack\x0cHTTP/1.1", HeadError::Target),
    (b"GET /attack HTTP/1.1 ", HeadError::LineEnd),
    (b"GET /attack HTTP/1.1\t", HeadError::LineEnd),
    (b" GET /attack HTTP/1.1", HeadError::Method),
    (b"GET /attack", HeadError::Target),
    (b"GET /attack ", HeadError::Version),
    (b"GET", HeadError::Method),
    (b"/attack HTTP/1.1", HeadError::Method),
    (b"GET HTTP/1.1", HeadError::Target),
    (b"GET  HTTP/1.1", HeadError::Target),
    (b"GET /att ack HTTP/1.1", HeadError::Version),
    (b"GET /attack HTTP/1.1 HTTP/1.1", HeadError::LineEnd),
    (b"GET /attack HTTP/1.2", HeadError::Version),
    (b"GET /attack HTTP/2.0", HeadError::Version),
    (b"GET /attack HTTP/0.9", HeadError::Version),
    (b"GET /attack HTTP/1", HeadError::Version),
    (b"GET /attack HTTP/1.10", HeadError::LineEnd),
    (b"GET /attack HTTP/01.1", HeadError::Version),
    (b"GET /attack HTTP/1.1x", HeadError::LineEnd),
    (b"GET /attack http/1.1", HeadError::Version),
    (b"GET /attack HTTPS/1.1", HeadError::Version),
    (b"GET /attack HTTP/1.1\0", HeadError::LineEnd),
    (b"G(T /attack HTTP/1.1", HeadError::Method),
    (b"GET: /attack HTTP/1.1", HeadError::Method),
    (b"G/T /attack HTTP/1.1", HeadError::Method),
    (b"G\0T /attack HTTP/1.1", HeadError::Method),
    (b"G\x7fT /attack HTTP/1.1", HeadError::Method),
    (b"G\xc3\x89T /attack HTTP/1.1", HeadError::Method),
    (b"GET /att\0ack HTTP/1.1", HeadError::Target),
    (b"GET /att\x1back HTTP/1.1", HeadError::Target),
    (b"GET /att\x7fack HTTP/1.1", HeadError::Target),
    (b"GET /att\xe9ck HTTP/1.1", HeadError::Target),
    (b"\xef\xbb\xbfGET /attack HTTP/1.1", HeadError::Method),
    (b"GET /attack\r HTTP/1.1", HeadError::Target),
    (b"GET /attack HTTP/1.1\r", HeadError::LineEnd),
    (b"GET /attack HTTP/1.1\n", HeadError::LineEnd),
    (b"PRI * HTTP/2.0", HeadError::Version),
    (b"HTTP/1.1 200 OK", HeadError::Method),
    (b"SSH-2.0-OpenSSH_9.2", HeadError::Method),
    (b"\x16\x03\x01\0\x05\x01\0\0\x01\0", HeadError::Method),
    (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2", HeadError::Version),
    (b"Host: h.example", HeadError::Method),
];

/// Field lines that are none.
const FIELD_LINES: [(&[u8], HeadError); 31] = [
    (b"X-A : 1", HeadError::FieldName),
    (b"X-A\t: 1", HeadError::FieldName),
    (b" X-A: 1", HeadError::FieldName),
    (b"X-A: 1\r\n folded", HeadError::FieldName),
    (b"X-A: 1\r\n\tfolded", HeadError::FieldName),
    (b"X-A: 1\r\n \r\nX-B: 1", HeadError::FieldName),
    (b"X-A:\r\n folded", HeadError::FieldName),
    (b": 1", HeadError::FieldName),
    (b":", HeadError::FieldName),
    (b"X-A", HeadError::FieldName),
    (b"X A: 1", HeadError::FieldName),
    (b"GET /smuggled HTTP/1.1", HeadError::FieldName),
    (b"X\0A: 1", HeadError::FieldName),
    (b"X\x7fA: 1", HeadError::FieldName),
    (b"X\xffA: 1", HeadError::FieldName),
    (b"X-A\r: 1", HeadError::FieldName),
    (b"X-A: a\rb", HeadError::FieldValue),
    (b"X-A: a\rContent-Length: 5", HeadError::FieldValue),
    (b"X-A: a\r", HeadError::FieldValue),
    (b"\rX-A: a", HeadError::LineEnd),
    (b"X-A: a\nX-B: b", HeadError::LineEnd),
    (b"X-A: a\n\0X-B: b", HeadError::FieldName),
    (b"X-A: a\n\nX-B: b", HeadError::LineEnd),
    (b"X-A: a\0b", HeadError::FieldValue),
    (b"X-A: \0", HeadError::FieldValue),
    (b"X-A: a\x01b", HeadError::FieldValue),
    (b"X-A: a\x0bb", HeadError::FieldValue),
    (b"X-A: a\x0cb", HeadError::FieldValue),
    (b"X-A: \x1b[2J", HeadError::FieldValue),
    (b"X-A: a\x7fb", HeadError::FieldValue),
    (b"X-A:\n", HeadError::LineEnd),
];

#[test]
fn malformed_requests_are_refused() {
    for (line, error) in REQUEST_LINES {
        refused(&[line, b"\r\nHost: h\r\n\r\n"].concat(), error);
    }
    for (line, error) in FIELD_LINES {
        refused(&[b"GET / HTTP/1.1\r\nHost: h\r\n", line, b"\r\n\r\n"].concat(), error);
    }
    for (bytes, error) in [
        (&b"\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"[..], HeadError::LineEnd),
        (b"\r\n\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", HeadError::LineEnd),
        (b"\r\rGET / HTTP/1.1\r\nHost: h\r\n\r\n", HeadError::LineEnd),
        (b"GET / HTTP/1.1\nHost: h\n\n", HeadError::LineEnd),
        (b"GET / HTTP/1.1\nHost: h\r\n\r\n", HeadError::LineEnd),
        (b"GET / HTTP/1.1\r\nHost: h\r\n\n", HeadError::LineEnd),
        (b"GET / HTTP/1.1\r\nHost: h\n\r\n", HeadError::LineEnd),
        (b"GET / HTTP/1.1\rHost: h\r\r\r\n\r\n", HeadError::LineEnd),
        (b"\r\n\r\n\r\n\r\n: \r\n\r\n", HeadError::Method),
        (&[0; 64], HeadError::Method),
    ] {
        refused(bytes, error);
    }
}

/// A bare LF is refused when it comes, and not only when the head is over.
#[test]
fn a_bare_line_feed_ends_an_unfinished_head() {
    for bytes in [&b"GET / HTTP/1.1\nHost: h"[..], b"GET / HTTP/1.1\r\nHost: h\n", b"\n", b"\r\n\n"] {
        assert_eq!(read(bytes), Err(HeadError::LineEnd), "{}", bytes.escape_ascii());
        assert_eq!(dripped(bytes, 1), Err(HeadError::LineEnd), "{}", bytes.escape_ascii());
    }
}

#[test]
fn a_request_is_read_however_it_comes() {
    let bytes = b"\r\n\r\nM-SEARCH /caf\xc3\xa9?a#b HTTP/1.0\r\nhost: h\r\nX-A:\r\nX-B: \t b \xff\t \r\nX-A:2\r\n\r\nrest\nof\n\nit";
    let line = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
    let lines = vec![line("host", b"h"), line("X-A", b""), line("X-B", b"b \xff"), line("X-A", b"2")];
    let expected = ("M-SEARCH".to_owned(), "/caf\u{e9}?a#b".to_owned(), Version::Http10, lines, bytes.len() - 11);
    assert_eq!(read(bytes), Ok(Some(expected.clone())));
    for size in 1..bytes.len() {
        assert_eq!(dripped(bytes, size), Ok(Some(expected.clone())), "{size}");
    }
    for end in 0..bytes.len() - 11 {
        assert_eq!(read(&bytes[..end]), Ok(None), "{end}");
    }
}

/// What follows a head is not a part of it, whatever it looks like.
#[test]
fn a_body_with_line_feeds_that_comes_with_the_end_of_a_head() {
    let bytes = b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n\n\n\r\r\n\r\n\n\n";
    let mut progress = Progress::default();
    assert_eq!(read_on(&bytes[..30], LIMITS, &mut progress), Ok(None));
    assert!(matches!(read_on(bytes, LIMITS, &mut progress), Ok(Some((.., 38)))));
}

#[test]
fn heads_have_limits() {
    let head = |count: usize| format!("GET / HTTP/1.1\r\n{}\r\n", "a:\r\n".repeat(count)).into_bytes();
    assert_eq!(read(&head(100)).map(|head| head.map(|head| head.3.len())), Ok(Some(100)));
    assert_eq!(read(&head(101)), Err(HeadError::TooManyFields));
    let limits = HeadLimits { bytes: 1000, fields: 150 };
    let within = |bytes: &[u8], limits| read_on(bytes, limits, &mut Progress::default());
    assert!(matches!(within(&head(150), limits), Ok(Some(_))), "on the heap");
    assert_eq!(within(&head(151), limits), Err(HeadError::TooManyFields));
    let bytes = head(20);
    let exact = HeadLimits { bytes: bytes.len(), fields: 20 };
    assert!(matches!(within(&bytes, exact), Ok(Some(_))));
    assert!(matches!(within(&[&bytes[..], b"behind it"].concat(), exact), Ok(Some(_))));
    let less = HeadLimits { bytes: bytes.len() - 1, fields: 20 };
    assert_eq!(within(&bytes, less), Err(HeadError::TooLarge));
    assert_eq!(within(&bytes[..less.bytes], less), Err(HeadError::TooLarge), "unfinished");
    assert_eq!(within(&bytes[..less.bytes - 1], less), Ok(None));
    assert_eq!(within(&b"\r\n".repeat(600), limits), Err(HeadError::TooLarge), "empty lines");
    let long = |length: usize| format!("GET / HTTP/1.1\r\n{}: 1\r\n\r\n", "n".repeat(length)).into_bytes();
    let wide = HeadLimits { bytes: 1 << 20, fields: 10 };
    assert!(matches!(within(&long(LONGEST_NAME), wide), Ok(Some(_))));
    assert_eq!(within(&long(LONGEST_NAME + 1), wide), Err(HeadError::TooLarge));
    let target = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(LONGEST_TARGET));
    assert_eq!(within(target.as_bytes(), wide), Err(HeadError::TargetTooLong));
}

/// Counts how many bytes are parsed of a head that comes byte by byte.
#[test]
fn a_head_that_drips_in_is_not_parsed_for_each_byte() {
    let head = |front: &str| format!("{front}GET / HTTP/1.1\r\n{}", "a: b\r\n".repeat(5000)).into_bytes();
    for bytes in [head(""), head(&"\r\n".repeat(10_000)), b"\r\n".repeat(20_000), vec![b'a'; 40_000]] {
        let (mut progress, mut parsed) = (Progress::default(), 0);
        for end in 1..=bytes.len() {
            let limits = HeadLimits { bytes: 1 << 20, fields: 0 };
            let found = progress.parse(&bytes[..end], limits, |bytes| {
                parsed += bytes.len();
                Ok(Status::Partial)
            });
            assert_eq!(found, Ok(None));
        }
        assert!(parsed < 4 * bytes.len(), "{parsed} of {} bytes", bytes.len());
    }
}

/// Status lines that are none.
const STATUS_LINES: [(&[u8], HeadError); 32] = [
    (b"HTTP/1.1 20 OK", HeadError::Status),
    (b"HTTP/1.1 2000 OK", HeadError::Status),
    (b"HTTP/1.1 abc OK", HeadError::Status),
    (b"HTTP/1.1 000 OK", HeadError::Status),
    (b"HTTP/1.1 099 OK", HeadError::Status),
    (b"HTTP/1.1 +20 OK", HeadError::Status),
    (b"HTTP/1.1 -20 OK", HeadError::Status),
    (b"HTTP/1.1 20. OK", HeadError::Status),
    (b"HTTP/1.1 ", HeadError::Status),
    (b"HTTP/1.1", HeadError::Version),
    (b"HTTP/1.1  200 OK", HeadError::Status),
    (b"HTTP/1.1\t200 OK", HeadError::Version),
    (b"HTTP/1.1200 OK", HeadError::Version),
    (b" HTTP/1.1 200 OK", HeadError::Version),
    (b"HTTP/2.0 200 OK", HeadError::Version),
    (b"HTTP/2 200 OK", HeadError::Version),
    (b"HTTP/1.2 200 OK", HeadError::Version),
    (b"HTTP/0.9 200 OK", HeadError::Version),
    (b"http/1.1 200 OK", HeadError::Version),
    (b"ICY 200 OK", HeadError::Version),
    (b"200 OK", HeadError::Version),
    (b"<html>evil</html>", HeadError::Version),
    (b"SSH-2.0-OpenSSH_9.2", HeadError::Version),
    (b"GET / HTTP/1.1", HeadError::Version),
    (b"\0\0\0\x04\0\0\0\0\0", HeadError::Version),
    (b"HTTP/1.1 200 O\0K", HeadError::Status),
    (b"HTTP/1.1 200 O\x01K", HeadError::Status),
    (b"HTTP/1.1 200 O\x7fK", HeadError::Status),
    (b"HTTP/1.1 200 O\rK", HeadError::Status),
    (b"HTTP/1.1 200 OK\r", HeadError::Status),
    (b"HTTP/1.1 200 OK\nX-A: 1", HeadError::LineEnd),
    (b"HTTP/1.1 200\nX-A: 1", HeadError::LineEnd),
];

#[test]
fn malformed_responses_are_refused() {
    for (line, error) in STATUS_LINES {
        let bytes = [line, b"\r\nContent-Length: 4\r\n\r\nevil"].concat();
        assert_eq!(answer(&bytes), Err(error), "{}", bytes.escape_ascii());
    }
    for (line, error) in FIELD_LINES {
        let bytes = [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n", line, b"\r\n\r\ngood"].concat();
        assert_eq!(answer(&bytes), Err(error), "{}", bytes.escape_ascii());
    }
}

#[test]
fn responses_are_read() {
    for (bytes, status, reason, version) in [
        (&b"HTTP/1.1 200 OK\r\n\r\nabc"[..], 200, &b"OK"[..], Version::Http11),
        (b"HTTP/1.0 200 OK\r\n\r\n", 200, b"OK", Version::Http10),
        (b"HTTP/1.1 204\r\n\r\n", 204, b"", Version::Http11),
        (b"HTTP/1.1 204 \r\n\r\n", 204, b"", Version::Http11),
        (b"\r\n\r\nHTTP/1.1 999 \tOh  no \r\nX: y\r\n\r\n", 999, b"\tOh  no ", Version::Http11),
        (b"HTTP/1.1 404 Pas trouv\xe9\r\n\r\n", 404, b"Pas trouv\xe9", Version::Http11),
        (b"HTTP/1.1 404 \xc3\xa9\r\n\r\n", 404, b"\xc3\xa9", Version::Http11),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 100, b"Continue", Version::Http11),
    ] {
        let found = answer(bytes).expect("well-formed").expect("whole");
        assert_eq!((found.0, &found.1[..], found.2), (status, reason, version), "{}", bytes.escape_ascii());
    }
    assert_eq!(answer(b""), Ok(None));
    assert_eq!(answer(b"\r\n\r"), Ok(None));
    assert_eq!(answer(b"HTTP/1.1 200 OK\r\nX-A: 1\r\n\r"), Ok(None));
}
