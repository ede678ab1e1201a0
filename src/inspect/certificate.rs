//! The certificates that the gateway shows: to clients, at the admin listener, and to functions that ask for one.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::certificate::{self, EXPIRES_SOON};
use crate::config::Identity;
use crate::entrance::Entrance;
use crate::snapshot::Snapshot;

/// The source of a certificate that an ACME server issues.
const ACME: &str = "acme";
const DAY: i64 = 24 * 3600;

/// A certificate in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Certificate {
    /// The DNS names that it is for; its subject if there are none.
    #[schema(example = json!(["shop.example.com"]))]
    pub names: Vec<String>,
    /// `file:` and the path of the certificate, or `acme`.
    #[schema(example = "file:/etc/fngate/shop.pem")]
    pub source: String,
    /// The address of the listener that shows it; null for one that is shown to functions.
    #[schema(example = "0.0.0.0:443")]
    pub listener: Option<String>,
    /// The distinguished name of whoever issued it.
    pub issuer: Option<String>,
    /// From when on it is valid (RFC 3339).
    pub not_before: Option<String>,
    /// Until when it is valid (RFC 3339).
    pub not_after: Option<String>,
    /// Whole days until then; negative if it has expired.
    pub days_left: Option<i64>,
    pub state: CertificateState,
}

/// Whether clients take a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CertificateState {
    Valid,
    /// It expires within 14 days.
    Expiring,
    Expired,
    /// It has been ordered, and is not there yet.
    Missing,
}

impl Certificate {
    /// All of them at a time in seconds since 1970, by listener; those for functions last.
    #[must_use]
    pub fn all(snapshot: &Snapshot, now: i64) -> Vec<Self> {
        let mut doors: Vec<_> = snapshot.entrances.iter().collect();
        doors.sort_by_key(|((address, index), _)| (address.to_string(), *index));
        let mut all: Vec<_> = doors
            .into_iter()
            .flat_map(|((address, _), entrance)| at_listener(&address.to_string(), entrance, now))
            .collect();
        let admin = &snapshot.config.admin;
        let own = admin.tls.as_ref().zip(admin.address.as_ref());
        all.extend(own.and_then(|(tls, address)| Self::of_identity(tls, Some(address.to_string()), now)));
        let of_functions = snapshot.config.functions.iter().filter_map(|function| function.tls.identity.as_ref());
        let mut seen = BTreeSet::new();
        let once = of_functions.filter(|identity| seen.insert(&identity.files.certificate));
        all.extend(once.filter_map(|identity| Self::of_identity(identity, None, now)));
        all
    }

    fn of_identity(identity: &Identity, listener: Option<String>, now: i64) -> Option<Self> {
        identity.chain.first().map(|leaf| Self::read(leaf, source(identity), listener, now))
    }

    fn read(leaf: &CertificateDer<'_>, source: String, listener: Option<String>, now: i64) -> Self {
        let mut names = certificate::names(leaf);
        if names.is_empty() {
            names.extend(certificate::subject(leaf).filter(|subject| !subject.is_empty()));
        }
        let validity = certificate::validity(leaf);
        let time = |seconds| Timestamp::from_second(seconds).ok().map(|time| time.to_string());
        let left = validity.map(|(_, end)| end - now);
        Self {
            names,
            source,
            listener,
            issuer: certificate::issuer(leaf),
            not_before: validity.and_then(|(begin, _)| time(begin)),
            not_after: validity.and_then(|(_, end)| time(end)),
            days_left: left.map(|left| left.div_euclid(DAY)),
            state: match left {
                Some(..=0) => CertificateState::Expired,
                Some(left) if left < EXPIRES_SOON => CertificateState::Expiring,
                _ => CertificateState::Valid,
            },
        }
    }

    fn ordered(name: &str, listener: &str) -> Self {
        Self {
            names: vec![name.to_owned()],
            source: ACME.to_owned(),
            listener: Some(listener.to_owned()),
            issuer: None,
            not_before: None,
            not_after: None,
            days_left: None,
            state: CertificateState::Missing,
        }
    }

    /// The path of its file, if it was read from one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.source.strip_prefix("file:")
    }
}

fn source(identity: &Identity) -> String {
    format!("file:{}", identity.files.certificate.display())
}

/// Those of one listener, without those that others stand in for.
fn at_listener(listener: &str, entrance: &Entrance, now: i64) -> Vec<Certificate> {
    let Some(secure) = &entrance.tls else { return Vec::new() };
    let spec = secure.acceptor.spec();
    let source = |leaf: &CertificateDer<'_>| {
        let own = spec.identities.iter().find(|identity| identity.chain.first().is_some_and(|first| first == leaf));
        own.map_or_else(|| ACME.to_owned(), source)
    };
    let leaves = secure.acceptor.leaves();
    let mut all: Vec<_> =
        leaves.iter().map(|leaf| Certificate::read(leaf, source(leaf), Some(listener.to_owned()), now)).collect();
    let is_there = |name: &String| all.iter().any(|known| known.source == ACME && known.names.contains(name));
    let missing: Vec<_> = spec.acme.iter().filter(|name| !is_there(name)).collect();
    all.extend(missing.into_iter().map(|name| Certificate::ordered(name, listener)));
    all
}

#[cfg(all(test, feature = "acme"))]
mod tests {
    use std::path::Path;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;
    use crate::clock::unix_time;
    use crate::config;
    use crate::telemetry::metrics::Metrics;

    /// Writes a certificate that is valid until so many days from now, and its key.
    fn issue(folder: &Path, name: &str, days: i64) {
        let end = Timestamp::from_second(unix_time() + days * DAY).expect("a time");
        let end = end.to_zoned(jiff::tz::TimeZone::UTC);
        let mut parameters = CertificateParams::new(vec![format!("{name}.test")]).expect("a name");
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 2);
        let (month, day) = (end.month().unsigned_abs(), end.day().unsigned_abs());
        parameters.not_after = rcgen::date_time_ymd(end.year().into(), month, day);
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        std::fs::write(folder.join(format!("{name}.pem")), certificate.pem()).expect("written");
        std::fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).expect("written");
    }

    #[test]
    fn every_certificate_in_use_is_listed_with_what_becomes_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, days) in [("good", 90), ("soon", 7), ("gone", -3), ("admin", 30), ("client", 200)] {
            issue(folder.path(), name, days);
        }
        let text = r#"
[admin]
address = "127.0.0.1:9901"
[admin.tls]
certificate = "admin.pem"
key = "admin.key"
[acme]
terms_agreed = true
state = "/nowhere"
[[listener]]
address = "127.0.0.1:8443"
[listener.tls]
acme = ["ordered.test"]
certificates = [
  { certificate = "good.pem", key = "good.key" },
  { certificate = "soon.pem", key = "soon.key" },
  { certificate = "gone.pem", key = "gone.key" },
]
[[function]]
name = "f"
instances = ["https://127.0.0.1:1"]
[function.tls]
certificate = "client.pem"
key = "client.key"
[[function]]
name = "g"
instances = ["https://127.0.0.1:2"]
[function.tls]
certificate = "client.pem"
key = "client.key"
"#;
        let main = folder.path().join("fngate.toml");
        std::fs::write(&main, text).expect("written");
        let config = config::load(&main).expect("a good configuration").config;
        let snapshot = Snapshot::compile(config, None, &Metrics::new()).expect("a table");
        let all = Certificate::all(&snapshot, unix_time());
        let file = |name: &str| format!("file:{}", folder.path().join(name).display());
        let shown: Vec<_> = all
            .iter()
            .map(|shown| (shown.names.join(" "), shown.source.clone(), shown.listener.as_deref(), shown.state))
            .collect();
        let row = |name: &str, source: String, listener, state| (format!("{name}.test"), source, listener, state);
        let (https, admin) = (Some("127.0.0.1:8443"), Some("127.0.0.1:9901"));
        let expected = [
            row("good", file("good.pem"), https, CertificateState::Valid),
            row("soon", file("soon.pem"), https, CertificateState::Expiring),
            row("gone", file("gone.pem"), https, CertificateState::Expired),
            row("ordered", ACME.to_owned(), https, CertificateState::Missing),
            row("admin", file("admin.pem"), admin, CertificateState::Valid),
            row("client", file("client.pem"), None, CertificateState::Valid),
        ];
        assert_eq!(shown, expected);
        let [good, _, gone, ordered, ..] = &all[..] else { panic!("{all:?}") };
        assert_eq!(good.not_before.as_deref(), Some("2020-01-02T00:00:00Z"));
        assert_eq!(good.issuer.as_deref(), Some("CN=rcgen self signed cert"));
        assert!(good.days_left.is_some_and(|left| (88..=90).contains(&left)), "{good:?}");
        assert!(gone.days_left.is_some_and(|left| (-5..=-3).contains(&left)), "{gone:?}");
        assert_eq!((&ordered.not_after, &ordered.issuer, ordered.days_left), (&None, &None, None));
        let text = serde_json::to_string(&all).expect("JSON");
        assert!(!text.contains(".key") && !text.contains("PRIVATE"), "{text}");
    }
}
