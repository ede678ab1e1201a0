//! Heads: the first line of a message and its field lines (RFC 9112 sections 2 to 5).
//!
//! `httparse` reads them. What it lets pass is refused here: a bare LF as a line end, a status below 100, and what exceeds the limits.

use std::mem::MaybeUninit;

use httparse::{Header, Status};
use memchr::memchr_iter;

/// So many fields have their place on the stack.
const ON_STACK: usize = 100;

/// The longest request target; `http::Uri` takes no longer one.
pub(super) const LONGEST_TARGET: usize = 65_534;

/// The longest field name; `http` has a limit, too.
const LONGEST_NAME: usize = u16::MAX as usize;

/// `HTTP/1.1 200`.
const STATUS_LENGTH: usize = 12;

/// How large a head may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadLimits {
    /// With its line ends, and empty lines in front of it.
    pub bytes: usize,
    pub fields: usize,
}

/// Why bytes are no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum HeadError {
    #[error("the head has too many bytes")]
    TooLarge,
    #[error("the head has too many fields")]
    TooManyFields,
    #[error("invalid method")]
    Method,
    #[error("invalid request target")]
    Target,
    #[error("the request target is too long")]
    TargetTooLong,
    #[error("the request target has a fragment (`#`), which is not for servers")]
    Fragment,
    #[error("a version other than HTTP/1.1 and HTTP/1.0")]
    Version,
    #[error("invalid status line")]
    Status,
    #[error("invalid field name")]
    FieldName,
    #[error("invalid field value")]
    FieldValue,
    #[error("invalid line end")]
    LineEnd,
}

/// The version of HTTP in a first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Http10,
    Http11,
}

impl Version {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
        }
    }

    /// Of a minor version that httparse has read.
    fn of_minor(minor: Option<u8>) -> Self {
        if minor == Some(0) { Self::Http10 } else { Self::Http11 }
    }
}

/// The head of a request.
#[derive(Debug)]
pub struct RequestHead<'b, 'h> {
    /// A token.
    pub method: &'b str,
    /// Without a check of its own: [`super::Target::parse`].
    pub target: &'b str,
    pub version: Version,
    pub fields: &'h [Header<'b>],
    /// How many bytes of the input it takes, empty lines in front of it included.
    pub length: usize,
}

/// The head of a response.
#[derive(Debug)]
pub struct ResponseHead<'b, 'h> {
    pub version: Version,
    /// From 100 to 999.
    pub status: u16,
    /// Without control characters except HTAB. It may have bytes beyond ASCII.
    pub reason: &'b [u8],
    pub fields: &'h [Header<'b>],
    /// How many bytes of the input it takes, empty lines in front of it included.
    pub length: usize,
}

/// A place for a field.
pub type Slot<'b> = MaybeUninit<Header<'b>>;

/// Calls `read` with places for so many fields, on the stack unless they are unusually many.
pub fn with_slots<'b, R>(fields: usize, read: impl FnOnce(&mut [Slot<'b>]) -> R) -> R {
    if fields <= ON_STACK {
        read(&mut [const { MaybeUninit::uninit() }; ON_STACK][..fields])
    } else {
        read(&mut Vec::with_capacity(fields).spare_capacity_mut()[..fields])
    }
}

/// How far an unfinished head has been looked at, so that the bytes of one that comes bit by bit are not parsed again for each of
/// them. Begins anew with each head.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// The empty lines in front, which are no part of what is parsed.
    skipped: usize,
    /// The bytes whose line ends have been checked.
    seen: usize,
    /// The bytes that were there when they were last parsed.
    parsed: usize,
}

/// Reads the head of a request at the start of `input`; none while more bytes are needed. `progress` belongs to this head, whose
/// bytes stay in the input meanwhile.
///
/// # Errors
/// What is wrong with it.
///
/// # Panics
/// If there are fewer slots than fields are allowed.
pub fn request<'b, 'h>(
    input: &'b [u8],
    limits: HeadLimits,
    progress: &mut Progress,
    slots: &'h mut [Slot<'b>],
) -> Result<Option<RequestHead<'b, 'h>>, HeadError> {
    let mut head = httparse::Request::new(&mut []);
    let slots = &mut slots[..limits.fields];
    let parsed = progress.parse(input, limits, |bytes| {
        head.parse_with_uninit_headers(bytes, slots).map_err(|error| match error {
            httparse::Error::Token if head.method.is_some() => HeadError::Target,
            error => error.into(),
        })
    })?;
    let Some(length) = parsed else { return Ok(None) };
    check_lines(&input[progress.skipped..length], head.headers)?;
    let target = head.path.expect("a whole head has a target");
    if target.len() > LONGEST_TARGET {
        return Err(HeadError::TargetTooLong);
    }
    Ok(Some(RequestHead {
        method: head.method.expect("a whole head has a method"),
        target,
        version: Version::of_minor(head.version),
        fields: head.headers,
        length,
    }))
}

/// Reads the head of a response at the start of `input`, interim ones as well; none while more bytes are needed. `progress` belongs
/// to this head, whose bytes stay in the input meanwhile.
///
/// # Errors
/// What is wrong with it.
///
/// # Panics
/// If there are fewer slots than fields are allowed.
pub fn response<'b, 'h>(
    input: &'b [u8],
    limits: HeadLimits,
    progress: &mut Progress,
    slots: &'h mut [Slot<'b>],
) -> Result<Option<ResponseHead<'b, 'h>>, HeadError> {
    let mut head = httparse::Response::new(&mut []);
    let slots = &mut slots[..limits.fields];
    let parser = httparse::ParserConfig::default();
    let parsed = progress.parse(input, limits, |bytes| {
        parser.parse_response_with_uninit_headers(&mut head, bytes, slots).map_err(HeadError::from)
    })?;
    let Some(length) = parsed else { return Ok(None) };
    let bytes = &input[progress.skipped..length];
    check_lines(bytes, head.headers)?;
    let status = head.code.filter(|status| *status >= 100).ok_or(HeadError::Status)?;
    Ok(Some(ResponseHead {
        version: Version::of_minor(head.version),
        status,
        reason: reason(bytes),
        fields: head.headers,
        length,
    }))
}

/// The reason phrase of a whole head. httparse hides one that has bytes beyond ASCII.
fn reason(head: &[u8]) -> &[u8] {
    let behind = &head[STATUS_LENGTH..];
    let line = &behind[..memchr::memchr(b'\r', behind).unwrap_or(0)];
    line.strip_prefix(b" ").unwrap_or(line)
}

/// Checks the line ends of a whole head, and the lengths of names.
fn check_lines(head: &[u8], fields: &[Header<'_>]) -> Result<(), HeadError> {
    if !ends_in_crlf(head, fields) {
        return Err(HeadError::LineEnd);
    }
    if head.len() > LONGEST_NAME && fields.iter().any(|field| field.name.len() > LONGEST_NAME) {
        return Err(HeadError::TooLarge);
    }
    Ok(())
}

/// Whether all lines that httparse has read end with CRLF: those in front of each of the fields, which lie in `bytes`, the last one, and the
/// empty line.
pub(super) fn ends_in_crlf(bytes: &[u8], fields: &[Header<'_>]) -> bool {
    let in_front = |field: &Header<'_>| &bytes[..field.name.as_ptr().addr() - bytes.as_ptr().addr()];
    let mut lines = fields.iter().map(in_front).filter(|lines| !lines.is_empty());
    bytes.ends_with(b"\r\n\r\n") && lines.all(|lines| lines.ends_with(b"\r\n"))
}

impl Progress {
    /// Parses what has come, where a head may end in it. Returns the length of a whole one, in which line ends have not been checked.
    fn parse<'b>(
        &mut self,
        input: &'b [u8],
        limits: HeadLimits,
        parse: impl FnOnce(&'b [u8]) -> Result<Status<usize>, HeadError>,
    ) -> Result<Option<usize>, HeadError> {
        let allowed = &input[..input.len().min(limits.bytes)];
        if self.skip_empty_lines(allowed)? {
            let is_first = self.parsed == 0;
            // A fault in an unfinished head is found soon even so, at no more than the cost of parsing it twice.
            let may_be_whole = is_first || self.check_line_ends(allowed)? || allowed.len() / 2 >= self.parsed;
            if may_be_whole {
                if let Status::Complete(length) = parse(&allowed[self.skipped..])? {
                    return Ok(Some(self.skipped + length));
                }
                self.parsed = allowed.len();
            }
            if is_first {
                self.check_line_ends(allowed)?;
            }
        }
        if input.len() >= limits.bytes { Err(HeadError::TooLarge) } else { Ok(None) }
    }

    /// Skips empty lines in front of a head (RFC 9112 section 2.2). Returns whether anything follows.
    fn skip_empty_lines(&mut self, input: &[u8]) -> Result<bool, HeadError> {
        while input[self.skipped..].starts_with(b"\r\n") {
            self.skipped += 2;
        }
        self.seen = self.seen.max(self.skipped);
        match input[self.skipped..] {
            [] | [b'\r'] => Ok(false),
            [b'\r' | b'\n', ..] => Err(HeadError::LineEnd),
            _ => Ok(true),
        }
    }

    /// Looks for line ends in what is new, up to the empty line at the end of a head: what follows that is no head. Returns whether it
    /// is there.
    fn check_line_ends(&mut self, input: &[u8]) -> Result<bool, HeadError> {
        for at in memchr_iter(b'\n', &input[self.seen..]) {
            let line = &input[..self.seen + at];
            let line = line.strip_suffix(b"\r").ok_or(HeadError::LineEnd)?;
            if line.ends_with(b"\n") {
                return Ok(true);
            }
        }
        self.seen = input.len();
        Ok(false)
    }
}

impl From<httparse::Error> for HeadError {
    fn from(error: httparse::Error) -> Self {
        match error {
            httparse::Error::HeaderName => Self::FieldName,
            httparse::Error::HeaderValue => Self::FieldValue,
            httparse::Error::NewLine => Self::LineEnd,
            httparse::Error::Status => Self::Status,
            httparse::Error::Token => Self::Method,
            httparse::Error::TooManyHeaders => Self::TooManyFields,
            httparse::Error::Version => Self::Version,
        }
    }
}

#[cfg(test)]
mod tests;
