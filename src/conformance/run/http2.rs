//! An exchange in HTTP/2: each request on a stream of its own.

use std::io;
use std::time::Duration;

use super::received::Received;
use crate::conformance::case::Case;
use crate::conformance::compare::AUTHORITY;
use crate::conformance::grammar::{Field, Framing, Head, Message, Start, Violation};
use crate::conformance::translate::{Act, Translated, line};
use crate::conformance::wire::client::Target;
use crate::conformance::wire::http2::{Answer, Conversation, End, Http2};
use crate::conformance::wire::origin::{Log, Origin};
use crate::conformance::wire::{PATIENCE, PROMPT, Step, hpack};

/// How long a client that expects 100 Continue waits before it sends its body all the same.
const MOMENT: Duration = Duration::from_millis(200);
/// Fields that are malformed in HTTP/2 (RFC 9113 section 8.2.2).
const OF_CONNECTIONS: [&[u8]; 5] =
    [b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"];

pub(super) fn exchange(target: &Target, origin: &Origin, case: &Case, translated: &Translated) -> io::Result<Received> {
    let log = origin.log();
    let before = log.read(Log::so_far);
    let client = Http2::open(target)?;
    origin.expect(&case.answers, client.shown());
    let scheme = if target.tls.is_some() { "https" } else { "http" };
    let sent_promptly = play(&client, origin, translated, scheme);
    let count = translated.requests.len();
    client.wait(PATIENCE, |with| (0..count).all(|number| with.is_over(stream(number))));
    log.wait(PROMPT, Log::is_settled);
    let prompt = [sent_promptly, origin.was_prompt()];
    let since = log.read(|log| log.since(before));
    Ok(Received {
        requests: in_order(&translated.requests, since.requests),
        violation: since.violation,
        unfinished: since.unfinished,
        answers: answers(&client.conversation(), &translated.requests),
        odd_answer: None,
        prompt,
    })
}

/// The stream of a request.
fn stream(number: usize) -> u32 {
    u32::try_from(number * 2 + 1).expect("few requests")
}

/// Does what the client has to do, and says whether everything came in time.
fn play(client: &Http2, origin: &Origin, translated: &Translated, scheme: &str) -> bool {
    let end = |ends: bool| if ends { End::Here } else { End::Later };
    let mut prompt = true;
    for act in &translated.acts {
        let sent = match act {
            Act::Head(number, ends) => {
                client.fields(stream(*number), &pseudo(&translated.requests[*number].head, scheme), end(*ends))
            }
            Act::Data(number, bytes, ends) => client.data(stream(*number), bytes, end(*ends)),
            Act::Trailers(number) => {
                let trailers: Vec<_> = translated.requests[*number].trailers.iter().map(pair).collect();
                client.fields(stream(*number), &trailers, End::Here)
            }
            Act::Answered(number) => {
                prompt &= client.wait(PATIENCE, |with| with.is_over(stream(*number)));
                Ok(())
            }
            Act::Wait(step) => {
                prompt &= wait(client, origin, step);
                Ok(())
            }
        };
        // Whether a gateway that closes is right shows in what either end received.
        if sent.is_err() {
            break;
        }
    }
    prompt
}

fn wait(client: &Http2, origin: &Origin, step: &Step) -> bool {
    let received = |bytes: &[u8], patience| {
        client.shown().wait(patience, |shown| shown.contains(bytes) || shown.end.is_some());
        client.shown().read(|shown| shown.contains(bytes))
    };
    match step {
        Step::Arrived(bytes) => origin.has_received(bytes),
        // Whether there is one is compared, not how long it takes.
        Step::Received(bytes) if bytes == b" 100 " => {
            received(bytes, MOMENT);
            true
        }
        Step::Received(bytes) => received(bytes, PATIENCE),
        Step::Ended | Step::Send(_) | Step::Finish | Step::Reset => true,
    }
}

/// The fields of a head, pseudo-fields first.
fn pseudo(head: &Head, scheme: &str) -> Vec<hpack::Field> {
    let (authority, others): (Vec<_>, Vec<_>) = head.fields.iter().partition(|field| field.is(AUTHORITY));
    let first = [(":method", head.method()), (":scheme", scheme.as_bytes()), (":path", head.target())];
    let first = first.into_iter().map(|(name, value)| (name.as_bytes().to_vec(), value.to_vec()));
    first.chain(authority.into_iter().chain(others).map(pair)).collect()
}

fn pair(field: &Field) -> hpack::Field {
    (field.name.clone(), field.value.clone())
}

/// What arrived in the order in which it was asked for. Streams have none among each other.
fn in_order(asked: &[Message], mut arrived: Vec<Message>) -> Vec<Message> {
    let mut ordered = Vec::new();
    for request in asked {
        let key = |message: &Message| {
            (message.head.method().to_vec(), message.head.target().to_vec(), message.content.clone())
        };
        let same = arrived.iter().position(|other| key(other) == key(request));
        let place = same.or((!arrived.is_empty()).then_some(0));
        ordered.extend(place.map(|place| arrived.remove(place)));
    }
    ordered.append(&mut arrived);
    ordered
}

/// The answers in the order of the requests.
fn answers(conversation: &Conversation, asked: &[Message]) -> Result<Vec<Message>, Violation> {
    let wrong = |rule| Violation { rule, at: 0 };
    if let Some(fault) = conversation.faults.first() {
        return Err(wrong(fault));
    }
    let mut messages = Vec::new();
    for (number, request) in asked.iter().enumerate() {
        let Some(answer) = conversation.answers.get(&stream(number)) else { continue };
        for read in messages_of(answer, request.head.method()).map_err(wrong)? {
            messages.push(read);
        }
        if !answer.ended && !answer.heads.is_empty() {
            return Err(Violation::cut(answer.data.len()));
        }
    }
    Ok(messages)
}

/// Interim answers and the final one of a stream.
fn messages_of(answer: &Answer, method: &[u8]) -> Result<Vec<Message>, &'static str> {
    let mut messages: Vec<Message> = Vec::new();
    for fields in &answer.heads {
        let status = fields.first().filter(|(name, _)| name == b":status").map(|(_, value)| value);
        let fields = &fields[usize::from(status.is_some())..];
        check(fields)?;
        let lines = fields.iter().map(|(name, value)| line(name.clone(), value.clone())).collect();
        match (status, messages.last_mut()) {
            (Some(status), last) if last.as_ref().is_none_or(|last| last.head.is_interim()) => {
                messages.push(message(status, lines, method)?);
            }
            (None, Some(last)) if !last.head.is_interim() && last.trailers.is_empty() => last.trailers = lines,
            _ => return Err("a head where none belongs, or one without a status"),
        }
    }
    let Some(last) = messages.last_mut().filter(|last| !last.head.is_interim()) else { return Ok(messages) };
    last.content.clone_from(&answer.data);
    match last.head.framing {
        Framing::Length(length) if answer.ended && length != answer.data.len() as u64 => {
            Err("a length that is not that of the content")
        }
        Framing::Bodiless if !answer.data.is_empty() => Err("content where there is none"),
        _ => Ok(messages),
    }
}

fn message(status: &[u8], fields: Vec<Field>, method: &[u8]) -> Result<Message, &'static str> {
    let status: Option<u16> = std::str::from_utf8(status).ok().and_then(|status| status.parse().ok());
    let status = status.filter(|status| (100..=999).contains(status)).ok_or("a status that is no number")?;
    let start = Start::Status { minor: 1, status, reason: Vec::new() };
    let length = fields.iter().find(|field| field.is("content-length")).map(|field| field.value.clone());
    let length = length.map(|value| std::str::from_utf8(&value).ok().and_then(|value| value.parse().ok()));
    let bodiless = status < 200 || [204, 304].contains(&status) || method == b"HEAD";
    let framing = match length {
        _ if bodiless => Framing::Bodiless,
        Some(length) => Framing::Length(length.ok_or("a length that is no number")?),
        None => Framing::Stream,
    };
    let head = Head { start, fields, framing };
    Ok(Message { head, content: Vec::new(), chunks: Vec::new(), trailers: Vec::new() })
}

/// What makes fields malformed (section 8.2).
fn check(fields: &[hpack::Field]) -> Result<(), &'static str> {
    for (name, value) in fields {
        let is_token =
            |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(byte);
        if name.is_empty() || !name.iter().all(is_token) {
            return Err("a name that is no token in lower case");
        }
        if OF_CONNECTIONS.contains(&name.as_slice()) {
            return Err("a field of a connection");
        }
        if value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') || value.trim_ascii() != value {
            return Err("a value with a control character or with white space around it");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::grammar::{self, Hop};

    fn asked() -> Vec<Message> {
        grammar::requests(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", Hop::Inbound).expect("a request")
    }

    fn answer(heads: &[&[(&str, &str)]], data: &str) -> Result<Vec<Message>, Violation> {
        let field = |(name, value): &(&str, &str)| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        let heads = heads.iter().map(|head| head.iter().map(field).collect()).collect();
        let answer = Answer { heads, data: data.as_bytes().to_vec(), ended: true, reset: None };
        let mut conversation = Conversation::default();
        conversation.answers.insert(1, answer);
        answers(&conversation, &asked())
    }

    #[test]
    fn interim_answers_and_trailers_belong_to_an_answer() {
        let heads: [&[(&str, &str)]; 3] = [&[(":status", "103")], &[(":status", "200"), ("a", "1")], &[("t", "2")]];
        let read = answer(&heads, "ok").expect("an answer");
        assert_eq!(read.iter().map(|message| message.head.status()).collect::<Vec<_>>(), [103, 200]);
        assert_eq!((read[1].content.as_slice(), read[1].head.framing), (&b"ok"[..], Framing::Stream));
        assert_eq!(read[1].trailers, [line(b"t".to_vec(), b"2".to_vec())]);
    }

    #[test]
    fn what_is_malformed_is_no_answer() {
        let ok = (":status", "200");
        for (heads, data) in [
            (&[&[("a", "1")][..]][..], ""),
            (&[&[ok], &[ok]], ""),
            (&[&[ok, ok]], ""),
            (&[&[ok], &[("a", "1")], &[("b", "1")]], ""),
            (&[&[(":status", "99")]], ""),
            (&[&[ok, ("A", "1")]], ""),
            (&[&[ok, ("", "1")]], ""),
            (&[&[ok, ("a", " 1")]], ""),
            (&[&[ok, ("a", "1\r\n")]], ""),
            (&[&[ok, ("connection", "close")]], ""),
            (&[&[ok, ("transfer-encoding", "chunked")]], ""),
            (&[&[ok, (":path", "/")]], ""),
            (&[&[ok, ("content-length", "3")]], "ok"),
            (&[&[(":status", "204")]], "ok"),
        ] {
            assert!(answer(heads, data).is_err(), "{heads:?}");
        }
        let mut cut = Conversation::default();
        cut.answers
            .insert(1, Answer { heads: vec![vec![(b":status".to_vec(), b"200".to_vec())]], ..Answer::default() });
        assert!(answers(&cut, &asked()).is_err_and(|violation| violation.is_cut()));
    }
}
