//! Client connections: accepting them, speaking HTTP on them, ending them in order.

pub mod connection;
mod credit;
pub mod frames;
mod hpack;
pub mod http1;
pub mod http2;
mod parked;
mod proxied;
mod scanner;
mod serving;
pub mod socket;
pub mod stream;
mod turns;
mod watch;
pub mod worker;
