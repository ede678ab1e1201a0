//! `[acme]`: whom certificates are ordered of, and the names of a listener that they are ordered for.

use std::path::PathBuf;

use http::Uri;
use rustls::pki_types::CertificateDer;

use crate::config::error::{Diagnostic, Problem, quoted};
use crate::config::host::is_dns_name;
use crate::config::pem;
use crate::config::section::Section;
use crate::config::value::Kind;

/// Whether this build can order certificates.
const BUILT: bool = cfg!(feature = "acme");
const NOT_BUILT: &str = "this build has no ACME: build without `--no-default-features`, or with `--features acme`";

const DIRECTORY: Kind<String> = Kind::new("https://acme-v02.api.letsencrypt.org/directory", directory);
const CONTACT: Kind<String> = Kind::new("mailto:operations@example.com", contact);
const STATE: Kind<PathBuf> = Kind::new("/var/lib/fngate/acme", state);
const NAME: Kind<String> = Kind::new("shop.example.com", name);

/// `[acme]`: whom certificates are ordered of, and where they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acme {
    /// The URL of the server's directory.
    pub directory: String,
    /// Where the server may write to, as `mailto:` URLs.
    pub contact: Vec<String>,
    /// The directory of the account and of what was issued.
    pub state: PathBuf,
    /// The roots that the server's own certificate must lead to; `None` is those of the system.
    pub roots: Option<Vec<CertificateDer<'static>>>,
    /// Whether the operator agrees to the terms of the server. Nothing is ordered without.
    pub terms_agreed: bool,
}

impl Default for Acme {
    fn default() -> Self {
        Self {
            directory: "https://acme-v02.api.letsencrypt.org/directory".to_owned(),
            contact: Vec::new(),
            state: PathBuf::from("/var/lib/fngate/acme"),
            roots: None,
            terms_agreed: false,
        }
    }
}

pub(in crate::config) fn read(section: &Section<'_>) -> Acme {
    if let Some(span) = section.span.as_ref().filter(|_| !BUILT) {
        section.report(Diagnostic::new(NOT_BUILT).at(span));
    }
    let default = Acme::default();
    Acme {
        directory: section.optional("directory", &DIRECTORY).map_or(default.directory, |found| found.value),
        contact: section.list("contact", &CONTACT).into_iter().map(|contact| contact.value).collect(),
        state: section.optional("state", &STATE).map_or(default.state, |found| found.value),
        roots: pem::roots(section, "ca"),
        terms_agreed: section.boolean("terms_agreed", default.terms_agreed),
    }
}

/// The names in `acme` of a listener, each once. They need the consent to the terms of the server.
pub(in crate::config) fn read_names(section: &Section<'_>, acme: &Acme) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in section.list("acme", &NAME) {
        if !names.contains(&name.value) {
            names.push(name.value);
        }
    }
    let Some(value) = section.value("acme").filter(|value| !value.is_empty()) else { return names };
    if !BUILT {
        section.report(Diagnostic::new(NOT_BUILT).at(&value.key_span()));
    } else if !acme.terms_agreed {
        let error = Diagnostic::new("nobody has agreed to the terms of the server that issues certificates");
        let hint = format!("read those of {} and set terms_agreed = true in [acme]", acme.directory);
        section.report(error.at(&value.key_span()).hint(hint));
    }
    names
}

fn directory(text: &str) -> Result<String, Problem> {
    let uri = text.parse::<Uri>().ok().filter(|uri| uri.scheme_str() == Some("https") && uri.host().is_some());
    let error = || Problem::new(format!("{} is not the URL of a directory: `https://host/path`", quoted(text)));
    uri.map(|_| text.to_owned()).ok_or_else(error)
}

fn contact(text: &str) -> Result<String, Problem> {
    if text.strip_prefix("mailto:").is_some_and(|address| address.contains('@')) {
        return Ok(text.to_owned());
    }
    let hint = text.contains('@').then(|| format!("write \"mailto:{text}\""));
    Err(Problem::new(format!("{} is not a contact: `mailto:` and an address", quoted(text))).hint(hint))
}

fn state(text: &str) -> Result<PathBuf, Problem> {
    if text.starts_with('/') && !text.contains('\0') {
        return Ok(PathBuf::from(text));
    }
    Err(Problem::new(format!("{} is not the absolute path of a directory", quoted(text))))
}

fn name(text: &str) -> Result<String, Problem> {
    let error = || Problem::new(format!("{} is not a name that a certificate can be ordered for", quoted(text)));
    if text.contains('*') {
        let hint = "a wildcard is proved by DNS, which is not done here: list the names, or set `certificates`";
        return Err(error().hint(hint.to_owned()));
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let is_address = name.rsplit('.').next().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_dns_name(&name) || name.contains('_') || is_address {
        return Err(error().hint("a DNS name such as \"shop.example.com\"".to_owned()));
    }
    Ok(name)
}
