//! First lines, field lines, and what they say about the body.

use super::cursor::{Cursor, Stop, is_text, is_token, trim};
use super::message::{Field, Framing, Head, Hop, Start};

pub(super) fn request(cursor: &mut Cursor<'_>, hop: Hop) -> Result<Head, Stop> {
    let line = cursor.line()?;
    let parts: Vec<_> = line.split(|&byte| byte == b' ').collect();
    let [method, target, version] = parts[..] else {
        return Err(cursor.violation("a request line that is not three words"));
    };
    let minor = minor(version).ok_or(cursor.violation("a version other than HTTP/1.0 and HTTP/1.1"))?;
    if !is_token(method) {
        return Err(cursor.violation("a method that is no token"));
    }
    if !is_target(target, method, hop) {
        return Err(cursor.violation("a request target in no known form"));
    }
    let fields = fields(cursor)?;
    check_host(cursor, &fields, minor)?;
    let framing = match declared(cursor, &fields, minor, hop)? {
        Framing::UntilClose => Framing::Bodiless,
        declared => declared,
    };
    let start = Start::Request { method: method.to_vec(), target: target.to_vec(), minor };
    Ok(Head { start, fields, framing })
}

pub(super) fn answer(cursor: &mut Cursor<'_>, method: &[u8], hop: Hop) -> Result<Head, Stop> {
    let line = cursor.line()?;
    let (version, rest) = line.split_at_checked(8).ok_or(cursor.violation("a short status line"))?;
    let minor = minor(version).ok_or(cursor.violation("a version other than HTTP/1.0 and HTTP/1.1"))?;
    let digits = rest.strip_prefix(b" ").and_then(|rest| rest.get(..3)).unwrap_or_default();
    if digits.len() != 3 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(cursor.violation("a status that is not three digits"));
    }
    let status = digits.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'));
    if !(100..=999).contains(&status) {
        return Err(cursor.violation("a status below 100"));
    }
    let reason = match (&rest[4..], hop) {
        ([], Hop::Inbound) => &[][..],
        ([b' ', reason @ ..], _) if reason.iter().copied().all(is_text) => reason,
        _ => return Err(cursor.violation("a status line without a reason phrase behind a space")),
    };
    let fields = fields(cursor)?;
    let declared = declared(cursor, &fields, minor, hop)?;
    let without_length = status < 200 || status == 204;
    if hop == Hop::Outbound && without_length && declared != Framing::UntilClose {
        return Err(cursor.violation("a length where there is no body (RFC 9110 section 8.6)"));
    }
    let bodiless = (without_length && status != 101) || status == 304 || method == b"HEAD";
    let framing = match declared {
        _ if bodiless => Framing::Bodiless,
        _ if status == 101 => Framing::UntilClose,
        declared => declared,
    };
    Ok(Head { start: Start::Status { minor, status, reason: reason.to_vec() }, fields, framing })
}

/// The lines up to an empty one.
pub(super) fn fields(cursor: &mut Cursor<'_>) -> Result<Vec<Field>, Stop> {
    let mut fields = Vec::new();
    loop {
        let line = cursor.line()?;
        if line.is_empty() {
            return Ok(fields);
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            return Err(cursor.violation("a folded line"));
        }
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            return Err(cursor.violation("a field line without a colon"));
        };
        let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
        if !is_token(name) {
            return Err(cursor.violation("a field name that is no token"));
        }
        if !line[colon + 1..].iter().copied().all(is_text) {
            return Err(cursor.violation("a control character in a field value"));
        }
        fields.push(Field { name: name.to_vec(), value: value.to_vec(), line: line.to_vec() });
    }
}

fn minor(version: &[u8]) -> Option<u8> {
    match version {
        b"HTTP/1.0" => Some(0),
        b"HTTP/1.1" => Some(1),
        _ => None,
    }
}

/// A path; from peers also a URL, and `*` for OPTIONS. Clients that do not know better write UTF-8 as it is, which servers take.
fn is_target(target: &[u8], method: &[u8], hop: Hop) -> bool {
    let visible =
        target.iter().all(|&byte| byte > b' ' && byte != 0x7f && byte != b'#') && str::from_utf8(target).is_ok();
    let url = |target: &[u8]| {
        let lower = target.to_ascii_lowercase();
        [&b"http://"[..], b"https://"].iter().any(|scheme| {
            let rest = lower.strip_prefix(*scheme).unwrap_or_default();
            rest.first().is_some_and(|&byte| byte != b'/' && byte != b'?')
        })
    };
    visible
        && match hop {
            Hop::Outbound => target.starts_with(b"/"),
            Hop::Inbound => target.starts_with(b"/") || url(target) || (target == b"*" && method == b"OPTIONS"),
        }
}

/// Exactly one valid `Host`; HTTP/1.0 may do without.
fn check_host(cursor: &Cursor<'_>, fields: &[Field], minor: u8) -> Result<(), Stop> {
    let hosts: Vec<_> = fields.iter().filter(|field| field.is("host")).collect();
    match hosts[..] {
        [] if minor == 0 => Ok(()),
        [host] if is_host(&host.value) => Ok(()),
        [_] => Err(cursor.violation("an invalid Host")),
        [] => Err(cursor.violation("no Host")),
        _ => Err(cursor.violation("more than one Host")),
    }
}

/// `uri-host [":" port]` of RFC 3986, without user information; may be empty.
fn is_host(host: &[u8]) -> bool {
    let (name, port) = match host.strip_prefix(b"[") {
        Some(rest) => match rest.iter().position(|&byte| byte == b']') {
            Some(end) if rest[..end].iter().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(byte)) && end > 1 => {
                (&b""[..], &rest[end + 1..])
            }
            _ => return false,
        },
        None => host.split_at(host.iter().position(|&byte| byte == b':').unwrap_or(host.len())),
    };
    let port = match port {
        [] => port,
        [b':', digits @ ..] => digits,
        _ => return false,
    };
    let named = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(byte);
    name.iter().all(named) && port.iter().all(u8::is_ascii_digit)
}

/// What the fields say about the length; `UntilClose` when they say nothing.
fn declared(cursor: &Cursor<'_>, fields: &[Field], minor: u8, hop: Hop) -> Result<Framing, Stop> {
    let of = |name: &str| fields.iter().filter(|field| field.is(name)).map(|field| field.value.as_slice()).collect();
    let (lengths, codings): (Vec<&[u8]>, Vec<&[u8]>) = (of("content-length"), of("transfer-encoding"));
    match (&lengths[..], &codings[..]) {
        ([], []) => Ok(Framing::UntilClose),
        ([length], []) => {
            if !(1..=18).contains(&length.len()) || !length.iter().all(u8::is_ascii_digit) {
                return Err(cursor.violation("a Content-Length that is not 1 to 18 digits"));
            }
            Ok(Framing::Length(length.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))))
        }
        ([], [coding]) => {
            let known = match hop {
                Hop::Inbound => coding.eq_ignore_ascii_case(b"chunked"),
                Hop::Outbound => *coding == b"chunked",
            };
            match (known, minor) {
                (true, 1) => Ok(Framing::Chunked),
                (true, _) => Err(cursor.violation("Transfer-Encoding in HTTP/1.0")),
                (false, _) => Err(cursor.violation("a Transfer-Encoding other than `chunked`")),
            }
        }
        ([], _) => Err(cursor.violation("more than one Transfer-Encoding")),
        (_, []) => Err(cursor.violation("more than one Content-Length")),
        (_, _) => Err(cursor.violation("both Content-Length and Transfer-Encoding")),
    }
}
