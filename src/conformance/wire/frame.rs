//! Frames of HTTP/2 as bytes (RFC 9113 sections 4 and 6).

use super::hpack::{self, Field};

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const ACK: u8 = 1;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const PADDED: u8 = 8;

/// A setting (section 6.5.2).
pub const INITIAL_WINDOW: u16 = 4;
/// The largest window.
pub const ALL: u32 = (1 << 31) - 1;
/// The window when nothing else was said.
pub const WINDOW: u16 = 65_535;
/// What a frame may hold when nothing else was said.
pub const LARGEST: usize = 16_384;

/// A frame.
#[must_use]
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("nobody has payloads of 4 GiB").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Fields in one frame of HEADERS, and those of CONTINUATION if they need more.
#[must_use]
pub fn head(stream: u32, flags: u8, fields: &[Field]) -> Vec<u8> {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
    let block = hpack::block(&fields);
    let parts: Vec<_> = block.chunks(LARGEST).collect();
    let frames = parts.iter().enumerate().flat_map(|(number, part)| {
        let (kind, flags) = if number == 0 { (HEADERS, flags) } else { (CONTINUATION, 0) };
        let last = if number + 1 == parts.len() { END_HEADERS } else { 0 };
        frame(kind, flags | last, stream, part)
    });
    frames.collect()
}

#[must_use]
pub fn window(stream: u32, more: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &more.to_be_bytes())
}

/// What a client begins with that never wants to wait for a window.
#[must_use]
pub fn opening() -> Vec<u8> {
    let setting = [&INITIAL_WINDOW.to_be_bytes()[..], &ALL.to_be_bytes()].concat();
    [PREFACE, &frame(SETTINGS, 0, 0, &setting), &window(0, ALL - u32::from(WINDOW))].concat()
}

/// A number of four bytes at the start of these.
#[must_use]
pub fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}
