//! The oracle: a strict grammar of HTTP/1 messages, byte for byte (RFC 9112, RFC 9110).
//!
//! It shares nothing with the libraries that the gateway speaks HTTP with, so that a mistake of theirs is not made again by the
//! judge. It refuses whatever two recipients could read differently: bare CR and LF, folded lines, white space in front of a
//! colon, more than one length, a coding other than `chunked`, bytes behind the end. It does not repair anything.

mod body;
mod cursor;
mod head;
mod message;

use self::cursor::{Cursor, Stop};
pub use self::message::{Chunk, Field, Framing, Head, Hop, Message, Start, Violation};

/// The head of a request at the start of `bytes`, and its length; none while more bytes are needed.
///
/// # Errors
/// The first [`Violation`].
pub fn request_head(bytes: &[u8], hop: Hop) -> Result<Option<(Head, usize)>, Violation> {
    let mut cursor = Cursor::new(bytes);
    Stop::wait(head::request(&mut cursor, hop)).map(|head| head.map(|head| (head, cursor.at())))
}

/// The request at the start of `bytes`, and its length; none while more bytes are needed.
///
/// # Errors
/// The first [`Violation`].
pub fn request(bytes: &[u8], hop: Hop) -> Result<Option<(Message, usize)>, Violation> {
    let mut cursor = Cursor::new(bytes);
    let message = head::request(&mut cursor, hop).and_then(|head| body::read(&mut cursor, head, false));
    Stop::wait(message).map(|message| message.map(|message| (message, cursor.at())))
}

/// The answer to a request of `method` at the start of `bytes`, and its length; none while more bytes are needed. `ended`
/// says that no more come.
///
/// # Errors
/// The first [`Violation`].
pub fn answer(bytes: &[u8], method: &[u8], ended: bool, hop: Hop) -> Result<Option<(Message, usize)>, Violation> {
    let mut cursor = Cursor::new(bytes);
    let message = head::answer(&mut cursor, method, hop).and_then(|head| body::read(&mut cursor, head, ended));
    Stop::wait(message).map(|message| message.map(|message| (message, cursor.at())))
}

/// All requests in `bytes`, which end with one.
///
/// # Errors
/// The first [`Violation`]; a request that is cut off is one as well.
pub fn requests(bytes: &[u8], hop: Hop) -> Result<Vec<Message>, Violation> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let (message, length) =
            request(&bytes[at..], hop).map_err(|violation| violation.behind(at))?.ok_or(Violation::cut(bytes.len()))?;
        found.push(message);
        at += length;
    }
    Ok(found)
}

/// The answers in `bytes` to requests of these methods, interim ones included. There may be fewer.
///
/// # Errors
/// The first [`Violation`]; an answer that is cut off, or one that nobody asked for, is one as well.
pub fn answers(bytes: &[u8], methods: &[Vec<u8>], ended: bool, hop: Hop) -> Result<Vec<Message>, Violation> {
    let (mut found, mut at) = (Vec::new(), 0);
    let mut methods = methods.iter();
    let mut method = methods.next();
    while at < bytes.len() {
        let asked = method.ok_or(Violation { rule: "bytes behind the last answer", at })?;
        let (message, length) = answer(&bytes[at..], asked, ended, hop)
            .map_err(|violation| violation.behind(at))?
            .ok_or(Violation::cut(bytes.len()))?;
        at += length;
        let switched = message.head.status() == 101;
        if !message.head.is_interim() {
            method = methods.next();
        }
        found.push(message);
        if switched {
            break;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
