//! Client connections: accepting them, speaking HTTP on them, ending them in order.

pub mod connection;
mod credit;
mod delivery;
mod fairness;
pub mod frames;
mod hpack;
pub mod http1;
pub mod http2;
mod outflow;
mod proxied;
pub mod socket;
mod stream;
mod turns;
mod watch;
pub mod worker;
