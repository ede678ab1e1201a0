//! OpenAPI, versions 2 and 3: paths and methods. Everything else in it describes messages, which the gateway does not look at.

use super::draft::{Api, Domain, Draft, Function};
use super::source::Node;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// What stands beside the methods of a path.
const ITEM: [&str; 4] = ["summary", "description", "parameters", "servers"];

pub(super) fn read(root: &Node<'_>, draft: &mut Draft) {
    let title = root.get("info").and_then(|info| info.text_of("title")).unwrap_or_else(|| "api".to_owned());
    draft
        .remarks
        .push("parameters, bodies and answers are not checked: the function gets requests as they come".to_owned());
    draft.remarks.extend(unsupported(root, &["security", "securityDefinitions", "webhooks"]));
    let schemes = root.get("components").and_then(|components| components.get("securitySchemes"));
    draft.remarks.extend(schemes.map(|schemes| format!("{}: {}", schemes.at, NO_AUTHENTICATION)));
    let function = draft.function(Function { name: title.clone(), ..Function::default() });
    let servers = if root.has("swagger") { server_of_two(root) } else { servers(root) };
    let base = servers.first().map(|(_, base)| base.clone()).unwrap_or_default();
    let service = draft.service(&title);
    for (host, other) in servers {
        if let Some(host) = host {
            service.domain(Domain { host, base_path: "/".into(), environment: "release".into() });
        }
        if other != base {
            service.remarks.push(format!("a server with the path `{other}` beside `{base}`: its paths are not here"));
        }
    }
    for (path, item) in root.get("paths").iter().flat_map(Node::all_entries) {
        if let Some(why) = unusable(&path, &item) {
            service.remarks.push(why);
            continue;
        }
        service.remarks.extend(unread(&item));
        if !item.all_entries().iter().any(|(key, _)| is_method(key)) {
            service.remarks.extend(remarks(&item));
        }
        for (method, operation) in item.all_entries().into_iter().filter(|(key, _)| is_method(key)) {
            service.api(Api {
                name: operation.text_of("operationId"),
                // A path of OpenAPI stands for itself, not for what is under it.
                path: format!("={base}{path}"),
                method: method.to_ascii_uppercase(),
                function: function.clone(),
                remarks: [remarks(&item), remarks(&operation)].concat(),
                ..Api::default()
            });
        }
    }
}

/// OpenAPI writes them in lower case; whoever does not means the same.
fn is_method(key: &str) -> bool {
    METHODS.iter().any(|method| method.eq_ignore_ascii_case(key))
}

/// What is said of a path that gives no API at all.
fn unusable(path: &str, item: &Node<'_>) -> Option<String> {
    let why = match path {
        _ if path.starts_with("x-") => "there is no counterpart",
        _ if !path.starts_with('/') => "not imported: a path starts with a slash",
        _ if !item.is_mapping() => "not imported: it is no mapping of methods",
        _ => return None,
    };
    Some(format!("{}: {why}", item.at))
}

/// What stands in a path and is neither a method nor for readers.
fn unread(item: &Node<'_>) -> Vec<String> {
    let known = |key: &str| is_method(key) || ITEM.contains(&key) || key.starts_with("x-");
    let unread = item.all_entries().into_iter().filter(|(key, _)| !known(key));
    unread.map(|(key, node)| format!("{}: not imported: {}", node.at, meaning(&key, &node))).collect()
}

fn meaning(key: &str, node: &Node<'_>) -> String {
    match key {
        "$ref" => format!("the path is described at `{}`: put it in its place", node.text().unwrap_or_default()),
        "query" | "additionalOperations" => "there is no counterpart".to_owned(),
        _ => "it is no method".to_owned(),
    }
}

const NO_AUTHENTICATION: &str = "who may call is for the function, or for a proxy in front, to decide";

fn unsupported(node: &Node<'_>, keys: &[&str]) -> Vec<String> {
    let meaning =
        |key| if key == "webhooks" { "requests that go out are none of the gateway's" } else { NO_AUTHENTICATION };
    keys.iter().filter_map(|key| node.get(key).map(|node| format!("{}: {}", node.at, meaning(*key)))).collect()
}

/// What an operation, or all of a path, say that has no counterpart. Their text and their messages are for readers.
fn remarks(node: &Node<'_>) -> Vec<String> {
    let mut all = unsupported(node, &["security"]);
    all.extend(node.get("servers").map(|servers| format!("{}: a service has one set of hosts", servers.at)));
    all.extend(
        node.get("callbacks")
            .map(|callbacks| format!("{}: requests that go out are none of the gateway's", callbacks.at)),
    );
    all.extend(node.is_true("deprecated").then(|| format!("{}.deprecated", node.at)));
    let extensions = node.entries().into_iter().filter(|(key, _)| key.starts_with("x-"));
    all.extend(extensions.map(|(_, extension)| format!("{}: there is no counterpart", extension.at)));
    all
}

/// Host, if there is one, and path of each server, the path without a slash at its end.
fn servers(root: &Node<'_>) -> Vec<(Option<String>, String)> {
    let servers = root.get("servers").map(|servers| servers.list()).unwrap_or_default();
    let url = |server: &Node<'_>| {
        let mut url = server.text_of("url")?;
        for (name, variable) in server.get("variables").iter().flat_map(Node::entries) {
            url = url.replace(&format!("{{{name}}}"), &variable.text_of("default").unwrap_or_default());
        }
        Some(split(&url))
    };
    servers.iter().filter_map(url).collect()
}

/// `host` and `basePath` of version 2.
fn server_of_two(root: &Node<'_>) -> Vec<(Option<String>, String)> {
    let host = root.text_of("host").map(|host| without_port(&host));
    let base = root.text_of("basePath").unwrap_or_default();
    vec![(host, base.trim_end_matches('/').to_owned())]
}

fn split(url: &str) -> (Option<String>, String) {
    let (host, path) = match url.split_once("://") {
        Some((_, rest)) => {
            let at = rest.find('/').unwrap_or(rest.len());
            (Some(without_port(&rest[..at])), &rest[at..])
        }
        None => (None, url),
    };
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    (host.filter(|host| !host.is_empty()), path.to_owned())
}

fn without_port(authority: &str) -> String {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host.to_owned(),
        _ => authority.to_owned(),
    }
}
