//! The configuration: TOML as written becomes a [`Config`] that is right by construction.
//!
//! [`load`] is the one way in: the check, the start and the reload share it. It never stops at the first error.

mod address;
mod cover;
mod disk;
mod document;
pub mod edit;
mod environment;
mod error;
mod field;
mod file;
mod foreign;
mod functions;
mod host;
mod inputs;
mod name;
pub mod path;
mod pattern;
mod pem;
mod place;
mod range;
mod reader;
mod resolve;
mod rule;
mod schema;
mod section;
pub mod table;
mod value;
mod variable;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use disk::Disk;
use document::Document;
use reader::Reader;
use section::Section;
use value::{Found, Kind};
use variable::Lookup;

pub use address::{AdminAddress, InstanceAddress, ListenAddress};
pub use environment::Environment;
pub use error::{Diagnostic, Report, Severity};
pub use host::{HostPattern, is_host};
pub use inputs::{Inputs, Source};
pub use path::{BasePath, PathRule, Segment};
pub use pem::{Files, Identity, PrivateKey};
pub use place::{Place, Setting};
pub use resolve::Config;
pub use schema::{Described, Form, Key, reference};
pub use table::acme::Acme;
pub use table::admin::{Admin, AdminRole, AdminToken, TokenHash};
pub use table::function::connection::ConnectionSettings;
pub use table::function::tls::FunctionTls;
pub use table::function::{Function, FunctionId, ProxyProtocol};
pub use table::gateway::{Gateway, ReservedPolicy, TrustedProxies};
pub use table::http2::Http2;
pub use table::listener::tls::{Clients, ListenerTls, Proof, TlsVersion};
pub use table::listener::{Listener, SocketRights};
pub use table::log::{AccessLog, Log, LogFormat};
pub use table::service::api::{Api, Binding, MethodRule};
pub use table::service::{Domain, Service};
pub use table::traces::Traces;

/// A configuration and what it was read from.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    /// Warnings.
    pub report: Report,
    pub inputs: Inputs,
}

/// Why there is no configuration, and what was read nevertheless: a watcher waits for these files to change.
#[derive(Debug, thiserror::Error)]
#[error("{report}")]
pub struct Failure {
    /// Errors, and warnings.
    pub report: Report,
    pub inputs: Inputs,
}

/// Reads a file and the files that it includes.
///
/// # Errors
/// [`Failure`] holds every error of every file, unless a file could not be read or its syntax is so broken that nothing
/// certain could be said about the rest.
pub fn load(path: &Path) -> Result<Loaded, Failure> {
    let disk = Disk::new(path);
    let result = load_from(&disk);
    let inputs = disk.into_inputs();
    match result {
        Ok((config, report)) => Ok(Loaded { config, report, inputs }),
        Err(report) => Err(Failure { report, inputs }),
    }
}

/// Reads a configuration that is not on the disk; `name` stands for the file in messages and for where it would be. `include` is
/// refused. Warnings are left out.
///
/// # Errors
/// As [`load`].
pub fn parse(name: &Path, text: &str) -> Result<Config, Report> {
    parse_with(name, text, &|variable| std::env::var(variable)).map(|(config, _warnings)| config)
}

/// Every key of the configuration, in the order of the reference.
#[must_use]
pub fn schema() -> Vec<Key> {
    Reader::learn(|reader| {
        Section::root(reader, &[], resolve::read);
    })
}

/// The dotted names of all keys, such as `service.api.raw_path`, in the order of the reference.
#[must_use]
pub fn schema_keys() -> Vec<String> {
    schema().into_iter().map(|key| key.name).collect()
}

fn load_from(disk: &Disk) -> Result<(Config, Report), Report> {
    let main = disk.read_main().map_err(|error| Report::new(vec![error], &[]))?;
    let schema = schema_keys();
    let reader = Reader::new(&|name| std::env::var(name), disk, &schema);
    let mut documents = vec![Document::parse(&main)];
    let patterns = read_includes(&reader, &documents);
    let included = disk.follow(patterns, &reader.diagnostics);
    let complete = !reader.diagnostics.has_errors();
    documents.extend(included.iter().map(Document::parse));
    for document in documents.iter().skip(1) {
        document.refuse_includes("only the main file may include others", &reader.diagnostics);
    }
    finish(reader, documents, complete)
}

fn parse_with(name: &Path, text: &str, lookup: Lookup<'_>) -> Result<(Config, Report), Report> {
    let file = file::File::new(name, text.to_owned());
    let (disk, schema) = (Disk::new(name), schema_keys());
    let reader = Reader::new(lookup, &disk, &schema);
    let documents = vec![Document::parse(&file)];
    documents
        .iter()
        .for_each(|document| document.refuse_includes("there are no files to include here", &reader.diagnostics));
    finish(reader, documents, true)
}

fn read_includes(reader: &Reader<'_>, documents: &[Document<'_>]) -> Vec<Found<String>> {
    const PATTERN: Kind<String> = Kind::text("services/*.toml");
    Section::peek(reader, documents).list("include", &PATTERN)
}

/// Reads documents of which all syntax errors are known. What they mean is looked at only if that can be told.
fn finish(reader: Reader<'_>, mut documents: Vec<Document<'_>>, complete: bool) -> Result<(Config, Report), Report> {
    let syntax: Vec<_> = documents.iter_mut().flat_map(|document| std::mem::take(&mut document.errors)).collect();
    let files: Vec<_> = documents.iter().map(|document| Arc::clone(document.file)).collect();
    let intact = complete && documents.iter().all(|document| document.intact);
    let config = intact.then(|| Section::root(&reader, &documents, resolve::read));
    let mut diagnostics = reader.diagnostics.into_inner();
    // A value that is no TOML has been reported; that its repaired reading makes no sense either is not news.
    let lines: HashSet<_> = syntax.iter().filter_map(Diagnostic::line).collect();
    diagnostics.retain(|diagnostic| diagnostic.line().is_none_or(|line| !lines.contains(&line)));
    diagnostics.extend(syntax);
    if diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error) {
        // What seems odd may come of an error.
        diagnostics.retain(|diagnostic| diagnostic.severity() == Severity::Error);
    }
    let report = Report::new(diagnostics, &files);
    match config {
        Some(config) if report.errors().is_empty() => Ok((config, report)),
        _ => Err(report),
    }
}
