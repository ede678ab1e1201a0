//! The gateway between raw sockets, judged byte by byte by the oracle of `fngate conformance`.

mod answers;
mod fidelity;
mod figures;
mod hostile;
mod http2;
#[path = "../support/http2.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod peer;
#[path = "../support/project.rs"]
mod project;
mod reserved;
mod stand;
