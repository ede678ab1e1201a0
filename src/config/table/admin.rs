//! `[admin]`: the listener of the operator.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::address::ADMIN;
use crate::config::error::{Problem, quoted};
use crate::config::file::Span;
use crate::config::host::is_dns_name;
use crate::config::section::Section;
use crate::config::value::{Found, Kind};
use crate::config::variable::state_directory;

const ADMIN_HOST: Kind<String> = Kind::new("fngate.internal", admin_host);
/// `None` is the empty string.
const EDIT_DIR: Kind<Option<PathBuf>> = Kind::new("/var/lib/fngate/conf.d", directory);

/// `[admin]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// `None` turns the admin listener off.
    pub address: Option<SocketAddr>,
    /// The names under which it answers, beside IP addresses and `localhost`; in lower case.
    pub hosts: Vec<String>,
    /// A directory whose files are included by themselves.
    pub edit_dir: Option<PathBuf>,
}

/// `edit_dir`, and where it is set.
pub(in crate::config) struct EditDir {
    pub(in crate::config) path: PathBuf,
    pub(in crate::config) span: Option<Span>,
}

/// The admin listener, and where its address was set.
pub(in crate::config) fn read(section: &Section<'_>) -> (Admin, Option<Span>) {
    let address = section.optional("address", &ADMIN);
    let hosts = section.list("hosts", &ADMIN_HOST).into_iter().map(|host| host.value).collect();
    let edit_dir = edit_dir(section).map(|found| found.path);
    match address {
        Some(found) => (Admin { address: found.value, hosts, edit_dir }, Some(found.span)),
        None => (Admin { address: Some(([127, 0, 0, 1], 9901).into()), hosts, edit_dir }, None),
    }
}

/// Reads `edit_dir`. A relative path starts at the directory of the main file.
pub(in crate::config) fn edit_dir(section: &Section<'_>) -> Option<EditDir> {
    match section.optional("edit_dir", &EDIT_DIR) {
        Some(Found { value, span }) => {
            let path = section.reader.files.place(&value?);
            Some(EditDir { path, span: Some(span) })
        }
        None => state_directory(section.reader.lookup).map(|state| EditDir { path: state.join("conf.d"), span: None }),
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
