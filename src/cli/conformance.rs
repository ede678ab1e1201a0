//! `fngate conformance`.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;

use clap::Args;

use super::outcome::{Failure, print};
use crate::conformance::gateway::Gateway;
use crate::conformance::report::Report;
use crate::conformance::run::Run;
use crate::conformance::wire::origin::Origin;

#[derive(Debug, Args)]
pub(super) struct Conformance {
    /// Another gateway to send the exchanges to, such as <http://127.0.0.1:8080>. It has to forward to the address of --origin.
    #[arg(long, value_name = "URL", requires = "origin")]
    target: Option<String>,
    /// Where the recording function listens.
    #[arg(long, value_name = "ADDR", requires = "target")]
    origin: Option<SocketAddr>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn conformance(arguments: &Conformance) -> Result<ExitCode, Failure> {
    let target = arguments.target.as_deref().map(address).transpose()?;
    let report = run(target, arguments.origin).map_err(|error| Failure::system(&error))?;
    let text = if arguments.json {
        serde_json::to_string_pretty(&report).map_err(|error| Failure::system(&error))? + "\n"
    } else {
        report.text()
    };
    print(&text)?;
    Ok(if report.transparent { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run(target: Option<SocketAddr>, origin: Option<SocketAddr>) -> io::Result<Report> {
    let origin = Origin::start(origin.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0))))?;
    if let Some(target) = target {
        return Report::of(&Run::new(target, &origin));
    }
    let gateway = Gateway::start(origin.address(), "")?;
    Report::of(&Run::new(gateway.address(), &origin))
}

/// The address of `http://HOST[:PORT][/]`.
fn address(url: &str) -> Result<SocketAddr, Failure> {
    let unusable = || Failure::usage(format!("`{url}` is not the URL of a gateway, such as http://127.0.0.1:8080"));
    let authority = url.strip_prefix("http://").ok_or_else(unusable)?.trim_end_matches('/');
    let resolved = authority.to_socket_addrs().or_else(|_no_port| (authority, 80).to_socket_addrs());
    resolved.ok().and_then(|mut addresses| addresses.next()).ok_or_else(unusable)
}
