//! `[listener.tls]`: how clients are served over TLS.

use std::time::Duration;

use rustls::pki_types::CertificateDer;

use crate::config::error::Diagnostic;
use crate::config::pem::{self, Identity};
use crate::config::range::{LONGEST, SHORTEST};
use crate::config::section::Section;
use crate::config::table::acme::{self, Acme};

const HANDSHAKE: Duration = Duration::from_secs(10);

/// `[listener.tls]`: how clients are served over TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerTls {
    /// The first is for clients that ask for no name or an unknown one.
    pub identities: Vec<Identity>,
    /// Names that certificates are ordered for, in lower case. There is at least one, or an identity.
    pub acme: Vec<String>,
    pub min_version: TlsVersion,
    /// Whose certificates clients have to show, or may.
    pub clients: Option<Clients>,
    /// Whether clients may resume a session.
    pub tickets: bool,
    /// From the first byte, or from the connection, to the end of the handshake.
    pub handshake_timeout: Duration,
}

/// The versions of TLS that there are, from old to new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    Tls12,
    Tls13,
}

/// Clients that prove who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clients {
    pub roots: Vec<CertificateDer<'static>>,
    pub proof: Proof,
}

/// What is asked of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    Required,
    /// A client without a certificate is served; one with a certificate that is not trusted is not.
    Optional,
}

/// `None` is a listener without TLS; that of one with errors has been reported.
pub(in crate::config) fn read(section: &Section<'_>, acme: &Acme) -> Option<ListenerTls> {
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
    pem::warn_of(section, &identities);
    let identities = identities.into_iter().map(|identity| identity.value).collect();
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

/// A CA that cannot be read must not become a listener that asks nobody for anything.
fn read_clients(section: &Section<'_>, proof: Proof) -> Option<Clients> {
    let reported = section.reader.diagnostics.errors();
    let clients = pem::roots(section, "client_ca").map(|roots| Clients { roots, proof });
    let value = section.value("client_ca")?;
    if clients.is_none() && section.reader.diagnostics.errors() == reported {
        let error = Diagnostic::new("`client_ca` is empty, so that nobody could be verified");
        section.report(error.at(&value.span).hint("leave it out to serve clients without certificates".to_owned()));
    }
    clients
}
