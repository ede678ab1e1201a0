//! Every answer that the gateway makes itself: body, `Proxy-Status`, metric and log line.

use std::time::Duration;

use super::port::free_port;
use super::support::client::request;
use super::support::gateway::{Gateway, simple};
use super::support::message::Message;
use super::support::origin::Origin;
use super::support::pause;

/// Asserts one error in all its places.
#[track_caller]
fn assert_refused(gateway: &Gateway, answer: &Message, status: u16, reason: &str) {
    assert_eq!((answer.status(), answer.reason().as_str()), (status, reason), "{answer:?}");
    let problem = answer.problem();
    for key in ["type", "title", "detail"] {
        assert!(problem[key].is_string(), "{key}: {problem}");
    }
    assert_eq!((&problem["status"], &problem["message"]), (&status.into(), &problem["detail"]));
    assert_eq!(problem["requestId"].as_str(), answer.field("x-api-requestid"));
    assert!(answer.field("proxy-status").expect("a field").starts_with("fngate; error="), "{answer:?}");
    assert!(!answer.text().contains("127.0.0.1"), "no internal address: {answer:?}");
    let errors = gateway.metrics();
    let counted = errors
        .lines()
        .any(|line| line.starts_with("fngate_gateway_errors_total") && line.contains(&format!("reason=\"{reason}\"")));
    assert!(counted, "{reason} is counted:\n{errors}");
    let id = problem["requestId"].as_str().expect("text");
    let line = gateway.logged(id);
    assert_eq!((&line["reason"], &line["status"]), (&reason.into(), &status.into()));
    assert_eq!(line["detail"], problem["detail"], "the log says as much as the answer");
}

fn gateway(origin: &Origin, more: &str) -> Gateway {
    Gateway::with(&format!(
        "[gateway]\n{more}\n[[function]]\nname = \"f\"\ninstances = [\"{}\"]\n\
         [[service]]\nname = \"s\"\nhosts = [\"h\"]\n\
         [[service.api]]\nname = \"get\"\npath = \"/users/{{id}}\"\nmethod = \"GET\"\nfunction = \"f\"\n\
         [[service.api]]\nname = \"me\"\npath = \"/users/me\"\nmethod = \"GET\"\nfunction = \"f\"\n\
         [[service.api]]\nname = \"up\"\npath = \"/up\"\nmethod = \"ANY\"\nfunction = \"f\"\nmax_body_bytes = \"10B\"\n",
        origin.url()
    ))
}

#[test]
fn what_a_client_can_do_wrong() {
    let origin = Origin::hello();
    let many: String = (0..150).map(|number| format!("X-{number}: 1\r\n")).collect();
    let long = "x".repeat(9000);
    let huge = "x".repeat(70_000);
    for (sent, status, reason) in [
        ("GET / HTTP/1.1\r\nHost: nowhere\r\n\r\n".to_owned(), 404, "no_service"),
        (request("GET /nothing", &[]), 404, "no_api"),
        (request("DELETE /users/7", &[]), 405, "method_not_allowed"),
        (request("GET /users/x%2F..%2Fme", &[]), 400, "ambiguous_path"),
        (request("GET /users//me", &[]), 400, "ambiguous_path"),
        (request("GET /users/%zz", &[]), 400, "bad_request"),
        (request("POST /up", &["Content-Length: 11"]), 413, "body_too_large"),
        (request("POST /up", &["Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0"]), 413, "body_too_large"),
        (request(&format!("GET /users/{long}"), &[]), 414, "uri_too_long"),
        (format!("GET /users/7 HTTP/1.1\r\nHost: h\r\n{many}\r\n"), 431, "header_too_large"),
        (request("GET /users/7", &[&format!("X-Long: {huge}")]), 431, "header_too_large"),
        ("GARBAGE\r\n\r\n".to_owned(), 400, "bad_request"),
        ("GET /users/7 HTTP/1.1\r\n\r\n".to_owned(), 400, "bad_request"),
        ("GET /users/7 HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n".to_owned(), 400, "bad_request"),
        ("GET /users/7 HTTP/1.1\r\nHost: u@a\r\n\r\n".to_owned(), 400, "bad_request"),
        ("GET /users/7 HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\n".to_owned(), 400, "bad_request"),
        ("GET /users/7 HTTP/3.9\r\nHost: h\r\n\r\n".to_owned(), 400, "bad_request"),
        ("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(), 400, "bad_request"),
        ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(), 400, "bad_request"),
        (request("GET /users/7#a", &[]), 400, "bad_request"),
        ("OPTIONS http://h HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(), 400, "bad_request"),
        (request("POST /up", &["Transfer-Encoding: chunked\r\n\r\n1;\0\r\na\r\n0"]), 400, "bad_request"),
        (request("POST /up", &["Transfer-Encoding: gzip, chunked"]), 400, "bad_request"),
        (request("POST /up", &["Transfer-Encoding: gzip"]), 400, "bad_request"),
        (request("POST /up", &["Content-Length: -1"]), 400, "bad_request"),
        (request("POST /up", &["Content-Length: 1", "Content-Length: 2"]), 400, "bad_request"),
        (request("POST /up", &["Transfer-Encoding: chunked\r\n\r\nzz"]), 400, "bad_request"),
    ] {
        let gateway = gateway(&origin, "");
        let answer = gateway.client().ask(&sent);
        assert_refused(&gateway, &answer, status, reason);
        if reason == "method_not_allowed" {
            assert_eq!(answer.field("allow"), Some("GET, HEAD"));
        }
        // A canary: whatever was wrong with that, others are served.
        assert_eq!(gateway.client().ask(request("GET /users/7", &[])).text(), "hello", "{sent:.60}");
    }
}

/// A fragment is found in every request of a connection, whatever stands in front of it.
#[test]
fn a_later_request_with_a_fragment_is_refused_and_the_one_before_is_not() {
    let origin = Origin::hello();
    let chunks = "Transfer-Encoding: chunked\r\n\r\n5;#=\"#\"\r\n/a#b \r\n0";
    for first in [
        request("GET /users/7", &[]),
        request("GET /users/7", &["Content-Length: 14"]) + "GET /#a HTTP/1",
        request("GET /users/7", &[chunks]),
        request("GET /users/7", &["Content-Length: 4", "Expect: 100-continue"]) + "/#a\n",
    ] {
        for pause_between in [None, Some(Duration::from_millis(1300)), Some(Duration::ZERO)] {
            let gateway = gateway(&origin, "");
            let (mut client, second) = (gateway.client(), request("GET /users/7#a", &[]));
            client.send(if pause_between.is_none() { first.clone() + &second } else { first.clone() });
            let mut answer = client.receive();
            if answer.status() == 100 {
                answer = client.receive();
            }
            assert_eq!(answer.text(), "hello", "{first:?}");
            if let Some(time) = pause_between {
                // Long enough for the connection to be put aside, or not.
                pause(time);
                client.send(&second);
            }
            assert_refused(&gateway, &client.receive(), 400, "bad_request");
            assert!(client.is_closed(), "{first:?}");
            assert_eq!(origin.take().len(), 1, "{first:?}");
        }
    }
}

#[test]
fn reserved_fields_are_refused_when_configured() {
    let origin = Origin::hello();
    for field in ["X-Scf-Name: a", "x_scf_zzz: a"] {
        let gateway = gateway(&origin, "reserved = \"reject\"");
        let answer = gateway.client().ask(request("GET /users/7", &[field]));
        assert_refused(&gateway, &answer, 400, "reserved_field");
    }
    let gateway = gateway(&origin, "reserved = \"reject\"");
    let trailer = "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Scf-Name: evil";
    let answer = gateway.client().ask(request("POST /up", &[trailer]));
    assert_refused(&gateway, &answer, 400, "reserved_field");
}

#[test]
fn what_a_function_can_do_wrong() {
    for answer in [
        "garbage\r\n\r\n",
        "HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    ] {
        let origin = Origin::answering(answer);
        let gateway = Gateway::before(&origin, "", "");
        let got = gateway.get("/");
        assert_refused(&gateway, &got, 502, "bad_response");
    }
    let origin = Origin::start(|connection| connection.reader.head().map(|_| ()));
    let gateway = Gateway::before(&origin, "", "");
    assert_refused(&gateway, &gateway.get("/"), 502, "function_closed");
}

#[test]
fn a_function_that_is_not_there() {
    let unused = format!("127.0.0.1:{}", free_port());
    for instance in
        [format!("http://{unused}"), "http://no-such-host.invalid".to_owned(), "unix:/nonexistent/socket".to_owned()]
    {
        let gateway = Gateway::with(&simple(&instance, "", "", ""));
        assert_refused(&gateway, &gateway.get("/"), 502, "function_unreachable");
        let up = format!(
            "fngate_instance_up{{function=\"default/f:$LATEST\",instance=\"{}\"}} 0",
            instance_label(&instance)
        );
        assert!(gateway.metrics().contains(&up), "{up}\n{}", gateway.metrics());
    }
}

fn instance_label(instance: &str) -> String {
    if instance.ends_with(".invalid") { format!("{instance}:80") } else { instance.to_owned() }
}

#[test]
fn too_many_connections_get_an_answer_and_leave_the_others_alone() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "max_connections = 2", "");
    let mut served: Vec<_> = (0..2).map(|_| gateway.client()).collect();
    for client in &mut served {
        assert_eq!(client.ask(request("GET /", &[])).text(), "hello");
    }
    let mut third = gateway.client();
    let answer = third.ask(request("GET /", &[]));
    assert_refused(&gateway, &answer, 503, "overloaded");
    assert_eq!(answer.field("retry-after"), Some("1"));
    assert!(third.is_closed());
    for client in &mut served {
        assert_eq!(client.ask(request("GET /", &[])).text(), "hello");
    }
}

#[test]
fn head_gets_the_head_of_an_error() {
    let origin = Origin::hello();
    let gateway = gateway(&origin, "");
    let mut client = gateway.client();
    client.send(request("HEAD /nothing", &[]));
    let answer = client.reader.head().expect("a head").expect("a head");
    assert_eq!(answer.status(), 404);
    assert_eq!(client.ask(request("GET /users/7", &[])).text(), "hello", "the connection is well");
}
