//! Joins what the files say: references to functions, and everything that may exist only once.

use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use foldhash::HashMap;
use foldhash::fast::RandomState;

use super::address::{AdminAddress, InstanceAddress, ListenAddress};
use super::environment::Environment;
use super::error::Diagnostic;
use super::file::Span;
use super::functions::Functions;
use super::host::HostPattern;
use super::name::{LATEST, Reference};
use super::path::{BasePath, PathRule, Shape, push_escape};
use super::place::Place;
use super::schema::Form;
use super::section::Section;
use super::table::acme::Acme;
use super::table::admin::Admin;
use super::table::function::Function;
use super::table::gateway::Gateway;
use super::table::history::History;
use super::table::listener::Listener;
use super::table::log::Log;
use super::table::service::api::{Api, Binding, MethodRule, WrittenApi};
use super::table::service::{Domain, HOSTS, Service, WrittenService};
use super::table::traces::Traces;
use super::table::{acme, admin, function, gateway, history, listener, log, service, traces};
use super::value::Found;

/// A whole configuration, checked: every reference resolves and every value is in its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub gateway: Gateway,
    pub acme: Acme,
    pub listeners: Vec<Listener>,
    pub admin: Admin,
    pub history: History,
    pub log: Log,
    /// `None`: no request is traced, and `traceparent` passes untouched.
    pub traces: Option<Traces>,
    /// The function versions. [Binding::function] counts from here.
    pub functions: Vec<Arc<Function>>,
    pub services: Vec<Service>,
}

impl Config {
    /// The service of this name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }
}

/// Reads a whole configuration from the top level. It may be used only if nothing was reported.
pub(super) fn read(root: &Section<'_>) -> Config {
    root.know("include", || Form::Texts("services/*.toml"));
    let gateway = root.table("gateway", gateway::read);
    let acme = root.table("acme", acme::read);
    let listeners = root.tables("listener", |section| listener::read(section, &gateway.trusted_proxies, &acme));
    let admin = root.table("admin", admin::read);
    let history = root.table("history", history::read);
    let log = root.table("log", log::read);
    let traces = root.table("traces", traces::read);
    let prefix = &gateway.reserved_prefix;
    let functions = root.tables("function", |section| function::read(section, prefix));
    let (functions, twice) = Functions::collect(functions.into_iter().flatten());
    twice.into_iter().for_each(|error| root.report(error));
    let mut seen = Seen::default();
    // One service after the other: what was written of all of them at once would be more than what comes of it.
    root.tables("service", |section| seen.resolve(service::read(section, prefix), &functions, root));
    let services = seen.services;
    refuse_admin_instances(root, &admin.0, &functions);
    Config {
        listeners: check_listeners(root, listeners, &admin, &functions.all),
        gateway,
        acme,
        admin: admin.0,
        history,
        log,
        traces,
        functions: functions.all,
        services,
    }
}

fn check_listeners(
    root: &Section<'_>,
    read: Vec<Option<Found<Listener>>>,
    admin: &(Admin, Option<Span>),
    functions: &[Arc<Function>],
) -> Vec<Listener> {
    if !root.has("listener") {
        let error = Diagnostic::new("there is no listener: nobody could reach the gateway");
        let error = error.hint("add [[listener]] with address = \"0.0.0.0:8080\"".to_owned());
        root.report(match root.first_file() {
            Some(file) => error.in_file(file),
            None => error,
        });
    }
    let mut listeners: Vec<Found<Listener>> = Vec::new();
    for listener in read.into_iter().flatten() {
        // Port 0 is another free port every time.
        let is = |address: &ListenAddress| match address {
            ListenAddress::Tcp(address) if address.port() == 0 => false,
            address => *address == listener.value.address,
        };
        if let Some(first) = listeners.iter().find(|other| is(&other.value.address)) {
            let error = Diagnostic::new("two listeners have the same address").at(&listener.span);
            root.report(error.at_labelled(&first.span, "the first"));
        }
        let admin_address = admin.0.address.as_ref().map(AdminAddress::to_listen_address);
        if admin_address.as_ref().is_some_and(is) {
            let error = Diagnostic::new("a listener has the address of the admin listener").at(&listener.span);
            root.report(match &admin.1 {
                Some(span) => error.at_labelled(span, "the admin listener"),
                None => error.hint("that is the default of `address` in `[admin]`".to_owned()),
            });
        }
        if let Some(first) = listeners.iter().find(|other| overlap(&other.value.address, &listener.value.address)) {
            let error = Diagnostic::new("two listeners overlap: one address covers the other");
            root.report(error.at(&listener.span).at_labelled(&first.span, "the first"));
        }
        if admin_address.as_ref().is_some_and(|address| overlap(address, &listener.value.address)) {
            let error = Diagnostic::new("this listener overlaps the admin listener").at(&listener.span);
            root.report(match &admin.1 {
                Some(span) => error.at_labelled(span, "the admin listener"),
                None => error.hint("it is at the default of `address` in `[admin]`".to_owned()),
            });
        }
        let loops = |function: &&Arc<Function>| {
            function.instances.iter().any(|instance| leads_to(instance, &listener.value.address))
        };
        if let Some(function) = functions.iter().find(loops) {
            let what = format!("this listener is an instance of the function `{}`", function.id);
            let error = Diagnostic::new(what).at(&listener.span);
            root.report(error.hint("a request would come back to the gateway, again and again".to_owned()));
        }
        listeners.push(listener);
    }
    listeners.into_iter().map(|listener| listener.value).collect()
}

/// Whoever could send requests to the admin listener through the gateway would be on this host for it.
fn refuse_admin_instances(root: &Section<'_>, admin: &Admin, functions: &Functions) {
    let Some(address) = admin.address.as_ref().map(AdminAddress::to_listen_address) else { return };
    for (function, span) in functions.placed() {
        if let Some(instance) = function.instances.iter().find(|instance| leads_to(instance, &address)) {
            let message = format!("the instance `{instance}` of the function `{}` is the admin listener", function.id);
            let error = Diagnostic::new(message).at(span);
            root.report(error.hint("its clients could change the gateway as this host can".to_owned()));
        }
    }
}

/// Whether one of two different addresses has no host of its own and takes the other in, so that the second could not be bound.
fn overlap(one: &ListenAddress, other: &ListenAddress) -> bool {
    let (ListenAddress::Tcp(one), ListenAddress::Tcp(other)) = (one, other) else { return false };
    let same_family = one.is_ipv4() == other.is_ipv4();
    one.port() == other.port()
        && one.port() != 0
        && same_family
        && one.ip() != other.ip()
        && (one.ip().is_unspecified() || other.ip().is_unspecified())
}

/// Whether an instance is the gateway itself. A name other than `localhost` may be anybody's.
fn leads_to(instance: &InstanceAddress, listener: &ListenAddress) -> bool {
    match (instance, listener) {
        (
            InstanceAddress::Http { host, port }
            | InstanceAddress::Https { host, port }
            | InstanceAddress::H2c { host, port },
            ListenAddress::Tcp(address),
        ) if *port == address.port() => {
            let is_local = host.trim_end_matches('.').eq_ignore_ascii_case("localhost");
            let local = [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()];
            let ips = if is_local { local.to_vec() } else { host.parse().into_iter().collect() };
            ips.into_iter().any(|ip| is_reached_at(address.ip().to_canonical(), ip.to_canonical()))
        }
        (InstanceAddress::Unix(path), ListenAddress::Unix(listener)) => is_same_socket(path, listener),
        _ => false,
    }
}

/// Equal paths, or two paths of one file (device and inode), such as a symlink or `/proc/self/root`.
fn is_same_socket(path: &Path, listener: &Path) -> bool {
    let file = |path: &Path| std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    path.components().eq(listener.components()) || file(path).is_some_and(|found| Some(found) == file(listener))
}

/// Whether a listener is connected to at an address of this host. `0.0.0.0` and `::` lead to the loopback addresses.
fn is_reached_at(listener: IpAddr, ip: IpAddr) -> bool {
    let is_loopback = |ip: IpAddr| ip.is_loopback() || ip.is_unspecified();
    ip == listener
        || (is_loopback(ip) && (listener.is_unspecified() || (listener.is_loopback() && ip.is_unspecified())))
}

/// The services so far, and the names and places that are taken.
#[derive(Default)]
struct Seen<'a> {
    services: Vec<Service>,
    /// Where each name is, as an index and in the files.
    names: HashMap<String, (usize, Span)>,
    domains: HashMap<(HostPattern, BasePath), (String, Span)>,
    /// What the APIs of a service hold, for those that are added later. Kept for the last service, and for those that are added to.
    held: HashMap<usize, Apis<'a>>,
}

impl<'a> Seen<'a> {
    fn resolve(&mut self, written: WrittenService, functions: &'a Functions, root: &Section<'_>) {
        let WrittenService { name, is_extension, domains, apis } = written;
        let known =
            name.as_ref().and_then(|name| self.names.get(&name.value)).map(|(index, first)| (*index, first.clone()));
        if let (Some((index, _)), true) = (&known, is_extension) {
            return self.extend(*index, domains, apis, root);
        }
        if let (Some((_, first)), Some(name)) = (&known, &name) {
            let error = Diagnostic::new(format!("the service `{}` is defined twice", name.value)).at(&name.span);
            root.report(error.at_labelled(first, "first defined here"));
        }
        if is_extension && domains.is_empty() {
            let span = name.as_ref().map(|name| &name.span);
            let error = Diagnostic::new("there is no such service in another file, and this one has no domains");
            let error = error.hint(format!("add {HOSTS}"));
            root.report(span.map_or(error.clone(), |span| error.at(span)));
        }
        // One without a name has been reported, and is never used.
        let nowhere = || Place { file: Path::new("").into(), line: 0, column: 0 };
        let place = name.as_ref().map_or_else(nowhere, |name| name.span.place());
        let index = self.services.len();
        let text = name.as_ref().map(|name| name.value.clone()).unwrap_or_default();
        if let (None, Some(Found { value, span })) = (known, name) {
            self.names.insert(value, (index, span));
        }
        self.services.push(Service { name: text.clone(), domains: Vec::new(), apis: Vec::new(), place });
        let is_extended = root.reader.extended.contains(&text);
        let own = Apis::new(text, functions, apis.len());
        self.held.insert(index, own);
        self.extend(index, domains, apis, root);
        if !is_extended {
            self.held.remove(&index);
        }
    }

    /// Adds domains and APIs to a service.
    fn extend(&mut self, index: usize, domains: Vec<Found<Domain>>, apis: Vec<WrittenApi>, root: &Section<'_>) {
        let name = self.services[index].name.clone();
        let before = self.services[index].domains.len();
        let spans: Vec<_> = domains.iter().map(|domain| domain.span.clone()).collect();
        for domain in domains {
            let domain = self.claim(domain, &name, root);
            self.services[index].domains.push(domain);
        }
        check_apis(&self.services[index], &apis, root);
        let Some(held) = self.held.get_mut(&index) else { return };
        let all = &mut self.services[index].apis;
        apis.into_iter().for_each(|api| held.add(api, all, root));
        let service = &self.services[index];
        check_domains(service, service.domains[before..].iter().zip(&spans), root);
    }

    fn claim(&mut self, domain: Found<Domain>, service: &str, root: &Section<'_>) -> Domain {
        let Found { value: domain, span } = domain;
        match self.domains.entry((domain.host.clone(), domain.base_path.clone())) {
            Entry::Occupied(first) => {
                let (holder, first) = first.get();
                let message = format!("the domain `{}` at `{}` is taken", domain.host, domain.base_path);
                root.report(
                    Diagnostic::new(message).at(&span).at_labelled(first, format!("the service `{holder}` has it")),
                );
            }
            Entry::Vacant(free) => {
                free.insert((service.to_owned(), span));
            }
        }
        domain
    }
}

/// Warns of APIs that no domain leads to.
fn check_apis(service: &Service, apis: &[WrittenApi], root: &Section<'_>) {
    let is_reached =
        |environment: &Environment| service.domains.iter().any(|domain| domain.environment == *environment);
    for api in apis {
        let Some(path) = &api.path else { continue };
        let missing: Vec<_> = api.environments.iter().filter(|environment| !is_reached(environment)).collect();
        if missing.is_empty() {
            continue;
        }
        let listed =
            missing.iter().map(|environment| format!("\"{}\"", environment.as_str())).collect::<Vec<_>>().join(" and ");
        let message = format!("no domain of the service leads to this API in the environment {listed}");
        let hint = format!("add a `[[service.domain]]` with environment = \"{}\"", missing[0].as_str());
        root.report(Diagnostic::warning(message).at(&path.span).hint(hint));
    }
}

/// Warns of domains that lead to no API.
fn check_domains<'a>(service: &Service, domains: impl Iterator<Item = (&'a Domain, &'a Span)>, root: &Section<'_>) {
    // What other files add to it is not known yet.
    if root.reader.extended.contains(&service.name) {
        return;
    }
    for (domain, span) in domains {
        let environment = domain.environment;
        let leads = |api: &Api| api.bindings.iter().any(|binding| binding.environment == environment);
        if !service.apis.iter().any(leads) {
            let message = format!(
                "the service has no API in the environment \"{}\": all requests to this host get 404",
                environment.as_str()
            );
            root.report(Diagnostic::warning(message).at(span));
        }
    }
}

/// The APIs of one service.
struct Apis<'a> {
    service: String,
    functions: &'a Functions,
    /// Who holds a path shape and method: an index into the APIs, and the place of its path.
    held: HashMap<(Shape, MethodRule), (usize, Span)>,
    /// Where each name is set, or the path that it comes from.
    names: HashMap<String, Span>,
}

impl<'a> Apis<'a> {
    fn new(service: String, functions: &'a Functions, count: usize) -> Self {
        let held = HashMap::with_capacity_and_hasher(count, RandomState::default());
        let names = HashMap::with_capacity_and_hasher(count, RandomState::default());
        Self { service, functions, held, names }
    }

    fn add(&mut self, written: WrittenApi, all: &mut Vec<Api>, root: &Section<'_>) {
        let bindings = match &written.function {
            Some(reference) => self.bind(&written, reference, root),
            None => Vec::new(),
        };
        let (Some(Found { value: path, span }), Some(method)) = (written.path, written.method) else { return };
        let (name, name_span) = match written.name {
            Some(name) => (name.value, name.span),
            None => (default_name(&method, &path), span.clone()),
        };
        let api = Api {
            name,
            path,
            method,
            bindings,
            timeout: written.timeout,
            max_body_bytes: written.max_body_bytes,
            headers: written.headers,
            enabled: written.enabled,
            raw_path: written.raw_path,
            place: span.place(),
        };
        let identity = (api.path.shape(), api.method.clone());
        let Some((index, first)) = self.held.get(&identity) else {
            if let Some(first) = self.names.get(&api.name) {
                let message = format!("the service `{}` has two APIs named `{}`", self.service, api.name);
                let error = Diagnostic::new(message).at(&name_span).at_labelled(first, "the first");
                root.report(
                    error.hint(
                        "a name is the address of an API: leave `name` out for one of method and path".to_owned(),
                    ),
                );
            }
            self.names.insert(api.name.clone(), name_span);
            self.held.insert(identity, (all.len(), span));
            all.push(api);
            return;
        };
        if let Some(holder) = all.get(*index).filter(|holder| !is_same(holder, &api)) {
            root.report(self.conflict(&api, holder, &span, first));
        }
    }

    /// One binding for each environment.
    fn bind(&self, api: &WrittenApi, reference: &Found<Reference>, root: &Section<'_>) -> Vec<Binding> {
        let mut bindings = Vec::new();
        let mut failed: Vec<String> = Vec::new();
        for environment in &api.environments {
            let chosen = api.versions.iter().find(|(other, _)| other.value == *environment);
            let version = chosen.map_or_else(
                || Found {
                    value: reference.value.version.clone().unwrap_or_else(|| LATEST.to_owned()),
                    span: reference.span.clone(),
                },
                |(_, version)| version.clone(),
            );
            match self.functions.find(&reference.value, &version) {
                Ok(function) => bindings.push(Binding { environment: *environment, function }),
                // Once, not for each environment.
                Err(error) if failed.iter().any(|message| message == error.message()) => {}
                Err(error) => {
                    failed.push(error.message().to_owned());
                    root.report(error);
                }
            }
        }
        bindings
    }

    fn conflict(&self, api: &Api, holder: &Api, span: &Span, first: &Span) -> Diagnostic {
        let message = format!("`{} {}` is bound already in the service `{}`", api.method, api.path, self.service);
        let function = holder.bindings.first().and_then(|binding| self.functions.all.get(binding.function));
        let label = match function {
            Some(function) => format!("the API `{}` holds it, bound to `{}`", holder.name, function.id),
            None => format!("the API `{}` holds it", holder.name),
        };
        let environments = |api: &Api| api.bindings.iter().map(|binding| binding.environment).collect::<Vec<_>>();
        let resolved = !api.bindings.is_empty() && !holder.bindings.is_empty();
        let hint = if resolved && environments(api) != environments(holder) {
            "one API has one function in all environments: list them in `environments`; `versions` picks a version for each"
        } else if api.path != holder.path {
            "the names of parameters and the spelling of escapes make no difference"
        } else {
            "a repetition is allowed only if every key is equal"
        };
        Diagnostic::new(message).at(span).at_labelled(first, label).hint(hint.to_owned())
    }
}

/// Whether a second API says just what the first one says, wherever it says it. Such a repetition is harmless.
fn is_same(first: &Api, second: &Api) -> bool {
    let mut second = second.clone();
    second.place = first.place.clone();
    if let (Some(first), Some(second)) = (&first.timeout, &mut second.timeout) {
        second.place.clone_from(&first.place);
    }
    *first == second
}

/// `GET /orders/{id}`. A path may hold characters that names may not: they are escaped.
fn default_name(method: &MethodRule, path: &PathRule) -> String {
    let mut name = format!("{method} ");
    for byte in path.as_str().bytes() {
        if byte.is_ascii_graphic() {
            name.push(char::from(byte));
        } else {
            push_escape(&mut name, byte);
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_known_by_its_socket_under_any_path() {
        let folder = tempfile::tempdir().expect("a directory");
        let socket = folder.path().join("admin.sock");
        let _bound = std::os::unix::net::UnixListener::bind(&socket).expect("it can be bound");
        std::os::unix::fs::symlink(&socket, folder.path().join("link")).expect("a link");
        let name = socket.strip_prefix("/").expect("an absolute path");
        for (path, itself) in [
            (socket.clone(), true),
            (folder.path().join("./admin.sock"), true),
            (folder.path().join("link"), true),
            (folder.path().join("x/../admin.sock"), false),
            (folder.path().join("..").join(folder.path().file_name().expect("a name")).join("admin.sock"), true),
            (Path::new("/proc/self/root").join(name), true),
            (folder.path().join("other.sock"), false),
        ] {
            let listener = ListenAddress::Unix(socket.clone());
            assert_eq!(leads_to(&InstanceAddress::Unix(path.clone()), &listener), itself, "{}", path.display());
        }
    }

    #[test]
    fn a_gateway_is_known_as_its_own_instance() {
        for (host, port, listener, itself) in [
            ("127.0.0.1", 80, "127.0.0.1:80", true),
            ("127.0.0.1", 80, "0.0.0.0:80", true),
            ("localhost", 80, "[::]:80", true),
            ("::1", 80, "[::1]:80", true),
            ("localhost", 80, "[::1]:80", true),
            ("LOCALHOST.", 80, "127.0.0.1:80", true),
            ("0.0.0.0", 80, "127.0.0.1:80", true),
            ("::", 80, "[::1]:80", true),
            ("::ffff:127.0.0.1", 80, "127.0.0.1:80", true),
            ("::", 80, "10.0.0.1:80", false),
            ("127.0.0.2", 80, "127.0.0.1:80", false),
            ("127.0.0.1", 81, "0.0.0.0:80", false),
            ("10.0.0.1", 80, "0.0.0.0:80", false),
            ("gateway.test", 80, "0.0.0.0:80", false),
        ] {
            let instance = InstanceAddress::Http { host: host.to_owned(), port };
            let listener = ListenAddress::Tcp(listener.parse().expect("an address"));
            assert_eq!(leads_to(&instance, &listener), itself, "{instance} {listener:?}");
        }
        let socket = |path: &str| ListenAddress::Unix(path.into());
        assert!(leads_to(&InstanceAddress::Unix("/a".into()), &socket("/a")));
        assert!(leads_to(&InstanceAddress::Unix("/b/./a".into()), &socket("/b//a")));
        assert!(!leads_to(&InstanceAddress::Unix("/b".into()), &socket("/a")));
    }
}
