//! `[function.tls]`: how a function is spoken to at `https://`.

use rustls::pki_types::{CertificateDer, ServerName};

use crate::config::address::InstanceAddress;
use crate::config::error::{Diagnostic, Problem, quoted};
use crate::config::pem::{self, Identity};
use crate::config::section::Section;
use crate::config::value::Kind;

const SERVER_NAME: Kind<Option<String>> = Kind::new("orders.example.com", server_name);

/// `[function.tls]`: how a function is spoken to at `https://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionTls {
    /// The roots that are trusted; `None` is those of the system.
    pub roots: Option<Vec<CertificateDer<'static>>>,
    /// What the gateway shows when it is asked for a certificate.
    pub identity: Option<Identity>,
    /// The name that the function's certificate must be for; `None` is the instance's host.
    pub server_name: Option<String>,
    /// Whether HTTP/2 is offered.
    pub http2: bool,
}

impl Default for FunctionTls {
    fn default() -> Self {
        Self { roots: None, identity: None, server_name: None, http2: true }
    }
}

pub(in crate::config) fn read(section: &Section<'_>, instances: &[InstanceAddress]) -> FunctionTls {
    let roots = pem::roots(section, "ca");
    let identity = pem::identity(section, "certificate", "key");
    pem::warn_of(section, identity.as_slice());
    let tls = FunctionTls {
        roots,
        identity: identity.map(|identity| identity.value),
        server_name: section.optional("server_name", &SERVER_NAME).and_then(|found| found.value),
        http2: section.boolean("http2", true),
    };
    let used = instances.iter().any(|instance| matches!(instance, InstanceAddress::Https { .. }));
    // Without an instance that could be read there is nothing to compare with.
    if let Some(span) = section.span.as_ref().filter(|_| !used && !instances.is_empty())
        && tls != FunctionTls::default()
    {
        let error = Diagnostic::new("no instance of this function is at `https://`").at(span);
        section.report(error.hint("the settings in `[function.tls]` are for those".to_owned()));
    }
    tls
}

/// `None` is the empty string.
fn server_name(text: &str) -> Result<Option<String>, Problem> {
    match ServerName::try_from(text) {
        _ if text.is_empty() => Ok(None),
        Ok(_) => Ok(Some(text.to_ascii_lowercase())),
        Err(_invalid) => Err(Problem::new(format!("{} is not a name that a certificate can be for", quoted(text)))),
    }
}
