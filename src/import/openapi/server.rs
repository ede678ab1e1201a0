//! Where a document says that its paths are: `servers`, or `host` and `basePath` of version 2.

use crate::import::address::{Server, base};
use crate::import::node::Node;

/// The hosts of a service, and what stands in front of all its paths.
#[derive(Debug, Default)]
pub(super) struct Servers {
    pub(super) hosts: Vec<String>,
    pub(super) base: String,
}

pub(super) fn read(root: Node<'_>) -> Servers {
    if root.has("swagger") {
        // It is read when a path follows it.
        let base = root.get("basePath").and_then(Node::peek).map(|path| base(&path)).unwrap_or_default();
        let host = root.get("host").and_then(|node| take(node, Server::at(&node.text()?)));
        return Servers { hosts: host.into_iter().collect(), base };
    }
    let mut servers = Servers::default();
    for (index, node) in root.list_of("servers").into_iter().enumerate() {
        node.describes(&["description"]);
        let Some((url, server)) = node.get("url").and_then(|url| Some((url, Server::parse(&fill(url.text()?, node)))))
        else {
            continue;
        };
        if index == 0 {
            servers.base.clone_from(&server.base);
        }
        if server.base == servers.base {
            servers.hosts.extend(take(url, server));
        } else {
            let (other, base) = (server.base, &servers.base);
            node.note(format!("not imported: a server with the path `{other}` beside `{base}`"));
        }
    }
    servers
}

/// The host of a server. Ports are none of a service's.
fn take(node: Node<'_>, server: Server) -> Option<String> {
    if let Some(port) = server.port {
        node.note(format!("the port {port} is not in the host: a service answers on every listener"));
    }
    server.host
}

/// Puts in the defaults of variables.
fn fill(url: String, server: Node<'_>) -> String {
    let mut url = url;
    for (name, variable) in server.get("variables").map(Node::entries).unwrap_or_default() {
        variable.describes(&["description"]);
        let placeholder = format!("{{{name}}}");
        if url.contains(&placeholder)
            && let Some(default) = variable.text_of("default")
        {
            url = url.replace(&placeholder, &default);
        }
    }
    url
}
