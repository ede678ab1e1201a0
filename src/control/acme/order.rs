//! One order, from the name to the certificate.

use std::sync::Arc;
use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeType, Identifier, KeyAuthorization, NewOrder, Order,
    OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::sign::CertifiedKey;

use super::error::Error;
use crate::net::issued::{Issued, Pending, Proof};

/// How long the server may take to look at a proof, and to issue.
const POLLING: RetryPolicy =
    RetryPolicy::new().initial_delay(Duration::from_millis(500)).backoff(1.5).timeout(Duration::from_secs(90));

/// How a name is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Tls,
    Http,
}

impl Way {
    fn as_str(self) -> &'static str {
        match self {
            Self::Tls => "tls-alpn-01",
            Self::Http => "http-01",
        }
    }

    fn challenge(self) -> ChallengeType {
        match self {
            Self::Tls => ChallengeType::TlsAlpn01,
            Self::Http => ChallengeType::Http01,
        }
    }
}

/// What is ordered.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    pub(super) way: Way,
    /// The certificate that the new one takes the place of.
    pub(super) replaces: Option<CertificateIdentifier<'static>>,
}

/// Orders a certificate and proves the name meanwhile. The key is new, and comes first in the PEM.
pub(super) async fn order(account: &Account, wanted: Wanted<'_>, issued: &Arc<Issued>) -> Result<String, Error> {
    let Wanted { name, way, replaces } = wanted;
    let identifiers = [Identifier::Dns(name.to_owned())];
    let mut new = NewOrder::new(&identifiers);
    if let Some(replaces) = replaces {
        new = new.replaces(replaces);
    }
    let mut order = account.new_order(&new).await?;
    // Seen until the server has decided.
    let proofs = prove(&mut order, way, name, issued).await?;
    match order.poll_ready(&POLLING).await {
        Ok(OrderStatus::Ready) => {}
        Ok(_) => return Err(refusal(&mut order, way, instant_acme::Error::Str("no reason"), &proofs).await),
        Err(error) => return Err(refusal(&mut order, way, error, &proofs).await),
    }
    drop(proofs);
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&POLLING).await?;
    Ok(format!("{key}{chain}"))
}

/// Shows what the server wants to see, and tells it to look.
async fn prove(order: &mut Order, way: Way, name: &str, issued: &Arc<Issued>) -> Result<Vec<Pending>, Error> {
    let mut proofs = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        // What was proved for an order before counts for a while.
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let Some(mut challenge) = authorization.challenge(way.challenge()) else {
            return Err(Error::NotOffered { way: way.as_str() });
        };
        let text = challenge.key_authorization();
        let proof = match way {
            Way::Tls => Proof::Certificate { name: name.to_owned(), key: proving(name, &text)? },
            Way::Http => Proof::Text { token: challenge.token.clone(), text: text.as_str().to_owned() },
        };
        proofs.push(issued.prove(proof));
        challenge.set_ready().await?;
    }
    Ok(proofs)
}

/// The certificate of RFC 8737 section 3.
fn proving(name: &str, text: &KeyAuthorization) -> Result<Arc<CertifiedKey>, Error> {
    let make = || {
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        params.distinguished_name = DistinguishedName::new();
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(text.digest().as_ref())];
        let key = KeyPair::generate()?;
        Ok((params.self_signed(&key)?.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der())))
    };
    let (certificate, key) = make().map_err(|error: rcgen::Error| Error::Unusable(error.to_string()))?;
    let key = aws_lc_rs::sign::any_supported_type(&key.into()).map_err(|error| Error::Unusable(error.to_string()))?;
    // Not by way of the DER: a certificate with an extension that is critical and unknown would be refused there.
    Ok(Arc::new(CertifiedKey::new(vec![certificate], key)))
}

/// Why the server was not convinced, which only the challenge tells.
async fn refusal(order: &mut Order, way: Way, error: instant_acme::Error, proofs: &[Pending]) -> Error {
    let mut found = None;
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        if let Ok(state) = authorization.refresh().await {
            found = found.or_else(|| state.challenges.iter().find_map(|challenge| challenge.error.clone()));
        }
    }
    match (found, error) {
        (Some(problem), _) => Error::NotProved { way: way.as_str(), source: problem.into() },
        (None, error @ (instant_acme::Error::Str(_) | instant_acme::Error::Timeout(_))) if !proofs.is_empty() => {
            Error::NotProved { way: way.as_str(), source: error }
        }
        (None, error) => error.into(),
    }
}
