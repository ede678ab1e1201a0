//! Tests of the configuration as a whole: what is refused and in which words, what is read, and what stands in the files
//! beside the code.

mod acme;
mod bad;
mod disk;
mod edits;
mod good;
mod pem;
mod shipped;
mod source;
mod traces;
mod warnings;

use std::env::VarError;
use std::path::Path;

use super::Config;
use super::{Report, parse_with};

/// A listener and a function, for documents that are about something else.
const BASE: &str = r#"
[[listener]]
address = "0.0.0.0:8080"

[[function]]
name = "echo"
instances = ["builtin:echo"]
"#;

fn parse(text: &str) -> Result<Config, Report> {
    read(text).map(|(config, _warnings)| config)
}

fn read(text: &str) -> Result<(Config, Report), Report> {
    parse_with(Path::new("fngate.toml"), text, &|name| match name {
        "DOMAIN" => Ok("example.com".to_owned()),
        "WAIT" => Ok("20s".to_owned()),
        "COUNT" => Ok("7".to_owned()),
        "YES" => Ok("true".to_owned()),
        _ => Err(VarError::NotPresent),
    })
}

/// The configuration of `text` and [`BASE`].
fn good(text: &str) -> Config {
    parse(&format!("{text}\n{BASE}")).unwrap_or_else(|report| panic!("{report}"))
}

/// A service `shop` with one API of the given keys.
fn api(keys: &str) -> String {
    format!("[[service]]\nname = \"shop\"\nhosts = [\"*\"]\n\n[[service.api]]\n{keys}\n")
}

/// Compares with the snapshot of that name.
fn keep(group: &str, reports: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(group, reports);
    });
}
