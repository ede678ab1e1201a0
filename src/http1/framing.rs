//! Where the body of a message ends (RFC 9112 section 6.3).

use httparse::Header;

use super::head::Version;

/// The most digits of a `Content-Length`. There are recipients that keep it in 64 bits with a sign.
const MOST_DIGITS: usize = 18;

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    None,
    /// So many bytes.
    Length(u64),
    Chunked,
    /// All until the end of the connection.
    UntilClose,
}

/// The framing of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestFraming {
    pub framing: Framing,
    /// There is a `Content-Length` as well, which does not count. It is not to be forwarded, and the connection has to be closed
    /// after the response: who sent this may have meant the length (RFC 9112 section 6.1).
    pub overrides_length: bool,
}

/// Why the end of a body could be read in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum FramingError {
    #[error("a Transfer-Encoding other than `chunked`")]
    TransferEncoding,
    #[error("a Transfer-Encoding in HTTP/1.0")]
    TransferEncodingInHttp10,
    #[error("invalid Content-Length")]
    ContentLength,
    #[error("Content-Length fields that differ")]
    DifferingLengths,
    #[error("both Transfer-Encoding and Content-Length")]
    Both,
}

impl Framing {
    /// Whether there may be content.
    #[must_use]
    pub fn has_content(self) -> bool {
        !matches!(self, Self::None | Self::Length(0))
    }

    /// The framing of a request with these fields.
    ///
    /// Beside a coding, a length does not count. One in front of it is checked all the same; one behind it is not looked at.
    ///
    /// # Errors
    /// Every way to say it that another recipient could read differently.
    pub fn of_request(version: Version, fields: &[Header<'_>]) -> Result<RequestFraming, FramingError> {
        let mut declared = Declared::default();
        for field in fields {
            match Declares::of(field) {
                Declares::Nothing => {}
                Declares::Coding => declared.add_coding(field.value, version)?,
                Declares::Length if declared.is_chunked => declared.has_length = true,
                Declares::Length => declared.add_length(field.value)?,
            }
        }
        let overrides_length = declared.is_chunked && declared.has_length;
        let framing = declared.framing().unwrap_or(Self::None);
        Ok(RequestFraming { framing, overrides_length })
    }

    /// The framing of a response with these fields. `request_is_head` says that it answers HEAD. After a 101 there is no body either,
    /// but another protocol.
    ///
    /// # Errors
    /// Every way to say it that another recipient could read differently, also where no body follows.
    pub fn of_response(
        status: u16,
        version: Version,
        request_is_head: bool,
        fields: &[Header<'_>],
    ) -> Result<Self, FramingError> {
        let mut declared = Declared::default();
        for field in fields {
            match Declares::of(field) {
                Declares::Nothing => continue,
                Declares::Coding => declared.add_coding(field.value, version)?,
                Declares::Length => declared.add_length(field.value)?,
            }
            if declared.is_chunked && declared.has_length {
                return Err(FramingError::Both);
            }
        }
        let has_body = !request_is_head && status >= 200 && !matches!(status, 204 | 304);
        Ok(if has_body { declared.framing().unwrap_or(Self::UntilClose) } else { Self::None })
    }
}

/// What a field says of the length.
enum Declares {
    Nothing,
    Length,
    Coding,
}

impl Declares {
    fn of(field: &Header<'_>) -> Self {
        match field.name.len() {
            14 if field.name.eq_ignore_ascii_case("content-length") => Self::Length,
            17 if field.name.eq_ignore_ascii_case("transfer-encoding") => Self::Coding,
            _ => Self::Nothing,
        }
    }
}

/// What the fields say of the length, as far as they have been read.
#[derive(Default)]
struct Declared<'b> {
    is_chunked: bool,
    has_length: bool,
    digits: &'b [u8],
}

impl<'b> Declared<'b> {
    fn add_coding(&mut self, value: &[u8], version: Version) -> Result<(), FramingError> {
        if version == Version::Http10 {
            return Err(FramingError::TransferEncodingInHttp10);
        }
        if self.is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
            return Err(FramingError::TransferEncoding);
        }
        self.is_chunked = true;
        Ok(())
    }

    fn add_length(&mut self, value: &'b [u8]) -> Result<(), FramingError> {
        if !(1..=MOST_DIGITS).contains(&value.len()) || !value.iter().all(u8::is_ascii_digit) {
            return Err(FramingError::ContentLength);
        }
        // Also `5` and `05`: whoever reads the latter as octal, or not at all, sees another length.
        if self.has_length && self.digits != value {
            return Err(FramingError::DifferingLengths);
        }
        (self.has_length, self.digits) = (true, value);
        Ok(())
    }

    fn framing(&self) -> Option<Framing> {
        let length = || self.digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        match (self.is_chunked, self.has_length) {
            (true, _) => Some(Framing::Chunked),
            (false, true) => Some(Framing::Length(length())),
            (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests;
