//! The text of a draft: good by [`config::parse`], which has read it, with everything that has no place in it as a comment.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::path::Path;

use super::block::{API, Block, Lines, SERVICE, quoted, refuse, render};
use super::draft::{Api, Domain, Draft, Function, Service};
use super::error::ImportError;
use super::host;
use super::name::{Names, display, identifier, renamed};
use super::reach;
use super::remark::{Place, Remark};
use crate::config::{self, Config};
use crate::units::format_duration;

/// Where the gateway listens until somebody says otherwise.
const LISTENER: &str = "[[listener]]\naddress = \"0.0.0.0:8080\"\n";
/// Where functions listen, one after the other. More functions than ports share them: each is to be set anyway.
const PORTS: RangeInclusive<u16> = 9000..=u16::MAX;

/// The whole, without what the configuration refuses.
///
/// # Errors
/// When nothing is left, or something is wrong that belongs to no block.
pub(super) fn write(mut draft: Draft) -> Result<String, ImportError> {
    let is_empty = draft.services.iter().all(|service| service.apis.is_empty());
    host::place(&mut draft);
    let mut blocks = blocks(draft);
    if is_empty {
        (0..blocks.len()).for_each(|index| refuse(&mut blocks[index..], "there is no API".to_owned()));
        return Err(ImportError::Empty(render(&blocks)));
    }
    loop {
        let text = render(&blocks);
        match config::parse(Path::new("import"), &text) {
            Ok(config) => return finish(blocks, &config),
            Err(report) => {
                let lines = Lines::of(&blocks);
                let mut refused = BTreeMap::new();
                for error in report.errors() {
                    let index = error.place().and_then(|place| lines.block(place.line));
                    if let Some(index) = index.filter(|index| !blocks[*index].is_refused()) {
                        refused.entry(index).or_insert_with(|| error.message().to_owned());
                    }
                }
                if refused.is_empty() {
                    return Err(ImportError::Draft(report.to_string()));
                }
                for (index, reason) in refused {
                    refuse(&mut blocks[index..], reason);
                }
            }
        }
    }
}

/// Says which APIs no request reaches.
fn finish(mut blocks: Vec<Block>, config: &Config) -> Result<String, ImportError> {
    let unreached = reach::unreached(config).map_err(|error| ImportError::Draft(error.to_string()))?;
    let lines = Lines::of(&blocks);
    for (line, remark) in unreached {
        if let Some(index) = lines.block(line) {
            blocks[index].remarks.push(remark);
        }
    }
    let text = render(&blocks);
    if blocks.iter().any(Block::is_api) { Ok(text) } else { Err(ImportError::Nothing(text)) }
}

/// The remarks of a draft, taken out as their places are written.
struct Remarks(HashMap<Place, Vec<String>>);

impl Remarks {
    fn new(remarks: Vec<Remark>) -> Self {
        let mut places = HashMap::<_, Vec<_>>::new();
        for Remark { place, text } in remarks {
            places.entry(place).or_default().push(text);
        }
        Self(places)
    }

    fn take(&mut self, place: Place) -> Vec<String> {
        self.0.remove(&place).unwrap_or_default()
    }
}

fn blocks(draft: Draft) -> Vec<Block> {
    let Draft { region, functions, services, remarks } = draft;
    let mut remarks = Remarks::new(remarks);
    let mut blocks = vec![Block::new(remarks.take(Place::Whole), LISTENER.to_owned())];
    let region = region.map(|region| format!("[gateway]\nregion = {}\n", quoted(&region)));
    blocks.extend(region.map(|text| Block::new(Vec::new(), text)));
    let mut references = Vec::new();
    let names = function_names(&functions);
    for ((index, (function, name)), port) in functions.into_iter().zip(names).enumerate().zip(PORTS.cycle()) {
        let said = renamed(&function.name, &name).into_iter().chain(remarks.take(Place::Function(index))).collect();
        references.push(reference(&function, &name));
        blocks.push(Block::new(said, function_text(function, &name, port)));
    }
    let mut names = Names::default();
    for (index, service) in services.into_iter().enumerate() {
        let name = names.claim(&display(&service.name));
        let said = renamed(&service.name, &name).into_iter().chain(remarks.take(Place::Service(index))).collect();
        let Service { domains, apis, .. } = service;
        let (start, is_empty) = (blocks.len(), apis.is_empty());
        blocks.extend(service_blocks(&name, said, domains));
        blocks.extend(api_blocks(apis, index, &references, &mut remarks));
        if is_empty {
            refuse(&mut blocks[start..], "it has no API".to_owned());
        }
    }
    blocks
}

/// A name for each function. Versions of one function share it, and one that can keep its name does.
fn function_names(functions: &[Function]) -> Vec<String> {
    // Namespaces keep their functions apart, but a name is easier to read if it is the only one.
    let key = |function: &Function| (function.namespace.clone(), function.name.clone(), function.address.clone());
    let mut order: Vec<_> = functions.iter().collect();
    order.sort_by_key(|function| identifier(&function.name) != function.name);
    let (mut names, mut known) = (Names::default(), HashMap::new());
    for function in order {
        known.entry(key(function)).or_insert_with(|| names.claim(&identifier(&function.name)));
    }
    functions.iter().map(|function| known[&key(function)].clone()).collect()
}

fn reference(function: &Function, name: &str) -> String {
    let namespace = function.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
    let version = function.version.as_ref().map(|version| format!(":{version}")).unwrap_or_default();
    format!("{namespace}{name}{version}")
}

fn function_text(function: Function, name: &str, port: u16) -> String {
    let mut text = format!("[[function]]\nname = {}\n", quoted(name));
    for (key, value) in [("namespace", function.namespace), ("version", function.version)] {
        text.extend(value.map(|value| format!("{key} = {}\n", quoted(&value))));
    }
    text += &match function.address {
        Some(address) => format!("instances = [{}]\n", quoted(&address)),
        None => format!("instances = [\"http://127.0.0.1:{port}\"]  # where it listens: yours\n"),
    };
    text.extend(function.timeout.map(|timeout| format!("timeout = {}\n", quoted(&format_duration(timeout)))));
    text.extend(function.memory.map(|memory| format!("memory = {memory}\n")));
    text
}

fn service_blocks(name: &str, remarks: Vec<String>, domains: Vec<Domain>) -> Vec<Block> {
    let plain = |domain: &Domain| domain.base_path == "/" && domain.environment == "release";
    let (short, long): (Vec<_>, Vec<_>) = domains.into_iter().partition(plain);
    let mut text = format!("{SERVICE}\nname = {}\n", quoted(name));
    if !short.is_empty() {
        let hosts: Vec<_> = short.iter().map(|domain| quoted(&domain.host)).collect();
        text += &format!("hosts = [{}]\n", hosts.join(", "));
    }
    let mut blocks = vec![Block::new(remarks, text)];
    for Domain { host, base_path, environment } in long {
        let (host, base_path, environment) = (quoted(&host), quoted(&base_path), quoted(environment));
        let text = format!("[[service.domain]]\nhost = {host}\nbase_path = {base_path}\nenvironment = {environment}\n");
        blocks.push(Block::new(Vec::new(), text));
    }
    blocks
}

/// Rules that match more than their path come last: where two collide, the one that is as it was written stays.
fn api_blocks(apis: Vec<Api>, service: usize, references: &[String], remarks: &mut Remarks) -> Vec<Block> {
    let mut names = Names::default();
    let mut apis: Vec<_> = apis.into_iter().enumerate().collect();
    apis.sort_by_key(|(_, api)| api.rule.remark.is_some());
    let block = |(index, api): (usize, Api)| {
        let mut said = remarks.take(Place::Api { service, api: index });
        said.extend(api.rule.remark);
        let mut text = format!("{API}\n");
        if let Some(name) = api.name {
            let shown = names.claim(&display(&name));
            said.extend(renamed(&name, &shown));
            text += &format!("name = {}\n", quoted(&shown));
        }
        let function = references[api.function].as_str();
        for (key, value) in [("path", api.rule.written.as_str()), ("method", &api.method), ("function", function)] {
            text += &format!("{key} = {}\n", quoted(value));
        }
        if !api.environments.is_empty() {
            let environments: Vec<_> = api.environments.into_iter().map(quoted).collect();
            text += &format!("environments = [{}]\n", environments.join(", "));
        }
        text.extend(api.timeout.map(|timeout| format!("timeout = {}\n", quoted(&format_duration(timeout)))));
        if !api.enabled {
            text += "enabled = false\n";
        }
        Block::new(said, text)
    };
    apis.into_iter().map(block).collect()
}
