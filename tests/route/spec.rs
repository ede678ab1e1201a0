//! What a table is made of, and what is asked of it.

use fngate::config::path::{BasePath, PathRule};
use fngate::config::{Environment, HostPattern, MethodRule};
use http::Method;

#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) domains: Vec<Domain>,
    pub(crate) apis: Vec<Api>,
}

#[derive(Clone, Debug)]
pub(crate) struct Domain {
    pub(crate) service: usize,
    pub(crate) host: HostPattern,
    pub(crate) base: BasePath,
    pub(crate) environment: Environment,
}

#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) service: usize,
    pub(crate) environment: Environment,
    pub(crate) rule: PathRule,
    pub(crate) method: MethodRule,
    pub(crate) enabled: bool,
    pub(crate) raw_path: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) method: Method,
}
