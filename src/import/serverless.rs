//! `serverless.yml`: functions of a cloud with the API Gateway triggers that gave them an address.
//!
//! Known are components with `inputs` (`scf`, `multi-scf`, `apigateway`, and those of web frameworks), one in a file or several under names of
//! their own, and the older form with `provider` and `functions`. `${name}`, `${stage}`, `${app}` and `${org}` are those of the
//! file; other variables are not.

use super::draft::{Api, Domain, Draft, Function};
use super::error::ImportError;
use super::source::Node;

/// Where a version is not chosen.
const NO_VERSION: [&str; 2] = ["$LATEST", "$DEFAULT"];

/// What stands beside an endpoint and says nothing that a request would notice.
const SILENT: [&str; 6] = ["apiId", "apiName", "description", "serviceId", "netTypes", "responseType"];

/// What is read of a function, and what only the place where it runs has to know.
const FUNCTION: [&str; 13] = [
    "name",
    "functionName",
    "namespace",
    "timeout",
    "memorySize",
    "type",
    "events",
    "region",
    "src",
    "code",
    "codeUri",
    "handler",
    "runtime",
];
/// What is read of an endpoint, which may stand in the place of its trigger.
const ENDPOINT: [&str; 5] = ["path", "method", "function", "serviceTimeout", "name"];
/// What is read of a trigger that leads everything to one function.
const WHOLE: [&str; 4] = ["serviceName", "environment", "customDomains", "serviceTimeout"];

const VARIABLES: &str = "environment variables are set where the function runs";

/// What some keys would be in fngate.
const REMARKS: [(&str, &str); 12] = [
    ("environment", VARIABLES),
    ("environments", VARIABLES),
    ("auth", "who may call is for the function, or for a proxy in front, to decide"),
    ("usagePlan", "the gateway counts no quota"),
    (
        "enableCORS",
        "the function answers OPTIONS and sends its own Access-Control fields: the gateway changes no answer",
    ),
    ("param", "parameters are not checked: the function gets the request as it came"),
    ("isBase64Encoded", "bodies are bytes and pass as they are"),
    ("isBase64Trigger", "bodies are bytes and pass as they are"),
    ("base64EncodedTriggerRules", "bodies are bytes and pass as they are"),
    ("isForcedHttps", "a listener with redirect_https sends clients to https"),
    ("certificateId", "the certificate goes into [listener.tls]"),
    ("protocols", "listeners decide what is spoken: see [listener.tls] and redirect_https"),
];

pub(super) fn read(root: &Node<'_>, draft: &mut Draft) -> Result<(), ImportError> {
    let mut file = File { root, draft };
    if root.has("component") {
        file.component(root);
    } else if root.has("functions") {
        file.provider();
    } else {
        let mut components = root.entries();
        components.retain(|(_, node)| node.has("component") && node.has("inputs"));
        if components.is_empty() {
            return Err(ImportError::Unknown);
        }
        components.iter().for_each(|(_, component)| file.component(component));
    }
    Ok(())
}

struct File<'a, 'd> {
    root: &'a Node<'a>,
    draft: &'d mut Draft,
}

impl File<'_, '_> {
    fn component(&mut self, component: &Node<'_>) {
        let Some(inputs) = component.get("inputs") else { return };
        self.draft.region = self.draft.region.take().or_else(|| inputs.text_of("region"));
        let name = component.text_of("component").unwrap_or_default();
        // `@serverless/tencent-scf@1.2` is `scf`.
        let kind = name.trim_start_matches('@').split('@').next().unwrap_or_default();
        match kind.trim_start_matches("serverless/").trim_start_matches("tencent-") {
            "scf" => self.scf(&inputs, component),
            "multi-scf" => self.several(&inputs),
            "apigateway" => self.trigger(&inputs, "gateway", None),
            "cos" | "postgresql" | "cynosdb" | "vpc" | "layer" | "cdn" | "website" => {
                self.draft.remarks.push(format!("{}: `{kind}` is no function", component_name(component)));
            }
            // Web frameworks: every path goes to the one function.
            _ => self.framework(&inputs, component),
        }
    }

    /// One function with its events.
    fn scf(&mut self, inputs: &Node<'_>, component: &Node<'_>) {
        let name = inputs.text_of("name").map_or_else(|| self.default_name(component), |name| self.resolve(&name));
        let function = self.declare(inputs, &name, None);
        for event in inputs.get("events").into_iter().flat_map(|events| events.list()) {
            self.event(&event, &function);
        }
    }

    fn event(&mut self, event: &Node<'_>, function: &Function) {
        if let Some(text) = event.text() {
            self.draft.remarks.push(format!("{}: not imported: `{text}` has neither path nor method", event.at));
        }
        for (kind, trigger) in event.all_entries() {
            let parameters = trigger.get("parameters").unwrap_or_else(|| trigger.clone());
            match kind.as_str() {
                "apigw" | "http" if trigger.text().is_some() => {
                    self.draft
                        .remarks
                        .push(format!("{}: not imported: it is no mapping with `path` and `method`", trigger.at));
                }
                // Without a path it is the address of the function as a whole; with one, that is how other clouds name a trigger.
                "http" if !parameters.has("path") => {
                    self.whole(&format!("{}-url", function.name), function, &parameters, remarks(&parameters, &WHOLE));
                }
                "apigw" | "http" => {
                    // Functions whose triggers have one name share a gateway.
                    let named = trigger.text_of("name").map(|name| self.resolve(&name));
                    self.trigger(&parameters, named.as_ref().unwrap_or(&function.name), Some(function));
                }
                other => {
                    self.draft.remarks.push(format!("{}: a gateway for requests has no `{other}` trigger", event.at));
                }
            }
        }
    }

    /// `functions` and `triggers` beside each other.
    fn several(&mut self, inputs: &Node<'_>) {
        let mut functions = Vec::new();
        for (name, node) in inputs.get("functions").iter().flat_map(Node::all_entries) {
            let name = node.text_of("name").map_or(name.clone(), |written| self.resolve(&written));
            functions.push(self.declare(&node, &name, Some(inputs)));
        }
        for trigger in inputs.get("triggers").into_iter().flat_map(|triggers| triggers.list()) {
            let parameters = trigger.get("parameters").unwrap_or_else(|| trigger.clone());
            match trigger.text_of("type").as_deref() {
                Some("apigw") => {
                    let named = trigger.text_of("function");
                    let function = functions.iter().find(|function| Some(&function.name) == named.as_ref());
                    self.trigger(&parameters, "gateway", function);
                }
                other => {
                    let kind = other.unwrap_or("nameless");
                    self.draft.remarks.push(format!("{}: a gateway for requests has no `{kind}` trigger", trigger.at));
                }
            }
        }
    }

    /// A component of a web framework: all paths, all methods.
    fn framework(&mut self, inputs: &Node<'_>, component: &Node<'_>) {
        let name = inputs.text_of("functionName").or_else(|| inputs.text_of("name"));
        let name = name.map_or_else(|| self.default_name(component), |name| self.resolve(&name));
        let settings = inputs.get("functionConf").unwrap_or_else(|| inputs.clone());
        let mut function = Function { name, ..Self::settings(&settings) };
        let gateway = inputs.get("apigatewayConf").or_else(|| inputs.get("apigw"));
        function
            .remarks
            .extend(remarks(inputs, &[&FUNCTION[..], &WHOLE, &["functionConf", "apigatewayConf", "apigw"]].concat()));
        function.remarks.extend(inputs.get("functionConf").iter().flat_map(|settings| remarks(settings, &FUNCTION)));
        let remarks = gateway.as_ref().map(|gateway| remarks(gateway, &WHOLE)).unwrap_or_default();
        let gateway = gateway.unwrap_or_else(|| inputs.clone());
        let service = inputs.text_of("serviceName").or_else(|| gateway.text_of("serviceName"));
        let service = service.map_or_else(|| function.name.clone(), |name| self.resolve(&name));
        self.whole(&service, &function, &gateway, remarks);
    }

    /// A rule for everything.
    fn whole(&mut self, service: &str, function: &Function, parameters: &Node<'_>, mut remarks: Vec<String>) {
        let reference = self.draft.function(function.clone());
        let environment = parameters.text_of("environment");
        self.domains(service, parameters, environment.as_deref());
        let timeout = parameters.time("serviceTimeout", &mut remarks);
        let api = Api {
            path: "/".into(),
            method: "ANY".into(),
            function: reference,
            environment,
            timeout,
            remarks,
            ..Api::default()
        };
        self.draft.service(service).api(api);
    }

    /// The form with `provider`: each function with events of its own.
    fn provider(&mut self) {
        let provider = self.root.get("provider");
        self.draft.region = provider.as_ref().and_then(|provider| provider.text_of("region"));
        let variables = provider.as_ref().and_then(|provider| provider.get("environment"));
        self.draft.remarks.extend(variables.map(|variables| format!("{}: {VARIABLES}", variables.at)));
        // One that is null has no settings.
        for (name, node) in self.root.get("functions").iter().flat_map(Node::all_entries) {
            let function = self.declare(&node, &name, provider.as_ref());
            for event in node.get("events").into_iter().flat_map(|events| events.list()) {
                self.event(&event, &function);
            }
        }
    }

    /// An API Gateway trigger. Its endpoints lead to `function`, unless they name another.
    fn trigger(&mut self, parameters: &Node<'_>, fallback: &str, function: Option<&Function>) {
        let service = parameters.text_of("serviceName").or_else(|| parameters.text_of("name"));
        let service = service.map_or_else(|| fallback.to_owned(), |name| self.resolve(&name));
        let environment = parameters.text_of("environment").or_else(|| parameters.text_of("stageName"));
        self.domains(&service, parameters, environment.as_deref());
        let asked = [
            "serviceName",
            "environment",
            "stageName",
            "customDomains",
            "endpoints",
            "apis",
            "httpMethod",
            "integratedResponse",
            "serviceDesc",
            "region",
        ];
        let remarks = remarks(parameters, &[&asked[..], &ENDPOINT].concat());
        self.draft.service(&service).remarks.extend(remarks);
        let endpoints: Vec<_> =
            ["endpoints", "apis"].iter().filter_map(|key| parameters.get(key)).flat_map(|list| list.list()).collect();
        if endpoints.is_empty() {
            self.endpoint(&service, parameters, function, environment.as_deref(), Vec::new());
        }
        let unused = parameters.get("serviceTimeout").filter(|_| !endpoints.is_empty());
        let unused = unused.map(|timeout| format!("{}: not imported: the endpoints have their own", timeout.at));
        self.draft.service(&service).remarks.extend(unused);
        for endpoint in endpoints {
            let remarks = remarks_of_endpoint(&endpoint);
            self.endpoint(&service, &endpoint, function, environment.as_deref(), remarks);
        }
    }

    fn endpoint(
        &mut self,
        service: &str,
        endpoint: &Node<'_>,
        function: Option<&Function>,
        environment: Option<&str>,
        mut remarks: Vec<String>,
    ) {
        let target = self.target(endpoint, function);
        let Some(target) = target else {
            self.draft.remarks.push(format!("{}: it names no function", endpoint.at));
            return;
        };
        let path = endpoint.text_of("path").unwrap_or_else(|| {
            remarks.push("no path was named: the cloud made one of the function's name".to_owned());
            format!("/{}", target.name)
        });
        let method = endpoint.get("method").or_else(|| endpoint.get("httpMethod"));
        let unread = method.as_ref().filter(|method| method.text().is_none());
        remarks.extend(unread.map(|method| format!("{}: it is not one method: all are taken", method.at)));
        let method = method.and_then(|method| method.text());
        let reference = self.draft.function(target);
        let timeout = endpoint.time("serviceTimeout", &mut remarks);
        self.draft.service(service).api(Api {
            name: endpoint.text_of("apiName").or_else(|| endpoint.get("path").and(endpoint.text_of("name"))),
            path,
            method: method.unwrap_or_else(|| "ANY".to_owned()).to_ascii_uppercase(),
            function: reference,
            environment: environment.map(str::to_owned),
            timeout,
            remarks,
        });
    }

    /// The function that an endpoint leads to.
    fn target(&self, endpoint: &Node<'_>, function: Option<&Function>) -> Option<Function> {
        let node = endpoint.get("function");
        let named = node.as_ref().and_then(|node| node.text().or_else(|| node.text_of("functionName")));
        let mut target = match (named.map(|name| self.resolve(&name)), function) {
            (Some(name), Some(function)) if name == function.name => function.clone(),
            (Some(name), _) => Function { name, ..Function::default() },
            (None, function) => function?.clone(),
        };
        if let Some(node) = node {
            target.namespace = node.text_of("functionNamespace").or(target.namespace);
            let version = node.text_of("functionQualifier").filter(|version| !NO_VERSION.contains(&version.as_str()));
            if version.is_some() {
                // What is said of the function stands beside its first version.
                target.remarks.clear();
                target.version = version;
            }
        }
        Some(target)
    }

    /// Domains of the trigger's own, each with the environments that its paths lead to.
    fn domains(&mut self, service: &str, parameters: &Node<'_>, environment: Option<&str>) {
        for domain in parameters.get("customDomains").into_iter().flat_map(|domains| domains.list()) {
            let Some(host) = domain.text_of("domain").map(|host| self.resolve(&host)) else { continue };
            let remarks = remarks(&domain, &["domain", "pathMappingSet", "isDefaultMapping"]);
            let mappings = domain.get("pathMappingSet").map(|set| set.list()).unwrap_or_default();
            let service = self.draft.service(service);
            service.remarks.extend(remarks);
            let default = environment.unwrap_or("release").to_owned();
            if mappings.is_empty() {
                service.domain(Domain { host: host.clone(), base_path: "/".into(), environment: default.clone() });
            }
            for mapping in mappings {
                let base_path = mapping.text_of("path").unwrap_or_else(|| "/".to_owned());
                let environment = mapping.text_of("environment").unwrap_or_else(|| default.clone());
                service.domain(Domain { host: host.clone(), base_path, environment });
            }
        }
    }

    /// Adds a function with what is said of it, and what `defaults` say where it says nothing.
    fn declare(&mut self, node: &Node<'_>, name: &str, defaults: Option<&Node<'_>>) -> Function {
        let mut function = Function { name: name.to_owned(), ..Self::settings(node) };
        if let Some(defaults) = defaults.map(Self::settings) {
            function.timeout = function.timeout.or(defaults.timeout);
            function.memory = function.memory.or(defaults.memory);
            function.remarks.extend(defaults.remarks);
        }
        if node.text_of("type").is_none_or(|kind| kind != "web") {
            let remark = "an event function: requests come to it as HTTP here, not as events. A functions framework can serve it";
            function.remarks.push(remark.to_owned());
        }
        function.remarks.extend(remarks(node, &FUNCTION));
        self.draft.function(function.clone());
        function
    }

    fn settings(node: &Node<'_>) -> Function {
        let mut remarks = Vec::new();
        Function {
            namespace: node.text_of("namespace").filter(|namespace| namespace != "default"),
            timeout: node.time("timeout", &mut remarks),
            memory: node.megabytes("memorySize", &mut remarks),
            remarks,
            ..Function::default()
        }
    }

    fn default_name(&self, component: &Node<'_>) -> String {
        component.text_of("name").map_or_else(|| component_name(component), |name| self.resolve(&name))
    }

    /// Puts in what the file itself says of its variables.
    fn resolve(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for key in ["name", "app", "stage", "org"] {
            let value = self.root.text_of(key).or_else(|| (key == "stage").then(|| "dev".to_owned()));
            if let Some(value) = value.filter(|value| !value.contains("${")) {
                text = text.replace(&format!("${{{key}}}"), &value);
            }
        }
        text
    }
}

fn component_name(component: &Node<'_>) -> String {
    if component.at.is_empty() { "function".to_owned() } else { component.at.clone() }
}

fn remarks_of_endpoint(endpoint: &Node<'_>) -> Vec<String> {
    let mut all = remarks(endpoint, &ENDPOINT);
    if let Some(function) = endpoint.get("function") {
        all.extend(remarks(
            &function,
            &["functionName", "functionNamespace", "functionQualifier", "isIntegratedResponse"],
        ));
    }
    all
}

/// What is said that has no counterpart.
fn remarks(node: &Node<'_>, asked: &[&str]) -> Vec<String> {
    let others = node.others(&[asked, &SILENT].concat());
    others.into_iter().map(|other| remark(&other)).collect()
}

fn remark(node: &Node<'_>) -> String {
    let key = node.at.rsplit('.').next().unwrap_or_default();
    let meaning =
        REMARKS.iter().find(|(known, _)| *known == key).map_or("there is no counterpart", |(_, remark)| remark);
    format!("{}: {meaning}", node.at)
}
