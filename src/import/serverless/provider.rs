//! The form with `provider` and `functions`, each function with events of its own.

use super::function::{self, Functions, region};
use super::trigger::{Context, Shared};
use crate::import::draft::Draft;
use crate::import::node::Node;
use crate::import::path::Scope;

/// The cloud whose paths stand for what is under them.
const PREFIXES: &str = "tencent";

pub(super) fn read(root: Node<'_>, draft: &mut Draft) {
    let provider = root.get("provider");
    let cloud = provider.map(|provider| provider.get("name").unwrap_or(provider)).and_then(Node::text);
    let is_prefix = cloud.as_deref() == Some(PREFIXES);
    if let Some(provider) = provider {
        region(provider, draft);
    }
    let service = root.get("service").map(|service| service.get("name").unwrap_or(service));
    let mut functions = Functions::default();
    let mut all = Vec::new();
    let described = root.get("functions");
    let listed = described.map(Node::list).unwrap_or_default().into_iter().flat_map(Node::entries);
    for (key, node) in described.map(Node::entries).unwrap_or_default().into_iter().chain(listed) {
        // One that is null has no settings.
        node.mark_key_read();
        let name = node.text_of("name").unwrap_or_else(|| key.to_owned());
        let index = function::declare(node, name, provider, draft);
        functions.add(key, index);
        all.push((node, index));
    }
    if let Some(provider) = provider {
        function::note_defaults(provider);
    }
    // Elsewhere the functions of a file share one address.
    let (scope, shared) =
        if is_prefix { (Scope::Prefix, None) } else { (Scope::Exact, Some(Shared { name: service })) };
    let context = Context { functions: &functions, scope, shared };
    for (node, index) in all {
        for event in node.list_of("events") {
            context.event(event, index, draft);
        }
    }
}
