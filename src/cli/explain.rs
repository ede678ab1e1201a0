//! `fngate explain`.

use std::fmt::Write;
use std::process::ExitCode;

use http::{Method, Uri};

use super::configured::Configured;
use super::outcome::{Failure, print};
use super::routes::{Row, table};
use crate::route::Explanation;

pub(super) fn explain(configured: &Configured, method: &str, url: &str) -> Result<ExitCode, Failure> {
    let method: Method = method.parse().map_err(|_invalid| Failure::usage(format!("`{method}` is not a method")))?;
    let uri: Uri = url.parse().map_err(|error| Failure::usage(format!("`{url}` is not a URL: {error}")))?;
    let Some(host) = uri.authority() else {
        return Err(Failure::usage(format!("`{url}` names no host: write it as http://HOST{url}")));
    };
    let config = configured.load()?.config;
    let table = table(&config)?;
    let explanation = table.explain(host.as_str(), uri.path(), &method);
    print(&describe(&explanation))
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
