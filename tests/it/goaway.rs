//! Functions that refuse streams and leave connections: no request is lost that they have not looked at.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use h2::Reason;

use super::functions_http2::one_worker;
use super::support::client::request;
use super::support::eventually;
use super::support::peer::{Leave, Peer, text};

/// What is kept of a body, in bytes.
const PIECE: usize = 16 << 10;

#[test]
fn a_refused_stream_is_tried_again_whatever_its_method() {
    let refused = Arc::new(AtomicUsize::new(0));
    let peer = Peer::start({
        let refused = refused.clone();
        move |mut exchange| {
            let refuse = refused.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
            Box::pin(async move {
                if refuse {
                    let mut read = 0;
                    while exchange.head.uri.path() == "/large" && read <= PIECE {
                        read += exchange.body.data().await.expect("a body")?.len();
                    }
                    exchange.respond.send_reset(Reason::REFUSED_STREAM);
                    return Ok(());
                }
                let is_whole = matches!(exchange.read().await?.as_slice(), b"" | b"x");
                exchange.answer(200, if is_whole { "ok" } else { "another body" })
            })
        }
    });
    let gateway = one_worker(&peer.url(), "", "");
    for method in ["GET", "POST", "PATCH"] {
        let answer = gateway.client().ask(request(&format!("{method} /"), &[]));
        assert_eq!((answer.status(), answer.text().as_str()), (200, "ok"), "{method}");
    }
    assert_eq!(peer.heads().len(), 6);
    // The first piece of a body is kept.
    for body in ["Content-Length: 1\r\n\r\nx", "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0"] {
        let answer = gateway.client().ask(request("POST /", &[body]));
        assert_eq!((answer.status(), answer.text().as_str()), (200, "ok"), "{body:?}");
    }
    let body = "x".repeat(4 * PIECE);
    let large = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    let answer = gateway.client().ask(request("POST /large", &[&large]));
    assert_eq!((answer.status(), answer.reason().as_str()), (502, "function_closed"));
}

#[test]
fn a_function_that_refuses_everything_is_not_asked_forever() {
    let peer = Peer::start(|mut exchange| {
        Box::pin(async move {
            exchange.respond.send_reset(Reason::REFUSED_STREAM);
            Ok(())
        })
    });
    let gateway = one_worker(&peer.url(), "", "");
    assert_eq!(gateway.get("/").status(), 502);
    assert_eq!(peer.heads().len(), 3);
}

#[test]
fn a_stream_that_is_reset_was_looked_at() {
    let peer = Peer::start(|mut exchange| {
        Box::pin(async move {
            if exchange.head.uri.path() == "/first" {
                return exchange.answer(200, "");
            }
            exchange.respond.send_reset(Reason::INTERNAL_ERROR);
            Ok(())
        })
    });
    let gateway = one_worker(&peer.url(), "", "");
    assert_eq!(gateway.get("/first").status(), 200);
    let answer = gateway.get("/");
    assert!(answer.text().contains("function_closed"), "{answer:?}");
    assert_eq!(peer.heads().len(), 2);
}

#[test]
fn a_function_that_leaves_under_load_loses_nothing() {
    const CLIENTS: usize = 8;
    const REQUESTS: usize = 100;
    let served = Arc::new(Mutex::new(Vec::new()));
    let peer = Peer::start({
        let served = served.clone();
        move |mut exchange| {
            let served = served.clone();
            Box::pin(async move {
                let id = text(&exchange.head.headers, "x-id").to_owned();
                exchange.read().await?;
                let count = {
                    let mut served = served.lock().expect("no panic");
                    served.push(id);
                    served.len()
                };
                if count % 50 == 0 {
                    exchange.leave(Leave::Graceful).await;
                }
                exchange.answer(200, "ok")
            })
        }
    });
    let gateway = one_worker(&peer.url(), "", "");
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let mut client = gateway.client();
            std::thread::spawn(move || {
                for count in 0..REQUESTS {
                    let (id, body) = (format!("X-Id: {number}-{count}"), "Content-Length: 3\r\n\r\nabc");
                    let method = if count % 2 == 0 { "GET /" } else { "POST /" };
                    let fields = if count % 4 == 3 { vec![id.as_str(), body] } else { vec![id.as_str()] };
                    let answer = client.ask(request(method, &fields));
                    assert_eq!((answer.status(), answer.text().as_str()), (200, "ok"), "{answer:?}");
                }
            })
        })
        .collect();
    for client in clients {
        client.join().expect("no request failed");
    }
    let served = served.lock().expect("no panic");
    assert_eq!(served.len(), CLIENTS * REQUESTS);
    assert_eq!(served.iter().collect::<HashSet<_>>().len(), CLIENTS * REQUESTS, "none was served twice");
    assert!(peer.connections() > 5, "{}", peer.connections());
}

#[test]
fn a_connection_that_is_cut_is_noticed() {
    let peer = Peer::start(|mut exchange| {
        Box::pin(async move {
            if exchange.head.uri.path() == "/cut" {
                exchange.leave(Leave::Cut).await;
                return Ok(());
            }
            exchange.answer(200, "ok")
        })
    });
    let gateway = one_worker(&peer.url(), "", "");
    let answer = gateway.client().ask(request("POST /cut", &[]));
    assert!(answer.text().contains("function_closed"), "{answer:?}");
    eventually("it is closed", || (peer.open() == 0).then_some(()));
    for _ in 0..3 {
        assert_eq!(gateway.client().ask(request("POST /", &[])).text(), "ok");
    }
    assert_eq!(peer.connections(), 2);
}
