//! The request tail: what it tells, and what never.

use fngate::control::tail::filter::TailFilter;
use fngate::control::tail::{Subscription, TailItem};
use fngate::telemetry::tail::RequestEvent;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::peer::{WHOLE, request as http2_request};
use super::port::free_port;
use super::support::PATIENCE;
use super::support::client::request;
use super::support::gateway::{Gateway, simple};
use super::support::origin::Origin;

/// Whatever is in a field or in a query.
const SECRET: &str = "S3cr3t";

/// Somebody who listens to a gateway.
struct Listener {
    runtime: Runtime,
    subscription: Subscription,
}

impl Listener {
    fn of(gateway: &Gateway) -> Self {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        Self { runtime, subscription: gateway.app().tail().subscribe(TailFilter::default()) }
    }

    #[track_caller]
    fn next(&mut self) -> RequestEvent {
        let next = async { timeout(PATIENCE, self.subscription.next()).await };
        match self.runtime.block_on(next).expect("an event in time").expect("the gateway runs") {
            TailItem::Event(event) => (*event).clone(),
            TailItem::Lost(count) => panic!("{count} events lost"),
        }
    }
}

#[track_caller]
fn assert_silent(event: &RequestEvent, sent: &str) {
    let text = serde_json::to_string(event).expect("JSON");
    assert!(!text.to_lowercase().contains(&SECRET.to_lowercase()), "{sent:.200}\n{text}");
}

#[test]
fn an_event_says_what_the_access_log_says() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "", "");
    let mut listener = Listener::of(&gateway);
    for (line, fields) in [
        ("POST /orders/7?key=1", &["Content-Length: 2\r\n\r\nab"][..]),
        ("GET /orders/%zz", &[]),
        ("GET http://shop.test:80/caf%C3%A9", &[]),
    ] {
        let mut sent = request(line, fields);
        if !fields.is_empty() {
            // The body ends what the field began.
            sent.truncate(sent.len() - 4);
        }
        let id = gateway.client().ask(sent).field("x-api-requestid").expect("an id").to_owned();
        let (event, mut logged) = (listener.next(), gateway.logged(&id));
        let fields = logged.as_object_mut().expect("an object");
        // What the tail leaves out.
        fields.retain(|name, _| !["tls", "user_agent"].contains(&name.as_str()));
        assert_eq!(serde_json::to_value(&event).expect("JSON"), logged);
    }
}

/// Every way in which a client can make the gateway answer itself, with a secret in whatever it sends beside the path and the host.
#[test]
fn what_a_client_sends_in_fields_and_queries_is_never_told() {
    let origin = Origin::hello();
    let api = "[[service.api]]\nname = \"up\"\npath = \"/up\"\nmethod = \"POST\"\nfunction = \"f\"\nmax_body_bytes = \"10B\"\n\
               [[service.api]]\nname = \"me\"\npath = \"/users/me\"\nmethod = \"GET\"\nfunction = \"f\"\n\
               [[service.api]]\nname = \"user\"\npath = \"/users/{id}\"\nmethod = \"GET\"\nfunction = \"f\"\n";
    let text = simple(&origin.url(), "reserved = \"reject\"", "", api).replace("hosts = [\"*\"]", "hosts = [\"h\"]");
    let text = text.replace("path = \"/\"\n", "path = \"/open\"\n");
    let gateway = Gateway::with(&text);
    let mut listener = Listener::of(&gateway);
    let (long, many) = ("x".repeat(9000), format!("X-A: {SECRET}\r\n").repeat(150));
    let fields = [
        format!("User-Agent: {SECRET}"),
        format!("Cookie: session={SECRET}"),
        format!("Authorization: Bearer {SECRET}"),
        format!("X-Api-Key: {SECRET}"),
        format!("traceparent: 00-{SECRET}-1-00"),
        format!("X-Forwarded-For: {SECRET}"),
        format!("Forwarded: for={SECRET}"),
        format!("Referer: http://h/?{SECRET}"),
    ];
    for (line, own, reason) in [
        ("GET /open", String::new(), None),
        ("GET /open", format!("Upgrade: {SECRET}\r\nConnection: upgrade, {SECRET}"), None),
        ("GET /open", format!("Expect: {SECRET}"), None),
        ("GET /open", format!("TE: {SECRET}"), None),
        ("GET /open", format!("Content-Type: application/grpc\r\ngrpc-timeout: {SECRET}"), None),
        ("GET /nothing", String::new(), Some("no_api")),
        ("GET /nothing", "Content-Type: application/grpc".to_owned(), Some("no_api")),
        ("DELETE /up", String::new(), Some("method_not_allowed")),
        ("GET /users/x%2F..%2Fme", String::new(), Some("ambiguous_path")),
        ("GET /users/%zz", String::new(), Some("bad_request")),
        ("GET /open", format!("X-Scf-Name: {SECRET}"), Some("reserved_field")),
        ("POST /up", "Content-Length: 11".to_owned(), Some("body_too_large")),
        ("POST /up", format!("Content-Length: {SECRET}"), Some("bad_request")),
        ("POST /up", format!("Content-Length: 1\r\nContent-Length: 1, {SECRET}"), Some("bad_request")),
        ("POST /up", format!("Transfer-Encoding: {SECRET}"), Some("bad_request")),
        ("POST /up", format!("Transfer-Encoding: {SECRET}, chunked"), Some("bad_request")),
        ("POST /up", format!("Transfer-Encoding: chunked\r\n\r\n{SECRET}"), Some("bad_request")),
        ("POST /up", format!("Transfer-Encoding: chunked\r\n\r\n1;{SECRET}=\"\0\r\na\r\n0"), Some("bad_request")),
        (
            "POST /up",
            format!("Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Scf-Name: {SECRET}"),
            Some("reserved_field"),
        ),
        ("GET /open", format!("Bad Name: {SECRET}"), Some("bad_request")),
        ("GET /open", format!("X-Bad: {SECRET}\0"), Some("bad_request")),
        ("GET /open", many, Some("header_too_large")),
        ("GET /open", format!("X-Long: {SECRET}{}", "x".repeat(70_000)), Some("header_too_large")),
        ("GET /open", "Host: h".to_owned(), Some("bad_request")),
        (&format!("GET /open/{long}"), String::new(), Some("uri_too_long")),
        ("CONNECT h:80", String::new(), Some("bad_request")),
    ] {
        let query = if line.starts_with("CONNECT") { String::new() } else { format!("?q={SECRET}") };
        let all: Vec<&str> =
            fields.iter().map(String::as_str).chain(Some(own.as_str()).filter(|own| !own.is_empty())).collect();
        let sent = request(&format!("{line}{query}"), &all);
        let mut client = gateway.client();
        client.send(&sent);
        // Some of what follows may not be HTTP; whatever the answer is, there is one event.
        drop(client.try_receive());
        let event = listener.next();
        assert_eq!(event.reason.as_deref(), reason, "{sent:.200}\n{event:?}");
        assert_silent(&event, &sent);
    }
}

#[test]
fn a_head_that_leads_nowhere_does_not_tell_them_either() {
    let origin = Origin::hello();
    let gateway = Gateway::with(&simple(&origin.url(), "", "", "").replace("hosts = [\"*\"]", "hosts = [\"h\"]"));
    let mut listener = Listener::of(&gateway);
    for sent in [
        format!("GET /open?{SECRET} HTTP/1.1\r\nHost: nowhere\r\nCookie: {SECRET}\r\n\r\n"),
        format!("GET /open?{SECRET} HTTP/1.1\r\nCookie: {SECRET}\r\n\r\n"),
        format!("GET /open?{SECRET} HTTP/3.9\r\nHost: h\r\n\r\n"),
        format!("GET /open?a={SECRET}#{SECRET} HTTP/1.1\r\nHost: h\r\n\r\n"),
        format!("GET http://user:{SECRET}@h/open?{SECRET} HTTP/1.1\r\nHost: h\r\n\r\n"),
        format!("GET ftp://h/open?{SECRET} HTTP/1.1\r\nHost: h\r\n\r\n"),
        format!("OPTIONS * HTTP/1.1\r\nHost: h\r\nCookie: {SECRET}\r\n\r\n"),
        format!("{SECRET}\r\n\r\n"),
    ] {
        let mut client = gateway.client();
        client.send(&sent);
        drop(client.try_receive());
        let event = listener.next();
        assert!(event.reason.is_some(), "{sent}\n{event:?}");
        assert_silent(&event, &sent);
    }
}

#[test]
fn what_a_client_of_http2_sends_is_not_told_either() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "reserved = \"reject\"", "");
    let mut listener = Listener::of(&gateway);
    for (path, field, reason) in [
        (format!("/a?{SECRET}"), ("cookie", SECRET.to_owned()), None),
        (format!("/a?{SECRET}"), ("x-scf-name", SECRET.to_owned()), Some("reserved_field")),
        (format!("/a?{SECRET}"), ("host", format!("{SECRET}@a")), Some("bad_request")),
        (format!("/a?{SECRET}"), ("x-long", SECRET.repeat(12_000)), Some("header_too_large")),
        (format!("/%zz?{SECRET}"), ("authorization", SECRET.to_owned()), Some("bad_request")),
        (format!("/a?{SECRET}#{SECRET}"), ("cookie", SECRET.to_owned()), Some("bad_request")),
    ] {
        let mut client = super::http2::open(&gateway);
        let sent = format!("{path} {}: {:.20}", field.0, field.1);
        assert!(client.send(http2_request(1, WHOLE, "GET", &path, &[(field.0, &field.1)])));
        client.wait(PATIENCE, |client| client.answer(1).is_over() || client.end().is_some());
        if reason == Some("header_too_large") && client.answer(1).status() != Some(431) {
            // h2 has refused it by itself.
            continue;
        }
        let event = listener.next();
        assert_eq!(event.reason.as_deref(), reason, "{sent}\n{event:?}");
        if field.0 != "host" {
            assert_silent(&event, &sent);
        }
        assert_eq!(event.protocol, "HTTP/2");
    }
}

/// A function's own secrets, in whatever way it fails.
#[test]
fn what_a_function_sends_is_never_told() {
    for answer in [
        format!("HTTP/1.1 200 {SECRET}\r\nSet-Cookie: {SECRET}\r\nContent-Length: 0\r\n\r\n"),
        format!("{SECRET}\r\n\r\n"),
        format!("HTTP/1.1 {SECRET}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nBad Name: {SECRET}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: {SECRET}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: {SECRET}\r\n\r\nab"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {SECRET}, chunked\r\n\r\n0\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", SECRET.repeat(20_000)),
        format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: {SECRET}\r\nConnection: upgrade\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{SECRET}"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{SECRET}"),
    ] {
        let origin = Origin::answering_once(answer.clone());
        let gateway = Gateway::before(&origin, "", "");
        let mut listener = Listener::of(&gateway);
        let mut client = gateway.client();
        client.send(request("GET /a", &["Connection: close"]));
        drop(client.try_receive());
        let event = listener.next();
        assert_silent(&event, &answer);
    }
    let unused = format!("http://127.0.0.1:{}", free_port());
    for instance in [&unused, "http://no-such-host.invalid", "unix:/nonexistent/socket"] {
        let gateway = Gateway::with(&simple(instance, "", "", ""));
        let mut listener = Listener::of(&gateway);
        gateway.get(&format!("/a?{SECRET}"));
        let event = listener.next();
        assert_eq!(event.reason.as_deref(), Some("function_unreachable"));
        assert!(event.detail.is_some() && event.instance.is_some(), "{event:?}");
        assert_silent(&event, instance);
    }
}
