//! `fngate explain`.

use std::fmt::Write;
use std::process::ExitCode;

use http::{Method, Uri};

use super::configured::Inspected;
use super::outcome::{Failure, REFUSED, print};
use super::routes::{Row, table};
use crate::route::Explanation;

/// The usage, with an example: people who leave something out have no use for names in brackets.
pub(super) const USAGE: &str = "fngate explain [-c FILE] <METHOD> <URL>
       fngate explain GET http://shop.example.com/orders/7";

pub(super) fn explain(file: &Inspected, method: &Method, url: &str) -> Result<ExitCode, Failure> {
    let written = if has_scheme(url) || url.starts_with('/') { url.to_owned() } else { format!("http://{url}") };
    let uri: Uri = written.parse().map_err(|error| Failure::usage(format!("`{url}` is not a URL: {error}")))?;
    let Some(host) = uri.authority() else {
        return Err(Failure::usage(format!("`{url}` names no host: write it as http://HOST{url}")));
    };
    let config = file.choose().inspect()?.config;
    let table = table(&config)?;
    let explanation = table.explain(host.as_str(), uri.path(), method);
    let printed = print(&describe(&explanation))?;
    Ok(if explanation.result.is_ok() { printed } else { REFUSED.into() })
}

/// Reads the first argument. When only one is given it is often the URL.
pub(super) fn method(text: &str) -> Result<Method, String> {
    match text.parse() {
        // A token may have a dot in it; no method in use does.
        Ok(method) if !text.contains('.') => Ok(method),
        _ if text.contains(['/', '.', ':']) => Err(format!("the method is missing: fngate explain GET {text}")),
        _ => Err(format!("`{text}` is not a method")),
    }
}

/// Whether a URL begins with a scheme (RFC 3986 section 3.1). There may be another one in its query.
fn has_scheme(url: &str) -> bool {
    let is_scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    url.split_once("://").is_some_and(|(scheme, _)| is_scheme(scheme))
}

/// The explanation, and what the winner brings along.
fn describe(explanation: &Explanation<'_, Row>) -> String {
    let mut text = explanation.to_string();
    if let Ok(found) = &explanation.result {
        let row = found.payload();
        let _ = writeln!(text, "  function  {}", row.function_version());
        let _ = writeln!(text, "  timeout   {}", row.effective_timeout());
        for (name, value) in found.parameters(&explanation.path) {
            let _ = writeln!(text, "  parameter {name}={value}");
        }
    }
    text
}
