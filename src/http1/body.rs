//! Bodies as they are received (RFC 9112 sections 6 and 7).

use httparse::{Header, Status};
use memchr::memchr2_iter;

use super::framing::Framing;
use super::head::ends_in_crlf;

/// The most bytes of all extensions of a body, with the white space behind chunk sizes.
const MOST_EXTENSIONS: usize = 16 << 10;
/// The most bytes of a trailer section, with the empty line at its end.
const MOST_TRAILERS: usize = 16 << 10;
/// The most digits of a chunk size.
const MOST_DIGITS: u8 = 16;
/// The largest chunk.
const LARGEST: u64 = 1 << 63;

/// Why bytes are no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BodyError {
    #[error("invalid chunk size")]
    ChunkSize,
    #[error("a chunk extension has a control character")]
    ChunkExtension,
    #[error("too many bytes of chunk extensions")]
    ExtensionsTooLarge,
    #[error("invalid line end in the chunked coding")]
    LineEnd,
    #[error("a chunk does not end where its size says")]
    ChunkEnd,
    #[error("invalid trailer section")]
    Trailers,
    #[error("the trailer section has too many bytes")]
    TrailersTooLarge,
    #[error("the trailer section has too many fields")]
    TooManyTrailers,
    #[error("the body is cut off")]
    Incomplete,
}

/// What comes next in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'b> {
    /// Content that is here, never empty.
    Data(&'b [u8]),
    /// More input is needed.
    More,
    /// The body is over.
    End {
        /// The trailer section as it was received, with the empty line at its end. Empty if there are no fields.
        trailers: &'b [u8],
    },
}

/// Where in a body the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In content that ends after so many bytes, never zero.
    Length(u64),
    /// In content that ends with the input.
    UntilClose,
    /// In a chunk size, of which so many digits have been read.
    Size {
        size: u64,
        digits: u8,
    },
    /// Behind a chunk size, where there may be white space.
    Space(u64),
    Extension(u64),
    SizeLf(u64),
    /// In a chunk, of which so much is to come, never zero.
    Chunk(u64),
    ChunkCr,
    ChunkLf,
    /// At the start of a trailer section, of which so many bytes have been checked.
    Trailers {
        seen: usize,
    },
    Over,
}

/// Reads a body from pieces of input of any size. It keeps no bytes.
#[derive(Debug)]
pub struct BodyReader {
    state: State,
    /// The bytes of extensions so far.
    extensions: usize,
}

impl BodyReader {
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        let state = match framing {
            Framing::None | Framing::Length(0) => State::Over,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Size { size: 0, digits: 0 },
            Framing::UntilClose => State::UntilClose,
        };
        Self { state, extensions: 0 }
    }

    /// Reads framing at the start of `input`. Returns how many bytes of it the caller is to consume in any case, and what comes next.
    ///
    /// The content of a piece of data stands behind those bytes; [`Self::used`] says how much of it is consumed, too. Trailers are
    /// among those bytes, since nothing of the body stands behind them.
    ///
    /// # Errors
    /// What is wrong with the body. Where it ends is not known any more then.
    pub fn next<'b>(&mut self, input: &'b [u8]) -> Result<(usize, Piece<'b>), BodyError> {
        let mut at = 0;
        loop {
            let rest = &input[at..];
            match self.state {
                State::Over => return Ok((at, Piece::End { trailers: &[] })),
                State::Trailers { seen } => {
                    let (count, piece) = self.read_trailers(rest, seen)?;
                    return Ok((at + count, piece));
                }
                _ if rest.is_empty() => return Ok((at, Piece::More)),
                State::Length(left) | State::Chunk(left) => {
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    return Ok((at, Piece::Data(&rest[..count])));
                }
                State::UntilClose => return Ok((at, Piece::Data(rest))),
                state => {
                    self.state = self.step(state, rest[0])?;
                    at += 1;
                }
            }
        }
    }

    /// Says that the caller has consumed so many bytes of the last piece of data.
    pub fn used(&mut self, count: usize) {
        let count = count as u64;
        match &mut self.state {
            State::Length(left) | State::Chunk(left) if count < *left => *left -= count,
            State::Length(_) => self.state = State::Over,
            State::Chunk(_) => self.state = State::ChunkCr,
            _ => {}
        }
    }

    /// Says that the input has ended.
    ///
    /// # Errors
    /// [`BodyError::Incomplete`] where that does not end the body.
    pub fn end_of_input(&mut self) -> Result<(), BodyError> {
        match self.state {
            State::Over | State::UntilClose => {
                self.state = State::Over;
                Ok(())
            }
            _ => Err(BodyError::Incomplete),
        }
    }

    /// Whether nothing of the body is left in the input.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// How many bytes of content are to come, if that is known.
    #[must_use]
    pub fn remaining(&self) -> Option<u64> {
        match self.state {
            State::Over => Some(0),
            State::Length(left) => Some(left),
            _ => None,
        }
    }

    /// What comes behind a byte of framing.
    fn step(&mut self, state: State, byte: u8) -> Result<State, BodyError> {
        Ok(match (state, byte) {
            (State::Size { size, digits }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') if digits < MOST_DIGITS => {
                let digit = char::from(byte).to_digit(16).map_or(0, u64::from);
                State::Size { size: size << 4 | digit, digits: digits + 1 }
            }
            (State::Size { size, digits }, _) if digits == 0 || size > LARGEST => return Err(BodyError::ChunkSize),
            (State::Size { size, .. } | State::Space(size), b' ' | b'\t') => {
                self.count_extension()?;
                State::Space(size)
            }
            (State::Size { size, .. } | State::Space(size), b';') => {
                self.count_extension()?;
                State::Extension(size)
            }
            (State::Size { size, .. } | State::Space(size) | State::Extension(size), b'\r') => State::SizeLf(size),
            (State::Extension(size), b'\t' | b' '..=b'~' | 0x80..) => {
                self.count_extension()?;
                State::Extension(size)
            }
            (State::Extension(_), b'\n') => return Err(BodyError::LineEnd),
            (State::Extension(_), _) => return Err(BodyError::ChunkExtension),
            (State::SizeLf(0), b'\n') => State::Trailers { seen: 0 },
            (State::SizeLf(size), b'\n') => State::Chunk(size),
            (State::SizeLf(_), _) => return Err(BodyError::LineEnd),
            (State::ChunkCr, b'\r') => State::ChunkLf,
            (State::ChunkLf, b'\n') => State::Size { size: 0, digits: 0 },
            (State::ChunkCr | State::ChunkLf, _) => return Err(BodyError::ChunkEnd),
            _ => return Err(BodyError::ChunkSize),
        })
    }

    fn count_extension(&mut self) -> Result<(), BodyError> {
        self.extensions += 1;
        if self.extensions > MOST_EXTENSIONS { Err(BodyError::ExtensionsTooLarge) } else { Ok(()) }
    }

    /// Looks for the end of the trailer section at the start of `input`, of which so many bytes have been checked.
    fn read_trailers<'b>(&mut self, input: &'b [u8], seen: usize) -> Result<(usize, Piece<'b>), BodyError> {
        let section = &input[..input.len().min(MOST_TRAILERS)];
        let mut next = section.len();
        for at in memchr2_iter(b'\r', b'\n', &section[seen..]).map(|at| seen + at) {
            let line = &section[..at];
            match (section[at], section.get(at + 1)) {
                (b'\r', Some(b'\n')) => {}
                // It is looked at again, together with what follows.
                (b'\r', None) => next = at,
                (b'\r', Some(_)) => return Err(BodyError::LineEnd),
                _ => match line.strip_suffix(b"\r").ok_or(BodyError::LineEnd)? {
                    [] => {
                        self.state = State::Over;
                        return Ok((at + 1, Piece::End { trailers: &[] }));
                    }
                    [.., b'\n'] => {
                        self.state = State::Over;
                        return Ok((at + 1, Piece::End { trailers: &section[..=at] }));
                    }
                    _ => {}
                },
            }
        }
        self.state = State::Trailers { seen: next };
        if input.len() >= MOST_TRAILERS { Err(BodyError::TrailersTooLarge) } else { Ok((0, Piece::More)) }
    }
}

/// The fields of a trailer section that [`Piece::End`] has brought. There may be as many as there are slots.
///
/// # Errors
/// [`BodyError::Trailers`] or [`BodyError::TooManyTrailers`].
pub fn trailer_fields<'b, 'h>(raw: &'b [u8], slots: &'h mut [Header<'b>]) -> Result<&'h [Header<'b>], BodyError> {
    if raw.is_empty() {
        return Ok(&[]);
    }
    match httparse::parse_headers(raw, slots) {
        Ok(Status::Complete((length, fields))) if length == raw.len() && ends_in_crlf(raw, fields) => Ok(fields),
        Err(httparse::Error::TooManyHeaders) => Err(BodyError::TooManyTrailers),
        _ => Err(BodyError::Trailers),
    }
}

#[cfg(test)]
mod tests;
