//! What is said of a document in the configuration that is made of it.

/// The part of the configuration that a remark stands beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Whole,
    Function(usize),
    Service(usize),
    Api { service: usize, api: usize },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remark {
    pub(super) place: Place,
    pub(super) text: String,
}

/// Said of keys that decide who may call: nothing must be open unnoticed.
pub(super) const NOT_CHECKED: &str = "who may call is not checked: the import sets up no policy of the gateway";

pub(super) const NOT_LIMITED: &str = "calls are not limited: the import sets up no policy of the gateway";

pub(super) const CORS: &str =
    "the import sets up no policy of the gateway for CORS: the function answers OPTIONS itself";

pub(super) const IN_FRONT: &str = "the address that the cloud gave had the environment in front of the path";
