//! Bytes of a client through the data path itself: the connection, the rules, the pool and the function's side, joined by
//! sockets in one thread. What arrives at the function has to pass the oracle.
//!
//! The clock is paused, so that a wait for a peer that says nothing more is over at once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use fngate::config;
use fngate::conformance::grammar::{self, Hop, Message};
use fngate::drain::Drain;
use fngate::message::forwarded::Peer;
use fngate::proxy::Gateway;
use fngate::server::connection::{self, Arrival};
use fngate::server::socket::Socket;
use fngate::snapshot::{Shared, Snapshot};
use fngate::telemetry::access::sink::{Outlets, Sink};
use fngate::telemetry::metrics::Metrics;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::task::spawn_local;

/// Names that only the gateway sends, `_` being `-`.
const OWNED: [&str; 4] = ["x-api-requestid", "x-real-ip", "x-client-proto", "x-client-proto-ver"];
/// A client has one address, and this gateway trusts nobody.
const ADDRESS: &[u8] = b"192.0.2.7";

thread_local!(static STAND: Stand = Stand::start());

pub(crate) fn run(data: &[u8]) {
    STAND.with(|stand| stand.feed(data));
}

struct Stand {
    runtime: LocalRuntime,
    gateway: Rc<Gateway>,
    metrics: Arc<Metrics>,
    violations: Violations,
    _folder: TempDir,
}

type Violations = Rc<RefCell<Vec<String>>>;

impl Stand {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("function.sock");
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(true).build_local(LocalOptions::default()).expect("a runtime");
        let violations = Violations::default();
        let metrics = Metrics::new();
        let gateway = runtime.block_on(async {
            let listener = UnixListener::bind(&socket).expect("a socket");
            spawn_local(serve(listener, violations.clone()));
            let config = config::parse(Path::new("head.toml"), &configuration(&socket)).expect("a configuration");
            let snapshot = Snapshot::compile(config, None, &metrics).expect("a table");
            Gateway::new(Arc::new(Shared::new(snapshot)), Sink::new(Outlets::default()), 0, 16)
        });
        Self { runtime, gateway, metrics, violations, _folder: folder }
    }

    fn feed(&self, data: &[u8]) {
        let received = self.runtime.block_on(async {
            let (mut client, served) = UnixStream::pair().expect("two sockets");
            let peer = Peer::tcp(SocketAddr::from(([192, 0, 2, 7], 4000)), ([127, 0, 0, 1], 8080).into());
            let drain = Drain::default();
            // HTTP/1 alone: what comes out of HTTP/2 does not fit the oracle.
            let (socket, entrance) = (Socket::Unix(served), Arc::default());
            let metrics = self.metrics.clone();
            let arrival = Arrival { socket, peer, entrance, seat: drain.join(), refused: false, metrics };
            let served = spawn_local(connection::serve(Box::new(arrival), self.gateway.clone()));
            let mut received = Vec::new();
            let (mut reading, mut writing) = client.split();
            // The client keeps its side open, as who closes it does not want an answer. The gateway may close before it has
            // read everything.
            let _ = tokio::join!(reading.read_to_end(&mut received), writing.write_all(data));
            drop(client);
            served.await.expect("the connection does not panic");
            received
        });
        let violations = std::mem::take(&mut *self.violations.borrow_mut());
        assert!(violations.is_empty(), "{violations:#?}");
        let method = data.split(|&byte| byte == b' ').next().unwrap_or_default();
        match grammar::answer(&received, method, true, Hop::Outbound) {
            Err(violation) if !violation.is_cut() => panic!("to the client: {violation}: {}", received.escape_ascii()),
            _ => {}
        }
    }
}

fn configuration(socket: &Path) -> String {
    let api = |path: &str, method: &str, more: &str| {
        format!("[[service.api]]\npath = \"{path}\"\nmethod = \"{method}\"\nfunction = \"f\"\n{more}\n")
    };
    format!(
        "[[listener]]\naddress = \"127.0.0.1:0\"\n\
         [[function]]\nname = \"f\"\ninstances = [\"unix:{}\"]\nheaders = {{ \"X-Stage\" = \"prod\" }}\n\
         [[service]]\nname = \"s\"\nhosts = [\"*\"]\n\
         [[service.domain]]\nhost = \"*\"\nbase_path = \"/test\"\nenvironment = \"release\"\n{}{}{}",
        socket.display(),
        api("/", "ANY", ""),
        api("/users/{id}/{rest+}", "ANY", "raw_path = true"),
        api("/users/{id}", "TRACE", ""),
    )
}

/// The function: whole requests are judged and answered, whatever else is noted.
async fn serve(listener: UnixListener, violations: Violations) {
    while let Ok((stream, _)) = listener.accept().await {
        spawn_local(answer(stream, violations.clone()));
    }
}

async fn answer(mut stream: UnixStream, violations: Violations) {
    let mut bytes = Vec::new();
    loop {
        match grammar::request(&bytes, Hop::Outbound) {
            Ok(None) => match stream.read_buf(&mut bytes).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            },
            Ok(Some((message, length))) => {
                violations.borrow_mut().extend(judge(&message));
                bytes.drain(..length);
                let upgrade = message.head.values("upgrade").next();
                let reply = upgrade.map_or(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec(), |protocol| {
                    let lines =
                        [&b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "[..], protocol];
                    [lines.concat(), b"\r\n\r\n".to_vec()].concat()
                });
                // A gateway that is gone reads no answer, and a tunnel has no more messages.
                if stream.write_all(&reply).await.is_err() || upgrade.is_some() {
                    return;
                }
            }
            Err(violation) => {
                violations.borrow_mut().push(format!("{violation}: {}", bytes.escape_ascii()));
                return;
            }
        }
    }
}

/// What is wrong with a request that is well formed: a name that a client may not send.
fn judge(message: &Message) -> Vec<String> {
    let mut fields: BTreeMap<String, Vec<&[u8]>> = BTreeMap::new();
    for field in &message.head.fields {
        fields.entry(field.folded().replace('_', "-")).or_default().push(&field.value);
    }
    let own = |name: &str| name.starts_with("x-scf-") || name.starts_with("x-forwarded-") || OWNED.contains(&name);
    let twice = fields.iter().filter(|(name, values)| own(name) && values.len() > 1);
    let mut wrong: Vec<_> = twice.map(|(name, _)| format!("{name} twice")).collect();
    for (name, value) in [
        ("x-scf-name", &b"f"[..]),
        ("x-real-ip", ADDRESS),
        ("x-forwarded-for", ADDRESS),
        ("x-forwarded-proto", b"http"),
        ("x-stage", b"prod"),
    ] {
        if fields.get(name).is_none_or(|values| values[..] != [value]) {
            wrong.push(format!("{name} is {:?}", fields.get(name)));
        }
    }
    let known = ["name", "namespace", "version", "timeout", "service", "api", "environment", "path", "path-parameters"];
    let strange = |name: &&String| {
        let reserved = name.strip_prefix("x-scf-").is_some_and(|rest| rest != "request-id" && !known.contains(&rest));
        let forwarded = name.strip_prefix("x-forwarded-");
        reserved || forwarded.is_some_and(|rest| !["for", "proto", "host", "port"].contains(&rest))
    };
    wrong.extend(fields.keys().filter(strange).map(|name| format!("{name} is a client's")));
    let hop = ["keep-alive", "proxy-connection", "proxy-authorization", "proxy-authenticate", "forwarded"];
    wrong.extend(hop.iter().filter(|name| fields.contains_key(**name)).map(|name| format!("{name} is for one hop")));
    let trailers = message.trailers.iter().map(|field| field.folded().replace('_', "-"));
    wrong.extend(trailers.filter(|name| own(name)).map(|name| format!("{name} in trailers")));
    wrong
}
