//! Sessions of clients that have shown a certificate: they can be resumed for as long as that certificate is good.
//!
//! rustls keeps the certificate in the ticket and believes it whenever it can open the ticket. A resumed session gets new tickets, so
//! whoever has been let in once would stay for ever. Here the time of the certificate goes into the ticket as well. A ticket beyond it
//! is as good as none: a full handshake follows, in which the client may show a certificate that is newer.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ProducesTickets;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use crate::certificate;

/// The verifier and the tickets of a single handshake: what the one learns the other has to know.
#[derive(Debug)]
pub(super) struct Handshake {
    verifier: Arc<dyn ClientCertVerifier>,
    tickets: Arc<dyn ProducesTickets>,
    /// When the certificates that the client has shown are good, now or when the session began.
    shown: Mutex<Period>,
}

/// From when to when something is good, in seconds since 1970; both ends are within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Period {
    begin: i64,
    end: i64,
}

impl Period {
    const ALWAYS: Self = Self { begin: i64::MIN, end: i64::MAX };
    const NEVER: Self = Self { begin: i64::MAX, end: i64::MIN };

    fn of(certificate: &CertificateDer<'_>) -> Self {
        certificate::validity(certificate).map_or(Self::NEVER, |(begin, end)| Self { begin, end })
    }

    fn and(self, other: Self) -> Self {
        Self { begin: self.begin.max(other.begin), end: self.end.min(other.end) }
    }

    /// How many seconds are left of it, at this moment. None if it is over or has not begun.
    fn left(self, now: i64) -> Option<i64> {
        (self.begin <= now && now <= self.end).then(|| self.end.saturating_sub(now))
    }

    fn write(self, plain: &[u8]) -> Vec<u8> {
        [&self.begin.to_be_bytes(), &self.end.to_be_bytes(), plain].concat()
    }

    /// The period in front of `bytes`, and what is behind it.
    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (begin, rest) = bytes.split_first_chunk()?;
        let (end, rest) = rest.split_first_chunk()?;
        Some((Self { begin: i64::from_be_bytes(*begin), end: i64::from_be_bytes(*end) }, rest))
    }
}

impl Handshake {
    pub(super) fn new(verifier: Arc<dyn ClientCertVerifier>, tickets: Arc<dyn ProducesTickets>) -> Self {
        // Until the client shows something.
        Self { verifier, tickets, shown: Mutex::new(Period::ALWAYS) }
    }

    fn shown(&self) -> Period {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, shown: Period) {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = shown;
    }
}

impl ProducesTickets for Handshake {
    fn enabled(&self) -> bool {
        self.tickets.enabled()
    }

    /// A hint for the client, which then does not try in vain. Zero would mean that nothing is known.
    fn lifetime(&self) -> u32 {
        let left = self.shown().left(now()).unwrap_or_default().max(1);
        self.tickets.lifetime().min(u32::try_from(left).unwrap_or(u32::MAX))
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.tickets.encrypt(&self.shown().write(plain))
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        let bytes = self.tickets.decrypt(cipher)?;
        let (shown, plain) = Period::read(&bytes)?;
        shown.left(now())?;
        self.note(shown);
        Some(plain.to_vec())
    }
}

impl ClientCertVerifier for Handshake {
    fn offer_client_auth(&self) -> bool {
        self.verifier.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.verifier.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.verifier.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.verifier.verify_client_cert(end_entity, intermediates, now)?;
        // One among them that leads nowhere may be out of date: that costs no more than a full handshake.
        self.note(intermediates.iter().map(Period::of).fold(Period::of(end_entity), Period::and));
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.verifier.requires_raw_public_keys()
    }
}

fn now() -> i64 {
    i64::try_from(UnixTime::now().as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use rustls::server::WebPkiClientVerifier;

    use super::*;

    /// Tickets that can be looked into.
    #[derive(Debug)]
    struct Plain;

    impl ProducesTickets for Plain {
        fn enabled(&self) -> bool {
            true
        }

        fn lifetime(&self) -> u32 {
            1000
        }

        fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
            Some(plain.to_vec())
        }

        fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
            Some(cipher.to_vec())
        }
    }

    fn handshake(shown: Period) -> Handshake {
        let handshake = Handshake::new(WebPkiClientVerifier::no_client_auth(), Arc::new(Plain));
        handshake.note(shown);
        handshake
    }

    #[test]
    fn a_ticket_is_as_good_as_the_certificate() {
        let now = now();
        let period = |begin: i64, end: i64| Period { begin: now + begin, end: now + end };
        for (shown, good, lifetime) in [
            (Period::ALWAYS, true, 1000..=1000),
            (period(-10, 100), true, 90..=100),
            (period(-10, 5000), true, 1000..=1000),
            (period(-10, -1), false, 1..=1),
            (period(50, 100), false, 1..=1),
            (Period::NEVER, false, 1..=1),
        ] {
            let first = handshake(shown);
            assert!(lifetime.contains(&first.lifetime()), "{shown:?}: {}", first.lifetime());
            let ticket = first.encrypt(b"session").expect("a ticket");
            let next = handshake(Period::ALWAYS);
            assert_eq!(next.decrypt(&ticket), good.then(|| b"session".to_vec()), "{shown:?}");
            // New tickets are no better.
            assert!(!good || next.encrypt(b"session").is_some_and(|again| again == ticket), "{shown:?}");
        }
        assert_eq!(handshake(Period::ALWAYS).decrypt(&[0; 15]), None);
    }

    #[test]
    fn a_chain_is_as_good_as_its_certificates_together() {
        let (one, other) = (Period { begin: 1, end: 10 }, Period { begin: 5, end: 20 });
        let both = one.and(other);
        assert_eq!([4, 5, 10, 11].map(|now| both.left(now)), [None, Some(5), Some(0), None]);
        assert_eq!(both.and(Period::NEVER).left(7), None);
    }
}
