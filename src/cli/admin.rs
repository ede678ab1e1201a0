//! The running gateway that a command is about.

use std::path::PathBuf;

use clap::Args;

use super::configured::{Chosen, Configured};
use super::gateway::Gateway;
use super::outcome::Failure;

const DEFAULT_ADMIN: &str = "127.0.0.1:9901";

/// Which running gateway is asked.
#[derive(Debug, Args)]
pub(super) struct Running {
    #[command(flatten)]
    configured: Configured,
    /// The admin address of the running gateway [default: `admin.address` of the file]: `IP:port`, `https://host:port` or `unix:/path`.
    #[arg(long, value_name = "ADDR")]
    admin: Option<String>,
}

/// What the end of a message is when only the admin listener could say something.
pub(super) const NOBODY: &str = ", so the running gateway cannot be reached";

impl Running {
    /// The gateway of a file, if one is named, or at an address.
    pub(super) fn of(file: Option<PathBuf>, admin: Option<String>) -> Self {
        Self { configured: Configured::of(file), admin }
    }

    /// The running gateway, at the admin address that is given or in the file. `off` ends the message when the file turns the listener off.
    pub(super) fn gateway(&self, off: &str) -> Result<Gateway, Failure> {
        match &self.admin {
            Some(address) => Gateway::parse(address),
            None => running(&self.configured.choose(), off),
        }
    }
}

/// The gateway at an admin address, or the one that runs with a file if the address is empty.
pub(super) fn at(address: &str, chosen: &Chosen) -> Result<Gateway, Failure> {
    if address.is_empty() { running(chosen, NOBODY) } else { Gateway::parse(address) }
}

/// The gateway that runs with a file. A file that is broken now was good when the gateway started, so it is still asked, at the address
/// that the file has in spite of its errors, or at the default if it has none. A file that is named and not there, or an address that is
/// none, is an error: another gateway may listen at the default.
fn running(chosen: &Chosen, off: &str) -> Result<Gateway, Failure> {
    let is_off = || Failure::usage(format!("the admin listener is disabled (`admin.address` is empty){off}"));
    let failure = match chosen.load() {
        Ok(loaded) => return Gateway::of(&loaded.config).ok_or_else(is_off),
        Err(failure) => failure,
    };
    let text = match std::fs::read_to_string(&chosen.path) {
        Ok(text) => text,
        Err(_) if chosen.is_named() => return Err(failure),
        Err(_) => String::new(),
    };
    match written(&text) {
        None => Gateway::parse(DEFAULT_ADMIN),
        Some("") => Err(is_off()),
        Some(address) => Gateway::parse(address).map_err(|_no_address| failure),
    }
}

/// `address` in `[admin]` of a file that may be no TOML at all.
fn written(text: &str) -> Option<&str> {
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| line.starts_with("[admin]"))?;
    let mut keys = lines.take_while(|line| !line.starts_with('['));
    let value = keys.find_map(|line| line.strip_prefix("address")?.trim_start().strip_prefix('='))?;
    let value = value.trim_start();
    value.strip_prefix(['"', '\'']).and_then(|value| value.split(['"', '\'']).next()).or(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_a_broken_file() {
        for (text, found) in [
            ("nonsense\n[admin] # for us\nhosts = []\naddress = \"127.0.0.1:7\" # near\n", Some("127.0.0.1:7")),
            ("[admin]\n  address='[::1]:7'\n[log\n", Some("[::1]:7")),
            ("[admin]\naddress = \"${ADMIN}\"\n", Some("${ADMIN}")),
            ("[admin]\naddress = 9901\n", Some("9901")),
            ("[admin]\n[[listener]]\naddress = \"127.0.0.1:7\"\n", None),
            ("[admin]\naddress = \"\"\n", Some("")),
            ("", None),
        ] {
            assert_eq!(written(text), found, "{text}");
        }
    }
}
