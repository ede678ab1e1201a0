//! `fngate conformance`.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};

use super::outcome::{Failure, print};
use crate::conformance::compare::Protocol;
use crate::conformance::gateway::{Gateway, NAME};
use crate::conformance::report::Report;
use crate::conformance::run::Run;
use crate::conformance::wire::client::Target;
use crate::conformance::wire::origin::Origin;
use crate::conformance::wire::tls::Secure;

#[derive(Debug, Args)]
pub(super) struct Conformance {
    /// Another gateway to send the exchanges to, such as <http://127.0.0.1:8080>. It has to forward to the address of --origin.
    #[arg(long, value_name = "URL", requires = "origin")]
    target: Option<String>,
    /// Where the recording function listens.
    #[arg(long, value_name = "ADDR", requires = "target")]
    origin: Option<SocketAddr>,
    /// The roots, in PEM, that the certificate of a target at `https://` leads to; without it, those of the system.
    #[arg(long, value_name = "FILE", requires = "target")]
    ca: Option<PathBuf>,
    /// Send the exchanges over TLS to this gateway, with a certificate made for the run.
    #[arg(long, conflicts_with = "target")]
    tls: bool,
    /// Send what HTTP/2 can say of the exchanges in HTTP/2: over TLS by ALPN, otherwise with prior knowledge.
    #[arg(long)]
    http2: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn conformance(arguments: &Conformance) -> Result<ExitCode, Failure> {
    let protocol = if arguments.http2 { Protocol::Http2 } else { Protocol::Http1 };
    let ca = arguments.ca.as_deref();
    let target = arguments.target.as_deref().map(|url| target(url, ca, protocol)).transpose()?;
    let report = run(target, protocol, arguments).map_err(|error| Failure::system(&error))?;
    let text = if arguments.json {
        serde_json::to_string_pretty(&report).map_err(|error| Failure::system(&error))? + "\n"
    } else {
        report.text()
    };
    print(&text)?;
    Ok(if report.transparent { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run(target: Option<Target>, protocol: Protocol, arguments: &Conformance) -> io::Result<Report> {
    let origin = Origin::start(arguments.origin.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0))))?;
    if let Some(target) = target {
        return Report::of(&Run { target, protocol, origin: &origin });
    }
    let (gateway, tls) = if arguments.tls {
        let (gateway, roots) = Gateway::secure(origin.address(), "")?;
        (gateway, Some(Secure::new(roots, name(NAME)?, protocol.alpn())))
    } else {
        (Gateway::start(origin.address(), "")?, None)
    };
    Report::of(&Run { target: Target { address: gateway.address(), tls }, protocol, origin: &origin })
}

fn name(host: &str) -> io::Result<ServerName<'static>> {
    ServerName::try_from(host.to_owned()).map_err(io::Error::other)
}

/// The gateway at `http://HOST[:PORT][/]` or `https://HOST[:PORT][/]`.
fn target(url: &str, ca: Option<&Path>, protocol: Protocol) -> Result<Target, Failure> {
    let unusable = || Failure::usage(format!("`{url}` is not the URL of a gateway, such as http://127.0.0.1:8080"));
    let plain = url.strip_prefix("http://").map(|authority| (authority, 80));
    let secure = url.strip_prefix("https://").map(|authority| (authority, 443));
    let (authority, port) = plain.or(secure).ok_or_else(unusable)?;
    let authority = authority.trim_end_matches('/');
    let resolved = authority.to_socket_addrs().or_else(|_no_port| (authority, port).to_socket_addrs());
    let address = resolved.ok().and_then(|mut addresses| addresses.next()).ok_or_else(unusable)?;
    if secure.is_none() {
        return if ca.is_none() {
            Ok(Target::from(address))
        } else {
            Err(Failure::usage(format!("--ca is for a target at https://, which `{url}` is not")))
        };
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host).trim_matches(['[', ']']);
    let name = name(host).map_err(|_no_name| unusable())?;
    let roots = roots(ca).map_err(|error| Failure::system(&error))?;
    Ok(Target { address, tls: Some(Secure::new(roots, name, protocol.alpn())) })
}

fn roots(ca: Option<&Path>) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let Some(file) = ca else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(roots);
    };
    let unusable = |error: &dyn std::fmt::Display| io::Error::other(format!("{}: {error}", file.display()));
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))? {
        roots.add(certificate.map_err(|error| unusable(&error))?).map_err(|error| unusable(&error))?;
    }
    Ok(roots)
}
