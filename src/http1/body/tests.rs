use super::*;

/// A body as it is read: its content, its trailer section and what follows, or what is wrong. None if more is needed.
type Body = Result<Option<(Vec<u8>, Vec<u8>, Vec<u8>)>, BodyError>;

/// Reads a body that comes in pieces of one size.
fn read_in(framing: Framing, input: &[u8], size: usize) -> Body {
    let mut reader = BodyReader::new(framing);
    let (mut content, mut pending) = (Vec::new(), Vec::new());
    let mut parts = input.chunks(size);
    loop {
        let (count, piece) = reader.next(&pending)?;
        match piece {
            Piece::Data(data) => {
                assert!(!data.is_empty());
                let used = data.len().min(size);
                content.extend_from_slice(&data[..used]);
                reader.used(used);
                pending.drain(..count + used);
            }
            Piece::More => {
                pending.drain(..count);
                match parts.next() {
                    Some(part) => pending.extend_from_slice(part),
                    None => return Ok(None),
                }
            }
            Piece::End { trailers } => {
                let mut slots = [httparse::EMPTY_HEADER; 20];
                trailer_fields(trailers, &mut slots)?;
                let (trailers, rest) =
                    (trailers.to_vec(), [&pending[count..], &parts.collect::<Vec<_>>().concat()].concat());
                assert!(reader.is_over());
                assert_eq!(reader.remaining(), Some(0));
                assert_eq!(reader.end_of_input(), Ok(()));
                return Ok(Some((content, trailers, rest)));
            }
        }
    }
}

/// Reads a body, at once and bit by bit.
#[track_caller]
fn read(framing: Framing, input: &[u8]) -> Body {
    let whole = read_in(framing, input, usize::MAX >> 1);
    for size in [1, 2, 3, 5, 8] {
        assert_eq!(read_in(framing, input, size), whole, "{size}: {}", input.escape_ascii());
    }
    whole
}

/// Chunked bodies that are none, from the tables of `tests/wire`.
const REFUSED: [(&[u8], BodyError); 58] = [
    (b"\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b";a=b\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"g\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"+3\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"-3\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"0x3\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"3h\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"3.0\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"3,3\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"0_3\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b" 3\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"\t3\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"\x003\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"3\0\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"0 3\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"3 3\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"00000000000000003\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"10000000000000003\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"8000000000000001\r\nabc", BodyError::ChunkSize),
    (b"ffffffffffffffff\r\nabc", BodyError::ChunkSize),
    (b"fffffffffffffffffff3\r\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    ("\u{ff13}\r\nabc\r\n0\r\n\r\n".as_bytes(), BodyError::ChunkSize),
    (b"3\nabc\r\n0\r\n\r\n", BodyError::ChunkSize),
    (b"3\rabc\r\n0\r\n\r\n", BodyError::LineEnd),
    (b"3\r\r\nabc\r\n0\r\n\r\n", BodyError::LineEnd),
    (b"3;a\nabc\r\n0\r\n\r\n", BodyError::LineEnd),
    (b"3;a\rb\r\nabc\r\n0\r\n\r\n", BodyError::LineEnd),
    (b"3;a=\"\n\"\r\nabc\r\n0\r\n\r\n", BodyError::LineEnd),
    (b"3;a=\"\r\nabc\"\r\n0\r\n\r\n", BodyError::ChunkEnd),
    (b"3;a\0\r\nabc\r\n0\r\n\r\n", BodyError::ChunkExtension),
    (b"3;a=\x01\r\nabc\r\n0\r\n\r\n", BodyError::ChunkExtension),
    (b"3;a=\"\x1b[2J\"\r\nabc\r\n0\r\n\r\n", BodyError::ChunkExtension),
    (b"3;a\x0b=b\r\nabc\r\n0\r\n\r\n", BodyError::ChunkExtension),
    (b"3;a=\x7f\r\nabc\r\n0\r\n\r\n", BodyError::ChunkExtension),
    (b"1\r\na\r\n2;\0\r\nbc\r\n0\r\n\r\n", BodyError::ChunkExtension),
    (b"3\r\nabc\r\n0;\0\r\n\r\n", BodyError::ChunkExtension),
    (b"3\r\nabcd\r\n0\r\n\r\n", BodyError::ChunkEnd),
    (b"4\r\nabc\r\n0\r\n\r\n", BodyError::ChunkEnd),
    (b"3\r\nabc0\r\n\r\n", BodyError::ChunkEnd),
    (b"3\r\nabc\n0\r\n\r\n", BodyError::ChunkEnd),
    (b"3\r\nabc\r0\r\n\r\n", BodyError::ChunkEnd),
    (b"3\r\nabc \r\n0\r\n\r\n", BodyError::ChunkEnd),
    (b"3\r\nabc\r\n-0\r\n\r\n", BodyError::ChunkSize),
    (b"3\r\nabc\r\n0x0\r\n\r\n", BodyError::ChunkSize),
    (b"3\r\nabc\r\n0\n\r\n", BodyError::ChunkSize),
    (b"3\r\nabc\r\n0\r\n\nGET /next HTTP/1.1\r\n\r\n", BodyError::LineEnd),
    (b"3\r\nabc\r\n0\r\n\rX\r\n\r\n", BodyError::LineEnd),
    (b"3\r\nabc\r\n0\r\nX-T: \0\r\n\r\n", BodyError::Trailers),
    (b"3\r\nabc\r\n0\r\nX-T : 1\r\n\r\n", BodyError::Trailers),
    (b"3\r\nabc\r\n0\r\nX-T: 1\r\n 2\r\n\r\n", BodyError::Trailers),
    (b"3\r\nabc\r\n0\r\n X-T: 1\r\n\r\n", BodyError::Trailers),
    (b"3\r\nabc\r\n0\r\nX-T\r\n\r\n", BodyError::Trailers),
    (b"3\r\nabc\r\n0\r\n: 1\r\n\r\n", BodyError::Trailers),
    (b"3\r\nabc\r\n0\r\nX-T: a\rb\r\n\r\n", BodyError::LineEnd),
    (b"3\r\nabc\r\n0\r\nX-T: a\r\r\n\r\n", BodyError::LineEnd),
    (b"3\r\nabc\r\n0\r\nX-T: 1\nX-U: 2\r\n\r\n", BodyError::LineEnd),
    (b"3\r\nabc\r\n0\r\nX-T: 1\r\n\nGET /evil HTTP/1.1\r\nHost: h.example\r\n\r\n", BodyError::LineEnd),
    (b"3\r\nabc\r\n0\r\nX-T: 1\n\r\n\r\n", BodyError::LineEnd),
];

#[test]
fn malformed_chunks_are_refused() {
    for (bytes, error) in REFUSED {
        assert_eq!(read(Framing::Chunked, bytes), Err(error), "{}", bytes.escape_ascii());
    }
}

#[test]
fn chunks_are_read() {
    for (bytes, content, trailers) in [
        (&b"0\r\n\r\n"[..], &b""[..], &b""[..]),
        (b"000\r\n\r\n", b"", b""),
        (b"3\r\nabc\r\n0\r\n\r\n", b"abc", b""),
        (b"0000000000000003\r\nabc\r\n0\r\n\r\n", b"abc", b""),
        (b"1\r\na\r\nA\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n", b"a01234567890123456789a", b""),
        (b"4\r\n;\0\r\n\r\n0\r\n\r\n", b";\0\r\n", b""),
        (b"3 ; a = \"\t\xe9\xff\"\r\nabc\r\n0\r\n\r\n", b"abc", b""),
        (b"3;a;b=c\r\nabc\r\n0;d\r\n\r\n", b"abc", b""),
        (b"3;\r\nabc\r\n0\r\n\r\n", b"abc", b""),
        (b"3;a=\"\r\nabc\r\n0\r\n\r\n", b"abc", b""),
        (b"3 \t \r\nabc\r\n0\r\n\r\n", b"abc", b""),
        (b"3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n", b"abc", b"X-T: 1\r\n\r\n"),
        (b"0\r\nX-T: 1\r\nx-t:\t2 \r\nY:\r\n\r\n", b"", b"X-T: 1\r\nx-t:\t2 \r\nY:\r\n\r\n"),
    ] {
        for rest in [&b""[..], b"GET / HTTP/1.1\r\n\r\n", b"\r\n\n"] {
            let expected = Ok(Some((content.to_vec(), trailers.to_vec(), rest.to_vec())));
            assert_eq!(read(Framing::Chunked, &[bytes, rest].concat()), expected, "{}", bytes.escape_ascii());
        }
        for end in 0..bytes.len() {
            assert_eq!(read(Framing::Chunked, &bytes[..end]), Ok(None), "{}", bytes[..end].escape_ascii());
        }
    }
}

#[test]
fn trailers_become_fields() {
    let mut slots = [httparse::EMPTY_HEADER; 3];
    let fields = trailer_fields(b"X-T: 1\r\nx-t:\t2 \r\nY:\r\n\r\n", &mut slots).expect("well-formed");
    let lines: Vec<_> = fields.iter().map(|field| (field.name, field.value)).collect();
    assert_eq!(lines, [("X-T", &b"1"[..]), ("x-t", b"2"), ("Y", b"")]);
    assert_eq!(trailer_fields(b"a:\r\nb:\r\nc:\r\nd:\r\n\r\n", &mut slots), Err(BodyError::TooManyTrailers));
    for raw in [&b"X-T: 1\r\n"[..], b"X-T: 1\n\r\n", b"X-T: 1\r\n\r\nX", b"X-T: 1"] {
        assert_eq!(trailer_fields(raw, &mut slots), Err(BodyError::Trailers), "{}", raw.escape_ascii());
    }
    assert_eq!(trailer_fields(b"", &mut []), Ok(&[][..]));
}

#[test]
fn other_framings_end_where_they_say() {
    let body = |content: &[u8], rest: &[u8]| Ok(Some((content.to_vec(), Vec::new(), rest.to_vec())));
    assert_eq!(read(Framing::None, b"abc"), body(b"", b"abc"));
    assert_eq!(read(Framing::Length(0), b"abc"), body(b"", b"abc"));
    assert_eq!(read(Framing::Length(3), b"abc"), body(b"abc", b""));
    assert_eq!(read(Framing::Length(3), b"abc\r\n0\r\n"), body(b"abc", b"\r\n0\r\n"));
    assert_eq!(read(Framing::Length(4), b"abc"), Ok(None));
    assert_eq!(read(Framing::Length(u64::MAX), b"abc"), Ok(None));
    assert_eq!(read(Framing::UntilClose, b"abc"), Ok(None));
    let mut reader = BodyReader::new(Framing::Length(4));
    assert_eq!(reader.next(b"abcde"), Ok((0, Piece::Data(b"abcd"))));
    reader.used(3);
    assert_eq!((reader.remaining(), reader.is_over()), (Some(1), false));
    assert_eq!(reader.end_of_input(), Err(BodyError::Incomplete));
    reader.used(1);
    assert_eq!((reader.remaining(), reader.is_over()), (Some(0), true));
}

#[test]
fn the_end_of_the_input_ends_only_some_bodies() {
    let mut reader = BodyReader::new(Framing::UntilClose);
    assert_eq!(reader.next(b"abc"), Ok((0, Piece::Data(b"abc"))));
    reader.used(3);
    assert_eq!((reader.next(b""), reader.remaining(), reader.is_over()), (Ok((0, Piece::More)), None, false));
    assert_eq!(reader.end_of_input(), Ok(()));
    assert_eq!(reader.next(b""), Ok((0, Piece::End { trailers: b"" })));
    for bytes in [&b""[..], b"3", b"3\r\n", b"0\r\n", b"0\r\n\r", b"0\r\nX: y\r\n"] {
        let mut reader = BodyReader::new(Framing::Chunked);
        let (_, piece) = reader.next(bytes).expect("right so far");
        assert_eq!(piece, Piece::More);
        assert_eq!(reader.end_of_input(), Err(BodyError::Incomplete), "{}", bytes.escape_ascii());
    }
}

#[test]
fn extensions_and_trailers_are_bounded() {
    let extended = |length: usize| [&vec![b'e'; length][..], b"\r\nabc\r\n"].concat();
    let one = |length| [b"3;", &extended(length)[..], b"0\r\n\r\n"].concat();
    assert!(read_in(Framing::Chunked, &one(MOST_EXTENSIONS - 1), 1000).is_ok());
    assert_eq!(read_in(Framing::Chunked, &one(MOST_EXTENSIONS), 1000), Err(BodyError::ExtensionsTooLarge));
    let two = [b"3;", &extended(9000)[..], b"3;", &extended(9000)].concat();
    assert_eq!(read_in(Framing::Chunked, &two, 1000), Err(BodyError::ExtensionsTooLarge), "of a body");
    let blank = [b"3", &vec![b' '; 20_000][..]].concat();
    assert_eq!(read_in(Framing::Chunked, &blank, 1000), Err(BodyError::ExtensionsTooLarge), "white space");
    let trailers = |length: usize| [b"0\r\nX-T: ", &vec![b't'; length - 9][..], b"\r\n\r\n"].concat();
    for size in [1, 1000, usize::MAX >> 1] {
        let read = |input: &[u8]| read_in(Framing::Chunked, input, size);
        assert!(
            matches!(read(&trailers(MOST_TRAILERS)), Ok(Some((_, trailers, _))) if trailers.len() == MOST_TRAILERS)
        );
        assert_eq!(read(&trailers(MOST_TRAILERS + 1)), Err(BodyError::TrailersTooLarge));
        assert_eq!(read(&trailers(40_000)[..MOST_TRAILERS + 3]), Err(BodyError::TrailersTooLarge), "unfinished");
    }
    let many = [b"0\r\n".to_vec(), b"X-T: 1\r\n".repeat(5000), b"\r\n".to_vec()].concat();
    assert_eq!(read_in(Framing::Chunked, &many, 1000), Err(BodyError::TrailersTooLarge));
    let some = [b"0\r\n".to_vec(), b"X-T: 1\r\n".repeat(21), b"\r\n".to_vec()].concat();
    assert_eq!(read_in(Framing::Chunked, &some, 1000), Err(BodyError::TooManyTrailers));
}

/// The largest chunk is one that recipients can still count with a sign bit to spare.
#[test]
fn the_largest_chunk() {
    let mut reader = BodyReader::new(Framing::Chunked);
    assert_eq!(reader.next(b"8000000000000000\r\nab"), Ok((18, Piece::Data(b"ab"))));
    reader.used(2);
    assert_eq!(reader.next(b""), Ok((0, Piece::More)));
    assert_eq!(reader.state, State::Chunk((1 << 63) - 2));
}
