//! Connections to functions: used again, never after their time, and requests repeated only where that is safe.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::port::free_port;
use super::support::client::request;
use super::support::gateway::{Gateway, simple};
use super::support::origin::Origin;
use super::support::{eventually, pause};

/// After this time an idle connection was not closed because of its last answer.
const SETTLED: Duration = Duration::from_millis(150);

const ONE_WORKER: &str = "[gateway]\nworkers = 1\n";

fn one_worker(instance: &str, function: &str) -> Gateway {
    Gateway::with(&simple(instance, "", function, "").replace("[gateway]\nworkers = 2\n", ONE_WORKER))
}

#[test]
fn a_connection_is_used_again() {
    let origin = Origin::hello();
    let gateway = one_worker(&origin.url(), "");
    for _ in 0..20 {
        assert_eq!(gateway.get("/").text(), "hello");
    }
    assert_eq!(origin.connections(), 1);
    let text = gateway.metrics();
    assert!(text.contains("fngate_instance_connections{function=\"default/f:$LATEST\",state=\"idle\"} 1"), "{text}");
    assert!(text.contains("fngate_instance_connections{function=\"default/f:$LATEST\",state=\"active\"} 0"), "{text}");
}

#[test]
fn a_connection_that_the_function_closed_is_not_used() {
    // Closes after each answer without saying so.
    let origin = Origin::start(|connection| {
        connection.request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    });
    let gateway = one_worker(&origin.url(), "");
    for count in 1..=20 {
        assert_eq!(gateway.client().ask(request("POST /", &["Content-Length: 1\r\n\r\nx"])).text(), "ok");
        eventually("the function closes", || (origin.open() == 0).then_some(()));
        assert_eq!(origin.connections(), count);
    }
}

/// An answer for each connection. It closes when it gets another request, or a moment after the answer: what a request meets
/// that is on its way meanwhile.
fn closes_at_once(after: Duration) -> Origin {
    Origin::start(move |connection| {
        connection.request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")?;
        connection.stream.set_read_timeout(Some(after))?;
        connection.reader.fill().map(drop)
    })
}

#[test]
fn a_function_that_closes_at_once_loses_no_request() {
    for after in [1, 20, 80].map(Duration::from_millis) {
        let origin = closes_at_once(after);
        let gateway = one_worker(&origin.url(), "");
        let post = || {
            let mut client = gateway.client();
            for count in 0..60 {
                let answer = client.ask(request("POST /", &["Content-Length: 1\r\n\r\nx"]));
                assert_eq!(answer.text(), "ok", "request {count} to a function that closes after {after:?}");
                pause(Duration::from_millis(4));
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(post);
            }
        });
        // By now it is known, and those that could be sent again do not meet a closed connection either.
        let (requests, connections) = (origin.requests().len(), origin.connections());
        for _ in 0..10 {
            assert_eq!(gateway.get("/").text(), "ok");
        }
        assert_eq!(origin.requests().len(), requests + 10, "nothing is sent twice");
        assert_eq!(origin.connections(), connections + 10);
    }
}

#[test]
fn a_connection_is_reused_for_every_request_once_one_has_stayed_open() {
    let origin = Origin::hello();
    let gateway = one_worker(&origin.url(), "");
    let post = || assert_eq!(gateway.client().ask(request("POST /", &["Content-Length: 1\r\n\r\nx"])).text(), "hello");
    post();
    pause(SETTLED);
    for _ in 0..10 {
        post();
    }
    assert_eq!(origin.connections(), 1);
}

#[test]
fn keepalive_caps_what_is_learnt() {
    let origin = || Origin::answering("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=30\r\nContent-Length: 0\r\n\r\n");
    for (keepalive, connections) in [("auto", [1, 1]), ("30s", [1, 1]), ("400ms", [1, 2]), ("0s", [3, 4])] {
        let origin = origin();
        let gateway = one_worker(&origin.url(), &format!("keepalive = \"{keepalive}\""));
        for _ in 0..3 {
            gateway.get("/");
        }
        assert_eq!(origin.connections(), connections[0], "{keepalive}");
        pause(Duration::from_millis(500));
        gateway.get("/");
        assert_eq!(origin.connections(), connections[1], "{keepalive}");
    }
}

#[test]
fn a_function_that_keeps_connections_for_longer_is_believed() {
    let origin = Origin::answering("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=30\r\nContent-Length: 0\r\n\r\n");
    let gateway = one_worker(&origin.url(), "");
    gateway.get("/");
    // Where nothing is said, 4 s are the most.
    pause(Duration::from_millis(4_500));
    gateway.get("/");
    assert_eq!(origin.connections(), 1);
}

#[test]
fn what_stands_behind_an_answer_is_not_the_answer_to_the_next_request() {
    // Both in one segment, and the second a moment later.
    for apart in [false, true] {
        let origin = Origin::start(move |connection| {
            connection.request()?;
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst")?;
            if apart {
                pause(Duration::from_millis(50));
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")?;
            connection.request().map(drop)
        });
        let gateway = one_worker(&origin.url(), "");
        for count in 1..=3 {
            assert_eq!(gateway.get("/").text(), "first");
            assert_eq!(origin.connections(), count);
            pause(Duration::from_millis(100));
        }
    }
}

#[test]
fn a_connection_is_retired_before_the_function_would_close_it() {
    for (field, expected) in
        [("Keep-Alive: timeout=1\r\n", 2), ("Keep-Alive: timeout=0\r\n", 2), ("Keep-Alive: max=9, timeout=30\r\n", 1)]
    {
        let origin = Origin::answering(format!("HTTP/1.1 200 OK\r\n{field}Content-Length: 0\r\n\r\n"));
        let gateway = one_worker(&origin.url(), "");
        gateway.get("/");
        pause(Duration::from_millis(600));
        gateway.get("/");
        assert_eq!(origin.connections(), expected, "{field}");
    }
}

#[test]
fn a_connection_is_not_used_again_after_http_1_0() {
    let origin = Origin::answering("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok");
    let gateway = one_worker(&origin.url(), "");
    gateway.get("/");
    let sent = request("POST /", &["Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0"]);
    assert_eq!(gateway.client().ask(sent).text(), "ok");
    let requests = origin.requests();
    assert_eq!((requests[1].text().as_str(), origin.connections()), ("abc", 2));
}

#[test]
fn idle_connections_are_closed_in_time() {
    let origin = Origin::answering("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 0\r\n\r\n");
    let gateway = one_worker(&origin.url(), "");
    gateway.get("/");
    assert_eq!(origin.open(), 1);
    eventually("the idle connection is closed", || (origin.open() == 0).then_some(()));
    let text = gateway.metrics();
    assert!(text.contains("fngate_instance_connections{function=\"default/f:$LATEST\",state=\"idle\"} 0"), "{text}");
}

/// A function that answers the first request of each connection and dies on the second, once it has read it.
fn dies_on_the_second() -> Origin {
    Origin::start(|connection| {
        connection.request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")?;
        connection.request()?;
        Ok(())
    })
}

#[test]
fn what_may_be_repeated_is_and_nothing_else() {
    for (line, fields, repeated) in [
        ("GET /", vec!["X-Case: kept"], true),
        ("DELETE /", vec![], true),
        ("POST /", vec!["Content-Length: 1\r\n\r\nx"], false),
        ("POST /", vec![], false),
        ("PUT /", vec!["Content-Length: 1\r\n\r\nx"], false),
        ("PATCH /", vec![], false),
    ] {
        let origin = dies_on_the_second();
        let gateway = one_worker(&origin.url(), "");
        assert_eq!(gateway.get("/").text(), "ok");
        pause(SETTLED);
        let answer = gateway.client().ask(request(line, &fields));
        let seen = origin.requests().len();
        if repeated {
            assert_eq!((answer.text().as_str(), seen), ("ok", 3), "{line}");
        } else {
            assert_eq!((answer.status(), answer.reason().as_str(), seen), (502, "function_closed", 2), "{line}");
        }
    }
}

#[test]
fn an_answer_that_began_is_not_asked_for_again() {
    let origin = Origin::start(|connection| {
        connection.request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")?;
        connection.request()?;
        connection.send("HTTP/1.1 2")
    });
    let gateway = one_worker(&origin.url(), "");
    gateway.get("/");
    assert_eq!(gateway.get("/").reason(), "function_closed");
    assert_eq!(origin.requests().len(), 2);
}

#[test]
fn instances_take_turns_and_one_that_is_down_is_passed_over() {
    let counts = std::sync::Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let make = |index: usize| {
        let counts = counts.clone();
        Origin::start(move |connection| {
            while connection.request()?.is_some() {
                counts[index].fetch_add(1, Ordering::SeqCst);
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
            }
            Ok(())
        })
    };
    let (one, other) = (make(0), make(1));
    let unused = format!("127.0.0.1:{}", free_port());
    let instances = format!("{}\", \"{}\", \"http://{unused}", one.url(), other.url());
    let gateway = one_worker(&instances, "");
    for _ in 0..12 {
        assert_eq!(gateway.get("/").status(), 200);
    }
    let counts = [counts[0].load(Ordering::SeqCst), counts[1].load(Ordering::SeqCst)];
    assert!(counts[0] >= 4 && counts[1] >= 4, "{counts:?}");
}

#[test]
fn a_function_that_comes_back_is_used_at_once() {
    let origin = Origin::start(|connection| {
        connection.request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    });
    let port = origin.port;
    let gateway = one_worker(&origin.url(), "");
    assert_eq!(gateway.get("/").status(), 200);
    drop(origin);
    eventually("it is gone", || (gateway.get("/").status() == 502).then_some(()));
    let _again = Origin::start_on(port, |connection| {
        while connection.request()?.is_some() {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain")?;
        }
        Ok(())
    });
    assert_eq!(gateway.get("/").text(), "again");
}
