//! The floor of HTTP/1.1 in the benchmarks: a proxy that takes heads apart, adds the fields, and does nothing else.
//!
//! `bare LISTEN ORIGIN`. Two threads as in the relay, and connections to the origin kept by thread. A head is read by `httparse` where it
//! lies, and what is sent is written from its pieces into a buffer that the next request uses again. No routing, limits, deadlines,
//! metrics or checks, nobody looks whether the client is still there, and only bodies with a length are passed on: what a gateway takes
//! beyond this is its own.

mod floor;

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use httparse::{EMPTY_HEADER, Header, Request, Response, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;
use uuid::{Builder, Uuid};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the others add, with values of about the same length. Ids come besides.
const LINES: &[u8] =
    b"X-Scf-Name: hello\r\nX-Scf-Namespace: default\r\nX-Scf-Version: $LATEST\r\nX-Scf-Timeout: 15000\r\n\
    X-Scf-Service: demo\r\nX-Scf-Api: GET /\r\nX-Scf-Environment: release\r\nX-Scf-Path: /\r\nX-Client-Proto: http\r\n\
    X-Client-Proto-Ver: HTTP/1.1\r\nX-Real-Ip: 127.0.0.1\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n\
    X-Forwarded-Port: 8080\r\nX-Forwarded-Host: localhost:8080\r\n";

const MOST_FIELDS: usize = 100;
const BUFFER: usize = 8 << 10;

struct Worker {
    origin: SocketAddr,
    idle: RefCell<Vec<TcpStream>>,
}

fn main() -> io::Result<()> {
    floor::run(serve)
}

async fn serve(listener: TcpListener, origin: SocketAddr) -> io::Result<()> {
    let worker = Rc::new(Worker { origin, idle: RefCell::default() });
    loop {
        let (client, _) = listener.accept().await?;
        client.set_nodelay(true)?;
        let worker = worker.clone();
        // A connection that is lost is the load's business.
        spawn_local(async move { converse(&worker, client).await.unwrap_or_default() });
    }
}

/// Serves requests one after the other.
async fn converse(worker: &Worker, mut client: TcpStream) -> io::Result<()> {
    let (mut read, mut written) = (Vec::with_capacity(BUFFER), Vec::with_capacity(BUFFER));
    loop {
        written.clear();
        let id = Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid();
        let Some((head, length)) =
            read_head(&mut client, &mut read, |bytes| rewrite_request(bytes, id, &mut written)).await?
        else {
            return Ok(());
        };
        let idle = worker.idle.borrow_mut().pop();
        let mut function = match idle {
            Some(function) => function,
            None => connect(worker.origin).await?,
        };
        pass(&mut client, &mut function, (&mut read, head, length), &mut written).await?;
        written.clear();
        let answered = read_head(&mut function, &mut read, |bytes| rewrite_response(bytes, id, &mut written)).await?;
        let (head, length) = answered.ok_or(io::ErrorKind::UnexpectedEof)?;
        pass(&mut function, &mut client, (&mut read, head, length), &mut written).await?;
        worker.idle.borrow_mut().push(function);
    }
}

async fn connect(origin: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(origin).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads until `rewrite` finds a whole head: its length, and that of the body. None at the end of the connection.
async fn read_head(
    stream: &mut TcpStream,
    read: &mut Vec<u8>,
    mut rewrite: impl FnMut(&[u8]) -> io::Result<Option<(usize, usize)>>,
) -> io::Result<Option<(usize, usize)>> {
    read.clear();
    while stream.read_buf(read).await? > 0 {
        if let Some(found) = rewrite(read)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Sends what has been written, and a body of which some was read behind the head.
async fn pass(
    from: &mut TcpStream,
    to: &mut TcpStream,
    (read, head, length): (&mut Vec<u8>, usize, usize),
    written: &mut Vec<u8>,
) -> io::Result<()> {
    let mut left = length.saturating_sub(read.len() - head);
    written.extend_from_slice(&read[head..]);
    to.write_all(written).await?;
    while left > 0 {
        read.clear();
        let count = from.read_buf(read).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        left = left.saturating_sub(count);
        to.write_all(read).await?;
    }
    Ok(())
}

fn rewrite_request(bytes: &[u8], id: Uuid, out: &mut Vec<u8>) -> io::Result<Option<(usize, usize)>> {
    let mut fields = [EMPTY_HEADER; MOST_FIELDS];
    let mut request = Request::new(&mut fields);
    let Status::Complete(length) = request.parse(bytes).map_err(io::Error::other)? else { return Ok(None) };
    let (method, path) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
    put(out, [method.as_bytes(), b" ", path.as_bytes(), b" HTTP/1.1\r\n"]);
    let mut text = Uuid::encode_buffer();
    put(out, [b"X-Scf-Request-Id: ", id.hyphenated().encode_lower(&mut text).as_bytes(), b"\r\n"]);
    put_id(out, id);
    out.extend_from_slice(LINES);
    Ok(Some((length, put_fields(out, request.headers))))
}

fn rewrite_response(bytes: &[u8], id: Uuid, out: &mut Vec<u8>) -> io::Result<Option<(usize, usize)>> {
    let mut fields = [EMPTY_HEADER; MOST_FIELDS];
    let mut response = Response::new(&mut fields);
    let Status::Complete(length) = response.parse(bytes).map_err(io::Error::other)? else { return Ok(None) };
    let code = response.code.unwrap_or_default();
    let digits = [100, 10, 1].map(|unit| b"0123456789"[usize::from(code / unit % 10)]);
    put(out, [b"HTTP/1.1 ", &digits, b" ", response.reason.unwrap_or_default().as_bytes(), b"\r\n"]);
    put_id(out, id);
    Ok(Some((length, put_fields(out, response.headers))))
}

/// Writes the fields that are not for one hop, and the end of the head. Returns the length of the body.
fn put_fields(out: &mut Vec<u8>, fields: &[Header<'_>]) -> usize {
    let mut length = 0;
    for field in fields {
        let is = |known: &str| field.name.eq_ignore_ascii_case(known);
        match field.name.len() {
            2 if is("te") => continue,
            7 if is("upgrade") => continue,
            10 if is("connection") || is("keep-alive") => continue,
            14 if is("content-length") => {
                length = str::from_utf8(field.value).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0);
            }
            _ => {}
        }
        put(out, [field.name.as_bytes(), b": ", field.value, b"\r\n"]);
    }
    out.extend_from_slice(b"\r\n");
    length
}

fn put_id(out: &mut Vec<u8>, id: Uuid) {
    put(out, [b"X-Api-RequestId: ", id.simple().encode_lower(&mut Uuid::encode_buffer()).as_bytes(), b"\r\n"]);
}

fn put<const N: usize>(out: &mut Vec<u8>, parts: [&[u8]; N]) {
    for part in parts {
        out.extend_from_slice(part);
    }
}
