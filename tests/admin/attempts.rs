//! Requests that are tried through the admin API.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};

use super::client::{Answer, Call};
use super::stand::{SHOP, Stand, Token, own_token};
use super::support::gateway::{BASE, Folder, Gateway};

const TRY: &str = "/v1/try";

impl Stand {
    fn attempt(&self, body: &Value) -> Answer {
        self.send(&Call::new("POST", TRY).token(&self.own).json(body))
    }

    #[track_caller]
    fn tried(&self, body: &Value) -> Value {
        let answer = self.attempt(body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// A gateway whose configuration begins with another text.
    fn beginning(base: &str) -> Self {
        let (read, write) = (Token::new("reader", "read"), Token::new("writer", "write"));
        let folder = Folder::new(&format!("{base}{}{}{SHOP}", read.table, write.table));
        issue(&folder);
        let gateway = Gateway::start(&folder);
        let own = own_token(&folder, &gateway);
        Self { gateway, folder, own, read, write }
    }
}

fn issue(folder: &Folder) {
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec!["shop.test".to_owned()]).expect("a name").self_signed(&key);
    std::fs::write(folder.path().join("shop.pem"), certificate.expect("a certificate").pem()).expect("written");
    std::fs::write(folder.path().join("shop.key"), key.serialize_pem()).expect("written");
}

fn values<'a>(tried: &'a Value, name: &str) -> Vec<&'a str> {
    let fields = tried["headers"].as_array().expect("a list").iter();
    fields.filter(|field| field["name"] == *name).filter_map(|field| field["value"].as_str()).collect()
}

#[test]
fn a_request_takes_the_way_of_every_other() {
    let stand = Stand::start();
    let tried = stand.tried(&json!({
        "method": "POST",
        "url": "http://shop.test/orders/1?x=1",
        "headers": [{ "name": "X-Mine", "value": "one" }, { "name": "x-mine", "value": "two" }],
        "body": "hello é"
    }));
    assert_eq!(
        (&tried["status"], &tried["encoding"], &tried["truncated"]),
        (&json!(200), &json!("text"), &json!(false))
    );
    let body = tried["body"].as_str().expect("a text");
    for said in ["/orders/1?x=1", "one", "two", "hello é"] {
        assert!(body.contains(said), "{said}: {body}");
    }
    assert!(body.to_ascii_lowercase().contains("x-stage"), "what the API adds: {body}");
    let id = tried["request_id"].as_str().expect("an ID");
    assert_eq!(values(&tried, "x-api-requestid"), [id]);
    assert!(tried["duration_ms"].as_f64().is_some_and(|duration| duration > 0.0), "{tried}");
    let keys: Vec<_> = tried.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, ["body", "duration_ms", "encoding", "headers", "request_id", "status", "truncated"]);

    let elsewhere = stand.tried(&json!({ "method": "GET", "url": "http://nobody.test/" }));
    assert_eq!(elsewhere["status"], json!(404), "a refusal is an answer: {elsewhere}");
    assert!(elsewhere["body"].as_str().is_some_and(|body| body.contains("reason")));

    let lines = stand.get("/v1/audit?action=try").json();
    let object = |index: usize| &lines["items"][index]["object"];
    assert_eq!((object(0), object(1), &lines["total"]), (&json!("GET /"), &json!("POST /orders/1"), &json!(2)));
    assert_eq!((&lines["items"][1]["author"], &lines["items"][1]["before"]), (&json!("local"), &Value::Null));
    assert!(!lines.to_string().contains("hello") && !lines.to_string().contains("x=1"), "{lines}");
}

#[test]
fn only_requests_that_a_client_could_send_are_sent() {
    let stand = Stand::start();
    let with = |key: &str, value: Value| {
        let mut body = json!({ "method": "GET", "url": "http://shop.test/" });
        body[key] = value;
        body
    };
    let field = |name: &str, value: &str| with("headers", json!([{ "name": name, "value": value }]));
    for (body, pointer) in [
        (with("method", json!("")), "/method"),
        (with("method", json!("G T")), "/method"),
        (with("method", json!("CONNECT")), "/method"),
        (with("url", json!("")), "/url"),
        (with("url", json!("/orders")), "/url"),
        (with("url", json!("shop.test")), "/url"),
        (with("url", json!("ftp://shop.test/")), "/url"),
        (with("url", json!("unix:/run/admin.sock")), "/url"),
        (with("url", json!("http:///x")), "/url"),
        (with("url", json!("http://shop.test/a b")), "/url"),
        (with("url", json!("http://shop.test/\r\nX-A: b")), "/url"),
        (with("url", json!("http://shop.test/#a")), "/url"),
        (with("url", json!("http://user:password@shop.test/")), "/url"),
        (field("Host", "other.test"), "/headers/0"),
        (field("Content-Length", "3"), "/headers/0"),
        (field("Transfer-Encoding", "chunked"), "/headers/0"),
        (field("Connection", "upgrade"), "/headers/0"),
        (field("Upgrade", "websocket"), "/headers/0"),
        (field("X A", "b"), "/headers/0"),
        (field("X-A", "b\r\nX-B: c"), "/headers/0"),
    ] {
        let refused = stand.attempt(&body);
        assert_eq!((refused.status, refused.reason().as_str()), (422, "invalid"), "{body}: {refused:?}");
        assert_eq!(refused.json()["errors"][0]["pointer"], json!(pointer), "{body}");
    }
    for body in [json!({}), json!({ "method": "GET" }), with("more", json!(1)), with("body", json!(1))] {
        assert_eq!(stand.attempt(&body).status, 422, "{body}");
    }
    let reader = Call::new("POST", TRY).token(&stand.read.text).json(&with("method", json!("GET")));
    assert_eq!(stand.send(&reader).status, 403);
    assert_eq!(stand.get("/v1/audit?action=try").json()["total"], json!(0));
}

/// The host of a URL is a field of the request, and nothing that is connected to.
#[test]
fn nothing_but_the_gateway_is_reached() {
    let stand = Stand::start();
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    other.set_nonblocking(true).expect("an option");
    let address = other.local_addr().expect("an address");
    for url in
        [format!("http://{address}/"), format!("https://{address}/"), format!("http://{}/livez", stand.gateway.admin)]
    {
        let tried = stand.tried(&json!({ "method": "GET", "url": url }));
        assert_eq!(tried["status"], json!(404), "{url}: {tried}");
    }
    let error = other.accept().expect_err("nobody comes");
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}

/// A function that answers each request with this.
fn function(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    // Ends with the test.
    drop(thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.expect("a connection");
            let _ = client.read(&mut [0; 4096]);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n",
                answer.len()
            );
            let _ = client.write_all(head.as_bytes()).and_then(|()| client.write_all(&answer));
        }
    }));
    address.to_string()
}

#[test]
fn a_body_is_shown_up_to_its_limit_and_as_it_is() {
    let most = 256 << 10;
    for (sent, body, encoding, truncated) in [
        (vec![0, 159, 146, 150], "AJ+Slg==".to_owned(), "base64", false),
        (vec![b'x'; most], "x".repeat(most), "text", false),
        (vec![b'x'; most + 1], "x".repeat(most), "text", true),
        ("é".repeat(most).into_bytes(), "é".repeat(most / 2), "text", true),
    ] {
        let far = format!("[[function]]\nname = \"far\"\ninstances = [\"http://{}\"]\n", function(sent));
        let stand = Stand::with(&(far + &SHOP.replace("function = \"echo\"", "function = \"far\"")));
        let tried = stand.tried(&json!({ "method": "GET", "url": "http://shop.test/" }));
        assert_eq!((&tried["encoding"], &tried["truncated"]), (&json!(encoding), &json!(truncated)));
        assert!(tried["body"] == json!(body), "{}", tried["body"].as_str().map_or(0, str::len));
        assert_eq!(values(&tried, "set-cookie"), ["a=b", "c=d"], "as a client gets it");
    }
}

#[test]
fn the_listener_fits_the_url() {
    let tls = "[listener.tls]\ncertificates = [{ certificate = \"shop.pem\", key = \"shop.key\" }]\n";
    let second = format!("[[listener]]\naddress = \"127.0.0.1:0\"\n{tls}[admin]\n");
    let both = BASE.replacen("[admin]\n", &second, 1);
    let only_tls = BASE.replacen("[admin]\n", &format!("{tls}[admin]\n"), 1);
    let trusted = "[gateway]\ntrusted_proxies = [\"127.0.0.0/8\"]\n[admin]\n";
    let proxied = BASE.replacen("[admin]\n", &format!("proxy_protocol = true\n{trusted}"), 1);
    let proxied_tls = BASE.replacen("[admin]\n", &format!("proxy_protocol = true\n{tls}{trusted}"), 1);
    let proto = |tried: &Value| {
        let told: Value = serde_json::from_str(tried["body"].as_str().expect("a text")).expect("what echo answers");
        let fields = told["headers"].as_array().expect("a list").iter();
        let field =
            fields.filter(|pair| pair[0].as_str().is_some_and(|name| name.eq_ignore_ascii_case("x-forwarded-proto")));
        field.map(|pair| pair[1].as_str().expect("a text").to_owned()).collect::<String>()
    };
    for (base, http, https) in [
        (BASE, "http", "http"),
        (&both, "http", "https"),
        (&only_tls, "https", "https"),
        (&proxied, "http", "http"),
        (&proxied_tls, "https", "https"),
    ] {
        let stand = Stand::beginning(base);
        for (scheme, expected) in [("http", http), ("https", https)] {
            let tried = stand.tried(&json!({ "method": "GET", "url": format!("{scheme}://shop.test/a") }));
            assert_eq!(tried["status"], json!(200), "{base}: {tried}");
            assert_eq!(proto(&tried), expected, "{scheme} with {base}");
        }
    }
}

#[test]
fn the_status_says_where_requests_are_taken() {
    let stand = Stand::start();
    let listeners = stand.get("/v1/status").json()["listeners"].clone();
    assert_eq!(listeners, json!([{ "address": stand.gateway.address.to_string(), "tls": false }]));
}
