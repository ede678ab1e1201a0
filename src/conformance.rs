//! Transparency as something to measure: legitimate but odd exchanges through a gateway, and every difference between what one
//! end sent and what the other received.
//!
//! Clients speak HTTP/1.1 or HTTP/2, plain or over TLS; the function speaks HTTP/1.1.
//!
//! The gateway may be this one, started in process, or any other that forwards to an address where the recording function
//! listens. Differences have names; those of this gateway are a closed list.

pub mod case;
pub mod compare;
pub mod corpus;
pub mod gateway;
pub mod grammar;
pub mod report;
pub mod run;
pub mod translate;
pub mod wire;
