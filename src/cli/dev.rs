//! `fngate dev`: a gateway in front of one function, without a configuration file.

mod listening;
mod process;

use std::fmt::Write;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Args;
use tempfile::TempDir;

use self::process::Process;
use super::outcome::{Failure, SYSTEM, exit_code, print};
use super::run::begin;
use crate::app::{App, Options, StartError};
use crate::config;
use crate::control::admin::{console, session};
use crate::control::reload::Origin;

const ADMIN: &str = "127.0.0.1:9901";
const ECHO: &str = "builtin:echo";
/// Tells a command which port to listen on.
const VARIABLE: &str = "PORT";
/// The start script of a packed function, and the port that such functions listen on.
const BOOTSTRAP: &str = "scf_bootstrap";
const BOOTSTRAP_PORT: u16 = 9000;
const BOOTSTRAP_PORT_NAME: &str = "port 9000";
/// How long a request waits for a function that does not listen yet: an interpreter that starts takes its time, a server that runs
/// already is only restarted now and then.
const COMMAND_START: &str = "15s";
const SERVER_RESTART: &str = "1s";
/// How long the code in the printed address waits for its use: as long as a session, since it is printed only once.
const CODE_LIFE: Duration = session::LIFE;

#[derive(Debug, Args)]
pub(super) struct Dev {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: String,
    /// A server that runs already, such as <http://127.0.0.1:5000>; also https://, h2c://, unix:/PATH, and HOST:PORT.
    #[arg(value_name = "URL", conflicts_with = "command")]
    server: Option<String>,
    /// A command that serves HTTP on the port in the variable PORT. Without URL and COMMAND: `./scf_bootstrap` on port 9000 if
    /// there is such a file, otherwise the embedded echo function.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// What is served.
struct Served {
    /// For people.
    name: String,
    instance: String,
    start_wait: &'static str,
    process: Option<Process>,
}

pub(super) fn dev(dev: &Dev) -> Result<ExitCode, Failure> {
    // Before the command is started: it would only be ended again.
    let listen = |problem| Failure::usage(format!("--listen: {problem}: write IP:PORT, [IPv6]:PORT or unix:/PATH"));
    check(&dev.listen, ECHO, COMMAND_START).map_err(listen)?;
    let served = serve(dev)?;
    check(&dev.listen, &served.instance, served.start_wait).map_err(|problem| not_a_server(&problem))?;
    let files = Files::write(&dev.listen, &served)?;
    let loaded = config::load(&files.main).map_err(|failure| Failure::configuration(&failure.report))?;
    let _log = begin(&loaded.config.log)?;
    let origin = Origin { path: files.main.clone(), inputs: loaded.inputs, report: loaded.report };
    let options = Options { config: loaded.config, origin: Some(origin), signals: true, temporary: true };
    let app = App::start(options).map_err(|error| not_started(&error))?;
    print(&describe(&app, &served.name)?)?;
    let Some(process) = served.process else { return Ok(exit_code(app.wait())) };
    let watcher = process.watch(app.commands())?;
    let outcome = app.wait();
    match watcher.join() {
        Ok(None) => Ok(exit_code(outcome)),
        Ok(Some(status)) => Err(Failure { code: SYSTEM, text: format!("the command ended: {status}") }),
        Err(_panic) => Err(Failure { code: SYSTEM, text: "the command was lost".to_owned() }),
    }
}

/// What is served where, and what to do with it.
fn describe(app: &App, name: &str) -> Result<String, Failure> {
    let address = app.listeners().first().cloned().unwrap_or_default();
    let mut text = String::new();
    if let Some(path) = address.strip_prefix("unix:") {
        let _ = writeln!(text, "fngate dev: {address} -> {name}");
        let _ = writeln!(text, "try:         curl -i --unix-socket {path} http://localhost/");
    } else {
        let _ = writeln!(text, "fngate dev: http://{address} -> {name}");
        let _ = writeln!(text, "try:         curl -i http://{address}/");
    }
    if let (Some(admin), Some(code)) = (app.admin(), app.make_code(CODE_LIFE)) {
        let code = code.map_err(|error| Failure::system(&error))?;
        let _ = writeln!(text, "console:     {}", console::address(&format!("http://{admin}"), code.as_str()));
        let _ = writeln!(text, "metrics:     http://{admin}/metrics");
    }
    Ok(text)
}

/// The address is often taken by the service of a package.
fn not_started(error: &StartError) -> Failure {
    let mut failure = Failure::system(error);
    if matches!(error, StartError::Bind(_)) {
        failure.text.push_str("; --listen 127.0.0.1:0 takes any free port");
    }
    failure
}

fn serve(dev: &Dev) -> Result<Served, Failure> {
    if let Some(server) = &dev.server {
        let instance = instance_of(server)?;
        return Ok(Served { name: instance.clone(), instance, start_wait: SERVER_RESTART, process: None });
    }
    if let Some((program, arguments)) = dev.command.split_first() {
        // Given back for the command to take. Another process may be faster: there is no way to hand a port over by its number.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        let port = free.map_err(|error| Failure::system(&error))?.port();
        let mut child = Command::new(program);
        child.args(arguments).env(VARIABLE, port.to_string());
        return started(child, &dev.command.join(" "), (port, VARIABLE));
    }
    let executable =
        |path: &Path| path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0);
    if executable(Path::new(BOOTSTRAP)) {
        let child = Command::new(Path::new(".").join(BOOTSTRAP));
        return started(child, &format!("./{BOOTSTRAP}"), (BOOTSTRAP_PORT, BOOTSTRAP_PORT_NAME));
    }
    let name = "the embedded echo function".to_owned();
    Ok(Served { name, instance: ECHO.to_owned(), start_wait: SERVER_RESTART, process: None })
}

fn started(command: Command, name: &str, (port, port_name): (u16, &'static str)) -> Result<Served, Failure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let process = Process::start(command, name, address, port_name)?;
    Ok(Served {
        name: format!("`{name}` on port {port}"),
        instance: format!("http://{address}"),
        start_wait: COMMAND_START,
        process: Some(process),
    })
}

/// The address of a server as a configuration has it, of one as people write it.
fn instance_of(server: &str) -> Result<String, Failure> {
    if server.starts_with("unix:") {
        return Ok(server.to_owned());
    }
    if server.contains("://") {
        // What a browser's address line has.
        return Ok(server.strip_suffix('/').unwrap_or(server).to_owned());
    }
    let port = server.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
    match port {
        Some(Ok(_)) => Ok(format!("http://{server}")),
        _ => Err(not_a_server(&format!("`{server}` is not the address of a server"))),
    }
}

fn not_a_server(problem: &str) -> Failure {
    let forms = "http://HOST:PORT, https://HOST:PORT, h2c://HOST:PORT, unix:/PATH or HOST:PORT";
    Failure::usage(format!("{problem}: write {forms}; a command stands behind `--`"))
}

/// Looks for errors in what comes from outside.
fn check(listen: &str, instance: &str, start_wait: &str) -> Result<(), String> {
    let text = configuration(listen, instance, start_wait, Path::new("/"));
    config::parse(Path::new("dev"), &text).map(drop).map_err(|report| {
        let problems: Vec<_> = report.errors().iter().map(config::Diagnostic::message).collect();
        problems.join("; ")
    })
}

/// The configuration and its history, in a directory of their own, which is removed when dropped.
struct Files {
    main: PathBuf,
    _directory: TempDir,
}

impl Files {
    /// Writes a configuration like any other, so that the console and the admin API can change it.
    fn write(listen: &str, served: &Served) -> Result<Self, Failure> {
        let private = fs::Permissions::from_mode(0o700);
        let directory = tempfile::Builder::new().prefix("fngate-dev-").permissions(private).tempdir();
        let directory = directory.map_err(|error| Failure::system(&error))?;
        let main = directory.path().join("fngate.toml");
        let text = configuration(listen, &served.instance, served.start_wait, directory.path());
        fs::write(&main, text).map_err(|error| Failure::system(&error))?;
        Ok(Self { main, _directory: directory })
    }
}

fn configuration(listen: &str, instance: &str, start_wait: &str, directory: &Path) -> String {
    // Two gateways under development may run side by side; their metrics need not be at a known address.
    let admin = if TcpListener::bind(ADMIN).is_ok() { ADMIN } else { "127.0.0.1:0" };
    let history = directory.join("history");
    let [listen, instance, history] =
        [listen, instance, &history.to_string_lossy()].map(|text| toml::Value::from(text).to_string());
    format!(
        r#"# What `fngate dev` serves. It is removed when `fngate dev` ends; a copy of it runs with `fngate run -c FILE`.

[[listener]]
address = {listen}

[admin]
address = "{admin}"
edit_dir = "" # new functions and services are added to this file
audit = ""

[history]
directory = {history} # removed as well: leave it out of a copy

[log]
level = "warn"
format = "text"

[[function]]
name = "dev"
instances = [{instance}]
start_wait = "{start_wait}" # for a function that does not listen yet
timeout = "60s"

[[service]]
name = "dev"
hosts = ["*"]

[[service.api]]
name = "all"
path = "/"
method = "ANY"
function = "dev"
"#
    )
}
