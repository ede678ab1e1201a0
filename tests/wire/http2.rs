//! Hostile requests of HTTP/2. Each is refused, or reaches a function of HTTP/1.1 in a form that nobody can misread; and whatever
//! it was, the next request on any connection gets its own answer.

mod bodies;
mod fields;
mod frames;
mod heads;
mod limits;
mod targets;
mod trailers;
mod tunnels;

use std::collections::BTreeSet;
use std::time::Duration;

use fngate::conformance::grammar::Message;
use fngate::conformance::wire::origin::{self, Log};
use fngate::conformance::wire::{End, PATIENCE, PROMPT};

use super::figures::{self, Findings};
use super::peer::hpack::Field;
use super::peer::{self, Answer, Client, DATA, END_HEADERS, END_STREAM, WHOLE, frame};
use super::stand::Stand;

/// How long a request that was taken back may need to the function.
const STRAY: Duration = Duration::from_millis(30);

/// What has to come of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// An error of the 400 class, or a reset of the stream or the end of the connection. Nothing reaches the function.
    Refused,
    /// Answered by the gateway itself; nothing reaches the function.
    Answered(u16),
    /// The same as refused, but the start of the request may have reached the function. Its end never does.
    Aborted,
    /// Reaches the function, once, and what it answers does not reach the client: this status does.
    Failed(u16),
    /// Reaches the function as one request that has these bytes.
    With(&'static str),
    /// Reaches the function as one request that does not.
    Without(&'static str),
    /// The same if it reaches the function before it turns out to be wrong, and if not, not.
    Harmless(&'static str),
}
use Verdict::{Aborted, Answered, Failed, Harmless, Refused, With, Without};

/// A hostile request: what it is, the bytes behind the client's preface, what has to come of it, and the section of RFC 9113 or of
/// the RFC that it names.
type Attack = (String, Vec<u8>, Verdict, &'static str);

/// Fields as tables have them: a character is a byte.
pub(crate) type Fields<'a> = &'a [(&'a str, &'a str)];

/// What came of the frames of one client, whose request is on stream 1.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    goaway: Option<u32>,
    pub(crate) end: Option<End>,
    /// Whole requests that the function received, without the canaries'.
    pub(crate) requests: Vec<Message>,
    /// Whether the function has received a part of a request whose rest never came.
    cut: bool,
    pub(crate) violations: Vec<String>,
}

/// Runs all attacks of a table, at once and byte by byte, and reports every violation.
#[track_caller]
fn run(stand: &Stand, attacks: &[Attack]) {
    // Other gateways are not compared in this.
    if figures::wanted() {
        return;
    }
    let mut findings = Findings::new("hostile requests of HTTP/2");
    for parts in [1, 500] {
        stand.send_in_parts(parts);
        for (name, bytes, verdict, section) in attacks {
            let violations = judge(*verdict, &send(stand, bytes, &[]));
            let place = |violation| format!("RFC {section}, in {parts} parts at most: {violation}");
            findings.add(name, violations.into_iter().map(place));
        }
    }
    findings.conclude();
    let names: BTreeSet<_> = attacks.iter().map(|(name, ..)| name).collect();
    assert_eq!(names.len(), attacks.len(), "two attacks have one name");
    let bytes: BTreeSet<_> = attacks.iter().map(|(_, bytes, ..)| bytes).collect();
    assert_eq!(bytes.len(), attacks.len(), "two attacks are the same");
}

/// Sends frames behind a preface and waits for what comes of them; then canaries on the same connection, if it is open, and on new
/// ones of either version. `answers` is what the function says; its own target, where that is too short.
pub(crate) fn send(stand: &Stand, bytes: &[u8], answers: &[origin::Answer]) -> Outcome {
    let log = stand.origin.log();
    let before = log.read(|log| (log.requests.len(), log.violations.len(), log.unfinished().count()));
    let mut client = Client::open(stand.address());
    stand.origin.expect(answers, client.wire.received());
    for part in stand.parts_of(bytes) {
        // A gateway may close before it has read everything.
        if !client.send(part) {
            break;
        }
    }
    let mut violations = Vec::new();
    if !client.wait(PATIENCE, |client| client.answer(1).is_over() || client.goaway.is_some() || client.end().is_some())
    {
        violations.push("no answer".to_owned());
    }
    if client.goaway.is_some() && !client.wait(PATIENCE, |client| client.end().is_some()) {
        violations.push("told to go away, and not closed".to_owned());
    }
    if client.answer(1).reset.is_some() {
        // A request that was taken back may be on its way all the same, and is not to be taken for one of the next attack.
        log.wait(STRAY, |log| log.requests.len() > before.0);
    }
    log.wait(PROMPT, Log::is_settled);
    let (requests, cut) = log.read(|log| {
        let requests: Vec<_> = log.requests[before.0..].iter().map(|(_, request)| request.clone()).collect();
        (requests, log.unfinished().count() > before.2)
    });
    let end = client.end();
    if end.is_none() {
        let lost = canary(stand, &mut client, 1001).err();
        // What follows an answer may be looked at behind it, and end the connection while the canary is on its way. The client has to
        // be told that nobody has done anything for it (RFC 9113 section 6.8).
        let untouched = client.last.is_some_and(|last| last < 1001) && client.answer(1001).heads.is_empty();
        violations.extend(lost.filter(|_| !untouched));
    }
    violations.extend(canary(stand, &mut Client::open(stand.address()), 1).err());
    violations.extend(stand.canary(&stand.client(), 0).err());
    violations.extend(log.read(|log| {
        let new = log.violations[before.1..].iter().map(|(_, violation)| format!("to the function: {violation}"));
        new.collect::<Vec<_>>()
    }));
    let answer = client.answer(1);
    violations.extend(client.faults.iter().map(|fault| format!("to the client: {fault}")));
    violations.extend(answer.heads.iter().enumerate().filter_map(|(number, head)| {
        let kind = if number > 0 && answer.status().is_some() && !is_first(head) { Kind::Trailers } else { Kind::Head };
        improper(head, kind).map(|what| format!("to the client: {what}: {head:?}"))
    }));
    Outcome { answer, goaway: client.goaway, end, requests, cut, violations }
}

/// Asks for something that nobody else asks for.
fn canary(stand: &Stand, client: &mut Client, stream: u32) -> Result<(), String> {
    let target = stand.next_canary();
    // No answers that an attack did not use up.
    stand.origin.expect(&[], client.wire.received());
    client.send(peer::request(stream, WHOLE, "GET", &target, &[]));
    client.wait(PATIENCE, |client| client.answer(stream).is_over());
    let answer = client.answer(stream);
    if answer.status() == Some(200) && answer.ended && answer.text() == target {
        Ok(())
    } else {
        Err(format!("{target} on stream {stream} got {answer:?}, then {:?}", client.end()))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Head,
    Trailers,
}

fn is_first(head: &[Field]) -> bool {
    head.first().is_some_and(|(name, _)| name == b":status")
}

/// What is wrong with the fields of an answer (sections 8.2 and 8.3.2).
fn improper(head: &[Field], kind: Kind) -> Option<&'static str> {
    let pseudo = head.iter().filter(|(name, _)| name.starts_with(b":")).count();
    let fits = |(name, value): &Field| {
        let is_token =
            |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(byte);
        let is_text = |byte: &u8| !byte.is_ascii_control() || *byte == b'\t';
        (name == b":status" || !name.is_empty() && name.iter().all(is_token))
            && value.iter().all(is_text)
            && value.trim_ascii() == value
    };
    let hops: [&[u8]; 5] = [b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"];
    if pseudo != usize::from(kind == Kind::Head) || is_first(head) != (kind == Kind::Head) {
        Some("pseudo-fields")
    } else if !head.iter().all(fits) {
        Some("a name or a value")
    } else if head.iter().any(|(name, _)| hops.contains(&name.as_slice())) {
        Some("a field of a connection")
    } else {
        None
    }
}

fn judge(verdict: Verdict, outcome: &Outcome) -> Vec<String> {
    let mut violations = outcome.violations.clone();
    let (status, reached) = (outcome.answer.status(), outcome.requests.len());
    let whole = outcome.answer.ended;
    let refused = status.is_some_and(|status| (400..500).contains(&status) && whole)
        || status.is_none() && (outcome.answer.reset.is_some() || outcome.end.is_some());
    let has = |part: &str| outcome.requests.iter().any(|request| contains(request, part.as_bytes()));
    let kept = match verdict {
        Refused => refused && reached == 0 && !outcome.cut,
        Answered(wanted) => status == Some(wanted) && whole && reached == 0 && !outcome.cut,
        Aborted => refused && reached == 0,
        Failed(wanted) => status == Some(wanted) && whole && reached == 1,
        With(part) => status == Some(200) && whole && reached == 1 && has(part),
        Without(part) => status == Some(200) && whole && reached == 1 && !has(part),
        Harmless(part) => (refused || status == Some(200) && whole) && reached <= 1 && !has(part),
    };
    if !kept {
        let requests: Vec<_> =
            outcome.requests.iter().map(|request| text(request).escape_ascii().to_string()).collect();
        let Outcome { answer, goaway, end, cut, .. } = outcome;
        let (reset, body) = (answer.reset, answer.text());
        violations.push(format!(
            "not {verdict:?}: status {status:?}, whole {whole}, reset {reset:?}, goaway {goaway:?}, end {end:?}, \
             reached {requests:?}, cut {cut}, {body}"
        ));
    }
    violations
}

/// The first line, the fields, the content and the trailers of a request.
fn text(request: &Message) -> Vec<u8> {
    let mut text = [request.head.method(), b" ", request.head.target()].concat();
    for field in request.head.fields.iter().chain(&request.trailers) {
        text.extend_from_slice(b"\r\n");
        text.extend_from_slice(&field.line);
    }
    [text.as_slice(), b"\r\n", &request.content].concat()
}

fn contains(request: &Message, part: &[u8]) -> bool {
    text(request).windows(part.len()).any(|window| window == part)
}

fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(character).expect("a byte")).collect()
}

/// A frame of HEADERS on stream 1.
fn headers(flags: u8, fields: Fields<'_>) -> Vec<u8> {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (latin(name), latin(value))).collect();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
    peer::head(1, flags, &fields)
}

/// The head of a request for `/attack` with more fields.
pub(crate) fn attack(flags: u8, method: &str, more: Fields<'_>) -> Vec<u8> {
    let pseudo = [(":method", method), (":scheme", "http"), (":path", "/attack"), (":authority", "h.example")];
    headers(flags, &[&pseudo, more].concat())
}

/// A frame of DATA on stream 1.
fn data(flags: u8, bytes: &str) -> Vec<u8> {
    frame(DATA, flags, 1, &latin(bytes))
}

/// An attack that is a field, or several, in a plain request.
fn line(name: &str, fields: Fields<'_>, verdict: Verdict, section: &'static str) -> Attack {
    (name.to_owned(), attack(WHOLE, "GET", fields), verdict, section)
}

/// An attack that is fields and a body.
fn body(name: &str, fields: Fields<'_>, bytes: &str, verdict: Verdict, section: &'static str) -> Attack {
    (name.to_owned(), [attack(END_HEADERS, "POST", fields), data(END_STREAM, bytes)].concat(), verdict, section)
}

/// An attack that is a whole head.
fn head(name: &str, fields: Fields<'_>, verdict: Verdict, section: &'static str) -> Attack {
    (name.to_owned(), headers(WHOLE, fields), verdict, section)
}
