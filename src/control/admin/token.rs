//! Tokens of the admin API: how they are made and compared, and the one that the gateway makes for the commands of its own user.
//!
//! Only hashes are kept. The gateway's own token is another one with each start, so that a file which a dead gateway left behind tells
//! nothing.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::runtime;
use crate::config::Digest;

const BYTES: usize = 32;

/// What a token is for. Each begins in a way of its own, so that scanners for secrets find one that went astray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of the configuration, or the gateway's own.
    Standing,
    /// For one use: it is exchanged for a session.
    Code,
    Session,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Standing => "fng_",
            Self::Code => "fngc_",
            Self::Session => "fngs_",
        }
    }

    /// Whether a text was made as one of these.
    #[must_use]
    pub fn is(self, text: &str) -> bool {
        let bytes = text.strip_prefix(self.prefix()).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        bytes.is_some_and(|bytes| bytes.len() == BYTES)
    }
}

/// A secret that lets somebody in. `Debug` keeps it to itself.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new one: 256 random bits.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn random(kind: Kind) -> io::Result<Self> {
        let mut bytes = [0; BYTES];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_unspecified| io::Error::other("no random bytes"))?;
        Ok(Self(format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes))))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `sha256:…`, as a configuration has it.
    #[must_use]
    pub fn hash(&self) -> String {
        format!("sha256:{}", hash(&self.0))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The SHA-256 of what somebody shows.
#[must_use]
pub fn hash(shown: &str) -> Digest {
    Digest::of(shown.as_bytes())
}

/// Compares hashes in a time that tells nothing.
#[must_use]
pub fn is_same(one: &Digest, other: &Digest) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

/// The gateway's own token, in a file that only its user can read; removed when dropped.
#[derive(Debug)]
pub struct OwnToken {
    hash: Digest,
    path: PathBuf,
}

impl OwnToken {
    /// Makes a token for the admin listener at `port` and writes it to the first folder that takes it.
    ///
    /// # Errors
    /// When no folder does.
    pub fn write(port: u16) -> io::Result<Self> {
        let token = Token::random(Kind::Standing)?;
        let path = runtime::write(&file_name(port), format!("{}\n", token.as_str()).as_bytes())?;
        Ok(Self { hash: hash(token.as_str()), path })
    }

    #[must_use]
    pub fn hash(&self) -> &Digest {
        &self.hash
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for OwnToken {
    fn drop(&mut self) {
        // A gateway that took the port over meanwhile has written its own.
        let is_own = fs::read_to_string(&self.path).is_ok_and(|text| is_same(&hash(text.trim()), &self.hash));
        if is_own && let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "the token file cannot be removed");
        }
    }
}

/// The token that a gateway with this port has left for its user.
#[must_use]
pub fn find(port: u16) -> Option<String> {
    runtime::places(&file_name(port))
        .into_iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .map(|text| text.trim().to_owned())
        .find(|text| !text.is_empty())
}

fn file_name(port: u16) -> String {
    format!("admin-{port}.token")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_random_and_known_by_its_hash() {
        let random = |kind| Token::random(kind).expect("random");
        let (one, other) = (random(Kind::Standing), random(Kind::Standing));
        assert_ne!(one.as_str(), other.as_str());
        assert_eq!(one.as_str().len(), "fng_".len() + 43);
        for kind in [Kind::Standing, Kind::Code, Kind::Session] {
            assert!(kind.is(random(kind).as_str()), "{kind:?}");
            assert_eq!(kind.is(one.as_str()), kind == Kind::Standing, "{kind:?}");
        }
        assert!(!Kind::Session.is("fngs_") && !Kind::Session.is("fngs_short"));
        assert!(
            is_same(&hash(one.as_str()), &hash(one.as_str())) && !is_same(&hash(one.as_str()), &hash(other.as_str()))
        );
        assert!(!format!("{one:?}").contains(one.as_str()));
        let abc = Token("abc".to_owned());
        assert_eq!(abc.hash(), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
