//! The command line.

mod dev;
mod explain;
mod reload;
mod routes;
mod run;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config;
use crate::control::{Outcome, StopSignal};

/// Exit codes of sysexits(3).
const USAGE: u8 = 64;
const SYSTEM: u8 = 71;
const BAD_CONFIGURATION: u8 = 78;

/// A function gateway: a public address for web functions on your own machines.
#[derive(Debug, Parser)]
#[command(name = "fngate", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the configured functions until a signal ends it.
    Run(Configured),
    /// Check a configuration: prints all its errors, or one line that sums it up.
    Check(Configured),
    /// List the APIs with their functions and effective timeouts.
    Routes {
        #[command(flatten)]
        configured: Configured,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say which API a request selects, and why the others lost.
    Explain {
        #[command(flatten)]
        configured: Configured,
        /// The method, such as GET.
        method: String,
        /// The URL, such as <http://shop.example.com/orders/7>.
        url: String,
    },
    /// Make the running gateway load its configuration again; prints the errors if it refuses.
    Reload {
        #[command(flatten)]
        configured: Configured,
        /// The admin address of the running gateway, if it is not the one in the file.
        #[arg(long, value_name = "ADDR")]
        admin: Option<String>,
    },
    /// Serve without a configuration: the embedded echo function, or a command that gets its port in PORT.
    Dev(dev::Dev),
}

#[derive(Debug, Args)]
struct Configured {
    /// The configuration file.
    #[arg(
        short = 'c',
        long = "config",
        value_name = "FILE",
        env = "FNGATE_CONFIG",
        default_value = "/etc/fngate/fngate.toml"
    )]
    path: PathBuf,
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // There is nothing to do about a terminal that is gone.
            let _ = error.print();
            return if error.use_stderr() { USAGE.into() } else { ExitCode::SUCCESS };
        }
    };
    let outcome = match cli.command {
        Command::Run(configured) => run::run(configured.path),
        Command::Check(configured) => check(&configured),
        Command::Routes { configured, json } => routes::routes(&configured, json),
        Command::Explain { configured, method, url } => explain::explain(&configured, &method, &url),
        Command::Reload { configured, admin } => reload::reload(&configured, admin.as_deref()),
        Command::Dev(dev) => dev::dev(&dev),
    };
    outcome.unwrap_or_else(|failure| failure.report())
}

/// Why a command failed: what to print, and the exit code.
#[derive(Debug)]
struct Failure {
    code: u8,
    text: String,
}

impl Failure {
    fn usage(text: impl Into<String>) -> Self {
        Self { code: USAGE, text: text.into() }
    }

    fn configuration(failure: &config::Failure) -> Self {
        let text = if io::IsTerminal::is_terminal(&io::stderr()) {
            failure.errors.coloured()
        } else {
            failure.errors.to_string()
        };
        Self { code: BAD_CONFIGURATION, text }
    }

    /// An error with its sources, each once.
    fn system(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        Self { code: SYSTEM, text }
    }

    fn report(&self) -> ExitCode {
        let text = self.text.trim_end();
        let prefix = if self.code == BAD_CONFIGURATION { "" } else { "fngate: " };
        // There is nothing to do about a terminal that is gone.
        let _ = writeln!(io::stderr(), "{prefix}{text}");
        self.code.into()
    }
}

impl Configured {
    fn load(&self) -> Result<config::Loaded, Failure> {
        config::load(&self.path).map_err(|failure| Failure::configuration(&failure))
    }
}

fn check(configured: &Configured) -> Result<ExitCode, Failure> {
    let config = configured.load()?.config;
    let apis: usize = config.services.iter().map(|service| service.apis.len()).sum();
    print(&format!(
        "{}: good: {} functions, {} services, {apis} APIs\n",
        configured.path.display(),
        config.functions.len(),
        config.services.len()
    ))
}

/// Writes to standard output. A reader that has seen enough, as `head` has, is no error.
fn print(text: &str) -> Result<ExitCode, Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::system(&error)),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// The exit code of a gateway that has stopped.
fn exit_code(outcome: Outcome) -> ExitCode {
    match outcome {
        Outcome::Drained => ExitCode::SUCCESS,
        Outcome::Expired(StopSignal::Interrupt) => 130.into(),
        Outcome::Expired(StopSignal::Terminate) => 143.into(),
        Outcome::Failed => SYSTEM.into(),
    }
}
