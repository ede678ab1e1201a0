//! `[admin]`: the listener of the operator.

use std::net::SocketAddr;

use crate::config::address::ADMIN;
use crate::config::error::{Problem, quoted};
use crate::config::file::Span;
use crate::config::host::is_dns_name;
use crate::config::section::Section;
use crate::config::value::Kind;

const ADMIN_HOST: Kind<String> = Kind::new("fngate.internal", admin_host);

/// `[admin]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// `None` turns the admin listener off.
    pub address: Option<SocketAddr>,
    /// The names under which it answers, beside IP addresses and `localhost`; in lower case.
    pub hosts: Vec<String>,
}

/// The admin listener, and where its address was set.
pub(in crate::config) fn read(section: &Section<'_>) -> (Admin, Option<Span>) {
    let address = section.optional("address", &ADMIN);
    let hosts = section.list("hosts", &ADMIN_HOST).into_iter().map(|host| host.value).collect();
    match address {
        Some(found) => (Admin { address: found.value, hosts }, Some(found.span)),
        None => (Admin { address: Some(([127, 0, 0, 1], 9901).into()), hosts }, None),
    }
}

fn admin_host(text: &str) -> Result<String, Problem> {
    let name = text.strip_suffix('.').unwrap_or(text);
    if is_dns_name(name) {
        return Ok(name.to_ascii_lowercase());
    }
    let hint = "a DNS name without a port; IP addresses need not be listed".to_owned();
    Err(Problem::new(format!("{} is not the name of a host", quoted(text))).hint(hint))
}
