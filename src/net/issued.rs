//! Certificates that come while the gateway runs, issued by an ACME server, and the proofs that it asks for before.
//!
//! What is here is looked up in every handshake and by all workers; it changes a few times a day at most.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::sign::CertifiedKey;

/// What has been issued, and what is to be proved at the moment.
#[derive(Debug, Default)]
pub struct Issued {
    table: ArcSwap<Table>,
}

#[derive(Clone, Debug, Default)]
struct Table {
    /// By the name that they are for, in lower case.
    certificates: HashMap<String, Arc<CertifiedKey>>,
    proofs: Vec<Arc<Proof>>,
}

/// How a name is proved to be the gateway's.
#[derive(Debug)]
pub enum Proof {
    /// By a certificate that is shown for this name to nobody but the server (tls-alpn-01).
    Certificate { name: String, key: Arc<CertifiedKey> },
    /// By a text at this place (http-01).
    Text { token: String, text: String },
}

/// A proof that can be seen until this is dropped.
#[derive(Debug)]
pub struct Pending {
    issued: Arc<Issued>,
    proof: Arc<Proof>,
}

impl Issued {
    /// The certificate of a name in lower case.
    #[must_use]
    pub fn certificate(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        self.table.load().certificates.get(name).cloned()
    }

    /// Puts a certificate in use, in the place of the one before.
    pub fn issue(&self, name: &str, key: &Arc<CertifiedKey>) {
        self.change(|table| drop(table.certificates.insert(name.to_owned(), key.clone())));
    }

    /// Drops the certificates of all other names.
    pub fn retain(&self, is_wanted: impl Fn(&str) -> bool) {
        self.change(|table| table.certificates.retain(|name, _| is_wanted(name)));
    }

    /// Lets a proof be seen.
    #[must_use]
    pub fn prove(self: &Arc<Self>, proof: Proof) -> Pending {
        let proof = Arc::new(proof);
        self.change(|table| table.proofs.push(proof.clone()));
        Pending { issued: self.clone(), proof }
    }

    /// The certificate that proves a name.
    #[must_use]
    pub fn proof(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let table = self.table.load();
        table.proofs.iter().find_map(|proof| match &**proof {
            Proof::Certificate { name: other, key } if other.eq_ignore_ascii_case(name) => Some(key.clone()),
            _ => None,
        })
    }

    /// The text that proves a name at the place of this token.
    #[must_use]
    pub fn answer(&self, token: &str) -> Option<String> {
        let table = self.table.load();
        table.proofs.iter().find_map(|proof| match &**proof {
            Proof::Text { token: other, text } if other == token => Some(text.clone()),
            _ => None,
        })
    }

    fn change(&self, change: impl Fn(&mut Table)) {
        self.table.rcu(|table| {
            let mut table = Table::clone(table);
            change(&mut table);
            table
        });
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.issued.change(|table| table.proofs.retain(|proof| !Arc::ptr_eq(proof, &self.proof)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_seen_as_long_as_it_is_pending() {
        let issued = Arc::new(Issued::default());
        let proof = |token: &str| Proof::Text { token: token.to_owned(), text: format!("{token}.key") };
        let (first, second) = (issued.prove(proof("a")), issued.prove(proof("b")));
        assert_eq!((issued.answer("a"), issued.answer("b")), (Some("a.key".into()), Some("b.key".into())));
        drop(first);
        assert_eq!((issued.answer("a"), issued.answer("b")), (None, Some("b.key".into())));
        assert!(issued.answer("").is_none() && issued.proof("a").is_none());
        drop(second);
        assert_eq!(issued.answer("b"), None);
    }
}
