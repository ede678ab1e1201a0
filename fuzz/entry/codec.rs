//! Bytes of one message through the HTTP/1 codec, against hyper, the oracle, and the codec itself.
//!
//! The first byte says whether they are a response, whether that answers HEAD, and whether hyper is left out, which is slow. The
//! second byte is the seed of the sizes in which the bytes come. The rest is the input of the connection; behind a response it ends.
//!
//! - However the input is cut, the same message comes out of it.
//! - What the codec accepts, hyper accepts, as the same message; and so does the oracle, save for rules that are not the codec's:
//!   about `Host` and the form of the target, which `message` has, lengths that do not count, the grammar of chunk extensions, which
//!   are skipped, and framing fields among trailers, which never pass.
//! - What hyper accepts and the codec refuses is a bare LF as line end, a fragment, framing that reads two ways (two codings, one that
//!   is not `chunked`, a length of 19 digits, `5` and `05`, both in a response, either where no body follows), a chunk size of 17
//!   digits or more than 2^63, control characters in chunk extensions, and 16 KiB of trailers or white space behind chunk sizes.
//! - What the oracle accepts and the codec refuses is a target that `http::Uri` refuses, and what exceeds a limit.
//! - Written by the codec, in pieces of any size, the message is read as the same.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use fngate::conformance::grammar::{self, Hop};
use fngate::http1::body::{BodyError, BodyReader, Piece, trailer_fields};
use fngate::http1::head::{self, HeadError, HeadLimits, Progress, Version, with_slots};
use fngate::http1::{Buffer, Framing, FramingError, MessageWriter, Target};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf, duplex};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

const IS_RESPONSE: u8 = 1;
const IS_TO_HEAD: u8 = 2;
const WITHOUT_HYPER: u8 = 4;

/// The configuration's defaults.
const LIMITS: HeadLimits = HeadLimits { bytes: 64 << 10, fields: 100 };

/// Rules of the oracle that are not the codec's.
const NOT_OF_THE_CODEC: [&str; 8] = [
    "a request target in no known form",
    "an invalid Host",
    "no Host",
    "more than one Host",
    "more than one Content-Length",
    "both Content-Length and Transfer-Encoding",
    "a malformed chunk extension",
    "a framing field in a trailer section",
];

thread_local!(static RUNTIME: Runtime =
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime"));

/// Fields by their names in lower case.
type Fields = BTreeMap<String, Vec<Vec<u8>>>;

/// Whose bytes they are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Client,
    Function { request_is_head: bool },
}

#[derive(Clone, Debug, PartialEq)]
enum Start {
    Request { method: String, target: String },
    Response { status: u16, reason: Vec<u8> },
}

#[derive(Clone, Debug, PartialEq)]
struct Message {
    start: Start,
    version: Version,
    fields: Fields,
    framing: Framing,
    content: Vec<u8>,
    trailers: Fields,
}

#[derive(Clone, Debug, PartialEq)]
enum Refusal {
    Head(HeadError),
    Framing(FramingError),
    Body(BodyError),
}

/// What the codec makes of an input.
#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    /// With the place where it begins, behind empty lines and interim responses, and where it ends.
    Message(Box<Message>, std::ops::Range<usize>),
    Refused(Refusal),
    /// More bytes are needed.
    Unfinished,
}

pub(crate) fn run(data: &[u8]) {
    let [flags, seed, bytes @ ..] = data else { return };
    let side = match flags & IS_RESPONSE {
        0 => Side::Client,
        _ => Side::Function { request_is_head: flags & IS_TO_HEAD != 0 },
    };
    let whole = read(bytes, side, 0);
    let cut = read(bytes, side, *seed);
    match (&whole, &cut) {
        (Outcome::Message(..), _) | (_, Outcome::Message(..)) => assert_eq!(whole, cut, "{}", bytes.escape_ascii()),
        _ => {}
    }
    judge(&whole, bytes, side);
    if let Outcome::Message(message, _) = &whole {
        write_again(message, side, *seed);
    }
    if flags & WITHOUT_HYPER == 0 {
        compare(&whole, bytes, side);
    }
}

/// Input in pieces of sizes that a seed gives, or at once.
struct Input<'a> {
    left: &'a [u8],
    sizes: Sizes,
}

struct Sizes(u32);

impl Sizes {
    fn next(&mut self) -> usize {
        if self.0 == 0 {
            return usize::MAX;
        }
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) | 1;
        let size = self.0 >> 16;
        if size & 3 == 0 { (size >> 2) as usize % 700 + 1 } else { (size >> 2) as usize % 7 + 1 }
    }
}

impl AsyncRead for Input<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let size = self.sizes.next();
        let (now, left) = self.left.split_at(size.min(self.left.len()).min(buffer.remaining()));
        buffer.put_slice(now);
        self.left = left;
        Poll::Ready(Ok(()))
    }
}

/// What the codec reads, and how much of it has been consumed.
struct Reader<'a> {
    input: Input<'a>,
    buffer: Buffer,
    consumed: usize,
}

impl Reader<'_> {
    /// Whether there was anything more.
    fn fill(&mut self) -> bool {
        let filled = self.buffer.poll_fill(&mut self.input, &mut Context::from_waker(Waker::noop()), 64 << 10);
        let Poll::Ready(Ok(count)) = filled else { panic!("the input never waits") };
        count > 0
    }

    fn consume(&mut self, count: usize) {
        self.buffer.consume(count);
        self.consumed += count;
    }
}

fn read(bytes: &[u8], side: Side, seed: u8) -> Outcome {
    let input = Input { left: bytes, sizes: Sizes(u32::from(seed)) };
    let mut reader = Reader { input, buffer: Buffer::take(), consumed: 0 };
    loop {
        let mut message = match read_head(&mut reader, side) {
            Ok(Some(message)) => message,
            Ok(None) => return Outcome::Unfinished,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        if matches!(message.0.start, Start::Response { status: 100 | 102..=199, .. }) {
            continue;
        }
        return match read_body(&mut reader, &mut message.0, side) {
            Ok(true) => Outcome::Message(message.0, message.1..reader.consumed),
            Ok(false) | Err(BodyError::Incomplete) => Outcome::Unfinished,
            Err(error) => Outcome::Refused(Refusal::Body(error)),
        };
    }
}

/// Reads a head. With it comes the place where it begins.
fn read_head(reader: &mut Reader<'_>, side: Side) -> Result<Option<(Box<Message>, usize)>, Refusal> {
    let mut progress = Progress::default();
    loop {
        let found = with_slots(LIMITS.fields, |slots| match side {
            Side::Client => {
                let Some(head) = head::request(&reader.buffer, LIMITS, &mut progress, slots).map_err(Refusal::Head)?
                else {
                    return Ok(None);
                };
                Target::parse(head.target).map_err(Refusal::Head)?;
                let framing = Framing::of_request(head.version, head.fields).map_err(Refusal::Framing)?;
                let start = Start::Request { method: head.method.to_owned(), target: head.target.to_owned() };
                let fields = fields(head.fields.iter().map(|field| (field.name, field.value)));
                Ok(Some((start, head.version, fields, framing.framing, head.length)))
            }
            Side::Function { request_is_head } => {
                let Some(head) = head::response(&reader.buffer, LIMITS, &mut progress, slots).map_err(Refusal::Head)?
                else {
                    return Ok(None);
                };
                let framing = match head.status {
                    // Nobody asks how an interim response is framed.
                    100 | 102..=199 => Framing::None,
                    _ => Framing::of_response(head.status, head.version, request_is_head, head.fields)
                        .map_err(Refusal::Framing)?,
                };
                let start = Start::Response { status: head.status, reason: head.reason.to_vec() };
                let fields = fields(head.fields.iter().map(|field| (field.name, field.value)));
                Ok(Some((start, head.version, fields, framing, head.length)))
            }
        })?;
        if let Some((start, version, fields, framing, length)) = found {
            let empty = reader.buffer.chunks(2).take_while(|line| *line == b"\r\n").count() * 2;
            let begin = reader.consumed + empty;
            reader.consume(length);
            let (content, trailers) = Default::default();
            return Ok(Some((Box::new(Message { start, version, fields, framing, content, trailers }), begin)));
        }
        if !reader.fill() {
            return Ok(None);
        }
    }
}

/// Reads a body. Says whether it is whole.
fn read_body(reader: &mut Reader<'_>, message: &mut Message, side: Side) -> Result<bool, BodyError> {
    let mut body = BodyReader::new(message.framing);
    loop {
        let (count, piece) = body.next(&reader.buffer)?;
        match piece {
            Piece::Data(data) => {
                assert!(!data.is_empty(), "a piece without content");
                // Not all of it is taken at once.
                let used = data.len().min(reader.input.sizes.next());
                message.content.extend_from_slice(&data[..used]);
                body.used(used);
                reader.consume(count + used);
            }
            Piece::More => {
                reader.consume(count);
                let has_ended = !reader.fill();
                if has_ended && side == Side::Client {
                    return Ok(false);
                }
                if has_ended {
                    body.end_of_input()?;
                }
            }
            Piece::End { trailers } => {
                let mut slots = [httparse::EMPTY_HEADER; 100];
                let read = trailer_fields(trailers, &mut slots)?;
                message.trailers = fields(read.iter().map(|field| (field.name, field.value)));
                reader.consume(count);
                assert!(body.is_over(), "over, and not over");
                return Ok(true);
            }
        }
    }
}

fn fields<'a>(fields: impl Iterator<Item = (&'a str, &'a [u8])>) -> Fields {
    let mut grouped = Fields::new();
    for (name, value) in fields {
        grouped.entry(name.to_ascii_lowercase()).or_default().push(value.to_vec());
    }
    grouped
}

fn fields_of(map: &HeaderMap) -> Fields {
    fields(map.iter().map(|(name, value)| (name.as_str(), value.as_bytes())))
}

/// Asks the oracle.
fn judge(outcome: &Outcome, bytes: &[u8], side: Side) {
    let ask = |bytes: &[u8]| match side {
        Side::Client => grammar::request(bytes, Hop::Inbound),
        Side::Function { request_is_head } => {
            grammar::answer(bytes, if request_is_head { b"HEAD" } else { b"GET" }, true, Hop::Inbound)
        }
    };
    match outcome {
        Outcome::Message(message, range) => match ask(&bytes[range.start..]) {
            Ok(Some((judged, length))) => {
                // To the oracle, all that follows a 101 is its body.
                if judged.head.status() != 101 {
                    assert_eq!(judged.content, message.content, "{}", bytes.escape_ascii());
                    assert_eq!(length, range.len(), "{range:?}: {}", bytes.escape_ascii());
                }
                let of = |fields: &[grammar::Field]| -> Vec<(String, Vec<u8>)> {
                    fields.iter().map(|field| (field.folded(), field.value.clone())).collect()
                };
                let grouped = |fields: &[(String, Vec<u8>)]| -> Fields {
                    self::fields(fields.iter().map(|(name, value)| (name.as_str(), value.as_slice())))
                };
                assert_eq!(grouped(&of(&judged.head.fields)), message.fields, "{}", bytes.escape_ascii());
                assert_eq!(grouped(&of(&judged.trailers)), message.trailers, "{}", bytes.escape_ascii());
            }
            Err(violation) if NOT_OF_THE_CODEC.contains(&violation.rule) => {}
            other => panic!("the codec accepts, and the oracle: {other:?}: {}", bytes.escape_ascii()),
        },
        Outcome::Refused(refusal) => {
            let is_limit = matches!(
                refusal,
                Refusal::Head(
                    HeadError::Target | HeadError::TargetTooLong | HeadError::TooManyFields | HeadError::TooLarge
                ) | Refusal::Body(
                    BodyError::TooManyTrailers | BodyError::TrailersTooLarge | BodyError::ExtensionsTooLarge
                )
            );
            // Interim responses are not skipped here.
            if let (false, Ok(Some((judged, _)))) = (is_limit, ask(bytes)) {
                assert!(judged.head.is_interim(), "refused: {refusal:?}: {}", bytes.escape_ascii());
            }
        }
        Outcome::Unfinished => {
            if let Ok(Some((judged, _))) = ask(bytes) {
                assert!(judged.head.is_interim(), "unfinished: {}", bytes.escape_ascii());
            }
        }
    }
}

/// Writes a message in pieces, and reads it.
fn write_again(message: &Message, side: Side, seed: u8) {
    let mut message = message.clone();
    if message.framing == Framing::Chunked {
        // It does not count, and in front of the coding it would have to be valid.
        message.fields.remove("content-length");
    }
    let mut sizes = Sizes(u32::from(seed).wrapping_mul(77));
    let mut out = Vec::new();
    let mut writer = MessageWriter::new();
    let mut head = writer.begin(message.framing);
    match &message.start {
        Start::Request { method, target } => head.request_line(method, target, message.version),
        Start::Response { status, reason } => head.status_line(message.version, *status, reason),
    }
    for (name, value) in message.fields.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)))
    {
        head.field(name.as_bytes(), value);
    }
    head.end();
    let (mut from, mut to) = (0, 0_usize);
    while from < message.content.len() {
        // More content comes, and some of it is written.
        to = to.saturating_add(sizes.next()).min(message.content.len());
        let pieces = writer.pieces(&message.content[from..to]);
        assert!(pieces.iter().all(|piece| !piece.is_empty()), "an empty piece");
        let bytes = pieces.iter().flat_map(|piece| piece.iter().copied()).collect::<Vec<_>>();
        let count = bytes.len().min(sizes.next());
        out.extend_from_slice(&bytes[..count]);
        from += writer.wrote(count);
    }
    let trailers = message.trailers.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    writer.finish(trailers.map(|(name, value)| (name.as_bytes(), value.as_slice())));
    while !writer.is_flushed() {
        let first = writer.pieces(&[]).first().map(|piece| piece.to_vec()).expect("something is pending");
        let count = first.len().min(sizes.next());
        out.extend_from_slice(&first[..count]);
        assert_eq!(writer.wrote(count), 0);
    }
    assert!(writer.is_complete(), "{message:?}");
    let read = read(&out, side, seed);
    let Outcome::Message(again, range) = read else { panic!("{read:?}: {}", out.escape_ascii()) };
    assert_eq!(*again, message, "{}", out.escape_ascii());
    assert_eq!(range, 0..out.len(), "{}", out.escape_ascii());
}

/// What hyper makes of an input.
enum Theirs {
    Request(http::request::Parts, Body),
    Response(http::response::Parts, Body),
    /// In the head.
    Failed(hyper::Error),
    Unfinished,
}

/// A body as hyper gives it.
#[derive(Default)]
struct Body {
    length: Option<u64>,
    content: Vec<u8>,
    trailers: Fields,
    /// Whether it is whole.
    is_whole: bool,
    error: Option<hyper::Error>,
}

fn compare(ours: &Outcome, bytes: &[u8], side: Side) {
    let theirs = RUNTIME.with(|runtime| {
        runtime.block_on(async {
            match side {
                Side::Client => serve(bytes).await,
                Side::Function { request_is_head } => ask(bytes, request_is_head).await,
            }
        })
    });
    let text = || bytes.escape_ascii().to_string();
    match (ours, theirs) {
        (Outcome::Message(message, _), Theirs::Request(parts, body)) => {
            let Start::Request { method, target } = &message.start else { panic!("no request") };
            assert_eq!(parts.method.as_str(), method, "{}", text());
            check_target(&parts.uri, target);
            assert_eq!(parts.version == http::Version::HTTP_11, message.version == Version::Http11, "{}", text());
            check_fields(&parts.headers, message);
            let length = match message.framing {
                Framing::None => Some(0),
                Framing::Length(length) => Some(length),
                Framing::Chunked | Framing::UntilClose => None,
            };
            assert_eq!(body.length, length, "{}", text());
            check_body(&body, message);
        }
        (Outcome::Message(message, _), Theirs::Response(parts, body)) => {
            let Start::Response { status, reason } = &message.start else { panic!("no response") };
            assert_eq!(parts.status.as_u16(), *status, "{}", text());
            let said = parts.extensions.get::<hyper::ext::ReasonPhrase>().map(hyper::ext::ReasonPhrase::as_bytes);
            let said = said.or(parts.status.canonical_reason().map(str::as_bytes)).unwrap_or_default();
            assert!(!reason.is_ascii() || said == reason, "{}", text());
            assert_eq!(parts.version == http::Version::HTTP_11, message.version == Version::Http11, "{}", text());
            check_fields(&parts.headers, message);
            check_body(&body, message);
        }
        (Outcome::Message(message, _), Theirs::Failed(error)) => panic!("{error:?}, and {message:?}: {}", text()),
        (Outcome::Message(message, _), Theirs::Unfinished) => panic!("hyper waits, and {message:?}: {}", text()),
        (Outcome::Refused(refusal), Theirs::Request(_, body) | Theirs::Response(_, body)) => {
            let is_stricter = match refusal {
                Refusal::Head(error) => matches!(error, HeadError::LineEnd | HeadError::Fragment),
                Refusal::Framing(_) => true,
                Refusal::Body(error) if body.is_whole => matches!(
                    error,
                    BodyError::ChunkSize
                        | BodyError::ChunkExtension
                        | BodyError::ExtensionsTooLarge
                        | BodyError::LineEnd
                        | BodyError::Trailers
                        | BodyError::TrailersTooLarge
                ),
                Refusal::Body(_) => true,
            };
            assert!(is_stricter, "{refusal:?}, which hyper accepts: {}", text());
        }
        (Outcome::Refused(Refusal::Head(refusal)), Theirs::Failed(error)) => {
            let is_too_large = matches!(refusal, HeadError::TooLarge | HeadError::TooManyFields);
            // A line end is looked at in the end.
            let is_same = error.is_parse_too_large() == is_too_large || *refusal == HeadError::LineEnd;
            assert!(is_same, "{refusal:?} and {error:?}: {}", text());
        }
        (Outcome::Unfinished, Theirs::Request(_, body) | Theirs::Response(_, body)) => {
            assert!(!body.is_whole, "the codec waits: {}", text());
        }
        (Outcome::Refused(_) | Outcome::Unfinished, Theirs::Failed(_) | Theirs::Unfinished) => {}
    }
}

fn check_target(theirs: &http::Uri, ours: &str) {
    let path = theirs.path_and_query().map(http::uri::PathAndQuery::as_str);
    match Target::parse(ours).expect("it was parsed") {
        Target::Origin(target) => {
            assert_eq!((theirs.scheme(), theirs.authority(), path), (None, None, Some(target)));
        }
        Target::Absolute { scheme, authority, path_and_query } => {
            assert!(theirs.scheme_str().is_some_and(|theirs| theirs.eq_ignore_ascii_case(scheme)), "{ours}");
            assert_eq!(theirs.authority().map(http::uri::Authority::as_str), Some(authority), "{ours}");
            let path = path.unwrap_or_default();
            let is_same = path == path_and_query || path.strip_prefix('/') == Some(path_and_query);
            assert!(is_same, "{path} and {ours}");
        }
        Target::Asterisk => assert_eq!(path, Some("*")),
        Target::Authority(authority) => {
            assert_eq!(
                (theirs.scheme(), theirs.authority().map(http::uri::Authority::as_str)),
                (None, Some(authority))
            );
        }
    }
}

/// Compares the fields. Of equal lengths hyper keeps one in a request, and of those beside a coding none.
fn check_fields(theirs: &HeaderMap, ours: &Message) {
    let (mut theirs, mut fields) = (fields_of(theirs), ours.fields.clone());
    let (their_length, our_length) = (theirs.remove("content-length"), fields.remove("content-length"));
    if ours.framing != Framing::Chunked {
        assert_eq!(their_length.map(|lines| lines[0].clone()), our_length.map(|lines| lines[0].clone()));
    }
    assert_eq!(theirs, fields);
}

fn check_body(theirs: &Body, ours: &Message) {
    assert!(theirs.is_whole, "{:?} and {ours:?}", theirs.error);
    assert_eq!(theirs.content.escape_ascii().to_string(), ours.content.escape_ascii().to_string());
    assert_eq!(theirs.trailers, ours.trailers);
}

/// Has hyper read a request.
async fn serve(bytes: &[u8]) -> Theirs {
    let (mut client, served) = duplex(1 << 20);
    let found = Rc::new(RefCell::new(None));
    let service = {
        let found = found.clone();
        hyper::service::service_fn(move |request: Request<Incoming>| {
            let found = found.clone();
            Box::pin(async move {
                let (parts, body) = request.into_parts();
                if found.borrow().is_none() {
                    found.replace(Some((parts, Body::default())));
                    let body = collect(body).await;
                    found.borrow_mut().as_mut().expect("it was put there").1 = body;
                }
                Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
            })
        })
    };
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.preserve_header_case(true).max_header_size(LIMITS.bytes).max_buf_size(LIMITS.bytes);
    client.write_all(bytes).await.expect("there is room");
    let mut connection = builder.serve_connection(TokioIo::new(served), service);
    let ended = timeout(Duration::from_secs(1), std::future::poll_fn(|cx| connection.poll_without_shutdown(cx))).await;
    match (found.take(), ended) {
        (Some((parts, body)), _) => Theirs::Request(parts, body),
        (None, Ok(Err(error))) => Theirs::Failed(error),
        (None, _) => Theirs::Unfinished,
    }
}

/// Has hyper read a response.
async fn ask(bytes: &[u8], request_is_head: bool) -> Theirs {
    let (client, mut function) = duplex(1 << 20);
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.preserve_header_case(true).max_header_size(LIMITS.bytes).max_buf_size(LIMITS.bytes);
    let (mut sender, connection) = builder.handshake(TokioIo::new(client)).await.expect("a connection");
    let mut connection = Some(connection);
    let method = if request_is_head { "HEAD" } else { "GET" };
    let request = Request::builder().method(method).uri("/").header("host", "h").body(Empty::<Bytes>::new());
    let answer = async {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            function.read_buf(&mut request).await.expect("a request");
        }
        // hyper may be gone before it has read everything.
        let _ = function.write_all(bytes).await;
        let _ = function.shutdown().await;
    };
    let asking = async {
        match sender.send_request(request.expect("a request")).await {
            Ok(response) => {
                let (parts, body) = response.into_parts();
                Theirs::Response(parts, collect(body).await)
            }
            Err(error) => Theirs::Failed(error),
        }
    };
    let mut work = Box::pin(async { tokio::join!(asking, answer).0 });
    let both = std::future::poll_fn(|cx| {
        let ready = work.as_mut().poll(cx);
        if connection.as_mut().is_some_and(|connection| connection.poll_without_shutdown(cx).is_ready()) {
            connection = None;
        }
        if ready.is_pending() { work.as_mut().poll(cx) } else { ready }
    });
    timeout(Duration::from_secs(1), both).await.unwrap_or(Theirs::Unfinished)
}

async fn collect(mut incoming: Incoming) -> Body {
    let mut body = Body { length: hyper::body::Body::size_hint(&incoming).exact(), ..Body::default() };
    loop {
        match timeout(Duration::from_millis(500), incoming.frame()).await {
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => body.content.extend_from_slice(&data),
                Err(frame) => body.trailers = fields_of(frame.trailers_ref().expect("trailers")),
            },
            Ok(Some(Err(error))) => {
                body.error = Some(error);
                return body;
            }
            Ok(None) => {
                body.is_whole = true;
                return body;
            }
            Err(_elapsed) => return body,
        }
    }
}
