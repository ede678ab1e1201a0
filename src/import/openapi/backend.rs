//! Which function serves an operation: the one of the document, or the one that a cloud's extension names.

use std::time::Duration;

use crate::import::address::{Backend, HOST_PASSES};
use crate::import::draft::{Draft, Function};
use crate::import::node::Node;
use crate::import::remark::Place;

const AMAZON: &str = "x-amazon-apigateway-integration";
const GOOGLE: &str = "x-google-backend";

/// Where requests of an operation go, and how long they may take.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) function: usize,
    pub(super) timeout: Option<Duration>,
}

#[derive(Debug)]
pub(super) struct Backends<'a> {
    /// The name of the function that serves what names no other.
    title: String,
    /// For operations that have none of their own.
    google: Option<Node<'a>>,
}

impl<'a> Backends<'a> {
    pub(super) fn new(root: Node<'a>, title: String) -> Self {
        Self { title, google: root.get(GOOGLE) }
    }

    pub(super) fn of(&self, operation: Node<'a>, path: &str, root: Node<'a>, draft: &mut Draft) -> Target {
        let mut target = Choice::default();
        if let Some(integration) = operation.get(AMAZON) {
            amazon(integration.referred(root).unwrap_or(integration), path, draft, &mut target);
        }
        if let Some(backend) = operation.get(GOOGLE).or(self.google) {
            google(backend, draft, &mut target);
        }
        let title = || Function { name: self.title.clone(), ..Function::default() };
        Target { function: target.function.unwrap_or_else(|| draft.function(title())), timeout: target.timeout }
    }
}

#[derive(Debug, Default)]
struct Choice {
    function: Option<usize>,
    timeout: Option<Duration>,
}

fn amazon(integration: Node<'_>, path: &str, draft: &mut Draft, choice: &mut Choice) {
    choice.timeout = integration.get("timeoutInMillis").and_then(Node::milliseconds);
    let kind = integration.get("type");
    match kind.and_then(|kind| kind.one_of(&["http_proxy", "http", "aws_proxy", "aws", "mock"])) {
        Some("http_proxy" | "http") => {
            let Some(uri) = integration.get("uri") else { return };
            choice.function = address(uri, path, draft);
        }
        Some("aws_proxy" | "aws") => {
            let uri = integration.get("uri").map(|uri| uri.first(&["Fn::Sub", "!Sub"]).unwrap_or(uri));
            let Some(uri) = uri else { return };
            let name = uri.peek().as_deref().and_then(lambda).map(str::to_owned);
            if let Some(name) = name {
                uri.note(format!("the function is `{name}`: set where it runs"));
                choice.function = Some(draft.function(Function { name, ..Function::default() }));
            }
        }
        Some("mock") => {
            kind.iter().for_each(|kind| kind.note("the cloud answered without a function: here the function answers"))
        }
        _ => {}
    }
}

fn google(backend: Node<'_>, draft: &mut Draft, choice: &mut Choice) {
    if let Some(deadline) = backend.get("deadline") {
        choice.timeout = deadline.time().or(choice.timeout);
    }
    if let Some(url) = backend.get("address") {
        choice.function = address(url, "", draft).or(choice.function);
    }
    let translation = backend.get("path_translation");
    let constant = translation.and_then(|node| node.one_of(&["CONSTANT_ADDRESS", "APPEND_PATH_TO_ADDRESS"]));
    if let (Some(node), Some("CONSTANT_ADDRESS")) = (translation, constant) {
        node.note("the function gets the path of the request");
    }
}

/// The function at a URL, which becomes its instance. What an instance cannot have is noted.
fn address(url: Node<'_>, path: &str, draft: &mut Draft) -> Option<usize> {
    let text = url.text()?;
    let Some(backend) = Backend::parse(&text) else {
        url.note(format!("not imported: `{text}` is not an address of an instance"));
        return None;
    };
    if !backend.path.is_empty() && backend.path != path {
        url.note(format!("the function gets the path of the request, without `{}` in front", backend.path));
    }
    let name = backend.name().to_owned();
    let index = draft.function(Function { name, address: Some(backend.address), ..Function::default() });
    draft.remark(Place::Function(index), HOST_PASSES);
    Some(index)
}

/// The name in `…:function:NAME/invocations`, or in `${NAME.Arn}/invocations`.
fn lambda(uri: &str) -> Option<&str> {
    let start = uri.strip_suffix("/invocations").unwrap_or(uri);
    let name = match start.rsplit_once(":function:") {
        Some((_, name)) => name,
        None => start.rsplit_once("${")?.1.strip_suffix(".Arn}")?,
    };
    let name = name.strip_prefix("${").and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (!name.is_empty() && name.chars().all(good)).then_some(name)
}
