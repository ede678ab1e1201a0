//! The body of a request on its way to the function.

use std::rc::Rc;

use http::request::Parts;
use hyper::body::{Body, Incoming};

use super::client::Client;
use super::view::View;
use crate::message::body::{ContinueGate, Progress, RequestBody, UploadLimits};
use crate::message::expectation;
use crate::snapshot::Api;

/// What becomes of a request's body.
pub(super) struct Upload {
    /// To be sent.
    pub(super) body: RequestBody,
    /// `None` if there is no body.
    pub(super) progress: Option<Rc<Progress>>,
    /// Holds the body back while the client waits for `100 Continue`.
    pub(super) gate: Option<ContinueGate>,
}

impl Upload {
    pub(super) fn new(view: &View, client: &Client, head: &Parts, incoming: Incoming, api: &Api) -> Self {
        if incoming.is_end_stream() {
            return Self { body: RequestBody::empty(), progress: None, gate: None };
        }
        let limits = UploadLimits {
            version: head.version,
            idle: view.snapshot.config.gateway.client_body_idle,
            max_bytes: api.max_body_bytes,
            rules: view.rules.clone(),
            custom: api.custom.clone(),
        };
        let gate = expectation::expects_continue(head).then(ContinueGate::default);
        let (body, progress) =
            RequestBody::forward(incoming, limits, (client.alarm().clone(), client.leftover().clone()), gate.clone());
        Self { body, progress: Some(progress), gate }
    }
}
