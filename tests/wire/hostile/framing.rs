//! Two lengths, half lengths, and lengths that are none (RFC 9112 section 6).

use super::{Attack, Last, Refused, Served, Stand, Two, Verdict, Without, body, run, whole};

const CHUNKS: &[u8] = b"3\r\nabc\r\n0\r\n\r\n";
const NEXT: &[u8] = b"GET /next HTTP/1.1\r\nHost: h.example\r\n\r\n";

/// What becomes of a request with both: the coding counts, the length is gone, and no other request follows (RFC 9112
/// section 6.3, rule 3).
const BOTH: Verdict = Last("ontent-");

/// Values of `Content-Length`, with three bytes of body behind them.
const LENGTHS: [(&str, &str, Verdict); 27] = [
    ("empty", "", Refused),
    ("a plus", "+3", Refused),
    ("a minus", "-3", Refused),
    ("minus zero", "-0", Refused),
    ("hexadecimal", "0x3", Refused),
    ("a letter", "3a", Refused),
    ("a fraction", "3.0", Refused),
    ("an exponent", "3e0", Refused),
    ("a space inside", "3 3", Refused),
    ("a tab inside", "3\t3", Refused),
    ("a list of equals", "3, 3", Refused),
    ("a list", "3, 4", Refused),
    ("a list without spaces", "3,3", Refused),
    ("a comma behind it", "3,", Refused),
    ("a comma in front", ",3", Refused),
    ("a semicolon", "3;x", Refused),
    ("a quoted one", "\"3\"", Refused),
    ("an underscore", "3_0", Refused),
    ("a vertical tab", "3\u{b}", Refused),
    ("a full-width digit", "\u{ff13}", Refused),
    ("nineteen digits", "0000000000000000003", Refused),
    ("a large number", "9223372036854775807", Refused),
    ("one more", "9223372036854775808", Refused),
    ("two to the power of 64", "18446744073709551616", Refused),
    ("more than that", "99999999999999999999999", Refused),
    ("a zero in front", "03", Served),
    ("white space around it", " \t3 \t", Served),
];

/// Values of `Transfer-Encoding`, with a chunked body behind them.
const CODINGS: [(&str, &str, Verdict); 30] = [
    ("empty", "", Refused),
    ("gzip, chunked", "gzip, chunked", Refused),
    ("chunked, gzip", "chunked, gzip", Refused),
    ("chunked twice", "chunked, chunked", Refused),
    ("chunked with a comma", "chunked,", Refused),
    ("a comma and chunked", ",chunked", Refused),
    ("identity", "identity", Refused),
    ("identity, chunked", "identity, chunked", Refused),
    ("chunked, identity", "chunked, identity", Refused),
    ("gzip", "gzip", Refused),
    ("unknown", "cow", Refused),
    ("a letter in front", "xchunked", Refused),
    ("a letter behind", "chunkedx", Refused),
    ("a letter less", "chunke", Refused),
    ("a parameter", "chunked;q=1", Refused),
    ("an empty parameter", "chunked;", Refused),
    ("quoted", "\"chunked\"", Refused),
    ("half quoted", "chunked\"", Refused),
    ("in parentheses", "(chunked)", Refused),
    ("a space inside", "chun ked", Refused),
    ("two words", "chunked chunked", Refused),
    ("a colon in front", ": chunked", Refused),
    ("a vertical tab in front", "\u{b}chunked", Refused),
    ("a form feed behind", "chunked\u{c}", Refused),
    ("a NUL behind", "chunked\0", Refused),
    ("a no-break space behind", "chunked\u{a0}", Refused),
    ("a Kelvin sign", "chun\u{212a}ed", Refused),
    ("upper case", "CHUNKED", Without("CHUNKED")),
    ("mixed case", "cHuNkEd", Without("cHuNkEd")),
    ("white space around it", " \tchunked\t ", Served),
];

/// Field lines that contradict each other, or seem to, and the body behind them.
const CONTRADICTIONS: [(&str, &[u8], &[u8], Verdict); 29] = [
    ("length, then coding", b"Content-Length: 3\r\nTransfer-Encoding: chunked", CHUNKS, BOTH),
    ("coding, then length", b"Transfer-Encoding: chunked\r\nContent-Length: 3", CHUNKS, BOTH),
    ("coding, and a length that fits", b"Transfer-Encoding: chunked\r\nContent-Length: 13", CHUNKS, BOTH),
    ("coding, and no length at all", b"Transfer-Encoding: chunked\r\nContent-Length: 0", CHUNKS, BOTH),
    ("coding, and a broken length", b"Transfer-Encoding: chunked\r\nContent-Length: x", CHUNKS, BOTH),
    ("length, and a coding in another case", b"content-length: 3\r\ntransfer-encoding: CHUNKED", CHUNKS, BOTH),
    ("length, and an unknown coding", b"Content-Length: 3\r\nTransfer-Encoding: cow", b"abc", Refused),
    ("length, and an empty coding", b"Content-Length: 3\r\nTransfer-Encoding:", b"abc", Refused),
    ("length, and identity", b"Content-Length: 3\r\nTransfer-Encoding: identity", b"abc", Refused),
    ("two lengths", b"Content-Length: 3\r\nContent-Length: 4", b"abcd", Refused),
    ("two lengths, the shorter one last", b"Content-Length: 4\r\nContent-Length: 3", b"abcd", Refused),
    ("two lengths apart", b"Content-Length: 3\r\nX-A: 1\r\nContent-Length: 4", b"abcd", Refused),
    ("a length and none", b"Content-Length: 3\r\nContent-Length: 0", b"abc", Refused),
    ("a length and an empty one", b"Content-Length: 3\r\nContent-Length:", b"abc", Refused),
    ("a length in another case", b"Content-Length: 3\r\ncontent-length: 4", b"abcd", Refused),
    ("one length twice", b"Content-Length: 3\r\nContent-Length: 3", b"abc", Served),
    ("one length three times", b"Content-Length: 3\r\ncontent-length: 3\r\nCONTENT-LENGTH: 3", b"abc", Served),
    ("chunked in two lines", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", CHUNKS, Refused),
    ("identity behind chunked", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", CHUNKS, Refused),
    ("chunked behind gzip", b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", CHUNKS, Refused),
    ("an empty coding behind chunked", b"Transfer-Encoding: chunked\r\nTransfer-Encoding:", CHUNKS, Refused),
    (
        "a coding with a space in front of the colon",
        b"Content-Length: 3\r\nTransfer-Encoding : chunked",
        CHUNKS,
        Refused,
    ),
    (
        "a coding with a tab in front of the colon",
        b"Content-Length: 3\r\nTransfer-Encoding\t: chunked",
        CHUNKS,
        Refused,
    ),
    ("a coding in a folded line", b"Content-Length: 3\r\nX-A: b\r\n Transfer-Encoding: chunked", CHUNKS, Refused),
    ("a value in a folded line", b"Content-Length: 3\r\nTransfer-Encoding:\r\n chunked", CHUNKS, Refused),
    ("a coding behind a bare LF", b"Content-Length: 3\r\nX-A: b\nTransfer-Encoding: chunked", CHUNKS, Refused),
    ("a coding behind a bare CR", b"Content-Length: 3\r\nX-A: b\rTransfer-Encoding: chunked", b"abc", Refused),
    ("a NUL in the name of a length", b"Content-Length: 3\r\nContent-Length\0: 0", b"abc", Refused),
    ("a coding behind two LFs", b"Content-Length: 3\r\nX-A: b\r\n\0\r\nTransfer-Encoding: chunked", CHUNKS, Refused),
];

#[test]
fn lengths() {
    let value = |(name, value, verdict): &(&str, &str, Verdict)| {
        body(&format!("length: {name}"), format!("Content-Length: {value}").as_bytes(), b"abc", *verdict, "9112 6.3")
    };
    let attacks: Vec<Attack> = LENGTHS.iter().map(value).collect();
    run(&Stand::start(""), &attacks);
}

#[test]
fn codings() {
    let value = |(name, value, verdict): &(&str, &str, Verdict)| {
        body(&format!("coding: {name}"), format!("Transfer-Encoding: {value}").as_bytes(), CHUNKS, *verdict, "9112 6.1")
    };
    let attacks: Vec<Attack> = CODINGS.iter().map(value).collect();
    run(&Stand::start(""), &attacks);
}

#[test]
fn contradictions() {
    let attacks: Vec<Attack> = CONTRADICTIONS
        .iter()
        .map(|(name, lines, behind, verdict)| body(name, lines, behind, *verdict, "9112 6.3"))
        .collect();
    run(&Stand::start(""), &attacks);
}

/// `Expect: 100-continue` is for content (RFC 9110 section 10.1.1). Without any, there are servers that wait for it for ever.
#[test]
fn expectations() {
    let start = |method: &str, version: &str| format!("{method} /attack HTTP/{version}\r\nHost: h.example\r\n");
    let mut attacks = Vec::new();
    for method in ["GET", "HEAD", "POST", "X-OWN"] {
        for (name, version, lines, verdict) in [
            ("and no length", "1.1", "Expect: 100-continue", Without("xpect")),
            ("and no content", "1.1", "expect: 100-CONTINUE\r\nContent-Length: 0", Without("xpect")),
            ("twice", "1.1", "Expect: 100-continue\r\nX-A: 1\r\nEXPECT: 100-continue", Without("100-c")),
            ("and a protocol", "1.1", "Expect: 100-continue\r\nConnection: upgrade\r\nUpgrade: a", Without("xpect")),
            ("in HTTP/1.0", "1.0", "Expect: 100-continue", Without("xpect")),
            ("that is another", "1.1", "Expect: something", Without("100-c")),
        ] {
            let bytes = format!("{}{lines}\r\n\r\n", start(method, version));
            attacks.push(whole(
                &format!("{method} with an expectation {name}"),
                bytes.as_bytes(),
                verdict,
                "9110 10.1.1",
            ));
        }
    }
    run(&Stand::start(""), &attacks);
    let stand = Stand::start("");
    for (lines, body, kept) in [
        ("Expect: something", "", "Expect: something"),
        ("Expect: 100-continue\r\nContent-Length: 3", "abc", "Expect: 100-continue"),
        ("Expect: 100-continue\r\nTransfer-Encoding: chunked", "0\r\n\r\n", "Expect: 100-continue"),
    ] {
        let outcome = stand.send(format!("{}{lines}\r\n\r\n{body}", start("POST", "1.1")).as_bytes(), &[]);
        let [request] = &outcome.requests[..] else { panic!("{lines}: {outcome:?}") };
        assert!(request.head.fields.iter().any(|field| field.line == kept.as_bytes()), "{lines}: {request:?}");
    }
}

/// Where one request ends and the next one begins.
#[test]
fn borders() {
    let post = |lines: &str, behind: &[u8]| {
        [format!("POST /attack HTTP/1.1\r\nHost: h.example\r\n{lines}\r\n\r\n").as_bytes(), behind, NEXT].concat()
    };
    let old = |lines: &str, behind: &[u8]| {
        [format!("POST /attack HTTP/1.0\r\nHost: h.example\r\n{lines}\r\n\r\n").as_bytes(), behind].concat()
    };
    let attacks = [
        whole("no length, and a request behind it", &post("X-A: 1", b""), Two, "9112 6.3"),
        whole("a length of 0, and a request behind it", &post("Content-Length: 0", b""), Two, "9112 6.3"),
        whole("a length, and a request behind it", &post("Content-Length: 3", b"abc"), Two, "9112 9.3.2"),
        whole("chunks, and a request behind them", &post("Transfer-Encoding: chunked", CHUNKS), Two, "9112 9.3.2"),
        whole("an empty line behind a body", &post("Content-Length: 3", b"abc\r\n"), Two, "9112 2.2"),
        whole("a request inside a body", &post("Content-Length: 39", b""), Served, "9112 6.3"),
        whole("a request behind one that closes", &post("Connection: close", b""), Last("/next"), "9112 9.6"),
        whole("a request behind a close in a list", &post("Connection: x-a , CLOSE", b""), Last("/next"), "9112 9.6"),
        whole(
            "a request behind keep-alive and close",
            &post("Connection: keep-alive\r\nConnection: close", b""),
            Last("/next"),
            "9112 9.6",
        ),
        whole("a request behind HTTP/1.0", &[old("X-A: 1", b""), NEXT.to_vec()].concat(), Last("/next"), "9112 9.3"),
        whole("a coding in HTTP/1.0", &old("Transfer-Encoding: chunked", CHUNKS), Refused, "9112 6.1"),
        whole(
            "a coding and keep-alive in HTTP/1.0",
            &old("Connection: keep-alive\r\nTransfer-Encoding: chunked", CHUNKS),
            Refused,
            "9112 6.1",
        ),
        whole("both in HTTP/1.0", &old("Content-Length: 3\r\nTransfer-Encoding: chunked", b"abc"), Refused, "9112 6.1"),
        whole("a length in HTTP/1.0", &old("Content-Length: 3", b"abc"), Served, "9112 6.3"),
        whole(
            "a body of GET",
            &[b"GET /attack HTTP/1.1\r\nHost: h.example\r\nContent-Length: 39\r\n\r\n", NEXT].concat(),
            Served,
            "9110 9.3.1",
        ),
        body(
            "a length with an underscore",
            b"Content_Length: 9\r\nContent-Length: 3",
            b"abc",
            Without("Content_Length"),
            "9110 5.1",
        ),
        body(
            "a length with an underscore beside chunks",
            b"Content_Length: 5\r\nTransfer-Encoding: chunked",
            CHUNKS,
            Without("Content_Length"),
            "9110 5.1",
        ),
        body(
            "a coding with an underscore",
            b"Transfer_Encoding: chunked\r\nContent-Length: 3",
            b"abc",
            Without("Transfer_Encoding"),
            "9110 5.1",
        ),
        body("TE that says chunked", b"TE: chunked\r\nContent-Length: 3", b"abc", Without("chunked"), "9110 10.1.4"),
    ];
    run(&Stand::start(""), &attacks);
}
