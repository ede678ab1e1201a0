//! Client connections: accepting them, speaking HTTP on them, ending them in order.

pub mod connection;
mod proxied;
pub mod stream;
pub mod worker;
