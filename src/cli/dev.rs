//! `fngate dev`: a gateway in front of one function, without a configuration file.

use std::fmt::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode};
use std::time::Duration;

use clap::Args;
use rustix::process::{Pid, Signal, kill_process_group};

use super::outcome::{Failure, SYSTEM, exit_code, print};
use super::run::begin;
use crate::app::{App, Options};
use crate::config::{self, Config};
use crate::control::{self, StopSignal};

const ADMIN: &str = "127.0.0.1:9901";
const ECHO: &str = "builtin:echo";
/// The start script of a packed function, and the port that such functions listen on.
const BOOTSTRAP: &str = "scf_bootstrap";
const BOOTSTRAP_PORT: u16 = 9000;
/// How often the command is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How long the command has to end on SIGTERM.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(super) struct Dev {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: String,
    /// A command that serves HTTP on the port in the variable PORT. Without one: `./scf_bootstrap` on port 9000 if there is
    /// such a file, otherwise the embedded echo function.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// What is served.
struct Served {
    /// For people.
    name: String,
    instance: String,
    process: Option<Process>,
}

pub(super) fn dev(dev: &Dev) -> Result<ExitCode, Failure> {
    // Before the command is started: it would only be ended again.
    parse(&dev.listen, ECHO)?;
    let served = serve(&dev.command)?;
    let config = parse(&dev.listen, &served.instance)?;
    let _log = begin(&config.log)?;
    let options = Options { config, origin: None, signals: true };
    let app = App::start(options).map_err(|error| Failure::system(&error))?;
    let address = app.listeners().first().cloned().unwrap_or_default();
    let mut text = String::new();
    if let Some(path) = address.strip_prefix("unix:") {
        let _ = writeln!(text, "fngate dev: {address} -> {}", served.name);
        let _ = writeln!(text, "try:         curl -i --unix-socket {path} http://localhost/hello");
    } else {
        let _ = writeln!(text, "fngate dev: http://{address} -> {}", served.name);
        let _ = writeln!(text, "try:         curl -i http://{address}/hello");
    }
    if let Some(admin) = app.admin() {
        let _ = writeln!(text, "metrics:     http://{admin}/metrics");
    }
    print(&text)?;
    let Some(process) = served.process else { return Ok(exit_code(app.wait())) };
    let watcher = process.watch(&app)?;
    let outcome = app.wait();
    match watcher.join() {
        Ok(None) => Ok(exit_code(outcome)),
        Ok(Some(status)) => Err(Failure { code: SYSTEM, text: format!("the command ended: {status}") }),
        Err(_panic) => Err(Failure { code: SYSTEM, text: "the command was lost".to_owned() }),
    }
}

fn serve(command: &[String]) -> Result<Served, Failure> {
    if let Some((program, arguments)) = command.split_first() {
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|socket| socket.local_addr());
        let port = free.map_err(|error| Failure::system(&error))?.port();
        let mut child = Command::new(program);
        child.args(arguments).env("PORT", port.to_string());
        return started(child, &command.join(" "), port);
    }
    let executable =
        |path: &Path| path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0);
    if executable(Path::new(BOOTSTRAP)) {
        let child = Command::new(Path::new(".").join(BOOTSTRAP));
        return started(child, &format!("./{BOOTSTRAP}"), BOOTSTRAP_PORT);
    }
    Ok(Served { name: "the embedded echo function".to_owned(), instance: ECHO.to_owned(), process: None })
}

fn started(mut command: Command, name: &str, port: u16) -> Result<Served, Failure> {
    // A group of its own, so that an interrupt at the terminal reaches the gateway alone, which then ends all that the command
    // has started.
    for variable in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
        // What the service manager passed was for the gateway.
        command.env_remove(variable);
    }
    let child = command
        .process_group(0)
        .spawn()
        .map_err(|error| Failure { code: SYSTEM, text: format!("cannot start `{name}`: {error}") })?;
    let instance = format!("http://127.0.0.1:{port}");
    Ok(Served { name: format!("`{name}` on port {port}"), instance, process: Some(Process(child)) })
}

/// Everything but the address to listen on is known to be good.
fn parse(listen: &str, instance: &str) -> Result<Config, Failure> {
    config::parse(Path::new("dev"), &configuration(listen, instance)).map_err(|report| {
        let problems: Vec<_> = report.errors().iter().map(config::Diagnostic::message).collect();
        Failure::usage(format!("--listen: {}: write IP:PORT, [IPv6]:PORT or unix:/PATH", problems.join("; ")))
    })
}

/// A configuration like one in a file, so that `dev` behaves as `run` does.
fn configuration(listen: &str, instance: &str) -> String {
    // Two gateways under development may run side by side; their metrics need not be at a known address.
    let admin = if TcpListener::bind(ADMIN).is_ok() { ADMIN } else { "127.0.0.1:0" };
    format!(
        r#"
[[listener]]
address = {listen:?}
[admin]
address = "{admin}"
[log]
level = "warn"
format = "text"
[[function]]
name = "dev"
instances = ["{instance}"]
start_wait = "15s"
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

/// The command behind the gateway; ended when dropped.
struct Process(Child);

impl Process {
    /// Watches the command on a thread of its own, which ends the gateway when the command ends and gives the status, or
    /// ends the command when the gateway has stopped.
    fn watch(mut self, app: &App) -> Result<std::thread::JoinHandle<Option<std::process::ExitStatus>>, Failure> {
        let commands = app.commands();
        let watch = move || {
            loop {
                if let Ok(Some(status)) = self.0.try_wait() {
                    // A gateway that is gone needs no stop.
                    let _ = commands.blocking_send(control::Command::Stop(StopSignal::Terminate));
                    return Some(status);
                }
                if commands.is_closed() {
                    return None;
                }
                std::thread::park_timeout(LOOK);
            }
        };
        std::thread::Builder::new().name("command".to_owned()).spawn(watch).map_err(|error| Failure::system(&error))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            // It may have ended.
            let _ = kill_process_group(pid, Signal::TERM);
        }
        let mut left = PATIENCE;
        while matches!(self.0.try_wait(), Ok(None)) && !left.is_zero() {
            std::thread::park_timeout(LOOK);
            left = left.saturating_sub(LOOK);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
