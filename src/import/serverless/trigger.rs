//! Triggers: services with their domains, and the APIs of their endpoints.

use super::function::{self, Functions, version_of};
use crate::import::address::{Backend, HOST_PASSES};
use crate::import::draft::{Api, Domain, Draft, Function};
use crate::import::node::Node;
use crate::import::path::{self, Scope};
use crate::import::remark::{IN_FRONT, Place};

const ENVIRONMENTS: [&str; 3] = ["release", "prepub", "test"];
const ALL_PATHS: &str = "/";

/// Events by which requests come.
const KINDS: [&str; 4] = ["apigw", "http", "httpApi", "url"];

/// What the triggers of a file have in common.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) functions: &'a Functions,
    pub(super) scope: Scope,
    /// What names the one service of all triggers, where the file has one.
    pub(super) shared: Option<Shared<'a>>,
}

/// The service that all functions of a file share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shared<'a> {
    pub(super) name: Option<Node<'a>>,
}

impl Shared<'_> {
    fn name(self) -> String {
        self.name.and_then(Node::text).unwrap_or_else(|| "api".to_owned())
    }
}

/// What an endpoint gets from its trigger.
struct Given<'a> {
    context: &'a Context<'a>,
    service: usize,
    function: Option<usize>,
    environment: Option<&'static str>,
    timeout: Option<Node<'a>>,
    enabled: bool,
}

impl Context<'_> {
    /// An event of a function, which may be a trigger that requests come by.
    pub(super) fn event(&self, event: Node<'_>, function: usize, draft: &mut Draft) {
        event.belongs_to(Place::Whole);
        if let Some(text) = event.peek() {
            event.note(format!("not imported: `{text}` has neither path nor method"));
        }
        let entries = event.entries();
        let is_trigger = entries.iter().any(|(key, _)| KINDS.contains(key));
        for (kind, trigger) in entries {
            let parameters = trigger.get("parameters").unwrap_or(trigger);
            match kind {
                "apigw" | "http" | "httpApi" | "url" if trigger.peek().is_some() => {
                    self.shorthand(event, trigger, kind, function, draft);
                }
                "http" | "httpApi" if self.shared.is_some() && !parameters.has("path") => {
                    trigger.note("not imported: it has no path");
                }
                // Without a path it is the address of the function as a whole.
                "http" | "url" if !parameters.has("path") => {
                    trigger.mark_key_read();
                    let name = format!("{}-url", draft.functions[function].name);
                    self.whole(parameters, &name, function, draft);
                }
                "apigw" | "http" | "httpApi" => {
                    trigger.mark_key_read();
                    // Functions whose triggers have one name share a gateway.
                    let owner = draft.functions[function].name.clone();
                    let named = || trigger.text_of("name").or_else(|| self.shared.map(Shared::name)).unwrap_or(owner);
                    self.trigger(parameters, named, Some(function), draft);
                }
                // Beside a trigger it is a setting of that.
                _ if is_trigger => {}
                other => trigger.note(format!("a gateway for requests has no `{other}` trigger")),
            }
        }
    }

    /// `GET /path`, `*`, or a word that stands for the address of the function itself.
    fn shorthand(&self, event: Node<'_>, trigger: Node<'_>, kind: &str, function: usize, draft: &mut Draft) {
        let text = trigger.peek().unwrap_or_default();
        let words: Vec<_> = text.split_whitespace().collect();
        let (method, path) = match words[..] {
            ["true" | "True" | "TRUE"] if kind == "url" => {
                trigger.text();
                let name = format!("{}-url", draft.functions[function].name);
                return self.whole(trigger, &name, function, draft);
            }
            ["*"] => ("ANY", "*"),
            [path] if path.starts_with('/') => ("ANY", path),
            [method, path] => (method, path),
            [_] if kind == "http" => {
                trigger.note("it names no path: the cloud used the name of the function");
                return self.by_name(event, function, draft);
            }
            _ => {
                trigger.note(format!("not imported: `{text}` is not `METHOD /path`"));
                return;
            }
        };
        trigger.text();
        let place = self.plain(self.rule(path), upper(method), function, draft);
        trigger.belongs_to(place);
    }

    /// A function at its name and under it.
    fn by_name(&self, event: Node<'_>, function: usize, draft: &mut Draft) {
        let rule = path::rule(&format!("/{}", draft.functions[function].name), Scope::Prefix);
        let places = methods(event).into_iter().map(|method| self.plain(rule.clone(), method, function, draft));
        if let Some(first) = places.collect::<Vec<_>>().first() {
            event.belongs_to(*first);
        }
    }

    /// An API of the shared service, with nothing of its own.
    fn plain(&self, rule: path::Rule, method: String, function: usize, draft: &mut Draft) -> Place {
        let name = self.shared.map_or_else(|| draft.functions[function].name.clone(), Shared::name);
        let service = draft.service(&name);
        let api = Api { name: None, rule, method, function, environments: Vec::new(), timeout: None, enabled: true };
        draft.api(service, api)
    }

    /// A trigger with endpoints, or with the one that it is itself. `fallback` names its service if it does not.
    pub(super) fn trigger(
        &self,
        parameters: Node<'_>,
        fallback: impl FnOnce() -> String,
        function: Option<usize>,
        draft: &mut Draft,
    ) {
        let name = parameters.first(&["serviceName", "name"]).and_then(Node::text);
        let service = draft.service(&name.unwrap_or_else(fallback));
        parameters.belongs_to(Place::Service(service));
        let environment = parameters.first(&["environment", "stageName"]).and_then(environment);
        domains(parameters, service, environment, draft);
        let endpoints: Vec<_> = ["endpoints", "apis"].into_iter().flat_map(|key| parameters.list_of(key)).collect();
        let timeout = parameters.first(&["serviceTimeout", "timeout"]);
        let enabled = is_enabled(parameters);
        let given = Given { context: self, service, function, environment, timeout, enabled };
        if endpoints.is_empty() {
            given.endpoint(parameters, true, draft);
        }
        for endpoint in endpoints {
            given.endpoint(endpoint, false, draft);
        }
    }

    /// A rule for everything.
    pub(super) fn whole(&self, parameters: Node<'_>, name: &str, function: usize, draft: &mut Draft) {
        let service = draft.service(name);
        parameters.belongs_to(Place::Service(service));
        let environment = parameters.first(&["environment", "stageName"]).and_then(environment);
        domains(parameters, service, environment, draft);
        let api = parameters.get("api");
        let setting = |key: &str| api.and_then(|api| api.get(key)).or_else(|| parameters.get(key));
        let version = setting("qualifier").and_then(function::version);
        let timeout = setting("serviceTimeout").or_else(|| setting("timeout"));
        let rule = path::rule(ALL_PATHS, Scope::Prefix);
        let function = version_of(function, version, draft);
        let api = Api {
            name: api.and_then(|api| api.text_of("name")),
            rule,
            method: "ANY".to_owned(),
            function,
            environments: environment.into_iter().collect(),
            timeout: timeout.and_then(Node::time),
            enabled: is_enabled(parameters),
        };
        draft.api(service, api);
    }

    fn rule(&self, text: &str) -> path::Rule {
        match text {
            "*" | "/*" => path::rule(ALL_PATHS, Scope::Prefix),
            _ if text.starts_with(['/', '=', '^']) => path::rule(text, self.scope),
            _ => path::rule(&format!("/{text}"), self.scope),
        }
    }
}

impl Given<'_> {
    /// `is_trigger`: the trigger is its own endpoint, and has given its name to the service.
    fn endpoint(&self, endpoint: Node<'_>, is_trigger: bool, draft: &mut Draft) {
        let function = match self.target(endpoint, draft) {
            Ok(function) => function,
            Err(why) => {
                endpoint.note(why);
                return;
            }
        };
        let written = endpoint.text_of("path");
        let is_named = written.is_some();
        let path = written.unwrap_or_else(|| format!("/{}", draft.functions[function].name));
        let name = endpoint.text_of("apiName");
        let name = name.or_else(|| endpoint.get("name").filter(|_| is_named && !is_trigger).and_then(Node::text));
        let timeout = endpoint.first(&["serviceTimeout", "timeout"]).or(self.timeout).and_then(Node::time);
        let mut first = None;
        for method in methods(endpoint) {
            let api = Api {
                name: name.clone(),
                rule: self.context.rule(&path),
                method,
                function,
                environments: self.environment.into_iter().collect(),
                timeout,
                enabled: self.enabled,
            };
            let place = draft.api(self.service, api);
            first.get_or_insert(place);
            if !is_named {
                draft.remark(place, "it names no path: the cloud used the name of the function");
            }
        }
        if let Some(place) = first.filter(|_| !is_trigger) {
            endpoint.belongs_to(place);
        }
    }

    /// The function that an endpoint leads to.
    fn target(&self, endpoint: Node<'_>, draft: &mut Draft) -> Result<usize, &'static str> {
        let kind = endpoint.get("serviceType");
        match kind.and_then(|kind| kind.one_of(&["SCF", "HTTP", "WEBSOCKET", "MOCK"])) {
            Some("HTTP" | "WEBSOCKET") => {
                return backend(endpoint, draft).ok_or("not imported: it has no URL that an instance can have");
            }
            Some("MOCK") => return Err("not imported: the cloud answered without a function"),
            _ => {}
        }
        let node = endpoint.first(&["function", "functionName", "serviceScfFunctionName"]);
        let named = node.and_then(|node| node.first(&["functionName", "name"]).unwrap_or(node).text());
        let namespace = node.and_then(|node| node.first(&["functionNamespace", "namespace"]));
        let namespace = namespace.and_then(Node::text).filter(|namespace| namespace != "default");
        let version = node.and_then(|node| node.first(&["functionQualifier", "qualifier"])).and_then(function::version);
        Ok(match named {
            Some(name) => self.context.functions.named(&name, namespace, version, draft),
            None => version_of(self.function.ok_or("not imported: it names no function")?, version, draft),
        })
    }
}

/// A server that is no function of the cloud.
fn backend(endpoint: Node<'_>, draft: &mut Draft) -> Option<usize> {
    let config = endpoint.get("serviceConfig")?;
    let url = config.get("url")?;
    let backend = Backend::parse(&url.text()?)?;
    if !backend.path.is_empty() {
        url.note(format!("the function gets the path of the request, without `{}` in front", backend.path));
    }
    for key in ["path", "method"] {
        let Some(node) = config.get(key) else { continue };
        let same = node.peek() == endpoint.get(key).and_then(Node::peek);
        if same {
            node.text();
        } else {
            node.note(format!("the function gets the {key} of the request"));
        }
    }
    let name = backend.name().to_owned();
    let index = draft.function(Function { name, address: Some(backend.address), ..Function::default() });
    draft.remark(Place::Function(index), HOST_PASSES);
    Some(index)
}

/// The methods of an endpoint: one, a list, or all.
fn methods(endpoint: Node<'_>) -> Vec<String> {
    let Some(node) = endpoint.first(&["method", "httpMethod", "methods"]) else { return vec![upper("ANY")] };
    let all: Vec<_> = if node.is_list() { node.list() } else { vec![node] };
    let methods: Vec<_> = all.into_iter().filter_map(Node::text).map(|method| upper(&method)).collect();
    if methods.is_empty() {
        node.note("it is not a method: the API takes all");
        return vec![upper("ANY")];
    }
    methods
}

fn upper(method: &str) -> String {
    if method == "*" { "ANY".to_owned() } else { method.to_ascii_uppercase() }
}

/// A trigger that is switched off keeps the place of its APIs.
fn is_enabled(parameters: Node<'_>) -> bool {
    let is_off = parameters.flag("isDisabled") == Some(true);
    !is_off && ["enable", "enabled"].iter().all(|key| parameters.flag(key) != Some(false))
}

fn environment(node: Node<'_>) -> Option<&'static str> {
    let found = node.one_of(&ENVIRONMENTS);
    // A mapping is not an environment but its variables.
    if let (None, Some(text)) = (found, node.peek()) {
        node.note(format!("not imported: `{text}` is none of {}: the API is in `release`", ENVIRONMENTS.join(", ")));
    }
    found
}

/// Domains of the trigger's own, each with the environments that its paths lead to.
fn domains(parameters: Node<'_>, service: usize, default: Option<&'static str>, draft: &mut Draft) {
    let default = default.unwrap_or("release");
    for node in ["customDomains", "customDomain"].into_iter().flat_map(|key| parameters.list_of(key)) {
        let Some(host) = node.get("domain").unwrap_or(node).text() else { continue };
        // Without mappings of its own a domain has those of the cloud, unless it says that it does not.
        let is_custom = node.flag("isDefaultMapping") == Some(false) || node.flag("customMap") == Some(true);
        let mappings: Vec<_> = ["pathMappingSet", "pathMap"].into_iter().flat_map(|key| node.list_of(key)).collect();
        if mappings.is_empty() {
            draft.domain(service, Domain { host: host.clone(), base_path: "/".to_owned(), environment: default });
            if !is_custom {
                let base_path = format!("/{default}");
                draft.domain(service, Domain { host: host.clone(), base_path, environment: default });
                draft.remark(Place::Service(service), IN_FRONT);
            }
        }
        for mapping in mappings {
            let base_path = mapping.text_of("path").unwrap_or_else(|| "/".to_owned());
            let environment = mapping.get("environment").and_then(environment).unwrap_or(default);
            draft.domain(service, Domain { host: host.clone(), base_path, environment });
        }
    }
}
