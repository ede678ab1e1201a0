use super::*;

fn refused(bytes: &[u8], hop: Hop) -> Option<&'static str> {
    requests(bytes, hop).err().map(|violation| violation.rule)
}

#[test]
fn what_is_right_is_read() {
    let bytes = b"POST /a?b HTTP/1.1\r\nHost: h\r\nX-Odd:\t \xe9 , \r\nTransfer-Encoding: chunked\r\n\r\n\
                  3;a=\"\\\";\";b\r\nabc\r\n000A ; c = d\r\n0123456789\r\n0\r\nT: 1\r\n\r\nGET / HTTP/1.1\r\nHost:\r\n\r\n";
    let read = requests(bytes, Hop::Outbound).expect("two requests");
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].head.target(), b"/a?b");
    assert_eq!(read[0].head.fields[1].value, b"\xe9 ,");
    assert_eq!(read[0].content, b"abc0123456789");
    assert_eq!(read[0].chunks[1].digits, b"000A");
    assert_eq!(read[0].trailers[0].line, b"T: 1");
    for length in 0..bytes.len() {
        let rule = refused(&bytes[..length], Hop::Outbound);
        let at_end = length == 0 || length == bytes.len() - b"GET / HTTP/1.1\r\nHost:\r\n\r\n".len();
        assert_eq!(rule, (!at_end).then_some("a message that is cut off"), "{length}");
    }
}

#[test]
fn what_two_recipients_could_read_differently_is_refused() {
    let heads = [
        ("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "a request line that is not three words"),
        ("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", "a request line that is not three words"),
        ("G(T / HTTP/1.1\r\nHost: h\r\n\r\n", "a method that is no token"),
        ("GET / HTTP/1.2\r\nHost: h\r\n\r\n", "a version other than HTTP/1.0 and HTTP/1.1"),
        ("GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", "a request target in no known form"),
        ("GET /#f HTTP/1.1\r\nHost: h\r\n\r\n", "a request target in no known form"),
        ("GET /\x7f HTTP/1.1\r\nHost: h\r\n\r\n", "a request target in no known form"),
        ("GET / HTTP/1.1\nHost: h\r\n\r\n", "a bare LF"),
        ("GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", "a bare CR"),
        ("GET / HTTP/1.1\r\nHost : h\r\n\r\n", "a field name that is no token"),
        ("GET / HTTP/1.1\r\nHost: h\r\n a\r\n\r\n", "a folded line"),
        ("GET / HTTP/1.1\r\nHost: h\r\nX\r\n\r\n", "a field line without a colon"),
        ("GET / HTTP/1.1\r\nHost: h\r\nX: \0\r\n\r\n", "a control character in a field value"),
        ("GET / HTTP/1.1\r\n\r\n", "no Host"),
        ("GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n", "more than one Host"),
        ("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", "an invalid Host"),
    ];
    let framings = [
        ("Content-Length: +1\r\n\r\na", "a Content-Length that is not 1 to 18 digits"),
        ("Content-Length: 1, 1\r\n\r\na", "a Content-Length that is not 1 to 18 digits"),
        ("Content-Length: 0000000000000000001\r\n\r\na", "a Content-Length that is not 1 to 18 digits"),
        ("Content-Length: 1\r\nContent-Length: 1\r\n\r\na", "more than one Content-Length"),
        ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na", "both Content-Length and Transfer-Encoding"),
        ("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "a Transfer-Encoding other than `chunked`"),
        ("Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", "a Transfer-Encoding other than `chunked`"),
        ("Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", "a malformed chunk extension"),
        ("Transfer-Encoding: chunked\r\n\r\n\r\n", "a chunk size that is not 1 to 16 hexadecimal digits"),
        ("Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", "a chunk that does not end where it says"),
        ("Transfer-Encoding: chunked\r\n\r\n1;\r\na\r\n0\r\n\r\n", "a malformed chunk extension"),
        ("Transfer-Encoding: chunked\r\n\r\n1;a=\"\r\na\r\n0\r\n\r\n", "a malformed chunk extension"),
        ("Transfer-Encoding: chunked\r\n\r\n0\r\nHost: h\r\n\r\n", "a framing field in a trailer section"),
        ("Content-Length: 1\r\n\r\nab", "a message that is cut off"),
    ];
    let framings = framings.map(|(rest, rule)| (format!("POST / HTTP/1.1\r\nHost: h\r\n{rest}"), rule));
    let all = heads.map(|(bytes, rule)| (bytes.to_owned(), rule)).into_iter().chain(framings);
    for (bytes, rule) in all {
        assert_eq!(refused(bytes.as_bytes(), Hop::Outbound), Some(rule), "{bytes:?}");
    }
}

#[test]
fn peers_may_write_what_the_gateway_may_not() {
    for bytes in [
        "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n",
    ] {
        assert_eq!(refused(bytes.as_bytes(), Hop::Inbound), None, "{bytes:?}");
        assert!(refused(bytes.as_bytes(), Hop::Outbound).is_some(), "{bytes:?}");
    }
}

#[test]
fn answers_belong_to_their_requests() {
    let methods = [b"HEAD".to_vec(), b"GET".to_vec(), b"GET".to_vec()];
    let bytes = b"HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\
                  HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\nHTTP/1.1 200 \r\n\r\nrest";
    let read = answers(bytes, &methods, true, Hop::Outbound).expect("four answers");
    let statuses: Vec<_> = read.iter().map(|message| message.head.status()).collect();
    assert_eq!((statuses, read[3].content.as_slice()), (vec![103, 200, 304, 200], &b"rest"[..]));
    assert!(answers(bytes, &methods, false, Hop::Outbound).expect_err("open").is_cut());
    for (bytes, rule) in [
        ("HTTP/1.1 200\r\n\r\n", "a status line without a reason phrase behind a space"),
        ("HTTP/1.1 20 OK\r\n\r\n", "a status that is not three digits"),
        ("HTTP/2 200 OK\r\n\r\n", "a version other than HTTP/1.0 and HTTP/1.1"),
        ("HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", "a length where there is no body (RFC 9110 section 8.6)"),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding in HTTP/1.0"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nx", "bytes behind the last answer"),
    ] {
        let found = answers(bytes.as_bytes(), &methods[1..2], true, Hop::Outbound).expect_err(bytes);
        assert_eq!(found.rule, rule, "{bytes:?}");
    }
}
