//! The built gateway with a configuration of its own, on ports that the system picks.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Empty;
use serde::Deserialize;

use crate::client::{self, Address};
use crate::clock::eventually;
use crate::directories;
use crate::process::Process;

const PATIENCE: Duration = Duration::from_secs(20);

/// A running gateway.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) address: Address,
    pub(crate) port: u16,
    /// Ends with this value.
    _process: Process,
}

/// The line of the log that says where it serves. The listeners are written as Rust writes a list of strings.
#[derive(Debug, Deserialize)]
struct Serving {
    listeners: String,
    admin: SocketAddr,
}

impl Gateway {
    /// Starts the gateway and returns when it is ready. The configuration has a single listener.
    pub(crate) async fn start(configuration: &str, folder: &Path) -> Self {
        let file = folder.join("fngate.toml");
        std::fs::write(&file, configuration).expect("the folder can be written to");
        let mut command = Command::new(env!("CARGO_BIN_EXE_fngate"));
        command.arg("run").arg("-c").arg(file);
        directories::separate(&mut command, folder);
        let mut process = Process::start("fngate", command, folder).expect("the built gateway");
        let serving: Serving = eventually("the gateway serves", PATIENCE, async || {
            assert!(process.ended().is_none(), "the gateway ended:\n{}", process.printed());
            process.printed().lines().find_map(|line| serde_json::from_str(line).ok())
        })
        .await;
        let admin = Address::Tcp(serving.admin);
        eventually("the gateway is ready", PATIENCE, async || is_ready(&admin).await.then_some(())).await;
        let [address]: [SocketAddr; 1] = serde_json::from_str(&serving.listeners).expect("one address");
        Self { address: Address::Tcp(address), port: address.port(), _process: process }
    }
}

async fn is_ready(admin: &Address) -> bool {
    let request = Request::get("/readyz").header("host", "admin").body(Empty::<Bytes>::new());
    let reply = client::send(admin, request.expect("a request")).await;
    reply.is_ok_and(|reply| reply.status == StatusCode::OK)
}
