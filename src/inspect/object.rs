//! Objects of every kind as JSON, with what a change of one has to know: its defaults, its tag, where it is.

use std::sync::LazyLock;

use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::api::{self, Api};
use super::function::Function;
use super::service::Service;
use crate::config::{self, Config, Digest, FunctionId, Place};
use crate::snapshot::Snapshot;
use crate::telemetry::metrics::Metrics;

/// What cannot be changed through the object.
pub const STATUS: &str = "status";

/// The address of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    Function(FunctionId),
    Service(String),
    Api { service: String, name: String },
}

/// An object that is there.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its keys, without [`STATUS`].
    pub keys: Map<String, Value>,
    pub status: Value,
    /// Changes with everything that the object says, secrets included.
    pub etag: String,
    /// What its file names it by.
    pub place: Place,
}

impl Target {
    /// The object as the configuration in use has it.
    #[must_use]
    pub fn find(&self, snapshot: &Snapshot) -> Option<Object> {
        match self {
            Self::Function(id) => {
                let index = snapshot.function(id)?;
                let spec = &snapshot.functions[index].spec;
                Some(Object::new(&Function::new(snapshot, index), &spec.headers, &spec.place))
            }
            Self::Service(name) => {
                let found = snapshot.config.service(name)?;
                Some(Object::new(&Service::new(found), &[], &found.place))
            }
            Self::Api { service, name } => {
                let (service, found) = api::find(&snapshot.config, service, name)?;
                Some(Object::new(&Api::new(snapshot, service, found), &found.headers, &found.place))
            }
        }
    }

    /// Whether a configuration has it.
    #[must_use]
    pub fn is_in(&self, config: &Config) -> bool {
        match self {
            Self::Function(id) => config.functions.iter().any(|function| function.id == *id),
            Self::Service(name) => config.services.iter().any(|service| service.name == *name),
            Self::Api { service, name } => api::find(config, service, name).is_some(),
        }
    }

    /// The keys of the address, which are part of the object.
    #[must_use]
    pub fn identity(&self) -> Map<String, Value> {
        let pairs: Vec<(&str, &String)> = match self {
            Self::Function(FunctionId { namespace, name, version }) => {
                vec![("namespace", namespace), ("name", name), ("version", version)]
            }
            Self::Service(name) => vec![("name", name)],
            Self::Api { service, name } => vec![("service", service), ("name", name)],
        };
        pairs.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value.as_str()))).collect()
    }

    /// What a key is when it is not set; keys that are not here are null then, or have to be set.
    #[must_use]
    pub fn defaults(&self) -> &'static Map<String, Value> {
        match self {
            Self::Function(_) => &DEFAULTS.function,
            Self::Service(_) => &DEFAULTS.service,
            Self::Api { .. } => &DEFAULTS.api,
        }
    }

    /// Every key that the object may have.
    #[must_use]
    pub fn known(&self) -> &'static [&'static str] {
        match self {
            Self::Function(_) => &FUNCTION,
            Self::Service(_) => &SERVICE,
            Self::Api { .. } => &API,
        }
    }

    /// Where the admin API has it.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Function(FunctionId { namespace, name, version }) => {
                format!("/v1/functions/{namespace}/{}", escaped(&format!("{name}:{version}")))
            }
            Self::Service(name) => format!("/v1/services/{}", escaped(name)),
            Self::Api { service, name } => format!("/v1/services/{}/apis/{}", escaped(service), escaped(name)),
        }
    }

    /// For people.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Function(id) => format!("function `{id}`"),
            Self::Service(name) => format!("service `{name}`"),
            Self::Api { service, name } => format!("API `{name}` of the service `{service}`"),
        }
    }

    /// Every object of a configuration.
    pub fn all(config: &Config) -> impl Iterator<Item = Self> + '_ {
        let functions = config.functions.iter().map(|function| Self::Function(function.id.clone()));
        let services = config.services.iter().map(|service| Self::Service(service.name.clone()));
        let apis = config.services.iter().flat_map(|service| {
            service.apis.iter().map(|api| Self::Api { service: service.name.clone(), name: api.name.clone() })
        });
        functions.chain(services).chain(apis)
    }
}

/// A segment of a path of the admin API.
#[must_use]
pub fn escaped(segment: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: AsciiSet =
        NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':').remove(b'$');
    utf8_percent_encode(segment, &KEPT).to_string()
}

impl Object {
    fn new(shown: &impl serde::Serialize, headers: &[(HeaderName, HeaderValue)], place: &Place) -> Self {
        let Ok(Value::Object(mut keys)) = serde_json::to_value(shown) else {
            unreachable!("objects are structs of strings, numbers, lists and maps")
        };
        let status = keys.remove(STATUS).unwrap_or_default();
        let etag = etag(&keys, headers);
        Self { keys, status, etag, place: place.clone() }
    }

    /// The object as the admin API shows it.
    #[must_use]
    pub fn into_json(self) -> Value {
        let mut keys = self.keys;
        keys.insert(STATUS.to_owned(), self.status);
        Value::Object(keys)
    }
}

/// The tag of what keys and secret values say.
#[must_use]
pub fn etag(keys: &Map<String, Value>, headers: &[(HeaderName, HeaderValue)]) -> String {
    let mut said = serde_json::to_vec(keys).unwrap_or_default();
    let secrets: Vec<_> = headers.iter().filter(|(_, value)| value.is_sensitive()).collect();
    for (_, value) in &secrets {
        said.extend_from_slice(value.as_bytes());
        said.push(0);
    }
    if secrets.is_empty() { tag(&said) } else { salted_tag(said) }
}

pub(super) fn tag(said: &[u8]) -> String {
    format!("\"{:.16}\"", Digest::of(said).to_string())
}

/// The tag of something with secrets, another one with each start: a plain hash could be compared with those of guesses.
pub(super) fn salted_tag(mut said: Vec<u8>) -> String {
    static SALT: LazyLock<[u8; 32]> = LazyLock::new(|| {
        let mut salt = [0; 32];
        aws_lc_rs::rand::fill(&mut salt).expect("the system has random bytes");
        salt
    });
    said.extend_from_slice(&*SALT);
    tag(&said)
}

const API: [&str; 12] = [
    "service",
    "name",
    "path",
    "method",
    "function",
    "versions",
    "environments",
    "timeout",
    "max_body_bytes",
    "headers",
    "enabled",
    "raw_path",
];
const SERVICE: [&str; 2] = ["name", "domains"];
const FUNCTION: [&str; 20] = [
    "namespace",
    "name",
    "version",
    "instances",
    "timeout",
    "connect_timeout",
    "start_wait",
    "stream_idle",
    "stream_max",
    "websocket_idle",
    "max_concurrency",
    "queue",
    "queue_timeout",
    "keepalive",
    "ping_interval",
    "max_response_header_bytes",
    "max_response_headers",
    "memory",
    "proxy_protocol",
    "headers",
];

struct Defaults {
    function: Map<String, Value>,
    service: Map<String, Value>,
    api: Map<String, Value>,
}

/// What the reader of the configuration makes of objects that set no more than they have to.
static DEFAULTS: LazyLock<Defaults> = LazyLock::new(|| {
    const TEXT: &str = "[[listener]]\naddress = \"127.0.0.1:1\"\n[[function]]\nname = \"f\"\ninstances = [\"builtin:echo\"]\n\
                        [[service]]\nname = \"s\"\nhosts = [\"*\"]\n[[service.api]]\nname = \"a\"\npath = \"/\"\nfunction = \"f\"\n";
    let config = config::parse("defaults".as_ref(), TEXT).expect("a good configuration");
    let snapshot = Snapshot::compile(config, None, &Metrics::new()).expect("a table");
    let keys = |target: Target, required: &[&str]| {
        let mut keys = target.find(&snapshot).expect("it is there").keys;
        required.iter().for_each(|key| drop(keys.remove(*key)));
        keys
    };
    let id = snapshot.config.functions[0].id.clone();
    let api = Target::Api { service: "s".to_owned(), name: "a".to_owned() };
    Defaults {
        function: keys(Target::Function(id), &["name", "instances"]),
        service: keys(Target::Service("s".to_owned()), &["name", "domains"]),
        api: keys(api, &["service", "name", "path", "function"]),
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_an_object_is_known() {
        let id = FunctionId { namespace: "n".to_owned(), name: "f".to_owned(), version: "1".to_owned() };
        let api = Target::Api { service: "s s".to_owned(), name: "GET /a".to_owned() };
        for (target, url) in [
            (Target::Function(id), "/v1/functions/n/f:1"),
            (Target::Service("s/t".to_owned()), "/v1/services/s%2Ft"),
            (api, "/v1/services/s%20s/apis/GET%20%2Fa"),
        ] {
            assert_eq!(target.url(), url);
            let unknown: Vec<_> =
                target.defaults().keys().filter(|key| !target.known().contains(&key.as_str())).collect();
            assert!(unknown.is_empty(), "{unknown:?}");
            assert!(target.identity().keys().all(|key| target.known().contains(&key.as_str())));
        }
    }
}
