//! Frames that are none, or stand where they must not (sections 4 to 6).

use super::{
    Aborted, Attack, END_HEADERS, END_STREAM, Harmless, Refused, Stand, Verdict, WHOLE, With, attack, data, frame, run,
};
use crate::peer::{
    ACK, ALL, CONTINUATION, DATA, GOAWAY, HEADERS, PADDED, PING, PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS,
    WINDOW_UPDATE, hpack, request, settings, window,
};

/// The flag of HEADERS with a priority.
const PRIORITIZED: u8 = 0x20;

fn good() -> Vec<u8> {
    attack(WHOLE, "GET", &[])
}

/// The block of a good request.
fn block() -> Vec<u8> {
    good().split_off(9)
}

#[track_caller]
fn run_all(section: &'static str, rows: Vec<(&str, Vec<Vec<u8>>, Verdict)>) {
    let rows: Vec<Attack> =
        rows.into_iter().map(|(name, frames, verdict)| (name.to_owned(), frames.concat(), verdict, section)).collect();
    run(&Stand::start(""), &rows);
}

#[test]
fn streams() {
    run_all(
        "5.1",
        vec![
            ("a head on stream 0", vec![frame(HEADERS, WHOLE, 0, &block())], Refused),
            ("a head on an even stream", vec![request(2, WHOLE, "GET", "/evil", &[])], Refused),
            ("a body on stream 0", vec![frame(DATA, 0, 0, b"evil"), good()], Refused),
            ("a body on a stream that is not open", vec![data(END_STREAM, "evil"), good()], Refused),
            ("a reset of a stream that is not open", vec![frame(RST_STREAM, 0, 1, &[0; 4]), good()], Refused),
            ("a window of a stream that is not open", vec![window(1, 1), good()], Refused),
            ("a promise", vec![frame(PUSH_PROMISE, END_HEADERS, 1, &[&[0, 0, 0, 2][..], &block()].concat())], Refused),
            (
                "a priority of a stream that is not open",
                vec![frame(PRIORITY, 0, 1, &[0, 0, 0, 3, 7]), good()],
                With("GET /attack"),
            ),
        ],
    );
}

#[test]
fn heads_in_several_frames() {
    let parts = |count: usize| -> Vec<u8> {
        let block = block();
        let mut frames = frame(HEADERS, END_STREAM, 1, &block[..1]);
        let chunks: Vec<_> = block[1..].chunks(block.len().div_ceil(count)).collect();
        for (number, chunk) in chunks.iter().enumerate() {
            let flags = if number + 1 == chunks.len() { END_HEADERS } else { 0 };
            frames.extend(frame(CONTINUATION, flags, 1, chunk));
        }
        frames
    };
    let start = || frame(HEADERS, END_STREAM, 1, &block());
    let last = |stream| frame(CONTINUATION, END_HEADERS, stream, b"");
    run_all(
        "6.10",
        vec![
            ("two", vec![parts(1)], With("GET /attack")),
            ("four", vec![parts(4)], With("GET /attack")),
            ("an empty one at the end", vec![start(), last(1)], With("GET /attack")),
            ("one of another stream", vec![start(), last(3)], Refused),
            ("one of stream 0", vec![start(), last(0)], Refused),
            ("a body between them", vec![start(), data(0, "evil"), last(1)], Refused),
            ("a PING between them", vec![start(), frame(PING, 0, 0, &[0; 8]), last(1)], Refused),
            ("an unknown frame between them", vec![start(), frame(0x77, 0, 0, b""), last(1)], Refused),
            ("another head between them", vec![start(), request(3, WHOLE, "GET", "/evil", &[]), last(1)], Refused),
            ("one without a head", vec![frame(CONTINUATION, END_HEADERS, 1, &block())], Refused),
            ("one behind a whole head", vec![good(), frame(CONTINUATION, END_HEADERS, 1, b"")], Harmless("evil")),
        ],
    );
}

#[test]
fn payloads() {
    let headers = |flags, payload: &[u8]| frame(HEADERS, flags, 1, payload);
    run_all(
        "6",
        vec![
            (
                "padding of a head",
                vec![headers(WHOLE | PADDED, &[&[3][..], &block(), &[0; 3]].concat())],
                With("GET /attack"),
            ),
            ("more padding than there is", vec![headers(WHOLE | PADDED, &[&[255][..], &block()].concat())], Refused),
            ("padding without its length", vec![headers(WHOLE | PADDED, b"")], Refused),
            (
                "a priority in a head",
                vec![headers(WHOLE | PRIORITIZED, &[&[0, 0, 0, 0, 9][..], &block()].concat())],
                With("GET /attack"),
            ),
            ("half a priority in a head", vec![headers(WHOLE | PRIORITIZED, &[0, 0, 0])], Refused),
            (
                "a stream that depends on itself",
                vec![headers(WHOLE | PRIORITIZED, &[&[0, 0, 0, 1, 9][..], &block()].concat())],
                Refused,
            ),
            ("an empty head", vec![headers(WHOLE, b"")], Refused),
            ("a frame that is too large", vec![headers(WHOLE, &[0; 16_385])], Refused),
            ("a frame of 16 MiB", vec![vec![0xff, 0xff, 0xff, HEADERS, WHOLE, 0, 0, 0, 1]], Refused),
            ("settings of another stream", vec![frame(SETTINGS, 0, 1, &[0; 6]), good()], Refused),
            ("settings of five bytes", vec![frame(SETTINGS, 0, 0, &[0; 5]), good()], Refused),
            ("an acknowledgement with settings", vec![frame(SETTINGS, ACK, 0, &[0; 6]), good()], Refused),
            ("a window that is too large", vec![settings(&[(4, ALL + 1)]), good()], Refused),
            ("frames that are too small", vec![settings(&[(5, 16_383)]), good()], Refused),
            ("a push that is neither on nor off", vec![settings(&[(2, 2)]), good()], Refused),
            ("a setting that nobody knows", vec![settings(&[(0x7777, 7)]), good()], With("GET /attack")),
            ("a PING of seven bytes", vec![frame(PING, 0, 0, &[0; 7]), good()], Refused),
            ("a PING of a stream", vec![frame(PING, 0, 1, &[0; 8]), good()], Refused),
            ("more window by nothing", vec![window(0, 0), good()], Refused),
            ("a window of three bytes", vec![frame(WINDOW_UPDATE, 0, 0, &[0; 3]), good()], Refused),
            ("a window that overflows", vec![window(0, ALL), good()], Refused),
            (
                "a reset of three bytes",
                vec![attack(END_HEADERS, "POST", &[]), frame(RST_STREAM, 0, 1, &[0; 3])],
                Aborted,
            ),
            ("a goodbye of a stream", vec![frame(GOAWAY, 0, 1, &[0; 8]), good()], Refused),
            ("a priority of four bytes", vec![frame(PRIORITY, 0, 1, &[0; 4]), attack(WHOLE, "GET", &[])], Refused),
            ("a frame that nobody knows", vec![frame(0x77, 0xff, 1, b"evil"), good()], With("GET /attack")),
            ("flags that nobody knows", vec![headers(WHOLE | 0xd2 & !PADDED, &block())], With("GET /attack")),
            ("the reserved bit", vec![frame(HEADERS, WHOLE, 1 | 1 << 31, &block())], With("GET /attack")),
        ],
    );
}

#[test]
fn blocks() {
    let whole = |bytes: &[u8]| frame(HEADERS, WHOLE, 1, &[&block(), bytes].concat());
    let integer = |first, prefix, number| {
        let mut bytes = Vec::new();
        hpack::integer(&mut bytes, first, prefix, number);
        bytes
    };
    run_all(
        "7541",
        vec![
            ("an index of 0", vec![whole(&[0x80])], Refused),
            ("an index beyond the table", vec![whole(&integer(0x80, 7, 62))], Refused),
            ("a very large index", vec![whole(&integer(0x80, 7, 1 << 30))], Refused),
            ("an integer without end", vec![whole(&[0xff; 20])], Refused),
            ("an integer that overflows", vec![whole(&[&[0xff][..], &[0x80; 10], &[1]].concat())], Refused),
            ("half an integer", vec![whole(&[0xff])], Refused),
            ("a name longer than the block", vec![whole(&[0, 100, b'x'])], Refused),
            ("a name without a value", vec![whole(&[0, 1, b'x'])], Refused),
            ("a value longer than the block", vec![whole(&[0, 1, b'x', 2, b'1'])], Refused),
            (
                "a table that is too large",
                vec![frame(HEADERS, WHOLE, 1, &[integer(0x20, 5, 4097), block()].concat())],
                Refused,
            ),
            ("a table of another size at the end", vec![whole(&integer(0x20, 5, 0))], Refused),
            (
                "a table of no size",
                vec![frame(HEADERS, WHOLE, 1, &[integer(0x20, 5, 0), block()].concat())],
                With("GET /attack"),
            ),
            ("Huffman's code with the end in it", vec![whole(&[0, 1, b'x', 0x84, 0xff, 0xff, 0xff, 0xff])], Refused),
            ("Huffman's code with padding of zeros", vec![whole(&[0, 1, b'x', 0x81, 0x00])], Refused),
            ("Huffman's code with a byte of padding", vec![whole(&[0, 1, b'x', 0x82, 0x1f, 0xff])], Refused),
            (
                "Huffman's code for a line end",
                vec![whole(&[0, 1, b'x', 0x88, 0xff, 0xff, 0xff, 0xfb, 0xff, 0xff, 0xff, 0xf3])],
                Refused,
            ),
            ("Huffman's code", vec![whole(&[0, 1, b'x', 0x81, 0x1f])], With("\r\nx: a\r\n")),
            ("a field that is never indexed", vec![whole(&[0x10, 1, b'x', 1, b'1'])], With("\r\nx: 1\r\n")),
        ],
    );
}
