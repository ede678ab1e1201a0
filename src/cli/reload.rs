//! `fngate reload`.

use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::anyhow;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::configured::Configured;
use super::outcome::{BAD_CONFIGURATION, Failure, SYSTEM, print};
use crate::control::admin::RELOAD;

/// How long connecting may take: the gateway is near.
const CONNECT: Duration = Duration::from_secs(5);
/// Compiling a very large configuration takes a while.
const PATIENCE: Duration = Duration::from_secs(60);
const DEFAULT_ADMIN: &str = "127.0.0.1:9901";

pub(super) fn reload(configured: &Configured, admin: Option<&str>) -> Result<ExitCode, Failure> {
    let address = address(configured, admin)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| Failure::system(&error))?;
    let answer = runtime.block_on(post(address));
    let unreachable = |why: String| Failure {
        code: SYSTEM,
        text: format!("no gateway answers on the admin address {address}: {why}"),
    };
    let (status, text) = answer.map_err(|error| unreachable(format!("{error:#}")))?;
    match status {
        StatusCode::OK => print(&format!("reloaded: {text}")),
        StatusCode::UNPROCESSABLE_ENTITY => Err(Failure { code: BAD_CONFIGURATION, text }),
        _ => Err(unreachable(format!("it answered {status}: {text}"))),
    }
}

/// The admin address: given, or in the file. A file that is broken now was good when the gateway started, so it is still
/// asked, at the default address, and will say what is broken.
fn address(configured: &Configured, admin: Option<&str>) -> Result<SocketAddr, Failure> {
    if let Some(text) = admin {
        let found = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
        return found.ok_or_else(|| Failure::usage(format!("`{text}` is not an address and port")));
    }
    match configured.load() {
        Ok(loaded) => loaded.config.admin.address.ok_or_else(|| {
            Failure::usage("the admin listener is off (`admin.address` is empty): send the process a SIGHUP instead")
        }),
        Err(_) => Ok(DEFAULT_ADMIN.parse().expect("an address")),
    }
}

async fn post(address: SocketAddr) -> anyhow::Result<(StatusCode, String)> {
    let connected = timeout(CONNECT, TcpStream::connect(address)).await;
    let stream = connected.map_err(|_elapsed| anyhow!("no connection within {} s", CONNECT.as_secs()))??;
    let answer = timeout(PATIENCE, ask(stream, address)).await;
    answer.map_err(|_elapsed| anyhow!("no answer within {} s; it may still load", PATIENCE.as_secs()))?
}

async fn ask(stream: TcpStream, address: SocketAddr) -> anyhow::Result<(StatusCode, String)> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::post(RELOAD).header(http::header::HOST, address.to_string()).body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    connection.abort();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
