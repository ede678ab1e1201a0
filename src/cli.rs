//! The command line.

mod admin;
mod apply;
mod audit;
mod bind;
mod check;
mod configured;
mod conformance;
mod console;
mod dev;
mod diff;
mod documents;
mod explain;
mod gateway;
mod health;
mod history;
mod import;
mod inspected;
mod list;
mod manual;
mod outcome;
mod pages;
mod release;
mod reload;
mod routes;
mod run;
mod schema;
mod status;
mod table;
mod tail;
mod token;
mod top;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use self::admin::Running;
use self::configured::Configured;
use self::outcome::USAGE;

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
    /// Check a configuration and what a start needs: prints all errors and warnings, and one line that sums it up.
    Check(check::Check),
    /// List the APIs with their hosts, functions and effective timeouts.
    Routes(routes::Routes),
    /// Say which API a request selects, and why the others lost.
    ///
    /// Exits with 0 if it selects an API, and with 1 if the gateway refuses it.
    Explain(explain::Explain),
    /// Bind a path and method of a service to a function, in the running gateway and its files.
    Bind(bind::Bind),
    /// Remove the API bound to a method and path.
    Unbind(bind::Unbind),
    /// List the APIs of the running gateway.
    Apis(list::Apis),
    /// List the APIs that are bound to a function.
    Triggers(list::Triggers),
    /// List the functions of the running gateway.
    Functions(list::Listing),
    /// List the instances of functions, and whether they answer.
    Instances(list::Instances),
    /// Show the state of the running gateway: revision, refused reloads, warnings, releases.
    Status(status::Arguments),
    /// Replace all functions, services and APIs with those in a directory, atomically.
    ///
    /// Objects missing from the files are deleted. Listeners, `[admin]` and all other settings are left unchanged.
    Apply(apply::Apply),
    /// List the revisions of the configuration, the newest first.
    History(list::Listing),
    /// Show what differs between two revisions, or what files would change (-c).
    ///
    /// Without arguments: the newest revision and the one before it. With -c FILE and no revision: what an apply of the file would change;
    /// exits with 0 if nothing, with 1 if something, and with 78 if the gateway would refuse it.
    Diff(diff::Diff),
    /// Restore the functions, services and APIs of an earlier revision. This creates a new revision.
    Rollback(history::Rollback),
    /// Pin an environment to a revision: it serves the services, domains and APIs of that revision.
    Release(release::Release),
    /// Take an environment offline: its APIs answer 404.
    Unrelease(release::OfEnvironment),
    /// Let an environment follow the newest revision again.
    Follow(release::OfEnvironment),
    /// List the environments, and which revision each of them serves.
    Releases(list::Listing),
    /// Follow the requests of the running gateway, a line each.
    Tail(tail::Tail),
    /// List the audit log, newest first.
    Audit(audit::Audit),
    /// Print the URL of the console, with a code for one login.
    ///
    /// Paste it into the browser: arguments of commands, such as those of xdg-open, are visible to all users of the host.
    Console(console::Console),
    /// Make tokens for the admin API.
    #[command(subcommand)]
    Token(token::Tokens),
    /// Make the running gateway load its configuration again; prints the errors if it refuses.
    Reload(Running),
    /// Ask the running gateway whether it is ready: exits with 0 or 1, for probes.
    Health(Running),
    /// Show what the running gateway does, function by function or API by API.
    Top(top::Top),
    /// Measure what a gateway changes: odd exchanges through this one, or through another with --target.
    ///
    /// Exits with 1 when it finds a difference that is not on the list in the documentation.
    Conformance(conformance::Conformance),
    /// Turn a serverless.yml, or an OpenAPI document, into a configuration.
    Import {
        /// The file, in YAML or JSON; `-` is standard input.
        file: PathBuf,
    },
    /// Print a JSON Schema of the configuration, for editors.
    Schema,
    /// Serve without a configuration: the embedded echo function, or a command that gets its port in PORT.
    Dev(dev::Dev),
    /// Print the completions of a shell.
    Completions {
        /// The shell that they are for.
        shell: Shell,
    },
    /// Write the manual pages: fngate.8, one for each command, and fngate.toml.5.
    Man {
        /// The directory that they are written to.
        directory: PathBuf,
    },
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
        Command::Run(configured) => run::run(&configured),
        Command::Check(arguments) => check::check(&arguments),
        Command::Routes(arguments) => routes::routes(&arguments),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Bind(arguments) => bind::bind(&arguments),
        Command::Unbind(arguments) => bind::unbind(&arguments),
        Command::Apis(arguments) => list::apis(&arguments),
        Command::Triggers(arguments) => list::triggers(&arguments),
        Command::Functions(listing) => list::functions(&listing),
        Command::Instances(arguments) => list::instances(&arguments),
        Command::Status(arguments) => status::status(&arguments),
        Command::Apply(arguments) => apply::apply(&arguments),
        Command::History(listing) => history::history(&listing),
        Command::Diff(arguments) => diff::diff(&arguments),
        Command::Rollback(arguments) => history::rollback(&arguments),
        Command::Release(arguments) => release::release(&arguments),
        Command::Unrelease(arguments) => release::unrelease(&arguments),
        Command::Follow(arguments) => release::follow(&arguments),
        Command::Releases(listing) => release::releases(&listing),
        Command::Tail(arguments) => tail::tail(&arguments),
        Command::Audit(arguments) => audit::audit(&arguments),
        Command::Console(arguments) => console::console(&arguments),
        Command::Token(command) => token::token(&command),
        Command::Reload(running) => reload::reload(&running),
        Command::Health(running) => health::health(&running),
        Command::Top(arguments) => top::top(&arguments),
        Command::Conformance(arguments) => conformance::conformance(&arguments),
        Command::Import { file } => import::import(&file),
        Command::Schema => schema::schema(),
        Command::Dev(dev) => dev::dev(&dev),
        Command::Completions { shell } => manual::completions(Cli::command(), shell),
        Command::Man { directory } => manual::write(&Cli::command(), &directory),
    };
    outcome.unwrap_or_else(|failure| failure.report())
}
