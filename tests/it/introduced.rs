//! Functions that are told of the client by a PROXY header in front of each connection.

use std::io;

use super::support::client::request;
use super::support::gateway::{Gateway, simple, surroundings};
use super::support::origin::{Connection, Origin};

/// What a connection began with, as a field of its answer, and how many requests it brought.
fn origin(version: &'static str) -> Origin {
    let line = |connection: &mut Connection| -> io::Result<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.extend(connection.reader.take(1)?);
        }
        Ok(String::from_utf8_lossy(&line).trim().to_owned())
    };
    let binary = |connection: &mut Connection| -> io::Result<String> {
        let fixed = connection.reader.take(16)?;
        let rest = connection.reader.take(usize::from(u16::from_be_bytes([fixed[14], fixed[15]])))?;
        Ok(format!("{:02x} {:02x} {rest:?}", fixed[12], fixed[13]))
    };
    Origin::start(move |connection| {
        let header = if version == "v1" { line(connection)? } else { binary(connection)? };
        while connection.request()?.is_some() {
            let head = "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=60\r\nContent-Length: ";
            connection.send(format!("{head}{}\r\n\r\n{header}", header.len()))?;
        }
        Ok(())
    })
}

fn gateway(origin: &Origin, version: &str) -> Gateway {
    let function = format!("proxy_protocol = \"{version}\"");
    Gateway::with(&simple(&origin.url(), "trusted_proxies = [\"127.0.0.2\"]", &function, ""))
}

#[test]
fn each_request_has_a_connection_that_names_its_client() {
    let origin = origin("v1");
    let gateway = gateway(&origin, "v1");
    let port = gateway.address.rsplit(':').next().expect("a port");
    let mut first = gateway.client();
    let mut second = gateway.client();
    for _ in 0..3 {
        for client in [&mut first, &mut second] {
            let own = client.stream.local_addr().expect("an address").port();
            let expected = format!("PROXY TCP4 127.0.0.1 127.0.0.1 {own} {port}");
            assert_eq!(client.ask(request("GET /", &["X-Forwarded-For: 192.0.2.7"])).text(), expected);
        }
    }
    assert_eq!(origin.connections(), 6);
    assert!(gateway.metric("fngate_instance_connections{function=\"default/f:$LATEST\",state=\"idle\"}") < 1.0);
}

#[test]
fn version_2_is_written_as_well() {
    let origin = origin("v2");
    let gateway = gateway(&origin, "v2");
    let mut client = gateway.client();
    let own = client.stream.local_addr().expect("an address").port().to_be_bytes();
    let port: u16 = gateway.address.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let rest = [&[127, 0, 0, 1, 127, 0, 0, 1], &own[..], &port.to_be_bytes()].concat();
    assert_eq!(client.ask(request("GET /", &[])).text(), format!("21 11 {rest:?}"));
}

#[test]
fn a_client_behind_a_trusted_proxy_is_named_without_its_port() {
    let origin = origin("v1");
    let listener = "[[listener]]\naddress = \"127.0.0.1:0\"\nproxy_protocol = true\n";
    let networks = "trusted_proxies = [\"127.0.0.0/8\", \"10.0.0.0/8\"]";
    let gateway =
        Gateway::with(&format!("{listener}{}", simple(&origin.url(), networks, "proxy_protocol = \"v1\"", "")));
    for (header, list, expected) in [
        ("TCP4 10.0.0.9 198.51.100.1 8000 443", "192.0.2.7", "TCP4 192.0.2.7 198.51.100.1 0 443"),
        ("TCP4 10.0.0.9 198.51.100.1 8000 443", "2001:db8::9", "TCP6 2001:db8::9 ::ffff:198.51.100.1 0 443"),
        ("TCP4 192.0.2.9 198.51.100.1 8000 443", "192.0.2.7", "TCP4 192.0.2.9 198.51.100.1 8000 443"),
        ("TCP6 2001:db8::1 ::1 8000 443", "192.0.2.7", "TCP6 2001:db8::1 ::1 8000 443"),
    ] {
        let mut client = gateway.client();
        client.send(format!("PROXY {header}\r\n"));
        let answer = client.ask(request("GET /", &[&format!("X-Forwarded-For: {list}")]));
        assert_eq!(answer.text(), format!("PROXY {expected}"), "{header}");
    }
}

#[test]
fn a_connection_from_before_a_reload_is_not_used_without_its_header() {
    // Either line comes first: a header, or a request.
    let origin = Origin::start(|connection| {
        let mut first = connection.reader.take(5)?;
        if first == b"PROXY" {
            while !first.ends_with(b"\n") {
                first.extend(connection.reader.take(1)?);
            }
        }
        let kind = if first.starts_with(b"PROXY") { "header" } else { "none" };
        while connection.reader.head()?.is_some() {
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{kind}", kind.len()))?;
        }
        Ok(())
    });
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fngate.toml");
    let write = |version: &str| {
        let text = simple(&origin.url(), "", &format!("proxy_protocol = \"{version}\""), "");
        std::fs::write(&path, format!("{text}\n{}", surroundings(folder.path()))).expect("written");
    };
    write("off");
    let gateway = Gateway::from_file(&path);
    let mut client = gateway.client();
    for (version, expected) in [("off", "none"), ("v1", "header"), ("off", "none"), ("v1", "header")] {
        write(version);
        gateway.app().reload().expect("a good configuration");
        assert_eq!(client.ask(request("GET /", &[])).text(), expected);
    }
}
