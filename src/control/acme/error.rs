//! Why there is no certificate, and what the operator can do about it.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{path}: {source}")]
    State { path: PathBuf, source: io::Error },
    #[error("{}", in_words(.0))]
    Server(#[from] instant_acme::Error),
    #[error("the server does not take {way}")]
    NotOffered { way: &'static str },
    /// The server has looked, and was not convinced.
    #[error("not proved by {way}: {source}")]
    NotProved { way: &'static str, source: instant_acme::Error },
    #[error("what was issued cannot be used: {0}")]
    Unusable(String),
}

impl Error {
    pub(super) fn state(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::State { path: path.to_owned(), source }
    }

    /// Whether another way of proving the name may lead to a certificate.
    pub(super) fn is_of_the_way(&self) -> bool {
        matches!(self, Self::NotOffered { .. } | Self::NotProved { .. })
    }

    /// Whether the server does not know the account (any more).
    pub(super) fn is_of_the_account(&self) -> bool {
        matches!(self, Self::Server(error) if kind(error) == "accountDoesNotExist")
    }

    /// What to do.
    pub(super) fn advice(&self) -> &'static str {
        match self {
            Self::State { .. } => "let the gateway's user write to the directory `acme.state`",
            Self::Unusable(_) => "ask whoever runs the server at `acme.directory`",
            Self::NotOffered { .. } => "add a plain listener that port 80 leads to, for http-01",
            Self::Server(error) | Self::NotProved { source: error, .. } => match kind(error) {
                "dns" => "let the name's A and AAAA records lead to this gateway",
                "caa" => "let the name's CAA record allow this issuer",
                "rateLimited" => "wait; to try things out, use the server's staging directory",
                "rejectedIdentifier" => "take the name out of `acme`: the server issues nothing for it",
                "unsupportedContact" | "invalidContact" => "set an address in `acme.contact` that takes mail",
                "externalAccountRequired" => "use another server: accounts of this one are made elsewhere",
                _ if matches!(self, Self::NotProved { .. }) => {
                    "port 443 of the name must lead to a listener with TLS here, or port 80 to a plain one"
                }
                _ => "see whether `acme.directory` can be reached, and `acme.ca` is its root",
            },
        }
    }
}

/// The last part of what the server calls the problem.
fn kind(error: &instant_acme::Error) -> &str {
    match error {
        instant_acme::Error::Api(problem) => {
            problem.r#type.as_deref().and_then(|text| text.rsplit(':').next()).unwrap_or_default()
        }
        _ => "",
    }
}

fn in_words(error: &instant_acme::Error) -> String {
    match error {
        instant_acme::Error::Json(error) => format!("the server does not speak ACME: {error}"),
        error => error.to_string(),
    }
}
