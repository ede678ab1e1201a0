//! The scanner against messages that are known, and against hyper.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::sample::select;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::*;

/// Requests, with how hyper frames their bodies and what is wrong with them.
const REQUESTS: [(&str, Option<u64>, Option<Fault>); 14] = [
    ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", Some(0), None),
    ("\r\n\n\r\nGET / HTTP/1.1\nHost: h\n\n", Some(0), None),
    ("A#B / HTTP/1.1\r\nHost: h\r\nX: #\r\n\r\n", Some(0), None),
    ("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", Some(0), Some(Fault::Fragment)),
    ("A#B /# HTTP/1.1\r\n\r\n", Some(0), Some(Fault::Fragment)),
    ("OPTIONS http://h HTTP/1.1\r\nHost: h\r\n\r\n", Some(0), Some(Fault::Asterisk)),
    ("OPTIONS http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", Some(0), None),
    ("OPTIONS /a://b HTTP/1.1\r\nHost: h\r\n\r\n", Some(0), None),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 13\r\n\r\nGET /# HTTP/1", Some(13), None),
    ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", None, None),
    ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4 ;\t\"\u{e9}\r\n;\0\r\n\r\n00\r\n\r\n", None, None),
    (
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\n01234567890123456789abcdef\r\n0\r\nX: #\r\n\r\n",
        None,
        None,
    ),
    ("POST /# HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", None, Some(Fault::Fragment)),
    ("HEAD /?a HTTP/1.0\r\n\r\n", Some(0), None),
];

/// How many field lines the head of a message has.
fn fields(text: &str) -> usize {
    let lines = text.trim_start_matches(['\r', '\n']).lines();
    lines.skip(1).take_while(|line| !line.is_empty()).count()
}

/// Feeds the scanner with bytes, and calls it as hyper does. Returns what was wrong with each request.
fn scanned(parts: &[&[u8]], requests: &[(&str, Option<u64>, Option<Fault>)]) -> Vec<Option<Fault>> {
    let (mut scanner, mut found) = (Scanner::new(), Vec::new());
    for part in parts {
        scanner.read(part).expect("no extension");
        while matches!(scanner.state, State::Head | State::Whole(_)) {
            let (text, length, _) = requests[found.len()];
            found.push(scanner.begin(fields(text), length));
        }
    }
    found
}

#[test]
fn every_request_of_many_is_followed_wherever_they_are_cut() {
    for (first, second) in REQUESTS.iter().flat_map(|one| REQUESTS.iter().map(move |other| (one, other))) {
        let requests = [*first, *second, REQUESTS[0]];
        let text = requests.map(|(text, ..)| text).concat();
        let faults = requests.map(|(.., fault)| fault);
        for cut in 0..=text.len() {
            let (head, rest) = text.as_bytes().split_at(cut);
            assert_eq!(scanned(&[head, rest], &requests), faults, "{text:?} cut at {cut}");
        }
        let bytes: Vec<_> = text.as_bytes().chunks(1).collect();
        assert_eq!(scanned(&bytes, &requests), faults, "{text:?}");
    }
}

#[test]
fn an_extension_with_a_control_character_is_an_error_wherever_it_is_cut() {
    let head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for byte in (0..=255).filter(|byte| !matches!(byte, b'\r' | b'\n')) {
        let body = [b"1\r\na\r\n0;a", &[byte][..], b"\r\n\r\n"].concat();
        let wanted = (byte < b' ' && byte != b'\t' || byte == 0x7f).then_some(Fault::Extension);
        for cut in 0..=body.len() {
            let mut scanner = Scanner::new();
            scanner.read(&[head, &body[..cut]].concat()).expect("a head");
            let (begun, rest) = (scanner.begin(1, None), scanner.read(&body[cut..]));
            let found = begun.or(rest.err().map(|error| {
                assert_eq!(error.kind(), io::ErrorKind::InvalidData);
                Fault::Extension
            }));
            assert_eq!(found, wanted, "{byte:#x} cut at {cut}");
        }
    }
}

/// What most requests are: a head that has come in one piece, of which no line is looked at.
#[test]
fn a_whole_head_is_known_by_its_lines() {
    let mut scanner = Scanner::new();
    for _ in 0..3 {
        scanner.read(REQUESTS[0].0.as_bytes()).expect("a head");
        assert_eq!((scanner.state, scanner.behind.len()), (State::Whole(3), REQUESTS[0].0.len()));
        assert_eq!(scanner.begin(1, Some(0)), None);
        assert_eq!((scanner.state, scanner.behind.len()), (State::Start, 0));
    }
    // As many lines, but not those of one head.
    scanner.read(b"GET / HTTP/1.1\r\n\r\n\n\r\n").expect("a head");
    assert_eq!(scanner.begin(0, Some(0)), None);
    assert_eq!(scanner.state, State::Start);
}

#[test]
fn nothing_is_kept_of_what_has_been_read() {
    let mut scanner = Scanner::new();
    let pipeline = REQUESTS[0].0.repeat(1000);
    scanner.read(pipeline.as_bytes()).expect("heads");
    for left in (0..1000).rev() {
        assert_eq!(scanner.begin(1, Some(0)), None);
        // The last head has been read, and waits for hyper.
        assert_eq!(scanner.behind.is_empty(), left <= 1);
    }
    assert!(scanner.behind.capacity() <= SPARE && scanner.line.capacity() == 0 && scanner.done == 0);
}

/// Parts of what a client sends; writing goes nowhere.
struct Parts {
    left: VecDeque<Vec<u8>>,
    scanner: Rc<RefCell<Scanner>>,
}

impl AsyncRead for Parts {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Some(mut part) = self.left.pop_front() else { return Poll::Ready(Ok(())) };
        let rest = part.split_off(part.len().min(buffer.remaining()));
        if !rest.is_empty() {
            self.left.push_front(rest);
        }
        buffer.put_slice(&part);
        Poll::Ready(self.scanner.borrow_mut().read(&part))
    }
}

impl AsyncWrite for Parts {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What was wrong with each request that hyper found in these parts.
async fn served(parts: Vec<Vec<u8>>) -> Vec<Option<Fault>> {
    let scanner = Rc::new(RefCell::new(Scanner::new()));
    let found = Rc::new(RefCell::new(Vec::new()));
    let service = service_fn(|request: Request<Incoming>| {
        found
            .borrow_mut()
            .push(scanner.borrow_mut().begin(request.headers().len(), request.body().size_hint().exact()));
        async move {
            let _whole = request.into_body().collect().await;
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }
    });
    let parts = Parts { left: parts.into(), scanner: scanner.clone() };
    let mut builder = hyper::server::conn::http1::Builder::new();
    // Whether it ends in order is hyper's business.
    let _ = builder.half_close(true).serve_connection(TokioIo::new(parts), service).await;
    found.take()
}

fn piece() -> impl Strategy<Value = String> {
    let whole = select(REQUESTS.map(|(text, ..)| text.to_owned()).to_vec());
    let scrap = select(vec![
        "GET / HTTP/1.1\r\n",
        "POST /#",
        " HTTP/1.1\n",
        "\r\n",
        "\n",
        "\r",
        "Host: h\r\n",
        "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Connection: close\r\n",
        "Content-Length: 0\r\nContent-Length: 0\r\n",
        "Upgrade: x\r\n",
        "Expect: 100-continue\r\n",
        "abc",
        "3\r\nabc\r\n",
        "3;a=b\r\nabc\r\n",
        "3 ;\0\r\n",
        "ffffffffffffffff",
        "0\r\n",
        "0\r\nX: y\r\n\r\n",
        " ",
    ]);
    prop_oneof![3 => whole, 2 => scrap.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)]
}

proptest! {
    #[test]
    fn hyper_agrees_about_where_requests_begin(
        pieces in vec(piece(), 1..12),
        size in prop_oneof![1..40_usize, Just(usize::MAX)],
    ) {
        let bytes = pieces.concat().into_bytes();
        let parts = bytes.chunks(size).map(<[u8]>::to_vec).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let found = runtime.block_on(served(parts));
        assert!(!found.contains(&Some(Fault::Lost)), "{:?}: {found:?}", bytes.escape_ascii().to_string());
        // `#` behind a method is seen wherever it is one.
        assert!(bytes.contains(&b'#') || !found.contains(&Some(Fault::Fragment)));
    }
}
