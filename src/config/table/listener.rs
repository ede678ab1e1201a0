//! `[[listener]]`: where clients are accepted.

pub mod tls;

use self::tls::ListenerTls;
use super::acme::Acme;
use super::gateway::TrustedProxies;
use crate::config::address::{LISTEN, ListenAddress};
use crate::config::error::{Diagnostic, Problem, quoted};
use crate::config::section::Section;
use crate::config::value::{Found, Kind};

const BACKLOG: u16 = 4096;

const MODE: Kind<Option<u32>> = Kind { number: |number| format!("{number:04}"), ..Kind::new("0660", mode) };
const OWNER: Kind<Option<u32>> =
    Kind::new("www-data", |name| id(name, "user", |name| uzers::get_user_by_name(name).map(|user| user.uid())));
const GROUP: Kind<Option<u32>> =
    Kind::new("www-data", |name| id(name, "group", |name| uzers::get_group_by_name(name).map(|group| group.gid())));

/// One `[[listener]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    pub address: ListenAddress,
    /// Whether HTTP/2 is spoken with clients who can.
    pub http2: bool,
    /// Whether requests are answered with where they are served over TLS, and with nothing else.
    pub redirect_https: bool,
    pub tls: Option<ListenerTls>,
    /// Whether connections begin with a PROXY header.
    pub proxy_protocol: bool,
    /// Connections that the kernel may hold until they are accepted.
    pub backlog: u16,
    pub rights: SocketRights,
}

/// Who may connect to a socket file; what is not set is left to the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketRights {
    /// Permission bits, at most `0o777`.
    pub mode: Option<u32>,
    pub owner: Option<u32>,
    pub group: Option<u32>,
}

/// Reads one listener. `None` is one without an address, which has been reported.
pub(in crate::config) fn read(section: &Section<'_>, proxies: &TrustedProxies, acme: &Acme) -> Option<Found<Listener>> {
    let address = section.required("address", &LISTEN);
    let http2 = section.boolean("http2", true);
    let redirect_https = section.boolean("redirect_https", false);
    let proxy_protocol = section.boolean("proxy_protocol", false);
    let backlog = section.number("backlog", BACKLOG, 1..=u16::MAX);
    let rights = read_rights(section, address.as_ref().map(|address| &address.value));
    let tls = section.table("tls", |section| tls::read(section, acme));
    if redirect_https && section.has("tls") {
        let error = Diagnostic::new("a listener with TLS has nothing to redirect");
        section.report(error.at(&section.value("redirect_https")?.span));
    }
    let listener =
        address?.map(|address| Listener { address, http2, redirect_https, proxy_protocol, backlog, rights, tls });
    let over_tcp = matches!(listener.value.address, ListenAddress::Tcp(_));
    if proxy_protocol && over_tcp && proxies.networks.is_empty() {
        let error = Diagnostic::new("nobody is trusted to send a PROXY header: every connection would be closed");
        let hint = "list the proxies in front of this listener in `gateway.trusted_proxies`".to_owned();
        let span = section.value("proxy_protocol").map_or_else(|| listener.span.clone(), |value| value.key_span());
        section.report(error.at(&span).hint(hint));
    }
    Some(listener)
}

fn read_rights(section: &Section<'_>, address: Option<&ListenAddress>) -> SocketRights {
    let read = |key, kind: &Kind<Option<u32>>| {
        let found = section.optional(key, kind)?;
        let is_file = address.is_none_or(|address| matches!(address, ListenAddress::Unix(_)));
        if found.value.is_some() && !is_file {
            let error = Diagnostic::new(format!("`{key}` is for a listener at a `unix:` address only"));
            section.report(error.at(&found.span));
        }
        found.value
    };
    SocketRights { mode: read("mode", &MODE), owner: read("owner", &OWNER), group: read("group", &GROUP) }
}

/// Permissions as `chmod` takes them; the empty string leaves them to the umask.
fn mode(text: &str) -> Result<Option<u32>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let digits = (3..=4).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    match u32::from_str_radix(text, 8).ok().filter(|mode| digits && *mode <= 0o777) {
        Some(mode) => Ok(Some(mode)),
        None => Err(Problem::new(format!("{} is not a mode: octal, from \"0000\" to \"0777\"", quoted(text)))),
    }
}

/// A number, or a name that the system knows; the empty string is nobody in particular.
fn id(text: &str, what: &str, look_up: fn(&str) -> Option<u32>) -> Result<Option<u32>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let number = || text.parse::<u32>().ok().filter(|id| *id < u32::MAX && text.bytes().all(|b| b.is_ascii_digit()));
    // A name with a NUL cannot be asked for.
    let known = || if text.contains('\0') { None } else { look_up(text) };
    let id = number().or_else(known);
    id.map(Some).ok_or_else(|| Problem::new(format!("there is no {what} {} on this system", quoted(text))))
}
