//! Addresses: where the gateway listens, where instances of functions are, and whose proxies are trusted.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::{IpNet, Ipv4Net};
use rustls::pki_types::ServerName;

use super::error::{Problem, closest, quoted};
use super::host::{is_dns_name, split_port};
use super::value::Kind;

pub(super) const LISTEN: Kind<ListenAddress> = Kind::new("0.0.0.0:8080", listen);
/// `None` is the empty string.
pub(super) const ADMIN: Kind<Option<AdminAddress>> = Kind::new("127.0.0.1:9901", admin);
pub(super) const INSTANCE: Kind<InstanceAddress> = Kind::new("http://127.0.0.1:9000", instance);
pub(super) const NETWORK: Kind<IpNet> = Kind::new("10.0.0.0/8", network);

/// Where a listener's socket comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ListenAddress {
    Tcp(SocketAddr),
    Unix(PathBuf),
    /// A socket inherited from the service manager, by its name.
    Systemd(String),
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Systemd(name) => write!(f, "systemd:{name}"),
        }
    }
}

/// Where the admin listener is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminAddress {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl AdminAddress {
    #[must_use]
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// The same as a listener has it.
    #[must_use]
    pub fn to_listen_address(&self) -> ListenAddress {
        match self {
            Self::Tcp(address) => ListenAddress::Tcp(*address),
            Self::Unix(path) => ListenAddress::Unix(path.clone()),
        }
    }
}

impl fmt::Display for AdminAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_listen_address().fmt(f)
    }
}

/// Where one instance of a function listens. Displays as it is written in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InstanceAddress {
    /// `http://host:port`; the host is a name or an address without brackets.
    Http { host: String, port: u16 },
    /// `https://host:port`.
    Https { host: String, port: u16 },
    /// `h2c://host:port`: HTTP/2 without TLS, from the first byte.
    H2c { host: String, port: u16 },
    /// `unix:/path`.
    Unix(PathBuf),
    /// `builtin:echo`, the embedded demo function.
    Echo,
}

impl fmt::Display for InstanceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = match self {
            Self::Http { host, port } => ("http", host, port),
            Self::Https { host, port } => ("https", host, port),
            Self::H2c { host, port } => ("h2c", host, port),
            Self::Unix(path) => return write!(f, "unix:{}", path.display()),
            Self::Echo => return f.write_str("builtin:echo"),
        };
        if host.contains(':') { write!(f, "{scheme}://[{host}]:{port}") } else { write!(f, "{scheme}://{host}:{port}") }
    }
}

impl InstanceAddress {
    /// Host and port of an instance on the network.
    #[must_use]
    pub fn authority(&self) -> Option<(&str, u16)> {
        match self {
            Self::Http { host, port } | Self::Https { host, port } | Self::H2c { host, port } => Some((host, *port)),
            Self::Unix(_) | Self::Echo => None,
        }
    }
}

fn listen(text: &str) -> Result<ListenAddress, Problem> {
    if text.starts_with("unix:@") {
        let hint = "write \"unix:/path\": the rights of a file say who may connect, an abstract name has none";
        return Err(Problem::new("abstract sockets are not supported").hint(hint.to_owned()));
    }
    if let Some(path) = text.strip_prefix("unix:") {
        return socket_path(path).map(ListenAddress::Unix);
    }
    match text.strip_prefix("systemd:") {
        Some(name) => systemd_name(name).map(ListenAddress::Systemd),
        None => tcp(text).map(ListenAddress::Tcp),
    }
}

/// As systemd checks it: `sd_listen_fds_with_names(3)` separates names with colons.
fn systemd_name(name: &str) -> Result<String, Problem> {
    if (1..=255).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') {
        return Ok(name.to_owned());
    }
    let hint = "the name is `FileDescriptorName=` of the socket unit, or the name of the unit".to_owned();
    Err(Problem::new(format!("{} is not the name of a socket", quoted(name))).hint(hint))
}

fn tcp(text: &str) -> Result<SocketAddr, Problem> {
    let error = || Problem::new(format!("{} is not an address to listen on", quoted(text)));
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let write = |address: String| Err(error().hint(format!("write \"{address}\"")));
    let is_port = |text: &str| text.parse::<u16>().is_ok();
    if text.contains("://") {
        return Err(error().hint("without a scheme: an address is `IP:port`".to_owned()));
    }
    if text.starts_with('/') {
        return write(format!("unix:{text}"));
    }
    if is_port(text) {
        return write(format!("0.0.0.0:{text}"));
    }
    if text.parse::<IpAddr>().is_ok() {
        return Err(error().hint("the port is missing: an address is `IP:port` or `[IPv6]:port`".to_owned()));
    }
    match text.rsplit_once(':') {
        Some(("", port)) if is_port(port) => write(format!("0.0.0.0:{port}")),
        Some(("*", port)) if is_port(port) => write(format!("0.0.0.0:{port}")),
        Some(("localhost", port)) if is_port(port) => write(format!("127.0.0.1:{port}")),
        Some((host, port)) if is_port(port) && is_dns_name(host) => {
            Err(error().hint("listeners take an IP address, not a name".to_owned()))
        }
        _ => Err(error().hint("an address is `IP:port`, `[IPv6]:port`, `unix:/path` or `systemd:NAME`".to_owned())),
    }
}

fn admin(text: &str) -> Result<Option<AdminAddress>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    match listen(text)? {
        ListenAddress::Tcp(address) => Ok(Some(AdminAddress::Tcp(address))),
        ListenAddress::Unix(path) => Ok(Some(AdminAddress::Unix(path))),
        ListenAddress::Systemd(_) => Err(Problem::new("the admin listener takes no inherited socket")
            .hint("write `IP:port` or `unix:/path`".to_owned())),
    }
}

fn instance(text: &str) -> Result<InstanceAddress, Problem> {
    if let Some(path) = text.strip_prefix("unix:") {
        return socket_path(path).map(InstanceAddress::Unix);
    }
    if let Some(name) = text.strip_prefix("builtin:") {
        return builtin(name);
    }
    match text.split_once("://") {
        Some(("http", rest)) => authority("http", rest, 80).map(|(host, port)| InstanceAddress::Http { host, port }),
        Some(("h2c", rest)) => authority("h2c", rest, 80).map(|(host, port)| InstanceAddress::H2c { host, port }),
        Some(("https", rest)) => https(rest),
        _ => {
            let hint = if authority("http", text, 80).is_ok() {
                format!("write \"http://{text}\"")
            } else if text.starts_with('/') {
                format!("write \"unix:{text}\"")
            } else {
                "an instance is `http://host:port`, `https://host:port`, `h2c://host:port`, `unix:/path` or `builtin:echo`".to_owned()
            };
            Err(Problem::new(format!("{} is not the address of an instance", quoted(text))).hint(hint))
        }
    }
}

fn builtin(name: &str) -> Result<InstanceAddress, Problem> {
    if name == "echo" {
        return Ok(InstanceAddress::Echo);
    }
    let hint = closest(name, ["echo"]).map(|close| format!("did you mean \"builtin:{close}\"?"));
    Err(Problem::new(format!("there is no builtin function {}", quoted(name))).hint(hint))
}

fn https(rest: &str) -> Result<InstanceAddress, Problem> {
    let (host, port) = authority("https", rest, 443)?;
    if ServerName::try_from(host.as_str()).is_err() {
        return Err(Problem::new(format!("{} is not a name that a certificate can be for", quoted(&host))));
    }
    Ok(InstanceAddress::Https { host, port })
}

/// Host and port behind a scheme.
fn authority(scheme: &str, authority: &str, default: u16) -> Result<(String, u16), Problem> {
    if let Some(end) = authority.find(['/', '?', '#']) {
        let hint = format!("write \"{scheme}://{}\"; the path of a request is passed on as it is", &authority[..end]);
        return Err(Problem::new("the address of an instance has no path or query").hint(hint));
    }
    if authority.contains('@') {
        return Err(Problem::new("the address of an instance has no user name or password"));
    }
    let (host, port) = split_port(authority);
    let port = match port {
        None => default,
        Some(port) => port_number(port)?,
    };
    Ok((instance_host(scheme, host)?, port))
}

fn port_number(text: &str) -> Result<u16, Problem> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse::<u16>().ok().filter(|port| digits && *port > 0);
    port.ok_or_else(|| Problem::new(format!("{} is not a port: a number from 1 to 65535", quoted(text))))
}

fn instance_host(scheme: &str, host: &str) -> Result<String, Problem> {
    if let Some(inner) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let address = inner.parse::<Ipv6Addr>().ok();
        let address = address.map(|address| address.to_string());
        return address.ok_or_else(|| Problem::new(format!("{} is not an IPv6 address", quoted(inner))));
    }
    if host.contains(':') {
        let hint = format!("an IPv6 address stands in brackets: \"{scheme}://[{host}]:9000\"");
        return Err(Problem::new(format!("{} is not a host", quoted(host))).hint(hint));
    }
    if !is_dns_name(host) {
        return Err(Problem::new(format!("{} is not a host: a name, an IPv4 address or `[IPv6]`", quoted(host))));
    }
    Ok(host.to_ascii_lowercase())
}

fn socket_path(path: &str) -> Result<PathBuf, Problem> {
    // `sun_path` has 108 bytes, one of them for the NUL at the end.
    const LONGEST: usize = 107;
    if !path.starts_with('/') {
        let hint = "for example \"unix:/run/fngate.sock\"".to_owned();
        return Err(Problem::new("the path of a Unix socket is absolute").hint(hint));
    }
    if path.contains('\0') {
        return Err(Problem::new("a path has no NUL"));
    }
    if path.len() > LONGEST {
        return Err(Problem::new(format!(
            "the path of a Unix socket has at most {LONGEST} bytes, this one {}",
            path.len()
        )));
    }
    Ok(PathBuf::from(path))
}

fn network(text: &str) -> Result<IpNet, Problem> {
    let network = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    let Some(network) = network else {
        let hint = "write an address or a network, such as \"192.0.2.1\" or \"10.0.0.0/8\"".to_owned();
        return Err(Problem::new(format!("{} is not an IP network", quoted(text))).hint(hint));
    };
    let network = unmapped(network)?;
    if has_leading_zero(text) {
        let message = format!("{} has a number with a leading zero, which some read as octal", quoted(text));
        return Err(Problem::new(message));
    }
    if network.trunc() != network {
        let message = format!("{} is an address with the length of a network", quoted(text));
        return Err(Problem::new(message).hint(format!("did you mean \"{}\"?", network.trunc())));
    }
    Ok(network)
}

/// Among the decimal numbers of a network.
fn has_leading_zero(network: &str) -> bool {
    let (address, length) = network.split_once('/').unwrap_or((network, ""));
    let tail = address.rsplit(':').next().filter(|tail| tail.contains('.')).unwrap_or_default();
    tail.split('.').chain([length]).any(|number| number.len() > 1 && number.starts_with('0'))
}

/// Peers are compared as IPv4 where they are IPv4, so an IPv4-mapped network has to be IPv4 as well.
fn unmapped(network: IpNet) -> Result<IpNet, Problem> {
    let IpNet::V6(v6) = network else { return Ok(network) };
    let Some(address) = v6.addr().to_ipv4_mapped() else { return Ok(network) };
    let v4 = v6.prefix_len().checked_sub(96).and_then(|length| Ipv4Net::new(address, length).ok());
    let hint = "IPv4 peers are compared with IPv4 networks: write \"0.0.0.0/0\" for all of them".to_owned();
    v4.map(IpNet::V4)
        .ok_or_else(|| Problem::new(format!("`{network}` is more than the IPv4-mapped addresses")).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners() {
        for (text, address) in [
            ("0.0.0.0:8080", ListenAddress::Tcp(([0, 0, 0, 0], 8080).into())),
            ("[::]:8080", ListenAddress::Tcp((Ipv6Addr::UNSPECIFIED, 8080).into())),
            ("127.0.0.1:0", ListenAddress::Tcp(([127, 0, 0, 1], 0).into())),
            ("unix:/run/fngate.sock", ListenAddress::Unix("/run/fngate.sock".into())),
            ("systemd:fngate.socket", ListenAddress::Systemd("fngate.socket".to_owned())),
        ] {
            assert_eq!(listen(text), Ok(address), "{text}");
        }
        for text in [
            "",
            ":",
            "8080",
            "0.0.0.0",
            "::1:80:",
            "0.0.0.0:99999",
            "unix:",
            "unix:run",
            "unix:@a",
            "systemd:",
            "systemd:a:b",
        ] {
            assert!(listen(text).is_err(), "{text}");
        }
    }

    #[test]
    fn instances_are_written_back_as_they_are_read() {
        for (text, written) in [
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
            ("http://Orders", "http://orders:80"),
            ("http://my_app.internal:8000", "http://my_app.internal:8000"),
            ("http://[0:0::1]:9000", "http://[::1]:9000"),
            ("http://[::1]", "http://[::1]:80"),
            ("https://Orders", "https://orders:443"),
            ("https://[::1]:8443", "https://[::1]:8443"),
            ("h2c://orders", "h2c://orders:80"),
            ("unix:/run/orders.sock", "unix:/run/orders.sock"),
            ("builtin:echo", "builtin:echo"),
        ] {
            assert_eq!(instance(text).expect(text).to_string(), written);
        }
        for text in [
            "",
            "http://",
            "http://:80",
            "http://a:",
            "http://a:0",
            "http://a:+1",
            "http://a:65536",
            "http://a/",
            "http://u@a",
            "http://::1:80",
            "http://[::1",
            "http://[a]:1",
            "http://a b",
            "ftp://a",
            "HTTP://a",
            "https://",
            "https://a/b",
            "h2c://u@a",
            "unix:a",
            "builtin:",
            "a:9000",
        ] {
            assert!(instance(text).is_err(), "{text}");
        }
    }

    #[test]
    fn networks() {
        for (text, written) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("192.0.2.1", "192.0.2.1/32"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::1", "::1/128"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.0.0.1", "10.0.0.1/32"),
            ("::/0", "::/0"),
            ("2001:0db8::/32", "2001:db8::/32"),
        ] {
            assert_eq!(network(text).expect(text).to_string(), written, "{text}");
        }
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0",
            "localhost",
            "10.0.0.0/",
            "010.0.0.0/8",
            "10.0.0.0/08",
            "10.0.0.010",
            "::ffff:010.0.0.0/104",
            "2001:db8::/032",
            "2001:db8::1/32",
            "::ffff:0.0.0.0/95",
            "::ffff:10.0.0.0/8",
        ] {
            assert!(network(text).is_err(), "{text}");
        }
        let hint = |text| network(text).expect_err(text).hint;
        assert_eq!(hint("10.1.2.3/8").as_deref(), Some("did you mean \"10.0.0.0/8\"?"));
        assert_eq!(hint("::ffff:10.0.0.1/104").as_deref(), Some("did you mean \"10.0.0.0/8\"?"));
    }
}
