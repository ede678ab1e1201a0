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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_are_what_an_instance_can_have() {
        for (url, expected) in [
            ("http://a.test", Some(("http://a.test", "", "a.test"))),
            ("HTTPS://a.test:8443/x/Hello/?q", Some(("https://a.test:8443", "/x/Hello/?q", "Hello"))),
            ("ws://a.test/", Some(("http://a.test", "", "a.test"))),
            ("wss://[::1]:9/7", Some(("https://[::1]:9", "/7", "[::1]"))),
            ("http://a.test/{id}/get", Some(("http://a.test", "/{id}/get", "get"))),
            ("http://a.test:0", None),
            ("http://a.test:99999", None),
            ("http://user@a.test", None),
            ("http://{host}/x", None),
            ("http://*.test", None),
            ("http://", None),
            ("ftp://a.test", None),
            ("a.test", None),
        ] {
            let backend = Backend::parse(url);
            let found =
                backend.as_ref().map(|backend| (backend.address.as_str(), backend.path.as_str(), backend.name()));
            assert_eq!(found, expected, "{url}");
        }
    }

    #[test]
    fn servers_have_a_host_a_port_and_a_base() {
        for (url, host, port, base) in [
            ("https://a.test", Some("a.test"), None, ""),
            ("https://a.test:8443/v1/", Some("a.test"), Some("8443"), "/v1"),
            ("//a.test/v1?x", Some("a.test"), None, "/v1"),
            ("http://[::1]:80/a#b", Some("[::1]"), Some("80"), "/a"),
            ("/v1", None, None, "/v1"),
            ("v1/", None, None, "/v1"),
            ("", None, None, ""),
            ("https://", None, None, ""),
        ] {
            let server = Server::parse(url);
            assert_eq!(
                (server.host.as_deref(), server.port.as_deref(), server.base.as_str()),
                (host, port, base),
                "{url}"
            );
        }
    }
}
