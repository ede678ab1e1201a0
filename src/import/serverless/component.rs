//! Components with `inputs`: `scf`, `multi-scf`, `apigateway`, `http`, and those of web frameworks.

use super::function::{self, Functions, region};
use super::trigger::Context;
use crate::import::draft::Draft;
use crate::import::node::Node;
use crate::import::path::Scope;
use crate::import::remark::Place;

/// Components that make one function of a web framework, to which all paths lead.
const FRAMEWORKS: [&str; 18] = [
    "http",
    "framework",
    "express",
    "koa",
    "egg",
    "fastify",
    "nestjs",
    "nextjs",
    "nuxtjs",
    "flask",
    "django",
    "bottle",
    "pyramid",
    "tornado",
    "fastapi",
    "laravel",
    "thinkphp",
    "springboot",
];

pub(super) fn read(component: Node<'_>, key: Option<&str>, draft: &mut Draft) {
    let name = component.text_of("component").unwrap_or_default();
    // `@serverless/tencent-scf@1.2` is `scf`.
    let kind = name.trim_start_matches('@').split('@').next().unwrap_or_default();
    let kind = kind.trim_start_matches("serverless/").trim_start_matches("tencent-");
    let Some(inputs) = component.get("inputs") else {
        component.note("not imported: it has no `inputs`");
        return;
    };
    let one = One { component, inputs, key };
    match kind {
        "scf" => one.function(draft),
        "multi-scf" => one.functions(draft),
        "apigateway" => one.gateway(draft),
        kind if FRAMEWORKS.contains(&kind) => one.framework(draft),
        _ => component.note(format!("not imported: `{kind}` is not a component with a function")),
    }
}

#[derive(Clone, Copy)]
struct One<'a> {
    component: Node<'a>,
    inputs: Node<'a>,
    /// Its name in the file, if it has one.
    key: Option<&'a str>,
}

impl One<'_> {
    /// `scf`: one function with its events.
    fn function(self, draft: &mut Draft) {
        let name = self.inputs.text_of("name").unwrap_or_else(|| self.name());
        let index = function::declare(self.inputs, name.clone(), None, draft);
        region(self.inputs, draft);
        let mut functions = Functions::default();
        functions.add(&name, index);
        let context = Context { functions: &functions, scope: Scope::Prefix, shared: None };
        for event in self.inputs.list_of("events") {
            context.event(event, index, draft);
        }
    }

    /// `multi-scf`: functions, and triggers beside them.
    fn functions(self, draft: &mut Draft) {
        region(self.inputs, draft);
        let mut functions = Functions::default();
        let mut all = Vec::new();
        let described = self.inputs.get("functions");
        let listed = described.map(Node::list).unwrap_or_default().into_iter().map(|node| (None, node));
        let named = described.map(Node::entries).unwrap_or_default().into_iter().map(|(key, node)| (Some(key), node));
        for (key, node) in listed.chain(named) {
            let Some(name) = node.text_of("name").or_else(|| key.map(str::to_owned)) else {
                node.note("not imported: it has no `name`");
                continue;
            };
            node.mark_key_read();
            let index = function::declare(node, name.clone(), Some(self.inputs), draft);
            functions.add(key.unwrap_or(&name), index);
            functions.add(&name, index);
            all.push((node, index));
        }
        function::note_defaults(self.inputs);
        let context = Context { functions: &functions, scope: Scope::Prefix, shared: None };
        for (node, index) in all {
            node.list_of("events").into_iter().for_each(|event| context.event(event, index, draft));
        }
        for trigger in self.inputs.list_of("triggers") {
            self.beside(trigger, &context, draft);
        }
    }

    /// A trigger that stands beside its functions and names them.
    fn beside(self, trigger: Node<'_>, context: &Context<'_>, draft: &mut Draft) {
        let (kind, parameters) = match (trigger.get("type"), trigger.get("apigw")) {
            (None, Some(apigw)) => (Some("apigw".to_owned()), apigw.get("parameters").unwrap_or(apigw)),
            (kind, _) => (kind.and_then(Node::peek), trigger.get("parameters").unwrap_or(trigger)),
        };
        if kind.as_deref() != Some("apigw") {
            let kind = kind.as_deref().unwrap_or("nameless");
            trigger.note(format!("a gateway for requests has no `{kind}` trigger"));
            return;
        }
        trigger.text_of("type");
        let named =
            trigger.get("function").and_then(|node| node.first(&["name", "functionName"]).unwrap_or(node).text());
        let function = named.map(|name| context.functions.named(&name, None, None, draft));
        let name = || self.component.text_of("name").unwrap_or_else(|| "gateway".to_owned());
        context.trigger(parameters, name, function, draft);
    }

    /// `apigateway`: endpoints that name functions of other components.
    fn gateway(self, draft: &mut Draft) {
        region(self.inputs, draft);
        let mut functions = Functions::default();
        for (index, function) in draft.functions.iter().enumerate() {
            functions.add(&function.name, index);
        }
        let context = Context { functions: &functions, scope: Scope::Prefix, shared: None };
        context.trigger(self.inputs, || self.name(), None, draft);
    }

    /// A component of a web framework: all paths, all methods.
    fn framework(self, draft: &mut Draft) {
        let settings = self.inputs.first(&["functionConf", "faas"]).unwrap_or(self.inputs);
        let gateway = self.inputs.first(&["apigatewayConf", "apigw"]);
        let name = self.inputs.get("functionName").or_else(|| settings.get("name")).or_else(|| self.inputs.get("name"));
        let name = name.and_then(Node::text).unwrap_or_else(|| self.name());
        let index = function::add(settings, name.clone(), Some(self.inputs), draft);
        region(self.inputs, draft);
        let functions = Functions::default();
        let context = Context { functions: &functions, scope: Scope::Prefix, shared: None };
        let service = gateway.and_then(|gateway| gateway.first(&["serviceName", "name"]));
        let service = self.inputs.get("serviceName").or(service).and_then(Node::text);
        context.whole(gateway.unwrap_or(self.inputs), service.as_ref().unwrap_or(&name), index, draft);
        self.inputs.belongs_to(Place::Function(index));
    }

    fn name(self) -> String {
        self.component.text_of("name").unwrap_or_else(|| self.key.unwrap_or("function").to_owned())
    }
}
