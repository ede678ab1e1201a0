//! Reads `[[listener]]`.

use std::time::Duration;

use super::address::LISTEN;
use super::error::Diagnostic;
use super::gateway::{LONGEST, SHORTEST};
use super::pem;
use super::reader::Section;
use super::tls::{Clients, ListenerTls, Proof, TlsVersion};
use super::types::Listener;
use super::value::Found;

const HANDSHAKE: Duration = Duration::from_secs(10);

pub(super) fn read(section: &Section<'_>) -> Option<Found<Listener>> {
    let address = section.required("address", &LISTEN);
    let http2 = section.boolean("http2", true);
    let redirect_https = section.boolean("redirect_https", false);
    section.unsupported("proxy_protocol");
    let tls = section.table("tls", read_tls);
    if redirect_https && section.has("tls") {
        let error = Diagnostic::new("a listener with TLS has nothing to redirect");
        section.report(error.at(&section.value("redirect_https")?.span));
    }
    address.map(|address| address.map(|address| Listener { address, http2, redirect_https, tls }))
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
fn read_tls(section: &Section<'_>) -> Option<ListenerTls> {
    let min_version =
        section.choice("min_version", TlsVersion::Tls12, &[("1.2", TlsVersion::Tls12), ("1.3", TlsVersion::Tls13)]);
    let proof =
        section.choice("client_auth", Proof::Required, &[("required", Proof::Required), ("optional", Proof::Optional)]);
    let clients = read_clients(section, proof);
    let tickets = section.boolean("session_tickets", true);
    let handshake_timeout = section.duration("handshake_timeout", HANDSHAKE, SHORTEST..=LONGEST);
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
    if !section.has("certificates") {
        let example = "certificates = [{ certificate = \"/etc/fngate/shop.pem\", key = \"/etc/fngate/shop.key\" }]";
        section.missing("certificates", example);
    }
    if section.has("client_auth") && !section.has("client_ca") {
        let error =
            Diagnostic::new("`client_auth` says what is asked of clients, but there is no `client_ca` to trust");
        section.report(error.at(&section.value("client_auth")?.span));
    }
    Some(ListenerTls { identities, min_version, clients, tickets, handshake_timeout })
}
