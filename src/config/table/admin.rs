//! `[admin]`: the listener of the operator, and who may do what there.

pub mod token;

use std::path::PathBuf;

use self::token::AdminToken;
use crate::config::address::{ADMIN, AdminAddress};
use crate::config::error::{Diagnostic, Problem, quoted};
use crate::config::file::Span;
use crate::config::host::is_dns_name;
use crate::config::pem::{self, Identity};
use crate::config::section::Section;
use crate::config::value::{Found, Kind};
use crate::config::variable::{first_directory, state_directory};

const ADMIN_HOST: Kind<String> = Kind::new("fngate.internal", admin_host);
/// `None` is the empty string.
const EDIT_DIR: Kind<Option<PathBuf>> = Kind::new("/var/lib/fngate/conf.d", directory);
/// `None` is the empty string.
const AUDIT: Kind<Option<PathBuf>> = Kind::new("/var/log/fngate/audit.log", directory);

/// `[admin]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// `None` turns the admin listener off.
    pub address: Option<AdminAddress>,
    /// The names under which it answers, beside IP addresses and `localhost`; in lower case.
    pub hosts: Vec<String>,
    /// The certificate that it shows; `None` is plain HTTP.
    pub tls: Option<Identity>,
    pub tokens: Vec<AdminToken>,
    /// The directory of edits, whose files belong to the configuration. `None`: there is none.
    pub edit_dir: Option<PathBuf>,
    /// Where changes are noted. `None`: in the messages of the log only.
    pub audit: Option<PathBuf>,
    /// Whether the pages of the console are there, and sessions for them.
    pub console: bool,
}

/// The directory of edits, and where the configuration names it.
pub(in crate::config) struct EditDir {
    pub(in crate::config) path: PathBuf,
    pub(in crate::config) span: Option<Span>,
}

/// The admin listener, and where its address was set.
pub(in crate::config) fn read(section: &Section<'_>) -> (Admin, Option<Span>) {
    let address = section.optional("address", &ADMIN);
    let hosts = section.list("hosts", &ADMIN_HOST).into_iter().map(|host| host.value).collect();
    let edit_dir = edit_dir(section).map(|found| found.path);
    let audit = audit(section);
    let console = section.boolean("console", true);
    let tls = section.table("tls", read_tls);
    let tokens = token::read(section);
    let (address, span) = match address {
        Some(found) => (found.value, Some(found.span)),
        None => (Some(AdminAddress::Tcp(([127, 0, 0, 1], 9901).into())), None),
    };
    if let (Some(AdminAddress::Unix(_)), Some(value)) = (&address, section.value("tls")) {
        let error = Diagnostic::new("a Unix socket has no TLS: the kernel knows who is at the other end");
        section.report(error.at(&value.key_span()));
    }
    (Admin { address, hosts, tls, tokens, edit_dir, audit, console }, span)
}

fn read_tls(section: &Section<'_>) -> Option<Identity> {
    let identity = pem::identity(section, "certificate", "key");
    pem::warn_of(section, identity.as_slice());
    if section.span.is_some() && !section.has("certificate") && !section.has("key") {
        section.missing("certificate", "certificate = \"/etc/fngate/admin.pem\" and key = \"/etc/fngate/admin.key\"");
    }
    identity.map(|found| found.value)
}

/// The directory of edits, seen from that of the main file.
pub(in crate::config) fn edit_dir(section: &Section<'_>) -> Option<EditDir> {
    match section.optional("edit_dir", &EDIT_DIR) {
        Some(Found { value, span }) => {
            let path = section.reader.files.place(&value?);
            Some(EditDir { path, span: Some(span) })
        }
        None => state_directory(section.reader.lookup).map(|state| EditDir { path: state.join("conf.d"), span: None }),
    }
}

/// The audit log: beside the other logs of the service, or in its state.
fn audit(section: &Section<'_>) -> Option<PathBuf> {
    match section.optional("audit", &AUDIT) {
        Some(found) => found.value.map(|path| section.reader.files.place(&path)),
        None => {
            let lookup = section.reader.lookup;
            let folder = first_directory("LOGS_DIRECTORY", lookup).or_else(|| state_directory(lookup));
            folder.map(|folder| folder.join("audit.log"))
        }
    }
}

fn directory(text: &str) -> Result<Option<PathBuf>, Problem> {
    if text.contains('\0') {
        return Err(Problem::new(format!("{} is not the path of a directory", quoted(text))));
    }
    Ok((!text.is_empty()).then(|| PathBuf::from(text)))
}

fn admin_host(text: &str) -> Result<String, Problem> {
    let name = text.strip_suffix('.').unwrap_or(text);
    if is_dns_name(name) {
        return Ok(name.to_ascii_lowercase());
    }
    let hint = "a DNS name without a port; IP addresses need not be listed".to_owned();
    Err(Problem::new(format!("{} is not the name of a host", quoted(text))).hint(hint))
}
