//! Plain HTTP that is sent to a listener with TLS.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::support::gateway::{Gateway, simple};
use super::support::origin::Origin;
use super::support::tls::Authority;
use super::support::{PATIENCE, eventually};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[test]
fn it_is_answered_in_plain_http_and_counted_as_a_failed_handshake() {
    let (origin, authority) = (Origin::hello(), Authority::new("ca"));
    authority.issue("shop", &["shop.test"]);
    let certificate = authority.entry("shop");
    let listener = format!("[[listener]]\naddress = \"127.0.0.1:0\"\ntls = {{ certificates = [{certificate}] }}\n");
    let gateway = Gateway::with(&format!("{listener}{}", simple(&origin.url(), "", "", "")));
    let large = [b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n", &vec![b'a'; 200_000][..]].concat();
    let cases: [&[u8]; 5] = [REQUEST, b"G", PREFACE, &large, b"HEAD / HTTP/1.0\r\n\r\n"];
    for said in cases {
        let mut stream = TcpStream::connect(&gateway.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(said).expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer that ends in order");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
        assert!(head.to_lowercase().contains("\r\nconnection: close"), "{answer}");
        let problem: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(problem["reason"], "bad_request", "{problem}");
        assert_eq!(problem["detail"], "a plain HTTP request was sent to a port that speaks HTTPS", "{problem}");
    }
    for line in gateway.access(cases.len()) {
        let told = (&line["status"], &line["reason"], &line["tls"], &line["client"]);
        assert_eq!(told, (&400.into(), &"bad_request".into(), &serde_json::Value::Null, &"127.0.0.1".into()));
    }
    let failed = "fngate_tls_handshakes_total{listener=\"127.0.0.1:0\",result=\"error\"}";
    eventually("all are counted", || (gateway.metric(failed) == 5.0).then_some(()));
    assert_eq!(origin.requests().len(), 0);
}
