//! The floor of the library in the benchmarks: a proxy of hyper that adds the fields and does nothing else.
//!
//! `bare LISTEN ORIGIN`. Two threads as in the relay, hyper on both sides, the letter case of names kept, connections to the origin kept by
//! thread. No routing, limits, deadlines, ids, metrics or checks: what it takes beyond the relay is what HTTP/1.1 takes in hyper.

mod floor;

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use http::{HeaderName, HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the others add, with values of about the same length.
const FIELDS: [(&str, &str); 17] = [
    ("x-scf-name", "hello"),
    ("x-scf-namespace", "default"),
    ("x-scf-version", "$LATEST"),
    ("x-scf-timeout", "15000"),
    ("x-scf-service", "demo"),
    ("x-scf-api", "GET /"),
    ("x-scf-environment", "release"),
    ("x-scf-path", "/"),
    ("x-scf-request-id", "01234567-89ab-cdef-0123-456789abcdef"),
    ("x-api-requestid", "0123456789abcdef0123456789abcdef"),
    ("x-client-proto", "http"),
    ("x-client-proto-ver", "HTTP/1.1"),
    ("x-real-ip", "127.0.0.1"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-proto", "http"),
    ("x-forwarded-port", "8080"),
    ("x-forwarded-host", "localhost:8080"),
];

struct Worker {
    origin: SocketAddr,
    idle: RefCell<Vec<SendRequest<Incoming>>>,
    fields: Vec<(HeaderName, HeaderValue)>,
}

fn main() -> io::Result<()> {
    floor::run(serve)
}

async fn serve(listener: TcpListener, origin: SocketAddr) -> io::Result<()> {
    let field = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    let worker = Rc::new(Worker { origin, idle: RefCell::default(), fields: FIELDS.map(field).into() });
    loop {
        let (client, _) = listener.accept().await?;
        client.set_nodelay(true)?;
        let worker = worker.clone();
        let service = service_fn(move |request| forward(worker.clone(), request));
        let mut builder = hyper::server::conn::http1::Builder::new();
        let connection = builder.preserve_header_case(true).serve_connection(TokioIo::new(client), service);
        // A connection that is lost is the load's business.
        spawn_local(async move { connection.await.unwrap_or_default() });
    }
}

async fn forward(worker: Rc<Worker>, mut request: Request<Incoming>) -> Result<Response<Incoming>, io::Error> {
    let headers = request.headers_mut();
    for (name, value) in &worker.fields {
        headers.insert(name.clone(), value.clone());
    }
    let ready = {
        let mut idle = worker.idle.borrow_mut();
        let last = idle.iter().rposition(SendRequest::is_ready);
        last.map(|index| idle.swap_remove(index))
    };
    let mut sender = match ready {
        Some(sender) => sender,
        None => connect(worker.origin).await?,
    };
    let mut response = sender.send_request(request).await.map_err(io::Error::other)?;
    // It is ready again once its answer has been read to the end.
    worker.idle.borrow_mut().push(sender);
    let (name, value) = &worker.fields[9];
    response.headers_mut().insert(name.clone(), value.clone());
    response.headers_mut().remove("connection");
    Ok(response)
}

async fn connect(origin: SocketAddr) -> io::Result<SendRequest<Incoming>> {
    let stream = TcpStream::connect(origin).await?;
    stream.set_nodelay(true)?;
    let mut builder = hyper::client::conn::http1::Builder::new();
    let connected = builder.preserve_header_case(true).handshake(TokioIo::new(stream)).await;
    let (sender, connection) = connected.map_err(io::Error::other)?;
    spawn_local(async move { connection.await.unwrap_or_default() });
    Ok(sender)
}
