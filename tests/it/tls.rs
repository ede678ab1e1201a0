//! Listeners with TLS: who gets which certificate, who is let in, and what a reload changes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rustls::client::ResolvesClientCert;
use rustls::pki_types::UnixTime;
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, SignatureScheme};
use tokio::time::Instant;

use super::support::client::{Client, request};
use super::support::gateway::{Gateway, simple};
use super::support::origin::Origin;
use super::support::tls::{Authority, TlsClient};
use super::support::{PATIENCE, eventually, pause};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// The configuration of one listener with TLS before `origin`; `tls` are further lines of its table.
fn listening(origin: &Origin, authority: &Authority, files: &[&str], tls: &str) -> String {
    let entries: Vec<_> = files.iter().map(|file| authority.entry(file)).collect();
    format!(
        "[[listener]]\naddress = \"127.0.0.1:0\"\n[listener.tls]\ncertificates = [{}]\n{tls}\n{}",
        entries.join(", "),
        simple(&origin.url(), "", "", "")
    )
}

/// A gateway whose first listener is that one.
fn gateway(origin: &Origin, authority: &Authority, files: &[&str], tls: &str) -> Gateway {
    Gateway::with(&listening(origin, authority, files, tls))
}

fn secure(gateway: &Gateway, name: &str, authority: &Authority) -> TlsClient {
    TlsClient::connect(&gateway.address, name, &authority.client(None, &[&TLS13, &TLS12])).expect("a handshake")
}

#[test]
fn a_name_gets_its_certificate_and_the_function_knows_of_tls() {
    let (origin, authority) = (Origin::answering(OK), Authority::new("ca"));
    let shop = authority.issue("shop", &["shop.test", "localhost"]);
    let wild = authority.issue("wild", &["*.wild.test"]);
    let gateway = gateway(&origin, &authority, &["shop", "wild"], "");
    for (name, certificate) in
        [("shop.test", &shop), ("a.wild.test", &wild), ("A.Wild.TEST", &wild), ("localhost", &shop)]
    {
        let mut client = secure(&gateway, name, &authority);
        assert_eq!(client.shown(), *certificate, "{name}");
        assert_eq!(client.ask(request("GET /", &[])).expect("an answer").status(), 200);
        let request = origin.take().remove(0);
        assert_eq!(
            (request.field("x-forwarded-proto"), request.field("x-client-proto")),
            (Some("https"), Some("https"))
        );
        assert_eq!(request.field("x-client-proto-ver"), Some("HTTP/1.1"));
        assert_eq!(request.field("x-scf-client-subject"), None);
    }
    // Nobody's name: the first certificate, which this client does not take for that name.
    let stranger = TlsClient::connect(&gateway.address, "stranger.test", &authority.client(None, &[&TLS13]));
    assert!(stranger.is_err());
    let old = TlsClient::connect(&gateway.address, "shop.test", &authority.client(None, &[&TLS12])).expect("1.2");
    drop(old);
    let line = gateway.access(4).remove(0);
    assert_eq!((&line["tls"], &line["protocol"]), (&"TLSv1.3".into(), &"HTTP/1.1".into()));
}

#[test]
fn an_old_version_is_refused_when_it_is_to_be() {
    let (origin, authority) = (Origin::answering(OK), Authority::new("ca"));
    authority.issue("shop", &["shop.test"]);
    let gateway = gateway(&origin, &authority, &["shop"], "min_version = \"1.3\"");
    let connect = |version| TlsClient::connect(&gateway.address, "shop.test", &authority.client(None, &[version]));
    assert!(connect(&TLS13).is_ok());
    assert!(connect(&TLS12).is_err());
    let failed = "fngate_tls_handshakes_total{listener=\"127.0.0.1:0\",result=\"error\"}";
    eventually("the failure is counted", || (gateway.metric(failed) == 1.0).then_some(()));
}

#[test]
fn who_has_to_show_a_certificate_is_not_served_without_a_good_one() {
    let (origin, authority, other) = (Origin::answering(OK), Authority::new("ca"), Authority::new("other"));
    authority.issue("shop", &["shop.test"]);
    authority.issue("client 7", &[]);
    other.issue("stranger", &[]);
    let tls = format!("client_ca = {:?}", authority.path("ca.pem"));
    let required = gateway(&origin, &authority, &["shop"], &tls);
    let optional = gateway(&origin, &authority, &["shop"], &format!("{tls}\nclient_auth = \"optional\""));
    for version in [&TLS12, &TLS13] {
        let nobody = authority.client(None, &[version]);
        let known = authority.client(Some("client 7"), &[version]);
        let mut stranger = (*nobody).clone();
        stranger.client_auth_cert_resolver =
            other.client(Some("stranger"), &[version]).client_auth_cert_resolver.clone();
        let stranger = Arc::new(stranger);
        let ask = |gateway: &Gateway, config| {
            let mut client = TlsClient::connect(&gateway.address, "shop.test", config)?;
            client.ask(request("GET /", &["X-Scf-Client-Subject: CN=root", "x_scf_client_subject: CN=root"]))
        };
        // In TLS 1.3 a client believes to be done before it is refused.
        assert!(ask(&required, &nobody).is_err());
        assert!(ask(&required, &stranger).is_err());
        assert!(ask(&optional, &stranger).is_err());
        assert_eq!(origin.requests().len(), 0, "nothing reaches the function");
        for (gateway, config, subject) in [
            (&required, &known, Some("CN=client 7")),
            (&optional, &known, Some("CN=client 7")),
            (&optional, &nobody, None),
        ] {
            assert_eq!(ask(gateway, config).expect("an answer").status(), 200);
            assert_eq!(origin.take().remove(0).field("x-scf-client-subject"), subject);
        }
    }
}

#[test]
fn a_session_is_resumed_by_any_worker_and_after_a_reload_but_not_past_a_new_authority() {
    let (origin, authority) = (Origin::answering(OK), Authority::new("ca"));
    authority.issue("shop", &["shop.test"]);
    authority.issue("client", &[]);
    let file = authority.path("fngate.toml");
    let write = |tls: &str| {
        let text = listening(&origin, &authority, &["shop"], tls);
        std::fs::write(&file, format!("{text}\n[admin]\naddress = \"127.0.0.1:0\"\n[log]\naccess = \"off\""))
            .expect("a file");
    };
    write("");
    let gateway = Gateway::from_file(&file);
    for version in [&TLS12, &TLS13] {
        let config = authority.client(Some("client"), &[version]);
        let resumed = || {
            let mut client = TlsClient::connect(&gateway.address, "shop.test", &config).expect("a handshake");
            client.ask(request("GET /", &[])).map(|_| client.is_resumed())
        };
        write("");
        gateway.app().reload().expect("good");
        assert!(!resumed().expect("an answer"));
        // Connections take turns at the workers.
        for _ in 0..4 {
            assert!(resumed().expect("an answer"), "{version:?}");
        }
        gateway.app().reload().expect("good");
        assert!(resumed().expect("an answer"), "{version:?}");
        write(&format!("client_ca = {:?}", authority.path("ca.pem")));
        gateway.app().reload().expect("good");
        assert!(!resumed().expect("an answer"), "{version:?}");
    }
}

/// Shows the certificate in a file, whichever it is at the time.
#[derive(Debug)]
struct Renewed(Mutex<Arc<dyn ResolvesClientCert>>);

impl ResolvesClientCert for Renewed {
    fn resolve(&self, roots: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.lock().expect("no panic").resolve(roots, schemes)
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A clock that stands still: the client does not know that its ticket is old.
#[derive(Debug)]
struct Standing(UnixTime);

impl TimeProvider for Standing {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}

#[test]
fn a_session_ends_with_the_certificate_of_its_client_and_a_newer_one_begins_another() {
    let (origin, authority) = (Origin::answering(OK), Authority::new("ca"));
    authority.issue("shop", &["shop.test"]);
    authority.issue("renewed", &[]);
    authority.issue_until("short-lived", SystemTime::now() + Duration::from_secs(4));
    let tls = format!("client_ca = {:?}", authority.path("ca.pem"));
    let gateway = gateway(&origin, &authority, &["shop"], &tls);
    let ask = |config: &Arc<ClientConfig>| -> std::io::Result<(bool, String)> {
        let mut client = TlsClient::connect(&gateway.address, "shop.test", config)?;
        client.ask(request("GET /", &[]))?;
        let subject = origin.take().remove(0).field("x-scf-client-subject").map(str::to_owned);
        Ok((client.is_resumed(), subject.expect("a subject")))
    };
    let session = |resumed, subject: &str| (resumed, subject.to_owned());
    let clients = [&TLS13, &TLS12].map(|version| {
        let shown = |file| authority.client(Some(file), &[version]);
        let mut old = (*shown("short-lived")).clone();
        old.time_provider = Arc::new(Standing(UnixTime::now()));
        let mut new = (*shown("short-lived")).clone();
        new.time_provider = old.time_provider.clone();
        let renewed = Arc::new(Renewed(Mutex::new(new.client_auth_cert_resolver.clone())));
        new.client_auth_cert_resolver = renewed.clone();
        let (old, new) = (Arc::new(old), Arc::new(new));
        for resumed in [false, true] {
            assert_eq!(ask(&old).expect("served"), session(resumed, "CN=short-lived"));
            assert_eq!(ask(&new).expect("served"), session(resumed, "CN=short-lived"));
        }
        *renewed.0.lock().expect("no panic") = shown("renewed").client_auth_cert_resolver.clone();
        (old, new)
    });
    for (old, new) in &clients {
        // Each session that is resumed has new tickets, which are no better.
        eventually("the session is over", || ask(old).is_err().then_some(()));
        assert!(ask(old).is_err());
        assert_eq!(ask(new).expect("served"), session(false, "CN=renewed"));
        assert_eq!(ask(new).expect("served"), session(true, "CN=renewed"));
    }
    assert!(origin.requests().is_empty());
}

#[test]
fn a_renewed_certificate_is_used_at_once_and_a_pair_that_does_not_fit_is_not() {
    let (origin, authority) = (Origin::answering(OK), Authority::new("ca"));
    let first = authority.issue("shop", &["shop.test"]);
    let file = authority.path("fngate.toml");
    let text = listening(&origin, &authority, &["shop"], "");
    std::fs::write(&file, format!("{text}\n[admin]\naddress = \"127.0.0.1:0\"\n[log]\naccess = \"off\""))
        .expect("a file");
    let gateway = Gateway::from_file(&file);
    let mut old = secure(&gateway, "shop.test", &authority);
    assert_eq!(old.shown(), first);
    assert!(old.ask(request("GET /", &[])).is_ok());
    let second = authority.issue("shop", &["shop.test"]);
    // Nobody asks for a reload: the files are watched.
    eventually("the new one is shown", || (secure(&gateway, "shop.test", &authority).shown() == second).then_some(()));
    assert_eq!(old.ask(request("GET /", &[])).expect("the connection stays").status(), 200);
    let key = std::fs::read(authority.path("shop.key")).expect("a key");
    authority.issue("shop", &["shop.test"]);
    std::fs::write(authority.path("shop.key"), key).expect("a key");
    let errors = gateway.app().reload().expect_err("they do not fit");
    assert!(errors.to_string().contains("the key does not belong to the certificate"), "{errors}");
    let mut client = secure(&gateway, "shop.test", &authority);
    assert_ne!(client.shown(), first);
    assert_eq!(client.ask(request("GET /", &[])).expect("an answer").status(), 200);
    let expiry = "fngate_certificate_expiry_timestamp_seconds{listener=\"127.0.0.1:0\",name=\"shop.test\"}";
    assert!(gateway.metric(expiry) > 1_000_000_000.0);
}

#[test]
fn who_says_nothing_or_nonsense_is_closed_in_time_while_others_are_served() {
    let (origin, authority) = (Origin::answering(OK), Authority::new("ca"));
    authority.issue("shop", &["shop.test"]);
    let gateway = gateway(&origin, &authority, &["shop"], "handshake_timeout = \"300ms\"");
    let begun = Instant::now();
    let hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    for said in
        [&b""[..], b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", &hello, b"\x16\x03\x01\xff\xff", &[0; 64], b"SSH-2.0-x\r\n"]
    {
        let mut stream = TcpStream::connect(&gateway.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(said).expect("written");
        let mut served = secure(&gateway, "shop.test", &authority);
        assert_eq!(served.ask(request("GET /", &[])).expect("an answer").status(), 200);
        let mut answer = Vec::new();
        // However it is closed: nothing but an alert is said, except to what may be plain HTTP.
        let _ = stream.read_to_end(&mut answer);
        let plain = said.first().is_some_and(u8::is_ascii_alphabetic) && answer.starts_with(b"HTTP/1.1 400 ");
        assert!(plain || answer.is_empty() || answer[0] == 0x15, "{answer:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let failed = "fngate_tls_handshakes_total{listener=\"127.0.0.1:0\",result=\"error\"}";
    eventually("all are counted", || (gateway.metric(failed) == 6.0).then_some(()));
}

#[test]
fn a_truncated_response_does_not_look_complete() {
    let (authority, origin) = (Authority::new("ca"), Origin::answering_once("HTTP/1.1 200 OK\r\n\r\nwhole"));
    let cut = Origin::answering_once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n");
    authority.issue("shop", &["shop.test"]);
    for (origin, complete) in [(&origin, true), (&cut, false)] {
        let gateway = gateway(origin, &authority, &["shop"], "");
        let mut client = secure(&gateway, "shop.test", &authority);
        let head = "GET / HTTP/1.0\r\nHost: h\r\n\r\n";
        client.stream.write_all(head.as_bytes()).expect("written");
        let mut answer = Vec::new();
        let ended = client.stream.read_to_end(&mut answer);
        // The end of a connection of HTTP/1.0 is the end of the body, if TLS says that it is an end.
        assert_eq!(ended.is_ok(), complete, "{ended:?}");
        // A reset may destroy what has not been read.
        assert!(!complete || answer.ends_with(b"whole"), "{}", answer.escape_ascii());
    }
}

#[test]
fn a_tunnel_leads_through_tls() {
    let origin = Origin::start(|connection| {
        connection.request()?;
        connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")?;
        loop {
            let bytes = connection.reader.take(1)?;
            if bytes.is_empty() {
                return Ok(());
            }
            connection.stream.write_all(&bytes)?;
        }
    });
    let authority = Authority::new("ca");
    authority.issue("shop", &["shop.test"]);
    let gateway = gateway(&origin, &authority, &["shop"], "");
    let mut client = secure(&gateway, "shop.test", &authority);
    client.stream.write_all(request("GET /", &["Connection: upgrade", "Upgrade: x"]).as_bytes()).expect("written");
    assert_eq!(client.reader.head().expect("an answer").expect("a head").status(), 101);
    for message in ["a".to_owned(), "b".repeat(100_000)] {
        client.change_keys();
        client.stream.write_all(message.as_bytes()).expect("written");
        assert_eq!(client.reader.take(message.len()).expect("an echo"), message.as_bytes());
    }
}

#[test]
fn a_plain_listener_sends_everybody_to_tls() {
    let (origin, authority) = (Origin::answering(OK), Authority::new("ca"));
    authority.issue("shop", &["shop.test"]);
    let tls = format!(
        "[[listener]]\naddress = \"127.0.0.1:0\"\n[listener.tls]\ncertificates = [{}]\n",
        authority.entry("shop")
    );
    let plain = "[[listener]]\naddress = \"[::1]:0\"\nredirect_https = true\n";
    let gateway = Gateway::with(&format!("{plain}{tls}{}", simple(&origin.url(), "", "", "")));
    let mut client = Client::connect(&gateway.address);
    for line in ["GET /a?b=%20", "POST /a?b=%20"] {
        let answer = client.ask(request(line, &["Content-Length: 0"]));
        assert_eq!((answer.status(), answer.field("location")), (308, Some("https://h:0/a?b=%20")), "{answer:?}");
    }
    assert_eq!(client.ask("GET / HTTP/1.1\r\n\r\n").status(), 400);
    assert_eq!(origin.requests().len(), 0);
    let line = gateway.access(3).remove(0);
    assert_eq!(
        (&line["status"], &line["reason"], &line["aborted"]),
        (&308.into(), &serde_json::Value::Null, &serde_json::Value::Null)
    );
}

#[test]
fn a_reload_changes_all_but_the_socket_of_a_listener() {
    let (origin, authority) = (Origin::answering(OK), Authority::new("ca"));
    authority.issue("shop", &["shop.test"]);
    authority.issue("client", &[]);
    let file = authority.path("fngate.toml");
    let write = |listener: &str| {
        let listener = format!("[[listener]]\naddress = \"127.0.0.1:0\"\n{listener}\n");
        let rest = "[admin]\naddress = \"127.0.0.1:0\"\n[log]\naccess = \"off\"";
        std::fs::write(&file, format!("{listener}{}\n{rest}", simple(&origin.url(), "", "", ""))).expect("a file");
    };
    write("");
    let gateway = Gateway::from_file(&file);
    let tls = format!("[listener.tls]\ncertificates = [{}]", authority.entry("shop"));
    let plain = || {
        let mut client = gateway.client();
        client.send(request("GET /", &[]));
        client.try_receive().map(|answer| answer.status())
    };
    let secure = |file: Option<&str>, version| {
        let client = TlsClient::connect(&gateway.address, "shop.test", &authority.client(file, &[version]));
        client.and_then(|mut client| client.ask(request("GET /", &[]))).map(|answer| answer.status())
    };
    let mut open = gateway.client();
    for (listener, in_plain, with_tls) in [
        ("", Some(200), [None, None, None]),
        (tls.as_str(), Some(400), [Some(200), Some(200), Some(200)]),
        (&format!("{tls}\nmin_version = \"1.3\""), Some(400), [None, Some(200), Some(200)]),
        (&format!("{tls}\nclient_ca = {:?}", authority.path("ca.pem")), Some(400), [None, None, Some(200)]),
        ("redirect_https = true", Some(308), [None, None, None]),
    ] {
        write(listener);
        gateway.app().reload().expect("good");
        assert_eq!(plain().ok(), in_plain, "{listener}");
        let found = [secure(None, &TLS12), secure(None, &TLS13), secure(Some("client"), &TLS13)].map(Result::ok);
        assert_eq!(found, with_tls, "{listener}");
        assert_eq!(open.ask(request("GET /", &[])).status(), 200, "{listener}: what is open stays");
    }
}

/// The socket stays until the next start, and what is live stays whole.
#[test]
fn a_listener_that_moves_in_the_file_gets_its_certificates_renewed() {
    let (origin, authority) = (Origin::answering(OK), Authority::new("ca"));
    let first = authority.issue("shop", &["shop.test"]);
    let file = authority.path("fngate.toml");
    let write = |address: &str| {
        let text = listening(&origin, &authority, &["shop"], "").replace("127.0.0.1:0", address);
        std::fs::write(&file, format!("{text}\n[admin]\naddress = \"127.0.0.1:0\"\n[log]\naccess = \"off\""))
            .expect("a file");
    };
    write("127.0.0.1:0");
    let gateway = Gateway::from_file(&file);
    assert_eq!(secure(&gateway, "shop.test", &authority).shown(), first);
    write("127.0.0.1:1");
    let applied = gateway.app().reload().expect("good");
    assert!(applied.report.to_string().contains("`listener` changed: restart to apply"));
    assert_eq!(secure(&gateway, "shop.test", &authority).shown(), first);
    let second = authority.issue("shop", &["shop.test"]);
    gateway.app().reload().expect("good");
    assert_eq!(secure(&gateway, "shop.test", &authority).shown(), second);
    // A client may have its answer before the gateway has counted the handshake.
    let counted = "fngate_tls_handshakes_total{listener=\"127.0.0.1:0\",result=\"ok\"} 3";
    let metrics = eventually("three handshakes are counted", || {
        Some(gateway.metrics()).filter(|metrics| metrics.contains(counted))
    });
    assert!(!metrics.contains("127.0.0.1:1\""), "nobody listens there: {metrics}");
}

#[test]
fn a_listener_that_was_removed_from_the_file_gets_its_certificates_renewed() {
    let (origin, authority) = (Origin::answering(OK), Authority::new("ca"));
    let first = authority.issue("shop", &["shop.test"]);
    let file = authority.path("fngate.toml");
    let rest = "\n[admin]\naddress = \"127.0.0.1:0\"\n[log]\naccess = \"off\"";
    let text = listening(&origin, &authority, &["shop"], "");
    std::fs::write(&file, format!("{text}{rest}")).expect("a file");
    let gateway = Gateway::from_file(&file);
    assert_eq!(secure(&gateway, "shop.test", &authority).shown(), first);
    let plain = format!("[[listener]]\naddress = \"127.0.0.1:1\"\n{}{rest}", simple(&origin.url(), "", "", ""));
    std::fs::write(&file, plain).expect("a file");
    gateway.app().reload().expect("good");
    assert_eq!(secure(&gateway, "shop.test", &authority).shown(), first);
    // Nobody asks for a reload: the files are watched as before.
    let second = authority.issue("shop", &["shop.test"]);
    eventually("the new one is shown", || (secure(&gateway, "shop.test", &authority).shown() == second).then_some(()));
    let third = authority.issue("shop", &["shop.test"]);
    eventually("the next one is shown", || (secure(&gateway, "shop.test", &authority).shown() == third).then_some(()));
}

#[test]
fn keys_may_change_between_two_requests() {
    // What wakes the connection is a record without a byte of HTTP.
    let (origin, authority) = (Origin::hello(), Authority::new("ca"));
    authority.issue("shop", &["shop.test"]);
    let gateway = gateway(&origin, &authority, &["shop"], "");
    let mut client = secure(&gateway, "shop.test", &authority);
    for seconds in [0.0, 0.0, 1.5, 0.0] {
        client.change_keys();
        client.stream.flush().expect("written");
        pause(Duration::from_secs_f64(seconds));
        assert_eq!(client.ask(request("GET /", &[])).expect("an answer").text(), "hello");
        client.change_keys();
    }
}
