//! What takes long: peers that fall silent, and sessions that nobody needs.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::{LocalSet, spawn_local};

use super::super::allowance::Allowance;
use super::super::instance::Instance;
use super::*;
use crate::config::InstanceAddress;
use crate::telemetry::metrics::Metrics;

const PING: Duration = Duration::from_secs(20);

/// Where a worker may keep `idle` connections idle.
fn endpoint(idle: usize, ping_interval: Option<Duration>) -> Rc<Endpoint> {
    let function = Metrics::new().function("f");
    let address = InstanceAddress::H2c { host: "h".to_owned(), port: 80 };
    let instance = Arc::new(Instance::new(&address, None, &function));
    let settings = ConnectionSettings { ping_interval, ..ConnectionSettings::default() };
    Endpoint::new(instance, settings, function.shards.of(0), Allowance::new(idle))
}

/// A function that begins as it should and answers `answers` requests. Then it says nothing more.
async fn serve(stream: DuplexStream, answers: usize) {
    let mut connection = h2::server::handshake(stream).await.expect("a beginning");
    let mut held = Vec::new();
    for count in 0..=answers {
        let Some(Ok((_, mut respond))) = connection.accept().await else { return };
        if count == answers {
            held.push(respond);
            break;
        }
        respond.send_response(Response::new(()), true).expect("an open stream");
    }
    std::future::pending().await
}

async fn session(answers: usize, endpoint: &Rc<Endpoint>) -> Rc<Session> {
    let (near, far) = tokio::io::duplex(1 << 16);
    spawn_local(serve(far, answers));
    Session::open(Stream::of_http2(near), endpoint.clone()).await.expect("a session")
}

async fn ask(turn: Box<Turn>) -> Result<(Response<Incoming>, Box<Turn>), Failed<()>> {
    let request = Request::builder().uri("/").body(RequestBody::empty()).expect("a request");
    turn.exchange(request, &Lines::default(), || None).await
}

#[tokio::test(start_paused = true)]
async fn a_function_that_falls_silent_is_noticed_by_its_requests() {
    let work = async {
        let session = session(0, &endpoint(1, Some(PING))).await;
        let began = Instant::now();
        let failed = ask(session.turn().expect("a turn")).await.expect_err("no answer");
        assert!(matches!(failed.kind, FailedKind::Lost(ExchangeError::Closed(_))), "{failed:?}");
        let took = began.elapsed();
        assert!((PING..3 * PING).contains(&took), "{took:?}");
        assert!(session.turn().is_none());
    };
    LocalSet::new().run_until(work).await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_is_kept_for_a_minute() {
    let work = async {
        let endpoint = endpoint(1, Some(PING));
        let session = session(1, &endpoint).await;
        let (answer, turn) = ask(session.turn().expect("a turn")).await.expect("an answer");
        assert!(!endpoint.allowance.is_used_up());
        drop((answer, turn));
        assert!(endpoint.allowance.is_used_up());
        let idle = Instant::now();
        assert!(!session.is_expired(idle + KEEP - Duration::from_millis(1)));
        assert!(session.is_expired(idle + KEEP));
        drop(session);
        assert!(!endpoint.allowance.is_used_up());
    };
    LocalSet::new().run_until(work).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_for_which_there_is_no_allowance_is_not_kept() {
    let work = async {
        let session = session(1, &endpoint(0, Some(PING))).await;
        let (answer, turn) = ask(session.turn().expect("a turn")).await.expect("an answer");
        assert!(!session.is_retired());
        drop((answer, turn));
        assert!(session.is_retired());
    };
    LocalSet::new().run_until(work).await;
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
        let work = async {
            let (near, far) = tokio::io::duplex(1 << 16);
            let pings = Rc::new(Cell::new(0));
            spawn_local(count_pings(far, pings.clone()));
            let session = Session::open(Stream::of_http2(near), endpoint(1, interval)).await.expect("a session");
            let call = ask(session.turn().expect("a turn"));
            assert!(tokio::time::timeout(silence, call).await.is_err(), "the call goes on");
            assert_eq!(pings.get(), expected, "{interval:?}, {silence:?}");
        };
        LocalSet::new().run_until(work).await;
    }
}
