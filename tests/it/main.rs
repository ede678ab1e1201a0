//! The gateway in process, on free ports, between raw sockets: what is asserted are bytes.

#![expect(unreachable_pub, reason = "a test binary has no outside")]

mod abort;
mod bodies;
mod crowd;
mod drain;
mod early;
mod endings;
mod errors;
mod functions_http2;
mod functions_tls;
mod goaway;
mod headers;
mod http2;
mod instances;
mod introduced;
mod listeners;
mod live;
mod narrow;
mod parked;
mod partial;
#[path = "../support/http2.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod peer;
mod plaintext;
mod pool;
#[path = "../support/port.rs"]
mod port;
mod proxy_header;
mod reload;
mod resets;
mod response_limits;
mod support;
mod tail;
mod tls;
mod upgrade;
mod waiting;
