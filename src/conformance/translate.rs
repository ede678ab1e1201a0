//! Exchanges of the corpus in HTTP/2: what a client says there instead, and what it cannot say.

use std::collections::VecDeque;
use std::ops::Range;

use super::case::Case;
use super::compare::AUTHORITY;
use super::grammar::{self, Field, Framing, Head, Hop, Message};
use super::wire::Step;

/// What becomes of an exchange that has something which HTTP/2 cannot say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It is not played.
    LeftOut,
    /// It is played without that.
    Reworded,
}

/// All that HTTP/2 cannot say, and no more. `docs/transparency.md` says of each why.
pub const UNSAYABLE: [(Fate, &str); 10] = [
    (Fate::LeftOut, "absolute-target"),
    (Fate::LeftOut, "connection-field"),
    (Fate::LeftOut, "half-close"),
    (Fate::LeftOut, "old-version"),
    (Fate::Reworded, "chunk-lines"),
    (Fate::Reworded, "connection-te"),
    (Fate::Reworded, "host-field"),
    (Fate::Reworded, "letter-case"),
    (Fate::Reworded, "pipelining"),
    (Fate::Reworded, "white-space"),
];

/// Fields that are malformed in HTTP/2 (RFC 9113 section 8.2.2).
const OF_CONNECTIONS: [&str; 4] = ["connection", "keep-alive", "proxy-connection", "upgrade"];

/// What a client does next. Requests are numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Sends the head of a request; `true` says that nothing follows.
    Head(usize, bool),
    /// Sends content; `true` says that it ends here.
    Data(usize, Vec<u8>, bool),
    /// Sends the trailers.
    Trailers(usize),
    /// Goes on when this request has its answer.
    Answered(usize),
    /// Waits as in HTTP/1.
    Wait(Step),
}

/// An exchange in HTTP/2.
#[derive(Clone, Debug)]
pub struct Translated {
    /// The requests as they are said, `:authority` in the place of `Host`.
    pub requests: Vec<Message>,
    pub acts: Vec<Act>,
    /// What is not said.
    pub unsaid: Vec<&'static str>,
}

/// A piece of a request, and where in the bytes of HTTP/1 it is.
enum Piece {
    Head(usize, usize),
    Content(usize, Range<usize>),
    End(usize, usize),
}

/// Says an exchange in HTTP/2, whose requests are these.
///
/// # Errors
/// Why it is left out.
pub fn translate(case: &Case, asked: &[Message]) -> Result<Translated, &'static str> {
    if let Some(reason) = asked.iter().find_map(|request| left_out(&request.head)) {
        return Err(reason);
    }
    if case.client.contains(&Step::Finish) {
        return Err("half-close");
    }
    let raw = super::wire::sent(&case.client);
    let mut pieces = pieces(&raw);
    let requests: Vec<_> = asked.iter().map(said).collect();
    let mut acts = Vec::new();
    let mut place = 0;
    for step in &case.client {
        let Step::Send(bytes) = step else {
            acts.push(Act::Wait(step.clone()));
            continue;
        };
        place += bytes.len();
        emit(&mut acts, &mut pieces, &requests, (&raw, place));
    }
    let mut unsaid = unsaid(asked);
    let starts = acts.iter().filter(|act| matches!(act, Act::Head(..) | Act::Wait(Step::Received(_))));
    if starts.collect::<Vec<_>>().windows(2).any(|pair| matches!(pair, [Act::Head(..), Act::Head(..)])) {
        unsaid.push("pipelining");
        // Answers that are given in their order need requests that arrive in theirs.
        if !case.answers.is_empty() {
            acts = acts.into_iter().flat_map(in_turn).collect();
        }
    }
    Ok(Translated { requests, acts, unsaid })
}

fn in_turn(act: Act) -> Vec<Act> {
    match act {
        Act::Head(number, _) if number > 0 => vec![Act::Answered(number - 1), act],
        act => vec![act],
    }
}

fn left_out(head: &Head) -> Option<&'static str> {
    let is_said = |field: &Field| {
        let value = field.value.to_ascii_lowercase();
        match field.folded().as_str() {
            // `TE: trailers` is all that HTTP/2 has, and needs no `Connection` there.
            "te" => value == b"trailers",
            "connection" => value == b"te",
            name => !OF_CONNECTIONS.contains(&name),
        }
    };
    if head.minor() == 0 {
        Some("old-version")
    } else if !head.target().starts_with(b"/") && head.target() != b"*" {
        Some("absolute-target")
    } else if !head.fields.iter().all(is_said) {
        Some("connection-field")
    } else {
        None
    }
}

/// What is not said of requests that are not left out.
fn unsaid(asked: &[Message]) -> Vec<&'static str> {
    let any = |holds: &dyn Fn(&Field) -> bool| {
        asked.iter().flat_map(|request| request.head.fields.iter().chain(&request.trailers)).any(holds)
    };
    let padded = |field: &Field| field.line != [&field.name, &b": "[..], &field.value].concat();
    let mut unsaid = Vec::new();
    for (name, holds) in [
        ("chunk-lines", asked.iter().any(|request| request.head.framing == Framing::Chunked)),
        ("connection-te", any(&|field| field.is("connection"))),
        ("host-field", any(&|field| field.is("host"))),
        ("letter-case", any(&|field| field.name.iter().any(u8::is_ascii_uppercase))),
        ("white-space", any(&padded)),
    ] {
        unsaid.extend(holds.then_some(name));
    }
    unsaid
}

/// A request as it is said in HTTP/2.
fn said(request: &Message) -> Message {
    let field = |field: &Field| {
        let name = if field.is("host") { AUTHORITY.to_owned() } else { field.folded() };
        line(name.into_bytes(), field.value.clone())
    };
    let is_kept = |field: &&Field| !field.is("transfer-encoding") && !field.is("connection");
    let mut said = request.clone();
    said.head.fields = request.head.fields.iter().filter(is_kept).map(field).collect();
    said.trailers = request.trailers.iter().map(field).collect();
    said.chunks.clear();
    if said.head.framing == Framing::Chunked {
        said.head.framing = Framing::Stream;
    }
    said
}

/// A field as it would be written in HTTP/1.
#[must_use]
pub fn line(name: Vec<u8>, value: Vec<u8>) -> Field {
    let line = [&name, &b": "[..], &value].concat();
    Field { name, value, line }
}

/// The pieces of requests that have been read before.
fn pieces(raw: &[u8]) -> VecDeque<Piece> {
    let (mut pieces, mut start, mut number) = (VecDeque::new(), 0, 0);
    while let (Ok(Some((_, head))), Ok(Some((message, length)))) =
        (grammar::request_head(&raw[start..], Hop::Inbound), grammar::request(&raw[start..], Hop::Inbound))
    {
        let (mut at, end) = (start + head, start + length);
        pieces.push_back(Piece::Head(number, at));
        match message.head.framing {
            Framing::Chunked => {
                for chunk in &message.chunks {
                    at += chunk.digits.len() + chunk.extension.len() + 2;
                    pieces.push_back(Piece::Content(number, at..at + chunk.length));
                    at += chunk.length + 2;
                }
                pieces.push_back(Piece::End(number, end));
            }
            _ if at < end => pieces.push_back(Piece::Content(number, at..end)),
            _ => {}
        }
        (start, number) = (end, number + 1);
    }
    pieces
}

/// Takes what is complete when the bytes up to a place have been sent.
fn emit(acts: &mut Vec<Act>, pieces: &mut VecDeque<Piece>, requests: &[Message], (raw, place): (&[u8], usize)) {
    while let Some(piece) = pieces.pop_front() {
        match piece {
            Piece::Head(number, at) if at <= place => {
                let more =
                    matches!(pieces.front(), Some(Piece::Content(next, _) | Piece::End(next, _)) if *next == number);
                acts.push(Act::Head(number, !more));
            }
            Piece::Content(number, Range { start, end }) if start < place => {
                let upto = end.min(place);
                // What has no length says so at its end.
                let ends = upto == end && requests[number].head.framing != Framing::Stream;
                acts.push(Act::Data(number, raw[start..upto].to_vec(), ends));
                if upto < end {
                    pieces.push_front(Piece::Content(number, upto..end));
                }
            }
            Piece::End(number, at) if at <= place => {
                let plain = requests[number].trailers.is_empty();
                acts.push(if plain { Act::Data(number, Vec::new(), true) } else { Act::Trailers(number) });
            }
            later => return pieces.push_front(later),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(case: &Case) -> Result<Translated, &'static str> {
        let asked = grammar::requests(&super::super::wire::sent(&case.client), Hop::Inbound).expect("requests");
        translate(case, &asked)
    }

    #[test]
    fn bodies_come_as_they_are_sent() {
        let head = "POST / HTTP/1.1\r\nHost: h\r\n";
        let data = |bytes: &str, end| Act::Data(0, bytes.as_bytes().to_vec(), end);
        for (sent, acts) in [
            (vec!["\r\n"], vec![Act::Head(0, true)]),
            (vec!["Content-Length: 0\r\n\r\n"], vec![Act::Head(0, true)]),
            (
                vec!["Content-Length: 4\r\n\r", "\nab", "cd"],
                vec![Act::Head(0, false), data("ab", false), data("cd", true)],
            ),
            (
                vec!["Transfer-Encoding: chunked\r\n\r\n3;x\r\na", "bc\r\n0\r\n\r", "\n"],
                vec![Act::Head(0, false), data("a", false), data("bc", false), data("", true)],
            ),
            (
                vec!["Transfer-Encoding: chunked\r\n\r\n0\r\nX-T: 1\r\n\r\n"],
                vec![Act::Head(0, false), Act::Trailers(0)],
            ),
        ] {
            let case = sent.iter().fold(Case::new("").send(head), |case, part| case.send(part));
            assert_eq!(translated(&case).expect("sayable").acts, acts, "{sent:?}");
        }
    }

    #[test]
    fn what_cannot_be_said_is_named() {
        for (fields, expected) in [
            ("Host: h\r\n", Ok(vec!["host-field", "letter-case"])),
            ("host: h\r\nx:1\r\n", Ok(vec!["host-field", "white-space"])),
            ("host: h\r\nte: trailers\r\nconnection: TE\r\n", Ok(vec!["connection-te", "host-field"])),
            ("host: h\r\nte: gzip\r\n", Err("connection-field")),
            ("host: h\r\nconnection: close\r\n", Err("connection-field")),
        ] {
            let case = Case::new("").send(format!("GET / HTTP/1.1\r\n{fields}\r\n"));
            assert_eq!(translated(&case).map(|translated| translated.unsaid), expected, "{fields}");
        }
        for (request, reason) in [
            ("GET / HTTP/1.0\r\n\r\n", "old-version"),
            ("GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", "absolute-target"),
        ] {
            assert_eq!(translated(&Case::new("").send(request)).err(), Some(reason));
        }
    }

    #[test]
    fn requests_at_once_take_turns_only_for_answers_in_order() {
        let two = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
        let case = Case::new("").send(two);
        let [first, second] = [Act::Head(0, true), Act::Head(1, true)];
        let free = translated(&case).expect("sayable");
        assert_eq!((free.acts, free.unsaid.contains(&"pipelining")), (vec![first.clone(), second.clone()], true));
        let bound = translated(&case.answer("HTTP/1.1 204 No\r\n\r\n")).expect("sayable");
        assert_eq!(bound.acts, [first, Act::Answered(0), second]);
    }
}
