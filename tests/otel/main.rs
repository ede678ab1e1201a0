//! Traces: what functions are told, what a collector gets, and that no request waits for one. The gateway is in the test's process, the
//! function and the collector are sockets.

#![expect(unreachable_pub, reason = "a test binary has no outside")]

mod collector;
#[path = "../it/support.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use collector::{Collector, Span};
use support::client::request;
use support::gateway::{Gateway, simple, surroundings};
use support::origin::Origin;
use support::tls::Authority;
use support::{eventually, pause};
use tokio::time::Instant;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// Before one function, with the collector at this URL and these further lines of `[traces]`.
fn gateway(function: &str, endpoint: &str, traces: &str) -> Gateway {
    Gateway::with(&format!("[traces]\nendpoint = \"{endpoint}\"\n{traces}\n{}", simple(function, "", "", "")))
}

fn parent(flags: &str) -> String {
    format!("00-{TRACE}-{SPAN}-{flags}")
}

fn ask(gateway: &Gateway, line: &str, fields: &[&str]) -> support::message::Message {
    gateway.client().ask(request(line, fields))
}

/// The server's span and the client's, of a request with one attempt.
fn pair(spans: &[Span]) -> (&Span, &Span) {
    let of_server = spans.iter().find(|span| span.is_server).expect("a server's span");
    let of_client = spans.iter().find(|span| span.parent == of_server.id).expect("a client's span");
    (of_server, of_client)
}

#[test]
fn a_trace_begins_with_the_id_of_its_request() {
    let (origin, collector) = (Origin::hello(), Collector::start());
    let gateway = gateway(&origin.url(), &collector.url(), "");
    let answer = ask(&gateway, "GET /a/b?secret=1", &["User-Agent: test", "tracestate: old=1"]);
    let id = answer.field("x-api-requestid").expect("an id").to_owned();
    let spans = collector.spans(2);
    let (server, client) = pair(&spans);
    let received = origin.request();
    assert_eq!(received.field("traceparent"), Some(&*format!("00-{id}-{}-01", client.id)));
    assert_eq!(received.field("tracestate"), None, "it belongs to a trace that nobody knows");
    assert_eq!((&*server.trace, &*server.parent, &*client.trace), (&*id, "", &*id));
    assert_eq!((&*server.name, &*client.name, server.failed, client.failed), ("GET /", "GET", false, false));
    assert!(server.started <= client.started && client.started <= client.ended && client.ended <= server.ended);
    let port = origin.port.to_string();
    let url = format!("http://127.0.0.1:{port}/a/b");
    for (span, name, value) in [
        (server, "http.request.method", "GET"),
        (server, "url.scheme", "http"),
        (server, "url.path", "/a/b"),
        (server, "http.route", "/"),
        (server, "server.address", "h"),
        (server, "client.address", "127.0.0.1"),
        (server, "network.protocol.version", "1.1"),
        (server, "user_agent.original", "test"),
        (server, "http.response.status_code", "200"),
        (server, "http.response.body.size", "5"),
        (server, "faas.trigger", "http"),
        (server, "fngate.service", "s"),
        (server, "fngate.api", "all"),
        (server, "fngate.function", "default/f"),
        (server, "fngate.function.version", "$LATEST"),
        (server, "error.type", ""),
        (client, "http.request.method", "GET"),
        (client, "faas.invoked_name", "default/f"),
        (client, "server.address", "127.0.0.1"),
        (client, "server.port", &port),
        (client, "url.full", &url),
        (client, "http.response.status_code", "200"),
        (client, "http.request.resend_count", ""),
    ] {
        assert_eq!(span.get(name), value, "{name}");
    }
    assert_eq!(server.get("fngate.request_id"), id);
    assert!(!format!("{spans:?}").contains("secret"), "the query is nobody's business");
}

#[test]
fn a_trace_of_the_client_goes_on() {
    let (origin, collector) = (Origin::hello(), Collector::start());
    let gateway = gateway(&origin.url(), &collector.url(), "ratio = 0");
    ask(
        &gateway,
        "POST /",
        &[&format!("Traceparent: {}", parent("03")), "tracestate: a=1", "tracestate: b=2", "Content-Length: 0"],
    );
    let spans = collector.spans(2);
    let (server, client) = pair(&spans);
    assert_eq!((&*server.trace, &*server.parent, server.flags), (TRACE, SPAN, 0x303));
    assert_eq!((&*client.trace, client.flags), (TRACE, 0x103));
    let received = origin.request();
    assert_eq!(received.values("traceparent"), [format!("00-{TRACE}-{}-03", client.id)]);
    assert_eq!(received.values("tracestate"), ["a=1", "b=2"]);
}

#[test]
fn what_the_client_does_not_sample_passes_untouched() {
    let (origin, collector) = (Origin::hello(), Collector::start());
    let gateway = gateway(&origin.url(), &collector.url(), "");
    ask(&gateway, "GET /", &[&format!("TraceParent: {}", parent("00")), "tracestate: a=1"]);
    let received = origin.request();
    assert!(received.fields.contains(&("TraceParent".to_owned(), parent("00"))), "{received:?}");
    assert_eq!(received.field("tracestate"), Some("a=1"));
    ask(&gateway, "GET /", &[]);
    assert!(collector.spans(2).iter().all(|span| span.trace != TRACE));
}

#[test]
fn what_is_no_parent_begins_a_trace() {
    let (origin, collector) = (Origin::hello(), Collector::start());
    let gateway = gateway(&origin.url(), &collector.url(), "");
    let good = format!("traceparent: {}", parent("01"));
    for fields in [vec!["traceparent: 00-zz-zz-01"], vec![&*good, &*good], vec!["traceparent:"]] {
        let fields = [fields, vec!["tracestate: a=1"]].concat();
        let id = ask(&gateway, "GET /", &fields).field("x-api-requestid").expect("an id").to_owned();
        let received = origin.take().remove(0);
        let sent = received.values("traceparent");
        assert!(sent.len() == 1 && sent[0].starts_with(&format!("00-{id}-")), "{fields:?}: {sent:?}");
        assert!(received.values("tracestate").is_empty());
    }
}

#[test]
fn the_ratio_decides_on_traces_that_begin_here() {
    let (origin, collector) = (Origin::hello(), Collector::start());
    let gateway = gateway(&origin.url(), &collector.url(), "ratio = 0.5");
    let mut client = gateway.client();
    for _ in 0..200 {
        assert_eq!(client.ask(request("GET /", &[])).status(), 200);
    }
    let told = origin.requests();
    let (sampled, not): (Vec<_>, Vec<_>) = told
        .iter()
        .map(|request| request.field("traceparent").expect("a parent"))
        .partition(|parent| parent.ends_with("-01"));
    assert!(
        (60..=140).contains(&sampled.len()) && not.iter().all(|parent| parent.ends_with("-00")),
        "{}",
        sampled.len()
    );
    let spans = collector.spans(2 * sampled.len());
    assert_eq!(spans.len(), 2 * sampled.len());
    for span in spans.iter().filter(|span| !span.is_server) {
        assert!(sampled.contains(&&*format!("00-{}-{}-01", span.trace, span.id)), "{span:?}");
    }
    // Seen once the exporter has read the answer.
    eventually("they are counted", || {
        (gateway.metric("fngate_spans_exported_total") == spans.len() as f64).then_some(())
    });
}

#[test]
fn an_attempt_that_is_made_again_has_a_span_of_its_own() {
    // Closes the second time that a connection is used, without an answer.
    let origin = Origin::start(|connection| {
        connection.request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")?;
        connection.request().map(drop)
    });
    let collector = Collector::start();
    let text = simple(&origin.url(), "", "", "").replace("workers = 2", "workers = 1");
    let gateway = Gateway::with(&format!("[traces]\nendpoint = \"{}\"\n{text}", collector.url()));
    let mut client = gateway.client();
    for _ in 0..2 {
        assert_eq!(client.ask(request("GET /", &[])).text(), "ok");
    }
    let spans = collector.spans(5);
    let second = spans.iter().rfind(|span| span.is_server).expect("the second request");
    let attempts: Vec<_> = spans.iter().filter(|span| span.parent == second.id).collect();
    assert_eq!(attempts.len(), 2, "{spans:?}");
    assert_eq!((attempts[0].get("error.type"), attempts[0].failed), ("connection_closed", true));
    assert_eq!((attempts[1].get("http.request.resend_count"), attempts[1].failed, second.failed), ("1", false, false));
    assert!(attempts[0].ended <= attempts[1].started);
    let told: Vec<_> =
        origin.requests().iter().filter_map(|request| request.field("traceparent").map(str::to_owned)).collect();
    assert_eq!(told[1..], attempts.iter().map(|span| format!("00-{}-{}-01", span.trace, span.id)).collect::<Vec<_>>());
}

#[test]
fn errors_have_the_reasons_of_the_access_log() {
    let (origin, collector) = (Origin::answering("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), Collector::start());
    let text = format!(
        "[[function]]\nname = \"gone\"\ninstances = [\"http://127.0.0.1:1\"]\n{}\n\
         [[service.api]]\nname = \"gone\"\npath = \"/gone/{{id}}\"\nmethod = \"ANY\"\nfunction = \"gone\"\n",
        simple(&origin.url(), "", "", "")
    );
    let gateway = Gateway::with(
        &format!("[traces]\nendpoint = \"{}\"\n{text}", collector.url()).replace("path = \"/\"", "path = \"/busy\""),
    );
    for (line, status, spans, error, failed) in [
        ("GET /busy", 503, 2, "503", true),
        ("BREW /gone/7", 502, 2, "function_unreachable", true),
        ("GET /nowhere", 404, 1, "no_api", false),
    ] {
        let before = collector.origin.requests().len();
        assert_eq!(ask(&gateway, line, &[]).status(), status, "{line}");
        eventually("another batch", || (collector.origin.requests().len() > before).then_some(()));
        let all = collector.spans(spans);
        let server = all.iter().rfind(|span| span.is_server).expect("a server's span");
        assert_eq!((server.get("error.type"), server.failed), (error, failed), "{line}");
        assert_eq!(server.get("http.response.status_code"), status.to_string());
        let clients: Vec<_> = all.iter().filter(|span| span.parent == server.id).collect();
        assert_eq!(clients.len() + 1, spans, "{line}");
        assert!(clients.iter().all(|client| client.failed && client.get("error.type") == error), "{clients:?}");
        if line.starts_with("BREW") {
            assert_eq!((&*server.name, server.get("http.request.method_original")), ("HTTP /gone/{id}", "BREW"));
            assert_eq!(server.get("http.request.method"), "_OTHER");
        }
    }
}

#[test]
fn no_request_waits_for_a_collector() {
    // One that takes connections and says nothing.
    let silent = Origin::start(|connection| connection.request().map(|_| pause(Duration::from_secs(5))));
    let origin = Origin::hello();
    let gateway = gateway(&origin.url(), &silent.url(), "timeout = \"500ms\"");
    let mut client = gateway.client();
    let began = Instant::now();
    // More than all queues hold.
    for _ in 0..6_000 {
        assert_eq!(client.ask(request("GET /", &[])).status(), 200);
    }
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    eventually("what finds no room is counted", || (gateway.metric("fngate_spans_lost_total") > 1_000.0).then_some(()));
    assert_eq!(gateway.metric("fngate_spans_exported_total"), 0.0);
}

#[test]
fn a_collector_that_is_busy_is_asked_again() {
    let busy = Collector::answering("HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
    let broken = Collector::answering("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    for (collector, attempts) in [(busy, 3), (broken, 1)] {
        let origin = Origin::hello();
        let gateway = gateway(&origin.url(), &collector.url(), "");
        ask(&gateway, "GET /", &[]);
        eventually("it is given up", || (gateway.metric("fngate_spans_lost_total") == 2.0).then_some(()));
        let requests = collector.origin.requests();
        assert_eq!(requests.len(), attempts);
        assert!(requests.iter().all(|request| request.body == requests[0].body));
    }
}

#[test]
fn little_that_happens_waits_for_a_collector_to_come_back() {
    let is_away = Arc::new(AtomicBool::new(true));
    let away = is_away.clone();
    let collector = Origin::start(move |connection| {
        while connection.request()?.is_some() {
            let line = if away.load(Ordering::SeqCst) { "503 Busy" } else { "200 OK" };
            connection.send(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n"))?;
        }
        Ok(())
    });
    let origin = Origin::hello();
    let gateway = gateway(&origin.url(), &collector.url(), "");
    // Each is handed over by itself, so that there are many more of these than workers hand over with much to do.
    let mut clients = [gateway.client(), gateway.client()];
    let began = Instant::now();
    let mut count = 0.0;
    while began.elapsed() < Duration::from_secs(4) {
        for client in &mut clients {
            assert_eq!(client.ask(request("GET /", &[])).status(), 200);
            count += 1.0;
        }
        pause(Duration::from_millis(25));
    }
    is_away.store(false, Ordering::SeqCst);
    eventually("all arrive", || (gateway.metric("fngate_spans_exported_total") == 2.0 * count).then_some(()));
    assert_eq!(gateway.metric("fngate_spans_lost_total"), 0.0);
}

#[test]
fn a_stop_does_not_wait_long_for_a_collector() {
    let silent = Origin::start(|connection| connection.request().map(|_| pause(Duration::from_secs(5))));
    let origin = Origin::hello();
    let gateway = gateway(&origin.url(), &silent.url(), "");
    ask(&gateway, "GET /", &["Connection: close"]);
    eventually("the collector is asked", || (silent.requests().len() == 1).then_some(()));
    let began = Instant::now();
    gateway.stop();
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[test]
fn what_a_collector_rejects_is_counted() {
    let (origin, collector) = (Origin::hello(), Collector::rejecting(1));
    let gateway = gateway(&origin.url(), &collector.url(), "");
    ask(&gateway, "GET /", &[]);
    eventually("one is lost", || (gateway.metric("fngate_spans_lost_total") == 1.0).then_some(()));
    assert_eq!(gateway.metric("fngate_spans_exported_total"), 1.0);
}

#[test]
fn a_stop_sends_what_is_left() {
    let (origin, collector) = (Origin::hello(), Collector::start());
    let gateway = gateway(
        &origin.url(),
        &collector.url(),
        "headers = { \"Authorization\" = \"Bearer abc\" }\nservice_name = \"door\"",
    );
    ask(&gateway, "GET /", &["Connection: close"]);
    let began = Instant::now();
    gateway.stop();
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(collector.spans(2).len(), 2);
    let sent = collector.origin.request();
    assert_eq!(sent.field("authorization"), Some("Bearer abc"));
    assert!(String::from_utf8_lossy(&sent.body).contains("door"));
}

#[test]
fn a_reload_begins_and_ends_it() {
    let (origin, collector) = (Origin::hello(), Collector::start());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fngate.toml");
    let write = |traces: &str| {
        let text = format!("{traces}\n{}\n{}", simple(&origin.url(), "", "", ""), surroundings(folder.path()));
        std::fs::write(&path, text).expect("a file");
    };
    write("");
    let gateway = Gateway::from_file(&path);
    let told = |gateway: &Gateway| {
        ask(gateway, "GET /", &[]);
        origin.take().remove(0).field("traceparent").is_some()
    };
    assert!(!told(&gateway));
    write(&format!("[traces]\nendpoint = \"{}\"", collector.origin.url()));
    gateway.app().reload().expect("a good configuration");
    eventually("both workers have it", || told(&gateway).then_some(()));
    collector.spans(2);
    write("");
    gateway.app().reload().expect("a good configuration");
    assert!(!told(&gateway));
}

#[test]
fn a_collector_may_want_tls() {
    let (origin, collector) = (Origin::hello(), Collector::start());
    let files = Authority::new("collector.test");
    files.issue("collector", &["127.0.0.1", "localhost"]);
    // Another gateway stands before the collector.
    let log = tempfile::tempdir().expect("a folder");
    let text = simple(&collector.origin.url(), "", "", "") + &surroundings(log.path());
    let tls =
        format!("address = \"127.0.0.1:0\"\n[listener.tls]\ncertificates = [{}]\n[admin]", files.entry("collector"));
    let path = log.path().join("fngate.toml");
    std::fs::write(&path, text.replace("address = \"127.0.0.1:0\"\n[admin]", &tls)).expect("a file");
    let door = Gateway::from_file(&path);
    let endpoint = format!("https://{}/v1/traces", door.address.replace("127.0.0.1", "localhost"));
    let trusting = gateway(&origin.url(), &endpoint, &format!("ca = {:?}", files.path("ca.pem")));
    ask(&trusting, "GET /", &[]);
    assert_eq!(collector.spans(2).len(), 2);
    let doubting = gateway(&origin.url(), &endpoint, "");
    ask(&doubting, "GET /", &[]);
    eventually("it is not trusted", || (doubting.metric("fngate_spans_lost_total") == 2.0).then_some(()));
}
