//! The configuration that is being made: functions, services and APIs under the names that the document has for them.

use std::time::Duration;

use super::path::Rule;
use super::remark::{Place, Remark};
use crate::units::format_duration;

#[derive(Debug, Default)]
pub(super) struct Draft {
    /// What functions are told of where they are.
    pub(super) region: Option<String>,
    pub(super) functions: Vec<Function>,
    pub(super) services: Vec<Service>,
    pub(super) remarks: Vec<Remark>,
}

/// A function version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) version: Option<String>,
    /// Where it runs, if the document says so.
    pub(super) address: Option<String>,
    pub(super) timeout: Option<Duration>,
    /// MB.
    pub(super) memory: Option<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) domains: Vec<Domain>,
    pub(super) apis: Vec<Api>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Domain {
    pub(super) host: String,
    pub(super) base_path: String,
    pub(super) environment: &'static str,
}

#[derive(Debug)]
pub(super) struct Api {
    pub(super) name: Option<String>,
    pub(super) rule: Rule,
    pub(super) method: String,
    /// Its place among the functions.
    pub(super) function: usize,
    /// None stands for the default.
    pub(super) environments: Vec<&'static str>,
    pub(super) timeout: Option<Duration>,
    pub(super) enabled: bool,
}

impl Draft {
    /// Adds a function, or finds it. One that is known already keeps what was said of it first.
    pub(super) fn function(&mut self, function: Function) -> usize {
        let Some(index) = self.functions.iter().position(|known| known.is_same(&function)) else {
            self.functions.push(function);
            return self.functions.len() - 1;
        };
        let known = &mut self.functions[index];
        let mut unused = Vec::new();
        match (known.timeout, function.timeout) {
            (Some(first), Some(other)) if first != other => {
                unused.push(format!("timeout = \"{}\"", format_duration(other)))
            }
            (first, other) => known.timeout = first.or(other),
        }
        match (known.memory, function.memory) {
            (Some(first), Some(other)) if first != other => unused.push(format!("memory = {other}")),
            (first, other) => known.memory = first.or(other),
        }
        for value in unused {
            self.remark(Place::Function(index), format!("the function is described twice: not imported: `{value}`"));
        }
        index
    }

    /// Another version of a function.
    pub(super) fn version(&mut self, index: usize, version: String) -> usize {
        let function = Function { version: Some(version), ..self.functions[index].clone() };
        self.function(function)
    }

    /// The service of a name, new or known.
    pub(super) fn service(&mut self, name: &str) -> usize {
        let known = self.services.iter().position(|service| service.name == name);
        known.unwrap_or_else(|| {
            self.services.push(Service { name: name.to_owned(), ..Service::default() });
            self.services.len() - 1
        })
    }

    pub(super) fn domain(&mut self, service: usize, domain: Domain) {
        let domains = &mut self.services[service].domains;
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }

    /// Adds an API. One that differs from another in its environment only is that one, published there as well.
    pub(super) fn api(&mut self, service: usize, api: Api) -> Place {
        let apis = &mut self.services[service].apis;
        let known = apis.iter().position(|known| !api.environments.is_empty() && known.is_same(&api));
        if let Some(index) = known {
            for environment in api.environments {
                if !apis[index].environments.contains(&environment) {
                    apis[index].environments.push(environment);
                }
            }
            return Place::Api { service, api: index };
        }
        apis.push(api);
        Place::Api { service, api: apis.len() - 1 }
    }

    pub(super) fn remark(&mut self, place: Place, text: impl Into<String>) {
        let remark = Remark { place, text: text.into() };
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }
}

impl Function {
    fn is_same(&self, other: &Self) -> bool {
        self.name == other.name
            && self.namespace == other.namespace
            && self.version == other.version
            && self.address == other.address
    }
}

impl Api {
    fn is_same(&self, other: &Self) -> bool {
        !self.environments.is_empty()
            && self.rule == other.rule
            && self.method == other.method
            && (self.function, self.timeout, self.enabled) == (other.function, other.timeout, other.enabled)
            && self.name == other.name
    }
}
