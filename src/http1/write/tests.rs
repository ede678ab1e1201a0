use super::*;

/// The bytes of the pieces for `data`.
fn pieces(writer: &mut MessageWriter, data: &[u8]) -> Vec<u8> {
    writer.pieces(data).iter().flat_map(|piece| piece.to_vec()).collect()
}

/// Writes everything that is there. Returns how much of `data` that was.
fn write(writer: &mut MessageWriter, data: &[u8], out: &mut Vec<u8>) -> usize {
    let bytes = pieces(writer, data);
    out.extend_from_slice(&bytes);
    writer.wrote(bytes.len())
}

fn begun(framing: Framing) -> MessageWriter {
    let mut writer = MessageWriter::new();
    writer.begin(framing).end();
    assert_eq!(writer.wrote(2), 0);
    writer
}

#[test]
fn heads_are_written_line_by_line() {
    let mut out = Buffer::take();
    let mut head = HeadWriter::new(&mut out);
    head.request_line("GET", "/a?b", Version::Http11);
    head.lines(b"X-Own: 1\r\n");
    head.field(b"Host", b"h");
    head.field(b"X-Empty", b"");
    head.end();
    assert_eq!(&*out, b"GET /a?b HTTP/1.1\r\nX-Own: 1\r\nHost: h\r\nX-Empty: \r\n\r\n");
    for (version, status, reason, line) in [
        (Version::Http11, 200, &b"OK"[..], &b"HTTP/1.1 200 OK\r\n"[..]),
        (Version::Http10, 999, b"", b"HTTP/1.0 999 \r\n"),
        (Version::Http11, 404, b"Pas trouv\xe9", b"HTTP/1.1 404 Pas trouv\xe9\r\n"),
    ] {
        out.clear();
        HeadWriter::new(&mut out).status_line(version, status, reason);
        assert_eq!(&*out, line);
    }
}

#[test]
fn each_data_is_a_chunk_of_its_own() {
    let mut writer = begun(Framing::Chunked);
    let mut out = Vec::new();
    assert_eq!(write(&mut writer, b"", &mut out), 0);
    assert_eq!(write(&mut writer, b"abc", &mut out), 3);
    assert_eq!(write(&mut writer, &[b'x'; 0xab], &mut out), 0xab);
    assert!(writer.is_flushed() && !writer.is_complete());
    writer.finish([(&b"X-T"[..], &b"1"[..])]);
    assert!(!writer.is_flushed() && writer.is_complete());
    assert_eq!(write(&mut writer, b"more", &mut out), 0);
    assert_eq!(out, [b"3\r\nabc\r\nAB\r\n", &[b'x'; 0xab][..], b"\r\n0\r\nX-T: 1\r\n\r\n"].concat());
    assert!(writer.is_flushed() && writer.pending.is_unallocated());
}

#[test]
fn sizes_are_upper_case_hexadecimal() {
    for (size, line) in
        [(1, "1\r\n"), (15, "F\r\n"), (16, "10\r\n"), (0xabc_def0, "ABCDEF0\r\n"), (usize::MAX, "FFFFFFFFFFFFFFFF\r\n")]
    {
        let mut writer = MessageWriter::new();
        writer.put_size(size);
        assert_eq!(&*writer.pending, line.as_bytes());
    }
}

#[test]
fn an_open_chunk_keeps_its_size() {
    let mut writer = begun(Framing::Chunked);
    assert_eq!(pieces(&mut writer, b"abc"), b"3\r\nabc\r\n");
    assert_eq!(writer.wrote(1), 0);
    assert_eq!(pieces(&mut writer, b"abcdef"), b"\r\nabc\r\n");
    assert_eq!(writer.wrote(4), 2);
    assert_eq!(pieces(&mut writer, b""), b"", "content is missing");
    assert_eq!(pieces(&mut writer, b"cdef"), b"c\r\n");
    assert_eq!(writer.wrote(2), 1);
    assert!(!writer.is_flushed());
    assert_eq!(pieces(&mut writer, b"def"), b"\n3\r\ndef\r\n");
    assert_eq!(writer.wrote(0), 0);
    writer.finish([]);
    assert!(!writer.is_complete(), "a chunk that is open cannot be finished");
    assert_eq!(writer.wrote(9), 3);
    writer.finish([]);
    assert_eq!(pieces(&mut writer, b""), b"0\r\n\r\n");
}

#[test]
fn a_length_takes_no_more() {
    let mut writer = begun(Framing::Length(5));
    assert_eq!(pieces(&mut writer, b"abc"), b"abc");
    assert_eq!(writer.wrote(2), 2);
    writer.finish([]);
    assert!(!writer.is_complete(), "it is cut off");
    assert_eq!(pieces(&mut writer, b"cdefgh"), b"cde");
    assert_eq!(writer.wrote(3), 3);
    assert!(writer.is_complete());
    assert_eq!(pieces(&mut writer, b"fgh"), b"");
    for framing in [Framing::None, Framing::Length(0)] {
        let mut writer = begun(framing);
        assert!(writer.is_complete() && writer.is_flushed());
        assert_eq!(pieces(&mut writer, b"abc"), b"");
        assert_eq!(writer.copy(b"abc"), 0);
    }
}

#[test]
fn a_body_until_the_end_is_as_it_is() {
    let mut writer = begun(Framing::UntilClose);
    assert_eq!(pieces(&mut writer, b"abc"), b"abc");
    assert_eq!(writer.wrote(2), 2);
    assert!(!writer.is_complete());
    writer.finish([]);
    assert!(writer.is_complete() && writer.is_flushed());
}

#[test]
fn copied_content_is_written_with_the_rest() {
    let mut writer = MessageWriter::new();
    let mut head = writer.begin(Framing::Chunked);
    head.field(b"a", b"b");
    head.end();
    assert_eq!((writer.copy(b"abc"), writer.copy(b"")), (3, 0));
    writer.finish([]);
    assert_eq!(pieces(&mut writer, b""), b"a: b\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    let mut writer = begun(Framing::Length(4));
    assert_eq!((writer.copy(b"abc"), writer.copy(b"def"), writer.is_complete()), (3, 1, true));
    assert_eq!(pieces(&mut writer, b""), b"abcd");
    let mut writer = begun(Framing::UntilClose);
    assert_eq!(writer.copy(b"abc"), 3);
    assert_eq!(pieces(&mut writer, b"d"), b"abcd");
}

#[test]
fn one_message_follows_the_other() {
    let mut writer = MessageWriter::new();
    let mut head = writer.begin(Framing::None);
    head.status_line(Version::Http11, 100, b"Continue");
    head.end();
    assert_eq!(writer.wrote(5), 0);
    let mut head = writer.begin(Framing::Length(1));
    head.status_line(Version::Http11, 200, b"OK");
    head.end();
    assert_eq!(pieces(&mut writer, b"a"), b"1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\na");
    assert_eq!(writer.pieces(b"a").len(), 2);
    assert_eq!(format!("{:?}", writer.pieces(b"a")), "[39, 1]");
}
