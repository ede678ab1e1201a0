//! `[traces]`: which requests are traced, and who is told.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};
use rustls::pki_types::CertificateDer;
use toml::de::DeValue;

use crate::config::error::{Diagnostic, Problem, quoted};
use crate::config::field;
use crate::config::host::split_port;
use crate::config::pem;
use crate::config::range::{LONGEST, SHORTEST};
use crate::config::schema::Form;
use crate::config::section::Section;
use crate::config::value::{Kind, mismatch};
use crate::header::ReservedPrefix;

/// Whether this build can send traces.
const BUILT: bool = cfg!(feature = "otel");
const NOT_BUILT: &str = "this build has no traces: build without `--no-default-features`, or with `--features otel`";

/// Where a collector takes traces if its URL has no path.
const PATH: &str = "/v1/traces";

/// `None` is the empty string.
const ENDPOINT: Kind<Option<Uri>> =
    Kind::new(
        "http://127.0.0.1:4318/v1/traces",
        |text| if text.is_empty() { Ok(None) } else { endpoint(text).map(Some) },
    );
const DEFAULT_NAME: &str = "fngate";
const SERVICE_NAME: Kind<String> = Kind::new(DEFAULT_NAME, |text| match text.trim() {
    "" => Err(Problem::new("a service without a name is nobody's")),
    name => Ok(name.to_owned()),
});

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

pub(in crate::config) fn read(section: &Section<'_>) -> Option<Traces> {
    if let Some(span) = section.span.as_ref().filter(|_| !BUILT) {
        section.report(Diagnostic::new(NOT_BUILT).at(span));
    }
    let endpoint = section.optional("endpoint", &ENDPOINT).and_then(|found| found.value);
    let ratio = ratio(section);
    let service_name = section.optional("service_name", &SERVICE_NAME);
    // Nothing is reserved toward a collector.
    let mut headers = field::read(section, &ReservedPrefix::default());
    headers.iter_mut().for_each(|(_, value)| value.set_sensitive(true));
    Some(Traces {
        ratio,
        service_name: service_name.map_or_else(|| DEFAULT_NAME.to_owned(), |found| found.value),
        headers,
        roots: pem::roots(section, "ca"),
        timeout: section.duration("timeout", Duration::from_secs(10), SHORTEST..=LONGEST),
        endpoint: endpoint?,
    })
}

fn ratio(section: &Section<'_>) -> f64 {
    let default = 1.0;
    let Some(value) = section.value_as("ratio", || Form::Fraction) else { return default };
    let number = match value.node {
        DeValue::Float(number) => number.as_str().parse().ok(),
        DeValue::Integer(number) => number.as_str().parse().ok(),
        _ if let Some(written) = value.with_variable() => match section.put_in(&value, written) {
            Some(text) => text.trim().parse().ok(),
            None => return default,
        },
        other => {
            section.report(mismatch("a number from 0 to 1", other).at(&value.span));
            return default;
        }
    };
    number.filter(|number| (0.0..=1.0).contains(number)).unwrap_or_else(|| {
        section.report(Diagnostic::new("`ratio` must be from 0 to 1").at(&value.span));
        default
    })
}

fn endpoint(text: &str) -> Result<Uri, Problem> {
    let error = || Problem::new(format!("{} is not the URL of a collector: `http://host:port/path`", quoted(text)));
    let uri: Uri = text.parse().map_err(|_invalid| error())?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(error().hint("OTLP over HTTP; its usual port is 4318".to_owned()));
    }
    let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    if authority.contains('@') {
        let hint = "whatever identifies you to the collector goes in `headers`".to_owned();
        return Err(Problem::new("the URL of a collector names no user").hint(hint));
    }
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    let has_good_port = split_port(authority).1.is_none_or(is_port);
    // A fragment is for whoever has the page.
    if uri.host().is_none_or(str::is_empty) || !has_good_port || text.contains('#') {
        return Err(error());
    }
    if uri.path() != "/" {
        return Ok(uri);
    }
    let mut parts = uri.into_parts();
    parts.path_and_query = PATH.parse().ok();
    Uri::from_parts(parts).map_err(|_invalid| error())
}
