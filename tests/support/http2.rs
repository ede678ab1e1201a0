//! A client of HTTP/2 that writes the bytes that it is given, however illegal, and reads frames without any HTTP library.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use fngate::conformance::wire::End;
use fngate::conformance::wire::client::Client as Wire;
use tokio::time::Instant;

pub(crate) use fngate::conformance::wire::hpack;
use fngate::conformance::wire::hpack::{Decoder, Field};

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Types of frames (RFC 9113 section 6).
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

/// Flags of frames.
pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;
pub(crate) const WHOLE: u8 = END_STREAM | END_HEADERS;

/// Settings (section 6.5.2).
pub(crate) const INITIAL_WINDOW: u16 = 4;
/// The largest window.
pub(crate) const ALL: u32 = (1 << 31) - 1;

/// One connection, and what has come on it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) wire: Wire,
    /// How much of what has come has been looked at.
    read: usize,
    decoder: Decoder,
    /// A head that has begun: its flags and the block so far.
    block: Option<(u8, Vec<u8>)>,
    answers: BTreeMap<u32, Answer>,
    /// Why the other side goes away.
    pub(crate) goaway: Option<u32>,
    /// The last stream that it has done anything for, when it goes away.
    pub(crate) last: Option<u32>,
    pub(crate) pongs: usize,
    /// Whether the other side has said what it allows.
    pub(crate) settled: bool,
    /// What is wrong with the frames themselves.
    pub(crate) faults: Vec<String>,
}

/// What has come on one stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// Interim ones, the final one, and trailers.
    pub(crate) heads: Vec<Vec<Field>>,
    pub(crate) data: Vec<u8>,
    /// Frames of data.
    pub(crate) chunks: usize,
    pub(crate) ended: bool,
    /// The error of a reset.
    pub(crate) reset: Option<u32>,
}

/// A frame as bytes.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a length").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A frame of HEADERS with these fields.
pub(crate) fn head(stream: u32, flags: u8, fields: &[(&[u8], &[u8])]) -> Vec<u8> {
    frame(HEADERS, flags, stream, &hpack::block(fields))
}

/// A request without a body, or the head of one with a body, as `flags` say.
pub(crate) fn request(stream: u32, flags: u8, method: &str, path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let pseudo = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "h.example")];
    let fields: Vec<_> = pseudo.iter().chain(more).map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    head(stream, flags, &fields)
}

pub(crate) fn settings(settings: &[(u16, u32)]) -> Vec<u8> {
    let bytes = settings.iter().map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat());
    frame(SETTINGS, 0, 0, &bytes.collect::<Vec<_>>().concat())
}

pub(crate) fn window(stream: u32, more: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &more.to_be_bytes())
}

/// What a client begins with that never wants to wait for a window.
pub(crate) fn opening() -> Vec<u8> {
    [PREFACE, &settings(&[(INITIAL_WINDOW, ALL)]), &window(0, ALL - 65_535)].concat()
}

impl Client {
    /// Connects and says nothing.
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self {
            wire: Wire::connect(address).expect("the gateway listens"),
            read: 0,
            decoder: Decoder::default(),
            block: None,
            answers: BTreeMap::new(),
            goaway: None,
            last: None,
            pongs: 0,
            settled: false,
            faults: Vec::new(),
        }
    }

    /// Connects and begins, with windows that are open wide.
    pub(crate) fn open(address: SocketAddr) -> Self {
        let client = Self::connect(address);
        client.send(opening());
        client
    }

    /// Whether the other side took it.
    pub(crate) fn send(&self, bytes: impl AsRef<[u8]>) -> bool {
        self.wire.send(bytes.as_ref()).is_ok()
    }

    pub(crate) fn end(&self) -> Option<End> {
        self.wire.received().read(|received| received.end)
    }

    pub(crate) fn answer(&self, stream: u32) -> Answer {
        self.answers.get(&stream).cloned().unwrap_or_default()
    }

    /// How many streams have been answered to their end.
    pub(crate) fn ended(&self) -> usize {
        self.answers.values().filter(|answer| answer.ended).count()
    }

    /// Waits until `condition` holds, or the connection has ended; says whether it holds.
    pub(crate) fn wait(&mut self, patience: Duration, condition: impl Fn(&Self) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            let ended = self.end().is_some();
            self.pump();
            if condition(self) || ended || Instant::now() >= deadline {
                return condition(self);
            }
            let read = self.read;
            let patience = deadline - Instant::now();
            self.wire.received().wait(patience, |received| received.bytes.len() > read || received.end.is_some());
        }
    }

    /// Looks at all frames that have come whole.
    pub(crate) fn pump(&mut self) {
        let read = self.read;
        let bytes = self.wire.received().read(|received| received.bytes[read..].to_vec());
        let mut rest = &bytes[..];
        while let Some((header, behind)) = rest.split_at_checked(9) {
            let length = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
            let Some((payload, behind)) = behind.split_at_checked(length) else { break };
            let stream = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
            self.take(header[3], header[4], stream, payload);
            rest = behind;
        }
        self.read += bytes.len() - rest.len();
    }

    fn take(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        match kind {
            DATA => {
                let answer = self.answers.entry(stream).or_default();
                answer.data.extend_from_slice(payload);
                answer.chunks += 1;
                answer.ended |= flags & END_STREAM != 0;
            }
            HEADERS | CONTINUATION => {
                let (first, mut block) = self.block.take().unwrap_or((flags, Vec::new()));
                block.extend_from_slice(payload);
                if flags & END_HEADERS == 0 {
                    self.block = Some((first, block));
                    return;
                }
                let Some(fields) = self.decoder.decode(&block) else {
                    return self.faults.push(format!("a block that cannot be read: {block:?}"));
                };
                let answer = self.answers.entry(stream).or_default();
                answer.heads.push(fields);
                answer.ended |= first & END_STREAM != 0;
            }
            RST_STREAM => self.answers.entry(stream).or_default().reset = code(payload),
            // Whether the other side has gone by now shows in what is received.
            SETTINGS if flags & ACK == 0 => {
                self.settled = true;
                self.send(frame(SETTINGS, ACK, 0, b""));
            }
            PING if flags & ACK == 0 => drop(self.send(frame(PING, ACK, 0, payload))),
            PING => self.pongs += 1,
            GOAWAY => (self.last, self.goaway) = (code(payload), payload.get(4..).and_then(code)),
            SETTINGS | WINDOW_UPDATE => {}
            _ => self.faults.push(format!("a frame of type {kind}")),
        }
    }
}

impl Answer {
    /// The final status.
    pub(crate) fn status(&self) -> Option<u16> {
        self.head().and_then(|head| status(head)).filter(|status| *status >= 200)
    }

    /// The final head.
    pub(crate) fn head(&self) -> Option<&Vec<Field>> {
        self.heads.iter().find(|head| status(head).is_some_and(|status| status >= 200))
    }

    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let (_, value) = self.head()?.iter().find(|(other, _)| other == name.as_bytes())?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.ended || self.reset.is_some()
    }
}

fn status(head: &[Field]) -> Option<u16> {
    let (_, value) = head.iter().find(|(name, _)| name == b":status")?;
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn code(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?))
}
