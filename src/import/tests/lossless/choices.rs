//! Documents of every format, made by decisions.

use std::time::Duration;

use super::tree::Tree;
use crate::units::format_duration;

/// Keys that mean something somewhere, to be met where they do not.
const KEYS: [&str; 24] = [
    "name",
    "path",
    "method",
    "timeout",
    "environment",
    "auth",
    "usagePlan",
    "enableCORS",
    "isDisabled",
    "function",
    "events",
    "endpoints",
    "customDomains",
    "serviceName",
    "region",
    "type",
    "x-extra",
    "extra",
    "handler",
    "security",
    "servers",
    "deprecated",
    "version",
    "description",
];

/// Decisions, one after the other.
pub(super) struct Choices {
    pub(super) numbers: Vec<u16>,
    pub(super) next: usize,
    pub(super) leaves: usize,
    /// What variables stand for, each for its own name.
    pub(super) variables: Vec<(String, Tree)>,
}

impl Choices {
    fn below(&mut self, bound: usize) -> usize {
        let number = self.numbers.get(self.next).copied().unwrap_or_default();
        self.next += 1;
        usize::from(number) % bound
    }

    pub(super) fn maybe(&mut self) -> bool {
        self.below(2) == 1
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn token(&mut self) -> String {
        self.leaves += 1;
        format!("tok{}n", self.leaves)
    }

    fn leaf(&mut self, before: &str, behind: &str) -> Tree {
        let token = self.token();
        if self.below(8) == 7 {
            self.variables.push((token.clone(), Tree::Leaf(token.clone(), token.clone())));
            return Tree::Leaf(format!("{before}${{self:variables.{token}}}{behind}"), token);
        }
        Tree::Leaf(format!("{before}{token}{behind}"), token)
    }

    fn seconds(&mut self) -> Tree {
        self.leaves += 1;
        let shown = format_duration(Duration::from_secs(self.leaves as u64 + 1));
        Tree::Leaf((self.leaves + 1).to_string(), format!("timeout = \"{shown}\""))
    }

    fn anything(&mut self, depth: usize) -> Tree {
        match self.below(if depth > 2 { 1 } else { 4 }) {
            1 => Tree::List((0..=self.below(2)).map(|_| self.anything(depth + 1)).collect()),
            2 => {
                Tree::Map(vec![("inner".to_owned(), self.anything(depth + 1)), ("other".to_owned(), self.leaf("", ""))])
            }
            _ => self.leaf("", ""),
        }
    }

    /// A mapping, with keys that nobody expects.
    fn map<const N: usize>(&mut self, entries: [(&str, Option<Tree>); N]) -> Tree {
        let mut map: Vec<_> = entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
        for _ in 0..self.below(3) {
            let key = self.one(&KEYS);
            if !map.iter().any(|(known, _)| known == key) {
                map.push((key.to_owned(), self.anything(0)));
            }
        }
        if self.below(6) == 5 {
            map.push(("<<".to_owned(), Tree::Merge));
        }
        Tree::Map(map)
    }

    fn option(&mut self, make: impl FnOnce(&mut Self) -> Tree) -> Option<Tree> {
        self.maybe().then(|| make(self))
    }

    fn list(&mut self, mut make: impl FnMut(&mut Self) -> Tree) -> Tree {
        Tree::List((0..=self.below(3)).map(|_| make(self)).collect())
    }

    pub(super) fn document(&mut self) -> Tree {
        match self.below(4) {
            0 => self.component(),
            1 => {
                let (one, two) = (self.component(), self.component());
                Tree::Map(vec![("one".to_owned(), one), ("two".to_owned(), two)])
            }
            2 => self.provider(),
            _ => self.openapi(),
        }
    }

    fn component(&mut self) -> Tree {
        let kind = match self.below(6) {
            0 => "scf",
            1 => "multi-scf",
            2 => "apigateway",
            3 => "http",
            4 => "'@serverless/tencent-express@0.2'",
            _ => "nothing-known",
        };
        let inputs = match kind {
            "multi-scf" => self.several(),
            "apigateway" => self.trigger(),
            "http" | "'@serverless/tencent-express@0.2'" => self.framework(),
            _ => self.function(),
        };
        let name = self.option(|choices| choices.leaf("", ""));
        self.map([("component", Some(Tree::Fixed(kind))), ("name", name), ("inputs", Some(inputs))])
    }

    fn function(&mut self) -> Tree {
        if self.below(8) == 7 {
            return self.anything(0);
        }
        let name = self.option(|choices| choices.leaf("", ""));
        let timeout = self.option(Self::seconds);
        let kind = self.option(|_| Tree::Fixed("web"));
        let events = self.option(|choices| choices.list(Self::event));
        self.map([("name", name), ("timeout", timeout), ("type", kind), ("events", events)])
    }

    fn event(&mut self) -> Tree {
        let kind = self.one(&["apigw", "http", "httpApi", "url", "timer"]);
        let event = match self.below(4) {
            0 => self.leaf("GET /", ""),
            1 => {
                let (trigger, name) = (self.trigger(), self.option(|choices| choices.leaf("", "")));
                self.map([("name", name), ("parameters", Some(trigger))])
            }
            2 => self.endpoint(),
            _ => self.trigger(),
        };
        Tree::Map(vec![(kind.to_owned(), event)])
    }

    fn trigger(&mut self) -> Tree {
        if self.below(8) == 7 {
            return self.anything(0);
        }
        let name = self.option(|choices| choices.leaf("", ""));
        let environment = self.option(|choices| Tree::Fixed(choices.one(&["test", "release"])));
        let domains = self.option(|choices| choices.list(Self::domain));
        let key = self.one(&["endpoints", "apis"]);
        let endpoints = self.option(|choices| choices.list(Self::endpoint));
        let timeout = self.option(Self::seconds);
        self.map([
            ("serviceName", name),
            ("environment", environment),
            ("customDomains", domains),
            (key, endpoints),
            ("serviceTimeout", timeout),
        ])
    }

    fn domain(&mut self) -> Tree {
        let host = self.leaf("", ".test");
        let key = self.one(&["pathMap", "pathMappingSet"]);
        let paths = self.option(|choices| {
            choices.list(|choices| {
                let path = choices.leaf("/", "");
                choices.map([("path", Some(path)), ("environment", Some(Tree::Fixed("test")))])
            })
        });
        self.map([("domain", Some(host)), (key, paths)])
    }

    fn endpoint(&mut self) -> Tree {
        let path = self.option(|choices| choices.leaf("/", ""));
        let method = self.option(|choices| choices.leaf("", ""));
        let timeout = self.option(Self::seconds);
        let function = self.option(|choices| match choices.below(2) {
            0 => choices.leaf("", ""),
            _ => {
                let (name, version) = (choices.leaf("", ""), choices.leaf("", ""));
                choices.map([("functionName", Some(name)), ("functionQualifier", Some(version))])
            }
        });
        let backend = self.option(|choices| {
            let url = choices.leaf("http://", ".test/");
            choices.map([("url", Some(url))])
        });
        let kind = backend.as_ref().map(|_| Tree::Fixed("HTTP"));
        self.map([
            ("path", path),
            ("method", method),
            ("serviceTimeout", timeout),
            ("function", function),
            ("serviceType", kind),
            ("serviceConfig", backend),
        ])
    }

    fn several(&mut self) -> Tree {
        let function = |choices: &mut Self| {
            let (key, function) = (choices.token(), choices.function());
            Tree::Map(vec![(key, function)])
        };
        let functions = if self.maybe() { function(self) } else { self.list(Self::function) };
        let triggers = self.list(|choices| {
            let parameters = choices.trigger();
            choices.map([("type", Some(Tree::Fixed("apigw"))), ("parameters", Some(parameters))])
        });
        let timeout = self.option(Self::seconds);
        self.map([("functions", Some(functions)), ("triggers", Some(triggers)), ("timeout", timeout)])
    }

    fn framework(&mut self) -> Tree {
        let function = self.option(|choices| {
            let (name, timeout) = (choices.leaf("", ""), choices.option(Self::seconds));
            choices.map([("name", Some(name)), ("timeout", timeout)])
        });
        let gateway = self.option(Self::trigger);
        let keys = if self.maybe() { ["faas", "apigw"] } else { ["functionConf", "apigatewayConf"] };
        self.map([(keys[0], function), (keys[1], gateway)])
    }

    fn provider(&mut self) -> Tree {
        let cloud = Tree::Fixed(self.one(&["tencent", "aws", "google"]));
        let timeout = self.option(Self::seconds);
        let provider = self.map([("name", Some(cloud)), ("timeout", timeout)]);
        let names: Vec<_> = (0..=self.below(2)).map(|_| self.token()).collect();
        let functions = names.into_iter().map(|name| (name, self.function())).collect();
        let functions = if self.below(8) == 7 { self.anything(0) } else { Tree::Map(functions) };
        let service = self.leaf("", "");
        self.map([("service", Some(service)), ("provider", Some(provider)), ("functions", Some(functions))])
    }

    fn openapi(&mut self) -> Tree {
        let title = self.leaf("", "");
        let info = Tree::Map(vec![("title".to_owned(), title), ("version".to_owned(), self.leaf("", ""))]);
        let paths: Vec<_> = (0..=self.below(3)).map(|_| (format!("/{}", self.token()), self.item())).collect();
        let backend = self.option(Self::google);
        if self.maybe() {
            let (host, base) = (self.leaf("", ".test"), self.leaf("", ""));
            return self.map([
                ("swagger", Some(Tree::Fixed("'2.0'"))),
                ("info", Some(info)),
                ("host", Some(host)),
                ("basePath", Some(base)),
                ("x-google-backend", backend),
                ("paths", Some(Tree::Map(paths))),
            ]);
        }
        let servers = self.option(|choices| {
            choices.list(|choices| {
                let url = choices.leaf("https://", ".test/v1");
                choices.map([("url", Some(url))])
            })
        });
        let schemas = self.leaf("", "");
        let components = self.map([("schemas", Some(schemas))]);
        self.map([
            ("openapi", Some(Tree::Fixed("3.0.0"))),
            ("info", Some(info)),
            ("servers", servers),
            ("components", Some(components)),
            ("x-google-backend", backend),
            ("paths", Some(Tree::Map(paths))),
        ])
    }

    fn item(&mut self) -> Tree {
        let method = self.one(&["get", "POST", "x-amazon-apigateway-any-method", "unknown"]);
        let (operation, parameters) = (self.operation(), self.option(|choices| choices.anything(0)));
        let reference = self.option(|choices| choices.leaf("'#/paths/", "'"));
        self.map([("$ref", reference), (method, Some(operation)), ("parameters", parameters)])
    }

    fn operation(&mut self) -> Tree {
        if self.below(8) == 7 {
            return self.anything(0);
        }
        let id = self.option(|choices| choices.leaf("", ""));
        let google = self.option(Self::google);
        let amazon = self.option(|choices| {
            let kind = Tree::Fixed(choices.one(&["HTTP_PROXY", "aws_proxy", "mock", "other"]));
            let uri = match choices.below(3) {
                0 => choices.leaf("http://", ".test/x"),
                1 => choices.leaf("arn:aws:lambda:eu:1:function:", "/invocations"),
                _ => choices.leaf("", ""),
            };
            let reference = choices.option(|choices| choices.leaf("'#/", "'"));
            choices.map([("$ref", reference), ("type", Some(kind)), ("uri", Some(uri))])
        });
        let responses = self.option(|choices| choices.anything(0));
        self.map([
            ("operationId", id),
            ("x-google-backend", google),
            ("x-amazon-apigateway-integration", amazon),
            ("responses", responses),
        ])
    }

    fn google(&mut self) -> Tree {
        let (address, deadline) = (self.leaf("https://", ".test/f"), self.option(Self::seconds));
        self.map([("address", Some(address)), ("deadline", deadline)])
    }
}
