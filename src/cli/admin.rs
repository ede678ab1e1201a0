//! What commands ask of the admin listener of the running gateway.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use anyhow::anyhow;
use bytes::Bytes;
use clap::Args;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::configured::Configured;
use super::outcome::Failure;

/// How long connecting may take: the gateway is near.
const CONNECT: Duration = Duration::from_secs(5);
const DEFAULT_ADMIN: &str = "127.0.0.1:9901";

/// Which running gateway is asked.
#[derive(Debug, Args)]
pub(super) struct Running {
    #[command(flatten)]
    configured: Configured,
    /// The admin address of the running gateway, if it is not the one in the file.
    #[arg(long, value_name = "ADDR")]
    admin: Option<String>,
}

/// What the end of a message is when only the admin listener could say something.
pub(super) const NOBODY: &str = ", so that nobody can be asked";

/// What is asked: a request without a body.
pub(super) struct Question {
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// How long the answer may take.
    pub(super) patience: Duration,
    /// What else there is to know when it has not come by then, to go behind the message.
    pub(super) late: &'static str,
}

impl Running {
    /// The admin address: given, or in the file. A file that is broken now was good when the gateway started, so it is still
    /// asked, at the address that the file has in spite of its errors, or at the default. `off` ends the message when the file
    /// turns the listener off.
    pub(super) fn address(&self, off: &str) -> Result<SocketAddr, Failure> {
        if let Some(text) = &self.admin {
            let found = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
            return found.ok_or_else(|| Failure::usage(format!("`{text}` is not an address and port")));
        }
        match self.configured.load() {
            Ok(loaded) => loaded
                .config
                .admin
                .address
                .ok_or_else(|| Failure::usage(format!("the admin listener is off (`admin.address` is empty){off}"))),
            Err(_) => {
                let text = std::fs::read_to_string(self.configured.choose().path).unwrap_or_default();
                Ok(written(&text).unwrap_or_else(|| DEFAULT_ADMIN.parse().expect("an address")))
            }
        }
    }
}

/// `address` in `[admin]` of a file that may be no TOML at all.
fn written(text: &str) -> Option<SocketAddr> {
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| line.starts_with("[admin]"))?;
    let mut keys = lines.take_while(|line| !line.starts_with('['));
    let value = keys.find_map(|line| line.strip_prefix("address")?.trim_start().strip_prefix('='))?;
    value.trim_start().strip_prefix(['"', '\''])?.split(['"', '\'']).next()?.parse().ok()
}

impl Question {
    /// What is asked for without changing anything.
    pub(super) fn get(path: &'static str, patience: Duration) -> Self {
        Self { method: Method::GET, path, patience, late: "" }
    }

    /// The text of a good answer, or one line why there is none.
    pub(super) fn text(&self, address: SocketAddr) -> Result<String, String> {
        match self.ask(address)? {
            (StatusCode::OK, text) => Ok(text),
            (status, text) => Err(format!("the gateway at {address} answers {status}: {text}")),
        }
    }

    /// The status and the text of the answer, or one line why there is none.
    pub(super) fn ask(&self, address: SocketAddr) -> Result<(StatusCode, String), String> {
        let failed = |why: String| format!("no gateway answers on the admin address {address}: {why}");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(error.to_string()))?;
        runtime.block_on(self.send(address)).map_err(|error| failed(format!("{error:#}")))
    }

    async fn send(&self, address: SocketAddr) -> anyhow::Result<(StatusCode, String)> {
        let connected = timeout(CONNECT, TcpStream::connect(address)).await;
        let stream = connected.map_err(|_elapsed| anyhow!("no connection within {} s", CONNECT.as_secs()))??;
        let answer = timeout(self.patience, self.exchange(stream, address)).await;
        answer.map_err(|_elapsed| anyhow!("no answer within {} s{}", self.patience.as_secs(), self.late))?
    }

    async fn exchange(&self, stream: TcpStream, address: SocketAddr) -> anyhow::Result<(StatusCode, String)> {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let request = Request::builder().method(&self.method).uri(self.path);
        let request = request.header(http::header::HOST, address.to_string()).body(Empty::<Bytes>::new())?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        connection.abort();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_a_broken_file() {
        for (text, found) in [
            ("nonsense\n[admin] # for us\nhosts = []\naddress = \"127.0.0.1:7\" # near\n", Some("127.0.0.1:7")),
            ("[admin]\n  address='[::1]:7'\n[log\n", Some("[::1]:7")),
            ("[admin]\naddress = \"${ADMIN}\"\n", None),
            ("[admin]\n[[listener]]\naddress = \"127.0.0.1:7\"\n", None),
            ("[admin]\naddress = \"\"\n", None),
            ("", None),
        ] {
            assert_eq!(written(text), found.map(|address| address.parse().expect("an address")), "{text}");
        }
    }
}
