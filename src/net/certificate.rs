//! What a certificate says: for which names it is, whose it is, and until when.

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use super::subject;

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

/// Whose it is: the distinguished name of its subject, such as `O=Example, CN=client 7`. It can be the value of a field, and is no other
/// subject's.
#[must_use]
pub fn subject(certificate: &CertificateDer<'_>) -> Option<String> {
    parse(certificate).map(|certificate| subject::write(certificate.subject()))
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
    }

    #[test]
    fn what_is_no_certificate_says_nothing() {
        let nothing = CertificateDer::from(vec![1, 2, 3]);
        assert_eq!((names(&nothing), expiry(&nothing), subject(&nothing)), (vec![], None, None));
    }
}
