//! PROXY headers in front of client connections: which are taken, which are refused, and what is made of them.

use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use fngate::control::Outcome;
use tokio::time::Instant;

use super::support::client::{Client, request};
use super::support::gateway::{Gateway, simple};
use super::support::message::Reader;
use super::support::origin::Origin;
use super::support::{eventually, pause};

const ERRORS: &str = "fngate_proxy_protocol_errors_total";
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// A gateway whose first listener takes PROXY headers. The test's own addresses are trusted, and 10.0.0.0/8.
fn gateway(origin: &Origin, more: &str) -> Gateway {
    listening("127.0.0.1:0", origin, &format!("trusted_proxies = [\"127.0.0.0/8\", \"10.0.0.0/8\"]\n{more}"))
}

fn listening(address: &str, origin: &Origin, gateway: &str) -> Gateway {
    let listener = format!("[[listener]]\naddress = \"{address}\"\nproxy_protocol = true\n");
    Gateway::with(&format!("{listener}{}", simple(&origin.url(), gateway, "", "")))
}

/// A header of version 2 with a command, a family, and what follows the length.
fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).expect("a length").to_be_bytes();
    [SIGNATURE, &[command, family], &length, rest].concat()
}

/// Two IPv4 addresses and ports, with extensions.
fn v4(extensions: &[u8]) -> Vec<u8> {
    binary(0x21, 0x11, &[&[203, 0, 113, 7, 198, 51, 100, 1, 0x1f, 0x40, 0x01, 0xbb], extensions].concat())
}

/// Two IPv6 addresses and ports.
fn v6() -> Vec<u8> {
    let mut rest = vec![0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
    rest.extend([0; 15]);
    rest.extend([1, 0x1f, 0x40, 0x01, 0xbb]);
    rest
}

/// `header` with the right checksum in an extension at its end, or one that is off by `error`.
fn summed(mut header: Vec<u8>, error: u32) -> Vec<u8> {
    let length = u16::from_be_bytes([header[14], header[15]]) + 7;
    header[14..16].copy_from_slice(&length.to_be_bytes());
    header.extend([3, 0, 4, 0, 0, 0, 0]);
    let sum = crc32c::crc32c(&header).wrapping_add(error);
    let at = header.len() - 4;
    header[at..].copy_from_slice(&sum.to_be_bytes());
    header
}

fn extension(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("a length").to_be_bytes();
    [&[kind], &length[..], value].concat()
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Served, for this client, at this port of the proxy.
    Client(&'static str, u16),
    /// Served for the peer itself.
    Peer,
    /// Closed without an answer.
    Closed,
    /// The header is taken, and what follows is no HTTP.
    Unreadable,
}

use Verdict::{Closed, Peer};

const CLIENT: Verdict = Verdict::Client("203.0.113.7", 443);

fn lines() -> Vec<(&'static str, Vec<u8>, Verdict)> {
    let line = |text: &str| format!("{text}\r\n").into_bytes();
    let full = "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535";
    let unknown = |length: usize| line(&format!("PROXY UNKNOWN {}", "x".repeat(length - 16)));
    vec![
        ("IPv4", line("PROXY TCP4 203.0.113.7 198.51.100.1 8000 443"), CLIENT),
        ("IPv6", line("PROXY TCP6 2001:db8::9 ::1 8000 443"), Verdict::Client("2001:db8::9", 443)),
        ("IPv6 in capitals", line("PROXY TCP6 2001:DB8::9 ::1 8000 443"), Verdict::Client("2001:db8::9", 443)),
        ("IPv4 in IPv6", line("PROXY TCP6 ::ffff:203.0.113.7 ::1 8000 443"), CLIENT),
        ("the longest addresses", line(full), Verdict::Client("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 65535)),
        ("port 0", line("PROXY TCP4 203.0.113.7 198.51.100.1 0 443"), CLIENT),
        ("UNKNOWN", line("PROXY UNKNOWN"), Peer),
        ("UNKNOWN with addresses", line("PROXY UNKNOWN ffff::1 ::1 1 2"), Peer),
        ("UNKNOWN with anything", line("PROXY UNKNOWN \0\n \t"), Peer),
        ("UNKNOWN with a bare CR", line("PROXY UNKNOWN \r x"), Closed),
        ("107 bytes", unknown(107), Peer),
        ("108 bytes", unknown(108), Closed),
        ("no end", [&b"PROXY UNKNOWN "[..], &[b'x'; 4000]].concat(), Closed),
        ("UNKNOWN and more in one word", line("PROXY UNKNOWNS 1.1.1.1"), Closed),
        ("lower case", line("proxy tcp4 203.0.113.7 198.51.100.1 8000 443"), Closed),
        ("a protocol in lower case", line("PROXY tcp4 203.0.113.7 198.51.100.1 8000 443"), Closed),
        ("another protocol", line("PROXY UDP4 203.0.113.7 198.51.100.1 8000 443"), Closed),
        ("no space", line("PROXYxTCP4 203.0.113.7 198.51.100.1 8000 443"), Closed),
        ("two spaces", line("PROXY TCP4  203.0.113.7 198.51.100.1 8000 443"), Closed),
        ("a tab", line("PROXY TCP4\t203.0.113.7 198.51.100.1 8000 443"), Closed),
        ("a space at the end", line("PROXY TCP4 203.0.113.7 198.51.100.1 8000 443 "), Closed),
        ("a fifth field", line("PROXY TCP4 203.0.113.7 198.51.100.1 8000 443 1"), Closed),
        ("three fields", line("PROXY TCP4 203.0.113.7 198.51.100.1 8000"), Closed),
        ("a port out of range", line("PROXY TCP4 203.0.113.7 198.51.100.1 65536 443"), Closed),
        ("a negative port", line("PROXY TCP4 203.0.113.7 198.51.100.1 -1 443"), Closed),
        ("a port with a sign", line("PROXY TCP4 203.0.113.7 198.51.100.1 +8000 443"), Closed),
        ("a port with a zero in front", line("PROXY TCP4 203.0.113.7 198.51.100.1 08000 443"), Closed),
        ("the other port with a zero in front", line("PROXY TCP4 203.0.113.7 198.51.100.1 8000 0443"), Closed),
        ("an empty port", line("PROXY TCP4 203.0.113.7 198.51.100.1  443"), Closed),
        ("an address with a zero in front", line("PROXY TCP4 203.0.113.07 198.51.100.1 8000 443"), Closed),
        ("an address out of range", line("PROXY TCP4 203.0.113.256 198.51.100.1 8000 443"), Closed),
        ("three numbers", line("PROXY TCP4 203.0.113 198.51.100.1 8000 443"), Closed),
        ("IPv6 as IPv4", line("PROXY TCP4 2001:db8::9 ::1 8000 443"), Closed),
        ("IPv4 as IPv6", line("PROXY TCP6 203.0.113.7 198.51.100.1 8000 443"), Closed),
        ("IPv6 in brackets", line("PROXY TCP6 [2001:db8::9] [::1] 8000 443"), Closed),
        ("IPv6 with a zone", line("PROXY TCP6 fe80::1%eth0 ::1 8000 443"), Closed),
        ("a name", line("PROXY TCP4 localhost 198.51.100.1 8000 443"), Closed),
        ("a bare LF", b"PROXY TCP4 203.0.113.7 198.51.100.1 8000 443\n".to_vec(), Closed),
        ("a bare CR", b"PROXY TCP4 203.0.113.7 198.51.100.1 8000 443\r".to_vec(), Closed),
        ("a space in front", line(" PROXY UNKNOWN"), Closed),
        ("a line in front", b"\r\nPROXY UNKNOWN\r\n".to_vec(), Closed),
        ("no header", Vec::new(), Closed),
        ("two headers", [line("PROXY UNKNOWN"), line("PROXY UNKNOWN")].concat(), Verdict::Unreadable),
    ]
}

fn binaries() -> Vec<(&'static str, Vec<u8>, Verdict)> {
    let changed = |at: usize, byte: u8| {
        let mut header = v4(&[]);
        header[at] = byte;
        header
    };
    let long = |length: usize| v4(&extension(4, &vec![0; length - 16 - 12 - 3]));
    vec![
        ("IPv4", v4(&[]), CLIENT),
        ("IPv6", binary(0x21, 0x21, &v6()), Verdict::Client("2001:db8::9", 443)),
        ("LOCAL", binary(0x20, 0, &[]), Peer),
        ("LOCAL with an address", binary(0x20, 0x11, &[9; 12]), Peer),
        ("LOCAL with half an address", binary(0x20, 0x11, &[9; 5]), Peer),
        ("LOCAL of no family", binary(0x20, 0xff, &[9; 5]), Peer),
        ("no address", binary(0x21, 0, &[]), Peer),
        ("no address and extensions", binary(0x21, 0, &extension(4, b"abc")), Peer),
        ("a socket file", binary(0x21, 0x31, &[b'a'; 216]), Peer),
        ("half a socket file", binary(0x21, 0x31, &[b'a'; 215]), Closed),
        ("UDP", changed(13, 0x12), Closed),
        ("datagrams of a socket file", binary(0x21, 0x32, &[b'a'; 216]), Closed),
        ("no such family", changed(13, 0x41), Closed),
        ("no such protocol", changed(13, 0x13), Closed),
        ("no such command", changed(12, 0x22), Closed),
        ("version 1", changed(12, 0x11), Closed),
        ("version 3", changed(12, 0x31), Closed),
        ("no address for its family", binary(0x21, 0x11, &[]), Closed),
        ("half an address", binary(0x21, 0x11, &[9; 11]), Closed),
        ("IPv4 as IPv6", binary(0x21, 0x21, &[9; 12]), Closed),
        ("a signature with another end", changed(11, b'\r'), Closed),
        ("a signature with another start", changed(0, b'\n'), Closed),
        ("extensions", v4(&[extension(2, b"shop.test"), extension(0xee, &[0xff; 9])].concat()), CLIENT),
        ("an extension that is cut off", v4(&[2, 0, 9, b'a']), Closed),
        ("an extension without a length", v4(&[2, 0]), Closed),
        ("a name that is not text", v4(&extension(2, &[0xff])), Closed),
        ("4096 bytes", long(4096), CLIENT),
        ("4097 bytes", long(4097), Closed),
        ("65551 bytes", v4(&[0xff; 65535 - 12]), Closed),
        ("a checksum", summed(v4(&[]), 0), CLIENT),
        ("a checksum behind extensions", summed(v4(&extension(2, b"shop.test")), 0), CLIENT),
        ("a checksum without an address", summed(binary(0x21, 0, &[]), 0), Peer),
        ("a checksum of a socket file", summed(binary(0x21, 0x31, &[b'a'; 216]), 0), Peer),
        ("a wrong checksum", summed(v4(&[]), 1), Closed),
        ("a wrong checksum without an address", summed(binary(0x21, 0, &[]), 1), Closed),
        ("a checksum with LOCAL", summed(binary(0x20, 0, &[]), 0), Peer),
        ("a checksum with LOCAL behind an address", summed(binary(0x20, 0x11, &[9; 12]), 0), Peer),
        ("a wrong checksum with LOCAL", summed(binary(0x20, 0, &[]), 1), Closed),
        ("a wrong checksum with LOCAL behind an address", summed(binary(0x20, 0x11, &[9; 12]), 1), Closed),
        ("LOCAL with half a checksum", binary(0x20, 0, &extension(3, &[0, 0])), Peer),
        ("half a checksum", v4(&extension(3, &[0, 0])), Closed),
        ("a checksum of nothing", v4(&extension(3, &[0; 4])), Closed),
    ]
}

#[test]
fn each_header_has_its_verdict() {
    let origin = Origin::hello();
    let gateway = gateway(&origin, "header_read_timeout = \"400ms\"");
    let cases = [lines(), binaries()].concat();
    let mut refused = 0.0;
    for (name, header, verdict) in &cases {
        let before = origin.requests().len();
        let mut client = gateway.client();
        // It may be closed before all of it has been written.
        let _ = client.stream.write_all(&[header, request("GET /a", &[]).as_bytes()].concat());
        match verdict {
            Verdict::Unreadable => assert_eq!(client.receive().status(), 400, "{name}"),
            Closed => {
                assert!(client.is_closed(), "{name}");
                assert_eq!(origin.requests().len(), before, "{name}");
                refused += 1.0;
            }
            Peer | Verdict::Client(..) => {
                assert_eq!(client.receive().text(), "hello", "{name}");
                let port = gateway.address.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
                let (ip, port) =
                    if let Verdict::Client(ip, port) = *verdict { (ip, port) } else { ("127.0.0.1", port) };
                let received = origin.requests().pop().expect("a request");
                assert_eq!(received.field("x-real-ip"), Some(ip), "{name}");
                assert_eq!(received.field("x-forwarded-for"), Some(ip), "{name}");
                assert_eq!(received.field("x-forwarded-port"), Some(&*port.to_string()), "{name}");
                let id = received.field("x-scf-request-id").expect("an id").replace('-', "");
                assert_eq!(gateway.logged(&id)["client"], ip, "{name}");
            }
        }
    }
    eventually("they are counted", || (gateway.metric(ERRORS) == refused).then_some(()));
}

#[test]
fn a_header_may_come_in_pieces_and_what_follows_is_not_touched() {
    let origin = Origin::hello();
    let gateway = gateway(&origin, "");
    for header in [b"PROXY TCP4 203.0.113.7 198.51.100.1 8000 443\r\n".to_vec(), v4(&extension(4, b"abc"))] {
        let mut client = gateway.client();
        for byte in header {
            client.send([byte]);
            std::thread::yield_now();
        }
        assert_eq!(client.ask(request("GET /", &[])).text(), "hello");
        assert_eq!(client.ask(request("GET /", &[])).text(), "hello");
    }
    assert!(origin.requests().iter().all(|request| request.field("x-real-ip") == Some("203.0.113.7")));
    assert_eq!(origin.requests().len(), 4);
}

#[test]
fn a_peer_that_is_not_trusted_is_closed_whatever_it_sends() {
    let origin = Origin::hello();
    let gateway = listening("127.0.0.1:0", &origin, "trusted_proxies = [\"192.0.2.1\"]");
    for header in [&b"PROXY UNKNOWN\r\n"[..], b"PROXY TCP4 192.0.2.1 192.0.2.1 1 2\r\n", &v4(&[]), b""] {
        let mut client = gateway.client();
        let _ = client.stream.write_all(&[header, request("GET /", &[]).as_bytes()].concat());
        assert!(client.is_closed());
    }
    assert!(origin.requests().is_empty());
    eventually("they are counted", || (gateway.metric(ERRORS) == 4.0).then_some(()));
    // The other listener takes no header, and reads one as the malformed request that it is.
    let plain = gateway.app().listeners()[1].clone();
    assert_eq!(Client::connect(&plain).ask("PROXY UNKNOWN\r\n\r\n").status(), 400);
    assert_eq!(Client::connect(&plain).ask(request("GET /", &[])).text(), "hello");
}

#[test]
fn the_address_in_the_header_is_what_may_be_a_trusted_proxy() {
    let origin = Origin::hello();
    let gateway = gateway(&origin, "");
    let forged = request("GET /", &["X-Forwarded-For: 198.51.100.2", "X-Forwarded-Proto: https"]);
    for (source, real, list, proto) in [
        ("203.0.113.7", "203.0.113.7", "203.0.113.7", "http"),
        ("10.0.0.9", "198.51.100.2", "198.51.100.2, 10.0.0.9", "https"),
    ] {
        let mut client = gateway.client();
        client.send(format!("PROXY TCP4 {source} 198.51.100.1 8000 443\r\n"));
        assert_eq!(client.ask(&forged).status(), 200);
        let request = origin.requests().pop().expect("a request");
        assert_eq!(request.field("x-real-ip"), Some(real));
        assert_eq!(request.field("x-forwarded-for"), Some(list));
        assert_eq!(request.field("x-forwarded-proto"), Some(proto));
    }
}

#[test]
fn a_look_at_the_port_is_no_error_and_a_late_header_is() {
    let origin = Origin::hello();
    let gateway = gateway(&origin, "header_read_timeout = \"300ms\"");
    drop(gateway.client());
    let half_closed = gateway.client();
    half_closed.stream.shutdown(Shutdown::Write).expect("open");
    assert!({ half_closed }.is_closed());
    let began = Instant::now();
    assert!(gateway.client().is_closed());
    assert!(began.elapsed() >= Duration::from_millis(290), "{:?}", began.elapsed());
    assert!(gateway.metric(ERRORS) < 1.0);
    // Bytes that come one by one do not make more of it.
    let mut client = gateway.client();
    let began = Instant::now();
    for byte in *b"PROXY TCP4 203.0.113.7 198.51.100.1 8000 443" {
        if client.stream.write_all(&[byte]).is_err() {
            break;
        }
        pause(Duration::from_millis(20));
    }
    assert!(client.is_closed());
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    let mut cut_off = gateway.client();
    cut_off.send("PROXY TCP4 203");
    cut_off.stream.shutdown(Shutdown::Write).expect("open");
    assert!(cut_off.is_closed());
    eventually("they are counted", || (gateway.metric(ERRORS) == 2.0).then_some(()));
}

#[test]
fn connections_over_the_limit_and_those_of_other_workers_have_their_client() {
    let origin = Origin::hello();
    let gateway = gateway(&origin, "max_connections = 20");
    let mut clients: Vec<_> = (0..20u8).map(|index| (index, gateway.client())).collect();
    for (index, client) in &mut clients {
        client.send(format!("PROXY TCP4 203.0.113.{index} 198.51.100.1 8000 443\r\n"));
        assert_eq!(client.ask(request("GET /", &[])).text(), "hello");
        let client = origin.requests().pop().and_then(|request| request.field("x-real-ip").map(str::to_owned));
        assert_eq!(client, Some(format!("203.0.113.{index}")));
    }
    let mut one_more = gateway.client();
    one_more.send("PROXY TCP4 203.0.113.99 198.51.100.1 8000 443\r\n");
    assert_eq!(one_more.ask(request("GET /", &[])).reason(), "overloaded");
    let line = eventually("it is logged", || gateway.access(0).into_iter().find(|line| line["status"] == 503));
    assert_eq!(line["client"], "203.0.113.99");
}

#[test]
fn a_stop_waits_for_no_header() {
    let origin = Origin::hello();
    let gateway = gateway(&origin, "");
    let mut silent = gateway.client();
    let mut half = gateway.client();
    half.send("PROXY TCP4 203.0.113.7 ");
    eventually("both are accepted", || (gateway.metric("fngate_client_connections") == 2.0).then_some(()));
    pause(Duration::from_millis(50));
    let began = Instant::now();
    let stopped = std::thread::spawn(move || gateway.stop());
    assert!(silent.is_closed());
    assert!(half.is_closed());
    assert_eq!(stopped.join().expect("no panic"), Outcome::Drained);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn whoever_can_open_a_socket_file_is_believed() {
    let origin = Origin::hello();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("web.sock");
    let gateway = listening(&format!("unix:{}", path.display()), &origin, "");
    for (header, client) in
        [("PROXY TCP4 203.0.113.7 198.51.100.1 8000 443", Some("203.0.113.7")), ("PROXY UNKNOWN", None)]
    {
        let mut stream = UnixStream::connect(&path).expect("the gateway accepts");
        let bytes = format!("{header}\r\n{}", request("GET /", &["Connection: close"]));
        stream.write_all(bytes.as_bytes()).expect("the gateway reads");
        let answer = Reader::new(stream).head().expect("an answer").expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(origin.requests().pop().expect("a request").field("x-real-ip"), client);
    }
    assert_eq!(gateway.stop(), Outcome::Drained);
    assert!(!path.exists());
}
