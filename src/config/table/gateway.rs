//! `[gateway]`: limits and identity that hold for every request.

use std::cell::LazyCell;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use http::HeaderName;
use ipnet::IpNet;

use super::http2::{self, Http2};
use crate::config::address::NETWORK;
use crate::config::error::{Diagnostic, Problem, quoted};
use crate::config::field;
use crate::config::range::{HEADER_BYTES, HEADERS, KIB, LONGEST, MANY, SHORTEST};
use crate::config::section::Section;
use crate::config::value::{Found, Kind, SIZE};
use crate::header::ReservedPrefix;

const MOST_WORKERS: usize = 1024;

const PREFIX: Kind<ReservedPrefix> =
    Kind::new("X-Scf-", |text| ReservedPrefix::parse(text).map_err(|error| Problem::new(error.to_string())));

const IDENTITY: Kind<String> = Kind::new("eu-central", identity);

/// `[gateway]`: limits and identity that hold for every request.
#[derive(Clone, Debug, PartialEq)]
pub struct Gateway {
    /// Worker threads; `None` is one per available core.
    pub workers: Option<NonZeroUsize>,
    pub header_read_timeout: Duration,
    pub keepalive_timeout: Duration,
    pub client_body_idle: Duration,
    /// Bytes of a request head, request line included.
    pub max_header_bytes: usize,
    /// Header fields of a request.
    pub max_headers: usize,
    /// Bytes of a request target.
    pub max_uri_bytes: usize,
    /// Bytes of a request body; `None` is no limit.
    pub max_body_bytes: Option<u64>,
    /// Client connections; `None` follows the limit of open files.
    pub max_connections: Option<NonZeroUsize>,
    pub drain_timeout: Duration,
    pub trusted_proxies: TrustedProxies,
    pub reserved: ReservedPolicy,
    pub reserved_prefix: ReservedPrefix,
    /// Whether requests to functions carry `Via: 1.1 fngate`.
    pub via: bool,
    /// Further fields that are removed from requests.
    pub remove: Vec<HeaderName>,
    pub http2: Http2,
    /// Identity values; an empty one is not sent.
    pub region: String,
    pub appid: String,
    pub uin: String,
}

/// What happens to a reserved field that a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservedPolicy {
    Strip,
    Reject,
}

/// The peers whose `X-Forwarded-*` fields are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    pub networks: Vec<IpNet>,
}

impl TrustedProxies {
    /// Whether a peer at `ip` may speak for others. IPv4-mapped IPv6 addresses count as IPv4.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.networks.iter().any(|network| network.contains(&ip))
    }
}

pub(in crate::config) fn read(section: &Section<'_>) -> Gateway {
    let time = |key, default| section.duration(key, Duration::from_secs(default), SHORTEST..=LONGEST);
    let bytes = |key, default: u64, range| usize::try_from(section.size(key, default, range)).unwrap_or(usize::MAX);
    // Read in its place below: keys are listed in the order in which they are read.
    let prefix =
        LazyCell::new(|| section.optional("reserved_prefix", &PREFIX).map(|prefix| prefix.value).unwrap_or_default());
    Gateway {
        workers: NonZeroUsize::new(section.number("workers", 0, 0..=MOST_WORKERS)),
        header_read_timeout: time("header_read_timeout", 10),
        keepalive_timeout: time("keepalive_timeout", 75),
        client_body_idle: time("client_body_idle", 30),
        max_header_bytes: bytes("max_header_bytes", 64 * KIB, HEADER_BYTES),
        max_headers: section.number("max_headers", 100, HEADERS),
        // `http::Uri` takes no more than 65534 bytes.
        max_uri_bytes: bytes("max_uri_bytes", 8 * KIB, 64..=64 * KIB - 2),
        max_body_bytes: read_body_limit(section).and_then(|limit| limit.value),
        max_connections: NonZeroUsize::new(section.number("max_connections", 0, 0..=MANY)),
        drain_timeout: time("drain_timeout", 30),
        trusted_proxies: TrustedProxies {
            networks: section
                .list("trusted_proxies", &NETWORK)
                .into_iter()
                .map(|network| trusted(section, &network))
                .collect(),
        },
        reserved: section.choice(
            "reserved",
            ReservedPolicy::Strip,
            &[("strip", ReservedPolicy::Strip), ("reject", ReservedPolicy::Reject)],
        ),
        reserved_prefix: ReservedPrefix::clone(&prefix),
        remove: field::read_removed(section, &prefix),
        via: section.boolean("via", false),
        region: text(section.optional("region", &IDENTITY)),
        appid: text(section.optional("appid", &IDENTITY)),
        uin: text(section.optional("uin", &IDENTITY)),
        http2: section.table("http2", http2::read),
    }
}

/// `max_body_bytes`: zero is no limit.
pub(in crate::config) fn read_body_limit(section: &Section<'_>) -> Option<Found<Option<u64>>> {
    let limit = section.optional("max_body_bytes", &SIZE)?;
    Some(limit.map(|bytes| (bytes > 0).then_some(bytes)))
}

/// Warns of a network that everybody is in.
fn trusted(section: &Section<'_>, network: &Found<IpNet>) -> IpNet {
    if network.value.prefix_len() == 0 {
        let warning = Diagnostic::warning("this network contains every address: any client can forge its own");
        section.report(warning.at(&network.span).hint("list the addresses of your proxies".to_owned()));
    }
    network.value
}

fn text(found: Option<Found<String>>) -> String {
    found.map(|found| found.value).unwrap_or_default()
}

fn identity(text: &str) -> Result<String, Problem> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err(Problem::new(format!("{} cannot be sent in a header: visible ASCII without spaces", quoted(text))))
}
