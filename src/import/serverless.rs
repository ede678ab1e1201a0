//! `serverless.yml`: functions of a cloud with the triggers that gave them an address.
//!
//! Known are components with `inputs`, one in a file or several under names of their own ([`component`]), and the form with
//! `provider` and `functions` ([`provider`]).

mod component;
mod function;
mod meaning;
mod provider;
mod trigger;

use super::draft::Draft;
use super::error::ImportError;
use super::node::Node;

pub(super) fn read(root: Node<'_>, draft: &mut Draft) -> Result<(), ImportError> {
    if root.has("component") {
        component::read(root, None, draft);
    } else if root.has("functions") {
        provider::read(root, draft);
    } else {
        let mut components = root.entries();
        components.retain(|(_, node)| node.has("component"));
        if components.is_empty() {
            return Err(ImportError::Unknown);
        }
        for (key, node) in components {
            component::read(node, Some(key), draft);
        }
    }
    Ok(())
}

/// What a key would be here that nobody has read.
pub(super) fn meaning(key: &str) -> Option<&'static str> {
    meaning::meaning(key)
}
