//! The raw client of HTTP/2: it writes the fields and bytes that it is given, and reads frames without any HTTP library.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::client::{Client, Target};
use super::frame::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW, LARGEST, PADDED, PING,
    RST_STREAM, SETTINGS, WINDOW, WINDOW_UPDATE, frame, head, number, opening,
};
use super::hpack::{Decoder, Field};
use super::{PATIENCE, Recorded, Shared};

/// What has come on one stream.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Interim ones, the final one, and trailers.
    pub heads: Vec<Vec<Field>>,
    pub data: Vec<u8>,
    pub ended: bool,
    /// The error of a reset.
    pub reset: Option<u32>,
}

impl Answer {
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.ended || self.reset.is_some()
    }
}

/// What has come on one connection.
#[derive(Clone, Debug)]
pub struct Conversation {
    pub answers: BTreeMap<u32, Answer>,
    pub goaway: Option<u32>,
    pub ended: bool,
    /// What is wrong with the frames themselves.
    pub faults: Vec<&'static str>,
    /// How much may still be sent: by the connection, by a new stream, and by each stream beside that.
    window: i64,
    initial: i64,
    windows: BTreeMap<u32, i64>,
}

impl Default for Conversation {
    fn default() -> Self {
        let window = i64::from(WINDOW);
        let (answers, windows) = (BTreeMap::new(), BTreeMap::new());
        Self { answers, goaway: None, ended: false, faults: Vec::new(), window, initial: window, windows }
    }
}

impl Conversation {
    #[must_use]
    pub fn is_over(&self, stream: u32) -> bool {
        self.ended || self.answers.get(&stream).is_some_and(Answer::is_over)
    }

    /// Whether nobody takes anything on this stream any more. One that has its answer may still take the rest of a request.
    fn is_closed(&self, stream: u32) -> bool {
        self.ended || self.answers.get(&stream).is_some_and(|answer| answer.reset.is_some())
    }

    fn room(&self, stream: u32) -> i64 {
        self.window.min(self.initial + self.windows.get(&stream).copied().unwrap_or(0))
    }

    fn widen(&mut self, stream: u32, more: i64) {
        if stream == 0 {
            self.window += more;
        } else {
            *self.windows.entry(stream).or_default() += more;
        }
    }
}

/// A connection. Threads of its own read it to its end.
#[derive(Debug)]
pub struct Http2 {
    client: Arc<Client>,
    conversation: Arc<Shared<Conversation>>,
    shown: Recorded,
}

impl Http2 {
    /// Connects and begins, with windows that are open wide.
    ///
    /// # Errors
    /// When nobody listens there, or the handshake fails.
    pub fn open(target: &Target) -> io::Result<Self> {
        let client = Arc::new(Client::open(target)?);
        client.send(&opening())?;
        let (conversation, shown) = (Arc::<Shared<Conversation>>::default(), Recorded::default());
        let (conversing, showing) = (conversation.clone(), shown.clone());
        let mut reader = Reader {
            client: client.clone(),
            conversation: conversing,
            shown: showing,
            decoder: Decoder::default(),
            block: None,
        };
        std::thread::Builder::new().name("frames".to_owned()).spawn(move || reader.read())?;
        Ok(Self { client, conversation, shown })
    }

    /// What is received, as it would look in HTTP/1: heads in lines, and content.
    #[must_use]
    pub fn shown(&self) -> &Recorded {
        &self.shown
    }

    #[must_use]
    pub fn conversation(&self) -> Conversation {
        self.conversation.read(Clone::clone)
    }

    /// Waits until what was received is as `condition` wants it; says whether it is.
    pub fn wait(&self, patience: Duration, condition: impl Fn(&Conversation) -> bool) -> bool {
        self.conversation.wait(patience, |conversation| condition(conversation) || conversation.ended);
        self.conversation.read(condition)
    }

    /// Sends a head or a trailer section.
    ///
    /// # Errors
    /// When the other side has closed.
    pub fn fields(&self, stream: u32, fields: &[Field], end: End) -> io::Result<()> {
        self.client.send(&head(stream, end.flag(), fields))
    }

    /// Sends content as far as windows allow; not to a stream that was reset.
    ///
    /// # Errors
    /// When the other side has closed, or opens no window in time.
    pub fn data(&self, stream: u32, mut content: &[u8], end: End) -> io::Result<()> {
        loop {
            let ready = |conversation: &Conversation| {
                content.is_empty() || conversation.room(stream) > 0 || conversation.is_closed(stream)
            };
            if !self.wait(PATIENCE, ready) {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let (room, closed) = self.conversation.read(|with| (with.room(stream), with.is_closed(stream)));
            if closed {
                return Ok(());
            }
            let room = usize::try_from(room).unwrap_or(0);
            let (now, later) = content.split_at(content.len().min(LARGEST).min(room));
            let sent = i64::try_from(now.len()).expect("a frame is small");
            self.conversation.change(|conversation| {
                conversation.widen(0, -sent);
                conversation.widen(stream, -sent);
            });
            let flags = if later.is_empty() { end.flag() } else { 0 };
            self.client.send(&frame(DATA, flags, stream, now))?;
            content = later;
            if content.is_empty() {
                return Ok(());
            }
        }
    }
}

impl Drop for Http2 {
    fn drop(&mut self) {
        // Ends the threads, which hold the client.
        self.client.close();
    }
}

/// Whether a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Here,
    Later,
}

impl End {
    fn flag(self) -> u8 {
        if self == Self::Here { END_STREAM } else { 0 }
    }
}

/// Reads frames out of what comes.
struct Reader {
    client: Arc<Client>,
    conversation: Arc<Shared<Conversation>>,
    shown: Recorded,
    decoder: Decoder,
    /// A head that has begun: its flags and the block so far.
    block: Option<(u8, Vec<u8>)>,
}

impl Reader {
    fn read(&mut self) {
        // How much has been taken, and how much was there when it was looked at last.
        let (mut at, mut seen) = (0, 0);
        loop {
            self.client.received().wait(PATIENCE, |received| received.bytes.len() > seen || received.end.is_some());
            let (bytes, end) = self.client.received().read(|received| (received.bytes[at..].to_vec(), received.end));
            let mut rest = &bytes[..];
            while let Some((header, behind)) = rest.split_at_checked(9) {
                let length = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
                let Some((payload, behind)) = behind.split_at_checked(length) else { break };
                let stream = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
                self.take(header[3], header[4], stream, payload);
                rest = behind;
            }
            // What is shown is complete before the end is.
            if let Some(end) = end {
                self.shown.change(|shown| shown.end = Some(end));
                return self.conversation.change(|conversation| conversation.ended = true);
            }
            seen = at + bytes.len();
            at = seen - rest.len();
        }
    }

    fn take(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        match kind {
            DATA if flags & PADDED == 0 => {
                self.shown.change(|shown| shown.add(payload));
                self.answer(stream, |answer| {
                    answer.data.extend_from_slice(payload);
                    answer.ended |= flags & END_STREAM != 0;
                });
            }
            HEADERS | CONTINUATION => self.fields(flags, stream, payload),
            RST_STREAM => self.answer(stream, |answer| answer.reset = number(payload)),
            SETTINGS if flags & ACK == 0 => {
                self.settings(payload);
                // Whether the other side has gone by now shows in what is received.
                drop(self.client.send(&frame(SETTINGS, ACK, 0, b"")));
            }
            PING if flags & ACK == 0 => drop(self.client.send(&frame(PING, ACK, 0, payload))),
            GOAWAY => {
                let code = payload.get(4..).and_then(number);
                self.conversation.change(|conversation| conversation.goaway = code);
            }
            WINDOW_UPDATE => {
                let more = number(payload).map_or(0, i64::from);
                self.conversation.change(|conversation| conversation.widen(stream, more));
            }
            SETTINGS | PING => {}
            _ => self
                .conversation
                .change(|conversation| conversation.faults.push("a frame of a type that is not for clients")),
        }
    }

    fn answer(&self, stream: u32, change: impl FnOnce(&mut Answer)) {
        self.conversation.change(|conversation| change(conversation.answers.entry(stream).or_default()));
    }

    fn settings(&self, payload: &[u8]) {
        for setting in payload.chunks_exact(6) {
            if setting.starts_with(&INITIAL_WINDOW.to_be_bytes()) {
                let initial = number(&setting[2..]).map_or(0, i64::from);
                self.conversation.change(|conversation| conversation.initial = initial);
            }
        }
    }

    fn fields(&mut self, flags: u8, stream: u32, payload: &[u8]) {
        let (first, mut block) = self.block.take().unwrap_or((flags, Vec::new()));
        block.extend_from_slice(payload);
        if flags & END_HEADERS == 0 {
            self.block = Some((first, block));
            return;
        }
        let Some(fields) = self.decoder.decode(&block) else {
            return self.conversation.change(|conversation| conversation.faults.push("fields that cannot be decoded"));
        };
        let mut text = Vec::new();
        for (name, value) in &fields {
            match name.as_slice() {
                b":status" => text.extend_from_slice(&[b"HTTP/2 ", value.as_slice(), b" \r\n"].concat()),
                name => text.extend_from_slice(&[name, b": ", value.as_slice(), b"\r\n"].concat()),
            }
        }
        text.extend_from_slice(b"\r\n");
        self.shown.change(|shown| shown.add(&text));
        self.answer(stream, |answer| {
            answer.heads.push(fields);
            answer.ended |= first & END_STREAM != 0;
        });
    }
}
