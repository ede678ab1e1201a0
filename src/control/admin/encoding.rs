//! What a client accepts, and gzip for those that take it.

use std::io::{self, Write};

use axum::http::{HeaderMap, HeaderName};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Whether `Accept` or `Accept-Encoding` names this, and does not refuse it.
#[must_use]
pub fn accepts(headers: &HeaderMap, field: HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(field).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|listed| {
        let mut parts = listed.split(';').map(str::trim);
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted)) && !parts.any(is_refusal)
    })
}

/// `q=0`
fn is_refusal(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or_default();
    name.trim() == "q" && value.trim().parse() == Ok(0.0)
}

/// Compresses bytes.
///
/// # Errors
/// Never in practice: a `Vec` accepts every write.
pub fn gzip(bytes: &[u8], level: Compression) -> io::Result<Vec<u8>> {
    let mut zip = GzEncoder::new(Vec::new(), level);
    zip.write_all(bytes)?;
    zip.finish()
}
