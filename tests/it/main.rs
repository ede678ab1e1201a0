//! The gateway in process, on free ports, between raw sockets: what is asserted are bytes.

#![expect(unreachable_pub, reason = "a test binary has no outside")]

mod abort;
mod bodies;
mod drain;
mod endings;
mod errors;
mod functions_http2;
mod functions_tls;
mod goaway;
mod headers;
mod introduced;
mod listeners;
mod pool;
mod proxy_header;
mod reload;
mod support;
mod tls;
mod upgrade;
mod waiting;
