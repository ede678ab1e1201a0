//! `fngate explain`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use http::{Method, Uri};

use super::admin::at;
use super::configured::Inspected;
use super::gateway::Question;
use super::inspected::Inspection;
use super::outcome::{Failure, REFUSED, print};
use super::table;
use crate::inspect::explain::Explained;

/// The usage, with an example: people who leave something out have no use for names in brackets.
const USAGE: &str = "fngate explain [-c FILE] [--admin ADDR] [--json] <METHOD> <URL>
       fngate explain GET http://shop.example.com/orders/7";

const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
#[command(override_usage = USAGE)]
pub(super) struct Explain {
    #[command(flatten)]
    file: Inspected,
    /// Ask the running gateway instead of a file: at this admin address, or at the one in the file.
    #[arg(long, value_name = "ADDR", num_args = 0..=1, default_missing_value = "")]
    admin: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// The method, such as GET, and the URL, such as <http://shop.example.com/orders/7>; without a scheme it is http.
    #[arg(value_names = ["METHOD", "URL"], num_args = 1..=2, required = true)]
    request: Vec<String>,
}

impl Explain {
    /// The admin address, the method and the URL. A word behind `--admin` that is no address is the method.
    fn words(&self) -> Result<(Option<&str>, Method, &str), Failure> {
        let is_address = |text: &&str| text.is_empty() || text.contains(':');
        let given = self.admin.as_deref();
        let moved = given.filter(|text| !is_address(text));
        let admin = given.map(|text| if is_address(&text) { text } else { "" });
        let words: Vec<_> = moved.into_iter().chain(self.request.iter().map(String::as_str)).collect();
        let parsed = method(words[0]).map_err(Failure::usage)?;
        match words[..] {
            [_, url] => Ok((admin, parsed, url)),
            [_] => Err(Failure::usage(format!("the URL is missing\n\nUsage: {USAGE}"))),
            _ => Err(Failure::usage(format!("a method and a URL are enough\n\nUsage: {USAGE}"))),
        }
    }
}

pub(super) fn explain(arguments: &Explain) -> Result<ExitCode, Failure> {
    let (admin, method, url) = arguments.words()?;
    let written = if has_scheme(url) || url.starts_with('/') { url.to_owned() } else { format!("http://{url}") };
    let uri: Uri = written.parse().map_err(|error| Failure::usage(format!("`{url}` is not a URL: {error}")))?;
    let Some(host) = uri.authority() else {
        return Err(Failure::usage(format!("`{url}` names no host: write it as http://HOST{url}")));
    };
    let explained = match admin {
        Some(address) => {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("method", method.as_str())
                .append_pair("url", &written)
                .finish();
            let gateway = at(address, &arguments.file.choose())?;
            gateway.read(&Question::get(format!("/v1/explain?{query}"), PATIENCE))?
        }
        None => {
            let config = arguments.file.choose().inspect()?.config;
            Explained::new(&Inspection::new(config)?.snapshot, host.as_str(), uri.path(), &method)
        }
    };
    let printed = if arguments.json { table::json(&explained)? } else { print(&explained.to_string())? };
    Ok(if explained.selected.is_some() { printed } else { REFUSED.into() })
}

/// Reads the first argument. When only one is given it is often the URL.
fn method(text: &str) -> Result<Method, String> {
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
