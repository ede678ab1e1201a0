//! Addresses of others: what a URL says of hosts, ports and paths.

use crate::config;

/// Where a function runs that somebody gave a URL of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Backend {
    /// As an instance has it, without a path.
    pub(super) address: String,
    /// Empty, or with a slash in front.
    pub(super) path: String,
    pub(super) host: String,
}

impl Backend {
    /// Nothing for what no instance can have: no host, another scheme, a variable.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.trim().split_once("://")?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" | "ws" => "http",
            "https" | "wss" => "https",
            "h2c" => "h2c",
            _ => return None,
        };
        let (authority, path) = split_authority(rest);
        let (host, port) = split_port(authority);
        let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0));
        let is_name = config::is_host(host) && !host.contains('*');
        (is_port && is_name).then(|| Self {
            address: format!("{scheme}://{authority}"),
            path: path.trim_end_matches('/').to_owned(),
            host: host.to_owned(),
        })
    }

    /// A name for a function there: the last part of the path, or the host.
    pub(super) fn name(&self) -> &str {
        let last = self.path.split(['?', '#']).next().and_then(|path| path.rsplit('/').find(|part| is_name(part)));
        last.unwrap_or(&self.host)
    }
}

fn is_name(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_alphabetic()) && !part.contains(['{', '}'])
}

/// What the URL of a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) host: Option<String>,
    pub(super) port: Option<String>,
    /// Without a slash at its end; with one in front, or empty.
    pub(super) base: String,
}

impl Server {
    /// A URL, whole or only with a path.
    pub(super) fn parse(url: &str) -> Self {
        let authority = url.split_once("://").map(|(_, rest)| rest).or_else(|| url.strip_prefix("//"));
        match authority {
            Some(rest) => {
                let (authority, path) = split_authority(rest);
                Self { base: base(path), ..Self::at(authority) }
            }
            None => Self { host: None, port: None, base: base(url) },
        }
    }

    /// A host, perhaps with a port.
    pub(super) fn at(authority: &str) -> Self {
        let (host, port) = split_port(authority);
        let host = (!host.is_empty()).then(|| host.to_owned());
        Self { host, port: port.map(str::to_owned), base: String::new() }
    }
}

/// A path that others are appended to.
pub(super) fn base(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    if path.is_empty() || path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

fn split_authority(rest: &str) -> (&str, &str) {
    rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()))
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (host, Some(port))
        }
        _ => (authority, None),
    }
}

/// What is said of a function whose instance is somewhere else.
pub(super) const HOST_PASSES: &str = "`Host` is passed on as the client sent it: check that this address accepts it";
