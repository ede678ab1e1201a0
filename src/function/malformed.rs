//! Which rule an answer broke that the HTTP client could not read.
//!
//! The client says little of it. What it left unread says the rest: it is read once more, by the parser that refused it.

use httparse::{EMPTY_HEADER, parse_headers};
use memchr::memchr;

use crate::config::ConnectionSettings;
use crate::message::response::Malformed;

/// The rule that an answer in HTTP/1.1 broke. `received` begins with its head, unless the head itself is well-formed.
#[must_use]
pub fn http1(error: &hyper::Error, received: &[u8], settings: &ConnectionSettings) -> Malformed {
    if error.is_parse_status() {
        return Malformed::Status;
    }
    if error.is_parse_too_large() {
        return match parse(received, settings) {
            Some(httparse::Error::TooManyHeaders) => Malformed::TooManyFields(settings.max_response_headers),
            _ => Malformed::HeadTooLarge(settings.max_response_header_bytes),
        };
    }
    // hyper tells these apart in words only.
    match error.to_string().as_str() {
        "invalid HTTP version parsed" => Malformed::Version,
        "invalid content-length parsed" => Malformed::ContentLength,
        "unexpected transfer-encoding parsed" => Malformed::OldTransferEncoding,
        _ => match parse(received, settings) {
            Some(httparse::Error::HeaderName) => Malformed::FieldName,
            Some(httparse::Error::HeaderValue) => Malformed::FieldValue,
            Some(httparse::Error::NewLine) => Malformed::LineEnd,
            _ => Malformed::NotHttp,
        },
    }
}

/// Why the bytes behind the status line are no fields.
fn parse(received: &[u8], settings: &ConnectionSettings) -> Option<httparse::Error> {
    let mut fields = vec![EMPTY_HEADER; settings.max_response_headers];
    let head = received.trim_ascii_start();
    let lines = &head[memchr(b'\n', head)? + 1..];
    parse_headers(lines, &mut fields).err()
}

/// Whether a connection in HTTP/2 ended because a head had far more frames than its limit needs.
#[must_use]
pub fn is_flood_of_fields(error: &h2::Error) -> bool {
    if !error.is_library() || !error.is_go_away() {
        return false;
    }
    let text = error.to_string();
    text.contains("too_many_continuations") || text.contains("header_list_way_too_large")
}
