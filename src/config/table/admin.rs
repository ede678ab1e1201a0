//! `[admin]`: the listener of the operator, and who may do what there.

use std::fmt;

use foldhash::HashMap;

use crate::config::address::{ADMIN, AdminAddress};
use crate::config::error::{Diagnostic, Problem, quoted};
use crate::config::file::Span;
use crate::config::host::is_dns_name;
use crate::config::name::FUNCTION;
use crate::config::pem::{self, Identity};
use crate::config::section::Section;
use crate::config::value::{Found, Kind};

const ADMIN_HOST: Kind<String> = Kind::new("fngate.internal", admin_host);
const HASH: Kind<TokenHash> = Kind::new("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", hash);

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
}

/// One `[[admin.token]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminToken {
    pub name: String,
    pub role: AdminRole,
    pub hash: TokenHash,
}

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdminRole {
    Read,
    /// Everything.
    Write,
}

/// The SHA-256 of a token. `Debug` keeps it to itself: a weak token can be guessed from it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl AdminRole {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl TokenHash {
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// The admin listener, and where its address was set.
pub(in crate::config) fn read(section: &Section<'_>) -> (Admin, Option<Span>) {
    let address = section.optional("address", &ADMIN);
    let hosts = section.list("hosts", &ADMIN_HOST).into_iter().map(|host| host.value).collect();
    let tls = section.table("tls", read_tls);
    let tokens = section.tables("token", read_token);
    let tokens = unique(section, tokens.into_iter().flatten());
    let (address, span) = match address {
        Some(found) => (found.value, Some(found.span)),
        None => (Some(AdminAddress::Tcp(([127, 0, 0, 1], 9901).into())), None),
    };
    if let (Some(AdminAddress::Unix(_)), Some(value)) = (&address, section.value("tls")) {
        let error = Diagnostic::new("a Unix socket has no TLS: the kernel knows who is at the other end");
        section.report(error.at(&value.key_span()));
    }
    (Admin { address, hosts, tls, tokens }, span)
}

fn read_tls(section: &Section<'_>) -> Option<Identity> {
    let identity = pem::identity(section, "certificate", "key");
    pem::warn_of(section, identity.as_slice());
    if section.span.is_some() && !section.has("certificate") && !section.has("key") {
        section.missing("certificate", "certificate = \"/etc/fngate/admin.pem\" and key = \"/etc/fngate/admin.key\"");
    }
    identity.map(|found| found.value)
}

fn read_token(section: &Section<'_>) -> Option<Found<AdminToken>> {
    const ROLES: [(&str, AdminRole); 2] = [("read", AdminRole::Read), ("write", AdminRole::Write)];
    let name = section.required("name", &FUNCTION);
    let role = section.choice("role", AdminRole::Read, &ROLES);
    if section.span.is_some() && !section.has("role") {
        section.missing("role", "role = \"read\" or role = \"write\"");
    }
    let hash = section.required("hash", &HASH)?.value;
    Some(name?.map(|name| AdminToken { name, role, hash }))
}

/// Tokens of different names: the audit log names who did what.
fn unique(section: &Section<'_>, tokens: impl Iterator<Item = Found<AdminToken>>) -> Vec<AdminToken> {
    let mut seen: HashMap<String, Span> = HashMap::default();
    let mut all = Vec::new();
    for Found { value, span } in tokens {
        if let Some(first) = seen.get(&value.name) {
            let error = Diagnostic::new(format!("two tokens are named `{}`", value.name)).at(&span);
            section.report(error.at_labelled(first, "the first"));
        }
        seen.insert(value.name.clone(), span);
        all.push(value);
    }
    all
}

fn admin_host(text: &str) -> Result<String, Problem> {
    let name = text.strip_suffix('.').unwrap_or(text);
    if is_dns_name(name) {
        return Ok(name.to_ascii_lowercase());
    }
    let hint = "a DNS name without a port; IP addresses need not be listed".to_owned();
    Err(Problem::new(format!("{} is not the name of a host", quoted(text))).hint(hint))
}

fn hash(text: &str) -> Result<TokenHash, Problem> {
    let bytes = text.strip_prefix("sha256:").and_then(bytes_of);
    // The text is not quoted: it may be the token itself.
    let problem = || Problem::new("not the hash of a token: `sha256:` and 64 hexadecimal digits");
    bytes.map(TokenHash).ok_or_else(|| problem().hint("`fngate token new NAME --role read` prints both".to_owned()))
}

fn bytes_of(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}
