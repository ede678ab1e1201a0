//! What an import writes: blocks of TOML, each with its remarks. A block that the configuration refuses becomes a comment that says why.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::error::ImportError;
use crate::config;
use crate::units::format_duration;

/// Where the gateway listens until somebody says otherwise.
const LISTENER: &str = "[[listener]]\naddress = \"0.0.0.0:8080\"\n";
const FIRST_PORT: u16 = 9000;

const SERVICE: &str = "[[service]]";
const API: &str = "[[service.api]]";

/// A configuration that is being written.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// What is true of the whole.
    pub(super) remarks: Vec<String>,
    /// What functions are told of where they are.
    pub(super) region: Option<String>,
    functions: Vec<Function>,
    services: Vec<Service>,
}

/// A function version. Where it runs is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) version: Option<String>,
    pub(super) timeout: Option<Duration>,
    /// MB.
    pub(super) memory: Option<u32>,
    pub(super) remarks: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Service {
    name: String,
    domains: Vec<Domain>,
    apis: Vec<Api>,
    pub(super) remarks: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Domain {
    pub(super) host: String,
    pub(super) base_path: String,
    pub(super) environment: String,
}

#[derive(Debug, Default)]
pub(super) struct Api {
    pub(super) name: Option<String>,
    pub(super) path: String,
    pub(super) method: String,
    /// A reference as the configuration has it.
    pub(super) function: String,
    pub(super) environment: Option<String>,
    pub(super) timeout: Option<Duration>,
    pub(super) remarks: Vec<String>,
}

impl Draft {
    /// Adds a function and returns the reference to it. One that is known already keeps what was said of it first.
    pub(super) fn function(&mut self, mut function: Function) -> String {
        let name = identifier(&function.name);
        function.remarks.extend(renamed(&function.name, &name));
        function.name = name;
        let reference = function.reference();
        if !self.functions.iter().any(|known| known.reference() == reference) {
            self.functions.push(function);
        }
        reference
    }

    /// The service of a name, new or known.
    pub(super) fn service(&mut self, name: &str) -> &mut Service {
        let remark = renamed(name, &display(name));
        let name = display(name);
        let known = self.services.iter().position(|service| service.name == name);
        let index = known.unwrap_or_else(|| {
            self.services.push(Service { name, ..Service::default() });
            self.services.len() - 1
        });
        let service = &mut self.services[index];
        // Several may become one.
        service.remarks.extend(remark.filter(|remark| !service.remarks.contains(remark)));
        service
    }

    /// The whole, without what the configuration refuses.
    ///
    /// # Errors
    /// When nothing is left, or something is wrong that belongs to no block.
    pub(super) fn finish(self) -> Result<String, ImportError> {
        if self.services.iter().all(|service| service.apis.is_empty()) {
            return Err(ImportError::Empty);
        }
        let mut blocks = self.blocks();
        loop {
            let text = render(&blocks);
            let Err(report) = config::parse(Path::new("import"), &text) else {
                let some = blocks.iter().any(|block| block.is_of(API) && block.refused.is_none());
                return if some { Ok(text) } else { Err(ImportError::Nothing(text)) };
            };
            let mut refused = BTreeMap::new();
            for error in report.errors() {
                let line = error.place().map_or(0, |place| place.line);
                if let Some(index) = block_at(&blocks, line) {
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

    fn blocks(mut self) -> Vec<Block> {
        self.mend_hosts();
        self.place_services();
        let mut blocks = vec![Block::new(self.remarks, LISTENER.to_owned())];
        let region = self.region.map(|region| format!("[gateway]\nregion = {}\n", quoted(&region)));
        blocks.extend(region.map(|text| Block::new(Vec::new(), text)));
        for (function, port) in self.functions.into_iter().zip(FIRST_PORT..) {
            blocks.push(function.block(port));
        }
        blocks.extend(self.services.into_iter().flat_map(Service::blocks));
        blocks
    }

    /// Puts another host in the place of each that is none, which would take the whole service with it.
    fn mend_hosts(&mut self) {
        for index in 0..self.services.len() {
            let mut others = self.services.iter().enumerate().filter(|(other, _)| *other != index);
            let taken = others.any(|(_, service)| service.domains.iter().any(|domain| domain.host == "*"));
            let service = &mut self.services[index];
            let host = if taken { format!("{}.invalid", label(&service.name)) } else { "*".to_owned() };
            for mut domain in std::mem::take(&mut service.domains) {
                if !config::is_host(&domain.host) {
                    service.remarks.push(format!("`{}` is no host: put yours in the place of `{host}`", domain.host));
                    domain.host.clone_from(&host);
                }
                service.domain(domain);
            }
        }
    }

    /// Gives every service a host: the file may name none, and one service at most can have all.
    fn place_services(&mut self) {
        let mut free = !self.services.iter().flat_map(|service| &service.domains).any(|domain| domain.host == "*");
        for service in self.services.iter_mut().filter(|service| service.domains.is_empty()) {
            let host = if free { "*".to_owned() } else { format!("{}.example.com", label(&service.name)) };
            service.remarks.push("no domain of its own was named: put yours in the place of this host".to_owned());
            free = false;
            let mut environments: Vec<_> = service.apis.iter().filter_map(|api| api.environment.clone()).collect();
            environments.sort();
            environments.dedup();
            if environments.is_empty() {
                environments.push("release".to_owned());
            }
            let root = environments.iter().find(|name| *name == "release").unwrap_or(&environments[0]).clone();
            let at = |base_path: String, environment| Domain { host: host.clone(), base_path, environment };
            service.domains.push(at("/".to_owned(), root));
            if service.apis.iter().any(|api| api.environment.is_some()) {
                service
                    .remarks
                    .push("the address that the cloud gave had the environment in front of the path".to_owned());
                service.domains.extend(environments.into_iter().map(|name| at(format!("/{name}"), name)));
            }
        }
    }
}

impl Function {
    fn reference(&self) -> String {
        let namespace = self.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        let version = self.version.as_ref().map(|version| format!(":{version}")).unwrap_or_default();
        format!("{namespace}{}{version}", self.name)
    }

    fn block(self, port: u16) -> Block {
        let mut text = format!("[[function]]\nname = {}\n", quoted(&self.name));
        for (key, value) in [("namespace", self.namespace), ("version", self.version)] {
            text.extend(value.map(|value| format!("{key} = {}\n", quoted(&value))));
        }
        text += &format!("instances = [\"http://127.0.0.1:{port}\"]  # where it listens: yours\n");
        text.extend(self.timeout.map(|timeout| format!("timeout = {}\n", quoted(&format_duration(timeout)))));
        text.extend(self.memory.map(|memory| format!("memory = {memory}\n")));
        Block::new(self.remarks, text)
    }
}

impl Service {
    pub(super) fn domain(&mut self, domain: Domain) {
        if !self.domains.contains(&domain) {
            self.domains.push(domain);
        }
    }

    pub(super) fn api(&mut self, api: Api) {
        self.apis.push(api);
    }

    fn blocks(self) -> Vec<Block> {
        let plain = |domain: &Domain| domain.base_path == "/" && domain.environment == "release";
        let (short, long): (Vec<_>, Vec<_>) = self.domains.into_iter().partition(plain);
        let mut text = format!("{SERVICE}\nname = {}\n", quoted(&self.name));
        if !short.is_empty() {
            let hosts: Vec<_> = short.iter().map(|domain| quoted(&domain.host)).collect();
            text += &format!("hosts = [{}]\n", hosts.join(", "));
        }
        let mut blocks = vec![Block::new(self.remarks, text)];
        for Domain { host, base_path, environment } in long {
            let (host, base_path, environment) = (quoted(&host), quoted(&base_path), quoted(&environment));
            let text =
                format!("[[service.domain]]\nhost = {host}\nbase_path = {base_path}\nenvironment = {environment}\n");
            blocks.push(Block::new(Vec::new(), text));
        }
        blocks.extend(self.apis.into_iter().map(Api::block));
        blocks
    }
}

impl Api {
    fn block(mut self) -> Block {
        let mut text = format!("{API}\n");
        if let Some(name) = self.name {
            let shown = display(&name);
            self.remarks.extend(renamed(&name, &shown));
            text += &format!("name = {}\n", quoted(&shown));
        }
        for (key, value) in [("path", &self.path), ("method", &self.method), ("function", &self.function)] {
            text += &format!("{key} = {}\n", quoted(value));
        }
        text.extend(self.environment.map(|environment| format!("environments = [{}]\n", quoted(&environment))));
        text.extend(self.timeout.map(|timeout| format!("timeout = {}\n", quoted(&format_duration(timeout)))));
        Block::new(self.remarks, text)
    }
}

/// A table of the configuration, and what is said of it.
#[derive(Debug)]
struct Block {
    remarks: Vec<String>,
    text: String,
    refused: Option<String>,
}

impl Block {
    fn new(remarks: Vec<String>, text: String) -> Self {
        Self { remarks, text, refused: None }
    }

    /// Whether it is a table of this head.
    fn is_of(&self, head: &str) -> bool {
        self.text.starts_with(head)
    }

    fn render(&self) -> String {
        // TOML has no control characters in a comment.
        let shown = |line: &str| line.replace(|c: char| c.is_control() && c != '\t', "\u{fffd}");
        let comment = |text: &str| text.lines().map(|line| format!("# {}\n", shown(line))).collect::<String>();
        let mut text: String = self.remarks.iter().map(|remark| comment(remark)).collect();
        match &self.refused {
            Some(reason) => text += &format!("{}{}", comment(&format!("not imported: {reason}")), comment(&self.text)),
            None => text += &self.text,
        }
        text + "\n"
    }
}

/// Makes a comment of the first block, and of all that belongs to it: without it, they would belong to another service.
fn refuse(blocks: &mut [Block], reason: String) {
    let Some((first, rest)) = blocks.split_first_mut() else { return };
    first.refused = Some(reason);
    if first.is_of(SERVICE) {
        for block in rest.iter_mut().take_while(|block| !block.is_of(SERVICE)) {
            block.refused = Some("its service is not".to_owned());
        }
    }
}

fn render(blocks: &[Block]) -> String {
    let text: String = blocks.iter().map(Block::render).collect();
    format!("{}\n", text.trim_end())
}

/// The block that a line is in, counted from one.
fn block_at(blocks: &[Block], line: usize) -> Option<usize> {
    let ends = blocks.iter().scan(0, |end, block| {
        *end += block.render().lines().count();
        Some(*end)
    });
    let index = ends.take_while(|end| *end < line).count();
    blocks.get(index).filter(|block| line > 0 && block.refused.is_none()).map(|_| index)
}

/// A string of the configuration. `${` would name a variable.
fn quoted(text: &str) -> String {
    toml::Value::from(text.replace("${", "$${")).to_string()
}

/// What is said of a name that had to become another.
fn renamed(was: &str, is: &str) -> Option<String> {
    (was != is).then(|| format!("the name was `{was}`"))
}

/// The name of a function: a letter, then letters, digits, `_` and `-`.
fn identifier(text: &str) -> String {
    let good = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '-' };
    let name: String = text.chars().map(good).skip_while(|c| !c.is_ascii_alphabetic()).take(60).collect();
    let name = name.trim_end_matches('-').to_owned();
    if name.is_empty() { "function".to_owned() } else { name }
}

/// The name of a service or an API: visible ASCII, without quotes.
fn display(text: &str) -> String {
    let good = |c: char| (c.is_ascii_graphic() || c == ' ') && c != '"' && c != '\\';
    let name: String = text.chars().map(|c| if good(c) { c } else { '-' }).take(60).collect();
    let name = name.trim().to_owned();
    if name.is_empty() { "service".to_owned() } else { name }
}

/// A label of a host.
fn label(text: &str) -> String {
    let name = identifier(text).replace('_', "-").to_ascii_lowercase();
    name.chars().take(63).collect()
}
