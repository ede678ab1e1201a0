//! `[[admin.token]]`: who may use the admin API.

use std::fmt;

use foldhash::HashMap;

use crate::config::digest::Digest;
use crate::config::error::{Diagnostic, Problem};
use crate::config::file::Span;
use crate::config::name::FUNCTION;
use crate::config::section::Section;
use crate::config::value::{Found, Kind};

const HASH: Kind<TokenHash> =
    Kind::new("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", hash);

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
pub struct TokenHash(Digest);

impl TokenHash {
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// The tokens. Their names differ: the audit log names who did what.
pub(in crate::config) fn read(section: &Section<'_>) -> Vec<AdminToken> {
    let tokens = section.tables("token", read_token);
    unique(section, tokens.into_iter().flatten())
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

fn hash(text: &str) -> Result<TokenHash, Problem> {
    let hash = text.strip_prefix("sha256:").and_then(|hex| Digest::parse(&hex.to_ascii_lowercase()));
    // The text is not quoted: it may be the token itself.
    let problem = || Problem::new("not the hash of a token: `sha256:` and 64 hexadecimal digits");
    hash.map(TokenHash).ok_or_else(|| problem().hint("`fngate token new NAME --role read` prints both".to_owned()))
}
