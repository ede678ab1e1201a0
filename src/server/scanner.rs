//! What hyper does not show of the requests on a connection of HTTP/1: the fragment of a target, and extensions of chunks.
//!
//! hyper reads the messages. The scanner reads along, only to know at which byte a request line or an extension begins, so it never
//! decides where a message ends: it is told by hyper how a body is framed, and where it loses track, nothing is served any more.

use std::io;

use memchr::memchr;

/// What is kept of a buffer that is not in use.
const SPARE: usize = 4 << 10;

/// The method whose URL may be without a path, which then stands for the server as a whole.
const OPTIONS: &[u8] = b"OPTIONS ";

/// What is wrong with a request, beside what hyper has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Fragment,
    /// OPTIONS of a URL without a path (RFC 9112 section 3.2.4).
    Asterisk,
    Extension,
    /// The scanner and hyper disagree about where a request begins.
    Lost,
}

impl Fault {
    /// For the client.
    pub(super) fn detail(self) -> &'static str {
        match self {
            Self::Fragment => "the request target has a fragment (`#`), which is not for servers",
            Self::Asterisk => "OPTIONS of a URL without a path asks for `*`, which is not served",
            Self::Extension => "a chunk extension has a control character",
            Self::Lost => "malformed HTTP",
        }
    }
}

/// Where in what the client sends the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In front of a request line, where empty lines are skipped.
    Start,
    /// Behind bytes that are one head and nothing else, if it has this many lines.
    Whole(usize),
    RequestLine,
    Fields(Fields),
    /// Behind a head that hyper has not shown yet.
    Head,
    /// In a body of a known length, of which so much is to come.
    Length(u64),
    /// In the framing of a chunked body.
    Chunk(Chunk),
    /// In a chunk, of which so much is to come.
    Data(u64),
    /// In what hyper will refuse.
    Lost,
}

/// Where in the field lines of a head. A line of hyper's may end with a bare LF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fields {
    Line,
    Start,
    /// Behind a CR at the start of a line.
    Cr,
}

/// Where between the chunks of a body, with the size that has been read so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    /// In front of the first digit.
    Start,
    Size(u64),
    /// Behind the size, where there may be white space.
    Space(u64),
    Extension(u64),
    SizeLf(u64),
    DataCr,
    DataLf,
    /// At the start of a line of the trailer section.
    Trailer,
    TrailerLine,
    TrailerLf,
    EndLf,
}

/// Reads along with hyper on one connection, from the start of a request.
#[derive(Debug)]
pub(super) struct Scanner {
    state: State,
    /// Of the head that has been read last.
    fault: Option<Fault>,
    /// A request line, as far as it has come in several parts.
    line: Vec<u8>,
    /// What has come behind a head that hyper has not shown yet, and how much of it has been read.
    behind: Vec<u8>,
    done: usize,
}

impl Scanner {
    pub(super) fn new() -> Self {
        Self { state: State::Start, fault: None, line: Vec::new(), behind: Vec::new(), done: 0 }
    }

    /// Reads what has come from the client.
    ///
    /// # Errors
    /// `InvalidData` for an extension of a chunk that must not be: hyper breaks off the body then.
    pub(super) fn read(&mut self, bytes: &[u8]) -> io::Result<()> {
        let count = match self.state {
            State::Start => match lines_of_head(bytes) {
                Some(lines) => {
                    self.state = State::Whole(lines);
                    0
                }
                None => self.scan(bytes),
            },
            State::Whole(_) => {
                self.go_on();
                self.scan(bytes)
            }
            _ => self.scan(bytes),
        };
        self.behind.extend_from_slice(&bytes[count..]);
        match self.fault {
            Some(Fault::Extension) => Err(io::Error::new(io::ErrorKind::InvalidData, Fault::Extension.detail())),
            _ => Ok(()),
        }
    }

    /// hyper shows a request with so many fields, whose body has so many bytes, or is chunked. Returns what is wrong with it.
    pub(super) fn begin(&mut self, fields: usize, length: Option<u64>) -> Option<Fault> {
        match self.state {
            // Each field has a line of its own, and there are two more: no other byte is left.
            State::Whole(lines) if lines == fields + 2 => {
                self.behind.clear();
                self.state = State::Head;
            }
            State::Whole(_) => self.go_on(),
            _ => {}
        }
        if self.state != State::Head {
            self.state = State::Lost;
            return Some(Fault::Lost);
        }
        let fault = self.fault.take();
        self.state = match length {
            Some(0) => State::Start,
            Some(length) => State::Length(length),
            None => State::Chunk(Chunk::Start),
        };
        if !self.behind.is_empty() {
            self.go_on();
        }
        // A body that has come together with its head is refused together with it.
        fault.or_else(|| self.fault.take_if(|fault| *fault == Fault::Extension))
    }

    /// Reads what has been kept, up to the end of a head.
    fn go_on(&mut self) {
        if let State::Whole(_) = self.state {
            self.state = State::Start;
        }
        let mut behind = std::mem::take(&mut self.behind);
        self.done += self.scan(&behind[self.done..]);
        if self.done == behind.len() {
            behind.clear();
            behind.shrink_to(SPARE);
            self.done = 0;
        }
        self.behind = behind;
    }

    /// Reads up to the end of a head. Returns how many bytes that were.
    fn scan(&mut self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        while !rest.is_empty() && self.state != State::Head {
            let count = match &mut self.state {
                State::Start if matches!(rest[0], b'\r' | b'\n') => 1,
                State::Start | State::RequestLine => self.scan_line(rest),
                State::Fields(fields) => {
                    let (count, next) = scan_fields(*fields, rest);
                    self.state = next;
                    count
                }
                State::Length(left) => {
                    let count = skip(left, rest);
                    if *left == 0 {
                        self.state = State::Start;
                    }
                    count
                }
                State::Data(left) => {
                    let count = skip(left, rest);
                    if *left == 0 {
                        self.state = State::Chunk(Chunk::DataCr);
                    }
                    count
                }
                State::Chunk(chunk) => {
                    self.state = chunk.next(rest[0]).unwrap_or_else(|fault| {
                        self.fault = fault;
                        State::Lost
                    });
                    1
                }
                State::Whole(_) | State::Head | State::Lost => rest.len(),
            };
            rest = &rest[count..];
        }
        bytes.len() - rest.len()
    }

    /// Reads a request line, or a part of one.
    fn scan_line(&mut self, bytes: &[u8]) -> usize {
        let Some(end) = memchr(b'\n', bytes) else {
            self.line.extend_from_slice(bytes);
            self.state = State::RequestLine;
            return bytes.len();
        };
        self.fault = if self.line.is_empty() {
            fault_of(&bytes[..end])
        } else {
            self.line.extend_from_slice(&bytes[..end]);
            fault_of(&std::mem::take(&mut self.line))
        };
        self.state = State::Fields(Fields::Start);
        end + 1
    }
}

/// The lines of what looks like one whole head in which there is nothing to be found.
fn lines_of_head(bytes: &[u8]) -> Option<usize> {
    let is_plain = bytes.ends_with(b"\n\r\n") && !matches!(bytes[0], b'\r' | b'\n' | b'O');
    let (lines, number_signs) = if is_plain { count(bytes) } else { (0, 0) };
    (is_plain && number_signs == 0).then_some(lines)
}

/// How many LFs there are, and how many `#`. They are counted in bytes, sixteen at a time.
fn count(bytes: &[u8]) -> (usize, usize) {
    let add = |(lines, signs): (u8, u8), &byte: &u8| (lines + u8::from(byte == b'\n'), signs + u8::from(byte == b'#'));
    let counts = bytes.chunks(u8::MAX.into()).map(|chunk| chunk.iter().fold((0, 0), add));
    counts.fold((0, 0), |(lines, signs), (more, others)| (lines + usize::from(more), signs + usize::from(others)))
}

/// What is wrong with a request line.
fn fault_of(line: &[u8]) -> Option<Fault> {
    if memchr(b'#', line).is_some() {
        // A method may have the sign in it, too.
        let method = memchr(b' ', line).unwrap_or(line.len());
        if line[method..].contains(&b'#') {
            return Some(Fault::Fragment);
        }
    }
    let target = line.strip_prefix(OPTIONS)?;
    let target = &target[..memchr(b' ', target)?];
    let scheme = target.windows(3).position(|three| three == b"://")?;
    let has_path = target[scheme + 3..].iter().any(|byte| matches!(byte, b'/' | b'?'));
    (!target.starts_with(b"/") && !has_path).then_some(Fault::Asterisk)
}

/// Reads field lines up to the empty one at their end.
fn scan_fields(fields: Fields, bytes: &[u8]) -> (usize, State) {
    let end = |at: usize| (at + 1, State::Head);
    let mut at = 0;
    match (fields, bytes) {
        (Fields::Cr, [b'\n', ..]) => return end(at),
        (Fields::Start, _) => {}
        (Fields::Cr | Fields::Line, _) => match memchr(b'\n', bytes) {
            Some(line) => at = line + 1,
            None => return (bytes.len(), State::Fields(Fields::Line)),
        },
    }
    loop {
        match bytes[at..] {
            [] => return (at, State::Fields(Fields::Start)),
            [b'\n', ..] => return end(at),
            [b'\r'] => return (at + 1, State::Fields(Fields::Cr)),
            [b'\r', b'\n', ..] => return end(at + 1),
            _ => match memchr(b'\n', &bytes[at + 1..]) {
                Some(line) => at += line + 2,
                None => return (bytes.len(), State::Fields(Fields::Line)),
            },
        }
    }
}

/// Skips what is there of so many bytes.
fn skip(left: &mut u64, bytes: &[u8]) -> usize {
    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
    *left -= count as u64;
    count
}

impl Chunk {
    /// What comes behind this byte; hyper refuses what is an error without a fault.
    fn next(self, byte: u8) -> Result<State, Option<Fault>> {
        Ok(State::Chunk(match (self, byte) {
            (Self::Start, _) => Self::Size(digit(byte).ok_or(None)?),
            (Self::Size(size), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let shifted = size.checked_mul(16).ok_or(None)?;
                Self::Size(shifted + digit(byte).ok_or(None)?)
            }
            (Self::Size(size) | Self::Space(size), b' ' | b'\t') => Self::Space(size),
            (Self::Size(size) | Self::Space(size), b';') => Self::Extension(size),
            (Self::Size(size) | Self::Space(size) | Self::Extension(size), b'\r') => Self::SizeLf(size),
            (Self::Extension(size), b'\t' | b' '..=b'~' | 0x80..) => Self::Extension(size),
            (Self::Extension(_), b'\n') => return Err(None),
            (Self::Extension(_), _) => return Err(Some(Fault::Extension)),
            (Self::SizeLf(0), b'\n') | (Self::TrailerLf, b'\n') => Self::Trailer,
            (Self::SizeLf(size), b'\n') => return Ok(State::Data(size)),
            (Self::DataCr, b'\r') => Self::DataLf,
            (Self::DataLf, b'\n') => Self::Start,
            (Self::Trailer, b'\r') => Self::EndLf,
            (Self::Trailer, _) => Self::TrailerLine,
            (Self::TrailerLine, b'\r') => Self::TrailerLf,
            (Self::TrailerLine, _) => Self::TrailerLine,
            (Self::EndLf, b'\n') => return Ok(State::Start),
            _ => return Err(None),
        }))
    }
}

fn digit(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

#[cfg(test)]
mod tests;
