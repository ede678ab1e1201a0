//! What a bug in the middle of a request does to the rest: a panic that is injected, for want of a real one.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::*;

const CONFIG: &str = r#"
[gateway]
workers = 1
[[listener]]
address = "127.0.0.1:0"
[admin]
address = "127.0.0.1:0"
[log]
access = "PATH"
[[function]]
name = "echo"
instances = ["builtin:echo"]
max_concurrency = 2
[[service]]
name = "shop"
hosts = ["*"]
[[service.api]]
path = "/"
function = "echo"
"#;

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the gateway listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    stream
}

fn start(folder: &tempfile::TempDir) -> (App, std::path::PathBuf) {
    let (file, log) = (folder.path().join("fngate.toml"), folder.path().join("access.log"));
    std::fs::write(&file, CONFIG.replace("PATH", log.to_str().expect("a path"))).expect("written");
    let config = crate::config::load(&file).expect("a good configuration").config;
    (App::start(Options { config, origin: None, signals: false, temporary: false }).expect("starts"), log)
}

fn metrics(app: &App) -> String {
    let mut admin = connect(&app.admin().expect("an admin listener").to_string());
    admin.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("sent");
    let mut metrics = String::new();
    admin.read_to_string(&mut metrics).expect("the metrics");
    metrics
}

/// Sends a request and reads the whole answer, or what there is of it.
fn ask(stream: &mut TcpStream, fields: &str) -> String {
    write!(stream, "GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n").expect("sent");
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&answer).into_owned();
        let lower = text.to_ascii_lowercase();
        let length = lower.split_once("content-length: ").and_then(|(_, rest)| rest.split("\r\n").next()?.parse().ok());
        if let (Some((_, body)), Some(length)) = (text.split_once("\r\n\r\n"), length)
            && body.len() >= length
        {
            return text;
        }
        match stream.read(&mut buffer) {
            Ok(0) => return text + "<end>",
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) => return format!("{text}<{:?}>", error.kind()),
        }
    }
}

#[test]
fn a_panic_costs_its_own_request_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let (app, log) = start(&folder);
    let address = app.listeners()[0].clone();
    let mut witness = connect(&address);
    assert!(ask(&mut witness, "").starts_with("HTTP/1.1 200"));
    // More than there are slots: each has to be given back.
    for _ in 0..5 {
        let answer = ask(&mut connect(&address), "X-Fault: request\r\n");
        assert!(answer.starts_with("HTTP/1.1 500") && answer.contains("\"internal_error\""), "{answer}");
        let answer = ask(&mut connect(&address), "X-Fault: body\r\n");
        assert!(answer.ends_with("<end>") || answer.ends_with("<ConnectionReset>"), "{answer}");
        assert!(ask(&mut witness, "").starts_with("HTTP/1.1 200"));
    }
    let metrics = metrics(&app);
    for line in [
        r#"fngate_gateway_errors_total{function="",reason="internal_error"} 5"#,
        r#"fngate_gateway_errors_total{function="default/echo:$LATEST",reason="internal_error"} 5"#,
        r#"fngate_requests_in_flight{function="default/echo:$LATEST"} 0"#,
    ] {
        assert!(metrics.lines().any(|other| other == line), "{line}\n{metrics}");
    }
    drop(witness);
    app.stop();
    assert_eq!(app.wait(), Outcome::Drained);
    let lines = std::fs::read_to_string(log).expect("the access log");
    let count = |text: &str| lines.lines().filter(|line| line.contains(text)).count();
    assert_eq!(count(r#""status":500"#), 5, "{lines}");
    assert_eq!(count(r#""aborted":"internal_error""#), 5, "{lines}");
    assert_eq!(count(r#""status":200"#), 6 + 5, "{lines}");
}

type Sender = hyper::client::conn::http2::SendRequest<Empty<Bytes>>;

/// Sends a request of HTTP/2 and reads the answer to its end, if that comes.
async fn ask_http2(sender: &mut Sender, fault: &str) -> hyper::Result<(u16, String)> {
    let request = Request::get("http://h/").header("x-fault", fault).body(Empty::new()).expect("a request");
    let answer = sender.send_request(request).await?;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

#[test]
fn a_panic_costs_its_own_stream_and_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let (app, log) = start(&folder);
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let stream = connect(&app.listeners()[0]);
    stream.set_nonblocking(true).expect("an option");
    runtime.block_on(async {
        let stream = TokioIo::new(tokio::net::TcpStream::from_std(stream).expect("a stream"));
        let shaken = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await;
        let (mut sender, connection) = shaken.expect("HTTP/2");
        let connection = tokio::spawn(connection);
        // More than there are slots: each has to be given back. All on one connection.
        for _ in 0..5 {
            let (status, body) = ask_http2(&mut sender, "request").await.expect("an answer");
            assert!(status == 500 && body.contains("\"internal_error\""), "{status} {body}");
            assert!(ask_http2(&mut sender, "body").await.is_err());
            assert_eq!(ask_http2(&mut sender, "none").await.expect("an answer").0, 200);
        }
        drop((sender, connection));
    });
    drop(runtime);
    let metrics = metrics(&app);
    let idle = r#"fngate_requests_in_flight{function="default/echo:$LATEST"} 0"#;
    assert!(metrics.lines().any(|line| line == idle), "{metrics}");
    app.stop();
    assert_eq!(app.wait(), Outcome::Drained);
    let lines = std::fs::read_to_string(log).expect("the access log");
    let count = |text: &str| lines.lines().filter(|line| line.contains(text)).count();
    assert_eq!(count(r#""status":500"#), 5, "{lines}");
    assert_eq!(count(r#""aborted":"internal_error""#), 5, "{lines}");
}
