//! The configuration: TOML as written becomes a [`Config`] that is right by construction.
//!
//! [`load`] is the one way in: the check, the start and the reload share it. It never stops at the first error.

mod address;
mod cover;
mod diff;
mod digest;
mod document;
pub mod edit;
pub mod editable;
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
mod recorder;
mod resolve;
mod rule;
mod schema;
pub mod secret;
mod section;
pub mod source;
pub mod store;
mod syntax;
pub mod table;
pub mod typed;
mod value;
mod variable;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use document::Document;
use reader::Reader;
use recorder::Recorder;
use section::Section;
use table::admin::EditDir;
use value::{Found, Kind};
use variable::Lookup;

pub use address::{AdminAddress, InstanceAddress, ListenAddress};
pub use diff::diff;
pub use digest::Digest;
pub use environment::Environment;
pub use error::{Diagnostic, Report, Severity};
pub use host::{HostPattern, is_host};
pub use inputs::{Input, Inputs, Role};
pub use path::{BasePath, PathRule, Segment};
pub use pem::{Files, Identity, PrivateKey};
pub use place::{Place, Setting};
pub use resolve::Config;
pub use schema::{Described, Form, Key, reference};
pub use secret::{MASK, masked, masked_urls};
pub use source::Source;
pub use source::disk::Disk;
pub use source::memory::Memory;
pub use source::overlay::Overlay;
pub use table::acme::Acme;
pub use table::admin::Admin;
pub use table::admin::token::{AdminRole, AdminToken, TokenHash};
pub use table::function::connection::ConnectionSettings;
pub use table::function::tls::FunctionTls;
pub use table::function::{Function, FunctionId, ProxyProtocol};
pub use table::gateway::{Gateway, ReservedPolicy, TrustedProxies};
pub use table::history::History;
pub use table::http2::Http2;
pub use table::listener::tls::{Clients, ListenerTls, Proof, TlsVersion};
pub use table::listener::{Listener, SocketRights};
pub use table::log::{AccessLog, Log, LogFormat};
pub use table::service::api::{Api, Binding, MethodRule};
pub use table::service::{Domain, Service};
pub use table::traces::Traces;
pub(crate) use variable::state_directory;

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

/// Loads a configuration file from the disk, with the files that it includes.
///
/// # Errors
/// [`Failure`] holds every error of every file, unless a file could not be read or its syntax is so broken that nothing
/// certain could be said about the rest.
pub fn load(path: &Path) -> Result<Loaded, Failure> {
    load_from(&Disk, path)
}

/// Loads a configuration file from `source`, with the files that it includes.
///
/// # Errors
/// As [`load`].
pub fn load_from(source: &dyn Source, path: &Path) -> Result<Loaded, Failure> {
    load_with(source, path, &|variable| std::env::var(variable))
}

/// Reads a configuration file and the files that it includes, and judges nothing else in them. The directory of edits is left out.
///
/// # Errors
/// Why one of the files cannot be read or found.
pub fn read_documents(path: &Path) -> Result<Inputs, Report> {
    let (files, schema) = (Recorder::new(&Disk, path), schema_keys());
    let main = files.read_main().map_err(|error| Report::new(vec![error], &[]))?;
    let reader = Reader::new(&|variable| std::env::var(variable), &files, schema);
    let patterns = read_includes(&reader, &[Document::parse(&main)]);
    let included = files.follow(patterns, &reader.diagnostics);
    if reader.diagnostics.has_errors() {
        let documents: Vec<_> = std::iter::once(main).chain(included).collect();
        return Err(Report::new(reader.diagnostics.into_inner(), &documents));
    }
    Ok(files.into_inputs())
}

/// Reads a configuration that is not on the disk; `name` stands for the file in messages and for where it would be. `include` is
/// refused. Warnings are left out.
///
/// # Errors
/// As [`load`].
pub fn parse(name: &Path, text: &str) -> Result<Config, Report> {
    parse_with(name, text, &|variable| std::env::var(variable)).map(|(config, _warnings)| config)
}

/// A document of a configuration that is not in use.
#[derive(Clone, Debug)]
pub struct Other {
    /// As messages name it.
    pub path: PathBuf,
    pub text: String,
    pub role: Role,
}

/// The services of other documents, bound to the functions of a configuration.
///
/// # Errors
/// Why those services cannot be served with these functions.
pub fn rebind(inputs: &Inputs, others: &[Other]) -> Result<Vec<Service>, Report> {
    let is_service = |name: &str| name == "service";
    combine(inputs, others, &is_service, &is_service).map(|config| config.services)
}

/// Checks the functions and services of other documents, as if a configuration had them in place of its own. Tables that nobody knows are
/// errors; those of the gateway itself, such as `[admin]`, do not count.
///
/// # Errors
/// Why the configuration could not have them.
pub fn check_objects(inputs: &Inputs, others: &[Other]) -> Result<(), Report> {
    let schema = schema_keys();
    let is_object = |name: &str| name == "function" || name == "service";
    let is_kept = |name: &str| is_object(name) || !schema.iter().any(|known| known == name);
    combine(inputs, others, &is_object, &is_kept).map(drop)
}

/// A configuration with some tables of other documents in place of its own.
fn combine(
    inputs: &Inputs,
    others: &[Other],
    is_replaced: &dyn Fn(&str) -> bool,
    is_kept: &dyn Fn(&str) -> bool,
) -> Result<Config, Report> {
    let main = inputs.documents().next().map(|input| input.path.clone()).unwrap_or_default();
    let (recorder, schema) = (Recorder::new(&Disk, &main), schema_keys());
    let mut reader = Reader::new(&|variable| std::env::var(variable), &recorder, schema);
    let text = |input: &Input| String::from_utf8_lossy(input.content.as_deref().unwrap_or_default()).into_owned();
    let own: Vec<_> = inputs.documents().map(|input| file::File::new(&input.path, text(input))).collect();
    let theirs: Vec<_> = others.iter().map(|other| file::File::new(&other.path, other.text.clone())).collect();
    let mut documents: Vec<_> = own.iter().map(Document::parse).collect();
    documents.iter_mut().for_each(|document| document.drop_tables(is_replaced));
    let mut replacing: Vec<_> = theirs.iter().map(Document::parse).collect();
    replacing.iter_mut().for_each(|document| document.drop_tables(|name| !is_kept(name)));
    let edits = || replacing.iter().zip(others).filter(|(_, other)| other.role == Role::Edited);
    reader.extensions = edits().map(|(document, _)| Arc::clone(document.file)).collect();
    reader.extended = edits().flat_map(|(document, _)| document.services()).collect();
    documents.extend(replacing);
    finish(reader, documents, true).map(|(config, _warnings)| config)
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
pub fn schema_keys() -> &'static [String] {
    static KEYS: LazyLock<Vec<String>> = LazyLock::new(|| schema().into_iter().map(|key| key.name).collect());
    &KEYS
}

fn load_with(source: &dyn Source, path: &Path, lookup: Lookup<'_>) -> Result<Loaded, Failure> {
    let files = Recorder::new(source, path);
    let result = read(&files, lookup);
    let inputs = files.into_inputs();
    match result {
        Ok((config, report)) => Ok(Loaded { config, report, inputs }),
        Err(report) => Err(Failure { report, inputs }),
    }
}

fn read(files: &Recorder<'_>, lookup: Lookup<'_>) -> Result<(Config, Report), Report> {
    let main = files.read_main().map_err(|error| Report::new(vec![error], &[]))?;
    let schema = schema_keys();
    let mut reader = Reader::new(lookup, files, schema);
    let mut documents = vec![Document::parse(&main)];
    let patterns = read_includes(&reader, &documents);
    let included = files.follow(patterns, &reader.diagnostics);
    documents.extend(included.iter().map(Document::parse));
    let edit_dir = find_edits(lookup, files, &documents);
    let edits = match &edit_dir {
        Some(EditDir { path, span }) => files.follow_edits(path, span.as_ref(), &reader.diagnostics),
        None => Vec::new(),
    };
    let complete = !reader.diagnostics.has_errors();
    for document in documents.iter().skip(1) {
        document.refuse_includes("only the main file may include others", &reader.diagnostics);
    }
    documents.extend(edits.iter().map(|file| {
        let mut document = Document::parse(file);
        document.keep_editable(schema, &reader.diagnostics);
        document
    }));
    let directory = edit_dir.as_ref().map(|found| found.path.as_path());
    let in_directory = |document: &&Document<'_>| Role::of_further(&document.file.path, directory) == Role::Edited;
    reader.extensions = documents.iter().filter(in_directory).map(|document| Arc::clone(document.file)).collect();
    reader.extended = documents.iter().filter(in_directory).flat_map(Document::services).collect();
    finish(reader, documents, complete)
}

/// Finds the edit directory. Errors of the key are reported later, when the whole table is read.
fn find_edits(lookup: Lookup<'_>, files: &Recorder<'_>, documents: &[Document<'_>]) -> Option<EditDir> {
    let reader = Reader::new(lookup, files, &[]);
    Section::peek(&reader, documents).table("admin", table::admin::edit_dir)
}

fn parse_with(name: &Path, text: &str, lookup: Lookup<'_>) -> Result<(Config, Report), Report> {
    let file = file::File::new(name, text.to_owned());
    let (files, schema) = (Recorder::new(&Disk, name), schema_keys());
    let reader = Reader::new(lookup, &files, schema);
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
