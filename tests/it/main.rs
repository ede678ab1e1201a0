//! The gateway in process, on free ports, between raw sockets: what is asserted are bytes.

mod abort;
mod bodies;
mod drain;
mod errors;
mod headers;
mod pool;
mod reload;
mod support;
mod upgrade;
mod waiting;
