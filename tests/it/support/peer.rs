//! A function that speaks HTTP/2 and does to its streams and connections what a test wants.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// A function on a free port.
#[derive(Debug)]
pub struct Peer {
    pub port: u16,
    scheme: &'static str,
    state: Arc<State>,
    runtime: Option<Runtime>,
}

#[derive(Debug, Default)]
struct State {
    connections: AtomicUsize,
    open: AtomicUsize,
    heads: Mutex<Vec<Parts>>,
    resets: Mutex<Vec<Reason>>,
}

/// One request as the function gets it.
#[derive(Debug)]
pub struct Exchange {
    pub head: Parts,
    pub body: RecvStream,
    pub respond: SendResponse<Bytes>,
    leave: mpsc::Sender<Leave>,
    state: Arc<State>,
}

/// How a function leaves a connection.
#[derive(Clone, Copy, Debug)]
pub enum Leave {
    /// It serves what has come, and nothing more.
    Graceful,
    /// At once, without a word.
    Cut,
}

pub type Serving = Pin<Box<dyn Future<Output = Result<(), h2::Error>> + Send>>;

impl Peer {
    /// At `h2c://`.
    pub fn start(serve: impl Fn(Exchange) -> Serving + Send + Sync + 'static) -> Self {
        Self::with(&Builder::new(), None, serve)
    }

    /// With settings, and with TLS if it is given.
    pub fn with(
        builder: &Builder,
        tls: Option<Arc<ServerConfig>>,
        serve: impl Fn(Exchange) -> Serving + Send + Sync + 'static,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let scheme = if tls.is_some() { "https" } else { "h2c" };
        let (state, builder, serve) = (Arc::new(State::default()), builder.clone(), Arc::new(serve));
        let shared = state.clone();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (state, builder, serve, tls) = (shared.clone(), builder.clone(), serve.clone(), tls.clone());
                tokio::spawn(async move {
                    stream.set_nodelay(true).expect("no delay");
                    match tls {
                        None => drive(stream, builder, state, serve).await,
                        Some(tls) => match TlsAcceptor::from(tls).accept(stream).await {
                            Ok(stream) => drive(stream, builder, state, serve).await,
                            Err(_refused) => {}
                        },
                    }
                });
            }
        });
        Self { port, scheme, state, runtime: Some(runtime) }
    }

    /// Answers every request with its own body and trailers, as they come.
    pub fn echo() -> Self {
        Self::start(|exchange| Box::pin(echo(exchange)))
    }

    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        self.state.open.load(Ordering::SeqCst)
    }

    /// The heads of what was received so far.
    pub fn heads(&self) -> Vec<Parts> {
        self.state.heads.lock().expect("no panic").clone()
    }

    /// With what the gateway has reset streams that were waited for.
    pub fn resets(&self) -> Vec<Reason> {
        self.state.resets.lock().expect("no panic").clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn drive<S, F>(stream: S, builder: Builder, state: Arc<State>, serve: Arc<F>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Fn(Exchange) -> Serving + Send + Sync + 'static,
{
    state.connections.fetch_add(1, Ordering::SeqCst);
    state.open.fetch_add(1, Ordering::SeqCst);
    let (leave, mut leaving) = mpsc::channel(1);
    if let Ok(mut connection) = builder.handshake::<_, Bytes>(stream).await {
        loop {
            tokio::select! {
                biased;
                Some(how) = leaving.recv() => match how {
                    Leave::Graceful => connection.graceful_shutdown(),
                    Leave::Cut => break,
                },
                accepted = connection.accept() => {
                    let Some(Ok((request, respond))) = accepted else { break };
                    let (head, body) = request.into_parts();
                    state.heads.lock().expect("no panic").push(head.clone());
                    let (leave, state) = (leave.clone(), state.clone());
                    tokio::spawn(serve(Exchange { head, body, respond, leave, state }));
                }
            }
        }
    }
    state.open.fetch_sub(1, Ordering::SeqCst);
}

impl Exchange {
    /// Leaves the connection that this came on.
    pub async fn leave(&self, how: Leave) {
        let _ = self.leave.send(how).await;
    }

    /// The whole body.
    pub async fn read(&mut self) -> Result<Vec<u8>, h2::Error> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.body.data().await {
            let chunk = chunk?;
            self.body.flow_control().release_capacity(chunk.len())?;
            whole.extend_from_slice(&chunk);
        }
        Ok(whole)
    }

    /// Answers with a body that is known.
    pub fn answer(&mut self, status: u16, body: &'static str) -> Result<(), h2::Error> {
        let response = Response::builder().status(status).body(()).expect("a response");
        let mut stream = self.respond.send_response(response, body.is_empty())?;
        if body.is_empty() { Ok(()) } else { stream.send_data(Bytes::from_static(body.as_bytes()), true) }
    }

    /// Waits for the gateway to reset the stream, and notes how.
    pub async fn await_reset(&mut self) -> Result<(), h2::Error> {
        let reason = poll_fn(|cx| self.respond.poll_reset(cx)).await?;
        self.state.resets.lock().expect("no panic").push(reason);
        Ok(())
    }

    /// As [`Self::await_reset`], once an answer has begun.
    pub async fn await_reset_of(&self, stream: &mut SendStream<Bytes>) -> Result<(), h2::Error> {
        let reason = poll_fn(|cx| stream.poll_reset(cx)).await?;
        self.state.resets.lock().expect("no panic").push(reason);
        Ok(())
    }
}

/// Sends a chunk as the other side takes it.
pub async fn send(stream: &mut SendStream<Bytes>, mut chunk: Bytes) -> Result<(), h2::Error> {
    while !chunk.is_empty() {
        stream.reserve_capacity(chunk.len());
        let Some(room) = poll_fn(|cx| stream.poll_capacity(cx)).await.transpose()? else { return Ok(()) };
        stream.send_data(chunk.split_to(room.min(chunk.len())), false)?;
    }
    Ok(())
}

async fn echo(mut exchange: Exchange) -> Result<(), h2::Error> {
    let response = Response::builder().header("trailer", "x-sum").body(()).expect("a response");
    let mut stream = exchange.respond.send_response(response, false)?;
    while let Some(chunk) = exchange.body.data().await {
        let chunk = chunk?;
        exchange.body.flow_control().release_capacity(chunk.len())?;
        send(&mut stream, chunk).await?;
    }
    match exchange.body.trailers().await? {
        Some(trailers) => stream.send_trailers(trailers),
        None => stream.send_data(Bytes::new(), true),
    }
}

/// The value of a field as text; empty if it is not there.
pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().expect("text"))
}

/// What a plain `Request` of this head is called in a message.
pub fn line(head: &Parts) -> String {
    let request = Request::from_parts(head.clone(), ());
    format!("{} {}", request.method(), request.uri())
}
