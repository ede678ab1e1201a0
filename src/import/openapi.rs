//! OpenAPI, versions 2 and 3: paths and methods, and what clouds put beside them. The rest describes messages, which the gateway
//! does not look at.

mod backend;
mod server;

use self::backend::Backends;
use super::draft::{Api, Domain, Draft};
use super::node::Node;
use super::path::{self, Scope};
use super::remark::{CORS, NOT_CHECKED, NOT_LIMITED, Place};

const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];
const ANY_METHOD: &str = "x-amazon-apigateway-any-method";

/// Keys that only describe, for readers or for programs that check messages.
const OF_DOCUMENT: [&str; 11] = [
    "openapi",
    "swagger",
    "info",
    "tags",
    "externalDocs",
    "definitions",
    "parameters",
    "responses",
    "consumes",
    "produces",
    "jsonSchemaDialect",
];
const OF_COMPONENTS: [&str; 9] =
    ["schemas", "responses", "parameters", "examples", "requestBodies", "headers", "links", "callbacks", "mediaTypes"];
const OF_PATH: [&str; 3] = ["summary", "description", "parameters"];
const OF_OPERATION: [&str; 9] = [
    "summary",
    "description",
    "tags",
    "externalDocs",
    "parameters",
    "requestBody",
    "responses",
    "consumes",
    "produces",
];

const OUTGOING: &str = "the gateway has no part in requests that functions send";

pub(super) fn meaning(key: &str) -> Option<&'static str> {
    Some(match key {
        "security"
        | "securityDefinitions"
        | "securitySchemes"
        | "x-amazon-apigateway-policy"
        | "x-amazon-apigateway-auth"
        | "x-amazon-apigateway-api-key-source"
        | "x-google-allow"
        | "x-google-issuer"
        | "jwt_audience"
        | "disable_auth" => NOT_CHECKED,
        "x-google-management" | "x-google-quota" => NOT_LIMITED,
        "webhooks" | "callbacks" => OUTGOING,
        "servers" => "a service has one set of hosts",
        "schemes" => "listeners decide between http and https: see [listener.tls] and redirect_https",
        "deprecated" => "the gateway does not tell clients",
        "x-amazon-apigateway-cors" => CORS,
        "x-amazon-apigateway-request-validator" | "x-amazon-apigateway-request-validators" => {
            "parameters and bodies are not checked"
        }
        _ => return None,
    })
}

pub(super) fn read(root: Node<'_>, draft: &mut Draft) {
    let title = root.get("info").and_then(|info| info.text_of("title")).unwrap_or_else(|| "api".to_owned());
    root.describes(&OF_DOCUMENT);
    if let Some(components) = root.get("components") {
        components.describes(&OF_COMPONENTS);
    }
    draft.remark(
        Place::Whole,
        "parameters, bodies and answers are not checked: the function gets requests as they come",
    );
    let service = draft.service(&title);
    let servers = server::read(root);
    for host in servers.hosts {
        draft.domain(service, Domain { host, base_path: "/".to_owned(), environment: "release" });
    }
    let backends = Backends::new(root, title);
    let mut importer = Importer { root, draft, service, base: servers.base, backends };
    let Some(paths) = root.get("paths") else { return };
    paths.belongs_to(Place::Service(service));
    for (path, item) in paths.entries() {
        importer.path(path, item);
    }
}

struct Importer<'a, 'd> {
    root: Node<'a>,
    draft: &'d mut Draft,
    service: usize,
    /// In front of every path.
    base: String,
    backends: Backends<'a>,
}

impl<'a> Importer<'a, '_> {
    fn path(&mut self, path: &str, item: Node<'a>) {
        if path.starts_with("x-") {
            return;
        }
        if !path.starts_with('/') {
            item.note("not imported: a path starts with a slash");
            return;
        }
        let item = item.referred(self.root).unwrap_or(item);
        if let Some(node) = item.get("$ref") {
            let reference = node.peek().unwrap_or_default();
            node.note(format!("not imported: the path is described at `{reference}`: put it in its place"));
        }
        if !item.is_mapping() {
            item.note("not imported: it is not a mapping of methods");
            return;
        }
        item.describes(&OF_PATH);
        for (key, value) in item.entries() {
            if METHODS.iter().any(|method| method.eq_ignore_ascii_case(key)) {
                self.operation(path, key, value);
            } else if key == ANY_METHOD {
                self.operation(path, "ANY", value);
            } else if key == "additionalOperations" {
                value.entries().into_iter().for_each(|(method, operation)| self.operation(path, method, operation));
            } else if !OF_PATH.contains(&key) && !["servers", "$ref"].contains(&key) && !key.starts_with("x-") {
                value.note("not imported: it is not a method");
            }
        }
    }

    fn operation(&mut self, path: &str, method: &str, operation: Node<'a>) {
        self.root.get("basePath").and_then(Node::text);
        // One that is null, or empty, is an operation of which nothing is described.
        operation.mark_key_read();
        operation.describes(&OF_OPERATION);
        if operation.flag("deprecated") == Some(true) {
            operation.get("deprecated").iter().for_each(|node| node.note("the gateway does not tell clients"));
        }
        let path = format!("{}{path}", self.base);
        let target = self.backends.of(operation, &path, self.root, self.draft);
        // The route of AWS for everything that has no other.
        let rule = match operation.flag("isDefaultRoute") {
            Some(true) => path::rule("/", Scope::Prefix),
            _ => path::rule(&path, Scope::Exact),
        };
        let place = self.draft.api(
            self.service,
            Api {
                name: operation.text_of("operationId"),
                rule,
                method: method.to_ascii_uppercase(),
                function: target.function,
                environments: Vec::new(),
                timeout: target.timeout,
                enabled: true,
            },
        );
        operation.belongs_to(place);
    }
}
