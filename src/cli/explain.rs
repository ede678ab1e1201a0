//! `fngate explain`.

use std::fmt::Write;
use std::process::ExitCode;

use http::{Method, Uri};

use super::configured::Configured;
use super::outcome::{Failure, print};
use super::routes::{Row, align, table};
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

fn describe(explanation: &Explanation<'_, Row>) -> String {
    let mut text = format!("{} {} on host {}\n", explanation.method, explanation.path, explanation.host);
    if let Some(plain) = &explanation.plain {
        let _ = writeln!(text, "read as {plain}");
    }
    let lost =
        |reason: &Option<String>| reason.as_ref().map_or_else(|| "wins".to_owned(), |reason| format!("lost: {reason}"));
    let domains = explanation.domains.iter().map(|domain| {
        [
            format!("  {}{}", domain.host, domain.base_path),
            format!("{} in {}", domain.service, domain.environment),
            lost(&domain.lost),
        ]
    });
    section(&mut text, "domains", domains);
    let candidates = explanation
        .candidates
        .iter()
        .map(|candidate| [format!("  {}", candidate.method), candidate.path.clone(), lost(&candidate.lost)]);
    section(&mut text, "candidates, the most specific first", candidates);
    let readings = explanation.readings.iter().map(|reading| {
        let verdict = if reading.agrees { "agrees" } else { "differs" };
        let selects = reading.selects.as_deref().unwrap_or("nothing");
        [format!("  {}", reading.reading), reading.path.clone(), format!("{verdict}: {selects}")]
    });
    section(&mut text, "other readings of the path", readings);
    let elsewhere = explanation
        .elsewhere
        .iter()
        .map(|api| [format!("  {}", api.method), api.path.clone(), format!("in {}", api.environment)]);
    section(&mut text, "published elsewhere", elsewhere);
    let _ = writeln!(text, "result: {}", explanation.outcome);
    if let Ok(found) = &explanation.result {
        let row = found.payload();
        let _ = writeln!(text, "function: {}", row.function_version());
        let _ = writeln!(text, "timeout: {}", row.effective_timeout());
        let parameters: Vec<_> =
            found.parameters(&explanation.path).map(|(name, value)| format!("{name}={value}")).collect();
        if !parameters.is_empty() {
            let _ = writeln!(text, "path parameters: {}", parameters.join("&"));
        }
    }
    text
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = [String; 3]>) {
    let lines: Vec<_> = lines.collect();
    if !lines.is_empty() {
        let _ = write!(text, "{title}:\n{}", align(&lines));
    }
}
