//! The floods: what is sent first, and what again and again.

use super::peer::{
    ACK, ALL, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW, PADDED, PING, PREFACE,
    PRIORITY, RST_STREAM, SETTINGS, WHOLE, frame, hpack, opening, request, settings, window,
};

/// How a flood ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The connection is closed as soon as it is too much.
    Ended,
    /// A deadline passes.
    Overdue,
    /// It need not end: the client pays for what it gets.
    Borne,
    /// It is none, and is there to compare the others with.
    Ordinary,
}
use Kind::{Borne, Ended, Ordinary, Overdue};

/// A flood on one connection.
#[derive(Debug)]
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) first: fn() -> Vec<u8>,
    /// Sent again and again, with a number that counts up.
    pub(crate) again: fn(u32) -> Vec<u8>,
    /// Whether the client reads what it is sent.
    pub(crate) reads: bool,
}

const fn attack(name: &'static str, kind: Kind, first: fn() -> Vec<u8>, again: fn(u32) -> Vec<u8>) -> Attack {
    Attack { name, kind, first, again, reads: true }
}

const fn deaf(name: &'static str, kind: Kind, first: fn() -> Vec<u8>, again: fn(u32) -> Vec<u8>) -> Attack {
    Attack { name, kind, first, again, reads: false }
}

/// Streams that nobody else uses: a hundred in each round.
fn streams(round: u32) -> impl Iterator<Item = u32> {
    (0..100).map(move |number| (round * 100 + number) * 2 + 1)
}

fn many(frame: &[u8]) -> Vec<u8> {
    frame.repeat(100)
}

fn nothing(_round: u32) -> Vec<u8> {
    Vec::new()
}

fn uploading() -> Vec<u8> {
    [opening(), request(1, END_HEADERS, "POST", "/sink", &[])].concat()
}

/// A hundred big answers, with a window for each stream.
fn downloading(size: u32) -> Vec<u8> {
    let asked = streams(0).flat_map(|stream| request(stream, WHOLE, "GET", "/big", &[]));
    let settings = [PREFACE, &settings(&[(INITIAL_WINDOW, size)]), &window(0, ALL - 65_535)].concat();
    settings.into_iter().chain(asked).collect()
}

/// A field of 4,000 bytes in the table of the gateway.
fn planted() -> Vec<u8> {
    let mut block = request(1, WHOLE, "GET", "/", &[]).split_off(9);
    block.extend([0x40, 1, b'x']);
    hpack::integer(&mut block, 0, 7, 4000);
    block.extend([b'a'; 4000]);
    [opening(), frame(HEADERS, WHOLE, 1, &block)].concat()
}

/// A thousand of them in a head, a byte each.
fn bomb(stream: u32) -> Vec<u8> {
    let mut block = request(stream, WHOLE, "GET", "/", &[]).split_off(9);
    block.extend([0xbe; 10_000]);
    frame(HEADERS, WHOLE, stream, &block)
}

fn resets(round: u32) -> Vec<u8> {
    let reset = |stream| [request(stream, WHOLE, "GET", "/", &[]), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])];
    streams(round).flat_map(reset).flatten().collect()
}

/// Requests that the gateway has to reset for what follows them.
fn made(round: u32, behind: fn(u32) -> Vec<u8>) -> Vec<u8> {
    let made = |stream| [request(stream, END_HEADERS, "POST", "/sink", &[("content-length", "9")]), behind(stream)];
    streams(round).flat_map(made).flatten().collect()
}

fn malformed(round: u32) -> Vec<u8> {
    streams(round).flat_map(|stream| request(stream, WHOLE, "GET", "/", &[("connection", "close")])).collect()
}

pub(crate) const ATTACKS: [Attack; 39] = [
    attack("good requests", Ordinary, opening, |round| {
        streams(round).flat_map(|stream| request(stream, WHOLE, "GET", "/", &[])).collect()
    }),
    attack("PING", Ended, opening, |_| many(&frame(PING, 0, 0, &[0; 8]))),
    deaf("PING, and the answers are not read", Ended, opening, |_| many(&frame(PING, 0, 0, &[0; 8]))),
    attack("PING that nobody has asked for", Ended, opening, |_| many(&frame(PING, ACK, 0, &[0; 8]))),
    attack("SETTINGS", Ended, opening, |round| many(&settings(&[(INITIAL_WINDOW, round)]))),
    deaf("SETTINGS, and the answers are not read", Ended, opening, |_| many(&settings(&[]))),
    attack("empty SETTINGS", Ended, opening, |_| many(&settings(&[]))),
    attack("acknowledgements of no SETTINGS", Ended, opening, |_| many(&frame(SETTINGS, ACK, 0, b""))),
    attack("SETTINGS of 16 KiB", Ended, opening, |_| settings(&[(0x99, 1); 2730])),
    attack("PRIORITY", Ended, opening, |round| {
        streams(round).flat_map(|stream| frame(PRIORITY, 0, stream, &[0, 0, 0, 0, 1])).collect()
    }),
    attack("frames that nobody knows", Ended, opening, |_| many(&frame(0x99, 0, 0, b""))),
    attack("large frames that nobody knows", Ended, opening, |_| frame(0x99, 0, 0, &[0; 16_384])),
    attack("WINDOW_UPDATE of 1", Ended, || [PREFACE, &settings(&[])].concat(), |_| many(&window(0, 1))),
    attack(
        "WINDOW_UPDATE of 1 for a stream",
        Ended,
        || [PREFACE, &settings(&[]), &request(1, END_HEADERS, "POST", "/sink", &[])].concat(),
        |_| many(&window(1, 1)),
    ),
    attack("GOAWAY", Ended, opening, |_| many(&frame(GOAWAY, 0, 0, &[0; 8]))),
    attack("empty DATA", Ended, uploading, |_| many(&frame(DATA, 0, 1, b""))),
    attack("DATA of a byte", Borne, uploading, |_| many(&frame(DATA, 0, 1, b"a"))),
    attack("DATA of nothing but padding", Borne, uploading, |_| many(&frame(DATA, PADDED, 1, &[0]))),
    attack(
        "CONTINUATION without end",
        Ended,
        || [opening(), frame(HEADERS, END_STREAM, 1, b"")].concat(),
        |_| many(&frame(CONTINUATION, 0, 1, &hpack::block(&[(b"x", b"1")]))),
    ),
    attack(
        "empty CONTINUATION without end",
        Ended,
        || [opening(), frame(HEADERS, END_STREAM, 1, b"")].concat(),
        |_| many(&frame(CONTINUATION, 0, 1, b"")),
    ),
    attack(
        "large CONTINUATION without end",
        Ended,
        || [opening(), frame(HEADERS, END_STREAM, 1, b"")].concat(),
        |_| frame(CONTINUATION, 0, 1, &hpack::block(&[(b"x", &[b'a'; 16_000])])),
    ),
    attack("HEADERS and RST_STREAM", Ended, opening, resets),
    deaf("HEADERS and RST_STREAM, and nothing is read", Ended, opening, resets),
    attack(
        "RST_STREAM of one stream",
        Ended,
        || [opening(), resets(0)].concat(),
        |_| many(&frame(RST_STREAM, 0, 1, &[0, 0, 0, 8])),
    ),
    attack("windows that overflow", Ended, opening, |round| made(round, |stream| window(stream, ALL).repeat(2))),
    attack("windows of nothing", Ended, opening, |round| made(round, |stream| window(stream, 0))),
    attack("streams that depend on themselves", Ended, opening, |round| {
        made(round, |stream| frame(PRIORITY, 0, stream, &[&stream.to_be_bytes()[..], &[1]].concat()))
    }),
    attack("DATA beyond the length", Ended, opening, |round| made(round, |stream| frame(DATA, 0, stream, &[0; 10]))),
    attack("DATA behind the end", Ended, opening, |round| {
        streams(round)
            .flat_map(|stream| [request(stream, WHOLE, "GET", "/", &[]), frame(DATA, 0, stream, b"a")].concat())
            .collect()
    }),
    attack("malformed heads", Ended, opening, malformed),
    deaf("malformed heads, and nothing is read", Ended, opening, malformed),
    attack("a field of 4,000 bytes, 10,000 times in a head", Borne, planted, |round| bomb(2 * round + 3)),
    attack("streams in the wrong order", Ended, opening, |round| request(100_001 - 2 * round, WHOLE, "GET", "/", &[])),
    attack("the last stream twice", Ended, opening, |_| request(ALL, WHOLE, "GET", "/", &[])),
    attack("half a frame", Overdue, || [opening(), frame(PING, 0, 0, &[0; 8])[..12].to_vec()].concat(), nothing),
    attack("half a head", Overdue, || [opening(), frame(HEADERS, END_STREAM, 1, b"")].concat(), nothing),
    attack("100 big answers and no window", Overdue, || downloading(0), nothing),
    attack("100 big answers and a window of a byte", Overdue, || downloading(1), nothing),
    attack("100 big answers and a window of 1 MiB", Overdue, || downloading(1 << 20), nothing),
];
