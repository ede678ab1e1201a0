//! HTTP messages on their way through: what is removed, what is added, what is refused. Pure rules, no sockets.

pub mod expectation;
pub mod forwarded;
pub mod grpc;
pub mod head;
pub mod hop;
pub mod host;
pub mod http2;
pub mod id;
pub mod lines;
pub mod problem;
pub mod reply;
pub mod request;
pub mod response;
pub mod rules;
pub mod trace_fields;
pub mod trailer;
pub mod websocket;
