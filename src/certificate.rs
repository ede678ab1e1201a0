//! What a certificate says: for which names it is, whose it is, and until when.

mod subject;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::asn1_rs::{Any, Sequence, Tag};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::AlgorithmIdentifier;

/// The lengths of RSA keys that TLS libraries take, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A certificate that expires in fewer seconds than this is warned of: 14 days.
pub const EXPIRES_SOON: i64 = 14 * 24 * 3600;

/// Why a certificate or a key cannot be used in TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Completes "the certificate …", or "the key …".
    pub what: String,
    pub instead: &'static str,
}

/// The names that a certificate is for, in lower case: `shop.example.com`, or `*.example.com`. Addresses are left out: nobody can ask
/// for one by SNI.
#[must_use]
pub fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Some(certificate) = parse(certificate) else { return Vec::new() };
    let Ok(Some(alternatives)) = certificate.subject_alternative_name() else { return Vec::new() };
    let dns = alternatives.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    });
    dns.collect()
}

/// When it expires, in seconds since 1970.
#[must_use]
pub fn expiry(certificate: &CertificateDer<'_>) -> Option<i64> {
    validity(certificate).map(|(_, end)| end)
}

/// From when to when it is good, in seconds since 1970.
#[must_use]
pub fn validity(certificate: &CertificateDer<'_>) -> Option<(i64, i64)> {
    let certificate = parse(certificate)?;
    let validity = certificate.validity();
    Some((validity.not_before.timestamp(), validity.not_after.timestamp()))
}

/// Whether `newer` is shown wherever `older` could be: it is valid, lasts longer, and is for the same names with the same kind of key.
#[must_use]
pub fn supersedes(newer: &CertificateDer<'_>, older: &CertificateDer<'_>, now: i64) -> bool {
    let (Some((begin, end)), Some((_, end_of_older))) = (validity(newer), validity(older)) else { return false };
    let kind = |certificate: &CertificateDer<'_>| {
        parse(certificate).map(|certificate| certificate.public_key().algorithm.algorithm.to_id_string())
    };
    let (names_of_newer, names_of_older) = (names(newer), names(older));
    (begin..end).contains(&now)
        && end > end_of_older
        && !names_of_older.is_empty()
        && names_of_older.iter().all(|name| names_of_newer.contains(name))
        && kind(newer) == kind(older)
}

/// A time in seconds, for people: `13 days`, `5 hours`.
#[must_use]
pub fn in_words(seconds: i64) -> String {
    let (count, unit) = match seconds {
        172_800.. => (seconds / 86_400, "days"),
        7_200.. => (seconds / 3_600, "hours"),
        _ => (seconds / 60, "minutes"),
    };
    format!("{count} {unit}")
}

/// Whose it is: the distinguished name of its subject, such as `O=Example, CN=client 7`. It can be the value of a field, and is no other
/// subject's.
#[must_use]
pub fn subject(certificate: &CertificateDer<'_>) -> Option<String> {
    parse(certificate).map(|certificate| subject::write(certificate.subject()))
}

/// Whose signature it has: the distinguished name of its issuer, written like a [`subject()`].
#[must_use]
pub fn issuer(certificate: &CertificateDer<'_>) -> Option<String> {
    parse(certificate).map(|certificate| subject::write(certificate.issuer()))
}

/// Why TLS cannot be served with a certificate, if that is known.
#[must_use]
pub fn unsupported(certificate: &CertificateDer<'_>) -> Option<Unsupported> {
    let certificate = parse(certificate)?;
    if certificate.version().0 < 2 {
        return Some(Unsupported {
            what: format!("is X.509 version {}", certificate.version().0 + 1),
            instead: "issue one of version 3, with the names that it is for (`subjectAltName`)",
        });
    }
    let key = certificate.public_key();
    if let Ok(PublicKey::RSA(key)) = key.parsed()
        && !RSA_BITS.contains(&key.key_size())
    {
        return Some(Unsupported {
            what: format!("has an RSA key of {} bits", key.key_size()),
            instead: "issue one for an RSA key of 2048 to 8192 bits, or an EC key on P-256",
        });
    }
    unsupported_algorithm(&key.algorithm).map(|kind| Unsupported {
        what: format!("has {kind}"),
        instead: "issue one for an EC key on P-256, P-384 or P-521, an RSA key, or an Ed25519 key",
    })
}

/// Why a private key cannot be used in TLS, if that is known. Only PKCS #8 says what a key is.
#[must_use]
pub fn unsupported_key(key: &PrivateKeyDer<'_>) -> Option<Unsupported> {
    let PrivateKeyDer::Pkcs8(key) = key else { return None };
    let (_, sequence) = Sequence::from_der(key.secret_pkcs8_der()).ok()?;
    let (behind_version, _) = Any::from_der(&sequence.content).ok()?;
    let (_, algorithm) = AlgorithmIdentifier::from_der(behind_version).ok()?;
    unsupported_algorithm(&algorithm).map(|kind| Unsupported {
        what: format!("is {kind}"),
        instead: "use an EC key on P-256, P-384 or P-521, an RSA key of 2048 to 8192 bits, or an Ed25519 key",
    })
}

/// What kind of key it is, if TLS libraries do not take it.
fn unsupported_algorithm(algorithm: &AlgorithmIdentifier<'_>) -> Option<String> {
    match algorithm.algorithm.to_id_string().as_str() {
        // RSA, Ed25519
        "1.2.840.113549.1.1.1" | "1.3.101.112" => None,
        "1.2.840.10045.2.1" => unsupported_curve(algorithm.parameters.as_ref()),
        "1.2.840.113549.1.1.10" => Some("an RSA-PSS key, which is for PSS signatures only".to_owned()),
        "1.3.101.113" => Some("an Ed448 key".to_owned()),
        "1.2.840.10040.4.1" => Some("a DSA key".to_owned()),
        other => Some(format!("a key of an unknown kind (OID {other})")),
    }
}

fn unsupported_curve(parameters: Option<&Any<'_>>) -> Option<String> {
    let Some(curve) =
        parameters.filter(|parameters| parameters.tag() == Tag::Oid).and_then(|parameters| parameters.as_oid().ok())
    else {
        return Some("an EC key with explicit parameters in place of the name of a curve".to_owned());
    };
    let name = match curve.to_id_string().as_str() {
        "1.2.840.10045.3.1.7" | "1.3.132.0.34" | "1.3.132.0.35" => return None,
        "1.3.132.0.10" => "secp256k1".to_owned(),
        "1.3.132.0.33" => "P-224".to_owned(),
        other => format!("OID {other}"),
    };
    Some(format!("an EC key on the curve {name}"))
}

/// Whether each certificate of a chain is issued by the one behind it.
#[must_use]
pub fn is_in_order(chain: &[CertificateDer<'_>]) -> bool {
    let certificates: Option<Vec<_>> = chain.iter().map(|certificate| parse(certificate)).collect();
    certificates.is_none_or(|certificates| {
        certificates.windows(2).all(|pair| pair[0].issuer().as_raw() == pair[1].subject().as_raw())
    })
}

fn parse<'a>(certificate: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    X509Certificate::from_der(certificate).ok().map(|(_rest, certificate)| certificate)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

    use super::*;

    fn certificate(names: &[&str], common_name: &str) -> CertificateDer<'static> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut parameters = CertificateParams::new(names).expect("names");
        parameters.distinguished_name = DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, common_name);
        parameters.not_after = rcgen::date_time_ymd(2031, 2, 3);
        let key = KeyPair::generate().expect("a key");
        parameters.self_signed(&key).expect("a certificate").der().clone()
    }

    #[test]
    fn a_certificate_says_what_it_is_for() {
        let certificate = certificate(&["Shop.Example", "*.example", "192.0.2.1"], "client 7");
        assert_eq!(names(&certificate), ["shop.example", "*.example"]);
        assert_eq!(expiry(&certificate), Some(1_927_843_200));
        assert_eq!(subject(&certificate).as_deref(), Some("CN=client 7"));
        assert_eq!(issuer(&certificate).as_deref(), Some("CN=client 7"), "it has signed itself");
    }

    #[test]
    fn what_is_no_certificate_says_nothing() {
        let nothing = CertificateDer::from(vec![1, 2, 3]);
        assert_eq!((names(&nothing), expiry(&nothing), subject(&nothing)), (vec![], None, None));
    }
}
