//! What functions do with streams, peers that fall silent, and connections that nobody needs.

use std::future::poll_fn;
use std::sync::Arc;

use h2::server::SendResponse;
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::{LocalSet, spawn_local};

use super::super::allowance::Allowance;
use super::super::instance::Instance;
use super::*;
use crate::config::InstanceAddress;
use crate::telemetry::metrics::Metrics;

const PING: Duration = Duration::from_secs(20);
const GET: Outgoing<'static> = Outgoing {
    head: b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
    framing: Framing::None,
    is_head: false,
    may_have_trailers: false,
};

/// Where a worker may keep `idle` connections idle.
fn endpoint(idle: usize, ping_interval: Option<Duration>) -> Rc<Endpoint> {
    let function = Metrics::new().function("f");
    let address = InstanceAddress::H2c { host: "h".to_owned(), port: 80 };
    let instance = Arc::new(Instance::new(&address, None, &function));
    let settings = ConnectionSettings { ping_interval, ..ConnectionSettings::default() };
    Endpoint::new(instance, settings, function.shards.of(0), Allowance::new(idle))
}

/// A connection to a function for each of whose requests `serve` is called.
async fn connection<F>(
    endpoint: &Rc<Endpoint>,
    mut serve: impl FnMut(Request<RecvStream>, SendResponse<Bytes>) -> F + 'static,
) -> Rc<Http2Connection>
where
    F: Future<Output = ()> + 'static,
{
    let (near, far) = tokio::io::duplex(1 << 16);
    spawn_local(async move {
        let mut connection = h2::server::handshake(far).await.expect("a beginning");
        while let Some(Ok((request, respond))) = connection.accept().await {
            spawn_local(serve(request, respond));
        }
    });
    Http2Connection::open(Stream::Echo(near), endpoint.clone()).await.expect("a connection")
}

/// A connection to a function that answers `answers` requests, and none after them.
async fn answering(answers: usize, endpoint: &Rc<Endpoint>) -> Rc<Http2Connection> {
    let mut count = 0;
    connection(endpoint, move |_, mut respond| {
        count += 1;
        let is_answered = count <= answers;
        async move {
            if is_answered {
                respond.send_response(Response::new(()), true).expect("an open stream");
            } else {
                std::future::pending().await
            }
        }
    })
    .await
}

/// What there is of a response.
#[derive(Debug, Default, PartialEq)]
struct Read {
    status: u16,
    framing: Option<Framing>,
    interim: Vec<u16>,
    body: Vec<u8>,
    trailers: Vec<(String, Vec<u8>)>,
    is_cut_off: bool,
}

/// Sends a request with this body and reads its response to the end.
async fn ask(stream: &mut Http2Stream, request: Outgoing<'_>, mut body: &[u8]) -> Result<Read, ExchangeError> {
    stream.begin(request)?;
    let (mut read, prefix) = (Read::default(), ReservedPrefix::default());
    read.status = poll_fn(|cx| {
        while !body.is_empty()
            && let Poll::Ready(sent) = stream.poll_send(cx, body)
        {
            body = &body[sent?..];
        }
        if body.is_empty() {
            stream.finish([]);
        }
        let Read { framing, interim, .. } = &mut read;
        stream.poll_head(cx, &prefix, |head, found| {
            *framing = Some(found);
            if head.status < 200 {
                interim.push(head.status);
            }
            (head.status >= 200).then_some(head.status)
        })
    })
    .await?;
    while read.framing != Some(Framing::None) {
        let count = poll_fn(|cx| match stream.poll_data(cx) {
            Poll::Ready(Ok(Part::Data(data))) => {
                read.body.extend_from_slice(data);
                Poll::Ready(Ok(data.len()))
            }
            Poll::Ready(Ok(Part::End)) => Poll::Ready(Ok(0)),
            Poll::Ready(Err(truncated)) => Poll::Ready(Err(truncated)),
            Poll::Pending => Poll::Pending,
        });
        match count.await {
            Ok(0) => break,
            Ok(count) => stream.consume(count),
            Err(Truncated) => {
                read.is_cut_off = true;
                return Ok(read);
            }
        }
    }
    let trailers = &mut read.trailers;
    read.is_cut_off = stream.trailers(|name, value| trailers.push((name.to_owned(), value.to_vec()))).is_err();
    Ok(read)
}

async fn get(stream: &mut Http2Stream) -> Result<Read, ExchangeError> {
    ask(stream, GET, b"").await
}

fn stream(connection: &Rc<Http2Connection>) -> Box<Http2Stream> {
    connection.stream().expect("a stream")
}

async fn local(work: impl Future<Output = ()>) {
    LocalSet::new().run_until(work).await;
}

/// Reads a body to its end. None if it breaks off.
async fn whole(mut body: RecvStream) -> Option<Vec<u8>> {
    let mut read = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.ok()?;
        let _ = body.flow_control().release_capacity(data.len());
        read.extend_from_slice(&data);
    }
    Some(read)
}

#[tokio::test(start_paused = true)]
async fn a_body_of_any_size_goes_both_ways() {
    local(async {
        let connection = connection(&endpoint(1, None), |request, mut respond| async move {
            let body = whole(request.into_body()).await.expect("a body");
            let mut sender = respond.send_response(Response::new(()), false).expect("an open stream");
            sender.send_data(body.into(), true).expect("an open stream");
        })
        .await;
        for length in [0, 1, PIECE, PIECE + 1, 1_000_000] {
            let sent: Vec<u8> = (0..=250).cycle().take(length).collect();
            for framing in [Framing::Chunked, Framing::Length(length as u64)] {
                let head = b"POST / HTTP/1.1\r\nHost: h\r\n\r\n";
                let read = ask(
                    &mut stream(&connection),
                    Outgoing { head, framing, is_head: false, may_have_trailers: false },
                    &sent,
                )
                .await;
                let read = read.expect("a response");
                assert_eq!(read.framing, Some(Framing::Chunked));
                assert!(read.body == sent, "{length} {framing:?}");
            }
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn framing_is_what_the_client_needs() {
    local(async {
        let connection = connection(&endpoint(1, None), |request, mut respond| async move {
            let words = request.uri().path().split('/').skip(1).collect::<Vec<_>>();
            let (length, is_over) = (words[1], words[2] == "over");
            let mut head = Response::builder().status(words[0]);
            if !length.is_empty() {
                head = head.header("content-length", length);
            }
            let mut sender = respond.send_response(head.body(()).expect("a head"), is_over).expect("an open stream");
            if !is_over {
                sender.send_data(Bytes::from_static(b"abc"), true).expect("an open stream");
            }
        })
        .await;
        for (line, framing) in [
            ("GET /200/3/", Some(Framing::Length(3))),
            ("GET /200/0/over", Some(Framing::Length(0))),
            ("GET /200//", Some(Framing::Chunked)),
            ("GET /200//over", Some(Framing::Length(0))),
            ("HEAD /200/3/over", Some(Framing::None)),
            ("GET /204//over", Some(Framing::None)),
            ("GET /304/3/over", Some(Framing::None)),
            ("GET /200/03/", Some(Framing::Length(3))),
            ("GET /101//over", None),
        ] {
            let head = format!("{line} HTTP/1.1\r\nHost: h\r\n\r\n");
            let is_head = line.starts_with("HEAD");
            let request = Outgoing { head: head.as_bytes(), framing: Framing::None, is_head, may_have_trailers: false };
            let read = ask(&mut stream(&connection), request, b"").await;
            assert_eq!(read.as_ref().ok().and_then(|read| read.framing), framing, "{line}: {read:?}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn interim_heads_and_trailers_are_shown() {
    local(async {
        let connection = connection(&endpoint(1, None), |_, mut respond| async move {
            let interim = |status: u16| Response::builder().status(status).body(()).expect("a head");
            // More than are read in one poll.
            (0..40).for_each(|_| respond.send_informational(interim(103)).expect("an open stream"));
            let mut sender = respond.send_response(Response::new(()), false).expect("an open stream");
            sender.send_data(Bytes::from_static(b"abc"), false).expect("an open stream");
            let trailers = HeaderMap::from_iter([(HeaderName::from_static("x-sum"), HeaderValue::from_static("7"))]);
            sender.send_trailers(trailers).expect("an open stream");
        })
        .await;
        let read = get(&mut stream(&connection)).await.expect("a response");
        assert_eq!((read.status, read.interim.len(), read.body.as_slice()), (200, 40, &b"abc"[..]));
        assert_eq!(read.trailers, [("x-sum".to_owned(), b"7".to_vec())]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_may_be_sent_again_with_the_first_piece_of_its_body() {
    local(async {
        let connection = connection(&endpoint(1, None), |request, mut respond| async move {
            let reason = if request.uri().path() == "/a" { Reason::REFUSED_STREAM } else { Reason::INTERNAL_ERROR };
            respond.send_reset(reason);
        })
        .await;
        let head = b"POST /a HTTP/1.1\r\nHost: h\r\n\r\n";
        let upload = Outgoing { head, framing: Framing::Length(1), is_head: false, may_have_trailers: false };
        let mut refused = stream(&connection);
        assert!(matches!(get(&mut refused).await, Err(ExchangeError::Unseen(_))));
        assert!(!refused.is_answered());
        drop(refused);
        // One piece of a body can be sent again; of more, the first is gone.
        let mut refused = stream(&connection);
        assert!(matches!(ask(&mut refused, upload, b"x").await, Err(ExchangeError::Unseen(_))));
        assert_eq!(refused.reclaim(), "x");
        drop(refused);
        // It gets one at a time from now on.
        assert_eq!(connection.limit(), 1);
        let other = Outgoing { head: b"GET /b HTTP/1.1\r\nHost: h\r\n\r\n", ..GET };
        let mut reset = stream(&connection);
        assert!(matches!(ask(&mut reset, other, b"").await, Err(ExchangeError::Closed(_))));
        assert!(reset.is_answered() && reset.is_reused());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_early_answer_is_read_all_the_same() {
    local(async {
        for reason in [Reason::NO_ERROR, Reason::CANCEL] {
            let connection = connection(&endpoint(1, None), move |_, mut respond| async move {
                let head = Response::builder().status(413).body(()).expect("a head");
                let mut sender = respond.send_response(head, true).expect("an open stream");
                tokio::time::sleep(Duration::from_secs(1)).await;
                sender.send_reset(reason);
            })
            .await;
            let head = b"POST / HTTP/1.1\r\nHost: h\r\n\r\n";
            let request = Outgoing { head, framing: Framing::Chunked, is_head: false, may_have_trailers: false };
            let mut stream = stream(&connection);
            let read = ask(&mut stream, request, &[b'x'; 1_000_000]).await.expect("a response");
            assert_eq!((read.status, read.is_cut_off), (413, false), "{reason:?}");
            // The rest is sent until it is reset, and thrown away then.
            let mut left = 1_000_000;
            while left > 0 {
                left -= poll_fn(|cx| stream.poll_send(cx, &vec![b'x'; left])).await.expect("taken");
            }
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_response_that_breaks_off_is_truncated() {
    local(async {
        for reason in [Reason::NO_ERROR, Reason::INTERNAL_ERROR] {
            let connection = connection(&endpoint(1, None), move |_, mut respond| async move {
                let mut sender = respond.send_response(Response::new(()), false).expect("an open stream");
                sender.send_data(Bytes::from_static(b"abc"), false).expect("an open stream");
                tokio::time::sleep(Duration::from_secs(1)).await;
                sender.send_reset(reason);
            })
            .await;
            let read = get(&mut stream(&connection)).await.expect("a head");
            assert_eq!((read.body.as_slice(), read.is_cut_off), (&b"abc"[..], true), "{reason:?}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_dropped_is_reset() {
    local(async {
        let reset = Rc::new(Cell::new(None));
        let connection = connection(&endpoint(1, None), {
            let reset = reset.clone();
            move |_, mut respond| {
                let reset = reset.clone();
                async move { reset.set(poll_fn(|cx| respond.poll_reset(cx)).await.ok()) }
            }
        })
        .await;
        let mut dropped = stream(&connection);
        assert!(tokio::time::timeout(Duration::from_secs(1), get(&mut dropped)).await.is_err());
        drop(dropped);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(reset.get(), Some(Reason::CANCEL));
        assert!(!connection.is_retired());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_request_for_no_authority_cannot_be_sent() {
    local(async {
        let connection = answering(1, &endpoint(1, None)).await;
        let request = Outgoing { head: b"GET / HTTP/1.1\r\nHost: a%41\r\n\r\n", ..GET };
        let failed = ask(&mut stream(&connection), request, b"").await;
        assert!(matches!(failed, Err(ExchangeError::Unsendable)), "{failed:?}");
        assert!(get(&mut stream(&connection)).await.is_ok());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_does_not_speak_http2_is_no_connection() {
    local(async {
        for begins_with in [&b""[..], b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"] {
            let (near, mut far) = tokio::io::duplex(1 << 16);
            far.write_all(begins_with).await.expect("written");
            if begins_with.is_empty() {
                drop(far);
            }
            let opened = Http2Connection::open(Stream::Echo(near), endpoint(1, None)).await;
            assert!(matches!(opened, Err(ConnectError::NotHttp2)));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_function_that_falls_silent_is_noticed_by_its_requests() {
    local(async {
        // It begins as it should, and reads nothing.
        let (near, mut far) = tokio::io::duplex(1 << 16);
        far.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.expect("written");
        let connection = Http2Connection::open(Stream::Echo(near), endpoint(1, Some(PING))).await.expect("begun");
        let began = Instant::now();
        let failed = get(&mut stream(&connection)).await.expect_err("no answer");
        assert!(matches!(failed, ExchangeError::Closed(_)), "{failed:?}");
        let took = began.elapsed();
        assert!((PING..3 * PING).contains(&took), "{took:?}");
        assert!(connection.stream().is_none());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_kept_for_a_minute() {
    local(async {
        let endpoint = endpoint(1, Some(PING));
        let connection = answering(1, &endpoint).await;
        let mut stream = stream(&connection);
        get(&mut stream).await.expect("an answer");
        assert!(!endpoint.allowance.is_used_up());
        drop(stream);
        assert!(endpoint.allowance.is_used_up());
        let idle = Instant::now();
        assert!(!connection.is_expired(idle + KEEP - Duration::from_millis(1)));
        assert!(connection.is_expired(idle + KEEP));
        drop(connection);
        assert!(!endpoint.allowance.is_used_up());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_for_which_there_is_no_allowance_is_not_kept() {
    local(async {
        let connection = answering(1, &endpoint(0, Some(PING))).await;
        let mut stream = stream(&connection);
        get(&mut stream).await.expect("an answer");
        assert!(!connection.is_retired());
        drop(stream);
        assert!(connection.is_retired());
    })
    .await;
}

/// A function that takes a request and never answers it, and counts the PINGs that it gets meanwhile.
async fn count_pings(mut stream: DuplexStream, pings: Rc<Cell<usize>>) {
    const ACK: u8 = 1;
    const SETTINGS: u8 = 4;
    const PING: u8 = 6;
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.expect("a preface");
    stream.write_all(&[0, 0, 0, SETTINGS, 0, 0, 0, 0, 0]).await.expect("written");
    let mut head = [0; 9];
    while stream.read_exact(&mut head).await.is_ok() {
        let length = usize::from(head[1]) << 8 | usize::from(head[2]);
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).await.expect("a whole frame");
        let (kind, flags) = (head[3], head[4]);
        if flags & ACK == 0 && (kind == SETTINGS || kind == PING) {
            pings.set(pings.get() + usize::from(kind == PING));
            let echoed = if kind == PING { &payload[..] } else { &[] };
            let length = if kind == PING { 8 } else { 0 };
            stream.write_all(&[0, 0, length, kind, ACK, 0, 0, 0, 0]).await.expect("written");
            stream.write_all(echoed).await.expect("written");
        }
    }
}

/// Servers of gRPC close a connection on which they get more than one PING in five minutes without data.
#[tokio::test(start_paused = true)]
async fn a_silent_call_sees_no_more_pings_than_a_peer_puts_up_with() {
    let minutes = |count: u64| Duration::from_secs(60 * count);
    for (interval, silence, expected) in [
        (Some(minutes(5)), Duration::from_secs(80), 0),
        (Some(minutes(5)), minutes(21), 4),
        (Some(Duration::from_secs(10)), Duration::from_secs(65), 6),
        (None, minutes(600), 0),
    ] {
        local(async {
            let (near, far) = tokio::io::duplex(1 << 16);
            let pings = Rc::new(Cell::new(0));
            spawn_local(count_pings(far, pings.clone()));
            let connection = Http2Connection::open(Stream::Echo(near), endpoint(1, interval)).await.expect("begun");
            let mut stream = stream(&connection);
            assert!(tokio::time::timeout(silence, get(&mut stream)).await.is_err(), "the call goes on");
            assert_eq!(pings.get(), expected, "{interval:?}, {silence:?}");
        })
        .await;
    }
}
