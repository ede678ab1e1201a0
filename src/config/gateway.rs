//! Reads `[gateway]`, `[admin]` and `[log]`.

use std::cell::LazyCell;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::address::{ADMIN, NETWORK};
use super::error::{Diagnostic, Problem, closest, quoted};
use super::field;
use super::file::Span;
use super::host::is_dns_name;
use super::http2::Http2;
use super::reader::Section;
use super::types::{AccessLog, Admin, Gateway, Log, LogFormat, ReservedPolicy, TrustedProxies};
use super::value::{Found, Kind, SIZE};
use crate::header::ReservedPrefix;

/// The shortest time that anything waits; shorter is never meant.
pub(super) const SHORTEST: Duration = Duration::from_millis(1);
/// A year. Timers that reach much further overflow somewhere.
pub(super) const LONGEST: Duration = Duration::from_secs(8760 * 3600);
/// The largest number of connections, requests or waiting requests that can be configured.
pub(super) const MANY: usize = 10_000_000;

/// What the bytes and the fields of a head can be limited to.
pub(super) const HEADER_BYTES: RangeInclusive<u64> = 8 * KIB..=1024 * KIB;
pub(super) const HEADERS: RangeInclusive<usize> = 1..=1000;

const KIB: u64 = 1024;
/// RFC 9113: what a window is before anybody says anything, and what it can be.
const SMALLEST_WINDOW: u64 = 65_535;
const LARGEST_WINDOW: u64 = (1 << 31) - 1;
const MOST_WORKERS: usize = 1024;

const PREFIX: Kind<ReservedPrefix> =
    Kind::new("X-Scf-", |text| ReservedPrefix::parse(text).map_err(|error| Problem::new(error.to_string())));
const IDENTITY: Kind<String> = Kind::new("eu-central", identity);
const ADMIN_HOST: Kind<String> = Kind::new("fngate.internal", admin_host);
const ACCESS: Kind<AccessLog> = Kind::new("stdout", access);

pub(super) fn read_gateway(section: &Section<'_>) -> Gateway {
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
            networks: section.list("trusted_proxies", &NETWORK).into_iter().map(|network| network.value).collect(),
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
        http2: section.table("http2", read_http2),
    }
}

fn read_http2(section: &Section<'_>) -> Http2 {
    let default = Http2::DEFAULT;
    let window = |key, default: u32| {
        let bytes = section.size(key, default.into(), SMALLEST_WINDOW..=LARGEST_WINDOW);
        u32::try_from(bytes).unwrap_or(default)
    };
    let max_streams = section.number("max_streams", default.max_streams, 1..=10_000);
    let stream_window = window("stream_window", default.stream_window);
    // Uploads whose functions do not read must not keep the others of their connection waiting.
    let all = u64::from(max_streams) * u64::from(stream_window);
    let all = u32::try_from(all.min(LARGEST_WINDOW)).unwrap_or(stream_window);
    Http2 {
        max_streams,
        stream_window,
        connection_window: window("connection_window", all),
        max_resets: section.number("max_resets", default.max_resets, 1..=100_000),
        control_frames: section.number("control_frames", default.control_frames, 100..=1_000_000),
    }
}

/// `max_body_bytes`: zero is no limit.
pub(super) fn read_body_limit(section: &Section<'_>) -> Option<Found<Option<u64>>> {
    let limit = section.optional("max_body_bytes", &SIZE)?;
    Some(limit.map(|bytes| (bytes > 0).then_some(bytes)))
}

/// The admin listener, and where its address was set.
pub(super) fn read_admin(section: &Section<'_>) -> (Admin, Option<Span>) {
    let address = section.optional("address", &ADMIN);
    let hosts = section.list("hosts", &ADMIN_HOST).into_iter().map(|host| host.value).collect();
    match address {
        Some(found) => (Admin { address: found.value, hosts }, Some(found.span)),
        None => (Admin { address: Some(([127, 0, 0, 1], 9901).into()), hosts }, None),
    }
}

pub(super) fn read_log(section: &Section<'_>) -> Log {
    use tracing::Level;
    let levels = [
        ("error", Level::ERROR),
        ("warn", Level::WARN),
        ("info", Level::INFO),
        ("debug", Level::DEBUG),
        ("trace", Level::TRACE),
    ];
    Log {
        level: section.choice("level", Level::INFO, &levels),
        format: section.choice("format", LogFormat::Json, &[("json", LogFormat::Json), ("text", LogFormat::Text)]),
        access: section.optional("access", &ACCESS).map_or(AccessLog::Stdout, |access| {
            if let AccessLog::File(path) = &access.value
                && section.reader.disk.has_read(path)
            {
                section
                    .report(Diagnostic::new("the access log would be written into the configuration").at(&access.span));
            }
            access.value
        }),
    }
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

fn admin_host(text: &str) -> Result<String, Problem> {
    let name = text.strip_suffix('.').unwrap_or(text);
    if is_dns_name(name) {
        return Ok(name.to_ascii_lowercase());
    }
    let hint = "a DNS name without a port; IP addresses need not be listed".to_owned();
    Err(Problem::new(format!("{} is not the name of a host", quoted(text))).hint(hint))
}

fn access(text: &str) -> Result<AccessLog, Problem> {
    match text {
        "off" => Ok(AccessLog::Off),
        "stdout" => Ok(AccessLog::Stdout),
        "stderr" => Ok(AccessLog::Stderr),
        path if path.starts_with('/') && !path.contains('\0') => Ok(AccessLog::File(PathBuf::from(path))),
        _ => {
            let hint = closest(text, ["off", "stdout", "stderr"]).map(|close| format!("did you mean \"{close}\"?"));
            let message = "`access` is \"off\", \"stdout\", \"stderr\" or the absolute path of a file";
            Err(Problem::new(message).hint(hint))
        }
    }
}
