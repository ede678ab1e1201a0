//! Bodies: by length, in chunks, or up to the end of the connection.

use super::cursor::{Cursor, Stop, is_text, is_token_byte};
use super::head::fields;
use super::message::{Chunk, Framing, Head, Message};

/// What may not stand in a trailer section, because it says how to read the message (RFC 9110 section 6.5.1).
const NEVER_TRAILERS: [&str; 3] = ["content-length", "transfer-encoding", "host"];

pub(super) fn read(cursor: &mut Cursor<'_>, head: Head, ended: bool) -> Result<Message, Stop> {
    let mut message = Message { head, content: Vec::new(), chunks: Vec::new(), trailers: Vec::new() };
    match message.head.framing {
        Framing::Bodiless => {}
        Framing::Length(length) => {
            let length = usize::try_from(length).map_err(|_large| cursor.violation("a body that cannot be"))?;
            message.content = cursor.take(length)?.to_vec();
        }
        Framing::Chunked => chunked(cursor, &mut message)?,
        Framing::UntilClose if ended => message.content = cursor.rest().to_vec(),
        Framing::UntilClose | Framing::Stream => return Err(Stop::Incomplete),
    }
    Ok(message)
}

fn chunked(cursor: &mut Cursor<'_>, message: &mut Message) -> Result<(), Stop> {
    loop {
        let chunk = announced(cursor)?;
        if chunk.length == 0 {
            message.trailers = fields(cursor)?;
            let forbidden = message.trailers.iter().any(|field| NEVER_TRAILERS.iter().any(|name| field.is(name)));
            return if forbidden { Err(cursor.violation("a framing field in a trailer section")) } else { Ok(()) };
        }
        message.content.extend_from_slice(cursor.take(chunk.length)?);
        if cursor.take(2)? != b"\r\n" {
            return Err(cursor.violation("a chunk that does not end where it says"));
        }
        message.chunks.push(chunk);
    }
}

/// `chunk-size [ chunk-ext ]`
fn announced(cursor: &mut Cursor<'_>) -> Result<Chunk, Stop> {
    let line = cursor.line()?;
    let end = line.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(line.len());
    let (digits, extension) = line.split_at(end);
    let text = std::str::from_utf8(digits).unwrap_or_default();
    let length = usize::from_str_radix(text, 16).ok().filter(|_| digits.len() <= 16);
    let length = length.ok_or(cursor.violation("a chunk size that is not 1 to 16 hexadecimal digits"))?;
    if !is_extension(extension) {
        return Err(cursor.violation("a malformed chunk extension"));
    }
    Ok(Chunk { length, digits: digits.to_vec(), extension: extension.to_vec() })
}

/// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`, with nothing behind it.
fn is_extension(mut rest: &[u8]) -> bool {
    while !rest.is_empty() {
        let Some(behind) = start_trimmed(rest).strip_prefix(b";") else { return false };
        let Some(behind) = token(start_trimmed(behind)) else { return false };
        rest = behind;
        if let Some(value) = start_trimmed(rest).strip_prefix(b"=") {
            let value = start_trimmed(value);
            let Some(behind) = quoted(value).or_else(|| token(value)) else { return false };
            rest = behind;
        }
    }
    true
}

fn start_trimmed(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !b" \t".contains(byte)).unwrap_or(bytes.len());
    &bytes[start..]
}

/// What comes behind a token.
fn token(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().position(|&byte| !is_token_byte(byte)).unwrap_or(bytes.len());
    (end > 0).then(|| &bytes[end..])
}

/// What comes behind a quoted string.
fn quoted(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.strip_prefix(b"\"")?;
    loop {
        rest = match rest {
            [b'"', behind @ ..] => return Some(behind),
            [b'\\', escaped, behind @ ..] if is_text(*escaped) => behind,
            [byte, behind @ ..] if *byte != b'\\' && is_text(*byte) => behind,
            _ => return None,
        };
    }
}
