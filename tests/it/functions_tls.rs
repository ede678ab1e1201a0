//! Functions at `https://`: whom the gateway trusts, what it shows, and which protocol comes of it.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::functions_http2::one_worker;
use super::support::certificates::{Authority, Issued, server, write};
use super::support::client::request;
use super::support::gateway::{Gateway, simple, surroundings};
use super::support::peer::{Peer, line};
use super::support::{eventually, pause};
use h2::server::Builder;

const NAMES: [&str; 1] = ["function.example"];

fn echo(tls: Arc<ServerConfig>) -> Peer {
    Peer::with(&Builder::new(), Some(tls), |mut exchange| {
        Box::pin(async move {
            exchange.read().await?;
            exchange.answer(200, "secure")
        })
    })
}

/// A function with an authority, and the settings that reach it.
fn stand(names: &[&str], year: i32) -> (Authority, Issued, tempfile::TempDir, String) {
    let authority = Authority::new();
    let issued = authority.issue(names, year);
    let folder = tempfile::tempdir().expect("a folder");
    let ca = authority.write(folder.path());
    let settings = format!("[function.tls]\nca = {ca:?}\nserver_name = \"function.example\"");
    (authority, issued, folder, settings)
}

/// Sends bytes, with new keys before and behind them.
async fn send(stream: &mut TlsStream<TcpStream>, bytes: &[u8]) -> std::io::Result<()> {
    for bytes in [bytes, b""] {
        stream.get_mut().1.refresh_traffic_keys().map_err(std::io::Error::other)?;
        stream.write_all(bytes).await?;
        stream.flush().await?;
    }
    Ok(())
}

/// A server of HTTP/1.1 over TLS on a thread of its own, which also switches protocols.
fn http1(tls: Arc<ServerConfig>) -> (String, std::thread::JoinHandle<()>) {
    let (address, port) = std::sync::mpsc::channel();
    let serving = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            address.send(listener.local_addr().expect("an address").port()).expect("the test waits");
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let tls = TlsAcceptor::from(tls.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = tls.accept(stream).await else { return };
                    let mut head = Vec::new();
                    while let Ok(byte) = stream.read_u8().await {
                        head.push(byte);
                        if !head.ends_with(b"\r\n\r\n") {
                            continue;
                        }
                        if String::from_utf8_lossy(&head).to_lowercase().contains("upgrade: x") {
                            let switch =
                                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
                            let _ = send(&mut stream, switch.as_bytes()).await;
                            while let Ok(byte) = stream.read_u8().await {
                                let _ = send(&mut stream, &[byte]).await;
                            }
                            return;
                        }
                        head.clear();
                        let _ = send(&mut stream, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nold\n").await;
                    }
                });
            }
        });
    });
    (format!("https://127.0.0.1:{}", port.recv().expect("a port")), serving)
}

#[test]
fn http2_is_spoken_where_the_function_chooses_it() {
    let (_authority, issued, _folder, settings) = stand(&NAMES, 2090);
    let peer = echo(server(&issued, &["h2"], None));
    let gateway = one_worker(&peer.url(), "", &settings);
    for _ in 0..5 {
        let answer = gateway.client().ask(request("POST /a", &["Content-Length: 1\r\n\r\nx"]));
        assert_eq!((answer.status(), answer.text().as_str()), (200, "secure"), "{answer:?}");
    }
    assert_eq!(peer.connections(), 1);
    assert_eq!(line(&peer.heads()[0]), "POST https://h/a");
}

#[test]
fn http1_is_spoken_otherwise_and_its_connections_are_used_again() {
    let (_authority, issued, _folder, settings) = stand(&NAMES, 2090);
    for protocols in [&["http/1.1"][..], &[]] {
        let (url, _serving) = http1(server(&issued, protocols, None));
        let gateway = one_worker(&url, "", &settings);
        for _ in 0..5 {
            assert_eq!(gateway.get("/").text(), "old\n");
        }
        let idle = "fngate_instance_connections{function=\"default/f:$LATEST\",state=\"idle\"}";
        assert_eq!(gateway.metric(idle), 1.0);
    }
}

#[test]
fn an_upgrade_is_asked_for_in_http1() {
    let (_authority, issued, _folder, settings) = stand(&NAMES, 2090);
    // It would choose HTTP/2, which it does not speak.
    let (url, _serving) = http1(server(&issued, &["h2", "http/1.1"], None));
    let gateway = one_worker(&url, "", &settings);
    let mut client = gateway.client();
    assert_eq!(client.ask(request("GET /", &["Connection: Upgrade", "Upgrade: x"])).status(), 101);
    client.send("ping");
    assert_eq!(client.reader.take(4).expect("an echo"), b"ping");
}

#[test]
fn a_function_that_is_not_trusted_is_unreachable_and_the_reason_is_said() {
    let (_authority, issued, _folder, settings) = stand(&NAMES, 2090);
    let (_other, expired, _folder2, expired_settings) = stand(&NAMES, 2021);
    let peer = echo(server(&issued, &["h2"], None));
    let late = echo(server(&expired, &["h2"], None));
    let plain = Peer::echo().url().replace("h2c", "https");
    let wrong_name = settings.replace("function.example", "other.example");
    for (url, settings, reason) in [
        (peer.url(), "", "TLS: certificate not trusted"),
        (peer.url(), expired_settings.as_str(), "TLS: certificate not trusted"),
        (peer.url(), wrong_name.as_str(), "TLS: certificate name mismatch"),
        (late.url(), expired_settings.as_str(), "TLS: certificate expired"),
        (plain, settings.as_str(), "no connection to the function"),
    ] {
        let answer = one_worker(&url, "", settings).get("/");
        assert_eq!(answer.status(), 502, "{reason}");
        assert!(answer.text().contains("function_unreachable"), "{}", answer.text());
        assert!(answer.text().contains(reason), "{reason}: {}", answer.text());
        assert!(!answer.text().contains("127.0.0.1"), "{}", answer.text());
    }
}

#[test]
fn a_certificate_is_shown_to_a_function_that_asks_for_it() {
    let (authority, issued, folder, settings) = stand(&NAMES, 2090);
    let peer = echo(server(&issued, &["h2"], Some(&authority)));
    let own = authority.issue(&["gateway.example"], 2090);
    let certificate = write(folder.path(), "gateway.pem", &own.certificate);
    let key = write(folder.path(), "gateway-key.pem", &own.key);
    let shown = format!("{settings}\ncertificate = {certificate:?}\nkey = {key:?}");
    assert_eq!(one_worker(&peer.url(), "", &shown).get("/").text(), "secure");
    assert_eq!(one_worker(&peer.url(), "", &settings).get("/").status(), 502);
}

#[test]
fn a_new_file_of_roots_takes_effect_and_old_connections_are_left() {
    let (authority, issued, folder, settings) = stand(&NAMES, 2090);
    let peer = echo(server(&issued, &["h2"], None));
    let path = folder.path().join("fngate.toml");
    let settings = settings.replace(folder.path().to_str().expect("a path"), ".");
    let text = format!("{}\n{}", simple(&peer.url(), "", &settings, ""), surroundings(folder.path()));
    std::fs::write(&path, text).expect("written");
    let gateway = Gateway::from_file(&path);
    assert_eq!(gateway.get("/").text(), "secure");
    // Written beside it and renamed, as a renewal does.
    let replace = |authority: &Authority| {
        let new = write(folder.path(), "new.pem", &authority.pem);
        std::fs::rename(new, folder.path().join("ca.pem")).expect("renamed");
    };
    replace(&Authority::new());
    eventually("the new roots are in use", || (gateway.get("/").status() == 502).then_some(()));
    replace(&authority);
    eventually("the old roots are in use again", || (gateway.get("/").status() == 200).then_some(()));
    write(folder.path(), "ca.pem", "no PEM");
    let errors = "fngate_config_reloads_total{result=\"error\"}";
    eventually("a bad file is noticed", || (gateway.metric(errors) >= 1.0).then_some(()));
    assert_eq!(gateway.get("/").status(), 200);
}

#[test]
fn a_connection_is_reused_for_every_request_once_one_has_stayed_open() {
    let (_authority, issued, _folder, settings) = stand(&NAMES, 2090);
    let (url, _serving) = http1(server(&issued, &[], None));
    let gateway = one_worker(&url, "", &settings);
    let post = || assert_eq!(gateway.client().ask(request("POST /", &[])).text(), "old\n");
    post();
    pause(Duration::from_millis(150));
    for _ in 0..10 {
        post();
    }
    let idle = "fngate_instance_connections{function=\"default/f:$LATEST\",state=\"idle\"}";
    assert!(gateway.metric(idle) <= 3.0, "{}", gateway.metrics());
}
