//! Clients behind a link that is slow and never stops: every step that they take counts.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use rustls::version::{TLS12, TLS13};
use socket2::{Domain, Socket, Type};
use tokio::time::Instant;

use super::peer;
use super::support::client::{Client, request};
use super::support::gateway::{Gateway, simple};
use super::support::origin::Origin;
use super::support::tls::{Authority, TlsClient};
use super::support::{PATIENCE, eventually, pause};

/// How long a client may take nothing.
const IDLE: &str = "client_body_idle = \"800ms\"";
/// What the link lets through, so many times in a second, and for how long.
const SIP: usize = 4096;
const SIPS: u64 = 10;
const NARROW: Duration = Duration::from_secs(3);

const SHORT: usize = 10;

/// More than all buffers on the way take, and a byte that says where it is.
fn body(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at % 251).expect("small")).collect()
}

/// A function that answers with a body of this length, or with a short one to a POST, and does not ask for any.
fn large(length: usize) -> Origin {
    Origin::start(move |connection| {
        while let Some(request) = connection.reader.head()? {
            let length = if request.start.starts_with("POST") { SHORT } else { length };
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"))?;
            connection.send(body(length))?;
        }
        Ok(())
    })
}

/// A function that answers `GET /N` with N bytes.
fn of_any_length() -> Origin {
    Origin::start(|connection| {
        while let Some(request) = connection.reader.head()? {
            let length = request.start.split(['/', ' ']).nth(2).and_then(|number| number.parse().ok()).unwrap_or(0);
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"))?;
            connection.send(body(length))?;
        }
        Ok(())
    })
}

/// A socket for which the kernel takes as little in advance as it can.
fn small(address: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(2 * SIP).expect("an option");
    socket.connect(&address.parse::<SocketAddr>().expect("an address").into()).expect("the gateway listens");
    socket.into()
}

/// A link to the gateway for one connection: narrow at first, and then as wide as any.
fn link(gateway: &Gateway) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (address, target) =
        (listener.local_addr().expect("an address"), gateway.address.parse::<SocketAddr>().expect("an address"));
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept()?;
        let server = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        // Without it the kernel takes megabytes in advance, and tells the gateway of room in large pieces only.
        server.set_recv_buffer_size(2 * SIP)?;
        server.connect(&target.into())?;
        let mut server = TcpStream::from(server);
        let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
        std::thread::spawn(move || {
            std::io::copy(&mut from_client, &mut to_server)?;
            to_server.shutdown(Shutdown::Write)
        });
        let (begun, mut sip) = (Instant::now(), [0; SIP]);
        while begun.elapsed() < NARROW {
            let count = server.read(&mut sip)?;
            client.write_all(&sip[..count])?;
            pause(Duration::from_millis(1000 / SIPS));
        }
        std::io::copy(&mut server, &mut client)?;
        client.shutdown(Shutdown::Write)
    });
    address
}

#[test]
fn a_response_arrives_whole() {
    let length = 1 << 20;
    let origin = large(length);
    let gateway = Gateway::before(&origin, IDLE, "");
    let mut client = Client::connect(&link(&gateway).to_string());
    let begun = Instant::now();
    assert!(client.ask(request("GET /", &[])).body == body(length));
    assert!(begun.elapsed() > NARROW, "the link was narrow: {:?}", begun.elapsed());
}

#[test]
fn so_does_the_last_of_a_connection_behind_it() {
    let length = 1 << 20;
    let origin = large(length);
    let gateway = Gateway::before(&origin, IDLE, "");
    // Of the second, nobody sends the body that it announces: the function has not asked for it.
    for last in [&["Connection: close"][..], &["Content-Length: 9", "Expect: 100-continue"]] {
        let mut client = Client::connect(&link(&gateway).to_string());
        client.send(request("GET /", &[]) + &request("POST /", last));
        assert!(client.receive().body == body(length));
        assert!(client.receive().body == body(SHORT), "{last:?}");
        assert!(client.is_closed());
    }
}

/// A gateway whose first listener speaks TLS.
fn secure(origin: &Origin, authority: &Authority) -> Gateway {
    authority.issue("shop", &["shop.test"]);
    Gateway::with(&format!(
        "[[listener]]\naddress = \"127.0.0.1:0\"\n[listener.tls]\ncertificates = [{}]\n{}",
        authority.entry("shop"),
        simple(&origin.url(), IDLE, "", "")
    ))
}

#[test]
fn over_tls_too() {
    let length = 1 << 20;
    let (origin, authority) = (large(length), Authority::new("ca"));
    let gateway = secure(&origin, &authority);
    for version in [&TLS12, &TLS13] {
        let config = authority.client(None, &[version]);
        let mut client = TlsClient::connect(&link(&gateway).to_string(), "shop.test", &config).expect("a handshake");
        assert!(client.ask(request("GET /", &[])).expect("an answer").body == body(length), "{version:?}");
    }
}

#[test]
fn of_many_streams_that_wait_for_one_another_each_arrives_whole() {
    // What each hands over waits for longer than it may, had it only itself to blame.
    const STREAMS: u32 = 8;
    let length = 300_000;
    let origin = large(length);
    let gateway = Gateway::before(&origin, IDLE, "");
    let mut client = peer::Client::open(link(&gateway));
    let streams = || (0..STREAMS).map(|number| 2 * number + 1);
    let requests: Vec<u8> = streams().flat_map(|stream| peer::request(stream, peer::WHOLE, "GET", "/", &[])).collect();
    assert!(client.send(requests));
    let all = client.wait(PATIENCE, |client| client.ended() == STREAMS as usize);
    assert!(
        all,
        "{:?} {:?} {:?} {:?}",
        client.end(),
        client.goaway,
        streams().map(|stream| client.answer(stream).data.len()).collect::<Vec<_>>(),
        streams().map(|stream| client.answer(stream).reset).collect::<Vec<_>>()
    );
    assert!(streams().all(|stream| client.answer(stream).data == body(length)));
}

#[test]
fn who_takes_nothing_is_cut_in_time() {
    // More than what is on its way can hold.
    let (origin, authority) = (large(30 << 20), Authority::new("ca"));
    let (plain, secure) = (Gateway::before(&origin, IDLE, ""), secure(&origin, &authority));
    let get = request("GET /", &[]);
    // The kernel of a client takes some more when it is asked again after a while.
    let in_time = |kind: &str| {
        let begun = Instant::now();
        eventually("the function is let go", || (origin.open() == 0).then_some(()));
        let took = begun.elapsed();
        assert!(took > Duration::from_millis(750) && took < Duration::from_millis(2500), "{kind}: {took:?}");
    };
    let mut client = plain.client();
    client.send(&get);
    eventually("it is asked", || (origin.open() == 1).then_some(()));
    in_time("plain");
    for version in [&TLS12, &TLS13] {
        let mut client =
            TlsClient::connect(&secure.address, "shop.test", &authority.client(None, &[version])).expect("a handshake");
        client.stream.write_all(get.as_bytes()).expect("written");
        eventually("it is asked", || (origin.open() == 1).then_some(()));
        in_time("TLS");
    }
}

#[test]
fn who_leaves_the_end_of_an_answer_is_cut_in_time() {
    // Lengths of which some end in the buffer of TLS.
    let lengths = || (60_000..400_000).step_by(10_000);
    let (origin, authority) = (of_any_length(), Authority::new("ca"));
    let gateway = secure(&origin, &authority);
    let config = authority.client(None, &[&TLS13]);
    let clients: Vec<_> = lengths()
        .map(|length| {
            let mut client = TlsClient::over(small(&gateway.address), "shop.test", &config).expect("a handshake");
            client.stream.write_all(request(&format!("GET /{length}"), &[]).as_bytes()).expect("written");
            client
        })
        .collect();
    let begun = Instant::now();
    // Each has its line, also who has all but the last.
    let lines = gateway.access(lengths().count());
    assert!(begun.elapsed() < Duration::from_millis(2500), "{:?}", begun.elapsed());
    assert!(lines.iter().any(|line| line["aborted"] == "client_closed"), "{lines:?}");
    assert_eq!(gateway.metric("fngate_requests_in_flight{function=\"default/f:$LATEST\"}"), 0.0);
    drop(clients);
}

#[test]
fn so_is_who_reads_none_of_many_answers() {
    let (origin, authority) = (of_any_length(), Authority::new("ca"));
    let gateway = secure(&origin, &authority);
    let mut client = TlsClient::over(small(&gateway.address), "shop.test", &authority.client(None, &[&TLS13]));
    let stream = &mut client.as_mut().expect("a handshake").stream;
    stream.write_all(request("GET /1000", &[]).repeat(2000).as_bytes()).expect("written");
    let open = || gateway.metric("fngate_client_connections");
    eventually("it is served", || (open() >= 1.0).then_some(()));
    eventually("it is cut", || (open() == 0.0).then_some(()));
}
