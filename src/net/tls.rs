//! TLS for clients: which certificate a name gets, who may resume a session, whom a client has to be.

use std::collections::HashMap;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{
    ClientHello, NoServerSessionStorage, ProducesTickets, ResolvesServerCert, WantsServerCert, WebPkiClientVerifier,
};
use rustls::sign::CertifiedKey;
use rustls::{ConfigBuilder, RootCertStore, ServerConfig, SupportedProtocolVersion, WantsVerifier, version};
use tokio_rustls::TlsAcceptor;

use super::issued::Issued;
use super::resumption::Handshake;
use crate::certificate;
use crate::clock::unix_time;
use crate::config::{Clients, ListenerTls, Proof, TlsVersion};

/// What a client has agreed to when HTTP/2 is to be spoken.
pub const H2: &[u8] = b"h2";
const HTTP11: &[u8] = b"http/1.1";
/// What an ACME server offers, and nothing else, that wants to see the proof of a name (RFC 8737).
pub const ACME: &[u8] = b"acme-tls/1";

/// How one listener does its handshakes. Shared by the workers.
#[derive(Debug)]
pub struct Acceptor {
    config: Arc<ServerConfig>,
    guarded: Option<Guarded>,
    certificates: Arc<Certificates>,
    spec: ListenerTls,
}

/// What it takes where clients show certificates and resume sessions: each handshake minds who its client is.
#[derive(Debug)]
struct Guarded {
    builder: ConfigBuilder<ServerConfig, WantsVerifier>,
    verifier: Arc<dyn ClientCertVerifier>,
}

/// Why a listener's TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("its certificates cannot be used")]
    Certificate(#[source] rustls::Error),
    #[error("its `client_ca` cannot be used")]
    Clients(#[source] rustls::server::VerifierBuilderError),
    #[error("no keys for session tickets")]
    Tickets(#[source] rustls::Error),
}

impl Acceptor {
    /// Sets up TLS with the certificates of `spec` and those in `issued`. The tickets of `previous` stay good, unless they could have been given to clients who would not be let in now.
    ///
    /// # Errors
    /// [`TlsError`]; files that have been read rule most of it out.
    pub fn new(
        spec: &ListenerTls,
        http2: bool,
        issued: Arc<Issued>,
        previous: Option<&Self>,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions(spec.min_version))
            .map_err(TlsError::Certificate)?;
        let verifier = spec.clients.as_ref().map(verifier).transpose()?;
        let certificates = Arc::new(Certificates::new(spec, issued).map_err(TlsError::Certificate)?);
        let finished = match &verifier {
            None => builder.clone().with_no_client_auth(),
            Some(verifier) => builder.clone().with_client_cert_verifier(verifier.clone()),
        };
        let mut config = finish(finished, &certificates);
        config.alpn_protocols = if http2 { vec![H2.to_vec(), HTTP11.to_vec()] } else { vec![HTTP11.to_vec()] };
        if !spec.acme.is_empty() {
            config.alpn_protocols.push(ACME.to_vec());
        }
        if spec.tickets {
            config.ticketer = match previous.filter(|previous| previous.spec.clients == spec.clients) {
                Some(previous) if previous.spec.tickets => previous.config.ticketer.clone(),
                _ => new_ticketer()?,
            };
        } else {
            config.send_tls13_tickets = 0;
        }
        let guarded = verifier.filter(|_| spec.tickets).map(|verifier| Guarded { builder, verifier });
        Ok(Self { config: Arc::new(config), guarded, certificates, spec: spec.clone() })
    }

    /// For one handshake.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        let Some(Guarded { builder, verifier }) = &self.guarded else { return self.config.clone().into() };
        let handshake = Arc::new(Handshake::new(verifier.clone(), self.config.ticketer.clone()));
        let builder = builder.clone().with_client_cert_verifier(handshake.clone());
        let mut config = finish(builder, &self.certificates);
        config.alpn_protocols.clone_from(&self.config.alpn_protocols);
        config.ticketer = handshake;
        Arc::new(config).into()
    }

    #[must_use]
    pub fn spec(&self) -> &ListenerTls {
        &self.spec
    }

    /// The certificates in use, without those that lead to their roots, and without those that others stand in for.
    #[must_use]
    pub fn leaves(&self) -> Vec<CertificateDer<'static>> {
        let issued = self.spec.acme.iter().filter_map(|name| self.certificates.issued.certificate(name));
        let all = self.certificates.all.iter().map(|certificate| certificate.key.clone()).chain(issued);
        let leaves: Vec<_> = all.filter_map(|key| key.cert.first().cloned()).collect();
        let now = unix_time();
        let is_shown =
            |leaf: &&CertificateDer<'static>| !leaves.iter().any(|other| certificate::supersedes(other, leaf, now));
        leaves.iter().filter(is_shown).cloned().collect()
    }
}

/// What all handshakes have in common.
fn finish(builder: ConfigBuilder<ServerConfig, WantsServerCert>, certificates: &Arc<Certificates>) -> ServerConfig {
    let mut config = builder.with_cert_resolver(certificates.clone());
    // Ours are in the order of what they protect.
    config.ignore_client_order = true;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config
}

fn versions(min: TlsVersion) -> &'static [&'static SupportedProtocolVersion] {
    static BOTH: [&SupportedProtocolVersion; 2] = [&version::TLS13, &version::TLS12];
    match min {
        TlsVersion::Tls12 => &BOTH,
        TlsVersion::Tls13 => &BOTH[..1],
    }
}

/// Keys that change every six hours; those before stay good for as long again.
fn new_ticketer() -> Result<Arc<dyn ProducesTickets>, TlsError> {
    aws_lc_rs::Ticketer::new().map_err(TlsError::Tickets)
}

fn verifier(clients: &Clients) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for root in &clients.roots {
        roots.add(root.clone()).map_err(TlsError::Certificate)?;
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = match clients.proof {
        Proof::Required => builder,
        Proof::Optional => builder.allow_unauthenticated(),
    };
    builder.build().map_err(TlsError::Clients)
}

/// The certificates of a listener by the names that they are for.
#[derive(Debug)]
struct Certificates {
    /// `shop.example.com`, or `.example.com` for one label in front of it. Several may be for one name: with keys of different kinds, or an
    /// old one beside a new one.
    by_name: HashMap<String, Vec<Certificate>>,
    /// In the order of the configuration.
    all: Vec<Certificate>,
    /// The names whose certificates are in `issued`, once they are there.
    acme: Vec<String>,
    issued: Arc<Issued>,
}

/// A certificate with its key, and from when to when it is valid, in seconds since 1970.
#[derive(Clone, Debug)]
struct Certificate {
    key: Arc<CertifiedKey>,
    begin: i64,
    end: i64,
}

impl Certificate {
    fn new(key: Arc<CertifiedKey>) -> Self {
        // One that does not say it is one that clients judge.
        let (begin, end) = key.cert.first().and_then(certificate::validity).unwrap_or((i64::MIN, i64::MAX));
        Self { key, begin, end }
    }

    fn is_valid(&self, now: i64) -> bool {
        (self.begin..self.end).contains(&now)
    }
}

impl Certificates {
    fn new(spec: &ListenerTls, issued: Arc<Issued>) -> Result<Self, rustls::Error> {
        let provider = aws_lc_rs::default_provider();
        let (by_name, all) = (HashMap::new(), Vec::new());
        let mut certificates = Self { by_name, all, acme: spec.acme.clone(), issued };
        for identity in &spec.identities {
            let key = CertifiedKey::from_der(identity.chain.clone(), identity.key.der(), &provider)?;
            let certificate = Certificate::new(Arc::new(key));
            for name in identity.chain.first().map(certificate::names).unwrap_or_default() {
                let name = name.strip_prefix('*').map_or(name.as_str(), |suffix| suffix).to_owned();
                certificates.by_name.entry(name).or_default().push(certificate.clone());
            }
            certificates.all.push(certificate);
        }
        Ok(certificates)
    }

    /// The certificate for a name, of those with a key that `fits`: its own, or the one that was issued for it, or a wildcard's, or the first
    /// of all when there is none. One that is not valid now gives way to one that is; of several, the one that lasts longest is taken.
    fn choose(&self, name: Option<&str>, now: i64, fits: impl Fn(&CertifiedKey) -> bool) -> Option<Arc<CertifiedKey>> {
        let name = name.map(str::to_ascii_lowercase);
        let of = |name: &str| self.by_name.get(name).cloned().unwrap_or_default();
        let exact = name.as_deref().map(of).unwrap_or_default();
        let issued = self.issued_for(name.as_deref()).map(Certificate::new).into_iter().collect();
        let wildcard = name.as_deref().and_then(|name| Some(of(&name[name.find('.')?..]))).unwrap_or_default();
        let own = [exact, issued, wildcard];
        let best = |valid: bool| {
            let usable = |certificate: &&Certificate| fits(&certificate.key) && certificate.is_valid(now) == valid;
            own.iter().find_map(|certificates| longest(&certificates.iter().filter(usable).collect::<Vec<_>>()))
        };
        let chosen = best(true).or_else(|| best(false)).or_else(|| own.iter().flatten().next());
        let chosen = chosen.or_else(|| {
            let fitting = || self.all.iter().filter(|certificate| fits(&certificate.key));
            fitting().find(|certificate| certificate.is_valid(now)).or_else(|| fitting().next()).or(self.all.first())
        });
        chosen.map(|certificate| certificate.key.clone())
    }

    /// A name that is to have a certificate of its own gets no other's. One that is nobody's gets the first, like the first of those
    /// that are configured, if there are none.
    fn issued_for(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        match name.filter(|name| self.acme.iter().any(|other| other == name)) {
            Some(name) => self.issued.certificate(name),
            None if self.all.is_empty() => self.acme.iter().find_map(|name| self.issued.certificate(name)),
            None => None,
        }
    }
}

/// Of certificates with the kind of key that comes first in the file, which its author has chosen, the one that lasts longest.
fn longest<'a>(certificates: &[&'a Certificate]) -> Option<&'a Certificate> {
    let kind = certificates.first()?.key.key.algorithm();
    let same = certificates.iter().filter(|certificate| certificate.key.key.algorithm() == kind);
    same.copied().max_by_key(|certificate| certificate.end)
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let offers_only = |protocol| hello.alpn().is_some_and(|mut offered| offered.all(|other| other == protocol));
        if !self.acme.is_empty() && offers_only(ACME) {
            return self.issued.proof(hello.server_name()?);
        }
        let fits = |key: &CertifiedKey| key.key.choose_scheme(hello.signature_schemes()).is_some();
        self.choose(hello.server_name(), unix_time(), fits)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;
    use crate::config::{Files, Identity, PrivateKey};

    fn identity(names: &[&str]) -> Identity {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(names).expect("names").self_signed(&key).expect("a certificate");
        let der = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
        Identity { chain: vec![certificate.der().clone()], key: PrivateKey::new(der.into()), files: Files::default() }
    }

    fn spec(identities: Vec<Identity>) -> ListenerTls {
        ListenerTls {
            identities,
            acme: Vec::new(),
            min_version: TlsVersion::Tls12,
            clients: None,
            tickets: true,
            handshake_timeout: Duration::from_secs(10),
        }
    }

    #[test]
    fn a_name_gets_its_own_certificate_before_a_wildcard_before_the_first() {
        let sets = [&["first.example"][..], &["*.example.com"], &["shop.example.com", "b.example.org"]];
        let spec = spec(sets.iter().map(|names| identity(names)).collect());
        let certificates = Certificates::new(&spec, Arc::default()).expect("usable");
        for (name, index) in [
            (Some("first.example"), 0),
            (Some("a.example.com"), 1),
            (Some("A.Example.COM"), 1),
            (Some("shop.example.com"), 2),
            (Some("b.example.org"), 2),
            (Some("a.b.example.com"), 0),
            (Some("example.com"), 0),
            (Some("localhost"), 0),
            (None, 0),
        ] {
            let found = certificates.choose(name, unix_time(), |_| true).expect("one");
            assert_eq!(found.cert, spec.identities[index].chain, "{name:?}");
        }
    }

    #[test]
    fn what_is_valid_is_shown_and_of_that_what_lasts_longest() {
        const DAY: i64 = 24 * 3600;
        let now = unix_time();
        let lasting = |names: &[&str], days: std::ops::Range<i64>| {
            let key = KeyPair::generate().expect("a key");
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            let mut params = CertificateParams::new(names).expect("names");
            let at = |days| time::OffsetDateTime::from_unix_timestamp(now + days * DAY).expect("a time");
            (params.not_before, params.not_after) = (at(days.start), at(days.end));
            let der = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
            let chain = vec![params.self_signed(&key).expect("a certificate").der().clone()];
            Identity { chain, key: PrivateKey::new(der.into()), files: Files::default() }
        };
        let (a, wildcard, other) = (&["a.test"][..], &["*.test"][..], &["other.example"][..]);
        for (sets, name, index) in [
            (vec![(a, -9..-1), (a, -1..9)], Some("a.test"), 1),
            (vec![(a, -1..9), (a, -9..-1)], Some("a.test"), 0),
            (vec![(a, -1..9), (a, -1..30), (a, -1..20)], Some("a.test"), 1),
            (vec![(a, 1..90), (a, -1..9)], Some("a.test"), 1),
            (vec![(a, -9..-1), (wildcard, -1..9)], Some("a.test"), 1),
            (vec![(a, -1..9), (wildcard, -1..30)], Some("a.test"), 0),
            (vec![(a, -9..-5), (a, -9..-1), (wildcard, -90..-9)], Some("a.test"), 1),
            (vec![(other, -9..-1), (a, -1..9)], None, 1),
            (vec![(other, -1..3), (a, -1..9)], None, 0),
            (vec![(other, -9..-1)], None, 0),
        ] {
            let spec = spec(sets.iter().map(|(names, days)| lasting(names, days.clone())).collect());
            let certificates = Certificates::new(&spec, Arc::default()).expect("usable");
            let found = certificates.choose(name, now, |_| true).expect("one");
            assert_eq!(found.cert, spec.identities[index].chain, "{sets:?} {name:?}");
        }
    }

    #[test]
    fn a_name_that_is_ordered_gets_what_was_issued_for_it_and_no_others() {
        let issue = |issued: &Issued, name: &str| {
            let Identity { chain, key, .. } = identity(&[name]);
            let key = CertifiedKey::from_der(chain, key.der(), &aws_lc_rs::default_provider()).expect("a pair");
            issued.issue(name, &Arc::new(key));
        };
        let issued = Arc::new(Issued::default());
        let acme = ["a.test", "b.test"].map(str::to_owned).to_vec();
        let spec = |identities| ListenerTls { acme: acme.clone(), ..spec(identities) };
        let alone = Certificates::new(&spec(vec![]), issued.clone()).expect("usable");
        let beside = spec(vec![identity(&["first.test"]), identity(&["*.test"]), identity(&["b.test"])]);
        let beside = Certificates::new(&beside, issued.clone()).expect("usable");
        let shown = |certificates: &Certificates, name: Option<&str>| {
            let key = certificates.choose(name, unix_time(), |_| true)?;
            certificate::names(key.cert.first()?).into_iter().next()
        };
        let names = [Some("a.test"), Some("B.test"), Some("c.test"), Some("unknown"), None];
        assert_eq!(names.map(|name| shown(&alone, name)), [const { None }; 5]);
        let before = ["*.test", "b.test", "*.test", "first.test", "first.test"];
        assert_eq!(names.map(|name| shown(&beside, name).expect("one")), before);
        issue(&issued, "a.test");
        issue(&issued, "stranger.test");
        let a = || Some("a.test".to_owned());
        assert_eq!(names.map(|name| shown(&alone, name)), [a(), None, a(), a(), a()]);
        let after = ["a.test", "b.test", "*.test", "first.test", "first.test"];
        assert_eq!(names.map(|name| shown(&beside, name).expect("one")), after);
    }

    #[test]
    fn tickets_outlive_a_reload_but_not_a_change_of_who_is_let_in() {
        let before = spec(vec![identity(&["a.example"])]);
        let first = Acceptor::new(&before, true, Arc::default(), None).expect("usable");
        let again = spec(vec![identity(&["a.example"])]);
        let second = Acceptor::new(&again, true, Arc::default(), Some(&first)).expect("usable");
        assert!(Arc::ptr_eq(&first.config.ticketer, &second.config.ticketer));
        let roots = vec![identity(&["ca.example"]).chain.remove(0)];
        let closed = ListenerTls { clients: Some(Clients { roots, proof: Proof::Required }), ..again };
        let third = Acceptor::new(&closed, true, Arc::default(), Some(&second)).expect("usable");
        assert!(!Arc::ptr_eq(&second.config.ticketer, &third.config.ticketer));
        let without = Acceptor::new(&ListenerTls { tickets: false, ..before }, true, Arc::default(), Some(&first))
            .expect("usable");
        assert_eq!(without.config.send_tls13_tickets, 0);
        assert!(!without.config.ticketer.enabled());
    }
}
