use super::*;

const LENGTH: &str = "Content-Length";
const CODING: &str = "Transfer-Encoding";

fn fields<'a>(lines: &[(&'a str, &'a str)]) -> Vec<Header<'a>> {
    lines.iter().map(|(name, value)| Header { name, value: value.as_bytes() }).collect()
}

fn of_request(lines: &[(&str, &str)]) -> Result<(Framing, bool), FramingError> {
    let found = Framing::of_request(Version::Http11, &fields(lines))?;
    Ok((found.framing, found.overrides_length))
}

fn of_response(status: u16, lines: &[(&str, &str)]) -> Result<Framing, FramingError> {
    Framing::of_response(status, Version::Http11, false, &fields(lines))
}

/// Values of `Content-Length` that are none.
const NO_LENGTHS: [&str; 25] = [
    "",
    "+3",
    "-3",
    "-0",
    "0x3",
    "3a",
    "3.0",
    "3e0",
    "3 3",
    "3\t3",
    "3, 3",
    "3, 4",
    "3,3",
    "3,",
    ",3",
    "3;x",
    "\"3\"",
    "3_0",
    "3\u{b}",
    "\u{ff13}",
    "0000000000000000003",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "99999999999999999999999",
];

/// Values of `Transfer-Encoding` other than `chunked`.
const NO_CODINGS: [&str; 25] = [
    "",
    "gzip, chunked",
    "chunked, gzip",
    "chunked, chunked",
    "chunked,",
    ",chunked",
    "identity",
    "identity, chunked",
    "chunked, identity",
    "gzip",
    "cow",
    "xchunked",
    "chunkedx",
    "chunke",
    "chunked;q=1",
    "chunked;",
    "\"chunked\"",
    "chunked\"",
    "(chunked)",
    "chun ked",
    "chunked chunked",
    ": chunked",
    "\u{b}chunked",
    "chunked\u{a0}",
    "chun\u{212a}ed",
];

#[test]
fn a_length_is_one_to_eighteen_digits() {
    for value in NO_LENGTHS {
        assert_eq!(of_request(&[(LENGTH, value)]), Err(FramingError::ContentLength), "{value}");
        assert_eq!(of_response(200, &[(LENGTH, value)]), Err(FramingError::ContentLength), "{value}");
    }
    for (value, length) in
        [("0", 0), ("3", 3), ("03", 3), ("000000000000000003", 3), ("999999999999999999", 999_999_999_999_999_999)]
    {
        assert_eq!(of_request(&[(LENGTH, value)]), Ok((Framing::Length(length), false)), "{value}");
        assert_eq!(of_response(200, &[("content-LENGTH", value)]), Ok(Framing::Length(length)), "{value}");
    }
}

#[test]
fn the_only_coding_is_chunked() {
    for value in NO_CODINGS {
        assert_eq!(of_request(&[(CODING, value)]), Err(FramingError::TransferEncoding), "{value}");
        assert_eq!(of_response(200, &[(CODING, value)]), Err(FramingError::TransferEncoding), "{value}");
    }
    for value in ["chunked", "CHUNKED", "cHuNkEd"] {
        assert_eq!(of_request(&[(CODING, value)]), Ok((Framing::Chunked, false)), "{value}");
        assert_eq!(of_response(200, &[("transfer-encoding", value)]), Ok(Framing::Chunked), "{value}");
        let old = Framing::of_request(Version::Http10, &fields(&[(CODING, value)]));
        assert_eq!(old, Err(FramingError::TransferEncodingInHttp10));
        let old = Framing::of_response(200, Version::Http10, false, &fields(&[(CODING, value)]));
        assert_eq!(old, Err(FramingError::TransferEncodingInHttp10));
    }
    let twice = [(CODING, "chunked"), (CODING, "chunked")];
    assert_eq!(of_request(&twice), Err(FramingError::TransferEncoding));
    assert_eq!(of_response(200, &twice), Err(FramingError::TransferEncoding));
}

#[test]
fn lengths_that_differ_are_refused() {
    for (first, second) in [("3", "4"), ("4", "3"), ("3", "0"), ("5", "05")] {
        let lines = [(LENGTH, first), ("X-A", "1"), ("content-length", second)];
        assert_eq!(of_request(&lines), Err(FramingError::DifferingLengths));
        assert_eq!(of_response(304, &lines), Err(FramingError::DifferingLengths));
    }
    assert_eq!(of_request(&[(LENGTH, "3"), (LENGTH, "")]), Err(FramingError::ContentLength));
    assert_eq!(of_request(&[(LENGTH, "3"), (LENGTH, "3")]), Ok((Framing::Length(3), false)));
    assert_eq!(of_response(200, &[(LENGTH, "3"), (LENGTH, "3")]), Ok(Framing::Length(3)));
}

/// In a request the coding counts, as it does with hyper, where a length behind it is not even looked at. In a response neither does.
#[test]
fn both_are_served_in_requests_only() {
    let both = Ok((Framing::Chunked, true));
    for (lines, expected) in [
        ([(LENGTH, "3"), (CODING, "chunked")], both),
        ([(CODING, "chunked"), (LENGTH, "3")], both),
        ([(CODING, "Chunked"), (LENGTH, "x")], both),
        ([(LENGTH, "x"), (CODING, "chunked")], Err(FramingError::ContentLength)),
        ([(LENGTH, "3"), (CODING, "cow")], Err(FramingError::TransferEncoding)),
        ([(LENGTH, "3"), (CODING, "")], Err(FramingError::TransferEncoding)),
        ([(CODING, "identity"), (LENGTH, "3")], Err(FramingError::TransferEncoding)),
    ] {
        assert_eq!(of_request(&lines), expected, "{lines:?}");
    }
    for lines in [[(LENGTH, "3"), (CODING, "chunked")], [(CODING, "chunked"), (LENGTH, "3")]] {
        assert_eq!(of_response(200, &lines), Err(FramingError::Both));
        assert_eq!(of_response(204, &lines), Err(FramingError::Both));
    }
    let three = [(CODING, "chunked"), (LENGTH, "3"), (LENGTH, "4")];
    assert_eq!(of_request(&three), both);
}

#[test]
fn similar_names_say_nothing() {
    let lines =
        [("Content_Length", "9"), ("Transfer_Encoding", "chunked"), ("TE", "chunked"), ("Content-Length-", "1")];
    assert_eq!(of_request(&lines), Ok((Framing::None, false)));
    assert_eq!(of_response(200, &lines), Ok(Framing::UntilClose));
}

#[test]
fn some_responses_have_no_body() {
    let (length, chunked) = ([(LENGTH, "4")], [(CODING, "chunked")]);
    for status in [100, 101, 103, 199, 204, 304] {
        for lines in [&length[..], &chunked, &[]] {
            assert_eq!(of_response(status, lines), Ok(Framing::None), "{status}");
        }
    }
    for lines in [&length[..], &chunked, &[]] {
        assert_eq!(Framing::of_response(200, Version::Http11, true, &fields(lines)), Ok(Framing::None));
    }
    assert_eq!(of_response(205, &length), Ok(Framing::Length(4)));
    assert_eq!(of_response(999, &[]), Ok(Framing::UntilClose));
    assert_eq!(of_response(204, &[(LENGTH, "+4")]), Err(FramingError::ContentLength));
}
