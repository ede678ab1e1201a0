//! Reads `[[listener]]`.

use std::time::Duration;

use super::acme;
use super::address::LISTEN;
use super::error::{Diagnostic, Problem, quoted};
use super::gateway::{LONGEST, SHORTEST};
use super::pem;
use super::reader::Section;
use super::tls::{Acme, Clients, ListenerTls, Proof, TlsVersion};
use super::types::{ListenAddress, Listener, SocketRights, TrustedProxies};
use super::value::{Found, Kind};

const HANDSHAKE: Duration = Duration::from_secs(10);
const BACKLOG: u16 = 4096;

const MODE: Kind<Option<u32>> = Kind { number: |number| format!("{number:04}"), ..Kind::new("0660", mode) };
const OWNER: Kind<Option<u32>> =
    Kind::new("www-data", |name| id(name, "user", |name| uzers::get_user_by_name(name).map(|user| user.uid())));
const GROUP: Kind<Option<u32>> =
    Kind::new("www-data", |name| id(name, "group", |name| uzers::get_group_by_name(name).map(|group| group.gid())));

/// Reads one listener. `None` is one without an address, which has been reported.
pub(super) fn read(section: &Section<'_>, proxies: &TrustedProxies, acme: &Acme) -> Option<Found<Listener>> {
    let address = section.required("address", &LISTEN);
    let http2 = section.boolean("http2", true);
    let redirect_https = section.boolean("redirect_https", false);
    let proxy_protocol = section.boolean("proxy_protocol", false);
    let backlog = section.number("backlog", BACKLOG, 1..=u16::MAX);
    let rights = read_rights(section, address.as_ref().map(|address| &address.value));
    let tls = section.table("tls", |section| read_tls(section, acme));
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

/// A CA that cannot be read must not become a listener that asks nobody for anything.
fn read_clients(section: &Section<'_>, proof: Proof) -> Option<Clients> {
    let reported = section.reader.errors.len();
    let clients = pem::roots(section, "client_ca").map(|roots| Clients { roots, proof });
    let value = section.value("client_ca")?;
    if clients.is_none() && section.reader.errors.len() == reported {
        let error = Diagnostic::new("`client_ca` is empty, so that nobody could be verified");
        section.report(error.at(&value.span).hint("leave it out to serve clients without certificates".to_owned()));
    }
    clients
}

/// `None` is a listener without TLS; that of one with errors has been reported.
fn read_tls(section: &Section<'_>, acme: &Acme) -> Option<ListenerTls> {
    let min_version =
        section.choice("min_version", TlsVersion::Tls12, &[("1.2", TlsVersion::Tls12), ("1.3", TlsVersion::Tls13)]);
    let proof =
        section.choice("client_auth", Proof::Required, &[("required", Proof::Required), ("optional", Proof::Optional)]);
    let clients = read_clients(section, proof);
    let tickets = section.boolean("session_tickets", true);
    let handshake_timeout = section.duration("handshake_timeout", HANDSHAKE, SHORTEST..=LONGEST);
    let names = acme::read_names(section, acme);
    let identities: Vec<_> = section
        .tables("certificates", |section| {
            let found = pem::identity(section, "certificate", "key");
            if !section.has("certificate") && !section.has("key") {
                section.missing("certificate", "certificate = \"/etc/fngate/shop.pem\"");
            }
            found
        })
        .into_iter()
        .flatten()
        .collect();
    // Only a table that is written is one.
    section.span.as_ref()?;
    if !section.has("certificates") && !section.has("acme") {
        let example = "certificates = [{ certificate = \"/etc/fngate/shop.pem\", key = \"/etc/fngate/shop.key\" }]";
        section.missing("certificates", example);
    }
    if section.has("client_auth") && !section.has("client_ca") {
        let error =
            Diagnostic::new("`client_auth` says what is asked of clients, but there is no `client_ca` to trust");
        section.report(error.at(&section.value("client_auth")?.span));
    }
    Some(ListenerTls { identities, acme: names, min_version, clients, tickets, handshake_timeout })
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
