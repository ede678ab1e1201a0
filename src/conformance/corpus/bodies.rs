//! Bodies: by length, in chunks of every size, with extensions and trailers, up to the end of the connection.

use super::bytes::{chunked, pattern};
use crate::conformance::case::Case;
use crate::conformance::wire::Step;
use crate::conformance::wire::origin::When;

const LENGTHS: [usize; 12] = [0, 1, 2, 9, 10, 100, 1023, 4096, 8191, 8192, 8193, 100_000];
const CHUNKS: [(usize, usize); 18] = [
    (1, 1),
    (20, 1),
    (300, 1),
    (300, 2),
    (300, 3),
    (300, 7),
    (300, 15),
    (300, 16),
    (300, 17),
    (600, 255),
    (600, 256),
    (600, 257),
    (10_000, 1000),
    (9000, 4095),
    (9000, 4096),
    (20_000, 8192),
    (40_000, 16_384),
    (150_000, 65_536),
];
/// Chunked bodies that are odd in their chunk lines or behind the last chunk, each with a field of its head.
const ODD: [(&str, &str, &str); 30] = [
    ("no chunk", "", "0\r\n\r\n"),
    ("zeros in front of the size", "", "0003\r\nklm\r\n0\r\n\r\n"),
    ("sixteen digits", "", "0000000000000003\r\nklm\r\n0\r\n\r\n"),
    ("a size in upper case", "", "A\r\n0123456789\r\n0\r\n\r\n"),
    ("a size in lower case", "", "a\r\n0123456789\r\n0\r\n\r\n"),
    ("zeros in the last chunk", "", "3\r\nklm\r\n0000\r\n\r\n"),
    ("line ends in a chunk", "", "4\r\n\r\n\r\n\r\n0\r\n\r\n"),
    ("a chunk that looks like an end", "", "5\r\n0\r\n\r\n\r\n0\r\n\r\n"),
    ("a chunk that looks like a request", "", "10\r\nGET / HTTP/1.1\r\n\r\n0\r\n\r\n"),
    ("an extension", "", "3;a\r\nklm\r\n0\r\n\r\n"),
    ("an extension with a value", "", "3;a=b\r\nklm\r\n0\r\n\r\n"),
    ("a quoted extension", "", "3;a=\"b c\"\r\nklm\r\n0\r\n\r\n"),
    ("an escape in an extension", "", "3;a=\"\\\"\"\r\nklm\r\n0\r\n\r\n"),
    ("a semicolon in an extension", "", "3;a=\";\"\r\nklm\r\n0\r\n\r\n"),
    ("several extensions", "", "3;a;b=c;d=\"e\"\r\nklm\r\n0\r\n\r\n"),
    ("an extension of the last chunk", "", "3\r\nklm\r\n0;last\r\n\r\n"),
    ("extensions everywhere", "", "1;a\r\na\r\n1;b\r\nb\r\n0;c\r\n\r\n"),
    ("a long extension", "", "3;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nklm\r\n0\r\n\r\n"),
    ("a coding in upper case", "Transfer-Encoding: CHUNKED\r\n", "3\r\nklm\r\n0\r\n\r\n"),
    ("a coding in a lower-case field", "transfer-encoding: chunked\r\n", "3\r\nklm\r\n0\r\n\r\n"),
    ("a trailer", "Trailer: X-T\r\n", "3\r\nklm\r\n0\r\nX-T: 1\r\n\r\n"),
    ("a trailer in lower case", "Trailer: x-t\r\n", "3\r\nklm\r\n0\r\nx-t: 1\r\n\r\n"),
    ("a trailer that is not announced", "", "3\r\nklm\r\n0\r\nX-T: 1\r\n\r\n"),
    ("trailers", "Trailer: X-T, X-U\r\n", "3\r\nklm\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n"),
    ("trailers announced in lines", "Trailer: X-T\r\nTrailer: X-U\r\n", "3\r\nklm\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n"),
    ("a repeated trailer", "Trailer: x-t\r\n", "3\r\nklm\r\n0\r\nx-t: 1\r\nx-t: 2\r\n\r\n"),
    ("an empty trailer", "Trailer: x-t\r\n", "3\r\nklm\r\n0\r\nx-t:\r\n\r\n"),
    ("a trailer without content", "Trailer: x-t\r\n", "0\r\nx-t: 1\r\n\r\n"),
    ("a reserved trailer", "Trailer: x-scf-name\r\n", "3\r\nklm\r\n0\r\nx-scf-name: mine\r\n\r\n"),
    ("a trailer that belongs to a head", "Trailer: set-cookie\r\n", "3\r\nklm\r\n0\r\nset-cookie: a\r\n\r\n"),
];
const METHODS: [&str; 4] = ["GET", "DELETE", "PUT", "OPTIONS"];

/// What a message with a body says in its head, and the body.
fn framed() -> Vec<(String, String, Vec<u8>)> {
    let mut all = Vec::new();
    for length in LENGTHS {
        all.push((format!("{length} bytes"), format!("Content-Length: {length}\r\n"), pattern(length)));
    }
    for (length, size) in CHUNKS {
        let body = chunked(&pattern(length), size);
        all.push((format!("{length} bytes in chunks of {size}"), "Transfer-Encoding: chunked\r\n".to_owned(), body));
    }
    for (name, field, body) in ODD {
        let coding =
            if field.to_ascii_lowercase().starts_with("transfer") { "" } else { "Transfer-Encoding: chunked\r\n" };
        all.push((name.to_owned(), format!("{coding}{field}"), body.as_bytes().to_vec()));
    }
    all.push(("zeros in front of the length".to_owned(), "Content-Length: 0003\r\n".to_owned(), b"klm".to_vec()));
    all
}

pub(super) fn in_requests() -> Vec<Case> {
    let request = |method: &str, fields: &str, body: &[u8]| {
        [format!("{method} /b HTTP/1.1\r\nHost: example.com\r\n{fields}\r\n").as_bytes(), body].concat()
    };
    let mut cases: Vec<_> = framed()
        .into_iter()
        .map(|(name, fields, body)| Case::new(format!("request body: {name}")).send(request("POST", &fields, &body)))
        .collect();
    for method in METHODS {
        for (name, fields, body) in [
            ("length", "Content-Length: 3\r\n", &b"klm"[..]),
            ("chunks", "Transfer-Encoding: chunked\r\n", b"3\r\nklm\r\n0\r\n\r\n"),
        ] {
            cases.push(Case::new(format!("request body: {method} with {name}")).send(request(method, fields, body)));
        }
    }
    // Each part goes only when the one before has arrived: whoever buffers is found out.
    let head = request("POST", "Content-Length: 9\r\n", b"");
    cases.push(parts("request body: in parts", [&head, b"klm", b"nop", b"qrs"]));
    let head = request("POST", "Transfer-Encoding: chunked\r\n", b"");
    cases.push(parts("request body: chunk by chunk", [&head, b"3\r\nklm\r\n", b"3\r\nnop\r\n", b"0\r\n\r\n"]));
    let bytes = request("POST", "Transfer-Encoding: chunked\r\nTrailer: x-t\r\n", b"3;a\r\nklm\r\n0\r\nx-t: 1\r\n\r\n");
    cases.push(bytes.iter().fold(Case::new("request body: byte by byte"), |case, byte| case.send([*byte])));
    cases
}

fn parts(name: &str, [head, first, second, last]: [&[u8]; 4]) -> Case {
    let case = Case::new(name).send(head).then(Step::Arrived(b"\r\n\r\n".to_vec())).send(first);
    case.then(Step::Arrived(b"klm".to_vec())).send(second).then(Step::Arrived(b"nop".to_vec())).send(last)
}

pub(super) fn in_answers() -> Vec<Case> {
    let answer = |version: &str, fields: &str, body: &[u8]| {
        [format!("HTTP/{version} 200 OK\r\n{fields}\r\n").as_bytes(), body].concat()
    };
    let get = "GET / HTTP/1.1\r\nHost: example.com\r\nTE: trailers\r\nConnection: TE\r\n\r\n";
    let mut cases: Vec<_> = framed()
        .into_iter()
        .map(|(name, fields, body)| {
            Case::new(format!("answer body: {name}")).send(get).answer(answer("1.1", &fields, &body))
        })
        .collect();
    for length in LENGTHS {
        let body = pattern(length);
        for version in ["1.0", "1.1"] {
            let name = format!("answer body: {length} bytes up to the end in HTTP/{version}");
            cases.push(Case::new(name).send(get).answer_and_close(answer(version, "", &body)));
        }
        let name = format!("answer body: {length} bytes in HTTP/1.0");
        let fields = format!("Content-Length: {length}\r\n");
        cases.push(Case::new(name).send(get).answer_and_close(answer("1.0", &fields, &body)));
    }
    let trailer = answer("1.1", "Transfer-Encoding: chunked\r\nTrailer: x-t\r\n", b"1\r\na\r\n0\r\nx-t: 1\r\n\r\n");
    cases.push(Case::answered("answer body: a trailer that nobody asked for", trailer));
    for (name, head, parts) in [
        ("in parts", answer("1.1", "Content-Length: 9\r\n", b""), ["klm", "nop", "qrs"]),
        (
            "chunk by chunk",
            answer("1.1", "Transfer-Encoding: chunked\r\n", b""),
            ["3\r\nklm\r\n", "3\r\nnop\r\n", "0\r\n\r\n"],
        ),
        (
            "event by event",
            answer("1.1", "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n", b""),
            ["b\r\ndata: klm\n\n\r\n", "b\r\ndata: nop\n\n\r\n", "0\r\n\r\n"],
        ),
    ] {
        let seen = |part: &str| Step::Arrived(part.as_bytes().to_vec());
        let mut steps = vec![Step::Send(head), seen("\r\n\r\n"), Step::send(parts[0]), seen("klm")];
        steps.extend([Step::send(parts[1]), seen("nop"), Step::send(parts[2])]);
        cases.push(Case::new(format!("answer body: {name}")).send(get).steps(When::Whole, steps));
    }
    let bytes = answer("1.1", "Transfer-Encoding: chunked\r\n", b"3\r\nklm\r\n0\r\n\r\n");
    let steps = bytes.iter().map(|byte| Step::send([*byte])).collect();
    cases.push(Case::new("answer body: byte by byte").send(get).steps(When::Whole, steps));
    cases
}
