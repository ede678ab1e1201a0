//! Reads the PEM files that keys of the configuration name: certificates, private keys, roots.
//!
//! They are read through the [`Recorder`](super::recorder::Recorder), like the configuration itself: a change of such a file is a change of the
//! configuration. An error points at the key that names the file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::error::{Diagnostic, Problem, quoted};
use super::file::Span;
use super::section::Section;
use super::source::Source;
use super::source::disk::Disk;
use super::value::{Found, Kind};
use crate::certificate::{self, EXPIRES_SOON, in_words};
use crate::clock::unix_time;

const CERTIFICATE: Kind<Option<PathBuf>> = Kind::new("/etc/fngate/certificate.pem", path);
const KEY: Kind<Option<PathBuf>> = Kind::new("/etc/fngate/key.pem", path);
const ROOTS: Kind<Option<PathBuf>> = Kind::new("/etc/fngate/ca.pem", path);

/// A certificate with the key that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The certificate itself first, then those that lead to its root. At least one.
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKey,
    /// Where both were read from.
    pub files: Files,
}

/// The files of a certificate and its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Identity {
    /// Reads the files again, for a listener that the configuration no longer has.
    ///
    /// # Errors
    /// Why they cannot be used.
    pub fn read_again(&self) -> Result<Self, String> {
        let bytes = |path: &Path| Disk.read(path).map_err(|error| format!("{}: {error}", path.display()));
        let Files { certificate, key } = &self.files;
        let read = || {
            let (chain, key) = (certificates(&bytes(certificate)?, certificate), private_key(&bytes(key)?, key));
            let (chain, key) = (chain.map_err(|problem| problem.message)?, key.map_err(|problem| problem.message)?);
            fit(&chain, &key).map_err(|problem| problem.message)?;
            Ok(Self { chain, key, files: self.files.clone() })
        };
        read()
    }
}

/// A private key. `Debug` keeps it to itself.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKey(Arc<PrivateKeyDer<'static>>);

impl PrivateKey {
    #[must_use]
    pub fn new(key: PrivateKeyDer<'static>) -> Self {
        Self(Arc::new(key))
    }

    /// A copy for whoever uses it.
    #[must_use]
    pub fn der(&self) -> PrivateKeyDer<'static> {
        self.0.clone_key()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

/// `None` is the empty string, which is as good as no key.
fn path(text: &str) -> Result<Option<PathBuf>, Problem> {
    if text.contains('\0') {
        return Err(Problem::new(format!("{} is not the path of a file", quoted(text))));
    }
    Ok((!text.is_empty()).then(|| PathBuf::from(text)))
}

/// The roots in the file that `key` names. `None` is a key that names none, or has been reported.
pub(super) fn roots(section: &Section<'_>, key: &'static str) -> Option<Vec<CertificateDer<'static>>> {
    let file = named(section, key, &ROOTS)?;
    read(section, file, |bytes, path| {
        let found = certificates(bytes, path)?;
        let mut store = RootCertStore::empty();
        for root in &found {
            store.add(root.clone()).map_err(|error| unfit(path, &error))?;
        }
        Ok(found)
    })
    .map(|found| found.value)
}

/// A certificate with its key, from the files that two keys name. They are set together or not at all. `None` is neither,
/// or has been reported.
pub(super) fn identity(section: &Section<'_>, certificate: &'static str, key: &'static str) -> Option<Found<Identity>> {
    let (chain, private) = match (named(section, certificate, &CERTIFICATE), named(section, key, &KEY)) {
        (Some(chain), Some(private)) => (chain, private),
        (Some(chain), None) => return alone(section, &chain.span, (certificate, key, KEY.example)),
        (None, Some(private)) => return alone(section, &private.span, (key, certificate, CERTIFICATE.example)),
        (None, None) => return None,
    };
    let place = |found: &Found<PathBuf>| section.reader.files.place(&found.value);
    let files = Files { certificate: place(&chain), key: place(&private) };
    let (chain, private) = (read(section, chain, certificates), read(section, private, private_key));
    let (chain, private) = (chain?, private?);
    match fit(&chain.value, &private.value) {
        Ok(()) => Some(chain.map(|chain| Identity { chain, key: private.value, files })),
        Err(problem) => {
            section.report(problem.at(&private.span).at_labelled(&chain.span, "the certificate"));
            None
        }
    }
}

/// Reports what is wrong with certificates that can be shown all the same. They are shown in one place: one of them can stand in for another.
pub(super) fn warn_of(section: &Section<'_>, identities: &[Found<Identity>]) {
    let now = unix_time();
    let leaf = |identity: &Found<Identity>| identity.value.chain.first().cloned();
    for identity in identities {
        let is_superseded = identities.iter().any(|other| {
            leaf(other).zip(leaf(identity)).is_some_and(|(newer, older)| certificate::supersedes(&newer, &older, now))
        });
        warn_of_one(section, identity, now, is_superseded);
    }
}

fn warn_of_one(section: &Section<'_>, identity: &Found<Identity>, now: i64, is_superseded: bool) {
    let chain = &identity.value.chain;
    let warning = |message: String, hint: &str| Diagnostic::warning(message).at(&identity.span).hint(hint.to_owned());
    if !certificate::is_in_order(chain) {
        let hint = "the file has the certificate first, then the one that issued it, and so on; many clients refuse another order";
        section.report(warning("the certificates of the chain are not in order".to_owned(), hint));
    }
    let warn = |message: String, hint: &str| {
        section.report(warning(message, hint).of_certificate(&identity.value.files.certificate));
    };
    let Some((begin, end)) = chain.first().and_then(certificate::validity) else { return };
    if end <= now {
        let hint =
            if is_superseded { "another one is shown in its place: remove it" } else { "clients refuse it: renew it" };
        warn(format!("the certificate expired {} ago", in_words(now - end)), hint);
    } else if end - now < EXPIRES_SOON && !is_superseded {
        warn(format!("the certificate expires in {}", in_words(end - now)), "renew it");
    } else if begin > now {
        let message = format!("the certificate is not valid for another {}", in_words(begin - now));
        warn(message, "clients refuse it until then");
    }
}

/// Reports that of two keys one names a file and the other does not.
fn alone<T>(section: &Section<'_>, span: &Span, (set, other, example): (&str, &str, &str)) -> Option<T> {
    let problem = Problem::new(format!("`{set}` is set, but not `{other}`"));
    section.report(problem.hint(format!("add {other} = \"{example}\"")).at(span));
    None
}

fn named(section: &Section<'_>, key: &'static str, kind: &Kind<Option<PathBuf>>) -> Option<Found<PathBuf>> {
    let Found { value, span } = section.optional(key, kind)?;
    value.map(|value| Found { value, span })
}

/// Reads a file and makes something of it. `None` has been reported.
fn read<T>(
    section: &Section<'_>,
    file: Found<PathBuf>,
    parse: impl FnOnce(&[u8], &Path) -> Result<T, Problem>,
) -> Option<Found<T>> {
    let Found { value: path, span } = file;
    match section.reader.files.bytes(&path).and_then(|bytes| parse(&bytes, &path)) {
        Ok(value) => Some(Found { value, span }),
        Err(problem) => {
            section.report(problem.at(&span));
            None
        }
    }
}

/// All certificates of a file, in its order. What else is in it is passed over.
fn certificates(bytes: &[u8], file: &Path) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let found: Vec<_> =
        CertificateDer::pem_slice_iter(bytes).collect::<Result<_, _>>().map_err(|error| torn(file, &error))?;
    if found.is_empty() {
        let hint = "a certificate starts with `-----BEGIN CERTIFICATE-----`".to_owned();
        return Err(Problem::new(format!("there is no certificate in {}", file.display())).hint(hint));
    }
    Ok(found)
}

/// What a key with a passphrase has in it: PKCS #8, and the form before (RFC 1421), whose headers are no PEM of today.
const LOCKED: [&str; 2] = ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"];

/// The first private key of a file.
fn private_key(bytes: &[u8], file: &Path) -> Result<PrivateKey, Problem> {
    let error = match PrivateKeyDer::from_pem_slice(bytes) {
        Ok(key) => return Ok(PrivateKey::new(key)),
        Err(error) => error,
    };
    let text = String::from_utf8_lossy(bytes);
    if LOCKED.iter().any(|mark| text.contains(mark)) {
        let hint = "fngate takes a key without one; `openssl pkey -in THIS.key -out NEW.key` removes it".to_owned();
        return Err(Problem::new(format!("the private key in {} has a passphrase", file.display())).hint(hint));
    }
    if matches!(error, PemError::NoItemsFound) {
        let hint = "a key starts with `-----BEGIN PRIVATE KEY-----`".to_owned();
        return Err(Problem::new(format!("there is no private key in {}", file.display())).hint(hint));
    }
    Err(torn(file, &error))
}

/// Whether a certificate can be shown, and the key is its own.
fn fit(chain: &[CertificateDer<'static>], key: &PrivateKey) -> Result<(), Problem> {
    let pair = |chain: Vec<_>| CertifiedKey::from_der(chain, key.der(), &aws_lc_rs::default_provider());
    let Err(error) = pair(chain.to_vec()) else { return Ok(()) };
    let unsupported = certificate::unsupported_key(&key.der()).map(|found| ("key", found));
    let unsupported = unsupported.or_else(|| Some(("certificate", certificate::unsupported(chain.first()?)?)));
    if let Some((part, found)) = unsupported {
        return Err(Problem::new(format!("the {part} {}", found.what)).hint(found.instead.to_owned()));
    }
    if !matches!(error, rustls::Error::InconsistentKeys(_)) {
        return Err(Problem::new(format!("the certificate and its key cannot be used: {error}")));
    }
    let problem = Problem::new("the key does not belong to the certificate");
    match chain.iter().skip(1).position(|other| pair(vec![other.clone()]).is_ok()) {
        Some(behind) => {
            let hint = format!("it belongs to certificate {} of the file, which must come first", behind + 2);
            Err(problem.hint(hint))
        }
        None => Err(problem),
    }
}

fn unfit(file: &Path, error: &rustls::Error) -> Problem {
    Problem::new(format!("a certificate in {} cannot be a root: {error}", file.display()))
}

fn torn(file: &Path, error: &PemError) -> Problem {
    let error = match error {
        PemError::MissingSectionEnd { .. } => "a section has no end".to_owned(),
        PemError::IllegalSectionStart { .. } => "a section starts within a line".to_owned(),
        PemError::Base64Decode(_) => "a section is not base64".to_owned(),
        error => error.to_string(),
    };
    Problem::new(format!("{} is not PEM: {error}", file.display()))
}
