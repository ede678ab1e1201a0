//! The same function in several runtimes, each a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::calls;
use crate::certificates::{Authority, write};
use crate::client::Address;
use crate::clock::eventually;
use crate::port::free_port;
use crate::process::Process;
use crate::project::project;

/// A runtime that imports half of the world on a busy machine takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runtime {
    Express,
    FlaskGunicorn,
    FunctionsFrameworkNode,
    FunctionsFrameworkPython,
    Uvicorn,
    /// It closes each connection right after the answer, and does not say so.
    UvicornClosing,
    /// HTTP/2 over TLS.
    Hypercorn,
    /// A server of gRPC, in HTTP/2 without TLS.
    Grpc,
    /// Node.js's own server, in HTTP/2 without TLS.
    NodeH2c,
    /// The same with TLS.
    NodeSecure,
    /// Not a runtime for anything serious: it stands for servers that make variables of fields in the way of CGI.
    Wsgiref,
}

impl Runtime {
    /// The function's name in the configuration.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Express => "express",
            Self::FlaskGunicorn => "flask-gunicorn",
            Self::FunctionsFrameworkNode => "functions-framework-node",
            Self::FunctionsFrameworkPython => "functions-framework-python",
            Self::Uvicorn => "uvicorn",
            Self::UvicornClosing => "uvicorn-closing",
            Self::Hypercorn => "hypercorn",
            Self::Grpc => "grpc",
            Self::NodeH2c => "node-h2c",
            Self::NodeSecure => "node-secure",
            Self::Wsgiref => "wsgiref",
        }
    }

    /// More settings of the function, as the example for this runtime has them.
    pub(crate) fn settings(self) -> &'static str {
        match self {
            Self::Express => "websocket_idle = \"30m\"",
            Self::FlaskGunicorn => "start_wait = \"10s\"\nmax_concurrency = 8\nqueue = 32\nqueue_timeout = \"5s\"",
            Self::FunctionsFrameworkNode => "start_wait = \"5s\"",
            Self::FunctionsFrameworkPython => "queue = 4\nqueue_timeout = \"1m\"\nmax_concurrency = 4",
            Self::Uvicorn => "stream_idle = \"2m\"\nstream_max = \"15m\"",
            Self::Hypercorn | Self::NodeSecure => "[function.tls]\nca = \"ca.pem\"",
            Self::Grpc | Self::NodeH2c | Self::UvicornClosing => "",
            Self::Wsgiref => "max_concurrency = 1\nqueue = 8",
        }
    }

    /// How its instances are written, if not at `http://`.
    pub(crate) fn scheme(self) -> Option<&'static str> {
        match self {
            Self::Hypercorn | Self::NodeSecure => Some("https"),
            Self::Grpc | Self::NodeH2c => Some("h2c"),
            _ => None,
        }
    }

    /// Where the next function listens: gunicorn on a Unix socket, the others on a port.
    fn address(self, folder: &Path) -> Address {
        match self {
            Self::FlaskGunicorn => Address::Unix(folder.join("function.sock")),
            _ => Address::Tcp(([127, 0, 0, 1], free_port()).into()),
        }
    }

    /// What starts the function at this address.
    fn command(self, address: &Address, folder: &Path) -> Command {
        let file = |name: &str| folder.join(name).display().to_string();
        let port = match address {
            Address::Tcp(address) => address.port().to_string(),
            Address::Unix(_) => String::new(),
        };
        match self {
            Self::Express => {
                let mut command = node();
                command.arg("express.js").env("PORT", port);
                command
            }
            Self::FlaskGunicorn => {
                let mut command = python("gunicorn");
                // The mapping of names that has `X_Scf_Name` and `X-Scf-Name` arrive as one variable: what slips through
                // the gateway shows.
                command.args(["--header-map", "dangerous", "--no-control-socket", "--threads", "4", "--workers", "2"]);
                command.args(["--bind", &address.to_string(), "flask_app:app"]);
                command
            }
            Self::FunctionsFrameworkNode => {
                let mut command = node();
                command.arg(installed("node", "node_modules/@google-cloud/functions-framework/build/src/main.js"));
                let source = functions("node").join("framework.js");
                command.arg(format!("--source={}", source.display())).args(["--target=handle", "--port", &port]);
                command
            }
            Self::FunctionsFrameworkPython => {
                let mut command = python("functions_framework");
                command.args(["--source=framework.py", "--target=handle", "--host=127.0.0.1", "--port", &port]);
                command
            }
            Self::Uvicorn | Self::UvicornClosing => {
                let mut command = python("uvicorn");
                let keep_alive = if self == Self::Uvicorn { "5" } else { "0" };
                command.args(["--timeout-keep-alive", keep_alive]);
                command.args(["--port", &port, "--timeout-graceful-shutdown", "1", "uvicorn_app:app"]);
                command
            }
            Self::Hypercorn => {
                let mut command = python("hypercorn");
                command.args(["--certfile", &file("function.pem"), "--keyfile", &file("function-key.pem")]);
                let bind = format!("127.0.0.1:{port}");
                command.args(["--graceful-timeout", "1", "--bind", &bind, "uvicorn_app:app"]);
                command
            }
            Self::Grpc => {
                let mut command = python("grpc_server");
                command.env("PORT", port);
                command
            }
            Self::NodeH2c | Self::NodeSecure => {
                let mut command = node();
                command.arg("http2.js").env("PORT", port);
                if self == Self::NodeSecure {
                    command.env("CERTIFICATE", file("function.pem")).env("KEY", file("function-key.pem"));
                }
                command
            }
            Self::Wsgiref => {
                let mut command = python("wsgiref_app");
                command.env("PORT", port);
                command
            }
        }
    }
}

/// A running function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) address: Address,
    /// Ends with this value.
    _process: Process,
}

impl Function {
    /// Starts the function and returns when it has answered a call.
    pub(crate) async fn start(runtime: Runtime, folder: &Path) -> Self {
        if runtime.scheme() == Some("https") {
            certify(folder);
        }
        let address = runtime.address(folder);
        let mut command = runtime.command(&address, folder);
        // gunicorn and others keep files in the home folder.
        command.env("HOME", folder);
        let started = Process::start(runtime.name(), command, folder);
        let mut process = started.unwrap_or_else(|error| panic!("cannot start {}: {error}", runtime.name()));
        let answers = eventually(runtime.name(), PATIENCE, async || match process.ended() {
            Some(_) => Some(false),
            None => is_ready(runtime, &address).await.then_some(true),
        });
        assert!(answers.await, "{} does not start:\n{}", runtime.name(), process.printed());
        Self { address, _process: process }
    }
}

/// Whether a function takes calls. One that speaks HTTP/2 is called through the gateway only; that it listens has to do.
async fn is_ready(runtime: Runtime, address: &Address) -> bool {
    match (runtime.scheme(), address) {
        (Some(_), Address::Tcp(address)) => tokio::net::TcpStream::connect(address).await.is_ok(),
        _ => calls::answers(address).await,
    }
}

/// Leaves a certificate for the function and the root that it leads to.
pub(crate) fn certify(folder: &Path) {
    let authority = Authority::new();
    let issued = authority.issue(&["127.0.0.1"], 2090);
    authority.write(folder);
    write(folder, "function.pem", &issued.certificate);
    write(folder, "function-key.pem", &issued.key);
}

pub(crate) fn python(module: &str) -> Command {
    let mut command = Command::new(installed("venv", "bin/python"));
    command.args(["-m", module]).current_dir(functions("python"));
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUNBUFFERED", "1");
    command
}

pub(crate) fn node() -> Command {
    let mut command = Command::new("node");
    command.current_dir(functions("node")).env("NODE_PATH", installed("node", "node_modules"));
    command
}

pub(crate) fn functions(language: &str) -> PathBuf {
    project("tests/runtimes/functions").join(language)
}

/// What `tests/setup` has installed. Its stamp says that it was not interrupted.
pub(crate) fn installed(environment: &str, path: &str) -> PathBuf {
    let folder = project("target/tests").join(environment);
    let whole = folder.join(".stamp").exists();
    assert!(whole, "{} is missing: run tests/setup, which installs the function runtimes", folder.display());
    folder.join(path)
}
