//! What outlives the process: the account and the certificates, in files that only the gateway's user can read.
//!
//! Each server has a folder of its own, so that what was issued for a trial is not taken for the real thing.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::Arc;

use instant_acme::AccountCredentials;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::error::Error;
use crate::certificate;
use crate::config::Acme;

const ACCOUNT: &str = "account.json";

/// The folder of one server.
#[derive(Debug)]
pub(super) struct State {
    root: PathBuf,
    folder: PathBuf,
}

impl State {
    pub(super) fn new(acme: &Acme) -> Self {
        let place = acme.directory.trim_start_matches("https://");
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let name: String = place.chars().map(plain).collect();
        // Never hidden, never a parent.
        Self { root: acme.state.clone(), folder: acme.state.join(name.trim_start_matches('.')) }
    }

    /// Makes the folders that are not there.
    pub(super) fn prepare(&self) -> Result<(), Error> {
        for folder in [&self.root, &self.folder] {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(Error::state(folder))?;
        }
        Ok(())
    }

    /// Whether others can look into the directory, which was made by somebody else then.
    pub(super) fn is_open_to_others(&self) -> bool {
        fs::metadata(&self.root).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
    }

    /// A file that is no account is as good as none.
    pub(super) fn account(&self) -> Option<AccountCredentials> {
        let bytes = fs::read(self.folder.join(ACCOUNT)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    pub(super) fn keep_account(&self, account: &AccountCredentials) -> Result<(), Error> {
        let text = serde_json::to_vec(account).map_err(|error| Error::Unusable(error.to_string()))?;
        self.write(ACCOUNT, &text)
    }

    pub(super) fn forget_account(&self) -> Result<(), Error> {
        let path = self.folder.join(ACCOUNT);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::state(&path)(error)),
            _ => Ok(()),
        }
    }

    /// The certificate of a name, if there is one.
    pub(super) fn certificate(&self, name: &str) -> Result<Option<Arc<CertifiedKey>>, Error> {
        let path = self.folder.join(file_of(name));
        match fs::read(&path) {
            Ok(pem) => usable(name, &pem).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::state(&path)(error)),
        }
    }

    pub(super) fn keep_certificate(&self, name: &str, pem: &str) -> Result<(), Error> {
        self.write(&file_of(name), pem.as_bytes())
    }

    /// A file is there as a whole or as it was before, and never readable by others.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let (path, new) = (self.folder.join(name), self.folder.join(format!(".{name}.new")));
        let write = || -> io::Result<()> {
            // One that was left behind by a gateway that died.
            let _ = fs::remove_file(&new);
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(Error::state(&path))
    }
}

/// Key and certificate are in one file, so that they always fit.
fn file_of(name: &str) -> String {
    format!("{name}.pem")
}

/// A key and the certificate for a name, out of one text.
pub(super) fn usable(name: &str, pem: &[u8]) -> Result<Arc<CertifiedKey>, Error> {
    let unusable = |why: &dyn std::fmt::Display| Error::Unusable(format!("{name}: {why}"));
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| unusable(&error))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|error| unusable(&error))?;
    let names = chain.first().map(certificate::names).unwrap_or_default();
    if !names.iter().any(|other| other == name) {
        return Err(unusable(&"the certificate is for another name"));
    }
    let key = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider());
    key.map(Arc::new).map_err(|error| unusable(&error))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn pem(name: &str) -> String {
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(vec![name.to_owned()]).expect("names").self_signed(&key);
        format!("{}{}", key.serialize_pem(), certificate.expect("a certificate").pem())
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    }

    #[test]
    fn nobody_else_can_read_what_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("a/b");
        let acme = Acme { state: root.clone(), directory: "https://ca.test:14000/dir".to_owned(), ..Acme::default() };
        let state = State::new(&acme);
        state.prepare().expect("folders");
        state.prepare().expect("again");
        assert!(!state.is_open_to_others());
        assert!(state.certificate("shop.test").expect("readable").is_none());
        for _ in 0..2 {
            state.keep_certificate("shop.test", &pem("shop.test")).expect("kept");
            assert!(state.certificate("shop.test").expect("readable").is_some());
        }
        let folder = root.join("ca.test-14000-dir");
        assert_eq!((mode(&root), mode(&folder), mode(&folder.join("shop.test.pem"))), (0o700, 0o700, 0o600));
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1, "nothing is left behind");
        state.keep_certificate("other.test", &pem("shop.test")).expect("kept");
        assert!(state.certificate("other.test").is_err(), "of another name");
        state.keep_certificate("torn.test", "-----BEGIN").expect("kept");
        assert!(state.certificate("torn.test").is_err());
        assert!(state.account().is_none());
        state.forget_account().expect("there is none");
    }
}
