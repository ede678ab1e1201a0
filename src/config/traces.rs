//! `[traces]` as the rest of the program sees it.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};
use rustls::pki_types::CertificateDer;

/// `[traces]` with an `endpoint`.
#[derive(Clone, Debug, PartialEq)]
pub struct Traces {
    /// Where the collector takes OTLP over HTTP, `http://` or `https://`, with the path.
    pub endpoint: Uri,
    /// The part of the traces that begin here which is sampled, from 0 to 1.
    pub ratio: f64,
    /// What the gateway is called in traces.
    pub service_name: String,
    /// Sent to the collector. Debug hides the values.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The roots that the collector's certificate must lead to; `None` is those of the system.
    pub roots: Option<Vec<CertificateDer<'static>>>,
    /// For one request to the collector.
    pub timeout: Duration,
}
